//! Faults that need a configuration, an org or a setting of their own.

use crate::case::{Case, Chapter, Outcome};
use crate::chance::Chance;
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::oracle;
use crate::processes;
use crate::rehearsal::pace;
use crate::stage::{Place, SHOP, Shape, Stage, Step, configuration};
use crate::table::jobs;
use acceptance_tests::org::APP;
use acceptance_tests::terraform::Run;
use serde_json::json;
use std::time::Duration;

/// One of them.
struct Special {
    name: &'static str,
    takes: Duration,
    play: fn(&str) -> Outcome,
}

const fn special(name: &'static str, seconds: u64, play: fn(&str) -> Outcome) -> Special {
    Special { name, takes: Duration::from_secs(seconds), play }
}

const SPECIAL: &[Special] = &[
    special("tokens_are_of_a_kind_that_soap_refuses", 0, jwt_tokens),
    special("deploy_waits_for_others", 0, |what| slow(what, json!({ "queue_ms": 9000, "deploy_ms": 500 }))),
    special("deploy_takes_its_time", 0, |what| slow(what, json!({ "deploy_ms": 12_000 }))),
    special("deploy_does_not_end_in_time", 20, too_slow),
    special("another_org_at_the_address", 0, another_org),
    special("app_was_deleted_in_setup", 0, deleted),
    special("retrieve_hides_the_app", 0, |what| hidden(what, None)),
    special("retrieve_cannot_load_the_app", 0, |what| {
        hidden(what, Some("Load of meta data from db failed for metadata of type:ExternalClientApplication"))
    }),
    special("what_was_made_shows_late", 0, shows_late),
    special("what_was_made_never_shows", 60, never_shows),
    special("many_are_gone_at_once", 0, many_gone),
    special("somebody_made_an_app_of_this_name", 0, foreign),
    special("one_of_five_is_refused", 0, one_of_five),
    special("no_folder_for_temporary_files", 0, |what| environment(what, "TMPDIR", Some("/nowhere/at/all"))),
    special("no_home", 0, |what| environment(what, "HOME", None)),
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
        let (what, play) = (name.clone(), special.play);
        Case { chapter: Chapter::Faults, name, takes: special.takes, play: Box::new(move || play(&what)) }
    })
}

fn fault(call: &str, when: When, times: Times, action: Action) -> Fault {
    Fault { calls: Calls::Named(call.to_owned()), nth: 1, times, when, action }
}

fn said(run: &Run, words: &str, what: &str) {
    oracle::ended_in_words(run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert!(run.words().to_lowercase().contains(&words.to_lowercase()), "{what}: expected {words:?}: {run}");
}

fn went_well(run: &Run, what: &str) {
    oracle::ended_in_words(run, what);
    assert_eq!(run.code, Some(0), "{what}: {run}");
}

fn concluded(stage: &mut Stage<'_>, what: &str) -> Outcome {
    let loss = oracle::converges(stage, what);
    Outcome {
        state_lost_by_terraform: loss.by_terraform,
        memory: processes::memory_of(&stage.root()),
        ..Outcome::default()
    }
}

/// Orgs below API version 68.
fn jwt_tokens(what: &str) -> Outcome {
    let place = Place::with(&["--api-version", "66"]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Update);
    place.org.admin("PATCH", "/org", Some(&json!({ "jwtTokens": true })));
    place.proxy.plan(Vec::new(), Chance::of(0, what));
    said(&stage.run(), "JWT", what);
    let asked =
        place.proxy.seen().iter().filter(|seen| ["retrieve", "deploy"].contains(&seen.call.as_str())).count();
    assert_eq!(asked, 0, "{what}: SOAP was asked with a token that it refuses");
    place.org.admin("PATCH", "/org", Some(&json!({ "jwtTokens": false })));
    concluded(&mut stage, what)
}

/// Nothing is sent twice while it is waited for.
fn slow(what: &str, times: serde_json::Value) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Update);
    place.org.admin("PATCH", "/org", Some(&times));
    place.proxy.plan(Vec::new(), Chance::of(0, what));
    went_well(&stage.run(), what);
    let deploys = place.proxy.seen().iter().filter(|seen| seen.call == "deploy").count();
    assert_eq!(deploys, 1, "{what}");
    concluded(&mut stage, what)
}

