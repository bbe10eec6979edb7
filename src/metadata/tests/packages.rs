//! Valid, damaged and malicious packages.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{APP, GLOBAL, SETTINGS};
use crate::metadata::package::{PackageErrorKind as Kind, PackagedFile};
use crate::metadata::package::{key_of, read, write};
use crate::metadata::{ComponentKey, types};

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(*path, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored(path: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(path, options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

fn kind(bytes: &[u8]) -> Kind {
    read(bytes).unwrap_err().kind
}

/// Replaces each occurrence. The lengths must be equal, so that the offsets in the zip file stay valid.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut found = 0;
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0);
    bytes
}

fn package() -> Vec<u8> {
    let upserts = [
        (ComponentKey::new(&SETTINGS, "Shop_oauth"), "<s/>".to_owned()),
        (ComponentKey::new(&APP, "Shop"), "<b/>".to_owned()),
        (ComponentKey::new(&APP, "Depot"), "<a/>".to_owned()),
    ];
    write(&upserts, &[ComponentKey::new(&GLOBAL, "Old_glbloauth")], 62).unwrap()
}

#[test]
fn a_package_has_its_manifest_first_and_its_files_in_order() {
    let files = read(&package()).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "package.xml",
            "destructiveChangesPost.xml",
            "externalClientApps/Depot.eca",
            "externalClientApps/Shop.eca",
            "extlClntAppOauthSettings/Shop_oauth.ecaOauth",
        ]
    );
    assert_eq!(files[2].text, "<a/>");
    insta::assert_snapshot!(files[0].text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <Package xmlns="http://soap.sforce.com/2006/04/metadata">
        <types>
            <members>Depot</members>
            <members>Shop</members>
            <name>ExternalClientApplication</name>
        </types>
        <types>
            <members>Shop_oauth</members>
            <name>ExtlClntAppOauthSettings</name>
        </types>
        <version>62.0</version>
    </Package>
    "#);
    insta::assert_snapshot!(files[1].text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <Package xmlns="http://soap.sforce.com/2006/04/metadata">
        <types>
            <members>Old_glbloauth</members>
            <name>ExtlClntAppGlobalOauthSettings</name>
        </types>
    </Package>
    "#);
}

#[test]
fn a_package_of_deletions_only_has_an_empty_manifest() {
    let files = read(&write(&[], &[ComponentKey::new(&APP, "Shop")], 60).unwrap()).unwrap();
    assert!(!files[0].text.contains("<types>") && files[0].text.contains("<version>60.0</version>"));
    assert!(files[1].text.contains("<members>Shop</members>"));
}

#[test]
fn the_same_input_produces_the_same_bytes() {
    assert_eq!(package(), package());
}

#[test]
fn unsafe_and_duplicate_names_are_rejected() {
    for name in ["../x", "a/../../x", "a\\b", "", "a\0", "é", "/x"] {
        let key = ComponentKey::new(&APP, name);
        // An empty name results in a valid path that does not identify a component.
        let result = write(&[(key, String::new())], &[], 62);
        assert_eq!(result.is_ok(), name.is_empty(), "{name:?}");
    }
    let twice = [ComponentKey::new(&APP, "Shop"), ComponentKey::new(&APP, "shop")];
    assert_eq!(write(&[], &twice, 62).unwrap_err().kind, Kind::Unwritable);
}

#[test]
fn the_outer_folder_and_empty_folders_are_removed() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("unpackaged/package.xml", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"<p/>").unwrap();
    writer.add_directory("unpackaged/externalClientApps", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read(&bytes).unwrap(), [PackagedFile { path: "package.xml".into(), text: "<p/>".into() }]);
}

#[test]
fn damaged_packages_are_detected() {
    let good = stored("a/b.xml", b"<text>of some length</text>");
    assert!(read(&good).is_ok());
    for bytes in [
        &good[..good.len() - 1],
        &good[..good.len() / 2],
        b"",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"<html>maintenance</html>",
        &replace(&good, b"some", b"same"),
        &stored("a", &[0xFF, 0xFE]),
    ] {
        assert_eq!(kind(bytes), Kind::Damaged);
    }
    assert!(read(&good[..9]).unwrap_err().is_damaged());
    assert_eq!(
        read(&good[..9]).unwrap_err().to_string(),
        "the package is damaged: it is not a complete zip file"
    );
}

#[test]
fn malicious_packages_are_rejected() {
    let zeros = vec![0; 2 * 1024 * 1024];
    let large = vec![b'x'; 5 * 1024 * 1024];
    let two = zip(&[("a/b", b"1"), ("a/c", b"2")]);
    let mut behind = b"PK\x03\x04junk".to_vec();
    behind.extend(zip(&[("a", b"1")]));
    for (what, bytes) in [
        ("a zip bomb", zip(&[("a", &zeros)])),
        ("a large file", zip(&[("a", &large)])),
        ("the same name twice", replace(&two, b"a/c", b"a/b")),
        ("the same name in another case", replace(&two, b"a/c", b"A/B")),
        ("a path out of the package", zip(&[("../../etc/pwd", b"1")])),
        ("an absolute path", zip(&[("/etc/pwd", b"1")])),
        ("a Windows path", zip(&[("a\\b", b"1")])),
        ("a drive letter", zip(&[("c:x", b"1")])),
        ("an invisible character", zip(&[("\u{202E}x", b"1")])),
        ("bytes before the zip", behind),
    ] {
        assert_eq!(kind(&bytes), Kind::Rejected, "{what}");
    }
    let mut many = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..=10_000 {
        many.start_file(number.to_string(), SimpleFileOptions::default()).unwrap();
    }
    assert_eq!(kind(&many.finish().unwrap().into_inner()), Kind::Rejected);
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("a", "b", SimpleFileOptions::default()).unwrap();
    assert_eq!(kind(&link.finish().unwrap().into_inner()), Kind::Rejected);
}

#[test]
fn unsupported_compression_methods_are_rejected() {
    let good = stored("a", b"text");
    // The compression method is at offset 8 of the local header and at offset 10 of the central header.
    let central = good.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let mut bytes = good;
    bytes[8] = 12;
    bytes[central + 10] = 12;
    assert_eq!(kind(&bytes), Kind::Rejected);
}

#[test]
fn a_path_maps_to_its_component_or_to_none() {
    for kind in types::ALL {
        let key = ComponentKey::new(kind, kind.settings_member.unwrap_or("ns__Shop_x"));
        assert_eq!(key_of(&key.path()), Some(key));
    }
    let shop = Some(ComponentKey::new(&APP, "Shop"));
    assert_eq!(key_of("unpackaged/externalClientApps/Shop.eca"), shop);
    for path in [
        "",
        "package.xml",
        "externalClientApps",
        "externalClientApps/",
        "externalClientApps/.eca",
        "externalClientApps/Shop.ecaOauth",
        "externalClientApps/Shopeca",
        "externalClientApps/a/Shop.eca",
        "settings/Account.settings",
        "settings/OauthOidc.setting",
    ] {
        assert_eq!(key_of(path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn damaged_packages_do_not_panic(at in 0_usize..2000, byte: u8, cut in 0_usize..2000) {
        let mut bytes = package();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes);
        bytes.truncate(cut);
        let _ = read(&bytes);
    }
}
