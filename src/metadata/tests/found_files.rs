//! Files from orgs: unchanged elements are written back in their original form.

use std::fmt;

use proptest::prelude::*;

use super::certificates::RSA_1024;
use super::round_trips::{component, value};
use super::{APP, GLOBAL, POLICIES, SETTINGS, field, set};
use crate::metadata::properties::shortened;
use crate::metadata::{
    Component, Element, Field, Kind, MetadataType, NEWEST_VERSION, SendPolicy, decode, encode, same_meaning,
    types,
};
use crate::value::Value;
use crate::xml::parse as parse_xml;

const VERSION: u16 = NEWEST_VERSION;

/// Files as retrieved, with unknown elements, with empty elements, and as edited by other tools.
fn files() -> Vec<(&'static MetadataType, String)> {
    let body: Vec<&str> = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    let certificate = format!("<certificate>{}</certificate>", body.join("\n"));
    let parent = "<externalClientApplication>Shop</externalClientApplication>";
    let files: Vec<(&'static MetadataType, String)> = vec![
        (
            &APP,
            "<contactEmail>owner@example.com</contactEmail>
             <description>What the app is for</description>
             <distributionState>Local</distributionState>
             <infoUrl>https://shop.example/info</infoUrl>
             <isProtected>false</isProtected>
             <label>Shop</label>
             <orgScopedExternalApp>00D000000000001:Shop</orgScopedExternalApp>"
                .to_owned(),
        ),
        (&APP, "<contactPhone></contactPhone><description xsi:nil=\"true\"/><label>  Shop </label>".to_owned()),
        (
            &SETTINGS,
            format!(
                "<commaSeparatedOauthScopes>Basic, Api, Web, Full, Chatter, RefreshToken,OpenID</commaSeparatedOauthScopes>
                 <customAttributes><formula>$User.Id</formula><key>z</key><newer>1</newer></customAttributes>
                 <customAttributes><formula>$User.City</formula><key>a</key></customAttributes>
                 {parent}
                 <isFirstPartyAppEnabled>false</isFirstPartyAppEnabled>
                 <label>Shop_oauth</label>
                 <oauthLink>00D000000000001:888000000000001</oauthLink>
                 <trustedIpRanges><endIpAddress>10.0.1.9</endIpAddress><startIpAddress>10.0.1.1</startIpAddress></trustedIpRanges>
                 <trustedIpRanges><description>x</description><endIpAddress>10.0.0.9</endIpAddress><startIpAddress>10.0.0.1</startIpAddress></trustedIpRanges>"
            ),
        ),
        (
            &GLOBAL,
            format!(
                "<callbackUrl>http://localhost:8080/callback
http://localhost:*/callback
sfdc://oauth/jwt/success
cursor://anysphere.cursor-mcp/oauth/callback</callbackUrl>
                 {certificate}
                 <consumerKey>3MVG9</consumerKey>
                 {parent}
                 <idTokenConfig><idTokenIncludeAttributes>false</idTokenIncludeAttributes><idTokenNewer>1</idTokenNewer></idTokenConfig>
                 <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>
                 <isConsumerSecretOptional>true</isConsumerSecretOptional>
                 <isDPopEnabled>false</isDPopEnabled>
                 <isEnforceRefreshTokenTTL>true</isEnforceRefreshTokenTTL>
                 <isPkceRequired>1</isPkceRequired>
                 <isSecretRequiredForTokenExchange>true</isSecretRequiredForTokenExchange>
                 <isTokenExchangeEnabled>false</isTokenExchangeEnabled>
                 <label>Shop_glbloauth</label>
                 <shouldRotateConsumerKey>false</shouldRotateConsumerKey>
                 <shouldRotateConsumerSecret>false</shouldRotateConsumerSecret>"
            ),
        ),
        (
            &GLOBAL,
            format!(
                "<callbackUrl>  https://a.example/cb&#13;

https://a.example/cb
https://b.example/cb  </callbackUrl>{parent}<certificate/><idTokenConfig xsi:nil=\"true\"/><label/>"
            ),
        ),
        (&GLOBAL, format!("{parent}<idTokenConfig/>")),
        (
            &POLICIES,
            format!(
                "<commaSeparatedProfile>System Administrator, Standard User,Minimum Access</commaSeparatedProfile>
                 {parent}
                 <guestJwtTimeout xsi:nil=\"true\"/>
                 <ipRelaxationPolicyType>Enforce_relaxrefresh</ipRelaxationPolicyType>
                 <isClientCredentialsFlowEnabled>false</isClientCredentialsFlowEnabled>
                 <isNamedUserJwtEnabled>false</isNamedUserJwtEnabled>
                 <label>Shop_oauthPlcy</label>
                 <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>
                 <refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>
                 <refreshTokenValidityPeriod>365</refreshTokenValidityPeriod>
                 <refreshTokenValidityUnit>Days</refreshTokenValidityUnit>
                 <startUrl>https://login.salesforce.com</startUrl>"
            ),
        ),
        (&types::configurable_policies::TYPE, format!("{parent}<isEnabled>true</isEnabled><label>Shop_plcy</label>")),
        (
            &types::external_client_app_settings::TYPE,
            "<enableClientSecretInRestApiAccess>false</enableClientSecretInRestApiAccess>
             <enableConsumerSecretApiAccess xsi:nil=\"true\"/>
             <enableExternalClientApps xsi:nil=\"true\"/>"
                .to_owned(),
        ),
        (&types::external_client_app_settings::TYPE, String::new()),
        (
            &types::oauth_oidc_settings::TYPE,
            "<agentAuthLinking>true</agentAuthLinking><isPkceRequired>false</isPkceRequired>".to_owned(),
        ),
    ];
    let files = files.into_iter().map(|(kind, inside)| (kind, file(kind, &inside)));
    files.collect()
}

