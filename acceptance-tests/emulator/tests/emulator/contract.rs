//! Breaks each rule of the contract once for every type and every element in the schema, generated from
//! `proto/salesforce`. Each violation must be rejected with its reason by SOAP deploys, REST deploys and CRUD calls.
//! Rules that the schema does not contain are in `strictness.rs` and `consistency.rs`, those around the files in
//! `archives.rs`, `envelopes.rs` and `requests.rs`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::{NS, Org, Package, between, start};

const NEWEST: u64 = salesforce_emulator::NEWEST_API_VERSION as u64;
const OLDEST: u64 = 60;
const APP_ELEMENT: &str = "externalClientApplication";

/// Types that the emulator does not accept.
const NOT_EMULATED: [&str; 2] = ["ExtlClntAppSampleSettings", "ExtlClntAppSampleConfigurablePolicies"];

struct Schema(Value);

impl Schema {
    fn all() -> Vec<Schema> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/salesforce");
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let schemas = paths.iter().map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
        schemas.filter(|schema: &Value| schema["elements"].is_array()).map(Schema).collect()
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    fn name(&self) -> &str {
        self.text("name")
    }

    fn is_settings(&self) -> bool {
        self.text("directory") == "settings"
    }

    fn full_name(&self) -> String {
        match self.name() {
            "ExternalClientApplication" => "Shop".to_string(),
            "ExtlClntAppOauthSettings" => "Shop_oauth".to_string(),
            "ExtlClntAppGlobalOauthSettings" => "Shop_global".to_string(),
            "ExtlClntAppOauthConfigurablePolicies" => "Shop_oauth_defaultPolicy".to_string(),
            "ExtlClntAppConfigurablePolicies" => "Shop_defaultPolicy".to_string(),
            name if self.is_settings() => name.trim_end_matches("Settings").to_string(),
            _ => "Probe".to_string(),
        }
    }

    fn elements(&self) -> Vec<Element<'_>> {
        elements(&self.0["elements"])
    }

    fn nested(&self, of: &Element<'_>) -> Option<Vec<Element<'_>>> {
        let nested = &self.0["types"][of.kind];
        nested.is_object().then(|| elements(&nested["elements"]))
    }

    fn values(&self, of: &Element<'_>) -> Vec<&str> {
        self.0["enums"][of.kind].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A valid value of an element, which may be meaningless.
    fn valid(&self, element: &Element<'_>, version: u64) -> String {
        if let Some(nested) = self.nested(element) {
            return self.required(&nested, version).iter().map(|(_, text)| text.as_str()).collect();
        }
        match element.kind {
            "boolean" => "true".to_string(),
            "int" => "1".to_string(),
            "string" if element.name == APP_ELEMENT => "Shop".to_string(),
            "string" => "text".to_string(),
            _ => self.values(element).first().unwrap_or(&"").to_string(),
        }
    }

    /// The required elements.
    fn required(&self, elements: &[Element<'_>], version: u64) -> Vec<(String, String)> {
        let needed = elements.iter().filter(|element| element.required && element.is_in(version));
        needed
            .map(|element| (element.name.to_string(), wrap(element.name, &self.valid(element, version))))
            .collect()
    }
}

#[derive(Clone, Copy)]
struct Element<'a> {
    name: &'a str,
    kind: &'a str,
    required: bool,
    repeated: bool,
    since: u64,
    until: Option<u64>,
    /// Whether the guide lists the element's values, either all of them or those that can be set.
    listed: bool,
}

impl Element<'_> {
    fn is_in(&self, version: u64) -> bool {
        self.since <= version && self.until.is_none_or(|until| version <= until)
    }
}

fn elements(list: &Value) -> Vec<Element<'_>> {
    let read = |element: &'static str| move |value: &Value| value[element].as_bool().unwrap();
    let (required, repeated) = (read("required"), read("repeated"));
    let list = list.as_array().unwrap().iter();
    list.map(|element| Element {
        name: element["name"].as_str().unwrap(),
        kind: element["type"].as_str().unwrap(),
        required: required(element),
        repeated: repeated(element),
        since: element["since"].as_u64().unwrap(),
        until: element["until"].as_u64(),
        listed: element["documented_values"].is_array() || element["settable_values"].is_array(),
    })
    .collect()
}

