//! The definition of a data source: its arguments, its results and its implementation. The attributes of a resource
//! come from the tables of that resource. An ephemeral resource has the same definition, but its results may be secret.

use std::sync::OnceLock;

use super::diagnostics::{self, Diagnostics};
use super::place::Place;
use super::resource_spec::{ResourceSpec, Row};
use super::schema::{Attribute, Block, Schema};
use crate::metadata::{Rule, unseen};
use crate::org::{BoxFuture, Instant, Org};
use crate::value::{Path, Type, Value};

/// A data source, or an ephemeral resource.
#[derive(Debug)]
pub struct DataSourceSpec {
    /// The type, such as `salesforce_org`.
    pub name: &'static str,
    pub doc: &'static str,
    pub columns: &'static [Column],
    /// If this list is not empty, exactly one of these arguments must be set.
    pub one_of: &'static [&'static str],
    pub read: Read,
    pub schema: OnceLock<Schema>,
}

#[derive(Debug)]
pub enum Column {
    /// An argument or a result.
    Own(Own),
    /// The attributes of a resource, except those in `but`.
    Rows { spec: &'static ResourceSpec, but: &'static [&'static str] },
    /// The attributes of a resource as an object, which is null if the resource does not exist.
    Resource { name: &'static str, spec: &'static ResourceSpec, doc: &'static str },
}

#[derive(Debug)]
pub struct Own {
    pub name: &'static str,
    pub shape: Shape,
    pub role: Role,
    pub rules: &'static [Rule],
    pub doc: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A required argument.
    Required,
    /// An optional argument.
    Optional,
    /// An optional argument. If it is not set, it is a result.
    Either,
    Result,
}

/// The type of an argument or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// The API name of an app, which may be from a package.
    AppName,
    /// A secret. Only ephemeral resources have results of this type.
    Secret,
    Bool,
    Number,
    Texts,
    /// A map of strings.
    Map,
    Object(&'static [(&'static str, Shape)]),
    Objects(&'static [(&'static str, Shape)]),
}

/// A running read.
pub type ReadFuture<'a> = BoxFuture<'a, Result<Value, Diagnostics>>;

/// Reads the values of the columns. A missing value is null.
pub type Read = for<'a> fn(Question<'a>) -> ReadFuture<'a>;

#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub config: &'a Value,
    pub org: &'a Org,
    pub deadline: Instant,
}

impl Question<'_> {
    /// The value of an argument, if it is set.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.config.get(name).as_text()
    }
}

impl Shape {
    pub fn ty(self) -> Type {
        let object = |fields: &[(&str, Shape)]| {
            Type::Object(fields.iter().map(|(name, shape)| ((*name).to_owned(), shape.ty())).collect())
        };
        match self {
            Shape::Text | Shape::AppName | Shape::Secret => Type::String,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::Texts => Type::list(Type::String),
            Shape::Map => Type::map(Type::String),
            Shape::Object(fields) => object(fields),
            Shape::Objects(fields) => Type::list(object(fields)),
        }
    }
}

impl DataSourceSpec {
    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let attributes = self.columns.iter().flat_map(Column::attributes).collect();
            let block = Block { description: self.doc.to_owned(), attributes, blocks: Vec::new() };
            Schema { version: 0, block }
        })
    }

    fn own(&self) -> impl Iterator<Item = &Own> {
        self.columns.iter().filter_map(|column| match column {
            Column::Own(own) => Some(own),
            _ => None,
        })
    }

    /// Validates the arguments without calling the org. Unknown values are valid, and may turn out to be null.
    pub fn check(&self, config: &Value) -> Diagnostics {
        let mut found = Diagnostics::default();
        for own in self.own() {
            own.check(config, &mut found);
        }
        let one_of = || self.one_of.iter().copied();
        let written: Vec<&str> = one_of().filter(|name| config.get(name).is_set()).collect();
        let is_missing = !self.one_of.is_empty() && one_of().all(|name| config.get(name).is_null());
        if is_missing || written.len() > 1 {
            found.push(diagnostics::one_of(self.one_of, &written));
        }
        found
    }

    /// The result with all columns: missing values are null, and arguments keep their values.
    pub fn complete(&self, config: &Value, found: &Value) -> Value {
        let mut state = self.schema().block.empty();
        for attribute in &self.schema().block.attributes {
            let written = config.get(&attribute.name);
            let value = if written.is_null() { found.get(&attribute.name) } else { written };
            state.put(&attribute.name, value.clone());
        }
        state
    }
}

impl Own {
    /// An argument or a result without rules.
    pub const fn new(name: &'static str, shape: Shape, role: Role, doc: &'static str) -> Own {
        Own { name, shape, role, rules: &[], doc }
    }

    pub fn attribute(&self) -> Attribute {
        let mut description = self.doc.to_owned();
        for rule in self.rules.iter().map(Rule::describe).filter(|rule| !rule.is_empty()) {
            description.push(' ');
            description.push_str(&rule);
        }
        Attribute {
            name: self.name.to_owned(),
            ty: self.shape.ty(),
            description,
            required: self.role == Role::Required,
            optional: matches!(self.role, Role::Optional | Role::Either),
            computed: matches!(self.role, Role::Either | Role::Result),
            sensitive: matches!(self.shape, Shape::Secret),
        }
    }

    /// Validates the value in a configuration.
    pub fn check(&self, config: &Value, found: &mut Diagnostics) {
        let value = config.get(self.name);
        let (place, path) = (Place::of(self.name), Path::attribute(self.name));
        if self.role == Role::Required && value.is_null() {
            found.push(diagnostics::required(&place, self.name));
        } else if self.role == Role::Result && !value.is_null() {
            found.push(diagnostics::read_only(path, self.name));
        } else if value.is_set()
            && let Some(problem) = self.rules.iter().find_map(|rule| rule.check(value))
        {
            found.push(diagnostics::invalid_value(path, problem, true));
        } else if let Some(unseen) = value.as_text().and_then(unseen) {
            found.push(diagnostics::unseen(&place, unseen));
        } else if self.shape == Shape::AppName {
            super::validate::check_app_name(self.name, config, found);
        }
    }
}

impl Column {
    fn attributes(&self) -> Vec<Attribute> {
        match self {
            Column::Own(own) => vec![own.attribute()],
            Column::Rows { spec, but } => {
                let rows = spec.rows().filter(|row| !but.contains(&row.field.attribute));
                rows.map(|row| Attribute::computed(row.field.attribute, row.field.kind.ty(), row.found()))
                    .collect()
            }
            Column::Resource { name, spec, doc } => {
                let fields = spec.rows().map(|row| (row.field.attribute.to_owned(), row.field.kind.ty()));
                vec![Attribute::computed(*name, Type::Object(fields.collect()), *doc)]
            }
        }
    }
}

impl Row {
    /// The description of a read-only attribute.
    pub fn found(&self) -> String {
        format!("{} Metadata: `{}.{}`.", self.field.doc, self.part.kind.name, self.field.element)
    }
}
