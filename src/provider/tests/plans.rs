//! Plans of a configuration and a state.

use super::{object, spec, texts};
use crate::metadata::{Kind, Omitted};
use crate::provider::data_sources::external_client_app;
use crate::provider::operations::{PlanReply, PlanRequest};
use crate::provider::plan::{PlanContext, plan};
use crate::provider::private::PrivateState;
use crate::value::{Path, Value};

const SETTINGS: &str = "_oauth_settings";
const POLICIES: &str = "_policies";
const APP: &str = "";

/// A plan for a configuration and a prior state. Without a prior state, it is the plan for a create.
pub(super) fn planned(
    resource: &str,
    config: &[(&str, Value)],
    prior: Option<&Value>,
    private: &PrivateState,
) -> PlanReply {
    planned_with(
        resource,
        config,
        prior,
        private,
        &PlanContext { version: Some(67), ..PlanContext::default() },
    )
}

pub(super) fn planned_with(
    resource: &str,
    config: &[(&str, Value)],
    prior: Option<&Value>,
    private: &PrivateState,
    context: &PlanContext,
) -> PlanReply {
    let config = object(resource, config);
    let request = PlanRequest {
        type_name: spec(resource).name.to_owned(),
        prior: prior.cloned().unwrap_or_default(),
        proposed: config.clone(),
        config,
        private: private.write(),
        identity: None,
    };
    let reply = plan(spec(resource), &request, context);
    let again = plan(spec(resource), &request, context);
    assert_eq!(reply.planned, again.planned, "a plan is a pure function");
    reply
}

/// The state after an apply in an org that returns null for unknown values.
pub(super) fn applied(reply: &PlanReply) -> Value {
    let mut state = reply.planned.clone();
    for (name, value) in reply.planned.entries().unwrap() {
        if value.is_unknown() {
            state.put(name, if name == "id" || name == "org_id" { "Shop".into() } else { Value::Null });
        }
    }
    state
}

pub(super) fn none() -> PrivateState {
    PrivateState::default()
}

fn settings() -> Vec<(&'static str, Value)> {
    vec![("external_client_app", "Shop".into()), ("oauth_scopes", texts(&["Api"]))]
}

