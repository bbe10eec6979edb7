//! Values that orgs reject according to reports. A rejection does not prove the expected reason, so the verdict
//! contains the message.

use super::{ProbeContext, ProbeResult, Verdict, all, has, is_accepted, is_rejected, verdict};
use crate::file::File;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
use acceptance_tests::terraform::repository;
use serde_json::{Value, json};

/// Salesforce's scopes, including the list that an org with API version 67 returned in an error.
const SCOPES: &str = include_str!("../../../proto/salesforce/oauth-scopes.json");

pub fn global_settings_without_settings(context: &ProbeContext<'_>) -> ProbeResult {
    context.deploy_required(&[context.app_file(json!({}))])?;
    Ok(is_rejected(&context.org.deploy(&[context.global_file(json!({}))])?))
}

pub fn parts_of_an_unknown_app(context: &ProbeContext<'_>) -> ProbeResult {
    let done = context.org.deploy(&[context.oauth_file(json!({}))])?;
    Ok(match is_rejected(&done) {
        Verdict::Held(details) => verdict(details.contains("INVALID_CROSS_REFERENCE_KEY"), details),
        other => other,
    })
}

pub fn rotation_without_ignoring_warnings(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let rotating = [context.global_file(json!({ "shouldRotateConsumerSecret": true }))];
    let strict = context.org.deploy(&rotating)?;
    let lenient = context.org.deploy_with(&rotating, true)?;
    Ok(all(vec![
        ("with ignoreWarnings false", is_rejected(&strict)),
        ("with ignoreWarnings true", is_accepted(&lenient)),
    ]))
}

pub fn a_foreign_oauth_link(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let link = json!({ "oauthLink": "00D000000000001:888000000000001" });
    Ok(is_rejected(&context.org.deploy(&[context.oauth_file(link)])?))
}

pub fn an_unknown_scope(context: &ProbeContext<'_>) -> ProbeResult {
    context.deploy_required(&[context.app_file(json!({}))])?;
    let done =
        context.org.deploy(&[context.oauth_file(json!({ "commaSeparatedOauthScopes": "Nonsense" }))])?;
    let details = match is_rejected(&done) {
        Verdict::Held(details) => details,
        other => return Ok(other),
    };
    let listed: Vec<&str> = details.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let scopes: Value = serde_json::from_str(SCOPES).unwrap_or_default();
    let list = scopes.get("accepted_by_an_api_67_org").and_then(Value::as_array);
    let scopes: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    let is_complete = !scopes.is_empty() && scopes.iter().all(|scope| listed.contains(scope));
    // The entries of the list are separated by commas. The first and the last may be part of a sentence.
    let count = details.matches(", ").count() + 1;
    Ok(verdict(is_complete && count == scopes.len(), details))
}

pub fn jwt_timeouts(context: &ProbeContext<'_>) -> ProbeResult {
    // The timeout types were added in API version 65.0.
    if context.version() < 65 {
        return Ok(Verdict::Undecided(format!(
            "is about 65.0 and later, this is {}",
            context.org.about.version
        )));
    }
    context.create_with(json!({}), json!({}), json!({ "isNamedUserJwtEnabled": true }))?;
    let policies = |kind: &str, minutes: u32| {
        context.deploy_policies(json!({ "guestJwtSessionTimeoutType": kind, "guestJwtTimeout": minutes }))
    };
    Ok(all(vec![
        ("720 minutes", is_accepted(&policies("Custom", 720)?)),
        ("7 minutes", is_rejected(&policies("Custom", 7)?)),
        ("30 minutes with UserSession", is_rejected(&policies("UserSession", 30)?)),
    ]))
}

pub fn a_session_timeout_without_jwt(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let done = context.deploy_policies(json!({ "namedUserJwtSessionTimeoutType": "UserSession" }))?;
    Ok(match is_rejected(&done) {
        Verdict::Held(details) => verdict(details.contains("Invalid plugin settings"), details),
        other => other,
    })
}

