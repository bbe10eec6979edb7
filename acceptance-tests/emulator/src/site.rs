//! The Experience Cloud site of the org: its settings, its members, and the flows that external users log in with.
//! The site has a host of its own; nothing here is answered on the org's host.

pub mod network;
pub mod people;

use serde::{Deserialize, Serialize};

pub use network::Network;

/// What a client sends instead of a token of Google's reCAPTCHA; any other is refused.
pub const RECAPTCHA_TOKEN: &str = "emulator-recaptcha-token";

/// The site as the state file keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Site {
    pub network: Network,
    /// Scheme, host and path prefix; known when the program listens.
    #[serde(default)]
    pub url: String,
}

impl Site {
    /// Where the program listens.
    pub fn locate(&mut self, origin: &str) {
        let prefix = &self.network.url_path_prefix;
        self.url = if prefix.is_empty() { origin.to_string() } else { format!("{origin}/{prefix}") };
    }
}
