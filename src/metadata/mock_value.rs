//! The values that `terraform test` generates for computed attributes of a mocked provider: eight lowercase letters and
//! digits, such as `2bxveucd`. About one in four begins with a digit.
//!
//! Terraform still validates references to such attributes with the real provider, so rules for references accept these
//! values.

/// Whether a string can be a value of a mocked provider.
pub fn is_mock_value(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mock_values_are_recognized_and_common_mistakes_are_not() {
        for text in ["2bxveucd", "00000000", "abcdefgh"] {
            assert!(is_mock_value(text), "{text}");
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
            assert!(!is_mock_value(text), "{text}");
        }
    }
}
