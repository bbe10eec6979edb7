//! The authentication method that the provider block and the environment select, and the requirements of each method.

use super::configurations::{Texts, block, resolve};
use crate::org::{ConnectionSettings, Login, SubjectToken};
use crate::provider::config::{self, Resolved};
use crate::value::Value;

/// The authentication method of the settings, as a short string.
fn method(settings: &ConnectionSettings) -> String {
    let secret =
        |secret: &Option<crate::secret::Secret>| if secret.is_some() { " with a secret" } else { "" };
    match &settings.login {
        Login::JwtBearer { .. } => "jwt".to_owned(),
        Login::ClientCredentials { .. } => "credentials".to_owned(),
        Login::RefreshToken { client_id, client_secret, .. } => {
            format!("refresh {client_id}{}", secret(client_secret))
        }
        Login::TokenExchange { client_id, client_secret, subject, subject_token_type, token_handler } => {
            let place = match subject {
                SubjectToken::Text(_) => "text",
                SubjectToken::File(_) => "file",
            };
            let kind = subject_token_type.rsplit(':').next().unwrap();
            let handler = token_handler.as_deref().unwrap_or("default");
            format!("exchange {client_id}{} {place} {kind} {handler}", secret(client_secret))
        }
        Login::SfCli(cli) => format!("sf {}", cli.org),
        Login::AccessToken { .. } => "token".to_owned(),
    }
}

const HERE: (&str, &str) = ("instance_url", "https://acme.my.salesforce.com");
const URL: (&str, &str) = ("sfdx_auth_url", "force://app::canary@acme.my.salesforce.com");

/// The block, the environment, and the selected method or a part of the error.
type Choice<'a> = (Texts<'a>, Texts<'a>, Result<&'a str, &'a str>);

