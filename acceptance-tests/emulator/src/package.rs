//! Reads the zip file of a deploy: package.xml, destructive manifests, component files. Writes the zip file of a
//! retrieve. The content of components is opaque here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};

use roxmltree::{Document, Node};

use crate::component::{NAMESPACE, escape};

/// Larger uncompressed sizes are rejected.
const LARGEST_CONTENT: u64 = 600 * 1024 * 1024;
const MOST_FILES: usize = 10_000;

#[derive(Debug, Default)]
pub struct Package {
    /// The path prefix of package.xml, with its slash, such as `zip/` or `unpackaged/`. May be empty.
    pub prefix: String,
    pub manifest: Manifest,
    pub deletions: Vec<(DeletionTime, Manifest)>,
    /// The component files by their paths below the prefix.
    pub files: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionTime {
    Before,
    After,
}

/// package.xml or one of the destructive manifests.
#[derive(Debug, Default)]
pub struct Manifest {
    pub file_name: String,
    pub version: Option<u32>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The text of `<name>`.
    pub kind: String,
    /// The text of `<members>`; may be `*`.
    pub name: String,
    pub line: u32,
}

/// A problem with the whole package, reported in the message for `file`.
#[derive(Debug, PartialEq, Eq)]
pub struct PackageError {
    pub file: String,
    pub problem: String,
    pub line: Option<u32>,
}

impl PackageError {
    fn new(file: &str, problem: impl Into<String>) -> PackageError {
        PackageError { file: file.to_string(), problem: problem.into(), line: None }
    }
}

pub fn read(zip: &[u8]) -> Result<Package, PackageError> {
    let all = entries(zip)?;
    let manifests: Vec<&String> =
        all.keys().filter(|path| *path == "package.xml" || path.ends_with("/package.xml")).collect();
    let path = match manifests.as_slice() {
        [] => return Err(PackageError::new("package.xml", "No package.xml found")),
        [only] => (*only).clone(),
        _ => {
            return Err(PackageError::new("package.xml", "not emulated: several packages in one zip"));
        }
    };
    let prefix = path.strip_suffix("package.xml").unwrap_or("").to_string();
    let mut package = Package { prefix: prefix.clone(), ..Package::default() };
    for (path, content) in all {
        let Some(name) = path.strip_prefix(&prefix) else {
            return Err(PackageError::new(&path, "not emulated: a file beside the package's folder"));
        };
        match name {
            "package.xml" => package.manifest = read_manifest(name, &content)?,
            "destructiveChanges.xml" | "destructiveChangesPre.xml" => {
                package.deletions.push((DeletionTime::Before, read_manifest(name, &content)?));
            }
            "destructiveChangesPost.xml" => {
                package.deletions.push((DeletionTime::After, read_manifest(name, &content)?));
            }
            other => {
                package.files.insert(other.to_string(), content);
            }
        }
    }
    for (_, manifest) in &package.deletions {
        if let Some(member) = manifest.members.iter().find(|member| member.name == "*") {
            return Err(PackageError {
                file: manifest.file_name.clone(),
                problem: "Wildcards (*) are not allowed in a manifest of deletions".to_string(),
                line: Some(member.line),
            });
        }
    }
    Ok(package)
}

fn entries(zip: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, PackageError> {
    let broken = |error: &dyn std::fmt::Display| {
        PackageError::new("package.xml", format!("The zip file could not be read: {error}"))
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).map_err(|error| broken(&error))?;
    if archive.len() > MOST_FILES {
        return Err(PackageError::new("package.xml", "LIMIT_EXCEEDED: Maximum number of files is 10000"));
    }
    if counted(zip).is_some_and(|count| count != archive.len()) {
        return Err(PackageError::new("package.xml", "The zip file holds a file twice"));
    }
    let mut files = BTreeMap::new();
    let mut total = 0;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| broken(&error))?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().map_err(|error| broken(&error))?.into_owned();
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Err(PackageError::new(&name, "The path of this file is not allowed"));
        }
        let mut content = Vec::new();
        (&mut file).take(LARGEST_CONTENT + 1).read_to_end(&mut content).map_err(|error| broken(&error))?;
        total += content.len() as u64;
        if total > LARGEST_CONTENT {
            return Err(PackageError::new(
                "package.xml",
                "LIMIT_EXCEEDED: Maximum size of content is 600 MB",
            ));
        }
        files.insert(name, content);
    }
    Ok(files)
}

