//! Policies in the package that creates their app, and rules across several files of an app. The rules check the final
//! state, regardless of the order of the files.

use crate::client::{APP, APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Org, Package, start};

const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";
const DEFAULT: &str = "Shop_oauth_defaultPolicy";
const APP_DEFAULT: &str = "Shop_defaultPolicy";

fn switched(switch: &str) -> Org {
    let org = start();
    org.admin("PATCH", "org", switch);
    org
}

fn with_parent(elements: &str) -> String {
    format!("{PARENT}{elements}")
}

fn app_policies(package: Package, name: &str) -> Package {
    package.with(APP_POLICIES, name, &with_parent("<isEnabled>false</isEnabled>"))
}

fn oauth_policies(package: Package, name: &str) -> Package {
    package.with(
        OAUTH_POLICIES,
        name,
        &with_parent("<ipRelaxationPolicyType>Bypass</ipRelaxationPolicyType>"),
    )
}

/// Reverses the order of the files and members of a package.
fn backwards(package: &Package) -> Package {
    let mut package = package.clone();
    package.files.reverse();
    package.members.reverse();
    package
}

fn names(org: &Org, kind: &str) -> Vec<String> {
    org.components()[kind].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn each_policy_file_of_the_creating_package_replaces_only_its_own_default() {
    for (has_oauth, has_app) in [(false, false), (true, false), (false, true), (true, true)] {
        for reversed in [false, true] {
            let org = start();
            let mut package = Package::shop();
            if has_oauth {
                package = oauth_policies(package, "Shop_oauthPlcy");
            }
            if has_app {
                package = app_policies(package, "Shop_plcy");
            }
            let deployed = org.deploy(&if reversed { backwards(&package) } else { package });
            assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
            let expected =
                |has: bool, own: &str, default: &str| [if has { own } else { default }.to_string()].to_vec();
            assert_eq!(
                names(&org, OAUTH_POLICIES),
                expected(has_oauth, "Shop_oauthPlcy", DEFAULT),
                "{has_oauth} {has_app} {reversed}"
            );
            assert_eq!(
                names(&org, APP_POLICIES),
                expected(has_app, "Shop_plcy", APP_DEFAULT),
                "{has_oauth} {has_app} {reversed}"
            );
        }
    }
}

#[test]
fn own_policies_can_have_the_names_of_the_default_policies() {
    let org = start();
    let package = app_policies(oauth_policies(Package::shop(), DEFAULT), APP_DEFAULT);
    assert_eq!(org.deploy(&package).status(), "Succeeded");
    assert_eq!(org.components()[OAUTH_POLICIES][DEFAULT]["ipRelaxationPolicyType"], "Bypass");
    assert_eq!(org.components()[APP_POLICIES][APP_DEFAULT]["isEnabled"], "false");
}

#[test]
fn a_second_policy_file_is_rejected_in_any_position() {
    type Add = fn(Package, &str) -> Package;
    for (add, default) in [(oauth_policies as Add, DEFAULT), (app_policies as Add, APP_DEFAULT)] {
        for package in [
            add(add(Package::shop(), "A"), "B"),
            add(add(Package::shop(), "B"), "A"),
            add(add(Package::shop(), default), "A"),
        ] {
            for package in [backwards(&package), package] {
                let org = start();
                let deployed = org.deploy(&package);
                assert_eq!(deployed.status(), "Failed");
                let problems = deployed.problems();
                assert!(problems.len() == 1 && problems[0].contains("duplicate value found"), "{problems:?}");
                assert_eq!(names(&org, APP), Vec::<String>::new(), "atomic");
            }
        }
        let org = start();
        org.shop();
        let problems = org.deploy(&add(Package::new(), "Mine")).problems();
        assert!(problems[0].contains("duplicate value found"), "{problems:?}");
    }
}

#[test]
fn policies_in_the_creating_package_obey_the_same_rules() {
    for (kind, elements, expected) in [
        (OAUTH_POLICIES, "", "Required field is missing: externalClientApplication"),
        (APP_POLICIES, "<isEnabled>true</isEnabled>", "Required field is missing: externalClientApplication"),
        (APP_POLICIES, PARENT, "Required field is missing: isEnabled"),
        (
            APP_POLICIES,
            "<externalClientApplication>Other</externalClientApplication><isEnabled>true</isEnabled>",
            "INVALID_CROSS_REFERENCE_KEY",
        ),
    ] {
        let org = start();
        let deployed = org.deploy(&Package::shop().with(kind, "Own", elements));
        assert_eq!(deployed.status(), "Failed", "{kind} {elements}");
        assert!(deployed.problems()[0].contains(expected), "{:?}", deployed.problems());
        assert_eq!(names(&org, APP), Vec::<String>::new());
    }
}

const GUESTS: &str = "<isGuestCodeCredFlowEnabled>true</isGuestCodeCredFlowEnabled>";
const SESSION: &str = "<namedUserJwtSessionTimeoutType>UserSession</namedUserJwtSessionTimeoutType>";
const JWT: &str = "<isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>";
const FLOW: &str = "<isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>";
const CLIENT: &str = "<isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>";
const EXCHANGE: &str = "<isTokenExchangeFlowEnabled>true</isTokenExchangeFlowEnabled>";
const EXCHANGE_OF_THE_APP: &str = "<isTokenExchangeEnabled>true</isTokenExchangeEnabled>";

type Elements = &'static [&'static str];

