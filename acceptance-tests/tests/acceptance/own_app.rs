//! The own app, which the provider logs in with. With a private key or client credentials, a change that would end the
//! provider's access is rejected. Other changes are not rejected.

use super::whole::in_clients;
use crate::configurations::SHOP;
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

/// A key that no org accepts. It was generated for tests and is published with them.
const OTHER_KEY: &str = include_str!("test-only-unknown.key");

const LOCKOUT: &str = "Change would lock out the provider";

/// An app for logins with a private key and with client credentials. Placeholders are in braces.
const OWN: &str = r#"
resource "salesforce_external_client_app" "own" {
  name  = "Own"
  label = "Own"
}

resource "salesforce_external_client_app_oauth_settings" "own" {
  external_client_app             = salesforce_external_client_app.own.id
  callback_urls                   = ["https://login.salesforce.com/services/oauth2/success"]
  oauth_scopes                    = ["Api", "RefreshToken"]
  certificate                     = {certificate}
  client_credentials_flow_enabled = true
  named_user_jwt_enabled          = false
}

resource "salesforce_external_client_app_policies" "own" {
  external_client_app             = salesforce_external_client_app_oauth_settings.own.id
  enabled                         = true
  permitted_users                 = "AdminApprovedPreAuthorized"
  permission_sets                 = ["Integration"]
  client_credentials_flow_enabled = true
  client_credentials_flow_user    = "{user}"
}
"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    JwtBearer,
    ClientCredentials,
    AccessToken,
}

use Login::{AccessToken, ClientCredentials, JwtBearer};

struct Own<'org> {
    org: &'org Emulator,
    /// Whether one resource manages the complete app.
    is_client: bool,
    workspace: Workspace<'org>,
    /// The value of `certificate`, as an expression in the configuration.
    certificate: String,
    user: String,
}

/// A certificate for a private key, quoted for a configuration.
fn certificate_for(key: &str, name: &str) -> String {
    let key = rcgen::KeyPair::from_pem_and_sign_algo(key, &rcgen::PKCS_RSA_SHA256).expect("an RSA key");
    let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
    json!(certificate.self_signed(&key).expect("a certificate").pem()).to_string()
}

impl<'org> Own<'org> {
    fn parts_in(org: &'org Emulator) -> Self {
        Self::created(org, false)
    }

    fn created(org: &'org Emulator, is_client: bool) -> Self {
        let mut workspace = Workspace::new(org);
        workspace.unset("TF_LOG");
        let user = org.credentials()["SALESFORCE_USERNAME"].clone();
        let own = Self {
            org,
            is_client,
            workspace,
            certificate: certificate_for(&own_key(org), "own.example.com"),
            user,
        };
        own.configure(&[]);
        own.workspace.apply().succeeded();
        own
    }

    /// Writes the configuration with these edits.
    #[track_caller]
    fn configure(&self, edits: &[(&str, &str)]) {
        let text = edits.iter().fold(OWN.to_owned(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{from:?} occurs once in the configuration");
            text.replace(from, to)
        });
        let text = if self.is_client { in_clients(&text) } else { text };
        self.workspace
            .configure(&text.replace("{certificate}", &self.certificate).replace("{user}", &self.user));
    }

    /// Makes the provider log in with the app or with an access token.
    fn log_in_by(&mut self, login: Login) {
        for variable in self.org.credentials().keys() {
            self.workspace.unset(variable);
        }
        for variable in ["SALESFORCE_CLIENT_SECRET", "SALESFORCE_ACCESS_TOKEN", "SALESFORCE_PRIVATE_KEY"] {
            self.workspace.unset(variable);
        }
        self.workspace.set("SALESFORCE_INSTANCE_URL", self.org.url());
        let consumer = self.org.part(GLOBAL_OAUTH, "Own");
        if login != AccessToken {
            self.workspace.set("SALESFORCE_CLIENT_ID", &consumer.text("consumerKey"));
        }
        match login {
            JwtBearer => {
                self.workspace.set("SALESFORCE_USERNAME", &self.user);
                self.workspace.set("SALESFORCE_PRIVATE_KEY", &own_key(self.org));
            }
            ClientCredentials => {
                let secret = consumer.text("consumerSecret");
                self.workspace.set("SALESFORCE_CLIENT_SECRET", &secret);
                self.workspace.watch_secret(Secret::new("the consumer secret", &secret));
            }
            AccessToken => {
                let session = self.org.admin("POST", "/sessions", Some(&json!({ "user": self.user })));
                let token = session["access_token"].as_str().expect("a token");
                self.workspace.set("SALESFORCE_ACCESS_TOKEN", token);
            }
        }
    }

    #[track_caller]
    fn plan(&self) -> Run {
        self.workspace.run(&["plan", "-no-color", "-input=false", "-lock=false"])
    }
}

fn own_key(org: &Emulator) -> String {
    std::fs::read_to_string(&org.credentials()["SALESFORCE_PRIVATE_KEY_FILE"])
        .expect("the key of the API user")
}