fn wrap(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// One rule broken in one place.
struct Case {
    rule: &'static str,
    place: String,
    version: u64,
    /// The content of the root element.
    body: String,
    /// A part of the expected reason.
    words: String,
    /// The whole file, for errors that cannot occur in a CRUD call.
    file: Option<String>,
}

struct Cases<'a> {
    schema: &'a Schema,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// Adds a case: the required elements, with `wrong` as the element under test.
    fn add(&mut self, rule: &'static str, place: &Place<'_>, version: u64, wrong: &str, words: String) {
        let mut own = self.schema.required(&place.siblings, version);
        own.retain(|(name, _)| name != place.element.name);
        own.push((place.element.name.to_string(), wrong.to_string()));
        own.sort();
        let text: String = own.iter().map(|(_, text)| text.as_str()).collect();
        let body = match &place.inside {
            None => text,
            Some((outer, around)) => {
                let mut all = self.schema.required(around, version);
                all.retain(|(name, _)| name != outer.name);
                all.push((outer.name.to_string(), wrap(outer.name, &text)));
                all.sort();
                all.iter().map(|(_, text)| text.as_str()).collect()
            }
        };
        let place = format!("{}.{}", place.type_name, place.element.name);
        self.cases.push(Case { rule, place, version, body, words, file: None });
    }

    fn whole_file(&mut self, rule: &'static str, file: String, words: &str) {
        let place = self.schema.name().to_string();
        let (words, body) = (words.to_string(), String::new());
        self.cases.push(Case { rule, place, version: NEWEST, body, words, file: Some(file) });
    }

    fn of_type(&mut self) {
        let name = self.schema.name();
        let inner: String =
            self.schema.required(&self.schema.elements(), NEWEST).into_iter().map(|(_, text)| text).collect();
        let root = |name: &str, namespace: &str, inner: &str| {
            format!("<{name} xmlns=\"{namespace}\">{inner}</{name}>")
        };
        let location = "invalid at this location";
        self.whole_file("root of another type", root("CustomObject", NS, &inner), location);
        self.whole_file("root in no namespace", wrap(name, &inner), location);
        self.whole_file("root in another namespace", root(name, "urn:other", &inner), location);
        let attribute = root(name, NS, &inner).replacen(" xmlns", " lang=\"en\" xmlns", 1);
        self.whole_file("attribute of the root", attribute, "Attribute lang is not allowed");
        self.whole_file("text between elements", root(name, NS, &format!("x{inner}")), "text is not allowed");
        let element = format!("<fullName>{}</fullName>", self.schema.full_name());
        self.whole_file(
            "fullName in a file",
            root(name, NS, &format!("{element}{inner}")),
            "fullName invalid at",
        );
        self.whole_file("cut file", root(name, NS, &inner).replace('>', ""), "Error parsing file");
        self.whole_file("empty file", String::new(), "Error parsing file");
    }

    fn of_element(&mut self, place: &Place<'_>) {
        let Place { type_name, element, .. } = place;
        let (name, kind) = (element.name, element.kind);
        let newest = if element.is_in(NEWEST) { NEWEST } else { element.until.unwrap_or(NEWEST) };
        let invalid =
            |name: &str| format!("Element {{{NS}}}{name} invalid at this location in type {type_name}");
        if element.until.is_some_and(|until| until < NEWEST) {
            let valid = wrap(name, &self.schema.valid(element, NEWEST));
            self.add("removed element", place, NEWEST, &valid, invalid(name));
        }
        let exists = place.since_of_type;
        if element.since > OLDEST.max(exists) && element.is_in(newest) {
            let version = element.since - 1;
            let valid = wrap(name, &self.schema.valid(element, element.since));
            self.add("element before its version", place, version, &valid, invalid(name));
        }
        if newest < OLDEST {
            return;
        }
        let valid = self.schema.valid(element, newest);
        let own = wrap(name, &valid);
        let mut letters: Vec<char> = name.chars().collect();
        letters[0] = if letters[0].is_lowercase() {
            letters[0].to_ascii_uppercase()
        } else {
            letters[0].to_ascii_lowercase()
        };
        let other: String = letters.into_iter().collect();
        self.add(
            "letter case of an element",
            place,
            newest,
            &format!("{own}{}", wrap(&other, &valid)),
            invalid(&other),
        );
        self.add("unknown element", place, newest, &format!("{own}<color>x</color>"), invalid("color"));
        let foreign = own.replacen(&format!("<{name}>"), &format!("<{name} xmlns=\"urn:other\">"), 1);
        let words = format!("Element {{urn:other}}{name} invalid at this location in type {type_name}");
        self.add("element in another namespace", place, newest, &foreign, words);
        let attribute = own.replacen(&format!("<{name}>"), &format!("<{name} lang=\"en\">"), 1);
        let words = format!("Attribute lang is not allowed on element {name}");
        self.add("attribute of an element", place, newest, &attribute, words);
        let words = format!("Element {{{NS}}}{name} is duplicated at this location in type {type_name}");
        if element.repeated {
            let beside =
                place.siblings.iter().find(|other| other.name != name && other.is_in(newest)).unwrap();
            if !beside.required {
                let between = wrap(beside.name, &self.schema.valid(beside, newest));
                self.add(
                    "repetition that is interrupted",
                    place,
                    newest,
                    &format!("{own}{between}{own}"),
                    words,
                );
            }
        } else {
            self.add("element twice", place, newest, &format!("{own}{own}"), words);
        }
        if element.required {
            let words = format!("Required field is missing: {name}");
            self.add("required element", place, newest, "", words.clone());
            if kind == "string" {
                self.add("required element that is empty", place, newest, &wrap(name, ""), words);
            }
        }
        let mut wrong =
            |rule, value: &str, words: String| self.add(rule, place, newest, &wrap(name, value), words);
        match kind {
            "boolean" => {
                for value in ["yes", "True", "", "2"] {
                    wrong(
                        "boolean",
                        value,
                        format!("'{value}' is not a valid value for the type xsd:boolean"),
                    );
                }
            }
            "int" => {
                for value in ["x", "1.0", "", "2147483648", "0x1"] {
                    wrong("integer", value, format!("'{value}' is not a valid value for the type xsd:int"));
                }
            }
            "string" => {}
            _ if place.is_nested => {
                let words = format!("text is not allowed between the elements of {kind}");
                wrong("text in a nested element", &format!("x{valid}"), words);
            }
            _ => {
                let reason = |value: &str| format!("'{value}' is not a valid value for the enum '{kind}'");
                for value in ["Nope", "", &valid.to_lowercase(), &format!(" {valid}")] {
                    if *value != valid {
                        wrong("enum", value, reason(value));
                    }
                }
            }
        }
        if !place.is_nested {
            let kind = if matches!(kind, "string" | "boolean" | "int") { kind } else { element.kind };
            let words = format!("Element {{{NS}}}b invalid at this location in type {kind}");
            wrong("element within a text", "<b>x</b>", words);
        }
        if element.listed {
            let value = match kind {
                "int" => "7",
                "string" => "Nope",
                _ => "Managed",
            };
            wrong("listed values", value, format!("bad value for restricted picklist field: {value}"));
        }
    }
}

