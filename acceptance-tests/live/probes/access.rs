//! Access to keys, secrets and certificates.

use super::{ProbeContext, ProbeResult, Verdict, verdict};
use crate::client::CallError;
use crate::org::text;
use acceptance_tests::interrupt;
use acceptance_tests::org::{APP, GLOBAL_OAUTH};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a probe waits for a new key. According to reports, propagation takes up to half an hour, which is too long
/// for a run.
pub const PROPAGATION: Duration = Duration::from_secs(180);

pub fn the_global_file_follows_the_setting(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let is_shown = context.find(GLOBAL_OAUTH)?.is_some();
    let Some(setting) = context.org.setting("enableConsumerSecretApiAccess") else {
        let shown = if is_shown { "shown" } else { "not shown" };
        return Ok(Verdict::Undecided(format!(
            "the org does not show the setting; the Global file is {shown}"
        )));
    };
    let details = format!(
        "enableConsumerSecretApiAccess is {setting}, the Global file is {}",
        if is_shown { "shown" } else { "not shown" }
    );
    Ok(match (setting, is_shown) {
        (true, false) => Verdict::Undecided(format!("{details}: the login may lack the permission")),
        _ => verdict(setting == is_shown, details),
    })
}

pub fn an_unreadable_global_file(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let name = format!("{}_global", context.app);
    let retrieved = context.org.retrieve(&[(GLOBAL_OAUTH, &name)])?;
    if !retrieved.components.is_empty() {
        return Ok(Verdict::Undecided("this login may read it".to_owned()));
    }
    let listed = context.org.own()?.iter().any(|(kind, listed)| kind == GLOBAL_OAUTH && *listed == name);
    let missing = context.org.retrieve(&[(GLOBAL_OAUTH, &format!("{}_missing", context.app))])?;
    let (found, expected) = (retrieved.messages.join("; "), missing.messages.join("; "));
    let same = found.replace(&name, "…") == expected.replace(&format!("{}_missing", context.app), "…");
    let details =
        format!("{found:?}, a missing one {expected:?}, {}", if listed { "listed" } else { "not listed" });
    Ok(verdict(same && !listed, details))
}

pub fn the_secret_comes_with_the_global_file(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let Some(global) = context.find(GLOBAL_OAUTH)? else {
        return Ok(Verdict::Undecided("this login may not read the Global file".to_owned()));
    };
    let secret = global.text("consumerSecret");
    let is_masked = !secret.is_empty() && secret.chars().all(|letter| "*•xX".contains(letter));
    let details = match (secret.is_empty(), is_masked) {
        (true, _) => "there is no consumerSecret in it".to_owned(),
        (false, true) => "consumerSecret is masked".to_owned(),
        (false, false) => format!("consumerSecret has {} characters", secret.len()),
    };
    Ok(verdict(!secret.is_empty() && !is_masked, details))
}

/// The response from Connect REST about the only consumer of the app.
fn credentials(context: &ProbeContext<'_>) -> Result<Value, CallError> {
    let soql = format!("SELECT Id FROM ExternalClientApplication WHERE DeveloperName = '{}'", context.app);
    let found = context.org.query(&soql, false)?;
    let id = found.first().map(|app| text(app, "Id")).unwrap_or_default();
    let path = format!("/apps/oauth/credentials/{id}");
    let consumers = context.org.call("get", json!({ "path": path }))?;
    let consumer = consumers.pointer("/consumers/0/id").and_then(Value::as_str).unwrap_or_default();
    context.org.call("get", json!({ "path": format!("{path}/{consumer}?part=keyandsecret") }))
}

fn has_text(response: &Value, member: &str) -> bool {
    response.get(member).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

pub fn the_secret_in_rest(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let is_shown = has_text(&credentials(context)?, "secret");
    let name = "enableClientSecretInRestApiAccess";
    let Some(setting) = context.org.setting(name) else {
        return Ok(Verdict::Undecided(format!("the org does not show {name}")));
    };
    let details =
        format!("{name} is {setting}, REST {} the secret", if is_shown { "shows" } else { "does not show" });
    Ok(match (setting, is_shown) {
        (true, false) => Verdict::Undecided(format!("{details}: the login may lack the permission")),
        _ => verdict(setting == is_shown, details),
    })
}

pub fn the_key_in_rest(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let shown = has_text(&credentials(context)?, "key");
    Ok(verdict(shown, format!("REST {} the key", if shown { "shows" } else { "does not show" })))
}

pub fn apps_without_tokens(context: &ProbeContext<'_>) -> ProbeResult {
    const PAGES: u32 = 20;
    context.create()?;
    for page in 0..PAGES {
        let path = format!("/apps/oauth/usage?page={page}&pageSize=100");
        let found = context.org.call("get", json!({ "path": path }))?;
        let apps = found.get("apps").and_then(Value::as_array).cloned().unwrap_or_default();
        if apps.iter().any(|app| text(app, "developerName") == context.app) {
            return Ok(Verdict::Held(format!("listed on page {page}")));
        }
        if apps.is_empty() {
            return Ok(Verdict::DidNotHold(format!("not on any of {page} pages")));
        }
    }
    Ok(Verdict::Undecided(format!("not on the first {PAGES} pages")))
}

/// A private key and its certificate for one app, used for a short time only.
pub fn key_and_certificate(context: &ProbeContext<'_>) -> Result<(String, String), CallError> {
    let key = context.org.call("newKey", json!({}))?;
    let key = key.as_str().unwrap_or_default().to_owned();
    let certificate = || -> Result<String, rcgen::Error> {
        let pair = rcgen::KeyPair::from_pem(&key)?;
        let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new())?;
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "temporary");
        let now = rcgen::date_time_ymd(2026, 1, 1);
        (parameters.not_before, parameters.not_after) = (now, rcgen::date_time_ymd(2040, 1, 1));
        Ok(parameters.self_signed(&pair)?.pem())
    };
    let certificate = certificate().map_err(|error| CallError(error.to_string()))?;
    Ok((key, certificate))
}

