//! Authentication and the renewal of sessions.

use std::time::{Duration, SystemTime};

use url::Url;

use super::server::{Received, Server, answer, fault, html, json, result};
use super::{access_token, client, client_of, jwt_bearer, settings};
use crate::salesforce::error::SettingsProblem;
use crate::salesforce::{AuthProblem, Call, Client, Error, ErrorKind, Login};
use crate::secret::Secret;

pub fn problem(error: &Error) -> Option<AuthProblem> {
    match &error.kind {
        ErrorKind::Auth { problem, .. } => Some(*problem),
        _ => None,
    }
}

pub fn rejection(error: &str, description: &str) -> Vec<u8> {
    json(400, &format!(r#"{{"error":"{error}","error_description":"{description}"}}"#))
}

#[tokio::test]
async fn ten_concurrent_callers_log_in_once() {
    let server = Server::start(|_| None).await;
    let client = client(&server);
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.session().await.unwrap().org_id.clone() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "00D000000000001AAA");
    }
    assert_eq!(server.journal(), ["token", "data"]);
}

#[tokio::test]
async fn ten_concurrent_callers_share_one_rejected_login() {
    let server = Server::start(|request| {
        (request.name() == "token").then(|| rejection("invalid_grant", "user hasn't approved this consumer"))
    })
    .await;
    let client = client(&server);
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.session().await.unwrap_err() })
        })
        .collect();
    for caller in callers {
        assert_eq!(problem(&caller.await.unwrap()), Some(AuthProblem::NotApproved));
    }
    let error = client.list_metadata(&["T1"]).await.unwrap_err();
    assert_eq!(problem(&error), Some(AuthProblem::NotApproved));
    assert_eq!(server.count("token"), 1);
}

#[tokio::test]
async fn the_session_has_the_facts_of_the_token_response() {
    let server = Server::start(|_| None).await;
    let session = client(&server).session().await.unwrap();
    assert_eq!(session.user_id, "005000000000001AAA");
    assert_eq!(session.api_version, 66);
    assert!(session.is_org("00D000000000001"));
    assert!(!format!("{session:?}").contains("AQ.token"));
    let token = &server.requests("token")[0];
    assert!(
        token.body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
    );
    assert!(token.head.to_ascii_lowercase().contains("user-agent: test/1"));
}

#[tokio::test]
async fn client_credentials_are_sent_in_the_header() {
    let server = Server::start(|_| None).await;
    let login = Login::ClientCredentials { client_id: "id".into(), client_secret: Secret::new("sec") };
    client_of(settings(&server, login)).session().await.unwrap();
    let token = &server.requests("token")[0];
    assert!(token.head.contains("Basic aWQ6c2Vj"), "{}", token.head);
    assert_eq!(token.body, "grant_type=client_credentials");
}

#[tokio::test]
async fn the_org_of_a_configured_token_is_read_from_the_user_info() {
    let server = Server::start(|_| None).await;
    let session = client_of(settings(&server, access_token("00D000000000001!x"))).session().await.unwrap();
    assert_eq!(session.org_id, "00D000000000001AAA");
    assert_eq!(server.journal(), ["userinfo", "data"]);
}

#[tokio::test]
async fn the_org_of_a_token_without_user_info_is_read_from_the_token() {
    let server =
        Server::start(|request| (request.name() == "userinfo").then(|| answer(403, "", "Missing_Scope")))
            .await;
    let session = client_of(settings(&server, access_token("00D000000000009!x"))).session().await.unwrap();
    assert_eq!(session.org_id, "00D000000000009");
}

#[tokio::test]
async fn an_expired_configured_token_has_its_own_error() {
    let server =
        Server::start(|request| (request.name() == "userinfo").then(|| answer(403, "", "Bad_OAuth_Token")))
            .await;
    let error = client_of(settings(&server, access_token("00D000000000009!x"))).session().await.unwrap_err();
    assert_eq!(problem(&error), Some(AuthProblem::AccessTokenExpired));

    let server =
        Server::start(|request| (request.name() == "listMetadata").then(|| fault("INVALID_SESSION_ID", "x")))
            .await;
    let error = client_of(settings(&server, access_token("00D000000000009!x")))
        .list_metadata(&["T1"])
        .await
        .unwrap_err();
    assert_eq!(problem(&error), Some(AuthProblem::AccessTokenExpired));
    assert_eq!(server.count("listMetadata"), 1);
}

