# Every resource of the version, with what leaves something beside the state: left out, imported by ID, counted.

resource "salesforce_org_oauth_oidc_settings" "org" {
  code_credential_flow_enabled = true
}

resource "salesforce_org_external_client_app_settings" "org" {
  consumer_secret_api_access_enabled = true
}

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
  description   = "Sign-in of the shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app             = salesforce_external_client_app.shop.id
  callback_urls                   = ["https://shop.example.com/callback", "https://shop.example.com/other"]
  oauth_scopes                    = ["Api", "RefreshToken"]
  client_credentials_flow_enabled = true

  trusted_ip_range {
    start_ip_address = "192.0.2.1"
    end_ip_address   = "192.0.2.9"
    description      = "Office"
  }

  timeouts {
    create = "30m"
  }
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app             = salesforce_external_client_app_oauth_settings.shop.id
  permitted_users                 = "AdminApprovedPreAuthorized"
  permission_sets                 = ["Shop_Customer"]
  client_credentials_flow_enabled = true
  client_credentials_flow_user    = "integration@example.com"
  refresh_token_policy            = "SpecificLifetime"
  refresh_token_validity_period   = 30
  refresh_token_validity_unit     = "Days"
}

resource "salesforce_external_client_app_credential_rotation" "shop" {
  external_client_app = salesforce_external_client_app_policies.shop.external_client_app
  rotate_when_changed = { version = "1" }
}

resource "salesforce_oauth_client" "portal" {
  name                         = "Portal"
  label                        = "Portal"
  contact_email                = "identity@example.com"
  callback_urls                = ["https://portal.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  deletion_protection          = false

  policies {
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = ["Shop_Customer"]
  }
}
