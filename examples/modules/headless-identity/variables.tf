# What a value may be by itself is checked here; what it may be beside others, in main.tf (Terraform before 1.9 lets a
# validation see its own variable only). Each refusal says why.

variable "name" {
  description = "The app's API name: letters, digits and underscores. Another name is another app, with another consumer key."
  type        = string
  nullable    = false
}

variable "label" {
  description = "What people see. Default: the name."
  type        = string
  default     = null
}

variable "description" {
  description = "What the app is for."
  type        = string
  default     = null
}

variable "contact_email" {
  description = "Whom Salesforce writes to about the app."
  type        = string
  nullable    = false
}

variable "callback_urls" {
  description = "Where codes are sent: https://, the app's own scheme, or http:// on this machine. A client sends one of them byte for byte."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.callback_urls) > 0
    error_message = "callback_urls needs one URL at least: every variant names one in redirect_uri."
  }
  validation {
    condition = alltrue([
      for url in var.callback_urls :
      can(regex("^[a-zA-Z][a-zA-Z0-9+.-]*:", url)) && (
        !startswith(lower(url), "http://") || can(regex("^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?([/?].*)?$", url))
      )
    ])
    error_message = "callback_urls are absolute, and http:// is for this machine only (localhost, 127.0.0.1, [::1]): the code in the address would cross the network in the clear (RFC 9700, 2.6)."
  }
}

variable "client_type" {
  description = "`private`: a backend keeps the consumer secret and sends it. `public`: a browser or a mobile app, which cannot keep one; it has PKCE instead."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["public", "private"], var.client_type)
    error_message = "client_type is \"public\" (the client runs where its user can look into it: browser, mobile app) or \"private\" (a backend that keeps the secret)."
  }
}

variable "variants" {
  description = "What the app is for: `login`, `passwordless`, `registration`, `guest`."
  type        = set(string)
  default     = ["login"]
  nullable    = false

  validation {
    condition     = length(var.variants) > 0
    error_message = "variants needs one of login, passwordless, registration, guest."
  }
  validation {
    condition     = length(setsubtract(var.variants, ["login", "passwordless", "registration", "guest"])) == 0
    error_message = "variants are login, passwordless, registration and guest. Forgotten passwords are a matter of the site alone, no app takes part."
  }
}

variable "permission_sets" {
  description = "Permission sets whose holders may use the app, by API name. These and the profiles are all."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "profiles" {
  description = "Profiles whose users may use the app. For registration: the default profile of new users, unless the handler gives them one of the permission sets."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "scopes" {
  description = "OAuth scopes, as metadata spells them. Without RefreshToken there are no refresh tokens; without OpenID neither ID token nor userinfo."
  type        = set(string)
  default     = ["Api", "OpenID", "RefreshToken"]
  nullable    = false

  validation {
    condition     = length(var.scopes) > 0
    error_message = "scopes needs one scope at least."
  }
  validation {
    condition     = !contains(var.scopes, "Full")
    error_message = "scopes: Full gives everything that the user may do. Name the scopes that the client needs (RFC 9700, 2.3)."
  }
  validation {
    condition     = length(setintersection(var.scopes, ["PwdlessLogin", "UserRegistration", "ForgotPassword"])) == 0
    error_message = "scopes: PwdlessLogin, UserRegistration and ForgotPassword are for the app of an internal integration user, which calls the site's init endpoints. In the customers' app every customer's token would carry them."
  }
}

variable "user_token_minutes" {
  description = "How long access tokens of users live. With JWT tokens one of 1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720. Default: not managed."
  type        = number
  default     = null
}

variable "guest_token_minutes" {
  description = "How long guests' tokens live: 1, 5, 10, 15, 30, 60, 90, 120, 240, 480 or 720."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720], var.guest_token_minutes)
    error_message = "guest_token_minutes is 1, 5, 10, 15, 30, 60, 90, 120, 240, 480 or 720: Salesforce takes no other."
  }
}

variable "refresh_token_days" {
  description = "After how many days without use a refresh token ends. Only with RefreshToken or OfflineAccess among the scopes."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.refresh_token_days >= 1 && floor(var.refresh_token_days) == var.refresh_token_days
    error_message = "refresh_token_days is a whole number, 1 or more. For no refresh tokens leave RefreshToken out of the scopes; for ever is not offered: an unused token has to end (RFC 9700, 4.14)."
  }
}

variable "refresh_token_rotation" {
  description = "Whether each refresh brings a new refresh token and ends the old one. Default: for public clients, which must have it."
  type        = bool
  default     = null
}

variable "jwt_access_tokens" {
  description = "Whether users' access tokens are JWTs, which SOAP APIs below 68.0 refuse. Default: with the variant guest, which needs it."
  type        = bool
  default     = null
}

variable "credentials_in_body_only" {
  description = "Whether credentials are taken from the body of a POST only. Default: yes, but not with passwordless or registration: Salesforce documents their one-time codes in a header."
  type        = bool
  default     = null
}

variable "manage_org_settings" {
  description = "Whether this module switches the flow on for the whole org. There is one such setting per org: let one workspace own it, not every one."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to destroy or replace the app. With the app its consumer key ends, and all tokens."
  type        = bool
  default     = true
  nullable    = false
}

variable "check_readiness" {
  description = "Whether each plan asks the org if the variants can work, and warns of what is missing."
  type        = bool
  default     = true
  nullable    = false
}

variable "site" {
  description = "Name of the Experience Cloud site that clients call, as Setup lists it under All Sites. With it the check readiness looks at the site, too."
  type        = string
  default     = null
}

variable "site_url" {
  description = "The Experience Cloud site that clients call, https://acme.my.site.com. Used in outputs only."
  type        = string
  default     = null
}
