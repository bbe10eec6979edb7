# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_oauth_client" "shop" {
  name          = "Shop" # the API name: for ever
  label         = "Shop" # what people see: change it as you like
  contact_email = "identity@example.com"

  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api", "OpenID", "RefreshToken"]

  # The Authorization Code and Credentials Flow, from a backend that can keep a secret.
  code_credential_flow_enabled        = true
  code_credential_post_only           = true
  secret_required_for_web_server_flow = true
  pkce_required                       = true

  # Guest users need access tokens that are JWTs.
  named_user_jwt_enabled = true

  policies {
    # Only holders of these permission sets may use the app. Those written here are all there are.
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = ["Shop_Customer"]

    # People who have not logged in yet, e.g. to register or to look around.
    guest_code_credential_flow_enabled = true
    guest_jwt_session_timeout_type     = "Custom"
    guest_jwt_timeout_minutes          = 30
  }
}

# The client ID for the app's own configuration. It is no secret; the client secret is
# never in Terraform's state.
output "consumer_key" {
  value = salesforce_oauth_client.shop.consumer_key
}