pub fn guests_without_jwt(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let without = is_rejected(&context.deploy_policies(json!({ "isGuestCodeCredFlowEnabled": true }))?);
    // The previous deploy may have enabled the guest flow, so disable it again.
    context.deploy_required(&[
        context.policies(OAUTH_POLICIES, json!({}))?,
        context.global_file(json!({ "isNamedUserJwtEnabled": true })),
    ])?;
    let with = is_rejected(&context.deploy_policies(json!({ "isGuestCodeCredFlowEnabled": true }))?);
    Ok(all(vec![("without JWT tokens", without), ("with them and without the flow", with)]))
}

pub fn code_credential_flow_without_the_setting(context: &ProbeContext<'_>) -> ProbeResult {
    let setting = "oAuthCdCrdtFlowEnable";
    match context.org.setting(setting) {
        Some(false) => {}
        Some(true) => {
            return Ok(Verdict::Undecided(format!(
                "{setting} of this org is true, and a run changes no setting of an org"
            )));
        }
        None => return Ok(Verdict::Undecided(format!("{setting} of this org cannot be read"))),
    }
    let global = context.global_file(json!({ "isCodeCredFlowEnabled": true }));
    let done = context.org.deploy(&[context.app_file(json!({})), context.oauth_file(json!({})), global])?;
    Ok(is_rejected(&done))
}

pub fn more_than_128_entries(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let attributes = |count: usize| -> Value {
        let one = |number| json!({ "formula": "Organization.Country", "key": format!("k{number}") });
        json!({ "customAttributes": (0..count).map(one).collect::<Vec<Value>>() })
    };
    let ranges = |count: usize| -> Value {
        let one = |number| json!({ "endIpAddress": format!("10.1.{number}.9"), "startIpAddress": format!("10.1.{number}.1") });
        json!({ "trustedIpRanges": (0..count).map(one).collect::<Vec<Value>>() })
    };
    let settings = |elements| context.org.deploy(&[context.oauth_file(elements)]);
    Ok(all(vec![
        ("128 custom attributes", is_accepted(&settings(attributes(128))?)),
        ("129 custom attributes", is_rejected(&settings(attributes(129))?)),
        ("128 trusted IP ranges", is_accepted(&settings(ranges(128))?)),
        ("129 trusted IP ranges", is_rejected(&settings(ranges(129))?)),
    ]))
}

pub fn api_names(context: &ProbeContext<'_>) -> ProbeResult {
    let named = |end: &str| {
        context.org.deploy(&[File::new(APP, &format!("{}{end}", context.app), &json!({ "label": "x" }))])
    };
    Ok(all(vec![
        ("an underscore at the end", is_rejected(&named("_")?)),
        ("two underscores", is_rejected(&named("__x")?)),
        ("a hyphen", is_rejected(&named("-x")?)),
    ]))
}

pub fn start_urls(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let url = "https://example.com/start";
    Ok(all(vec![
        (
            "Custom without a URL",
            is_rejected(&context.deploy_app_policies(json!({ "startPage": "Custom" }))?),
        ),
        (
            "None with a URL",
            is_rejected(&context.deploy_app_policies(json!({ "startPage": "None", "startUrl": url }))?),
        ),
        (
            "Custom with a URL",
            is_accepted(&context.deploy_app_policies(json!({ "startPage": "Custom", "startUrl": url }))?),
        ),
    ]))
}

pub fn refresh_token_periods(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let policies = |elements| context.deploy_policies(elements);
    let lifetime = json!({ "refreshTokenPolicyType": "SpecificLifetime" });
    let inactivity =
        json!({ "refreshTokenPolicyType": "SpecificInactivity", "refreshTokenValidityPeriod": 30 });
    let infinite = json!({
        "refreshTokenPolicyType": "Infinite",
        "refreshTokenValidityPeriod": 30,
        "refreshTokenValidityUnit": "Days",
    });
    Ok(all(vec![
        ("SpecificLifetime without a period", is_rejected(&policies(lifetime)?)),
        ("SpecificInactivity without a unit", is_rejected(&policies(inactivity)?)),
        ("Infinite with a period", is_rejected(&policies(infinite)?)),
    ]))
}

