//! Tests that the scenarios pass, that every open question is asked, and that the verdicts depend on the org.

use super::program::{Live, at, change, shared_org, visible_state};
use acceptance_tests::recorder::Recorder;
use acceptance_tests::scenario::Scenario;
use serde_json::json;

/// Open questions that the emulator cannot decide, or that need a different setup of the org.
const OPEN_ON_THE_EMULATOR: [&str; 5] =
    ["code_flow", "global_hidden", "other_key", "policies_stay", "staged_words"];

/// Open questions about likely but undocumented rules of an org. The emulator has none of these rules.
const NO_RULE_OF_THE_EMULATOR: [&str; 6] =
    ["audience", "long_callbacks", "long_label", "overlap", "plain_http", "short_key"];

#[test]
fn every_scenario_passes_in_a_shared_org_and_leaves_it_unchanged() {
    let names: Vec<String> = Scenario::all().into_iter().map(|scenario| scenario.name).collect();
    assert!(names.len() >= 3, "{names:?}");
    // One after the other, the scenarios would take longer than any other test.
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| passes(name));
        }
    });
}

fn passes(name: &str) {
    let org = shared_org(&[]);
    let before = visible_state(&org);
    let recorder = Recorder::before(&org);
    let mut live = Live::in_org(&org);
    live.variables = at(&recorder.url, &org.credentials());
    // An open question follows the scenario, so that it is asked in an org that was already used.
    let run = live.run(&[&format!("--only={name},order")]).ended_with(0);
    assert_eq!(run.verdicts()["order"], "held");
    let result = run.report["scenarios"][0]["result"].as_str().unwrap();
    // Scenarios with shared components are not run, because they would change the org for all users.
    let is_skipped = Scenario::named(name).is_for_the_emulator().is_some() || name.starts_with("org_");
    assert_eq!(result, if is_skipped { "skipped" } else { "passed" }, "{name}: {}", run.stdout);
    assert_eq!(visible_state(&org), before);
    run.assert_no_secrets(&org);
    assert_only_documented_calls(&recorder);
}

#[test]
fn every_fact_has_the_expected_verdict_and_nothing_remains() {
    let org = shared_org(&[]);
    let before = visible_state(&org);
    let recorder = Recorder::before(&org);
    let mut live = Live::in_org(&org);
    live.variables = at(&recorder.url, &org.credentials());
    let run = live.run(&["--only=questions"]).ended_with(0);
    assert!(run.verdicts().len() >= 50, "{}", run.stdout);
    assert_eq!(run.with_verdict("did not hold"), NO_RULE_OF_THE_EMULATOR, "{}", run.stdout);
    assert_eq!(run.with_verdict("not decided"), OPEN_ON_THE_EMULATOR, "{}", run.stdout);
    for id in run.verdicts().keys() {
        assert!(!run.response(id).is_empty(), "{id} has no text of the org");
    }
    assert!(run.response("other_key").contains("not emulated"));
    assert!(run.response("code_flow").contains("oAuthCdCrdtFlowEnable"));
    assert_eq!(visible_state(&org), before);
    run.assert_no_secrets(&org);
    assert_only_documented_calls(&recorder);
}

/// Asserts that the paths of all calls start like the paths that Salesforce documents.
fn assert_only_documented_calls(recorder: &Recorder) {
    let calls = recorder.exchanges();
    assert!(calls.len() > 10, "{} calls", calls.len());
    for call in calls {
        let path = call.request_line.split(' ').nth(1).unwrap_or_default();
        let is_known = ["/services/", "/id/"].iter().any(|start| path.starts_with(start));
        assert!(is_known, "{}", call.request_line);
    }
}

#[test]
fn an_org_with_other_behavior_gets_other_verdicts() {
    let org = shared_org(&["--strict-order"]);
    change(
        &org,
        &json!({
            "pkce_reverts": true,
            "secret_in_metadata": false,
            "key_in_rest": false,
            "warnings_fail": false,
            "preauthorization_needs_own_assignment": true,
        }),
    );
    let before = visible_state(&org);
    let run = Live::in_org(&org).run(&["--only=questions"]).ended_with(0);
    let mut failed = run.with_verdict("did not hold");
    failed.retain(|id| !NO_RULE_OF_THE_EMULATOR.contains(&id.as_str()));
    let changed = ["order", "own_set", "pkce_off", "rest_key", "rotation", "secret_shown", "warnings"];
    assert_eq!(failed, changed, "{}", run.stdout);
    assert!(run.response("pkce_off").contains("isPkceRequired = \"true\""));
    assert!(run.stdout.contains("DID NOT HOLD  pkce_off: isPkceRequired = false is kept"), "{}", run.stdout);
    assert_eq!(visible_state(&org), before);
    run.assert_no_secrets(&org);
}