#[test]
fn one_authentication_method_is_selected_and_the_block_takes_precedence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    let cases: &[Choice<'_>] = &[
        // Each method, selected by the block.
        (&[HERE, ("client_id", "a"), ("client_secret", "s")], &[], Ok("credentials")),
        (&[("client_id", "a"), ("refresh_token", "r")], &[], Ok("refresh a")),
        (
            &[("client_id", "a"), ("client_secret", "s"), ("refresh_token", "r")],
            &[],
            Ok("refresh a with a secret"),
        ),
        (&[URL], &[], Ok("refresh app")),
        (&[("sf_cli_org", "acme")], &[], Ok("sf acme")),
        (&[HERE, ("access_token", "t")], &[], Ok("token")),
        (&[HERE, ("client_id", "a"), ("subject_token", "t")], &[], Ok("exchange a text jwt default")),
        (
            &[
                HERE,
                ("client_id", "a"),
                ("client_secret", "s"),
                ("subject_token_file", file),
                ("token_handler", "H"),
            ],
            &[],
            Ok("exchange a with a secret file jwt H"),
        ),
        (
            &[HERE, ("client_id", "a"), ("subject_token", "t"), ("subject_token_type", "id_token")],
            &[],
            Ok("exchange a text id_token default"),
        ),
        (
            &[HERE, ("client_id", "a"), ("subject_token", "t"), ("subject_token_type", "urn:a:b")],
            &[],
            Ok("exchange a text b default"),
        ),
        (
            &[HERE, ("client_id", "a"), ("use_hcp_terraform_token", "true")],
            &[("TFC_WORKLOAD_IDENTITY_TOKEN", "t"), ("TFC_WORKLOAD_IDENTITY_TOKEN_B", "u")],
            Ok("exchange a text jwt default"),
        ),
        // Each method, selected by the environment.
        (&[], &[("SALESFORCE_SF_CLI_ORG", "acme")], Ok("sf acme")),
        (&[], &[("SALESFORCE_SFDX_AUTH_URL", URL.1)], Ok("refresh app")),
        (&[], &[("SALESFORCE_CLIENT_ID", "a"), ("SALESFORCE_REFRESH_TOKEN", "r")], Ok("refresh a")),
        (
            &[],
            &[
                ("SALESFORCE_CLIENT_ID", "a"),
                ("SALESFORCE_CLIENT_SECRET", "s"),
                ("SALESFORCE_SUBJECT_TOKEN", "t"),
                ("SALESFORCE_SUBJECT_TOKEN_FILE", "/nowhere"),
                ("SALESFORCE_INSTANCE_URL", HERE.1),
            ],
            Ok("exchange a with a secret text jwt default"),
        ),
        (
            &[HERE, ("client_id", "a"), ("hcp_terraform_token_tag", "B")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "true"), ("TFC_WORKLOAD_IDENTITY_TOKEN_B", "u")],
            Ok("exchange a text jwt default"),
        ),
        // The token of HCP Terraform alone selects no method.
        (
            &[HERE, ("client_id", "a")],
            &[("TFC_WORKLOAD_IDENTITY_TOKEN", "t")],
            Err("No authentication method is set"),
        ),
        (
            &[HERE, ("client_id", "a"), ("use_hcp_terraform_token", "true")],
            &[],
            Err("no TFC_WORKLOAD_IDENTITY_TOKEN."),
        ),
        (
            &[
                HERE,
                ("client_id", "a"),
                ("use_hcp_terraform_token", "true"),
                ("hcp_terraform_token_tag", "B"),
            ],
            &[("TFC_WORKLOAD_IDENTITY_TOKEN", "t")],
            Err("TFC_WORKLOAD_IDENTITY_AUDIENCE_B"),
        ),
        (
            &[HERE, ("client_id", "a")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "yes")],
            Err("SALESFORCE_USE_HCP_TERRAFORM_TOKEN must be true or false"),
        ),
        // A flag that is false selects no method, and the environment does not override the flag.
        (
            &[HERE, ("client_id", "a"), ("use_hcp_terraform_token", "false"), ("client_secret", "s")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "true"), ("TFC_WORKLOAD_IDENTITY_TOKEN", "t")],
            Ok("credentials"),
        ),
        (
            &[HERE, ("client_id", "a"), ("use_hcp_terraform_token", "false")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "true"), ("SALESFORCE_CLIENT_SECRET", "s")],
            Ok("credentials"),
        ),
        // The block takes precedence over the environment.
        (
            &[("sf_cli_org", "acme")],
            &[
                ("SALESFORCE_CLIENT_SECRET", "s"),
                ("SALESFORCE_SFDX_AUTH_URL", "nonsense"),
                ("SF_ACCESS_TOKEN", "t"),
            ],
            Ok("sf acme"),
        ),
        // Other arguments of the method may come from the environment.
        (
            &[("refresh_token", "r")],
            &[("SALESFORCE_CLIENT_ID", "a"), ("SALESFORCE_CLIENT_SECRET", "s")],
            Ok("refresh a with a secret"),
        ),
        // Two methods in one place.
        (
            &[],
            &[("SALESFORCE_SF_CLI_ORG", "acme"), ("SALESFORCE_SFDX_AUTH_URL", URL.1)],
            Err("SALESFORCE_SFDX_AUTH_URL and SALESFORCE_SF_CLI_ORG are both set"),
        ),
        (
            &[],
            &[
                ("SALESFORCE_SUBJECT_TOKEN", "t"),
                ("SALESFORCE_REFRESH_TOKEN", "r"),
                ("SALESFORCE_CLIENT_SECRET", "s"),
            ],
            Err("SALESFORCE_SUBJECT_TOKEN and SALESFORCE_REFRESH_TOKEN are both set"),
        ),
        // Variables of other tools have the lowest precedence. Among them, an access token takes precedence over an
        // SFDX auth URL.
        (&[], &[("SFDX_AUTH_URL", URL.1)], Ok("refresh app")),
        (
            &[],
            &[("SFDX_AUTH_URL", "nonsense"), ("SF_ACCESS_TOKEN", "t"), ("SF_ORG_INSTANCE_URL", HERE.1)],
            Ok("token"),
        ),
        (&[], &[("SFDX_AUTH_URL", URL.1), ("SF_ACCESS_TOKEN", "t")], Ok("refresh app")),
        (&[], &[("SFDX_AUTH_URL", "nonsense")], Err("SFDX_AUTH_URL is not an SFDX auth URL")),
        (&[], &[("SFDX_AUTH_URL", URL.1), ("SALESFORCE_SF_CLI_ORG", "acme")], Ok("sf acme")),
        (&[], &[], Err("SFDX_AUTH_URL")),
        // The requirements of a method.
        (&[("refresh_token", "r")], &[], Err("The refresh token flow requires client_id")),
        (
            &[("client_id", "a"), ("subject_token", "t")],
            &[],
            Err("OAuth token exchange requires instance_url"),
        ),
        (&[HERE, ("subject_token", "t")], &[], Err("OAuth token exchange requires client_id")),
        (
            &[HERE, ("client_id", "a"), ("subject_token_file", "/nowhere/token")],
            &[],
            Err("subject_token_file: \"/nowhere/token\" cannot be read: there is no such file"),
        ),
        (&[HERE, ("client_id", "a"), ("subject_token_file", "/")], &[], Err("it is a folder")),
        // Arguments that the URL already contains.
        (&[URL, ("client_id", "a")], &[], Err("client_id is set together with sfdx_auth_url")),
        (&[URL, ("login_url", HERE.1)], &[], Err("login_url is set together with sfdx_auth_url")),
        (&[URL, HERE], &[], Ok("refresh app")),
        (
            &[URL, ("instance_url", "https://other.my.salesforce.com")],
            &[],
            Err("are for acme.my.salesforce.com"),
        ),
        (&[("sfdx_auth_url", "force://app::canary@login.salesforce.com"), HERE], &[], Ok("refresh app")),
        (
            &[("instance_url", "https://other.my.salesforce.com")],
            &[("SALESFORCE_SFDX_AUTH_URL", URL.1)],
            Err("are for acme.my.salesforce.com"),
        ),
        // Only regular files are accepted, because reading a pipe would wait for a writer.
        (&[HERE, ("client_id", "a"), ("subject_token_file", "/dev/null")], &[], Err("not a file")),
        (
            &[HERE, ("client_id", "a"), ("username", "u"), ("private_key_file", "/dev/null")],
            &[],
            Err("not a file"),
        ),
        (
            &[HERE, ("client_id", "a"), ("use_hcp_terraform_token", "false"), ("client_secret", "s")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "True")],
            Ok("credentials"),
        ),
        (
            &[HERE, ("client_id", "a")],
            &[("SALESFORCE_USE_HCP_TERRAFORM_TOKEN", "False"), ("SALESFORCE_CLIENT_SECRET", "s")],
            Ok("credentials"),
        ),
        (
            &[HERE, ("client_id", "a"), ("client_secret", "s")],
            &[("SALESFORCE_PREVIOUS_ORG_IDS", "00D1 00D2")],
            Err("SALESFORCE_PREVIOUS_ORG_IDS must contain org IDs, separated by commas"),
        ),
        // The instance URL in the environment is ignored if the credentials name an org.
        (&[URL], &[("SALESFORCE_INSTANCE_URL", "https://other.my.salesforce.com")], Ok("refresh app")),
        (
            &[("sf_cli_org", "acme")],
            &[("SALESFORCE_INSTANCE_URL", "https://other.my.salesforce.com")],
            Ok("sf acme"),
        ),
    ];
    for (written, variables, expected) in cases {
        match (resolve(written, variables), expected) {
            (Ok(settings), Ok(expected)) => {
                assert_eq!(method(&settings), *expected, "{written:?} {variables:?}")
            }
            (Err(found), Err(fragment)) => {
                assert!(
                    found.iter().any(|one| one.detail.contains(fragment)),
                    "{written:?} {variables:?}: {found:?}"
                );
                assert!(!format!("{found:?}").contains("canary"), "{found:?}");
            }
            (other, expected) => {
                panic!("{written:?} {variables:?}: {expected:?}, not {:?}", other.map(|s| method(&s)))
            }
        }
    }
}

