//! Component files, written independently of the provider, whose output is under test.

use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use serde_json::Value;

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// The metadata types that a run creates, apps before their parts, with the folder and the extension of their files.
pub const TYPES: &[(&str, &str, &str)] = &[
    (APP, "externalClientApps", "eca"),
    (OAUTH, "extlClntAppOauthSettings", "ecaOauth"),
    (GLOBAL_OAUTH, "extlClntAppGlobalOauthSets", "ecaGlblOauth"),
    (OAUTH_POLICIES, "extlClntAppOauthPolicies", "ecaOauthPlcy"),
    (POLICIES, "extlClntAppPolicies", "ecaPlcy"),
];

#[derive(Debug, Clone)]
pub struct File {
    pub kind: &'static str,
    pub name: String,
    pub text: String,
}

impl File {
    /// A file with elements in alphabetical order. A list becomes a repeated element, and an object an element with
    /// children.
    pub fn new(kind: &'static str, name: &str, elements: &Value) -> Self {
        Self::raw(kind, name, &xml(elements))
    }

    /// A file with the given lines inside the root element.
    pub fn raw(kind: &'static str, name: &str, lines: &str) -> Self {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"{NAMESPACE}\">\n{lines}</{kind}>\n"
        );
        Self { kind, name: name.to_owned(), text }
    }

    pub fn path(&self) -> String {
        let known = TYPES.iter().find(|(kind, _, _)| *kind == self.kind);
        known.map_or_else(String::new, |(_, folder, ending)| format!("{folder}/{}.{ending}", self.name))
    }

    /// The app that the component belongs to.
    pub fn parent(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("<externalClientApplication>")?;
        Some(rest.split_once('<')?.0)
    }
}

fn xml(elements: &Value) -> String {
    let elements = elements.as_object().into_iter().flatten();
    elements
        .map(|(name, value)| match value {
            Value::Array(items) => items.iter().map(|item| element(name, item)).collect(),
            one => element(name, one),
        })
        .collect()
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Object(_) => format!("<{name}>\n{}</{name}>\n", xml(value)),
        Value::String(text) => format!("<{name}>{}</{name}>\n", escaped(text)),
        other => format!("<{name}>{other}</{name}>\n"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A manifest that names these components by type and full name.
pub fn manifest<'a>(members: impl Iterator<Item = (&'a str, &'a str)>, version: &str) -> String {
    let types: String = members
        .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>\n"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"{NAMESPACE}\">\n{types}<version>{version}</version>\n</Package>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_are_written_alphabetically_nested_and_repeated() {
        let file = File::new(
            GLOBAL_OAUTH,
            "A_global",
            &json!({ "label": "a < b & c", "externalClientApplication": "A", "x": [{ "key": 1 }, { "key": true }] }),
        );
        assert_eq!(file.path(), "extlClntAppGlobalOauthSets/A_global.ecaGlblOauth");
        assert_eq!(file.parent(), Some("A"));
        let lines: Vec<&str> = file.text.lines().skip(2).collect();
        assert_eq!(
            lines.join(""),
            "<externalClientApplication>A</externalClientApplication><label>a &lt; b &amp; c</label>\
             <x><key>1</key></x><x><key>true</key></x></ExtlClntAppGlobalOauthSettings>"
        );
    }
}
