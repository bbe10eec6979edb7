//! Authentication with a refresh token, with token exchange and with the Salesforce CLI.

use url::Url;

use super::login::{problem, rejection};
use super::server::{Server, answer, fault, json};
use super::{client_of, settings};
use crate::salesforce::{AuthProblem, Client, Login, SubjectToken};
use crate::secret::Secret;

fn refreshing(secret: Option<&str>) -> Login {
    Login::RefreshToken {
        client_id: "the-client".into(),
        client_secret: secret.map(Secret::new),
        refresh_token: Secret::new("5Aep.canary"),
    }
}

#[tokio::test]
async fn a_refresh_token_is_sent_in_the_form_with_an_optional_secret() {
    for (secret, body) in [
        (None, "grant_type=refresh_token&refresh_token=5Aep.canary&client_id=the-client"),
        (
            Some("s&s"),
            "grant_type=refresh_token&refresh_token=5Aep.canary&client_id=the-client&client_secret=s%26s",
        ),
    ] {
        let server = Server::start(|_| None).await;
        let client = client_of(settings(&server, refreshing(secret)));
        client.session().await.unwrap();
        let token = &server.requests("token")[0];
        assert_eq!(token.body, body);
        assert!(!token.head.to_ascii_lowercase().contains("authorization"), "{}", token.head);
        assert!(!client.refresh_token_was_rotated());
    }
}

#[tokio::test]
async fn a_rotated_refresh_token_is_detected_and_the_new_one_is_used() {
    for (given, rotated) in [("5Aep.other", true), ("5Aep.canary", false)] {
        let server = Server::start(move |request| match request.name().as_str() {
            "token" => Some(json(
                200,
                &format!(
                    r#"{{"access_token":"t{}","refresh_token":"{given}","id":"x/00D000000000001AAA/005000000000001AAA"}}"#,
                    request.nth
                ),
            )),
            "listMetadata" => Some(fault("INVALID_SESSION_ID", "x")),
            _ => None,
        })
        .await;
        let client = client_of(settings(&server, refreshing(None)));
        client.session().await.unwrap();
        assert_eq!(client.refresh_token_was_rotated(), rotated);
        client.list_metadata(&["T1"]).await.unwrap_err();
        assert!(server.requests("token")[1].body.contains(given), "{given}");
        assert!(!format!("{client:?}").contains("5Aep"));
    }
}

#[tokio::test]
async fn an_expired_refresh_token_has_its_own_error() {
    for description in [
        "expired access/refresh token",
        "token validation failed: refresh token revoked",
        "token validity expired",
    ] {
        let server = Server::start(move |request| {
            (request.name() == "token").then(|| rejection("invalid_grant", description))
        })
        .await;
        let error = client_of(settings(&server, refreshing(None))).session().await.unwrap_err();
        assert_eq!(problem(&error), Some(AuthProblem::RefreshTokenEnded));
        assert_eq!(server.count("token"), 1);
    }
}

#[tokio::test]
async fn a_refresh_token_that_another_process_uses_at_the_moment_is_sent_again() {
    let server = Server::start(|request| {
        let busy = "token request is already being processed";
        (request.name() == "token" && request.nth == 0).then(|| rejection("invalid_grant", busy))
    })
    .await;
    client_of(settings(&server, refreshing(None))).session().await.unwrap();
    assert_eq!(server.count("token"), 2);
}

fn exchanging(subject: SubjectToken, secret: Option<&str>, handler: Option<&str>) -> Login {
    Login::TokenExchange {
        client_id: "the-client".into(),
        client_secret: secret.map(Secret::new),
        subject,
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt".into(),
        token_handler: handler.map(str::to_owned),
    }
}

fn subject(token: &str) -> SubjectToken {
    SubjectToken::Text(Secret::new(token))
}

#[tokio::test]
async fn a_subject_token_is_exchanged() {
    for (secret, handler, rest) in [
        (None, None, ""),
        (Some("s"), None, "&client_secret=s"),
        (Some("s"), Some("My_Handler"), "&client_secret=s&token_handler=My_Handler"),
    ] {
        let server = Server::start(|_| None).await;
        let login = exchanging(subject("canary+x"), secret, handler);
        client_of(settings(&server, login)).session().await.unwrap();
        let token = &server.requests("token")[0];
        assert_eq!(
            token.body,
            format!(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=canary%2Bx\
                 &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&client_id=the-client{rest}"
            )
        );
    }
}

#[tokio::test]
async fn the_file_of_a_subject_token_is_read_at_each_login() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "first\n").unwrap();
    let server =
        Server::start(|request| (request.name() == "listMetadata").then(|| fault("INVALID_SESSION_ID", "x")))
            .await;
    let client = client_of(settings(&server, exchanging(SubjectToken::File(file.clone()), None, None)));
    client.session().await.unwrap();
    std::fs::write(&file, "second").unwrap();
    client.list_metadata(&["T1"]).await.unwrap_err();
    let sent: Vec<bool> =
        server.requests("token").iter().map(|request| request.body.contains("=second&")).collect();
    assert_eq!(sent, [false, true]);

    std::fs::remove_file(&file).unwrap();
    let client = client_of(settings(&server, exchanging(SubjectToken::File(file), None, None)));
    let error = client.session().await.unwrap_err();
    assert!(error.to_string().contains("there is no such file"), "{error}");
}

