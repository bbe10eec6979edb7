//! Equivalent values cause no permanent difference, whichever form the configuration or the org contains.

use super::subject::words;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const APP: &str = "
resource \"salesforce_external_client_app\" \"a\" {
  name  = \"Shop\"
  label = \"Shop\"
}
";

/// Two apps with the same attributes: one is managed in parts, the other as `salesforce_oauth_client`.
fn configuration(settings: &str, policies: &str) -> String {
    let client = format!(
        "resource \"salesforce_oauth_client\" \"a\" {{\n  name  = \"Whole\"\n  label = \"Whole\"\n{settings}\n  \
         policies {{\n{policies}\n  }}\n}}\n"
    );
    format!(
        "{APP}\n{client}resource \"salesforce_external_client_app_oauth_settings\" \"a\" {{\n  external_client_app = \
         salesforce_external_client_app.a.id\n{settings}\n}}\n\
         resource \"salesforce_external_client_app_policies\" \"a\" {{\n  external_client_app = \
         salesforce_external_client_app_oauth_settings.a.id\n{policies}\n}}\n"
    )
}

/// Applies each form in turn, and the first one again at the end. The plan is empty after each apply.
fn all_have_an_empty_plan(forms: &[(&str, &str)]) {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let words = words(&org);
    for (settings, policies) in forms.iter().chain(forms.first()) {
        let mut text = configuration(settings, policies);
        for (word, value) in &words {
            text = text.replace(word, value);
        }
        workspace.configure(&text);
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
    }
}

#[test]
fn documented_equivalents_of_scopes_have_an_empty_plan() {
    all_have_an_empty_plan(&[
        ("oauth_scopes = [\"Basic\", \"OfflineAccess\"]", ""),
        ("oauth_scopes = [\"Address\", \"Email\", \"Phone\", \"Profile\", \"RefreshToken\"]", ""),
        ("oauth_scopes = [\"RefreshToken\", \"OfflineAccess\", \"Basic\", \"Email\"]", ""),
    ]);
}

#[test]
fn the_form_of_scopes_in_the_org_is_not_drift() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(&configuration("oauth_scopes = [\"Basic\", \"OfflineAccess\"]", ""));
    workspace.apply().succeeded();
    for theirs in
        ["Address, Email, Phone, Profile, RefreshToken", "Basic,OfflineAccess", "RefreshToken, Basic"]
    {
        org.edit(OAUTH, "Shop", "commaSeparatedOauthScopes", theirs);
        workspace.assert_empty_plan();
    }
}