#[tokio::test]
async fn an_unexpected_org_is_rejected() {
    let server = Server::start(|_| None).await;
    for (expected, accepted) in
        [("00D000000000001", true), ("00D000000000001AAA", true), ("00D000000000002AAA", false)]
    {
        let mut settings = settings(&server, jwt_bearer());
        settings.expected_org_id = Some(expected.into());
        let outcome = client_of(settings).session().await;
        assert_eq!(outcome.is_ok(), accepted, "{expected}");
        if let Err(error) = outcome {
            let kind = ErrorKind::OtherOrg { expected: expected.into(), actual: "00D000000000001AAA".into() };
            assert_eq!(error.kind, kind);
        }
    }
}

#[tokio::test]
async fn the_api_version_is_the_configured_or_the_newest_common_one() {
    let server = Server::start(|_| None).await;
    for (configured, newest_known, oldest_known, expected) in [
        (None, 67, 60, Ok(66)),
        (None, 65, 60, Ok(65)),
        (Some(65), 67, 60, Ok(65)),
        (Some(67), 67, 60, Err("the org does not support API version 67.0; it supports 31.0 to 66.0")),
        (None, 70, 68, Err("the org's newest API version is 66.0; at least 68.0 is required")),
    ] {
        let mut settings = settings(&server, jwt_bearer());
        (settings.api_version, settings.newest_known, settings.oldest_known) =
            (configured, newest_known, oldest_known);
        let version = client_of(settings).session().await.map(|session| session.api_version);
        assert_eq!(version.map_err(|error| error.kind.to_string()), expected.map_err(str::to_owned));
    }
}

#[tokio::test]
async fn the_api_version_can_be_read_without_a_login() {
    let server = Server::start(|_| None).await;
    let client = client(&server);
    assert_eq!(client.known_api_version().await, Some(66));
    assert_eq!(client.known_api_version().await, Some(66));
    client.session().await.unwrap();
    assert_eq!(server.journal(), ["data", "token"]);

    let broken = Server::start(|_| Some(html(503, "<html>"))).await;
    let client = super::client(&broken);
    assert_eq!(client.known_api_version().await, None);
    assert_eq!(client.known_api_version().await, None);
    assert_eq!(broken.journal(), ["data"]);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_and_each_call_is_repeated() {
    let server = Server::start(|request| {
        let first = request.body.contains("AQ.token0");
        match request.name().as_str() {
            "checkDeployStatus" if first => Some(fault("INVALID_SESSION_ID", "Session not found")),
            "checkDeployStatus" => Some(result("checkDeployStatus", "<done>true</done><id>0Af</id>")),
            _ => None,
        }
    })
    .await;
    let client = client(&server);
    client.session().await.unwrap();
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.deploy_status("0Af").await.unwrap().done })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
    assert_eq!(server.count("token"), 2);
    let replayed = server
        .requests("checkDeployStatus")
        .iter()
        .filter(|request| request.body.contains("AQ.token1"))
        .count();
    assert_eq!(replayed, 10);
}

#[tokio::test]
async fn an_expired_session_at_the_start_of_a_deploy_results_in_one_deploy() {
    let server = Server::start(|request| {
        (request.name() == "deploy" && request.nth == 0)
            .then(|| fault("INVALID_SESSION_ID", "Session not found"))
    })
    .await;
    let client = client(&server);
    assert_eq!(client.start_deploy(b"PK", false).await.unwrap(), "0Af000000000001AAA");
    assert_eq!(server.journal(), ["token", "data", "deploy", "token", "deploy"]);
}

#[tokio::test]
async fn a_session_that_never_works_is_renewed_once() {
    let server =
        Server::start(|request| (request.name() == "listMetadata").then(|| fault("INVALID_SESSION_ID", "x")))
            .await;
    let client = client(&server);
    for _ in 0..3 {
        let error = client.list_metadata(&["T1"]).await.unwrap_err();
        assert_eq!(problem(&error), Some(AuthProblem::SessionExpired));
        assert_eq!(error.call, Call::ListMetadata);
    }
    assert_eq!(server.count("token"), 2);
}

#[tokio::test]
async fn a_session_that_has_worked_is_renewed_whenever_it_expires() {
    // Every third call ends the session.
    let server = Server::start(|request| {
        (request.name() == "checkDeployStatus").then(|| match request.nth % 3 {
            2 => fault("INVALID_SESSION_ID", "Session not found"),
            _ => result("checkDeployStatus", "<done>true</done><id>0Af</id>"),
        })
    })
    .await;
    let client = client(&server);
    for _ in 0..8 {
        client.deploy_status("0Af").await.unwrap();
    }
    assert_eq!(server.count("token"), 4);
}

