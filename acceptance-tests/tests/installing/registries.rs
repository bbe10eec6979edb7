//! Installation from a registry: service discovery, a signature with the publisher's key, and checksums.

use super::release::{
    ADDRESS, TARGETS, VERSION, lock_file, mirror, programs, release, settings, zip_of, zips,
};
use crate::configurations::SHOP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::web_server::WebServer;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A key for one test, in its own keyring.
struct Keyring {
    home: tempfile::TempDir,
    id: String,
}

impl Keyring {
    /// `None` if gpg is not installed.
    fn new() -> Option<Self> {
        let home = tempfile::Builder::new().prefix("sf-gpg-").tempdir().expect("a folder");
        let mut keyring = Self { home, id: String::new() };
        if Command::new("gpg").arg("--version").output().is_err() {
            eprintln!("SKIPPED: gpg is not installed, so nothing is signed");
            return None;
        }
        let name = "Release of a test <release@example.com>";
        keyring.gpg(&["--passphrase", "", "--quick-generate-key", name, "rsa3072", "sign", "never"]);
        let listed = keyring.gpg(&["--with-colons", "--list-secret-keys"]);
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let key = listed.lines().find(|line| line.starts_with("sec:")).expect("a secret key");
        keyring.id = key.split(':').nth(4).expect("its id").to_owned();
        Some(keyring)
    }

    fn gpg(&self, arguments: &[&str]) -> Output {
        let output = Command::new("gpg")
            .env("GNUPGHOME", self.home.path())
            .args(["--batch", "--pinentry-mode", "loopback"])
            .args(arguments)
            .output()
            .expect("gpg");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn public(&self) -> String {
        String::from_utf8(self.gpg(&["--armor", "--export", &self.id]).stdout).expect("text")
    }
}

impl Drop for Keyring {
    /// Stops the GnuPG agent, which would otherwise outlive the test.
    fn drop(&mut self) {
        let _none_was_started =
            Command::new("gpgconf").env("GNUPGHOME", self.home.path()).args(["--kill", "all"]).output();
    }
}

fn write(path: PathBuf, value: &Value) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, value.to_string()).expect("a file of the registry");
}

/// Writes a registry's responses as files. They contain the addresses of the release's checksums and signature, and the
/// publisher's key.
fn registry(folder: &Path, files: &Path, keyring: &Keyring) {
    write(folder.join(".well-known/terraform.json"), &json!({ "providers.v1": "/v1/providers/" }));
    let home = folder.join("v1/providers").join(ADDRESS);
    let platforms: Vec<Value> = TARGETS
        .iter()
        .filter_map(|target| target.split_once('_'))
        .map(|(os, arch)| json!({ "os": os, "arch": arch }))
        .collect();
    let version = json!({ "version": VERSION, "protocols": ["5.0"], "platforms": platforms });
    write(home.join("versions"), &json!({ "versions": [version] }));
    let sums = format!("terraform-provider-salesforce_{VERSION}_SHA256SUMS");
    let listed = std::fs::read_to_string(files.join(&sums)).expect("checksums");
    for (target, (os, arch)) in TARGETS.iter().filter_map(|target| Some((target, target.split_once('_')?))) {
        let zip = zip_of(target);
        let line = listed.lines().find(|line| line.ends_with(&zip)).expect("a line of the checksums");
        let package = json!({
            "protocols": ["5.0"],
            "os": os,
            "arch": arch,
            "filename": zip,
            "download_url": format!("/files/{zip}"),
            "shasums_url": format!("/files/{sums}"),
            "shasums_signature_url": format!("/files/{sums}.sig"),
            "shasum": line.split(' ').next(),
            "signing_keys": { "gpg_public_keys": [{ "key_id": keyring.id, "ascii_armor": keyring.public() }] },
        });
        write(home.join(VERSION).join("download").join(os).join(arch), &package);
    }
}

/// Writes the files of a published release: zip files, manifest, checksums, and signature.
fn publish(folder: &Path, keyring: &Keyring) {
    for target in TARGETS {
        std::fs::copy(zips().join(zip_of(target)), folder.join(zip_of(target))).expect("a copy");
    }
    let to = folder.display().to_string();
    let gpg = [("GNUPGHOME", keyring.home.path().to_str().expect("a path"))];
    release(folder, &["sums", VERSION, "--zips", &to, "--sign-key", &keyring.id], &gpg).succeeded();
}

