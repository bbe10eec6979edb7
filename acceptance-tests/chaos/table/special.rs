//! Faults that need a different configuration, org or setting.

use crate::baseline::pace;
use crate::case::{Case, Outcome, Section};
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::fixture::{Fixture, SHOP, Shape, Step, Testbed, configuration};
use crate::invariants;
use crate::processes;
use crate::random::Random;
use crate::table::{jobs, network};
use acceptance_tests::org::APP;
use acceptance_tests::terraform::Run;
use serde_json::json;
use std::time::Duration;

struct Special {
    name: &'static str,
    takes: Duration,
    run: fn(&str) -> Outcome,
}

const fn special(name: &'static str, seconds: u64, run: fn(&str) -> Outcome) -> Special {
    Special { name, takes: Duration::from_secs(seconds), run }
}

const SPECIAL: &[Special] = &[
    special("org_issues_jwt_tokens", 0, jwt_tokens),
    special("deploy_waits_for_others", 0, |what| slow(what, json!({ "queue_ms": 9000, "deploy_ms": 500 }))),
    special("deploy_takes_its_time", 0, |what| slow(what, json!({ "deploy_ms": 12_000 }))),
    special("deploy_does_not_end_in_time", 20, too_slow),
    special("another_org_at_the_address", 0, another_org),
    special("app_was_deleted_in_setup", 0, deleted),
    special("retrieve_hides_the_app", 0, |what| hidden(what, None)),
    special("retrieve_cannot_load_the_app", 0, |what| {
        hidden(what, Some("Load of meta data from db failed for metadata of type:ExternalClientApplication"))
    }),
    special("created_component_appears_late", 0, appears_late),
    special("created_component_never_appears", 60, never_appears),
    special("mass_removal", 0, mass_removal),
    special("app_name_is_taken", 0, name_is_taken),
    special("one_of_five_is_refused", 0, one_of_five),
    special("host_name_does_not_resolve", 0, network::host_name_does_not_resolve),
    special("proxy_refuses_connections", 0, network::proxy_refuses_connections),
    special("certificate_is_not_trusted", 0, network::certificate_is_not_trusted),
    special("no_folder_for_temporary_files", 0, |what| {
        with_variable(what, "TMPDIR", Some("/nowhere/at/all"))
    }),
    special("no_home", 0, |what| with_variable(what, "HOME", None)),
    special("staging_is_lost_before", 0, |what| lost_rotation(what, "stageCredentials", When::Before)),
    special("staging_is_lost_after", 0, |what| lost_rotation(what, "stageCredentials", When::After)),
    special("rotating_is_lost_before", 0, |what| lost_rotation(what, "rotateCredentials", When::Before)),
    special("rotating_is_lost_after", 0, |what| lost_rotation(what, "rotateCredentials", When::After)),
    special("list_of_pairs_is_lost", 0, |what| lost_rotation(what, "stagedCredentials", When::After)),
];

#[cfg(test)]
pub fn names() -> impl Iterator<Item = &'static str> {
    SPECIAL.iter().map(|special| special.name)
}

pub fn cases() -> impl Iterator<Item = Case> {
    SPECIAL.iter().map(|special| {
        let name = format!("fault/{}", special.name);
        let (what, run) = (name.clone(), special.run);
        Case { section: Section::Faults, name, takes: special.takes, run: Box::new(move || run(&what)) }
    })
}

fn fault(call: &str, when: When, times: Times, action: Action) -> Fault {
    Fault { calls: Calls::Named(call.to_owned()), nth: 1, times, when, action }
}

