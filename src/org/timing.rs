//! All waits of this layer, and how they grow.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Window;

/// How long this layer waits for what. The defaults are meant for real orgs.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Whether callers at the same time share deploys and retrieves.
    pub batching: bool,
    /// When a deploy begins.
    pub deploys: Window,
    /// When a retrieve for reads begins that must be fresh.
    pub reads: Window,
    /// How long a snapshot serves.
    pub snapshot: Duration,
    /// Before the first look at a deploy, when none was seen before.
    pub first_poll: Duration,
    /// The step of polls at a deploy: twice, then three times as long is between them in its first seconds. Each is a call,
    /// and four are enough for a deploy of two seconds.
    pub poll_step: Duration,
    /// Before a deploy is sent again because others change the org; the last is repeated.
    pub lock_waits: Vec<Duration>,
    /// How long others may keep the org locked.
    pub lock_timeout: Duration,
    /// How many polls in a row may fail.
    pub failed_polls: u32,
    /// Wait up to a quarter longer each time, because many workspaces share one org.
    pub jitter: bool,
    pub stop: StopTimeouts,
}

/// How long things may take once we were told to stop.
#[derive(Clone, Debug)]
pub struct StopTimeouts {
    /// For the start of a deploy to be answered.
    pub start: Duration,
    /// For a running deploy to end by itself.
    pub running: Duration,
    /// For a cancelled deploy to end.
    pub cancel: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        let window = |[quiet, ceiling, patience, stream]: [u64; 4]| Window {
            quiet: Duration::from_millis(quiet),
            ceiling: Duration::from_millis(ceiling),
            patience: Duration::from_millis(patience),
            stream: Duration::from_millis(stream),
        };
        Timing {
            batching: true,
            // A hundred changes that Terraform brings at its own pace arrive over seconds; a second deploy takes longer.
            deploys: window([75, 3_000, 3_000, 75]),
            reads: window([30, 200, 1_200, 400]),
            snapshot: Duration::from_secs(30),
            first_poll: Duration::from_millis(250),
            poll_step: Duration::from_millis(250),
            lock_waits: [2, 5, 10, 15, 30, 60].map(Duration::from_secs).to_vec(),
            lock_timeout: Duration::from_secs(600),
            failed_polls: 30,
            jitter: true,
            stop: StopTimeouts {
                start: Duration::from_secs(30),
                running: Duration::from_secs(60),
                cancel: Duration::from_secs(30),
            },
        }
    }
}

impl Timing {
    /// How long to wait before the n-th try, counted from 0, to get past a lock.
    pub(super) fn lock_wait(&self, tries: usize) -> Duration {
        let wait = self.lock_waits.get(tries).or(self.lock_waits.last());
        let wait = wait.copied().unwrap_or(Duration::from_secs(60));
        if self.jitter { jittered(wait, wait + wait / 4) } else { wait }
    }

    /// How long to wait between two polls at a deploy that has waited for its turn this long: each is a call, and an org may
    /// let deploys wait for half a minute although nobody else is at work.
    pub(super) fn next_poll_in_queue(&self, waited: Duration) -> Duration {
        const MOST: Duration = Duration::from_secs(2);
        if waited < 60 * MOST { waited.clamp(self.poll_step, MOST) } else { self.next_poll(waited) }
    }

    /// How long to wait between two polls at a deploy that has taken this long.
    fn next_poll(&self, taken: Duration) -> Duration {
        const SECOND: Duration = Duration::from_secs(1);
        if taken < 2 * self.poll_step {
            2 * self.poll_step
        } else if taken < 60 * SECOND {
            (taken / 8).clamp(3 * self.poll_step, (3 * self.poll_step).max(2 * SECOND))
        } else if taken < 300 * SECOND {
            5 * SECOND
        } else {
            10 * SECOND
        }
    }

    /// How long to wait after so many polls in a row that failed.
    pub(super) fn next_try(&self, failures: u32) -> Duration {
        const SECONDS: [u64; 6] = [1, 1, 2, 3, 5, 8];
        let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        Duration::from_secs(SECONDS.get(place).copied().unwrap_or(10))
    }
}

/// What earlier deploys teach about the next.
#[derive(Debug, Default)]
pub(super) struct PollSchedule {
    usual: Option<Duration>,
}

impl PollSchedule {
    /// Notes how long a deploy took: as the org tells, or as far as so many polls could.
    pub(super) fn learn(&mut self, told: Option<Duration>, taken: Duration, polls: u32) {
        self.usual = Some(match self.usual {
            _ if told.is_some_and(|told| told <= taken) => told.unwrap_or(taken),
            // It may have been done a little earlier.
            Some(usual) if polls == 1 => taken.min(usual).saturating_mul(97) / 100,
            _ => taken,
        });
    }

