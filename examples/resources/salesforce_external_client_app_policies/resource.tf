# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
}

resource "salesforce_external_client_app_policies" "shop" {
  # References the OAuth settings, because Salesforce creates the policies together with them.
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  # Only users with these permission sets can use the app.
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = ["Shop_Customer"]

  # Guests: users who have not logged in, for example to register or to browse.
  guest_code_credential_flow_enabled = true
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
}
