//! The readiness data source names exactly the gates of headless identity that are closed. It reports unreadable gates
//! as unknown, and never as open.
#![expect(clippy::unwrap_used, reason = "a test fails with a panic, also in its functions")]

use std::collections::{BTreeMap, BTreeSet};

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES as APP_POLICIES};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

const VARIANTS: [&str; 6] = ["login", "passwordless", "registration", "forgot_password", "guest", "refresh"];
const FLOWS: &[&str] = &["login", "passwordless", "registration", "guest"];
const NAMED: &[&str] = &["login", "passwordless", "registration"];

/// An org in which all readable gates are open, for a private client.
fn open_org() -> Emulator {
    let org = Emulator::start();
    let everything = SHOP.replace(
        "permission_sets                    = [\"Shop_Customer\"]",
        "permission_sets = [\"Shop_Customer\"]\n  profiles = [\"Customer Community User\"]",
    );
    let workspace = Workspace::new(&org);
    workspace.step(&everything, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    drop(workspace);
    org
}

/// A workspace with only the readiness data source.
struct DataSource<'org> {
    workspace: Workspace<'org>,
}

impl<'org> DataSource<'org> {
    fn new(org: &'org Emulator, arguments: &str) -> DataSource<'org> {
        let workspace = Workspace::new(org);
        let data_source = DataSource { workspace };
        data_source.configure(arguments);
        data_source
    }

    fn configure(&self, arguments: &str) {
        self.workspace.configure(&format!(
            "data \"salesforce_headless_identity_readiness\" \"it\" {{\n  external_client_app = \"Shop\"\n  {arguments}\n}}\n\
             output \"it\" {{ value = data.salesforce_headless_identity_readiness.it }}\n"
        ));
    }

    fn report(&self) -> Value {
        self.workspace.apply().succeeded();
        let shown = self.workspace.run(&["output", "-json", "it"]).succeeded();
        serde_json::from_str(&shown.stdout).unwrap()
    }
}

const PRIVATE: &str = "site = \"Shop\"\n  client_type = \"private\"";
const PUBLIC: &str = "site = \"Shop\"\n  client_type = \"public\"";

/// The gates in one list of a variant's report.
fn gates(report: &Value, variant: &str, list: &str) -> BTreeSet<String> {
    let entries = report[variant][list].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["gate"].as_str().unwrap().to_owned()).collect()
}

fn status<'a>(report: &'a Value, variant: &str) -> &'a str {
    report[variant]["status"].as_str().unwrap()
}

