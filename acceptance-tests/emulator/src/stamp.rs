//! Times and record IDs in Salesforce's notation.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub type Millis = u64;

pub fn now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
        .unwrap_or(0)
}

/// `2026-01-02T03:04:05.006Z`
pub fn iso(at: Millis) -> String {
    let seconds = at / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let clock = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
        at % 1000
    )
}

/// Converts a day number since 1970-01-01 to a date of the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// An 18-character ID: three characters of prefix, twelve of number, three of checksum.
pub fn record_id(prefix: &str, number: u64) -> String {
    with_checksum(&format!("{prefix}{number:012}"))
}

/// Appends the checksum that makes IDs unambiguous in systems that ignore letter case: one bit per capital letter, five
/// bits per checksum character.
pub fn with_checksum(fifteen: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let letters: Vec<char> = fifteen.chars().collect();
    let mut id = String::from(fifteen);
    for chunk in letters.chunks(5) {
        let mut bits = 0;
        for (place, letter) in chunk.iter().enumerate() {
            if letter.is_ascii_uppercase() {
                bits |= 1 << place;
            }
        }
        id.push(ALPHABET.chars().nth(bits).unwrap_or('A'));
    }
    id
}

/// Two IDs are equal if their first fifteen characters are.
pub fn same_id(left: &str, right: &str) -> bool {
    let short = |id: &str| id.chars().take(15).collect::<String>();
    left.len() >= 15 && right.len() >= 15 && short(left) == short(right)
}

/// Whether the sent text is this ID, with 15 or with 18 characters.
pub fn names(sent: &str, id: &str) -> bool {
    let short = short_id(id);
    sent == short || sent == with_checksum(&short)
}

pub fn short_id(id: &str) -> String {
    id.chars().take(15).collect()
}

/// Random letters and digits.
pub fn random_text(length: usize) -> String {
    use ring::rand::SecureRandom;
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0_u8; length];
    // If this fails, the values are guessable, which is acceptable in an emulator.
    let _ = ring::rand::SystemRandom::new().fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|byte| char::from(*byte))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_iso_format() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(iso(1_767_323_045_006), "2026-01-02T03:04:05.006Z");
    }

    #[test]
    fn ids_have_a_checksum_and_match_with_15_or_18_characters() {
        assert_eq!(with_checksum("00D000000000001").len(), 18);
        assert_eq!(with_checksum("00D000000000001"), "00D000000000001EAA");
        assert!(same_id("00D000000000001", "00D000000000001EAA"));
        assert!(!same_id("", ""));
        for (sent, is_equal) in [
            ("00D000000000001", true),
            ("00D000000000001EAA", true),
            ("00D000000000001AAA", false),
            ("00D000000000001E", false),
            ("00D000000000002", false),
            ("", false),
        ] {
            assert_eq!(names(sent, "00D000000000001EAA"), is_equal, "{sent}");
        }
    }
}