pub fn fails_with(run: &Run, words: &str, what: &str) {
    invariants::exited_normally(run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert!(run.words().to_lowercase().contains(&words.to_lowercase()), "{what}: expected {words:?}: {run}");
}

fn succeeded(run: &Run, what: &str) {
    invariants::exited_normally(run, what);
    assert_eq!(run.code, Some(0), "{what}: {run}");
}

pub fn finish(fixture: &mut Fixture<'_>, what: &str) -> Outcome {
    let loss = invariants::converges(fixture, what);
    Outcome {
        state_lost_by_terraform: loss.by_terraform,
        memory: processes::memory_of(&fixture.root()),
        ..Outcome::default()
    }
}

/// An org with an API version below 68 that issues JWT tokens, which its SOAP API does not accept.
fn jwt_tokens(what: &str) -> Outcome {
    let testbed = Testbed::with(&["--api-version", "66"]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Update);
    testbed.org.admin("PATCH", "/org", Some(&json!({ "jwtTokens": true })));
    testbed.proxy.plan(Vec::new(), Random::of(0, what));
    fails_with(&fixture.run(), "JWT", what);
    let calls = testbed
        .proxy
        .seen()
        .iter()
        .filter(|seen| ["retrieve", "deploy"].contains(&seen.call.as_str()))
        .count();
    assert_eq!(calls, 0, "{what}: a SOAP call used a token that SOAP does not accept");
    testbed.org.admin("PATCH", "/org", Some(&json!({ "jwtTokens": false })));
    finish(&mut fixture, what)
}

/// The provider does not send a deploy twice during a long wait.
fn slow(what: &str, times: serde_json::Value) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Update);
    testbed.org.admin("PATCH", "/org", Some(&times));
    testbed.proxy.plan(Vec::new(), Random::of(0, what));
    succeeded(&fixture.run(), what);
    let deploys = testbed.proxy.seen().iter().filter(|seen| seen.call == "deploy").count();
    assert_eq!(deploys, 1, "{what}");
    finish(&mut fixture, what)
}

/// The deploy exceeds the resource's timeout and later succeeds in the org. The next apply finds the result.
fn too_slow(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    let text = configuration(Shape::Client, crate::fixture::FIRST);
    let with_timeout = text.replacen("{\n", "{\n  timeouts {\n    create = \"15s\"\n  }\n", 1);
    fixture.workspace.configure(&with_timeout);
    testbed.org.admin("PATCH", "/org", Some(&json!({ "deploy_ms": 600_000 })));
    let run = fixture.run();
    invariants::exited_normally(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    let deploys = testbed.org.deploys();
    let id = deploys[0]["id"].as_str().unwrap_or("?");
    assert!(run.contains(id), "{what}: the deploy {id} continues and the output does not name it: {run}");
    finish(&mut fixture, what)
}

/// An org other than the one in the state responds. Nothing is removed, and nothing is created.
fn another_org(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Update);
    let before = testbed.org.org_id().to_owned();
    testbed.org.admin("PATCH", "/org", Some(&json!({ "id": "00D000000000042EAA" })));
    let state = fixture.state();
    fails_with(&fixture.run(), "org", what);
    assert_eq!(fixture.state(), state, "{what}: the state has changed");
    assert_eq!(testbed.committed(), fixture.before.committed, "{what}: something was deployed");
    testbed.org.admin("PATCH", "/org", Some(&json!({ "id": before })));
    finish(&mut fixture, what)
}

fn deleted(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    // This case does not use `Step::Update`, which expects an unchanged consumer key: a new app has a new key.
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    succeeded(&fixture.workspace.apply(), what);
    testbed.org.remove(APP, SHOP);
    succeeded(&fixture.run(), what);
    finish(&mut fixture, what)
}

/// The retrieve omits a component that the list contains. The resource stays in the state.
fn hidden(what: &str, message: Option<&'static str>) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Update);
    let change: crate::fault::Rewrite = match message {
        None => |response| jobs::without_ours(response, None),
        Some(_) => |response| {
            jobs::without_ours(
                response,
                Some("Load of meta data from db failed for metadata of type:ExternalClientApplication"),
            )
        },
    };
    testbed.proxy.plan(
        vec![fault("checkRetrieveStatus", When::After, Times::All, Action::Rewrite(change))],
        Random::of(0, what),
    );
    let run = fixture.run();
    invariants::exited_normally(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert_eq!(fixture.state().len(), 1, "{what}: the resource was removed from the state");
    assert_eq!(testbed.committed(), fixture.before.committed, "{what}: something was deployed");
    finish(&mut fixture, what)
}

/// The first reads after the deploy do not find the component.
fn appears_late(what: &str) -> Outcome {
    appears_late_as(Shape::Parts, what);
    appears_late_as(Shape::Client, what)
}

fn appears_late_as(shape: Shape, what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, shape, Step::Create);
    let late = Action::Rewrite(|response| jobs::without_ours(response, None));
    testbed
        .proxy
        .plan(vec![fault("checkRetrieveStatus", When::After, Times::Some(2), late)], Random::of(0, what));
    succeeded(&fixture.run(), what);
    finish(&mut fixture, what)
}

