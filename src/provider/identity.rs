//! Resource identities: what tells a resource from all others, for imports by identity (Terraform 1.12 and later).

use std::sync::OnceLock;

use super::resource_spec::Subject;
use super::schema::{IdentityAttribute, IdentitySchema};
use crate::value::{Type, Value};

pub const ORG_ID: &str = "org_id";
pub const NAMESPACE: &str = "namespace";
pub const NAME: &str = "name";

/// The identity of what belongs to an app: the org, the package, the name. Of what belongs to the org: the org.
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
                    "The ID of the org. Left out: the org that the provider is connected to.",
                ),
                attribute(NAMESPACE, false, "The namespace of the package that the app was installed from."),
                attribute(NAME, true, "The API name of the app."),
            ],
        }),
        Subject::Org => OF_ORGS.get_or_init(|| IdentitySchema {
            version: 0,
            attributes: vec![attribute(ORG_ID, true, "The ID of the org.")],
        }),
    }
}

/// The identity of a resource by its subject: the full name of an app, or the ID of an org.
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
