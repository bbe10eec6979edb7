//! Stand-ins for the resources of other providers to which this project's documentation passes secrets. Each has the
//! arguments that this documentation uses. Their types, and whether they are write-only, are taken from the
//! documentation of the other providers. Other arguments and behavior are omitted.
//!
//! If the environment variable `STAND_INS_JOURNAL` names a file, the resource type and the checksum of each value of a
//! write-only argument are appended to that file. If `STAND_INS_STORE` names a folder, each value is stored in that
//! folder, in a file that has the name of the resource type and is readable only by its owner. Clients can read the
//! value from that file.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use acceptance_tests::plugin_client::proto::tfplugin5::schema::{Attribute, Block};
use acceptance_tests::plugin_client::proto::tfplugin5::{DynamicValue, Schema};
use rmpv::Value;

use crate::entry::checksum;
use crate::value::{Object, is_unknown, unknown, write};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Required,
    Optional,
    Computed,
    WriteOnly,
}

use Role::{Computed, Optional, Required, WriteOnly};

type Row = (&'static str, &'static str, Role);

const ID: Row = ("id", "string", Computed);

const TYPES: &[(&str, &[Row])] = &[
    (
        "vault_kv_secret_v2",
        &[
            ID,
            ("mount", "string", Required),
            ("name", "string", Required),
            ("data_json_wo", "string", WriteOnly),
            ("data_json_wo_version", "number", Optional),
        ],
    ),
    ("aws_secretsmanager_secret", &[ID, ("name", "string", Optional)]),
    (
        "aws_secretsmanager_secret_version",
        &[
            ID,
            ("secret_id", "string", Required),
            ("secret_string_wo", "string", WriteOnly),
            ("secret_string_wo_version", "number", Optional),
        ],
    ),
    (
        "azurerm_key_vault_secret",
        &[
            ID,
            ("name", "string", Required),
            ("key_vault_id", "string", Required),
            ("content_type", "string", Optional),
            ("value_wo", "string", WriteOnly),
            ("value_wo_version", "number", Optional),
        ],
    ),
    (
        "google_secret_manager_secret_version",
        &[
            ID,
            ("secret", "string", Required),
            ("deletion_policy", "string", Optional),
            ("secret_data_wo", "string", WriteOnly),
            // Some versions of the provider expect a number.
            ("secret_data_wo_version", "string", Optional),
        ],
    ),
    ("tfe_variable_set", &[ID, ("name", "string", Required), ("organization", "string", Optional)]),
    (
        "tfe_workspace_variable_set",
        &[ID, ("variable_set_id", "string", Required), ("workspace_id", "string", Required)],
    ),
    (
        "tfe_variable",
        &[
            ID,
            ("workspace_id", "string", Optional),
            ("variable_set_id", "string", Optional),
            ("value", "string", Optional),
            ("category", "string", Required),
            ("key", "string", Required),
            ("sensitive", "bool", Optional),
            ("value_wo", "string", WriteOnly),
            ("value_wo_version", "number", Optional),
        ],
    ),
    ("time_rotating", &[ID, ("rotation_days", "number", Optional)]),
];

fn rows(type_name: &str) -> &'static [Row] {
    TYPES.iter().find(|(name, _)| *name == type_name).map_or(&[], |(_, rows)| rows)
}

pub fn has(type_name: &str) -> bool {
    !rows(type_name).is_empty()
}

/// Whether the type has no write-only argument, so that Terraform versions before 1.11 can use the type.
pub fn takes_no_secret(type_name: &str) -> bool {
    has(type_name) && rows(type_name).iter().all(|(_, _, role)| *role != WriteOnly)
}

pub fn schemas() -> HashMap<String, Schema> {
    let attribute = |(name, kind, role): &Row| Attribute {
        name: (*name).to_owned(),
        r#type: format!("\"{kind}\"").into_bytes(),
        required: *role == Required,
        optional: matches!(role, Optional | WriteOnly),
        computed: *role == Computed,
        write_only: *role == WriteOnly,
        sensitive: *role == WriteOnly,
        ..Attribute::default()
    };
    let schema = |rows: &[Row]| Schema {
        version: 0,
        block: Some(Block { attributes: rows.iter().map(attribute).collect(), ..Block::default() }),
    };
    TYPES.iter().map(|(name, rows)| ((*name).to_owned(), schema(rows))).collect()
}

pub fn plan(
    type_name: &str,
    prior: Option<DynamicValue>,
    proposed: Option<DynamicValue>,
) -> Result<DynamicValue, String> {
    let prior = Object::read(prior)?;
    let Some(mut planned) = Object::read(proposed)? else {
        return write(None);
    };
    for (name, _, role) in rows(type_name) {
        match role {
            WriteOnly => planned.set(name, Value::Nil),
            Computed => {
                planned.set(name, prior.as_ref().map_or_else(unknown, |prior| prior.get(name).clone()))
            }
            Required | Optional => {}
        }
    }
    write(Some(planned))
}

pub fn apply(
    type_name: &str,
    prior: Option<DynamicValue>,
    planned: Option<DynamicValue>,
    config: Option<DynamicValue>,
) -> Result<DynamicValue, String> {
    let prior = Object::read(prior)?;
    let Some(mut state) = Object::read(planned)? else {
        return write(None);
    };
    let config = Object::read(config)?.ok_or("there is no configuration")?;
    for (name, _, role) in rows(type_name) {
        if *role == Computed && is_unknown(state.get(name)) {
            state.set(name, now().into());
        }
        let version = format!("{name}_version");
        let is_new = prior.as_ref().is_none_or(|prior| prior.get(&version) != state.get(&version));
        if *role == WriteOnly && is_new {
            let secret = config.text(name)?;
            record(type_name, secret).map_err(|error| error.to_string())?;
            store(type_name, secret).map_err(|error| error.to_string())?;
        }
    }
    write(Some(state))
}

fn record(type_name: &str, secret: &str) -> std::io::Result<()> {
    let Some(file) = std::env::var_os("STAND_INS_JOURNAL") else { return Ok(()) };
    let mut journal = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(journal, "{type_name} {}", checksum(secret))
}

fn store(type_name: &str, secret: &str) -> std::io::Result<()> {
    let Some(folder) = std::env::var_os("STAND_INS_STORE").map(PathBuf::from) else { return Ok(()) };
    let new = folder.join(format!("{type_name}.new"));
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(secret.as_bytes())?;
    // Replace the file atomically, because a client may read the file at the same time.
    std::fs::rename(&new, folder.join(type_name))
}

/// The format of the ID of `time_rotating`: `2026-01-31T03:00:00Z`.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Years start in March here, so that a leap day is the last day of its year.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
