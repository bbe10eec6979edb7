//! Configurations that several tests use: the app `Shop`, in parts and as one resource.

pub const APP: &str = "salesforce_external_client_app.shop";
pub const SETTINGS: &str = "salesforce_external_client_app_oauth_settings.shop";
pub const POLICIES: &str = "salesforce_external_client_app_policies.shop";
/// The address of the app as one resource.
pub const CLIENT: &str = "salesforce_oauth_client.shop";

macro_rules! app {
    () => {
        r#"
resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}
"#
    };
}

macro_rules! settings {
    () => {
        r#"
resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app          = salesforce_external_client_app.shop.id
  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
}
"#
    };
}

/// The app alone.
pub const ONLY_APP: &str = app!();

/// The app and its settings.
pub const APP_AND_SETTINGS: &str = concat!(app!(), settings!());

/// The app with all its parts, which refer to each other.
pub const SHOP: &str = concat!(
    app!(),
    settings!(),
    r#"
resource "salesforce_external_client_app_policies" "shop" {
  external_client_app                = salesforce_external_client_app_oauth_settings.shop.id
  permitted_users                    = "AdminApprovedPreAuthorized"
  permission_sets                    = ["Shop_Customer"]
  guest_code_credential_flow_enabled = true
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
}
"#
);

/// The app of `SHOP`, as one resource.
pub const SHOP_CLIENT: &str = r#"
resource "salesforce_oauth_client" "shop" {
  name                         = "Shop"
  label                        = "Shop"
  contact_email                = "identity@example.com"
  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
  policies {
    permitted_users                    = "AdminApprovedPreAuthorized"
    permission_sets                    = ["Shop_Customer"]
    guest_code_credential_flow_enabled = true
    guest_jwt_session_timeout_type     = "Custom"
    guest_jwt_timeout_minutes          = 30
  }
}
"#;

/// The app alone, as one resource.
pub const ONLY_CLIENT: &str = r#"
resource "salesforce_oauth_client" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}
"#;

/// The app with exactly the values of `Emulator::create_shop_in_setup`.
pub const CREATED_IN_SETUP: &str = concat!(
    app!(),
    r#"
resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api", "RefreshToken"]
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id
}
"#
);

/// The app of `CREATED_IN_SETUP`, as one resource.
pub const CLIENT_CREATED_IN_SETUP: &str = r#"
resource "salesforce_oauth_client" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api", "RefreshToken"]
  policies {}
}
"#;
