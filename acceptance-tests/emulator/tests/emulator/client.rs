//! An emulator for a single test, and a minimal client: raw SOAP text over a raw socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salesforce_emulator::{Config, Running};
use serde_json::Value;

pub const NS: &str = "http://soap.sforce.com/2006/04/metadata";
pub const APP: &str = "ExternalClientApplication";
pub const OAUTH: &str = "ExtlClntAppOauthSettings";
pub const GLOBAL: &str = "ExtlClntAppGlobalOauthSettings";
pub const OAUTH_POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
pub const APP_POLICIES: &str = "ExtlClntAppConfigurablePolicies";

/// Two minutes at ten milliseconds between polls, which is enough on a busy machine.
const POLLS: usize = 12_000;

pub struct Org {
    pub running: Running,
    pub token: String,
    _runtime: tokio::runtime::Runtime,
}

pub struct Response {
    /// 0 when the connection closed without a response.
    pub status: u16,
    pub head: String,
    pub body: String,
    /// Whether the announced number of bytes arrived.
    pub is_complete: bool,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_string())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// The first unsupported API version.
pub fn unsupported_version() -> String {
    format!("{}.0", salesforce_emulator::NEWEST_API_VERSION + 1)
}

pub fn start() -> Org {
    start_with(Config::default())
}

pub fn start_with(config: Config) -> Org {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let running = runtime.block_on(salesforce_emulator::start(config)).unwrap();
    let token = running.credentials.access_token.clone();
    Org { running, token, _runtime: runtime }
}

impl Org {
    /// The access token of a seeded internal user.
    pub fn token_of(&self, login: &str) -> String {
        let users = &self.running.credentials.users;
        users.iter().find(|(name, _)| name.starts_with(login)).unwrap().1.clone()
    }

    /// The full username of a seeded external user.
    pub fn site_user(&self, login: &str) -> String {
        let domain = self.running.credentials.username.split('@').nth(1).unwrap();
        format!("{login}@{domain}")
    }

