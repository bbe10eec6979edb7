//! The provider block and the environment: conflicting arguments, the selected org, and invalid values.

use crate::org::{ConnectionSettings, Login};
use crate::provider::config::{self, Resolved};
use crate::provider::diagnostics::Diagnostic;
use crate::value::Value;

pub type Texts<'a> = &'a [(&'a str, &'a str)];

pub fn block(written: Texts<'_>) -> Value {
    let mut block = config::schema().block.empty();
    for (name, text) in written {
        let value = match (*name, *text) {
            ("use_hcp_terraform_token", "false") => Value::Bool(false),
            ("use_hcp_terraform_token", _) => Value::Bool(true),
            (_, text) => Value::text(text),
        };
        block.put(name, value);
    }
    block
}

pub fn resolve(written: Texts<'_>, variables: Texts<'_>) -> Result<ConnectionSettings, Vec<Diagnostic>> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let environment =
        move |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    match config::resolve(&block(written), &environment, "1.14.2") {
        Ok(Resolved::Ready(configuration)) => Ok(configuration.settings),
        Ok(Resolved::Unknown(name)) => panic!("{name} is known"),
        Err(found) => Err(found.0),
    }
}

const SECRET: Texts<'static> = &[("SALESFORCE_CLIENT_ID", "id"), ("SALESFORCE_CLIENT_SECRET", "canary")];

fn with<'a>(one: Texts<'a>, other: Texts<'a>) -> Vec<(&'a str, &'a str)> {
    one.iter().chain(other).copied().collect()
}

#[test]
fn the_environment_does_not_redirect_a_block_that_names_an_org() {
    let elsewhere: Texts<'_> = &[
        ("SALESFORCE_LOGIN_URL", "https://other.my.salesforce.com"),
        ("SALESFORCE_AUDIENCE", "https://test.salesforce.com"),
        ("SALESFORCE_INSTANCE_URL", "https://other.my.salesforce.com"),
    ];
    for (written, instance, login, audience) in [
        (&[("instance_url", "https://acme.my.salesforce.com")] as Texts<'_>, Some("acme"), None, None),
        (&[("login_url", "https://acme.my.salesforce.com")], None, Some("acme"), None),
        (
            &[("instance_url", "https://acme.my.salesforce.com"), ("audience", "https://a.example")],
            Some("acme"),
            None,
            Some("https://a.example"),
        ),
        (&[], Some("other"), Some("other"), Some("https://test.salesforce.com")),
    ] {
        let settings = resolve(written, &with(SECRET, elsewhere)).unwrap();
        let host = |url: &Option<url::Url>| {
            url.as_ref().and_then(|url| url.host_str()).map(|host| host.split('.').next().unwrap().to_owned())
        };
        assert_eq!(host(&settings.instance_url).as_deref(), instance, "{written:?}");
        assert_eq!(host(&settings.login_url).as_deref(), login, "{written:?}");
        assert_eq!(settings.audience.as_deref(), audience, "{written:?}");
    }
}

#[test]
fn sf_access_token_is_used_only_for_sf_org_instance_url() {
    let pair: Texts<'_> =
        &[("SF_ACCESS_TOKEN", "canary"), ("SF_ORG_INSTANCE_URL", "https://acme.my.salesforce.com")];
    for written in [&[] as Texts<'_>, &[("instance_url", "https://acme.my.salesforce.com/")]] {
        assert!(matches!(resolve(written, pair).unwrap().login, Login::AccessToken { .. }));
    }
    let found = resolve(&[("instance_url", "https://other.my.salesforce.com")], pair).unwrap_err();
    assert_eq!(found[0].summary, "Credentials for another org");
    assert!(!format!("{found:?}").contains("canary"));
}