pub(super) fn with(
    mut config: Vec<(&'static str, Value)>,
    name: &'static str,
    value: Value,
) -> Vec<(&'static str, Value)> {
    config.retain(|(existing, _)| *existing != name);
    config.push((name, value));
    config
}

#[test]
fn the_id_is_unknown_in_every_create_plan() {
    for resource in [APP, SETTINGS, POLICIES] {
        let app = spec(resource).subject_attribute();
        let reply = planned(resource, &[(app, "Shop".into())], None, &none());
        assert!(reply.planned.get("id").is_unknown(), "{resource}");
        assert!(reply.planned.get("org_id").is_unknown());
    }
}

/// Terraform shows only the first of several warnings with the same summary.
#[test]
fn the_dangers_of_a_plan_are_not_hidden_by_each_other() {
    let flows = ["client_credentials_flow_enabled", "device_flow_enabled", "code_credential_flow_enabled"];
    let before = flows.iter().fold(settings(), |config, flow| with(config, flow, true.into()));
    let prior = planned(SETTINGS, &before, None, &none()).planned;
    let reply = planned(SETTINGS, &settings(), Some(&prior), &none());
    let found: Vec<_> = reply.diagnostics.0.iter().filter(|one| one.id == "flow-disabled").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    for flow in ["headless login", "client credentials flow", "device flow"] {
        assert!(found[0].detail.contains(flow), "{flow}: {found:?}");
    }
}

#[test]
fn scopes_that_others_include_are_not_removed() {
    let scopes = |names: &[&str]| with(settings(), "oauth_scopes", texts(names));
    for (after, removed) in [
        (["Address", "Email", "Phone", "Profile", "Api"], false),
        (["Address", "Email", "Phone", "Web", "Api"], true),
    ] {
        let prior = planned(SETTINGS, &scopes(&["Basic", "Api"]), None, &none()).planned;
        let reply = planned(SETTINGS, &scopes(&after), Some(&prior), &none());
        let found = reply.diagnostics.0.iter().any(|one| one.detail.contains("Basic"));
        assert_eq!(found, removed, "{after:?}: {:?}", reply.diagnostics);
    }
}

#[test]
fn omitted_attributes_are_planned_as_the_table_specifies() {
    let reply = planned(SETTINGS, &settings(), None, &none());
    assert_eq!(reply.planned.get("pkce_required"), &Value::Bool(true));
    assert_eq!(reply.planned.get("device_flow_enabled"), &Value::Bool(false));
    assert!(reply.planned.get("callback_urls").is_null());
    assert!(reply.planned.get("refresh_token_rotation_enabled").is_unknown());
    assert!(reply.planned.get("consumer_key").is_unknown());
    assert_eq!(reply.planned.get("trusted_ip_range"), &Value::Set(vec![]));
    assert_eq!(reply.planned.get("deletion_protection"), &Value::Bool(false));
}

#[test]
fn a_second_plan_of_the_same_configuration_changes_nothing() {
    let first = planned(SETTINGS, &settings(), None, &none());
    let state = applied(&first);
    let second = planned(SETTINGS, &settings(), Some(&state), &PrivateState::read(&first.private));
    assert_eq!(second.planned, state);
    assert!(second.requires_replace.is_empty());
    assert!(second.diagnostics.is_empty());
}

#[test]
fn a_drifted_default_is_restored_by_the_plan() {
    let mut state = applied(&planned(SETTINGS, &settings(), None, &none()));
    state.put("device_flow_enabled", true.into());
    let reply = planned(SETTINGS, &settings(), Some(&state), &none());
    assert_eq!(reply.planned.get("device_flow_enabled"), &Value::Bool(false));
}

#[test]
fn another_or_an_unknown_app_requires_replacement() {
    let state = applied(&planned(SETTINGS, &settings(), None, &none()));
    for app in [Value::text("Other"), Value::Unknown] {
        let reply = planned(SETTINGS, &with(settings(), "external_client_app", app), Some(&state), &none());
        assert_eq!(reply.requires_replace, vec![Path::attribute("external_client_app")]);
    }
}

#[test]
fn deletion_protection_rejects_destroy_and_replace() {
    let protected = with(settings(), "deletion_protection", true.into());
    let state = applied(&planned(SETTINGS, &protected, None, &none()));
    let replace =
        planned(SETTINGS, &with(protected, "external_client_app", "Other".into()), Some(&state), &none());
    assert!(replace.diagnostics.has_errors());
    let destroy = PlanRequest {
        type_name: spec(SETTINGS).name.to_owned(),
        prior: state,
        proposed: Value::Null,
        config: Value::Null,
        private: Vec::new(),
        identity: None,
    };
    let reply = plan(spec(SETTINGS), &destroy, &PlanContext::default());
    assert!(reply.diagnostics.has_errors());
    assert!(reply.planned.is_null());
}

#[test]
fn a_kept_attribute_removed_from_the_configuration_remains_with_a_warning() {
    let config = vec![("external_client_app", "Shop".into()), ("ip_relaxation", "Bypass".into())];
    let first = planned(POLICIES, &config, None, &none());
    let state = applied(&first);
    let reply = planned(POLICIES, &config[..1], Some(&state), &PrivateState::read(&first.private));
    assert_eq!(reply.planned, state);
    let warnings: Vec<_> = reply.diagnostics.into_iter().collect();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0]
            .detail
            .starts_with("ip_relaxation is no longer managed. Its value in the org remains Bypass.")
    );
}

#[test]
fn a_dependent_attribute_is_not_kept_when_its_condition_no_longer_holds() {
    let custom = vec![
        ("external_client_app", "Shop".into()),
        ("guest_jwt_session_timeout_type", "Custom".into()),
        ("guest_jwt_timeout_minutes", Value::int(30)),
    ];
    let first = planned(POLICIES, &custom, None, &none());
    let state = applied(&first);
    let session = vec![custom[0].clone(), ("guest_jwt_session_timeout_type", "UserSession".into())];
    let reply = planned(POLICIES, &session, Some(&state), &PrivateState::read(&first.private));
    assert!(reply.planned.get("guest_jwt_timeout_minutes").is_unknown());
    assert!(reply.diagnostics.is_empty(), "{:?}", reply.diagnostics);
}

