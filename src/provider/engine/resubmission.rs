//! Sends changes again if their response was lost and the org shows no effect. A deploy writes whole files, so
//! repeating it is safe.

use std::time::Duration;

use super::Engine;
use crate::org::{Applied, ApplyError, Changes, Instant, Wanted};

/// Milliseconds between polls for the effect of a deploy. The org is polled if the response to the deploy was lost, or
/// if a read may have returned the values from before the deploy.
pub(super) const LAGS_OF_EFFECTS: [u64; 3] = [500, 1500, 3000];
/// How many times a deploy is sent again if its response was lost and the org shows no effect.
const RESUBMISSIONS: u32 = 2;

impl Engine<'_> {
    /// Sends changes. If the response is lost and the org does not have the changes, sends them again. A deploy writes
    /// whole files, so repeating it is safe.
    pub(super) async fn send_changes<A>(
        &self,
        changes: Changes,
        wanted: &[Wanted],
        deadline: Instant,
        arrived: impl Fn() -> A,
    ) -> Result<Applied, ApplyError>
    where
        A: Future<Output = bool>,
    {
        let send = || self.org.apply(changes.clone(), wanted.to_vec(), deadline);
        self.resubmit_if_lost(send, arrived).await
    }

    /// Runs an operation, and repeats it if the response is lost and `arrived` returns false.
    pub(super) async fn resubmit_if_lost<S, A>(
        &self,
        send: impl Fn() -> S,
        arrived: impl Fn() -> A,
    ) -> Result<Applied, ApplyError>
    where
        S: Future<Output = Result<Applied, ApplyError>>,
        A: Future<Output = bool>,
    {
        let mut sent = send().await;
        for _ in 0..RESUBMISSIONS {
            if !matches!(&sent, Err(error) if error.is_lost()) {
                return sent;
            }
            for lag in LAGS_OF_EFFECTS {
                crate::org::sleep(Duration::from_millis(lag)).await;
                if self.org.stopped() || arrived().await {
                    return sent;
                }
            }
            match send().await {
                // This deploy changed nothing, possibly because the previous one succeeded. The read after the deploy
                // shows whether it did.
                Err(error) if error.is_clean() || error.is_after_internal_error() => return sent,
                // The previous deploy may have created the existing components.
                Ok(applied) => return Ok(Applied { existing: Vec::new(), ..applied }),
                next => sent = next,
            }
        }
        sent
    }

    /// Waits until a read may show the effect of a deploy of this app. Returns false if the provider is stopped.
    pub(super) async fn wait_for_lag(&self, app: &str, milliseconds: u64) -> bool {
        self.org.distrust(app);
        self.org.unless_stopped(crate::org::sleep(Duration::from_millis(milliseconds))).await.is_some()
    }
}
