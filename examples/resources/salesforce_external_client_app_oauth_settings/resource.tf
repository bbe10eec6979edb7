# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  # .id, not .name, so that the settings are replaced together with the app.
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api", "OpenID", "RefreshToken"]

  # The Authorization Code and Credentials Flow for a backend that stores the secret.
  code_credential_flow_enabled        = true
  code_credential_post_only           = true
  secret_required_for_web_server_flow = true
  pkce_required                       = true

  # Guest users need JWT-based access tokens.
  named_user_jwt_enabled = true
}

# The client ID, which is public. The client secret is never stored in
# Terraform's state.
output "consumer_key" {
  value = salesforce_external_client_app_oauth_settings.shop.consumer_key
}
