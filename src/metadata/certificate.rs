//! X.509 certificates: parsing, comparison, and the facts that plans show.
//!
//! Users have PEM files, possibly with other text around the PEM block. A retrieve returns the base64 alone, in lines
//! of 64 characters.
//!
//! Messages never echo the text, because a user can specify a private key by mistake.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The facts of a certificate that a plan shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The SHA-256 fingerprint: `AB:CD:…`.
    pub sha256_fingerprint: String,
    /// The start of the validity period, in Unix time.
    pub not_before: i64,
    /// The start as a date: `2029-01-31`.
    pub not_before_date: String,
    /// The end of the validity period, in Unix time.
    pub not_after: i64,
    /// The end as a date: `2030-01-31`.
    pub not_after_date: String,
    /// The subject public key; for RSA, the modulus and exponent in DER.
    pub public_key: Vec<u8>,
    /// The size of the key in bits; 0 if it cannot be determined.
    pub key_bits: usize,
    pub is_rsa: bool,
}

/// The validity of a certificate at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    NotYetValid,
    Valid,
    /// Valid, but expires in this number of days.
    ExpiresSoon(i64),
    Expired,
}

/// How long before its expiry a certificate is reported, in seconds.
const EXPIRES_SOON: i64 = 30 * DAY;
const DAY: i64 = 86_400;

impl CertificateFacts {
    /// The validity at `now`, in Unix time. The validity period includes its start and its end.
    pub fn validity(&self, now: i64) -> Validity {
        let left = self.not_after.saturating_sub(now);
        if left < 0 {
            Validity::Expired
        } else if now < self.not_before {
            Validity::NotYetValid
        } else if left <= EXPIRES_SOON {
            Validity::ExpiresSoon(left / DAY)
        } else {
            Validity::Valid
        }
    }
}

/// The facts about the certificate in a string. `None` unless the string contains exactly one certificate.
pub fn certificate_facts(text: &str) -> Option<CertificateFacts> {
    let der = der(text).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let not_before = certificate.validity().not_before.timestamp();
    let not_after = certificate.validity().not_after.timestamp();
    let key = certificate.public_key().parsed().ok();
    let key_bits = match &key {
        // A leading zero byte of an RSA modulus does not count.
        Some(PublicKey::RSA(rsa)) => bits(rsa.modulus),
        Some(key) => key.key_size(),
        None => 0,
    };
    Some(CertificateFacts {
        sha256_fingerprint: pairs.join(":"),
        not_before,
        not_before_date: date(not_before),
        not_after,
        not_after_date: date(not_after),
        public_key: certificate.public_key().subject_public_key.data.to_vec(),
        key_bits,
        is_rsa: matches!(key, Some(PublicKey::RSA(_))),
    })
}

fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let first = significant.clone().next().copied().unwrap_or(0);
    let unused = usize::try_from(first.leading_zeros()).unwrap_or(0);
    (significant.count() * 8).saturating_sub(unused)
}

/// Why a string is not one certificate.
pub(super) fn problem(text: &str) -> Option<String> {
    der(text).err().map(str::to_owned)
}

/// The certificate as base64, to compare two strings. `None` if the string is not a certificate.
pub(super) fn as_base64(text: &str) -> Option<String> {
    Some(base64().encode(der(text).ok()?))
}

/// The certificate in lines of 64 characters, without text around it. The PEM markers are kept if there are any. `None`
/// if the string is not a certificate.
pub(super) fn tidy(text: &str) -> Option<String> {
    let body = as_base64(text)?;
    let mut lines = Vec::new();
    let mut rest = body.as_str();
    while let Some((line, more)) = rest.split_at_checked(COLUMNS) {
        lines.push(line);
        rest = more;
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    let body = lines.join("\n");
    let is_pem = text.contains(BEGIN);
    Some(if is_pem { format!("{BEGIN}{LABEL}{DASHES}\n{body}\n{END}{LABEL}{DASHES}") } else { body })
}

/// Whether a string contains a private key.
pub fn has_private_key(text: &str) -> bool {
    text.to_ascii_uppercase().contains("PRIVATE KEY")
}

/// Why a PEM string is not one certificate. Other strings pass.
pub(super) fn pem_problem(text: &str) -> Option<String> {
    if text.contains(BEGIN) { problem(text) } else { None }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const LABEL: &str = "CERTIFICATE";
/// The line length of PEM.
const COLUMNS: usize = 64;

/// Encodes base64 with padding, and decodes it with or without padding.
fn base64() -> GeneralPurpose {
    const ANY: GeneralPurposeConfig = PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, ANY)
}

/// The DER of the certificate in a string, which is PEM or base64.
fn der(text: &str) -> Result<Vec<u8>, &'static str> {
    const DAMAGED: &str = "The PEM block is not a valid X.509 certificate. Use the complete, unchanged file.";
    const NOT_PEM: &str = "The value is neither a PEM certificate nor the base64 content of one. Use a PEM certificate \
                           that begins with -----BEGIN CERTIFICATE-----, for example file(\"certificate.pem\"), or its \
                           base64 content alone.";
    if has_private_key(text) {
        return Err(
            "The value contains a private key, which must not be in a configuration. Use only the certificate. If the \
             key was exposed, replace the key.",
        );
    }
    let Some((_, rest)) = text.split_once(BEGIN) else {
        return decoded(text).ok_or(NOT_PEM);
    };
    if rest.contains(BEGIN) {
        return Err(
            "The value contains more than one PEM block. Use exactly one certificate, without the chain.",
        );
    }
    let (label, rest) = rest.split_once(DASHES).ok_or(NOT_PEM)?;
    if label != LABEL {
        return Err(
            "The PEM block is not a certificate. Use a block that begins with -----BEGIN CERTIFICATE-----.",
        );
    }
    let (body, _) = rest.split_once("-----END CERTIFICATE-----").ok_or(DAMAGED)?;
    decoded(body).ok_or(DAMAGED)
}

/// Decodes base64 with any line breaks. `None` unless the result is the DER of one certificate.
fn decoded(body: &str) -> Option<Vec<u8>> {
    // Environment variables often contain line breaks as the characters \n.
    let body = body.replace("\\r", "").replace("\\n", "");
    let body: String = body.chars().filter(|c| !c.is_whitespace() && *c != '\u{FEFF}').collect();
    let der = base64().decode(body).ok()?;
    matches!(X509Certificate::from_der(&der), Ok(([], _))).then_some(der)
}

/// The UTC date of a Unix time: `2030-01-31`.
pub fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).map(|time| time.date().to_string()).unwrap_or_default()
}