fn workspace_for<'org>(org: &'org Emulator, server: &WebServer) -> Workspace<'org> {
    let mut workspace = Workspace::new(org);
    let roots = workspace.folder().join("roots.pem");
    std::fs::write(&roots, &server.certificate).expect("a certificate");
    workspace.set("SSL_CERT_FILE", &roots.display().to_string());
    settings(&mut workspace, "direct {}");
    let source = format!("{}/{ADDRESS}", server.host);
    let required = format!(
        "terraform {{\n  required_providers {{\n    salesforce = {{\n      source  = \"{source}\"\n      \
         version = \"{VERSION}\"\n    }}\n  }}\n}}\n"
    );
    workspace.configure(&format!("{required}{SHOP}"));
    workspace
}

#[test]
fn a_signed_release_is_installed_from_a_registry() {
    let Some(keyring) = Keyring::new() else { return };
    let org = Emulator::start();
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("a folder");
    publish(&files, &keyring);
    registry(folder.path(), &files, &keyring);
    let server = WebServer::of(folder.path());
    // The project's mirror contains the hashes of the same zip files.
    let own = tempfile::tempdir().expect("a folder");
    mirror(zips(), own.path());
    for program in programs() {
        let workspace = workspace_for(&org, &server);
        program
            .run(&workspace, &["init", "-no-color", "-input=false"])
            .succeeded()
            .containing(&format!("key ID {}", keyring.id));
        program
            .run(&workspace, &["plan", "-no-color", "-input=false"])
            .succeeded()
            .containing("Plan: 3 to add, 0 to change, 0 to destroy.");
        let home = own.path().join(program.registry).join(ADDRESS);
        let index = std::fs::read_to_string(home.join(format!("{VERSION}.json"))).expect("the mirror's file");
        let index: Value = serde_json::from_str(&index).expect("JSON");
        let hashes = |target: &str| index["archives"][target]["hashes"].as_array().expect("hashes").clone();
        let locked = lock_file(&workspace);
        // If there is a signature, the lock file contains the hashes of the zip files of all platforms.
        for target in TARGETS {
            let zip = hashes(target)[1].as_str().expect("a hash").to_owned();
            assert!(locked.contains(&zip), "{zip} in {locked}");
        }

        // A mirror that Terraform or OpenTofu creates contains only hashes that the project's mirror also contains.
        let theirs = tempfile::tempdir().expect("a folder");
        let path = theirs.path().display().to_string();
        let platforms: Vec<String> = TARGETS.iter().map(|target| format!("-platform={target}")).collect();
        let mut arguments = vec!["providers", "mirror"];
        arguments.extend(platforms.iter().map(String::as_str));
        arguments.push(&path);
        program.run(&workspace, &arguments).succeeded();
        let home = theirs.path().join(&server.host).join(ADDRESS);
        let text = std::fs::read_to_string(home.join(format!("{VERSION}.json"))).expect("its file");
        let theirs: Value = serde_json::from_str(&text).expect("JSON");
        for target in TARGETS {
            let archive = &theirs["archives"][target];
            // Some hashes are those of the zip file, others those of its content.
            let listed = archive["hashes"].as_array().expect("hashes");
            assert!(!listed.is_empty());
            assert!(listed.iter().all(|hash| hashes(target).contains(hash)), "{target}: {archive}");
            assert_eq!(archive["url"], zip_of(target));
        }
    }
}

#[test]
fn checksums_that_were_modified_after_signing_are_rejected() {
    let Some(keyring) = Keyring::new() else { return };
    let org = Emulator::start();
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("a folder");
    publish(&files, &keyring);
    let sums = files.join(format!("terraform-provider-salesforce_{VERSION}_SHA256SUMS"));
    let mut text = std::fs::read_to_string(&sums).expect("checksums");
    text.push_str(&format!("{}  more.zip\n", "0".repeat(64)));
    std::fs::write(&sums, text).expect("checksums");
    registry(folder.path(), &files, &keyring);
    let server = WebServer::of(folder.path());
    for program in programs() {
        let workspace = workspace_for(&org, &server);
        program.run(&workspace, &["init", "-no-color", "-input=false"]).failed_with("signature");
    }
}
