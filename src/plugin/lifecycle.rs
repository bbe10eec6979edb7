//! Determines when the process stops: on Terraform's Shutdown, on a signal, or when Terraform has disconnected.
//! Terraform's Stop only requests that running calls end quickly.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::provider::Provider;

/// How long running calls can take after a signal. A deploy that starts, runs, is canceled and is read back can take
/// three minutes in total. A supervisor with a shorter timeout kills the process before these calls end.
const DRAIN_AFTER_SIGNAL: Duration = Duration::from_secs(200);
/// How long running calls can take after Terraform has disconnected, to give running deploys time to complete.
const DRAIN_AFTER_LOSS: Duration = Duration::from_secs(60);
/// How long a client can take to reconnect.
const RECONNECT: Duration = Duration::from_secs(3);
/// How long the first connection can take. Terraform connects immediately, unless it has crashed or was killed.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);

/// Counts open connections or running calls. Callers can wait until there is at least one, or until there are none.
#[derive(Clone)]
pub struct Counter(Arc<watch::Sender<usize>>);

pub struct Alive(Arc<watch::Sender<usize>>);

impl Default for Counter {
    fn default() -> Counter {
        Counter(Arc::new(watch::Sender::new(0)))
    }
}

impl Counter {
    pub fn enter(&self) -> Alive {
        self.0.send_modify(|count| *count = count.saturating_add(1));
        Alive(Arc::clone(&self.0))
    }

    pub async fn none(&self) {
        // Waiting fails only when all senders have been dropped, and `self` contains one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    pub async fn some(&self) {
        let _ = self.0.subscribe().wait_for(|count| *count > 0).await;
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// The state that determines when the process stops.
#[derive(Clone)]
pub struct Lifecycle {
    pub provider: Arc<Provider>,
    /// Running RPCs, including those whose caller has disconnected.
    pub calls: Counter,
    pub connections: Counter,
    /// Canceled when the server stops. Long-lived streams then end.
    pub shutdown: CancellationToken,
}

impl Lifecycle {
    pub fn new(provider: Arc<Provider>) -> Lifecycle {
        Lifecycle {
            provider,
            calls: Counter::default(),
            connections: Counter::default(),
            shutdown: CancellationToken::new(),
        }
    }

    /// Stops the server after Terraform has disconnected. Otherwise the provider would continue to run after Terraform
    /// was killed.
    pub async fn stop_when_disconnected(self) {
        if timeout(FIRST_CONNECTION, self.connections.some()).await.is_err() {
            self.shutdown.cancel();
            return;
        }
        loop {
            self.connections.none().await;
            if timeout(RECONNECT, self.connections.some()).await.is_err() {
                break;
            }
        }
        tracing::warn!("Terraform has disconnected; waiting for running calls");
        self.drain(DRAIN_AFTER_LOSS).await;
    }

    /// Stops the server on a signal.
    pub async fn stop_on(self, signal: impl Future<Output = ()>) {
        signal.await;
        tracing::info!("received a signal; waiting for running calls");
        self.drain(DRAIN_AFTER_SIGNAL).await;
    }

    async fn drain(&self, limit: Duration) {
        self.provider.stop();
        // Calls that have just arrived get time to be counted. The provider rejects later calls.
        sleep(Duration::from_millis(10)).await;
        let _ = timeout(limit, self.calls.none()).await;
        self.shutdown.cancel();
    }
}

/// The signals that the process handles. Listening for a signal replaces its default action, which would end the
/// process.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    pub fn listen() -> std::io::Result<Signals> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Signals {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }
        #[cfg(windows)]
        {
            Ok(Signals { interrupt: tokio::signal::windows::ctrl_c()? })
        }
    }

    /// Waits for SIGTERM. Ignores SIGINT and SIGHUP, which a terminal sends to the whole process group. Terraform then
    /// calls Stop or exits.
    pub async fn terminate(mut self) {
        #[cfg(unix)]
        self.terminate.recv().await;
        #[cfg(windows)]
        loop {
            self.interrupt.recv().await;
        }
    }

    /// Waits for any signal, in debug mode.
    pub async fn any(mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifecycle() -> Lifecycle {
        Lifecycle::new(Arc::new(Provider::new(|_| None)))
    }

    async fn stops_within(lifecycle: &Lifecycle, limit: Duration) -> bool {
        timeout(limit, lifecycle.shutdown.cancelled()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_without_connections_stops() {
        let lifecycle = lifecycle();
        tokio::spawn(lifecycle.clone().stop_when_disconnected());
        assert!(!stops_within(&lifecycle, Duration::from_secs(59)).await);
        assert!(stops_within(&lifecycle, Duration::from_secs(2)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_disconnect_stops_the_process_after_running_calls() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        let call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().stop_when_disconnected());
        assert!(!stops_within(&lifecycle, Duration::from_secs(300)).await);
        drop(connection);
        assert!(!stops_within(&lifecycle, Duration::from_secs(30)).await);
        drop(call);
        assert!(stops_within(&lifecycle, Duration::from_millis(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_call_does_not_block_the_shutdown() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        let _call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().stop_when_disconnected());
        tokio::task::yield_now().await;
        drop(connection);
        assert!(stops_within(&lifecycle, Duration::from_secs(64)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_can_reconnect() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        tokio::spawn(lifecycle.clone().stop_when_disconnected());
        tokio::task::yield_now().await;
        drop(connection);
        sleep(Duration::from_secs(1)).await;
        let _again = lifecycle.connections.enter();
        assert!(!stops_within(&lifecycle, Duration::from_secs(300)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_stops_the_process_after_running_calls() {
        let lifecycle = lifecycle();
        let call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().stop_on(async {}));
        assert!(!stops_within(&lifecycle, Duration::from_secs(180)).await);
        drop(call);
        assert!(stops_within(&lifecycle, Duration::from_millis(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_stops_the_process_eventually_although_a_call_does_not_end() {
        let lifecycle = lifecycle();
        let _call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().stop_on(async {}));
        assert!(stops_within(&lifecycle, Duration::from_secs(201)).await);
    }
}