#[test]
fn conflicting_arguments_are_an_error_that_names_both() {
    let names = [
        "private_key",
        "private_key_file",
        "client_secret",
        "subject_token",
        "subject_token_file",
        "use_hcp_terraform_token",
        "refresh_token",
        "sfdx_auth_url",
        "sf_cli_org",
        "access_token",
    ];
    // These methods also accept a client secret.
    let with_client_secret =
        ["subject_token", "subject_token_file", "use_hcp_terraform_token", "refresh_token"];
    for (at, first) in names.iter().enumerate() {
        for second in names.iter().skip(at + 1) {
            let found = config::validate(&block(&[(first, "x"), (second, "y")])).0;
            let is_allowed = *first == "client_secret" && with_client_secret.contains(second);
            let has_conflict = found.iter().any(|one| one.summary == "Conflicting authentication methods");
            assert_eq!(has_conflict, !is_allowed, "{first} {second}: {found:?}");
            if is_allowed {
                continue;
            }
            // Terraform shows the line of the attribute, so the path is never that of a secret.
            let secrets = [
                "private_key",
                "client_secret",
                "access_token",
                "refresh_token",
                "subject_token",
                "sfdx_auth_url",
            ];
            let place = [second, first].into_iter().find(|name| !secrets.contains(name));
            let reported = found.iter().any(|one| {
                one.detail.contains(first)
                    && one.detail.contains(second)
                    && one.path.as_ref().and_then(|path| path.root()) == place.copied()
            });
            assert!(reported, "{first} {second}: {found:?}");
        }
    }
    let found = config::validate(&block(&[("ca_certificate", "x"), ("ca_certificate_file", "y")])).0;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path.as_ref().and_then(|path| path.root()), Some("ca_certificate_file"));
    assert!(found[0].detail.contains("ca_certificate and ca_certificate_file are both set"));
    // The block takes precedence over the environment.
    let found = resolve(
        &[("instance_url", "https://a.example"), ("ca_certificate_file", "/nowhere/ca.pem")],
        &with(SECRET, &[("SALESFORCE_CA_CERTIFICATE", "-----BEGIN CERTIFICATE-----")]),
    )
    .unwrap_err();
    assert!(found[0].detail.contains("/nowhere/ca.pem"), "{found:?}");
}

#[test]
fn an_invalid_value_is_described_in_the_error_and_not_quoted() {
    for (name, text, fragment) in [
        (
            "sfdx_auth_url",
            "[REDACTED] Use 'sf org auth show-sfdx-auth-url' to view",
            "newer versions of sf print",
        ),
        ("sfdx_auth_url", "force://canary@acme.my.salesforce.com", "three parts separated by colons"),
        ("sfdx_auth_url", "https://canary.my.salesforce.com", "does not start with force://"),
        ("refresh_token", "canary with a space", "a space or a non-ASCII character"),
        ("refresh_token", "${CANARY}", "the name of a variable"),
        ("subject_token", "***", "a masked secret"),
        ("subject_token", "", "must not be blank"),
        ("subject_token_type", "JWTs", "one of jwt, id_token"),
        ("hcp_terraform_token_tag", "a-b", "letters, digits and underscores"),
        ("hcp_terraform_token_tag", "TFC_WORKLOAD_IDENTITY_TOKEN_A", "the suffix of"),
        ("sf_cli_org", "--help", "read as an option"),
        ("sf_cli_org", "my org", "contains a space"),
        ("sf_cli_org", "https://acme.my.salesforce.com", "is a URL"),
        ("private_key", "***", "shown instead of a secret"),
        ("private_key", "${CANARY_KEY}", "the name of a variable"),
        ("private_key", "/keys/canary.pem", "the path of a file"),
        ("private_key", "canary.p12", "the path of a file"),
        ("private_key", "MIIJsQIBAzCCCXc=", "PKCS#12"),
        ("private_key", "MIIEowIBAAKCAQEAuGbX", "DER"),
        ("client_secret", "***", "a masked secret"),
        ("client_secret", "${CANARY}", "the name of a variable"),
        ("access_token", "$CANARY_TOKEN", "the name of a variable"),
        ("client_id", "<your-client-id>", "the name of a variable"),
        ("username", "{{ canary }}", "the name of a variable"),
        ("client_id", "a\u{200B}b", "U+200B ZERO WIDTH SPACE at character 2"),
        ("username", "ada@example.com\u{A0}", "U+00A0 NO-BREAK SPACE at character 16"),
        ("client_secret", "canary\u{FEFF}", "U+FEFF"),
        ("audience", "https://login.salesforce.com\u{200E}", "LEFT-TO-RIGHT MARK"),
        ("audience", "https://u:canary@login.salesforce.com", "username and password"),
        ("instance_url", "https://", "no host"),
        ("instance_url", "https:///x", "no host"),
        ("login_url", "https://u:canary@acme.my.salesforce.com", "username and password"),
        ("expected_org_id", "0PS000000000001", "the ID of a permission set"),
    ] {
        let found = config::validate(&block(&[(name, text)])).0;
        assert!(found.iter().any(|one| one.detail.contains(fragment)), "{name} = {text:?}: {found:?}");
        assert!(!format!("{found:?}").to_lowercase().contains("canary"), "{found:?}");
        let secrets = ["private_key", "client_secret", "access_token", "refresh_token", "sfdx_auth_url"];
        let is_secret = secrets.contains(&name);
        assert!(
            found.iter().all(|one| !is_secret || one.path.is_none()),
            "the line would be shown: {found:?}"
        );
    }
}

