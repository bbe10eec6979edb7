//! A union consists of its members. None of their attributes or messages may be missing, duplicated or misplaced.

use std::collections::BTreeSet;

use crate::provider::catalog::{self, OAUTH_CLIENT};
use crate::provider::operations::{PlanReply, PlanRequest};
use crate::provider::plan::{PlanContext, plan};
use crate::provider::rejection_cause;
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::union;
use crate::value::{Path, Step, Value};

const BLOCK: &str = "policies";

fn object(top: &[(&str, Value)], policies: Option<&[(&str, Value)]>) -> Value {
    let schema = &OAUTH_CLIENT.schema().block;
    let mut object = schema.empty();
    for (name, value) in top {
        assert!(object.entries().unwrap().contains_key(*name), "{name}");
        object.put(name, value.clone());
    }
    if let Some(written) = policies {
        let block = schema.blocks.iter().find(|nested| nested.name == BLOCK).unwrap();
        let mut policies = block.block.empty();
        for (name, value) in written {
            assert!(policies.entries().unwrap().contains_key(*name), "{name}");
            policies.put(name, value.clone());
        }
        object.put(BLOCK, policies);
    }
    object
}

fn shop() -> Vec<(&'static str, Value)> {
    vec![("name", "Shop".into()), ("label", "Shop".into())]
}

fn planned(config: Value, prior: &Value, private: &[u8]) -> PlanReply {
    let request = PlanRequest {
        type_name: OAUTH_CLIENT.name.to_owned(),
        prior: prior.clone(),
        proposed: config.clone(),
        config,
        private: private.to_vec(),
        identity: None,
    };
    let context = PlanContext { version: Some(67), ..PlanContext::default() };
    union::plan(OAUTH_CLIENT, &request, |member, request| plan(member, request, &context))
}

fn found(config: &Value) -> Vec<(String, String)> {
    let found = union::check(OAUTH_CLIENT, config, std::time::UNIX_EPOCH);
    found.into_iter().map(|it| (it.path.unwrap_or_default().to_string(), it.summary)).collect()
}

/// The state after an apply in an org that returns null for unknown values.
fn applied(planned: &Value) -> Value {
    let known = |value: &Value| if value.is_unknown() { Value::Null } else { value.clone() };
    let mut state = planned.clone();
    for (name, value) in planned.entries().unwrap() {
        let value = match value {
            Value::Object(members) => {
                Value::object(members.iter().map(|(name, value)| (name.clone(), known(value))))
            }
            value => known(value),
        };
        state.put(name, if name == "id" || name == "org_id" { "Shop".into() } else { value });
    }
    state
}

#[test]
fn every_row_of_a_member_is_exactly_one_attribute_of_the_union() {
    let schema = &OAUTH_CLIENT.schema().block;
    let policies = &schema.blocks.iter().find(|nested| nested.name == BLOCK).unwrap().block;
    let names = |block: &crate::provider::Block| -> Vec<String> {
        let blocks = block.blocks.iter().map(|nested| nested.name.clone());
        block.attributes.iter().map(|attribute| attribute.name.clone()).chain(blocks).collect()
    };
    for block in [schema, policies] {
        let names = names(block);
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{names:?}");
    }
    for member in OAUTH_CLIENT.members {
        let attributes = names(if member.block.is_some() { policies } else { schema });
        for row in member.spec.rows() {
            assert!(attributes.contains(&row.field.attribute.to_owned()), "{}", row.field.attribute);
        }
    }
}

#[test]
fn the_view_of_each_member_round_trips() {
    let client = object(&shop(), Some(&[("permitted_users", "AllSelfAuthorized".into())]));
    let mut back = OAUTH_CLIENT.schema().block.empty();
    for member in OAUTH_CLIENT.members {
        let view = OAUTH_CLIENT.view(member, &client);
        assert_eq!(view.get(member.spec.subject_attribute()), &Value::text("Shop"));
        let expected = member.spec.schema().block.empty();
        let names = |value: &Value| value.entries().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&view), names(&expected), "{}", member.spec.name);
        OAUTH_CLIENT.put(member, &view, &mut back);
    }
    assert_eq!(back, client);
}

