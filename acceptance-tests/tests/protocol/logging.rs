//! The lines that the provider process writes to stderr for Terraform's log.

use acceptance_tests::plugin_client::ProviderClient;
use acceptance_tests::plugin_client::proto::tfplugin5::GetSchemaRequest;
use rustix::process::Signal;
use serde_json::Value;

use super::provider;

/// The log of a provider process that received a schema request.
async fn log(variables: &[(&str, &str)]) -> String {
    let mut start = provider();
    for (name, value) in variables {
        start = start.env(name, value);
    }
    let plugin = start.run().await;
    let channel = plugin.connect(None).await.unwrap();
    ProviderClient::new(channel).get_schema(GetSchemaRequest {}).await.unwrap();
    plugin.signal(Signal::TERM);
    plugin.ended().await.stderr
}

#[tokio::test]
async fn log_lines_are_json_in_the_format_of_terraform() {
    let log = log(&[("TF_LOG", "TRACE")]).await;
    assert!(log.contains("\"tf_rpc\":\"GetSchema\""), "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for name in ["@level", "@message", "@module", "@timestamp"] {
            assert!(line[name].is_string(), "{name} in {line}");
        }
        let timestamp = line["@timestamp"].as_str().unwrap();
        assert_eq!(timestamp.len(), "2026-11-23T12:55:39.143000Z".len());
        let (_, fraction) = timestamp.split_once('.').unwrap();
        assert!(fraction.len() == 7 && fraction.ends_with('Z'), "{timestamp}");
        assert!(line["@module"].as_str().unwrap().starts_with("salesforce"), "{line}");
    }
}

#[tokio::test]
async fn nothing_is_logged_by_default() {
    assert_eq!(log(&[]).await, "");
    assert_eq!(log(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "OFF")]).await, "");
    let own = [("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_SALESFORCE", "ERROR")];
    assert_eq!(log(&own).await, "");
    let own = [("TF_LOG", "OFF"), ("TF_LOG_PROVIDER_SALESFORCE", "TRACE")];
    assert!(!log(&own).await.is_empty());
}
