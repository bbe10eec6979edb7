//! Deploys: what they create, what a file replaces, what a deletion also deletes.

use crate::client::{APP, APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Package, between, start};

const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";

#[test]
fn creating_settings_creates_the_policies_and_a_key() {
    let org = start();
    org.shop();
    let components = org.components();
    assert_eq!(components[OAUTH_POLICIES]["Shop_oauth_defaultPolicy"]["refreshTokenValidityPeriod"], "365");
    assert_eq!(components[APP_POLICIES]["Shop_defaultPolicy"]["isOauthPluginEnabled"], "true");
    let key = components[GLOBAL]["Shop_global"]["consumerKey"].as_str().unwrap().to_string();
    assert!(key.starts_with("3MVG9canaryKEY"), "{key}");
    let link = components[OAUTH]["Shop_oauth"]["oauthLink"].as_str().unwrap().to_string();
    assert!(link.starts_with("00DEM0000000001:888"), "{link}");
    // A second deploy keeps the key and the link.
    org.shop();
    let again = org.components();
    assert_eq!(again[GLOBAL]["Shop_global"]["consumerKey"], key);
    assert_eq!(again[OAUTH]["Shop_oauth"]["oauthLink"], link);
}

#[test]
fn policies_of_the_creating_package_replace_the_default_policies() {
    let org = start();
    let deployed = org.deploy(&Package::shop().with(OAUTH_POLICIES, "Mine", PARENT));
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    let policies = org.components()[OAUTH_POLICIES].clone();
    assert_eq!(policies.as_object().unwrap().keys().collect::<Vec<_>>(), ["Mine"]);
    assert_eq!(policies["Mine"]["ipRelaxationPolicyType"], "Enforce");
}

