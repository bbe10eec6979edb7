# An External Client App for Headless Identity: the kind of client (client_type) and its variants determine the
# settings. The Experience Cloud site, its members and handlers, and permission sets are managed elsewhere.

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

resource "salesforce_external_client_app" "this" {
  name                = var.name
  label               = coalesce(var.label, var.name)
  description         = var.description
  contact_email       = var.contact_email
  deletion_protection = var.deletion_protection
}

resource "salesforce_external_client_app_oauth_settings" "this" {
  external_client_app = salesforce_external_client_app.this.id
  deletion_protection = var.deletion_protection

  callback_urls = var.callback_urls
  oauth_scopes  = var.scopes

  code_credential_flow_enabled = true
  code_credential_post_only    = local.body_only

  # A private client authenticates with the secret, which a public one cannot keep. In both, PKCE binds the code to the
  # client that requested it.
  secret_required_for_web_server_flow = !local.is_public
  secret_required_for_refresh_token   = !local.is_public
  pkce_required                       = true

  refresh_token_rotation_enabled = local.refreshable && local.rotated
  named_user_jwt_enabled         = local.jwt

  # The org setting is first: without it Salesforce refuses the flow.
  depends_on = [salesforce_org_oauth_oidc_settings.this]

  lifecycle {
    precondition {
      condition     = !(local.is_public && local.refreshable) || local.rotated
      error_message = "refresh_token_rotation = false with a public client: whoever finds its refresh token could use it for good. Rotation shows the theft and ends both (RFC 9700, 2.2.2). Leave it out, or take RefreshToken out of the scopes."
    }
    precondition {
      condition     = local.jwt || !local.guests
      error_message = "jwt_access_tokens = false with the variant guest: Salesforce gives guests JWT-based tokens only. Leave it out, or take guest out of the variants."
    }
  }
}

resource "salesforce_external_client_app_policies" "this" {
  external_client_app = salesforce_external_client_app_oauth_settings.this.id

  # A headless login has no page on which a user could approve the app.
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = var.permission_sets
  profiles        = var.profiles

  guest_code_credential_flow_enabled = local.guests
  guest_jwt_session_timeout_type     = local.guests ? "Custom" : null
  guest_jwt_timeout_minutes          = local.guests ? var.guest_token_minutes : null

  # Without JWT tokens Salesforce refuses the timeout type, even an existing one.
  named_user_jwt_session_timeout_type = !local.jwt ? "" : var.user_token_minutes != null ? "Custom" : null
  named_user_jwt_timeout_minutes      = local.jwt ? var.user_token_minutes : null
  session_timeout_minutes             = local.jwt ? null : var.user_token_minutes

  refresh_token_policy          = local.refreshable ? "SpecificInactivity" : "Zero"
  refresh_token_validity_period = local.refreshable ? var.refresh_token_days : null
  refresh_token_validity_unit   = local.refreshable ? "Days" : null

  lifecycle {
    precondition {
      condition     = length(var.permission_sets) + length(var.profiles) > 0
      error_message = "permission_sets and profiles are both empty: nobody could use the app. Users are pre-authorized by them, as a headless login has no page on which to approve an app. For registration name the profile that new users get."
    }
    precondition {
      condition     = !local.jwt || var.user_token_minutes == null || contains(local.jwt_minutes, coalesce(var.user_token_minutes, 1))
      error_message = "user_token_minutes: with JWT tokens Salesforce takes ${join(", ", local.jwt_minutes)}."
    }
  }
}
