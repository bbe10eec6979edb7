//! Invalid and questionable configurations, and the paths of their diagnostics.

use super::{object, spec, texts};
use crate::provider::Severity;
use crate::provider::validate::check;
use crate::value::Value;

/// The paths of the errors, and those of the warnings.
fn problem_paths(resource: &str, written: &[(&str, Value)]) -> (Vec<String>, Vec<String>) {
    let found = check(spec(resource), &complete(resource, written), std::time::SystemTime::UNIX_EPOCH);
    let at = |severity| {
        let those = found.0.iter().filter(|d| d.severity == severity);
        those.map(|d| d.path.as_ref().map(ToString::to_string).unwrap_or_default()).collect::<Vec<_>>()
    };
    (at(Severity::Error), at(Severity::Warning))
}

/// A configuration with the required attributes.
fn complete(resource: &str, written: &[(&str, Value)]) -> Value {
    let mut config = object(resource, &[(spec(resource).subject_attribute(), "Shop".into())]);
    if resource.is_empty() {
        config.put("label", "Shop".into());
    }
    for (name, value) in written {
        config.put(name, value.clone());
    }
    config
}

fn errors(resource: &str, written: &[(&str, Value)]) -> Vec<String> {
    problem_paths(resource, written).0
}

#[test]
fn invalid_values_are_reported_at_their_attribute() {
    let list = |members: &[&str]| Value::List(members.iter().map(|text| Value::text(*text)).collect());
    for (resource, name, value, path) in [
        ("", "name", Value::text("1app"), "name"),
        ("", "name", Value::text("my app"), "name"),
        ("", "name", Value::text("a__b"), "name"),
        ("", "label", Value::text("  "), "label"),
        ("", "contact_email", Value::text("nobody"), "contact_email"),
        ("", "logo_url", Value::text("javascript:alert(1)"), "logo_url"),
        ("", "distribution_state", Value::text("local"), "distribution_state"),
        ("", "description", Value::text("a\u{1}b"), "description"),
        ("_oauth_settings", "oauth_scopes", texts(&["Apl"]), "oauth_scopes"),
        ("_oauth_settings", "callback_urls", list(&["https://a/", "https://a/#x"]), "callback_urls[1]"),
        ("_oauth_settings", "callback_urls", list(&["https://a/", "https://a/"]), "callback_urls[1]"),
        ("_oauth_settings", "id_token_validity_minutes", Value::int(721), "id_token_validity_minutes"),
        ("_oauth_settings", "certificate", Value::text("abc"), "certificate"),
        ("_policies", "guest_jwt_timeout_minutes", Value::int(20), "guest_jwt_timeout_minutes"),
        ("_policies", "ip_relaxation", Value::text("Relax"), "ip_relaxation"),
    ] {
        let (mut errors, warnings) = problem_paths(resource, &[(name, value.clone())]);
        errors.extend(warnings);
        assert_eq!(errors, vec![path.to_owned()], "{name} = {value:?}");
    }
}

/// Values that orgs contain are not errors. Otherwise, a generated configuration could not be planned.
#[test]
fn values_that_orgs_contain_pass_or_are_warnings() {
    let list = |members: &[&str]| Value::List(members.iter().map(|text| Value::text(*text)).collect());
    for (resource, name, value, warns) in [
        (
            "_oauth_settings",
            "callback_urls",
            list(&["http://localhost:*/callback", "http://localhost:1717/"]),
            true,
        ),
        ("_oauth_settings", "callback_urls", list(&["cursor://anysphere.cursor-mcp/oauth/callback"]), false),
        ("_oauth_settings", "callback_urls", list(&["sfdc://oauth/jwt/success"]), false),
        ("_oauth_settings", "callback_urls", list(&["my_app://callback"]), true),
        ("_oauth_settings", "secret_required_for_token_exchange", true.into(), false),
        ("_oauth_settings", "oauth_scopes", texts(&["api"]), true),
        ("_oauth_settings", "id_token_validity_minutes", Value::int(0), true),
        ("_policies", "ip_relaxation", "Enforce_relaxrefresh".into(), false),
        // The warning concerns the missing period, not the case.
        ("_policies", "refresh_token_validity_unit", "days".into(), true),
        ("_policies", "client_credentials_flow_user", "Integration@my_org.example.SANDBOX".into(), false),
        ("_policies", "permission_sets", texts(&["Shop Customer"]), true),
        ("_policies", "oauth_start_url", "/lightning/page/home".into(), true),
        ("", "logo_url", "www.example.com/logo.png".into(), true),
    ] {
        let warnings =
            if warns { vec![name.split('[').next().unwrap_or_default().to_owned()] } else { vec![] };
        let (errors, found) = problem_paths(resource, &[(name, value.clone())]);
        let found: Vec<String> =
            found.iter().map(|path| path.split('[').next().unwrap().to_owned()).collect();
        assert_eq!((errors, found), (vec![], warnings), "{name} = {value:?}");
    }
}

