//! Equality of values, and support of values by API versions.

use super::{APP, GLOBAL, POLICIES, SETTINGS, field, list, map, range, set};
use crate::metadata::{same_meaning, version_problem};
use crate::record_id::checked_short;
use crate::value::Value;

#[test]
fn scopes_are_equal_to_their_equivalents() {
    let scopes = field(&SETTINGS, "oauth_scopes");
    let same = |a: &[&str], b: &[&str]| same_meaning(scopes, &set(a), &set(b));
    assert!(same(&["Api", "Web"], &["Web", "Api"]));
    assert!(same(&["Basic"], &["Address", "Email", "Phone", "Profile"]));
    assert!(same(&["Basic", "Email"], &["Phone", "Profile", "Address", "Email"]));
    assert!(same(&["OfflineAccess", "Api"], &["Api", "RefreshToken"]));
    assert!(same(&["OfflineAccess", "RefreshToken"], &["RefreshToken"]));
    assert!(!same(&["Basic"], &["Address", "Email", "Phone"]));
    assert!(same(&["api"], &["Api"]), "orgs return plain strings in any case");
    assert!(same(&["basic"], &["address", "Email", "PHONE", "Profile"]));
}

#[test]
fn null_is_equal_to_empty() {
    for (field, empty) in [
        (field(&APP, "description"), Value::text("")),
        (field(&GLOBAL, "certificate"), Value::text("")),
        (field(&GLOBAL, "callback_urls"), list(&[])),
        (field(&POLICIES, "permission_sets"), set(&[])),
        (field(&SETTINGS, "custom_attributes"), map(&[])),
        (field(&SETTINGS, "trusted_ip_range"), set(&[])),
    ] {
        assert!(same_meaning(field, &Value::Null, &empty), "{}", field.attribute);
        assert!(!same_meaning(field, &Value::Unknown, &empty), "{}", field.attribute);
    }
    assert!(!same_meaning(field(&APP, "label"), &Value::Null, &Value::text("")));
    assert!(!same_meaning(
        field(&POLICIES, "client_credentials_flow_enabled"),
        &Value::Null,
        &Value::Bool(false)
    ));
}

#[test]
fn texts_are_equal_regardless_of_line_endings() {
    let certificate = field(&GLOBAL, "certificate");
    let same = |a: &str, b: &str| same_meaning(certificate, &Value::text(a), &Value::text(b));
    assert!(same("-----BEGIN\r\nx\r\n", "-----BEGIN\nx"), "also for a text that is not a certificate");
    assert!(!same("a\nb", "ab"));
    assert!(!same("a", "a "));
}

#[test]
fn string_values_and_usernames_are_case_insensitive() {
    for (name, one, other) in [
        ("ip_relaxation", "Enforce_RelaxRefresh", "Enforce_relaxrefresh"),
        ("refresh_token_validity_unit", "Days", "DAYS"),
        ("client_credentials_flow_user", "Ada@Example.com", "ada@example.COM"),
        ("execute_handler_as", "Ada@Example.com", "ada@example.COM"),
    ] {
        assert!(same_meaning(field(&POLICIES, name), &Value::text(one), &Value::text(other)), "{name}");
    }
    // Values of WSDL enumerations are case-sensitive.
    let permitted = field(&POLICIES, "permitted_users");
    assert!(!same_meaning(permitted, &"AllSelfAuthorized".into(), &"allselfauthorized".into()));
}

#[test]
fn a_validity_period_of_zero_equals_null() {
    let period = field(&POLICIES, "refresh_token_validity_period");
    assert!(same_meaning(period, &Value::int(0), &Value::Null));
    assert!(!same_meaning(period, &Value::int(1), &Value::Null));
    assert!(!same_meaning(field(&SETTINGS, "asset_token_validity"), &Value::int(0), &Value::Null));
}

#[test]
fn links_with_15_and_18_character_ids_are_equal() {
    let link = field(&SETTINGS, "oauth_link");
    let same = |a: &str, b: &str| same_meaning(link, &Value::text(a), &Value::text(b));
    assert!(same("00D000000000001:888000000000001", "00D000000000001EAA:888000000000001AAA"));
    assert!(!same("00D000000000001:888000000000001", "00D000000000001EAA:888000000000002AAA"));
}

#[test]
fn blocks_are_equal_if_their_attributes_are_equal() {
    let ranges = field(&SETTINGS, "trusted_ip_range");
    let one = |description| Value::set(vec![range("10.0.0.1", "10.0.0.2", description)]);
    assert!(same_meaning(ranges, &one(Some("")), &one(None)));
    assert!(!same_meaning(ranges, &one(Some("x")), &one(None)));
}

#[test]
fn record_ids_of_15_and_18_characters_are_equal() {
    let sets = field(&POLICIES, "permission_sets");
    let same = |a: &[&str], b: &[&str]| same_meaning(sets, &set(a), &set(b));
    assert!(same(&["0PS000000000001"], &["0PS000000000001GAA"]));
    assert!(!same(&["0PS000000000001"], &["0PS000000000002"]));
    assert!(!same(&["0PS000000000001AAA", "Shop"], &["0PS000000000001"]));
    assert!(!same(&["0PS00000000000a"], &["0PS00000000000A"]), "the case of an ID counts");
    assert!(same(&["Shop"], &["shop"]), "the case of a name does not");
    // A published example of an ID whose last three characters encode the case.
    assert_eq!(checked_short("001", "001D000000IqhSLIAZ"), Some("001D000000IqhSL"));
    assert_eq!(checked_short("001", "001d000000IqhSLIAZ"), None);
    for text in ["", "0PS", "0PS00000000000", "0PS0000000000011", "0PS00000000000é", "0PS000000000001AA"] {
        assert_eq!(checked_short("0PS", text), None, "{text}");
    }
}

#[test]
fn values_are_checked_against_the_api_version() {
    let code = field(&GLOBAL, "code_credential_flow_enabled");
    assert_eq!(version_problem(code, &Value::Bool(true), 61), None);
    assert_eq!(version_problem(code, &Value::Bool(false), 60), None);
    assert_eq!(version_problem(code, &Value::Null, 60), None);
    assert_eq!(version_problem(code, &Value::Unknown, 60), None);
    assert_eq!(
        version_problem(code, &Value::Bool(true), 60).unwrap(),
        "This requires API version 61.0 or later, but the provider uses 60.0. Remove it, or set `api_version` to a \
         later version that the org supports."
    );
    let minutes = field(&POLICIES, "guest_jwt_timeout_minutes");
    assert_eq!(version_problem(minutes, &Value::int(30), 61), None);
    assert!(
        version_problem(minutes, &Value::int(60), 64)
            .unwrap()
            .starts_with("The value 60 requires API version 65.0")
    );
    assert_eq!(version_problem(minutes, &Value::int(60), 65), None);
    let action = field(&POLICIES, "policy_action");
    assert!(version_problem(action, &Value::text("StepUpMFA"), 66).is_some());
    assert_eq!(version_problem(action, &Value::text("Block"), 60), None);
    let profiles = field(&POLICIES, "profiles");
    assert!(version_problem(profiles, &set(&["Admin"]), 61).is_some());
    assert_eq!(version_problem(profiles, &set(&[]), 61), None);
    let ranges = field(&SETTINGS, "trusted_ip_range");
    assert_eq!(version_problem(ranges, &Value::set(vec![range("a", "b", None)]), 60), None);
}
