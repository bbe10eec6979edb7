//! The kill and interrupt matrix: a step is terminated before or after each of its calls, by SIGKILL, SIGTERM or
//! Ctrl-C.

use crate::baseline::{Baselines, pace};
use crate::case::{Case, Outcome, Section};
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::fixture::{Fixture, Shape, Step, Testbed};
use crate::invariants;
use crate::processes::{self, Process};
use crate::proxy::Release;
use crate::random::Random;
use acceptance_tests::terraform::{Run, Running};
use rustix::process::Signal;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How the processes are terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Termination {
    /// The first three variants send SIGKILL to the provider, to Terraform, or to both.
    KillProvider,
    KillTerraform,
    KillBoth,
    /// The next three variants send SIGTERM.
    TermProvider,
    TermTerraform,
    TermBoth,
    /// SIGINT to both, as Ctrl-C in a terminal sends it.
    CtrlC,
    CtrlCTwice,
}

impl Termination {
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

    /// Whether Terraform should exit normally, because both processes can still handle the response to the held call.
    const fn is_gentle(self) -> bool {
        matches!(self, Self::TermTerraform | Self::CtrlC)
    }
}

#[derive(Debug, Clone, Copy)]
struct TerminationPoint {
    step: Step,
    shape: Shape,
    nth: usize,
    when: When,
    end: Termination,
}

impl TerminationPoint {
    fn name(&self) -> String {
        let Self { step, shape, nth, when, end } = self;
        let kind = if Termination::INTERRUPTS.contains(end) { "interrupt" } else { "kill" };
        format!("{kind}/{}/{}/{}/{}/{nth}", end.word(), step.word(), shape.word(), when.word())
    }
}

/// The requested number of points from each matrix, starting with every kind of termination at every step. The seed
/// and the name of the matrix determine the order.
#[must_use]
pub fn cases(baselines: &Arc<Baselines>, seed: u64, kills: usize, interrupts: usize) -> Vec<Case> {
    let mut cases = matrix(baselines, seed, &Termination::KILLS, kills, Section::Kills);
    cases.extend(matrix(baselines, seed, &Termination::INTERRUPTS, interrupts, Section::Interrupts));
    cases
}

/// Every point of the matrix.
fn points(baselines: &Baselines, ends: &[Termination]) -> Vec<TerminationPoint> {
    let mut points = Vec::new();
    for &end in ends {
        for step in Step::ALL {
            for shape in [Shape::Client, Shape::Parts] {
                for nth in 1..=baselines.of(step, shape).calls.len() {
                    for when in [When::Before, When::After] {
                        points.push(TerminationPoint { step, shape, nth, when, end });
                    }
                }
            }
        }
    }
    points
}

fn matrix(
    baselines: &Baselines,
    seed: u64,
    ends: &[Termination],
    count: usize,
    section: Section,
) -> Vec<Case> {
    let mut all = points(baselines, ends);
    let mut random = Random::of(seed, section.word());
    for at in (1..all.len()).rev() {
        all.swap(at, random.below(at + 1));
    }
    // Put one point for each termination and step first, so that a sample covers all of them.
    let mut chosen: Vec<TerminationPoint> = Vec::new();
    let mut rest = Vec::new();
    for point in all {
        let is_new = !chosen.iter().any(|one| one.end == point.end && one.step == point.step);
        if is_new { chosen.push(point) } else { rest.push(point) }
    }
    chosen.extend(rest);
    chosen.truncate(count);
    let cases = chosen.into_iter().map(|point| Case {
        section,
        name: point.name(),
        takes: Duration::ZERO,
        run: Box::new(move || run_case(&point)),
    });
    cases.collect()
}