#[test]
fn a_plan_of_settings_that_would_end_the_login_is_rejected() {
    check_plans(false);
}

#[test]
fn a_plan_of_a_client_that_would_end_the_login_is_rejected() {
    check_plans(true);
}

fn check_plans(is_client: bool) {
    let org = Emulator::start();
    let mut own = Own::created(&org, is_client);
    let renewed = certificate_for(&own_key(&org), "renewed.example.com");
    let other = certificate_for(OTHER_KEY, "other.example.com");
    let flow = "  oauth_scopes                    = [\"Api\", \"RefreshToken\"]\n";
    let cases: &[(&str, &str, &str, &[Login])] = &[
        ("{certificate}", &other, "not for the private key", &[JwtBearer]),
        ("{certificate}", "\"\"", "Without a certificate", &[JwtBearer]),
        ("{certificate}", &renewed, "", &[]),
        (
            "client_credentials_flow_enabled = true\n  named",
            "named",
            "rejects client credentials",
            &[ClientCredentials],
        ),
        ("\"Api\", \"RefreshToken\"", "\"Api\"", "requires the scope RefreshToken", &[JwtBearer]),
        (
            "\"Api\", \"RefreshToken\"",
            "\"OfflineAccess\"",
            "Without the scope Api",
            &[JwtBearer, ClientCredentials],
        ),
        (flow, "", "Without the scope Api", &[JwtBearer, ClientCredentials]),
    ];
    for login in [JwtBearer, ClientCredentials, AccessToken] {
        own.log_in_by(login);
        for (from, to, because, affected) in cases {
            own.configure(&[(*from, *to)]);
            let run = own.plan();
            if affected.contains(&login) {
                run.failed_with(LOCKOUT).containing(because).containing("allow_self_lockout = true");
            } else {
                let run = run.succeeded();
                assert!(!run.contains(LOCKOUT), "{login:?}, {from:?} to {to:?}: {run}");
            }
        }
    }
    // With the override, the change is not rejected.
    own.log_in_by(ClientCredentials);
    own.configure(&[("client_credentials_flow_enabled = true\n  named", "named")]);
    own.workspace.set("SALESFORCE_ALLOW_SELF_LOCKOUT", "true");
    let run = own.plan().succeeded();
    assert!(!run.contains(LOCKOUT), "{run}");
}

#[test]
fn an_apply_of_policies_that_would_end_the_login_is_rejected_before_a_deploy() {
    check_applies(false);
}

#[test]
fn an_apply_of_a_client_that_would_end_the_login_is_rejected_before_a_deploy() {
    check_applies(true);
}

fn check_applies(is_client: bool) {
    let org = Emulator::start();
    let mut own = Own::created(&org, is_client);
    let cases: &[(&str, &str, &str, &[Login])] = &[
        (
            "enabled                         = true",
            "enabled = false",
            "all logins with the app fail",
            &[JwtBearer, ClientCredentials],
        ),
        (
            "client_credentials_flow_enabled = true\n  client",
            "client",
            "rejects client credentials",
            &[ClientCredentials],
        ),
        (
            "client_credentials_flow_enabled = true\n  client_credentials_flow_user    = \"{user}\"",
            "client_credentials_flow_enabled = false\n  client_credentials_flow_user = \"\"",
            "client credentials",
            &[ClientCredentials],
        ),
        ("AdminApprovedPreAuthorized", "AllSelfAuthorized", "users approve the app", &[JwtBearer]),
    ];
    for login in [JwtBearer, ClientCredentials] {
        for (from, to, because, affected) in cases {
            if !affected.contains(&login) {
                continue;
            }
            own.log_in_by(login);
            own.configure(&[(*from, *to)]);
            let before = org.part(OAUTH_POLICIES, "Own").fields;
            own.workspace.apply().failed_with(LOCKOUT).containing(because);
            assert_eq!(org.part(OAUTH_POLICIES, "Own").fields, before, "{login:?}: {to}");
            // The provider still has access, and without the rejected change there are no differences.
            own.configure(&[]);
            own.workspace.assert_empty_plan();
        }
    }
    // A change that does not affect the provider's login is applied.
    own.log_in_by(JwtBearer);
    own.configure(&[("client_credentials_flow_enabled = true\n  client", "client")]);
    own.workspace.apply().succeeded();
    own.workspace.assert_empty_plan();
}

/// Adopting the policies of the own app unchanged is allowed.
#[test]
fn policies_of_the_own_app_can_be_adopted_unchanged() {
    let org = Emulator::start();
    let mut own = Own::parts_in(&org);
    own.log_in_by(JwtBearer);
    own.workspace.run(&["state", "rm", "salesforce_external_client_app_policies.own"]).succeeded();
    own.workspace.apply().succeeded();
    own.workspace.assert_empty_plan();
    own.workspace.run(&["state", "rm", "salesforce_external_client_app_policies.own"]).succeeded();
    own.configure(&[("AdminApprovedPreAuthorized", "AllSelfAuthorized")]);
    own.workspace.apply().failed_with(LOCKOUT);
}

