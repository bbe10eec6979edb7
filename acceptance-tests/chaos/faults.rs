//! The cases of the fault table: each row at the calls that it selects, and the special cases.

use crate::baseline::{Baselines, pace};
use crate::case::{Case, Outcome, Section};
use crate::fault::{Calls, Fault, Times, When};
use crate::fixture::{Fixture, Shape, Step, Testbed};
use crate::invariants;
use crate::processes;
use crate::random::Random;
use crate::table::{self, At, Expected, Injection, Row};
use acceptance_tests::terraform::Run;
use serde_json::{Value, json};
use std::sync::Arc;

/// The memory limit, in KiB, for a provider in the table's cases, which include hostile responses.
const HOSTILE_MEMORY_LIMIT: u64 = 256 * 1024;

/// Calls that may fail in a successful run. The provider can determine the result of a deploy by reading the
/// components, and uses the queries only for messages and to detect concurrent deploys.
const DISPENSABLE: [&str; 3] = ["checkDeployStatus", "query", "toolingQuery"];

/// A point of a step at which a fault is injected.
#[derive(Debug, Clone)]
struct InjectionPoint {
    step: Step,
    calls: Calls,
    /// The number of the matching call, counted from 1.
    nth: usize,
    when: When,
    /// The name of that call in the baseline.
    at: String,
    /// Whether the case takes as long as the row states in `slow_at`.
    is_slow: bool,
}

impl InjectionPoint {
    fn takes(&self, row: &Row) -> std::time::Duration {
        if self.is_slow { row.slow_at.1 } else { row.takes }
    }

    fn name(&self, row: &Row) -> String {
        let call = match &self.calls {
            Calls::Named(name) => name.as_str(),
            Calls::Api => "api",
            Calls::Any => "any",
        };
        format!("fault/{}/{}/{call}/{}/{}", row.name, self.step.word(), self.nth, self.when.word())
    }
}

/// Every case of the table.
#[must_use]
pub fn cases(baselines: &Arc<Baselines>, seed: u64) -> Vec<Case> {
    let rows = table::rows().flat_map(|row| {
        let baselines = Arc::clone(baselines);
        let points = points(row, &baselines, seed);
        assert!(
            !points.is_empty(),
            "{} has no injection point: a row without a case proves nothing",
            row.name
        );
        points.into_iter().map(move |point| {
            let baselines = Arc::clone(&baselines);
            Case {
                section: Section::Faults,
                name: point.name(row),
                takes: point.takes(row),
                run: Box::new(move || run_case(row, &point, &baselines, seed)),
            }
        })
    });
    rows.chain(table::special::cases()).collect()
}

fn points(row: &Row, baselines: &Baselines, seed: u64) -> Vec<InjectionPoint> {
    let mut random = Random::of(seed, row.name);
    if row.at == At::EachCall {
        let each = row.steps.iter().flat_map(|&step| {
            let calls = &baselines.of(step, Shape::Client).calls;
            let counted: Vec<&String> = calls.iter().filter(|call| Calls::Api.has(call)).collect();
            // A slow machine polls more often, so any call from `first` on may be the slow one.
            let first = counted.iter().position(|at| *at == row.slow_at.0).unwrap_or(usize::MAX);
            let counted = counted.into_iter().enumerate();
            counted.map(move |(number, at)| (step, number + 1, at.clone(), number >= first))
        });
        let points = each.flat_map(|(step, nth, at, is_slow)| {
            row.when.iter().map(move |&when| InjectionPoint {
                step,
                calls: Calls::Api,
                nth,
                when,
                at: at.clone(),
                is_slow,
            })
        });
        return points.collect();
    }
    // The kinds of calls, and their number in each step.
    let mut kinds: Vec<(&str, Vec<(Step, usize)>)> = Vec::new();
    for &step in row.steps {
        for (call, count) in baselines.of(step, Shape::Client).kinds() {
            let is_selected = match row.at {
                At::These(calls) => calls.contains(&call),
                At::EachKind | At::EachCall => true,
            };
            match kinds.iter_mut().find(|(known, _)| *known == call) {
                _ if !is_selected => {}
                Some((_, of)) => of.push((step, count)),
                None => kinds.push((call, vec![(step, count)])),
            }
        }
    }
    let in_each_step = matches!(row.at, At::These(calls) if calls.len() <= 2);
    let mut points = Vec::new();
    for (call, of) in kinds {
        let one = random.choose(&of).copied();
        for (step, count) in of.into_iter().filter(|of| in_each_step || call == "deploy" || Some(*of) == one)
        {
            // The number of polls depends on the speed of the machine. Only the first poll is certain.
            let is_one = row.times == Times::All || call.starts_with("check");
            let nth = 1 + random.below(if is_one { 1 } else { count });
            let calls = Calls::Named(call.to_owned());
            let is_slow = call == row.slow_at.0;
            let point =
                |when| InjectionPoint { step, calls: calls.clone(), nth, when, at: call.to_owned(), is_slow };
            points.extend(row.when.iter().copied().map(point));
        }
    }
    points
}