fn never_appears(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    let never = Action::Rewrite(|response| jobs::without_ours(response, None));
    testbed
        .proxy
        .plan(vec![fault("checkRetrieveStatus", When::After, Times::All, never)], Random::of(0, what));
    let run = fixture.run();
    invariants::exited_normally(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    finish(&mut fixture, what)
}

/// Six of eight apps were deleted. The provider rejects the mass removal until the configuration allows it.
fn mass_removal(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    let many = "resource \"salesforce_external_client_app\" \"shop\" {\n  for_each = toset([for number in range(8) : \"Shop${number}\"])\n  name     = each.key\n  label    = each.key\n}\n";
    fixture.workspace.configure(many);
    succeeded(&fixture.workspace.apply(), what);
    for number in 0..6 {
        testbed.org.remove(APP, &format!("Shop{number}"));
    }
    let committed = testbed.committed();
    fails_with(&fixture.workspace.apply(), "Mass removal rejected", what);
    assert_eq!(fixture.state().len(), 8, "{what}: resources were removed from the state");
    assert_eq!(testbed.committed(), committed, "{what}: something was created again");
    // Allow the mass removal.
    fixture.workspace.set("SALESFORCE_ALLOW_MASS_REMOVAL", "true");
    fixture
        .workspace
        .configure(&format!("provider \"salesforce\" {{\n  allow_mass_removal = true\n}}\n{many}"));
    succeeded(&fixture.workspace.apply(), what);
    fixture.workspace.assert_empty_plan();
    succeeded(&fixture.workspace.destroy(), what);
    fixture.workspace.configure(&configuration(Shape::Client, crate::fixture::FIRST));
    finish(&mut fixture, what)
}

/// Between the plan and the deploy, another user creates an app with the name of the planned app. The other user's app
/// is neither adopted nor overwritten.
fn name_is_taken(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    let create = Action::Meanwhile(
        "POST",
        "/apps",
        "{\"name\": \"Shop\", \"label\": \"Another owner's\", \"contactEmail\": \"a@example.com\", \"callbackUrl\": \"https://a.example.com/\", \"scopes\": \"Api\"}",
    );
    testbed
        .proxy
        .plan(vec![fault("listMetadata", When::Before, Times::Some(1), create)], Random::of(0, what));
    fails_with(&fixture.run(), "import", what);
    assert_eq!(testbed.org.part(APP, SHOP).text("label"), "Another owner's", "{what}: it was overwritten");
    assert!(fixture.state().is_empty(), "{what}: the app was adopted");
    testbed.org.remove(APP, SHOP);
    finish(&mut fixture, what)
}

/// The org rejects one of five apps. After the fault is removed, the next apply completes.
fn one_of_five(what: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    fixture.workspace.configure(
        "resource \"salesforce_external_client_app\" \"shop\" {\n  for_each = toset([for number in range(5) : \"Shop${number}\"])\n  name     = each.key\n  label    = each.key\n}\n",
    );
    let rejection = json!({ "call": "deploy", "every": true, "do": { "component_problem": {
        "type": "ExternalClientApplication", "fullName": "Shop3", "problem": "the org does not like it"
    } } });
    testbed.org.admin("POST", "/faults", Some(&rejection));
    let run = fixture.run();
    invariants::exited_normally(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert!(run.contains("the org does not like it"), "{what}: {run}");
    let deploys = testbed.org.deploys().len();
    assert!(deploys <= 5, "{what}: {deploys} deploys");
    testbed.org.admin("DELETE", "/faults", None);
    succeeded(&fixture.workspace.apply(), what);
    assert_eq!(testbed.own().len(), 5, "{what}");
    succeeded(&fixture.workspace.destroy(), what);
    fixture.workspace.configure(&configuration(Shape::Client, crate::fixture::FIRST));
    finish(&mut fixture, what)
}

/// With a changed environment variable, the command succeeds or reports an error.
fn with_variable(what: &str, variable: &str, value: Option<&str>) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Create);
    let before = fixture.root().join(if variable == "HOME" { "home" } else { "tmp" });
    match value {
        Some(value) => fixture.workspace.set(variable, value),
        None => fixture.workspace.unset(variable),
    }
    pace(&testbed);
    let run = fixture.run();
    invariants::exited_normally(&run, what);
    fixture.workspace.set(variable, &before.display().to_string());
    finish(&mut fixture, what)
}

/// A request or a response is lost during a rotation. The rotation still happens exactly once.
fn lost_rotation(what: &str, call: &str, when: When) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Parts, Step::Rotate);
    testbed.proxy.plan(vec![Fault::once(call, 1, when, Action::Reset)], Random::of(0, what));
    let run = fixture.run();
    succeeded(&run, what);
    assert!(testbed.proxy.seen().iter().any(|seen| seen.faulty), "{what}: the fault was never injected");
    finish(&mut fixture, what)
}