pub fn a_custom_key(context: &ProbeContext<'_>) -> ProbeResult {
    let key = format!("{}{}", context.app, "k".repeat(40));
    let global = context.global_file(json!({ "consumerKey": key }));
    let done = context.org.deploy(&[context.app_file(json!({})), context.oauth_file(json!({})), global])?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    // The org may accept the key without using it.
    Ok(match context.find(GLOBAL_OAUTH)? {
        Some(global) if global.text("consumerKey") == key => {
            Verdict::Held("accepted, and it is the key".to_owned())
        }
        _ => Verdict::DidNotHold("accepted, but the org does not show it as the key".to_owned()),
    })
}

pub fn another_key(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let key = format!("{}{}", context.app, "n".repeat(40));
    Ok(is_rejected(&context.org.deploy(&[context.global_file(json!({ "consumerKey": key }))])?))
}

pub fn an_app_of_another_org(context: &ProbeContext<'_>) -> ProbeResult {
    let foreign = format!("00D000000000001:{}", context.app);
    let done = context.org.deploy(&[context.app_file(json!({ "orgScopedExternalApp": foreign }))])?;
    if !done.success {
        return Ok(is_rejected(&done));
    }
    Ok(match has(&context.read(APP)?, &[("orgScopedExternalApp", &foreign)]) {
        Verdict::Held(details) | Verdict::DidNotHold(details) | Verdict::Undecided(details) => {
            Verdict::DidNotHold(format!("accepted; {details}"))
        }
    })
}

pub fn the_line_of_the_element(context: &ProbeContext<'_>) -> ProbeResult {
    context.deploy_required(&[context.app_file(json!({}))])?;
    let lines = format!(
        "\n\n<commaSeparatedOauthScopes>Nonsense</commaSeparatedOauthScopes>\n<externalClientApplication>{}</externalClientApplication>\n",
        context.app
    );
    let done = context.org.deploy(&[File::raw(OAUTH, &format!("{}_oauth", context.app), &lines)])?;
    if done.success {
        return Ok(Verdict::Undecided("a scope that does not exist was accepted".to_owned()));
    }
    // Four lines precede the element: the declaration, the root, and two empty lines.
    let found = done.failures.iter().any(|failure| failure.kind == OAUTH && failure.line == Some(5));
    Ok(verdict(found, done.message()))
}

pub fn a_long_label(context: &ProbeContext<'_>) -> ProbeResult {
    let labeled =
        |length: usize| context.org.deploy(&[context.app_file(json!({ "label": "x".repeat(length) }))]);
    Ok(all(vec![
        ("255 characters", is_accepted(&labeled(255)?)),
        ("256 characters", is_rejected(&labeled(256)?)),
    ]))
}

fn callbacks(context: &ProbeContext<'_>, urls: &str) -> ProbeResult {
    context.create()?;
    Ok(is_rejected(&context.org.deploy(&[context.global_file(json!({ "callbackUrl": urls }))])?))
}

pub fn long_callback_urls(context: &ProbeContext<'_>) -> ProbeResult {
    let urls: Vec<String> =
        (0..20).map(|number| format!("https://example.com/{number}/{}", "x".repeat(90))).collect();
    callbacks(context, &urls.join("\n"))
}

pub fn plain_http(context: &ProbeContext<'_>) -> ProbeResult {
    callbacks(context, "http://example.com/callback")
}

pub fn a_short_key(context: &ProbeContext<'_>) -> ProbeResult {
    // This repository does not contain the private key of this certificate.
    let file = repository().join("acceptance-tests/tests/inputs/short-key.crt");
    let certificate = std::fs::read_to_string(file)?;
    context.create()?;
    Ok(is_rejected(&context.org.deploy(&[context.global_file(json!({ "certificate": certificate }))])?))
}

pub fn overlapping_ranges(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let ranges = json!([
        { "endIpAddress": "10.1.1.9", "startIpAddress": "10.1.1.1" },
        { "endIpAddress": "10.1.1.12", "startIpAddress": "10.1.1.5" },
    ]);
    Ok(is_rejected(&context.org.deploy(&[context.oauth_file(json!({ "trustedIpRanges": ranges }))])?))
}
