//! Files become what the table says, whatever is in them; nothing secret comes out, and the client takes what does.

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

fn refused(xml: &str) -> String {
    let fault = call(&[Value::text(xml)]).expect_err("no such file");
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

fn left(result: &Value) -> Vec<[String; 4]> {
    let text = |entry: &Value, name: &str| entry.get(name).as_text().unwrap_or_default().to_owned();
    let entries = result.get(NOT_CONVERTED).members().unwrap().iter();
    entries.map(|entry| super::reading::COLUMNS.map(|name| text(entry, name))).collect()
}

fn elements_left(result: &Value) -> Vec<String> {
    left(result).into_iter().map(|[element, ..]| element).collect()
}

#[test]
fn files_become_what_is_expected_of_them() {
    assert!(SHAPES.len() >= 20);
    for shape in SHAPES {
        let result = called(shape.xml);
        for (path, expected) in shape.given {
            let value = path.split('.').fold(&result, |value, name| value.get(name));
            let expected: Json = serde_json::from_str(expected).unwrap();
            assert_eq!(json_of(value), expected, "{}: {path}", shape.name);
        }
        // Most shapes are short and say nothing of it; see below.
        let mut elements = elements_left(&result);
        elements.retain(|element| element != ADMIN_APPROVED);
        assert_eq!(elements, shape.left, "{}: {:#?}", shape.name, left(&result));
    }
}

const ADMIN_APPROVED: &str = "oauthConfig/isAdminApproved";

#[test]
fn a_file_that_does_not_say_who_may_use_the_app_is_told() {
    for (inside, told) in [
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
        let gaps = left(&result)
            .into_iter()
            .filter(|[element, value, ..]| element == ADMIN_APPROVED && value.is_empty());
        assert_eq!(gaps.count() > 0, told, "{inside}");
    }
}

#[test]
fn what_a_file_gives_is_what_the_client_takes() {
    for shape in SHAPES {
        let result = called(shape.xml);
        let mut found = errors(&configuration(&result));
        // Only who may use the app is for the reader to say: see the entry of the file without a list.
        if elements_left(&result).contains(&"permissionSetName".to_owned()) {
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
fn each_entry_says_why_and_what_to_do() {
    for shape in SHAPES {
        for [element, _, why, what_to_do] in left(&called(shape.xml)) {
            let name = shape.name;
            assert!(why.ends_with('.') && what_to_do.ends_with('.'), "{name}: {element}: {why} {what_to_do}");
        }
    }
}

#[test]
fn no_secret_comes_out() {
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
        assert!(left(&result).len() > 1, "{inside}");
    }
}

#[test]
fn the_secrets_entry_says_where_the_new_one_comes_from() {
    let xml = "<ConnectedApp><label>A</label><oauthConfig><consumerSecret>x</consumerSecret></oauthConfig></ConnectedApp>";
    let entries = left(&called(xml));
    let [element, value, _, what_to_do] = &entries[0];
    assert_eq!((element.as_str(), value.as_str()), ("oauthConfig/consumerSecret", ""));
    assert!(what_to_do.contains("salesforce_external_client_app_credentials"), "{what_to_do}");
}

#[test]
fn every_text_that_is_no_such_file_is_an_error_that_says_what_to_pass() {
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
        let error = refused(text);
        assert!(error.contains(words), "{text}: {error}");
        // Terraform writes one.
        assert!(!error.ends_with('.'), "{error}");
    }
}

#[test]
fn an_error_repeats_nothing_of_the_file() {
    let error = refused("<ConnectedApp><consumerSecret>TOPSECRET</consumerSecret>");
    assert!(!error.contains("TOPSECRET"), "{error}");
}

#[test]
fn a_file_may_be_large() {
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
    // More addresses than an app may have: none is better than some, and told once.
    assert_eq!(result.get("trusted_ip_range").members().unwrap().len(), 0);
    assert_eq!(result.get("callback_urls").members().unwrap().len(), 400);
    let entries = left(&result);
    let count = |name: &str| entries.iter().filter(|[element, ..]| element == name).count();
    assert_eq!(
        ["mobileAppConfig", "description", "ipRanges", "oauthConfig/callbackUrl"].map(count),
        [1, 1, 1, 1]
    );
    assert!(entries.iter().all(|[_, value, why, _]| value.len() < 1000 && why.len() < 1000));
    assert_eq!(errors(&configuration(&result)), Vec::<String>::new());
}

/// Each row, each word of its list, each flag both ways: what comes of it is what the client takes.
#[test]
fn every_value_of_the_table_is_taken_or_listed() {
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
        let mut taken = 0;
        for value in &values {
            let result = called(&in_file(row.element, value));
            let listed = elements_left(&result).iter().any(|element| element == row.element);
            let config = configuration(&result);
            let found: Vec<String> =
                errors(&config).into_iter().filter(|error| !error.contains("no user can log in")).collect();
            assert_eq!(found, Vec::<String>::new(), "{}: {value}", row.element);
            if let Conversion::Attribute(target, _) = row.conversion {
                let there = target.split('/').fold(&result, |value, name| value.get(name));
                let is_there = !there.is_empty();
                taken += usize::from(is_there);
                assert!(is_there || listed, "{}: {value} is lost", row.element);
            } else {
                assert!(listed, "{}", row.element);
            }
        }
        let is_taken = matches!(row.conversion, Conversion::Attribute(..));
        assert!(
            !is_taken || taken > 0 || row.element == "oauthConfig/certificate",
            "{} is never taken",
            row.element
        );
    }
}

#[test]
fn the_table_has_each_element_once_and_below_a_group() {
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

/// A value for each attribute, no other, of the type that is promised.
#[test]
fn the_result_is_of_its_type() {
    for shape in SHAPES {
        assert!(fits(&called(shape.xml), &returns()), "{}", shape.name);
    }
    assert_eq!(SPEC.parameters.len(), 1);
}

#[test]
fn what_is_too_much_as_a_whole_is_told_once() {
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
    let told: Vec<_> = left(&result).into_iter().filter(|[element, ..]| element == "ipRanges").collect();
    assert_eq!((of(&result), told.len()), (0, 1), "{told:?}");
    assert!(told[0][2].contains("There are 129 elements. The maximum is 128"), "{told:?}");
    assert!(told[0][1].starts_with("start: 10.0.") && told[0][1].chars().count() <= 301, "{told:?}");
}
