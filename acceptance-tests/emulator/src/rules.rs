//! Rules that the contract does not contain: rejections, and the normalization of accepted values. This file contains
//! the rules for all types. The rules for settings files are in `rules/settings.rs`, those for policies in
//! `rules/policies.rs`. `check.rs` rejects violations of the contract before these rules are checked.

mod policies;
mod settings;

use crate::behavior::{self, join, list};
use crate::component::{Component, Fields, Value, is_true, text};
use crate::contract::{Contract, MetadataType, PARENT};
use crate::installed;
use crate::org::{APP, APP_POLICIES, GLOBAL_SETTINGS, OAUTH_POLICIES, OAUTH_SETTINGS, Org, User};
use crate::stamp;
use crate::switches::{FirstPolicies, SettingsAccess};
use crate::tree::Tree;

/// The input of the rules. `tree` is the org with the files applied so far.
pub struct RuleContext<'a> {
    pub org: &'a Org,
    pub tree: &'a Tree,
    pub user: &'a User,
    pub version: u32,
}

/// A rejection. `element` is empty if the rejection concerns the whole file.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub element: &'static str,
    pub text: String,
}

/// The fields that the org stores, and its warnings.
#[derive(Debug, Default)]
pub struct Normalized {
    pub fields: Fields,
    pub warnings: Vec<String>,
}

pub(crate) fn refuse<T>(element: &'static str, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { element, text: text.into() })
}

pub fn normalize(
    world: &RuleContext<'_>,
    kind: &MetadataType,
    name: &str,
    sent: Fields,
    existing: Option<&Component>,
) -> Result<Normalized, Refusal> {
    installed::is_changeable(world.org, &kind.name, name)?;
    name_is_allowed(kind, name)?;
    if !behavior::is_emulated(&kind.name) {
        return refuse("", format!("not emulated: {} (its behavior in an org is not documented)", kind.name));
    }
    if kind.is_settings() && world.org.switches.org_settings != SettingsAccess::Open {
        return refuse(
            "",
            "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on the settings of the org",
        );
    }
    documented_values(kind, &sent)?;
    let mut fields = if behavior::is_partial(kind) {
        existing.map(|component| component.fields.clone()).unwrap_or_default()
    } else {
        Fields::new()
    };
    for (element, value) in sent {
        match value {
            // xsi:nil has no effect: an existing value stays.
            Value::Nil => {
                fields.entry(element).or_insert(Value::Nil);
            }
            value if value.is_empty() => {}
            value => {
                fields.insert(element, value);
            }
        }
    }
    let sent = fields.clone();
    if kind.has_parent() {
        parent(world, kind, name, &fields, existing)?;
        comes_in_time(world, kind, &fields)?;
    }
    for (element, value) in behavior::defaults(&kind.name) {
        fields.entry((*element).to_string()).or_insert_with(|| Value::text(*value));
    }
    if kind.elements.iter().any(|element| element.name == "label") {
        fields.entry("label".to_string()).or_insert_with(|| Value::text(name));
    }
    let mut normalized = Normalized { fields, warnings: Vec::new() };
    match kind.name.as_str() {
        APP => settings::app(world, name, &mut normalized.fields, existing)?,
        OAUTH_SETTINGS => settings::oauth_settings(world, &mut normalized.fields, existing)?,
        GLOBAL_SETTINGS => settings::global_settings(world, &mut normalized, existing)?,
        OAUTH_POLICIES => policies::oauth_policies(world, &sent, &mut normalized.fields)?,
        APP_POLICIES => policies::app_policies(&normalized.fields)?,
        _ => {}
    }
    Ok(normalized)
}

/// Salesforce uses the same error text for every API name.
fn name_is_allowed(kind: &MetadataType, name: &str) -> Result<(), Refusal> {
    if is_api_name(name) {
        return Ok(());
    }
    refuse(
        "",
        format!(
            "The {} API name can only contain underscores and alphanumeric characters. It must be unique, begin with \
             a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores: \
             {name}",
            kind.name
        ),
    )
}

pub fn is_api_name(name: &str) -> bool {
    let begins_with_letter = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    begins_with_letter && letters && !name.ends_with('_') && !name.contains("__")
}

fn documented_values(kind: &MetadataType, sent: &Fields) -> Result<(), Refusal> {
    for element in &kind.elements {
        let Some(value) = text(sent, &element.name) else {
            continue;
        };
        let is_documented = element.documented_values.as_ref().is_none_or(|values| {
            values.iter().any(|known| match known {
                serde_json::Value::String(_) => {
                    behavior::documented_spelling(&kind.name, &element.name, value).is_some()
                }
                number => number.to_string().as_str() == value,
            })
        });
        let is_settable =
            element.settable_values.as_ref().is_none_or(|values| values.iter().any(|known| known == value));
        if !is_documented || !is_settable {
            return refuse(
                named(kind, &element.name),
                format!("bad value for restricted picklist field: {value}"),
            );
        }
    }
    Ok(())
}

/// The name of the element with a static lifetime.
fn named(kind: &MetadataType, element: &str) -> &'static str {
    Contract::get()
        .by_name(&kind.name)
        .and_then(|kind| kind.elements.iter().find(|known| known.name == element))
        .map_or("", |known| known.name.as_str())
}

