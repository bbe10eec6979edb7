//! The rules and their messages.

use super::{GLOBAL, POLICIES, SETTINGS, field, list, map, set};
use crate::metadata::{Rule, echo};
use crate::value::Value;

fn text(rule: Rule, text: &str) -> Option<String> {
    rule.check(&Value::text(text))
}

fn accepts(rule: Rule, texts: &[&str]) {
    for candidate in texts {
        assert_eq!(text(rule, candidate), None, "{candidate:?}");
    }
}

fn rejects(rule: Rule, texts: &[(&str, &str)]) {
    for (candidate, because) in texts {
        let problem = text(rule, candidate).unwrap_or_else(|| panic!("{candidate:?} passes"));
        assert!(problem.contains(because), "{candidate:?}: {problem}");
        assert!(problem.ends_with(['.', '?']), "{problem}");
    }
}

#[test]
fn api_names_are_validated() {
    accepts(Rule::ApiName, &["Shop", "a", "Shop_App_2"]);
    rejects(
        Rule::ApiName,
        &[
            ("", "empty"),
            ("1app", "start with a letter"),
            ("_app", "start with a letter"),
            ("my app", "character"),
            ("my-app", "character"),
            ("app_", "ends with an underscore"),
            ("a__b", "two underscores"),
            ("café", "U+00E9"),
            ("../x", "character"),
            ("a.b", "character"),
            ("A\0", "character"),
        ],
    );
    assert!(text(Rule::Longest(80), &"a".repeat(81)).is_some());
    assert!(!Rule::Longest(80).confirmed() && Rule::ApiName.confirmed());
}

#[test]
fn namespaces_are_validated() {
    accepts(Rule::Namespace, &["", "acme", "acme_2"]);
    rejects(
        Rule::Namespace,
        &[("acme__", "not a namespace"), ("acme__Shop", "not a namespace"), (" ", "not a namespace")],
    );
}

#[test]
fn blank_values_are_rejected() {
    accepts(Rule::NotBlank, &["x", " x"]);
    rejects(Rule::NotBlank, &[("", "blank"), ("  \n", "blank")]);
}

#[test]
fn email_addresses_and_usernames_are_validated() {
    accepts(Rule::Email, &["", "ada@example.com", "a+b@mail.example.co.uk"]);
    rejects(
        Rule::Email,
        &[
            ("nobody", "not an email address"),
            ("a@b@c", "not an"),
            ("a@b.com\n", "not an"),
            ("a@", "not an"),
            ("@b", "not an"),
            ("a@b..c", "not an"),
            ("a b@c.d", "not an"),
        ],
    );
    accepts(Rule::Username, &["", "integration@shop.example.sandbox"]);
    rejects(Rule::Username, &[("not-an-email", "username")]);
}

#[test]
fn web_urls_are_validated() {
    accepts(Rule::WebUrl, &["", "https://a.example/x?y=1#z", "http://a.example", "https://[::1]/"]);
    rejects(
        Rule::WebUrl,
        &[
            ("ftp://x", "not an http or https URL"),
            ("https://", "no host"),
            ("https:///x", "no host"),
            ("https:x.example", "no host"),
            ("javascript:alert(1)", "not an http"),
            ("www.example.com", "not an absolute URL"),
            ("/x", "not an absolute URL"),
            ("https://x/ y", "character"),
            ("https://x\\y", "character"),
        ],
    );
}

