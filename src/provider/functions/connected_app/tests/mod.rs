//! Files are converted according to the table, regardless of their content. The result contains no secret and is valid
//! for `salesforce_oauth_client`.

mod shapes;

use serde_json::{Value as Json, json};

use self::shapes::SHAPES;
use super::elements::{Conversion, ROWS, Reading, Words};
use super::property::{configuration, errors, fits};
use super::{NOT_CONVERTED, SPEC, call, returns};
use crate::value::Value;

fn called(xml: &str) -> Value {
    call(&[Value::text(xml)]).unwrap_or_else(|fault| panic!("{}: {xml}", fault.text))
}

fn error_for(xml: &str) -> String {
    let fault = call(&[Value::text(xml)]).expect_err("not a connected app");
    assert_eq!(fault.argument, Some(0));
    fault.text
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Number(number) => json!(number.as_i64()),
        Value::List(members) | Value::Set(members) => members.iter().map(json_of).collect(),
        Value::Map(entries) | Value::Object(entries) => {
            Json::Object(entries.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
        _ => Json::Null,
    }
}

fn entries_of(result: &Value) -> Vec<[String; 4]> {
    let text = |entry: &Value, name: &str| entry.get(name).as_text().unwrap_or_default().to_owned();
    let entries = result.get(NOT_CONVERTED).members().unwrap().iter();
    entries.map(|entry| super::reading::COLUMNS.map(|name| text(entry, name))).collect()
}

fn unconverted_elements(result: &Value) -> Vec<String> {
    entries_of(result).into_iter().map(|[element, ..]| element).collect()
}

#[test]
fn files_are_converted_as_expected() {
    assert!(SHAPES.len() >= 20);
    for shape in SHAPES {
        let result = called(shape.xml);
        for (path, expected) in shape.expected {
            let value = path.split('.').fold(&result, |value, name| value.get(name));
            let expected: Json = serde_json::from_str(expected).unwrap();
            assert_eq!(json_of(value), expected, "{}: {path}", shape.name);
        }
        // Most shapes are short and omit this element, which the next test covers.
        let mut elements = unconverted_elements(&result);
        elements.retain(|element| element != ADMIN_APPROVED);
        assert_eq!(elements, shape.not_converted, "{}: {:#?}", shape.name, entries_of(&result));
    }
}

const ADMIN_APPROVED: &str = "oauthConfig/isAdminApproved";

#[test]
fn a_missing_or_invalid_is_admin_approved_has_an_entry() {
    for (inside, reported) in [
        ("<oauthConfig><scopes>Api</scopes></oauthConfig>", true),
        ("<oauthConfig><isAdminApproved>perhaps</isAdminApproved></oauthConfig>", true),
        ("<oauthConfig><isAdminApproved>false</isAdminApproved></oauthConfig>", false),
        ("<oauthConfig><isAdminApproved>true</isAdminApproved></oauthConfig>", false),
        (
            "<oauthConfig><scopes>Api</scopes></oauthConfig><oauthPolicy><ipRelaxation>ENFORCE</ipRelaxation></oauthPolicy>\
             <profileName>Admin</profileName>",
            true,
        ),
        ("<startUrl>https://a.example.com</startUrl>", false),
    ] {
        let result = called(&format!("<ConnectedApp><label>A</label>{inside}</ConnectedApp>"));
        let gaps = entries_of(&result)
            .into_iter()
            .filter(|[element, value, ..]| element == ADMIN_APPROVED && value.is_empty());
        assert_eq!(gaps.count() > 0, reported, "{inside}");
    }
}

#[test]
fn every_result_is_valid_for_the_oauth_client() {
    for shape in SHAPES {
        let result = called(shape.xml);
        let mut found = errors(&configuration(&result));
        // The user must choose who can use the app, so this error is expected for a file without permission sets and
        // profiles.
        if unconverted_elements(&result).contains(&"permissionSetName".to_owned()) {
            assert!(
                found.iter().all(|error| error.contains("no user can log in")),
                "{}: {found:?}",
                shape.name
            );
            found.clear();
        }
        assert_eq!(found, Vec::<String>::new(), "{}", shape.name);
    }
}

#[test]
fn each_entry_explains_why_and_what_to_do() {
    for shape in SHAPES {
        for [element, _, why, what_to_do] in entries_of(&called(shape.xml)) {
            let name = shape.name;
            assert!(why.ends_with('.') && what_to_do.ends_with('.'), "{name}: {element}: {why} {what_to_do}");
        }
    }
}

#[test]
fn the_result_contains_no_secret() {
    for shape in SHAPES {
        let all = json_of(&called(shape.xml)).to_string();
        for secret in ["TOPSECRET", "hunter2", "PRIVATE KEY-"] {
            assert!(!all.contains(secret), "{}: {all}", shape.name);
        }
    }
    for inside in [
        "<oauthConfig><consumerSecret>TOPSECRET</consumerSecret></oauthConfig>",
        "<consumerSecret>TOPSECRET</consumerSecret>",
        "<oauthConfig><consumersecret>TOPSECRET</consumersecret></oauthConfig>",
        "<oauthConfig><nested><clientSecret>TOPSECRET</clientSecret></nested></oauthConfig>",
        "<oauthConfig><consumerSecret><value>TOPSECRET</value></consumerSecret></oauthConfig>",
        "<oauthConfig>TOPSECRET password</oauthConfig>",
        "<password>TOPSECRET</password>",
        "<note>password=TOPSECRET</note>",
        "<canvasConfig><canvasUrl>https://u:TOPSECRET@a.example.com</canvasUrl></canvasConfig>",
        "<startUrl>https://u:TOPSECRET@a.example.com</startUrl>",
        "<description>-----BEGIN RSA PRIVATE KEY-----TOPSECRET</description>",
        "<attributes><key>k</key><formula>-----BEGIN PRIVATE KEY-----TOPSECRET</formula></attributes>",
    ] {
        let result = called(&format!("<ConnectedApp><label>A</label>{inside}</ConnectedApp>"));
        let all = json_of(&result).to_string();
        assert!(!all.contains("TOPSECRET"), "{inside}: {all}");
        assert!(entries_of(&result).len() > 1, "{inside}");
    }
}

#[test]
fn the_entry_of_a_consumer_secret_names_the_ephemeral_resource() {
    let xml = "<ConnectedApp><label>A</label><oauthConfig><consumerSecret>x</consumerSecret></oauthConfig></ConnectedApp>";
    let entries = entries_of(&called(xml));
    let [element, value, _, what_to_do] = &entries[0];
    assert_eq!((element.as_str(), value.as_str()), ("oauthConfig/consumerSecret", ""));
    assert!(what_to_do.contains("salesforce_external_client_app_credentials"), "{what_to_do}");
}

#[test]
fn a_text_that_is_not_a_connected_app_file_is_an_error_with_the_reason() {
    for (text, words) in [
        ("", "It is empty"),
        (" \n\t", "It is empty"),
        ("\u{FEFF}", "It is empty"),
        ("force-app/main/default/connectedApps/Shop.connectedApp-meta.xml", "It is a path"),
        ("Shop.connectedApp", "It is a path"),
        ("PD94bWwgdmVyc2lvbj0iMS4wIj8+", "It is base64"),
        ("{\"label\": \"Shop\"}", "It is not XML"),
        ("<ConnectedApp>", "line 1: the document ends inside an element"),
        ("<ConnectedApp>\n<label>A</labl></ConnectedApp>", "line 2: not well-formed XML"),
        ("<ConnectedApp/><ConnectedApp/>", "more than one root element"),
        ("<!-- nothing -->", "no element"),
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]><ConnectedApp><label>&b;</label></ConnectedApp>",
            "document type declaration",
        ),
        ("<ConnectedApp><label>&b;</label></ConnectedApp>", "an entity that XML does not predefine"),
        ("<ConnectedApp><label>a & b</label></ConnectedApp>", "line 1"),
        ("<ConnectedApp><label>\u{1}</label></ConnectedApp>", "a character that XML does not allow"),
        ("<Package/>", "Its root element is Package, not ConnectedApp"),
        ("<connectedApp/>", "Its root element is connectedApp, not ConnectedApp"),
        ("<html><body>Log in</body></html>", "Its root element is html"),
        ("<ExternalClientApplication/>", "the file of an External Client App"),
        ("<x:ExtlClntAppGlobalOauthSettings xmlns:x=\"y\"/>", "the file of an External Client App"),
    ] {
        let error = error_for(text);
        assert!(error.contains(words), "{text}: {error}");
        // Terraform adds a period.
        assert!(!error.ends_with('.'), "{error}");
    }
}

