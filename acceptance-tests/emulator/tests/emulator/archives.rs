//! Zip files and manifests that an org rejects, and the warnings from a deploy. Each rule is broken once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::{APP, GLOBAL, NS, OAUTH_POLICIES, Org, Package, file, start};

const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";

/// The problems of a deploy of these bytes.
fn problems_of(org: &Org, zip: &[u8]) -> Vec<String> {
    let response =
        org.soap(&format!("<deploy><ZipFile>{}</ZipFile><DeployOptions/></deploy>", STANDARD.encode(zip)));
    let id = crate::client::between(&response.body, "<id>", "</id>").expect(&response.body);
    let deployed = org.check(&id);
    assert_eq!(deployed.status(), "Failed");
    deployed.problems()
}

#[test]
fn invalid_zips_and_manifests_are_rejected() {
    let org = start();
    org.shop();
    let package = |text: &str| {
        Package::new()
            .file("package.xml", &format!("<Package xmlns=\"{NS}\">{text}<version>66.0</version></Package>"))
    };
    let types = |text: &str| package(&format!("<types>{text}</types>"));
    let name = format!("<name>{APP}</name>");
    let twice = "is duplicated at this location in type Package";
    let cases = [
        ("type without a name", types("<members>Shop</members>"), "Required field is missing: name"),
        ("empty member", types(&format!("<members></members>{name}")), "Required field is missing: members"),
        ("name twice", types(&format!("<members>*</members>{name}{name}")), twice),
        ("version twice", package("<version>66.0</version>"), twice),
        ("text in the package", package("x"), "text is not allowed between the elements of Package"),
        ("text in a type", types(&format!("x{name}")), "text is not allowed between the elements of types"),
        (
            "types in no namespace",
            package(&format!("<types xmlns=\"\">{name}</types>")),
            "Element types has the wrong namespace",
        ),
        (
            "member in no namespace",
            types(&format!("<members xmlns=\"\">x</members>{name}")),
            "Element members has the wrong namespace",
        ),
        ("member twice", types(&format!("<members>A</members><members>A</members>{name}")), "is named twice"),
        (
            "unknown element of a type",
            types(&format!("<member>A</member>{name}")),
            "invalid at this location in type PackageTypeMembers",
        ),
        (
            "a path upwards",
            Package::new().member(APP, "A").file("externalClientApps/../A.eca", &file(APP, "")),
            "The path of this file is not allowed",
        ),
        (
            "a managed package",
            package("<namespacePrefix>acme</namespacePrefix>"),
            "not emulated: namespacePrefix in a package",
        ),
        (
            "file beside the folder",
            Package::new()
                .file("a/package.xml", &format!("<Package xmlns=\"{NS}\"><version>66.0</version></Package>"))
                .file("b.txt", "x"),
            "a file beside the package's folder",
        ),
    ];
    for (what, package, words) in cases {
        let problems = problems_of(&org, &package.zip());
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}, not {words}");
    }

    let raw = |files: &[(&str, &[u8])]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let names: Vec<String> = (0..10_001).map(|number| format!("a/{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    for (what, zip, words) in [
        ("not a zip", b"PK".to_vec(), "The zip file could not be read"),
        ("empty zip", raw(&[]), "No package.xml found"),
        (
            "package.xml that is not UTF-8",
            raw(&[("package.xml", b"\xff\xfe")]),
            "The file is not valid UTF-8",
        ),
        ("too many files", raw(&many), "LIMIT_EXCEEDED: Maximum number of files is 10000"),
    ] {
        let problems = problems_of(&org, &zip);
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}, not {words}");
    }
    // The `zip` crate does not write duplicate names, so the second name is overwritten in the bytes.
    let mut twice =
        raw(&[("externalClientApps/A.eca", b"x"), ("externalClientApps/B.eca", b"x"), ("package.xml", b"x")]);
    let (first, second) = (b"externalClientApps/A.eca", b"externalClientApps/B.eca");
    while let Some(at) = twice.windows(second.len()).position(|window| window == second) {
        twice[at..at + first.len()].copy_from_slice(first);
    }
    let problems = problems_of(&org, &twice);
    assert!(problems[0].contains("The zip file holds a file twice"), "{problems:?}");
    let not_utf8 = raw(&[
        ("package.xml", format!("<Package xmlns=\"{NS}\"><types><members>A</members>{name}</types><version>66.0</version></Package>").as_bytes()),
        ("externalClientApps/A.eca", b"\xff"),
    ]);
    assert!(problems_of(&org, &not_utf8)[0].contains("the content is not valid UTF-8"));
}

#[test]
fn rotation_warnings_missing_components_and_invalid_policies_fail_a_deploy() {
    let org = start();
    org.shop();
    let warned = |element: &str| {
        Package::new().with(GLOBAL, "Shop_global", &format!("{PARENT}<{element}>true</{element}>"))
    };
    for element in ["shouldRotateConsumerKey", "shouldRotateConsumerSecret"] {
        let before = org.components();
        let problems = org.deploy(&warned(element)).problems();
        assert!(problems[0].contains("changes and the old one stops working"), "{problems:?}");
        assert_eq!(org.components(), before);
        assert_eq!(org.deploy(&warned(element).option("ignoreWarnings", "true")).status(), "Succeeded");
        assert_ne!(org.components(), before);
    }
    let problems = org.deploy(&Package::new().delete(&[(APP, "Nobody")])).problems();
    assert!(problems[0].contains("No ExternalClientApplication named: Nobody found"), "{problems:?}");
    let period = |policy: &str| {
        let lines = format!(
            "{PARENT}<refreshTokenPolicyType>{policy}</refreshTokenPolicyType><refreshTokenValidityPeriod>1</refreshTokenValidityPeriod>"
        );
        Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", &lines)
    };
    for policy in ["Infinite", "Zero"] {
        let problems = org.deploy(&period(policy)).problems();
        assert!(
            problems[0].contains("A refresh token validity is not allowed with the policy type"),
            "{problems:?}"
        );
    }
    org.admin("PATCH", "org", r#"{"preauthorization_needs_own_assignment": true}"#);
    let policy = "<permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>";
    let package = Package::new().with(
        OAUTH_POLICIES,
        "Shop_oauth_defaultPolicy",
        &format!("<commaSeparatedPermissionSet>Shop_Staff</commaSeparatedPermissionSet>{PARENT}{policy}"),
    );
    let problems = org.deploy(&package).problems();
    assert!(problems[0].contains("Assign one of the permission sets to yourself first"), "{problems:?}");
}