#[test]
fn callback_urls_are_validated() {
    accepts(
        Rule::CallbackUrl,
        &[
            "https://shop.example.com/callback",
            "http://localhost:8080/cb",
            "http://example.com/cb",
            "com.example.app:/oauth2redirect",
            "myapp://callback",
        ],
    );
    rejects(
        Rule::CallbackUrl,
        &[
            ("", "blank"),
            ("*", "wildcard"),
            ("https://x/ y", "character"),
            ("https://x/\nhttps://y/", "more than one"),
            ("https://", "no host"),
            ("/callback", "absolute"),
            ("www.example.com/callback", "absolute"),
        ],
    );
    // Some of these URLs exist in orgs, so violations are warnings.
    assert!(!Rule::UsualCallbackUrl.confirmed());
    accepts(
        Rule::UsualCallbackUrl,
        &["sfdc://oauth/jwt/success", "cursor://anysphere.cursor-mcp/oauth/callback"],
    );
    rejects(
        Rule::UsualCallbackUrl,
        &[
            ("http://localhost:*/callback", "wildcard"),
            ("https://*.example.com/", "wildcard"),
            ("https://x/#frag", "fragment"),
            ("javascript:alert(1)", "scheme"),
            ("https:///x", "no host"),
            ("my_app://callback", "absolute"),
            ("https://x\\y", "character"),
        ],
    );
    for unusual in ["http://localhost:*/callback", "https://x/#frag", "my_app://callback", "https:///x"] {
        assert_eq!(text(Rule::CallbackUrl, unusual), None, "{unusual}");
    }
    accepts(
        Rule::NotPlainHttp,
        &[
            "https://x.example",
            "http://localhost/cb",
            "http://127.0.0.1:1/cb",
            "http://[::1]/cb",
            "app://x",
            "nonsense",
        ],
    );
    rejects(
        Rule::NotPlainHttp,
        &[("http://example.com/cb", "https"), ("http://localhost.evil.example/", "https")],
    );
    assert!(!Rule::Each(&Rule::NotPlainHttp).confirmed());
    let urls = field(&GLOBAL, "callback_urls");
    let problems =
        |value: Value| -> Vec<String> { urls.rules.iter().filter_map(|rule| rule.check(&value)).collect() };
    assert!(problems(list(&["https://a", "https://b"])).is_empty());
    assert!(problems(list(&["https://a", "https://a"]))[0].contains("duplicate"));
    let long = format!("https://a.example/{}", "x".repeat(1990));
    assert_eq!(
        problems(list(&[&long])),
        ["The value has 2008 characters. Salesforce may reject more than 2000."]
    );
}

#[test]
fn numbers_must_be_in_the_allowed_range_or_list() {
    let minutes = Rule::Between(1, 720);
    for (number, is_valid) in [
        ("1", true),
        ("720", true),
        ("0", false),
        ("721", false),
        ("1.5", false),
        ("-1", false),
        ("1e30", false),
    ] {
        let value = Value::Number(number.parse().unwrap());
        assert_eq!(minutes.check(&value).is_none(), is_valid, "{number}");
    }
    assert_eq!(minutes.check(&Value::int(0)).unwrap(), "\"0\" is not a whole number from 1 to 720.");
    let jwt = field(&POLICIES, "guest_jwt_timeout_minutes").rules.first().unwrap();
    assert_eq!(jwt.check(&Value::int(30)), None);
    assert!(jwt.check(&Value::int(20)).unwrap().contains("1, 5, 10, 15, 30"));
}

