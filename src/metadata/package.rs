//! Packages: the zip files of deploys and retrieves, written and read in memory, with size limits.
//!
//! Not here: the content of files (`encode`, `decode`) and requests (`salesforce`).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::component::ComponentKey;
use super::encode::{DECLARATION, NAMESPACE};
use super::types;
use crate::xml::Element;

const MOST_ENTRIES: usize = 10_000;
const LARGEST_ENTRY: u64 = 4 * 1024 * 1024;
const LARGEST_TOTAL: u64 = 64 * 1024 * 1024;
const LONGEST_PATH: usize = 512;
/// The compression ratio of files up to this size is not limited.
const SMALL: u64 = 1024 * 1024;
const HIGHEST_RATIO: u64 = 200;

const MANIFEST: &str = "package.xml";
const DELETIONS: &str = "destructiveChangesPost.xml";
/// The root folder of a retrieve without `singlePackage`.
const UNPACKAGED: &str = "unpackaged/";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagedFile {
    pub path: String,
    pub text: String,
}

/// Why a package cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct PackageError {
    pub kind: PackageErrorKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageErrorKind {
    /// The transfer was incomplete or damaged. Another retrieve can succeed.
    #[error("the package is damaged")]
    Damaged,
    /// The package is complete, but has a property that the provider does not accept.
    #[error("the package is rejected")]
    Rejected,
    /// The content cannot be written as a package.
    #[error("the package cannot be written")]
    Unwritable,
}

impl PackageError {
    /// Whether another retrieve can succeed.
    pub fn is_damaged(&self) -> bool {
        self.kind == PackageErrorKind::Damaged
    }
}

fn damaged(detail: impl Into<String>) -> PackageError {
    PackageError { kind: PackageErrorKind::Damaged, detail: detail.into() }
}

fn rejected(detail: impl Into<String>) -> PackageError {
    PackageError { kind: PackageErrorKind::Rejected, detail: detail.into() }
}

fn unwritable(detail: impl ToString) -> PackageError {
    PackageError { kind: PackageErrorKind::Unwritable, detail: detail.to_string() }
}

impl From<ZipError> for PackageError {
    fn from(error: ZipError) -> PackageError {
        match error {
            ZipError::UnsupportedArchive(_)
            | ZipError::CompressionMethodNotSupported(_)
            | ZipError::InvalidPassword => rejected("it uses an unsupported zip feature"),
            ZipError::Io(_) => damaged("its content is truncated or does not match its checksums"),
            _ => damaged("it is not a complete zip file"),
        }
    }
}

/// Writes a package of components and deletions. The output is deterministic.
pub fn write(
    upserts: &[(ComponentKey, String)],
    deletions: &[ComponentKey],
    version: u16,
) -> Result<Vec<u8>, PackageError> {
    let mut files = vec![(MANIFEST.to_owned(), manifest(upserts.iter().map(|(key, _)| key), Some(version)))];
    if !deletions.is_empty() {
        files.push((DELETIONS.to_owned(), manifest(deletions.iter(), None)));
    }
    let mut contents: Vec<&(ComponentKey, String)> = upserts.iter().collect();
    contents.sort_by(|a, b| a.0.cmp(&b.0));
    files.extend(contents.into_iter().map(|(key, xml)| (key.path(), xml.clone())));

    let mut names = HashSet::new();
    let deleted: Vec<String> = deletions.iter().map(ComponentKey::path).collect();
    for path in files.iter().map(|(path, _)| path).chain(&deleted) {
        if let Some(problem) = path_problem(path) {
            return Err(unwritable(format!("{path:?} {problem}")));
        }
        if !names.insert(path.to_ascii_lowercase()) {
            return Err(unwritable(format!("{path} is a duplicate")));
        }
    }
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(path, options).map_err(unwritable)?;
        zip.write_all(text.as_bytes()).map_err(unwritable)?;
    }
    Ok(zip.finish().map_err(unwritable)?.into_inner())
}