/// Elements of the policies, the global settings that they need, and settings that are not sufficient.
const PAIRS: &[(&str, Elements, &[Elements])] = &[
    (GUESTS, &[FLOW, JWT], &[&[], &[FLOW], &[JWT]]),
    (SESSION, &[JWT], &[&[], &[FLOW]]),
    // The rest requires the switch flows_need_settings.
    (CLIENT, &[CLIENT], &[&[], &[EXCHANGE_OF_THE_APP]]),
    (EXCHANGE, &[EXCHANGE_OF_THE_APP], &[&[], &[CLIENT]]),
];

fn with_global(package: Package, flags: &[&str]) -> Package {
    package.with(GLOBAL, "Shop_global", &with_parent(&flags.concat()))
}

fn with_policies(package: Package, elements: &str) -> Package {
    package.with(OAUTH_POLICIES, DEFAULT, &with_parent(elements))
}

fn bare_app() -> Package {
    Package::new().with(APP, "Shop", "<label>Shop</label>").with(OAUTH, "Shop_oauth", PARENT)
}

#[test]
fn dependent_files_are_checked_at_the_end() {
    for (policy, needed, too_few) in PAIRS {
        for reversed in [false, true] {
            let order = |package: Package| if reversed { backwards(&package) } else { package };
            let org = switched(r#"{"flows_need_settings": true}"#);
            let accepts = |what: &str, package: Package| {
                let deployed = org.deploy(&order(package));
                assert_eq!(deployed.status(), "Succeeded", "{policy} {what}: {}", deployed.text);
            };
            let rejects = |what: &str, package: Package| {
                let before = org.components();
                let deployed = org.deploy(&order(package));
                assert_eq!(deployed.status(), "Failed", "{policy} {what}");
                let problems = deployed.problems();
                assert!(
                    problems.len() == 1 && problems[0].contains("Invalid plugin settings"),
                    "{problems:?}"
                );
                assert_eq!(org.components(), before);
            };
            for flags in *too_few {
                rejects(
                    "together, without the requirements",
                    with_policies(with_global(bare_app(), flags), policy),
                );
            }
            // Both files in one package: enabled, disabled, enabled again.
            accepts("enabled together", with_policies(with_global(bare_app(), needed), policy));
            for flags in *too_few {
                if *policy != SESSION {
                    rejects("the settings alone off", with_global(Package::new(), flags));
                }
                rejects(
                    "the settings off, the policies as they are",
                    with_policies(with_global(Package::new(), flags), policy),
                );
            }
            accepts("disabled together", with_policies(with_global(Package::new(), &[]), ""));
            rejects("the policies alone on", with_policies(Package::new(), policy));
            accepts("enabled together again", with_policies(with_global(Package::new(), needed), policy));
            // Each file in a separate package.
            accepts("the policies off", with_policies(Package::new(), ""));
            accepts("the settings off", with_global(Package::new(), &[]));
            accepts("the settings on", with_global(Package::new(), needed));
            accepts("the policies on", with_policies(Package::new(), policy));
        }
    }
}

#[test]
fn crud_calls_obey_the_same_rules() {
    for (policy, needed, too_few) in PAIRS {
        let org = switched(r#"{"flows_need_settings": true}"#);
        assert_eq!(org.deploy(&with_policies(with_global(bare_app(), needed), policy)).status(), "Succeeded");
        let update = |kind: &str, name: &str, elements: &str| {
            let record = format!(
                "<metadata xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">\
                 <fullName>{name}</fullName>{}</metadata>",
                with_parent(elements)
            );
            org.soap(&format!("<updateMetadata>{record}</updateMetadata>")).body
        };
        for flags in too_few.iter().filter(|_| *policy != SESSION) {
            let body = update(GLOBAL, "Shop_global", &flags.concat());
            assert!(body.contains("Invalid plugin settings"), "{policy} {body}");
        }
        assert!(update(OAUTH_POLICIES, DEFAULT, "").contains("<success>true</success>"));
        assert!(update(GLOBAL, "Shop_global", "").contains("<success>true</success>"));
        let body = update(OAUTH_POLICIES, DEFAULT, policy);
        assert!(body.contains("Invalid plugin settings"), "{policy} {body}");
        assert!(update(GLOBAL, "Shop_global", &needed.concat()).contains("<success>true</success>"));
        assert!(update(OAUTH_POLICIES, DEFAULT, policy).contains("<success>true</success>"));
    }
}

#[test]
fn conflicting_files_are_not_committed_without_rollback() {
    let org = start();
    let on = with_policies(with_global(bare_app(), &[FLOW, JWT]), GUESTS);
    assert_eq!(org.deploy(&on).status(), "Succeeded");
    let off = with_global(Package::new().with(APP, "Shop", "<label>New</label>"), &[FLOW]);
    let deployed = org.deploy(&off.option("rollbackOnError", "false"));
    assert_eq!(deployed.status(), "SucceededPartial", "{}", deployed.text);
    let after = org.components();
    assert_eq!(after[APP]["Shop"]["label"], "New");
    assert_eq!(after[GLOBAL]["Shop_global"]["isNamedUserJwtEnabled"], "true");
    // Of the two conflicting files, the policies are rejected and the settings are committed.
    let org = start();
    let both = with_policies(with_global(bare_app(), &[FLOW]), GUESTS).option("rollbackOnError", "false");
    assert_eq!(org.deploy(&both).status(), "SucceededPartial");
    assert_eq!(org.components()[GLOBAL]["Shop_global"]["isCodeCredFlowEnabled"], "true");
    assert_eq!(org.components()[OAUTH_POLICIES][DEFAULT]["isGuestCodeCredFlowEnabled"], "false");
}

#[test]
fn flows_of_the_policies_require_the_settings_only_with_the_switch() {
    let org = start();
    let package = with_policies(with_global(bare_app(), &[]), &[CLIENT, EXCHANGE].concat());
    assert_eq!(org.deploy(&package).status(), "Succeeded");
}

/// A package with policies that have their own names or the names of the default policies.
fn first(own: bool) -> Package {
    let names = if own { ("Shop_oauthPlcy", "Shop_plcy") } else { (DEFAULT, APP_DEFAULT) };
    app_policies(oauth_policies(Package::shop(), names.0), names.1)
}

#[test]
fn an_org_can_create_its_defaults_before_the_policies_of_the_package() {
    let org = switched(r#"{"first_policies": "after_defaults"}"#);
    let deployed = org.deploy(&first(true));
    assert_eq!(deployed.status(), "Failed");
    let problems = deployed.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.contains("duplicate value found")), "{problems:?}");
    assert_eq!(names(&org, APP), Vec::<String>::new());
    // Files with the names of the default policies change the default policies.
    assert_eq!(org.deploy(&first(false)).status(), "Succeeded");
    assert_eq!(org.components()[OAUTH_POLICIES][DEFAULT]["ipRelaxationPolicyType"], "Bypass");
}

#[test]
fn an_org_can_require_the_settings_before_the_policies() {
    let org = switched(r#"{"first_policies": "refused"}"#);
    for own in [true, false] {
        let problems = org.deploy(&first(own)).problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("doesn't have a valid OAuth settings configuration"), "{problems:?}");
    }
    org.shop();
    assert_eq!(org.deploy(&first(false)).status(), "Succeeded");
}

#[test]
fn an_org_can_lose_the_policies_of_the_creating_package() {
    let org = switched(r#"{"first_policies": "lost"}"#);
    for own in [true, false] {
        assert_eq!(org.deploy(&first(own)).status(), "Succeeded");
        assert_eq!(names(&org, OAUTH_POLICIES), [DEFAULT]);
        assert_eq!(names(&org, APP_POLICIES), [APP_DEFAULT]);
        assert_eq!(org.components()[OAUTH_POLICIES][DEFAULT]["ipRelaxationPolicyType"], "Enforce");
        assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Shop")])).status(), "Succeeded");
    }
    // Policies of an existing app can be changed as usual.
    org.shop();
    assert_eq!(org.deploy(&first(false)).status(), "Succeeded");
    assert_eq!(org.components()[OAUTH_POLICIES][DEFAULT]["ipRelaxationPolicyType"], "Bypass");
}
