//! Boolean attributes that tests derive instead of listing: the provider's schema contains the attribute,
//! `proto/salesforce` the element, and the names follow the rule `isPkceRequired` → `pkce_required`, `enableFoo` →
//! `foo_enabled`.
//!
//! An attribute whose name does not follow the rule needs a row in `tests/attributes/table.rs`, where a test reports
//! missing rows.

use crate::org::{APP, APP_SETTINGS, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, OIDC_SETTINGS, POLICIES};
use crate::terraform::repository;
use crate::workspace::{self, Workspace};
use serde_json::Value;
use std::sync::OnceLock;

/// The metadata types of each resource.
const RESOURCES: [(&str, &[&str]); 5] = [
    ("salesforce_external_client_app", &[APP]),
    ("salesforce_external_client_app_oauth_settings", &[OAUTH, GLOBAL_OAUTH]),
    ("salesforce_external_client_app_policies", &[POLICIES, OAUTH_POLICIES]),
    ("salesforce_org_oauth_oidc_settings", &[OIDC_SETTINGS]),
    ("salesforce_org_external_client_app_settings", &[APP_SETTINGS]),
];

/// A boolean attribute and its element.
#[derive(Debug)]
pub struct Switch {
    /// The type of the resource with the attribute.
    pub resource: &'static str,
    pub attribute: String,
    pub metadata_type: &'static str,
    /// The element in the file, such as `isPkceRequired` or `idTokenConfig.idTokenIncludeAttributes`.
    pub element: String,
    /// The default, or `None` if the org keeps its value when the attribute is omitted.
    pub default: Option<bool>,
}

impl Switch {
    /// A value that differs from the default.
    #[must_use]
    pub fn value(&self) -> bool {
        !self.default.unwrap_or_default()
    }
}

/// Every boolean attribute that can be derived from the name of its element.
pub fn all() -> &'static [Switch] {
    static ALL: OnceLock<Vec<Switch>> = OnceLock::new();
    ALL.get_or_init(|| {
        let schema = schema();
        RESOURCES.iter().flat_map(|(resource, types)| of_resource(&schema, resource, types)).collect()
    })
}

/// The resources in the output of `terraform providers schema -json`.
///
/// # Panics
/// Panics if Terraform or the provider cannot be started.
#[must_use]
pub fn schema() -> Value {
    let workspace = Workspace::anonymous();
    workspace.configure("");
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema as JSON");
    schema["provider_schemas"][workspace::source()]["resource_schemas"].clone()
}

fn of_resource(schema: &Value, resource: &'static str, types: &[&'static str]) -> Vec<Switch> {
    let attributes = schema[resource]["block"]["attributes"].as_object().expect("the attributes");
    let elements: Vec<(&'static str, String)> =
        types.iter().flat_map(|kind| booleans(kind).into_iter().map(|element| (*kind, element))).collect();
    let settable =
        attributes.iter().filter(|(_, column)| column["type"] == "bool" && column["optional"] == true);
    settable
        .filter_map(|(attribute, column)| {
            let (kind, element) = elements.iter().find(|(_, element)| attribute_of(element) == *attribute)?;
            let description = column["description"].as_str().unwrap_or_default();
            let default = [true, false]
                .into_iter()
                .find(|value| description.contains(&format!("Defaults to `{value}`")));
            let (attribute, element) = (attribute.clone(), element.clone());
            Some(Switch { resource, attribute, metadata_type: kind, element, default })
        })
        .collect()
}

/// The current boolean elements of a metadata type. The names of nested elements include that of their parent.
fn booleans(kind: &str) -> Vec<String> {
    let path = repository().join(format!("proto/salesforce/{kind}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let contract: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = Vec::new();
    for element in current(&contract["elements"]) {
        let name = element["name"].as_str().expect("a name");
        let inner = &contract["types"][element["type"].as_str().expect("a type")]["elements"];
        if element["type"] == "boolean" {
            found.push(name.to_owned());
        } else if element["repeated"] == false {
            let inner = current(inner).filter(|inner| inner["type"] == "boolean");
            found.extend(inner.map(|inner| format!("{name}.{}", inner["name"].as_str().expect("a name"))));
        }
    }
    found
}

fn current(elements: &Value) -> impl Iterator<Item = &Value> {
    elements.as_array().into_iter().flatten().filter(|element| element.get("until").is_none())
}

fn attribute_of(element: &str) -> String {
    let name = element.rsplit('.').next().unwrap_or_default();
    let (name, end) = match (name.strip_prefix("is"), name.strip_prefix("enable")) {
        (Some(name), _) if name.starts_with(char::is_uppercase) => (name, ""),
        (_, Some(name)) if name.starts_with(char::is_uppercase) => (name, "_enabled"),
        _ => (name, ""),
    };
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake + end
}

#[cfg(test)]
mod tests {
    use super::attribute_of;

    #[test]
    fn attribute_names_are_derived_from_elements() {
        for (element, attribute) in [
            ("isPkceRequired", "pkce_required"),
            ("idTokenConfig.idTokenIncludeAttributes", "id_token_include_attributes"),
            ("enableConsumerSecretApiAccess", "consumer_secret_api_access_enabled"),
            ("issuer", "issuer"),
        ] {
            assert_eq!(attribute_of(element), attribute);
        }
    }
}
