//! Identifies what was provided in place of a private key: a path, a mask, the name of a variable, or another format.
//!
//! No result contains a part of the text.

use super::key::PrivateKeyProblem;

/// Strings longer than this are not treated as paths or names.
const LONGEST_NAME: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// A mask that logs show in place of a secret, such as `***`.
    Mask,
    /// A variable that was not replaced by its value, such as `${VAR}`.
    Variable,
}

/// Identifies a string that is a placeholder for a value.
pub fn placeholder(text: &str) -> Option<Placeholder> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_NAME || text.contains('\n') {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let inner = lower.trim_matches(|c: char| "()[]<>{}".contains(c));
    let masks =
        ["sensitive", "sensitive value", "masked", "redacted", "hidden", "secret", "known after apply"];
    let is_masked = text.chars().all(|c| matches!(c, '*' | '•' | '●' | '·' | '…' | '.' | 'x' | 'X'));
    if (is_masked && text.chars().count() > 1) || text == "*" || masks.contains(&inner) {
        return Some(Placeholder::Mask);
    }
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    let within = |open: &str, close: &str| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|inside| !inside.is_empty())
    };
    let is_between =
        [("${", "}"), ("$(", ")"), ("{{", "}}"), ("#{", "}#"), ("#{", "}"), ("<%", "%>"), ("%{", "}")]
            .iter()
            .any(|(open, close)| within(open, close));
    let named = |mark: &str, end: &str| {
        text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(end)).is_some_and(is_name)
    };
    let is_marked =
        named("$", "") || named("$env:", "") || named("%", "%") || named("<", ">") || named("__", "__");
    let refers = [
        "var.",
        "local.",
        "data.",
        "module.",
        "env.",
        "secrets.",
        "op://",
        "vault:",
        "arn:aws:secretsmanager:",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        && !text.contains(char::is_whitespace);
    (is_between || is_marked || refers).then_some(Placeholder::Variable)
}

/// Classifies a string without BEGIN lines.
pub(super) fn of_text(text: &str) -> PrivateKeyProblem {
    match placeholder(text) {
        Some(Placeholder::Mask) => return PrivateKeyProblem::Mask,
        Some(Placeholder::Variable) => return PrivateKeyProblem::Variable,
        None => {}
    }
    let is_variable_name = text.contains('_')
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.len() <= LONGEST_NAME;
    if is_variable_name {
        PrivateKeyProblem::Variable
    } else if is_path(text) {
        PrivateKeyProblem::Path
    } else if text.starts_with('{') && text.contains("\"kty\"") {
        PrivateKeyProblem::Jwk
    } else if text.starts_with('{') && text.contains("\"private_key\"") {
        PrivateKeyProblem::Json
    } else if text.starts_with("PuTTY-User-Key-File") {
        PrivateKeyProblem::Putty
    } else if ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-"].iter().any(|start| text.starts_with(start)) {
        PrivateKeyProblem::PublicKey
    } else {
        PrivateKeyProblem::NotPem
    }
}

fn is_path(text: &str) -> bool {
    if text.len() > LONGEST_NAME || text.contains('\n') {
        return false;
    }
    let starts = ["/", "./", "../", "~/", "~\\", ".\\", "..\\", "\\\\", "file:", "@/", "@./"];
    let has_drive = text.get(1..3).is_some_and(|drive| matches!(drive, ":\\" | ":/"));
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_file = ending.is_some_and(|ending| {
        ["pem", "key", "der", "p12", "pfx", "p8", "pk8", "crt", "cer", "jks", "keystore", "ppk", "txt", "b64"]
            .contains(&ending.as_str())
    });
    starts.iter().any(|start| text.starts_with(start)) || has_drive || is_file
}

/// Classifies binary data, which was read from a file or decoded from base64.
pub fn binary_key_form(bytes: &[u8]) -> PrivateKeyProblem {
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return PrivateKeyProblem::Utf16,
        [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..] => return PrivateKeyProblem::Keystore,
        _ => {}
    }
    let Some(inside) = sequence(bytes) else {
        return PrivateKeyProblem::NotPem;
    };
    match inside {
        // The version is 3 for a PFX, 0 for a PKCS#1 or PKCS#8 key, and 1 for an elliptic curve key.
        [2, 1, 3, ..] => PrivateKeyProblem::Pkcs12,
        [2, 1, 1, 4, ..] => PrivateKeyProblem::NotRsa,
        [2, 1, 0 | 1, ..] => PrivateKeyProblem::Der,
        _ => match sequence(inside) {
            Some([0xA0, ..]) => PrivateKeyProblem::Certificate,
            // The password-based encryption schemes of PKCS#5 and PKCS#12.
            Some([6, _, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5 | 12, ..]) => PrivateKeyProblem::Encrypted,
            Some([6, ..]) => PrivateKeyProblem::PublicKey,
            _ => PrivateKeyProblem::NotPem,
        },
    }
}

/// The content of a DER sequence, which may be incomplete.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x30, length, rest @ ..] if *length < 0x80 => Some(rest),
        [0x30, 0x80, rest @ ..] => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7F)..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_distinguished_from_values() {
        for (text, found) in [
            ("***", Some(Placeholder::Mask)),
            ("*", Some(Placeholder::Mask)),
            ("••••••", Some(Placeholder::Mask)),
            ("xxxxxxxx", Some(Placeholder::Mask)),
            ("(sensitive value)", Some(Placeholder::Mask)),
            ("[MASKED]", Some(Placeholder::Mask)),
            ("<redacted>", Some(Placeholder::Mask)),
            ("${SF_KEY}", Some(Placeholder::Variable)),
            ("$SF_KEY", Some(Placeholder::Variable)),
            ("$(SF_KEY)", Some(Placeholder::Variable)),
            ("%SF_KEY%", Some(Placeholder::Variable)),
            ("$env:SF_KEY", Some(Placeholder::Variable)),
            ("{{ secrets.SF_KEY }}", Some(Placeholder::Variable)),
            ("${{ secrets.SF_KEY }}", Some(Placeholder::Variable)),
            ("<your-key>", Some(Placeholder::Variable)),
            ("var.private_key", Some(Placeholder::Variable)),
            ("op://vault/item/key", Some(Placeholder::Variable)),
            ("ada@example.com", None),
            ("3MVG9", None),
            ("https://acme.my.salesforce.com", None),
            ("a$b", None),
            ("", None),
        ] {
            assert_eq!(placeholder(text), found, "{text}");
        }
    }
}
