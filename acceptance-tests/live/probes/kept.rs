//! The values of elements that a file omits, and values that the org keeps or derives.

use super::{ProbeContext, ProbeResult, Verdict, all, has, is_accepted, is_rejected, verdict};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use serde_json::json;

pub fn a_deploy_replaces_the_file(context: &ProbeContext<'_>) -> ProbeResult {
    context.create_with(
        json!({ "description": "Will it stay?" }),
        json!({ "singleLogoutUrl": "https://example.com/logout" }),
        json!({}),
    )?;
    context.deploy_required(&[context.app_file(json!({})), context.oauth_file(json!({}))])?;
    Ok(all(vec![
        ("app", has(&context.read(APP)?, &[("description", "")])),
        ("settings", has(&context.read(OAUTH)?, &[("singleLogoutUrl", "")])),
    ]))
}

pub fn defaults_of_the_oauth_policies(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    Ok(has(
        &context.read(OAUTH_POLICIES)?,
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

pub fn defaults_of_the_app_policies(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let expected = [("isEnabled", "true"), ("isOauthPluginEnabled", "true"), ("startPage", "None")];
    Ok(has(&context.read(POLICIES)?, &expected))
}

pub fn safe_defaults_of_the_global_settings(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let expected = [("isPkceRequired", "true"), ("isSecretRequiredForRefreshToken", "true")];
    Ok(has(&context.read(GLOBAL_OAUTH)?, &expected))
}

pub fn flow_flags_that_were_not_sent(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let flags = [
        "isClientCredentialsFlowEnabled",
        "isCodeCredFlowEnabled",
        "isDeviceFlowEnabled",
        "isRefreshTokenRotationEnabled",
        "isTokenExchangeEnabled",
    ];
    let global = context.read(GLOBAL_OAUTH)?;
    let shown: Vec<&str> =
        global.fields.keys().map(String::as_str).filter(|name| name.starts_with("is")).collect();
    Ok(verdict(flags.iter().all(|flag| shown.contains(flag)), format!("shows {}", shown.join(", "))))
}

pub fn pkce_can_be_disabled(context: &ProbeContext<'_>) -> ProbeResult {
    context.create_with(json!({}), json!({}), json!({ "isPkceRequired": false }))?;
    Ok(has(&context.read(GLOBAL_OAUTH)?, &[("isPkceRequired", "false")]))
}

pub fn id_token_validity(context: &ProbeContext<'_>) -> ProbeResult {
    let global = |config| context.global_file(json!({ "idTokenConfig": config }));
    context.create_with(
        json!({}),
        json!({}),
        json!({ "idTokenConfig": { "idTokenAudience": "https://example.com" } }),
    )?;
    let default = has(&context.read(GLOBAL_OAUTH)?, &[("idTokenConfig.idTokenValidityInMinutes", "2")]);
    let minutes =
        |minutes: u32| context.org.deploy(&[global(json!({ "idTokenValidityInMinutes": minutes }))]);
    Ok(all(vec![
        ("omitted", default),
        ("0", is_rejected(&minutes(0)?)),
        ("720", is_accepted(&minutes(720)?)),
        ("721", is_rejected(&minutes(721)?)),
    ]))
}

pub fn id_token_flags(context: &ProbeContext<'_>) -> ProbeResult {
    context.create_with(
        json!({}),
        json!({}),
        json!({ "idTokenConfig": { "idTokenAudience": "https://example.com" } }),
    )?;
    Ok(has(
        &context.read(GLOBAL_OAUTH)?,
        &[
            ("idTokenConfig.idTokenIncludeAttributes", "false"),
            ("idTokenConfig.idTokenIncludeCustomPermissions", "false"),
            ("idTokenConfig.idTokenIncludeStandardClaims", "false"),
        ],
    ))
}

pub fn an_omitted_label(context: &ProbeContext<'_>) -> ProbeResult {
    context.create_with(json!({ "label": null }), json!({}), json!({}))?;
    let settings = context.read(OAUTH)?;
    Ok(all(vec![
        ("app", has(&context.read(APP)?, &[("label", &context.app)])),
        ("settings", has(&settings, &[("label", &settings.name)])),
    ]))
}

pub fn infinite_has_no_period(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let done = context.deploy_policies(json!({ "refreshTokenPolicyType": "Infinite" }))?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.message()));
    }
    let expected = [("refreshTokenPolicyType", "Infinite"), ("refreshTokenValidityPeriod", "")];
    Ok(has(&context.read(OAUTH_POLICIES)?, &expected))
}

pub fn zero_has_a_period(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let done = context.deploy_policies(json!({ "refreshTokenPolicyType": "Zero" }))?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.message()));
    }
    Ok(has(
        &context.read(OAUTH_POLICIES)?,
        &[
            ("refreshTokenPolicyType", "Zero"),
            ("refreshTokenValidityPeriod", "0"),
            ("refreshTokenValidityUnit", ""),
        ],
    ))
}
