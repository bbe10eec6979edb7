//! Tests for the plan, the validation and the private state of a rotation.

use super::memory::{ForeignStaging, KeyChange, Memory};
use super::*;
use crate::provider::diagnostics::Severity;
use crate::provider::operations::{PlanReply, PlanRequest};
use crate::provider::plan::PlanContext;

fn map(values: &[(&str, &str)]) -> Value {
    Value::Map(values.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect())
}

fn config(rotate: Value, revoke: Value) -> Value {
    let mut config = schema().block.empty();
    config.put(APP, "Shop".into());
    config.put(ROTATE, rotate);
    config.put(REVOKE, revoke);
    config
}

fn state(rotate: Value, revoke: Value) -> Value {
    let mut state = config(rotate, revoke);
    state.put(KEY, "K1".into());
    state.put(WAIT, "0s".into());
    state.put(ID, "Shop".into());
    state
}

fn planned(prior: Value, config: Value, memory: &Memory, context: &PlanContext) -> PlanReply {
    let request = PlanRequest {
        type_name: NAME.to_owned(),
        prior,
        proposed: config.clone(),
        config,
        private: memory.write(),
        identity: None,
    };
    plan(&request, context)
}

fn summaries(reply: &PlanReply) -> Vec<(Severity, &str)> {
    reply.diagnostics.0.iter().map(|it| (it.severity, it.summary.as_str())).collect()
}

#[test]
fn changed_values_rotate_and_removed_or_imported_values_do_not() {
    let one = || map(&[("v", "1")]);
    let two = || map(&[("v", "2")]);
    let none = || Value::Null;
    let imported = Memory { imported: Some(1), ..Memory::default() };
    let memory = Memory::default();
    for (old, new, memory, rotates) in [
        (one(), one(), &memory, false),
        (one(), two(), &memory, true),
        (one(), map(&[("v", "1"), ("w", "1")]), &memory, true),
        (one(), none(), &memory, false),
        (one(), map(&[]), &memory, false),
        (none(), map(&[]), &memory, false),
        (none(), one(), &memory, true),
        (map(&[]), one(), &memory, true),
        (none(), one(), &imported, false),
        (one(), Value::Unknown, &memory, true),
        (one(), Value::Map([("v".to_owned(), Value::Unknown)].into()), &memory, true),
    ] {
        let what = format!("{old:?} {new:?}");
        let reply = planned(state(old, none()), config(new, none()), memory, &PlanContext::default());
        assert_eq!(reply.planned.get(KEY).is_unknown(), rotates, "{what}");
        assert_eq!(reply.planned.get(ROTATED_AT).is_unknown(), rotates, "{what}");
    }
}

#[test]
fn plan_diagnostics_depend_on_the_last_known_state_of_the_credentials() {
    let login = |key: &str| PlanContext { client_id: Some(key.to_owned()), ..PlanContext::default() };
    let allowed = PlanContext { allow_self_lockout: true, ..login("K1") };
    let no_context = PlanContext::default();
    let rotated = |text: &str| Memory { rotated: Some(text.to_owned()), ..Memory::default() };
    let ended = Memory { rotated_and_ended: Some(String::new()), ..Memory::default() };
    let imported = Memory { imported: Some(1), ..Memory::default() };
    let foreign = Memory {
        foreign: Some(ForeignStaging { by: Some("005x".to_owned()), on: None }),
        ..Memory::default()
    };
    let previous = Memory { previous_key: Some("K0".to_owned()), ..Memory::default() };
    let (error, warning) = (Severity::Error, Severity::Warning);
    let changes = "Client ID will change";
    let lockout = "Change would lock out the provider";
    for (memory, context, rotate, revoke, expected) in [
        (&Memory::default(), &no_context, true, false, vec![(warning, changes)]),
        (&Memory::default(), &no_context, true, true, vec![(warning, changes)]),
        (
            &Memory::default(),
            &no_context,
            false,
            true,
            vec![(warning, "Previous credentials will be revoked")],
        ),
        (&Memory::default(), &login("K1"), true, false, vec![(error, lockout)]),
        (&Memory::default(), &login("K7"), true, false, vec![(warning, changes)]),
        (&Memory::default(), &allowed, true, false, vec![(warning, changes)]),
        (&previous, &login("K0"), false, true, vec![(error, lockout)]),
        (&rotated("2026"), &no_context, true, false, vec![(warning, "Credentials already rotated")]),
        (&foreign, &no_context, true, false, vec![(error, "Credentials staged by another user")]),
        (&foreign, &no_context, false, false, vec![]),
        (&ended, &no_context, true, true, vec![(warning, "Credentials already rotated")]),
        (&ended, &no_context, true, false, vec![(warning, changes)]),
        (&imported, &no_context, true, false, vec![(warning, changes)]),
    ] {
        let value = |changed: bool| map(&[("v", if changed { "2" } else { "1" })]);
        let mut prior = state(value(false), value(false));
        prior.put(PREVIOUS_STATE, "Rotated".into());
        let reply = planned(prior, config(value(rotate), value(revoke)), memory, context);
        assert_eq!(summaries(&reply), expected, "{memory:?} {context:?}");
    }
}

