//! The definition of a managed resource: its metadata types, its own attributes, and the rules between them.
//!
//! A resource is data. The schema, validation, plan and engine code interprets it and is the same for all resources.

use std::sync::OnceLock;

use super::combination::Combination;
use super::danger::Danger;
use super::lockout::Lockout;
use super::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use super::timeouts;
use crate::metadata::{Compared, Field, Kind, MetadataType, Omitted, OnChange, SendPolicy};
use crate::value::{Path, Type, Value};

/// A managed resource.
#[derive(Debug)]
pub struct ResourceSpec {
    /// The resource type, such as `salesforce_external_client_app`.
    pub name: &'static str,
    /// The noun in messages, such as "OAuth settings".
    pub noun: &'static str,
    pub doc: &'static str,
    pub subject: Subject,
    /// The metadata types. For a resource that is created and deleted, the first part determines whether the resource
    /// exists.
    pub parts: &'static [Part],
    pub creation: Creation,
    pub destruction: Destruction,
    /// Whether the resource has the attribute `deletion_protection`.
    pub protectable: bool,
    /// Whether the namespace of the app is an attribute.
    pub shows_namespace: bool,
    /// The attribute that links to the consumer of another org.
    pub link: Option<&'static str>,
    /// The attribute with the OAuth client ID.
    pub consumer_key: Option<&'static str>,
    /// Changes that would lock out the provider, if it authenticates with this app.
    pub lockouts: &'static [Lockout],
    /// Attributes that are not managed if omitted and that control access, the most important first.
    pub access_attributes: &'static [&'static str],
    /// Pairs of an attribute that is not managed if omitted, and the attribute that it depends on. If the second
    /// attribute changes and the first one is not set, the first one is removed from the org.
    pub dependents: &'static [(&'static str, &'static str)],
    pub combinations: &'static [Combination],
    pub dangers: &'static [Danger],
    /// The default timeouts in seconds.
    pub default_timeouts: timeouts::Timeouts,
    pub schema: OnceLock<Schema>,
}

/// The object that a resource belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An app, whose name is in an attribute.
    App { attribute: &'static str, doc: &'static str },
    /// The connected org, which has only one such resource.
    Org,
}

/// A metadata type that contains some attributes of a resource.
#[derive(Debug)]
pub struct Part {
    pub kind: &'static MetadataType,
    pub presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Without the part, the resource does not exist.
    Required,
    /// Salesforce may not return the part although it exists. The state then keeps its values.
    MayBeUnreadable,
    /// Some apps do not have the part.
    Optional,
    /// Every org has the part. If Salesforce does not return the part, the user may lack a permission.
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The components must not exist yet.
    New,
    /// Salesforce creates the components automatically, and a create adopts them.
    Adopts,
}

#[derive(Clone, Copy, Debug)]
pub enum Destruction {
    /// Deletes the parts, and the app's components of these types.
    Deletes(&'static [&'static MetadataType]),
    /// Does not change the org.
    StopsManaging,
}

/// One row of the tables of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub part: &'static Part,
    pub field: &'static Field,
}

impl Row {
    /// Whether the configuration or a default sets the attribute.
    pub fn is_managed(self, config: &Value) -> bool {
        let enforced =
            !matches!(self.field.omitted, Omitted::Kept | Omitted::Computed | Omitted::ManagedIfSet);
        enforced || !config.get(self.field.attribute).is_null()
    }
}

impl Part {
    /// The name of a new component: the name of the app, followed by the first of the usual suffixes. Existing
    /// components keep their names.
    pub fn name_of_new(&self, app: &str) -> String {
        format!("{app}{}", self.kind.usual_suffixes.first().copied().unwrap_or_default())
    }

    /// Whether a component has the name of its app or org.
    pub fn is_named_like_its_subject(&self) -> bool {
        self.kind.usual_suffixes.is_empty()
    }
}

pub const ID: &str = "id";
pub const ORG_ID: &str = "org_id";
pub const NAMESPACE: &str = "namespace";
pub const DELETION_PROTECTION: &str = "deletion_protection";

impl ResourceSpec {
    /// The rows that own an attribute, in the order of the tables.
    pub fn rows(&self) -> impl Iterator<Item = Row> + use<> {
        let parts = self.parts;
        parts.iter().flat_map(|part| {
            part.kind
                .fields
                .iter()
                .filter(|field| field.owns_attribute())
                .map(move |field| Row { part, field })
        })
    }

    pub fn row(&self, attribute: &str) -> Option<Row> {
        self.rows().find(|row| row.field.attribute == attribute)
    }

    pub fn link_row(&self) -> Option<Row> {
        self.row(self.link?)
    }

    pub fn key_row(&self) -> Option<Row> {
        self.row(self.consumer_key?)
    }