#[test]
fn a_client_of_the_own_app_can_adopt_its_policies_and_cannot_be_destroyed() {
    let org = Emulator::start();
    let mut own = Own::created(&org, true);
    own.log_in_by(JwtBearer);
    let (_, policies) =
        OWN.split_once("resource \"salesforce_external_client_app_policies\"").expect("policies");
    let policies = format!("resource \"salesforce_external_client_app_policies\"{policies}");
    own.configure(&[(&policies, "")]);
    own.workspace.apply().succeeded();
    own.configure(&[]);
    own.workspace.apply().succeeded();
    own.workspace.assert_empty_plan();
    own.configure(&[(&policies, "")]);
    own.workspace.apply().succeeded();
    let deploys = org.deploys().len();
    // A change in the policies block that would end the login is rejected, and no other change is deployed.
    own.configure(&[
        ("AdminApprovedPreAuthorized", "AllSelfAuthorized"),
        ("\"Api\", ", "\"Web\", \"Api\", "),
    ]);
    own.workspace.apply().failed_with(LOCKOUT);
    own.configure(&[]);
    own.workspace.destroy().failed_with(LOCKOUT).containing("Destroying this resource");
    assert_eq!(org.deploys().len(), deploys);
}

/// The guide on certificates describes the steps.
#[test]
fn the_private_key_of_the_own_app_is_replaced_in_two_steps() {
    let org = Emulator::start();
    let mut own = Own::parts_in(&org);
    own.log_in_by(JwtBearer);
    own.certificate = certificate_for(OTHER_KEY, "other.example.com");
    own.configure(&[]);
    own.plan().failed_with(LOCKOUT).containing("access token of the Salesforce CLI");
    own.log_in_by(AccessToken);
    own.workspace.apply().succeeded().containing("Certificate changes");
    own.log_in_by(JwtBearer);
    own.plan().failed_with("invalid_grant");
    own.workspace.set("SALESFORCE_PRIVATE_KEY", OTHER_KEY);
    own.workspace.assert_empty_plan();
    // The self-lockout check uses the provider's current key.
    own.certificate = certificate_for(&own_key(&org), "own.example.com");
    own.configure(&[]);
    own.plan().failed_with(LOCKOUT);
    own.certificate = certificate_for(OTHER_KEY, "renewed.example.com");
    own.configure(&[]);
    own.workspace.apply().succeeded().containing("Both certificates are for the same private key");
    own.workspace.assert_empty_plan();
}

/// A certificate that is created in the same apply is checked as soon as it is known.
#[test]
fn a_certificate_that_is_known_only_after_apply_is_rejected_during_apply() {
    let org = Emulator::start();
    let mut own = Own::parts_in(&org);
    own.log_in_by(JwtBearer);
    let before = org.part(GLOBAL_OAUTH, "Own").text("certificate");
    let other = certificate_for(OTHER_KEY, "other.example.com");
    own.certificate = "terraform_data.certificate.output".to_owned();
    own.configure(&[(
        "resource \"salesforce_external_client_app\" \"own\" {",
        &format!(
            "resource \"terraform_data\" \"certificate\" {{\n  input = {other}\n}}\n\n\
             resource \"salesforce_external_client_app\" \"own\" {{"
        ),
    )]);
    own.plan().succeeded().containing("to one that is known only after apply");
    own.workspace.apply().failed_with(LOCKOUT).containing("not for the private key");
    assert_eq!(org.part(GLOBAL_OAUTH, "Own").text("certificate"), before);
}

/// With API versions whose SOAP API accepts JWT tokens, enabling them is allowed.
#[test]
fn jwt_tokens_are_rejected_below_the_api_version_that_accepts_them() {
    let org = Emulator::with(&["--api-version", "68"]);
    let mut own = Own::parts_in(&org);
    own.log_in_by(JwtBearer);
    let jwt = ("named_user_jwt_enabled          = false", "named_user_jwt_enabled = true");
    own.configure(&[jwt]);
    own.workspace.set("SALESFORCE_API_VERSION", "67.0");
    own.plan().failed_with(LOCKOUT).containing("in API versions earlier than 68.0");
    own.workspace.unset("SALESFORCE_API_VERSION");
    own.workspace.apply().succeeded().containing("New tokens are JWTs");
    own.workspace.assert_empty_plan();
}

/// The self-lockout check does not apply to other apps.
#[test]
fn changes_of_other_apps_are_not_rejected() {
    let org = Emulator::start();
    let mut own = Own::parts_in(&org);
    own.log_in_by(JwtBearer);
    let mut other = Workspace::new(&org);
    other.unset("TF_LOG");
    other.configure(SHOP);
    other.apply().succeeded();
    other.destroy().succeeded();
    own.workspace.assert_empty_plan();
    own.workspace.destroy().failed_with(LOCKOUT).containing("Destroying this resource");
}
