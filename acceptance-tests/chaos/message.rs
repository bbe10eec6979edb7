//! HTTP messages as bytes: requests from the client and responses from the org. Also determines the name of a call.
//!
//! The call names are those of the emulator's journal. The faults are in `fault`.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The part of a SOAP message that contains its method. The session precedes the method, and the package follows it.
const PREFIX_LENGTH: usize = 4096;

pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The length of the body, which may not have been read completely.
    pub length: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the head and the beginning of the body. Returns `None` if the client sends no more requests.
    pub fn begin(client: &mut TcpStream) -> Result<Option<Self>> {
        let Some((head, mut body)) = head_of(client)? else { return Ok(None) };
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let headers = headers_of(lines);
        let length =
            header(&headers, "content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
        read_up_to(client, &mut body, PREFIX_LENGTH.min(length))?;
        Ok(Some(Self { line, headers, body, length }))
    }

    /// Reads until this many bytes of the body have arrived.
    pub fn read(&mut self, client: &mut TcpStream, length: usize) -> Result<()> {
        read_up_to(client, &mut self.body, length)
    }

    fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default()
    }

    /// The session token of the request. Empty if there is none.
    #[must_use]
    pub fn token(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let in_header =
            header(&self.headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        let in_body = body.split_once("sessionId>").and_then(|(_, rest)| rest.split_once('<'));
        in_header.or(in_body.map(|(token, _)| token)).unwrap_or_default().to_owned()
    }

    /// The name of the call.
    #[must_use]
    pub fn call(&self) -> String {
        let method = self.line.split(' ').next().unwrap_or_default();
        let segments: Vec<&str> = self.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let name = match segments.as_slice() {
            ["services", "Soap", "m", ..] => return self.soap_method(),
            ["services", "oauth2", name] => name,
            ["services", "data"] | ["services", "data", _] => "versions",
            ["services", "data", _, "query"] => "query",
            ["services", "data", _, "query", _] => "queryMore",
            ["services", "data", _, "tooling", "query"] => "toolingQuery",
            ["services", "data", _, "apps", "oauth", rest @ ..] => match (method, rest) {
                ("GET", [.., "staged"] | [.., "staged", _]) => "stagedCredentials",
                ("POST", [.., "staged"]) => "stageCredentials",
                ("PATCH", [.., "staged", _]) => "rotateCredentials",
                ("DELETE", [.., "staged", _]) => "deleteStagedCredentials",
                (_, ["usage"]) => "oauthUsage",
                _ => "oauthCredentials",
            },
            _ => "unknown",
        };
        name.to_owned()
    }

    /// The name of the first element of the SOAP body.
    fn soap_method(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let body = text.split_once(":Body").and_then(|(_, body)| body.split_once('>'));
        let inside = body.map(|(_, inside)| inside).unwrap_or_default();
        let element = inside.split_once('<').map(|(_, element)| element).unwrap_or_default();
        let name = element.split([' ', '>', '/']).next().unwrap_or_default();
        name.rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// Forwards the request and reads the complete response.
    pub fn forward(&self, org: &str) -> Result<Response> {
        let mut stream = TcpStream::connect(org)?;
        stream.set_read_timeout(Some(Duration::from_secs(600)))?;
        // With HTTP/1.0, the response ends with the connection and is never chunked.
        let line = self.line.replace("HTTP/1.1", "HTTP/1.0");
        let mut bytes = format!("{line}\r\n").into_bytes();
        for (name, value) in &self.headers {
            if !["connection", "accept-encoding"].contains(&name.as_str()) {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes)?;
        let ended = || Error::new(ErrorKind::UnexpectedEof, "the org closed the connection");
        let (head, mut body) = head_of(&mut stream)?.ok_or_else(ended)?;
        stream.read_to_end(&mut body)?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let mut headers = headers_of(lines);
        headers.retain(|(name, _)| {
            !["connection", "content-length", "transfer-encoding", "keep-alive"].contains(&name.as_str())
        });
        Ok(Response { status: status.ok_or_else(ended)?, headers, body })
    }
}

impl Response {
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The status line and the headers.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("HTTP/1.1 {} Response\r\n{headers}content-length: {}\r\n\r\n", self.status, self.body.len())
            .into_bytes()
    }

    pub fn send(&self, client: &mut TcpStream) -> Result<()> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        client.write_all(&bytes)
    }
}

/// The head of a message, and the part of the body that arrived with the head.
fn head_of(stream: &mut TcpStream) -> Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            bytes.truncate(end);
            return Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), body)));
        }
        let before = bytes.len();
        let mut piece = [0; 16 * 1024];
        let length = stream.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
        if bytes.len() == before {
            return Ok(None);
        }
    }
}

fn headers_of<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let headers = lines.filter_map(|line| line.split_once(':'));
    headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn read_up_to(stream: &mut TcpStream, body: &mut Vec<u8>, length: usize) -> Result<()> {
    while body.len() < length {
        let mut piece = [0; 64 * 1024];
        match stream.read(&mut piece)? {
            0 => return Err(Error::new(ErrorKind::UnexpectedEof, "the client disconnected")),
            read => body.extend_from_slice(piece.get(..read).unwrap_or_default()),
        }
    }
    Ok(())
}

#[test]
fn calls_are_named_as_in_the_journal() {
    let soap = "<e:Envelope><e:Header/><e:Body xmlns=\"x\"><checkDeployStatus><a/></checkDeployStatus></e:Body></e:Envelope>";
    for (line, body, name) in [
        ("POST /services/oauth2/token HTTP/1.1", "", "token"),
        ("GET /services/data HTTP/1.1", "", "versions"),
        ("GET /services/data/v66.0/query?q=SELECT+Id HTTP/1.1", "", "query"),
        ("GET /services/data/v66.0/tooling/query?q=x HTTP/1.1", "", "toolingQuery"),
        ("POST /services/Soap/m/66.0 HTTP/1.1", soap, "checkDeployStatus"),
        ("POST /services/data/v66.0/apps/oauth/credentials/0xI/888/staged HTTP/1.1", "", "stageCredentials"),
        (
            "PATCH /services/data/v66.0/apps/oauth/credentials/0xI/888/staged/1 HTTP/1.1",
            "",
            "rotateCredentials",
        ),
    ] {
        let body = body.as_bytes().to_vec();
        let request = Request { line: line.to_owned(), headers: Vec::new(), length: body.len(), body };
        assert_eq!(request.call(), name);
    }
}