#[test]
fn values_known_only_after_apply_are_a_warning_and_not_an_error() {
    let own = PlanContext { client_id: Some("K1".to_owned()), ..PlanContext::default() };
    for context in [&PlanContext::default(), &own] {
        let unknown = Value::Map([("v".to_owned(), Value::Unknown)].into());
        let prior = state(map(&[("v", "1")]), Value::Null);
        let reply = planned(prior, config(unknown, Value::Null), &Memory::default(), context);
        assert_eq!(summaries(&reply), [(Severity::Warning, "Client ID will change")]);
        assert!(reply.diagnostics.0.iter().all(|it| it.detail.contains("known only after apply")));
    }
}

#[test]
fn the_first_values_after_an_import_are_recorded_with_a_warning() {
    let imported = Memory { imported: Some(1), ..Memory::default() };
    let prior = state(Value::Null, Value::Null);
    let reply = planned(prior, config(map(&[("v", "1")]), Value::Null), &imported, &PlanContext::default());
    assert_eq!(summaries(&reply), [(Severity::Warning, "Initial values recorded after import")]);
    assert!(!reply.planned.get(KEY).is_unknown());
    let day = 24 * 3600;
    assert_eq!(imported.clone().at(day).imported, Some(1));
    assert_eq!(imported.at(day + 2).imported, None);
}

#[test]
fn a_create_does_not_rotate_and_a_destroy_warns_about_valid_credentials() {
    let reply = planned(
        Value::Null,
        config(map(&[("v", "1")]), Value::Null),
        &Memory::default(),
        &PlanContext::default(),
    );
    assert!(reply.planned.get(KEY).is_unknown() && reply.planned.get(ROTATED_AT).is_null());
    assert_eq!(reply.planned.get(WAIT), &Value::text("0s"));
    assert!(summaries(&reply).is_empty());

    for (previous, warns) in [(Value::Null, false), ("Expired".into(), false), ("Rotated".into(), true)] {
        let mut prior = state(Value::Null, Value::Null);
        prior.put(PREVIOUS_STATE, previous);
        let request = PlanRequest {
            type_name: NAME.to_owned(),
            prior,
            proposed: Value::Null,
            config: Value::Null,
            private: Vec::new(),
            identity: None,
        };
        assert_eq!(!plan(&request, &PlanContext::default()).diagnostics.is_empty(), warns);
    }
}

#[test]
fn another_app_requires_replacement_and_an_older_api_version_is_rejected() {
    let mut other = config(Value::Null, Value::Null);
    other.put(APP, "Other".into());
    let reply = planned(state(Value::Null, Value::Null), other, &Memory::default(), &PlanContext::default());
    assert_eq!(reply.requires_replace, [Path::attribute(APP)]);

    for (version, rejected) in [(64, true), (65, false)] {
        let context = PlanContext { version: Some(version), ..PlanContext::default() };
        let reply = planned(Value::Null, config(Value::Null, Value::Null), &Memory::default(), &context);
        assert_eq!(reply.diagnostics.has_errors(), rejected, "{version}");
    }
}

#[test]
fn propagation_waits_may_be_zero_and_invalid_durations_are_errors() {
    for (text, seconds) in [
        ("0s", Some(0)),
        ("0", Some(0)),
        ("00m", Some(0)),
        ("30s", Some(30)),
        ("2m", Some(120)),
        ("1h", Some(3600)),
    ] {
        assert_eq!(wait(text).map(|time| time.as_secs()), seconds, "{text}");
    }
    for text in ["", "s", "5", "-1s", "soon", "1 minute"] {
        assert_eq!(wait(text), None, "{text:?}");
        let mut config = config(Value::Null, Value::Null);
        config.put(WAIT, text.into());
        let found = validate(&config);
        assert_eq!(found.0.len(), 1, "{text:?}");
        assert_eq!(found.0.first().and_then(|it| it.path.clone()), Some(Path::attribute(WAIT)));
    }
}

#[test]
fn memory_round_trips_and_invalid_data_is_read_as_empty() {
    let memory = Memory {
        moved: Some(KeyChange { from: "K".to_owned(), noticed: 7 }),
        previous_key: Some("P".to_owned()),
        rotated: Some(String::new()),
        rotated_and_ended: None,
        foreign: Some(ForeignStaging { by: None, on: Some("2026".to_owned()) }),
        imported: Some(3),
    };
    assert_eq!(Memory::read(&memory.write()), memory);
    for bytes in [&b""[..], b"{", b"[]", b"\xff", b"{\"key\":3,\"foreign\":3}"] {
        assert_eq!(Memory::read(bytes), Memory::default());
    }
}
