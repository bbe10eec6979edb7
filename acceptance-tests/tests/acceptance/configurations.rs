//! Configurations that several tests use.

pub const APP: &str = "salesforce_external_client_app.shop";
pub const SETTINGS: &str = "salesforce_external_client_app_oauth_settings.shop";
pub const POLICIES: &str = "salesforce_external_client_app_policies.shop";
/// All of it as one resource.
pub const CLIENT: &str = "salesforce_oauth_client.shop";

/// The app alone.
pub const ONLY_APP: &str = r#"
resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}
"#;

/// The app and its settings.
pub const APP_AND_SETTINGS: &str = r#"
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
"#;

/// The app with all its parts, by reference.
pub const SHOP: &str = r#"
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
"#;