/// The number of entries according to the end record of the zip file. The zip library keeps only one entry per name.
fn counted(zip: &[u8]) -> Option<usize> {
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = zip.get(end + 10..end + 12)?;
    let count = u16::from_le_bytes(count.try_into().ok()?);
    // The zip format stores larger numbers elsewhere.
    (count != u16::MAX).then_some(usize::from(count))
}

fn read_manifest(file: &str, content: &[u8]) -> Result<Manifest, PackageError> {
    let text =
        std::str::from_utf8(content).map_err(|_| PackageError::new(file, "The file is not valid UTF-8"))?;
    let document =
        Document::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(|error| PackageError {
            file: file.to_string(),
            problem: format!("Error parsing file: {error}"),
            line: Some(error.pos().row),
        })?;
    let wrong = |node: Node<'_, '_>, problem: String| PackageError {
        file: file.to_string(),
        problem,
        line: Some(line_of(&document, node)),
    };
    let root = document.root_element();
    if root.tag_name().name() != "Package" || root.tag_name().namespace() != Some(NAMESPACE) {
        return Err(wrong(
            root,
            format!("Error parsing file: the root element must be {{{NAMESPACE}}}Package"),
        ));
    }
    let mut manifest = Manifest { file_name: file.to_string(), ..Manifest::default() };
    no_text_between(root).map_err(|(node, text)| wrong(node, text))?;
    for node in root.children().filter(Node::is_element) {
        if node.tag_name().namespace() != Some(NAMESPACE) {
            return Err(wrong(node, format!("Element {} has the wrong namespace", node.tag_name().name())));
        }
        match node.tag_name().name() {
            "version" if manifest.version.is_some() => {
                return Err(wrong(node, duplicated("version", "Package")));
            }
            "version" => {
                let text = node.text().unwrap_or("").trim();
                let version = parse_version(text)
                    .ok_or_else(|| wrong(node, format!("The version '{text}' is not an API version")))?;
                manifest.version = Some(version);
            }
            "types" => manifest
                .members
                .extend(read_types(&document, node).map_err(|(node, text)| wrong(node, text))?),
            "fullName" | "apiAccessLevel" | "description" | "namespacePrefix" | "objectPermissions"
            | "postInstallClass" | "setupWeblink" | "uninstallClass" => {
                return Err(wrong(node, format!("not emulated: {} in a package", node.tag_name().name())));
            }
            other => {
                return Err(wrong(
                    node,
                    format!(
                        "Error parsing file: Element {{{NAMESPACE}}}{other} invalid at this location in type Package"
                    ),
                ));
            }
        }
    }
    for (index, member) in manifest.members.iter().enumerate() {
        let before = manifest.members.iter().take(index);
        if before.into_iter().any(|other| other.kind == member.kind && other.name == member.name) {
            return Err(PackageError {
                file: file.to_string(),
                problem: format!("not emulated: {} {} is named twice", member.kind, member.name),
                line: Some(member.line),
            });
        }
    }
    Ok(manifest)
}

fn duplicated(name: &str, kind: &str) -> String {
    format!("Error parsing file: Element {{{NAMESPACE}}}{name} is duplicated at this location in type {kind}")
}

fn no_text_between<'a, 'input>(parent: Node<'a, 'input>) -> Result<(), (Node<'a, 'input>, String)> {
    let mut texts = parent.children().filter(Node::is_text);
    match texts.find(|node| node.text().is_some_and(|text| !text.trim().is_empty())) {
        Some(node) => {
            let name = parent.tag_name().name();
            Err((node, format!("Error parsing file: text is not allowed between the elements of {name}")))
        }
        None => Ok(()),
    }
}

