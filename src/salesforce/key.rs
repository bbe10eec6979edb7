//! Reads private keys as people really hand them over.
//!
//! Besides PEM (PKCS#8 and PKCS#1) it takes what single-line variables make of a PEM: `\n` written out, spaces in
//! place of line breaks, and the base64 of the whole file. No error repeats any of the text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::RsaKeyPair;
use zeroize::Zeroizing;

/// Why a private key cannot be used to sign a JWT. None of them quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyProblem {
    /// There is nothing there.
    #[error("the private key is empty")]
    Empty,
    /// The other half of the pair.
    #[error("this is a public key, not a private key")]
    PublicKey,
    /// What belongs in the app.
    #[error("this is a certificate, not a private key")]
    Certificate,
    /// Protected by a passphrase.
    #[error("the private key is encrypted")]
    Encrypted,
    /// An elliptic curve; Salesforce verifies RS256 only.
    #[error("this is not an RSA key")]
    NotRsa,
    /// The format of ssh-keygen.
    #[error("the private key is in OpenSSH's own format")]
    OpenSsh,
    /// RSA with fewer than 2048 bits.
    #[error("the RSA key is shorter than 2048 bits")]
    TooSmall,
    /// A begin line without its end line, or base64 that is not.
    #[error("the PEM text is cut off or damaged")]
    Damaged,
    /// No PEM in any of the accepted forms.
    #[error("this is not a private key in PEM form")]
    NotPem,
}

impl PrivateKeyProblem {
    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Empty | Self::NotPem => {
                "Give the whole text of the key file, from -----BEGIN PRIVATE KEY----- to the END line; line breaks may be written as \\n."
            }
            Self::PublicKey | Self::Certificate => {
                "The certificate belongs in the app; private_key is the other file of the pair."
            }
            Self::Encrypted => "Decrypt it first: openssl pkcs8 -in key.pem -out plain.pem.",
            Self::NotRsa | Self::TooSmall => {
                "Salesforce wants RS256: make a key with openssl genrsa 2048 and give the app its certificate."
            }
            Self::OpenSsh => "Convert it: ssh-keygen -p -m PEM -f key.",
            Self::Damaged => {
                "Give the whole text of the key file again; a line may have been lost when it was copied."
            }
        }
    }
}

/// What the PEM's first line says it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Pkcs8,
    Pkcs1,
}

/// Reads a key pair out of any of the accepted forms.
pub(super) fn read(text: &str) -> Result<RsaKeyPair, PrivateKeyProblem> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Err(PrivateKeyProblem::Empty);
    }
    if text.contains("-----BEGIN") {
        return read_pem(text);
    }
    // The base64 of a PEM.
    let packed = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let bytes = Zeroizing::new(STANDARD.decode(packed.as_bytes()).map_err(|_| PrivateKeyProblem::NotPem)?);
    match std::str::from_utf8(&bytes) {
        Ok(inner) if inner.contains("-----BEGIN") => read_pem(inner.trim()),
        _ => Err(PrivateKeyProblem::NotPem),
    }
}

