//! Resource identities, for imports by identity (Terraform 1.12 and later).

use std::sync::OnceLock;

use super::diagnostics::{self, Diagnostic};
use super::previous_orgs::PreviousOrgs;
use super::resource_spec::Subject;
use super::schema::{IdentityAttribute, IdentitySchema};
use crate::metadata::Rule;
use crate::org::SessionFacts;
use crate::record_id::is_same;
use crate::value::{Type, Value};

pub const ORG_ID: &str = "org_id";
pub const NAMESPACE: &str = "namespace";
pub const NAME: &str = "name";

/// The identity of a resource of an app is the org, the namespace and the name. The identity of org settings is the
/// org.
pub fn schema(subject: Subject) -> &'static IdentitySchema {
    static OF_APPS: OnceLock<IdentitySchema> = OnceLock::new();
    static OF_ORGS: OnceLock<IdentitySchema> = OnceLock::new();
    let attribute = |name: &str, required_for_import, description: &str| IdentityAttribute {
        name: name.to_owned(),
        ty: Type::String,
        required_for_import,
        description: description.to_owned(),
    };
    match subject {
        Subject::App { .. } => OF_APPS.get_or_init(|| IdentitySchema {
            version: 0,
            attributes: vec![
                attribute(
                    ORG_ID,
                    false,
                    "The ID of the org. Defaults to the org that the provider is connected to.",
                ),
                attribute(NAMESPACE, false, "The namespace of the package that contains the app."),
                attribute(NAME, true, "The API name of the app."),
            ],
        }),
        Subject::Org => OF_ORGS.get_or_init(|| IdentitySchema {
            version: 0,
            attributes: vec![attribute(ORG_ID, true, "The ID of the org.")],
        }),
    }
}

/// The identity of an app by its full name, or of an org by its ID.
pub fn value(subject: Subject, name: &str, org_id: &str) -> Value {
    let org = (ORG_ID, Value::text(org_id));
    match subject {
        Subject::App { .. } => {
            let (namespace, name) = match name.split_once("__") {
                Some((namespace, name)) => (Value::text(namespace), name),
                None => (Value::Null, name),
            };
            Value::object([org, (NAMESPACE, namespace), (NAME, Value::text(name))])
        }
        Subject::Org => Value::object([org]),
    }
}

/// Rejects an identity from another org. The ID of a previous org is accepted for the org that replaces it.
pub fn check_org(
    identity: &Value,
    noun: &str,
    session: &SessionFacts,
    previous: &PreviousOrgs,
) -> Result<(), Diagnostic> {
    let text = |name: &str| identity.get(name).as_text().filter(|text| !text.is_empty());
    match text(ORG_ID).filter(|org| !is_same(org, &session.org_id) && !previous.name(org)) {
        Some(org) => {
            let name = text(NAME).unwrap_or(noun);
            Err(diagnostics::import_other_org(name, org, &session.org_id_18, &session.instance))
        }
        None => Ok(()),
    }
}

/// The full name of the app in an identity.
pub fn app_of(
    identity: &Value,
    noun: &str,
    session: &SessionFacts,
    previous: &PreviousOrgs,
) -> Result<String, Diagnostic> {
    check_org(identity, noun, session, previous)?;
    let text = |name: &str| identity.get(name).as_text().filter(|text| !text.is_empty());
    match (text(NAMESPACE), text(NAME)) {
        (Some(namespace), Some(name)) => Ok(format!("{namespace}__{name}")),
        (None, Some(name)) => Ok(name.to_owned()),
        (_, None) => Err(diagnostics::import_id("")),
    }
}

/// Rejects a string that is not an API name, with or without a namespace.
pub fn check_app(id: &str) -> Result<(), Diagnostic> {
    let (namespace, name) = match id.split_once("__") {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, id),
    };
    let good = |text: &str| Rule::ApiName.check(&Value::text(text)).is_none();
    if good(name) && namespace.is_none_or(good) { Ok(()) } else { Err(diagnostics::import_id(id)) }
}
