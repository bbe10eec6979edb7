//! Rejections in several wordings, and their explanations.

use crate::provider::catalog;
use crate::provider::rejection_cause::{Explained, REJECTION_CAUSES, Requirement, explain};
use crate::value::Value;

#[test]
fn every_row_names_existing_attributes() {
    for cause in REJECTION_CAUSES {
        let known = |resource: &str, attribute: &str| {
            let spec = catalog::resource(resource).unwrap_or_else(|| panic!("there is no {resource}"));
            assert!(spec.row(attribute).is_some(), "{resource} has no {attribute}");
        };
        known(cause.of, cause.at);
        if let Requirement::Attribute { of, attribute, .. } = cause.requirement {
            known(of, attribute);
            assert_ne!(of, cause.of, "a rule within one resource is a combination");
        }
        assert!(!cause.phrases.is_empty());
    }
}

/// The plan checks some of the requirements, if it knows the other resource.
#[test]
fn every_requirement_that_the_plan_checks_is_also_the_cause_of_a_rejection() {
    for need in catalog::needs() {
        let has_row = REJECTION_CAUSES.iter().any(|cause| {
            let Requirement::Attribute { of, attribute, .. } = cause.requirement else { return false };
            (cause.of, cause.at) == (need.of.name, need.attribute)
                && (of, attribute) == (need.other.name, need.needs)
        });
        assert!(has_row, "{} of {} needs {}", need.attribute, need.of.name, need.needs);
    }
}

#[test]
fn the_advice_names_the_order_only_if_a_required_flag_is_disabled() {
    for resource in ["_policies", "_oauth_settings"] {
        let planned =
            [("guest_code_credential_flow_enabled", true.into()), ("named_user_jwt_enabled", false.into())];
        let planned = &planned[if resource == "_policies" { 0..1 } else { 1..2 }];
        let advice = explained(resource, planned, "isGuestCodeCredFlowEnabled needs isNamedUserJwtEnabled");
        let advice = advice.expect("it is known").advice;
        let names_order = advice.ends_with("apply the other change separately beforehand.");
        assert_eq!(names_order, resource == "_oauth_settings", "{advice}");
    }
}

fn explained(resource: &str, planned: &[(&str, Value)], sentence: &str) -> Option<Explained> {
    explain(super::spec(resource), resource, &super::object(resource, planned), sentence)
}

#[test]
fn a_rejection_is_explained_in_every_known_wording() {
    let guest = || vec![("guest_code_credential_flow_enabled", true.into())];
    let flow = || vec![("code_credential_flow_enabled", true.into())];
    for (resource, planned, sentence, at, advice) in [
        (
            "_policies",
            guest(),
            "needs isNamedUserJwtEnabled",
            "guest_code_credential_flow_enabled",
            "named_user_jwt_enabled = true in salesforce_external_client_app_oauth_settings (requires a developer of the app)",
        ),
        (
            "_policies",
            guest(),
            "ISNAMEDUSERJWTENABLED?",
            "guest_code_credential_flow_enabled",
            "named_user_jwt_enabled = true",
        ),
        (
            "_policies",
            guest(),
            "isCodeCredFlowEnabled is off",
            "guest_code_credential_flow_enabled",
            "code_credential_flow_enabled = true in salesforce_external_client_app_oauth_settings",
        ),
        (
            "_policies",
            guest(),
            "Invalid plugin settings",
            "guest_code_credential_flow_enabled",
            "Or: guest_code_credential_flow_enabled requires code_credential_flow_enabled",
        ),
        (
            "_oauth_settings",
            flow(),
            "OauthOidcSettings forbid it",
            "code_credential_flow_enabled",
            "code_credential_flow_enabled = true in salesforce_org_oauth_oidc_settings (requires an administrator of the org), in Setup: OAuth and OpenID Connect Settings",
        ),
        (
            "_oauth_settings",
            flow(),
            "In field: isCodeCredFlowEnabled - no",
            "code_credential_flow_enabled",
            "in salesforce_org_oauth_oidc_settings",
        ),
        (
            "_oauth_settings",
            vec![("named_user_jwt_enabled", false.into())],
            "isGuestCodeCredFlowEnabled needs isNamedUserJwtEnabled",
            "named_user_jwt_enabled",
            "named_user_jwt_enabled = false requires guest_code_credential_flow_enabled = false in salesforce_external_client_app_policies (requires a policy administrator)",
        ),
        (
            "_policies",
            vec![("profiles", Value::set(vec!["System Administrator".into()]))],
            "In field: commaSeparatedProfile - no Profile named System Administrator found",
            "profiles",
            "System Administrator is Admin",
        ),
        (
            "_policies",
            vec![("permission_sets", Value::set(vec!["shop".into()]))],
            "In field: commaSeparatedPermissionSet - no PermissionSet named shop found",
            "permission_sets",
            "spelled as in the org",
        ),
        (
            "_policies",
            vec![("permitted_users", "AllSelfAuthorized".into())],
            "there is no consent screen",
            "permitted_users",
            "code_credential_flow_enabled = true in salesforce_external_client_app_oauth_settings",
        ),
        (
            "_policies",
            vec![("client_credentials_flow_user", "a@b.c".into())],
            "Select a Run As user",
            "client_credentials_flow_user",
            "an active user",
        ),
    ] {
        let Some(found) = explained(resource, &planned, sentence) else {
            panic!("{sentence:?} is not known")
        };
        assert_eq!(found.at, Some(at), "{sentence}");
        assert!(found.advice.contains(advice), "{sentence}: {}", found.advice);
    }
}

#[test]
fn a_rejection_is_not_explained_if_the_plan_does_not_match() {
    let off = [("guest_code_credential_flow_enabled", false.into())];
    assert_eq!(explained("_policies", &off, "needs isNamedUserJwtEnabled"), None);
    let on = [("code_credential_flow_enabled", true.into())];
    assert_eq!(explained("_oauth_settings", &on, "Callback URL: invalid URL"), None);
    assert_eq!(explained("", &[], "Invalid plugin settings"), None);
    let on = [("guest_code_credential_flow_enabled", true.into())];
    assert_eq!(explained("_policies", &on, "guestJwtTimeout is allowed only with Custom"), None);
}

#[test]
fn an_unspecific_rejection_lists_the_possible_causes_without_a_path() {
    let planned = [
        ("guest_code_credential_flow_enabled", true.into()),
        ("named_user_jwt_session_timeout_type", "Custom".into()),
    ];
    let Some(found) = explained("_policies", &planned, "Invalid plugin settings") else {
        panic!("it is known")
    };
    assert_eq!(found.at, None);
    assert!(found.advice.contains("named_user_jwt_session_timeout_type requires named_user_jwt_enabled"));
    assert!(found.advice.starts_with("Salesforce's response does not identify what is missing."));
}
