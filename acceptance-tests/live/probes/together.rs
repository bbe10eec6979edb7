//! What an org makes of several files of one app in one package.

use super::{Answer, Bench, Verdict, all, is_accepted, is_refused, verdict};
use crate::client::Trouble;
use crate::file::File;
use acceptance_tests::org::{Component, OAUTH_POLICIES, POLICIES};
use serde_json::{Value, json};

/// The policies that a package brings; the values are no defaults.
fn oauth_policies(bench: &Bench<'_>, end: &str) -> File {
    let elements =
        json!({ "externalClientApplication": bench.app, "ipRelaxationPolicyType": "Bypass", "label": "Own" });
    File::new(OAUTH_POLICIES, &format!("{}{end}", bench.app), &elements)
}

fn app_policies(bench: &Bench<'_>, end: &str) -> File {
    let elements = json!({ "externalClientApplication": bench.app, "isEnabled": false, "label": "Own" });
    File::new(POLICIES, &format!("{}{end}", bench.app), &elements)
}

/// All policies of the app, and what they are.
struct Found(Vec<Component>);

impl Found {
    fn of(bench: &Bench<'_>) -> Result<Self, Trouble> {
        let mut parts = bench.org.parts(&bench.app)?;
        parts.retain(|part| [OAUTH_POLICIES, POLICIES].contains(&part.kind.as_str()));
        Ok(Self(parts))
    }

    fn said(&self) -> String {
        let one = |policies: &Component| {
            let (element, value) = telling(policies);
            format!("{} {} with {element} = {value:?}", policies.kind, policies.name)
        };
        if self.0.is_empty() {
            "no policies".to_owned()
        } else {
            self.0.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }

    /// Whether the policies of a type are those and no others, as they were sent or as Salesforce makes them.
    fn are(&self, kind: &str, name: Option<&str>, sent: bool) -> bool {
        let of_the_type: Vec<&Component> = self.0.iter().filter(|policies| policies.kind == kind).collect();
        let [policies] = of_the_type.as_slice() else { return false };
        let is_sent = ["Bypass", "false"].contains(&telling(policies).1.as_str());
        name.is_none_or(|name| policies.name == name) && is_sent == sent
    }
}

/// The element that tells policies that were sent from Salesforce's own.
fn telling(policies: &Component) -> (&'static str, String) {
    let element = if policies.kind == POLICIES { "isEnabled" } else { "ipRelaxationPolicyType" };
    (element, policies.text(element).to_owned())
}

/// The app, its settings and such policies in one package.
fn with(bench: &Bench<'_>, policies: [File; 2]) -> Answer {
    let names = policies.each_ref().map(|file| file.name.clone());
    let [oauth, app] = policies;
    let files =
        [bench.app_file(json!({})), bench.oauth_file(json!({})), bench.global_file(json!({})), oauth, app];
    let done = bench.org.deploy(&files)?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    let found = Found::of(bench)?;
    let holds =
        found.are(OAUTH_POLICIES, Some(&names[0]), true) && found.are(POLICIES, Some(&names[1]), true);
    Ok(verdict(holds, format!("accepted; then there are {}", found.said())))
}

pub fn policies_of_the_creating_package(bench: &Bench<'_>) -> Answer {
    with(bench, [oauth_policies(bench, "_oauthPlcy"), app_policies(bench, "_plcy")])
}

pub fn policies_with_the_names_of_the_defaults(bench: &Bench<'_>) -> Answer {
    with(bench, [oauth_policies(bench, "_oauth_defaultPolicy"), app_policies(bench, "_defaultPolicy")])
}

pub fn policies_of_one_type(bench: &Bench<'_>) -> Answer {
    let own = oauth_policies(bench, "_oauthPlcy");
    let name = own.name.clone();
    let settings = [bench.app_file(json!({})), bench.oauth_file(json!({})), bench.global_file(json!({}))];
    let done = bench.org.deploy(&[&settings[..], &[own]].concat())?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    let found = Found::of(bench)?;
    let holds = found.are(OAUTH_POLICIES, Some(&name), true) && found.are(POLICIES, None, false);
    Ok(verdict(holds, format!("accepted; then there are {}", found.said())))
}

/// By session timeouts of named users, which need JWT tokens, and no setting of the org.
pub fn files_that_need_each_other(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let session = if bench.version() < 65 {
        json!({ "namedUserJwtTimeout": 5 })
    } else {
        json!({ "namedUserJwtSessionTimeoutType": "UserSession" })
    };
    let jwt = json!({ "isNamedUserJwtEnabled": true });
    let settings = |elements: &Value| bench.global_file(elements.clone());
    let policies = |elements: &Value| bench.policies(OAUTH_POLICIES, elements.clone());
    let none = json!({});
    Ok(all(vec![
        ("on in one package", is_accepted(&bench.org.deploy(&[settings(&jwt), policies(&session)?])?)),
        ("the settings alone off", is_accepted(&bench.org.deploy(&[settings(&none)])?)),
        ("off in one package", is_accepted(&bench.org.deploy(&[settings(&none), policies(&none)?])?)),
        ("the policies alone on", is_refused(&bench.org.deploy(&[policies(&session)?])?)),
    ]))
}

pub fn flows_without_the_settings(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let mut answers = Vec::new();
    for (what, elements) in [
        // Some orgs may want a user that it runs as.
        (
            "client credentials",
            json!({ "clientCredentialsFlowUser": bench.org.about.username, "isClientCredentialsFlowEnabled": true }),
        ),
        ("token exchange", json!({ "isTokenExchangeFlowEnabled": true })),
    ] {
        let verdict: Verdict = is_accepted(&bench.deploy_policies(elements)?);
        answers.push((what, verdict));
    }
    Ok(all(answers))
}
