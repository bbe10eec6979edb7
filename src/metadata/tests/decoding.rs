//! Decoding of valid and malformed files.

use std::error::Error;

use super::{APP, GLOBAL, POLICIES, SETTINGS, list, map, range, set};
use crate::metadata::decode::DecodeErrorKind;
use crate::metadata::{Component, Element, MetadataType, decode, encode, types};
use crate::value::Value;

fn file(kind: &MetadataType, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{0} xmlns=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n{inside}\n</{0}>\n",
        kind.name
    )
}

fn read(kind: &'static MetadataType, inside: &str) -> Component {
    decode(kind, "Shop_x", &file(kind, inside)).unwrap()
}

fn error_kind(kind: &'static MetadataType, inside: &str) -> DecodeErrorKind {
    decode(kind, "Shop_x", &file(kind, inside)).unwrap_err().kind
}

#[test]
fn a_retrieved_file_is_decoded() {
    let settings = read(
        &SETTINGS,
        "    <commaSeparatedOauthScopes>Api, Full,RefreshToken ,</commaSeparatedOauthScopes>
             <externalClientApplication>Shop</externalClientApplication>
             <isFirstPartyAppEnabled>false</isFirstPartyAppEnabled>
             <label>Shop_oauth</label>
             <oauthLink>00D:888</oauthLink>
             <customAttributes><formula>User.A</formula><key>a</key></customAttributes>
             <customAttributes><key>b</key></customAttributes>
             <trustedIpRanges><endIpAddress>10.0.0.9</endIpAddress><startIpAddress>10.0.0.1</startIpAddress>
             </trustedIpRanges>",
    );
    assert_eq!(settings.parent, "Shop");
    assert_eq!(settings.get("oauth_scopes"), &set(&["Api", "Full", "RefreshToken"]));
    assert_eq!(settings.get("first_party_app_enabled"), &Value::Bool(false));
    assert_eq!(settings.get("label"), &Value::text("Shop_oauth"));
    assert_eq!(settings.get("oauth_link"), &Value::text("00D:888"));
    assert_eq!(settings.get("custom_attributes"), &map(&[("a", "User.A"), ("b", "")]));
    let ranges = Value::set(vec![range("10.0.0.1", "10.0.0.9", None)]);
    assert_eq!(settings.get("trusted_ip_range"), &ranges);
    assert!(settings.extras.is_empty());
}

#[test]
fn carriage_returns_and_blank_lines_are_removed() {
    let global = read(&GLOBAL, "<callbackUrl>https://a&#13;\n\n  \nhttps://b&#10;</callbackUrl>");
    assert_eq!(global.get("callback_urls"), &list(&["https://a", "https://b"]));
    let twice = read(&GLOBAL, "<callbackUrl>  a:b \na:b\na:c</callbackUrl>");
    assert_eq!(twice.get("callback_urls"), &list(&["a:b", "a:c"]));
}

#[test]
fn inverted_booleans_and_mirrored_rows_are_decoded() {
    let global = read(&GLOBAL, "<isConsumerSecretOptional>true</isConsumerSecretOptional><label>L</label>");
    assert_eq!(global.get("secret_required_for_web_server_flow"), &Value::Bool(false));
    assert_eq!(global.get("label"), &Value::text("L"));
}

#[test]
fn nil_and_empty_elements_are_absent() {
    let app = read(
        &APP,
        "<description xsi:nil=\"true\"/><label/><isProtected xsi:nil=\"1\"/><unknown xsi:nil=\"true\"/>",
    );
    assert!(app.fields.is_empty(), "{app:?}");
    let settings = read(&SETTINGS, "<customAttributes xsi:nil=\"true\"/><trustedIpRanges xsi:nil=\"true\"/>");
    assert!(settings.fields.is_empty());
    assert!(read(&GLOBAL, "<idTokenConfig xsi:nil=\"true\"/>").fields.is_empty());
}

#[test]
fn unknown_enum_values_are_kept() {
    let policies = read(&POLICIES, "<policyAction>FromTheFuture</policyAction>");
    assert_eq!(policies.get("policy_action"), &Value::text("FromTheFuture"));
}

#[test]
fn unknown_elements_are_kept_and_dropped_ones_are_removed() {
    let global = read(
        &GLOBAL,
        "<consumerSecret>CANARY</consumerSecret><shouldRotateConsumerKey>true</shouldRotateConsumerKey>
         <isDPopEnabled>true</isDPopEnabled>
         <idTokenConfig><idTokenAudience>a</idTokenAudience><newer>n</newer></idTokenConfig>
         <newest xsi:type=\"xsd\"><a>1</a></newest>",
    );
    assert!(!format!("{global:?}").contains("CANARY"));
    assert!(!format!("{:?}", global.extras).contains("Rotate"));
    assert_eq!(global.get("id_token_audiences"), &Value::text("a"));
    let names: Vec<&str> = global.extras.iter().map(|extra| extra.name.as_str()).collect();
    assert_eq!(names, ["isDPopEnabled", "idTokenConfig", "newest"]);
    let again = encode(&global, 67).xml;
    assert!(again.contains("<newer>n</newer>") && again.contains("xmlns:xsi="), "{again}");
    assert!(!again.contains("CANARY"));
}