#[test]
fn an_invalid_proxy_is_an_error_that_names_the_variable() {
    let here: Texts<'_> = &[("instance_url", "https://acme.my.salesforce.com")];
    let found =
        resolve(here, &with(SECRET, &[("HTTPS_PROXY", "http://user:canary@proxy:port")])).unwrap_err();
    assert!(found[0].detail.contains("HTTPS_PROXY") && !found[0].detail.contains("canary"), "{found:?}");
    let settings =
        resolve(here, &with(SECRET, &[("https_proxy", "http://p:1"), ("NO_PROXY", "*.a")])).unwrap();
    assert_eq!(settings.proxy.unwrap().except, "*.a");
}

#[test]
fn the_format_of_a_binary_key_file_is_named_in_the_error() {
    let folder = std::env::temp_dir().join(format!("salesforce-key-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes, fragment) in [
        ("key.p12", [0x30, 0x82, 0x09, 0xB1, 2, 1, 3, 0x30, 0x82, 0xFF].as_slice(), "PKCS#12"),
        ("key.der", &[0x30, 0x82, 0x04, 0xA3, 2, 1, 0, 2, 0x82, 0xFF], "DER"),
        ("key.utf16", &[0xFF, 0xFE, b'-', 0], "UTF-16"),
        ("key.jks", &[0xFE, 0xED, 0xFE, 0xED, 0], "Java keystore"),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let variables = [
            ("SALESFORCE_CLIENT_ID", "id"),
            ("SALESFORCE_USERNAME", "ada@example.com"),
            ("SALESFORCE_PRIVATE_KEY_FILE", path.to_str().unwrap()),
        ];
        let found = resolve(&[], &variables).unwrap_err();
        assert!(found[0].detail.contains(fragment), "{name}: {found:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn previous_org_ids_must_be_org_ids() {
    let set = |ids: &[&str]| Value::set(ids.iter().map(|id| Value::text(*id)).collect());
    let written = |ids: Value| {
        let mut block = block(&[]);
        block.put("previous_org_ids", ids);
        config::validate(&block).0
    };
    assert!(written(set(&["00D000000000001", "00D000000000002EAA"])).is_empty());
    assert!(written(set(&[])).is_empty());
    for (id, fragment) in [
        ("", "An empty string is not an org ID"),
        ("00D", "\"00D\" is not an org ID"),
        ("0PS000000000001", "the ID of a permission set"),
        ("00D00000000000!", "is not an org ID"),
        ("00D000000000001!AQ.canary-token", "not shown"),
        ("00D000000000001,00D000000000002", "not shown"),
    ] {
        let found = written(set(&[id]));
        assert!(found.len() == 1 && found[0].detail.contains(fragment), "{id}: {found:?}");
        // Terraform shows the line of the attribute.
        let place = Some("previous_org_ids").filter(|_| !id.contains('!'));
        assert_eq!(found[0].path.as_ref().and_then(|path| path.root()), place);
        assert!(!found[0].detail.contains("canary"), "{found:?}");
    }
    let found = written(Value::Set(vec![Value::Null]));
    assert!(found[0].detail.contains("contains null"), "{found:?}");

    let of_environment = |listed: &str| {
        let variables = [
            ("SALESFORCE_CLIENT_ID", "id"),
            ("SALESFORCE_CLIENT_SECRET", "canary"),
            ("SALESFORCE_INSTANCE_URL", "https://a.example"),
            ("SALESFORCE_PREVIOUS_ORG_IDS", listed),
        ];
        let variables = variables.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let environment =
            move |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        match config::resolve(&block(&[]), &environment, "1.14.2") {
            Ok(Resolved::Ready(configuration)) => Ok(configuration.previous_org_ids),
            Ok(Resolved::Unknown(name)) => panic!("{name} is known"),
            Err(found) => Err(found.0),
        }
    };
    assert_eq!(
        of_environment("00D000000000001, 00D000000000002EAA,").unwrap(),
        ["00D000000000001", "00D000000000002EAA"]
    );
    let found = of_environment("00D000000000001;00D000000000002").unwrap_err();
    assert_eq!(found[0].summary, "Invalid org ID");
}

/// A pipeline may pass the key instead of its path.
#[test]
fn a_path_that_looks_like_a_secret_is_not_quoted() {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.canary", "eyJpc3MiOiJ4In0".repeat(8));
    for (name, text, is_shown) in [
        ("private_key_file", "-----BEGIN PRIVATE KEY-----\nMIIcanary\n-----END PRIVATE KEY-----", false),
        ("private_key_file", &"MIIEvQIBADANBgkqhkiG9w0BAQEcanary".repeat(30), false),
        ("private_key_file", "/run/secrets/canary.key", true),
        ("subject_token_file", &token, false),
        ("subject_token_file", "C:\\runner\\canary.jwt", true),
        ("ca_certificate_file", "-----BEGIN CERTIFICATE-----canary", false),
    ] {
        let variable = config::variable(name);
        let mut given = vec![
            (variable.as_str(), text),
            ("SALESFORCE_CLIENT_ID", "3MVG9x"),
            ("SALESFORCE_USERNAME", "a@b.example"),
            ("SALESFORCE_INSTANCE_URL", "https://a.example"),
        ];
        if name == "ca_certificate_file" {
            given.push(("SALESFORCE_CLIENT_SECRET", "secret"));
        }
        let found = resolve(&[], &given).unwrap_err();
        let reported = found.iter().find(|one| one.summary == "Cannot read file");
        let reported = reported.unwrap_or_else(|| panic!("{name}: {found:?}"));
        assert_eq!(reported.detail.contains("canary"), is_shown, "{name}: {}", reported.detail);
        assert!(reported.detail.contains(&variable), "{}", reported.detail);
    }
}

#[test]
fn a_value_from_the_environment_is_named_by_its_variable() {
    let login = [
        ("SALESFORCE_CLIENT_ID", "id"),
        ("SALESFORCE_CLIENT_SECRET", "canary"),
        ("SALESFORCE_INSTANCE_URL", "https://a.example"),
    ];
    for (argument, value) in [
        ("api_version", "latest"),
        ("expected_org_id", "a01000000000001AAA"),
        ("instance_url", "not a URL"),
        ("client_id", "a\u{200b}b"),
        ("client_id", "a\u{7}b"),
        ("client_id", "$CLIENT_ID"),
        ("client_secret", "a\u{7}b"),
        ("ca_certificate_file", "/does/not/exist"),
    ] {
        let variable = format!("SALESFORCE_{}", argument.to_uppercase());
        let mut variables: Vec<(&str, &str)> = login.to_vec();
        variables.retain(|(name, _)| *name != variable);
        variables.push((&variable, value));
        let found = resolve(&[], &variables).unwrap_err();
        assert!(found[0].detail.contains(&variable), "{argument}: {found:?}");
        let found = resolve(&[(argument, value)], &login).unwrap_err();
        assert!(!found[0].detail.contains(&variable), "{argument}: {found:?}");
    }
}

#[test]
fn a_blank_variable_is_named_in_the_error() {
    let guard = [("SALESFORCE_EXPECTED_ORG_ID", ""), ("SALESFORCE_INSTANCE_URL", "https://a.example")];
    let found = resolve(&[], &with(SECRET, &guard)).unwrap_err();
    assert!(found[0].detail.starts_with("SALESFORCE_EXPECTED_ORG_ID is set, but it is blank."), "{found:?}");
    let found =
        resolve(&[], &[("SALESFORCE_CLIENT_ID", "id"), ("SALESFORCE_CLIENT_SECRET", " ")]).unwrap_err();
    assert!(
        found[0].detail.starts_with(
            "These environment variables are set, but they are blank: SALESFORCE_CLIENT_SECRET."
        )
    );
    let variables = [
        ("SALESFORCE_CLIENT_ID", ""),
        ("SALESFORCE_CLIENT_SECRET", "canary"),
        ("SALESFORCE_INSTANCE_URL", "https://a.example"),
    ];
    let found = resolve(&[], &variables).unwrap_err();
    assert!(
        found[0].detail.ends_with("set SALESFORCE_CLIENT_ID. The variable is set, but it is blank."),
        "{found:?}"
    );
}
