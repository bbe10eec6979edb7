//! The names of what a run makes in an org, and the fence around everything else.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

const MARK: &str = "TfLive_";
const RANDOM: usize = 6;

/// What every name of a run begins with, `TfLive_k3x9ab_`.
#[derive(Debug, Clone)]
pub enum Fence {
    Run(String),
    /// Of this and of every other run: for the removal of leftovers only.
    EveryRun,
}

impl Fence {
    /// A run of its own.
    pub fn new() -> Self {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        // The keys of a `RandomState` are random, and nothing else here needs chance.
        let mut number = RandomState::new().build_hasher().finish();
        let mut random = String::new();
        for _ in 0..RANDOM {
            let index = usize::try_from(number % LETTERS.len() as u64).unwrap_or_default();
            random.push(LETTERS.get(index).copied().map_or('a', char::from));
            number /= LETTERS.len() as u64;
        }
        Self::Run(format!("{MARK}{random}_"))
    }

    /// Whether something of this name may be touched.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Run(prefix) => name.starts_with(prefix.as_str()),
            Self::EveryRun => is_of_a_run(name),
        }
    }

    /// The name under which a run makes something.
    pub fn name(&self, rest: &str) -> String {
        match self {
            Self::Run(prefix) => format!("{prefix}{rest}"),
            Self::EveryRun => rest.to_owned(),
        }
    }
}

impl std::fmt::Display for Fence {
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
    fn a_run_holds_its_own_names_only() {
        let (one, other) = (Fence::new(), Fence::new());
        assert!(one.holds(&one.name("Shop")));
        assert!(!one.holds(&other.name("Shop")), "{one} {other}");
        assert!(!one.holds("Shop") && !one.holds(""));
    }

    #[test]
    fn leftovers_are_known_by_their_whole_prefix() {
        assert!(Fence::EveryRun.holds(&Fence::new().name("Shop")));
        for name in [
            "Shop",
            "TfLive_Shop",
            "TfLive_shop_",
            "TfLive_Shopxy_a",
            "TfLiveShop",
            "x_TfLive_abcdef_Shop",
            "",
        ] {
            assert!(!Fence::EveryRun.holds(name), "{name}");
        }
    }
}
