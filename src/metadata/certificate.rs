//! X.509 certificates that users configure: whether a text is one, and what a plan says of it.
//!
//! Nothing here echoes the text: by mistake it may be a private key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// What a plan says of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// SHA-256 over the DER: `AB:CD:…`.
    pub sha256_fingerprint: String,
    /// The last second that it is valid, in Unix time.
    pub not_after: i64,
    /// The same as a date: `2030-01-31`.
    pub not_after_date: String,
    /// Of an RSA or elliptic-curve key; 0 for others.
    pub key_bits: usize,
    pub is_rsa: bool,
}

/// The facts of the one certificate in a PEM text; none when the text is not that.
pub fn certificate_facts(pem: &str) -> Option<CertificateFacts> {
    let der = der(pem).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
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
        not_after,
        not_after_date: date(not_after),
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

/// What is wrong with a text that must be one certificate in PEM.
pub(super) fn problem(pem: &str) -> Option<String> {
    der(pem).err().map(str::to_owned)
}

/// Whether a text has a private key in it, or says so.
pub(super) fn has_private_key(text: &str) -> bool {
    text.to_ascii_uppercase().contains("PRIVATE KEY")
}

fn der(pem: &str) -> Result<Vec<u8>, &'static str> {
    const BEGIN: &str = "-----BEGIN ";
    const DASHES: &str = "-----";
    const DAMAGED: &str =
        "This PEM block is not a readable X.509 certificate. Write the whole file, unchanged.";
    const NOT_PEM: &str = "This is not PEM. Write the certificate as text that begins with -----BEGIN CERTIFICATE-----, \
                           for instance with file(\"certificate.pem\").";
    if has_private_key(pem) {
        return Err(
            "This holds a private key, which must never get here. Write only the certificate; if the key left its \
             safe place, replace it.",
        );
    }
    let (_, rest) = pem.split_once(BEGIN).ok_or(NOT_PEM)?;
    if rest.contains(BEGIN) {
        return Err("There is more than one PEM block. Write exactly one certificate, without the chain.");
    }
    let (label, rest) = rest.split_once(DASHES).ok_or(NOT_PEM)?;
    if label != "CERTIFICATE" {
        return Err(
            "This PEM block is no certificate. Write one that begins with -----BEGIN CERTIFICATE-----.",
        );
    }
    let (body, _) = rest.split_once("-----END CERTIFICATE-----").ok_or(DAMAGED)?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| DAMAGED)?;
    match X509Certificate::from_der(&der) {
        Ok(([], _)) => Ok(der),
        _ => Err(DAMAGED),
    }
}

/// The day of a Unix time, by the civil calendar.
pub fn date(seconds: i64) -> String {
    // Days since 0000-03-01, so that the leap day ends the year; eras of 400 years all have the same length.
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}