/// The location of an element.
struct Place<'a> {
    type_name: String,
    element: Element<'a>,
    siblings: Vec<Element<'a>>,
    /// The parent element, and its siblings.
    inside: Option<(Element<'a>, Vec<Element<'a>>)>,
    is_nested: bool,
    since_of_type: u64,
}

fn cases(schema: &Schema) -> Vec<Case> {
    let mut all = Cases { schema, cases: Vec::new() };
    all.of_type();
    let since_of_type = schema.0["since"].as_u64().unwrap();
    for element in schema.elements() {
        let nested = schema.nested(&element);
        all.of_element(&Place {
            type_name: schema.name().to_string(),
            element,
            siblings: schema.elements(),
            inside: None,
            is_nested: nested.is_some(),
            since_of_type,
        });
        for inner in nested.iter().flatten() {
            all.of_element(&Place {
                type_name: element.kind.to_string(),
                element: *inner,
                siblings: nested.clone().unwrap_or_default(),
                inside: Some((element, schema.elements())),
                is_nested: false,
                since_of_type: since_of_type.max(element.since),
            });
        }
    }
    all.cases
}

fn package(schema: &Schema, file: &str, version: u64) -> Package {
    let (directory, suffix) = (schema.text("directory"), schema.text("suffix"));
    let name = schema.full_name();
    let kind = if schema.is_settings() { "Settings" } else { schema.name() };
    Package::new()
        .member(kind, &name)
        .file(&format!("{directory}/{name}.{suffix}"), file)
        .at(u32::try_from(version).unwrap())
}

