//! Searches everything a command leaves behind for secrets: what it printed, its TRACE log, the state, the
//! plan file and every other file in the folder.
//!
//! The secrets are those that the emulator says it issued (client and consumer secrets, access tokens) and
//! the private key. The consumer *key* is a client ID and no secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;

/// Shorter ones would be found by accident.
const SHORTEST: usize = 12;

/// A secret in every spelling in which it might slip out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    kind: String,
    spellings: Vec<String>,
}

impl Secret {
    #[must_use]
    pub fn new(kind: &str, secret: &str) -> Self {
        // A PEM may come with its newlines written out, replaced or gone: its lines stay what they are.
        let mut spellings: Vec<String> = secret
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST && !line.starts_with("-----"))
            .map(str::to_owned)
            .collect();
        spellings.push(percent_encoded(secret.trim()));
        spellings.push(STANDARD_NO_PAD.encode(secret));
        spellings.push(URL_SAFE_NO_PAD.encode(secret));
        // A JWT: whoever has the signed part without the signature has nothing, but nobody should print it.
        spellings.retain(|spelling| spelling.len() >= SHORTEST);
        spellings.dedup();
        Self { kind: kind.to_owned(), spellings }
    }
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where a secret was found: which kind of secret, in what, and the text around it without the secret itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Leak {
    pub kind: String,
    pub place: String,
    pub before: String,
}

/// Every secret that occurs in the text.
#[must_use]
pub fn search(secrets: &[Secret], place: &str, text: &str) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for secret in secrets {
        for spelling in &secret.spellings {
            if let Some(at) = text.find(spelling.as_str()) {
                let before: String = text[..at].chars().rev().take(120).collect();
                let before = before.chars().rev().collect();
                leaks.push(Leak { kind: secret.kind.clone(), place: place.to_owned(), before });
            }
        }
    }
    leaks
}

/// Every secret in a folder, all levels down: plan files are unpacked, private data of a state is decoded.
pub fn search_folder(secrets: &[Secret], folder: &Path) -> std::io::Result<Vec<Leak>> {
    let mut leaks = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Terraform's link to the provider leads out of the folder.
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_dir() {
            leaks.extend(search_folder(secrets, &path)?);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path)?;
            leaks.extend(search_bytes(secrets, &path.display().to_string(), &bytes)?);
        }
    }
    Ok(leaks)
}

fn search_bytes(secrets: &[Secret], place: &str, bytes: &[u8]) -> std::io::Result<Vec<Leak>> {
    let text = String::from_utf8_lossy(bytes);
    let mut leaks = search(secrets, place, &text);
    if bytes.starts_with(b"PK\x03\x04") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(std::io::Error::other)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(std::io::Error::other)?;
            let mut inner = Vec::new();
            entry.read_to_end(&mut inner)?;
            let name = entry.name().map_err(std::io::Error::other)?;
            leaks.extend(search_bytes(secrets, &format!("{place}!{name}"), &inner)?);
        }
    } else if let Ok(state) = serde_json::from_slice::<Value>(bytes) {
        for private in private_data(&state) {
            leaks.extend(search(secrets, &format!("{place} (private data)"), &private));
        }
    }
    Ok(leaks)
}

/// What a provider keeps beside the attributes; base64 in the state file.
fn private_data(state: &Value) -> Vec<String> {
    let instances = state["resources"].as_array().into_iter().flatten();
    let instances = instances.flat_map(|resource| resource["instances"].as_array().into_iter().flatten());
    let private = instances.filter_map(|instance| instance["private"].as_str());
    let bytes = private.filter_map(|text| STANDARD.decode(text).ok());
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const SECRET: &str = "CANARY-0123456789";

    fn secrets() -> Vec<Secret> {
        vec![Secret::new("access token", SECRET)]
    }

    #[test]
    fn a_secret_is_found_in_each_spelling() {
        for text in [
            format!("Authorization: Bearer {SECRET}"),
            format!("client_secret={SECRET}&x=1"),
            STANDARD.encode(SECRET),
            "a CANARY-0123456789 b".to_owned(),
        ] {
            assert_eq!(search(&secrets(), "log", &text).len(), 1, "{text}");
        }
        let with_bang = Secret::new("session", "00D!CANARY.0123456789");
        assert_eq!(search(&[with_bang], "log", "sid=00D%21CANARY.0123456789").len(), 1);
        assert_eq!(search(&secrets(), "log", "CANARY-987654321"), []);
    }

    #[test]
    fn a_private_key_is_found_with_its_newlines_written_out() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n";
        let key = [Secret::new("private key", pem)];
        let log = "key=-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEF\\nAASC";
        assert_eq!(search(&key, "log", log).len(), 1);
        assert_eq!(search(&key, "log", "-----BEGIN PRIVATE KEY----- (sensitive)"), []);
    }

    #[test]
    fn a_secret_is_found_in_a_plan_file_and_in_private_data() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = zip::ZipWriter::new(std::fs::File::create(folder.path().join("plan.bin")).unwrap());
        plan.start_file("tfplan", zip::write::SimpleFileOptions::default()).unwrap();
        plan.write_all(format!("{}{SECRET}", "x".repeat(500)).as_bytes()).unwrap();
        plan.finish().unwrap();
        std::fs::create_dir(folder.path().join("deeper")).unwrap();
        let private = STANDARD.encode(format!("{{\"token\":\"{SECRET}\"}}"));
        let state = format!(r#"{{"resources":[{{"instances":[{{"private":"{private}"}}]}}]}}"#);
        std::fs::write(folder.path().join("deeper/terraform.tfstate"), state).unwrap();

        let mut places: Vec<String> =
            search_folder(&secrets(), folder.path()).unwrap().into_iter().map(|leak| leak.place).collect();
        places.sort();
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(places[0].ends_with("terraform.tfstate (private data)"), "{places:?}");
        assert!(places[1].ends_with("plan.bin!tfplan"), "{places:?}");
    }
}