/// The time of the resource is over, the deploy goes on in the org and ends well: the next apply finds it.
fn too_slow(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let text = configuration(Shape::Client, crate::stage::FIRST);
    let with_timeout = text.replacen("{\n", "{\n  timeouts {\n    create = \"15s\"\n  }\n", 1);
    stage.workspace.configure(&with_timeout);
    place.org.admin("PATCH", "/org", Some(&json!({ "deploy_ms": 600_000 })));
    let run = stage.run();
    oracle::ended_in_words(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    let deploys = place.org.deploys();
    let id = deploys[0]["id"].as_str().unwrap_or("?");
    assert!(run.says(id), "{what}: the deploy {id} goes on and nobody was told: {run}");
    concluded(&mut stage, what)
}

/// Another org answers where the state's was: nothing is gone, nothing is made.
fn another_org(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Update);
    let before = place.org.org_id().to_owned();
    place.org.admin("PATCH", "/org", Some(&json!({ "id": "00D000000000042EAA" })));
    let state = stage.state();
    said(&stage.run(), "org", what);
    assert_eq!(stage.state(), state, "{what}: the state is another one");
    assert_eq!(place.committed(), stage.before.committed, "{what}: something was deployed");
    place.org.admin("PATCH", "/org", Some(&json!({ "id": before })));
    concluded(&mut stage, what)
}

fn deleted(what: &str) -> Outcome {
    let place = Place::with(&[]);
    // A replacement is what an update becomes: another key is right.
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    went_well(&stage.workspace.apply(), what);
    place.org.remove(APP, SHOP);
    went_well(&stage.run(), what);
    concluded(&mut stage, what)
}

