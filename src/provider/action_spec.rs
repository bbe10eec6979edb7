//! The definition of an action: its arguments and its implementation (Terraform 1.14 and later). An action does not
//! change the state.

use std::sync::OnceLock;

use super::data_source_spec::Own;
use super::diagnostics::Diagnostics;
use super::schema::{Block, Schema};
use crate::org::{BoxFuture, Instant, Org};
use crate::value::Value;

#[derive(Debug)]
pub struct ActionSpec {
    /// The type, such as `salesforce_external_client_app_rotate_credentials`.
    pub name: &'static str,
    pub doc: &'static str,
    pub arguments: &'static [Own],
    pub invoke: Invoke,
    pub schema: OnceLock<Schema>,
}

/// A running action.
pub type ActionFuture<'a> = BoxFuture<'a, Diagnostics>;

pub type Invoke = for<'a> fn(Invocation<'a>) -> ActionFuture<'a>;

#[derive(Clone, Copy)]
pub struct Invocation<'a> {
    pub config: &'a Value,
    pub org: &'a Org,
    /// The client ID that the provider logs in with, which must not be revoked.
    pub own: Option<&'a str>,
    pub deadline: Instant,
    /// Shows a progress message in Terraform.
    pub tell: &'a (dyn Fn(String) + Send + Sync),
}

impl Invocation<'_> {
    /// The value of an argument, if it is set.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.config.get(name).as_text()
    }
}

impl ActionSpec {
    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let attributes = self.arguments.iter().map(Own::attribute).collect();
            let block = Block { description: self.doc.to_owned(), attributes, blocks: Vec::new() };
            Schema { version: 0, block }
        })
    }

    /// Validates the arguments without calling the org.
    pub fn check(&self, config: &Value) -> Diagnostics {
        let mut found = Diagnostics::default();
        for own in self.arguments {
            own.check(config, &mut found);
        }
        found
    }
}
