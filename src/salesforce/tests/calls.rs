//! Tests for deploys, retrieves, lists, queries and credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client;
use super::server::{Server, answer, fault, html, json, response, result, retrieved, zip};
use crate::salesforce::error::Page;
use crate::salesforce::{Class, Error, ErrorKind, RetriedError};
use crate::secret::Secret;

fn wanted() -> Vec<(String, Vec<String>)> {
    vec![("SomeType".into(), vec!["Shop".into(), "A<B".into()]), ("Other".into(), vec!["*".into()])]
}

#[tokio::test]
async fn a_deploy_follows_the_wsdl() {
    let server = Server::start(|_| None).await;
    client(&server).start_deploy(b"PK", true).await.unwrap();
    let request = &server.requests("deploy")[0];
    assert_eq!(request.path, "/services/Soap/m/66.0");
    assert!(request.head.to_ascii_lowercase().contains("soapaction: \"\""));
    let (_, body) = request.body.split_once("<deploy>").unwrap();
    assert_eq!(
        body,
        "<ZipFile>UEs=</ZipFile><DeployOptions><allowMissingFiles>false</allowMissingFiles>\
         <autoUpdatePackage>false</autoUpdatePackage><checkOnly>false</checkOnly><ignoreWarnings>true</ignoreWarnings>\
         <performRetrieve>false</performRetrieve><purgeOnDelete>false</purgeOnDelete>\
         <rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions></deploy>\
         </soapenv:Body></soapenv:Envelope>"
    );
    assert!(request.body.contains("<sessionId>00D000000000001!AQ.token0</sessionId>"));
}

async fn failed_start(answer: fn() -> Vec<u8>) -> (Error, usize) {
    let server = Server::start(move |request| (request.name() == "deploy").then(answer)).await;
    let error = client(&server).start_deploy(b"PK", false).await.unwrap_err();
    (error, server.count("deploy"))
}

#[tokio::test]
async fn a_deploy_with_a_lost_response_is_ambiguous_and_sent_once() {
    let lost: [fn() -> Vec<u8>; 6] = [
        Vec::new,
        || b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<?xml".to_vec(),
        || html(502, "<html>Bad gateway</html>"),
        || html(503, "<html>We are down for maintenance."),
        || fault("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1"),
        || answer(200, "Content-Type: text/xml\r\n", "<soapenv:Envelope><soapenv:Body>"),
    ];
    for answer in lost {
        let (error, sent) = failed_start(answer).await;
        assert!(error.is_ambiguous(), "{error}");
        assert_eq!(error.class(), Class::Ambiguous);
        assert!(!error.safe_to_resubmit());
        assert_eq!(sent, 1, "{error}");
    }
}

#[tokio::test]
async fn a_deploy_that_certainly_had_no_effect_is_sent_again() {
    let server = Server::start(|request| match (request.name().as_str(), request.nth) {
        ("deploy", 0) => Some(fault("SERVER_UNAVAILABLE", "try later")),
        ("deploy", 1) => Some(json(
            403,
            r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests Limit exceeded."}]"#,
        )),
        _ => None,
    })
    .await;
    client(&server).start_deploy(b"PK", false).await.unwrap();
    assert_eq!(server.count("deploy"), 3);
}

#[tokio::test]
async fn a_rejected_deploy_is_not_ambiguous() {
    let (error, sent) =
        failed_start(|| fault("INSUFFICIENT_ACCESS", "use of the Metadata API requires more")).await;
    assert!(!error.is_ambiguous());
    assert_eq!((error.class(), sent), (Class::Permission, 1));
    assert_eq!(
        error.to_string(),
        "starting a deploy: INSUFFICIENT_ACCESS: use of the Metadata API requires more"
    );
}

#[tokio::test]
async fn a_refused_connection_is_not_ambiguous() {
    let server = Server::start(|_| None).await;
    let client = client(&server);
    let session = client.session().await.unwrap();
    assert_eq!(session.api_version, 66);
    // The session exists. Only the request itself cannot connect.
    let shut = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url::Url::parse(&format!("http://{}", shut.local_addr().unwrap())).unwrap();
    drop(shut);
    let request = super::super::http::Request::post(url, "text/xml", b"x".to_vec());
    let kind = client.inner.http.send(request, &client.inner.redactor).await.unwrap_err();
    assert!(matches!(kind, ErrorKind::Unreachable { .. }), "{kind}");
}

