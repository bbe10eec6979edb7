//! How values are accepted and returned: order, equivalent values, spelling.

use super::{ProbeContext, ProbeResult, Verdict, has, is_accepted, is_rejected};
use crate::client::CallError;
use crate::file::File;
use acceptance_tests::org::{APP, OAUTH, OAUTH_POLICIES};
use serde_json::json;

fn scopes(context: &ProbeContext<'_>, sent: &str, expected: &str) -> ProbeResult {
    let app = context.app_file(json!({}));
    let done =
        context.org.deploy(&[app, context.oauth_file(json!({ "commaSeparatedOauthScopes": sent }))])?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&context.read(OAUTH)?, &[("commaSeparatedOauthScopes", expected)]))
}

pub fn scopes_in_order(context: &ProbeContext<'_>) -> ProbeResult {
    let sent = "MCP, CDPQuery, Wave, Lightning, CustomPermissions, OpenID, Content";
    scopes(context, sent, "OpenID, CustomPermissions, Wave, Lightning, Content, CDPQuery, MCP")
}

pub fn keywords_in_another_case(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let word = "Enforce_relaxrefresh";
    let done = context.deploy_policies(json!({ "ipRelaxationPolicyType": word }))?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&context.read(OAUTH_POLICIES)?, &[("ipRelaxationPolicyType", word)]))
}

pub fn a_link_to_an_unknown_consumer(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let own = context.read(OAUTH)?.text("oauthLink");
    let Some((org, _)) = own.split_once(':') else {
        return Ok(Verdict::Undecided("the OAuth settings have no oauthLink".to_owned()));
    };
    let done = context
        .org
        .deploy(&[context.oauth_file(json!({ "oauthLink": format!("{org}:888000000000000") }))])?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&context.read(OAUTH)?, &[("oauthLink", &own)]))
}

pub fn equivalent_scopes_are_kept(context: &ProbeContext<'_>) -> ProbeResult {
    scopes(context, "Basic, OfflineAccess", "Basic, OfflineAccess")
}

pub fn a_list_may_have_line_breaks(context: &ProbeContext<'_>) -> ProbeResult {
    scopes(context, "Api,\n    OpenID", "Api, OpenID")
}

fn permission_sets(context: &ProbeContext<'_>) -> Result<[(String, String); 2], CallError> {
    let create = |end: &str| -> Result<(String, String), CallError> {
        let name = format!("{}_{end}", context.app);
        Ok((context.org.create_permission_set(&name)?, name))
    };
    Ok([create("A")?, create("B")?])
}

fn admitted(context: &ProbeContext<'_>, sent: &str, expected: &str) -> ProbeResult {
    let done = context.deploy_policies(json!({ "commaSeparatedPermissionSet": sent }))?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&context.read(OAUTH_POLICIES)?, &[("commaSeparatedPermissionSet", expected)]))
}

pub fn permission_sets_are_sorted(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let [(_, first), (_, second)] = permission_sets(context)?;
    admitted(context, &format!("{second}, {first}"), &format!("{first}, {second}"))
}

pub fn permission_set_ids_become_names(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let [(id, name), _] = permission_sets(context)?;
    admitted(context, &id, &name)
}

pub fn pre_authorization_needs_no_assignment(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let [(_, name), _] = permission_sets(context)?;
    let done = context.deploy_policies(json!({
        "commaSeparatedPermissionSet": name,
        "permittedUsersPolicyType": "AdminApprovedPreAuthorized",
    }))?;
    Ok(is_accepted(&done))
}

pub fn line_breaks_are_kept(context: &ProbeContext<'_>) -> ProbeResult {
    let lines = format!(
        "<description>one&#10;two\nthree &amp; &#x3c;</description>\n<label>{}</label>\n",
        context.app
    );
    context.deploy_required(&[File::raw(APP, &context.app, &lines)])?;
    Ok(has(&context.read(APP)?, &[("description", "one\ntwo\nthree & <")]))
}

pub fn elements_in_any_order(context: &ProbeContext<'_>) -> ProbeResult {
    let lines = format!("<label>{}</label>\n<contactEmail>nobody@example.com</contactEmail>\n", context.app);
    Ok(is_accepted(&context.org.deploy(&[File::raw(APP, &context.app, &lines)])?))
}

pub fn names_differ_in_more_than_case(context: &ProbeContext<'_>) -> ProbeResult {
    context.deploy_required(&[context.app_file(json!({}))])?;
    // The case of the prefix must not change, because the prefix identifies the run.
    let other = format!("{}_CASE", context.app);
    context.deploy_required(&[File::new(APP, &other, &json!({ "label": "one" }))])?;
    let same = format!("{}_case", context.app);
    Ok(match is_rejected(&context.org.deploy(&[File::new(APP, &same, &json!({ "label": "two" }))])?) {
        Verdict::DidNotHold(_) => Verdict::DidNotHold("both names were accepted".to_owned()),
        other => other,
    })
}
