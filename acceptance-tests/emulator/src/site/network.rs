//! The settings of the site: whether it is active, its members, the headless flows that it offers and their
//! protection. External client apps do not depend on them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::org::User;
use crate::stamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Live,
    UnderConstruction,
    DownForMaintenance,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    pub id: String,
    pub name: String,
    /// Only `Live` is active.
    pub status: Status,
    /// Without slashes; empty for a site at the root of its host.
    pub url_path_prefix: String,
    pub member_profiles: BTreeSet<String>,
    pub member_permission_sets: BTreeSet<String>,
    /// The username of the site's guest user.
    pub guest_user: Option<String>,
    /// The allowed origins of browsers; a star matches one label of a host.
    pub cors_origins: BTreeSet<String>,
    /// "Enable CORS for OAuth endpoints" in Setup.
    pub cors_for_oauth: bool,
    /// The score of the test token, 0 to 1, in place of the score that Google's service returns.
    pub recaptcha_score: f64,
    /// Permission sets that the registration handler assigns. Apex is not run here.
    pub registration_grants: BTreeSet<String>,
    pub auth_api: AuthApiSettings,
}

/// `NetworkAuthApiSettings`, with the names of the Metadata API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthApiSettings {
    pub is_headless_user_registration_allowed: bool,
    pub does_registration_require_auth: bool,
    pub is_recaptcha_required_rgstr: bool,
    /// The name of an Apex class.
    pub registration_handler: Option<String>,
    pub registration_execution_user: Option<String>,
    pub registration_user_default_profile: Option<String>,
    pub is_pwdless_login_allowed: bool,
    pub does_pwdless_login_require_auth: bool,
    pub is_recaptcha_required_pwdless_login: bool,
    pub is_forgot_pwd_allowed: bool,
    pub does_forgot_password_require_auth: bool,
    pub is_recaptcha_required_forgot_pwd: bool,
    pub max_password_reset_attempts: u32,
    pub recaptcha_secret_key: Option<String>,
    pub recaptcha_score_threshold: f64,
    pub is_user_disambiguation_allowed_username_pwd: bool,
    pub is_user_disambiguation_allowed_forgot_pwd: bool,
    pub headless_discovery_handler: Option<String>,
    pub headless_discovery_execution_user: Option<String>,
    pub is_first_party_apps_allowed: bool,
}

/// The profile of the seeded members and of registered users.
pub const MEMBER_PROFILE: &str = "Customer Community User";
/// External users with this profile are not members of the site.
pub const OTHER_PROFILE: &str = "Partner Community User";
pub const GUEST_PROFILE: &str = "Shop Profile";
pub const REGISTRATION_HANDLER: &str = "HeadlessSelfRegistration";

impl Network {
    /// An active site. Registration, passwordless login and password reset are enabled and protected by reCAPTCHA.
    pub fn seed(domain: &str) -> Network {
        let one = |name: &str| BTreeSet::from([name.to_string()]);
        Network {
            id: stamp::record_id("0DB", 1),
            name: "Shop".to_string(),
            status: Status::Live,
            url_path_prefix: String::new(),
            member_profiles: one(MEMBER_PROFILE),
            member_permission_sets: BTreeSet::new(),
            guest_user: Some(super::people::guest_username(domain)),
            cors_origins: one("https://shop.example"),
            cors_for_oauth: true,
            recaptcha_score: 0.9,
            registration_grants: one("Shop_Customer"),
            auth_api: AuthApiSettings {
                is_headless_user_registration_allowed: true,
                does_registration_require_auth: false,
                is_recaptcha_required_rgstr: true,
                registration_handler: Some(REGISTRATION_HANDLER.to_string()),
                registration_execution_user: Some(format!("admin@{domain}")),
                registration_user_default_profile: Some(MEMBER_PROFILE.to_string()),
                is_pwdless_login_allowed: true,
                does_pwdless_login_require_auth: false,
                is_recaptcha_required_pwdless_login: true,
                is_forgot_pwd_allowed: true,
                does_forgot_password_require_auth: false,
                is_recaptcha_required_forgot_pwd: true,
                max_password_reset_attempts: 5,
                recaptcha_secret_key: Some(format!("canaryRECAPTCHA{}", stamp::random_text(25))),
                recaptcha_score_threshold: 0.5,
                is_user_disambiguation_allowed_username_pwd: false,
                is_user_disambiguation_allowed_forgot_pwd: false,
                headless_discovery_handler: None,
                headless_discovery_execution_user: None,
                is_first_party_apps_allowed: false,
            },
        }
    }

    pub fn is_live(&self) -> bool {
        self.status == Status::Live
    }

    /// Whether the user has a member profile or a member permission set.
    pub fn has_member(&self, user: &User) -> bool {
        user.profile.as_ref().is_some_and(|profile| self.member_profiles.contains(profile))
            || user.permission_sets.iter().any(|set| self.member_permission_sets.contains(set))
    }
}
