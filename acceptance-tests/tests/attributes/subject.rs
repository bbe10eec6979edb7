//! The configuration of the app that tests an attribute: with the resources of its parts, or with
//! `salesforce_oauth_client`. The steps are in `life.rs`.

use super::table::{Attribute, BLOCK, CLIENT, Omitted, Resource, attributes};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::http;
use acceptance_tests::plan::Plan;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    First,
    Second,
    Removed,
}

/// How a configuration manages an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The resources of its parts.
    Parts,
    /// `salesforce_oauth_client`.
    Client,
}

/// An attribute and the names of its resources.
pub struct Subject {
    pub attribute: &'static Attribute,
    form: Form,
    /// The index of the org in which the attribute is tested.
    pub org: usize,
    key: String,
    app: String,
    other: String,
}

impl Subject {
    fn new(form: Form, number: usize, attribute: &'static Attribute) -> Self {
        let of = |name: &str| match form {
            Form::Parts => format!("{name}_{number}"),
            Form::Client => format!("Client_{name}_{number}"),
        };
        Self { attribute, form, org: 0, key: attribute.key(), app: of("App"), other: of("Other") }
    }

    /// The subjects for the selected rows of the table, in this form.
    pub fn all(form: Form, wanted: impl Fn(&Attribute) -> bool) -> Vec<Self> {
        let rows = attributes().iter().enumerate().filter(|(_, attribute)| match form {
            Form::Parts => true,
            Form::Client => attribute.in_client().is_some(),
        });
        let wanted = rows.filter(|(_, attribute)| wanted(attribute));
        wanted.map(|(number, attribute)| Self::new(form, number, attribute)).collect()
    }

    pub fn address(&self) -> String {
        match self.form {
            Form::Parts => format!("{}.{}", self.attribute.resource.type_name(), self.key),
            Form::Client => format!("{CLIENT}.{}", self.key),
        }
    }

    /// The name of the attribute in a plan, or of the block that contains it.
    pub fn root(&self) -> String {
        match self.form {
            Form::Client => root(&self.attribute.in_client().unwrap_or_default()),
            Form::Parts => root(self.attribute.name),
        }
    }

    /// The attributes that the plan changes. For the policies of `salesforce_oauth_client`, the attributes in the
    /// block.
    pub fn differing(&self, plan: &Plan) -> Vec<String> {
        let address = self.address();
        let all = plan.differing(&address);
        let (blocks, mut names): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|name| self.form == Form::Client && name == BLOCK);
        for block in blocks {
            if plan.before(&address, &block).is_null() || plan.after(&address, &block).is_null() {
                names.push(block);
                continue;
            }
            names.extend(plan.differing_in(&address, &block).iter().map(|name| format!("{block}.{name}")));
        }
        names
    }

    /// Whether the plan stops managing policies that the configuration does not contain.
    pub fn stops_managing_policies(&self, plan: &Plan) -> bool {
        let has_none = self.form == Form::Client && self.attribute.resource != Resource::Policies;
        has_none && plan.differing(&self.address()) == [BLOCK]
    }

    /// Whether a change to this attribute explains a planned change to an attribute with this name: the attribute
    /// itself, one that its lines set, or one inside the same element.
    pub fn explains(&self, name: &str) -> bool {
        let Attribute { resource, first, second, element, .. } = self.attribute;
        if name == BLOCK {
            return *resource != Resource::Policies;
        }
        let name = match name.strip_prefix(&format!("{BLOCK}.")) {
            Some(name) if *resource == Resource::Policies => name,
            Some(_) => return false,
            None => name,
        };
        let mentioned = |text: &str| text.lines().any(|line| line.split([' ', '{']).next() == Some(name));
        let sibling = attributes().iter().any(|other| {
            other.resource == *resource
                && other.name == name
                && other.element.is_some()
                && other.element == *element
        });
        mentioned(first) || mentioned(second) || sibling
    }

    fn body(&self, phase: Phase) -> String {
        let own = match phase {
            Phase::First => self.attribute.first,
            Phase::Removed if self.attribute.if_omitted != Omitted::Required => "",
            Phase::Second | Phase::Removed => self.attribute.second,
        };
        format!("{}\n{own}", self.attribute.always)
    }

    pub fn app_in(&self, phase: Phase) -> &str {
        if let Some(name) = self.attribute.resource.of_the_org() {
            return name;
        }
        if self.attribute.replaces && self.body(phase).contains("{other}") { &self.other } else { &self.app }
    }

    /// The configuration of the attribute's app, with the parts that the attribute's resource needs.
    pub fn configuration(&self, phase: Phase, words: &BTreeMap<&str, String>) -> String {
        let mut text = match self.form {
            Form::Parts => self.parts(phase),
            Form::Client => self.client(phase),
        };
        for (word, value) in words {
            text = text.replace(word, value);
        }
        text
    }

    /// The argument that `oauth_link` requires.
    fn state(&self) -> &'static str {
        if self.attribute.name == "oauth_link" { "distribution_state = \"Packaged\"\n" } else { "" }
    }

    fn client(&self, phase: Phase) -> String {
        let body = self.body(phase);
        let lines = match self.attribute.resource {
            Resource::Policies => format!("{ALL_FLOWS}{BLOCK} {{\n{body}\n}}"),
            _ => format!("{}{body}", self.state()),
        };
        block(CLIENT, &self.key, &self.named(&self.app, &lines))
    }

    /// The lines of a resource that names an app, with the required arguments that `body` does not set.
    fn named(&self, app: &str, body: &str) -> String {
        let given = [("name", app), ("label", "Label")];
        let lines: String = given
            .iter()
            .filter(|(name, _)| !body.lines().any(|line| line.starts_with(&format!("{name} ="))))
            .map(|(name, value)| format!("{name} = \"{value}\"\n"))
            .collect();
        format!("{lines}{}", body.replace("{app}", app).replace("{other}", &self.other))
    }

    fn parts(&self, phase: Phase) -> String {
        let body = self.body(phase);
        let key = &self.key;
        let mut text = String::new();
        let mut apps = vec![(key.clone(), &self.app)];
        if self.attribute.name == "external_client_app" {
            apps.push((format!("{key}_other"), &self.other));
        }
        if self.attribute.resource.of_the_org().is_some() {
            let provider = format!("provider = salesforce.{}\n", alias(self.org));
            return block(self.attribute.resource.type_name(), key, &(provider + &body));
        }
        for (key, app) in &apps {
            if self.attribute.resource == Resource::App {
                text += &block("salesforce_external_client_app", key, &self.named(app, &body));
                continue;
            }
            let named = format!("name = \"{app}\"\nlabel = \"Label\"\n{}", self.state());
            text += &block("salesforce_external_client_app", key, &named);
        }
        let refer = |kind: Resource, to: &str| format!("${{{}.{to}.id}}", kind.type_name());
        let belongs = |kind: Resource, body: &str| {
            let line =
                if body.contains("external_client_app =") { "" } else { "external_client_app = \"{app}\"\n" };
            format!("{line}{body}")
                .replace("{app}", &refer(kind, key))
                .replace("{other}", &refer(kind, &format!("{key}_other")))
        };
        match self.attribute.resource {
            Resource::App | Resource::OrgOidc | Resource::OrgApps => {}
            Resource::Settings => {
                text += &block(Resource::Settings.type_name(), key, &belongs(Resource::App, &body));
            }
            Resource::Policies => {
                for (key, _) in &apps {
                    let to = refer(Resource::App, key);
                    text += &block(
                        Resource::Settings.type_name(),
                        key,
                        &format!("external_client_app = \"{to}\"\n{ALL_FLOWS}"),
                    );
                }
                text += &block(Resource::Policies.type_name(), key, &belongs(Resource::Settings, &body));
            }
        }
        text
    }
}

