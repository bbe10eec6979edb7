//! The HTTP client: TLS, proxy, limits, and the distinction between requests that were certainly not sent and those
//! that may have been.
//!
//! The HTTP client does not retry requests or interpret responses. It sends a request once, and returns bytes or a
//! connection error. Redirects are never followed, because requests contain credentials.

use std::error::Error as StdError;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

pub(super) use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::classify::{self, ResponseView};
use super::error::{ErrorKind, SettingsProblem};
use super::redact::Redactor;
use super::{Proxy, pem};
use crate::loopback::is_loopback;

/// The maximum size of a response. A SOAP message from Salesforce has at most 50 MB.
pub(super) const MAX_BODY: usize = 64 * 1024 * 1024;
/// The timeout between two chunks of a response.
const IDLE: Duration = Duration::from_secs(60);
/// The timeout for establishing a connection, including TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// The timeout for requests other than deploys and token requests.
pub(super) const TOTAL: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    /// The credential. It is marked as sensitive, so that `Debug` does not print it.
    pub authorization: Option<HeaderValue>,
    pub content_type: Option<&'static str>,
    pub soap: bool,
    pub body: Vec<u8>,
    /// The timeout for the whole exchange.
    pub timeout: Duration,
}

impl Request {
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            authorization: None,
            content_type: None,
            soap: false,
            body: Vec::new(),
            timeout: TOTAL,
        }
    }

    pub fn post(url: Url, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { method: Method::POST, content_type: Some(content_type), body, ..Self::get(url) }
    }
}

#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    pub retry_after: Option<Duration>,
    pub date: Option<SystemTime>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn view(&self) -> ResponseView<'_> {
        ResponseView {
            status: self.status,
            content_type: &self.content_type,
            location: self.location.as_deref(),
            body: &self.body,
        }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Creates each client when it is first used, because reading the machine's CA certificates takes several milliseconds.
#[derive(Debug)]
pub(super) struct Http {
    user_agent: HeaderValue,
    extra_roots: Vec<reqwest::Certificate>,
    proxy: Option<Proxy>,
    proxied: OnceLock<Result<reqwest::Client, String>>,
    /// For HTTPS to this machine, without a proxy.
    direct: OnceLock<Result<reqwest::Client, String>>,
    /// For plain HTTP to this machine, without a proxy, which could read the token. Works without CA certificates.
    plain: OnceLock<Result<reqwest::Client, String>>,
}

/// The message of rustls on a system without CA certificates.
const NO_CA_CERTIFICATES: &str = "No CA certificates were loaded";

impl Http {
    pub fn new(
        user_agent: &str,
        ca_certificate: Option<&str>,
        proxy: Option<Proxy>,
    ) -> Result<Self, SettingsProblem> {
        let user_agent = HeaderValue::from_str(user_agent).map_err(|_| SettingsProblem::UserAgent)?;
        let extra_roots = match ca_certificate {
            None => Vec::new(),
            Some(text) => match reqwest::Certificate::from_pem_bundle(pem::bundle(text).as_bytes()) {
                Ok(roots) if !roots.is_empty() => roots,
                Ok(_) | Err(_) => return Err(SettingsProblem::CaCertificate),
            },
        };
        let (proxied, direct, plain) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self { user_agent, extra_roots, proxy, proxied, direct, plain })
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, ErrorKind> {
        let local = is_loopback(url);
        let plain = local && url.scheme() == "http";
        let client = match (plain, local) {
            (true, _) => &self.plain,
            (false, true) => &self.direct,
            (false, false) => &self.proxied,
        };
        let built = client.get_or_init(|| {
            // Fails if a crypto provider is already installed, which is not a problem.
            drop(rustls::crypto::ring::default_provider().install_default());
            let mut builder = reqwest::Client::builder()
                .user_agent(self.user_agent.clone())
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                // Shorter than the idle timeout of servers, so that a deploy is not sent on a connection that is being
                // closed.
                .pool_idle_timeout(Duration::from_secs(20))
                .referer(false);
            if local {
                builder = builder.no_proxy();
            } else if let Some(proxy) = &self.proxy {
                let through = reqwest::Proxy::all(proxy.url.expose()).map_err(|error| chain(&error))?;
                builder =
                    builder.proxy(through.no_proxy(reqwest::NoProxy::from_string(&hosts(&proxy.except))));
            }
            if plain {
                builder = builder.tls_certs_only([]);
            } else if !self.extra_roots.is_empty() {
                builder = builder.tls_certs_merge(self.extra_roots.iter().cloned());
            }
            builder.build().map_err(|error| chain(&error))
        });
        built.as_ref().map_err(|text| {
            if text.contains(NO_CA_CERTIFICATES) {
                SettingsProblem::NoCaCertificates.into()
            } else {
                SettingsProblem::HttpClient { text: text.clone() }.into()
            }
        })
    }

