//! Rejected changes to the app that the provider authenticates with, by authentication method.

use super::plans::{applied, none, planned, planned_with, with};
use super::texts;
use crate::metadata::certificate_facts;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::lockout::OwnLogin;
use crate::provider::plan::PlanContext;
use crate::provider::private::PrivateState;
use crate::value::{Path, Value};

const SETTINGS: &str = "_oauth_settings";
const POLICIES: &str = "_policies";

const JWT: u8 = 1;
const CREDENTIALS: u8 = 2;
const TOKEN: u8 = 4;
const REFRESH: u8 = 8;
const EXCHANGE: u8 = 16;
const METHODS: [u8; 5] = [JWT, CREDENTIALS, TOKEN, REFRESH, EXCHANGE];
const ALL: u8 = JWT | CREDENTIALS | TOKEN | REFRESH | EXCHANGE;
const ALLOWED: u8 = 0;

struct Pair {
    key: rcgen::KeyPair,
}

impl Pair {
    fn new() -> Pair {
        Pair { key: rcgen::KeyPair::generate().unwrap() }
    }

    fn certificate(&self, name: &str) -> Value {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        Value::text(params.self_signed(&self.key).unwrap().pem())
    }
}

fn login(method: u8, own: &Pair) -> OwnLogin {
    match method {
        JWT => {
            let certificate = own.certificate("own.example");
            let facts = certificate.as_text().and_then(certificate_facts).unwrap();
            OwnLogin::JwtBearer { public_key: Some(facts.public_key) }
        }
        CREDENTIALS => OwnLogin::ClientCredentials,
        REFRESH => OwnLogin::RefreshToken,
        EXCHANGE => OwnLogin::TokenExchange,
        _ => OwnLogin::Other,
    }
}

/// The lockout errors from a plan that changes an attribute of the provider's own app from one value to another.
fn lockout_errors(
    resource: &str,
    attribute: &'static str,
    (old, new): (&Value, &Value),
    context: &PlanContext,
    private: &PrivateState,
) -> Vec<Diagnostic> {
    let config = vec![("external_client_app", Value::text("Shop"))];
    let mut state = applied(&planned(resource, &config, None, &none()));
    state.put(attribute, old.clone());
    if resource == SETTINGS {
        state.put("consumer_key", "3MVG9own".into());
    }
    let config = if new.is_null() { config } else { with(config, attribute, new.clone()) };
    let reply = planned_with(resource, &config, Some(&state), private, context);
    let rejected = |found: &Diagnostic| found.summary == "Change would lock out the provider";
    reply.diagnostics.into_iter().filter(rejected).collect()
}