#[test]
fn an_error_does_not_quote_the_file() {
    let error = error_for("<ConnectedApp><consumerSecret>TOPSECRET</consumerSecret>");
    assert!(!error.contains("TOPSECRET"), "{error}");
}

#[test]
fn a_large_file_is_converted() {
    let binary = "QUFB".repeat(512 * 1024);
    let ranges: String = (0..200)
        .map(|at| format!("<ipRanges><start>10.0.{at}.0</start><end>10.0.{at}.9</end></ipRanges>"))
        .collect();
    let urls: Vec<String> = (0..400).map(|at| format!("https://a{at}.example.com/cb")).collect();
    let xml = format!(
        "<ConnectedApp><label>Large</label><description>{}</description><mobileAppConfig><applicationBinaryFile>{binary}\
         </applicationBinaryFile></mobileAppConfig>{ranges}<oauthConfig><callbackUrl>{}\nnone</callbackUrl>\
         <isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>",
        "x".repeat(300_000),
        urls.join("\n"),
    );
    let result = called(&xml);
    // The file has more ranges than an app may have, so all ranges are omitted, with one entry.
    assert_eq!(result.get("trusted_ip_range").members().unwrap().len(), 0);
    assert_eq!(result.get("callback_urls").members().unwrap().len(), 400);
    let entries = entries_of(&result);
    let count = |name: &str| entries.iter().filter(|[element, ..]| element == name).count();
    assert_eq!(
        ["mobileAppConfig", "description", "ipRanges", "oauthConfig/callbackUrl"].map(count),
        [1, 1, 1, 1]
    );
    assert!(entries.iter().all(|[_, value, why, _]| value.len() < 1000 && why.len() < 1000));
    assert_eq!(errors(&configuration(&result)), Vec::<String>::new());
}

