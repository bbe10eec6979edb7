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
  # The settings and not the app: Salesforce makes the policies when the settings are made.
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  # Only holders of these permission sets may use the app. Those written here are all there are.
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = ["Shop_Customer"]

  # People who have not logged in yet, e.g. to register or to look around.
  guest_code_credential_flow_enabled = true
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
}
