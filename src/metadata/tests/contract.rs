//! Compares the tables with `proto/salesforce`. One test lists every difference and what to write.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::{POLICIES, field};
use crate::metadata::types::oauth_settings::SCOPES;
use crate::metadata::{Compared, Field, Kind, MetadataType, OLDEST_VERSION, Omitted, Rule, types};

fn read(name: &str) -> Json {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/salesforce");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn words(json: &Json) -> Vec<String> {
    let words = json.as_array().into_iter().flatten();
    let word = |word: &Json| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
    words.map(word).collect()
}

struct Contract {
    kind: &'static MetadataType,
    json: Json,
    differences: Vec<String>,
}

/// Whether the element was removed before the provider's oldest API version.
fn is_removed(element: &Json) -> bool {
    element["until"].as_u64().is_some_and(|until| until < u64::from(OLDEST_VERSION))
}

fn find<'a>(elements: &'a Json, name: &str) -> Option<&'a Json> {
    let mut elements = elements.as_array()?.iter();
    elements.find(|element| element["name"] == name && !is_removed(element))
}

impl Contract {
    fn differs(&mut self, element: &str, what: impl std::fmt::Display) {
        self.differences.push(format!("{} {element}: {what}", self.kind.name));
    }

    fn head(&mut self) {
        for (column, ours) in
            [("name", self.kind.name), ("directory", self.kind.directory), ("suffix", self.kind.suffix)]
        {
            if self.json[column] != ours {
                self.differs("", format!("{column} is {}", self.json[column]));
            }
        }
        let member =
            (self.kind.directory == "settings").then(|| self.kind.name.strip_suffix("Settings")).flatten();
        if self.kind.settings_member != member {
            self.differs("", format!("the member of Settings is {member:?}"));
        }
    }

    fn rows(&mut self) {
        for field in self.kind.fields {
            let (group, name) = field.element_path();
            let elements = if group.is_empty() {
                self.json["elements"].clone()
            } else {
                let Some(outer) = find(&self.json["elements"], group) else {
                    self.differs(group, "no such group");
                    continue;
                };
                let ty = outer["type"].as_str().unwrap().to_owned();
                if outer["repeated"] != false {
                    self.differs(group, "is repeated");
                }
                self.json["types"][ty]["elements"].clone()
            };
            match find(&elements, name).cloned() {
                Some(element) => self.row(field, &element),
                None => self.differs(field.element, self.line_to_add(name, field)),
            }
        }
    }

    /// The line of the contract for a row that it lacks.
    fn line_to_add(&self, name: &str, field: &Field) -> String {
        let (kind, since) = (self.kind.name, field.since);
        let ty = match field.kind {
            Kind::Bool => "boolean",
            Kind::Int => "int",
            _ => "string",
        };
        format!(
            "no such element. Add this line to proto/salesforce/{kind}.json, with the facts of the WSDL:\n    \
             {{\"name\": \"{name}\", \"type\": \"{ty}\", \"required\": false, \"repeated\": false, \
             \"since\": {since}, \"evidence\": \"wsdl\"}}"
        )
    }

    fn row(&mut self, field: &Field, element: &Json) {
        let name = field.element;
        let ty = element["type"].as_str().unwrap();
        let enumeration = self.json["enums"].get(ty).map(words);
        let repeated = element["repeated"] == true;
        let required = element["required"] == true;
        let settable = element.get("settable_values").or(element.get("documented_values")).map(words);

        let since = u64::from(OLDEST_VERSION).max(element["since"].as_u64().unwrap());
        if u64::from(field.since) != since {
            self.differs(name, format!("since is {}, the contract says {since}", field.since));
        }
        if required && field.omitted == Omitted::Cleared && !matches!(field.kind, Kind::Parent) {
            self.differs(name, "is required in the contract, but the row clears it when it is omitted");
        }
        if repeated != matches!(field.kind, Kind::Entries { .. } | Kind::Blocks(_)) {
            self.differs(name, format!("repeated is {repeated}"));
        }
        match field.kind {
            Kind::Bool if ty != "boolean" => self.differs(name, format!("is {ty}")),
            Kind::Int if ty != "int" => self.differs(name, format!("is {ty}")),
            Kind::Text | Kind::Lines | Kind::Commas | Kind::Parent if ty != "string" => {
                self.differs(name, format!("is {ty}"));
            }
            Kind::Parent if !required => self.differs(name, "is not required"),
            Kind::Enum(ours) => {
                // Orgs return plain strings in upper or lower case.
                if (ty == "string") != (field.compared == Compared::AnyCase) {
                    self.differs(name, format!("is {ty}, and compared {:?}", field.compared));
                }
                match settable.or(enumeration) {
                    Some(theirs) if theirs == ours => {}
                    theirs => self.differs(name, format!("the words are {theirs:?}")),
                }
            }
            Kind::Entries { key, value } => {
                let inner = self.json["types"][ty]["elements"].clone();
                for part in [key, value] {
                    match find(&inner, part) {
                        Some(element) if element["required"] == true && element["type"] == "string" => {}
                        _ => self.differs(name, format!("{part} is not a required string")),
                    }
                }
                self.covered(&inner, name, &[key, value]);
            }
            Kind::Blocks(fields) => {
                let inner = self.json["types"][ty]["elements"].clone();
                for field in fields {
                    let Some(element) = find(&inner, field.element).cloned() else {
                        self.differs(name, format!("has no {}", field.element));
                        continue;
                    };
                    if (element["required"] == true) != (field.omitted == Omitted::Required) {
                        self.differs(field.element, format!("required is {}", element["required"]));
                    }
                    self.row(field, &element);
                }
                let known: Vec<&str> = fields.iter().map(|field| field.element).collect();
                self.covered(&inner, name, &known);
            }
            _ => {}
        }
    }

