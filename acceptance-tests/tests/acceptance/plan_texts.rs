//! Warnings and errors from plans with dangerous changes, in the output that Terraform shows to a user.
//!
//! `lockout` contains most tests of the warning about users who lose access to an app.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::Workspace;

pub const BASE: &str = r#"
resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app                 = salesforce_external_client_app.shop.id
  callback_urls                       = ["https://shop.example.com/callback", "https://old.example.com/callback"]
  oauth_scopes                        = ["Api", "OpenID", "RefreshToken"]
  certificate                         = {certificate_1}
  code_credential_flow_enabled        = true
  code_credential_post_only           = false
  named_user_jwt_enabled              = false
  pkce_required                       = true
  secret_required_for_refresh_token   = false
  secret_required_for_web_server_flow = false
  token_exchange_enabled              = true
  secret_required_for_token_exchange  = false
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app                = salesforce_external_client_app_oauth_settings.shop.id
  enabled                            = true
  guest_code_credential_flow_enabled = false
  guest_jwt_session_timeout_type     = "Custom"
  guest_jwt_timeout_minutes          = 30
  ip_relaxation                      = "Bypass"
  oauth_plugin_enabled               = true
}

resource "salesforce_external_client_app" "till" {
  name  = "Till"
  label = "Till"
}

resource "salesforce_external_client_app_oauth_settings" "till" {
  external_client_app = salesforce_external_client_app.till.id
  pkce_required       = false
}
"#;

/// The edits of the base configuration, and the expected text of the plan.
pub struct Case {
    pub edits: &'static [(&'static str, &'static str)],
    expected: &'static [&'static str],
}

const fn case(edits: &'static [(&'static str, &'static str)], expected: &'static [&'static str]) -> Case {
    Case { edits, expected }
}

const SUPPRESS: &str = "suppress_warnings = [\"";

pub const WARNINGS: &[Case] = &[
    case(
        &[("pkce_required       = false", "pkce_required = true")],
        &[
            "Existing clients may fail",
            "\"Till\": every authorization request",
            "code_challenge",
            "code_verifier",
            SUPPRESS,
        ],
    ),
    case(
        &[("secret_required_for_web_server_flow = false", "secret_required_for_web_server_flow = true")],
        &["Existing clients may fail", "\"Shop\": ", "web server flow", "client_secret", SUPPRESS],
    ),
    case(
        &[("secret_required_for_refresh_token   = false", "secret_required_for_refresh_token = true")],
        &["Existing clients may fail", "refresh", "client_secret", SUPPRESS],
    ),
    case(
        &[("secret_required_for_token_exchange  = false", "secret_required_for_token_exchange = true")],
        &["Existing clients may fail", "token exchange", "client_secret", SUPPRESS],
    ),
    case(
        &[("code_credential_post_only           = false", "code_credential_post_only = true")],
        &["Existing clients may fail", "in the body of a POST", SUPPRESS],
    ),
    case(
        &[(", \"https://old.example.com/callback\"]", "]")],
        &["Existing clients may fail", "logins that redirect to https://old.example.com/callback", SUPPRESS],
    ),
    case(
        &[("\"Api\", \"OpenID\", ", "\"Api\", ")],
        &["Existing clients may fail", "can no longer request tokens with OpenID", SUPPRESS],
    ),
    case(
        &[("code_credential_flow_enabled        = true", "code_credential_flow_enabled = false")],
        &["Flow will be disabled", "headless login", "guest access", SUPPRESS],
    ),
    case(
        &[("  enabled                            = true", "  enabled = false")],
        &["App will be disabled", "all logins and all use", SUPPRESS],
    ),
    case(
        &[("oauth_plugin_enabled               = true", "oauth_plugin_enabled = false")],
        &["App will be disabled", "all OAuth flows", SUPPRESS],
    ),
    case(
        &[("named_user_jwt_enabled              = false", "named_user_jwt_enabled = true")],
        &[
            "New tokens are JWTs",
            "in API versions earlier than 68.0, the SOAP API rejects JWT",
            "session_timeout_minutes",
            SUPPRESS,
        ],
    ),
    case(
        &[
            ("named_user_jwt_enabled              = false", "named_user_jwt_enabled = true"),
            ("guest_code_credential_flow_enabled = false", "guest_code_credential_flow_enabled = true"),
        ],
        &[
            "Anonymous access",
            "users who are not authenticated get access tokens",
            "oauth_scopes",
            "guest_jwt_session_timeout_type = Custom, guest_jwt_timeout_minutes = 30",
            SUPPRESS,
        ],
    ),
    case(
        &[("{certificate_1}", "{certificate_2}")],
        &[
            "Certificate changes",
            "\"Shop\": the certificate changes from {fingerprint_1} (valid until",
            "to {fingerprint_2} (valid until",
            SUPPRESS,
        ],
    ),
    case(
        &[("  ip_relaxation                      = \"Bypass\"\n", "")],
        &[
            "Access control attribute no longer managed",
            "ip_relaxation is no longer managed. Its value in the org remains Bypass",
            SUPPRESS,
        ],
    ),
    case(
        &[("name  = \"Till\"", "name = \"Desk\"")],
        &[
            "Consumer key will be destroyed",
            "Deleting the app \"Till\" destroys the consumer key (the client ID) and all its tokens",
            "gets a new consumer key",
            "To change the name that users see, change label",
            SUPPRESS,
        ],
    ),
    case(
        &[("pkce_required                       = true", "pkce_required = false")],
        &[
            "Questionable attribute combination",
            "Without a consumer secret and PKCE",
            "pkce_required = true",
            SUPPRESS,
        ],
    ),
];

pub const ERRORS: &[Case] = &[
    case(
        &[("guest_code_credential_flow_enabled = false", "guest_code_credential_flow_enabled = true")],
        &[
            "Conflicting settings and policies",
            "\"Shop\"",
            "named_user_jwt_enabled = false. Set it to true in the OAuth settings",
        ],
    ),
    case(
        &[
            ("guest_code_credential_flow_enabled = false", "guest_code_credential_flow_enabled = true"),
            ("named_user_jwt_enabled              = false", "named_user_jwt_enabled = true"),
            ("code_credential_flow_enabled        = true", "code_credential_flow_enabled = false"),
        ],
        &[
            "Conflicting settings and policies",
            "\"Shop\"",
            "code_credential_flow_enabled = false. Set it to true in the OAuth settings",
        ],
    ),
    case(
        &[(
            "  enabled                            = true",
            "  permitted_users = \"AdminApprovedPreAuthorized\"",
        )],
        &["Invalid attribute combination", "no user can log in", "Set permission_sets or profiles"],
    ),
];

/// The placeholders in braces and their values.
pub fn words() -> Vec<(&'static str, String)> {
    let create = || {
        let certificate = rcgen::generate_simple_self_signed(vec!["shop.example.com".to_owned()]);
        let certificate = certificate.expect("a certificate").cert;
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate.der());
        let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        (serde_json::json!(certificate.pem()).to_string(), pairs.join(":"))
    };
    let (first, second) = (create(), create());
    vec![
        ("{certificate_1}", first.0),
        ("{certificate_2}", second.0),
        ("{fingerprint_1}", first.1),
        ("{fingerprint_2}", second.1),
    ]
}