fn run_case(point: &TerminationPoint) -> Outcome {
    let what = point.name();
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, point.shape, point.step);
    pace(&testbed);
    let hold = Fault {
        calls: Calls::Any,
        nth: point.nth,
        times: Times::Some(1),
        when: point.when,
        action: Action::Hold,
    };
    testbed.proxy.plan(vec![hold], Random::of(0, &what));
    let mut running = fixture.workspace.start(&fixture.arguments());
    let reached = until_held(&mut running, &testbed, &what);
    if reached {
        end(point.end, &running, &fixture, &testbed);
    }
    let run = wait(running, &testbed, &fixture);
    if point.end.is_gentle() || !reached {
        invariants::exited_normally(&run, &what);
    }
    if reached && point.end.is_gentle() {
        running_deploys_are_reported(&testbed, &run, &what);
    }
    clean_up(&fixture, &what);
    let loss = invariants::converges(&mut fixture, &what);
    Outcome {
        not_reached: !reached,
        state_lost_by_terraform: loss.by_terraform,
        memory: processes::memory_of(&fixture.root()),
        ..Outcome::default()
    }
}

/// Waits until the call is held or the command has ended. Returns whether the call is held.
fn until_held(running: &mut Running, testbed: &Testbed, what: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(600);
    while running.is_running() {
        if testbed.proxy.is_holding() {
            return true;
        }
        assert!(Instant::now() < deadline, "{what}: the call is not held and the command has not ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn end(end: Termination, running: &Running, fixture: &Fixture<'_>, testbed: &Testbed) {
    let group = processes::of(&fixture.root());
    let send = |signal: Signal, to: fn(&&Process) -> bool| {
        group.iter().filter(to).for_each(|process| process.signal(signal));
    };
    let provider: fn(&&Process) -> bool = |process| process.is_provider;
    let terraform: fn(&&Process) -> bool = |process| !process.is_provider;
    // If no process is found, the case proves nothing.
    let is_found = |is_provider: bool| group.iter().any(|process| process.is_provider == is_provider);
    assert!(
        is_found(true) && is_found(false) || !cfg!(target_os = "linux"),
        "Terraform or the provider is not running: {group:?}"
    );
    let drop_call = || {
        // Wait for the kill to take effect: a provider that sees the connection close would retry the call.
        std::thread::sleep(Duration::from_millis(50));
        testbed.proxy.release(Release::Drop);
    };
    let forward_after = |after: u64| {
        std::thread::sleep(Duration::from_millis(after));
        testbed.proxy.release(Release::Forward);
    };
    match end {
        Termination::KillProvider => {
            send(Signal::KILL, provider);
            drop_call();
        }
        Termination::KillBoth => {
            running.kill();
            drop_call();
        }
        Termination::KillTerraform => {
            send(Signal::KILL, terraform);
            forward_after(300);
        }
        Termination::TermProvider => {
            send(Signal::TERM, provider);
            forward_after(300);
        }
        Termination::TermTerraform => {
            send(Signal::TERM, terraform);
            forward_after(500);
        }
        Termination::TermBoth => {
            send(Signal::TERM, |_| true);
            forward_after(500);
        }
        Termination::CtrlC => {
            running.interrupt();
            forward_after(500);
        }
        Termination::CtrlCTwice => {
            running.interrupt();
            std::thread::sleep(Duration::from_millis(700));
            running.interrupt();
            // `wait` releases the call: Terraform no longer waits for the response.
        }
    }
}

/// Waits for the command to end. A call that is still held is released when Terraform has exited, or after 20 seconds.
fn wait(mut running: Running, testbed: &Testbed, fixture: &Fixture<'_>) -> Run {
    let deadline = Instant::now() + Duration::from_secs(20);
    while running.is_running() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    testbed.proxy.release(Release::Forward);
    fixture.workspace.wait_for_killed(running)
}

/// Asserts that the output names each deploy that continues in the org.
fn running_deploys_are_reported(testbed: &Testbed, run: &Run, what: &str) {
    for deploy in testbed.org.deploys().iter().filter(|deploy| deploy["done"] == false) {
        let id = deploy["id"].as_str().unwrap_or("?");
        assert!(
            run.contains(id),
            "{what}: the deploy {id} is still running and the output does not name it: {run}"
        );
    }
}

fn clean_up(fixture: &Fixture<'_>, what: &str) {
    let left = processes::all_end(&fixture.root(), Duration::from_secs(300));
    assert!(left.is_ok(), "{what}: processes are still running after the command: {left:?}");
    fixture.workspace.remove_sockets();
}