#[test]
fn unknown_children_are_kept_with_unchanged_blocks_and_entries() {
    let text = "<customAttributes><formula>f</formula><key>a</key><kind>k</kind></customAttributes>
         <trustedIpRanges><endIpAddress>10.0.0.9</endIpAddress><startIpAddress>10.0.0.1</startIpAddress>
         <zone>z</zone></trustedIpRanges>";
    let mut settings = read(&SETTINGS, text);
    let written = encode(&settings, 67).xml;
    assert!(written.contains("<kind>k</kind>") && written.contains("<zone>z</zone>"), "{written}");
    assert_eq!(decode(&SETTINGS, "Shop_x", &written).unwrap(), settings);
    settings.put("trusted_ip_range", Value::set(vec![range("10.1.0.1", "10.1.0.9", None)]));
    settings.put("custom_attributes", map(&[("other", "f")]));
    let written = encode(&settings, 67).xml;
    assert!(!written.contains("<kind>") && !written.contains("<zone>"), "{written}");
}

#[test]
fn the_root_element_must_match_the_metadata_type() {
    let error = decode(&GLOBAL, "Shop", &file(&APP, "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ExtlClntAppGlobalOauthSettings Shop: the root element is ExternalClientApplication, not \
         ExtlClntAppGlobalOauthSettings"
    );
    let page = "<html><body><p>Down for maintenance<br></p></body></html>";
    assert!(matches!(decode(&APP, "Shop", page).unwrap_err().kind, DecodeErrorKind::Xml(_)));
}

#[test]
fn errors_name_the_element_but_not_the_value() {
    for (kind, inside, element) in [
        (&GLOBAL, "<isPkceRequired>CANARY</isPkceRequired>", "isPkceRequired"),
        (&GLOBAL, "<isPkceRequired/>", "isPkceRequired"),
        (&GLOBAL, "<callbackUrl><CANARY>CANARY</CANARY></callbackUrl>", "callbackUrl"),
        (
            &GLOBAL,
            "<idTokenConfig><idTokenValidityInMinutes>1.5</idTokenValidityInMinutes></idTokenConfig>",
            "idTokenConfig/idTokenValidityInMinutes",
        ),
        (&GLOBAL, "<idTokenConfig>CANARY</idTokenConfig>", "idTokenConfig"),
        (&SETTINGS, "<assetTokenValidity>1e99</assetTokenValidity>", "assetTokenValidity"),
        (&SETTINGS, "<customAttributes><formula>CANARY</formula></customAttributes>", "key"),
        (&SETTINGS, "<customAttributes>CANARY</customAttributes>", "key"),
        (
            &SETTINGS,
            "<trustedIpRanges><endIpAddress>1</endIpAddress><endIpAddress>1</endIpAddress></trustedIpRanges>",
            "endIpAddress",
        ),
    ] {
        let error = decode(kind, "Shop_x", &file(kind, inside)).unwrap_err();
        let text = format!("{error} {error:?} {:?}", error.source());
        assert!(!text.contains("CANARY"), "{text}");
        assert!(
            matches!(error.kind, DecodeErrorKind::WrongType { element: found, .. } if found == element),
            "{inside}: {error}"
        );
    }
}

#[test]
fn duplicate_elements_are_rejected() {
    for (kind, inside) in [
        (&APP, "<label>a</label><label>a</label>"),
        (&GLOBAL, "<idTokenConfig/><idTokenConfig/>"),
        (&SETTINGS, "<externalClientApplication>a</externalClientApplication><externalClientApplication/>"),
        (
            &SETTINGS,
            "<customAttributes><key>a</key></customAttributes><customAttributes><key>a</key></customAttributes>",
        ),
    ] {
        assert!(matches!(error_kind(kind, inside), DecodeErrorKind::Repeated { .. }), "{inside}");
    }
}

#[test]
fn xml_errors_do_not_contain_values() {
    for inside in ["<label>CANARY", "<label CANARY>", "<label>&CANARY;</label>", "</CANARY>", "<CANARY<"] {
        let error = decode(&APP, "Shop", &file(&APP, inside)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
    }
}

#[test]
fn every_type_decodes_an_empty_file() {
    for kind in types::ALL {
        let component = read(kind, "");
        assert!(component.fields.is_empty() && component.extras.is_empty() && component.parent.is_empty());
    }
}

#[test]
fn unknown_elements_are_kept_with_attributes_and_children() {
    let app = read(&APP, "<future a=\"1\">  <x>t&amp;</x><y/></future>");
    assert_eq!(
        app.extras,
        [Element {
            name: "future".into(),
            attributes: vec![("a".into(), "1".into())],
            text: String::new(),
            children: vec![Element::leaf("x", "t&"), Element::new("y")],
        }]
    );
}
