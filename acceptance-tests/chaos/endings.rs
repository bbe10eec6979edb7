//! The matrices of kills and interrupts: a step ends before or after each of its calls, in every way a process can be
//! ended.

use crate::case::{Case, Chapter, Outcome};
use crate::chance::Chance;
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::oracle;
use crate::processes::{self, Process};
use crate::proxy::Release;
use crate::rehearsal::{Rehearsals, pace};
use crate::stage::{Place, Shape, Stage, Step};
use acceptance_tests::terraform::{Run, Running};
use rustix::process::Signal;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// `kill -9` of the provider, of Terraform, of both.
    KillProvider,
    KillTerraform,
    KillBoth,
    /// SIGTERM.
    TermProvider,
    TermTerraform,
    TermBoth,
    /// Ctrl-C in a terminal.
    CtrlC,
    CtrlCTwice,
}

impl End {
    const KILLS: [Self; 6] = [
        Self::KillProvider,
        Self::KillTerraform,
        Self::KillBoth,
        Self::TermProvider,
        Self::TermTerraform,
        Self::TermBoth,
    ];
    const INTERRUPTS: [Self; 2] = [Self::CtrlC, Self::CtrlCTwice];

    const fn word(self) -> &'static str {
        match self {
            Self::KillProvider => "kill_provider",
            Self::KillTerraform => "kill_terraform",
            Self::KillBoth => "kill_both",
            Self::TermProvider => "term_provider",
            Self::TermTerraform => "term_terraform",
            Self::TermBoth => "term_both",
            Self::CtrlC => "ctrl_c",
            Self::CtrlCTwice => "ctrl_c_twice",
        }
    }

    /// Whether Terraform hears the end of the call.
    const fn is_gentle(self) -> bool {
        matches!(self, Self::TermTerraform | Self::CtrlC)
    }
}

#[derive(Debug, Clone, Copy)]
struct Moment {
    step: Step,
    shape: Shape,
    nth: usize,
    when: When,
    end: End,
}

impl Moment {
    fn name(&self) -> String {
        let Self { step, shape, nth, when, end } = self;
        let kind = if End::INTERRUPTS.contains(end) { "interrupt" } else { "kill" };
        format!("{kind}/{}/{}/{}/{}/{nth}", end.word(), step.word(), shape.word(), when.word())
    }
}

/// So many moments of each matrix, and every kind of end at every step among them. The first one is at the call that
/// the chance of its name says.
#[must_use]
pub fn cases(rehearsals: &Arc<Rehearsals>, seed: u64, kills: usize, interrupts: usize) -> Vec<Case> {
    let mut cases = matrix(rehearsals, seed, &End::KILLS, kills, Chapter::Kills);
    cases.extend(matrix(rehearsals, seed, &End::INTERRUPTS, interrupts, Chapter::Interrupts));
    cases
}

/// Every moment there is, by name: one of them can be played alone.
fn moments(rehearsals: &Rehearsals, ends: &[End]) -> Vec<Moment> {
    let mut moments = Vec::new();
    for &end in ends {
        for step in Step::ALL {
            for shape in [Shape::Client, Shape::Parts] {
                for nth in 1..=rehearsals.of(step, shape).calls.len() {
                    for when in [When::Before, When::After] {
                        moments.push(Moment { step, shape, nth, when, end });
                    }
                }
            }
        }
    }
    moments
}

fn matrix(rehearsals: &Rehearsals, seed: u64, ends: &[End], count: usize, chapter: Chapter) -> Vec<Case> {
    let mut all = moments(rehearsals, ends);
    let mut chance = Chance::of(seed, chapter.word());
    for at in (1..all.len()).rev() {
        all.swap(at, chance.below(at + 1));
    }
    // One of each kind first, so that a sample has them all.
    let mut chosen: Vec<Moment> = Vec::new();
    let mut rest = Vec::new();
    for moment in all {
        let is_new = !chosen.iter().any(|one| one.end == moment.end && one.step == moment.step);
        if is_new { chosen.push(moment) } else { rest.push(moment) }
    }
    chosen.extend(rest);
    chosen.truncate(count);
    let cases = chosen.into_iter().map(|moment| Case {
        chapter,
        name: moment.name(),
        takes: Duration::ZERO,
        play: Box::new(move || play(&moment)),
    });
    cases.collect()
}

