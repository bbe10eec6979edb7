//! What an action is made of: arguments, and what is done (Terraform 1.14 and later). An action leaves nothing in a
//! state; what it does, it does each time that it is invoked.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use super::data_source_spec::Own;
use super::diagnostics::Diagnostics;
use super::schema::{Block, Schema};
use crate::org::{Instant, Org};
use crate::value::Value;

#[derive(Debug)]
pub struct ActionSpec {
    /// Its type: `salesforce_external_client_app_rotate_credentials`.
    pub name: &'static str,
    pub doc: &'static str,
    pub arguments: &'static [Own],
    pub invoke: Invoke,
    pub schema: OnceLock<Schema>,
}

/// An action under way.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Diagnostics> + Send + 'a>>;

pub type Invoke = for<'a> fn(Invocation<'a>) -> Pending<'a>;

#[derive(Clone, Copy)]
pub struct Invocation<'a> {
    pub config: &'a Value,
    pub org: &'a Org,
    /// The client ID that must not be cut off: that of the provider's own login.
    pub own: Option<&'a str>,
    pub deadline: Instant,
    /// What Terraform shows while the action runs.
    pub tell: &'a (dyn Fn(String) + Send + Sync),
}

impl Invocation<'_> {
    /// An argument, when it is written.
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

    /// Everything that is wrong with the arguments, whatever the org.
    pub fn check(&self, config: &Value) -> Diagnostics {
        let mut found = Diagnostics::default();
        for own in self.arguments {
            own.check(config, &mut found);
        }
        found
    }
}
