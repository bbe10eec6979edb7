//! Examples of cleaned strings. `property` checks arbitrary bytes.

use super::*;

fn cleaned(text: &str) -> String {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("known-canary"));
    redactor.add(&Secret::new("pass&word \"canary\"/1"));
    redactor.clean(text)
}

#[test]
fn secrets_are_hidden_and_other_text_is_kept() {
    let long = "QUJD".repeat(60);
    for (text, clean) in [
        ("plain words, with 00D000000000001 in them", "plain words, with 00D000000000001 in them"),
        ("it is known-canary.", "it is (sensitive)."),
        ("missing session key: 00D000000000001!AQ.canary", "missing session key: (sensitive)"),
        ("url?sid=00D000000000001AAA!AQ.canary&x", "url?sid=(sensitive)&x"),
        ("url?sid=00D000000000001AAA%21AQ.canary", "url?sid=(sensitive)"),
        ("missing session hash: canary= This", "missing session hash: (sensitive) This"),
        ("got eyJhbGciOiJSUzI1NiJ9.canary.canary here", "got (sensitive) here"),
        ("a -----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY----- b", "a (sensitive) b"),
        ("cut -----BEGIN PRIVATE KEY-----\ncanary", "cut (sensitive)"),
        ("<m:sessionId>canary</m:sessionId>", "<m:sessionId>(sensitive)</m:sessionId>"),
        ("<consumerSecret>canary", "<consumerSecret>(sensitive)"),
        ("{\"access_token\": \"canary\",\"a\":1}", "{\"access_token\": \"(sensitive)\",\"a\":1}"),
        ("x&client_secret=canary&y=1", "x&client_secret=(sensitive)&y=1"),
        (long.as_str(), "(sensitive)"),
        ("two\nlines\u{7}", "two lines"),
    ] {
        let result = cleaned(text);
        assert_eq!(result, clean);
        assert!(!result.contains("canary"));
    }
}