#[test]
fn a_hidden_consumer_can_change_only_if_the_certificate_is_set() {
    let state = applied(&planned(SETTINGS, &settings(), None, &none()));
    let change = with(settings(), "pkce_required", false.into());
    // Usually, the file can be read, including its certificate.
    assert!(!planned(SETTINGS, &change, Some(&state), &none()).diagnostics.has_errors());
    let hidden = PrivateState { unreadable: ["ExtlClntAppGlobalOauthSettings".to_owned()].into(), ..none() };
    let reply = planned(SETTINGS, &change, Some(&state), &hidden);
    let error =
        reply.diagnostics.into_iter().find(|d| d.path == Some(Path::attribute("certificate"))).unwrap();
    assert!(error.detail.contains("to \"\" if the app has none"), "{error:?}");
    let other_file =
        planned(SETTINGS, &with(settings(), "oauth_scopes", texts(&["Web"])), Some(&state), &hidden);
    assert!(!other_file.diagnostics.has_errors());
    let with_certificate = with(change, "certificate", "".into());
    assert!(!planned(SETTINGS, &with_certificate, Some(&state), &hidden).diagnostics.has_errors());
}

#[test]
fn an_equivalent_value_is_planned_as_in_the_state() {
    for (resource, name, in_org, written) in [
        (POLICIES, "ip_relaxation", "Enforce_relaxrefresh", "Enforce_RelaxRefresh"),
        (POLICIES, "client_credentials_flow_user", "Ada@example.com", "ada@example.com"),
        (SETTINGS, "single_logout_url", "https://a.example/\n", "https://a.example/"),
    ] {
        let app = ("external_client_app", "Shop".into());
        let config = [app.clone(), (name, in_org.into())];
        let state = applied(&planned(resource, &config, None, &none()));
        let reply = planned(resource, &[app, (name, written.into())], Some(&state), &none());
        assert_eq!(reply.planned, state, "{name}");
        assert!(reply.diagnostics.is_empty(), "{:?}", reply.diagnostics);
    }
}

/// An imported state does not contain the link, but an existing configuration may set it.
#[test]
fn a_link_to_the_own_consumer_does_not_require_replacement() {
    let mut state = applied(&planned(SETTINGS, &settings(), None, &none()));
    state.put("consumer_key", "3MVG9".into());
    state.put("org_id", "00D000000000001EAA".into());
    let link =
        |owner: &str| with(settings(), "oauth_link", format!("{owner}:888000000000001").as_str().into());
    for known in [Value::Null, "00D000000000001:888000000000001".into()] {
        state.put("oauth_link", known);
        for owner in ["00D000000000001", "00D000000000001EAA"] {
            let reply = planned(SETTINGS, &link(owner), Some(&state), &none());
            assert!(reply.requires_replace.is_empty(), "{owner}");
            assert!(!reply.diagnostics.has_errors());
        }
        let reply = planned(SETTINGS, &link("00D000000000009"), Some(&state), &none());
        assert_eq!(reply.requires_replace, vec![Path::attribute("oauth_link")]);
    }
}

