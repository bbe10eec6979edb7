//! What comes back of a value that was written: order, equivalents, other spellings.

use super::{Answer, Bench, Verdict, has, is_accepted, is_refused};
use crate::client::Trouble;
use crate::file::File;
use acceptance_tests::org::{APP, OAUTH, OAUTH_POLICIES};
use serde_json::json;

fn scopes(bench: &Bench<'_>, sent: &str, expected: &str) -> Answer {
    let app = bench.app_file(json!({}));
    let done = bench.org.deploy(&[app, bench.oauth_file(json!({ "commaSeparatedOauthScopes": sent }))])?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&bench.read(OAUTH)?, &[("commaSeparatedOauthScopes", expected)]))
}

pub fn scopes_in_order(bench: &Bench<'_>) -> Answer {
    let sent = "MCP, CDPQuery, Wave, Lightning, CustomPermissions, OpenID, Content";
    scopes(bench, sent, "OpenID, CustomPermissions, Wave, Lightning, Content, CDPQuery, MCP")
}

pub fn words_in_another_case(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let word = "Enforce_relaxrefresh";
    let done = bench.deploy_policies(json!({ "ipRelaxationPolicyType": word }))?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&bench.read(OAUTH_POLICIES)?, &[("ipRelaxationPolicyType", word)]))
}

pub fn a_link_to_nobody(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let own = bench.read(OAUTH)?.text("oauthLink");
    let Some((org, _)) = own.split_once(':') else {
        return Ok(Verdict::Undecided("the OAuth settings have no oauthLink".to_owned()));
    };
    let done =
        bench.org.deploy(&[bench.oauth_file(json!({ "oauthLink": format!("{org}:888000000000000") }))])?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&bench.read(OAUTH)?, &[("oauthLink", &own)]))
}

pub fn equivalent_scopes_stay(bench: &Bench<'_>) -> Answer {
    scopes(bench, "Basic, OfflineAccess", "Basic, OfflineAccess")
}

pub fn a_list_may_have_line_breaks(bench: &Bench<'_>) -> Answer {
    scopes(bench, "Api,\n    OpenID", "Api, OpenID")
}

fn permission_sets(bench: &Bench<'_>) -> Result<[(String, String); 2], Trouble> {
    let make = |end: &str| -> Result<(String, String), Trouble> {
        let name = format!("{}_{end}", bench.app);
        Ok((bench.org.make_permission_set(&name)?, name))
    };
    Ok([make("A")?, make("B")?])
}

fn admitted(bench: &Bench<'_>, sent: &str, expected: &str) -> Answer {
    let done = bench.deploy_policies(json!({ "commaSeparatedPermissionSet": sent }))?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    Ok(has(&bench.read(OAUTH_POLICIES)?, &[("commaSeparatedPermissionSet", expected)]))
}

pub fn permission_sets_are_sorted(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let [(_, first), (_, second)] = permission_sets(bench)?;
    admitted(bench, &format!("{second}, {first}"), &format!("{first}, {second}"))
}

pub fn permission_set_ids_become_names(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let [(id, name), _] = permission_sets(bench)?;
    admitted(bench, &id, &name)
}

pub fn pre_authorisation_needs_nothing_of_ones_own(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let [(_, name), _] = permission_sets(bench)?;
    let done = bench.deploy_policies(json!({
        "commaSeparatedPermissionSet": name,
        "permittedUsersPolicyType": "AdminApprovedPreAuthorized",
    }))?;
    Ok(is_accepted(&done))
}

pub fn line_breaks_stay(bench: &Bench<'_>) -> Answer {
    let lines =
        format!("<description>one&#10;two\nthree &amp; &#x3c;</description>\n<label>{}</label>\n", bench.app);
    bench.take(&[File::raw(APP, &bench.app, &lines)])?;
    Ok(has(&bench.read(APP)?, &[("description", "one\ntwo\nthree & <")]))
}

pub fn elements_come_in_any_order(bench: &Bench<'_>) -> Answer {
    let lines = format!("<label>{}</label>\n<contactEmail>nobody@example.com</contactEmail>\n", bench.app);
    Ok(is_accepted(&bench.org.deploy(&[File::raw(APP, &bench.app, &lines)])?))
}

pub fn names_differ_in_more_than_case(bench: &Bench<'_>) -> Answer {
    bench.take(&[bench.app_file(json!({}))])?;
    // The prefix stays as it is: it is what the fence knows.
    let other = format!("{}_CASE", bench.app);
    bench.take(&[File::new(APP, &other, &json!({ "label": "one" }))])?;
    let same = format!("{}_case", bench.app);
    Ok(match is_refused(&bench.org.deploy(&[File::new(APP, &same, &json!({ "label": "two" }))])?) {
        Verdict::DidNotHold(_) => Verdict::DidNotHold("both names were accepted".to_owned()),
        other => other,
    })
}
