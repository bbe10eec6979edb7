//! The waits of this layer, and how they grow.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Window;

/// The waits of this layer. The defaults are for real orgs.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Whether concurrent callers share deploys and retrieves.
    pub batching: bool,
    pub deploys: Window,
    /// When a batch of reads closes and its retrieve starts.
    pub reads: Window,
    pub snapshot: Duration,
    /// The wait before the first poll of a deploy, before any deploy was measured.
    pub first_poll: Duration,
    /// The base interval between polls. In the first seconds of a deploy, the interval is first twice this value and
    /// then three times this value. Each poll is an API call, and four polls suffice for a deploy of two seconds.
    pub poll_step: Duration,
    /// The waits before a deploy is retried on a locked org. The last wait is repeated.
    pub lock_waits: Vec<Duration>,
    /// How long other changes may keep the org locked.
    pub lock_timeout: Duration,
    /// How many polls may fail with a temporary error before one succeeds.
    pub failed_polls: u32,
    /// Whether up to a quarter is added to each wait for a locked org, because many workspaces may share one org.
    pub jitter: bool,
    pub stop: StopTimeouts,
}

#[derive(Clone, Debug)]
pub struct StopTimeouts {
    /// How long to wait for the response to a deploy that is being sent.
    pub start: Duration,
    pub running: Duration,
    pub cancel: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        let window = |[quiet, ceiling, long_ceiling, stream_quiet]: [u64; 4]| Window {
            quiet: Duration::from_millis(quiet),
            ceiling: Duration::from_millis(ceiling),
            long_ceiling: Duration::from_millis(long_ceiling),
            stream_quiet: Duration::from_millis(stream_quiet),
        };
        Timing {
            batching: true,
            // A hundred changes from Terraform arrive over several seconds. A second deploy would take longer than
            // waiting for them.
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
    /// The wait before the n-th retry on a locked org, counted from 0.
    pub(super) fn lock_wait(&self, tries: usize) -> Duration {
        let wait = self.lock_waits.get(tries).or(self.lock_waits.last());
        let wait = wait.copied().unwrap_or(Duration::from_secs(60));
        if self.jitter { jittered(wait, wait + wait / 4) } else { wait }
    }

    /// The interval between polls for a deploy that has been queued for this long. Each poll is an API call, and even
    /// an idle org may queue a deploy for half a minute.
    pub(super) fn next_poll_in_queue(&self, waited: Duration) -> Duration {
        const MOST: Duration = Duration::from_secs(2);
        if waited < 60 * MOST { waited.clamp(self.poll_step, MOST) } else { self.next_poll(waited) }
    }

    /// The interval between polls for a deploy that has run for this long.
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

    /// The wait after this many failed polls in a row.
    pub(super) fn next_try(&self, failures: u32) -> Duration {
        const SECONDS: [u64; 6] = [1, 1, 2, 3, 5, 8];
        let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        Duration::from_secs(SECONDS.get(place).copied().unwrap_or(10))
    }
}

/// When to poll, based on earlier deploys.
#[derive(Debug, Default)]
pub(super) struct PollSchedule {
    usual: Option<Duration>,
}

impl PollSchedule {
    /// Records how long a deploy took: as Salesforce reported it, or as the polls showed.
    pub(super) fn learn(&mut self, reported: Option<Duration>, taken: Duration, polls: u32) {
        self.usual = Some(match self.usual {
            _ if reported.is_some_and(|reported| reported <= taken) => reported.unwrap_or(taken),
            // The deploy may have ended a little earlier than the poll.
            Some(usual) if polls == 1 => taken.min(usual).saturating_mul(97) / 100,
            _ => taken,
        });
    }

    /// The wait before the first poll: until the deploy should have ended, because the deploys of a run are similar.
    pub(super) fn first_poll(&self, timing: &Timing) -> Duration {
        const CAP: Duration = Duration::from_secs(3);
        let Some(usual) = self.usual else {
            return timing.first_poll;
        };
        usual.clamp(timing.first_poll, CAP.max(timing.first_poll))
    }