#[test]
fn a_useless_combination_is_an_error_only_in_the_plan_that_introduces_it() {
    let app = ("external_client_app", Value::text("Shop"));
    for (at, bad, good) in [
        (
            "permitted_users",
            vec![("permitted_users", Value::text("AdminApprovedPreAuthorized"))],
            vec![("permitted_users", Value::text("AllSelfAuthorized"))],
        ),
        ("client_credentials_flow_enabled", vec![("client_credentials_flow_enabled", true.into())], vec![]),
    ] {
        let bad: Vec<_> = std::iter::once(app.clone()).chain(bad).collect();
        let good: Vec<_> = std::iter::once(app.clone()).chain(good).collect();
        let errors = |reply: PlanReply| -> Vec<Option<Path>> {
            let found =
                reply.diagnostics.into_iter().filter(|d| d.severity == crate::provider::Severity::Error);
            found.map(|d| d.path).collect()
        };
        let here = vec![Some(Path::attribute(at))];
        assert_eq!(errors(planned(POLICIES, &bad, None, &none())), here);
        let state = applied(&planned(POLICIES, &good, None, &none()));
        assert_eq!(errors(planned(POLICIES, &bad, Some(&state), &none())), here);
        // The state already has this combination, for example because it was imported.
        let found = applied(&planned(POLICIES, &bad, None, &none()));
        assert_eq!(errors(planned(POLICIES, &bad, Some(&found), &none())), vec![]);
        let other = with(bad.clone(), "ip_relaxation", "Bypass".into());
        assert_eq!(errors(planned(POLICIES, &other, Some(&found), &none())), vec![]);
        // The org has the missing values, but they are not managed.
        let mut complete = found.clone();
        complete.put("profiles", texts(&["Standard User"]));
        complete.put("client_credentials_flow_user", "a@example.com".into());
        complete.put("permitted_users", "AllSelfAuthorized".into());
        complete.put("client_credentials_flow_enabled", false.into());
        assert_eq!(errors(planned(POLICIES, &bad, Some(&complete), &none())), vec![]);
    }
}

#[test]
fn a_field_of_a_later_api_version_is_an_error_unless_it_is_false() {
    let old = PlanContext { version: Some(60), ..PlanContext::default() };
    let reply = planned_with(SETTINGS, &settings(), None, &none(), &old);
    assert!(!reply.diagnostics.has_errors(), "{:?}", reply.diagnostics);
    for (name, value, is_valid) in [
        ("code_credential_flow_enabled", Value::Bool(true), false),
        ("code_credential_flow_enabled", Value::Bool(false), true),
        ("custom_scopes", texts(&["a"]), false),
    ] {
        let reply = planned_with(SETTINGS, &with(settings(), name, value), None, &none(), &old);
        assert_eq!(!reply.diagnostics.has_errors(), is_valid, "{name}");
        if !is_valid {
            assert_eq!(reply.diagnostics.0[0].path, Some(Path::attribute(name)));
        }
    }
}

#[test]
fn a_change_of_deletion_protection_does_not_change_the_org() {
    let state = applied(&planned(SETTINGS, &settings(), None, &none()));
    let reply =
        planned(SETTINGS, &with(settings(), "deletion_protection", true.into()), Some(&state), &none());
    assert!(crate::provider::plan::changed_rows(spec(SETTINGS), &state, &reply.planned).is_empty());
    assert!(!reply.planned.get("consumer_key").is_unknown());
}

#[test]
fn unknown_values_of_the_configuration_remain_unknown() {
    let reply = planned(SETTINGS, &with(settings(), "callback_urls", Value::Unknown), None, &none());
    assert!(reply.planned.get("callback_urls").is_unknown());
    assert!(!reply.diagnostics.has_errors());
}

#[test]
fn attributes_of_a_consumer_in_another_org_cannot_be_set() {
    let linked = with(settings(), "oauth_link", "00D000000000009EAA:888".into());
    assert!(!planned(SETTINGS, &linked, None, &none()).diagnostics.has_errors());
    // A generated configuration also contains the defaults.
    let generated =
        with(with(linked.clone(), "pkce_required", true.into()), "device_flow_enabled", false.into());
    assert!(!planned(SETTINGS, &generated, None, &none()).diagnostics.has_errors());
    let mixed = with(linked, "callback_urls", Value::List(vec!["https://a/".into()]));
    let reply = planned(SETTINGS, &mixed, None, &none());
    assert_eq!(reply.diagnostics.0[0].path, Some(Path::attribute("oauth_link")));
    assert!(reply.diagnostics.0[0].detail.contains("callback_urls"));
}

