//! The rules across several files, and those for the package itself. Each rule is broken once, and the violation must
//! be rejected with a reason.

use crate::client::{APP, APP_POLICIES, GLOBAL, NS, OAUTH, OAUTH_POLICIES, Package, file, start};
use crate::strictness::{PARENT, POLICY, app, global, one, reject_all};

#[test]
fn inconsistent_files_are_rejected() {
    let orphan = "<externalClientApplication>Nobody</externalClientApplication>";
    reject_all(vec![
        ("unknown app", one(OAUTH, "Nobody_oauth", orphan), "3 INVALID_CROSS_REFERENCE_KEY"),
        (
            "letter case of the app",
            one(OAUTH, "shop_oauth", "<externalClientApplication>shop</externalClientApplication>"),
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        (
            "global without settings",
            app("<label>x</label>").with(APP, "Bare", "").with(
                GLOBAL,
                "Bare_global",
                "<externalClientApplication>Bare</externalClientApplication>",
            ),
            "a valid OAuth settings configuration",
        ),
        (
            "policies without settings",
            Package::new().with(APP, "Bare", "").with(
                OAUTH_POLICIES,
                "Bare_policy",
                "<externalClientApplication>Bare</externalClientApplication>",
            ),
            "a valid OAuth settings configuration",
        ),
        ("second settings", one(OAUTH, "Second", PARENT), "duplicate value found"),
        ("second global", one(GLOBAL, "Second", PARENT), "duplicate value found"),
        ("second policies", one(OAUTH_POLICIES, "Second", PARENT), "duplicate value found"),
        (
            "second app policies",
            one(APP_POLICIES, "Second", &format!("{PARENT}<isEnabled>true</isEnabled>")),
            "duplicate value found",
        ),
        (
            "move to another app",
            Package::new().with(APP, "Other", "").with(
                OAUTH,
                "Shop_oauth",
                "<externalClientApplication>Other</externalClientApplication>",
            ),
            "not emulated: moving",
        ),
        ("name with a dash", Package::new().with(APP, "My-App", ""), "can only contain underscores"),
        ("name with two underscores", Package::new().with(APP, "My__App", ""), "two consecutive underscores"),
        ("name that begins with a digit", Package::new().with(APP, "1App", ""), "begin with a letter"),
        (
            "name that ends with an underscore",
            Package::new().with(APP, "App_", ""),
            "not end with an underscore",
        ),
        ("name in other letter case", Package::new().with(APP, "SHOP", ""), "DUPLICATE_DEVELOPER_NAME"),
        (
            "guest without JWT",
            global("<isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>").with(
                OAUTH_POLICIES,
                POLICY,
                &format!("{PARENT}<isGuestCodeCredFlowEnabled>true</isGuestCodeCredFlowEnabled>"),
            ),
            "isGuestCodeCredFlowEnabled needs isNamedUserJwtEnabled",
        ),
        (
            "guest without the flow",
            global("<isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>").with(
                OAUTH_POLICIES,
                POLICY,
                &format!("{PARENT}<isGuestCodeCredFlowEnabled>true</isGuestCodeCredFlowEnabled>"),
            ),
            "isGuestCodeCredFlowEnabled needs isCodeCredFlowEnabled",
        ),
        (
            "timeout for named users without JWT",
            global("").with(
                OAUTH_POLICIES,
                POLICY,
                &format!(
                    "{PARENT}<namedUserJwtSessionTimeoutType>UserSession</namedUserJwtSessionTimeoutType>"
                ),
            ),
            "Invalid plugin settings",
        ),
    ]);
}

#[test]
fn invalid_packages_are_rejected() {
    let shop_file = file(APP, "<label>x</label>");
    reject_all(vec![
        (
            "file that is not named",
            Package::new().file("externalClientApps/Shop.eca", &shop_file),
            "Not in package.xml",
        ),
        ("member without a file", app("").member(APP, "Gone"), "was named in package.xml, but was not found"),
        (
            "ending of the source format",
            Package::new().member(APP, "Shop").file("externalClientApps/Shop.eca-meta.xml", &shop_file),
            "-meta.xml",
        ),
        (
            "wrong ending",
            Package::new().member(APP, "Shop").file("externalClientApps/Shop.externalClientApp", &shop_file),
            "not of a known metadata type",
        ),
        (
            "wrong directory",
            Package::new().member(APP, "Shop").file("extlClntAppPolicies/Shop.eca", &shop_file),
            "not of a known metadata type",
        ),
        (
            "directory that is not emulated",
            app("").file("classes/A.cls", "x"),
            "not emulated: files in classes/",
        ),
        (
            "type that is not emulated",
            app("").member("ApexClass", "A"),
            "not emulated: the metadata type ApexClass",
        ),
        (
            "type that the version does not have",
            app("").member("ExtlClntAppCanvasSettings", "A").at(65),
            "Unknown type name",
        ),
        (
            "no package.xml",
            Package::new().file("x/package.xml", "").file("y/package.xml", ""),
            "several packages",
        ),
        (
            "package.xml that is not XML",
            Package::new().file("package.xml", "<Package"),
            "1 Error parsing file",
        ),
        (
            "package.xml without a namespace",
            Package::new().file("package.xml", "<Package><version>66.0</version></Package>"),
            "root element",
        ),
        (
            "package.xml without a version",
            Package::new().file("package.xml", &format!("<Package xmlns=\"{NS}\"/>")),
            "Required field is missing: version",
        ),
        (
            "version that is none",
            Package::new()
                .file("package.xml", &format!("<Package xmlns=\"{NS}\"><version>66</version></Package>")),
            "not an API version",
        ),
        (
            "unknown element of package.xml",
            Package::new()
                .file("package.xml", &format!("<Package xmlns=\"{NS}\"><versions>66.0</versions></Package>")),
            "versions invalid at this location in type Package",
        ),
        ("wildcard in deletions", Package::new().delete(&[(APP, "*")]), "Wildcards"),
        (
            "deletion of policies alone",
            Package::new().delete(&[(OAUTH_POLICIES, POLICY)]),
            "not emulated: deleting",
        ),
        (
            "deletion of settings of the org",
            Package::new().delete(&[("Settings", "OauthOidc")]),
            "Settings can",
        ),
    ]);
}

#[test]
fn alphabetical_order_can_be_required() {
    let org = start();
    org.shop();
    let package = app("<label>x</label>\n<description>x</description>");
    assert_eq!(org.deploy(&package).status(), "Succeeded");
    org.admin("PATCH", "org", r#"{"alphabetical": true}"#);
    assert_eq!(org.deploy(&package).status(), "Failed");
    assert_eq!(org.deploy(&app("<description>x</description>\n<label>x</label>")).status(), "Succeeded");
}

#[test]
fn the_code_and_credentials_flow_requires_the_org_setting() {
    let org = start();
    org.admin("PATCH", "org", r#"{"codeCredFlow": false}"#);
    let deployed = org.deploy(&Package::shop());
    assert!(deployed.problems()[0].contains("isn't enabled for your org"), "{:?}", deployed.problems());
}
