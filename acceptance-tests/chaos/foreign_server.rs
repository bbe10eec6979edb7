//! A server that no client should contact. Injected redirects lead to it, and everything that it receives is a leak.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct ForeignServer {
    pub url: String,
    received: Arc<Mutex<String>>,
}

impl ForeignServer {
    /// # Panics
    /// Panics if no port is available.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let received: Arc<Mutex<String>> = Arc::default();
        let receiving = Arc::clone(&received);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = vec![0; 64 * 1024];
                let _for_ever = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let length = stream.read(&mut bytes).unwrap_or_default();
                let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
                receiving.lock().expect("lock is not poisoned").push_str(&text);
                let response = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _gone_already = stream.write_all(response.as_bytes());
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/services/oauth2/token"), received }
    }

    /// Everything that clients have sent to this server.
    #[must_use]
    pub fn received(&self) -> String {
        self.received.lock().expect("lock is not poisoned").clone()
    }
}