/// The retrieve does not have what the list has: nothing is believed gone.
fn hidden(what: &str, message: Option<&'static str>) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Update);
    let change: crate::fault::Change = match message {
        None => |answer| jobs::without_ours(answer, None),
        Some(_) => |answer| {
            jobs::without_ours(
                answer,
                Some("Load of meta data from db failed for metadata of type:ExternalClientApplication"),
            )
        },
    };
    place.proxy.plan(
        vec![fault("checkRetrieveStatus", When::After, Times::All, Action::Change(change))],
        Chance::of(0, what),
    );
    let run = stage.run();
    oracle::ended_in_words(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert_eq!(stage.state().len(), 1, "{what}: it was believed gone");
    assert_eq!(place.committed(), stage.before.committed, "{what}: something was deployed");
    concluded(&mut stage, what)
}

/// Reads after the deploy do not have it at first.
fn shows_late(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let late = Action::Change(|answer| jobs::without_ours(answer, None));
    place
        .proxy
        .plan(vec![fault("checkRetrieveStatus", When::After, Times::Some(2), late)], Chance::of(0, what));
    went_well(&stage.run(), what);
    concluded(&mut stage, what)
}

fn never_shows(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let never = Action::Change(|answer| jobs::without_ours(answer, None));
    place.proxy.plan(vec![fault("checkRetrieveStatus", When::After, Times::All, never)], Chance::of(0, what));
    let run = stage.run();
    oracle::ended_in_words(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    concluded(&mut stage, what)
}

/// A user who may no longer see: files and lists have nothing of ours.
fn many_gone(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let many = "resource \"salesforce_external_client_app\" \"shop\" {\n  for_each = toset([for number in range(8) : \"Shop${number}\"])\n  name     = each.key\n  label    = each.key\n}\n";
    stage.workspace.configure(many);
    went_well(&stage.workspace.apply(), what);
    for number in 0..6 {
        place.org.remove(APP, &format!("Shop{number}"));
    }
    let committed = place.committed();
    said(&stage.workspace.apply(), "Refusing mass removal", what);
    assert_eq!(stage.state().len(), 8, "{what}: it was believed");
    assert_eq!(place.committed(), committed, "{what}: something was made anew");
    // Somebody meant it.
    stage.workspace.set("SALESFORCE_ALLOW_MASS_REMOVAL", "true");
    stage
        .workspace
        .configure(&format!("provider \"salesforce\" {{\n  allow_mass_removal = true\n}}\n{many}"));
    went_well(&stage.workspace.apply(), what);
    stage.workspace.is_settled();
    went_well(&stage.workspace.destroy(), what);
    stage.workspace.configure(&configuration(Shape::Client, crate::stage::FIRST));
    concluded(&mut stage, what)
}

/// Between plan and deploy somebody else makes an app of this name: it is theirs.
fn foreign(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let made = Action::Meanwhile(
        "POST",
        "/apps",
        "{\"name\": \"Shop\", \"label\": \"Somebody's\", \"contactEmail\": \"a@example.com\", \"callbackUrl\": \"https://a.example.com/\", \"scopes\": \"Api\"}",
    );
    place.proxy.plan(vec![fault("listMetadata", When::Before, Times::Some(1), made)], Chance::of(0, what));
    said(&stage.run(), "import", what);
    assert_eq!(place.org.part(APP, SHOP).text("label"), "Somebody's", "{what}: it was overwritten");
    assert!(stage.state().is_empty(), "{what}: it was taken over");
    place.org.remove(APP, SHOP);
    concluded(&mut stage, what)
}

/// The others are made.
fn one_of_five(what: &str) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    stage.workspace.configure(
        "resource \"salesforce_external_client_app\" \"shop\" {\n  for_each = toset([for number in range(5) : \"Shop${number}\"])\n  name     = each.key\n  label    = each.key\n}\n",
    );
    let refused = json!({ "call": "deploy", "every": true, "do": { "component_problem": {
        "type": "ExternalClientApplication", "fullName": "Shop3", "problem": "the org does not like it"
    } } });
    place.org.admin("POST", "/faults", Some(&refused));
    let run = stage.run();
    oracle::ended_in_words(&run, what);
    assert_eq!(run.code, Some(1), "{what}: {run}");
    assert!(run.says("the org does not like it"), "{what}: {run}");
    let deploys = place.org.deploys().len();
    assert!(deploys <= 5, "{what}: {deploys} deploys");
    place.org.admin("DELETE", "/faults", None);
    went_well(&stage.workspace.apply(), what);
    assert_eq!(place.own().len(), 5, "{what}");
    went_well(&stage.workspace.destroy(), what);
    stage.workspace.configure(&configuration(Shape::Client, crate::stage::FIRST));
    concluded(&mut stage, what)
}

/// Another environment: works, or says what is wrong.
fn environment(what: &str, variable: &str, value: Option<&str>) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, Step::Create);
    let before = stage.root().join(if variable == "HOME" { "home" } else { "tmp" });
    match value {
        Some(value) => stage.workspace.set(variable, value),
        None => stage.workspace.unset(variable),
    }
    pace(&place);
    let run = stage.run();
    oracle::ended_in_words(&run, what);
    stage.workspace.set(variable, &before.display().to_string());
    concluded(&mut stage, what)
}

/// An answer of a rotation is lost: it is done once all the same.
fn lost_rotation(what: &str, call: &str, when: When) -> Outcome {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Parts, Step::Rotate);
    place.proxy.plan(vec![Fault::once(call, 1, when, Action::Reset)], Chance::of(0, what));
    let run = stage.run();
    went_well(&run, what);
    assert!(place.proxy.seen().iter().any(|seen| seen.faulty), "{what}: was never played");
    concluded(&mut stage, what)
}