#[test]
fn a_second_policy_file_is_a_duplicate() {
    let org = start();
    org.shop();
    let deployed = org.deploy(&Package::new().with(OAUTH_POLICIES, "Mine", PARENT));
    assert_eq!(deployed.status(), "Failed");
    let id = between(
        &org.soap(&format!("<listMetadata><queries><type>{OAUTH_POLICIES}</type></queries></listMetadata>"))
            .body,
        "<id>",
        "</id>",
    )
    .unwrap();
    assert_eq!(
        deployed.problems(),
        [format!(
            "1 duplicate value found: ExternalClientApplicationId duplicates value on record with id: {}",
            &id[..15]
        )]
    );
    // A file with the name of the existing policies is accepted.
    let own = Package::new().with(
        OAUTH_POLICIES,
        "Shop_oauth_defaultPolicy",
        &format!(
            "<commaSeparatedPermissionSet>0PS000000000001AAA,Shop_Staff</commaSeparatedPermissionSet>{PARENT}"
        ),
    );
    assert_eq!(org.deploy(&own).status(), "Succeeded");
    let sets = org.element(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", "commaSeparatedPermissionSet");
    assert_eq!(sets.as_deref(), Some("Shop_Customer, Shop_Staff"));
}

#[test]
fn a_file_replaces_the_whole_component() {
    let org = start();
    org.shop();
    let certificate = salesforce_emulator::credentials::TEST_ONLY_CERTIFICATE;
    let full = format!(
        "<callbackUrl>https://a.example/\nhttps://b.example/</callbackUrl><certificate>{certificate}</certificate>{PARENT}\
         <idTokenConfig><idTokenIncludeStandardClaims>true</idTokenIncludeStandardClaims></idTokenConfig>\
         <isDeviceFlowEnabled>true</isDeviceFlowEnabled><isPkceRequired>false</isPkceRequired>"
    );
    assert_eq!(org.deploy(&Package::new().with(GLOBAL, "Shop_global", &full)).status(), "Succeeded");
    let global = org.components()[GLOBAL]["Shop_global"].clone();
    assert_eq!(global["callbackUrl"], "https://a.example/\nhttps://b.example/");
    assert_eq!(global["isPkceRequired"], "false");
    assert_eq!(global["isCodeCredFlowEnabled"], "false");
    assert_eq!(global["idTokenConfig"]["idTokenValidityInMinutes"], "2");
    assert_eq!(org.admin("GET", "org", "")["hasCertificate"]["Shop_global"], true);
    let shown = org.element(GLOBAL, "Shop_global", "certificate").unwrap();
    assert_eq!(
        shown,
        certificate.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
    );
    let key = global["consumerKey"].clone();
    assert_eq!(org.deploy(&Package::new().with(GLOBAL, "Shop_global", PARENT)).status(), "Succeeded");
    let global = org.components()[GLOBAL]["Shop_global"].clone();
    assert_eq!(global["isPkceRequired"], "true");
    assert_eq!(global["isDeviceFlowEnabled"], "false");
    assert_eq!(global["consumerKey"], key);
    assert!(global.get("callbackUrl").is_none() && global.get("idTokenConfig").is_none());
    assert_eq!(org.admin("GET", "org", "")["hasCertificate"]["Shop_global"], false);
}

#[test]
fn an_org_settings_file_is_merged() {
    let org = start();
    let text = crate::client::file("OauthOidcSettings", "<isPkceRequired>true</isPkceRequired>");
    let package = Package::new().member("Settings", "OauthOidc").file("settings/OauthOidc.settings", &text);
    let deployed = org.deploy(&package);
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    let settings = org.components()["OauthOidcSettings"]["OauthOidc"].clone();
    assert_eq!(settings["isPkceRequired"], "true");
    assert_eq!(settings["oAuthCdCrdtFlowEnable"], "true");
}

/// A package with one file of org settings.
fn settings(name: &str, text: &str) -> Package {
    Package::new().member("Settings", name).file(&format!("settings/{name}.settings"), text)
}

#[test]
fn errors_in_the_org_settings_are_rejected() {
    let org = start();
    let before = org.components();
    let oidc = |elements: &str| crate::client::file("OauthOidcSettings", elements);
    let apps = |elements: &str| crate::client::file("ExternalClientAppSettings", elements);
    let on = oidc("<isPkceRequired>true</isPkceRequired>");
    for (rule, package, expected) in [
        (
            "unknown element",
            settings("OauthOidc", &oidc("<pkce>true</pkce>")),
            "pkce invalid at this location in type OauthOidcSettings",
        ),
        (
            "newer element",
            settings("OauthOidc", &oidc("<agentAuthLinking>true</agentAuthLinking>")).at(64),
            "agentAuthLinking invalid",
        ),
        (
            "removed element",
            settings("OauthOidc", &oidc("<enableHdlessFgtPswFlow>true</enableHdlessFgtPswFlow>")),
            "enableHdlessFgtPswFlow invalid",
        ),
        (
            "removed element of the other type",
            settings("ExternalClientApp", &apps("<enableExternalClientApps>true</enableExternalClientApps>")),
            "enableExternalClientApps invalid",
        ),
        (
            "no boolean",
            settings("OauthOidc", &oidc("<isPkceRequired>yes</isPkceRequired>")),
            "'yes' is not a valid value for the type xsd:boolean",
        ),
        (
            "twice",
            settings(
                "OauthOidc",
                &oidc("<isPkceRequired>true</isPkceRequired><isPkceRequired>true</isPkceRequired>"),
            ),
            "is duplicated",
        ),
        ("type of the root", settings("OauthOidc", &apps("")), "Error parsing file: Element"),
        (
            "wildcard",
            Package::new().member("Settings", "*").file("settings/OauthOidc.settings", &on),
            "Not in package.xml",
        ),
        (
            "by the name of the type",
            Package::new().member("OauthOidcSettings", "OauthOidc").file("settings/OauthOidc.settings", &on),
            "Not in package.xml",
        ),
        ("settings of another sort", settings("Account", &on), "not of a known metadata type"),
        ("deletion", Package::new().delete(&[("Settings", "OauthOidc")]), "Settings can't be deleted"),
    ] {
        let deployed = org.deploy(&package);
        let problems = deployed.problems();
        assert_eq!(deployed.status(), "Failed", "{rule} was accepted");
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{rule}: {problems:?}");
        assert_eq!(org.components(), before, "{rule}");
    }
}

#[test]
fn org_settings_can_be_read_only_or_hidden() {
    let org = start();
    let members = [("Settings", "OauthOidc")];
    let change = settings("OauthOidc", &crate::client::file("OauthOidcSettings", ""));
    for (access, is_shown, is_accepted) in
        [("read_only", true, false), ("hidden", false, false), ("open", true, true)]
    {
        org.admin("PATCH", "org", &format!("{{\"org_settings\": \"{access}\"}}"));
        let retrieved = org.retrieve(&members, salesforce_emulator::NEWEST_API_VERSION);
        assert_eq!(
            retrieved.files.contains_key("unpackaged/settings/OauthOidc.settings"),
            is_shown,
            "{access}"
        );
        let listed = org.soap("<listMetadata><queries><type>Settings</type></queries></listMetadata>");
        assert_eq!(listed.body.contains("OauthOidc"), is_shown, "{access}");
        assert_eq!(org.deploy(&change).status() == "Succeeded", is_accepted, "{access}");
    }
    let wild = "<retrieve><retrieveRequest><apiVersion>67.0</apiVersion><unpackaged><types><members>*</members>\
                <name>Settings</name></types><version>67.0</version></unpackaged></retrieveRequest></retrieve>";
    assert!(org.soap(wild).body.contains("not emulated: the settings * of an org"));
}

#[test]
fn a_failed_or_check_only_deploy_changes_nothing() {
    let org = start();
    let before = org.components();
    let checked = org.deploy(&Package::shop().option("checkOnly", "true"));
    assert_eq!(checked.status(), "Succeeded");
    assert_eq!(org.components(), before);
    let broken = Package::shop().with(APP, "Other", "<lable>x</lable>");
    let deployed = org.deploy(&broken);
    assert_eq!(deployed.status(), "Failed");
    assert_eq!(org.components(), before);
    // Without rollback, the valid components are committed.
    let partial = org.deploy(&broken.option("rollbackOnError", "false"));
    assert_eq!(partial.status(), "SucceededPartial");
    assert!(org.components()[APP].get("Shop").is_some());
    assert!(org.components()[APP].get("Other").is_none());
}

#[test]
fn an_app_is_deleted_with_its_parts() {
    let org = start();
    org.shop();
    let missing = Package::new().delete(&[(APP, "Shop"), (APP, "Nope")]);
    let deployed = org.deploy(&missing);
    assert_eq!(deployed.status(), "Failed");
    assert_eq!(deployed.problems(), [" No ExternalClientApplication named: Nope found"]);
    assert!(org.components()[APP].get("Shop").is_some());
    let deployed = org.deploy(&missing.option("ignoreWarnings", "true"));
    assert_eq!(deployed.status(), "Succeeded");
    assert!(deployed.text.contains("<problemType>Warning</problemType><success>true</success>"));
    let remaining = org.components();
    for kind in [APP, OAUTH, GLOBAL, OAUTH_POLICIES, APP_POLICIES] {
        assert!(remaining.get(kind).is_none(), "{kind} {remaining}");
    }
}

#[test]
fn an_app_can_be_deleted_together_with_its_parts_by_name() {
    let org = start();
    org.shop();
    let deployed = org.deploy(&Package::new().delete(&[
        (APP, "Shop"),
        (OAUTH, "Shop_oauth"),
        (GLOBAL, "Shop_global"),
        (OAUTH_POLICIES, "Shop_oauth_defaultPolicy"),
        (APP_POLICIES, "Shop_defaultPolicy"),
    ]));
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    assert_eq!(deployed.text.matches("<deleted>true</deleted>").count(), 5);
}

#[test]
fn deleting_the_settings_keeps_the_app() {
    let org = start();
    org.shop();
    let deployed =
        org.deploy(&Package::new().delete(&[(OAUTH, "Shop_oauth"), (APP_POLICIES, "Shop_defaultPolicy")]));
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    let remaining = org.components();
    assert!(
        remaining[APP].get("Shop").is_some()
            && remaining.get(GLOBAL).is_none()
            && remaining.get(OAUTH_POLICIES).is_none()
    );
    org.shop();
    assert!(org.components()[APP_POLICIES].get("Shop_defaultPolicy").is_some());
}

#[test]
fn a_rotation_requires_ignored_warnings_and_creates_new_values() {
    let org = start();
    org.shop();
    let before = org.components()[GLOBAL]["Shop_global"].clone();
    let rotate = Package::new().with(
        GLOBAL,
        "Shop_global",
        &format!(
            "{PARENT}<shouldRotateConsumerKey>true</shouldRotateConsumerKey>\
                  <shouldRotateConsumerSecret>true</shouldRotateConsumerSecret>"
        ),
    );
    assert_eq!(org.deploy(&rotate).status(), "Failed");
    assert_eq!(org.components()[GLOBAL]["Shop_global"], before);
    assert_eq!(org.deploy(&rotate.option("ignoreWarnings", "true")).status(), "Succeeded");
    let after = org.components()[GLOBAL]["Shop_global"].clone();
    assert_ne!(after["consumerKey"], before["consumerKey"]);
    assert_ne!(after["consumerSecret"], before["consumerSecret"]);
    let secrets = org.admin("GET", "secrets", "").to_string();
    assert!(secrets.contains(before["consumerSecret"].as_str().unwrap()), "old secrets stay in the list");
}

#[test]
fn the_package_can_be_in_a_folder() {
    let org = start();
    let mut package = Package::shop();
    let manifest = crate::client::manifest(&package.members, 66);
    package.files.push(("package.xml".to_string(), manifest));
    for (path, _) in &mut package.files {
        *path = format!("zip/{path}");
    }
    let deployed = org.deploy(&package);
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    assert!(deployed.text.contains("<fileName>zip/externalClientApps/Shop.eca</fileName>"));
}

#[test]
fn a_link_to_another_orgs_consumer_requires_a_packaged_app() {
    let org = start();
    let linked = |state: &str| {
        Package::new().with(APP, "Linked", &format!("<distributionState>{state}</distributionState>")).with(
            OAUTH,
            "Linked_oauth",
            "<externalClientApplication>Linked</externalClientApplication><oauthLink>00D000000000009:888000000000009</oauthLink>",
        )
    };
    let rejected = org.deploy(&linked("Local"));
    assert!(rejected.problems()[0].contains("distribution state PACKAGED"), "{}", rejected.text);
    let accepted = org.deploy(&linked("Packaged"));
    assert_eq!(accepted.status(), "Succeeded", "{}", accepted.text);
    let global = Package::new().with(
        GLOBAL,
        "Linked_global",
        "<externalClientApplication>Linked</externalClientApplication>",
    );
    assert_eq!(org.deploy(&global).status(), "Failed");
}