#[test]
fn each_error_is_reported_once_and_at_its_attribute() {
    assert_eq!(found(&object(&shop(), None)), []);
    let bad_name = object(&[("name", "1 Shop".into()), ("label", "Shop".into())], Some(&[]));
    assert_eq!(found(&bad_name), [("name".to_owned(), "Invalid value".to_owned())]);
    let bad_words = object(
        &[shop(), vec![("distribution_state", "Lokal".into())]].concat(),
        Some(&[("permitted_users", "Everyone".into()), ("start_url", "no url".into())]),
    );
    let places: Vec<String> = found(&bad_words).into_iter().map(|(path, _)| path).collect();
    assert_eq!(places, ["distribution_state", "policies.permitted_users", "policies.start_url"]);
    let without_users = object(&shop(), Some(&[("permitted_users", "AdminApprovedPreAuthorized".into())]));
    assert_eq!(
        found(&without_users).first().map(|(path, _)| path.as_str()),
        Some("policies.permitted_users")
    );
}

#[test]
fn the_plan_of_a_union_combines_the_plans_of_its_members() {
    let config = object(&shop(), Some(&[("guest_code_credential_flow_enabled", true.into())]));
    let reply = planned(config.clone(), &Value::Null, b"");
    assert!(reply.planned.get("id").is_unknown() && reply.planned.get("consumer_key").is_unknown());
    let policies = reply.planned.get(BLOCK);
    assert!(policies.get("permitted_users").is_unknown());
    assert_eq!(policies.get("token_exchange_flow_enabled"), &Value::Bool(false));
    let state = applied(&reply.planned);
    let again = planned(config, &state, &reply.private);
    assert_eq!(again.planned, state);
    assert!(again.requires_replace.is_empty());
    assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
}

#[test]
fn an_added_block_is_adopted_and_a_removed_block_remains_in_the_org() {
    let without = planned(object(&shop(), None), &Value::Null, b"");
    let state = applied(&without.planned);
    assert!(state.get(BLOCK).is_null());
    let added = planned(object(&shop(), Some(&[])), &state, &without.private);
    assert!(added.planned.get(BLOCK).get("permitted_users").is_unknown());
    assert_eq!(added.planned.get("id"), state.get("id"));
    assert!(added.requires_replace.is_empty());

    let removed = planned(object(&shop(), None), &applied(&added.planned), &added.private);
    assert!(removed.planned.get(BLOCK).is_null());
    let ids: Vec<_> = removed.diagnostics.into_iter().map(|it| it.id).collect();
    assert_eq!(ids, ["policies-stay"]);
}

#[test]
fn deleted_settings_are_recreated_and_the_app_remains() {
    let reply = planned(object(&shop(), None), &Value::Null, b"");
    let mut state = applied(&reply.planned);
    OAUTH_CLIENT.put(&OAUTH_CLIENT.members[1], &Value::Null, &mut state);
    let again = planned(object(&shop(), None), &state, &reply.private);
    assert_eq!(again.planned.get("id"), state.get("id"));
    assert!(again.planned.get("consumer_key").is_unknown());
    assert!(again.requires_replace.is_empty());
}

#[test]
fn a_replacement_is_reported_once() {
    let protected = || ("deletion_protection", Value::Bool(true));
    for (written, expected) in
        [(None, "Consumer key will be destroyed"), (Some(protected()), "Deletion protection enabled")]
    {
        let top: Vec<(&str, Value)> = shop().into_iter().chain(written.clone()).collect();
        let state = applied(&planned(object(&top, Some(&[])), &Value::Null, b"").planned);
        let renamed: Vec<(&str, Value)> =
            [("name", "Other".into()), ("label", "Shop".into())].into_iter().chain(written).collect();
        let reply = planned(object(&renamed, Some(&[])), &state, b"{\"salesforce_external_client_app\":{}}");
        assert_eq!(reply.requires_replace, [Path::attribute("name")]);
        let summaries: Vec<String> = reply.diagnostics.into_iter().map(|it| it.summary).collect();
        assert_eq!(summaries, [expected]);
    }
}

#[test]
fn a_destroy_is_reported_once_and_rejected_if_protected() {
    for (protected, expected) in
        [(false, "Consumer key will be destroyed"), (true, "Deletion protection enabled")]
    {
        let top: Vec<(&str, Value)> =
            shop().into_iter().chain([("deletion_protection", protected.into())]).collect();
        let state = applied(&planned(object(&top, Some(&[])), &Value::Null, b"").planned);
        let request = PlanRequest {
            type_name: OAUTH_CLIENT.name.to_owned(),
            prior: state,
            proposed: Value::Null,
            config: Value::Null,
            private: Vec::new(),
            identity: None,
        };
        let reply = union::plan(OAUTH_CLIENT, &request, |member, request| {
            plan(member, request, &PlanContext::default())
        });
        let summaries: Vec<String> = reply.diagnostics.into_iter().map(|it| it.summary).collect();
        assert_eq!(summaries, [expected]);
    }
}

