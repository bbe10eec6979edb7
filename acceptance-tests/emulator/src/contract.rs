//! The vendor's contract: the elements of each metadata type, their API versions and values. Loaded from
//! `proto/salesforce`, which restates Salesforce's WSDLs. Defaults, side effects and limits, which the WSDLs do not
//! contain, are in `behavior.rs`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// A metadata type: one kind of file.
#[derive(Debug, Deserialize)]
pub struct MetadataType {
    pub name: String,
    pub directory: String,
    pub suffix: String,
    pub since: u32,
    #[serde(default)]
    pub until: Option<u32>,
    pub elements: Vec<Element>,
    #[serde(default)]
    pub types: BTreeMap<String, Nested>,
    #[serde(default)]
    pub enums: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Nested {
    pub elements: Vec<Element>,
}

#[derive(Debug, Deserialize)]
pub struct Element {
    pub name: String,
    #[serde(rename = "type")]
    pub value_type: String,
    pub required: bool,
    pub repeated: bool,
    pub since: u32,
    #[serde(default)]
    pub until: Option<u32>,
    #[serde(default)]
    pub documented_values: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    pub settable_values: Option<Vec<String>>,
}

/// What an element may contain.
pub enum Shape<'a> {
    Text,
    Boolean,
    Int,
    Enum(&'a [String]),
    Nested(&'a [Element]),
}

impl Element {
    pub fn exists_at(&self, version: u32) -> bool {
        self.since <= version && self.until.is_none_or(|until| version <= until)
    }
}

impl MetadataType {
    pub fn exists_at(&self, version: u32) -> bool {
        self.since <= version && self.until.is_none_or(|until| version <= until)
    }

    pub fn element(&self, name: &str, version: u32) -> Option<&Element> {
        find(&self.elements, name, version)
    }

    /// `None` for a type that the contract names but does not describe. The checker rejects such an element.
    pub fn shape(&self, element: &Element) -> Option<Shape<'_>> {
        match element.value_type.as_str() {
            "string" => Some(Shape::Text),
            "boolean" => Some(Shape::Boolean),
            "int" => Some(Shape::Int),
            other => self
                .enums
                .get(other)
                .map(|values| Shape::Enum(values))
                .or_else(|| self.types.get(other).map(|nested| Shape::Nested(&nested.elements))),
        }
    }

    /// Settings are addressed as members of the type `Settings`.
    pub fn is_settings(&self) -> bool {
        self.directory == "settings"
    }

    /// The name in package.xml's `<name>`.
    pub fn package_name(&self) -> &str {
        if self.is_settings() { "Settings" } else { &self.name }
    }

    /// The member name of a settings type: `OauthOidc` for `OauthOidcSettings`.
    pub fn settings_member(&self) -> Option<&str> {
        if self.is_settings() { self.name.strip_suffix("Settings") } else { None }
    }

    /// Whether components of this type belong to an app.
    pub fn has_parent(&self) -> bool {
        self.elements.iter().any(|element| element.name == PARENT && element.required)
    }

    pub fn file_name(&self, full_name: &str) -> String {
        format!("{}/{}.{}", self.directory, full_name, self.suffix)
    }
}

/// The element of a part that names its app.
pub const PARENT: &str = "externalClientApplication";

pub fn find<'a>(elements: &'a [Element], name: &str, version: u32) -> Option<&'a Element> {
    elements.iter().find(|element| element.name == name && element.exists_at(version))
}

pub struct Contract {
    types: Vec<MetadataType>,
    pub oauth_scopes: Vec<String>,
}

#[derive(Deserialize)]
struct Scopes {
    accepted_by_an_api_67_org: Vec<String>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../proto/salesforce/", $name, ".json")))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "ExternalClientApplication",
    "ExternalClientAppSettings",
    "ExtlClntAppCanvasSettings",
    "ExtlClntAppConfigurablePolicies",
    "ExtlClntAppGlobalOauthSettings",
    "ExtlClntAppMobileConfigurablePolicies",
    "ExtlClntAppMobileSettings",
    "ExtlClntAppNotificationSettings",
    "ExtlClntAppOauthConfigurablePolicies",
    "ExtlClntAppOauthSecuritySettings",
    "ExtlClntAppOauthSettings",
    "ExtlClntAppPushConfigurablePolicies",
    "ExtlClntAppPushSettings",
    "ExtlClntAppSamlConfigurablePolicies",
    "ExtlClntAppSampleConfigurablePolicies",
    "ExtlClntAppSampleSettings",
    "OauthCustomScope",
    "OauthOidcSettings",
    "OauthTokenExchangeHandler",
];

const SCOPES: &str = include_str!("../../../proto/salesforce/oauth-scopes.json");

impl Contract {
    /// The embedded contract. A file that cannot be parsed is omitted here and reported by the tests of the crate.
    pub fn get() -> &'static Contract {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| Contract {
            types: FILES.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect(),
            oauth_scopes: serde_json::from_str::<Scopes>(SCOPES)
                .map(|scopes| scopes.accepted_by_an_api_67_org)
                .unwrap_or_default(),
        })
    }

    pub fn types(&self) -> &[MetadataType] {
        &self.types
    }

    pub fn by_name(&self, name: &str) -> Option<&MetadataType> {
        self.types.iter().find(|kind| kind.name == name)
    }

    /// The type of a component as named in package.xml.
    pub fn by_package_name(&self, package_name: &str, member: &str) -> Option<&MetadataType> {
        self.types.iter().find(|kind| match kind.settings_member() {
            Some(own) => package_name == "Settings" && own == member,
            None => kind.name == package_name,
        })
    }

    /// The type of a file, from its directory and its suffix.
    pub fn by_file(&self, directory: &str, stem: &str, suffix: &str) -> Option<&MetadataType> {
        self.types.iter().find(|kind| {
            kind.directory == directory
                && kind.suffix == suffix
                && kind.settings_member().is_none_or(|member| member == stem)
        })
    }

    pub fn knows_directory(&self, directory: &str) -> bool {
        self.types.iter().any(|kind| kind.directory == directory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_contract_is_loaded() {
        for (name, text) in FILES {
            serde_json::from_str::<MetadataType>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/salesforce");
        let on_disk = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(on_disk, FILES.len() + 1, "add the new file of proto/salesforce to FILES");
        assert_eq!(Contract::get().types().len(), FILES.len());
        assert_eq!(Contract::get().oauth_scopes.len(), 36);
    }

    #[test]
    fn every_element_has_a_known_shape() {
        for kind in Contract::get().types().iter().filter(|kind| crate::behavior::is_emulated(&kind.name)) {
            for element in kind.elements.iter().filter(|element| element.until.is_none()) {
                assert!(kind.shape(element).is_some(), "{}.{}", kind.name, element.name);
            }
        }
    }
}
