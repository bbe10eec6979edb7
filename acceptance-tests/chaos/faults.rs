//! Cases of the fault table: each row at each call where it can happen.

use crate::case::{Case, Chapter, Outcome};
use crate::chance::Chance;
use crate::fault::{Calls, Fault, Times, When};
use crate::oracle;
use crate::processes;
use crate::rehearsal::{Rehearsals, pace};
use crate::stage::{Place, Shape, Stage, Step};
use crate::table::{self, At, Ends, Play, Row};
use acceptance_tests::terraform::Run;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most memory of a provider that an org may bring about by what it sends, in KiB.
const HOSTILE: u64 = 256 * 1024;

/// What a run can do without: how a deploy ends is read from what it made, and queries ask for what is only told, or for
/// who else is in the line.
const DISPENSABLE: [&str; 3] = ["checkDeployStatus", "query", "toolingQuery"];

/// A fault at a place.
#[derive(Debug, Clone)]
struct Spot {
    step: Step,
    calls: Calls,
    nth: usize,
    when: When,
    /// The call that is the nth.
    at: String,
    /// Whether it takes as long as the row says of one call.
    is_slow: bool,
}

impl Spot {
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
pub fn cases(rehearsals: &Arc<Rehearsals>, seed: u64) -> Vec<Case> {
    let rows = table::rows().flat_map(|row| {
        let rehearsals = Arc::clone(rehearsals);
        let spots = spots(row, &rehearsals, seed);
        assert!(!spots.is_empty(), "{} is played nowhere: a row without a case proves nothing", row.name);
        spots.into_iter().map(move |spot| {
            let rehearsals = Arc::clone(&rehearsals);
            Case {
                chapter: Chapter::Faults,
                name: spot.name(row),
                takes: spot.takes(row),
                play: Box::new(move || play(row, &spot, &rehearsals, seed)),
            }
        })
    });
    rows.chain(table::special::cases()).collect()
}

fn spots(row: &Row, rehearsals: &Rehearsals, seed: u64) -> Vec<Spot> {
    let mut chance = Chance::of(seed, row.name);
    if row.at == At::EachCall {
        let each = row.steps.iter().flat_map(|&step| {
            let calls = &rehearsals.of(step, Shape::Client).calls;
            let counted: Vec<&String> = calls.iter().filter(|call| Calls::Api.has(call)).collect();
            // Looks are as many as the machine is slow, so that a later call may become the slow one.
            let first = counted.iter().position(|at| *at == row.slow_at.0).unwrap_or(usize::MAX);
            let counted = counted.into_iter().enumerate();
            counted.map(move |(number, at)| (step, number + 1, at.clone(), number + 1 >= first))
        });
        let spots = each.flat_map(|(step, nth, at, is_slow)| {
            row.when.iter().map(move |&when| Spot {
                step,
                calls: Calls::Api,
                nth,
                when,
                at: at.clone(),
                is_slow,
            })
        });
        return spots.collect();
    }
    // The kinds of calls, and how many of each there are in which step.
    let mut kinds: Vec<(&str, Vec<(Step, usize)>)> = Vec::new();
    for &step in row.steps {
        for (call, count) in rehearsals.of(step, Shape::Client).kinds() {
            let is_meant = match row.at {
                At::These(calls) => calls.contains(&call),
                At::EachKind | At::EachCall => true,
            };
            match kinds.iter_mut().find(|(known, _)| *known == call) {
                _ if !is_meant => {}
                Some((_, of)) => of.push((step, count)),
                None => kinds.push((call, vec![(step, count)])),
            }
        }
    }
    let in_each_step = matches!(row.at, At::These(calls) if calls.len() <= 2);
    let mut spots = Vec::new();
    for (call, of) in kinds {
        let one = chance.one_of(&of).copied();
        for (step, count) in of.into_iter().filter(|of| in_each_step || call == "deploy" || Some(*of) == one)
        {
            // Looks are as many as the machine is slow.
            let is_one = row.times == Times::All || call.starts_with("check");
            let nth = 1 + chance.below(if is_one { 1 } else { count });
            let calls = Calls::Named(call.to_owned());
            let is_slow = call == row.slow_at.0;
            let spot = |when| Spot { step, calls: calls.clone(), nth, when, at: call.to_owned(), is_slow };
            spots.extend(row.when.iter().copied().map(spot));
        }
    }
    spots
}

fn play(row: &Row, spot: &Spot, rehearsals: &Rehearsals, seed: u64) -> Outcome {
    let what = spot.name(row);
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, Shape::Client, spot.step);
    pace(&place);
    let chance = Chance::of(seed, &what);
    let mut faults = Vec::new();
    match row.play {
        Play::Wire(action) => faults.push(Fault {
            calls: spot.calls.clone(),
            nth: spot.nth,
            times: row.times,
            when: spot.when,
            action: action(),
        }),
        Play::Org(action) => script(&place, row, spot, action),
    }
    place.proxy.plan(faults, chance);
    let run = stage.run();
    let seen = place.proxy.seen();
    let played = match row.play {
        Play::Wire(_) => seen.iter().filter(|seen| seen.faulty).count(),
        Play::Org(_) => {
            let script = place.org.admin("GET", "/faults", None);
            script[0]["done"].as_u64().and_then(|done| usize::try_from(done).ok()).unwrap_or_default()
        }
    };
    oracle::ended_in_words(&run, &what);
    if played == 0 {
        assert!(spot.nth > 1, "{what}: was never played: {seen:?}");
        assert_eq!(run.code, Some(0), "{what}: nothing went wrong: {run}");
    } else {
        judge(row, spot, &run, &place, &stage, rehearsals, &what);
    }
    let loss = oracle::converges(&mut stage, &what);
    let memory = processes::memory_of(&stage.root());
    assert!(memory <= HOSTILE, "{what}: a provider took {memory} KiB");
    Outcome {
        not_reached: played == 0,
        state_lost_by_terraform: loss.by_terraform,
        memory,
        hostile: row.ends == Ends::Somehow,
        note: (row.ends == Ends::Somehow && run.code != Some(0)).then(|| summary(&run)),
    }
}