fn read_types<'a, 'input>(
    document: &Document<'input>,
    types: Node<'a, 'input>,
) -> Result<Vec<Member>, (Node<'a, 'input>, String)> {
    let mut names = Vec::new();
    let mut kind = None;
    no_text_between(types)?;
    for node in types.children().filter(Node::is_element) {
        if node.tag_name().namespace() != Some(NAMESPACE) {
            return Err((node, format!("Element {} has the wrong namespace", node.tag_name().name())));
        }
        let text = node.text().unwrap_or("").trim().to_string();
        match node.tag_name().name() {
            "members" if text.is_empty() => {
                return Err((node, "Required field is missing: members".to_string()));
            }
            "members" => names.push((text, line_of(document, node))),
            "name" if kind.is_some() => return Err((node, duplicated("name", "PackageTypeMembers"))),
            "name" => kind = Some(text),
            other => {
                return Err((
                    node,
                    format!(
                        "Error parsing file: Element {{{NAMESPACE}}}{other} invalid at this location in type PackageTypeMembers"
                    ),
                ));
            }
        }
    }
    let kind = kind.ok_or_else(|| (types, "Required field is missing: name".to_string()))?;
    Ok(names.into_iter().map(|(name, line)| Member { kind: kind.clone(), name, line }).collect())
}

fn line_of(document: &Document<'_>, node: Node<'_, '_>) -> u32 {
    document.text_pos_at(node.range().start).row
}

/// Parses an API version: `66.0` is 66.
pub fn parse_version(text: &str) -> Option<u32> {
    text.strip_suffix(".0").filter(|major| major.len() == 2).and_then(|major| major.parse().ok())
}

/// A zip file with the given files, deflated.
pub fn write(files: &BTreeMap<String, String>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in files {
        // Writing to memory does not fail, and any reader would reject an empty zip file.
        if writer.start_file(name.as_str(), options).is_err() || writer.write_all(content.as_bytes()).is_err()
        {
            return Vec::new();
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// The package.xml of a retrieve, which lists the components that were found.
pub fn manifest_text(found: &BTreeMap<String, BTreeSet<String>>, version: u32) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"{NAMESPACE}\">\n");
    for (kind, names) in found {
        out.push_str("    <types>\n");
        for name in names {
            out.push_str(&format!("        <members>{}</members>\n", escape(name)));
        }
        out.push_str(&format!("        <name>{}</name>\n    </types>\n", escape(kind)));
    }
    out.push_str(&format!("    <version>{version}.0</version>\n</Package>\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broken client or connection may damage a package. Reading it must not panic.
    #[test]
    fn a_truncated_package_is_rejected_and_a_damaged_one_does_not_panic() {
        let manifest = manifest_text(&[("A".to_string(), ["b".to_string()].into())].into(), 66);
        let eca =
            "<ExternalClientApplication xmlns=\"x\"><label>\u{e4}&amp;</label></ExternalClientApplication>";
        let files: BTreeMap<String, String> =
            [("package.xml", manifest.as_str()), ("externalClientApps/A.eca", eca)]
                .map(|(name, text)| (name.to_string(), text.to_string()))
                .into();
        let zip = write(&files);
        assert_eq!(read(&zip).unwrap().files.len(), 1);
        for end in 0..zip.len() {
            assert!(read(&zip[..end]).is_err(), "{end}");
            let mut damaged = zip.clone();
            damaged[end] ^= 0x55;
            let _ = read(&damaged);
        }
        for end in (0..manifest.len()).filter(|end| manifest.is_char_boundary(*end)) {
            let _ = read_manifest("package.xml", &manifest.as_bytes()[..end]);
        }
        let kind = crate::contract::Contract::get().by_name("ExternalClientApplication").unwrap();
        let reading = crate::check::Reading { version: 66, alphabetical: false };
        for end in 0..=eca.len() {
            assert!(crate::check::read_file(kind, &eca.as_bytes()[..end], reading).is_err());
        }
    }
}