#[test]
fn an_org_with_other_staged_credentials_gets_other_verdicts() {
    let org = shared_org(&[]);
    change(
        &org,
        &json!({
            "nothing_staged_is_404": true,
            "staging": "beside_rotated",
            "staged_created_by": "username",
            "staged_logs_in": false,
            "rotation_keeps_id": false,
            "usage_needs_tokens": true,
        }),
    );
    let before = visible_state(&org);
    let changed = ["rest_unused", "rotated_id", "staged_beside", "staged_by", "staged_login", "staged_none"];
    let unchanged = ["own_secret", "rotated_answer", "rotated_end", "staged_gate", "staged_twice"];
    let only = [&changed[..], &unchanged[..]].concat().join(",");
    let run = Live::in_org(&org).run(&[&format!("--only={only}")]).ended_with(0);
    assert_eq!(run.with_verdict("did not hold"), changed, "{}", run.stdout);
    assert_eq!(run.with_verdict("held"), unchanged, "{}", run.stdout);
    assert_eq!(visible_state(&org), before);
    run.assert_no_secrets(&org);
}

#[test]
fn an_org_with_other_rules_for_packages_gets_other_verdicts() {
    let questions = ["at_the_end", "flows_alone", "policies_first", "policies_named", "policies_one"];
    let message = "doesn't have a valid OAuth settings configuration";
    for (switches, expected, id, words) in [
        (
            json!({ "first_policies": "after_defaults" }),
            &["policies_first", "policies_one"][..],
            "policies_first",
            "duplicate value found",
        ),
        (
            json!({ "first_policies": "refused" }),
            &["policies_first", "policies_named", "policies_one"],
            "policies_named",
            message,
        ),
        (
            json!({ "first_policies": "lost" }),
            &["policies_first", "policies_named", "policies_one"],
            "policies_first",
            "_oauth_defaultPolicy with ipRelaxationPolicyType = \"Enforce\"",
        ),
        (json!({ "flows_need_settings": true }), &["flows_alone"], "flows_alone", "Invalid plugin settings"),
    ] {
        let org = shared_org(&[]);
        change(&org, &switches);
        let before = visible_state(&org);
        let run = Live::in_org(&org).run(&[&format!("--only={}", questions.join(","))]).ended_with(0);
        assert_eq!(run.with_verdict("did not hold"), expected, "{switches}: {}", run.stdout);
        assert!(run.response(id).contains(words), "{}", run.response(id));
        assert_eq!(visible_state(&org), before);
    }
}

#[test]
fn settings_and_permissions_limit_the_facts_that_can_be_decided() {
    let org = shared_org(&[]);
    change(
        &org,
        &json!({
            "codeCredFlow": false,
            "enableConsumerSecretApiAccess": false,
            "enableClientSecretInRestApiAccess": false,
        }),
    );
    let before = visible_state(&org);
    let run = Live::in_org(&org).run(&["--only=questions,policies"]).ended_with(0);
    let verdicts = run.verdicts();
    for id in ["code_flow", "global_hidden", "global_shown", "rest_secret", "staged_gate", "staged_words"] {
        assert_eq!(verdicts[id], "held", "{id}: {}", run.response(id));
    }
    // Without the file of the consumer, these questions have nothing to check and are not decided.
    for id in ["cert_cleared", "flow_flags", "id_flags", "pkce_off", "secret_shown", "staged_twice"] {
        assert_eq!(verdicts[id], "not decided", "{id}: {}", run.response(id));
    }
    // The scenario needs a setting that is disabled in this org, and a run does not enable org settings.
    assert_eq!(run.report["scenarios"][0]["result"], "skipped");
    assert!(run.report["scenarios"][0]["why"].as_str().unwrap().contains("oAuthCdCrdtFlowEnable"));
    assert_eq!(visible_state(&org), before);
}

#[test]
fn an_older_api_version_decides_fewer_questions() {
    let org = shared_org(&["--api-version", "62"]);
    let before = visible_state(&org);
    let run = Live::in_org(&org).run(&["--only=questions"]).ended_with(0);
    assert_eq!(run.report["org"]["apiVersion"], "62.0");
    for id in ["jwt_timeouts", "staged_none", "staged_versions"] {
        assert_eq!(run.verdicts()[id], "not decided", "{}", run.response(id));
    }
    assert_eq!(run.verdicts()["pkce_off"], "held", "{}", run.stdout);
    assert_eq!(visible_state(&org), before);
}
