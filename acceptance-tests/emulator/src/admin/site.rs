//! Changes that an administrator makes to the Experience Cloud site and its users.

use serde_json::{Map, Value, json};

use super::{Outcome, body, wrong};
use crate::emulator::State;
use crate::http::{Request, Response};
use crate::org::{Org, PermissionSetGroup, User};
use crate::{report, stamp};

pub fn respond(state: &mut State, request: &Request, rest: &[&str]) -> Outcome {
    let ok = |value: Value| Ok(Response::json(200, &value));
    match (request.method.as_str(), rest) {
        ("GET", ["site"]) => ok(site(state)),
        ("PATCH", ["site"]) => {
            let changes = body(request)?;
            patch_site(state, &changes).or_else(wrong)?;
            ok(site(state))
        }
        ("GET", ["mailbox"]) => ok(mailbox(state, request)),
        ("GET", ["mailbox", identifier]) => {
            let found = state
                .org
                .site
                .mailbox
                .iter()
                .rev()
                .find(|message| message.identifier.as_deref() == Some(*identifier));
            match found {
                Some(message) => ok(json!(message)),
                None => Err((404, format!("no message for {identifier}"))),
            }
        }
        ("DELETE", ["mailbox"]) => {
            state.org.site.mailbox.clear();
            ok(json!({}))
        }
        ("GET", ["users"]) => ok(users(state)),
        ("GET", ["users", username]) => {
            let username = crate::http::decode(username, false);
            match state.org.user_named(&username) {
                Some(user) => ok(user_json(user)),
                None => Err((404, format!("no user {username}"))),
            }
        }
        ("PATCH", ["users", username]) => {
            let username = crate::http::decode(username, false);
            let before = state.org.clone();
            if let Err(problem) = patch_user(state, &username, &Value::Object(body(request)?)) {
                state.org = before;
                return wrong(problem);
            }
            ok(state.org.user_named(&username).map(user_json).unwrap_or_default())
        }
        (method, _) => Err((404, format!("no {method} {} here; see the README", request.path))),
    }
}

/// The site without the secret key of reCAPTCHA, which is in `/emulator/secrets`.
fn site(state: &State) -> Value {
    let network = &state.org.site.network;
    let mut shown = json!(network);
    if let Some(settings) = shown.get_mut("authApi") {
        let is_set = network.auth_api.recaptcha_secret_key.is_some();
        report::set(settings, "recaptchaSecretKey", json!(if is_set { Some("set") } else { None }));
    }
    report::set(&mut shown, "url", json!(state.org.site.url));
    report::set(&mut shown, "loginPolicies", json!(state.org.login_policies));
    report::set(&mut shown, "sessionTimeoutMinutes", json!(state.org.session_timeout_minutes));
    shown
}

/// Changes fields of the site. `authApi` is changed field by field, and `loginPolicies` by profile, where null removes
/// a policy.
fn patch_site(state: &mut State, changes: &Map<String, Value>) -> Result<(), String> {
    let text = |error: serde_json::Error| error.to_string();
    let mut network = serde_json::to_value(&state.org.site.network).map_err(text)?;
    let mut policies = state.org.login_policies.clone();
    let mut minutes = state.org.session_timeout_minutes;
    for (name, value) in changes {
        match (name.as_str(), value) {
            ("id" | "url", _) => return Err(format!("{name} cannot be changed")),
            ("sessionTimeoutMinutes", _) => {
                minutes = value.as_u64().ok_or("sessionTimeoutMinutes: must be a number")?;
            }
            ("loginPolicies", Value::Object(wanted)) => {
                for (profile, policy) in wanted {
                    if !state.org.profiles.iter().any(|known| known.name == *profile) {
                        return Err(format!("no profile {profile}"));
                    }
                    if policy.is_null() {
                        policies.remove(profile);
                    } else {
                        policies
                            .insert(profile.clone(), serde_json::from_value(policy.clone()).map_err(text)?);
                    }
                }
            }
            ("authApi", Value::Object(settings)) => {
                let own = network.get_mut("authApi").ok_or("no authApi")?;
                for (name, value) in settings {
                    if own.get(name).is_none() {
                        return Err(format!("authApi has no {name}"));
                    }
                    report::set(own, name, value.clone());
                }
            }
            _ => report::set(&mut network, name, value.clone()),
        }
    }
    let network: crate::site::Network = serde_json::from_value(network).map_err(text)?;
    consistent(state, &network)?;
    state.org.secrets.extend(network.auth_api.recaptcha_secret_key.clone());
    state.org.site.network = network;
    state.org.site.rename();
    state.org.login_policies = policies;
    state.org.session_timeout_minutes = minutes;
    Ok(())
}

