//! X.509 certificates that users configure and orgs return: whether a text is one, whether two are the same, and what a
//! plan says of one.
//!
//! Users have PEM files, with whatever stands around the armour; a retrieve returns the base64 alone, in lines of 64
//! columns.
//!
//! Nothing here echoes the text: by mistake it may be a private key.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// What a plan says of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// SHA-256 over the DER: `AB:CD:…`.
    pub sha256_fingerprint: String,
    /// The first second that it is valid, in Unix time.
    pub not_before: i64,
    /// The same as a date: `2029-01-31`.
    pub not_before_date: String,
    /// The last second that it is valid, in Unix time.
    pub not_after: i64,
    /// The same as a date: `2030-01-31`.
    pub not_after_date: String,
    /// The public key as the certificate has it: of an RSA key its modulus and exponent, in DER.
    pub public_key: Vec<u8>,
    /// Of an RSA or elliptic-curve key; 0 for others.
    pub key_bits: usize,
    pub is_rsa: bool,
}

/// Where a moment lies in the time that a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    NotYetValid,
    Valid,
    /// Valid, with so many whole days left, which are few.
    Ending(i64),
    Expired,
}

/// How long before its end a certificate counts as ending.
const ENDING: i64 = 30 * DAY;
const DAY: i64 = 86_400;

impl CertificateFacts {
    /// `now` is in Unix time. Both ends belong to the time that it is valid.
    pub fn standing(&self, now: i64) -> Standing {
        let left = self.not_after.saturating_sub(now);
        if left < 0 {
            Standing::Expired
        } else if now < self.not_before {
            Standing::NotYetValid
        } else if left <= ENDING {
            Standing::Ending(left / DAY)
        } else {
            Standing::Valid
        }
    }
}

/// The facts of the one certificate in a text; none when the text is not that.
pub fn certificate_facts(text: &str) -> Option<CertificateFacts> {
    let der = der(text).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let not_before = certificate.validity().not_before.timestamp();
    let not_after = certificate.validity().not_after.timestamp();
    let key = certificate.public_key().parsed().ok();
    let key_bits = match &key {
        // An RSA modulus may carry a leading zero byte, which is no part of the size.
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

/// What is wrong with a text that must be one certificate.
pub(super) fn problem(text: &str) -> Option<String> {
    der(text).err().map(str::to_owned)
}

/// What two texts with the same certificate have in common; none when the text is no certificate.
pub(super) fn essence(text: &str) -> Option<String> {
    Some(base64().encode(der(text).ok()?))
}

/// The certificate as a file carries it: nothing around the armour, lines of 64 columns. What was written without armour
/// has none here either. None when the text is no certificate.
pub(super) fn tidy(text: &str) -> Option<String> {
    let body = essence(text)?;
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
    let armoured = text.contains(BEGIN);
    Some(if armoured { format!("{BEGIN}{LABEL}{DASHES}\n{body}\n{END}{LABEL}{DASHES}") } else { body })
}

/// Whether a text has a private key in it, or says so.
pub fn has_private_key(text: &str) -> bool {
    text.to_ascii_uppercase().contains("PRIVATE KEY")
}

/// What is wrong with a text that may be a name or the like, and in armour must be a certificate.
pub(super) fn armoured_problem(text: &str) -> Option<String> {
    if text.contains(BEGIN) { problem(text) } else { None }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const LABEL: &str = "CERTIFICATE";
/// What a line of base64 has in PEM.
const COLUMNS: usize = 64;

/// Base64 as it is in files: padded or not.
fn base64() -> GeneralPurpose {
    const ANY: GeneralPurposeConfig = PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, ANY)
}

/// The one certificate in a text, armoured or not.
fn der(text: &str) -> Result<Vec<u8>, &'static str> {
    const DAMAGED: &str =
        "This PEM block is not a readable X.509 certificate. Write the whole file, unchanged.";
    const NOT_PEM: &str = "This is neither PEM nor the base64 of a certificate. Write the certificate as text that begins with \
                           -----BEGIN CERTIFICATE-----, for instance with file(\"certificate.pem\"), or the base64 alone.";
    if has_private_key(text) {
        return Err(
            "This holds a private key, which must never get here. Write only the certificate; if the key left its \
             safe place, replace it.",
        );
    }
    let Some((_, rest)) = text.split_once(BEGIN) else {
        return decoded(text).ok_or(NOT_PEM);
    };
    if rest.contains(BEGIN) {
        return Err("There is more than one PEM block. Write exactly one certificate, without the chain.");
    }
    let (label, rest) = rest.split_once(DASHES).ok_or(NOT_PEM)?;
    if label != LABEL {
        return Err(
            "This PEM block is no certificate. Write one that begins with -----BEGIN CERTIFICATE-----.",
        );
    }
    let (body, _) = rest.split_once("-----END CERTIFICATE-----").ok_or(DAMAGED)?;
    decoded(body).ok_or(DAMAGED)
}

/// The certificate that this base64 is, however it is broken into lines.
fn decoded(body: &str) -> Option<Vec<u8>> {
    // Line breaks written out are what variables of one line make of them.
    let body = body.replace("\\r", "").replace("\\n", "");
    let body: String = body.chars().filter(|c| !c.is_whitespace() && *c != '\u{FEFF}').collect();
    let der = base64().decode(body).ok()?;
    matches!(X509Certificate::from_der(&der), Ok(([], _))).then_some(der)
}

/// The day of a Unix time, by the civil calendar.
pub fn date(seconds: i64) -> String {
    // Days since 0000-03-01, so that the leap day ends the year; eras of 400 years all have the same length.
    let days = seconds.div_euclid(DAY) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}
