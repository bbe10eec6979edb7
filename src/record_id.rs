//! The two forms of Salesforce's record IDs: 15 case-sensitive characters, or 18 characters, of which the last three
//! encode the case of the others. The objects that prefixes identify, and messages about IDs, are in
//! `metadata/record_id`.

/// Whether a string has the form of a record ID: 15 or 18 letters and digits.
pub fn has_form(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a string has the form of an org's ID.
pub fn is_org_id(text: &str) -> bool {
    text.starts_with("00D") && has_form(text)
}

/// The 15-character form of an ID. Does not check the ID.
pub fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

/// Whether two IDs identify the same record. An empty ID identifies no record.
pub fn is_same(one: &str, other: &str) -> bool {
    !one.is_empty() && short(one) == short(other)
}

/// The 15-character form of a record ID with this prefix. `None` if the string is not such an ID, or if its last three
/// characters do not match the others.
pub fn checked_short<'a>(prefix: &str, text: &'a str) -> Option<&'a str> {
    let (id, case) = text.split_at_checked(15).filter(|_| text.starts_with(prefix) && has_form(text))?;
    (case.is_empty() || case.eq_ignore_ascii_case(&case_of(id))).then_some(id)
}

/// The alphabet of the last three characters of an 18-character ID. Each of them encodes five bits.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The three characters that encode the case: one for each group of five characters, with a bit for each character that
/// is an uppercase letter.
pub fn case_of(short: &str) -> String {
    let fives = short.as_bytes().chunks(5).map(|five| {
        let bits = five.iter().enumerate().map(|(at, byte)| usize::from(byte.is_ascii_uppercase()) << at);
        ALPHABET.get(bits.sum::<usize>()).map_or('A', |byte| char::from(*byte))
    });
    fives.collect()
}

/// The 15 characters of `short` with the case that `case` encodes. `None` if `case` is invalid or marks a digit as
/// uppercase.
pub fn with_case_of(short: &str, case: &str) -> Option<String> {
    let fives = short.as_bytes().chunks(5).zip(case.bytes());
    let mut cased = String::new();
    for (five, letter) in fives {
        let bits = ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase())?;
        for (at, byte) in five.iter().enumerate() {
            let byte =
                if bits >> at & 1 == 1 { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
            cased.push(char::from(byte));
        }
    }
    case_of(&cased).eq_ignore_ascii_case(case).then_some(cased)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_15_and_18_characters_are_the_same_record() {
        for (one, other, same) in [
            ("00D000000000001", "00D000000000001AAA", true),
            ("00D000000000001AAA", "00D000000000002AAA", false),
            ("00Da00000000001", "00DA00000000001", false),
            ("", "00D000000000001", false),
            ("", "", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}
