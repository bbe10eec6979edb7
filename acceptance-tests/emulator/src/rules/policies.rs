//! The rules for an app's policies.

use super::{Refusal, RuleContext, attributes, custom_scopes, refuse};
use crate::behavior::{complete_lifetime, join, list};
use crate::component::{Component, Fields, Value, text};
use crate::contract::PARENT;
use crate::org::{Group, OAUTH_SETTINGS};
use crate::stamp;

pub fn oauth_policies(world: &RuleContext<'_>, sent: &Fields, fields: &mut Fields) -> Result<(), Refusal> {
    let app = text(fields, PARENT).unwrap_or_default().to_string();
    if world.tree.part(OAUTH_SETTINGS, &app).is_none() {
        return refuse("", super::without_settings(&app));
    }
    refresh_token(sent, fields)?;
    timeouts(world, fields)?;
    groups(fields, "commaSeparatedPermissionSet", "PermissionSet", &world.org.permission_sets)?;
    groups(fields, "commaSeparatedProfile", "Profile", &world.org.profiles)?;
    if world.org.switches.preauthorization_needs_own_assignment
        && text(fields, "permittedUsersPolicyType") == Some("AdminApprovedPreAuthorized")
        && !text(fields, "commaSeparatedPermissionSet")
            .is_some_and(|sets| list(sets).iter().any(|set| world.user.may(&format!("PermissionSet:{set}"))))
    {
        return refuse("permittedUsersPolicyType", "Assign one of the permission sets to yourself first");
    }
    for (element, what) in [("clientCredentialsFlowUser", "User"), ("executeHandlerAs", "User")] {
        if let Some(username) = text(fields, element)
            && world.org.user_named(username).is_none()
        {
            let element =
                if element == "executeHandlerAs" { "executeHandlerAs" } else { "clientCredentialsFlowUser" };
            return refuse(element, format!("In field: {element} - no {what} named {username} found"));
        }
    }
    if let Some(class) = text(fields, "apexHandler")
        && !world.org.apex_classes.contains(class)
    {
        return refuse("apexHandler", format!("In field: apexHandler - no ApexClass named {class} found"));
    }
    custom_scopes(world, fields)?;
    attributes(fields)
}

fn refresh_token(sent: &Fields, fields: &mut Fields) -> Result<(), Refusal> {
    let period = text(sent, "refreshTokenValidityPeriod").map(str::to_string);
    let unit = text(sent, "refreshTokenValidityUnit").map(str::to_string);
    match text(sent, "refreshTokenPolicyType") {
        None if period.is_some() || unit.is_some() => {
            return refuse(
                "refreshTokenValidityPeriod",
                "A refresh token validity needs a refreshTokenPolicyType",
            );
        }
        None => complete_lifetime(fields),
        Some("SpecificLifetime" | "SpecificInactivity") => {
            if !period.is_some_and(|period| period.parse::<i32>().is_ok_and(|period| period > 0)) {
                return refuse(
                    "refreshTokenValidityPeriod",
                    "Required field is missing: refreshTokenValidityPeriod must be positive with this policy type",
                );
            }
            if unit.is_none() {
                return refuse(
                    "refreshTokenValidityUnit",
                    "Required field is missing: refreshTokenValidityUnit",
                );
            }
        }
        Some(policy) => {
            if period.is_some_and(|period| period != "0") || unit.is_some() {
                return refuse(
                    "refreshTokenValidityPeriod",
                    format!("A refresh token validity is not allowed with the policy type {policy}"),
                );
            }
            // A retrieved file with Infinite has no period, so the org does not add a period for this policy type.
            if policy == "Zero" {
                fields.insert("refreshTokenValidityPeriod".to_string(), Value::text("0"));
            }
        }
    }
    Ok(())
}

fn timeouts(world: &RuleContext<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let has_types = world.version >= 65;
    for (kind, minutes) in [
        ("guestJwtSessionTimeoutType", "guestJwtTimeout"),
        ("namedUserJwtSessionTimeoutType", "namedUserJwtTimeout"),
    ] {
        let (kind, minutes): (&'static str, &'static str) = (kind, minutes);
        let sent = text(fields, minutes).map(str::to_string);
        if !has_types {
            if let Some(sent) = &sent {
                if sent.parse::<i32>().is_ok_and(|sent| sent > 30) {
                    return refuse(minutes, format!("bad value for restricted picklist field: {sent}"));
                }
                fields.insert(kind.to_string(), Value::text("Custom"));
            }
            continue;
        }
        match (text(fields, kind), sent) {
            (Some("Custom"), None) => return refuse(kind, format!("Required field is missing: {minutes}")),
            (Some("Custom"), Some(_)) | (Some(_) | None, None) => {}
            (_, Some(_)) => {
                return refuse(minutes, format!("{minutes} is allowed only when {kind} is Custom"));
            }
        }
    }
    Ok(())
}

/// Checks the final state after a package was applied.
pub fn named_users_have_jwt(policies: &Component, issues_jwt: bool) -> Result<(), Refusal> {
    if text(&policies.fields, "namedUserJwtSessionTimeoutType").is_some() && !issues_jwt {
        return refuse("namedUserJwtSessionTimeoutType", "Invalid plugin settings");
    }
    Ok(())
}

/// Normalizes a list of permission sets or profiles. IDs are accepted and stored as names.
fn groups(fields: &mut Fields, element: &'static str, what: &str, known: &[Group]) -> Result<(), Refusal> {
    let Some(sent) = text(fields, element) else {
        return Ok(());
    };
    let mut names = std::collections::BTreeSet::new();
    for item in list(sent) {
        match known.iter().find(|group| group.name == item || stamp::same_id(&group.id, &item)) {
            Some(group) => names.insert(group.name.clone()),
            None => {
                return refuse(element, format!("In field: {element} - no {what} named {item} found"));
            }
        };
    }
    fields.insert(element.to_string(), Value::Text(join(&names)));
    Ok(())
}

pub fn app_policies(fields: &Fields) -> Result<(), Refusal> {
    match (text(fields, "startPage"), text(fields, "startUrl")) {
        (Some("Custom"), None) => refuse("startPage", "Required field is missing: startUrl"),
        (Some("Custom"), Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => refuse("startUrl", "startUrl is allowed only when startPage is Custom"),
    }
}