#[tokio::test]
async fn sessions_that_work_once_do_not_cause_a_login_for_each_call() {
    let ended = std::sync::Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let server = Server::start(move |request| {
        let session = request.body.split("<sessionId>").nth(1)?.split('<').next()?.to_owned();
        Some(match ended.lock().unwrap().insert(session) {
            true => result("checkDeployStatus", "<done>true</done><id>0Af</id>"),
            false => fault("INVALID_SESSION_ID", "Session not found"),
        })
    })
    .await;
    let client = client(&server);
    for _ in 0..100 {
        let _either = client.deploy_status("0Af").await;
    }
    assert_eq!(server.count("token"), 11);
}

#[tokio::test]
async fn a_session_that_is_blocked_by_policy_is_not_renewed() {
    let body = r#"[{"errorCode":"INVALID_SESSION_ID","message":"This session is not valid for use with the REST API"}]"#;
    let server = Server::start(move |request| (request.name() == "query").then(|| json(401, body))).await;
    let error = client(&server).query("SELECT Id FROM User").await.unwrap_err();
    assert_eq!(problem(&error), Some(AuthProblem::SessionBlocked));
    assert_eq!(server.count("token"), 1);
}

#[tokio::test]
async fn a_jwt_as_token_is_explained_before_soap_is_called() {
    let server = Server::start(|_| None).await;
    let client = client_of(settings(&server, access_token("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln")));
    let error = client.list_metadata(&["T1"]).await.unwrap_err();
    assert_eq!(problem(&error), Some(AuthProblem::JwtToken));
    assert!(error.advice().contains("named_user_jwt_enabled"));
    assert_eq!(server.count("listMetadata"), 0);
}

#[tokio::test]
async fn a_change_of_the_org_during_a_run_is_detected() {
    let url = std::sync::Arc::new(std::sync::OnceLock::<Url>::new());
    let known = url.clone();
    let server = Server::start(move |request: &Received| match (request.name().as_str(), request.nth) {
        ("listMetadata", _) => Some(fault("INVALID_SESSION_ID", "x")),
        ("token", 1) => {
            let url = known.get().unwrap();
            Some(json(
                200,
                &format!(
                    r#"{{"access_token":"t2","instance_url":"{url}","id":"{url}id/00D000000000002AAA/005"}}"#
                ),
            ))
        }
        _ => None,
    })
    .await;
    url.set(server.url.clone()).unwrap();
    let client = client(&server);
    // The second call must not continue in the other org.
    for _ in 0..2 {
        let error = client.list_metadata(&["T1"]).await.unwrap_err();
        let (before, after) = ("00D000000000001AAA".into(), "00D000000000002AAA".into());
        assert_eq!(error.kind, ErrorKind::OrgChanged { before, after });
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_by_the_servers_time() {
    for accepts in [true, false] {
        let server = Server::start(move |request| {
            let late = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n";
            let rejected = r#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;
            (request.name() == "token" && (request.nth == 0 || !accepts)).then(|| answer(400, late, rejected))
        })
        .await;
        let outcome = client(&server).session().await;
        assert_eq!(server.count("token"), 2);
        assert_eq!(outcome.is_ok(), accepts);
        if let Err(error) = outcome {
            let since_1994 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
                - Duration::from_secs(784_111_777);
            let Some(AuthProblem::Clock { skew_seconds }) = problem(&error) else { panic!("{error}") };
            assert!(skew_seconds.unsigned_abs().abs_diff(since_1994.as_secs()) < 60);
        }
    }
}

#[tokio::test]
async fn an_error_of_the_login_host_is_retried_and_a_rejection_is_final() {
    let server =
        Server::start(|request| (request.name() == "token" && request.nth < 2).then(|| html(503, "<html>")))
            .await;
    client(&server).session().await.unwrap();
    assert_eq!(server.count("token"), 3);

    // A response without a token is an error, regardless of its status.
    for nothing in ["", "{}", "{\"access_token\":\"\"}", "[]"] {
        let server = Server::start(move |request| {
            (request.name() == "token" && request.nth < 1).then(|| json(200, nothing))
        })
        .await;
        client(&server).session().await.unwrap();
        assert_eq!(server.count("token"), 2, "{nothing}");
    }

    let server = Server::start(|request| {
        (request.name() == "token").then(|| rejection("invalid_grant", "ip restricted"))
    })
    .await;
    let error = client(&server).session().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "authentication: the login is restricted for the user or the app (Salesforce returned: invalid_grant: ip \
         restricted)"
    );
    assert_eq!(server.count("token"), 1);
}

#[tokio::test]
async fn a_redirect_is_rejected_and_receives_no_credentials() {
    let redirect_target = Server::start(|_| None).await;
    let to = format!("Location: {}services/oauth2/token\r\n", redirect_target.url);
    let server =
        Server::start(move |request| (request.name() == "token").then(|| answer(307, &to, ""))).await;
    let error = client(&server).session().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Redirected { status: 307, to: "127.0.0.1".into() });
    assert!(redirect_target.journal().is_empty());
}