fn play(moment: &Moment) -> Outcome {
    let what = moment.name();
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, moment.shape, moment.step);
    pace(&place);
    let hold = Fault {
        calls: Calls::Any,
        nth: moment.nth,
        times: Times::Some(1),
        when: moment.when,
        action: Action::Hold,
    };
    place.proxy.plan(vec![hold], Chance::of(0, &what));
    let mut running = stage.workspace.start(&stage.arguments());
    let reached = until_held(&mut running, &place, &what);
    if reached {
        end(moment.end, &running, &stage, &place);
    }
    let run = wait(running, &place, &stage);
    if moment.end.is_gentle() || !reached {
        oracle::ended_in_words(&run, &what);
    }
    if reached && moment.end.is_gentle() {
        nobody_was_left_in_the_dark(&place, &run, &what);
    }
    stage_is_cleared(&stage, &what);
    let loss = oracle::converges(&mut stage, &what);
    Outcome {
        not_reached: !reached,
        state_lost_by_terraform: loss.by_terraform,
        memory: processes::memory_of(&stage.root()),
        ..Outcome::default()
    }
}

/// Until the call is held, or the command has ended.
fn until_held(running: &mut Running, place: &Place, what: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(600);
    while running.is_running() {
        if place.proxy.is_holding() {
            return true;
        }
        assert!(Instant::now() < deadline, "{what}: neither held nor ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn end(end: End, running: &Running, stage: &Stage<'_>, place: &Place) {
    let group = processes::of(&stage.root());
    let send = |signal: Signal, to: fn(&&Process) -> bool| {
        group.iter().filter(to).for_each(|process| process.signal(signal));
    };
    let provider: fn(&&Process) -> bool = |process| process.is_provider;
    let terraform: fn(&&Process) -> bool = |process| !process.is_provider;
    // A kill of nobody would prove nothing.
    let is_meant = |is_provider: bool| group.iter().any(|process| process.is_provider == is_provider);
    assert!(is_meant(true) && is_meant(false) || !cfg!(target_os = "linux"), "not both there: {group:?}");
    let lose = || {
        // What is killed before the org heard of the call was never asked.
        std::thread::sleep(Duration::from_millis(50));
        place.proxy.release(Release::Lose);
    };
    let go_on = |after: u64| {
        std::thread::sleep(Duration::from_millis(after));
        place.proxy.release(Release::GoOn);
    };
    match end {
        End::KillProvider => {
            send(Signal::KILL, provider);
            lose();
        }
        End::KillBoth => {
            running.kill();
            lose();
        }
        End::KillTerraform => {
            send(Signal::KILL, terraform);
            go_on(300);
        }
        End::TermProvider => {
            send(Signal::TERM, provider);
            go_on(300);
        }
        End::TermTerraform => {
            send(Signal::TERM, terraform);
            go_on(500);
        }
        End::TermBoth => {
            send(Signal::TERM, |_| true);
            go_on(500);
        }
        End::CtrlC => {
            running.interrupt();
            go_on(500);
        }
        End::CtrlCTwice => {
            running.interrupt();
            std::thread::sleep(Duration::from_millis(700));
            running.interrupt();
            // Terraform does not wait for the answer any more.
        }
    }
}

/// Waits for the end. An answer that is still held comes when Terraform has gone.
fn wait(mut running: Running, place: &Place, stage: &Stage<'_>) -> Run {
    let deadline = Instant::now() + Duration::from_secs(20);
    while running.is_running() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    place.proxy.release(Release::GoOn);
    stage.workspace.wait_for_killed(running)
}

/// A deploy that goes on in the org is named.
fn nobody_was_left_in_the_dark(place: &Place, run: &Run, what: &str) {
    for deploy in place.org.deploys().iter().filter(|deploy| deploy["done"] == false) {
        let id = deploy["id"].as_str().unwrap_or("?");
        assert!(run.says(id), "{what}: the deploy {id} still runs and nobody was told: {run}");
    }
}

fn stage_is_cleared(stage: &Stage<'_>, what: &str) {
    let left = processes::all_end(&stage.root(), Duration::from_secs(300));
    assert!(left.is_ok(), "{what}: still running long after the end: {left:?}");
    stage.workspace.remove_sockets();
}
