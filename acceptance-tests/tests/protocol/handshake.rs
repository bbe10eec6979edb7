//! The handshake of Terraform and the provider process: cookie, versions, handshake line, and the certificates of both
//! sides.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use acceptance_tests::plugin_client::proto::tfplugin5::GetSchemaRequest;
use acceptance_tests::plugin_client::{COOKIE, Identity, ProviderClient, connect};

use super::provider;

#[tokio::test]
async fn the_handshake_line_is_complete_and_the_schema_is_served() {
    let client = Identity::generate();
    let plugin = provider().tls(&client).run().await;
    let fields = plugin.fields();
    assert_eq!(fields.len(), 6, "{}", plugin.line);
    assert_eq!(fields[..3], ["1", "5", "unix"]);
    assert_eq!(fields[4], "grpc");
    assert!(!fields[5].is_empty() && !fields[5].contains('='), "{}", plugin.line);
    assert!(plugin.line.ends_with('\n'));

    let channel = plugin.connect(Some(&client)).await.unwrap();
    let reply = ProviderClient::new(channel).get_schema(GetSchemaRequest {}).await.unwrap();
    let reply = reply.into_inner();
    assert_eq!(reply.diagnostics, []);
    assert!(reply.provider.is_some());
    let capabilities = reply.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
}

#[tokio::test]
async fn without_a_client_certificate_there_is_no_tls() {
    let plugin = provider().run().await;
    assert_eq!(plugin.fields().len(), 6);
    assert_eq!(plugin.field(5), "");
    let channel = plugin.connect(None).await.unwrap();
    ProviderClient::new(channel).get_schema(GetSchemaRequest {}).await.unwrap();
}

#[tokio::test]
async fn clients_other_than_terraform_are_rejected() {
    let client = Identity::generate();
    let plugin = provider().tls(&client).run().await;
    let is_rejected = |channel: Result<_, _>| async {
        match channel {
            Err(_) => true,
            Ok(channel) => ProviderClient::new(channel).get_schema(GetSchemaRequest {}).await.is_err(),
        }
    };
    assert!(is_rejected(plugin.connect_anonymously().await).await);
    assert!(is_rejected(plugin.connect(Some(&Identity::generate())).await).await);
    assert!(is_rejected(connect(plugin.field(2), plugin.field(3), None).await).await);
    assert!(
        !is_rejected(plugin.connect(Some(&client)).await).await,
        "the client with the correct certificate is accepted"
    );
}

#[tokio::test]
async fn an_invalid_certificate_stops_the_process() {
    let ended = provider().env("PLUGIN_CLIENT_CERT", "garbage").run().await.ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("PLUGIN_CLIENT_CERT"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_process_that_terraform_did_not_start_exits_with_a_message() {
    for start in [provider().without_env(COOKIE.0), provider().env(COOKIE.0, "0123")] {
        let plugin = start.run().await;
        assert_eq!(plugin.line, "", "nothing on stdout");
        let ended = plugin.ended().await;
        assert_eq!(ended.status.code(), Some(1));
        assert!(ended.stderr.contains("Terraform plugin"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_host_with_only_protocol_6_gets_an_error() {
    let ended = provider().env("PLUGIN_PROTOCOL_VERSIONS", "6").run().await.ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("protocol version 5"), "{}", ended.stderr);
}

#[tokio::test]
async fn multiplexing_is_declined() {
    let plugin = provider().env("PLUGIN_MULTIPLEX_GRPC", "true").run().await;
    assert_eq!(plugin.fields().len(), 7);
    assert_eq!(plugin.field(6), "false");
}

#[tokio::test]
async fn the_socket_is_private_and_in_the_folder_of_the_host() {
    let parent = tempfile::tempdir().unwrap();
    let directory_of_host = parent.path().to_str().unwrap();
    let plugin = provider().env("PLUGIN_UNIX_SOCKET_DIR", directory_of_host).run().await;
    let directory = Path::new(plugin.field(3)).parent().unwrap();
    assert_eq!(directory.parent().unwrap(), parent.path());
    let mode = directory.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn version_and_help_need_no_cookie() {
    for flag in ["-version", "--version", "-help", "--help"] {
        let plugin = provider().without_env(COOKIE.0).arg(flag).run().await;
        assert!(plugin.line.to_lowercase().contains("terraform"), "{flag}: {}", plugin.line);
        assert!(plugin.ended().await.status.success(), "{flag}");
    }
}
