//! Reads CA certificates in the forms of single-line variables: `\n` as two characters, spaces instead of line breaks,
//! and base64 of the whole file. Private keys, which no error may quote, are read in `key.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates in a string, in PEM. A string without a complete certificate is returned as it is, decoded if it is
/// the base64 of a PEM block, and the HTTP client rejects it.
pub(super) fn bundle(text: &str) -> String {
    let decoded = if text.contains("-----BEGIN") { None } else { of_base64(text) };
    let text = decoded.as_deref().unwrap_or(text);
    let mut certificates = String::new();
    for rest in text.split(BEGIN).skip(1) {
        let Some((body, _)) = rest.split_once(END) else {
            return text.to_owned();
        };
        let body = body.replace("\\r", " ").replace("\\n", " ");
        let body: String = body.split_whitespace().map(|line| format!("{line}\n")).collect();
        certificates.push_str(&format!("{BEGIN}\n{body}{END}\n"));
    }
    if certificates.is_empty() { text.to_owned() } else { certificates }
}

fn of_base64(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    let decoded = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
    decoded.contains(BEGIN).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_in_every_single_line_form() {
        let one = format!("{BEGIN}\nMIIB\nAAAA\n{END}\n");
        let two = format!("{one}{one}");
        for file in [&one, &two] {
            for form in [
                file.clone(),
                file.replace('\n', "\r\n"),
                file.replace('\n', "\\n"),
                file.replace('\n', "\\r\\n"),
                file.replace('\n', " "),
                STANDARD.encode(file),
                format!("# Acme's CA\n{file}"),
            ] {
                assert_eq!(&bundle(&form), file, "{form}");
            }
        }
    }

    #[test]
    fn other_texts_are_unchanged() {
        let cut = format!("{BEGIN}\nMIIB");
        for text in ["", "nonsense", "TUlJQg==", "/etc/ssl/ca.pem", &cut] {
            assert_eq!(bundle(text), text);
        }
    }
}
