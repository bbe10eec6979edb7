//! Deploys files in the form in which real orgs return them. `retrieved/` contains such files. The emulated org accepts
//! each folder unchanged except for the org ID, and returns the same files.

use std::collections::BTreeMap;
use std::path::Path;

use salesforce_emulator::NEWEST_API_VERSION;

use crate::client::{APP, APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Org, Package, between, file, start};

/// The org ID in the files.
const THEIR_ORG: &str = "00D000000000000";

/// Each folder, and its API version.
const FOLDERS: &[(&str, u32)] = &[
    ("ledger", NEWEST_API_VERSION),
    ("nightly", NEWEST_API_VERSION),
    ("desk", NEWEST_API_VERSION),
    ("editor", NEWEST_API_VERSION),
    ("portal", 63),
];

/// The files of a folder by their paths in a package.
fn folder(name: &str, org_id: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/retrieved").join(name);
    let mut files = BTreeMap::new();
    for directory in std::fs::read_dir(&root).unwrap() {
        let directory = directory.unwrap().path();
        for path in std::fs::read_dir(&directory).unwrap() {
            let path = path.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap().replace(THEIR_ORG, org_id);
            files.insert(path.strip_prefix(&root).unwrap().display().to_string(), text);
        }
    }
    assert!(files.len() >= 4, "{name}: {files:?}");
    files
}

fn members(files: &BTreeMap<String, String>) -> Vec<(&'static str, String)> {
    let kind_of = |path: &str| {
        [APP, OAUTH, GLOBAL, OAUTH_POLICIES, APP_POLICIES]
            .into_iter()
            .find(|kind| path.split('/').next() == Some(crate::client::directory(kind).0))
            .unwrap_or_else(|| panic!("{path}"))
    };
    let name =
        |path: &str| Path::new(path).file_stem().and_then(|stem| stem.to_str()).map(str::to_string).unwrap();
    files.keys().map(|path| (kind_of(path), name(path))).collect()
}

fn package(files: &BTreeMap<String, String>, version: u32) -> Package {
    let mut package = Package::new().at(version);
    for (kind, name) in members(files) {
        package = package.member(kind, &name);
    }
    for (path, text) in files {
        package = package.file(path, text);
    }
    package
}

fn retrieve(org: &Org, files: &BTreeMap<String, String>, version: u32) -> BTreeMap<String, String> {
    let members = members(files);
    let members_to_retrieve: Vec<(&str, &str)> =
        members.iter().map(|(kind, name)| (*kind, name.as_str())).collect();
    let retrieved = org.retrieve(&members_to_retrieve, version).files.into_iter();
    retrieved
        .filter(|(path, _)| !path.ends_with("package.xml"))
        .map(|(path, text)| (path.trim_start_matches("unpackaged/").to_string(), text))
        .collect()
}

/// The lines of a file without the link to the consumer, which differs between orgs.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains("<oauthLink>")).collect()
}

#[test]
fn each_folder_is_accepted_and_returned_unchanged() {
    for id in ["00DEM0000000001", &start().running.org_id] {
        // All folders are deployed to one org, because files of several apps may come from the same org.
        let org = start();
        for (name, version) in FOLDERS {
            let sent = folder(name, id);
            let deployed = org.deploy(&package(&sent, *version));
            assert_eq!(deployed.status(), "Succeeded", "{name}: {:?}", deployed.problems());
            let back = retrieve(&org, &sent, *version);
            assert_eq!(back.keys().collect::<Vec<_>>(), sent.keys().collect::<Vec<_>>(), "{name}");
            for (path, text) in &sent {
                let shown = &back[path];
                for line in lines(text) {
                    // The returned files contain the ID with 15 characters.
                    let line = line.replace(id, "00DEM0000000001");
                    assert!(shown.contains(&line), "{path}: {line} is not in\n{shown}");
                }
            }
            // Deploying the original or the retrieved files again changes nothing.
            let before = org.components();
            for again in [&sent, &back] {
                let deployed = org.deploy(&package(again, *version));
                assert_eq!(deployed.status(), "Succeeded", "{name}: {:?}", deployed.problems());
                assert_eq!(org.components(), before, "{name}");
            }
        }
    }
}