fn read_pem(text: &str) -> Result<RsaKeyPair, PrivateKeyProblem> {
    let (label, inside) = block(text)?;
    // The label of a block that we can read tells PKCS#8 from PKCS#1; everything else was refused by `block`.
    let inside = Zeroizing::new(inside.replace("\\r", " ").replace("\\n", " "));
    if inside.contains("Proc-Type") || inside.contains("DEK-Info") {
        return Err(PrivateKeyProblem::Encrypted);
    }
    let packed = Zeroizing::new(inside.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let der = Zeroizing::new(STANDARD.decode(packed.as_bytes()).map_err(|_| PrivateKeyProblem::Damaged)?);
    let pair = match label {
        Label::Pkcs8 => RsaKeyPair::from_pkcs8(&der),
        Label::Pkcs1 => RsaKeyPair::from_der(&der),
    };
    pair.map_err(|rejected| match rejected.to_string().as_str() {
        "WrongAlgorithm" => PrivateKeyProblem::NotRsa,
        "TooSmall" => PrivateKeyProblem::TooSmall,
        _ => PrivateKeyProblem::Damaged,
    })
}

/// The first private key block, or the reason why there is none. Files may hold several blocks.
fn block(text: &str) -> Result<(Label, &str), PrivateKeyProblem> {
    let mut reason = PrivateKeyProblem::NotPem;
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("-----BEGIN") {
        let (name, body) = tail.split_once("-----").ok_or(PrivateKeyProblem::Damaged)?;
        let label = match name.trim() {
            "PRIVATE KEY" => Label::Pkcs8,
            "RSA PRIVATE KEY" => Label::Pkcs1,
            other => {
                reason = match other {
                    "ENCRYPTED PRIVATE KEY" => PrivateKeyProblem::Encrypted,
                    "EC PRIVATE KEY" | "DSA PRIVATE KEY" => PrivateKeyProblem::NotRsa,
                    "EC PARAMETERS" => PrivateKeyProblem::NotRsa,
                    "OPENSSH PRIVATE KEY" => PrivateKeyProblem::OpenSsh,
                    "PUBLIC KEY" | "RSA PUBLIC KEY" => PrivateKeyProblem::PublicKey,
                    "CERTIFICATE" | "TRUSTED CERTIFICATE" => PrivateKeyProblem::Certificate,
                    _ => reason,
                };
                rest = body;
                continue;
            }
        };
        let (inside, _) = body.split_once("-----END").ok_or(PrivateKeyProblem::Damaged)?;
        return Ok((label, inside));
    }
    Err(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::tests::{PKCS1, PKCS8};

    fn check(text: &str) -> Result<(), PrivateKeyProblem> {
        read(text).map(drop)
    }

    #[test]
    fn every_way_of_writing_a_key_is_read() {
        for key in [PKCS8, PKCS1] {
            assert_eq!(check(key), Ok(()));
            assert_eq!(check(&key.replace('\n', "\r\n")), Ok(()));
            assert_eq!(check(&key.replace('\n', "\\n")), Ok(()));
            assert_eq!(check(&key.replace('\n', "\\r\\n")), Ok(()));
            assert_eq!(check(&key.replace('\n', " ")), Ok(()));
            assert_eq!(check(&STANDARD.encode(key)), Ok(()));
            assert_eq!(check(&format!("Bag Attributes\n{key}")), Ok(()));
        }
    }

    #[test]
    fn every_wrong_thing_has_its_own_name() {
        use PrivateKeyProblem::*;
        let half: String = PKCS8.lines().take(5).collect::<Vec<_>>().join("\n");
        let holed: String =
            PKCS8.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| format!("{l}\n")).collect();
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let legacy = PKCS1.replace("KEY-----\nMII", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nMII");
        for (text, problem) in [
            ("  \n", Empty),
            ("canary", NotPem),
            ("/home/me/key.pem", NotPem),
            (&STANDARD.encode("not a pem"), NotPem),
            (&block("PUBLIC KEY"), PublicKey),
            (&block("CERTIFICATE"), Certificate),
            (&block("ENCRYPTED PRIVATE KEY"), Encrypted),
            (&legacy, Encrypted),
            (&block("EC PRIVATE KEY"), NotRsa),
            (crate::salesforce::tests::EC_PKCS8, NotRsa),
            (&block("OPENSSH PRIVATE KEY"), OpenSsh),
            (crate::salesforce::tests::RSA_1024, TooSmall),
            (&half, Damaged),
            (&holed, Damaged),
            (&block("PRIVATE KEY"), Damaged),
        ] {
            let found = check(text);
            assert_eq!(found, Err(problem));
            assert!(!format!("{problem} {}", problem.advice()).contains("canary"));
        }
    }
}
