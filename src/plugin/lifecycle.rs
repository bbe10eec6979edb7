//! When and how the process ends: on Terraform's word, on a signal, or when Terraform is gone. Never because of
//! Stop, which only asks for haste.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::provider::Provider;

/// After SIGTERM, what is under way may take this long to come to a known end.
const DRAIN_AFTER_SIGNAL: Duration = Duration::from_secs(90);
/// The same when Terraform is gone and nobody will read the result: deploys must not be left half done.
const DRAIN_AFTER_LOSS: Duration = Duration::from_secs(60);
/// A client may reconnect within this time.
const RECONNECT: Duration = Duration::from_secs(3);
/// Terraform connects at once after the handshake; when it died in between, nobody ever does.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);

/// Counts things that are alive, and tells when there are none.
#[derive(Clone)]
pub struct Counter(Arc<watch::Sender<usize>>);

/// One thing that is alive.
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
        // An error means that the sender is gone, which `self` excludes.
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

/// The one word that the server is to end. Streams that stay open for ever listen to it.
#[derive(Clone)]
pub struct End(Arc<watch::Sender<bool>>);

impl Default for End {
    fn default() -> End {
        End(Arc::new(watch::Sender::new(false)))
    }
}

impl End {
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    pub fn begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut receiver = self.0.subscribe();
        let keep = Arc::clone(&self.0);
        async move {
            let _ = receiver.wait_for(|begun| *begun).await;
            drop(keep);
        }
    }
}

/// What decides about the end.
#[derive(Clone)]
pub struct Lifecycle {
    pub provider: Arc<Provider>,
    /// RPCs that are being worked on, whether somebody still waits for them or not.
    pub calls: Counter,
    pub connections: Counter,
    pub end: End,
}

impl Lifecycle {
    pub fn new(provider: Arc<Provider>) -> Lifecycle {
        Lifecycle {
            provider,
            calls: Counter::default(),
            connections: Counter::default(),
            end: End::default(),
        }
    }

    /// Ends the server once Terraform has been gone for a moment. Without this a killed Terraform would leave
    /// its providers behind.
    pub async fn end_when_abandoned(self) {
        if timeout(FIRST_CONNECTION, self.connections.some()).await.is_err() {
            self.end.begin();
            return;
        }
        loop {
            self.connections.none().await;
            if timeout(RECONNECT, self.connections.some()).await.is_err() {
                break;
            }
        }
        tracing::warn!("Terraform is gone; bringing what is under way to an end");
        self.drain(DRAIN_AFTER_LOSS).await;
    }

    /// Ends the server when asked by the operating system.
    pub async fn end_on(self, signal: impl Future<Output = ()>) {
        signal.await;
        tracing::info!("asked to terminate; bringing what is under way to an end");
        self.drain(DRAIN_AFTER_SIGNAL).await;
    }

    async fn drain(&self, limit: Duration) {
        self.provider.stop();
        // Whoever was about to call has called by now, or is told so by the provider.
        sleep(Duration::from_millis(10)).await;
        let _ = timeout(limit, self.calls.none()).await;
        self.end.begin();
    }
}

/// The signals that mean something to this process. Listening to a signal replaces its default action, so this
/// must live as long as the process serves.
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

    /// SIGTERM. SIGINT and SIGHUP go to a terminal's whole process group; Terraform hears them too and says
    /// Stop, or dies and the connection with it. They are taken and forgotten here.
    pub async fn terminate(mut self) {
        #[cfg(unix)]
        self.terminate.recv().await;
        #[cfg(windows)]
        loop {
            self.interrupt.recv().await;
        }
    }

    /// Any of them: for a process that a developer started by hand.
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

    async fn ends_within(lifecycle: &Lifecycle, limit: Duration) -> bool {
        timeout(limit, lifecycle.end.begun()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_nobody_connects_to_ends() {
        let lifecycle = lifecycle();
        tokio::spawn(lifecycle.clone().end_when_abandoned());
        assert!(!ends_within(&lifecycle, Duration::from_secs(59)).await);
        assert!(ends_within(&lifecycle, Duration::from_secs(2)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_terraform_ends_the_process_after_the_running_calls() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        let call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().end_when_abandoned());
        assert!(!ends_within(&lifecycle, Duration::from_secs(300)).await);
        drop(connection);
        assert!(!ends_within(&lifecycle, Duration::from_secs(30)).await);
        drop(call);
        assert!(ends_within(&lifecycle, Duration::from_millis(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_end_does_not_keep_the_process_for_ever() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        let _call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().end_when_abandoned());
        tokio::task::yield_now().await;
        drop(connection);
        assert!(ends_within(&lifecycle, Duration::from_secs(64)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_reconnect() {
        let lifecycle = lifecycle();
        let connection = lifecycle.connections.enter();
        tokio::spawn(lifecycle.clone().end_when_abandoned());
        tokio::task::yield_now().await;
        drop(connection);
        sleep(Duration::from_secs(1)).await;
        let _again = lifecycle.connections.enter();
        assert!(!ends_within(&lifecycle, Duration::from_secs(300)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_waits_for_running_calls() {
        let lifecycle = lifecycle();
        let call = lifecycle.calls.enter();
        tokio::spawn(lifecycle.clone().end_on(async {}));
        assert!(!ends_within(&lifecycle, Duration::from_secs(80)).await);
        drop(call);
        assert!(ends_within(&lifecycle, Duration::from_millis(1)).await);
    }
}