#[test]
fn permission_sets_by_name_and_by_id_are_equivalent() {
    let org = Emulator::start();
    let ids: Vec<String> = org.admin("GET", "/org", None)["permissionSets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|set| set["name"] != "Integration")
        .map(|set| set["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let short: Vec<&str> = ids.iter().map(|id| &id[..15]).collect();
    for sets in [
        json!(ids),
        json!(["Shop_Staff", "Shop_Customer"]),
        json!(short),
        json!(["Shop_Customer", "Shop_Staff"]),
    ] {
        let policies = format!("permitted_users = \"AdminApprovedPreAuthorized\"\npermission_sets = {sets}");
        workspace.configure(&configuration("", &policies));
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        assert_eq!(
            org.part(OAUTH_POLICIES, "Shop").text("commaSeparatedPermissionSet"),
            "Shop_Customer, Shop_Staff"
        );
    }
    for theirs in ["Shop_Staff,Shop_Customer", "Shop_Customer , Shop_Staff"] {
        org.edit(OAUTH_POLICIES, "Shop", "commaSeparatedPermissionSet", theirs);
        workspace.assert_empty_plan();
    }
}

#[test]
fn lists_in_another_order_are_equivalent() {
    all_have_an_empty_plan(&[
        (
            "oauth_scopes = [\"Web\", \"Api\"]\ncustom_attributes = { b = \"User.City\", a = \"User.Country\" }\n\
             trusted_ip_range {\n start_ip_address = \"10.0.0.1\"\n end_ip_address = \"10.0.0.2\"\n}\n\
             trusted_ip_range {\n start_ip_address = \"10.0.0.5\"\n end_ip_address = \"10.0.0.6\"\n}",
            "profiles = [\"Standard\", \"Admin\"]",
        ),
        (
            "oauth_scopes = [\"Api\", \"Web\"]\ncustom_attributes = { a = \"User.Country\", b = \"User.City\" }\n\
             trusted_ip_range {\n start_ip_address = \"10.0.0.5\"\n end_ip_address = \"10.0.0.6\"\n}\n\
             trusted_ip_range {\n start_ip_address = \"10.0.0.1\"\n end_ip_address = \"10.0.0.2\"\n}",
            "profiles = [\"Admin\", \"Standard\"]",
        ),
    ]);
}

#[test]
fn line_endings_of_certificates_are_equivalent() {
    all_have_an_empty_plan(&[
        ("certificate = {certificate_1}\nclient_assertion_certificate = {certificate_2}", ""),
        (
            "certificate = replace({certificate_1}, \"\\n\", \"\\r\\n\")\nclient_assertion_certificate = \
             replace({certificate_2}, \"\\n\", \"\\r\\n\")",
            "",
        ),
        (
            "certificate = trimspace({certificate_1})\nclient_assertion_certificate = trimspace({certificate_2})",
            "",
        ),
        (
            "certificate = \"${{certificate_1}}\\n\"\nclient_assertion_certificate = \"${{certificate_2}}\\n\"",
            "",
        ),
    ]);
}

#[test]
fn all_forms_of_a_certificate_are_equivalent() {
    all_have_an_empty_plan(&[
        ("certificate = {certificate_1}", ""),
        ("certificate = \"Subject: CN=a\\n${{certificate_1}}\"", ""),
        ("certificate = \"\\uFEFF${{certificate_1}}\"", ""),
        ("certificate = indent(4, {certificate_1})", ""),
        (
            "certificate = join(\"\", compact([for line in split(\"\\n\", {certificate_1}) : startswith(line, \"-\") ? \"\" : line]))",
            "",
        ),
        (
            "certificate = join(\"\\r\\n\", compact([for line in split(\"\\n\", {certificate_1}) : startswith(line, \"-\") ? \"\" : line]))",
            "",
        ),
    ]);
}

#[test]
fn the_letter_case_of_values_and_user_names_is_ignored() {
    let org = Emulator::start();
    let user = org.user("integration");
    let upper = user.to_uppercase();
    let with = |user: &str, relaxation: &str| {
        configuration(
            "",
            &format!(
                "client_credentials_flow_enabled = true\nclient_credentials_flow_user = \"{user}\"\n\
                 ip_relaxation = \"{relaxation}\""
            ),
        )
    };
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(&with(&user, "enforce_RELAXREFRESH"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let deploys = org.deploys().len();
    for (user, relaxation) in [(&upper, "Enforce_RelaxRefresh"), (&user, "Enforce_relaxrefresh")] {
        workspace.configure(&with(user, relaxation));
        workspace.assert_empty_plan();
    }
    assert_eq!(org.deploys().len(), deploys);
    // Another letter case in the org is not drift.
    org.edit(OAUTH_POLICIES, "Shop", "ipRelaxationPolicyType", "Enforce_relaxrefresh");
    workspace.assert_empty_plan();
}

#[test]
fn line_endings_of_the_org_are_not_drift() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let settings = "callback_urls = [\"https://a.example.com/\", \"https://b.example.com/\"]";
    workspace.configure(&configuration(settings, ""));
    workspace.apply().succeeded();
    for theirs in [
        "https://a.example.com/\r\nhttps://b.example.com/",
        "https://a.example.com/\n\nhttps://b.example.com/\n",
    ] {
        org.edit(GLOBAL_OAUTH, "Shop", "callbackUrl", theirs);
        workspace.assert_empty_plan();
    }
}

#[test]
fn a_period_of_zero_equals_an_omitted_period() {
    all_have_an_empty_plan(&[
        ("", "refresh_token_policy = \"Zero\"\nrefresh_token_validity_period = 0"),
        ("", "refresh_token_policy = \"Zero\""),
        ("", "refresh_token_policy = \"Infinite\"\nrefresh_token_validity_period = 0"),
    ]);
}