    /// Sends a request once.
    pub async fn send(&self, request: Request, redactor: &Redactor) -> Result<Reply, ErrorKind> {
        let client = self.client(&request.url)?;
        // Includes an explicit port, which may be the cause of an error.
        let name = request.url.host_str().unwrap_or_default();
        let host = request.url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let method = request.method.clone();
        let path = request.url.path().to_owned();
        let mut headers = HeaderMap::new();
        if let Some(authorization) = request.authorization {
            headers.insert(reqwest::header::AUTHORIZATION, authorization);
            // The client name for the org's event logs. SOAP requests contain the name in a SOAP header instead.
            if let Ok(options) = HeaderValue::from_str(&format!("client={}", super::CLIENT)) {
                headers.insert(HeaderName::from_static("sforce-call-options"), options);
            }
        }
        if let Some(content_type) = request.content_type {
            headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if request.soap {
            headers.insert(HeaderName::from_static("soapaction"), HeaderValue::from_static("\"\""));
        }
        // A GET request has neither a body nor a Content-Length. Other requests need a Content-Length even if the body
        // is empty.
        let builder = client.request(request.method.clone(), request.url);
        let builder = if request.method == Method::GET { builder } else { builder.body(request.body) };
        let sent = builder.headers(headers).timeout(request.timeout).send().await;
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => {
                let kind = broken(&error, &host, redactor);
                tracing::debug!(http_method = %method, http_path = %path, error = %kind, "no response");
                return Err(kind);
            }
        };
        let mut reply = Reply {
            status: response.status().as_u16(),
            content_type: header(&response, "content-type").unwrap_or_default().to_owned(),
            location: header(&response, "location").map(str::to_owned),
            retry_after: header(&response, "retry-after").and_then(classify::retry_after),
            date: header(&response, "date").and_then(|date| httpdate::parse_http_date(date).ok()),
            body: Vec::new(),
        };
        loop {
            let chunk = tokio::time::timeout(IDLE, response.chunk()).await;
            match chunk {
                Err(_) => {
                    let text = format!("no data for {} s", IDLE.as_secs());
                    return Err(ErrorKind::Interrupted { timed_out: true, text });
                }
                Ok(Err(error)) => return Err(broken(&error, &host, redactor)),
                Ok(Ok(None)) => break,
                Ok(Ok(Some(chunk))) => {
                    if reply.body.len().saturating_add(chunk.len()) > MAX_BODY {
                        return Err(ErrorKind::TooLarge { limit: MAX_BODY });
                    }
                    reply.body.extend_from_slice(&chunk);
                }
            }
        }
        tracing::debug!(
            http_method = %method,
            http_path = %path,
            http_status = reply.status,
            http_bytes = reply.body.len(),
            "response"
        );
        Ok(reply)
    }
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Converts NO_PROXY to the syntax of reqwest, in which `example.com` or `.example.com` matches the domain and its
/// subdomains. reqwest supports neither `*.example.com` nor ports. Port 443 is removed, because it is the default for
/// HTTPS.
fn hosts(except: &str) -> String {
    let hosts = except
        .split(',')
        .map(str::trim)
        .map(|host| host.strip_suffix(":443").unwrap_or(host))
        .map(|host| host.strip_prefix('*').filter(|rest| !rest.is_empty()).unwrap_or(host));
    hosts.collect::<Vec<_>>().join(",")
}

/// Classifies a connection error. A connect error, which covers DNS, TCP, the proxy and TLS, proves that nothing was
/// sent.
fn broken(error: &reqwest::Error, host: &str, redactor: &Redactor) -> ErrorKind {
    let text = redactor.clean(&chain(error));
    let host = host.to_owned();
    if !error.is_connect() {
        return ErrorKind::Interrupted { timed_out: error.is_timeout(), text };
    }
    let lower = text.to_ascii_lowercase();
    if lower.contains("certificate") && !error.is_timeout() {
        ErrorKind::Untrusted { host, text }
    } else if lower.contains("proxy") || lower.contains("tunnel") {
        // A proxy that restarts refuses or closes the connection, or responds with 502 or 503.
        let temporary = !lower.contains("authorization required") && !lower.contains("headers too long");
        ErrorKind::Proxy { host, temporary, text }
    } else {
        ErrorKind::Unreachable { host, dns: error.is_dns() || lower.contains("dns error"), text }
    }
}

/// The causes of an error. The text of the error itself is omitted, because it contains the URL, which may contain a
/// proxy's password.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next: Option<&dyn StdError> = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    if texts.is_empty() {
        return if error.is_timeout() { "timed out".to_owned() } else { "request failed".to_owned() };
    }
    texts.join(": ")
}

