//! What an org refuses although the contract allows it, and what it makes of the values it accepts, type by type.
//! Contract violations are found earlier, in `check.rs`.

use crate::behaviour::{self, complete_lifetime, join, list};
use crate::component::{Component, Fields, Value, is_true, text};
use crate::contract::{Contract, MetadataType, PARENT};
use crate::org::{
    APP, APP_POLICIES, GLOBAL_SETTINGS, Group, OAUTH_POLICIES, OAUTH_SETTINGS, OIDC_SETTINGS, Org, Tree, User,
};
use crate::stamp;

/// What the rules may look at. `tree` is the org as it would be with the files taken so far.
pub struct World<'a> {
    pub org: &'a Org,
    pub tree: &'a Tree,
    pub user: &'a User,
    pub version: u32,
}

/// `element` is empty when the file as a whole is meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub element: &'static str,
    pub text: String,
}

/// What the org keeps, and what it warns of.
#[derive(Debug, Default)]
pub struct Settled {
    pub fields: Fields,
    pub warnings: Vec<String>,
}

fn refuse<T>(element: &'static str, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        element,
        text: text.into(),
    })
}

pub fn settle(
    world: &World<'_>,
    kind: &MetadataType,
    name: &str,
    sent: Fields,
    existing: Option<&Component>,
) -> Result<Settled, Refusal> {
    name_is_allowed(kind, name)?;
    if !behaviour::is_imitated(&kind.name) {
        return refuse(
            "",
            format!(
                "not imitated: {} (nobody has described how an org treats it)",
                kind.name
            ),
        );
    }
    documented_values(kind, &sent)?;
    let mut fields = if behaviour::is_partial(kind) {
        existing
            .map(|component| component.fields.clone())
            .unwrap_or_default()
    } else {
        Fields::new()
    };
    fields.extend(sent.into_iter().filter(|(_, value)| !value.is_empty()));
    let sent = fields.clone();
    if kind.has_parent() {
        parent(world, kind, name, &fields, existing)?;
    }
    for (element, value) in behaviour::defaults(&kind.name) {
        fields
            .entry((*element).to_string())
            .or_insert_with(|| Value::text(*value));
    }
    if kind.elements.iter().any(|element| element.name == "label") {
        fields
            .entry("label".to_string())
            .or_insert_with(|| Value::text(name));
    }
    let mut settled = Settled {
        fields,
        warnings: Vec::new(),
    };
    match kind.name.as_str() {
        APP => app(world, name, &mut settled.fields, existing)?,
        OAUTH_SETTINGS => oauth_settings(world, &mut settled.fields, existing)?,
        GLOBAL_SETTINGS => global_settings(world, &mut settled, existing)?,
        OAUTH_POLICIES => oauth_policies(world, &sent, &mut settled.fields)?,
        APP_POLICIES => app_policies(&settled.fields)?,
        _ => {}
    }
    Ok(settled)
}

