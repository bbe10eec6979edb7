//! A string that must never be displayed.
//!
//! `Secret` has no `Display` and no `Serialize`. Its `Debug` prints a placeholder, and its bytes are zeroed on drop.
//! Only [`Secret::expose`] returns the text. A test lists the files that may call this function.

use std::fmt;

use zeroize::Zeroize;

/// A secret, such as a private key, a token or a client secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes ownership of the text. A `String` is not copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Call this function only to send the text, to sign with it, or to redact it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_placeholder() {
        assert_eq!(format!("{:?}", Some(Secret::new("canary"))), "Some((sensitive))");
    }
}
