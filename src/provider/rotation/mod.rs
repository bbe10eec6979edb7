//! `salesforce_external_client_app_credential_rotation`: rotates the credentials of a consumer, and revokes the
//! previous ones.
//!
//! The resource has no metadata, so it is not a `ResourceSpec`. Its state contains the values of the last rotation.
//! This file contains the schema and the validation. `plan` performs no I/O, `engine` calls the org, and `memory` is
//! the private state.

mod engine;
mod memory;
mod plan;

pub use engine::{Rotations, import};
pub use plan::plan;

use std::sync::OnceLock;
use std::time::Duration;

use super::diagnostics::{self, Diagnostics};
use super::place::Place;
use super::resource_spec::{ID, ORG_ID, Subject};
use super::schema::{Attribute, Block, Schema};
use super::timeouts::{self, Timeouts};
use crate::value::{Path, Type, Value};

use memory::Memory;

/// Whether these bytes are private state of a rotation, or empty.
pub fn wrote_private(bytes: &[u8]) -> bool {
    Memory::wrote(bytes)
}

/// Reads these bytes as private state, and writes that state again.
#[cfg(any(test, fuzzing))]
pub fn rewritten(bytes: &[u8]) -> Vec<u8> {
    Memory::read(bytes).write()
}

pub const NAME: &str = "salesforce_external_client_app_credential_rotation";
pub const NOUN: &str = "credential rotation";
pub const APP: &str = "external_client_app";
pub const SUBJECT: Subject = Subject::App { attribute: APP, doc: "" };

const ROTATE: &str = "rotate_when_changed";
const REVOKE: &str = "revoke_previous_when_changed";
const WAIT: &str = "wait_for_propagation";
const KEY: &str = "consumer_key";
const ROTATED_AT: &str = "rotated_at";
const PREVIOUS_STATE: &str = "previous_state";
const PREVIOUS_EXPIRES: &str = "previous_expires_at";
const DEFAULT_WAIT: &str = "0s";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Required,
    Optional,
    Default,
    Computed,
}

/// One row for each attribute.
const ATTRIBUTES: &[(&str, Role, &str)] = &[
    (
        APP,
        Role::Required,
        "The API name of the app. Use the `id` of its OAuth settings, which create the consumer. Changing it replaces \
         the resource and does not change the org.",
    ),
    (
        ROTATE,
        Role::Optional,
        "Arbitrary values, such as `{ version = 2 }` or the `id` of a `time_rotating`. When they change, the consumer \
         gets a new key and a new secret. Creating the resource, importing it, or removing the values does not trigger \
         a rotation.",
    ),
    (
        REVOKE,
        Role::Optional,
        "Arbitrary values. When they change, the previous key and secret are revoked immediately. If \
         `rotate_when_changed` changes too, the rotation comes first.",
    ),
    (
        WAIT,
        Role::Default,
        "How long to wait after a rotation, such as `30s`, before Terraform continues with dependent resources. \
         Salesforce may need time to propagate a new key and secret. Defaults to `0s`.",
    ),
    (
        KEY,
        Role::Computed,
        "The current consumer key (the client ID). Give this key to clients: `consumer_key` of the OAuth settings \
         changes with the next refresh.",
    ),
    (
        ROTATED_AT,
        Role::Computed,
        "The time of the last rotation by Terraform, such as `2026-01-31T03:00:00Z`. Null if \
                                  there was none.",
    ),
    (
        PREVIOUS_STATE,
        Role::Computed,
        "The state of the previous key and secret: `Rotated` (still valid) or `Expired`. Null if there are none, or if \
         they were revoked.",
    ),
    (PREVIOUS_EXPIRES, Role::Computed, "When the previous key and secret expire, in Salesforce's format."),
    (ID, Role::Computed, "The API name of the app."),
    (ORG_ID, Role::Computed, "The ID of the org that contains the app."),
];

pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let attributes = ATTRIBUTES.iter().map(|(name, role, doc)| Attribute {
            name: (*name).to_owned(),
            ty: if matches!(*name, ROTATE | REVOKE) { Type::map(Type::String) } else { Type::String },
            description: (*doc).to_owned(),
            required: *role == Role::Required,
            optional: matches!(role, Role::Optional | Role::Default),
            computed: matches!(role, Role::Default | Role::Computed),
            sensitive: false,
        });
        let block = Block {
            description: "Rotates the consumer key and the consumer secret of an External Client App without downtime, \
                          and revokes the previous ones. Creating this resource does not trigger a rotation. \
                          Destroying it removes it from the state and does not change the org.\n\nSalesforce creates a \
                          new key and secret and activates them. The previous ones remain valid for 30 days, so that \
                          clients can switch. No attribute contains a secret: read the secret with the ephemeral \
                          resource `salesforce_external_client_app_credentials`. Requires the user permissions \
                          External Client App Developer and View Client Secret, the org setting \
                          `client_secret_in_rest_api_access_enabled`, and API version 65.0 or later."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: vec![timeouts::block(&Timeouts::STANDARD)],
        };
        Schema { version: 0, block }
    })
}

/// Sets each attribute that a stored state lacks to its default.
pub fn put_defaults(state: &mut Value, is_absent: &dyn Fn(&Path) -> bool) {
    for (name, role, _) in ATTRIBUTES {
        if *role == Role::Default && is_absent(&Path::attribute(*name)) {
            state.put(name, DEFAULT_WAIT.into());
        }
    }
}

/// Validates a configuration without calling the org.
pub fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    for (name, role, _) in ATTRIBUTES {
        let value = config.get(name);
        if *role == Role::Required && value.is_null() {
            found.push(diagnostics::required(&Place::of(name), name));
        } else if *role == Role::Computed && !value.is_null() {
            found.push(diagnostics::read_only(Path::attribute(*name), name));
        }
    }
    super::validate::check_app_name(APP, config, &mut found);
    if let Some(text) = config.get(WAIT).as_text()
        && wait(text).is_none()
    {
        found.push(diagnostics::invalid_wait(text));
    }
    timeouts::check(config, &mut found);
    found
}

/// Parses a duration. Returns `None` if the text is invalid.
fn wait(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_end_matches(['h', 'm', 's']);
    if !digits.is_empty() && digits.bytes().all(|byte| byte == b'0') {
        return Some(Duration::ZERO);
    }
    timeouts::parse(text)
}

/// Whether values changed to other values. Removing the values is not a change.
fn changes(attribute: &str, prior: &Value, planned: &Value) -> bool {
    let (old, new) = (prior.get(attribute), planned.get(attribute));
    if new.is_unknown() {
        return true;
    }
    let written = new.entries().is_some_and(|entries| !entries.is_empty());
    written && new != old
}

#[cfg(test)]
mod tests;