#[test]
fn a_change_that_ends_the_authentication_method_in_use_is_rejected() {
    let (own, other) = (Pair::new(), Pair::new());
    let text = |text: &str| Value::text(text);
    let yes = || Value::Bool(true);
    let no = || Value::Bool(false);
    let cases: Vec<(&str, &'static str, Value, Value, u8)> = vec![
        (SETTINGS, "named_user_jwt_enabled", no(), yes(), ALL),
        (SETTINGS, "named_user_jwt_enabled", yes(), no(), ALLOWED),
        (SETTINGS, "client_credentials_flow_enabled", yes(), no(), CREDENTIALS),
        // If the attribute is omitted, its default is enforced.
        (SETTINGS, "client_credentials_flow_enabled", yes(), Value::Null, CREDENTIALS),
        (SETTINGS, "client_credentials_flow_enabled", no(), yes(), ALLOWED),
        (SETTINGS, "certificate", own.certificate("a.example"), text(""), JWT),
        (SETTINGS, "certificate", own.certificate("a.example"), other.certificate("b.example"), JWT),
        (SETTINGS, "certificate", own.certificate("a.example"), own.certificate("b.example"), ALLOWED),
        // An unknown value is checked during the apply, when it is known.
        (SETTINGS, "certificate", own.certificate("a.example"), Value::Unknown, ALLOWED),
        // If the attribute is omitted, it is not managed.
        (SETTINGS, "certificate", own.certificate("a.example"), Value::Null, ALLOWED),
        (SETTINGS, "client_assertion_certificate", own.certificate("a.example"), text(""), ALLOWED),
        (SETTINGS, "oauth_scopes", texts(&["Api", "RefreshToken"]), texts(&["RefreshToken", "Web"]), ALL),
        (SETTINGS, "oauth_scopes", texts(&["Api", "RefreshToken"]), texts(&["Api"]), JWT | REFRESH),
        (SETTINGS, "refresh_token_rotation_enabled", no(), yes(), REFRESH),
        (SETTINGS, "refresh_token_rotation_enabled", yes(), no(), ALLOWED),
        (SETTINGS, "token_exchange_enabled", yes(), no(), EXCHANGE),
        (SETTINGS, "token_exchange_enabled", yes(), Value::Null, EXCHANGE),
        (SETTINGS, "token_exchange_enabled", no(), yes(), ALLOWED),
        (
            SETTINGS,
            "oauth_scopes",
            texts(&["Api", "RefreshToken"]),
            texts(&["api", "OfflineAccess"]),
            ALLOWED,
        ),
        (
            SETTINGS,
            "oauth_scopes",
            texts(&["Api", "RefreshToken"]),
            texts(&["Full", "RefreshToken"]),
            ALLOWED,
        ),
        (SETTINGS, "oauth_scopes", texts(&["Api", "RefreshToken"]), texts(&[]), ALL),
        (SETTINGS, "oauth_scopes", texts(&["Api", "RefreshToken"]), Value::Null, ALL),
        // A scope that was not set cannot be removed.
        (SETTINGS, "oauth_scopes", texts(&["Api", "Web"]), texts(&["Api"]), ALLOWED),
        (SETTINGS, "pkce_required", yes(), no(), ALLOWED),
        (POLICIES, "enabled", yes(), no(), ALL),
        (POLICIES, "enabled", no(), yes(), ALLOWED),
        (POLICIES, "oauth_plugin_enabled", yes(), no(), ALL),
        (POLICIES, "permitted_users", text("AllSelfAuthorized"), text("AdminApprovedPreAuthorized"), ALL),
        (POLICIES, "permitted_users", text("AdminApprovedPreAuthorized"), text("AllSelfAuthorized"), JWT),
        (POLICIES, "client_credentials_flow_enabled", yes(), no(), CREDENTIALS),
        (POLICIES, "client_credentials_flow_enabled", yes(), Value::Null, CREDENTIALS),
        (POLICIES, "client_credentials_flow_user", text("a@example.com"), text(""), CREDENTIALS),
        (POLICIES, "client_credentials_flow_user", text("a@example.com"), text("b@example.com"), ALLOWED),
        (POLICIES, "client_credentials_flow_user", text("a@example.com"), Value::Null, ALLOWED),
        (POLICIES, "token_exchange_flow_enabled", yes(), no(), EXCHANGE),
        (POLICIES, "token_exchange_flow_enabled", no(), yes(), ALLOWED),
        (POLICIES, "refresh_token_policy", text("Infinite"), text("Zero"), REFRESH),
        (POLICIES, "refresh_token_policy", text("Zero"), text("Infinite"), ALLOWED),
        (POLICIES, "ip_relaxation", text("Bypass"), text("Enforce"), ALLOWED),
    ];
    for (resource, attribute, old, new, ends) in &cases {
        for method in METHODS {
            // The plan of policies has no consumer key. In a union, a read records that the app is the provider's own
            // app.
            let private = PrivateState { own_app: *resource == POLICIES, ..none() };
            let context = PlanContext {
                version: Some(67),
                client_id: Some("3MVG9own".into()),
                login: login(method, &own),
                ..PlanContext::default()
            };
            let found = lockout_errors(resource, attribute, (old, new), &context, &private);
            let place = format!("{attribute}: {old:?} to {new:?}, by {method}: {found:?}");
            assert_eq!(found.len(), usize::from(ends & method != 0), "{place}");
            for found in found {
                assert_eq!(found.path, Some(Path::attribute(*attribute)), "{place}");
                assert!(found.detail.contains("allow_self_lockout = true"), "{place}");
            }
            let allowed = PlanContext { allow_self_lockout: true, ..context.clone() };
            assert_eq!(
                lockout_errors(resource, attribute, (old, new), &allowed, &private),
                vec![],
                "{place}"
            );
            let other_app = PlanContext { client_id: Some("3MVG9other".into()), ..context };
            assert_eq!(
                lockout_errors(resource, attribute, (old, new), &other_app, &none()),
                vec![],
                "{place}"
            );
        }
    }
}

#[test]
fn enabling_jwt_access_tokens_is_rejected_only_before_api_version_68() {
    for (version, rejected) in
        [(None, true), (Some(61), true), (Some(67), true), (Some(68), false), (Some(70), false)]
    {
        let context = PlanContext { version, client_id: Some("3MVG9own".into()), ..PlanContext::default() };
        let change = (&Value::Bool(false), &Value::Bool(true));
        let found = lockout_errors(SETTINGS, "named_user_jwt_enabled", change, &context, &none());
        assert_eq!(!found.is_empty(), rejected, "{version:?}");
    }
}