#[test]
fn a_lockout_in_the_policies_block_is_an_error_at_its_attribute() {
    let config = |enabled: bool| object(&shop(), Some(&[("enabled", enabled.into())]));
    let first = planned(config(true), &Value::Null, b"");
    let own = br#"{"salesforce_external_client_app":{"own_app":true},"salesforce_external_client_app_policies":{}}"#;
    let reply = planned(config(false), &applied(&first.planned), own);
    let errors: Vec<_> = reply.diagnostics.into_iter().filter(|it| it.is_error()).collect();
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(error.path.as_ref().unwrap().to_string(), "policies.enabled");
    assert_eq!(error.summary, "Change would lock out the provider");
}

#[test]
fn a_state_moves_to_the_union_and_back_without_loss() {
    for member in OAUTH_CLIENT.members {
        let mut state = member.spec.schema().block.empty();
        for name in ["id", "org_id"] {
            state.put(name, "Shop".into());
        }
        if member.spec.protectable {
            state.put("deletion_protection", false.into());
        }
        state.put(member.spec.subject_attribute(), "Shop".into());
        let row = member.spec.rows().find(|row| row.field.attribute.ends_with("url")).unwrap();
        state.put(row.field.attribute, "https://shop.example.com".into());
        let private = b"{\"managed\":[\"x\"]}";
        let (moved, moved_private) = union::moved_from(OAUTH_CLIENT, member.spec, &state, private).unwrap();
        assert_eq!(moved.get("name"), &Value::text("Shop"));
        assert_eq!(moved.get("id"), &Value::text("Shop"));
        let (back, back_private) =
            union::moved_to(OAUTH_CLIENT, member.spec, &moved, &moved_private).unwrap();
        assert_eq!(back, state, "{}", member.spec.name);
        assert_eq!(back_private, private);
        for other in OAUTH_CLIENT.members.iter().filter(|other| other.spec.name != member.spec.name) {
            let (_, private) = union::moved_to(OAUTH_CLIENT, other.spec, &moved, &moved_private).unwrap();
            assert_eq!(private, b"{\"imported\":true}", "it is read as if it were imported");
        }
    }
    let app = OAUTH_CLIENT.first();
    let mut state = app.schema().block.empty();
    shop().into_iter().for_each(|(name, value)| state.put(name, value));
    let (moved, private) = union::moved_from(OAUTH_CLIENT, app, &state, b"").unwrap();
    let unread = planned(object(&shop(), None), &moved, &private);
    let summaries: Vec<String> = unread.diagnostics.into_iter().map(|it| it.summary).collect();
    assert_eq!(summaries, ["Moved resource not refreshed"], "with -refresh=false");
    let unrelated = catalog::resource("salesforce_org_oauth_oidc_settings").unwrap();
    assert!(union::moved_from(OAUTH_CLIENT, unrelated, &unrelated.schema().block.empty(), b"").is_none());
    assert!(union::moved_to(OAUTH_CLIENT, unrelated, &Value::Null, b"").is_none());
}

#[test]
fn a_requirement_within_a_union_is_explained_as_the_same_resource() {
    let policies: &ResourceSpec = OAUTH_CLIENT.members[2].spec;
    let mut planned = policies.schema().block.empty();
    planned.put("guest_code_credential_flow_enabled", true.into());
    let sentence = "isNamedUserJwtEnabled must be enabled";
    let apart = rejection_cause::explain(policies, policies.name, &planned, sentence).unwrap();
    let together = rejection_cause::explain(policies, OAUTH_CLIENT.name, &planned, sentence).unwrap();
    assert!(apart.advice.contains("salesforce_external_client_app_oauth_settings"), "{}", apart.advice);
    assert_eq!(
        together.advice,
        "guest_code_credential_flow_enabled requires named_user_jwt_enabled = true in the same resource."
    );
}

#[test]
fn a_path_points_into_the_block_of_its_member() {
    let [app, settings, policies] = OAUTH_CLIENT.members else { panic!("three members") };
    let path = |member, name: &str| OAUTH_CLIENT.path(member, Path::attribute(name)).to_string();
    assert_eq!(path(app, "label"), "label");
    assert_eq!(path(settings, "external_client_app"), "name");
    assert_eq!(path(policies, "external_client_app"), "name");
    assert_eq!(path(policies, "timeouts"), "timeouts");
    let member = Path::attribute("profiles").then(Step::Index(1));
    assert_eq!(OAUTH_CLIENT.path(policies, member).to_string(), "policies.profiles[1]");
}
