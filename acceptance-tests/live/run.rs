//! One run: first the scenarios, then the open questions, until all are complete or the run is interrupted.

use crate::client::CallError;
use crate::org::{Kind, Org};
use crate::probes::{ProbeContext, Verdict};
use crate::questions::{QUESTIONS, Question};
use crate::report::{Report, ScenarioResult};
use crate::say;
use crate::settings::Selection;
use acceptance_tests::interrupt;
use acceptance_tests::scenario::Scenario;
use std::any::Any;
use std::panic::AssertUnwindSafe;

/// The types of resources that belong to one app.
const OF_ONE_APP: [&str; 3] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
];

/// A description of the run, printed before the run starts.
pub fn plan(org: &Org, selection: &Selection) -> String {
    let mut lines =
        vec![format!("Everything that it creates is named {}… and removed at the end:", org.scope)];
    let named: Vec<String> = scenarios(selection).map(|scenario| scenario.name).collect();
    if !named.is_empty() {
        lines.push(format!("  the scenarios {}, with Terraform and the provider", named.join(", ")));
    }
    match questions(selection).count() {
        0 => {}
        count => lines.push(format!("  {count} questions, each with its own external client app")),
    }
    lines.push("  permission sets without permissions, where needed".to_owned());
    lines.push("Nothing else in the org is changed, including its settings.".to_owned());
    if org.about.kind == Kind::Production {
        lines.push("LIVE_PRODUCTION=yes: it runs in PRODUCTION.".to_owned());
    }
    lines.join("\n")
}

fn scenarios(selection: &Selection) -> impl Iterator<Item = Scenario> {
    Scenario::all().into_iter().filter(|scenario| selection.has_scenario(&scenario.name))
}

fn questions(selection: &Selection) -> impl Iterator<Item = &'static Question> {
    QUESTIONS.iter().filter(|question| selection.has_question(question.id))
}

/// The first signal stops the run and lets it clean up; the second exits immediately.
pub fn handle_signals() {
    let handle = || -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut interrupted = signal(SignalKind::interrupt())?;
            let mut terminated = signal(SignalKind::terminate())?;
            let mut hung_up = signal(SignalKind::hangup())?;
            for time in 0.. {
                tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                    _ = hung_up.recv() => {}
                }
                if time == 0 {
                    interrupt::request();
                    say("\nStopping: running operations finish, then everything is removed. Press Ctrl-C again to exit without cleanup.");
                } else {
                    say("Exiting without cleanup; make live SWEEP=1 removes the leftovers.");
                    std::process::exit(130);
                }
            }
            Ok(())
        })
    };
    std::thread::spawn(move || {
        if let Err(error) = handle() {
            say(&format!("Ctrl-C cannot be handled: {error}"));
        }
    });
}

pub fn run(org: &Org, selection: &Selection) -> Report {
    let mut report = Report::default();
    for (number, scenario) in scenarios(selection).enumerate() {
        if interrupt::is_requested() {
            break;
        }
        let outcome = run_scenario(org, number, &scenario);
        say(&format!("  scenario {}: {}", scenario.name, word(&outcome)));
        report.scenarios.push((scenario.name, outcome));
    }
    for question in questions(selection) {
        if interrupt::is_requested() {
            break;
        }
        let verdict = run_probe(org, question);
        let word = match &verdict {
            Verdict::Held(_) => "held",
            Verdict::DidNotHold(_) => "did not hold",
            Verdict::Undecided(_) => "not decided",
        };
        say(&format!("  {}: {word}", question.id));
        report.questions.push((question, verdict));
    }
    report.is_interrupted = interrupt::is_requested();
    report
}

fn word(outcome: &ScenarioResult) -> &'static str {
    match outcome {
        ScenarioResult::Passed => "passed",
        ScenarioResult::Failed(_) => "FAILED",
        ScenarioResult::Skipped(_) => "skipped",
    }
}

fn run_scenario(org: &Org, number: usize, scenario: &Scenario) -> ScenarioResult {
    if let Some(reason) = scenario.is_for_the_emulator() {
        return ScenarioResult::Skipped(reason);
    }
    // Other resources, such as org settings, may be shared with other users.
    if let Some(other) =
        scenario.resource_types().into_iter().find(|kind| !OF_ONE_APP.contains(&kind.as_str()))
    {
        return ScenarioResult::Skipped(format!(
            "{other} does not belong to one app, and a run changes nothing else"
        ));
    }
    let setting = "oAuthCdCrdtFlowEnable";
    if scenario.needs_code_credential_flow() && org.setting(setting) == Some(false) {
        return ScenarioResult::Skipped(format!(
            "{setting} of this org is false, and a run changes no setting of an org"
        ));
    }
    // Each scenario uses new names, because an org may reserve the name of a deleted app for some time.
    let renamed = scenario.renamed(&org.scope.name(&format!("S{number}_")));
    let prepared: Result<Vec<String>, CallError> =
        renamed.permission_sets().iter().map(|name| org.create_permission_set(name)).collect();
    if let Err(error) = prepared {
        return ScenarioResult::Failed(format!("a permission set is missing: {error}"));
    }
    let _previous_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| renamed.play(org)));
    let _quiet = std::panic::take_hook();
    match outcome {
        Ok(()) => ScenarioResult::Passed,
        Err(reason) => ScenarioResult::Failed(org.redacted(&words(&*reason))),
    }
}

fn words(reason: &(dyn Any + Send)) -> String {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| reason.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked without a message")
        .to_owned()
}

fn run_probe(org: &Org, question: &Question) -> Verdict {
    let context = ProbeContext { org, app: org.scope.name(question.id) };
    match (question.probe)(&context) {
        Ok(Verdict::Held(details)) => Verdict::Held(org.redacted(&details)),
        Ok(Verdict::DidNotHold(details)) => Verdict::DidNotHold(org.redacted(&details)),
        Ok(Verdict::Undecided(details)) => Verdict::Undecided(org.redacted(&details)),
        Err(error) => Verdict::Undecided(org.redacted(&error.to_string())),
    }
}
