//! The names of the components that a run creates in an org. A run must not change any other component.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

const MARK: &str = "TfLive_";
const RANDOM: usize = 6;

/// The names that a run may use: those with its prefix, such as `TfLive_k3x9ab_`.
#[derive(Debug, Clone)]
pub enum NameScope {
    Run(String),
    /// The names of every run. Used only to remove leftovers.
    EveryRun,
}

impl NameScope {
    /// The names of a new run.
    pub fn new() -> Self {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        // The keys of a `RandomState` are random, so no random number generator is needed.
        let mut number = RandomState::new().build_hasher().finish();
        let mut random = String::new();
        for _ in 0..RANDOM {
            let index = usize::try_from(number % LETTERS.len() as u64).unwrap_or_default();
            random.push(LETTERS.get(index).copied().map_or('a', char::from));
            number /= LETTERS.len() as u64;
        }
        Self::Run(format!("{MARK}{random}_"))
    }

    /// Whether a component with this name may be changed.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Run(prefix) => name.starts_with(prefix.as_str()),
            Self::EveryRun => is_of_a_run(name),
        }
    }

    /// The name that a run gives to a component.
    pub fn name(&self, rest: &str) -> String {
        match self {
            Self::Run(prefix) => format!("{prefix}{rest}"),
            Self::EveryRun => rest.to_owned(),
        }
    }
}

impl std::fmt::Display for NameScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(prefix) => f.write_str(prefix),
            Self::EveryRun => write!(f, "{MARK}<{RANDOM} letters or digits>_"),
        }
    }
}

fn is_of_a_run(name: &str) -> bool {
    let Some((random, rest)) = name.strip_prefix(MARK).and_then(|rest| rest.split_once('_')) else {
        return false;
    };
    random.len() == RANDOM
        && !rest.is_empty()
        && random.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_accepts_only_its_own_names() {
        let (one, other) = (NameScope::new(), NameScope::new());
        assert!(one.holds(&one.name("Shop")));
        assert!(!one.holds(&other.name("Shop")), "{one} {other}");
        assert!(!one.holds("Shop") && !one.holds(""));
    }

    #[test]
    fn leftovers_are_recognized_by_the_complete_prefix() {
        assert!(NameScope::EveryRun.holds(&NameScope::new().name("Shop")));
        for name in [
            "Shop",
            "TfLive_Shop",
            "TfLive_shop_",
            "TfLive_Shopxy_a",
            "TfLiveShop",
            "x_TfLive_abcdef_Shop",
            "",
        ] {
            assert!(!NameScope::EveryRun.holds(name), "{name}");
        }
    }
}
