//! Responses that do not come from the API: gateway and maintenance pages, decompression bombs, oversized headers.

use crate::fault::Action;
use crate::message::Response;
use std::io::Write as _;
use std::sync::OnceLock;

const HTML: &str = "text/html;charset=UTF-8";
/// Copied from a report, including the unclosed tags, so the page is not well-formed XML.
const MAINTENANCE: &str = "<html>\n<body>\n<center><span>We are down for maintenance.</span><br><br>\nSorry for the \
                           inconvenience. We'll be back shortly.</center></body></html>";

pub fn maintenance() -> Action {
    Action::Response(Response::new(503, HTML, MAINTENANCE))
}

pub fn delivery_network() -> Action {
    let text =
        "<HTML><HEAD><TITLE>Service Not Available</TITLE></HEAD><BODY>Salesforce CDN partner</BODY></HTML>";
    Action::Response(Response::new(503, "text/html", text).with("server", "AkamaiNetStorage"))
}

pub fn bad_gateway() -> Action {
    let text = "<!DOCTYPE html><html><body>This error originated from Salesforce Edge</body></html>";
    Action::Response(Response::new(502, HTML, text))
}

pub fn gateway_timeout() -> Action {
    Action::Response(Response::new(504, HTML, "<html><body>Gateway Timeout</body></html>"))
}

pub fn bad_message() -> Action {
    Action::Response(Response::new(400, HTML, "<h1>Bad Message 400</h1><pre>reason: Bad Request</pre>"))
}

pub fn connection_error() -> Action {
    let text = "<html><head><title>Error Page</title></head>An unexpected connection error occurred</html>";
    Action::Response(Response::new(500, HTML, text))
}

/// The login page of a captive portal, with status 200.
pub fn portal() -> Action {
    let text = "<!DOCTYPE html><html><form action=\"/login\"><input name=\"password\"></form></html>";
    Action::Response(Response::new(200, HTML, text))
}

pub fn nothing_at_all() -> Action {
    Action::Response(Response::new(200, "text/xml", ""))
}

pub fn unknown_json() -> Action {
    Action::Response(Response::new(200, "application/json", "[{\"unexpected\":[[[1,2]],null]}]"))
}

pub fn status_420() -> Action {
    Action::Response(Response::new(420, "text/plain", ""))
}

pub fn status_429() -> Action {
    Action::Response(Response::new(429, "text/plain", "").with("retry-after", "1"))
}

pub fn retry_after() -> Action {
    Action::Response(Response::new(503, "text/plain", "").with("retry-after", "3"))
}

pub fn retry_after_of_centuries() -> Action {
    Action::Response(Response::new(503, "text/plain", "").with("retry-after", &u64::MAX.to_string()))
}

/// An error that would take a gigabyte of memory when parsed as JSON.
pub fn long_error() -> Action {
    let zeros = "0,".repeat(30 * 1024 * 1024);
    Action::Response(Response::new(400, "application/json", format!("[{zeros}0]")))
}

pub fn long_headers() -> Action {
    Action::Response(Response::new(200, "text/xml", "<a/>").with("x-long", &"a".repeat(10 * 1024 * 1024)))
}

pub fn many_headers() -> Action {
    let response = (0..5000).fold(Response::new(200, "text/xml", "<a/>"), |mut response, number| {
        response.headers.push((format!("x-{number}"), "a".to_owned()));
        response
    });
    Action::Response(response)
}

pub fn hundred_megabytes() -> Action {
    Action::Response(Response::new(200, "text/xml", vec![b'a'; 100 * 1024 * 1024]))
}

/// Elements that are nested deeper than in any SOAP envelope.
pub fn deep() -> Action {
    Action::Response(Response::new(200, "text/xml", "<a>".repeat(1_000_000)))
}

/// A document that expands exponentially when its entities are resolved.
pub fn billion_laughs() -> Action {
    let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l0 \"ha\">");
    for level in 1..10 {
        text.push_str(&format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)));
    }
    text.push_str("]><a>&l9;</a>");
    Action::Response(Response::new(200, "text/xml", text))
}

/// A gibibyte of zeros, compressed to a megabyte.
pub fn bomb() -> Action {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let body = BOMB.get_or_init(|| {
        // A zip entry and a gzip file use the same compression, but differ in their headers.
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("a", options).expect("an entry");
        for _ in 0..1024 {
            zip.write_all(&vec![0; 1024 * 1024]).expect("an entry");
        }
        let zip = zip.finish().expect("a zip").into_inner();
        let length = |at: usize| usize::from(zip[at]) + (usize::from(zip[at + 1]) << 8);
        let begin = 30 + length(26) + length(28);
        let end = zip.windows(4).rposition(|window| window == b"PK\x01\x02").expect("a directory");
        let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        gzip.extend_from_slice(&zip[begin..end]);
        gzip
    });
    Action::Response(Response::new(200, "text/xml", body.clone()).with("content-encoding", "gzip"))
}

/// The header declares compression, but the body is not compressed.
pub fn not_packed() -> Action {
    Action::Response(Response::new(200, "text/xml", "plain").with("content-encoding", "gzip"))
}