#[test]
fn a_deleted_app_can_be_deployed_again_from_its_files() {
    let org = start();
    let sent = folder("ledger", "00DEM0000000001");
    assert_eq!(org.deploy(&package(&sent, 66)).status(), "Succeeded");
    let kept = retrieve(&org, &sent, 66);
    let key = org.element(GLOBAL, "Ledger_glbloauth", "consumerKey");
    let link = org.element(OAUTH, "Ledger_oauth", "oauthLink");
    assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Ledger")])).status(), "Succeeded");
    let deployed = org.deploy(&package(&without_secret(&kept), 66));
    assert_eq!(deployed.status(), "Succeeded", "{:?}", deployed.problems());
    assert_eq!(org.element(GLOBAL, "Ledger_glbloauth", "consumerKey"), key);
    assert_ne!(org.element(OAUTH, "Ledger_oauth", "oauthLink"), link, "the consumer has changed");
}

/// Removes the consumer secret. Stored files omit it, and the behavior of an org with an unknown secret is not
/// documented.
fn without_secret(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let kept = |text: &String| {
        text.lines().filter(|line| !line.contains("<consumerSecret>")).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|(path, text)| (path.clone(), kept(text))).collect()
}

#[test]
fn references_to_another_org_are_rejected() {
    let org = start();
    for (name, expected) in [
        ("ledger", "The orgScopedExternalApp 00D000000000009:Ledger is not of this org"),
        ("portal", "not of this org"),
    ] {
        let deployed = org.deploy(&package(&folder(name, "00D000000000009"), 63));
        assert!(
            deployed.problems().iter().any(|problem| problem.contains(expected)),
            "{:?}",
            deployed.problems()
        );
    }
    let without_scope: BTreeMap<String, String> = folder("ledger", "00D000000000009")
        .into_iter()
        .map(|(path, text)| {
            let kept: Vec<&str> =
                text.lines().filter(|line| !line.contains("orgScopedExternalApp")).collect();
            (path, kept.join("\n"))
        })
        .collect();
    let problems = org.deploy(&package(&without_scope, 66)).problems();
    assert!(problems.iter().any(|problem| problem.contains("distribution state PACKAGED")), "{problems:?}");
}

#[test]
fn undocumented_links_and_keys_are_rejected() {
    let org = start();
    org.shop();
    let other = org.element(OAUTH, "Shop_oauth", "oauthLink").unwrap();
    let link = |link: &str| {
        Package::new().with(APP, "Other", "").with(
            OAUTH,
            "Other_oauth",
            &format!(
                "<externalClientApplication>Other</externalClientApplication><oauthLink>{link}</oauthLink>"
            ),
        )
    };
    let global = |elements: &str| {
        let own = format!("<externalClientApplication>Shop</externalClientApplication>{elements}");
        Package::new().with(GLOBAL, "Shop_global", &own)
    };
    for (rule, package, expected) in [
        ("another app's consumer", link(&other), "not emulated: a link to the consumer of another"),
        ("no consumer", link("00DEM0000000001:001000000000041"), "not emulated: the oauthLink 00DEM"),
        (
            "a consumer's id with a wrong checksum",
            link("00DEM0000000001:888000000000041AAB"),
            "not emulated: the oauthLink",
        ),
        (
            "an org's id with a wrong checksum",
            link("00DEM0000000001AAA:888000000000041"),
            "distribution state PACKAGED",
        ),
        (
            "another key",
            global("<consumerKey>3MVG9another</consumerKey>"),
            "not emulated: choosing a consumerKey",
        ),
    ] {
        let deployed = org.deploy(&package);
        assert!(
            deployed.problems().iter().any(|problem| problem.contains(expected)),
            "{rule}: {:?}",
            deployed.problems()
        );
    }
    let fresh = |key: &str| {
        link("00DEM0000000001:888000000000041").with(
            GLOBAL,
            "Other_global",
            &format!(
                "<consumerKey>{key}</consumerKey><externalClientApplication>Other</externalClientApplication>"
            ),
        )
    };
    let problems = org.deploy(&fresh("a key")).problems();
    assert!(
        problems.iter().any(|problem| problem.contains("not emulated: choosing a consumerKey")),
        "{problems:?}"
    );
    // Two apps with one key: both exist, and logins fail because the key is ambiguous.
    let key = org.element(GLOBAL, "Shop_global", "consumerKey").unwrap();
    assert_eq!(org.deploy(&fresh(&key)).status(), "Succeeded");
    let form = format!("grant_type=client_credentials&client_id={key}&client_secret=x");
    let head = [("Content-Type", "application/x-www-form-urlencoded")];
    let login = org.http("POST", "/services/oauth2/token", &head, form.as_bytes());
    assert!(login.body.contains("invalid_client_id"), "{}", login.body);
}

