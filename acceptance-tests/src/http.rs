//! HTTP calls to the emulator, as its admin or as a client of a site: plain HTTP on the loopback address, with one
//! connection for each call.
//!
//! This module does not use an HTTP library, because the provider's HTTP client must not be used to check the provider.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

pub struct Reply {
    pub status: u16,
    /// The names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// The username and the password in a URL, if it has both.
#[must_use]
pub fn user_and_password(url: &str) -> Option<(String, String)> {
    let (_, rest) = url.split_once("://")?;
    let (user_info, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Sends one request with a JSON body.
pub fn call(method: &str, url: &str, body: Option<&str>) -> Result<Reply> {
    send(method, url, &[("Content-Type", "application/json")], body.unwrap_or(""))
}

/// Sends one request. Uses HTTP/1.0, so that the response ends with the connection and is never chunked.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply> {
    let malformed = |what: &str| Error::new(ErrorKind::InvalidData, format!("{method} {url}: {what}"));
    let rest = url.strip_prefix("http://").ok_or_else(|| malformed("not plain HTTP"))?;
    let (host, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.set_write_timeout(Some(Duration::from_secs(120)))?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let reply = String::from_utf8_lossy(&reply);
    let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(|| malformed("no end of headers"))?;
    let status =
        head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| malformed("no status"))?;
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Reply { status, headers, body: body.to_owned() })
}
