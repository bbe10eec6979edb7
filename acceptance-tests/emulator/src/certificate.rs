//! Reads and formats certificates, with or without BEGIN and END lines and with line breaks anywhere. `oauth.rs` uses
//! the certificate of an app.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const COLUMNS: usize = 64;

/// The certificate in DER, if the text contains exactly one valid X.509 certificate.
pub fn der(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let body = match text.strip_prefix(BEGIN) {
        Some(rest) => rest.strip_suffix(END)?,
        None => text,
    };
    let compact: String = body.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(compact).ok()?;
    let is_whole = x509_parser::parse_x509_certificate(&bytes).is_ok_and(|(rest, _)| rest.is_empty());
    is_whole.then_some(bytes)
}

/// The format of retrieved files: base64 in lines of 64 columns, without BEGIN and END lines.
pub fn as_retrieved(der: &[u8]) -> String {
    let letters: Vec<char> = STANDARD.encode(der).chars().collect();
    letters.chunks(COLUMNS).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::TEST_ONLY_CERTIFICATE;

    #[test]
    fn a_certificate_is_accepted_in_every_format_and_returned_in_one() {
        let bytes = der(TEST_ONLY_CERTIFICATE).unwrap();
        let shown = as_retrieved(&bytes);
        assert!(shown.starts_with("MII") && !shown.contains('-') && !shown.ends_with('\n'));
        let lines: Vec<&str> = shown.lines().collect();
        let (last, full) = lines.split_last().unwrap();
        assert!(full.iter().all(|line| line.len() == 64) && last.len() <= 64, "{shown}");
        for variant in [
            shown.clone(),
            shown.replace('\n', ""),
            shown.replace('\n', "\r\n"),
            format!("\n    {}\n", shown.replace('\n', "\n    ")),
            format!("{BEGIN}\n{shown}\n{END}\n"),
        ] {
            assert_eq!(der(&variant), Some(bytes.clone()), "{variant}");
        }
        let twice = format!("{TEST_ONLY_CERTIFICATE}{TEST_ONLY_CERTIFICATE}");
        let cut: String = shown.chars().take(400).collect();
        for invalid in ["", "MIIB", "not base64 at all", &twice, &cut, &format!("{BEGIN}\n{shown}")] {
            assert_eq!(der(invalid), None, "{invalid}");
        }
    }
}
