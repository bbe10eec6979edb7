//! Determines whether a request is sent again, and after how long.
//!
//! A request that changes the org is sent again only if it certainly had no effect. Waits have jitter, because many
//! workspaces may share one org.

use std::time::{Duration, Instant};

use ring::rand::SecureRandom as _;

use super::error::{Call, Error, ErrorKind, Page};
use super::retried;

/// The unit of all waits and of the Salesforce CLI's timeout, which tests shorten. The time limits of retries and
/// retrieves are not scaled.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeScale {
    /// The real duration of a wait of one second.
    pub second: Duration,
}

impl TimeScale {
    pub const REAL: Self = Self { second: Duration::from_secs(1) };

    /// A wait of this many seconds, scaled.
    pub fn seconds(self, seconds: f64) -> Duration {
        self.second.mul_f64(seconds.clamp(0.0, 3_600.0))
    }
}

#[derive(Debug)]
pub(super) struct Retry {
    call: Call,
    time_scale: TimeScale,
    started: Instant,
    failed: u32,
    /// The number of attempts without a connection, which do not count as failed.
    unconnected: u32,
}

impl Retry {
    pub fn new(call: Call, time_scale: TimeScale) -> Self {
        Self { call, time_scale, started: Instant::now(), failed: 0, unconnected: 0 }
    }

    /// Waits before the next attempt, and records the error for the callers.
    ///
    /// # Errors
    /// Returns the error if there is no further attempt.
    pub async fn wait(&mut self, error: Error) -> Result<(), Error> {
        let Some(wait) = self.next_delay(&error) else {
            return Err(error);
        };
        tracing::debug!(%error, wait_ms = wait.as_millis(), "retrying");
        retried::note(Some(&error));
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// The wait before the next attempt. `None` if there is no further attempt.
    pub fn next_delay(&mut self, error: &Error) -> Option<Duration> {
        self.next_delay_after(self.started.elapsed(), error)
    }

    fn next_delay_after(&mut self, elapsed: Duration, error: &Error) -> Option<Duration> {
        let is_unconnected = is_unreachable(&error.kind);
        let count = if is_unconnected { &mut self.unconnected } else { &mut self.failed };
        *count = count.saturating_add(1);
        let count = *count;
        if !error.is_transient() || error.is_ambiguous() {
            return None;
        }
        let (most, cap) = match self.call {
            // The caller polls deploys, with its own limits.
            Call::Configure | Call::DeployStatus => return None,
            // The limits allow one repetition of a login that received no response (30 seconds), and of most reads (120
            // seconds). Without a connection, nothing was sent, so the attempt does not count toward the limit of
            // logins. An unknown host name is usually a mistake, so it has fewer attempts.
            Call::Login if is_unconnected && !is_unknown_host(&error.kind) => (5, 40.0),
            Call::Login => (3, 40.0),
            Call::CancelDeploy => (3, 30.0),
            // The caller retries until its own deadline or a stop.
            Call::StageCredentials | Call::RotateCredentials | Call::RevokeCredentials => (2, 10.0),
            Call::Versions | Call::UserInfo if is_unconnected => (5, 40.0),
            // A token usually contains the ID of its org.
            Call::UserInfo => (3, 40.0),
            // After a login, the host is known to be correct, so the network or a proxy is down, possibly for half a
            // minute.
            _ if is_unconnected => (u32::MAX, 60.0),
            Call::StartDeploy | Call::FetchRetrieve => (5, 60.0),
            _ if outage(&error.kind) => (u32::MAX, 300.0),
            _ => (5, 150.0),
        };
        let most = if error.kind == (ErrorKind::Status { status: 420 }) { 3 } else { most };
        if count >= most {
            return None;
        }
        let exponent = count.saturating_sub(1).min(8);
        let first = if outage(&error.kind) { 2.0 } else { 0.5 };
        let longest = if is_unconnected { 8.0 } else { 30.0 };
        let wait = (first * 2_f64.powi(exponent.cast_signed())).min(longest) * jitter();
        let wait = wait.max(error.retry_after().map_or(0.0, |asked| asked.as_secs_f64()));
        (elapsed.as_secs_f64() + wait <= cap).then(|| self.time_scale.seconds(wait))
    }
}

/// Whether there was no connection, so that nothing was sent.
fn is_unreachable(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unreachable { .. } | ErrorKind::Proxy { .. })
}

fn is_unknown_host(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unreachable { dns: true, .. })
}

/// Whether the org is unavailable or busy. A read is then retried until its time limit.
fn outage(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Limit { concurrent, .. } => *concurrent,
        ErrorKind::Status { status } => matches!(status, 429 | 503),
        ErrorKind::Page { page, status } => *page == Page::Maintenance || *status == 503,
        ErrorKind::Fault { code, .. } => {
            matches!(code.as_str(), "SERVER_UNAVAILABLE" | "API_CURRENTLY_DISABLED")
        }
        _ => false,
    }
}

