# A web shop with headless login: its own pages, its own backend, Salesforce as the identity provider.
# `make demo` runs this against the emulator; against an org of yours it needs the SALESFORCE_* variables,
# a permission set Shop_Customer, and the Authorization Code and Credentials Flow allowed in the org.

terraform {
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

provider "salesforce" {}

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls                       = ["https://shop.example.com/callback"]
  oauth_scopes                        = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled        = true
  code_credential_post_only           = true
  secret_required_for_web_server_flow = true
  pkce_required                       = true
  named_user_jwt_enabled              = true
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  permitted_users                    = "AdminApprovedPreAuthorized"
  permission_sets                    = ["Shop_Customer"]
  guest_code_credential_flow_enabled = true
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
}

output "consumer_key" {
  description = "The shop's client ID"
  value       = salesforce_external_client_app_oauth_settings.shop.consumer_key
}