    /// How long to wait before the first poll_step, after the org has confirmed a deploy: until it should be done. Deploys of one
    /// run are much alike.
    pub(super) fn first_poll(&self, timing: &Timing) -> Duration {
        const CAP: Duration = Duration::from_secs(3);
        let Some(usual) = self.usual else {
            return timing.first_poll;
        };
        usual.clamp(timing.first_poll, CAP.max(timing.first_poll))
    }

    /// How long to wait after so many polls at a deploy that has taken this long.
    pub(super) fn next_poll(&self, polls: u32, taken: Duration, timing: &Timing) -> Duration {
        // It should have been done at the first.
        if self.usual.is_some() && polls <= 2 {
            timing.poll_step.saturating_mul(polls) / 2
        } else {
            timing.next_poll(taken)
        }
    }
}

/// The time between two timestamps of the org, such as `2026-01-01T00:00:00.000Z`.
pub(super) fn between(begin: &str, end: &str) -> Option<Duration> {
    let timestamp = |text| OffsetDateTime::parse(text, &Rfc3339).ok();
    (timestamp(end)? - timestamp(begin)?).try_into().ok()
}

/// A time between these two, because many workspaces share one org.
pub(super) fn jittered(least: Duration, most: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8);
    let share = u32::try_from(random % 256).unwrap_or(0);
    least + (most.saturating_sub(least) / 256).saturating_mul(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_close_together_first_and_then_thin_out() {
        let timing = Timing::default();
        for (taken_ms, wait_ms) in [
            (250, 500),
            (750, 750),
            (1_500, 750),
            (4_000, 750),
            (8_000, 1_000),
            (16_000, 2_000),
            (59_000, 2_000),
            (60_000, 5_000),
            (300_000, 10_000),
        ] {
            let wait = timing.next_poll(Duration::from_millis(taken_ms));
            assert_eq!(wait, Duration::from_millis(wait_ms), "after {taken_ms} ms");
        }
    }

    #[test]
    fn the_first_look_comes_when_the_deploy_should_be_done() {
        let timing = Timing::default();
        let mut pace = PollSchedule::default();
        let first_poll = |pace: &PollSchedule| pace.first_poll(&timing);
        assert_eq!(first_poll(&pace), Duration::from_millis(250));
        for (last_ms, polls, look_ms) in
            [(2_000, 5, 2_000), (2_000, 1, 1_940), (2_050, 2, 2_050), (10_000, 9, 3_000), (10, 1, 250)]
        {
            pace.learn(None, Duration::from_millis(last_ms), polls);
            assert_eq!(first_poll(&pace), Duration::from_millis(look_ms));
        }
    }

    #[test]
    fn looks_that_come_a_little_too_early_are_followed_soon() {
        let timing = Timing::default();
        let mut pace = PollSchedule::default();
        let taken = Duration::from_secs(2);
        let waits =
            |pace: &PollSchedule| [1, 2, 3].map(|polls| pace.next_poll(polls, taken, &timing).as_millis());
        assert_eq!(waits(&pace), [750, 750, 750]);
        pace.learn(None, taken, 4);
        assert_eq!(waits(&pace), [125, 250, 750]);
    }

    #[test]
    fn what_the_org_tells_of_a_deploy_is_believed_unless_it_is_longer_than_it_was() {
        let told = between("2026-01-01T23:59:57.900Z", "2026-01-01T23:59:59.100Z");
        assert_eq!(told, Some(Duration::from_millis(1_200)));
        for (begin, end) in [
            ("2026-01-01T10:00:01.000Z", "2026-01-01T10:00:00.000Z"),
            ("yesterday", "2026-01-01T10:00:00.000Z"),
            ("2026-01-01Täää", "2026-01-01T10:00:00.000Z"),
        ] {
            assert_eq!(between(begin, end), None, "{begin} {end}");
        }
        let mut pace = PollSchedule::default();
        for (told, usual) in [(told, 1_200), (Some(Duration::from_secs(9)), 2_000)] {
            pace.learn(told, Duration::from_secs(2), 3);
            assert_eq!(pace.usual, Some(Duration::from_millis(usual)));
        }
    }

    #[test]
    fn waits_for_a_lock_grow_and_are_jittered_by_a_quarter_at_most() {
        let timing = Timing::default();
        for (tries, seconds) in [(0, 2), (1, 5), (5, 60), (99, 60)] {
            let wait = timing.lock_wait(tries);
            let least = Duration::from_secs(seconds);
            assert!(wait >= least && wait <= least + least / 4, "{wait:?}");
        }
    }
}