fn run_case(row: &Row, point: &InjectionPoint, baselines: &Baselines, seed: u64) -> Outcome {
    let what = point.name(row);
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, point.step);
    pace(&testbed);
    let random = Random::of(seed, &what);
    let mut faults = Vec::new();
    match row.injection {
        Injection::Wire(action) => faults.push(Fault {
            calls: point.calls.clone(),
            nth: point.nth,
            times: row.times,
            when: point.when,
            action: action(),
        }),
        Injection::Org(action) => script(&testbed, row, point, action),
    }
    testbed.proxy.plan(faults, random);
    let run = fixture.run();
    let seen = testbed.proxy.seen();
    let injected = match row.injection {
        Injection::Wire(_) => seen.iter().filter(|seen| seen.faulty).count(),
        Injection::Org(_) => {
            let script = testbed.org.admin("GET", "/faults", None);
            script[0]["done"].as_u64().and_then(|done| usize::try_from(done).ok()).unwrap_or_default()
        }
    };
    invariants::exited_normally(&run, &what);
    if injected == 0 {
        assert!(point.nth > 1, "{what}: the fault was never injected: {seen:?}");
        assert_eq!(run.code, Some(0), "{what}: no fault was injected, but the command failed: {run}");
    } else {
        check_result(row, point, &run, &testbed, &fixture, baselines, &what);
    }
    let loss = invariants::converges(&mut fixture, &what);
    let memory = processes::memory_of(&fixture.root());
    assert!(memory <= HOSTILE_MEMORY_LIMIT, "{what}: a provider took {memory} KiB");
    Outcome {
        not_reached: injected == 0,
        state_lost_by_terraform: loss.by_terraform,
        memory,
        hostile: row.expected == Expected::Either,
        note: (row.expected == Expected::Either && run.code != Some(0)).then(|| summary(&run)),
    }
}

/// The first 160 characters of the first error, or of the output if it has no error.
fn summary(run: &Run) -> String {
    let words = run.words();
    let error = words.split_once("Error: ").map(|(_, error)| error).unwrap_or(&words);
    error.chars().take(160).collect()
}

fn check_result(
    row: &Row,
    point: &InjectionPoint,
    run: &Run,
    testbed: &Testbed,
    fixture: &Fixture<'_>,
    baselines: &Baselines,
    what: &str,
) {
    match row.expected {
        Expected::FailsWith(_) if run.code == Some(0) && DISPENSABLE.contains(&point.at.as_str()) => {}
        Expected::Succeeds => {
            assert_eq!(run.code, Some(0), "{what}: {run}");
            let committed = testbed.committed() - fixture.before.committed;
            let usual = baselines.of(point.step, Shape::Client).committed;
            assert_eq!(committed, usual, "{what}: the number of deploys differs from the baseline: {run}");
        }
        Expected::SucceedsWithRedeploy => assert_eq!(run.code, Some(0), "{what}: {run}"),
        Expected::FailsWith(words) => {
            assert_eq!(run.code, Some(1), "{what}: {run}");
            let output = run.words().to_lowercase();
            assert!(
                output.contains(&words.to_lowercase()),
                "{what}: expected {words:?} in the output: {run}"
            );
        }
        Expected::Either => {}
    }
    let logins = testbed.proxy.seen().iter().filter(|seen| seen.call == "token").count();
    // Terraform starts three provider processes in an apply. Each logs in once, and again when its session expires.
    assert!(logins <= 12, "{what}: {logins} logins: {run}");
}

fn script(testbed: &Testbed, row: &Row, point: &InjectionPoint, action: &str) {
    let Calls::Named(call) = &point.calls else { panic!("a fault script names its call") };
    let action: Value = serde_json::from_str(action).expect("JSON in the table");
    let mut entry = json!({ "call": call, "nth": point.nth, "when": point.when.word(), "do": action });
    match row.times {
        Times::Some(times) => entry["times"] = json!(times),
        Times::All | Times::Odd | Times::Percent(_) => entry["every"] = json!(true),
    }
    testbed.org.admin("POST", "/faults", Some(&entry));
}