#[test]
fn required_attributes_must_not_be_null_and_read_only_ones_must_not_be_set() {
    assert_eq!(errors("", &[("name", Value::Null)]), ["name"]);
    assert!(errors("", &[("label", Value::Unknown)]).is_empty());
    // A variable of a module is unknown during validation, and may be null.
    let session = ("guest_jwt_session_timeout_type", Value::text("UserSession"));
    let minutes =
        |value: Value| errors("_policies", &[session.clone(), ("guest_jwt_timeout_minutes", value)]);
    assert!(minutes(Value::Unknown).is_empty());
    assert!(!minutes(Value::int(20)).is_empty());
    assert_eq!(errors("_oauth_settings", &[("consumer_key", "x".into())]), ["consumer_key"]);
    assert_eq!(errors("_policies", &[("id", "x".into())]), ["id"]);
}

#[test]
fn inverted_ip_ranges_are_errors_and_overlapping_ones_are_warnings() {
    let range = |from: &str, to: &str| {
        Value::object([("start_ip_address", Value::text(from)), ("end_ip_address", Value::text(to))])
    };
    let ranges = |ranges: Vec<Value>| [("trusted_ip_range", Value::set(ranges))];
    assert_eq!(errors("_oauth_settings", &ranges(vec![range("10.0.0.9", "10.0.0.1")])).len(), 1);
    let overlapping = ranges(vec![range("10.0.0.1", "10.0.0.9"), range("10.0.0.5", "10.0.0.20")]);
    assert_eq!(problem_paths("_oauth_settings", &overlapping), (vec![], vec!["trusted_ip_range".to_owned()]));
}

#[test]
fn valid_values_pass() {
    assert!(errors("", &[("name", "Shop".into()), ("label", "Café ☕".into())]).is_empty());
    assert!(errors("_oauth_settings", &[("certificate", "".into())]).is_empty());
    assert!(errors("_policies", &[("external_client_app", "acme__Shop".into())]).is_empty());
}

#[test]
fn conflicting_attributes_are_reported() {
    let pair = [("secret_required_for_web_server_flow", false.into()), ("pkce_required", false.into())];
    let warned = problem_paths("_oauth_settings", &pair);
    assert_eq!(
        warned,
        (vec![], vec!["secret_required_for_web_server_flow".to_owned()]),
        "orgs contain this combination"
    );
    assert!(errors("_oauth_settings", &pair[..1]).is_empty(), "an omitted pkce_required is true");
    let without_users = [("permitted_users", "AdminApprovedPreAuthorized".into())];
    assert_eq!(
        problem_paths("_policies", &without_users),
        (vec![], vec!["permitted_users".to_owned()]),
        "it is an error in the plan only"
    );
    let timed = [("refresh_token_policy", "SpecificLifetime".into())];
    assert_eq!(errors("_policies", &timed), ["refresh_token_policy"]);
    let unknown = [without_users[0].clone(), ("permission_sets", Value::Unknown)];
    assert!(errors("_policies", &unknown).is_empty(), "an unknown value may be valid");
}
