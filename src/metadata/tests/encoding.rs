//! Encoded files, and the attribute of each line.

use super::{APP, GLOBAL, POLICIES, SETTINGS, component, field, list, map, range, set};
use crate::metadata::{Element, encode};
use crate::value::Value;

const NEWEST: u16 = crate::metadata::NEWEST_VERSION;

fn xml(component: &crate::metadata::Component) -> String {
    encode(component, NEWEST).xml
}

#[test]
fn an_app_is_encoded() {
    let mut app = component(
        &APP,
        &[
            ("label", Value::text("Shop & more <b>")),
            ("distribution_state", Value::text("Local")),
            ("package_protected", Value::Bool(false)),
            ("description", Value::text("one\r\ntwo\t\"three\"")),
            ("icon_url", Value::text("")),
            ("logo_url", Value::Unknown),
            ("org_scoped_external_app", Value::text("00D000000000001:Shop")),
        ],
    );
    app.parent.clear();
    insta::assert_snapshot!(xml(&app), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <ExternalClientApplication xmlns="http://soap.sforce.com/2006/04/metadata">
        <description>one&#13;&#10;two	"three"</description>
        <distributionState>Local</distributionState>
        <isProtected>false</isProtected>
        <label>Shop &amp; more &lt;b&gt;</label>
    </ExternalClientApplication>
    "#);
}

#[test]
fn groups_inverted_booleans_and_extras_are_encoded() {
    let mut global = component(
        &GLOBAL,
        &[
            ("callback_urls", list(&["https://a.example/cb", "app://cb"])),
            ("secret_required_for_web_server_flow", Value::Bool(true)),
            ("pkce_required", Value::Bool(true)),
            ("id_token_validity_minutes", Value::int(30)),
            ("consumer_key", Value::text("never sent")),
        ],
    );
    global.extras = vec![
        Element::leaf("isMtlsEnabled", "true"),
        Element::leaf("consumerSecret", "never sent either"),
        Element { children: vec![Element::leaf("idTokenFuture", "x")], ..Element::new("idTokenConfig") },
        Element { children: vec![Element::leaf("b", "1"), Element::leaf("a", "2")], ..Element::new("added") },
    ];
    insta::assert_snapshot!(xml(&global), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <ExtlClntAppGlobalOauthSettings xmlns="http://soap.sforce.com/2006/04/metadata">
        <added>
            <b>1</b>
            <a>2</a>
        </added>
        <callbackUrl>https://a.example/cb&#10;app://cb</callbackUrl>
        <externalClientApplication>Shop</externalClientApplication>
        <idTokenConfig>
            <idTokenFuture>x</idTokenFuture>
            <idTokenValidityInMinutes>30</idTokenValidityInMinutes>
        </idTokenConfig>
        <isConsumerSecretOptional>false</isConsumerSecretOptional>
        <isMtlsEnabled>true</isMtlsEnabled>
        <isPkceRequired>true</isPkceRequired>
    </ExtlClntAppGlobalOauthSettings>
    "#);
}

fn settings() -> crate::metadata::Component {
    component(
        &SETTINGS,
        &[
            ("oauth_scopes", set(&["RefreshToken", "Api"])),
            ("custom_scopes", set(&[])),
            ("custom_attributes", map(&[("b", "User.B"), ("a", "")])),
            (
                "trusted_ip_range",
                Value::set(vec![
                    range("10.0.0.1", "10.0.0.9", Some("office")),
                    range("10.0.1.1", "10.0.1.9", None),
                ]),
            ),
        ],
    )
}

#[test]
fn entries_and_blocks_are_encoded() {
    insta::assert_snapshot!(xml(&settings()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <ExtlClntAppOauthSettings xmlns="http://soap.sforce.com/2006/04/metadata">
        <commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes>
        <customAttributes>
            <formula></formula>
            <key>a</key>
        </customAttributes>
        <customAttributes>
            <formula>User.B</formula>
            <key>b</key>
        </customAttributes>
        <externalClientApplication>Shop</externalClientApplication>
        <trustedIpRanges>
            <endIpAddress>10.0.1.9</endIpAddress>
            <startIpAddress>10.0.1.1</startIpAddress>
        </trustedIpRanges>
        <trustedIpRanges>
            <description>office</description>
            <endIpAddress>10.0.0.9</endIpAddress>
            <startIpAddress>10.0.0.1</startIpAddress>
        </trustedIpRanges>
    </ExtlClntAppOauthSettings>
    "#);
}

#[test]
fn every_line_is_mapped_to_its_attribute() {
    let mut settings = settings();
    settings.extras.push(Element { children: vec![Element::leaf("x", "1\n2")], ..Element::new("aa") });
    let encoded = encode(&settings, NEWEST);
    let named: Vec<String> = encoded
        .xml
        .lines()
        .zip(1..)
        .map(|(line, number)| {
            let path = encoded.lines.get(&number).map(ToString::to_string);
            format!("{:<70}{}", line, path.unwrap_or_default()).trim_end().to_owned()
        })
        .collect();
    insta::assert_snapshot!(named.join("\n"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <ExtlClntAppOauthSettings xmlns="http://soap.sforce.com/2006/04/metadata">
        <aa>
            <x>1&#10;2</x>
        </aa>
        <commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes>oauth_scopes
        <customAttributes>                                                custom_attributes["a"]
            <formula></formula>                                           custom_attributes["a"]
            <key>a</key>                                                  custom_attributes["a"]
        </customAttributes>                                               custom_attributes["a"]
        <customAttributes>                                                custom_attributes["b"]
            <formula>User.B</formula>                                     custom_attributes["b"]
            <key>b</key>                                                  custom_attributes["b"]
        </customAttributes>                                               custom_attributes["b"]
        <externalClientApplication>Shop</externalClientApplication>
        <trustedIpRanges>                                                 trusted_ip_range[…]
            <endIpAddress>10.0.1.9</endIpAddress>                         trusted_ip_range[…].end_ip_address
            <startIpAddress>10.0.1.1</startIpAddress>                     trusted_ip_range[…].start_ip_address
        </trustedIpRanges>                                                trusted_ip_range[…]
        <trustedIpRanges>                                                 trusted_ip_range[…]
            <description>office</description>                             trusted_ip_range[…].description
            <endIpAddress>10.0.0.9</endIpAddress>                         trusted_ip_range[…].end_ip_address
            <startIpAddress>10.0.0.1</startIpAddress>                     trusted_ip_range[…].start_ip_address
        </trustedIpRanges>                                                trusted_ip_range[…]
    </ExtlClntAppOauthSettings>
    "#);
}

#[test]
fn elements_of_later_versions_are_omitted() {
    let policies = component(
        &POLICIES,
        &[
            ("guest_jwt_session_timeout_type", Value::text("Custom")),
            ("guest_jwt_timeout_minutes", Value::int(30)),
            ("client_credentials_flow_enabled", Value::Bool(false)),
        ],
    );
    let at = |version| encode(&policies, version).xml;
    assert!(at(65).contains("guestJwtSessionTimeoutType"));
    assert!(!at(64).contains("guestJwtSessionTimeoutType") && at(64).contains("guestJwtTimeout"));
    assert!(!at(60).contains("guestJwt") && at(60).contains("isClientCredentialsFlowEnabled"));
}

#[test]
fn values_of_the_wrong_type_result_in_valid_xml() {
    for kind in crate::metadata::types::ALL {
        for value in [
            Value::Bool(true),
            Value::int(-1),
            Value::text("\u{1}\u{FFFE}"),
            Value::List(vec![Value::Null, Value::Unknown, set(&["a"])]),
            Value::Set(vec![Value::Bool(true), map(&[("x", "y")])]),
            map(&[("", "")]),
        ] {
            let mut component = component(kind, &[]);
            for field in kind.fields.iter().filter(|field| field.owns_attribute()) {
                component.put(field.attribute, value.clone());
            }
            crate::xml::parse(&encode(&component, NEWEST).xml).unwrap();
        }
    }
}

#[test]
fn a_merge_replaces_the_given_values_and_keeps_the_others() {
    let mut existing = component(
        &SETTINGS,
        &[
            ("label", Value::text("Shop_oauth")),
            ("oauth_scopes", set(&["Api"])),
            ("single_logout_url", Value::text("https://x.example")),
            ("oauth_link", Value::text("00D:888")),
        ],
    );
    existing.extras.push(Element::leaf("future", "1"));
    let merged = existing.merge(&[
        (field(&SETTINGS, "oauth_scopes"), set(&["Web"])),
        (field(&SETTINGS, "single_logout_url"), Value::Null),
        (field(&SETTINGS, ""), Value::text("Other")),
    ]);
    assert_eq!(merged.get("label"), existing.get("label"));
    assert_eq!(merged.get("oauth_scopes"), &set(&["Web"]));
    assert!(merged.get("single_logout_url").is_null());
    assert_eq!(merged.extras, existing.extras);
    assert_eq!(merged.parent, "Other");
    assert_eq!(merged.get("oauth_link"), existing.get("oauth_link"));
    let linked = existing.merge(&[(field(&SETTINGS, "oauth_link"), Value::text("00D:888"))]);
    assert!(xml(&linked).contains("<oauthLink>00D:888</oauthLink>"));
}

#[test]
fn overwritten_changes_are_restored_unless_changed_again() {
    let settings = |label: &str, email: &str, url: &str| {
        let fields = [("label", label), ("asset_token_audiences", email), ("single_logout_url", url)];
        component(&SETTINGS, &fields.map(|(name, text)| (name, Value::text(text))))
    };
    let read = settings("a", "b", "c");
    let mut was = settings("theirs", "theirs", "c");
    was.extras.push(Element::leaf("future", "1"));
    let now = settings("a", "again", "ours");
    let mut expected = settings("theirs", "again", "ours");
    expected.extras.push(Element::leaf("future", "1"));
    assert_eq!(now.restore(&read, &was), expected);
}