fn jitter() -> f64 {
    let mut byte = [128_u8];
    // If there is no random byte, the value is the middle of the range.
    let _ = ring::rand::SystemRandom::new().fill(&mut byte);
    0.5 + f64::from(u8::from_ne_bytes(byte)) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::error::AuthProblem;

    fn tries(call: Call, kind: ErrorKind) -> u32 {
        let time_scale = TimeScale { second: Duration::from_secs(1) };
        let mut retry = Retry::new(call, time_scale);
        (0..20).take_while(|_| retry.next_delay(&Error::new(call, kind.clone())).is_some()).count() as u32
    }

    #[test]
    fn each_call_has_its_own_number_of_retries() {
        let unreachable = || ErrorKind::Unreachable { host: "h".into(), dns: false, text: String::new() };
        let proxy = |temporary| ErrorKind::Proxy { host: "h".into(), temporary, text: String::new() };
        let lost = || ErrorKind::Interrupted { timed_out: false, text: String::new() };
        let coded = |code: &str| ErrorKind::Fault { code: code.into(), text: String::new() };
        for (call, kind, retries) in [
            (Call::StartDeploy, unreachable(), 20),
            (Call::Versions, unreachable(), 4),
            (Call::ListMetadata, proxy(true), 20),
            (Call::ListMetadata, proxy(false), 0),
            (Call::Login, proxy(true), 4),
            (Call::StartDeploy, coded("SERVER_UNAVAILABLE"), 4),
            (Call::StartDeploy, coded("UNKNOWN_EXCEPTION"), 0),
            (Call::StartDeploy, lost(), 0),
            (Call::StartDeploy, ErrorKind::Status { status: 503 }, 0),
            (Call::DeployStatus, lost(), 0),
            (Call::FetchRetrieve, ErrorKind::Status { status: 420 }, 2),
            (Call::CancelDeploy, lost(), 2),
            (Call::Login, unreachable(), 4),
            (Call::Login, ErrorKind::Unreachable { host: "h".into(), dns: true, text: String::new() }, 2),
            (Call::FetchRetrieve, lost(), 4),
            (Call::FetchRetrieve, unreachable(), 20),
            (Call::ListMetadata, lost(), 4),
            (Call::ListMetadata, ErrorKind::Status { status: 503 }, 20),
            (Call::ListMetadata, ErrorKind::Limit { concurrent: true, text: String::new() }, 20),
            (Call::ListMetadata, ErrorKind::Limit { concurrent: false, text: String::new() }, 0),
            (Call::ListMetadata, coded("INSUFFICIENT_ACCESS"), 0),
            (Call::ListMetadata, ErrorKind::Auth { problem: AuthProblem::SessionBlocked, message: None }, 0),
        ] {
            assert_eq!(tries(call, kind.clone()), retries, "{call}: {kind}");
        }
    }

    #[test]
    fn a_retry_after_beyond_the_limit_is_not_awaited() {
        let mut error = Error::new(Call::Query, ErrorKind::Status { status: 503 });
        error.retry_after = Some(Duration::from_secs(7));
        assert!(
            Retry::new(Call::Query, TimeScale::REAL).next_delay(&error).unwrap() >= Duration::from_secs(7)
        );
        error.retry_after = Some(Duration::from_secs(3_000));
        assert_eq!(Retry::new(Call::Query, TimeScale::REAL).next_delay(&error), None);
    }

    #[test]
    fn an_outage_of_half_a_minute_is_survived_after_the_login() {
        let kind = ErrorKind::Unreachable { host: "h".into(), dns: true, text: String::new() };
        for call in [Call::StartDeploy, Call::FetchRetrieve, Call::Query] {
            let error = Error::new(call, kind.clone());
            let mut retry = Retry::new(call, TimeScale::REAL);
            let mut elapsed = Duration::ZERO;
            while let Some(wait) = retry.next_delay_after(elapsed, &error) {
                elapsed += wait;
            }
            assert!((40..=60).contains(&elapsed.as_secs()), "{call}: {elapsed:?}");
        }
    }

    #[test]
    fn a_request_without_a_response_is_repeated_once() {
        let seconds = Duration::from_secs;
        for (call, timeout) in [(Call::Login, 30), (Call::ListMetadata, 120), (Call::StartRetrieve, 120)] {
            let error = Error::new(call, ErrorKind::Interrupted { timed_out: true, text: String::new() });
            let mut retry = Retry::new(call, TimeScale::REAL);
            assert!(retry.next_delay_after(seconds(timeout), &error).is_some(), "{call}");
            assert_eq!(retry.next_delay_after(seconds(2 * timeout), &error), None, "{call}");
        }
    }

    #[test]
    fn retries_end_at_the_time_limit() {
        let error = Error::new(Call::Query, ErrorKind::Status { status: 503 });
        for (elapsed, again) in [(0, true), (295, true), (300, false), (301, false)] {
            let outcome = Retry::new(Call::Query, TimeScale::REAL)
                .next_delay_after(Duration::from_secs(elapsed), &error);
            assert_eq!(outcome.is_some(), again, "{elapsed}");
        }
    }
}