/// The error that a CRUD call returned, or `None` if the call succeeded.
fn upsert(org: &Org, schema: &Schema, body: &str, version: u64) -> Option<String> {
    let kind = schema.name();
    let response = org.soap_at(
        &format!("{version}.0"),
        &format!(
            "<upsertMetadata><metadata xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">\
             <fullName>{}</fullName>{body}</metadata></upsertMetadata>",
            schema.full_name()
        ),
    );
    if response.body.contains("<success>true</success>") {
        return None;
    }
    let text = between(&response.body, "<message>", "</message>").unwrap_or(response.body);
    Some(text.replace("&apos;", "'").replace("&quot;", "\""))
}

/// The errors that each interface reports.
fn errors_by_interface(org: &Org, schema: &Schema, case: &Case) -> Vec<(&'static str, Vec<String>)> {
    let name = schema.name();
    let file = case.file.clone().unwrap_or_else(|| format!("<{name} xmlns=\"{NS}\">{}</{name}>", case.body));
    let package = package(schema, &file, case.version);
    let deployed = org.deploy(&package);
    let soap = if deployed.status() == "Failed" { deployed.problems() } else { Vec::new() };
    let mut all = vec![("SOAP deploy", soap), ("REST deploy", org.deploy_by_rest(&package))];
    if case.file.is_none() {
        all.push(("CRUD call", upsert(org, schema, &case.body, case.version).into_iter().collect()));
    }
    all
}

#[test]
fn every_violation_is_rejected_by_every_interface() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems_found = Vec::new();
    for schema in Schema::all().iter().filter(|schema| !NOT_EMULATED.contains(&schema.name())) {
        // The list of deploys grows with every attempt, so each type has a separate org.
        let org = start();
        org.shop();
        // The file without the violation is accepted, so a rejection is caused by the violation.
        let body: String =
            schema.required(&schema.elements(), NEWEST).into_iter().map(|(_, text)| text).collect();
        let control = Case {
            rule: "none",
            place: schema.name().to_string(),
            version: NEWEST,
            body,
            words: String::new(),
            file: None,
        };
        for (interface, problems) in errors_by_interface(&org, schema, &control) {
            assert!(problems.is_empty(), "{}, {interface}: {problems:?}", schema.name());
        }
        let before = org.components();
        for case in cases(schema) {
            *counts.entry(case.rule).or_default() += 1;
            for (interface, problems) in errors_by_interface(&org, schema, &case) {
                if !problems.iter().any(|problem| problem.contains(&case.words)) {
                    problems_found.push(format!(
                        "{}: {} by {interface} at {}.0: {problems:?}, not {:?}",
                        case.place, case.rule, case.version, case.words
                    ));
                }
            }
        }
        assert_eq!(org.components(), before, "{}: the components have changed", schema.name());
    }
    let count: usize = counts.values().sum();
    eprintln!(
        "{count} violations of {} rules, each through up to three interfaces: {counts:#?}",
        counts.len()
    );
    assert!(
        problems_found.is_empty(),
        "{} accepted or rejected for another reason:\n{}",
        problems_found.len(),
        problems_found.join("\n")
    );
    assert!(count > 1000, "{count}");
}

/// In versions before the introduction of a type, the type and its folder are unknown.
#[test]
fn a_type_is_rejected_in_versions_before_its_introduction() {
    let org = start();
    org.shop();
    let mut count = 0;
    for schema in Schema::all() {
        let since = schema.0["since"].as_u64().unwrap();
        if since <= OLDEST || NOT_EMULATED.contains(&schema.name()) {
            continue;
        }
        let name = schema.name();
        let deployed = org.deploy(&package(&schema, &format!("<{name} xmlns=\"{NS}\"/>"), since - 1));
        let problems = deployed.problems();
        assert!(problems.iter().any(|problem| problem.contains("Unknown type name")), "{name}: {problems:?}");
        assert!(
            problems.iter().any(|problem| problem.contains("not of a known metadata type")),
            "{problems:?}"
        );
        let rejection = upsert(&org, &schema, "", since - 1).unwrap();
        assert!(rejection.contains("This type of metadata is not available"), "{name}: {rejection}");
        count += 1;
    }
    assert!(count >= 5, "{count}");
}
