//! Terraform's numbers: decimal numbers of any size.
//!
//! A number is stored as canonical decimal digits and an exponent, not as a float, so that state files keep every
//! digit. There is no arithmetic, because the provider only compares, converts and prints numbers.

use std::fmt;
use std::str::FromStr;

/// A decimal number in canonical form, without leading or trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    negative: bool,
    /// The value is 0.DIGITS × 10^exponent. Zero has no digits and the exponent 0.
    exponent: i64,
    digits: String,
}

/// The maximum length of a literal, in bytes.
const LONGEST: usize = 4096;

impl Number {
    /// The number, if it is whole and fits in an `i64`.
    pub fn as_i64(&self) -> Option<i64> {
        let count = i64::try_from(self.digits.len()).ok()?;
        if self.exponent < count || self.exponent > 19 {
            return if self.digits.is_empty() { Some(0) } else { None };
        }
        self.to_string().parse().ok()
    }

    /// The nearest float, for encodings that require one.
    pub fn as_f64(&self) -> Option<f64> {
        self.to_string().parse().ok()
    }

    /// Whether the number has no fractional part.
    pub fn is_whole(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|count| self.exponent >= count)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        let digits = number.unsigned_abs().to_string();
        Number::canonical(number < 0, digits, 0)
    }
}

impl Number {
    /// `digits` × 10^`scale` in canonical form.
    fn canonical(negative: bool, digits: String, scale: i64) -> Number {
        let significant = digits.trim_start_matches('0');
        let exponent = scale.saturating_add(i64::try_from(significant.len()).unwrap_or(i64::MAX));
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Number { negative: false, exponent: 0, digits };
        }
        Number { negative, exponent, digits }
    }
}

/// The error for a string that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        if text.len() > LONGEST {
            return Err(NotANumber);
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NotANumber)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(NotANumber);
        }
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotANumber);
        }
        let scale = i64::from(exponent) - i64::try_from(fraction.len()).map_err(|_| NotANumber)?;
        Ok(Number::canonical(negative, digits, scale))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The maximum number of padding zeros. Numbers that need more are printed with an exponent.
        const PLAIN: i64 = 40;
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let count = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        if self.exponent >= count && self.exponent - count <= PLAIN {
            let zeros = usize::try_from(self.exponent - count).unwrap_or(0);
            write!(f, "{}{}", self.digits, "0".repeat(zeros))
        } else if self.exponent > 0 && self.exponent < count {
            let (whole, fraction) = self.digits.split_at(usize::try_from(self.exponent).unwrap_or(0));
            write!(f, "{whole}.{fraction}")
        } else if self.exponent <= 0 && -self.exponent <= PLAIN {
            let zeros = usize::try_from(-self.exponent).unwrap_or(0);
            write!(f, "0.{}{}", "0".repeat(zeros), self.digits)
        } else {
            write!(f, "0.{}e{}", self.digits, self.exponent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn equal_numbers_have_the_same_form() {
        for (a, b) in
            [("1", "1.0"), ("10", "1e1"), ("0.5", "5e-1"), ("-0", "0"), ("007", "7"), ("1.50", "1.5")]
        {
            assert_eq!(number(a), number(b), "{a} and {b}");
        }
    }

    #[test]
    fn large_and_small_numbers_keep_every_digit() {
        for text in
            ["123456789012345678901234567890", "0.1", "-0.000123", "3.14159265358979323846264338327950288"]
        {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1e1000"), number(&number("1e1000").to_string()));
    }

    #[test]
    fn whole_numbers_that_fit_convert_to_integers() {
        assert_eq!(number("30").as_i64(), Some(30));
        assert_eq!(number("3e1").as_i64(), Some(30));
        assert_eq!(number("0").as_i64(), Some(0));
        assert_eq!(number("1.5").as_i64(), None);
        assert_eq!(number("1e30").as_i64(), None);
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
    }

    #[test]
    fn invalid_numbers_are_rejected() {
        for text in ["", "-", ".", "1e", "0x10", "1 ", "NaN", "inf", "1.2.3", "--1", "1e99999999999"] {
            assert!(text.parse::<Number>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn integers_round_trip(n: i64) {
            prop_assert_eq!(Number::from(n).as_i64(), Some(n));
            prop_assert_eq!(number(&n.to_string()), Number::from(n));
        }

        #[test]
        fn numbers_round_trip_through_text(text in "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,3})?") {
            let first = number(&text);
            prop_assert_eq!(number(&first.to_string()), first);
        }
    }
}
