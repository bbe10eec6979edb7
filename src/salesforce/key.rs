//! Reads private keys in the forms that users provide.
//!
//! Besides PEM (PKCS#8 and PKCS#1), this module accepts the forms of PEM in single-line variables: `\n` as two
//! characters, spaces instead of line breaks, and base64 of the whole file. Errors contain no part of the text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::RsaKeyPair;
use zeroize::Zeroizing;

use super::key_form::{self, Placeholder};

/// Why a private key cannot sign a JWT. No message quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyProblem {
    #[error("the private key is empty")]
    Empty,
    #[error("this is a public key, not a private key")]
    PublicKey,
    /// The certificate that is uploaded to the app.
    #[error("this is a certificate, not a private key")]
    Certificate,
    #[error("the private key is encrypted")]
    Encrypted,
    /// For example, an elliptic curve key. Salesforce verifies only RS256.
    #[error("this is not an RSA key")]
    NotRsa,
    #[error("the private key is in the OpenSSH format")]
    OpenSsh,
    #[error("the RSA key is shorter than 2048 bits")]
    TooSmall,
    /// `ring` signs with keys of up to 4096 bits.
    #[error("the RSA key is longer than 4096 bits")]
    TooLarge,
    /// A BEGIN line without an END line, or invalid base64.
    #[error("the PEM text is truncated or damaged")]
    Damaged,
    /// No PEM in any of the accepted forms.
    #[error("this is not a private key in PEM format")]
    NotPem,
    #[error("this is the path of a file, not the key in it")]
    Path,
    #[error("this is a masked value, which is shown instead of a secret")]
    Mask,
    #[error("this is the name of a variable, not its value")]
    Variable,
    /// The binary format, or its base64 form without BEGIN and END lines.
    #[error("the key is in DER, the binary format")]
    Der,
    /// A file with a key and certificates, protected by a password.
    #[error("this is a PKCS#12 file (.p12, .pfx), not PEM")]
    Pkcs12,
    #[error("this is a Java keystore, not PEM")]
    Keystore,
    #[error("this is a JSON Web Key, not PEM")]
    Jwk,
    /// A JSON file that contains the key.
    #[error("this is JSON that contains a key, not the key itself")]
    Json,
    #[error("the private key is in the PuTTY format")]
    Putty,
    #[error("the file is in UTF-16, not in UTF-8")]
    Utf16,
}

impl PrivateKeyProblem {
    pub fn advice(self) -> &'static str {
        match self {
            Self::Empty | Self::NotPem => {
                "Set it to the complete contents of the key file, from -----BEGIN PRIVATE KEY----- to the END line; \
                 line breaks may be written as \\n."
            }
            Self::PublicKey | Self::Certificate => {
                "The certificate belongs to the app; private_key is the other file of the pair."
            }
            Self::Encrypted => "Decrypt it first: openssl pkcs8 -in key.pem -out plain.pem.",
            Self::NotRsa | Self::TooSmall | Self::TooLarge => {
                "Salesforce requires RS256: create a key with openssl genrsa 2048, and upload its certificate to the \
                 app."
            }
            Self::OpenSsh => "Convert it: ssh-keygen -p -m PEM -f key.",
            Self::Path => {
                "Set private_key_file to the path, or private_key to the contents of the file, with file(\"…\")."
            }
            Self::Mask => {
                "Set it to the key itself. A log or a user interface showed the masked value instead."
            }
            Self::Variable => {
                "Set it to the key itself: the variable was not replaced by its value. Check where the variable is \
                 set, and why its name was not replaced by its value."
            }
            Self::Der => {
                "Convert it: openssl pkey -inform der -in key.der -out key.pem. If only the BEGIN and END lines are \
                 missing, add them."
            }
            Self::Pkcs12 => "Extract the key: openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem.",
            Self::Keystore => {
                "Extract the key: run keytool -importkeystore to create a PKCS#12 file, then openssl pkcs12 -nocerts \
                 -nodes."
            }
            Self::Jwk => "Convert it to PEM with a tool for JSON Web Keys.",
            Self::Json => "Set it to only the member that contains the key, with jsondecode(…).",
            Self::Putty => {
                "Convert it: puttygen key.ppk -O private-openssh, then ssh-keygen -p -m PEM -f key."
            }
            Self::Utf16 => "Save the file as UTF-8; Windows PowerShell redirects output as UTF-16.",
            Self::Damaged => "Copy the complete contents of the key file again; a line may be missing.",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Pkcs8,
    Pkcs1,
}

/// Reads a key pair in any of the accepted forms.
pub(super) fn read(text: &str) -> Result<RsaKeyPair, PrivateKeyProblem> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Err(PrivateKeyProblem::Empty);
    }
    if text.contains("-----BEGIN") {
        return read_pem(text);
    }
    // The text may be the base64 form of a PEM file.
    let packed = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let Ok(bytes) = STANDARD.decode(packed.as_bytes()).map(Zeroizing::new) else {
        return Err(key_form::of_text(text));
    };
    match std::str::from_utf8(&bytes) {
        Ok(inner) if inner.contains("-----BEGIN") => read_pem(inner.trim()),
        _ => Err(match key_form::binary_key_form(&bytes) {
            PrivateKeyProblem::NotPem => key_form::of_text(text),
            form => form,
        }),
    }
}