#[test]
fn members_keys_and_entries_are_validated() {
    let attributes = field(&SETTINGS, "custom_attributes");
    let many: Vec<(String, String)> = (0..129).map(|number| (number.to_string(), "f".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let check = |value: &Value| attributes.rules.iter().find_map(|rule| rule.check(value));
    assert_eq!(check(&map(&many)).unwrap(), "There are 129 elements. The maximum is 128.");
    assert_eq!(check(&map(&many[..128])), None);
    assert!(check(&map(&[("key", "")])).unwrap().starts_with("The entry \"key\": The value is blank"));
    assert!(check(&map(&[("", "f")])).unwrap().starts_with("The key \"\""));
    let null = Value::set(vec![Value::Null]);
    assert!(Rule::Each(&Rule::NotBlank).check(&null).unwrap().contains("null"));
    assert_eq!(Rule::Each(&Rule::NotBlank).check(&Value::set(vec![Value::Unknown])), None);
    assert_eq!(Rule::AtMost(1).check(&Value::Unknown), None);
}

#[test]
fn scopes_are_validated_with_suggestions() {
    let [spelled, listed] = field(&SETTINGS, "oauth_scopes").rules else { panic!("scopes have two rules") };
    let check = |member: &str| spelled.check(&set(&[member]));
    assert_eq!(check("Api"), None);
    assert_eq!(check("Apl").unwrap(), "\"Apl\" is not a known value. Did you mean \"Api\"?");
    assert_eq!(check("openld").unwrap(), "\"openld\" is not a known value. Did you mean \"OpenID\"?");
    // A scope in another case is the same scope, so a different case is a warning.
    for (theirs, ours) in [("api", "Api"), ("openid", "OpenID"), ("forgotPassword", "ForgotPassword")] {
        assert_eq!(check(theirs), None);
        assert_eq!(
            listed.check(&set(&[theirs])).unwrap(),
            format!("Salesforce spells {theirs:?} as {ours:?}. Use that spelling.")
        );
    }
    for (theirs, ours) in [
        ("Refresh_Token", "RefreshToken"),
        ("refresh_token", "RefreshToken"),
        ("offline_access", "OfflineAccess"),
        ("chatter_api", "Chatter"),
        ("id", "Basic"),
        ("forgot_password", "ForgotPassword"),
        ("user_registration_api", "UserRegistration"),
        ("pwdless_login_api", "PwdlessLogin"),
        ("wave_api", "Wave"),
        ("cdp_query_api", "CDPQuery"),
        ("sfap_api", "SFApiPlatform"),
        ("visualforce", "CustomApplications"),
        ("Manage user data via APIs (api)", "Api"),
        ("Perform requests at any time (refresh_token, offline_access)", "RefreshToken"),
    ] {
        let problem = check(theirs).unwrap();
        assert!(
            problem.ends_with(&format!("Did you mean {ours:?}?")) && !problem.contains("secret"),
            "{theirs}: {problem}"
        );
    }
    // Strings that resemble words of the list are not hidden as possible secrets.
    for text in ["ForgotPasswort", "forgot password", "FORGOT_PASSWORD", "ForgotPasswords"] {
        let problem = check(text).unwrap();
        assert!(problem.contains(text) && problem.contains("\"ForgotPassword\""), "{problem}");
    }
    for (text, letter) in [
        ("\u{410}pi", "'\u{410}' at character 1 is Cyrillic (U+0410), not the Latin A"),
        ("\u{391}pi", "at character 1 is Greek (U+0391), not the Latin A"),
        ("Ap\u{456}", "at character 3 is Cyrillic (U+0456), not the Latin i"),
        ("\u{FF21}pi", "at character 1 is full width (U+FF21), not the Latin A"),
        ("\u{1D400}pi", "at character 1 is mathematical (U+1D400), not the Latin A"),
        ("Full\u{200B}", "U+200B ZERO WIDTH SPACE at character 5"),
    ] {
        let problem = check(text).unwrap();
        assert!(problem.contains(letter) && problem.contains("Did you mean \""), "{problem}");
    }
    assert!(check("Api, Web").unwrap().contains("as a separate element"));
    assert_eq!(check("Api Web").unwrap(), "\"Api Web\" contains more than one value. Use \"Api\", \"Web\".");
    assert_eq!(
        check("refresh_token api").unwrap(),
        "\"refresh_token api\" contains more than one value. Use \"RefreshToken\", \"Api\"."
    );
    assert!(check("").is_some());
    // Newer orgs can have unknown scopes, so an unknown scope is a warning.
    assert_eq!(check("Quux"), None);
    assert!(listed.check(&set(&["Quux"])).unwrap().contains("Use one of Address, Api"));
    assert_eq!(listed.check(&set(&["Apl"])), None, "reported once");
    assert!(spelled.confirmed() && !listed.confirmed());
}

#[test]
fn ipv4_addresses_are_validated() {
    accepts(Rule::Ipv4, &["10.0.0.1", "255.255.255.255"]);
    rejects(
        Rule::Ipv4,
        &[
            ("10.0.0.256", "not an IPv4"),
            ("010.0.0.1", "leading zero"),
            ("2001:db8::1", "IPv6"),
            ("10.0.0", "not an IPv4"),
            ("10.0.0.0/8", "not an IPv4"),
            ("", "not an IPv4"),
        ],
    );
}

#[test]
fn record_ids_and_api_names_are_validated() {
    let rule = Rule::RecordOrName("0PS");
    accepts(rule, &["Shop_Customer", "ns__Shop", "0PS000000000001", "0PS000000000001GAA"]);
    rejects(
        rule,
        &[
            ("0PS", "15 or 18"),
            ("0PS000000000001AAB", "do not match"),
            ("0PS0000000000012", "does not have 15 or 18"),
            ("00e000000000001", "the record ID of a profile, not of a permission set"),
            ("005000000000001AAA", "the record ID of a user"),
            ("0PG000000000001", "the record ID of a permission set group"),
            (" ", "blank"),
        ],
    );
    let label = Rule::NoLabel("0PS");
    assert!(!label.confirmed());
    // Values that `RecordOrName` rejects are not reported twice.
    accepts(label, &["Shop_Customer", "2bxveucd", "0PS000000000001", " ", "00e000000000001", "0PS"]);
    rejects(
        label,
        &[
            ("Shop Customer", "neither"),
            ("Sh\u{43E}p", "at character 3 is Cyrillic (U+043E), not the Latin o"),
        ],
    );
}

#[test]
fn values_in_another_case_are_warnings_and_in_enums_errors() {
    const WORDS: &[&str] = &["Api", "RefreshToken"];
    accepts(Rule::Spelled(WORDS, &[]), &["Api", "api", "REFRESHTOKEN"]);
    rejects(Rule::Listed(WORDS, &[]), &[("api", "as \"Api\""), ("Unheard", "not a known value")]);
    // In an enum, a different case and an unknown word are both errors.
    rejects(
        Rule::Word(WORDS),
        &[("api", "as \"Api\""), ("Apl", "mean \"Api\""), ("Unheard", "not a known value")],
    );
}

#[test]
fn record_ids_and_labels_are_validated() {
    let rule = Rule::RecordOrLabel("00e");
    accepts(
        rule,
        &[
            "Sales",
            "System Administrator",
            "00e000000000001",
            "00e000000000001AAA",
            "Caf\u{e9}",
            "123456789012345",
        ],
    );
    rejects(
        rule,
        &[
            ("0PS000000000001", "the record ID of a permission set, not of a profile"),
            ("0PS000000000001AAA", "the record ID of a permission set"),
            ("00e00000000001", "does not have 15 or 18"),
            ("00e000000000001AAB", "do not match"),
            ("00D000000000001", "the record ID of an org"),
            (" ", "blank"),
        ],
    );
    accepts(Rule::NoRecordId, &["Handler", "ns__Handler", "Something_15_chars"]);
    rejects(Rule::NoRecordId, &[("01p000000000001", "an Apex class"), ("005000000000001AAA", "a user")]);
    rejects(Rule::Username, &[("005000000000001AAA", "the record ID of a user")]);
    rejects(Rule::ApiName, &[("0xI000000000001", "the record ID of an External Client App")]);
}

#[test]
fn consumer_links_are_validated() {
    accepts(
        Rule::Link,
        &[
            "",
            "00D000000000099:888000000000001",
            "00D000000000099AAA:888000000000001",
            "00D000000000001:888000000000001AAA",
            // A value of a mocked provider.
            "2bxveucd",
        ],
    );
    rejects(
        Rule::Link,
        &[
            ("x", "no colon"),
            ("00D000000000099", "no colon"),
            ("00D000000000099:", "no consumer ID"),
            (":888000000000001", "no org ID"),
            ("00D:888", "no org ID"),
            ("00D000000000099:888", "no consumer ID"),
            ("00D000000000099:888000000000001:x", "more than one colon"),
            ("888000000000001:00D000000000099", "the consumer ID before the org ID"),
            ("00e000000000001:888000000000001", "a profile instead of an org ID"),
            ("00D000000000099:0PS000000000001", "a permission set instead of a consumer ID"),
            ("00D000000000099:3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0", "no consumer ID"),
            ("00D000000000099;888000000000001", "no colon"),
        ],
    );
}

#[test]
fn urls_must_not_contain_user_information() {
    let rule = Rule::NoUserInformation;
    assert!(rule.confirmed());
    for url in [
        "https://user:canary@example.com/",
        "https://canary@example.com/logo.png",
        "https://@example.com/",
        "http://user:@localhost/canary",
        "https://user:can%40ary@example.com",
        "myapp://user:canary@callback",
        "https://user:canary@example.com:*/ x",
    ] {
        let problem = text(rule, url).unwrap_or_else(|| panic!("{url} passes"));
        assert!(problem.contains("username or a password") && !problem.contains("canary"), "{problem}");
        for other in [Rule::WebUrl, Rule::CallbackUrl, Rule::UsualCallbackUrl, Rule::NotPlainHttp] {
            assert!(!text(other, url).unwrap_or_default().contains("canary"), "{other:?}");
        }
    }
    accepts(rule, &["https://example.com/@ada", "https://example.com/?mail=a@b", "https://example.com/#@"]);
}

#[test]
fn null_unknown_and_mistyped_values_pass_every_rule() {
    let rules = [
        Rule::NotBlank,
        Rule::ApiName,
        Rule::Email,
        Rule::WebUrl,
        Rule::CallbackUrl,
        Rule::UsualCallbackUrl,
        Rule::NotPlainHttp,
        Rule::Between(1, 2),
        Rule::NotZero,
        Rule::Numbers(&[1]),
        Rule::AtMost(1),
        Rule::Longest(1),
        Rule::Unique,
        Rule::Each(&Rule::NotBlank),
        Rule::Word(&["a"]),
        Rule::Ipv4,
        Rule::Username,
        Rule::Certificate,
        Rule::NoPrivateKey,
        Rule::CertificateIfPem,
        Rule::RsaKeyBits(2048),
        Rule::RecordOrName("0PS"),
        Rule::NoLabel("0PS"),
        Rule::RecordOrLabel("00e"),
        Rule::NoRecordId,
        Rule::Link,
        Rule::NoUserInformation,
    ];
    for rule in rules {
        for value in [Value::Null, Value::Unknown, Value::Bool(true)] {
            assert_eq!(rule.check(&value), None, "{rule:?}");
        }
    }
}

#[test]
fn secrets_are_hidden_and_long_values_are_truncated() {
    for secret in [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "00D000000000001!AQEAQJ.x",
        "eyJhbGciOiJSUzI1NiJ9.e30.x",
        "3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0",
        "https://user:hunter2@example.com/",
        "https://x/?access_token=abc",
        "my-password-1",
    ] {
        for rule in [Rule::ApiName, Rule::Email, Rule::Ipv4, Rule::Word(&["a"]), Rule::Certificate] {
            let problem = text(rule, secret).unwrap();
            assert!(!problem.contains(&secret[..20.min(secret.len() - 3)]), "{problem}");
        }
    }
    assert_eq!(echo("a\u{1}\n\u{202E}"), "\"a\\u{1}\\n\\u{202e}\"");
    assert_eq!(echo(&"é".repeat(100)).chars().count(), 63);
    assert_eq!(
        echo("https://shop.example.com/a/long/path/that/is/nobody"),
        "\"https://shop.example.com/a/long/path/that/is/nobody\""
    );
}
