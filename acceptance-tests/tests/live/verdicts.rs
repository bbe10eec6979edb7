//! The scenarios pass, every question is answered, and the answer depends on the org.

use super::program::{Live, at, change, org_of_others, picture};
use acceptance_tests::recorder::Recorder;
use acceptance_tests::scenario::Scenario;
use serde_json::json;

/// Where the emulator refuses to guess, or has no matching setup.
const OPEN_ON_THE_EMULATOR: [&str; 5] =
    ["code_flow", "global_hidden", "other_key", "policies_stay", "staged_words"];

/// Likely rules of an org that are not documented: the emulator has none of them.
const NO_RULE_OF_THE_EMULATOR: [&str; 6] =
    ["audience", "long_callbacks", "long_label", "overlap", "plain_http", "short_key"];

#[test]
fn every_scenario_passes_in_a_shared_org_and_leaves_it_unchanged() {
    let names: Vec<String> = Scenario::all().into_iter().map(|scenario| scenario.name).collect();
    assert!(names.len() >= 3, "{names:?}");
    // One after the other they would be the longest of all tests.
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| passes(name));
        }
    });
}

fn passes(name: &str) {
    let org = org_of_others(&[]);
    let before = picture(&org);
    let recorder = Recorder::before(&org);
    let mut live = Live::in_org(&org);
    live.variables = at(&recorder.url, &org.credentials());
    // With a question after it, which runs in a used org.
    let run = live.run(&[&format!("--only={name},order")]).ended_with(0);
    assert_eq!(run.verdicts()["order"], "held");
    let result = run.report["scenarios"][0]["result"].as_str().unwrap();
    // Scenarios with shared components are not run: they would change the org for everyone.
    let is_left_out = Scenario::named(name).is_for_the_emulator().is_some() || name.starts_with("org_");
    assert_eq!(result, if is_left_out { "skipped" } else { "passed" }, "{name}: {}", run.stdout);
    assert_eq!(picture(&org), before);
    run.keeps_secrets(&org);
    only_salesforces_own_calls(&recorder);
}

#[test]
fn every_question_is_answered_and_nothing_remains() {
    let org = org_of_others(&[]);
    let before = picture(&org);
    let recorder = Recorder::before(&org);
    let mut live = Live::in_org(&org);
    live.variables = at(&recorder.url, &org.credentials());
    let run = live.run(&["--only=facts"]).ended_with(0);
    assert!(run.verdicts().len() >= 50, "{}", run.stdout);
    assert_eq!(run.with_verdict("did not hold"), NO_RULE_OF_THE_EMULATOR, "{}", run.stdout);
    assert_eq!(run.with_verdict("not decided"), OPEN_ON_THE_EMULATOR, "{}", run.stdout);
    for id in run.verdicts().keys() {
        assert!(!run.said(id).is_empty(), "{id} has no text of the org");
    }
    assert!(run.said("other_key").contains("not imitated"));
    assert!(run.said("code_flow").contains("oAuthCdCrdtFlowEnable"));
    assert_eq!(picture(&org), before);
    run.keeps_secrets(&org);
    only_salesforces_own_calls(&recorder);
}

/// Only calls that Salesforce documents.
fn only_salesforces_own_calls(recorder: &Recorder) {
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
    let org = org_of_others(&["--strict-order"]);
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
    let before = picture(&org);
    let run = Live::in_org(&org).run(&["--only=facts"]).ended_with(0);
    let mut failed = run.with_verdict("did not hold");
    failed.retain(|id| !NO_RULE_OF_THE_EMULATOR.contains(&id.as_str()));
    let switched = ["order", "own_set", "pkce_off", "rest_key", "rotation", "secret_shown", "warnings"];
    assert_eq!(failed, switched, "{}", run.stdout);
    assert!(run.said("pkce_off").contains("isPkceRequired = \"true\""));
    assert!(run.stdout.contains("DID NOT HOLD  pkce_off: isPkceRequired = false is kept"), "{}", run.stdout);
    assert_eq!(picture(&org), before);
    run.keeps_secrets(&org);
}

