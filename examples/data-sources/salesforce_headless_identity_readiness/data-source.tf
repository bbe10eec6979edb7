# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app          = salesforce_external_client_app.shop.id
  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app                = salesforce_external_client_app_oauth_settings.shop.id
  permitted_users                    = "AdminApprovedPreAuthorized"
  permission_sets                    = ["Shop_Customer"]
  guest_code_credential_flow_enabled = true
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
}

# Outside of the check: Terraform reads a nested data source at every apply, so no plan would be empty.
data "salesforce_headless_identity_readiness" "shop" {
  external_client_app = salesforce_external_client_app_policies.shop.id
  site                = "Shop"
  client_type         = "private"
}

# A check adds a warning and does not stop the apply: some settings of the site can only be changed in Setup.
check "headless_identity" {
  assert {
    condition     = data.salesforce_headless_identity_readiness.shop.login.status == "ready"
    error_message = jsonencode(data.salesforce_headless_identity_readiness.shop.login)
  }

  # Some settings cannot be read, such as the secret key of reCAPTCHA. The status is then unknown, never ready.
  assert {
    condition     = !contains(data.salesforce_headless_identity_readiness.shop.not_ready_variants, "registration")
    error_message = jsonencode(data.salesforce_headless_identity_readiness.shop.registration.blocking)
  }
}
