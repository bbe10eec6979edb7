# An External Client App for Headless Identity. The type of client (client_type) and the flows (variants) determine the
# settings. Not managed: the Experience Cloud site, its members and handlers, permission sets and their assignments.

locals {
  is_public   = var.client_type == "public"
  guests      = contains(var.variants, "guest")
  one_time    = length(setintersection(var.variants, ["passwordless", "registration"])) > 0
  jwt         = coalesce(var.jwt_access_tokens, local.guests)
  refreshable = length(setintersection(var.scopes, ["RefreshToken", "OfflineAccess"])) > 0
  rotated     = coalesce(var.refresh_token_rotation, local.is_public)
  body_only   = coalesce(var.credentials_in_body_only, !local.one_time)
  jwt_minutes = [1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720]
}

resource "salesforce_org_oauth_oidc_settings" "this" {
  count = var.manage_org_settings ? 1 : 0

  code_credential_flow_enabled = true
}

resource "salesforce_oauth_client" "this" {
  name                = var.name
  label               = coalesce(var.label, var.name)
  description         = var.description
  contact_email       = var.contact_email
  deletion_protection = var.deletion_protection

  callback_urls = var.callback_urls
  oauth_scopes  = var.scopes

  code_credential_flow_enabled = true
  code_credential_post_only    = local.body_only

  # A private client authenticates with the secret; a public client cannot store one. PKCE binds the code to the client
  # that requested it, for both.
  secret_required_for_web_server_flow = !local.is_public
  secret_required_for_refresh_token   = !local.is_public
  pkce_required                       = true

  refresh_token_rotation_enabled = local.refreshable && local.rotated
  named_user_jwt_enabled         = local.jwt

  policies {
    # A headless login has no page on which users could approve the app.
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = var.permission_sets
    profiles        = var.profiles

    guest_code_credential_flow_enabled = local.guests
    guest_jwt_session_timeout_type     = local.guests ? "Custom" : null
    guest_jwt_timeout_minutes          = local.guests ? var.guest_token_minutes : null

    # Without JWT-based access tokens, Salesforce rejects this type, including an existing one.
    named_user_jwt_session_timeout_type = !local.jwt ? "" : var.user_token_minutes != null ? "Custom" : null
    named_user_jwt_timeout_minutes      = local.jwt ? var.user_token_minutes : null
    session_timeout_minutes             = local.jwt ? null : var.user_token_minutes

    refresh_token_policy          = local.refreshable ? "SpecificInactivity" : "Zero"
    refresh_token_validity_period = local.refreshable ? var.refresh_token_days : null
    refresh_token_validity_unit   = local.refreshable ? "Days" : null
  }

  # The org setting must exist first. Otherwise Salesforce rejects the flow.
  depends_on = [salesforce_org_oauth_oidc_settings.this]

  lifecycle {
    precondition {
      condition     = !(local.is_public && local.refreshable) || local.rotated
      error_message = "refresh_token_rotation must not be false for a public client: a stolen refresh token would remain valid. Rotation detects theft and revokes both tokens (RFC 9700, 2.2.2). Omit it, or remove RefreshToken from scopes."
    }
    precondition {
      condition     = local.jwt || !local.guests
      error_message = "jwt_access_tokens must not be false with the variant guest: Salesforce issues only JWT-based access tokens to guests. Omit it, or remove guest from variants."
    }
    precondition {
      condition     = length(var.permission_sets) + length(var.profiles) > 0
      error_message = "permission_sets and profiles must not both be empty: no user could use the app. They pre-authorize users, because a headless login has no page for approving an app. For registration, add the default profile of new users."
    }
    precondition {
      condition     = !local.jwt || var.user_token_minutes == null || contains(local.jwt_minutes, coalesce(var.user_token_minutes, 1))
      error_message = "user_token_minutes must be one of ${join(", ", local.jwt_minutes)} with JWT-based access tokens."
    }
  }
}