#[test]
fn the_sfdx_auth_url_determines_the_instance_and_login_urls() {
    for (text, instance, login) in [
        (URL.1, Some("https://acme.my.salesforce.com/"), "https://acme.my.salesforce.com/"),
        ("force://app::canary@test.salesforce.com", None, "https://test.salesforce.com/"),
    ] {
        let elsewhere = [("SALESFORCE_INSTANCE_URL", "https://other.my.salesforce.com")];
        let settings = resolve(&[("sfdx_auth_url", text)], &elsewhere).unwrap();
        assert_eq!(settings.instance_url.as_ref().map(url::Url::as_str), instance);
        assert_eq!(settings.login_url.as_ref().map(url::Url::as_str), Some(login));
    }
}

#[test]
fn an_argument_known_only_after_apply_postpones_the_login() {
    for name in ["sf_cli_org", "sfdx_auth_url", "subject_token", "use_hcp_terraform_token", "token_handler"] {
        let mut block = block(&[]);
        block.put(name, Value::Unknown);
        assert!(config::validate(&block).0.is_empty(), "{name}");
        match config::resolve(&block, &|_| None, "1.14.2") {
            Ok(Resolved::Unknown(argument)) => assert_eq!(argument, name),
            _ => panic!("{name}"),
        }
    }
}