/// The sentence is Salesforce's for every API name.
fn name_is_allowed(kind: &MetadataType, name: &str) -> Result<(), Refusal> {
    let begins_with_letter = name
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let letters = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if begins_with_letter && letters && !name.ends_with('_') && !name.contains("__") {
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

fn documented_values(kind: &MetadataType, sent: &Fields) -> Result<(), Refusal> {
    for element in &kind.elements {
        let Some(value) = text(sent, &element.name) else {
            continue;
        };
        let is_documented = element.documented_values.as_ref().is_none_or(|values| {
            values.iter().any(|known| {
                known
                    .as_str()
                    .map_or_else(|| known.to_string() == value, |text| text == value)
            })
        });
        let is_settable = element
            .settable_values
            .as_ref()
            .is_none_or(|values| values.iter().any(|known| known == value));
        if !is_documented || !is_settable {
            return refuse(
                named(kind, &element.name),
                format!("bad value for restricted picklist field: {value}"),
            );
        }
    }
    Ok(())
}

/// The element's name for as long as the program runs.
fn named(kind: &MetadataType, element: &str) -> &'static str {
    Contract::get()
        .by_name(&kind.name)
        .and_then(|kind| kind.elements.iter().find(|known| known.name == element))
        .map_or("", |known| known.name.as_str())
}

fn parent(
    world: &World<'_>,
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
        return refuse(
            PARENT,
            format!("not imitated: moving {name} to another external client app"),
        );
    }
    if let Some((_, other)) = world
        .tree
        .part(&kind.name, app)
        .filter(|(other, _)| *other != name)
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

/// Types of which an app has one file. Reported for the OAuth policies; the others by analogy.
fn is_single(kind: &str) -> bool {
    kind != "ExtlClntAppPushSettings" && kind != "ExtlClntAppPushConfigurablePolicies"
}

fn app(
    world: &World<'_>,
    name: &str,
    fields: &mut Fields,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    if fields.contains_key("managedType") {
        return refuse(
            "managedType",
            "not imitated: managedType is for Salesforce's own use",
        );
    }
    let own = format!("{}:{name}", stamp::short_id(&world.org.id));
    match text(fields, "orgScopedExternalApp") {
        Some(sent) if sent != own => {
            return refuse(
                "orgScopedExternalApp",
                format!("The orgScopedExternalApp {sent} is not of this org"),
            );
        }
        _ => fields.insert("orgScopedExternalApp".to_string(), Value::text(own)),
    };
    if let Some(address) = text(fields, "contactEmail") {
        let mut halves = address.split('@');
        let is_address = halves.next().is_some_and(|half| !half.is_empty())
            && halves
                .next()
                .is_some_and(|half| half.contains('.') && !half.ends_with('.'))
            && halves.next().is_none()
            && !address.contains(char::is_whitespace);
        if !is_address {
            return refuse(
                "contactEmail",
                format!("Contact Email: invalid email address: {address}"),
            );
        }
    }
    let clash = world
        .tree
        .all(APP)
        .find(|(other, _)| other.eq_ignore_ascii_case(name) && *other != name);
    if let (None, Some((other, _))) = (existing, clash) {
        return refuse(
            "",
            format!("DUPLICATE_DEVELOPER_NAME: The developer name {name} is in use by {other}"),
        );
    }
    Ok(())
}

fn oauth_settings(
    world: &World<'_>,
    fields: &mut Fields,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    let known = &Contract::get().oauth_scopes;
    if let Some(sent) = text(fields, "commaSeparatedOauthScopes") {
        let scopes = list(sent);
        if let Some(unknown) = scopes.iter().find(|scope| !known.contains(scope)) {
            return refuse(
                "commaSeparatedOauthScopes",
                format!(
                    "Invalid OAuth scope: {unknown}. Valid values are: {}",
                    known.join(", ")
                ),
            );
        }
        fields.insert(
            "commaSeparatedOauthScopes".to_string(),
            Value::text(join(&scopes)),
        );
    }
    custom_scopes(world, fields)?;
    attributes(fields)?;
    ip_ranges(fields)?;
    if let Some(pem) = text(fields, "clientAssertionCertificate") {
        certificate("clientAssertionCertificate", pem)?;
    }
    let app = text(fields, PARENT).unwrap_or_default().to_string();
    let own = world
        .tree
        .consumers
        .get(&app)
        .map(|consumer| format!("{}:{}", stamp::short_id(&world.org.id), stamp::short_id(consumer)));
    match (text(fields, "oauthLink").map(str::to_string), own) {
        (Some(sent), Some(own)) if sent == own => {}
        (Some(sent), _) => {
            let state = world
                .tree
                .get(APP, &app)
                .and_then(|app| text(&app.fields, "distributionState"));
            let has_global = world.tree.part(GLOBAL_SETTINGS, &app).is_some();
            if state != Some("Packaged")
                || has_global
                || existing.is_some_and(|old| text(&old.fields, "oauthLink").is_some_and(|link| link != sent))
            {
                return refuse(
                    "oauthLink",
                    format!(
                        "We couldn't update your OAuth link {sent} because the external client app {app} doesn't \
                         have distribution state PACKAGED"
                    ),
                );
            }
        }
        // The link of a new consumer is written when its id has been given, in `apply.rs`.
        (None, own) => {
            let kept = existing
                .and_then(|old| text(&old.fields, "oauthLink"))
                .map(str::to_string);
            if let Some(link) = kept.or(own) {
                fields.insert("oauthLink".to_string(), Value::Text(link));
            }
        }
    }
    Ok(())
}

/// Whether the OAuth settings point at a consumer of another org.
pub fn is_linked(tree: &Tree, org: &Org, app: &str) -> bool {
    tree.part(OAUTH_SETTINGS, app)
        .and_then(|(_, settings)| text(&settings.fields, "oauthLink"))
        .is_some_and(|link| !link.starts_with(&stamp::short_id(&org.id)))
}

fn global_settings(
    world: &World<'_>,
    settled: &mut Settled,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    let app = text(&settled.fields, PARENT).unwrap_or_default().to_string();
    if world.tree.part(OAUTH_SETTINGS, &app).is_none() {
        return refuse(
            "",
            format!("The external client app {app} doesn't have a valid OAuth settings configuration"),
        );
    }
    if is_linked(world.tree, world.org, &app) {
        return refuse(
            "",
            format!("The OAuth settings of {app} are linked to a consumer of another org"),
        );
    }
    for element in ["consumerKey", "consumerSecret"] {
        let present = existing.and_then(|old| text(&old.fields, element));
        match (text(&settled.fields, element), present) {
            (Some(sent), Some(present)) if sent == present => {}
            (Some(_), _) => {
                let element = if element == "consumerKey" {
                    "consumerKey"
                } else {
                    "consumerSecret"
                };
                return refuse(
                    element,
                    format!("not imitated: choosing a {element}; leave it out"),
                );
            }
            (None, Some(present)) => {
                let present = Value::text(present);
                settled.fields.insert(element.to_string(), present);
            }
            (None, None) => {}
        }
    }
    for (flag, element) in [
        ("shouldRotateConsumerKey", "consumerKey"),
        ("shouldRotateConsumerSecret", "consumerSecret"),
    ] {
        if is_true(&settled.fields, flag) {
            settled.warnings.push(format!(
                "{flag}: the {element} of {app} changes and the old one stops working"
            ));
            settled.fields.remove(element);
        }
        settled.fields.remove(flag);
    }
    let fields = &mut settled.fields;
    if let Some(urls) = text(fields, "callbackUrl") {
        let urls: Vec<&str> = urls
            .lines()
            .map(str::trim)
            .filter(|url| !url.is_empty())
            .collect();
        if let Some(url) = urls.iter().find(|url| !is_absolute(url)) {
            return refuse("callbackUrl", format!("Callback URL: invalid URL: {url}"));
        }
        let urls = urls.join("\n");
        fields.insert("callbackUrl".to_string(), Value::Text(urls));
    }
    if let Some(pem) = text(fields, "certificate") {
        certificate("certificate", pem)?;
    }
    if let Some(Value::Fields(config)) = fields.get_mut("idTokenConfig") {
        let minutes = text(config, "idTokenValidityInMinutes")
            .unwrap_or("2")
            .to_string();
        if !minutes
            .parse::<i32>()
            .is_ok_and(|minutes| (1..=720).contains(&minutes))
        {
            return refuse(
                "idTokenConfig",
                format!("ID token validity must be 1 to 720 minutes: {minutes}"),
            );
        }
        config.insert("idTokenValidityInMinutes".to_string(), Value::Text(minutes));
        for flag in [
            "idTokenIncludeAttributes",
            "idTokenIncludeCustomPermissions",
            "idTokenIncludeStandardClaims",
        ] {
            config
                .entry(flag.to_string())
                .or_insert_with(|| Value::text("false"));
        }
    }
    if is_true(fields, "isCodeCredFlowEnabled") && !org_allows_code_credentials(world) {
        return refuse(
            "isCodeCredFlowEnabled",
            "The Authorization Code and Credentials Flow isn't enabled for your org: oAuthCdCrdtFlowEnable is false",
        );
    }
    if world.org.switches.pkce_reverts {
        fields.insert("isPkceRequired".to_string(), Value::text("true"));
    }
    Ok(())
}

/// Looks at the tree, so that a package may turn the setting on together with the app.
fn org_allows_code_credentials(world: &World<'_>) -> bool {
    world
        .tree
        .all(OIDC_SETTINGS)
        .any(|(_, settings)| is_true(&settings.fields, "oAuthCdCrdtFlowEnable"))
}

fn is_absolute(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    scheme
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.trim_start_matches('/').is_empty()
        && !url.contains(char::is_whitespace)
}

/// Reads a PEM or the text between its marks.
pub fn certificate(element: &'static str, pem: &str) -> Result<(), Refusal> {
    let parsed = x509_parser::pem::parse_x509_pem(pem.trim().as_bytes())
        .ok()
        .filter(|(_, block)| block.label == "CERTIFICATE")
        .is_some_and(|(_, block)| block.parse_x509().is_ok());
    if parsed {
        Ok(())
    } else {
        refuse(
            element,
            "The certificate is not a valid X.509 certificate in PEM format",
        )
    }
}

fn oauth_policies(world: &World<'_>, sent: &Fields, fields: &mut Fields) -> Result<(), Refusal> {
    let app = text(fields, PARENT).unwrap_or_default().to_string();
    if world.tree.part(OAUTH_SETTINGS, &app).is_none() {
        return refuse(
            "",
            format!("The external client app {app} doesn't have a valid OAuth settings configuration"),
        );
    }
    if is_true(fields, "isNamedUserJwtEnabled") {
        return refuse(
            "isNamedUserJwtEnabled",
            "not imitated: the deprecated switch in the policies; it moved to the Global file",
        );
    }
    fields.remove("isNamedUserJwtEnabled");
    refresh_token(sent, fields)?;
    timeouts(world, &app, fields)?;
    groups(
        fields,
        "commaSeparatedPermissionSet",
        "PermissionSet",
        &world.org.permission_sets,
    )?;
    groups(fields, "commaSeparatedProfile", "Profile", &world.org.profiles)?;
    if world.org.switches.preauthorization_needs_own_assignment
        && text(fields, "permittedUsersPolicyType") == Some("AdminApprovedPreAuthorized")
        && !text(fields, "commaSeparatedPermissionSet").is_some_and(|sets| {
            list(sets)
                .iter()
                .any(|set| world.user.may(&format!("PermissionSet:{set}")))
        })
    {
        return refuse(
            "permittedUsersPolicyType",
            "Assign one of the permission sets to yourself first",
        );
    }
    for (element, what) in [
        ("clientCredentialsFlowUser", "User"),
        ("executeHandlerAs", "User"),
    ] {
        if let Some(username) = text(fields, element)
            && world.org.user_named(username).is_none()
        {
            let element = if element == "executeHandlerAs" {
                "executeHandlerAs"
            } else {
                "clientCredentialsFlowUser"
            };
            return refuse(
                element,
                format!("In field: {element} - no {what} named {username} found"),
            );
        }
    }
    if let Some(class) = text(fields, "apexHandler")
        && !world.org.apex_classes.contains(class)
    {
        return refuse(
            "apexHandler",
            format!("In field: apexHandler - no ApexClass named {class} found"),
        );
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
            fields.insert("refreshTokenValidityPeriod".to_string(), Value::text("0"));
        }
    }
    Ok(())
}