/// What the first error says.
fn summary(run: &Run) -> String {
    let words = run.words();
    let error = words.split_once("Error: ").map(|(_, error)| error).unwrap_or(&words);
    error.chars().take(160).collect()
}

fn judge(
    row: &Row,
    spot: &Spot,
    run: &Run,
    place: &Place,
    stage: &Stage<'_>,
    rehearsals: &Rehearsals,
    what: &str,
) {
    match row.ends {
        Ends::Saying(_) if run.code == Some(0) && DISPENSABLE.contains(&spot.at.as_str()) => {}
        Ends::Well => {
            assert_eq!(run.code, Some(0), "{what}: {run}");
            let committed = place.committed() - stage.before.committed;
            let usual = rehearsals.of(spot.step, Shape::Client).committed;
            assert_eq!(committed, usual, "{what}: deployed otherwise than usual: {run}");
        }
        Ends::WellAgain => assert_eq!(run.code, Some(0), "{what}: {run}"),
        Ends::Saying(words) => {
            assert_eq!(run.code, Some(1), "{what}: {run}");
            let said = run.words().to_lowercase();
            assert!(said.contains(&words.to_lowercase()), "{what}: expected the words {words:?}: {run}");
        }
        Ends::Somehow => {}
    }
    let logins = place.proxy.seen().iter().filter(|seen| seen.call == "token").count();
    // Terraform starts three providers in an apply; each logs in once, and once more when its session has ended.
    assert!(logins <= 12, "{what}: {logins} logins: {run}");
}

fn script(place: &Place, row: &Row, spot: &Spot, action: &str) {
    let Calls::Named(call) = &spot.calls else { panic!("the org's script names calls") };
    let action: Value = serde_json::from_str(action).expect("JSON in the table");
    let mut entry = json!({ "call": call, "nth": spot.nth, "when": spot.when.word(), "do": action });
    match row.times {
        Times::Some(times) => entry["times"] = json!(times),
        Times::All | Times::Odd | Times::Percent(_) => entry["every"] = json!(true),
    }
    place.org.admin("POST", "/faults", Some(&entry));
}
