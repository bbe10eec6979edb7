//! A scripted HTTP server: a closure receives each request and returns the bytes of the response.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub head: String,
    pub body: String,
    /// How many earlier requests had the same [`Self::name`].
    pub nth: usize,
}

impl Received {
    /// The last part of the path, or the SOAP method.
    pub fn name(&self) -> String {
        request_name(&self.path, &self.body)
    }
}

fn request_name(path: &str, body: &str) -> String {
    match body.split_once("<soapenv:Body xmlns=\"http://soap.sforce.com/2006/04/metadata\"><") {
        Some((_, method)) => {
            let method = method.split('>').next().unwrap_or_default();
            let zip = if body.contains("<includeZip>true") { "+zip" } else { "" };
            format!("{method}{zip}")
        }
        None => path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

type Script = dyn Fn(&Received) -> Option<Vec<u8>> + Send + Sync;

#[derive(Clone)]
pub struct Server {
    pub url: Url,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts a server. If `script` returns `None` for a request, the server sends the response from a healthy org. An
    /// empty response closes the connection.
    pub async fn start(script: impl Fn(&Received) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let server = Self { url, requests: Arc::default() };
        let script: Arc<Script> = Arc::new(script);
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (this, script) = (this.clone(), Arc::clone(&script));
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let mut chunk = [0; 16 * 1024];
                    let request = loop {
                        let read = stream.read(&mut chunk).await.unwrap_or(0);
                        if read == 0 {
                            return;
                        }
                        bytes.extend_from_slice(&chunk[..read]);
                        if let Some(request) = whole(&bytes) {
                            break request;
                        }
                    };
                    let request = this.note(request);
                    let answer = script(&request).unwrap_or_else(|| this.healthy(&request));
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        server
    }

    fn note(&self, (path, head, body): (String, String, String)) -> Received {
        let mut all = self.requests.lock().unwrap();
        let nth = all.iter().filter(|request| request.name() == request_name(&path, &body)).count();
        let request = Received { path, head, body, nth };
        all.push(request.clone());
        request
    }

    pub fn journal(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(Received::name).collect()
    }

    pub fn count(&self, what: &str) -> usize {
        self.journal().iter().filter(|request| *request == what).count()
    }

    pub fn requests(&self, what: &str) -> Vec<Received> {
        self.requests.lock().unwrap().iter().filter(|request| request.name() == what).cloned().collect()
    }

    fn healthy(&self, request: &Received) -> Vec<u8> {
        match request.name().as_str() {
            "token" => json(200, &self.token(&format!("00D000000000001!AQ.token{}", request.nth))),
            "data" => json(200, r#"[{"version":"31.0"},{"version":"66.0"},{"version":"65.0"}]"#),
            "userinfo" => json(
                200,
                r#"{"organization_id":"00D000000000001AAA","user_id":"005000000000001AAA","preferred_username":"u@x.example"}"#,
            ),
            "deploy" => {
                result("deploy", "<done>false</done><id>0Af000000000001AAA</id><state>Queued</state>")
            }
            "retrieve" => {
                result("retrieve", &format!("<done>false</done><id>09S00000000000{}AAA</id>", request.nth))
            }
            "checkRetrieveStatus+zip" => retrieved(),
            "listMetadata" => response("listMetadata", ""),
            "cancelDeploy" => result("cancelDeploy", "<done>false</done>"),
            _ => json(404, r#"[{"errorCode":"NOT_FOUND","message":"not scripted"}]"#),
        }
    }

    pub fn token(&self, token: &str) -> String {
        let url = self.url.as_str().trim_end_matches('/');
        format!(
            r#"{{"access_token":"{token}","instance_url":"{url}","id":"{url}/id/00D000000000001AAA/005000000000001AAA","token_type":"Bearer"}}"#
        )
    }
}

fn whole(bytes: &[u8]) -> Option<(String, String, String)> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(|n| n.trim().parse::<usize>().unwrap())
        })
        .unwrap_or(0);
    if body.len() < length {
        return None;
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    Some((path, head.to_owned(), body.to_owned()))
}

pub fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub fn json(status: u16, body: &str) -> Vec<u8> {
    answer(status, "Content-Type: application/json;charset=UTF-8\r\n", body)
}

pub fn html(status: u16, body: &str) -> Vec<u8> {
    answer(status, "Content-Type: text/html; charset=UTF-8\r\n", body)
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

pub fn response(method: &str, inside: &str) -> Vec<u8> {
    let body = envelope(&format!("<{method}Response>{inside}</{method}Response>"));
    answer(200, "Content-Type: text/xml; charset=utf-8\r\n", &body)
}

pub fn result(method: &str, inside: &str) -> Vec<u8> {
    response(method, &format!("<result>{inside}</result>"))
}

pub fn fault(code: &str, text: &str) -> Vec<u8> {
    let body = envelope(&format!(
        "<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring></soapenv:Fault>"
    ));
    answer(500, "Content-Type: text/xml; charset=utf-8\r\n", &body)
}

/// The smallest data that starts and ends like a zip.
pub fn zip() -> Vec<u8> {
    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend_from_slice(b"PK\x05\x06");
    zip.extend_from_slice(&[0; 18]);
    zip
}

pub fn retrieved() -> Vec<u8> {
    use base64::Engine as _;
    let zip = base64::engine::general_purpose::STANDARD.encode(zip());
    result(
        "checkRetrieveStatus",
        &format!(
            "<done>true</done><fileProperties><createdByName>A &amp; B</createdByName><fileName>dir/Shop.suffix</fileName>\
             <fullName>Shop</fullName><id>0xI000000000001AAA</id><manageableState>unmanaged</manageableState>\
             <type>SomeType</type></fileProperties><id>09S</id><messages><fileName>package.xml</fileName>\
             <problem>Entity of type 'SomeType' named 'Gone' cannot be found</problem></messages>\
             <status>Succeeded</status><success>true</success><zipFile>{zip}</zipFile>"
        ),
    )
}