#[test]
fn an_org_with_other_staged_credentials_gets_other_verdicts() {
    let org = org_of_others(&[]);
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
    let before = picture(&org);
    let switched = ["rest_unused", "rotated_id", "staged_beside", "staged_by", "staged_login", "staged_none"];
    let unmoved = ["own_secret", "rotated_answer", "rotated_end", "staged_gate", "staged_twice"];
    let only = [&switched[..], &unmoved[..]].concat().join(",");
    let run = Live::in_org(&org).run(&[&format!("--only={only}")]).ended_with(0);
    assert_eq!(run.with_verdict("did not hold"), switched, "{}", run.stdout);
    assert_eq!(run.with_verdict("held"), unmoved, "{}", run.stdout);
    assert_eq!(picture(&org), before);
    run.keeps_secrets(&org);
}

#[test]
fn an_org_with_other_rules_for_packages_gets_other_verdicts() {
    let asked = ["at_the_end", "flows_alone", "policies_first", "policies_named", "policies_one"];
    let refused = "doesn't have a valid OAuth settings configuration";
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
            refused,
        ),
        (
            json!({ "first_policies": "lost" }),
            &["policies_first", "policies_named", "policies_one"],
            "policies_first",
            "_oauth_defaultPolicy with ipRelaxationPolicyType = \"Enforce\"",
        ),
        (json!({ "flows_need_settings": true }), &["flows_alone"], "flows_alone", "Invalid plugin settings"),
    ] {
        let org = org_of_others(&[]);
        change(&org, &switches);
        let before = picture(&org);
        let run = Live::in_org(&org).run(&[&format!("--only={}", asked.join(","))]).ended_with(0);
        assert_eq!(run.with_verdict("did not hold"), expected, "{switches}: {}", run.stdout);
        assert!(run.said(id).contains(words), "{}", run.said(id));
        assert_eq!(picture(&org), before);
    }
}

#[test]
fn settings_and_permissions_limit_the_questions() {
    let org = org_of_others(&[]);
    change(
        &org,
        &json!({
            "codeCredFlow": false,
            "enableConsumerSecretApiAccess": false,
            "enableClientSecretInRestApiAccess": false,
        }),
    );
    let before = picture(&org);
    let run = Live::in_org(&org).run(&["--only=facts,policies"]).ended_with(0);
    let verdicts = run.verdicts();
    for id in ["code_flow", "global_hidden", "global_shown", "rest_secret", "staged_gate", "staged_words"] {
        assert_eq!(verdicts[id], "held", "{id}: {}", run.said(id));
    }
    // Without the Global file these have nothing to check, which is not an answer.
    for id in ["cert_cleared", "flow_flags", "id_flags", "pkce_off", "secret_shown", "staged_twice"] {
        assert_eq!(verdicts[id], "not decided", "{id}: {}", run.said(id));
    }
    // The scenario needs a setting that is disabled in this org, and a run does not enable it.
    assert_eq!(run.report["scenarios"][0]["result"], "skipped");
    assert!(run.report["scenarios"][0]["why"].as_str().unwrap().contains("oAuthCdCrdtFlowEnable"));
    assert_eq!(picture(&org), before);
}

#[test]
fn an_older_org_answers_fewer_questions() {
    let org = org_of_others(&["--api-version", "62"]);
    let before = picture(&org);
    let run = Live::in_org(&org).run(&["--only=facts"]).ended_with(0);
    assert_eq!(run.report["org"]["apiVersion"], "62.0");
    for id in ["jwt_timeouts", "staged_none", "staged_versions"] {
        assert_eq!(run.verdicts()[id], "not decided", "{}", run.said(id));
    }
    assert_eq!(run.verdicts()["pkce_off"], "held", "{}", run.stdout);
    assert_eq!(picture(&org), before);
}
