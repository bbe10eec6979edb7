//! One-time codes: what they confirm, and the mailbox that replaces e-mail and SMS.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::MINUTE;
use super::gate::Gate;
use crate::org::Org;
use crate::stamp::{self, Millis};

/// The lifetime of a code. The real one is not documented.
const LIFETIME: Millis = 10 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Email,
    Sms,
}

impl Method {
    pub fn parse(text: &str) -> Option<Method> {
        match text {
            "email" => Some(Method::Email),
            "sms" => Some(Method::Sms),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// `user` is `None` if the user does not exist, which the response does not reveal.
    Passwordless {
        user: Option<String>,
    },
    Registration(Registration),
}

/// The data of a new customer; the user is created when the code is confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub username: String,
    pub password: String,
    pub custom: Map<String, Value>,
}

/// An identifier and its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    pub identifier: String,
    pub code: String,
    pub method: Method,
    pub purpose: Purpose,
    pub issued: Millis,
    pub is_used: bool,
}

/// A password reset in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reset {
    pub user: String,
    pub code: String,
    pub issued: Millis,
    pub wrong_codes: u32,
    pub is_used: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub time: String,
    /// The e-mail address or the phone number.
    pub to: String,
    pub method: Method,
    pub username: String,
    /// Set for passwordless logins and registrations.
    pub identifier: Option<String>,
    pub code: String,
}

/// Six digits.
fn new_code() -> String {
    let seed = stamp::random_text(12);
    let number = seed.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    format!("{:06}", number % 1_000_000)
}

fn send(org: &mut Org, to: &str, method: Method, username: &str, identifier: Option<&str>, code: &str) {
    org.secrets.insert(code.to_string());
    let time = stamp::iso(org.now());
    org.site.mailbox.push(Message {
        time,
        to: to.to_string(),
        method,
        username: username.to_string(),
        identifier: identifier.map(str::to_string),
        code: code.to_string(),
    });
}

/// Sends a code if there is an address, and returns the identifier of the code.
pub fn challenge(
    org: &mut Org,
    method: Method,
    purpose: Purpose,
    to: Option<&str>,
    username: &str,
) -> String {
    let prefix = if matches!(purpose, Purpose::Registration(_)) { "dg3o" } else { "MFF0" };
    let identifier = format!("{prefix}canary{}", stamp::random_text(24));
    let code = new_code();
    org.secrets.insert(identifier.clone());
    if let Some(to) = to {
        send(org, to, method, username, Some(&identifier), &code);
    }
    let issued = org.now();
    let challenge =
        Challenge { identifier: identifier.clone(), code, method, purpose, issued, is_used: false };
    org.site.challenges.push(challenge);
    identifier
}

/// Returns the purpose that the code confirms, and consumes the code.
pub fn redeem(
    org: &mut Org,
    identifier: &str,
    code: &str,
    method: Option<Method>,
    is_registration: bool,
) -> Result<Purpose, Gate> {
    let now = org.now();
    let challenge = org
        .site
        .challenges
        .iter_mut()
        .find(|challenge| challenge.identifier == identifier)
        .filter(|challenge| !challenge.is_used && now < challenge.issued.saturating_add(LIFETIME))
        .filter(|challenge| matches!(challenge.purpose, Purpose::Registration(_)) == is_registration)
        .ok_or(Gate::Identifier)?;
    if method != Some(challenge.method) {
        return Err(Gate::VerificationType);
    }
    if challenge.code != code {
        return Err(Gate::OneTimeCode);
    }
    challenge.is_used = true;
    Ok(challenge.purpose.clone())
}

/// Sends the code for a new password and invalidates an older code.
pub fn reset(org: &mut Org, user: &str, username: &str, to: &str) {
    let code = new_code();
    send(org, to, Method::Email, username, None, &code);
    let issued = org.now();
    org.site.resets.retain(|reset| reset.user != user);
    org.site.resets.push(Reset { user: user.to_string(), code, issued, wrong_codes: 0, is_used: false });
}

/// Checks the code for a new password. The code is not consumed, because the password may be rejected.
pub fn check_reset(org: &mut Org, user: &str, code: &str) -> Result<(), Gate> {
    let now = org.now();
    let limit = org.site.network.auth_api.max_password_reset_attempts;
    let reset = org
        .site
        .resets
        .iter_mut()
        .find(|reset| reset.user == user)
        .filter(|reset| !reset.is_used && now < reset.issued.saturating_add(LIFETIME))
        .ok_or(Gate::ResetCode)?;
    if reset.wrong_codes >= limit {
        return Err(Gate::ResetAttempts);
    }
    if reset.code != code {
        reset.wrong_codes += 1;
        return Err(Gate::ResetCode);
    }
    Ok(())
}

pub fn end_reset(org: &mut Org, user: &str) {
    for reset in org.site.resets.iter_mut().filter(|reset| reset.user == user) {
        reset.is_used = true;
    }
}