#[test]
fn a_generated_link_to_the_own_consumer_changes_nothing_when_set_or_removed() {
    let mut state = applied(&planned(SETTINGS, &settings(), None, &none()));
    state.put("consumer_key", "3MVG9".into());
    state.put("oauth_link", "00D000000000001EAA:888".into());
    let generated = with(settings(), "oauth_link", "00D000000000001EAA:888".into());
    let reply = planned(SETTINGS, &generated, Some(&state), &none());
    assert!(reply.diagnostics.is_empty(), "{:?}", reply.diagnostics);
    assert_eq!(reply.planned, state);
    let later = planned(SETTINGS, &settings(), Some(&state), &PrivateState::read(&reply.private));
    assert!(later.requires_replace.is_empty(), "removing the line must not replace the consumer key");
    assert_eq!(later.planned, state);
}

#[test]
fn removing_the_link_to_a_consumer_in_another_org_requires_replacement() {
    let linked = with(settings(), "oauth_link", "00D000000000009EAA:888".into());
    let first = planned(SETTINGS, &linked, None, &none());
    let state = applied(&first);
    let reply = planned(SETTINGS, &settings(), Some(&state), &PrivateState::read(&first.private));
    assert_eq!(reply.requires_replace, vec![Path::attribute("oauth_link")]);
}

/// Terraform plans again during the apply, when all values are known. It rejects values that differ from those of the
/// first plan.
#[test]
fn a_value_that_is_known_only_after_apply_leads_to_the_same_plan_as_when_it_is_known() {
    for resource in [APP, SETTINGS, POLICIES] {
        let minimal: &[(&str, Value)] = match resource {
            APP => &[("name", "Shop".into()), ("label", "Shop".into())],
            SETTINGS => &[("external_client_app", "Shop".into())],
            _ => &[("external_client_app", "Shop".into())],
        };
        let prior = applied(&planned(resource, minimal, None, &PrivateState::default()));
        for row in spec(resource).rows() {
            let name = row.field.attribute;
            let known = match row.field.kind {
                Kind::Bool => Value::Bool(true),
                Kind::Int => Value::int(5),
                Kind::Commas => texts(&["a"]),
                Kind::Lines => Value::List(vec!["a".into()]),
                Kind::Text | Kind::Enum(_) => "a".into(),
                _ => continue,
            };
            if row.field.omitted == Omitted::Computed || minimal.iter().any(|(written, _)| *written == name) {
                continue;
            }
            let plan_with = |value: Value| {
                let config = [minimal, &[(name, value)]].concat();
                planned(resource, &config, Some(&prior), &PrivateState::default())
            };
            let (first, second) = (plan_with(Value::Unknown).planned, plan_with(known).planned);
            for (attribute, before) in first.entries().unwrap() {
                if !before.is_unknown() {
                    assert_eq!(before, second.get(attribute), "{name} changes the plan of {attribute}");
                }
            }
        }
    }
}

#[test]
fn a_link_or_a_consumer_attribute_that_may_be_null_is_no_linked_consumer() {
    let link = || ("oauth_link", Value::text("00D000000000002:888000000000001"));
    let key = || ("callback_urls", Value::List(vec!["https://a.example".into()]));
    for (config, is_error) in [
        (vec![link(), key()], true),
        (vec![("oauth_link", Value::Unknown), key()], false),
        (vec![link(), ("callback_urls", Value::Unknown)], false),
    ] {
        let config = [&[("external_client_app", Value::from("Shop"))], &config[..]].concat();
        let reply = planned(SETTINGS, &config, None, &PrivateState::default());
        assert_eq!(reply.diagnostics.has_errors(), is_error, "{config:?}: {:?}", reply.diagnostics);
    }
}

#[test]
fn a_data_source_accepts_alternative_arguments_that_may_be_null() {
    let check = |name: Value, label: Value| {
        let spec = &external_client_app::SPEC;
        let mut config = spec.schema().block.empty();
        config.put("name", name);
        config.put("label", label);
        spec.check(&config).has_errors()
    };
    let shop = || Value::from("Shop");
    assert!(!check(Value::Unknown, Value::Unknown));
    assert!(!check(shop(), Value::Unknown));
    assert!(!check(Value::Null, Value::Unknown));
    assert!(!check(shop(), Value::Null));
    assert!(check(shop(), shop()));
    assert!(check(Value::Null, Value::Null));
}