fn file(kind: &MetadataType, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{0} xmlns=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{inside}</{0}>",
        kind.name
    )
}

/// The elements of a file by name. Elements of a group are separate entries. Namespace declarations are ignored.
fn elements(kind: &MetadataType, xml: &str) -> Vec<(String, Element)> {
    let plain = |mut element: Element| {
        element.attributes.retain(|(name, _)| !name.starts_with("xmlns"));
        element
    };
    let groups: Vec<&str> = kind.fields.iter().map(|field| field.element_path().0).collect();
    let mut all: Vec<(String, Element)> = Vec::new();
    for child in parse_xml(xml).unwrap().children {
        let child = plain(child);
        if groups.contains(&child.name.as_str()) && !child.children.is_empty() {
            let inside =
                child.children.iter().map(|inner| (format!("{}/{}", child.name, inner.name), inner.clone()));
            all.extend(inside);
        } else {
            all.push((child.name.clone(), child));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Whether an element is never sent, because it is a generated value, a secret or a trigger.
fn is_never_sent(kind: &MetadataType, element: &str) -> bool {
    let generated =
        kind.fields.iter().any(|field| field.sent == SendPolicy::Never && field.element == element);
    generated || kind.dropped.contains(&element)
}

/// The first difference between two files, if any. Ignores the element of `field`.
fn other_difference(field: Option<&Field>, kind: &MetadataType, before: &str, after: &str) -> Option<String> {
    let is_changed = |element: &str| {
        let group = field.map_or("", |field| field.element_path().0);
        // An empty group is replaced when an element is added.
        field.is_some_and(|field| field.element == element) || !group.is_empty() && element == group
    };
    let rest = |xml: &str| -> Vec<(String, Element)> {
        let all = elements(kind, xml).into_iter();
        all.filter(|(name, _)| !is_never_sent(kind, name) && !is_changed(name)).collect()
    };
    let (before, after) = (rest(before), rest(after));
    if before == after {
        return None;
    }
    let lost = before.iter().find(|element| !after.contains(element));
    let new = after.iter().find(|element| !before.contains(element));
    let name = lost.or(new).map_or("the order", |(name, _)| name.as_str());
    // If `lost` and `new` have different names, only `lost` is shown.
    let new = new.filter(|(other, _)| lost.is_none() || other == name);
    let text = |found: Option<&(String, Element)>| match found {
        Some((_, element)) if element.children.is_empty() => shortened(&element.text),
        Some((_, element)) => shortened(&element.children),
        None => "nothing".to_owned(),
    };
    let change = field.map_or(String::new(), |field| format!(", after a change of {}", field.element));
    Some(format!("{} in API {VERSION}.0: {name}: {} becomes {}{change}", kind.name, text(lost), text(new)))
}

/// Asserts that two files are the same.
#[track_caller]
fn assert_same(kind: &MetadataType, before: &str, after: &str) {
    let found = other_difference(None, kind, before, after);
    assert!(found.is_none(), "{}", found.unwrap_or_default());
}

#[test]
fn a_difference_names_the_element_and_its_text() {
    let before = file(&APP, "<a>1</a><label>Shop</label><z>1</z>");
    for (inside, expected) in [
        ("<a>1</a><label>Shop</label><z>1</z>", None),
        ("<a>1</a><label>Store</label><z>1</z>", Some("label: \"Shop\" becomes \"Store\"")),
        ("<a>1</a><z>1</z>", Some("label: \"Shop\" becomes nothing")),
        ("<a>1</a><b>2</b><label>Shop</label><z>1</z>", Some("b: nothing becomes \"2\"")),
    ] {
        let found = other_difference(None, &APP, &before, &file(&APP, inside));
        let place = format!("{} in API {VERSION}.0: ", APP.name);
        assert_eq!(found, expected.map(|expected| place + expected), "{inside}");
    }
}

#[test]
fn an_unchanged_file_is_written_unchanged() {
    for (kind, xml) in files() {
        let read = decode(kind, "Shop_x", &xml).unwrap();
        assert_same(kind, &xml, &encode(&read, VERSION).xml);
        // An equivalent value is not a change.
        let same: Vec<(&'static Field, Value)> = kind
            .fields
            .iter()
            .filter(|field| !field.attribute.is_empty())
            .map(|field| (field, read.get(field.attribute).clone()))
            .collect();
        assert_same(kind, &xml, &encode(&read.merge(&same), VERSION).xml);
    }
}

#[test]
fn an_equivalent_value_keeps_the_text_of_the_org() {
    for (kind, attribute, value) in [
        (&GLOBAL, "certificate", Value::text(RSA_1024)),
        (&POLICIES, "ip_relaxation", "Enforce_RelaxRefresh".into()),
        (&POLICIES, "refresh_token_validity_unit", "days".into()),
        (&SETTINGS, "oauth_link", "00D000000000001EAA:888000000000001AAA".into()),
        (
            &SETTINGS,
            "oauth_scopes",
            set(&[
                "api",
                "Address",
                "Email",
                "Phone",
                "Profile",
                "Web",
                "Full",
                "Chatter",
                "OfflineAccess",
                "OpenID",
            ]),
        ),
    ] {
        let (_, xml) = files().into_iter().find(|(other, _)| *other == kind).unwrap();
        let read = decode(kind, "Shop_x", &xml).unwrap();
        let merged = read.merge(&[(field(kind, attribute), value)]);
        assert_same(kind, &xml, &encode(&merged, VERSION).xml);
    }
}

fn scopes(before: &str, wanted: &[&str]) -> String {
    let text = file(&SETTINGS, &format!("<commaSeparatedOauthScopes>{before}</commaSeparatedOauthScopes>"));
    let merged = decode(&SETTINGS, "Shop_x", &text).unwrap();
    let merged = merged.merge(&[(field(&SETTINGS, "oauth_scopes"), set(wanted))]);
    let root = parse_xml(&encode(&merged, VERSION).xml).unwrap();
    root.child("commaSeparatedOauthScopes").map(|element| element.text.clone()).unwrap_or_default()
}

#[test]
fn existing_members_keep_their_order_and_new_ones_are_appended() {
    for (before, wanted, after) in [
        ("Web,Api, Full", &["Api", "Web"][..], "Web, Api"),
        ("Web, Api", &["Api", "Chatter", "Web", "CDP"], "Web, Api, CDP, Chatter"),
        ("Web, Api", &["api", "web", "Full"], "Web, Api, Full"),
        (
            "Web, RefreshToken, Basic",
            &["OfflineAccess", "Web", "Basic", "Email", "Api"],
            "Web, RefreshToken, Basic, Api",
        ),
        ("Basic, Api", &["Address", "Email", "Phone", "Profile", "Api", "Web"], "Basic, Api, Web"),
        ("Basic, Api", &["Address", "Phone", "Profile", "Api"], "Api, Address, Phone, Profile"),
        ("Web, Api", &["full", "FromANewerOrg"], "FromANewerOrg, Full"),
        ("Web, Api", &[], ""),
        ("", &["web", "API"], "Api, Web"),
    ] {
        assert_eq!(scopes(before, wanted), after, "{before} to {wanted:?}");
    }
}

#[test]
fn a_value_in_a_nil_group_removes_nil() {
    let text = file(&GLOBAL, "<idTokenConfig xsi:nil=\"true\"/>");
    let read = decode(&GLOBAL, "Shop_x", &text).unwrap();
    let merged = read.merge(&[(field(&GLOBAL, "id_token_validity_minutes"), Value::int(5))]);
    let written = encode(&merged, VERSION).xml;
    assert!(!written.contains("nil") && written.contains(">5<"), "{written}");
    assert_eq!(decode(&GLOBAL, "Shop_x", &written).unwrap().get("id_token_validity_minutes"), &Value::int(5));
}

#[test]
fn components_are_equal_regardless_of_their_form() {
    let read = |text: &str| {
        decode(
            &SETTINGS,
            "Shop_x",
            &file(&SETTINGS, &format!("<commaSeparatedOauthScopes>{text}</commaSeparatedOauthScopes>")),
        )
        .unwrap()
    };
    assert_eq!(read("Web, Api"), read("Api,Web"));
    assert_ne!(read("Web, Api"), read("Api"));
    assert_eq!(read("Web").get("oauth_scopes"), &set(&["Web"]));
}

/// A change to one attribute in a file.
struct Change {
    field: &'static Field,
    to: Value,
    read: Component,
    xml: String,
}

/// Messages do not contain the file, which can have pages of random characters.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, from) = (self.read.key.kind.name, self.read.get(self.field.attribute));
        let attribute = self.field.attribute;
        write!(f, "{kind} {attribute} from {} to {}", shortened(from), shortened(&self.to))
    }
}

fn changes() -> impl Strategy<Value = Change> {
    let found =
        prop::sample::select(files()).prop_map(|(kind, xml)| (decode(kind, "Shop_x", &xml).unwrap(), xml));
    let generated = prop::sample::select(types::ALL).prop_flat_map(component).prop_map(|generated| {
        let xml = encode(&generated, VERSION).xml;
        (decode(generated.key.kind, "Shop_x", &xml).unwrap(), xml)
    });
    prop_oneof![2 => found, 1 => generated].prop_flat_map(|(read, xml)| {
        let rows: Vec<&'static Field> =
            read.key.kind.fields.iter().filter(|field| !matches!(field.kind, Kind::Parent)).collect();
        let rows = rows.into_iter().filter(|field| field.sent != SendPolicy::Never).collect::<Vec<_>>();
        prop::sample::select(rows).prop_flat_map(move |field| {
            let (read, xml) = (read.clone(), xml.clone());
            let to = prop_oneof![4 => value(field), 1 => Just(Value::Null)];
            to.prop_map(move |to| Change { field, to, read: read.clone(), xml: xml.clone() })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changing_one_attribute_changes_one_element(change in changes()) {
        let Change { field, to, read, xml } = &change;
        let (kind, attribute) = (read.key.kind, field.attribute);
        let written = encode(&read.merge(&[(field, to.clone())]), VERSION).xml;
        let mut found = other_difference(Some(field), kind, xml, &written);
        if same_meaning(field, read.get(attribute), to) {
            found = found.or_else(|| other_difference(None, kind, xml, &written));
        }
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
        let again = decode(kind, "Shop_x", &written).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let now = again.get(attribute);
        prop_assert!(
            same_meaning(field, now, to),
            "{} in API {}.0: {}: {} was written, {} was read",
            kind.name, VERSION, attribute, shortened(to), shortened(now)
        );
    }
}
