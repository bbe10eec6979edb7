# Single values are validated here, combinations in main.tf, because before Terraform 1.9 a validation can reference only its
# own variable.

variable "name" {
  description = "API name of the app: letters, digits and underscores. Changing it replaces the app and its consumer key."
  type        = string
  nullable    = false
}

variable "label" {
  description = "Display name of the app. Defaults to the name."
  type        = string
  default     = null
}

variable "description" {
  description = "Description of the app."
  type        = string
  default     = null
}

variable "contact_email" {
  description = "Email address for messages from Salesforce about the app."
  type        = string
  nullable    = false
}

variable "callback_urls" {
  description = "URLs that receive codes: https://, a custom scheme, or http:// on the local machine. The redirect_uri of a client must exactly match one of them."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.callback_urls) > 0
    error_message = "callback_urls must contain at least one URL, because every variant sends one as redirect_uri."
  }
  validation {
    condition = alltrue([
      for url in var.callback_urls :
      can(regex("^[a-zA-Z][a-zA-Z0-9+.-]*:", url)) && (
        !startswith(lower(url), "http://") || can(regex("^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?([/?].*)?$", url))
      )
    ])
    error_message = "callback_urls must be absolute. http:// is allowed only for the local machine (localhost, 127.0.0.1, [::1]), because the code would be sent unencrypted (RFC 9700, 2.6)."
  }
}

variable "client_type" {
  description = "`private`: a backend that stores the consumer secret. `public`: a browser or mobile app, which cannot store a secret and uses PKCE."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["public", "private"], var.client_type)
    error_message = "client_type must be \"public\" (a browser or mobile app) or \"private\" (a backend that stores the secret)."
  }
}

variable "variants" {
  description = "Flows of the app: `login`, `passwordless`, `registration`, `guest`."
  type        = set(string)
  default     = ["login"]
  nullable    = false

  validation {
    condition     = length(var.variants) > 0
    error_message = "variants must contain at least one of login, passwordless, registration and guest."
  }
  validation {
    condition     = length(setsubtract(var.variants, ["login", "passwordless", "registration", "guest"])) == 0
    error_message = "variants must be login, passwordless, registration or guest. Forgotten passwords are configured in the site only."
  }
}

variable "permission_sets" {
  description = "API names of the permission sets whose users can use the app, in addition to those of the profiles."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "profiles" {
  description = "Profiles whose users can use the app. For registration, include the default profile of new users, unless the handler assigns one of the permission sets."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "scopes" {
  description = "OAuth scopes with their names in metadata. RefreshToken is required for refresh tokens, OpenID for ID tokens and user info."
  type        = set(string)
  default     = ["Api", "OpenID", "RefreshToken"]
  nullable    = false

  validation {
    condition     = length(var.scopes) > 0
    error_message = "scopes must contain at least one scope."
  }
  validation {
    condition     = !contains(var.scopes, "Full")
    error_message = "scopes must not contain Full, which grants all permissions of the user. Specify the scopes that the client needs (RFC 9700, 2.3)."
  }
  validation {
    condition     = length(setintersection(var.scopes, ["PwdlessLogin", "UserRegistration", "ForgotPassword"])) == 0
    error_message = "scopes must not contain PwdlessLogin, UserRegistration or ForgotPassword. They belong to the app of an integration user, which calls the site's init endpoints. Here, the token of every customer would have them."
  }
}

variable "user_token_minutes" {
  description = "Lifetime of access tokens of users. With JWT-based access tokens, one of 1, 5, 10, 15, 30, 60, 90, 120, 240, 480 or 720. Not managed by default."
  type        = number
  default     = null
}

variable "guest_token_minutes" {
  description = "Lifetime of access tokens of guests: 1, 5, 10, 15, 30, 60, 90, 120, 240, 480 or 720."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720], var.guest_token_minutes)
    error_message = "guest_token_minutes must be 1, 5, 10, 15, 30, 60, 90, 120, 240, 480 or 720."
  }
}

variable "refresh_token_days" {
  description = "Days without use after which a refresh token expires. Requires the scope RefreshToken or OfflineAccess."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.refresh_token_days >= 1 && floor(var.refresh_token_days) == var.refresh_token_days
    error_message = "refresh_token_days must be a whole number of at least 1. To disable refresh tokens, remove RefreshToken from scopes. Unused tokens must expire (RFC 9700, 4.14)."
  }
}

variable "refresh_token_rotation" {
  description = "Whether each refresh returns a new refresh token and revokes the old one. Defaults to true for public clients, which require it."
  type        = bool
  default     = null
}

variable "jwt_access_tokens" {
  description = "Whether access tokens of users are JWTs, which the SOAP API rejects in versions earlier than 68.0. Defaults to true with the variant guest, which requires it."
  type        = bool
  default     = null
}

variable "credentials_in_body_only" {
  description = "Whether credentials are accepted only in the body of a POST request. Defaults to true, except with passwordless and registration, whose one-time codes Salesforce documents in a header."
  type        = bool
  default     = null
}

variable "manage_org_settings" {
  description = "Whether this module enables the flow for the whole org. Set it in one workspace per org only."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the app is protected from being destroyed or replaced, which would invalidate its consumer key and all tokens."
  type        = bool
  default     = true
  nullable    = false
}

variable "check_readiness" {
  description = "Whether each plan checks that the org supports the variants, and warns about missing settings."
  type        = bool
  default     = true
  nullable    = false
}

variable "site" {
  description = "Name of the Experience Cloud site, as shown in Setup under All Sites. Required for the check readiness to include the site."
  type        = string
  default     = null
}

variable "site_url" {
  description = "URL of the Experience Cloud site, such as https://acme.my.site.com. Used in outputs only."
  type        = string
  default     = null
}
