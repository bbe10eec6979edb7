//! Searches for secrets in everything that a command leaves: its output, its TRACE log, the state, the plan file, a
//! memory dump, and every other file in its folders.
//!
//! The secrets are those that the emulator issued (client and consumer secrets, access and refresh tokens), those
//! that a test planted, and those in the environment. The consumer *key* is a client ID and not a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;

/// The minimum length of a string to search for. Shorter strings would cause false matches.
const MIN_LENGTH: usize = 12;
/// The start of every JWT that the provider signs: `{"alg":"RS256","typ":"JWT"}`.
const ASSERTION: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ";

/// A secret in the encodings in which it could leak.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    kind: String,
    spellings: Vec<String>,
}

impl Secret {
    #[must_use]
    pub fn new(kind: &str, secret: &str) -> Self {
        // The newlines of a PEM file may be escaped, replaced or removed, but its lines do not change.
        let mut spellings: Vec<String> = secret
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= MIN_LENGTH && !line.starts_with("-----"))
            .map(str::to_owned)
            .collect();
        let whole = secret.trim();
        if !whole.contains('\n') {
            let quoted = Value::from(whole).to_string();
            spellings.push(quoted.trim_matches('"').to_owned());
            spellings.push(whole.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"));
        }
        spellings.push(percent_encoded(whole));
        // In the base64 of a longer string, the secret may start at any offset within a group of three bytes.
        for offset in 0..3 {
            let mut bytes = vec![0; offset];
            bytes.extend_from_slice(whole.as_bytes());
            let own = (offset * 8).div_ceil(6)..bytes.len() * 8 / 6;
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                spellings.push(engine.encode(&bytes)[own.clone()].to_owned());
            }
        }
        spellings.retain(|spelling| spelling.len() >= MIN_LENGTH);
        spellings.sort();
        spellings.dedup();
        Self { kind: kind.to_owned(), spellings }
    }

    /// Any signed assertion, which must never be printed.
    #[must_use]
    pub fn any_assertion() -> Self {
        Self::new("assertion", ASSERTION)
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

/// A secret that was found: its kind, the location, and the text before it.
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
        let found = secret.spellings.iter().filter_map(|spelling| text.find(spelling.as_str())).min();
        if let Some(at) = found {
            let before: String = text[..at].chars().rev().take(120).collect();
            let before = before.chars().rev().collect();
            leaks.push(Leak { kind: secret.kind.clone(), place: place.to_owned(), before });
        }
    }
    leaks
}

/// Searches files, except those whose content is exactly what the test wrote.
#[derive(Debug, Default)]
pub struct Search<'a> {
    pub secrets: &'a [Secret],
    pub written: &'a [Vec<u8>],
}

impl Search<'_> {
    /// Every secret in a folder, recursively. Plan files are unpacked, and the private data of a state is decoded.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn folder(&self, folder: &Path) -> std::io::Result<Vec<Leak>> {
        let mut leaks = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            // Links are not followed: the link to the provider points outside the folder.
            let kind = path.symlink_metadata()?.file_type();
            if kind.is_dir() {
                leaks.extend(self.folder(&path)?);
            } else if kind.is_file() {
                leaks.extend(self.bytes(&path.display().to_string(), &std::fs::read(&path)?));
            }
        }
        Ok(leaks)
    }

    /// Every secret in a file, in the files packed into it, and in base64 text in its JSON.
    #[must_use]
    pub fn bytes(&self, place: &str, bytes: &[u8]) -> Vec<Leak> {
        if self.written.iter().any(|written| written == bytes) {
            return Vec::new();
        }
        let mut leaks = search(self.secrets, place, &String::from_utf8_lossy(bytes));
        if is_core_dump(bytes) {
            let place = place.to_owned();
            leaks.push(Leak { kind: "a dump of memory".to_owned(), place, before: String::new() });
        }
        if bytes.starts_with(b"PK\x03\x04") {
            for (name, inner) in unpacked(bytes) {
                leaks.extend(self.bytes(&format!("{place}!{name}"), &inner));
            }
        } else if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
            for (name, inner) in encoded("", &json) {
                leaks.extend(self.bytes(&format!("{place} ({name})"), &inner));
            }
        }
        leaks
    }
}

/// Whether the bytes are an ELF file of type 4.
fn is_core_dump(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF") && bytes.get(16) == Some(&4)
}

/// The files in a zip archive that can be read.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    // A kill may have truncated the archive. Its bytes have already been searched.
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { return files };
    for index in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(index) else { continue };
        let mut inner = Vec::new();
        if entry.read_to_end(&mut inner).is_ok() {
            files.push((entry.name().map(std::borrow::Cow::into_owned).unwrap_or_default(), inner));
        }
    }
    files
}

/// The decoded base64 values of a document, such as the private data of a state or a plan.
fn encoded(name: &str, json: &Value) -> Vec<(String, Vec<u8>)> {
    match json {
        Value::String(text) if text.len() >= MIN_LENGTH => {
            let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
            bytes.map(|bytes| (name.to_owned(), bytes)).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| encoded(name, item)).collect(),
        Value::Object(members) => members.iter().flat_map(|(name, member)| encoded(name, member)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const SECRET: &str = "CANARY-0123456789";

    fn secrets() -> Vec<Secret> {
        vec![Secret::new("access token", SECRET)]
    }

    fn found(folder: &Path) -> Vec<String> {
        let secrets = secrets();
        let search = Search { secrets: &secrets, written: &[] };
        search.folder(folder).unwrap().into_iter().map(|leak| leak.place).collect()
    }

    #[test]
    fn a_secret_is_found_in_each_encoding() {
        for text in [
            format!("Authorization: Bearer {SECRET}"),
            format!("client_secret={SECRET}&x=1"),
            STANDARD.encode(SECRET),
            "a CANARY-0123456789 b".to_owned(),
            STANDARD.encode(format!("id:{SECRET}")),
            STANDARD.encode(format!("i:{SECRET}.")),
        ] {
            assert_eq!(search(&secrets(), "log", &text).len(), 1, "{text}");
        }
        let with_bang = Secret::new("session", "00D!CANARY.0123456789");
        assert_eq!(search(&[with_bang], "log", "sid=00D%21CANARY.0123456789").len(), 1);
        assert_eq!(search(&secrets(), "log", "CANARY-987654321"), []);
    }

    #[test]
    fn a_private_key_is_found_with_escaped_newlines() {
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
        // The secret is encoded twice, so that it is found only after the outer layer is decoded.
        let private = STANDARD.encode(format!("{{\"token\":\"{}\"}}", STANDARD.encode(SECRET)));
        let state = format!(r#"{{"resources":[{{"instances":[{{"private":"{private}"}}]}}]}}"#);
        std::fs::write(folder.path().join("deeper/terraform.tfstate"), state).unwrap();

        let mut places: Vec<String> = found(folder.path());
        places.sort();
        let ends = ["terraform.tfstate (private)", "terraform.tfstate (private) (token)", "plan.bin!tfplan"];
        assert_eq!(places.len(), ends.len(), "{places:?}");
        for (place, end) in places.iter().zip(ends) {
            assert!(place.ends_with(end), "{places:?}");
        }
    }
}
