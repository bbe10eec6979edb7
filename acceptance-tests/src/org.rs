//! The org as its admin sees it: components, edits in Setup, the journal of calls.

use crate::emulator::Emulator;
use serde_json::{Map, Value, json};

pub const APP: &str = "ExternalClientApplication";
pub const OAUTH: &str = "ExtlClntAppOauthSettings";
pub const GLOBAL_OAUTH: &str = "ExtlClntAppGlobalOauthSettings";
pub const POLICIES: &str = "ExtlClntAppConfigurablePolicies";
pub const OAUTH_POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
pub const OIDC_SETTINGS: &str = "OauthOidcSettings";
pub const APP_SETTINGS: &str = "ExternalClientAppSettings";

/// A component in the org. `fields` are the elements of its file.
#[derive(Debug, Clone)]
pub struct Component {
    pub kind: String,
    pub name: String,
    pub fields: Map<String, Value>,
}

impl Component {
    /// The text of an element, or an empty string if it is absent. `idTokenConfig.idTokenAudience` is a nested element.
    #[must_use]
    pub fn text(&self, element: &str) -> String {
        let mut steps = element.split('.');
        let first = steps.next().and_then(|step| self.fields.get(step));
        let value = steps.fold(first, |value, step| value.and_then(|value| value.get(step)));
        match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::Array(items)) if items.is_empty() => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

impl Emulator {
    /// Every component of a type, sorted by name.
    #[must_use]
    #[track_caller]
    pub fn components(&self, kind: &str) -> Vec<Component> {
        let reply = self.admin("GET", "/components", None);
        let of_kind = reply[kind].as_object().into_iter().flatten();
        of_kind
            .map(|(name, fields)| Component {
                kind: kind.to_owned(),
                name: name.clone(),
                fields: fields.as_object().cloned().unwrap_or_default(),
            })
            .collect()
    }

    #[must_use]
    #[track_caller]
    pub fn names(&self, kind: &str) -> Vec<String> {
        self.components(kind).into_iter().map(|component| component.name).collect()
    }

    /// The component of this type that belongs to an app, under any full name. Apps, and components that belong to
    /// no app, are found by their full name.
    #[must_use]
    #[track_caller]
    pub fn part(&self, kind: &str, app: &str) -> Component {
        let mut found: Vec<Component> = self
            .components(kind)
            .into_iter()
            .filter(|one| match one.text("externalClientApplication") {
                owner if owner.is_empty() => one.name == app,
                owner => owner == app,
            })
            .collect();
        assert_eq!(found.len(), 1, "{kind} of {app}: {found:#?}");
        found.remove(0)
    }

    /// Creates the app of `configurations::CREATED_IN_SETUP`, as an admin does in Setup. Its parts have the full
    /// names that Setup assigns.
    #[track_caller]
    pub fn create_shop_in_setup(&self) {
        let app = json!({
            "name": "Shop",
            "label": "Shop",
            "contactEmail": "identity@example.com",
            "callbackUrl": "https://shop.example.com/callback",
            "scopes": "Api, RefreshToken",
        });
        self.admin("POST", "/apps", Some(&app));
    }

    /// Changes one element of a component, as an admin does in Setup.
    #[track_caller]
    pub fn edit(&self, kind: &str, app: &str, element: &str, value: &str) {
        let name = self.part(kind, app).name;
        self.admin("PATCH", &format!("/components/{kind}/{name}"), Some(&json!({ element: value })));
    }

    /// Deletes an app or one of its parts, as an admin does in Setup.
    #[track_caller]
    pub fn remove(&self, kind: &str, app: &str) {
        let name = self.part(kind, app).name;
        self.admin("DELETE", &format!("/components/{kind}/{name}"), None);
    }

    /// Every call that the org received, oldest first.
    #[must_use]
    #[track_caller]
    pub fn journal(&self) -> Vec<Value> {
        let reply = self.admin("GET", "/journal", None);
        reply.as_array().unwrap_or_else(|| panic!("a list of calls, not {reply}")).clone()
    }

    /// Every requested deploy, oldest first.
    #[must_use]
    #[track_caller]
    pub fn deploys(&self) -> Vec<Value> {
        let reply = self.admin("GET", "/deploys", None);
        reply.as_array().unwrap_or_else(|| panic!("a list of deploys, not {reply}")).clone()
    }
}
