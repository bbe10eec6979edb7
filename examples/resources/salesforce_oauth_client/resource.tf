# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_oauth_client" "shop" {
  name          = "Shop" # the API name; changing it replaces the app
  label         = "Shop" # the display name
  contact_email = "identity@example.com"

  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api", "OpenID", "RefreshToken"]

  # The Authorization Code and Credentials Flow for a backend that stores the secret.
  code_credential_flow_enabled        = true
  code_credential_post_only           = true
  secret_required_for_web_server_flow = true
  pkce_required                       = true

  # Guest users need JWT-based access tokens.
  named_user_jwt_enabled = true

  policies {
    # Only users with these permission sets can use the app.
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = ["Shop_Customer"]

    # Guests: users who have not logged in, for example to register or to browse.
    guest_code_credential_flow_enabled = true
    guest_jwt_session_timeout_type     = "Custom"
    guest_jwt_timeout_minutes          = 30
  }
}

# The client ID, which is public. The client secret is never stored in
# Terraform's state.
output "consumer_key" {
  value = salesforce_oauth_client.shop.consumer_key
}
