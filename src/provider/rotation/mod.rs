//! `salesforce_external_client_app_credential_rotation`: when the credentials of an app's consumer are rotated, and when
//! those of before end.
//!
//! It has no metadata, so it is no `ResourceSpec`: what it manages is *when* something is done, and its state remembers
//! for which values that was last. Here is what it is made of; `plan` is pure, `engine` asks the org, `memory` is its
//! private state.

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

/// Whether these bytes are what some plan or read of a rotation left, or none.
pub fn wrote_private(bytes: &[u8]) -> bool {
    Memory::wrote(bytes)
}

/// What is understood of these bytes, written again.
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

/// Each attribute, a row.
const ATTRIBUTES: &[(&str, Role, &str)] = &[
    (
        APP,
        Role::Required,
        "The API name of the app. Refer to the `id` of its OAuth settings, which make the consumer. Changing it replaces \
         the resource, which changes nothing in the org.",
    ),
    (
        ROTATE,
        Role::Optional,
        "Any values, such as `{ version = 2 }` or the `id` of a `time_rotating`. When they change, the consumer gets a new \
         key and a new secret. Creating the resource, importing it, and taking the values away rotate nothing.",
    ),
    (
        REVOKE,
        Role::Optional,
        "Any values. When they change, the key and the secret of before the last rotation end at once. When both change, \
         the rotation comes first.",
    ),
    (
        WAIT,
        Role::Default,
        "How long to wait after a rotation before what refers to this resource goes on, such as `30s`: a new key and \
         secret may take a while until they are known everywhere. Left out: `0s`.",
    ),
    (
        KEY,
        Role::Computed,
        "The consumer key (the client ID) that the consumer has now. Give clients this one: `consumer_key` of the OAuth \
         settings follows with the next refresh.",
    ),
    (ROTATED_AT, Role::Computed, "When Terraform last rotated, as `2026-01-31T03:00:00Z`. Null: not yet."),
    (
        PREVIOUS_STATE,
        Role::Computed,
        "What Salesforce says of the key and the secret of before the last rotation: `Rotated` (still valid) or `Expired`. \
         Null: there are none, or they were revoked.",
    ),
    (
        PREVIOUS_EXPIRES,
        Role::Computed,
        "When the key and the secret of before end by themselves, as Salesforce writes it.",
    ),
    (ID, Role::Computed, "The API name of the app."),
    (ORG_ID, Role::Computed, "The ID of the org that the app is in."),
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
            description: "Rotates the consumer key and the consumer secret of an External Client App without downtime, and \
                          ends the previous ones. Creating this resource rotates nothing, destroying it stops the \
                          management and changes nothing.\n\nSalesforce makes a new pair and rotates to it; the previous \
                          pair stays valid for 30 days, so that clients can be given the new one meanwhile. Neither secret \
                          is in any attribute: read the secret with the ephemeral resource \
                          `salesforce_external_client_app_credentials`. The user needs the permissions External Client App \
                          Developer and View Client Secret, the org the setting \
                          `client_secret_in_rest_api_access_enabled`, the provider API 65.0 or later."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: vec![timeouts::block(&Timeouts::STANDARD)],
        };
        Schema { version: 0, block }
    })
}

/// Everything that is wrong with a configuration, whatever the org.
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

/// How long to wait; none when it is no duration.
fn wait(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_end_matches(['h', 'm', 's']);
    if !digits.is_empty() && digits.bytes().all(|byte| byte == b'0') {
        return Some(Duration::ZERO);
    }
    timeouts::parse(text)
}

/// Whether values that something is to be done for have changed: to other ones, not away.
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