fn read_pem(text: &str) -> Result<RsaKeyPair, PrivateKeyProblem> {
    // The label distinguishes PKCS#8 from PKCS#1. `block` skips all other labels.
    let (label, inside) = block(text)?;
    let inside = Zeroizing::new(inside.replace("\\r", " ").replace("\\n", " "));
    if inside.contains("Proc-Type") || inside.contains("DEK-Info") {
        return Err(PrivateKeyProblem::Encrypted);
    }
    let packed = Zeroizing::new(inside.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let Ok(der) = STANDARD.decode(packed.as_bytes()).map(Zeroizing::new) else {
        return Err(match key_form::placeholder(&inside) {
            Some(Placeholder::Mask) => PrivateKeyProblem::Mask,
            Some(Placeholder::Variable) => PrivateKeyProblem::Variable,
            None => PrivateKeyProblem::Damaged,
        });
    };
    let pair = match label {
        Label::Pkcs8 => RsaKeyPair::from_pkcs8(&der),
        Label::Pkcs1 => RsaKeyPair::from_der(&der),
    };
    pair.map_err(|rejected| match rejected.to_string().as_str() {
        "WrongAlgorithm" => PrivateKeyProblem::NotRsa,
        "TooSmall" => PrivateKeyProblem::TooSmall,
        "TooLarge" => PrivateKeyProblem::TooLarge,
        _ => PrivateKeyProblem::Damaged,
    })
}

/// The first block with a private key, or the reason why there is none. A file may contain several blocks.
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
    fn every_accepted_form_of_a_key_is_read() {
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
    fn the_public_key_equals_the_one_in_its_certificate() {
        let public = |key: &str| super::super::public_key(&crate::secret::Secret::new(key.to_owned()));
        let pair = rcgen::KeyPair::from_pem_and_sign_algo(PKCS8, &rcgen::PKCS_RSA_SHA256).unwrap();
        assert_eq!(public(PKCS8).as_deref(), Some(rcgen::PublicKeyData::der_bytes(&pair)));
        assert_eq!(public(&PKCS8.replace('\n', " ")), public(PKCS8));
        assert!(public(PKCS1).is_some());
        assert_eq!(public("canary"), None);
    }

    /// The first bytes of a PKCS#12 file, as OpenSSL writes them.
    const PKCS12: &[u8] = &[0x30, 0x82, 0x09, 0xB1, 2, 1, 3, 0x30, 0x82, 0x09, 0x77, 6, 9];

    #[test]
    fn every_invalid_key_has_its_own_error() {
        use PrivateKeyProblem::*;
        let half: String = PKCS8.lines().take(5).collect::<Vec<_>>().join("\n");
        let holed: String =
            PKCS8.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| format!("{l}\n")).collect();
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let der: String = PKCS8.lines().filter(|line| !line.starts_with("-----")).collect();
        let legacy = PKCS1.replace("KEY-----\nMII", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nMII");
        for (text, problem) in [
            ("  \n", Empty),
            ("canary", NotPem),
            ("/home/me/key.pem", Path),
            ("/run/secrets/key", Path),
            ("~/keys/server.key", Path),
            ("C:\\keys\\server.key", Path),
            ("server.key", Path),
            ("file:///keys/canary.pem", Path),
            ("***", Mask),
            ("-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----", Mask),
            ("-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----", Variable),
            ("${SF_CANARY}", Variable),
            ("SALESFORCE_PRIVATE_KEY", Variable),
            ("PuTTY-User-Key-File-3: ssh-rsa", Putty),
            ("{\"kty\":\"RSA\"}", Jwk),
            ("ssh-rsa AAAAB3Nz canary", PublicKey),
            (&der, Der),
            (&STANDARD.encode(PKCS12), Pkcs12),
            (&STANDARD.encode(b"\xFE\xED\xFE\xED\0\0\0\x02"), Keystore),
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