    /// The attribute with the app or the org of the resource.
    pub fn subject_attribute(&self) -> &'static str {
        match self.subject {
            Subject::App { attribute, .. } => attribute,
            Subject::Org => ORG_ID,
        }
    }

    /// The attribute in which a configuration sets the app. A change replaces the resource.
    pub fn naming_attribute(&self) -> Option<&'static str> {
        match self.subject {
            Subject::App { attribute, .. } => Some(attribute),
            Subject::Org => None,
        }
    }

    /// The app that a configuration names, or the words `the org`.
    pub fn subject_in<'a>(&self, config: &'a Value) -> Option<&'a str> {
        match self.subject {
            Subject::App { attribute, .. } => config.get(attribute).as_text(),
            Subject::Org => Some("the org"),
        }
    }

    /// Whether the part contains the consumer, which another org may own.
    pub fn is_consumer_part(&self, part: &Part) -> bool {
        part.presence == Presence::MayBeUnreadable
    }

    /// Whether deleting this resource also deletes the other resource.
    pub fn also_deletes(&self, other: &ResourceSpec) -> bool {
        let Destruction::Deletes(others) = self.destruction else { return false };
        self.name == other.name || other.parts.iter().any(|part| others.contains(&part.kind))
    }

    /// The rank of an attribute among those that control access.
    pub fn access_rank(&self, attribute: &str) -> Option<usize> {
        self.access_attributes.iter().position(|name| *name == attribute)
    }

    /// Whether an attribute exists only in Terraform. A change to such an attribute sends nothing to Salesforce.
    pub fn is_provider_side(attribute: &str) -> bool {
        attribute == DELETION_PROTECTION || attribute == timeouts::BLOCK
    }

    /// Sets each attribute that a stored state lacks to its default, as a plan does.
    pub fn put_defaults(&self, state: &mut Value, is_absent: &dyn Fn(&Path) -> bool) {
        let rows = self.rows().map(|row| (row.field.attribute, row.field.omitted.value()));
        let protection = self.protectable.then(|| (DELETION_PROTECTION, false.into()));
        for (name, default) in rows.chain(protection) {
            if !default.is_null() && is_absent(&Path::attribute(name)) {
                state.put(name, default);
            }
        }
    }

    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema { version: 0, block: self.block() })
    }

    fn block(&self) -> Block {
        let mut block = Block { description: self.doc.to_owned(), ..Block::default() };
        let computed = |name: &str, doc: &str| Attribute::computed(name, Type::String, doc);
        if let Subject::App { attribute, doc } = self.subject {
            block.attributes.push(Attribute { required: true, computed: false, ..computed(attribute, doc) });
        }
        for row in self.rows() {
            match row.field.kind {
                Kind::Blocks(fields) => block.blocks.push(NestedBlock {
                    name: row.field.attribute.to_owned(),
                    nesting: Nesting::Set,
                    block: Block {
                        description: row.describe(),
                        attributes: fields.iter().map(|field| row.nested(field)).collect(),
                        blocks: Vec::new(),
                    },
                }),
                _ => block.attributes.push(row.attribute()),
            }
        }
        if self.protectable {
            block.attributes.push(Attribute {
                ty: Type::Bool,
                optional: true,
                ..computed(
                    DELETION_PROTECTION,
                    "While this is true, a plan that destroys or replaces the resource is rejected. Defaults to \
                     `false`. To destroy the resource, first apply `deletion_protection = false`.",
                )
            });
        }
        let (id, org_id) = match self.subject {
            Subject::App { .. } => (
                "The API name of the app. Reference it in the other resources of the app: it is unknown until the app \
                 exists, so Terraform replaces these resources together with the app.",
                "The ID of the org that contains the app.",
            ),
            Subject::Org => (
                "The ID of the org, the same as `org_id`.",
                "The ID of the org that these settings belong to.",
            ),
        };
        block.attributes.push(computed(ID, id));
        block.attributes.push(computed(ORG_ID, org_id));
        if self.shows_namespace {
            block.attributes.push(computed(NAMESPACE, "The namespace of the package that contains the app."));
        }
        block.blocks.push(timeouts::block(&self.default_timeouts));
        block
    }
}

impl Row {
    /// An attribute of a block. Its element is inside the element of the row.
    fn nested(self, field: &'static Field) -> Attribute {
        let mut attribute = Row { field, ..self }.attribute();
        let outer = format!("Metadata: `{}.", self.part.kind.name);
        let inner = format!("{outer}{}/", self.field.element);
        attribute.description = attribute.description.replace(&outer, &inner);
        attribute
    }

    fn attribute(&self) -> Attribute {
        let omitted = self.field.omitted;
        let may_be_set = self.field.sent != SendPolicy::Never;
        Attribute {
            name: self.field.attribute.to_owned(),
            ty: self.field.kind.ty(),
            description: self.describe(),
            required: omitted == Omitted::Required,
            optional: omitted != Omitted::Required && may_be_set,
            computed: matches!(omitted, Omitted::Default(_) | Omitted::Kept | Omitted::Computed),
            sensitive: false,
        }
    }

    /// The documentation of the attribute: its meaning, its default, and where Salesforce stores it.
    pub fn describe(&self) -> String {
        let field = self.field;
        let mut text = field.doc.to_owned();
        let mut add = |sentence: &str| {
            text.push(' ');
            text.push_str(sentence);
        };
        if let Kind::Enum(words) = field.kind {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            add(&format!("One of {}.", words.join(", ")));
            if field.emptiable {
                add("`\"\"` removes the value from the org.");
            }
        }
        for rule in field.rules {
            let rule = rule.describe();
            if !rule.is_empty() {
                add(&rule);
            }
        }
        match field.omitted {
            Omitted::Default(value) => add(&format!("Defaults to `{}`.", value.text())),
            Omitted::Cleared => add("If omitted, the value is removed from the org."),
            Omitted::Kept => add("If omitted, not managed: the org keeps its value."),
            Omitted::ManagedIfSet => {
                add("If omitted, not managed. Values that Terraform previously managed are removed.");
            }
            Omitted::Required | Omitted::Computed => {}
        }
        if field.change == OnChange::Replace {
            add("Changing it replaces the resource.");
        }
        if field.compared == Compared::AnyCase {
            add("A difference only in case is not a change.");
        }
        add(&format!("Metadata: `{}.{}`, API {}.0", self.part.kind.name, field.element, field.since));
        for (value, version) in field.newer_values {
            text.push_str(&format!(" (`{value}`: {version}.0)"));
        }
        text.push('.');
        if !field.setup.is_empty() {
            text.push_str(&format!(" In Setup: {}.", field.setup));
        }
        text
    }
}
