//! What the org has when nobody wrote it, and what it keeps when a file leaves something out.

use super::{Answer, Bench, Verdict, all, has, is_accepted, is_refused, verdict};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use serde_json::json;

pub fn a_deploy_replaces_the_file(bench: &Bench<'_>) -> Answer {
    bench.make_with(
        json!({ "description": "Will it stay?" }),
        json!({ "singleLogoutUrl": "https://example.com/logout" }),
        json!({}),
    )?;
    bench.take(&[bench.app_file(json!({})), bench.oauth_file(json!({}))])?;
    Ok(all(vec![
        ("app", has(&bench.read(APP)?, &[("description", "")])),
        ("settings", has(&bench.read(OAUTH)?, &[("singleLogoutUrl", "")])),
    ]))
}

pub fn defaults_of_the_oauth_policies(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    Ok(has(
        &bench.read(OAUTH_POLICIES)?,
        &[
            ("ipRelaxationPolicyType", "Enforce"),
            ("permittedUsersPolicyType", "AllSelfAuthorized"),
            ("refreshTokenPolicyType", "SpecificLifetime"),
            ("refreshTokenValidityPeriod", "365"),
            ("refreshTokenValidityUnit", "Days"),
            ("requiredSessionLevel", "STANDARD"),
            ("isClientCredentialsFlowEnabled", "false"),
            ("isGuestCodeCredFlowEnabled", "false"),
            ("isTokenExchangeFlowEnabled", "false"),
        ],
    ))
}

pub fn defaults_of_the_app_policies(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let expected = [("isEnabled", "true"), ("isOauthPluginEnabled", "true"), ("startPage", "None")];
    Ok(has(&bench.read(POLICIES)?, &expected))
}

pub fn safe_defaults_of_the_global_settings(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let expected = [("isPkceRequired", "true"), ("isSecretRequiredForRefreshToken", "true")];
    Ok(has(&bench.read(GLOBAL_OAUTH)?, &expected))
}

pub fn flow_flags_that_nobody_wrote(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let flags = [
        "isClientCredentialsFlowEnabled",
        "isCodeCredFlowEnabled",
        "isDeviceFlowEnabled",
        "isRefreshTokenRotationEnabled",
        "isTokenExchangeEnabled",
    ];
    let global = bench.read(GLOBAL_OAUTH)?;
    let shown: Vec<&str> =
        global.fields.keys().map(String::as_str).filter(|name| name.starts_with("is")).collect();
    Ok(verdict(flags.iter().all(|flag| shown.contains(flag)), format!("shows {}", shown.join(", "))))
}

pub fn pkce_can_be_switched_off(bench: &Bench<'_>) -> Answer {
    bench.make_with(json!({}), json!({}), json!({ "isPkceRequired": false }))?;
    Ok(has(&bench.read(GLOBAL_OAUTH)?, &[("isPkceRequired", "false")]))
}

pub fn id_token_validity(bench: &Bench<'_>) -> Answer {
    let global = |config| bench.global_file(json!({ "idTokenConfig": config }));
    bench.make_with(
        json!({}),
        json!({}),
        json!({ "idTokenConfig": { "idTokenAudience": "https://example.com" } }),
    )?;
    let default = has(&bench.read(GLOBAL_OAUTH)?, &[("idTokenConfig.idTokenValidityInMinutes", "2")]);
    let minutes = |minutes: u32| bench.org.deploy(&[global(json!({ "idTokenValidityInMinutes": minutes }))]);
    Ok(all(vec![
        ("left out", default),
        ("0", is_refused(&minutes(0)?)),
        ("720", is_accepted(&minutes(720)?)),
        ("721", is_refused(&minutes(721)?)),
    ]))
}

pub fn id_token_flags(bench: &Bench<'_>) -> Answer {
    bench.make_with(
        json!({}),
        json!({}),
        json!({ "idTokenConfig": { "idTokenAudience": "https://example.com" } }),
    )?;
    Ok(has(
        &bench.read(GLOBAL_OAUTH)?,
        &[
            ("idTokenConfig.idTokenIncludeAttributes", "false"),
            ("idTokenConfig.idTokenIncludeCustomPermissions", "false"),
            ("idTokenConfig.idTokenIncludeStandardClaims", "false"),
        ],
    ))
}

pub fn a_label_left_out(bench: &Bench<'_>) -> Answer {
    bench.make_with(json!({ "label": null }), json!({}), json!({}))?;
    let settings = bench.read(OAUTH)?;
    Ok(all(vec![
        ("app", has(&bench.read(APP)?, &[("label", &bench.app)])),
        ("settings", has(&settings, &[("label", &settings.name)])),
    ]))
}

pub fn infinite_has_no_period(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let done = bench.deploy_policies(json!({ "refreshTokenPolicyType": "Infinite" }))?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.said()));
    }
    let expected = [("refreshTokenPolicyType", "Infinite"), ("refreshTokenValidityPeriod", "")];
    Ok(has(&bench.read(OAUTH_POLICIES)?, &expected))
}

pub fn zero_has_a_period(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let done = bench.deploy_policies(json!({ "refreshTokenPolicyType": "Zero" }))?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.said()));
    }
    Ok(has(
        &bench.read(OAUTH_POLICIES)?,
        &[
            ("refreshTokenPolicyType", "Zero"),
            ("refreshTokenValidityPeriod", "0"),
            ("refreshTokenValidityUnit", ""),
        ],
    ))
}