    pub fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        self.http_at(&self.running.url, method, path, headers, body)
    }

    /// A request to the host of `url`, which may differ from the org's.
    pub fn http_at(
        &self,
        url: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let host = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let announced = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_string())
            })
            .and_then(|length| length.parse::<usize>().ok());
        Response {
            status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0),
            head: head.to_string(),
            body: body.to_string(),
            is_complete: announced.is_some_and(|announced| announced == body.len()),
        }
    }

    pub fn rest(&self, method: &str, path: &str, body: &str) -> Response {
        let bearer = format!("Bearer {}", self.token);
        self.http(method, path, &[("Authorization", &bearer)], body.as_bytes())
    }

    /// Sends a request with a JSON body.
    pub fn json(&self, method: &str, path: &str, body: &str) -> Response {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.http(method, path, &headers, body.as_bytes())
    }

    /// Sends a request without a body and without a Content-Length header. Returns the response.
    pub fn without_length(&self, method: &str, path: &str) -> String {
        let host = self.running.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        text
    }

    pub fn query(&self, soql: &str) -> Response {
        let encoded: String = soql.bytes().map(|byte| format!("%{byte:02x}")).collect();
        self.rest("GET", &format!("/services/data/v66.0/query?q={encoded}"), "")
    }

    pub fn admin(&self, method: &str, path: &str, body: &str) -> Value {
        let response = self.http(method, &format!("/emulator/{path}"), &[], body.as_bytes());
        assert!(response.status < 300, "{method} {path}: {} {}", response.status, response.body);
        serde_json::from_str(&response.body).unwrap_or(Value::String(response.body))
    }

    pub fn soap_at(&self, version: &str, body: &str) -> Response {
        let envelope = format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header \
             xmlns=\"{NS}\"><SessionHeader><sessionId>{}</sessionId></SessionHeader></soapenv:Header>\
             <soapenv:Body xmlns=\"{NS}\">{body}</soapenv:Body></soapenv:Envelope>",
            self.token
        );
        self.http(
            "POST",
            &format!("/services/Soap/m/{version}"),
            &[("Content-Type", "text/xml; charset=UTF-8"), ("SOAPAction", "\"\"")],
            envelope.as_bytes(),
        )
    }

    pub fn soap(&self, body: &str) -> Response {
        self.soap_at("66.0", body)
    }

    /// Starts a deploy and returns its ID.
    pub fn start_deploy(&self, package: &Package) -> String {
        let response = self.soap_at(
            &format!("{}.0", package.version.clamp(60, salesforce_emulator::NEWEST_API_VERSION)),
            &format!(
                "<deploy><ZipFile>{}</ZipFile><DeployOptions>{}</DeployOptions></deploy>",
                STANDARD.encode(package.zip()),
                package.options
            ),
        );
        assert_eq!(response.status, 200, "{}", response.body);
        between(&response.body, "<id>", "</id>").expect("an ID")
    }

    pub fn check(&self, id: &str) -> Deployed {
        let response = self.soap_at(
            "66.0",
            &format!(
                "<checkDeployStatus><asyncProcessId>{id}</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>"
            ),
        );
        assert_eq!(response.status, 200, "{}", response.body);
        Deployed { text: response.body }
    }

    pub fn deploy(&self, package: &Package) -> Deployed {
        let id = self.start_deploy(package);
        for _ in 0..POLLS {
            let deployed = self.check(&id);
            if deployed.text.contains("<done>true</done>") {
                return deployed;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{id} does not end");
    }

    /// Sends the parts of a multipart form: disposition, content type, content.
    pub fn multipart(&self, version: u32, parts: &[(&str, &str, &[u8])]) -> Response {
        let mut body = Vec::new();
        for (disposition, content_type, content) in parts {
            let head = format!(
                "--B\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--B--\r\n");
        let bearer = format!("Bearer {}", self.token);
        self.http(
            "POST",
            &format!("//services/data/v{version}.0/metadata/deployRequest"),
            &[("Authorization", &bearer), ("Content-Type", "multipart/form-data; boundary=B")],
            &body,
        )
    }

    /// Deploys over REST. Returns the problems, or an empty list if the deploy succeeded.
    pub fn deploy_by_rest(&self, package: &Package) -> Vec<String> {
        let version = package.version.clamp(60, salesforce_emulator::NEWEST_API_VERSION);
        let options = br#"{"deployOptions":{"rollbackOnError":true,"singlePackage":true}}"#;
        let zip = package.zip();
        let started = self.multipart(
            version,
            &[
                ("name=\"json\"", "application/json", options),
                ("name=\"file\"; filename=\"x.zip\"", "application/zip", &zip),
            ],
        );
        assert_eq!(started.status, 201, "{}", started.body);
        let id = started.json()["id"].as_str().unwrap().to_string();
        let path = format!("/services/data/v{version}.0/metadata/deployRequest/{id}?includeDetails=true");
        for _ in 0..POLLS {
            let result = self.rest("GET", &path, "").json()["deployResult"].clone();
            if result["done"] == true {
                let failures = result["details"]["componentFailures"].as_array().into_iter().flatten();
                let problems: Vec<String> =
                    failures.map(|failure| failure["problem"].as_str().unwrap().to_string()).collect();
                assert_eq!(problems.is_empty(), result["status"] == "Succeeded", "{result:#}");
                return problems;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{id} does not end");
    }

    /// Deploys an app with its OAuth settings. The org creates the policies.
    pub fn shop(&self) {
        let deployed = self.deploy(&Package::shop());
        assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    }

    pub fn start_retrieve(&self, members: &[(&str, &str)], version: u32) -> String {
        let types: String = members
            .iter()
            .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
            .collect();
        let response = self.soap(&format!(
            "<retrieve><retrieveRequest><apiVersion>{version}.0</apiVersion><unpackaged>{types}\
             <version>{version}.0</version></unpackaged></retrieveRequest></retrieve>"
        ));
        assert_eq!(response.status, 200, "{}", response.body);
        between(&response.body, "<id>", "</id>").expect("an ID")
    }

    pub fn check_retrieve(&self, id: &str) -> Response {
        self.soap(&format!(
            "<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId></checkRetrieveStatus>"
        ))
    }

    pub fn retrieve(&self, members: &[(&str, &str)], version: u32) -> Retrieved {
        let id = self.start_retrieve(members, version);
        let response = self.check_retrieve(&id);
        assert_eq!(response.status, 200, "{}", response.body);
        let zip =
            STANDARD.decode(between(&response.body, "<zipFile>", "</zipFile>").expect("a zip")).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
        let mut files = std::collections::BTreeMap::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            files.insert(file.name().unwrap().to_string(), text);
        }
        Retrieved { text: response.body, files }
    }

    /// The text of an element of a retrieved component.
    pub fn element(&self, kind: &str, name: &str, element: &str) -> Option<String> {
        let retrieved = self.retrieve(&[(kind, name)], salesforce_emulator::NEWEST_API_VERSION);
        let file = retrieved.files.values().find(|text| text.contains(&format!("<{kind} ")))?;
        between(file, &format!("<{element}>"), &format!("</{element}>"))
    }

    pub fn components(&self) -> Value {
        self.admin("GET", "components", "")
    }
}

pub struct Retrieved {
    pub text: String,
    pub files: std::collections::BTreeMap<String, String>,
}

pub struct Deployed {
    pub text: String,
}

impl Deployed {
    pub fn status(&self) -> String {
        between(&self.text, "<status>", "</status>").unwrap()
    }

    /// Each failure as `line problem`.
    pub fn problems(&self) -> Vec<String> {
        self.text
            .split("<componentFailures>")
            .skip(1)
            .map(|failure| {
                let line = between(failure, "<lineNumber>", "</lineNumber>").unwrap_or_default();
                let problem = between(failure, "<problem>", "</problem>").unwrap_or_default();
                let problem = problem.replace("&apos;", "'").replace("&quot;", "\"");
                format!("{line} {problem}")
            })
            .collect()
    }
}

pub fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let rest = text.split_once(start)?.1;
    rest.split_once(end).map(|(found, _)| found.to_string())
}

/// A package builder.
#[derive(Clone)]
pub struct Package {
    pub version: u32,
    pub options: String,
    pub members: Vec<(String, String)>,
    pub files: Vec<(String, String)>,
}

pub fn directory(kind: &str) -> (&'static str, &'static str) {
    match kind {
        APP => ("externalClientApps", "eca"),
        OAUTH => ("extlClntAppOauthSettings", "ecaOauth"),
        GLOBAL => ("extlClntAppGlobalOauthSets", "ecaGlblOauth"),
        OAUTH_POLICIES => ("extlClntAppOauthPolicies", "ecaOauthPlcy"),
        APP_POLICIES => ("extlClntAppPolicies", "ecaPlcy"),
        "ExtlClntAppSampleSettings" => ("extlClntAppSampleSettings", "ecaSmpl"),
        other => panic!("{other}"),
    }
}

pub fn file(kind: &str, elements: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"{NS}\">\n{elements}\n</{kind}>\n")
}

pub fn manifest(members: &[(String, String)], version: u32) -> String {
    let types: String = members
        .iter()
        .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"{NS}\">{types}<version>{version}.0</version></Package>"
    )
}