#[tokio::test]
async fn a_rejected_subject_token_is_distinguished_from_an_expired_one() {
    use base64::Engine as _;
    let jwt = |exp: u64| {
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}"));
        format!("e30.{claims}.canary")
    };
    let (over, good) = (jwt(1), jwt(40_000_000_000));
    for (error, description, token, expected) in [
        ("invalid_grant", "Token handler validation failed", &good, AuthProblem::SubjectTokenRejected),
        ("invalid_grant", "Token handler validation failed", &over, AuthProblem::SubjectTokenExpired),
        ("invalid_request", "token expired", &good, AuthProblem::SubjectTokenRejected),
        ("invalid_grant", "expired", &good, AuthProblem::SubjectTokenRejected),
        ("invalid_grant", "audience is invalid", &good, AuthProblem::SubjectTokenRejected),
        ("invalid_grant", "no such token handler", &good, AuthProblem::TokenHandler),
        ("invalid_grant", "user hasn't approved this consumer", &good, AuthProblem::NotApproved),
        ("unauthorized_client", "token exchange", &good, AuthProblem::FlowDisabled),
        ("unsupported_grant_type", "grant type not supported", &over, AuthProblem::FlowDisabled),
        ("invalid_client", "invalid client credentials", &good, AuthProblem::BadClient),
    ] {
        let server =
            Server::start(move |request| (request.name() == "token").then(|| rejection(error, description)))
                .await;
        let login = exchanging(subject(token), None, None);
        let found = client_of(settings(&server, login)).session().await.unwrap_err();
        assert_eq!(problem(&found), Some(expected), "{error} {description}");
        assert!(!format!("{found} {}", found.advice()).contains("canary"));
        // The request is sent only once, because the provider cannot sign the issuer's token again.
        assert_eq!(server.count("token"), 1, "{error} {description}");
    }
}

#[cfg(unix)]
mod sf_cli {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::salesforce::SfCli;
    use crate::salesforce::retry::TimeScale;

    /// A program `sf` that prints the next token at each call.
    fn sf(folder: &Path, instance: &Url, tokens: &[&str]) -> Login {
        std::fs::write(folder.join("tokens"), tokens.join("\n") + "\n").unwrap();
        let program = folder.join("sf");
        let script = format!(
            "#!/bin/sh\ncd \"$(dirname \"$0\")\"\ntoken=$(head -n 1 tokens)\n\
             [ \"$(wc -l < tokens)\" -gt 1 ] && tail -n +2 tokens > rest && mv rest tokens\n\
             echo '{{\"status\":0,\"result\":{{\"accessToken\":\"'$token'\",\"instanceUrl\":\"{instance}\"}}}}'\n"
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Login::SfCli(SfCli { org: "acme".into(), search: Some(folder.as_os_str().to_owned()) })
    }

    fn slow(settings: crate::salesforce::Settings) -> Client {
        Client::with_time_scale(settings, TimeScale { second: Duration::from_millis(500) }).unwrap()
    }

    #[tokio::test]
    async fn the_cli_is_run_again_when_its_token_has_expired() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(|request| {
            let first = request.body.contains("!first");
            (request.name() == "listMetadata" && first).then(|| fault("INVALID_SESSION_ID", "x"))
        })
        .await;
        let login = sf(folder.path(), &server.url, &["00D000000000001!first", "00D000000000001!second"]);
        let client = slow(crate::salesforce::Settings { instance_url: None, ..settings(&server, login) });
        assert_eq!(client.session().await.unwrap().org_id, "00D000000000001AAA");
        let _ = client.list_metadata(&["T1"]).await;
        let request = server.requests("listMetadata");
        assert_eq!(request.len(), 2);
        assert!(request[1].body.contains("!second"), "{}", request[1].body);
        assert_eq!(server.count("token"), 0);
    }

    #[tokio::test]
    async fn an_expired_login_of_the_cli_has_its_own_error() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(|request| match request.name().as_str() {
            "listMetadata" => Some(fault("INVALID_SESSION_ID", "x")),
            _ => None,
        })
        .await;
        let login = sf(folder.path(), &server.url, &["00D000000000001!same"]);
        let error = slow(settings(&server, login)).list_metadata(&["T1"]).await.unwrap_err();
        assert!(error.to_string().contains("login for \"acme\" has expired"), "{error}");

        let server = Server::start(|request| {
            (request.name() == "userinfo").then(|| answer(403, "", "Bad_OAuth_Token"))
        })
        .await;
        let login = sf(folder.path(), &server.url, &["00D000000000001!dead"]);
        let error = slow(settings(&server, login)).session().await.unwrap_err();
        assert!(error.to_string().contains("login for \"acme\" has expired"), "{error}");
    }

    #[tokio::test]
    async fn a_login_of_another_org_than_instance_url_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(|_| None).await;
        let other = Url::parse("https://other.my.salesforce.com").unwrap();
        let login = sf(folder.path(), &other, &["00D000000000001!x"]);
        let error = slow(settings(&server, login)).session().await.unwrap_err();
        assert!(error.to_string().contains("belongs to https://other.my.salesforce.com"), "{error}");
        assert!(server.journal().is_empty());
    }
}