/// The origin of a URL, if a credential may be sent to it.
pub(super) fn check_url(url: &Url) -> Result<Url, SettingsProblem> {
    let shown = || url.origin().ascii_serialization();
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    if !secure {
        return Err(SettingsProblem::InsecureUrl { url: shown() });
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsProblem::OddUrl { url: shown() });
    }
    if host.ends_with(".lightning.force.com") {
        return Err(SettingsProblem::LightningUrl { url: shown() });
    }
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_no_proxy_are_converted() {
        assert_eq!(
            hosts("*.example.com, .a.example,b.example:443 ,*,10.0.0.0/8"),
            ".example.com,.a.example,b.example,*,10.0.0.0/8"
        );
    }

    #[tokio::test]
    async fn a_proxy_is_used_except_for_the_excluded_hosts() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, mut received) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut first = [0; 256];
                stream.readable().await.unwrap();
                let length = stream.try_read(&mut first).unwrap_or_default();
                seen.send(String::from_utf8_lossy(&first[..length]).into_owned()).unwrap();
            }
        });
        for (except, through) in
            [("", true), ("*.elsewhere.invalid", true), ("*.nowhere.invalid", false), ("*", false)]
        {
            let proxy = Proxy {
                url: crate::secret::Secret::new(format!("http://u:canary@127.0.0.1:{port}")),
                except: except.into(),
            };
            let http = Http::new("test/1", None, Some(proxy)).unwrap();
            let request = Request::get(Url::parse("https://shop.nowhere.invalid/").unwrap());
            let error = http.send(request, &Redactor::default()).await.unwrap_err();
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            let sent = received.try_recv().ok();
            assert_eq!(sent.is_some(), through, "{except:?}: {error}");
            assert!(sent.is_none_or(|sent| sent.starts_with("CONNECT shop.nowhere.invalid:443")));
        }
    }

    #[tokio::test]
    async fn secrets_in_the_causes_of_a_connection_error_are_redacted() {
        let http = Http::new("test/1", None, None).unwrap();
        let send = |redactor: Redactor| {
            let request = Request::get(Url::parse("http://127.0.0.1:1/").unwrap());
            let http = &http;
            async move { http.send(request, &redactor).await.unwrap_err().to_string() }
        };
        assert!(send(Redactor::default()).await.contains("refused"));
        let redactor = Redactor::default();
        redactor.learn(&crate::secret::Secret::new("Connection refused"));
        assert!(!send(redactor).await.contains("refused"));
    }

    #[test]
    fn credentials_are_sent_only_over_https_or_to_localhost() {
        for (url, accepted) in [
            ("https://acme.my.salesforce.com/", true),
            ("https://acme.my.salesforce.com/some/path?x#y", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://localhost.evil.example", false),
            ("http://acme.my.salesforce.com", false),
            ("http://0.0.0.0", false),
            ("ftp://127.0.0.1", false),
            ("https://user:canary@acme.my.salesforce.com", false),
            ("https://acme.lightning.force.com", false),
        ] {
            let checked = check_url(&Url::parse(url).unwrap());
            assert_eq!(checked.is_ok(), accepted, "{url}");
            assert!(!format!("{checked:?}").contains("canary"));
            if let Ok(origin) = checked {
                assert_eq!(origin.path(), "/");
                assert_eq!(origin.query(), None);
            }
        }
    }
}