#[test]
fn a_known_secret_is_hidden_in_each_encoding() {
    for (text, clean) in [
        ("known%2Dcanary", "(sensitive)"),
        ("a %6b%6E%6f%77%6e%2d%63%61%6e%61%72%79 b", "a (sensitive) b"),
        ("known%252dcanary", "(sensitive)"),
        ("known\\u002dcanary", "(sensitive)"),
        (
            "known&#45;canary, known&#x2d;canary, known&amp;#45;canary",
            "(sensitive), (sensitive), (sensitive)",
        ),
        ("known-\n   can\u{200b}ary", "(sensitive)"),
        ("known-\\n\\tcanary", "(sensitive)"),
        ("pass&word \"canary\"/1", "(sensitive)"),
        ("pass&amp;word &quot;canary&quot;/1", "(sensitive)"),
        (r#"pass&word \"canary\"\/1"#, "(sensitive)"),
        (r#"pass&word \\\"canary\\\"\\/1"#, "(sensitive)"),
        ("pass%26word+%22canary%22%2F1", "(sensitive)"),
        // Basic authentication, in which the secret starts within a group of base64 characters.
        ("Basic aWQ6a25vd24tY2FuYXJ5", "Basic (sensitive)"),
        ("Basic MTIza25vd24tY2FuYXJ5Lg==", "Basic (sensitive)"),
        ("x eDpwYXNzJndvcmQgImNhbmFyeSIvMQ x", "x (sensitive) x"),
        ("known-can ary of others, known canary", "(sensitive) of others, known canary"),
    ] {
        assert_eq!(cleaned(text), clean, "{text}");
    }
}

#[test]
fn values_of_credential_names_are_hidden_in_any_style() {
    for (text, clean) in [
        (r#"{"key":"3MVG9","secret":"canary"}"#, r#"{"key":"3MVG9","secret":"(sensitive)"}"#),
        (
            r#"{"consumerKey":"3MVG9","consumerSecret":"canary"}"#,
            r#"{"consumerKey":"3MVG9","consumerSecret":"(sensitive)"}"#,
        ),
        (r#"{"secret" : "can\"ary", "state":"Active"}"#, r#"{"secret" : "(sensitive)", "state":"Active"}"#),
        (r#"{\"secret\":\"canary\",\"a\":1}"#, r#"{\"secret\":\"(sensitive)\",\"a\":1}"#),
        (r#"{\\\"secret\\\":\\\"can\\\\\\\"ary\\\",1}"#, r#"{\\\"secret\\\":\\\"(sensitive)\\\",1}"#),
        (r#"{"secret":["canary","canary"],"a":1}"#, r#"{"secret":[(sensitive)],"a":1}"#),
        (r#"{"secrets":{"a]":"canary"}}"#, r#"{"secrets":{(sensitive)}}"#),
        (r#"{"secret":"canary"#, r#"{"secret":"(sensitive)"#),
        (r#"{"secret":123456789012345}"#, r#"{"secret":(sensitive)}"#),
        (
            r#"{"secret":null,"isSecretOptional":true,"tokens":3}"#,
            r#"{"secret":null,"isSecretOptional":true,"tokens":3}"#,
        ),
        (
            "<pre>{&quot;secret&quot;:&quot;canary&quot;}</pre>",
            "<pre>{&quot;secret&quot;:&quot;(sensitive)&quot;}</pre>",
        ),
        ("%7B%22secret%22%3A%22canary%22%7D", "%7B%22secret%22%3A%22(sensitive)%22%7D"),
        (r"{\u0022secret\u0022:\u0022canary\u0022,1}", r"{\u0022secret\u0022:\u0022(sensitive)\u0022,1}"),
        ("{'secret': 'canary'}", "{'secret': '(sensitive)'}"),
        ("{'secret' => 'canary'}", "{'secret' => '(sensitive)'}"),
        ("client_secret=\"canary\" x", "client_secret=\"(sensitive)\" x"),
        ("<input name=\"secret\" value=\"canary\">", "<input name=\"secret\" value=\"(sensitive)\">"),
        ("<secret>canary</secret>", "<secret>(sensitive)</secret>"),
        (
            "<m:sessionId xsi:type=\"x\">canary</m:sessionId>",
            "<m:sessionId xsi:type=\"x\">(sensitive)</m:sessionId>",
        ),
        ("<sessionId><![CDATA[canary]]></sessionId>", "<sessionId>(sensitive)</sessionId>"),
        (
            "&lt;consumerSecret&gt;canary&lt;/consumerSecret&gt;",
            "&lt;consumerSecret&gt;(sensitive)&lt;/consumerSecret&gt;",
        ),
        (
            "<isConsumerSecretOptional>true</isConsumerSecretOptional>",
            "<isConsumerSecretOptional>true</isConsumerSecretOptional>",
        ),
        ("http://user:canary@proxy.example:3128/", "http://(sensitive)@proxy.example:3128/"),
        ("Proxy-Authorization: Basic dXNlcjpjYW5hcnkK", "Proxy-Authorization: Basic (sensitive)"),
        ("refresh 5Aep861canary.0123456789012345678901234567 x", "refresh (sensitive) x"),
        ("missing session hash: canary&#33;, ok", "missing session hash: (sensitive) ok"),
        ("00D000000000001&#33;AQcanary.x", "(sensitive)"),
    ] {
        let result = cleaned(text);
        assert_eq!(result, clean, "{text}");
        assert!(!result.contains("canary"), "{result}");
    }
}

#[test]
fn messages_about_credentials_stay_readable() {
    for text in [
        "invalid_grant: expired access/refresh token",
        "INVALID_SESSION_ID: Session expired or invalid",
        "invalid_client: invalid client credentials; the client secret is wrong",
        "invalid assertion",
        "unsupported_grant_type: grant type not supported: urn:ietf:params:oauth:grant-type:jwt-bearer",
        "Basic Authentication is not allowed",
        "Consumer secret: required",
        "No MetadataType named: secret",
        "https://acme.my.salesforce.com/services/oauth2/token?x=1",
        "tls: a@b.example, user@example.com://x",
    ] {
        assert_eq!(cleaned(text), text);
    }
}

#[test]
fn a_private_key_is_hidden_line_by_line() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqcanary\nAASCBKcwggSjcanary0123\nshort==\n-----END PRIVATE KEY-----\n";
    let redactor = Redactor::default();
    redactor.add(&Secret::new(pem));
    for text in [
        pem,
        "MIIEvQIBADANBgkqcanary\\nAASCBKcwggSjcanary0123\\nshort==",
        "MIIEvQIBADANBgkqcanaryAASCBKcwggSjcanary0123short==",
        "x AASCBKcwggSjcanary0123 x",
    ] {
        let clean = redactor.clean(text);
        assert!(!clean.contains("canary") && !clean.contains("short"), "{clean}");
    }
}

#[test]
fn long_texts_are_truncated_and_no_part_of_a_secret_remains() {
    assert!(cleaned(&"word ".repeat(10_000)).chars().count() <= MAX_TEXT + 1);
    // Hiding makes room for later text, up to the examined length.
    for padding in 0..30 {
        let text = format!("{}{}", "x".repeat(padding), "known-canary ".repeat(4_000));
        assert!(!cleaned(&text).contains("known"), "{padding}");
    }
}

#[test]
fn cleaning_is_idempotent() {
    let words = "some ".repeat(500);
    for text in ["a … ", "a ……", " … ", "client_secret=", "a\u{7} …\u{7}", words.as_str()] {
        let clean = cleaned(text);
        assert_eq!(cleaned(&clean), clean, "{text}");
    }
}
