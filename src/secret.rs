//! A text that must not be seen.
//!
//! `Secret` has no `Display` and no `Serialize`, its `Debug` prints a placeholder, and its bytes are zeroed when it
//! is dropped. There is one way to the text, [`Secret::expose`]; a test lists the few places that may call it.

use std::fmt;

use zeroize::Zeroize;

/// A private key, a token, a client secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over; of a `String` no copy is made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it only where bytes are made for someone entitled to them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` with every occurrence of the secret replaced. A secret shorter than four characters is left alone:
    /// hiding each "a" of a message would tell more than it hides.
    pub fn hide_in(&self, text: &str) -> String {
        if self.0.len() < 4 || !text.contains(self.0.as_str()) {
            return text.to_owned();
        }
        text.replace(self.0.as_str(), "(sensitive)")
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

    #[test]
    fn a_secret_is_hidden_in_a_text_unless_it_is_tiny() {
        assert_eq!(Secret::new("canary").hide_in("a canary."), "a (sensitive).");
        assert_eq!(Secret::new("a").hide_in("a canary."), "a canary.");
    }
}
