//! Apps from an installed package: the components in a subscriber's org, and those that the subscriber cannot change.
//! Packages themselves (versions, upgrades, dependencies) are not emulated; `/emulator/packages` adds their apps.

use crate::behavior;
use crate::component::{Fields, Value};
use crate::contract::PARENT;
use crate::org::{APP, APP_POLICIES, OAUTH_POLICIES, OAUTH_SETTINGS, Org};
use crate::rules::{Refusal, refuse};
use crate::stamp::Millis;

/// The content of a package. Its Global file stays in the publisher's org.
pub struct PackagedApp<'a> {
    pub namespace: &'a str,
    pub app: &'a str,
    pub label: &'a str,
    pub scopes: &'a str,
    /// The consumer in the publisher's org: `OrgId:ConsumerId`.
    pub oauth_link: &'a str,
}

/// Splits a full name into namespace and name: `acme__Shop` is the app Shop of the package acme.
pub fn split(full_name: &str) -> (Option<&str>, &str) {
    match full_name.split_once("__") {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, full_name),
    }
}

pub fn manageable_state(full_name: &str) -> &'static str {
    if split(full_name).0.is_some() { "installed" } else { "unmanaged" }
}

/// A namespace has up to 15 letters, digits and single underscores, and starts with a letter.
fn is_namespace(text: &str) -> bool {
    text.len() <= 15
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !text.contains("__")
        && !text.ends_with('_')
}

pub fn install(org: &mut Org, packaged: &PackagedApp<'_>, user: &str, at: Millis) -> Result<String, String> {
    if !is_namespace(packaged.namespace) {
        return Err(format!("'{}' is not a namespace", packaged.namespace));
    }
    let app = format!("{}__{}", packaged.namespace, packaged.app);
    if org.tree.get(APP, &app).is_some() {
        return Err(format!("{app} is installed already"));
    }
    let fields = |entries: &[(&str, &str)]| -> Fields {
        entries.iter().map(|(element, value)| ((*element).to_string(), Value::text(*value))).collect()
    };
    let owner = packaged.oauth_link.split(':').next().unwrap_or_default();
    let scoped = format!("{owner}:{}", packaged.app);
    let own = fields(&[
        ("distributionState", "Packaged"),
        ("isProtected", "false"),
        ("label", packaged.label),
        ("orgScopedExternalApp", &scoped),
    ]);
    org.tree.put(APP, &app, own, user, at);
    let settings = format!("{app}_oauth");
    let own = fields(&[
        ("commaSeparatedOauthScopes", packaged.scopes),
        ("isFirstPartyAppEnabled", "false"),
        ("label", packaged.app),
        ("oauthLink", packaged.oauth_link),
        (PARENT, &app),
    ]);
    org.tree.put(OAUTH_SETTINGS, &settings, own, user, at);
    // The policies belong to the subscriber, so they have no namespace although the app has one.
    for (kind, name) in [
        (OAUTH_POLICIES, format!("{}_oauth_defaultPolicy", packaged.app)),
        (APP_POLICIES, format!("{}_defaultPolicy", packaged.app)),
    ] {
        let taken = |name: &str| org.tree.get(kind, name).is_some();
        let free = if taken(&name) {
            (1..1000).map(|n| format!("{name}{n}")).find(|name| !taken(name))
        } else {
            None
        };
        let name = free.unwrap_or(name);
        let fields = behavior::default_policies(kind, &app, &name);
        org.tree.put(kind, &name, fields, user, at);
    }
    Ok(app)
}

/// The apps of a package.
pub fn apps(org: &Org, namespace: &str) -> Vec<String> {
    let of_it = org.tree.all(APP).filter(|(name, _)| split(name).0 == Some(namespace));
    of_it.map(|(name, _)| name.clone()).collect()
}

/// Rejects changes and deletions of packaged components, and new components in the namespace of a package.
pub fn is_changeable(org: &Org, kind: &str, full_name: &str) -> Result<(), Refusal> {
    let (Some(namespace), _) = split(full_name) else {
        return Ok(());
    };
    if org.tree.get(kind, full_name).is_some() {
        return refuse(
            "",
            format!(
                "Cannot modify managed object: entity={kind}, component={full_name}, state={}",
                manageable_state(full_name)
            ),
        );
    }
    if !apps(org, namespace).is_empty() {
        return refuse(
            "",
            format!(
                "Cannot create a component in the namespace {namespace} of an installed package: {full_name}"
            ),
        );
    }
    Ok(())
}
