//! What `terraform test` makes up for a computed attribute when the provider is mocked: eight lower-case letters and
//! digits, such as `2bxveucd`, one in four of them with a digit first.
//!
//! Terraform asks the real provider whether what refers to such an attribute is valid, and does not say that it is mocked.
//! So a rule for what refers to something lets it pass: whether that is there is the org's to say.

/// Whether a text may be one of those.
pub fn is_made_up(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_mistype_often_looks_made_up() {
        for text in ["2bxveucd", "00000000", "abcdefgh"] {
            assert!(is_made_up(text), "{text}");
        }
        for text in [
            "",
            "1Shop",
            "2Bxveucd",
            "0xI000000000001",
            "0PS000000000001AAA",
            "9shop_app",
            "2bxveuc",
            "2bxveucdx",
        ] {
            assert!(!is_made_up(text), "{text}");
        }
    }
}