fn root(name: &str) -> String {
    let mut steps = name.split('.');
    let first = steps.next().unwrap_or_default();
    match steps.next() {
        Some(inner) if first == BLOCK => format!("{first}.{inner}"),
        _ => first.to_owned(),
    }
}

/// The configurations that set the selected attributes, each in its own app, and the addresses of the resources.
pub fn set_at_create(
    form: Form,
    wanted: impl Fn(&Attribute) -> bool,
    words: &BTreeMap<&str, String>,
) -> (Vec<String>, Vec<String>) {
    let subjects = Subject::all(form, wanted);
    subjects.iter().map(|subject| (subject.configuration(Phase::First, words), subject.address())).unzip()
}

/// Settings with which every policy can be set.
const ALL_FLOWS: &str = "
callback_urls                   = [\"https://shop.example.com/callback\"]
oauth_scopes                    = [\"Api\", \"RefreshToken\"]
code_credential_flow_enabled    = true
client_credentials_flow_enabled = true
token_exchange_enabled          = true
named_user_jwt_enabled          = true
";

pub fn alias(org: usize) -> String {
    format!("org_{org}")
}

/// A provider block for each org, under its alias.
pub fn providers(orgs: &[Emulator]) -> String {
    let of = |(number, org): (usize, &Emulator)| {
        let credentials = org.credentials();
        let line = |argument: &str, variable: &str| format!("{argument} = \"{}\"\n", credentials[variable]);
        let lines = [
            format!("alias = \"{}\"\n", alias(number)),
            line("instance_url", "SALESFORCE_INSTANCE_URL"),
            line("client_id", "SALESFORCE_CLIENT_ID"),
            line("username", "SALESFORCE_USERNAME"),
            line("private_key_file", "SALESFORCE_PRIVATE_KEY_FILE"),
        ];
        format!("provider \"salesforce\" {{\n{}}}\n\n", lines.concat())
    };
    orgs.iter().enumerate().map(of).collect()
}

fn block(kind: &str, name: &str, body: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n\n")
}

/// The values of the placeholders in braces.
pub fn words(org: &Emulator) -> BTreeMap<&'static str, String> {
    let certificate = || {
        let name = vec!["shop.example.com".to_owned()];
        let pem = rcgen::generate_simple_self_signed(name).expect("a certificate").cert.pem();
        json!(pem).to_string()
    };
    BTreeMap::from([
        ("{integration}", org.user("integration")),
        ("{admin}", org.user("admin")),
        ("{certificate_1}", certificate()),
        ("{certificate_2}", certificate()),
    ])
}

/// Creates the components that attributes refer to and that a new org does not contain.
pub fn create_referenced_components(org: &Emulator) {
    org.admin("PATCH", "/org", Some(&json!({ "apexClasses": ["HandlerA", "HandlerB"] })));
    for scope in ["scope_a", "scope_b", "scope_c"] {
        let file = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OauthCustomScope \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n<description>{scope}</description>\n\
             <developerName>{scope}</developerName>\n<masterLabel>{scope}</masterLabel>\n</OauthCustomScope>\n"
        );
        let url = format!("{}/emulator/components/OauthCustomScope/{scope}", org.url());
        let reply = http::call("PUT", &url, Some(&file)).expect("an answer of the emulator");
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}
