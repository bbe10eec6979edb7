//! What Terraform asks of a provider and what it is answered, in neutral types: one pair per RPC that carries
//! more than a value. Translation from and to the wire is `plugin/{from_proto,to_proto}`'s business.
//!
//! Replies are not `Result`s: Terraform lets most of them carry a value *and* an error ("created, but the
//! read-back failed"), so a reply is always whole.

use super::Diagnostics;
use crate::org::Pending;
use crate::value::{Path, Value};

/// What Terraform keeps beside the state for us: opaque to Terraform, stored in the state file, so no secrets.
pub type Private = Vec<u8>;

#[derive(Clone, Debug)]
pub struct ReadRequest {
    pub type_name: String,
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct ReadReply {
    /// Null: gone.
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct PlanRequest {
    pub type_name: String,
    /// Null on create.
    pub prior: Value,
    /// Null on destroy.
    pub proposed: Value,
    pub config: Value,
    pub private: Private,
    pub identity: Option<Value>,
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
    /// Null on create.
    pub prior: Value,
    /// Null on destroy.
    pub planned: Value,
    pub config: Value,
    pub private: Private,
    pub identity: Option<Value>,
}

#[derive(Clone, Debug, Default)]
pub struct ApplyReply {
    /// What is there now, errors or not. Null: nothing is there.
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
    pub diagnostics: Diagnostics,
}

#[derive(Clone, Debug)]
pub struct ImportRequest {
    pub type_name: String,
    /// Empty when the import names an identity.
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
    /// Whether whole states are asked for.
    pub include_resource: bool,
    /// The most that are taken; none: all.
    pub limit: Option<usize>,
}

/// A resource that a list resource found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub identity: Value,
    pub display_name: String,
    pub resource: Option<Value>,
}

/// Hands a match on, and says whether more are taken.
pub type Tell = dyn Fn(Match) -> Pending<'static, bool> + Send + Sync;
