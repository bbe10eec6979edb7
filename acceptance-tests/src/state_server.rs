//! A remote state for Terraform's `http` backend, which several workspaces can share. Every lock request succeeds.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server that runs until the process exits.
pub struct StateServer {
    port: u16,
    state: Arc<Mutex<Option<Vec<u8>>>>,
}

impl StateServer {
    /// # Panics
    /// Panics if no port is available.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A disconnected client is not an error.
                let _ended = answer(stream, &kept);
            }
        });
        Self { port, state }
    }

    /// The backend block of the configuration.
    #[must_use]
    pub fn backend(&self) -> String {
        let url = format!("http://127.0.0.1:{}/state", self.port);
        format!(
            "terraform {{\n  backend \"http\" {{\n    address        = \"{url}\"\n    lock_address   = \"{url}\"\n    unlock_address = \"{url}\"\n  }}\n}}\n"
        )
    }

    /// The state that was last written.
    ///
    /// # Panics
    /// Panics if the thread of the server has panicked.
    #[must_use]
    pub fn text(&self) -> String {
        let state = self.state.lock().expect("lock is not poisoned");
        String::from_utf8_lossy(state.as_deref().unwrap_or_default()).into_owned()
    }
}

fn answer(stream: TcpStream, state: &Mutex<Option<Vec<u8>>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut state = state.lock().expect("lock is not poisoned");
    let found = match first.split(' ').next() {
        Some("GET") => state.clone(),
        Some("POST") => {
            *state = Some(body);
            Some(Vec::new())
        }
        Some("DELETE") => {
            *state = None;
            Some(Vec::new())
        }
        // LOCK and UNLOCK always succeed, because a test runs its commands one after the other.
        _ => Some(Vec::new()),
    };
    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}