/// A change that closes gates and can be undone.
enum Flip {
    /// New values for elements of a component. Its type is given first, then the name of its app or its own name.
    Component(&'static str, &'static str, &'static [(&'static str, &'static str)]),
    /// A `PATCH` request to the emulator's admin interface.
    Admin(&'static str, Value),
}

impl Flip {
    /// Applies the change. Returns the requests that undo it.
    fn make(&self, org: &Emulator) -> Vec<(String, Value)> {
        match self {
            Flip::Component(kind, owner, changes) => {
                let component = org.part(kind, owner);
                let path = format!("/components/{kind}/{}", component.name);
                let mut before = serde_json::Map::new();
                let mut after = serde_json::Map::new();
                for (element, value) in *changes {
                    let old = component.text(element);
                    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
                    before.insert((*element).to_owned(), text(&old));
                    after.insert((*element).to_owned(), text(value));
                }
                org.admin("PATCH", &path, Some(&Value::Object(after)));
                vec![(path, Value::Object(before))]
            }
            Flip::Admin(path, changes) => {
                let path = path.replace("{guest}", &org.user("shop.guest"));
                let now = org.admin("GET", &path, None);
                let mut before = serde_json::Map::new();
                for (name, value) in changes.as_object().unwrap() {
                    let old = match value {
                        Value::Object(inner) => {
                            inner.keys().map(|key| (key.clone(), now[name][key].clone())).collect()
                        }
                        _ => now[name].clone(),
                    };
                    before.insert(name.clone(), old);
                }
                org.admin("PATCH", &path, Some(changes));
                vec![(path, Value::Object(before))]
            }
        }
    }
}

/// The description of a change, the change, and the gates that it closes, with the affected variants.
struct Case(&'static str, Flip, &'static [(&'static [&'static str], &'static str)]);

fn cases() -> Vec<Case> {
    let site = |changes: Value| Flip::Admin("/site", changes);
    let auth = |changes: Value| Flip::Admin("/site", json!({ "authApi": changes }));
    vec![
        Case(
            "the flow is disabled in the org",
            Flip::Component("OauthOidcSettings", "OauthOidc", &[("oAuthCdCrdtFlowEnable", "false")]),
            &[(FLOWS, "G1")],
        ),
        Case(
            "the app is disabled",
            Flip::Component(APP_POLICIES, "Shop", &[("isEnabled", "false")]),
            &[(FLOWS, "G3")],
        ),
        Case(
            "OAuth is disabled for the app",
            Flip::Component(APP_POLICIES, "Shop", &[("isOauthPluginEnabled", "false")]),
            &[(FLOWS, "G3")],
        ),
        Case(
            "the flow is disabled in the app",
            Flip::Component(GLOBAL_OAUTH, "Shop", &[("isCodeCredFlowEnabled", "false")]),
            &[(FLOWS, "G4")],
        ),
        Case(
            "all users can authorize themselves",
            Flip::Component(OAUTH_POLICIES, "Shop", &[("permittedUsersPolicyType", "AllSelfAuthorized")]),
            &[(NAMED, "G6")],
        ),
        Case(
            "no permission set and no profile",
            Flip::Component(
                OAUTH_POLICIES,
                "Shop",
                &[("commaSeparatedPermissionSet", ""), ("commaSeparatedProfile", "")],
            ),
            &[(NAMED, "G6")],
        ),
        Case(
            "the permission set has no users",
            Flip::Component(
                OAUTH_POLICIES,
                "Shop",
                &[("commaSeparatedPermissionSet", "Held_By_Nobody"), ("commaSeparatedProfile", "")],
            ),
            &[(NAMED, "G6"), (NAMED, "N6")],
        ),
        Case(
            "the secret is optional",
            Flip::Component(GLOBAL_OAUTH, "Shop", &[("isConsumerSecretOptional", "true")]),
            &[(NAMED, "G8")],
        ),
        Case(
            "a refresh needs no secret",
            Flip::Component(GLOBAL_OAUTH, "Shop", &[("isSecretRequiredForRefreshToken", "false")]),
            &[(&["refresh"], "G9")],
        ),
        Case("no callback", Flip::Component(GLOBAL_OAUTH, "Shop", &[("callbackUrl", "")]), &[(FLOWS, "G10")]),
        Case(
            "no scopes",
            Flip::Component(OAUTH, "Shop", &[("commaSeparatedOauthScopes", "")]),
            &[(&["guest", "refresh"], "G11")],
        ),
        Case(
            "no refresh scope",
            Flip::Component(OAUTH, "Shop", &[("commaSeparatedOauthScopes", "Api, OpenID")]),
            &[(&["refresh"], "G11")],
        ),
        Case(
            "opaque tokens",
            Flip::Component(GLOBAL_OAUTH, "Shop", &[("isNamedUserJwtEnabled", "false")]),
            &[(&["guest"], "G13")],
        ),
        Case(
            "no guests",
            Flip::Component(OAUTH_POLICIES, "Shop", &[("isGuestCodeCredFlowEnabled", "false")]),
            &[(&["guest"], "G14")],
        ),
        Case(
            "custom without minutes",
            Flip::Component(OAUTH_POLICIES, "Shop", &[("guestJwtTimeout", "")]),
            &[(&["guest"], "G15")],
        ),
        Case(
            "no refresh tokens",
            Flip::Component(OAUTH_POLICIES, "Shop", &[("refreshTokenPolicyType", "Zero")]),
            &[(&["refresh"], "G17")],
        ),
        Case(
            "registration is off",
            auth(json!({ "isHeadlessUserRegistrationAllowed": false })),
            &[(&["registration"], "N1")],
        ),
        Case("no handler", auth(json!({ "registrationHandler": null })), &[(&["registration"], "N1")]),
        Case(
            "no execution user",
            auth(json!({ "registrationExecutionUser": null })),
            &[(&["registration"], "N1")],
        ),
        Case(
            "no default profile",
            auth(json!({ "registrationUserDefaultProfile": null })),
            &[(&["registration"], "N1")],
        ),
        Case(
            "passwordless is off",
            auth(json!({ "isPwdlessLoginAllowed": false })),
            &[(&["passwordless"], "N2")],
        ),
        Case(
            "forgot password is off",
            auth(json!({ "isForgotPwdAllowed": false })),
            &[(&["forgot_password"], "N3")],
        ),
        Case(
            "passwordless is off and unprotected",
            auth(json!({ "isPwdlessLoginAllowed": false, "isRecaptchaRequiredPwdlessLogin": false })),
            &[(&["passwordless"], "N2"), (&["passwordless"], "N4")],
        ),
        Case(
            "registration is off and unprotected",
            auth(json!({ "isHeadlessUserRegistrationAllowed": false, "isRecaptchaRequiredRgstr": false })),
            &[(&["registration"], "N1"), (&["registration"], "N4")],
        ),
        Case(
            "forgot password is off and unprotected",
            auth(json!({ "isForgotPwdAllowed": false, "isRecaptchaRequiredForgotPwd": false })),
            &[(&["forgot_password"], "N3"), (&["forgot_password"], "N4")],
        ),
        Case(
            "the site is not activated",
            site(json!({ "status": "UnderConstruction" })),
            &[(&["login", "passwordless", "registration", "forgot_password", "guest"], "N5")],
        ),
        Case("no member profile", site(json!({ "memberProfiles": [] })), &[(NAMED, "N6")]),
        Case(
            "only other profiles are members",
            site(json!({ "memberProfiles": ["Admin"] })),
            &[(NAMED, "N6")],
        ),
        Case(
            "the guest user is inactive",
            Flip::Admin("/users/{guest}", json!({ "active": false })),
            &[(&["guest"], "G14c")],
        ),
    ]
}

#[test]
fn exactly_the_closed_gates_are_named() {
    let org = open_org();
    org.admin("PATCH", "/org", Some(&json!({ "permissionSets": { "Held_By_Nobody": 0 } })));
    let data_source = DataSource::new(&org, PRIVATE);
    let open = data_source.report();
    assert_eq!(open["ready_variants"], json!(["login", "guest", "refresh"]), "{open:#}");
    assert_eq!(open["not_ready_variants"], json!([]), "{open:#}");
    assert_eq!(
        open["unknown_variants"],
        json!(["passwordless", "registration", "forgot_password"]),
        "{open:#}"
    );
    for variant in ["passwordless", "registration", "forgot_password"] {
        assert_eq!(
            gates(&open, variant, "unknown"),
            ["N4".to_owned()].into(),
            "gates that cannot be read: {open:#}"
        );
    }

    let mut closed = BTreeSet::new();
    for Case(what, flip, expected) in cases() {
        let undo = flip.make(&org);
        let report = data_source.report();
        let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (variants, gate) in expected {
            closed.insert(*gate);
            for variant in *variants {
                wanted.entry(variant).or_default().insert((*gate).to_owned());
            }
        }
        for variant in VARIANTS {
            let found = gates(&report, variant, "blocking");
            let wanted = wanted.remove(variant).unwrap_or_default();
            assert_eq!(found, wanted, "{what}: {variant}: {:#}", report[variant]);
            assert_eq!(status(&report, variant) == "not_ready", !wanted.is_empty(), "{what}: {variant}");
            for entry in report[variant]["blocking"].as_array().unwrap() {
                for part in ["field", "actual", "expected", "fix"] {
                    let text = entry[part].as_str().unwrap();
                    assert!(!text.is_empty() && !text.contains('{'), "{what}: {part} is {text:?}");
                }
            }
        }
        for (path, before) in undo {
            org.admin("PATCH", &path, Some(&before));
        }
    }
    assert_eq!(data_source.report(), open, "all gates are open again");
    assert_eq!(closed.len(), 19, "gates closed: {closed:?}");
}

#[test]
fn a_public_client_needs_pkce_and_no_secret() {
    let org = open_org();
    let data_source = DataSource::new(&org, PUBLIC);
    let report = data_source.report();
    assert_eq!(gates(&report, "login", "blocking"), ["G8".to_owned()].into(), "{report:#}");
    assert_eq!(gates(&report, "refresh", "blocking"), ["G9".to_owned()].into(), "{report:#}");
    let public = [("isConsumerSecretOptional", "true"), ("isSecretRequiredForRefreshToken", "false")];
    for (element, value) in public {
        org.edit(GLOBAL_OAUTH, "Shop", element, value);
    }
    assert_eq!(data_source.report()["ready_variants"], json!(["login", "guest", "refresh"]));

    org.edit(GLOBAL_OAUTH, "Shop", "isPkceRequired", "false");
    let report = data_source.report();
    assert_eq!(gates(&report, "login", "blocking"), ["G7".to_owned()].into(), "{report:#}");
    org.edit("OauthOidcSettings", "OauthOidc", "isPkceRequired", "true");
    assert_eq!(
        data_source.report()["ready_variants"],
        json!(["login", "guest", "refresh"]),
        "the org requires PKCE for all apps"
    );

    data_source.configure("site = \"Shop\"");
    let report = data_source.report();
    assert_eq!(
        report["ready_variants"],
        json!(["login", "guest", "refresh"]),
        "without a client type the result is open: {report:#}"
    );
}

#[test]
fn without_a_site_the_gates_of_sites_are_unknown() {
    let org = open_org();
    let data_source = DataSource::new(&org, "client_type = \"private\"");
    let report = data_source.report();
    assert_eq!(report["ready_variants"], json!(["refresh"]), "{report:#}");
    assert_eq!(report["not_ready_variants"], json!([]), "{report:#}");
    let all = |gates: &[&str]| gates.iter().map(|gate| (*gate).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(gates(&report, "login", "unknown"), all(&["N5", "N6"]));
    assert_eq!(gates(&report, "guest", "unknown"), all(&["N5", "G14c"]));
    assert_eq!(gates(&report, "registration", "unknown"), all(&["G6", "N1", "N4", "N5", "N6"]));
    assert!(report["login"]["unknown"][0]["why"].as_str().unwrap().contains("no site is set"));

    // One closed gate makes the login not ready, even if other gates are unknown.
    org.edit(GLOBAL_OAUTH, "Shop", "isCodeCredFlowEnabled", "false");
    assert_eq!(status(&data_source.report(), "login"), "not_ready");
}

#[test]
fn unreadable_gates_are_unknown() {
    let org = open_org();
    let data_source = DataSource::new(&org, PRIVATE);

    org.admin("PATCH", "/org", Some(&json!({ "switches": { "no_sites": true } })));
    let report = data_source.report();
    assert_eq!(report["ready_variants"], json!(["refresh"]), "an org without sites: {report:#}");
    assert_eq!(report["not_ready_variants"], json!([]), "{report:#}");
    org.admin("PATCH", "/org", Some(&json!({ "switches": { "no_sites": false } })));

    org.edit("ExternalClientAppSettings", "ExternalClientApp", "enableConsumerSecretApiAccess", "false");
    let report = data_source.report();
    assert_eq!(report["ready_variants"], json!([]), "the consumer is hidden: {report:#}");
    assert_eq!(report["not_ready_variants"], json!([]), "{report:#}");
    assert!(gates(&report, "login", "unknown").contains("G4"), "{report:#}");
    assert!(gates(&report, "refresh", "unknown").contains("G9"), "{report:#}");
    org.edit("ExternalClientAppSettings", "ExternalClientApp", "enableConsumerSecretApiAccess", "true");

    let admin = org.user("admin");
    let path = format!("/users/{admin}");
    let all = org.admin("GET", &path, None)["permissions"].clone();
    let fewer: Vec<Value> =
        all.as_array().unwrap().iter().filter(|name| **name != "ViewSetup").cloned().collect();
    org.admin("PATCH", &path, Some(&json!({ "permissions": fewer })));
    // Users with a profile can be counted without this permission, but users with a permission set cannot. Without the
    // profile, the gate is unknown.
    org.edit(OAUTH_POLICIES, "Shop", "commaSeparatedProfile", "Standard");
    let policies = org.part(OAUTH_POLICIES, "Shop").name;
    let without_profiles = json!({ "commaSeparatedProfile": null });
    org.admin("PATCH", &format!("/components/{OAUTH_POLICIES}/{policies}"), Some(&without_profiles));
    let report = data_source.report();
    assert!(gates(&report, "login", "unknown").contains("G6"), "users cannot be counted: {report:#}");
    assert_eq!(status(&report, "login"), "unknown", "{report:#}");
}

#[test]
fn arguments_without_a_match_are_errors() {
    let org = open_org();
    let workspace = Workspace::new(&org);
    let plan = |arguments: &str| {
        workspace.configure(&format!(
            "data \"salesforce_headless_identity_readiness\" \"it\" {{\n  {arguments}\n}}\n"
        ));
        workspace.run(&["plan", "-no-color", "-input=false"])
    };
    plan("external_client_app = \"Nobody\"").failed_with("The org has no External Client App");
    plan("external_client_app = \"Shop\"\n  site = \"Nowhere\"")
        .failed_with("The org has no Experience Cloud site");
    plan("external_client_app = \"Shop\"\n  client_type = \"secret\"").failed_with("client_type");
}

#[test]
fn a_check_block_warns_and_names_the_closed_gate() {
    let org = open_org();
    org.edit(GLOBAL_OAUTH, "Shop", "isCodeCredFlowEnabled", "false");
    let workspace = Workspace::new(&org);
    workspace.configure(
        "check \"headless\" {\n  data \"salesforce_headless_identity_readiness\" \"it\" {\n    \
         external_client_app = \"Shop\"\n  }\n  assert {\n    \
         condition     = data.salesforce_headless_identity_readiness.it.login.status == \"ready\"\n    \
         error_message = jsonencode(data.salesforce_headless_identity_readiness.it.login.blocking)\n  }\n}\n",
    );
    let run = workspace.apply().succeeded();
    assert!(run.contains("Check block assertion failed"), "{run}");
    assert!(run.contains("code_credential_flow_enabled = true"), "{run}");
}
