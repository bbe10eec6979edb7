//! A server that nobody has any business with: redirects lead to it, and what it hears is a leak.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Stranger {
    pub url: String,
    heard: Arc<Mutex<String>>,
}

impl Stranger {
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard: Arc<Mutex<String>> = Arc::default();
        let hearing = Arc::clone(&heard);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = vec![0; 64 * 1024];
                let _for_ever = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let length = stream.read(&mut bytes).unwrap_or_default();
                let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
                hearing.lock().expect("nobody panics with it").push_str(&text);
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _gone_already = stream.write_all(answer.as_bytes());
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/services/oauth2/token"), heard }
    }

    /// All that anybody has said to it.
    #[must_use]
    pub fn heard(&self) -> String {
        self.heard.lock().expect("nobody panics with it").clone()
    }
}
