//! Schemas, in neutral types.
//!
//! `resource_spec` derives schemas from the tables, and `plugin/to_proto` sends them.

use crate::value::{Type, Value};

/// The schema of the provider block, of a resource or of a data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Incremented if states of an older schema must be converted.
    pub version: i64,
    pub block: Block,
}

/// The attributes and nested blocks of a block, in the order of the documentation. Descriptions are Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    pub description: String,
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<NestedBlock>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub ty: Type,
    pub description: String,
    pub required: bool,
    pub optional: bool,
    pub computed: bool,
    pub sensitive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    Single,
    Set,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedBlock {
    pub name: String,
    pub nesting: Nesting,
    pub block: Block,
}

/// The attributes that identify a remote object, for imports by identity (Terraform 1.12 and later).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySchema {
    pub version: i64,
    pub attributes: Vec<IdentityAttribute>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    pub name: String,
    pub ty: Type,
    pub required_for_import: bool,
    pub description: String,
}

impl Attribute {
    /// A read-only attribute.
    pub fn computed(name: impl Into<String>, ty: Type, description: impl Into<String>) -> Attribute {
        Attribute {
            name: name.into(),
            ty,
            description: description.into(),
            required: false,
            optional: false,
            computed: true,
            sensitive: false,
        }
    }

    pub fn optional(name: impl Into<String>, ty: Type, description: impl Into<String>) -> Attribute {
        Attribute { optional: true, computed: false, ..Attribute::computed(name, ty, description) }
    }
}

impl Block {
    /// The value of an empty block: attributes are null, and repeatable blocks are empty.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null));
        let blocks = self.blocks.iter().map(|nested| {
            let value = match nested.nesting {
                Nesting::Single => Value::Null,
                Nesting::Set => Value::Set(Vec::new()),
            };
            (nested.name.clone(), value)
        });
        Value::object(attributes.chain(blocks))
    }
}

impl IdentitySchema {
    pub fn ty(&self) -> Type {
        Type::Object(self.attributes.iter().map(|a| (a.name.clone(), a.ty.clone())).collect())
    }
}