/// The file does not necessarily show the certificate with which Salesforce checks logins, so this probe compares the
/// errors from logins: a login signed with the app's key fails with a different error than a login signed with an
/// unknown key.
pub fn the_certificate_is_cleared(context: &ProbeContext<'_>) -> ProbeResult {
    let (key, certificate) = key_and_certificate(context)?;
    context.create_with(json!({}), json!({}), json!({ "certificate": certificate }))?;
    let Some(consumer_key) = context.find(GLOBAL_OAUTH)?.map(|global| global.text("consumerKey")) else {
        return Ok(Verdict::Undecided("this login may not read the Global file".to_owned()));
    };
    let (unknown_key, _) = key_and_certificate(context)?;
    let sign = |key: &str| -> Result<String, CallError> {
        let given =
            json!({ "consumerKey": consumer_key, "username": context.org.about.username, "privateKey": key });
        Ok(context.org.redacted(&text(&context.org.call("bearer", given)?, "said")))
    };
    let deadline = Instant::now() + PROPAGATION;
    let (with, unknown) = loop {
        let (with, unknown) = (sign(&key)?, sign(&unknown_key)?);
        if with != unknown {
            break (with, unknown);
        }
        if Instant::now() > deadline || interrupt::is_requested() {
            return Ok(Verdict::Undecided(format!(
                "the responses to its key and an unknown key are both {with:?}"
            )));
        }
        std::thread::sleep(Duration::from_secs(5));
    };
    context.deploy_required(&[context.global_file(json!({}))])?;
    // The removed certificate may be cached for a while.
    let wait =
        if context.org.about.url.starts_with("http://") { Duration::ZERO } else { Duration::from_secs(30) };
    std::thread::sleep(wait);
    let without = sign(&key)?;
    let details = format!(
        "its key: {with:?}, an unknown key: {unknown:?}, its key after the deploy without it: {without:?}"
    );
    Ok(if without == unknown {
        Verdict::Held(details)
    } else if without == with {
        Verdict::DidNotHold(details)
    } else {
        Verdict::Undecided(details)
    })
}

/// Compares the responses to logins with the same user and key, but different audiences. No login succeeds, because no
/// user has approved the app. The text of the response shows whether the audience was rejected.
pub fn the_audience_is_the_my_domain(context: &ProbeContext<'_>) -> ProbeResult {
    let (key, certificate) = key_and_certificate(context)?;
    context.create_with(json!({}), json!({}), json!({ "certificate": certificate }))?;
    let Some(consumer_key) = context.find(GLOBAL_OAUTH)?.map(|global| global.text("consumerKey")) else {
        return Ok(Verdict::Undecided("this login may not read the Global file".to_owned()));
    };
    let log_in = |audience: &str| -> Result<String, CallError> {
        let given = json!({ "consumerKey": consumer_key, "username": context.org.about.username, "privateKey": key, "audience": audience });
        Ok(context.org.redacted(&text(&context.org.call("bearer", given)?, "said")))
    };
    let own = context.org.about.url.trim_end_matches('/');
    let shared = ["https://login.salesforce.com", "https://test.salesforce.com"];
    let deadline = Instant::now() + PROPAGATION;
    let responses = loop {
        let invalid = log_in("https://audience.invalid")?;
        let mut responses = vec![("its My Domain", log_in(own)?)];
        for host in shared {
            responses.push((host, log_in(host)?));
        }
        if responses.iter().any(|(_, details)| *details != invalid) {
            responses.push(("an invalid one", invalid));
            break responses;
        }
        if Instant::now() > deadline || interrupt::is_requested() {
            return Ok(Verdict::Undecided(format!("every audience gets {invalid:?}")));
        }
        std::thread::sleep(Duration::from_secs(5));
    };
    let details: Vec<String> =
        responses.iter().map(|(audience, details)| format!("{audience}: {details:?}")).collect();
    let is_rejected = |details: &str| {
        let details = details.to_lowercase();
        ["audience", "app_not_found", "not installed"].iter().any(|word| details.contains(word))
    };
    let accepted: Vec<&str> = responses
        .iter()
        .filter(|(_, details)| !is_rejected(details))
        .map(|(audience, _)| *audience)
        .collect();
    Ok(verdict(accepted == ["its My Domain"], details.join(", ")))
}

pub fn wildcards(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let found = context.org.retrieve(&[(APP, "*")])?;
    let has = found.components.iter().any(|component| component.name == context.app);
    Ok(verdict(has, format!("a retrieve of * {} the app", if has { "has" } else { "lacks" })))
}