fn parent(
    world: &RuleContext<'_>,
    kind: &MetadataType,
    name: &str,
    fields: &Fields,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    let app = text(fields, PARENT).unwrap_or_default();
    if world.tree.get(APP, app).is_none() {
        return refuse(
            PARENT,
            format!(
                "INVALID_CROSS_REFERENCE_KEY: In field: externalClientApplication - no ExternalClientApplication \
                 named {app} found"
            ),
        );
    }
    if existing.is_some_and(|component| text(&component.fields, PARENT) != Some(app)) {
        return refuse(PARENT, format!("not emulated: moving {name} to another external client app"));
    }
    if let Some((_, other)) = world.tree.part(&kind.name, app).filter(|(other, _)| *other != name)
        && is_single(&kind.name)
    {
        return refuse(
            "",
            format!(
                "duplicate value found: ExternalClientApplicationId duplicates value on record with id: {}",
                stamp::short_id(&other.id)
            ),
        );
    }
    Ok(())
}

/// With `FirstPolicies::Refused`, an app must have OAuth settings before its policies are accepted.
fn comes_in_time(world: &RuleContext<'_>, kind: &MetadataType, fields: &Fields) -> Result<(), Refusal> {
    let app = text(fields, PARENT).unwrap_or_default();
    if world.org.switches.first_policies == FirstPolicies::Refused
        && [OAUTH_POLICIES, APP_POLICIES].contains(&kind.name.as_str())
        && world.org.tree.part(OAUTH_SETTINGS, app).is_none()
    {
        return refuse("", without_settings(app));
    }
    Ok(())
}

pub(crate) fn without_settings(app: &str) -> String {
    format!("The external client app {app} doesn't have a valid OAuth settings configuration")
}

/// Whether an app has at most one file of this type. Reported for the OAuth policies, assumed for the other types.
fn is_single(kind: &str) -> bool {
    kind != "ExtlClntAppPushSettings" && kind != "ExtlClntAppPushConfigurablePolicies"
}

fn custom_scopes(world: &RuleContext<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let element = "commaSeparatedCustomScopes";
    let Some(sent) = text(fields, element) else {
        return Ok(());
    };
    let scopes = list(sent);
    match scopes.iter().find(|scope| world.tree.get("OauthCustomScope", scope).is_none()) {
        Some(unknown) => {
            refuse(element, format!("In field: {element} - no OauthCustomScope named {unknown} found"))
        }
        None => {
            fields.insert(element.to_string(), Value::Text(join(&scopes)));
            Ok(())
        }
    }
}

fn items<'a>(fields: &'a Fields, element: &str) -> Vec<&'a Fields> {
    match fields.get(element) {
        Some(Value::List(items)) => items
            .iter()
            .filter_map(|item| if let Value::Fields(fields) = item { Some(fields) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

fn attributes(fields: &Fields) -> Result<(), Refusal> {
    let attributes = items(fields, "customAttributes");
    if attributes.len() > 128 {
        return refuse("customAttributes", "You can have at most 128 custom attributes");
    }
    let mut keys = std::collections::BTreeSet::new();
    for attribute in attributes {
        let key = text(attribute, "key").unwrap_or_default();
        if !keys.insert(key) {
            return refuse("customAttributes", format!("duplicate value found: key {key}"));
        }
    }
    Ok(())
}

/// Policies that are rejected without the matching flag of the global OAuth settings.
const GUESTS: &[(&str, &str)] = &[
    ("isGuestCodeCredFlowEnabled", "isNamedUserJwtEnabled"),
    ("isGuestCodeCredFlowEnabled", "isCodeCredFlowEnabled"),
];
const FLOWS: &[(&str, &str)] = &[
    ("isClientCredentialsFlowEnabled", "isClientCredentialsFlowEnabled"),
    ("isTokenExchangeFlowEnabled", "isTokenExchangeEnabled"),
];

/// Checks the rules across several files of an app after the whole package was applied. The result does not depend on
/// which files the package contained, or on their order. Session timeouts are the exception: they are known to be
/// rejected in a deploy of the policies, but not in a deploy of settings that disables JWTs for named users.
pub fn files_agree(org: &Org, tree: &Tree, app: &str, brings_policies: bool) -> Result<(), Refusal> {
    // The settings of a consumer of another org are known only in that org.
    if settings::is_linked(tree, org, app) {
        return Ok(());
    }
    let Some((_, policies)) = tree.part(OAUTH_POLICIES, app) else {
        return Ok(());
    };
    let global = tree.part(GLOBAL_SETTINGS, app);
    let allows = |flag: &str| global.is_some_and(|(_, global)| is_true(&global.fields, flag));
    let flows = if org.switches.flows_need_settings { FLOWS } else { &[] };
    for (policy, flag) in GUESTS.iter().chain(flows) {
        if is_true(&policies.fields, policy) && !allows(flag) {
            return refuse(
                policy,
                format!("Invalid plugin settings: {policy} needs {flag} in the global OAuth settings"),
            );
        }
    }
    if brings_policies {
        policies::named_users_have_jwt(policies, allows("isNamedUserJwtEnabled"))
    } else {
        Ok(())
    }
}
