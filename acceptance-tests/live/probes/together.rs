//! Several files of one app in one deploy.

use super::{ProbeContext, ProbeResult, Verdict, all, is_accepted, is_rejected, verdict};
use crate::client::CallError;
use crate::file::File;
use acceptance_tests::org::{Component, OAUTH_POLICIES, POLICIES};
use serde_json::{Value, json};

/// OAuth policies with values that differ from the defaults.
fn oauth_policies(context: &ProbeContext<'_>, end: &str) -> File {
    let elements = json!({ "externalClientApplication": context.app, "ipRelaxationPolicyType": "Bypass", "label": "Own" });
    File::new(OAUTH_POLICIES, &format!("{}{end}", context.app), &elements)
}

fn app_policies(context: &ProbeContext<'_>, end: &str) -> File {
    let elements = json!({ "externalClientApplication": context.app, "isEnabled": false, "label": "Own" });
    File::new(POLICIES, &format!("{}{end}", context.app), &elements)
}

/// All policies of the app.
struct Found(Vec<Component>);

impl Found {
    fn of(context: &ProbeContext<'_>) -> Result<Self, CallError> {
        let mut parts = context.org.parts(&context.app)?;
        parts.retain(|part| [OAUTH_POLICIES, POLICIES].contains(&part.kind.as_str()));
        Ok(Self(parts))
    }

    fn message(&self) -> String {
        let one = |policies: &Component| {
            let (element, value) = distinguishing(policies);
            format!("{} {} with {element} = {value:?}", policies.kind, policies.name)
        };
        if self.0.is_empty() {
            "no policies".to_owned()
        } else {
            self.0.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }

    /// Whether there is exactly one component of this type, with this name, either as sent or as Salesforce creates it.
    fn are(&self, kind: &str, name: Option<&str>, sent: bool) -> bool {
        let of_the_type: Vec<&Component> = self.0.iter().filter(|policies| policies.kind == kind).collect();
        let [policies] = of_the_type.as_slice() else { return false };
        let is_sent = ["Bypass", "false"].contains(&distinguishing(policies).1.as_str());
        name.is_none_or(|name| policies.name == name) && is_sent == sent
    }
}

/// The element that distinguishes sent policies from those that Salesforce creates, with its value.
fn distinguishing(policies: &Component) -> (&'static str, String) {
    let element = if policies.kind == POLICIES { "isEnabled" } else { "ipRelaxationPolicyType" };
    (element, policies.text(element).to_owned())
}

/// Deploys the app, its settings and these policies in one package.
fn with(context: &ProbeContext<'_>, policies: [File; 2]) -> ProbeResult {
    let names = policies.each_ref().map(|file| file.name.clone());
    let [oauth, app] = policies;
    let files = [
        context.app_file(json!({})),
        context.oauth_file(json!({})),
        context.global_file(json!({})),
        oauth,
        app,
    ];
    let done = context.org.deploy(&files)?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    let found = Found::of(context)?;
    let holds =
        found.are(OAUTH_POLICIES, Some(&names[0]), true) && found.are(POLICIES, Some(&names[1]), true);
    Ok(verdict(holds, format!("accepted; then there are {}", found.message())))
}

pub fn policies_of_the_creating_package(context: &ProbeContext<'_>) -> ProbeResult {
    with(context, [oauth_policies(context, "_oauthPlcy"), app_policies(context, "_plcy")])
}

pub fn policies_with_the_names_of_the_defaults(context: &ProbeContext<'_>) -> ProbeResult {
    with(context, [oauth_policies(context, "_oauth_defaultPolicy"), app_policies(context, "_defaultPolicy")])
}

pub fn policies_of_one_type(context: &ProbeContext<'_>) -> ProbeResult {
    let own = oauth_policies(context, "_oauthPlcy");
    let name = own.name.clone();
    let settings =
        [context.app_file(json!({})), context.oauth_file(json!({})), context.global_file(json!({}))];
    let done = context.org.deploy(&[&settings[..], &[own]].concat())?;
    if !done.success {
        return Ok(is_accepted(&done));
    }
    let found = Found::of(context)?;
    let holds = found.are(OAUTH_POLICIES, Some(&name), true) && found.are(POLICIES, None, false);
    Ok(verdict(holds, format!("accepted; then there are {}", found.message())))
}

/// Uses session timeouts of named users, which depend on JWT tokens but on no org setting.
pub fn dependent_files(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let session = if context.version() < 65 {
        json!({ "namedUserJwtTimeout": 5 })
    } else {
        json!({ "namedUserJwtSessionTimeoutType": "UserSession" })
    };
    let jwt = json!({ "isNamedUserJwtEnabled": true });
    let settings = |elements: &Value| context.global_file(elements.clone());
    let policies = |elements: &Value| context.policies(OAUTH_POLICIES, elements.clone());
    let none = json!({});
    Ok(all(vec![
        ("on in one package", is_accepted(&context.org.deploy(&[settings(&jwt), policies(&session)?])?)),
        ("the settings alone off", is_accepted(&context.org.deploy(&[settings(&none)])?)),
        ("off in one package", is_accepted(&context.org.deploy(&[settings(&none), policies(&none)?])?)),
        ("the policies alone on", is_rejected(&context.org.deploy(&[policies(&session)?])?)),
    ]))
}

pub fn flows_without_the_settings(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let mut verdicts = Vec::new();
    for (what, elements) in [
        // An org may require the user that the flow runs as.
        (
            "client credentials",
            json!({ "clientCredentialsFlowUser": context.org.about.username, "isClientCredentialsFlowEnabled": true }),
        ),
        ("token exchange", json!({ "isTokenExchangeFlowEnabled": true })),
    ] {
        let verdict: Verdict = is_accepted(&context.deploy_policies(elements)?);
        verdicts.push((what, verdict));
    }
    Ok(all(verdicts))
}