#[tokio::test]
async fn a_private_ca_is_trusted_only_if_it_is_configured() {
    let generated = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(generated.signing_key.serialize_der()).unwrap();
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![generated.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(tls));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&json(200, r#"[{"version":"66.0"}]"#)).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let url = url::Url::parse(&format!("https://localhost:{port}")).unwrap();
    let redactor = super::super::redact::Redactor::default();
    for (given, trusted) in [(None, false), (Some(generated.cert.pem()), true)] {
        let http = super::super::http::Http::new("test/1", given.as_deref(), None).unwrap();
        let request = super::super::http::Request::get(url.clone());
        match http.send(request, &redactor).await {
            Ok(reply) => assert!(trusted && reply.status == 200),
            Err(kind) => assert!(!trusted && matches!(kind, ErrorKind::Untrusted { .. }), "{kind}"),
        }
    }
}

#[tokio::test]
async fn a_report_is_read_with_one_many_or_no_messages() {
    let failure = |name: &str| {
        format!(
            "<componentFailures><changed>false</changed><columnNumber>9</columnNumber><componentType>SomeType</componentType>\
             <created>false</created><deleted>false</deleted><fileName>dir/{name}.suffix</fileName><fullName>{name}</fullName>\
             <lineNumber>7</lineNumber><problem>Bad &lt;value&gt; 00D000000000001!AQ.canary</problem>\
             <problemType>Error</problemType><success>false</success></componentFailures>"
        )
    };
    for failures in 0..3 {
        let inside: String = (0..failures).map(|n| failure(&format!("A{n}"))).collect();
        let server = Server::start(move |request| {
            (request.name() == "checkDeployStatus").then(|| {
                result(
                    "checkDeployStatus",
                    &format!("<details>{inside}</details><done>true</done><errorMessage xsi:nil=\"true\" xmlns:xsi=\"x\"/><id>0Af</id><numberComponentsTotal>3</numberComponentsTotal><status>Wat</status><success>false</success>"),
                )
            })
        })
        .await;
        let report = client(&server).deploy_status("0Af").await.unwrap();
        assert_eq!((report.done, report.success, report.status.as_str()), (true, false, "Wat"));
        assert_eq!(report.error_message, None);
        assert_eq!(report.component_failures.len(), failures);
        for message in report.component_failures {
            assert_eq!(message.line_number, Some(7));
            assert_eq!(message.problem.as_deref(), Some("Bad <value> (sensitive)"));
        }
    }
}

#[tokio::test]
async fn failed_polls_are_transient_and_not_repeated_by_the_client() {
    let server = Server::start(|request| match (request.name().as_str(), request.nth) {
        ("checkDeployStatus", 0) => Some(html(503, "<html><body>We are down for maintenance.</span><br>")),
        ("checkDeployStatus", 1) => Some(Vec::new()),
        ("checkDeployStatus", 2) => Some(html(502, "<html>")),
        ("checkDeployStatus", _) => Some(result("checkDeployStatus", "<done>false</done><id>0Af</id>")),
        _ => None,
    })
    .await;
    let client = client(&server);
    for _ in 0..3 {
        assert!(client.deploy_status("0Af").await.unwrap_err().is_transient());
    }
    assert!(!client.deploy_status("0Af").await.unwrap().done);
}

#[tokio::test]
async fn a_caller_sees_the_error_that_its_request_is_retried_for_until_a_success() {
    let org_is_up = Arc::new(AtomicBool::new(false));
    let is_up = org_is_up.clone();
    let server = Server::start(move |request| {
        let fails = request.name() == "listMetadata" && !is_up.load(Ordering::SeqCst);
        fails.then(|| html(503, "<html><body><center>We are down for maintenance.<br>"))
    })
    .await;
    let client = client(&server);
    let waiting = RetriedError::default();
    let call = tokio::spawn({
        let client = client.clone();
        let waiting = waiting.clone();
        async move { waiting.follow(client.list_metadata(&["ExternalClientApplication"])).await }
    });
    let error = loop {
        match waiting.get() {
            Some(error) => break error,
            None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    };
    assert_eq!(error.kind, ErrorKind::Page { status: 503, page: Page::Maintenance });
    // A call by another caller of the same client succeeds.
    let other = RetriedError::default();
    other.follow(client.cancel_deploy("0Af")).await.unwrap();
    assert!(other.get().is_none() && waiting.get().is_some());
    org_is_up.store(true, Ordering::SeqCst);
    call.await.unwrap().unwrap();
    assert!(waiting.get().is_none());
}

#[tokio::test]
async fn a_maintenance_page_is_recognized_and_never_quoted() {
    let server = Server::start(|request| {
        (request.name() == "checkDeployStatus")
            .then(|| html(503, "<html><body><center>We are down for maintenance.<br>"))
    })
    .await;
    let error = client(&server).deploy_status("0Af").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Page { status: 503, page: Page::Maintenance });
    assert!(error.is_transient() && !error.to_string().contains('<'));
    assert_eq!(server.count("checkDeployStatus"), 1, "the caller polls the deploy again");
}

#[tokio::test]
async fn an_unknown_deploy_is_polled_once_by_the_client() {
    let server = Server::start(|request| {
        (request.name() == "checkDeployStatus")
            .then(|| fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
    })
    .await;
    let error = client(&server).deploy_status("0Af").await.unwrap_err();
    assert_eq!((error.class(), server.count("checkDeployStatus")), (Class::NotFound, 1));
}

#[tokio::test]
async fn a_cancellation_uses_the_parameter_name_of_the_wsdl() {
    let server = Server::start(|_| None).await;
    client(&server).cancel_deploy("0Af").await.unwrap();
    assert!(
        server.requests("cancelDeploy")[0].body.contains("<cancelDeploy><String>0Af</String></cancelDeploy>")
    );
}

#[tokio::test]
async fn each_poll_of_a_retrieve_requests_the_files() {
    let server = Server::start(|request| {
        (request.name() == "checkRetrieveStatus+zip" && request.nth < 2).then(|| {
            result(
                "checkRetrieveStatus",
                "<done>false</done><status>Pending</status><success>false</success>",
            )
        })
    })
    .await;
    let retrieved = client(&server).retrieve(&wanted()).await.unwrap();
    assert_eq!(retrieved.zip, zip());
    assert_eq!(retrieved.files[0].full_name, "Shop");
    assert!(retrieved.messages[0].problem.contains("'Gone'"));
    let body = &server.requests("retrieve")[0].body;
    let (_, body) = body.split_once("<retrieve>").unwrap();
    assert_eq!(
        body,
        "<retrieveRequest><apiVersion>66.0</apiVersion><singlePackage>true</singlePackage><unpackaged><types>\
         <members>Shop</members><members>A&lt;B</members><name>SomeType</name></types><types><members>*</members>\
         <name>Other</name></types><version>66.0</version></unpackaged></retrieveRequest></retrieve></soapenv:Body>\
         </soapenv:Envelope>"
    );
    assert_eq!(server.count("checkRetrieveStatus+zip"), 3);
    assert_eq!(server.count("checkRetrieveStatus"), 0);
}

#[tokio::test]
async fn a_damaged_retrieve_is_repeated() {
    let damaged: [fn() -> Vec<u8>; 3] = [
        || {
            result(
                "checkRetrieveStatus",
                "<done>true</done><status>Succeeded</status><success>true</success><zipFile>***</zipFile>",
            )
        },
        || {
            result(
                "checkRetrieveStatus",
                "<done>true</done><status>Succeeded</status><success>true</success><zipFile>UEsDBA==</zipFile>",
            )
        },
        || fault("INVALID_LOCATOR", "Retrieve result has been deleted."),
    ];
    for broken in damaged {
        let server = Server::start(move |request| {
            (request.name() == "checkRetrieveStatus+zip" && request.nth < 2).then(broken)
        })
        .await;
        assert_eq!(client(&server).retrieve(&wanted()).await.unwrap().zip, zip());
        assert_eq!(server.count("retrieve"), 3);
        assert_eq!(server.count("checkRetrieveStatus+zip"), 3);

        let server =
            Server::start(move |request| (request.name() == "checkRetrieveStatus+zip").then(broken)).await;
        let error = client(&server).retrieve(&wanted()).await.unwrap_err();
        let damaged = matches!(error.kind, ErrorKind::Malformed(_));
        assert!(damaged || error.code() == Some("INVALID_LOCATOR"), "{error}");
        assert_eq!(server.count("retrieve"), 3);
    }
}

#[tokio::test]
async fn a_retrieve_with_a_lost_response_is_repeated_only_if_its_result_was_deleted() {
    let lost: [fn() -> Vec<u8>; 3] = [
        Vec::new,
        || {
            let mut whole = retrieved();
            whole.truncate(whole.len() - 40);
            whole
        },
        || {
            let whole = String::from_utf8(retrieved()).unwrap();
            let (_, body) = whole.split_once("\r\n\r\n").unwrap();
            answer(200, "Content-Type: text/xml\r\n", &body[..body.len() - 40])
        },
    ];
    for broken in lost {
        for (gone, retrieves) in [(false, 1), (true, 2)] {
            let server = Server::start(move |request| match (request.name().as_str(), request.nth) {
                ("checkRetrieveStatus+zip", 0) => Some(broken()),
                ("checkRetrieveStatus+zip", 1) if gone => {
                    Some(fault("INVALID_LOCATOR", "Retrieve result has been deleted."))
                }
                _ => None,
            })
            .await;
            assert_eq!(client(&server).retrieve(&wanted()).await.unwrap().zip, zip());
            assert_eq!(server.count("retrieve"), retrieves);
        }
        let server =
            Server::start(move |request| (request.name() == "checkRetrieveStatus+zip").then(broken)).await;
        let error = client(&server).retrieve(&wanted()).await.unwrap_err();
        let lost = matches!(error.kind, ErrorKind::Interrupted { .. } | ErrorKind::Malformed(_));
        assert!(lost, "{error}");
    }
}

#[tokio::test]
async fn a_rejected_retrieve_is_not_repeated() {
    let server = Server::start(|request| {
        (request.name() == "checkRetrieveStatus+zip").then(|| {
            result("checkRetrieveStatus", "<done>true</done><errorMessage>no</errorMessage><errorStatusCode>INSUFFICIENT_ACCESS</errorStatusCode><status>Failed</status><success>false</success>")
        })
    })
    .await;
    let error = client(&server).retrieve(&wanted()).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (Class::Permission, Some("INSUFFICIENT_ACCESS")));
    assert_eq!(server.count("retrieve"), 1);
}

#[tokio::test]
async fn lists_request_three_types_at_a_time() {
    let server = Server::start(|request| match request.name().as_str() {
        "listMetadata" if request.nth == 0 => Some(response(
            "listMetadata",
            "<result><fullName>A</fullName><namespacePrefix>ns</namespacePrefix><type>T1</type></result><result><fullName>B</fullName><type>T2</type></result>",
        )),
        "listMetadata" => Some(response("listMetadata", "")),
        _ => None,
    })
    .await;
    let client = client(&server);
    let found = client.list_metadata(&["T1", "T2", "T3", "T4"]).await.unwrap();
    assert_eq!(found.iter().map(|file| file.full_name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(found[0].namespace.as_deref(), Some("ns"));
    let sizes: Vec<_> = server
        .requests("listMetadata")
        .iter()
        .map(|request| request.body.matches("<queries>").count())
        .collect();
    assert_eq!(sizes, [3, 1]);
}

#[tokio::test]
async fn a_query_follows_its_pages() {
    let server = Server::start(|request| match request.name().as_str() {
        "query" => Some(json(
            200,
            r#"{"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-2","records":[{"Id":"1"}]}"#,
        )),
        "01g-2" => Some(json(200, r#"{"done":true,"records":[{"Id":"2"}]}"#)),
        _ => None,
    })
    .await;
    let rows = client(&server).query("SELECT Id FROM User WHERE Name = 'a b'").await.unwrap();
    assert_eq!(rows.iter().map(|row| row["Id"].as_str().unwrap()).collect::<Vec<_>>(), ["1", "2"]);
    let request = &server.requests("query")[0];
    assert!(request.path.starts_with("/services/data/v66.0/query?q=SELECT+Id+FROM+User"), "{}", request.path);
    assert!(request.head.contains("Bearer 00D000000000001!AQ.token0"));
}

#[tokio::test]
async fn no_new_calls_are_sent_after_the_daily_limit() {
    let server = Server::start(|request| match request.name().as_str() {
        "listMetadata" => Some(fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
        "checkDeployStatus" => Some(result("checkDeployStatus", "<done>true</done><id>0Af</id>")),
        _ => None,
    })
    .await;
    let client = client(&server);
    for _ in 0..3 {
        let error = client.list_metadata(&["T1"]).await.unwrap_err();
        assert_eq!((error.class(), error.is_transient()), (Class::Limit, false));
    }
    let error = client.start_deploy(b"PK", false).await.unwrap_err();
    assert!(error.safe_to_resubmit());
    assert!(client.deploy_status("0Af").await.unwrap().done);
    assert_eq!((server.count("listMetadata"), server.count("deploy")), (1, 0));

    // Once the org accepts calls again, changes can be read back.
    assert_eq!(client.list_metadata(&["T1"]).await.unwrap_err().class(), Class::Limit);
    assert_eq!(server.count("listMetadata"), 2);
}

#[tokio::test]
async fn a_next_page_on_another_host_is_not_fetched() {
    for next in ["https://evil.example/services/data/", "//evil.example/services/data/x"] {
        let body = format!(r#"{{"done":false,"nextRecordsUrl":"{next}","records":[]}}"#);
        let server =
            Server::start(move |request| (request.name() == "query").then(|| json(200, &body))).await;
        assert!(matches!(client(&server).query("x").await.unwrap_err().kind, ErrorKind::Malformed(_)));
    }
}

#[tokio::test]
async fn keys_are_read_without_secrets_and_secrets_only_on_request() {
    let (app, consumer) = ("0xI000000000001AAA", "888000000000001AAA");
    let server = Server::start(move |request| match request.name().as_str() {
        what if what == app => {
            Some(json(200, r#"{"consumers":[{"id":"888000000000001AAA","key":"3MVG9.key","name":"C"}]}"#))
        }
        what if what == consumer => {
            Some(json(200, r#"{"id":"888","key":"3MVG9.key","secret":"canary-secret"}"#))
        }
        "888000000000002AAA" => Some(json(200, r#"{"id":"888","key":"3MVG9.key"}"#)),
        _ => None,
    })
    .await;
    let client = client(&server);
    let consumers = client.consumer_credentials(app).await.unwrap();
    assert_eq!((consumers[0].key.as_str(), consumers[0].id.as_str()), ("3MVG9.key", consumer));
    assert!(!server.requests(app)[0].path.contains("part="));
    let (key, secret) = client.consumer_secret(app, consumer).await.unwrap();
    assert_eq!((key.as_str(), secret.expose()), ("3MVG9.key", "canary-secret"));
    assert_eq!(client.inner.redactor.clean("canary-secret!"), "(sensitive)!");
    let error = client.consumer_secret(app, "888000000000002AAA").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SecretWithheld);
    let error = client.consumer_credentials("../../oauth2/revoke").await.unwrap_err();
    assert_eq!(error.class(), Class::Config);
}

#[test]
fn the_password_of_a_proxy_is_redacted_in_each_encoding() {
    let url = Secret::new("http://user:pa%2Fss-canary+1@proxy.example:3128");
    let proxy = super::super::Proxy { url, except: String::new() };
    let redactor = super::super::redact::Redactor::default();
    redactor.learn(&proxy.password().unwrap());
    for text in ["pa/ss-canary+1", "pa%2Fss-canary+1", "pa%2fss-canary%2B1", "dXNlcjpwYS9zcy1jYW5hcnkrMQ=="] {
        assert_eq!(redactor.clean(text), "(sensitive)", "{text}");
    }
}
