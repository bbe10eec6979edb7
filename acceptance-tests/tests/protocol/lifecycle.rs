//! The life cycle of the provider process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance_tests::plugin_client::proto::go_plugin::Empty;
use acceptance_tests::plugin_client::proto::health::HealthCheckRequest;
use acceptance_tests::plugin_client::proto::tfplugin5::{GetSchemaRequest, StopRequest};
use acceptance_tests::plugin_client::{
    COOKIE, GrpcBrokerClient, GrpcControllerClient, GrpcStdioClient, HealthClient, Identity, Plugin,
    ProviderClient, connect,
};
use rustix::process::Signal;
use tonic::transport::Channel;

use super::provider;

async fn responds(channel: &Channel) -> bool {
    ProviderClient::new(channel.clone()).get_schema(GetSchemaRequest {}).await.is_ok()
}

fn socket_directory(plugin: &Plugin) -> PathBuf {
    Path::new(plugin.field(3)).parent().unwrap().to_owned()
}

#[tokio::test]
async fn shutdown_stops_the_process_immediately_despite_open_streams() {
    // The provider logs a warning if it had to stop before its streams ended. On a busy machine, the warning may occur
    // sometimes. If the provider waited for the streams, the warning would occur every time.
    for _ in 0..10 {
        if shutdown_with_open_streams().await.is_empty() {
            return;
        }
    }
    panic!("{}", shutdown_with_open_streams().await);
}

/// Shuts down a provider with open streams. Returns its log.
async fn shutdown_with_open_streams() -> String {
    let client = Identity::generate();
    let plugin = provider().tls(&client).env("TF_LOG", "WARN").run().await;
    let directory = socket_directory(&plugin);
    let channel = plugin.connect(Some(&client)).await.unwrap();

    // Terraform opens these two streams after it has started the provider, and leaves them open.
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap().into_inner();
    let (announce, announced) = tokio::sync::mpsc::channel(1);
    let mut broker =
        GrpcBrokerClient::new(channel.clone()).start_stream(Announced(announced)).await.unwrap().into_inner();
    assert!(responds(&channel).await);

    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    assert!(stdio.message().await.unwrap_or(None).is_none());
    assert!(broker.message().await.unwrap_or(None).is_none());
    let ended = plugin.ended().await;
    assert!(ended.status.success());
    assert_eq!(ended.stdout, "");
    assert!(!directory.exists());
    drop(announce);
    ended.stderr
}

/// A stream of messages from a channel.
struct Announced<T>(tokio::sync::mpsc::Receiver<T>);

impl<T> tonic::codegen::tokio_stream::Stream for Announced<T> {
    type Item = T;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        self.0.poll_recv(context)
    }
}

#[tokio::test]
async fn the_provider_ignores_terminal_signals() {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    for signal in [Signal::INT, Signal::INT, Signal::HUP] {
        plugin.signal(signal);
        // The provider receives the signal during these calls.
        for _ in 0..20 {
            assert!(responds(&channel).await, "after {signal:?}");
        }
    }
}

#[tokio::test]
async fn stop_does_not_close_the_server() {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    let reply = ProviderClient::new(channel.clone()).stop(StopRequest {}).await.unwrap();
    assert_eq!(reply.into_inner().error, "");
    assert!(responds(&channel).await);
}

#[tokio::test]
async fn sigterm_stops_the_process() {
    let plugin = provider().run().await;
    let directory = socket_directory(&plugin);
    let _channel = plugin.connect(None).await.unwrap();
    plugin.signal(Signal::TERM);
    assert!(plugin.ended().await.status.success());
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_killed_terraform_leaves_no_provider_process() {
    let plugin = provider().run().await;
    let directory = socket_directory(&plugin);
    let channel = plugin.connect(None).await.unwrap();
    assert!(responds(&channel).await);
    drop(channel);
    assert!(plugin.ended().await.status.success());
    assert!(!directory.exists());
}

#[tokio::test]
async fn the_health_check_reports_a_serving_plugin() {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    let reply =
        HealthClient::new(channel).check(HealthCheckRequest { service: "plugin".to_owned() }).await.unwrap();
    assert_eq!(reply.into_inner().status, 1);
}

#[tokio::test]
async fn debug_prints_the_reattach_line_and_serves_repeatedly() {
    let plugin = provider().without_env(COOKIE.0).arg("-debug").run().await;
    let json = plugin
        .line
        .trim_end()
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap_or_else(|| panic!("{}", plugin.line));
    let config: serde_json::Value = serde_json::from_str(json).unwrap();
    let (_, entry) = config.as_object().unwrap().iter().next().unwrap();
    assert_eq!(entry["Protocol"], "grpc");
    assert_eq!(entry["ProtocolVersion"], 5);
    assert_eq!(entry["Test"], true);
    assert_eq!(entry["Pid"], plugin.pid());

    let address = entry["Addr"]["String"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let channel = connect(entry["Addr"]["Network"].as_str().unwrap(), &address, None).await.unwrap();
        assert!(responds(&channel).await);
        drop(channel);
        // Outside of debug mode, the provider would exit during this pause, as if Terraform had been killed.
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    plugin.signal(Signal::INT);
    assert!(plugin.ended().await.status.success());
    assert!(!Path::new(&address).exists());
}