fn timeouts(world: &World<'_>, app: &str, fields: &mut Fields) -> Result<(), Refusal> {
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
                    return refuse(
                        minutes,
                        format!("bad value for restricted picklist field: {sent}"),
                    );
                }
                fields.insert(kind.to_string(), Value::text("Custom"));
            }
            continue;
        }
        match (text(fields, kind), sent) {
            (Some("Custom"), None) => return refuse(kind, format!("Required field is missing: {minutes}")),
            (Some("Custom"), Some(_)) | (Some(_) | None, None) => {}
            (_, Some(_)) => {
                return refuse(
                    minutes,
                    format!("{minutes} is allowed only when {kind} is Custom"),
                );
            }
        }
    }
    let issues_jwt = world
        .tree
        .part(GLOBAL_SETTINGS, app)
        .is_some_and(|(_, global)| is_true(&global.fields, "isNamedUserJwtEnabled"));
    if text(fields, "namedUserJwtSessionTimeoutType").is_some() && !issues_jwt {
        return refuse("namedUserJwtSessionTimeoutType", "Invalid plugin settings");
    }
    Ok(())
}

/// Ids are accepted and kept as names.
fn groups(fields: &mut Fields, element: &'static str, what: &str, known: &[Group]) -> Result<(), Refusal> {
    let Some(sent) = text(fields, element) else {
        return Ok(());
    };
    let mut names = std::collections::BTreeSet::new();
    for item in list(sent) {
        match known
            .iter()
            .find(|group| group.name == item || stamp::same_id(&group.id, &item))
        {
            Some(group) => names.insert(group.name.clone()),
            None => {
                return refuse(
                    element,
                    format!("In field: {element} - no {what} named {item} found"),
                );
            }
        };
    }
    fields.insert(element.to_string(), Value::Text(join(&names)));
    Ok(())
}

