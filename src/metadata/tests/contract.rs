//! Compares the tables with `proto/salesforce`. One test lists every difference and how to resolve it.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::{POLICIES, field};
use crate::metadata::types::oauth_settings::SCOPES;
use crate::metadata::{
    Compared, Field, Kind, MetadataType, NEWEST_VERSION, OLDEST_VERSION, Omitted, Rule, types,
};

fn read(name: &str) -> Json {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/salesforce");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("proto/salesforce/{name}.json: {error}"))
}

fn words(json: &Json) -> Vec<String> {
    let words = json.as_array().into_iter().flatten();
    let word = |word: &Json| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
    words.map(word).collect()
}

/// A list of words in JSON.
fn list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(", "))
}

fn is_repeated(field: &Field) -> bool {
    matches!(field.kind, Kind::Entries { .. } | Kind::Blocks(_))
}

/// The line of an element in the contract.
fn element_line(name: &str, ty: &str, required: bool, repeated: bool, since: u16) -> String {
    format!(
        "{{\"name\": \"{name}\", \"type\": \"{ty}\", \"required\": {required}, \"repeated\": {repeated}, \
         \"since\": {since}, \"evidence\": \"wsdl\"}}"
    )
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
        let names = self.json["elements"].as_array().into_iter().flatten();
        let names: Vec<&str> = names.filter_map(|element| element["name"].as_str()).collect();
        if let Some([_, misplaced]) = names.array_windows().find(|[one, next]| one > next) {
            let misplaced = (*misplaced).to_owned();
            self.differs(&misplaced, "the lines of the elements must be sorted by name");
        }
        let member =
            (self.kind.directory == "settings").then(|| self.kind.name.strip_suffix("Settings")).flatten();
        if self.kind.settings_member != member {
            self.differs("", format!("the member of Settings is {member:?}"));
        }
    }

    fn rows(&mut self) {
        for field in self.kind.fields {
            self.supported(field);
            let (group, name) = field.element_path();
            let elements = if group.is_empty() {
                self.json["elements"].clone()
            } else {
                let Some(outer) = find(&self.json["elements"], group) else {
                    let line = element_line(group, "<TypeName>", false, false, field.since);
                    let file = self.file();
                    self.differs(
                        field.element,
                        format!(
                            "no element {group}. Add this line to \"elements\" of {file}, with the facts of the WSDL:\n    \
                             {line}\nand its elements to \"types\":\n    \
                             \"<TypeName>\": {{\"elements\": [{{\"name\": \"{name}\", …}}]}}"
                        ),
                    );
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

    /// The path of the contract, for messages.
    fn file(&self) -> String {
        format!("proto/salesforce/{}.json", self.kind.name)
    }

    /// The message for a row that the contract does not have, with the line to add.
    fn line_to_add(&self, name: &str, field: &Field) -> String {
        let (group, _) = field.element_path();
        let place = match find(&self.json["elements"], group) {
            Some(outer) => format!("\"elements\" of \"types\".{}", outer["type"]),
            None => "\"elements\"".to_owned(),
        };
        let required = matches!(field.kind, Kind::Parent);
        let (ty, more) = match field.kind {
            Kind::Bool => ("boolean", String::new()),
            Kind::Int => ("int", String::new()),
            Kind::Enum(words) if field.compared == Compared::AnyCase => {
                ("string", format!(", \"documented_values\": {}", list(words)))
            }
            Kind::Enum(_) => ("<EnumName>", String::new()),
            Kind::Entries { .. } | Kind::Blocks(_) => ("<TypeName>", String::new()),
            Kind::Text | Kind::Lines | Kind::Commas | Kind::Parent => ("string", String::new()),
        };
        let line = element_line(name, ty, required, is_repeated(field), field.since);
        let line = line.trim_end_matches('}');
        let also = match field.kind {
            Kind::Enum(words) if more.is_empty() => {
                format!("\nand this entry to \"enums\":\n    \"<EnumName>\": {}", list(words))
            }
            Kind::Entries { .. } | Kind::Blocks(_) => {
                let inner = element_line("…", "string", true, false, field.since);
                format!("\nand this entry to \"types\":\n    \"<TypeName>\": {{\"elements\": [{inner}]}}")
            }
            _ => String::new(),
        };
        let file = self.file();
        format!(
            "no such element. Add this line to {place} of {file}, with the facts of the WSDL:\n    \
             {line}{more}}}{also}"
        )
    }

    /// Whether the type in the contract matches the row. Otherwise reports the difference.
    fn fits(&mut self, field: &Field, ty: &str) -> bool {
        let any_case = field.compared == Compared::AnyCase;
        let (row, needed, is_right) = match field.kind {
            Kind::Bool => ("Field::bool", "\"boolean\"", ty == "boolean"),
            Kind::Int => ("Field::int", "\"int\"", ty == "int"),
            Kind::Text => ("Field::text", "\"string\"", ty == "string"),
            Kind::Lines => ("Field::lines", "\"string\"", ty == "string"),
            Kind::Commas => ("Field::commas", "\"string\"", ty == "string"),
            Kind::Parent => ("Field::parent", "\"string\"", ty == "string"),
            // Orgs can return values of the type `string` in any letter case.
            Kind::Enum(_) if any_case => ("Field::one_of with any_case()", "\"string\"", ty == "string"),
            Kind::Enum(_) => {
                let is_simple = ["boolean", "int", "string"].contains(&ty);
                ("Field::one_of without any_case()", "the name of an entry of \"enums\"", !is_simple)
            }
            Kind::Entries { .. } => {
                ("Field::entries", "the name of an entry of \"types\"", self.json["types"][ty].is_object())
            }
            Kind::Blocks(_) => {
                ("Field::blocks", "the name of an entry of \"types\"", self.json["types"][ty].is_object())
            }
        };
        if !is_right {
            let file = self.file();
            self.differs(
                field.element,
                format!(
                    "the row is {row}, whose \"type\" in {file} is {needed}. There it is \"{ty}\". Change the row or \
                     the line, whichever differs from the WSDL"
                ),
            );
        }
        is_right
    }

    /// Compares the values of an enum.
    fn same_words(&mut self, field: &Field, element: &Json, ours: &[&str]) {
        let (name, file) = (field.element, self.file());
        let ty = element["type"].as_str().unwrap();
        let column =
            ["settable_values", "documented_values"].into_iter().find(|it| element.get(it).is_some());
        let theirs = match column {
            Some(column) => words(&element[column]),
            None if self.json["enums"].get(ty).is_some() => words(&self.json["enums"][ty]),
            None => {
                let missing = if ty == "string" {
                    format!("add to its line \"documented_values\": {}", list(ours))
                } else {
                    format!("add to \"enums\" \"{ty}\": {}", list(ours))
                };
                self.differs(name, format!("{file} does not list its values: {missing}"));
                return;
            }
        };
        if theirs == ours {
            return;
        }
        let place =
            column.map_or(format!("\"enums\".\"{ty}\""), |column| format!("\"{column}\" of its line"));
        let new: Vec<&str> =
            ours.iter().copied().filter(|word| !theirs.iter().any(|it| it == word)).collect();
        let lost: Vec<&str> = theirs.iter().map(String::as_str).filter(|word| !ours.contains(word)).collect();
        let mut what = Vec::new();
        if !new.is_empty() {
            what.push(format!("Add {} to {place}", list(&new)));
        }
        if !lost.is_empty() {
            what.push(format!("Add {} to the row", list(&lost)));
        }
        if what.is_empty() {
            what.push("Use the order of the contract in the row".to_owned());
        }
        let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        self.differs(
            name,
            format!(
                "the row has the values {}, {file} has {} in {place}. {}",
                list(ours),
                list(&theirs),
                what.join(". ")
            ),
        );
    }

    /// Reports a row whose API version the provider does not support yet.
    fn supported(&mut self, field: &Field) {
        if field.since > NEWEST_VERSION {
            self.differs(
                field.element,
                format!(
                    "the row has since({}), but the provider supports API versions up to {NEWEST_VERSION}.0. Raise \
                     NEWEST_VERSION in src/metadata/field.rs (CONTRIBUTING.md, \"support a new Salesforce release\"), \
                     or correct the row",
                    field.since
                ),
            );
        }
    }

    fn row(&mut self, field: &Field, element: &Json) {
        let name = field.element;
        let ty = element["type"].as_str().unwrap();
        let required = element["required"] == true;
        let file = self.file();

        let since = u64::from(OLDEST_VERSION).max(element["since"].as_u64().unwrap());
        if u64::from(field.since) != since {
            self.differs(
                name,
                format!(
                    "the row has since({}), but its line in {file} has \"since\": {}, so the row needs since({since}). \
                     Without since, a row has since({OLDEST_VERSION})",
                    field.since, element["since"]
                ),
            );
        }
        if required && field.omitted == Omitted::Cleared && !matches!(field.kind, Kind::Parent) {
            self.differs(name, "is required in the contract, but the row clears it when it is omitted");
        }
        let repeated = element["repeated"] == true;
        if repeated != is_repeated(field) {
            self.differs(
                name,
                format!(
                    "\"repeated\" is {repeated} in {file}. Only elements of Field::entries and Field::blocks are repeated"
                ),
            );
        }
        if !self.fits(field, ty) {
            return;
        }
        match field.kind {
            Kind::Parent if !required => self.differs(name, format!("is not required in {file}")),
            Kind::Enum(ours) => self.same_words(field, element, ours),
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

    /// Checks that every element of the contract has a row, or a reason for not having one.
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

/// Every difference between a table and its contract, and how to resolve it.
pub fn differences(kind: &'static MetadataType, json: Json) -> Vec<String> {
    let mut contract = Contract { kind, json, differences: Vec::new() };
    contract.head();
    contract.rows();
    contract.every_element_has_a_row();
    contract.differences
}

#[test]
fn the_tables_match_the_contract() {
    let mut differences: Vec<String> =
        types::ALL.iter().flat_map(|kind| differences(kind, read(kind.name))).collect();
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
