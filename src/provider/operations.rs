//! The provider's requests and replies, in neutral types: one pair per RPC that contains more than a value.
//! `plugin/{from_proto,to_proto}` translates them.
//!
//! Replies are not `Result`s: Terraform accepts a value *and* an error ("created, but not verified").

use super::Diagnostics;
use crate::org::BoxFuture;
use crate::value::{Path, Value};

/// The private data of the provider, stored in the state file. It must not contain secrets.
pub type Private = Vec<u8>;

#[derive(Clone, Debug)]
pub struct ReadRequest {
    pub type_name: String,
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

impl ReadRequest {
    pub fn as_before(&self, diagnostics: impl Into<Diagnostics>) -> ReadReply {
        ReadReply {
            state: self.state.clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
            diagnostics: diagnostics.into(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct ReadReply {
    /// The refreshed state, or null if the resource no longer exists.
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct PlanRequest {
    pub type_name: String,
    /// The prior state, or null for a create.
    pub prior: Value,
    /// The new state, or null for a destroy.
    pub proposed: Value,
    pub config: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

impl PlanRequest {
    pub fn as_before(&self, diagnostics: impl Into<Diagnostics>) -> PlanReply {
        PlanReply {
            planned: self.prior.clone(),
            private: self.private.clone(),
            diagnostics: diagnostics.into(),
            ..PlanReply::default()
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct PlanReply {
    pub planned: Value,
    pub requires_replace: Vec<Path>,
    pub private: Private,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct ApplyRequest {
    pub type_name: String,
    /// The prior state, or null for a create.
    pub prior: Value,
    /// The new state, or null for a destroy.
    pub planned: Value,
    pub config: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

impl ApplyRequest {
    /// The reply with the prior state. The private state is that of the plan, because Terraform sends no other.
    pub fn as_before(&self, diagnostics: impl Into<Diagnostics>) -> ApplyReply {
        ApplyReply {
            state: self.prior.clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
            diagnostics: diagnostics.into(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct ApplyReply {
    /// The current values, even if there are errors, or null if the resource does not exist.
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct ImportRequest {
    pub type_name: String,
    /// The import ID, which is empty if the import has an identity.
    pub id: String,
    pub identity: Option<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct ImportReply {
    pub imported: Vec<Imported>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct Imported {
    pub type_name: String,
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

#[derive(Clone, Debug)]
pub struct ListRequest {
    pub type_name: String,
    pub config: Value,
    /// Whether complete states are requested.
    pub include_resource: bool,
    /// The maximum number of results, or `None` if there is no limit.
    pub limit: Option<usize>,
}

/// One result of a list resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub identity: Value,
    pub display_name: String,
    pub resource: Option<Value>,
}

/// Passes on a result, and returns whether more results are accepted.
pub type SendMatch = dyn Fn(Match) -> BoxFuture<'static, bool> + Send + Sync;
