//! Texts that must never be shown.

use zeroize::Zeroizing;

/// A text that cannot be printed by accident: no `Display`, no serialisation, `Debug` says `(sensitive)`.
/// Its memory is overwritten when it is dropped. [`Secret::expose`] is the one way in; a test lists its callers.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself. Never for a log, an error or a state.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Secret) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Secret) -> std::cmp::Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(sensitive)")
    }
}