fn custom_scopes(world: &World<'_>, fields: &mut Fields) -> Result<(), Refusal> {
    let element = "commaSeparatedCustomScopes";
    let Some(sent) = text(fields, element) else {
        return Ok(());
    };
    let scopes = list(sent);
    match scopes
        .iter()
        .find(|scope| world.tree.get("OauthCustomScope", scope).is_none())
    {
        Some(unknown) => refuse(
            element,
            format!("In field: {element} - no OauthCustomScope named {unknown} found"),
        ),
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
            .filter_map(|item| {
                if let Value::Fields(fields) = item {
                    Some(fields)
                } else {
                    None
                }
            })
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

fn ip_ranges(fields: &Fields) -> Result<(), Refusal> {
    let ranges = items(fields, "trustedIpRanges");
    if ranges.len() > 128 {
        return refuse("trustedIpRanges", "You can have at most 128 trusted IP ranges");
    }
    for range in ranges {
        let address = |element: &str| {
            let sent = text(range, element).unwrap_or_default();
            sent.parse::<std::net::Ipv4Addr>().map_err(|_| Refusal {
                element: "trustedIpRanges",
                text: format!("{element}: '{sent}' is not an IPv4 address"),
            })
        };
        if address("startIpAddress")? > address("endIpAddress")? {
            return refuse(
                "trustedIpRanges",
                "The start address must not be greater than the end address",
            );
        }
    }
    Ok(())
}

fn app_policies(fields: &Fields) -> Result<(), Refusal> {
    match (text(fields, "startPage"), text(fields, "startUrl")) {
        (Some("Custom"), None) => refuse("startPage", "Required field is missing: startUrl"),
        (Some("Custom"), Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => refuse("startUrl", "startUrl is allowed only when startPage is Custom"),
    }
}

/// A rule over several files of an app, looked at when the whole package has been taken.
pub fn guest_flow_is_possible(tree: &Tree, app: &str) -> Result<(), Refusal> {
    let guest = tree
        .part(OAUTH_POLICIES, app)
        .is_some_and(|(_, policies)| is_true(&policies.fields, "isGuestCodeCredFlowEnabled"));
    let global = tree.part(GLOBAL_SETTINGS, app);
    let allows = |flag: &str| global.is_some_and(|(_, global)| is_true(&global.fields, flag));
    for flag in ["isNamedUserJwtEnabled", "isCodeCredFlowEnabled"] {
        if guest && !allows(flag) {
            return refuse(
                "isGuestCodeCredFlowEnabled",
                format!(
                    "Invalid plugin settings: isGuestCodeCredFlowEnabled needs {flag} in the global OAuth settings"
                ),
            );
        }
    }
    Ok(())
}