/// Rejects what Setup rejects, and names that do not exist.
fn consistent(state: &State, network: &crate::site::Network) -> Result<(), String> {
    let org = &state.org;
    let own = &network.auth_api;
    for profile in network.member_profiles.iter().chain(&own.registration_user_default_profile) {
        if !org.profiles.iter().any(|known| known.name == *profile) {
            return Err(format!("no profile {profile}"));
        }
    }
    for set in network.member_permission_sets.iter().chain(&network.registration_grants) {
        if !org.permission_sets.iter().any(|known| known.name == *set) {
            return Err(format!("no permission set {set}"));
        }
    }
    for (flow, is_on, needs_login, needs_captcha) in [
        (
            "registration",
            own.is_headless_user_registration_allowed,
            own.does_registration_require_auth,
            own.is_recaptcha_required_rgstr,
        ),
        (
            "passwordless login",
            own.is_pwdless_login_allowed,
            own.does_pwdless_login_require_auth,
            own.is_recaptcha_required_pwdless_login,
        ),
        (
            "forgot password",
            own.is_forgot_pwd_allowed,
            own.does_forgot_password_require_auth,
            own.is_recaptcha_required_forgot_pwd,
        ),
    ] {
        if is_on && !needs_login && !needs_captcha {
            return Err(format!("{flow} needs authentication, reCAPTCHA or both"));
        }
    }
    if !(0.5..=1.0).contains(&own.recaptcha_score_threshold) {
        return Err("recaptchaScoreThreshold must be 0.5 to 1".to_string());
    }
    Ok(())
}

/// The messages, oldest first, filtered by `to`, `username` and `method`.
fn mailbox(state: &State, request: &Request) -> Value {
    let messages = state.org.site.mailbox.iter().map(|message| json!(message)).filter(|message| {
        ["to", "username", "method"]
            .iter()
            .all(|name| request.query(name).is_none_or(|wanted| message.get(*name) == Some(&json!(wanted))))
    });
    Value::Array(messages.collect())
}

pub fn users(state: &State) -> Value {
    Value::Array(state.org.users.iter().map(user_json).collect())
}

/// A user without the password, which is in `credentials.json`.
fn user_json(user: &User) -> Value {
    let mut shown = json!(user);
    if let Some(Value::Object(external)) = shown.get_mut("external") {
        external.remove("password");
    }
    shown
}

/// Changes the given fields of a user, and updates the counts of permission sets and profiles.
pub fn patch_user(state: &mut State, username: &str, changes: &Value) -> Result<(), String> {
    let org = &mut state.org;
    let user = org
        .users
        .iter_mut()
        .find(|user| user.username == username)
        .ok_or_else(|| format!("no user {username}"))?;
    let before = user.clone();
    for (name, value) in changes.as_object().ok_or("must be an object")? {
        let flag = || value.as_bool().ok_or_else(|| format!("{name}: must be true or false"));
        let list = || serde_json::from_value(value.clone()).map_err(|error| format!("{name}: {error}"));
        match name.as_str() {
            "permissions" => user.permissions = list()?,
            "approved" => user.approved = flag()?,
            "active" => user.active = flag()?,
            "profile" => user.profile = value.as_str().map(str::to_string),
            "permissionSets" => user.permission_sets = list()?,
            other => {
                let Some(external) = &mut user.external else {
                    return Err(format!("{other}: unknown, or only for external users"));
                };
                let text = || value.as_str().map(str::to_string).ok_or(format!("{name}: must be a text"));
                match other {
                    "password" => {
                        external.password = text()?;
                        org.secrets.insert(external.password.clone());
                    }
                    "email" => external.email = text()?,
                    "phone" => external.phone = text()?,
                    "emailVerified" => external.email_verified = flag()?,
                    "phoneVerified" => external.phone_verified = flag()?,
                    other => return Err(format!("{other}: unknown")),
                }
            }
        }
    }
    let after = user.clone();
    org.recount(Some(&before), Some(&after))
}

/// `{"Shop_All": {"members": ["Shop_Customer"], "holders": 40, "holdingDirectly": 15}}`: 40 users are assigned only the
/// group, and 15 more are assigned both the group and one of its members directly. Null removes a group.
pub fn set_permission_set_groups(org: &mut Org, wanted: &Map<String, Value>) -> Result<(), String> {
    for (index, (name, value)) in wanted.iter().enumerate() {
        org.permission_set_groups.retain(|group| group.name != *name);
        if value.is_null() {
            continue;
        }
        let members: std::collections::BTreeSet<String> =
            serde_json::from_value(value.get("members").cloned().unwrap_or_default())
                .map_err(|error| format!("members: {error}"))?;
        if let Some(unknown) =
            members.iter().find(|name| !org.permission_sets.iter().any(|set| set.name == **name))
        {
            return Err(format!("no permission set {unknown}"));
        }
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
        let place = (org.permission_set_groups.len() + index) as u64 + 1;
        org.permission_set_groups.push(PermissionSetGroup {
            id: stamp::record_id("0PG", place),
            set_id: stamp::record_id("0PS", 1000 + place),
            name: name.clone(),
            members,
            holders: number("holders"),
            holding_directly: usize::try_from(number("holdingDirectly")).unwrap_or_default(),
        });
    }
    Ok(())
}
