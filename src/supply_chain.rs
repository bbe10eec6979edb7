//! Compares Cargo.lock with the record of reviewed crates, which handle keys, tokens and TLS.
//!
//! The review itself is done with `scripts/compare-crates` and cargo-deny. The record describes how.

use std::collections::{BTreeMap, BTreeSet};

const RECORD: &str = "supply-chain/README.md";

/// Parts of crate names, between hyphens and underscores, that indicate cryptography or secrets.
const SENSITIVE_PARTS: &[&str] = &[
    "aes",
    "asn1",
    "base64",
    "base64ct",
    "bigint",
    "cert",
    "certs",
    "cipher",
    "cms",
    "crypto",
    "curve",
    "der",
    "digest",
    "ecdsa",
    "ed25519",
    "getrandom",
    "hkdf",
    "hmac",
    "jose",
    "jsonwebtoken",
    "jwt",
    "key",
    "keyring",
    "keys",
    "oid",
    "openssl",
    "p256",
    "p384",
    "p521",
    "pem",
    "pkcs1",
    "pkcs8",
    "pki",
    "ring",
    "rsa",
    "rustls",
    "schannel",
    "sec1",
    "secrecy",
    "secret",
    "security",
    "sha1",
    "sha2",
    "sha3",
    "signature",
    "spki",
    "subtle",
    "tls",
    "vault",
    "webpki",
    "x509",
    "yasna",
    "zeroize",
];

type Versions = BTreeMap<String, BTreeSet<String>>;

fn text_of(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn locked() -> Versions {
    let mut found = Versions::new();
    let text = text_of("Cargo.lock");
    for package in text.split("[[package]]").skip(1) {
        let value = |name: &str| {
            let start = format!("{name} = \"");
            package
                .lines()
                .find_map(|line| line.strip_prefix(start.as_str())?.strip_suffix('"'))
                .map(str::to_owned)
        };
        let (name, version) = (value("name").expect("a name"), value("version").expect("a version"));
        found.entry(name).or_default().insert(version);
    }
    found
}

/// The table rows whose first cell is a crate: the crate's name and the other cells.
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        Some((name, cells.map(|cell| cell.trim().to_owned()).collect()))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn every_crate_that_handles_keys_or_tls_is_reviewed_in_its_version() {
    let (locked, record) = (locked(), text_of(RECORD));
    let (first, rest) = record.split_once("## Two versions").expect("the section");
    let mut seen = Versions::new();
    for (name, cells) in rows(first) {
        let [version, _, review, sees] = cells.as_slice() else { panic!("{name}: {cells:?}") };
        assert!(!review.is_empty() && !review.contains("differ") && !sees.is_empty(), "{name}: {cells:?}");
        seen.entry(name).or_default().insert(version.clone());
    }
    assert!(seen.len() > 40, "the table is missing: {seen:?}");
    for (name, versions) in &seen {
        assert_eq!(locked.get(name), Some(versions), "{RECORD} against Cargo.lock: {name}");
    }
    let twice: BTreeSet<&str> =
        seen.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name.as_str()).collect();
    let explained = rows(rest);
    assert_eq!(twice, explained.iter().map(|(name, _)| name.as_str()).collect(), "two versions of one crate");
    let is_sensitive = |name: &&String| name.split(['-', '_']).any(|part| SENSITIVE_PARTS.contains(&part));
    let missing: Vec<&String> =
        locked.keys().filter(is_sensitive).filter(|name| !seen.contains_key(*name)).collect();
    assert!(missing.is_empty(), "review these crates and add them to {RECORD}: {missing:?}");
}
