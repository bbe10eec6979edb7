//! A seeded random number generator. The same seed selects the same cases.

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of one case. The case name is part of the seed, so a case that runs alone gets the same
    /// numbers as in a complete run.
    #[must_use]
    pub fn of(seed: u64, name: &str) -> Self {
        let folded = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ folded);
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A random element, or `None` for an empty slice.
    pub fn choose<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

#[test]
fn the_seed_and_the_name_determine_the_numbers() {
    let numbers = |seed, name| {
        let mut random = Random::of(seed, name);
        [random.below(1000), random.below(1000), random.below(1000)]
    };
    assert_eq!(numbers(1, "a"), numbers(1, "a"));
    assert_ne!(numbers(1, "a"), numbers(2, "a"));
    assert_ne!(numbers(1, "a"), numbers(1, "b"));
}