pub fn filled(text: &str, words: &[(&str, String)]) -> String {
    words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
}

#[track_caller]
pub fn edited(case: &Case) -> String {
    case.edits.iter().fold(BASE.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} occurs once in the base");
        text.replace(from, to)
    })
}

#[test]
fn dangerous_changes_are_reported_in_the_plan() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let words = words();
    workspace.configure(&filled(BASE, &words));
    let run = workspace.apply().succeeded();
    assert!(!run.contains("Anonymous access") && !run.contains("Existing clients may fail"), "{run}");
    workspace.assert_empty_plan();
    let plan = ["plan", "-no-color", "-input=false", "-lock=false", "-refresh=false"];
    let mut problems = Vec::new();
    for (cases, code) in [(WARNINGS, Some(0)), (ERRORS, Some(1))] {
        for case in cases {
            workspace.configure(&filled(&edited(case), &words));
            let run = workspace.run(&plan);
            let missing: Vec<String> = case
                .expected
                .iter()
                .map(|text| filled(text, &words))
                .filter(|text| !run.contains(text))
                .collect();
            if run.code != code || !missing.is_empty() {
                problems.push(format!("{:?}: {missing:#?} in {run}", case.edits));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn destroys_and_replacements_warn_about_the_consumer_key_and_policies() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(&filled(BASE, &words()));
    workspace.apply().succeeded();
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    let app = "salesforce_external_client_app.shop";
    let settings = "salesforce_external_client_app_oauth_settings.shop";
    let policies = "salesforce_external_client_app_policies.shop";
    let with = |more: &[&str]| workspace.run(&[&plan, more].concat()).succeeded();
    with(&["-destroy"]).containing("Consumer key will be destroyed").containing("Policies remain in the org");
    with(&["-destroy", "-target", policies]).containing("would give every user access again");
    for address in [app, settings] {
        with(&["-replace", address])
            .containing("Consumer key will be destroyed")
            .containing("Give every client the new key");
    }
}

/// Terraform shows only the first of several warnings with the same summary, and counts the rest.
#[test]
fn attributes_no_longer_managed_are_one_warning_that_lists_access_first() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let policies = r#"
resource "salesforce_external_client_app_policies" "shop" {
  external_client_app                = salesforce_external_client_app_oauth_settings.shop.id
  permitted_users                    = "AdminApprovedPreAuthorized"
  permission_sets                    = ["Shop_Customer"]
  profiles                           = []
  ip_relaxation                      = "Bypass"
  session_timeout_minutes            = 35
  named_user_jwt_session_timeout_type = ""
  start_page                         = "None"
}
"#;
    let settings = r#"
resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id
  label               = "Shop's"
}
"#;
    let (head, rest) = policies.split_once("  permitted_users").expect("the policies");
    let (_, tail) = rest.split_once("\"None\"\n").expect("the policies");
    workspace.configure(&format!("{settings}{policies}"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();

    let settings = settings.replace("  label               = \"Shop's\"\n", "");
    workspace.configure(&format!("{settings}{head}{tail}"));
    let run = workspace.run(&["plan", "-no-color", "-input=false", "-lock=false"]).succeeded();
    let words = run.words();
    let all = [
        "permitted_users is no longer managed. Its value in the org remains AdminApprovedPreAuthorized.",
        "permission_sets is no longer managed. Its value in the org remains Shop_Customer.",
        "ip_relaxation is no longer managed. Its value in the org remains Bypass.",
        "session_timeout_minutes is no longer managed. Its value in the org remains 35.",
        "start_page is no longer managed. Its value in the org remains None.",
        "label is no longer managed. Its value in the org remains Shop's.",
    ];
    let places: Vec<usize> =
        all.iter().map(|text| words.find(text).unwrap_or_else(|| panic!("{text}: {run}"))).collect();
    assert!(places.iter().take(5).is_sorted(), "access comes first: {run}");
    assert!(!run.contains("more similar warning"), "{run}");
    for empty in ["profiles", "named_user_jwt_session_timeout_type"] {
        assert!(!run.contains(&format!("{empty} is no longer managed")), "it has no value in the org: {run}");
    }
}

/// New policies for an existing app can lock users out. New policies for a new app cannot.
#[test]
fn new_policies_of_an_existing_app_warn_about_users_who_lose_access() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let policies = |app: &str| {
        format!(
            r#"
resource "salesforce_external_client_app_policies" "shop" {{
  external_client_app = {app}
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}}
"#
        )
    };
    let (all, _) = BASE.split_once("resource \"salesforce_external_client_app\" \"till\"").expect("the base");
    let (app, _) = all.split_once("resource \"salesforce_external_client_app_policies\"").expect("the base");
    let app = filled(app, &words());
    let by_id = policies("salesforce_external_client_app_oauth_settings.shop.id");

    workspace.configure(&format!("{app}{by_id}"));
    let run = workspace.apply().succeeded();
    assert!(!run.contains("Users lose access"), "a new app has no users: {run}");
    workspace.destroy().succeeded();

    workspace.configure(&app);
    workspace.apply().succeeded();
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    for policies in [by_id, policies("\"Shop\"")] {
        workspace.configure(&format!("{app}{policies}"));
        let run = workspace.run(&plan).succeeded();
        run.containing("Users lose access to an app")
            .containing(
                "\"Shop\": permitted_users changes from its current value to AdminApprovedPreAuthorized",
            )
            .containing("On apply, users without Shop_Customer");
    }
}

/// Terraform ignores the warnings about the app in a plan with -replace, so only the apply reports the loss of the key.
#[test]
fn replacing_an_app_without_managed_settings_reports_the_loss_of_its_key() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let (all, _) = BASE.split_once("resource \"salesforce_external_client_app_policies\"").expect("the base");
    let all = filled(all, &words());
    workspace.configure(&all);
    workspace.apply().succeeded();
    workspace.run(&["state", "rm", "salesforce_external_client_app_oauth_settings.shop"]).succeeded();
    let (app, _) =
        all.split_once("resource \"salesforce_external_client_app_oauth_settings\"").expect("the base");
    workspace.configure(app);
    let replace = "-replace=salesforce_external_client_app.shop";
    workspace
        .run(&["apply", "-no-color", "-input=false", "-auto-approve", replace])
        .succeeded()
        .containing("Consumer key was destroyed")
        .containing("Give every client the new key");
    // The app no longer has a key.
    let run = workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", replace]).succeeded();
    assert!(!run.contains("Consumer key was destroyed"), "{run}");
}

/// The plan also reports anonymous access to a new app. A suppressed warning is not shown.
#[test]
fn anonymous_access_to_a_new_app_is_reported_unless_suppressed() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let guests = BASE
        .replace("named_user_jwt_enabled              = false", "named_user_jwt_enabled = true")
        .replace("guest_code_credential_flow_enabled = false", "guest_code_credential_flow_enabled = true");
    workspace.configure(&filled(&guests, &words()));
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace
        .run(&plan)
        .succeeded()
        .containing("Anonymous access")
        .containing("guest_jwt_timeout_minutes = 30");
    workspace.set("SALESFORCE_SUPPRESS_WARNINGS", "anonymous-access, no-such-thing");
    let run = workspace.run(&plan).succeeded();
    assert!(!run.contains("Anonymous access"), "{run}");
    run.containing("Unknown warning ID").containing("that do not belong to any warning: \"no-such-thing\"");
}