/// For each row, the result is valid with each word of its list or both values of its flag.
#[test]
fn every_value_of_the_table_is_converted_or_listed() {
    let in_file = |row: &str, inside: &str| {
        let mut xml = inside.to_owned();
        for name in row.rsplit('/') {
            xml = format!("<{name}>{xml}</{name}>");
        }
        let label = if row == "label" { "" } else { "<label>A</label>" };
        format!("<ConnectedApp>{label}{xml}</ConnectedApp>")
    };
    for row in ROWS {
        let words = |words: Words| words.iter().map(|(theirs, _)| (*theirs).to_owned()).collect();
        let values: Vec<String> = match &row.conversion {
            Conversion::Group => continue,
            Conversion::Unsupported { .. } | Conversion::Secret { .. } => vec!["value".to_owned()],
            Conversion::Attribute(_, reading) => match reading {
                Reading::Flag | Reading::Inverted | Reading::Either(..) => {
                    vec!["true".into(), "false".into()]
                }
                Reading::Number => {
                    vec!["1".into(), "0".into(), "720".into(), "-5".into(), "99999999999".into()]
                }
                Reading::Word(known) | Reading::WordMembers(known) => words(known),
                Reading::Retention { words: known, units, .. } => known
                    .iter()
                    .flat_map(|(word, _)| {
                        let with = units.iter().map(move |(unit, _)| format!("{word}:30:{unit}"));
                        with.chain([(*word).to_owned()])
                    })
                    .collect(),
                Reading::Entries(key, value) => vec![format!("<{key}>a</{key}><{value}>User.City</{value}>")],
                Reading::Blocks(_) => vec!["<start>192.0.2.1</start><end>192.0.2.2</end>".to_owned()],
                Reading::Text | Reading::Lines | Reading::Members | Reading::Named { .. } => {
                    vec!["https://a.example.com".into(), "a@example.com".into(), "Shop".into()]
                }
            },
        };
        let mut converted = 0;
        for value in &values {
            let result = called(&in_file(row.element, value));
            let listed = unconverted_elements(&result).iter().any(|element| element == row.element);
            let config = configuration(&result);
            let found: Vec<String> =
                errors(&config).into_iter().filter(|error| !error.contains("no user can log in")).collect();
            assert_eq!(found, Vec::<String>::new(), "{}: {value}", row.element);
            if let Conversion::Attribute(target, _) = row.conversion {
                let target_value = target.split('/').fold(&result, |value, name| value.get(name));
                let is_set = !target_value.is_empty();
                converted += usize::from(is_set);
                assert!(is_set || listed, "{}: {value} is lost", row.element);
            } else {
                assert!(listed, "{}", row.element);
            }
        }
        let is_convertible = matches!(row.conversion, Conversion::Attribute(..));
        assert!(
            !is_convertible || converted > 0 || row.element == "oauthConfig/certificate",
            "{} is never converted",
            row.element
        );
    }
}

#[test]
fn the_table_contains_each_element_once_and_its_group() {
    for (at, row) in ROWS.iter().enumerate() {
        assert!(ROWS.iter().skip(at + 1).all(|other| other.element != row.element), "{}", row.element);
        if let Some((group, _)) = row.element.rsplit_once('/') {
            let is_group = |other: &&super::elements::Row| {
                other.element == group && matches!(other.conversion, Conversion::Group)
            };
            assert!(ROWS.iter().any(|other| is_group(&other)), "{}", row.element);
        }
    }
}

/// The result has exactly the declared attributes, each with the declared type.
#[test]
fn the_result_has_the_declared_type() {
    for shape in SHAPES {
        assert!(fits(&called(shape.xml), &returns()), "{}", shape.name);
    }
    assert_eq!(SPEC.parameters.len(), 1);
}

#[test]
fn too_many_ip_ranges_are_omitted_with_one_entry() {
    let range = |number: usize| {
        format!("<ipRanges><start>10.0.{number}.1</start><end>10.0.{number}.9</end></ipRanges>")
    };
    let file = |count: usize| {
        let ranges: String = (0..count).map(range).collect();
        format!("<ConnectedApp><label>Shop</label>{ranges}</ConnectedApp>")
    };
    let of = |result: &Value| result.get("trusted_ip_range").members().map_or(0, <[Value]>::len);
    assert_eq!(of(&called(&file(128))), 128);
    let result = called(&file(129));
    let reported: Vec<_> =
        entries_of(&result).into_iter().filter(|[element, ..]| element == "ipRanges").collect();
    assert_eq!((of(&result), reported.len()), (0, 1), "{reported:?}");
    assert!(reported[0][2].contains("There are 129 elements. The maximum is 128"), "{reported:?}");
    assert!(
        reported[0][1].starts_with("start: 10.0.") && reported[0][1].chars().count() <= 301,
        "{reported:?}"
    );
}
