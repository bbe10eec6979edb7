//! The content of the zip files, and the files next to them.

use super::release::{VERSION, release, zip_of, zips};
use acceptance_tests::provider_binary;
use acceptance_tests::terraform::repository;
use std::io::Read as _;
use std::path::Path;

/// The name, mode, size and time of each file in a zip file.
fn members(zip: &Path) -> Vec<(String, u32, u64, String)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip).expect("a zip")).expect("a zip");
    (0..archive.len())
        .map(|at| {
            let member = archive.by_index(at).expect("a member");
            let time = member.last_modified().expect("a time").to_string();
            (
                member.name().expect("a name").into_owned(),
                member.unix_mode().expect("a mode"),
                member.size(),
                time,
            )
        })
        .collect()
}

fn sha256(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a file");
    ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_zip_contains_the_program_under_the_name_that_registries_require() {
    let size = provider_binary::path().metadata().expect("the provider").len();
    for (target, program) in [
        ("linux_amd64", format!("terraform-provider-salesforce_v{VERSION}")),
        ("windows_amd64", format!("terraform-provider-salesforce_v{VERSION}.exe")),
    ] {
        let members = members(&zips().join(zip_of(target)));
        let names: Vec<&str> = members.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["CHANGELOG.md", "LICENSE", "README.md", &program]);
        let (_, mode, packed, _) = &members[3];
        assert_eq!((mode & 0o777, *packed), (0o755, size));
        assert!(members.iter().all(|(.., time)| time == "2023-11-14 22:13:20"), "{members:?}");
        assert!(members.iter().take(3).all(|(_, mode, ..)| mode & 0o777 == 0o644), "{members:?}");
    }
}

#[test]
fn the_same_program_packs_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (provider, to) = (provider_binary::path().display().to_string(), folder.path().display().to_string());
    let pack = ["pack", VERSION, "--target", "linux_amd64", "--provider", &provider, "--zips", &to];
    release(folder.path(), &pack, &[("TZ", "Asia/Tokyo")]).succeeded();
    let name = zip_of("linux_amd64");
    assert_eq!(sha256(&folder.path().join(&name)), sha256(&zips().join(&name)));
}

#[test]
fn a_program_with_another_version_is_not_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (provider, to) = (provider_binary::path().display().to_string(), folder.path().display().to_string());
    for (version, target, words) in [
        ("9.9.9", "linux_amd64", "does not have the version 9.9.9"),
        (VERSION, "linux_x86", "unknown target 'linux_x86'; available are linux_amd64,"),
    ] {
        let pack = ["pack", version, "--target", target, "--provider", &provider, "--zips", &to];
        release(folder.path(), &pack, &[]).failed_with(words);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_release_has_the_version_of_the_sources() {
    let home = std::env::var("HOME").unwrap_or_default();
    let rust: Vec<(&str, String)> = ["CARGO_HOME", "RUSTUP_HOME"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
        .chain([("HOME", home)])
        .collect();
    let rust: Vec<(&str, &str)> = rust.iter().map(|(name, value)| (*name, value.as_str())).collect();
    release(repository(), &["make", "9.9.9"], &rust)
        .failed_with(&format!("this is version {VERSION}, not 9.9.9"));
}

#[test]
fn the_emulator_has_its_own_zip_and_checksums() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().display().to_string();
    let emulator = provider_binary::program("salesforce-emulator", "SALESFORCE_EMULATOR");
    let emulator = emulator.display().to_string();
    let pack = ["pack", VERSION, "--target", "linux_amd64", "--emulator", &emulator, "--zips", &to];
    release(folder.path(), &pack, &[]).succeeded();
    let provider = zip_of("linux_amd64");
    std::fs::copy(zips().join(&provider), folder.path().join(&provider)).expect("a copy");
    release(folder.path(), &["sums", VERSION, "--zips", &to], &[])
        .succeeded()
        .containing("Not signed: set a key");

    let expected = [
        ("terraform-provider-salesforce", vec![provider, manifest()]),
        ("salesforce-emulator", vec![format!("salesforce-emulator_{VERSION}_linux_amd64.zip")]),
    ];
    for (program, mut listed) in expected {
        listed.sort();
        let lines: String =
            listed.iter().map(|name| format!("{}  {name}\n", sha256(&folder.path().join(name)))).collect();
        let sums = folder.path().join(format!("{program}_{VERSION}_SHA256SUMS"));
        assert_eq!(std::fs::read_to_string(sums).expect("checksums"), lines);
    }
    let mut text = String::new();
    let mut file = std::fs::File::open(folder.path().join(manifest())).expect("a manifest");
    file.read_to_string(&mut text).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["metadata"]["protocol_versions"], serde_json::json!(["5.0"]));
}

fn manifest() -> String {
    format!("terraform-provider-salesforce_{VERSION}_manifest.json")
}
