//! A client besides the provider, which deploys given files to the same org with raw SOAP.

use crate::emulator::Emulator;
use crate::http;
use crate::target::Credentials;
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// A separate login by a user who may have several logins, as pipelines that share a user do.
pub struct Session {
    pub token: String,
    /// The number of the session in the emulator's journal.
    pub number: u64,
}

impl Emulator {
    /// # Panics
    /// Panics if the emulator has no such user.
    #[must_use]
    #[track_caller]
    pub fn log_in(&self, user: &str) -> Session {
        let reply = self.admin("POST", "/sessions", Some(&json!({ "user": self.user(user) })));
        Session {
            token: reply["access_token"].as_str().expect("a token").to_owned(),
            number: reply["session"].as_u64().expect("a number"),
        }
    }

    /// The environment of a provider with this login.
    #[must_use]
    pub fn credentials_of(&self, session: &Session) -> Credentials {
        BTreeMap::from([
            ("SALESFORCE_INSTANCE_URL".to_owned(), self.url().to_owned()),
            ("SALESFORCE_ACCESS_TOKEN".to_owned(), session.token.clone()),
        ])
    }

    /// The current file of a component.
    ///
    /// # Panics
    /// Panics if the component does not exist.
    #[must_use]
    #[track_caller]
    pub fn file(&self, kind: &str, name: &str) -> String {
        let reply = http::call("GET", &format!("{}/emulator/components/{kind}/{name}", self.url()), None);
        let reply = reply.expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// The IDs of a login's deploys, oldest first.
    #[must_use]
    #[track_caller]
    pub fn deploys_of(&self, session: &Session) -> Vec<String> {
        let of_session =
            |call: &&Value| call["operation"] == "deploy" && call["details"]["session"] == session.number;
        let journal = self.journal();
        let calls = journal.iter().filter(of_session);
        calls.filter_map(|call| call["details"]["id"].as_str()).map(str::to_owned).collect()
    }

    /// The number of calls in an operation.
    #[must_use]
    #[track_caller]
    pub fn count(&self, operation: &str) -> usize {
        self.journal().iter().filter(|call| call["operation"] == operation).count()
    }
}

pub struct ConcurrentClient<'org> {
    org: &'org Emulator,
    pub session: Session,
}

/// The path in the package, the metadata type, the full name, and the text.
pub type File<'a> = (&'a str, &'a str, &'a str, &'a str);

impl<'org> ConcurrentClient<'org> {
    #[must_use]
    #[track_caller]
    pub fn of(org: &'org Emulator) -> Self {
        Self { org, session: org.log_in("other.admin") }
    }

    /// Starts a deploy and does not wait for it. Returns the ID of the deploy.
    ///
    /// # Panics
    /// Panics if the org rejects the deploy.
    #[track_caller]
    pub fn deploy(&self, files: &[File<'_>]) -> String {
        const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
        let types: String = files
            .iter()
            .map(|(_, kind, name, _)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
            .collect();
        let version = self.org.newest_version();
        let manifest =
            format!("<Package xmlns=\"{NAMESPACE}\">{types}<version>{version}.0</version></Package>");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let parts =
            files.iter().map(|(path, _, _, text)| (*path, *text)).chain([("package.xml", manifest.as_str())]);
        for (path, text) in parts {
            zip.start_file(path, zip::write::SimpleFileOptions::default()).expect("a file of the package");
            zip.write_all(text.as_bytes()).expect("a file of the package");
        }
        let zip = zip.finish().expect("a package").into_inner();
        let zip = base64::engine::general_purpose::STANDARD.encode(zip);
        let envelope = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><SessionHeader \
             xmlns=\"{NAMESPACE}\"><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body>\
             <deploy xmlns=\"{NAMESPACE}\"><ZipFile>{zip}</ZipFile><DeployOptions><rollbackOnError>true\
             </rollbackOnError><singlePackage>true</singlePackage></DeployOptions></deploy></e:Body></e:Envelope>",
            self.session.token
        );
        let url = format!("{}/services/Soap/m/{version}.0", self.org.url());
        let headers = [("Content-Type", "text/xml"), ("SOAPAction", "\"\"")];
        let reply = http::send("POST", &url, &headers, &envelope).expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.body);
        let id = reply.body.split_once("<id>").and_then(|(_, rest)| rest.split_once("</id>"));
        id.expect("the id of a deploy").0.to_owned()
    }

    /// Waits until a deploy has succeeded.
    ///
    /// # Panics
    /// Panics if the deploy fails, or does not end.
    #[track_caller]
    pub fn succeeds(&self, id: &str) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let deploys = self.org.deploys();
            let own = deploys.iter().find(|deploy| deploy["id"] == id).expect("the deploy is known");
            if own["done"] == true {
                assert_eq!(own["status"], "Succeeded", "{own:#}");
                return;
            }
            assert!(Instant::now() < deadline, "{own:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
