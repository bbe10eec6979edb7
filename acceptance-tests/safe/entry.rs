//! The resources of the safe, which store the name, version and checksum (SHA-256, hex) of a secret. The secret itself
//! is passed in the configuration of an apply and is not stored. It is read again when its version changes.

use std::collections::HashMap;
use std::io::Write as _;

use acceptance_tests::plugin_client::proto::tfplugin5::schema::{Attribute, Block};
use acceptance_tests::plugin_client::proto::tfplugin5::{DynamicValue, Schema};

use crate::value::{Object, is_unknown, unknown, write};

const NAME: &str = "name";
const VALUE: &str = "value_wo";
const VERSION: &str = "value_wo_version";
const CHECKSUM: &str = "checksum";
/// Only for `safe_journal`: the file to which the checksum is appended.
const FILE: &str = "file";

pub fn schemas() -> HashMap<String, Schema> {
    let attribute = |name: &str, kind: &str| Attribute {
        name: name.to_owned(),
        r#type: format!("\"{kind}\"").into_bytes(),
        ..Attribute::default()
    };
    let secret = vec![
        Attribute { required: true, ..attribute(NAME, "string") },
        Attribute { required: true, write_only: true, sensitive: true, ..attribute(VALUE, "string") },
        Attribute { optional: true, ..attribute(VERSION, "string") },
        Attribute { computed: true, ..attribute(CHECKSUM, "string") },
    ];
    let mut journal = secret.clone();
    journal.push(Attribute { required: true, ..attribute(FILE, "string") });
    let schema = |attributes| Schema { version: 0, block: Some(Block { attributes, ..Block::default() }) };
    HashMap::from([("safe_secret".to_owned(), schema(secret)), ("safe_journal".to_owned(), schema(journal))])
}

pub fn plan(prior: Option<DynamicValue>, proposed: Option<DynamicValue>) -> Result<DynamicValue, String> {
    let prior = Object::read(prior)?;
    let Some(mut planned) = Object::read(proposed)? else {
        return write(None);
    };
    planned.set(VALUE, rmpv::Value::Nil);
    let is_same = |prior: &Object| prior.get(VERSION) == planned.get(VERSION);
    let checksum = prior.filter(is_same).map(|prior| prior.get(CHECKSUM).clone());
    planned.set(CHECKSUM, checksum.unwrap_or_else(unknown));
    write(Some(planned))
}

pub fn apply(planned: Option<DynamicValue>, config: Option<DynamicValue>) -> Result<DynamicValue, String> {
    let Some(mut state) = Object::read(planned)? else {
        return write(None);
    };
    if is_unknown(state.get(CHECKSUM)) {
        let config = Object::read(config)?.ok_or("there is no configuration")?;
        let checksum = checksum(config.text(VALUE)?);
        if let Ok(file) = state.text(FILE) {
            let mut journal = std::fs::OpenOptions::new().create(true).append(true).open(file);
            let line = format!("{} {checksum}\n", state.text(NAME)?);
            let written = journal.as_mut().map(|journal| journal.write_all(line.as_bytes()));
            written.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        }
        state.set(CHECKSUM, checksum.into());
    }
    write(Some(state))
}

pub fn checksum(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