/// The block, the environment, the logged method with its attribute and place, and the ignored variables.
type LogCase<'a> = (Texts<'a>, Texts<'a>, [&'a str; 3], &'a [&'a str]);

#[test]
fn the_log_names_the_selected_method_and_the_ignored_variables() {
    let cases: &[LogCase<'_>] = &[
        (
            &[("sf_cli_org", "acme")],
            &[
                ("SALESFORCE_CLIENT_SECRET", "canary"),
                ("SFDX_AUTH_URL", "canary"),
                ("SF_ACCESS_TOKEN", "canary"),
            ],
            ["Salesforce CLI", "sf_cli_org", "the provider block"],
            &["SALESFORCE_CLIENT_SECRET", "SFDX_AUTH_URL"],
        ),
        // The client secret is an argument of the selected method.
        (
            &[("refresh_token", "canary"), ("client_id", "a")],
            &[("SALESFORCE_CLIENT_SECRET", "canary")],
            ["refresh token", "refresh_token", "the provider block"],
            &[],
        ),
        (
            &[HERE, ("client_secret", "canary"), ("client_id", "a")],
            &[("SALESFORCE_REFRESH_TOKEN", "canary")],
            ["client credentials", "client_secret", "the provider block"],
            &["SALESFORCE_REFRESH_TOKEN"],
        ),
        (
            &[],
            &[
                ("SALESFORCE_SF_CLI_ORG", "acme"),
                ("SF_ACCESS_TOKEN", "canary"),
                ("SF_ORG_INSTANCE_URL", HERE.1),
            ],
            ["Salesforce CLI", "SALESFORCE_SF_CLI_ORG", "the environment"],
            &["SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL"],
        ),
        (
            &[],
            &[("SF_ACCESS_TOKEN", "canary"), ("SF_ORG_INSTANCE_URL", HERE.1), ("SFDX_AUTH_URL", "canary")],
            [
                "access token",
                "SF_ACCESS_TOKEN and SF_ORG_INSTANCE_URL",
                "the environment, because no other method is set",
            ],
            &["SFDX_AUTH_URL"],
        ),
    ];
    for (written, variables, [method, named_by, place], not_taken) in cases {
        let environment = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        let Ok(Resolved::Ready(configuration)) = config::resolve(&block(written), &environment, "1.14.2")
        else {
            panic!("{written:?} {variables:?}")
        };
        let found = configuration.method.unwrap();
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
        assert_eq!((found.method, found.named_by.as_str(), found.place), (*method, *named_by, *place));
        assert_eq!(found.not_taken, *not_taken, "{written:?} {variables:?}");
    }
}

#[test]
fn arguments_of_another_method_are_a_warning() {
    let id = ("client_id", "a");
    let cases: &[(Texts<'_>, &[&str])] = &[
        (&[("sf_cli_org", "acme"), ("username", "u"), HERE], &["username"]),
        (
            &[("sf_cli_org", "acme"), id, ("login_url", HERE.1), ("audience", HERE.1)],
            &["audience", "client_id", "login_url"],
        ),
        (&[HERE, id, ("client_secret", "s"), ("token_handler", "H")], &["token_handler"]),
        (&[HERE, ("access_token", "t"), id], &["client_id"]),
        (&[HERE, id, ("subject_token", "t"), ("client_secret", "s"), ("token_handler", "H")], &[]),
        (&[HERE, id, ("client_secret", "s"), ("login_url", HERE.1)], &[]),
        // If the block selects no method, the environment may select one.
        (&[HERE, id, ("username", "u"), ("token_handler", "H")], &[]),
    ];
    for (written, names) in cases {
        let found: Vec<_> = config::validate(&block(written)).0;
        assert_eq!(found.len(), usize::from(!names.is_empty()), "{written:?}: {found:?}");
        if let (Some(found), Some(first)) = (found.first(), names.first()) {
            assert!(
                !found.is_error() && found.detail.starts_with(&format!("{} ha", names.join(", "))),
                "{found:?}"
            );
            assert_eq!(found.path, Some(crate::value::Path::attribute(*first)));
        }
    }
}