#[test]
fn scopes_are_returned_in_the_order_of_the_org() {
    let org = start();
    org.shop();
    for (sent, shown) in [
        ("RefreshToken,Api", "Api, RefreshToken"),
        (
            "OpenID, RefreshToken, Full, Basic, Chatter, Web, Api",
            "Basic, Api, Web, Full, Chatter, RefreshToken, OpenID",
        ),
        ("MCP, SFApiPlatform, RefreshToken", "RefreshToken, SFApiPlatform, MCP"),
    ] {
        let own = format!(
            "<commaSeparatedOauthScopes>{sent}</commaSeparatedOauthScopes>\
             <externalClientApplication>Shop</externalClientApplication>"
        );
        assert_eq!(org.deploy(&Package::new().with(OAUTH, "Shop_oauth", &own)).status(), "Succeeded");
        assert_eq!(org.element(OAUTH, "Shop_oauth", "commaSeparatedOauthScopes").as_deref(), Some(shown));
    }
}

#[test]
fn documented_values_are_accepted_in_any_letter_case() {
    let org = start();
    org.shop();
    for (relaxation, unit) in [("Enforce_relaxrefresh", "Days"), ("BYPASS", "days"), ("enforce", "MONTHS")] {
        let own = format!(
            "<externalClientApplication>Shop</externalClientApplication>\
             <ipRelaxationPolicyType>{relaxation}</ipRelaxationPolicyType>\
             <refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>\
             <refreshTokenValidityPeriod>3</refreshTokenValidityPeriod>\
             <refreshTokenValidityUnit>{unit}</refreshTokenValidityUnit>"
        );
        let deployed = org.deploy(&Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", &own));
        assert_eq!(deployed.status(), "Succeeded", "{:?}", deployed.problems());
        for (element, value) in [("ipRelaxationPolicyType", relaxation), ("refreshTokenValidityUnit", unit)] {
            let shown = org.element(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", element);
            assert_eq!(shown.as_deref(), Some(value));
        }
    }
}

#[test]
fn a_period_is_returned_for_zero_and_not_for_infinite() {
    let org = start();
    org.shop();
    for (policy, shown) in [("Zero", Some("0")), ("Infinite", None)] {
        let own = format!(
            "<externalClientApplication>Shop</externalClientApplication>\
             <refreshTokenPolicyType>{policy}</refreshTokenPolicyType>"
        );
        let deployed = org.deploy(&Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", &own));
        assert_eq!(deployed.status(), "Succeeded", "{:?}", deployed.problems());
        let period = org.element(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", "refreshTokenValidityPeriod");
        assert_eq!(period.as_deref(), shown, "{policy}");
    }
}

#[test]
fn an_app_created_in_setup_has_the_names_of_real_files() {
    let org = start();
    org.admin("POST", "apps", r#"{"name": "Made"}"#);
    let retrieved = org
        .retrieve(&[(APP, "*"), (OAUTH, "*"), (GLOBAL, "*"), (OAUTH_POLICIES, "*"), (APP_POLICIES, "*")], 66);
    let names: Vec<&String> = retrieved.files.keys().collect();
    for name in [
        "Made.eca",
        "Made_oauth.ecaOauth",
        "Made_glbloauth.ecaGlblOauth",
        "Made_oauthPlcy.ecaOauthPlcy",
        "Made_plcy.ecaPlcy",
    ] {
        let (_, text) = retrieved
            .files
            .iter()
            .find(|(path, _)| path.ends_with(&format!("/{name}")))
            .unwrap_or_else(|| panic!("{name}: {names:?}"));
        let label = between(text, "<label>", "</label>").unwrap();
        assert_eq!(label, name.split('.').next().unwrap());
    }
    let element = |element: &str| org.element(GLOBAL, "Made_glbloauth", element);
    assert_eq!(element("isSecretRequiredForTokenExchange").as_deref(), Some("true"));
    assert_eq!(element("isTokenExchangeEnabled").as_deref(), Some("false"));
}

#[test]
fn settings_with_nil_elements_and_empty_settings_are_accepted() {
    let org = start();
    let read = |name: &str| {
        org.retrieve(&[("Settings", name)], NEWEST_API_VERSION).files
            [&format!("unpackaged/settings/{name}.settings")]
            .clone()
    };
    let deploy = |name: &str, text: &str| {
        let path = format!("settings/{name}.settings");
        org.deploy(&Package::new().at(NEWEST_API_VERSION).member("Settings", name).file(&path, text))
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/retrieved/settings");
    for name in ["OauthOidc", "ExternalClientApp"] {
        let text = std::fs::read_to_string(root.join(format!("{name}.settings"))).unwrap();
        let deployed = deploy(name, &text);
        assert_eq!(deployed.status(), "Succeeded", "{name}: {:?}", deployed.problems());
        assert_eq!(read(name), text);
    }
    let nil = |elements: &str| {
        file("ExternalClientAppSettings", elements)
            .replace(" xmlns=", " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=")
    };
    // A nil element has no effect.
    let before = org.components();
    let silent = nil("<enableConsumerSecretApiAccess xsi:nil=\"1\"/>");
    assert_eq!(deploy("ExternalClientApp", &silent).status(), "Succeeded");
    assert_eq!(org.components(), before);
    for (rule, elements, expected) in [
        ("unknown", "<enableAll xsi:nil=\"true\"/>", "not emulated: xsi:nil on the element enableAll"),
        (
            "a value beside it",
            "<enableExternalClientApps xsi:nil=\"true\">true</enableExternalClientApps>",
            "not emulated: xsi:nil",
        ),
        ("not nil", "<enableExternalClientApps xsi:nil=\"false\"/>", "enableExternalClientApps invalid"),
        (
            "twice",
            "<enableExternalClientApps xsi:nil=\"true\"/><enableExternalClientApps xsi:nil=\"true\"/>",
            "is duplicated",
        ),
    ] {
        let problems = deploy("ExternalClientApp", &nil(elements)).problems();
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{rule}: {problems:?}");
    }
    org.shop();
    let app = "<label xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>";
    let problems = org.deploy(&Package::new().with(APP, "Shop", app)).problems();
    assert!(
        problems.iter().any(|problem| problem.contains("not emulated: xsi:nil on the element label")),
        "{problems:?}"
    );

    let empty = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ExternalClientAppSettings xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>\n";
    assert_eq!(deploy("ExternalClientApp", empty).status(), "Succeeded");
    let names: serde_json::Map<String, serde_json::Value> =
        org.components()["ExternalClientAppSettings"]["ExternalClientApp"]
            .as_object()
            .unwrap()
            .keys()
            .map(|name| (name.clone(), serde_json::Value::Null))
            .collect();
    org.admin(
        "PATCH",
        "components/ExternalClientAppSettings/ExternalClientApp",
        &serde_json::Value::Object(names).to_string(),
    );
    assert_eq!(read("ExternalClientApp"), empty);
}

#[test]
fn the_deprecated_policy_element_exists_only_in_versions_61_to_63() {
    let org = start();
    let sent = folder("portal", "00DEM0000000001");
    assert_eq!(org.deploy(&package(&sent, 63)).status(), "Succeeded");
    let policies = [(OAUTH_POLICIES, "PortalSettings_defaultPolicy")];
    for (version, exists) in [(60, false), (61, true), (63, true), (64, false), (NEWEST_API_VERSION, false)] {
        let shown = org
            .retrieve(&policies, version)
            .files
            .values()
            .any(|text| text.contains("<isNamedUserJwtEnabled>true<"));
        assert_eq!(shown, exists, "{version}");
    }
    let problems = org.deploy(&package(&sent, 66)).problems();
    assert!(problems.iter().any(|problem| problem.contains("isNamedUserJwtEnabled invalid")), "{problems:?}");
}
