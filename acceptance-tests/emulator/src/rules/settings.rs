//! The rules for an app, its OAuth settings and its global OAuth settings.

use super::{Normalized, Refusal, RuleContext, attributes, custom_scopes, items, refuse};
use crate::behavior;
use crate::certificate;
use crate::component::{Component, Fields, Value, is_true, text};
use crate::contract::{Contract, PARENT};
use crate::org::{APP, GLOBAL_SETTINGS, OAUTH_SETTINGS, OIDC_SETTINGS, Org};
use crate::stamp;
use crate::tree::Tree;

pub fn app(
    world: &RuleContext<'_>,
    name: &str,
    fields: &mut Fields,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    if fields.contains_key("managedType") {
        return refuse("managedType", "not emulated: managedType is for Salesforce's own use");
    }
    if let Some(sent) = text(fields, "orgScopedExternalApp")
        && of_this_org(world.org, sent) != Some(name)
    {
        return refuse("orgScopedExternalApp", format!("The orgScopedExternalApp {sent} is not of this org"));
    }
    let own = format!("{}:{name}", stamp::short_id(&world.org.id));
    fields.insert("orgScopedExternalApp".to_string(), Value::Text(own));
    if let Some(address) = text(fields, "contactEmail") {
        let mut halves = address.split('@');
        let is_address = halves.next().is_some_and(|half| !half.is_empty())
            && halves.next().is_some_and(|half| half.contains('.') && !half.ends_with('.'))
            && halves.next().is_none()
            && !address.contains(char::is_whitespace);
        if !is_address {
            return refuse("contactEmail", format!("Contact Email: invalid email address: {address}"));
        }
    }
    let clash = world.tree.all(APP).find(|(other, _)| other.eq_ignore_ascii_case(name) && *other != name);
    if let (None, Some((other, _))) = (existing, clash) {
        return refuse(
            "",
            format!("DUPLICATE_DEVELOPER_NAME: The developer name {name} is in use by {other}"),
        );
    }
    Ok(())
}

pub fn oauth_settings(
    world: &RuleContext<'_>,
    fields: &mut Fields,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    let known = &Contract::get().oauth_scopes;
    if let Some(sent) = text(fields, "commaSeparatedOauthScopes") {
        let scopes = behavior::list(sent);
        if let Some(unknown) = scopes.iter().find(|scope| !known.contains(scope)) {
            return refuse(
                "commaSeparatedOauthScopes",
                format!("Invalid OAuth scope: {unknown}. Valid values are: {}", known.join(", ")),
            );
        }
        fields
            .insert("commaSeparatedOauthScopes".to_string(), Value::text(behavior::scopes_in_order(&scopes)));
    }
    custom_scopes(world, fields)?;
    attributes(fields)?;
    ip_ranges(fields)?;
    if text(fields, "clientAssertionCertificate").is_some_and(|sent| certificate::der(sent).is_none()) {
        return no_certificate("clientAssertionCertificate");
    }
    let app = text(fields, PARENT).unwrap_or_default().to_string();
    let consumers = &world.tree.consumers;
    let own = consumers
        .get(&app)
        .map(|consumer| format!("{}:{}", stamp::short_id(&world.org.id), stamp::short_id(consumer)));
    let sent = text(fields, "oauthLink").map(str::to_string);
    let sent = match sent.as_deref().and_then(|sent| of_this_org(world.org, sent)) {
        Some(consumer) if !is_consumer_id(consumer) => {
            return refuse("oauthLink", format!("not emulated: the oauthLink {}", sent.unwrap_or_default()));
        }
        Some(consumer)
            if consumers.iter().any(|(other, id)| *other != app && stamp::same_id(id, consumer)) =>
        {
            return refuse(
                "oauthLink",
                "not emulated: a link to the consumer of another external client app of this org",
            );
        }
        // A file that was retrieved before the consumer was recreated still contains the old link.
        Some(_) if !is_linked(world.tree, world.org, &app) => {
            fields.remove("oauthLink");
            None
        }
        _ => sent,
    };
    match (sent, own) {
        (Some(sent), _) => {
            let state = world.tree.get(APP, &app).and_then(|app| text(&app.fields, "distributionState"));
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
        // The link of a new consumer is written when its ID is assigned, in `apply.rs`.
        (None, own) => {
            let kept = existing.and_then(|old| text(&old.fields, "oauthLink")).map(str::to_string);
            if let Some(link) = kept.or(own) {
                fields.insert("oauthLink".to_string(), Value::Text(link));
            }
        }
    }
    Ok(())
}

/// The part of an identifier after the ID of this org, which may have 15 or 18 characters. `None` for an identifier of
/// another org.
fn of_this_org<'a>(org: &Org, identifier: &'a str) -> Option<&'a str> {
    let (id, rest) = identifier.split_once(':')?;
    (id == org.id || id == stamp::short_id(&org.id)).then_some(rest)
}

