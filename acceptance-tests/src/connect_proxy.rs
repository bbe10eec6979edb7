//! A CONNECT proxy, as in company networks. Every tunnel leads to one org, regardless of the requested host.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A proxy that runs until the process exits.
pub struct ConnectProxy {
    port: u16,
    requested: Arc<Mutex<Vec<String>>>,
    /// The number of tunnels that are still rejected with 503.
    unavailable: Arc<AtomicUsize>,
}

impl ConnectProxy {
    /// `org` is the address that every tunnel leads to; `user` is the name and the password that the proxy requires,
    /// if any.
    ///
    /// # Panics
    /// Panics if no port is available.
    #[must_use]
    pub fn start(org: &str, user: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let required = user.map(|(name, password)| {
            format!("Proxy-Authorization: Basic {}", STANDARD.encode(format!("{name}:{password}")))
        });
        let requested: Arc<Mutex<Vec<String>>> = Arc::default();
        let unavailable = Arc::new(AtomicUsize::new(0));
        let (org, noted, refused) = (org.to_owned(), Arc::clone(&requested), Arc::clone(&unavailable));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (org, required, noted) = (org.clone(), required.clone(), Arc::clone(&noted));
                let is_refused = refused
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                    .is_ok();
                std::thread::spawn(move || {
                    // A disconnected client is not an error.
                    let _ended = tunnel(stream, &org, required.as_deref(), &noted, is_refused);
                });
            }
        });
        Self { port, requested, unavailable }
    }

    /// Rejects this number of tunnels with 503, as a restarting proxy does.
    pub fn refuse(&self, tunnels: usize) {
        self.unavailable.store(tunnels, Ordering::SeqCst);
    }

    /// The address of the proxy, such as `127.0.0.1:3128`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The hosts of the requested tunnels in order, including rejected ones.
    ///
    /// # Panics
    /// Panics if a thread of the proxy has panicked.
    #[must_use]
    pub fn requested(&self) -> Vec<String> {
        self.requested.lock().expect("lock is not poisoned").clone()
    }
}

fn tunnel(
    client: TcpStream,
    org: &str,
    required: Option<&str>,
    requested: &Mutex<Vec<String>>,
    is_refused: bool,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut first, mut is_known) = (String::new(), required.is_none());
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        is_known |= required.is_some_and(|required| line.eq_ignore_ascii_case(required));
    }
    let host = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or(&first);
    requested.lock().expect("lock is not poisoned").push(host.to_owned());
    let mut client = client;
    if !is_known {
        let rejection = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(rejection.as_bytes());
    }
    if is_refused {
        return client.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    }
    let mut org = TcpStream::connect(org)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut back, mut there) = (org.try_clone()?, client.try_clone()?);
    let returning = std::thread::spawn(move || {
        let _ended = std::io::copy(&mut back, &mut there);
        let _closed = there.shutdown(std::net::Shutdown::Both);
    });
    let _ended = std::io::copy(&mut reader, &mut org);
    let _closed = org.shutdown(std::net::Shutdown::Both);
    let _joined = returning.join();
    Ok(())
}
