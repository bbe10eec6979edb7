//! External users: the customers of the site, and its guest. They have few permissions in the org, and log in only
//! on the site.

use serde::{Deserialize, Serialize};

use super::network::{GUEST_PROFILE, MEMBER_PROFILE, OTHER_PROFILE};
use crate::org::User;
use crate::stamp;

/// The additional data of a user with an external license.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct External {
    /// If empty, the user cannot log in with a password.
    pub password: String,
    pub email: String,
    pub email_verified: bool,
    pub phone: String,
    pub phone_verified: bool,
}

/// The login requirements of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LoginPolicy {
    /// Hours of the day in UTC, the second one excluded; the range may span midnight. `None` allows all hours.
    pub login_hours: Option<(u32, u32)>,
    /// First and last address of each range. An empty list allows all addresses.
    pub login_ip_ranges: Vec<(std::net::IpAddr, std::net::IpAddr)>,
    /// Overrides the org's timeout.
    pub session_timeout_minutes: Option<u64>,
}

pub fn guest_username(domain: &str) -> String {
    format!("shop.guest@{domain}")
}

/// The seeded external users.
pub fn seed(domain: &str) -> Vec<User> {
    let person = |number: u64, login: &str, name: &str, profile: &str| User {
        id: stamp::record_id("005", number),
        username: format!("{login}@{domain}"),
        name: name.to_string(),
        permissions: ["ApiEnabled".to_string()].into(),
        approved: false,
        active: true,
        profile: Some(profile.to_string()),
        permission_sets: ["Shop_Customer".to_string()].into(),
        external: Some(External {
            password: format!("canaryPASSWORD-{}", stamp::random_text(20)),
            email: format!("{login}@mail.example"),
            email_verified: true,
            phone: format!("+49 30 5550{number:03}"),
            phone_verified: true,
        }),
    };
    let mut users = vec![
        person(11, "customer", "Carla Customer", MEMBER_PROFILE),
        person(12, "unassigned", "Uwe Unassigned", MEMBER_PROFILE),
        person(13, "outsider", "Olga Outsider", OTHER_PROFILE),
        person(14, "inactive", "Ina Inactive", MEMBER_PROFILE),
        person(15, "colon", "Cole Colon", MEMBER_PROFILE),
        person(16, "no.api", "Nadia Noapi", MEMBER_PROFILE),
        person(17, "unverified", "Vera Unverified", MEMBER_PROFILE),
        person(18, "shop.guest", "Shop Site Guest User", GUEST_PROFILE),
    ];
    for user in &mut users {
        let login = user.username.split('@').next().unwrap_or_default().to_string();
        let external = user.external.get_or_insert_default();
        match login.as_str() {
            "unassigned" => user.permission_sets.clear(),
            "inactive" => {
                user.permission_sets.clear();
                user.active = false;
            }
            "colon" => external.password = format!("canary:PASSWORD:{}", stamp::random_text(20)),
            "no.api" => user.permissions.clear(),
            "unverified" => {
                external.email_verified = false;
                external.phone_verified = false;
            }
            "shop.guest" => {
                user.permission_sets.clear();
                *external = External::default();
            }
            _ => {}
        }
    }
    users
}