fn is_consumer_id(id: &str) -> bool {
    id.starts_with("888")
        && id.chars().all(|letter| letter.is_ascii_alphanumeric())
        && (id.len() == 15 || id == stamp::with_checksum(&stamp::short_id(id)))
}

/// Whether the OAuth settings link to a consumer of another org.
pub fn is_linked(tree: &Tree, org: &Org, app: &str) -> bool {
    tree.part(OAUTH_SETTINGS, app)
        .and_then(|(_, settings)| text(&settings.fields, "oauthLink"))
        .is_some_and(|link| !link.starts_with(&stamp::short_id(&org.id)))
}

pub fn global_settings(
    world: &RuleContext<'_>,
    normalized: &mut Normalized,
    existing: Option<&Component>,
) -> Result<(), Refusal> {
    let app = text(&normalized.fields, PARENT).unwrap_or_default().to_string();
    if world.tree.part(OAUTH_SETTINGS, &app).is_none() {
        return refuse("", super::without_settings(&app));
    }
    if is_linked(world.tree, world.org, &app) {
        return refuse("", format!("The OAuth settings of {app} are linked to a consumer of another org"));
    }
    for element in ["consumerKey", "consumerSecret"] {
        let present = existing.and_then(|old| text(&old.fields, element));
        match (text(&normalized.fields, element), present) {
            (Some(sent), Some(present)) if sent == present => {}
            // The file may be that of an app that existed before, in this org or another.
            (Some(sent), None) if element == "consumerKey" && is_consumer_key(sent) => {}
            (Some(_), _) => {
                let element = if element == "consumerKey" { "consumerKey" } else { "consumerSecret" };
                return refuse(element, format!("not emulated: choosing a {element}; leave it out"));
            }
            (None, Some(present)) => {
                let present = Value::text(present);
                normalized.fields.insert(element.to_string(), present);
            }
            (None, None) => {}
        }
    }
    for (flag, element) in
        [("shouldRotateConsumerKey", "consumerKey"), ("shouldRotateConsumerSecret", "consumerSecret")]
    {
        if is_true(&normalized.fields, flag) {
            normalized
                .warnings
                .push(format!("{flag}: the {element} of {app} changes and the old one stops working"));
            normalized.fields.remove(element);
        }
        normalized.fields.insert(flag.to_string(), Value::text("false"));
    }
    let fields = &mut normalized.fields;
    if let Some(urls) = text(fields, "callbackUrl") {
        let urls: Vec<&str> = urls.lines().map(str::trim).filter(|url| !url.is_empty()).collect();
        if let Some(url) = urls.iter().find(|url| !is_absolute(url)) {
            return refuse("callbackUrl", format!("Callback URL: invalid URL: {url}"));
        }
        let urls = urls.join("\n");
        fields.insert("callbackUrl".to_string(), Value::Text(urls));
    }
    if let Some(sent) = text(fields, "certificate") {
        let Some(der) = certificate::der(sent) else {
            return no_certificate("certificate");
        };
        fields.insert("certificate".to_string(), Value::Text(certificate::as_retrieved(&der)));
    }
    if let Some(Value::Fields(config)) = fields.get_mut("idTokenConfig") {
        let minutes = text(config, "idTokenValidityInMinutes").unwrap_or("2").to_string();
        if !minutes.parse::<i32>().is_ok_and(|minutes| (1..=720).contains(&minutes)) {
            return refuse("idTokenConfig", format!("ID token validity must be 1 to 720 minutes: {minutes}"));
        }
        config.insert("idTokenValidityInMinutes".to_string(), Value::Text(minutes));
        for flag in
            ["idTokenIncludeAttributes", "idTokenIncludeCustomPermissions", "idTokenIncludeStandardClaims"]
        {
            config.entry(flag.to_string()).or_insert_with(|| Value::text("false"));
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

/// Reads the tree, so that a package may enable the setting together with the app.
fn org_allows_code_credentials(world: &RuleContext<'_>) -> bool {
    world.tree.all(OIDC_SETTINGS).any(|(_, settings)| is_true(&settings.fields, "oAuthCdCrdtFlowEnable"))
}

fn is_consumer_key(text: &str) -> bool {
    text.len() >= 8 && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._".contains(letter))
}

fn is_absolute(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    scheme.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.trim_start_matches('/').is_empty()
        && !url.contains(char::is_whitespace)
}

fn no_certificate<T>(element: &'static str) -> Result<T, Refusal> {
    refuse(element, "The certificate is not a valid X.509 certificate in PEM format")
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
            return refuse("trustedIpRanges", "The start address must not be greater than the end address");
        }
    }
    Ok(())
}