#[tokio::test]
async fn a_token_response_with_a_plain_http_url_is_rejected() {
    let body = r#"{"access_token":"t","instance_url":"http://evil.example","id":"x/00D000000000001AAA/005"}"#;
    let server = Server::start(move |request| (request.name() == "token").then(|| json(200, body))).await;
    let error = client(&server).session().await.unwrap_err();
    assert_eq!(error.kind, SettingsProblem::InsecureUrl { url: "http://evil.example".into() }.into());
}

#[tokio::test]
async fn invalid_settings_are_rejected_before_anything_is_sent() {
    let server = Server::start(|_| None).await;
    let base = || settings(&server, jwt_bearer());
    let rejected = |change: &dyn Fn(&mut crate::salesforce::Settings)| {
        let mut settings = base();
        change(&mut settings);
        let error = Client::new(settings).unwrap_err();
        assert!(!error.advice().is_empty());
        assert_eq!(error.call, Call::Configure);
        error.kind.to_string()
    };
    assert!(
        rejected(&|s| s.instance_url = Url::parse("http://acme.my.salesforce.com").ok()).contains("https")
    );
    assert!(
        rejected(&|s| s.login_url = Url::parse("https://acme.lightning.force.com").ok())
            .contains("user interface")
    );
    assert!(rejected(&|s| s.api_version = Some(59)).contains("60.0 and 68.0"));
    assert!(rejected(&|s| s.ca_certificate = Some("nothing".into())).contains("ca_certificate"));
    assert!(rejected(&|s| s.user_agent = "a\nb".into()).contains("user agent"));
    assert!(
        rejected(&|s| {
            s.instance_url = None;
            s.login = access_token("t");
        })
        .contains("instance_url")
    );
    assert!(
        rejected(&|s| {
            s.instance_url = None;
            s.login = Login::ClientCredentials { client_id: "i".into(), client_secret: Secret::new("s") };
        })
        .contains("My Domain")
    );
    assert!(
        rejected(&|s| {
            s.login = Login::JwtBearer {
                client_id: "i".into(),
                username: "u".into(),
                private_key: Secret::new("-----BEGIN CERTIFICATE-----\nx"),
            };
        })
        .contains("certificate")
    );
    assert!(server.journal().is_empty());
}

/// The audience of the JWT in a token request.
fn audience(request: &Received) -> String {
    use base64::Engine as _;
    let claims = request.body.split("assertion=").nth(1).and_then(|jwt| jwt.split('.').nth(1)).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["aud"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rejected_audience_is_replaced_by_the_shared_one_and_not_tried_again() {
    for (error, description) in [
        ("invalid_grant", "audience is invalid"),
        ("app_not_found", "External client app is not installed in this org"),
    ] {
        let server = Server::start(move |request| match request.name().as_str() {
            "token" if audience(request) != "https://login.salesforce.com" => {
                Some(rejection(error, description))
            }
            "listMetadata" => Some(fault("INVALID_SESSION_ID", "x")),
            _ => None,
        })
        .await;
        let client = client(&server);
        client.session().await.unwrap();
        // The session expires and is renewed.
        client.list_metadata(&["T1"]).await.unwrap_err();
        let audiences: Vec<String> = server.requests("token").iter().map(audience).collect();
        let own = server.url.as_str().trim_end_matches('/').to_owned();
        let shared = "https://login.salesforce.com".to_owned();
        assert_eq!(audiences, [own, shared.clone(), shared]);
    }
}

#[tokio::test]
async fn a_configured_audience_has_no_fallback_and_the_first_rejection_is_reported() {
    for (written, audiences) in [(Some("https://site.example"), 1), (None, 2)] {
        let server = Server::start(|request| {
            (request.name() == "token").then(|| match audience(request).as_str() {
                "https://login.salesforce.com" => rejection("invalid_grant", "audience is invalid"),
                _ => rejection("app_not_found", "External client app is not installed in this org"),
            })
        })
        .await;
        let settings = crate::salesforce::Settings {
            audience: written.map(str::to_owned),
            ..settings(&server, jwt_bearer())
        };
        let error = client_of(settings).session().await.unwrap_err();
        assert_eq!(problem(&error), Some(AuthProblem::AppAbsent));
        assert!(error.advice().contains("My Domain"), "{}", error.advice());
        assert_eq!(server.requests("token").len(), audiences);
    }
}
