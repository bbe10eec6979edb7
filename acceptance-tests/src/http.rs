//! The admin calls to the emulator: plain HTTP on the loopback address, one connection each.
//!
//! Written out rather than taken from a crate: the provider's HTTP client must not be what checks the provider.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// One request. HTTP/1.0, so that the reply ends with the connection and is never chunked.
pub fn call(method: &str, url: &str, body: Option<&str>) -> Result<Reply> {
    let malformed = |what: &str| Error::new(ErrorKind::InvalidData, format!("{method} {url}: {what}"));
    let rest = url.strip_prefix("http://").ok_or_else(|| malformed("not plain HTTP"))?;
    let (host, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let body = body.unwrap_or("");
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let reply = String::from_utf8_lossy(&reply);
    let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(|| malformed("no end of headers"))?;
    let status =
        head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| malformed("no status"))?;
    Ok(Reply { status, body: body.to_owned() })
}