impl Package {
    pub fn new() -> Package {
        let options =
            "<rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage>".to_string();
        Package { version: 66, options, members: Vec::new(), files: Vec::new() }
    }

    pub fn shop() -> Package {
        Package::new()
            .with(APP, "Shop", "<contactEmail>a@example.com</contactEmail>\n<label>Shop</label>")
            .with(
                OAUTH,
                "Shop_oauth",
                "<commaSeparatedOauthScopes>RefreshToken,Api</commaSeparatedOauthScopes>\n\
                 <externalClientApplication>Shop</externalClientApplication>",
            )
            .with(
                GLOBAL,
                "Shop_global",
                "<callbackUrl>https://shop.example/callback</callbackUrl>\n\
                 <externalClientApplication>Shop</externalClientApplication>\n\
                 <isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>\n\
                 <isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>",
            )
    }

    pub fn with(self, kind: &str, name: &str, elements: &str) -> Package {
        let (directory, suffix) = directory(kind);
        self.member(kind, name).file(&format!("{directory}/{name}.{suffix}"), &file(kind, elements))
    }

    pub fn member(mut self, kind: &str, name: &str) -> Package {
        self.members.push((kind.to_string(), name.to_string()));
        self
    }

    pub fn file(mut self, path: &str, content: &str) -> Package {
        self.files.push((path.to_string(), content.to_string()));
        self
    }

    pub fn at(mut self, version: u32) -> Package {
        self.version = version;
        self
    }

    pub fn option(mut self, name: &str, value: &str) -> Package {
        let start = format!("<{name}>");
        if let Some(old) = between(&self.options, &start, &format!("</{name}>")) {
            self.options = self.options.replace(&format!("{start}{old}<"), &format!("{start}{value}<"));
        } else {
            self.options.push_str(&format!("{start}{value}</{name}>"));
        }
        self
    }

    pub fn delete(self, members: &[(&str, &str)]) -> Package {
        let members: Vec<(String, String)> =
            members.iter().map(|(kind, name)| ((*kind).to_string(), (*name).to_string())).collect();
        let text = manifest(&members, self.version);
        self.file("destructiveChangesPost.xml", &text)
    }

    pub fn zip(&self) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        if !self.files.iter().any(|(path, _)| path.ends_with("package.xml")) {
            writer.start_file("package.xml", options).unwrap();
            writer.write_all(manifest(&self.members, self.version).as_bytes()).unwrap();
        }
        for (path, content) in &self.files {
            writer.start_file(path.as_str(), options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

#[track_caller]
pub fn assert_rejected(what: &str, response: &Response, status: u16, words: &str) {
    let body = response.body.replace("&apos;", "'").replace("&quot;", "\"");
    assert_eq!(response.status, status, "{what}: {body}");
    assert!(body.contains(words), "{what}: {body}, not {words}");
}
