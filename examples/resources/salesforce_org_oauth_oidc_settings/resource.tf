# Terraform 1.6 or later, OpenTofu 1.10 or later.
# Org-wide settings. Omitted attributes are not managed.
resource "salesforce_org_oauth_oidc_settings" "org" {
  code_credential_flow_enabled   = true
  pkce_required                  = true
  username_password_flow_blocked = true
  user_agent_flow_blocked        = true
}

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app          = salesforce_external_client_app.shop.id
  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "RefreshToken"]
  code_credential_flow_enabled = true

  # The org must allow the flow before an app can use it.
  depends_on = [salesforce_org_oauth_oidc_settings.org]
}
