//! Durations: fixed by the switches, or random as in a shared org. The effects of elapsed time are in `job.rs`.

use serde::{Deserialize, Serialize};

use crate::stamp::Millis;
use crate::switches::Switches;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// The fixed times `queue_ms`, `deploy_ms`, `retrieve_ms` and `list_lag_ms`.
    #[default]
    Fixed,
    /// Random times, most of them short: queue 0 to 10 s, deploys 2 to 20 s, retrieves 0.5 to 5 s; lists show a
    /// change 0.1 to 0.9 s late. The same seed gives the same times.
    Real,
}

/// The operations that take time. The random time depends only on the seed, the operation and the number of the job,
/// not on the number of polls.
#[derive(Debug, Clone, Copy)]
pub enum Span {
    /// The time that a deploy is Pending although no other deploy precedes it.
    Queue = 1,
    Deploy = 2,
    Retrieve = 3,
    /// The time until lists show a change.
    ListLag = 4,
}

impl Switches {
    /// The duration of the job with this number, counted from 0 for each kind of job.
    pub fn time(&self, span: Span, number: u64) -> Millis {
        match self.pace {
            Pace::Fixed => match span {
                Span::Queue => self.queue_ms,
                Span::Deploy => self.deploy_ms,
                Span::Retrieve => self.retrieve_ms,
                Span::ListLag => self.list_lag_ms,
            },
            Pace::Real => {
                let one = f64::from(random(self.seed, span as u64, number)) / f64::from(u32::MAX);
                let millis = match span {
                    Span::Queue => 10_000.0 * one.powi(3),
                    Span::Deploy => 2_000.0 * 10_f64.powf(one),
                    Span::Retrieve => 500.0 * 10_f64.powf(one),
                    Span::ListLag => 100.0 + 800.0 * one,
                };
                // Never negative, and far below the limits of the type.
                (millis as Millis).saturating_mul(self.pace_percent) / 100
            }
        }
    }
}

/// SplitMix64 over the three numbers. The result is the same on every machine and in every version of this program.
fn random(seed: u64, kind: u64, number: u64) -> u32 {
    let mut state = seed;
    let mut last = 0;
    for part in [kind, number, 0] {
        state = (state ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state = mixed ^ (mixed >> 31);
        last = state;
    }
    u32::try_from(last >> 32).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(seed: u64, span: Span) -> Vec<Millis> {
        let switches = Switches { pace: Pace::Real, seed, ..Switches::default() };
        (0..1000).map(|number| switches.time(span, number)).collect()
    }

    #[test]
    fn a_real_pace_is_random_within_limits_and_reproducible() {
        for (span, least, most, usual) in [
            (Span::Queue, 0, 10_000, 2_500),
            (Span::Deploy, 2_000, 20_000, 7_800),
            (Span::Retrieve, 500, 5_000, 1_950),
            (Span::ListLag, 100, 900, 500),
        ] {
            let all = times(1, span);
            let (low, high) = (*all.iter().min().unwrap(), *all.iter().max().unwrap());
            assert!(low >= least && high <= most, "{span:?}: {low} to {high}");
            assert!(low <= least + usual / 5 && high >= most * 9 / 10, "{span:?}: {low} to {high}");
            let mean = all.iter().sum::<Millis>() / 1000;
            assert!(mean.abs_diff(usual) < usual / 10, "{span:?}: {mean} on average");
            assert_eq!(all, times(1, span));
            assert_ne!(all, times(2, span));
        }
    }

    #[test]
    fn the_times_of_a_seed_never_change() {
        assert_eq!(times(1, Span::Queue)[..4], [92, 1, 8811, 2053]);
    }

    #[test]
    fn the_pace_percent_scales_the_times() {
        let switches = Switches { pace: Pace::Real, ..Switches::default() };
        let fast = Switches { pace_percent: 10, ..switches.clone() };
        assert_eq!(fast.time(Span::Deploy, 7), switches.time(Span::Deploy, 7) / 10);
    }
}