    /// The wait after this many polls of a deploy that has run for this long.
    pub(super) fn next_poll(&self, polls: u32, taken: Duration, timing: &Timing) -> Duration {
        // The deploy should have ended by the first poll, so the next polls follow soon.
        if self.usual.is_some() && polls <= 2 {
            timing.poll_step.saturating_mul(polls) / 2
        } else {
            timing.next_poll(taken)
        }
    }
}

/// Parses a Salesforce timestamp, which has the form `2026-01-01T00:00:00.000Z` in SOAP and ends with `+0000` in the
/// REST API.
pub fn timestamp(text: &str) -> Option<OffsetDateTime> {
    let utc = text.strip_suffix("+0000").map(|time| format!("{time}Z"));
    OffsetDateTime::parse(utc.as_deref().unwrap_or(text), &Rfc3339).ok()
}

/// The time between two timestamps.
pub(super) fn between(begin: &str, end: &str) -> Option<Duration> {
    (timestamp(end)? - timestamp(begin)?).try_into().ok()
}

/// A random time between `least` and `most`, because many workspaces may share one org.
pub(super) fn jittered(least: Duration, most: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8);
    let share = u32::try_from(random % 256).unwrap_or(0);
    least + (most.saturating_sub(least) / 256).saturating_mul(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_both_apis_are_read() {
        for text in ["2026-01-01T00:00:01.000Z", "2026-01-01T00:00:01.000+0000", "2026-01-01T01:00:01+01:00"]
        {
            assert_eq!(timestamp(text).map(OffsetDateTime::unix_timestamp), Some(1_767_225_601), "{text}");
        }
        assert_eq!(timestamp("yesterday"), None);
    }

    #[test]
    fn polls_become_less_frequent_over_time() {
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
    fn the_first_poll_is_scheduled_for_the_expected_end_of_the_deploy() {
        let timing = Timing::default();
        let mut pace = PollSchedule::default();
        let first_poll = |pace: &PollSchedule| pace.first_poll(&timing);
        assert_eq!(first_poll(&pace), Duration::from_millis(250));
        for (last_ms, polls, poll_ms) in
            [(2_000, 5, 2_000), (2_000, 1, 1_940), (2_050, 2, 2_050), (10_000, 9, 3_000), (10, 1, 250)]
        {
            pace.learn(None, Duration::from_millis(last_ms), polls);
            assert_eq!(first_poll(&pace), Duration::from_millis(poll_ms));
        }
    }

    #[test]
    fn a_poll_that_is_slightly_early_is_repeated_soon() {
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
    fn the_reported_duration_is_used_unless_it_exceeds_the_measured_one() {
        let reported = between("2026-01-01T23:59:57.900Z", "2026-01-01T23:59:59.100Z");
        assert_eq!(reported, Some(Duration::from_millis(1_200)));
        for (begin, end) in [
            ("2026-01-01T10:00:01.000Z", "2026-01-01T10:00:00.000Z"),
            ("yesterday", "2026-01-01T10:00:00.000Z"),
            ("2026-01-01Täää", "2026-01-01T10:00:00.000Z"),
        ] {
            assert_eq!(between(begin, end), None, "{begin} {end}");
        }
        let mut pace = PollSchedule::default();
        for (reported, usual) in [(reported, 1_200), (Some(Duration::from_secs(9)), 2_000)] {
            pace.learn(reported, Duration::from_secs(2), 3);
            assert_eq!(pace.usual, Some(Duration::from_millis(usual)));
        }
    }

    #[test]
    fn waits_for_a_lock_grow_with_a_jitter_of_at_most_a_quarter() {
        let timing = Timing::default();
        for (tries, seconds) in [(0, 2), (1, 5), (5, 60), (99, 60)] {
            let wait = timing.lock_wait(tries);
            let least = Duration::from_secs(seconds);
            assert!(wait >= least && wait <= least + least / 4, "{wait:?}");
        }
    }
}