    /// Every element of the contract has a row, or a reason for not having one.
    fn every_element_has_a_row(&mut self) {
        let mut known: Vec<&str> = self
            .kind
            .fields
            .iter()
            .map(|field| field.element_path())
            .map(|(group, name)| if group.is_empty() { name } else { group })
            .collect();
        let reasons = self.kind.unmapped.iter().map(|(element, _)| *element);
        let others: Vec<&str> = self.kind.dropped.iter().copied().chain(reasons).collect();
        for other in &others {
            if find(&self.json["elements"], other).is_none() {
                self.differs(
                    other,
                    "is dropped or unmapped, but not in the contract: remove it from the table",
                );
            }
        }
        known.extend(others);
        let elements = self.json["elements"].clone();
        self.covered(&elements, "", &known);
        for group in
            self.kind.fields.iter().map(|field| field.element_path().0).filter(|group| !group.is_empty())
        {
            let Some(outer) = find(&elements, group) else {
                continue;
            };
            let inner = self.json["types"][outer["type"].as_str().unwrap()]["elements"].clone();
            let inside = self.kind.fields.iter().map(|field| field.element_path());
            let inside: Vec<&str> = inside.filter(|path| path.0 == group).map(|path| path.1).collect();
            self.covered(&inner, group, &inside);
        }
    }

    fn covered(&mut self, elements: &Json, place: &str, known: &[&str]) {
        for element in elements.as_array().into_iter().flatten() {
            let name = element["name"].as_str().unwrap();
            if !is_removed(element) && !known.contains(&name) {
                self.differs(
                    place,
                    format!(
                        "{name} has no row. Add one to the type's table in src/metadata/types, or add the element and \
                         the reason to `unmapped` there"
                    ),
                );
            }
        }
    }
}

#[test]
fn the_tables_match_the_contract() {
    let mut differences = Vec::new();
    for kind in types::ALL {
        let mut contract = Contract { kind, json: read(kind.name), differences: Vec::new() };
        contract.head();
        contract.rows();
        contract.every_element_has_a_row();
        differences.append(&mut contract.differences);
    }
    differences.sort();
    differences.dedup();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn secrets_and_triggers_have_no_row() {
    for kind in types::ALL {
        for element in read(kind.name)["elements"].as_array().unwrap() {
            let name = element["name"].as_str().unwrap();
            if element["secret"] == true || name.starts_with("shouldRotate") {
                assert!(is_removed(element) || kind.dropped.contains(&name), "{} {name}", kind.name);
            }
        }
    }
}

#[test]
fn the_scopes_match_the_list_of_an_org() {
    assert_eq!(words(&read("oauth-scopes")["accepted_by_an_api_67_org"]), SCOPES);
}

#[test]
fn token_lifetimes_match_the_documentation() {
    let contract = read(POLICIES.name);
    for attribute in ["guest_jwt_timeout_minutes", "named_user_jwt_timeout_minutes"] {
        let field = field(&POLICIES, attribute);
        let element = find(&contract["elements"], field.element).unwrap();
        let Some(Rule::Numbers(ours)) = field.rules.first() else {
            panic!("{attribute} has another rule");
        };
        let ours: Vec<String> = ours.iter().map(i64::to_string).collect();
        assert_eq!(ours, words(&element["documented_values"]));
    }
}