/// The text of package.xml or destructiveChangesPost.xml, with sorted types and members.
fn manifest<'a>(keys: impl Iterator<Item = &'a ComponentKey>, version: Option<u16>) -> String {
    let mut by_type: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for key in keys {
        by_type.entry(key.kind.package_type()).or_default().insert(&key.full_name);
    }
    let mut root = Element::new("Package");
    root.attributes.push(("xmlns".to_owned(), NAMESPACE.to_owned()));
    for (name, members) in by_type {
        let mut types = Element::new("types");
        let members = members.into_iter().map(|member| Element::leaf("members", member));
        types.children.extend(members);
        types.children.push(Element::leaf("name", name));
        root.children.push(types);
    }
    if let Some(version) = version {
        root.children.push(Element::leaf("version", format!("{version}.0")));
    }
    let mut text = DECLARATION.to_owned();
    root.write(&mut text, 0);
    text
}

/// Reads a package. Removes a leading `unpackaged/` from paths, and ignores folders.
pub fn read(zip: &[u8]) -> Result<Vec<PackagedFile>, PackageError> {
    if !zip.starts_with(b"PK\x03\x04") {
        return Err(damaged("it does not start like a zip file"));
    }
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    if archive.offset() != 0 {
        return Err(rejected("there is data before the zip file"));
    }
    if archive.len() > MOST_ENTRIES {
        return Err(rejected(format!("more than {MOST_ENTRIES} files")));
    }
    if archive.has_duplicate_names() {
        return Err(rejected("two files have the same name"));
    }
    let mut files = Vec::new();
    let mut names = HashSet::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        if entry.encrypted() || entry.is_symlink() {
            return Err(rejected("a file is encrypted or is a link"));
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(rejected("a file uses a compression method other than deflate"));
        }
        let name = std::str::from_utf8(entry.name_raw()).map_err(|_| rejected("a path is not UTF-8"))?;
        let path = name.strip_prefix(UNPACKAGED).unwrap_or(name).to_owned();
        let is_folder = entry.is_dir();
        if let Some(problem) = path_problem(path.trim_end_matches('/')) {
            if is_folder && path.is_empty() {
                continue;
            }
            return Err(rejected(format!("a path {problem}")));
        }
        if is_folder {
            continue;
        }
        if !names.insert(path.to_ascii_lowercase()) {
            return Err(rejected("two files have the same name"));
        }
        let packed = entry.compressed_size().max(1);
        let mut bytes = Vec::new();
        entry.by_ref().take(LARGEST_ENTRY + 1).read_to_end(&mut bytes).map_err(ZipError::Io)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        total = total.saturating_add(size);
        if size > LARGEST_ENTRY || total > LARGEST_TOTAL {
            return Err(rejected("its uncompressed size exceeds the limit"));
        }
        if size > SMALL && size / packed > HIGHEST_RATIO {
            return Err(rejected("the compression ratio of a file exceeds the limit"));
        }
        let text = String::from_utf8(bytes).map_err(|_| damaged("a file is not UTF-8"))?;
        files.push(PackagedFile { path, text });
    }
    Ok(files)
}

/// Why a path is not allowed in a package.
fn path_problem(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST_PATH {
        return Some("is too long");
    }
    let clean = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '\\' | ':');
    if !path.chars().all(clean) {
        return Some("has a character that is not allowed in component names");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("points outside of the package");
    }
    None
}

/// The component of a file, by folder and extension. `None` for package.xml and for types without a table.
pub fn key_of(path: &str) -> Option<ComponentKey> {
    let path = path.strip_prefix(UNPACKAGED).unwrap_or(path);
    let (folder, file) = path.split_once('/')?;
    let (full_name, suffix) = file.rsplit_once('.')?;
    if full_name.is_empty() || full_name.contains('/') {
        return None;
    }
    // All settings share a folder. The file name is the member of `Settings`.
    let kind = types::ALL.iter().find(|kind| {
        let may_be = kind.settings_member.is_none_or(|member| member == full_name);
        kind.directory == folder && kind.suffix == suffix && may_be
    })?;
    Some(ComponentKey::new(kind, full_name))
}
