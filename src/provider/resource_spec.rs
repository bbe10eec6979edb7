//! What a Terraform resource is made of: parts (metadata types), its own attributes, and the rules between them.
//!
//! A resource is data. The walks over it (schema, validation, plan, engine) are the same for all resources.

use std::sync::OnceLock;

use super::combination::Combination;
use super::danger::Danger;
use super::lockout::Lockout;
use super::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use super::timeouts;
use crate::metadata::{Compared, Deployed, Field, Kind, MetadataType, Omitted, OnChange};
use crate::value::{Type, Value};

/// A managed resource.
#[derive(Debug)]
pub struct ResourceSpec {
    /// The resource type: `salesforce_external_client_app`.
    pub name: &'static str,
    /// What people call one: "OAuth settings".
    pub noun: &'static str,
    pub doc: &'static str,
    /// Whose it is.
    pub subject: Subject,
    /// The first part decides whether the resource exists.
    pub parts: &'static [Part],
    pub creation: Creation,
    pub destruction: Destruction,
    /// Whether there is a `deletion_protection`.
    pub protectable: bool,
    /// Whether the app's namespace is an attribute.
    pub shows_namespace: bool,
    /// The attribute that takes another org's consumer.
    pub link: Option<&'static str>,
    /// The attribute that is the OAuth client ID.
    pub consumer_key: Option<&'static str>,
    /// Changes that would lock the provider out, if the app is the one it logs in with.
    pub lockouts: &'static [Lockout],
    /// Kept attributes that decide who gets in, and with what; the weightiest first.
    pub guards: &'static [&'static str],
    /// Kept attributes that make sense only beside another: when that changes and these are not written, they go.
    pub dependents: &'static [(&'static str, &'static str)],
    pub combinations: &'static [Combination],
    pub dangers: &'static [Danger],
    /// Longest that an operation may take unless `timeouts` says otherwise, in seconds.
    pub default_timeouts: timeouts::Timeouts,
    pub schema: OnceLock<Schema>,
}

/// Whose a resource is: what it is one of, and what its messages name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An app, which an attribute names.
    App { attribute: &'static str, doc: &'static str },
    /// The org that the provider is connected to, by its ID. It has one such resource.
    Org,
}

/// A metadata type that holds some of a resource's attributes.
#[derive(Debug)]
pub struct Part {
    pub kind: &'static MetadataType,
    /// What a component that we create is called after the app's name; existing ones keep theirs.
    pub suffix: &'static str,
    pub presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Without it the resource does not exist.
    Required,
    /// An org may keep it unreadable while it exists: then state keeps its values.
    MayBeUnreadable,
    /// Some apps do not have it.
    Optional,
    /// Every org has it: when it is not there, we do not get to see it.
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The components must not exist yet.
    New,
    /// Salesforce makes the components itself; creating takes them over.
    TakesOver,
}

#[derive(Clone, Copy, Debug)]
pub enum Destruction {
    /// Deletes the parts, and the app's components of these types.
    Deletes(&'static [&'static MetadataType]),
    /// Leaves the org as it is.
    StopsManaging,
}

/// What every row of every part says of one attribute.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub part: &'static Part,
    pub field: &'static Field,
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

    /// The attribute that says whose the resource is.
    pub fn subject_attribute(&self) -> &'static str {
        match self.subject {
            Subject::App { attribute, .. } => attribute,
            Subject::Org => ORG_ID,
        }
    }

    /// The attribute by which a configuration says whose the resource is, and whose change replaces it.
    pub fn naming_attribute(&self) -> Option<&'static str> {
        match self.subject {
            Subject::App { attribute, .. } => Some(attribute),
            Subject::Org => None,
        }
    }

    /// Whose the resource is, as far as a configuration says so.
    pub fn subject_in<'a>(&self, config: &'a Value) -> Option<&'a str> {
        match self.subject {
            Subject::App { attribute, .. } => config.get(attribute).as_text(),
            Subject::Org => Some("the org"),
        }
    }

    /// Whether the part belongs to the consumer, which another org may own.
    pub fn is_consumer_part(&self, part: &Part) -> bool {
        part.presence == Presence::MayBeUnreadable
    }

    /// Whether a deletion of this is the end of the other.
    pub fn takes_along(&self, other: &ResourceSpec) -> bool {
        let Destruction::Deletes(others) = self.destruction else { return false };
        self.name == other.name || other.parts.iter().any(|part| others.contains(&part.kind))
    }

    /// The rank of an attribute among those that decide on access.
    pub fn guard(&self, attribute: &str) -> Option<usize> {
        self.guards.iter().position(|name| *name == attribute)
    }

    /// Attributes that live in the provider only: a change of them sends nothing.
    pub fn is_provider_side(attribute: &str) -> bool {
        attribute == DELETION_PROTECTION || attribute == timeouts::BLOCK
    }

    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema { version: 0, block: self.block() })
    }

    fn block(&self) -> Block {
        let mut block = Block { description: self.doc.to_owned(), ..Block::default() };
        let computed = |name: &str, doc: &str| Attribute {
            name: name.to_owned(),
            ty: Type::String,
            description: doc.to_owned(),
            required: false,
            optional: false,
            computed: true,
            sensitive: false,
        };
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
                    min_items: 0,
                    max_items: 0,
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
                    "While this is true, Terraform refuses to destroy or replace the resource. \
                     Left out: `false`. To destroy it, first apply `deletion_protection = false`.",
                )
            });
        }
        let (id, org_id) = match self.subject {
            Subject::App { .. } => (
                "The app's API name. Refer to it from the app's other resources: it is unknown until the app \
                 exists, so that a replaced app takes its parts along.",
                "The ID of the org that the app is in.",
            ),
            Subject::Org => {
                ("The ID of the org, the same as `org_id`.", "The ID of the org whose settings they are.")
            }
        };
        block.attributes.push(computed(ID, id));
        block.attributes.push(computed(ORG_ID, org_id));
        if self.shows_namespace {
            block
                .attributes
                .push(computed(NAMESPACE, "The namespace of the package that the app comes from."));
        }
        block.blocks.push(timeouts::block(&self.default_timeouts));
        block
    }
}

impl Row {
    /// An attribute of the row's block: its element lies inside the row's.
    fn nested(self, field: &'static Field) -> Attribute {
        let mut attribute = Row { field, ..self }.attribute();
        let outer = format!("Metadata: `{}.", self.part.kind.name);
        let inner = format!("{outer}{}/", self.field.element);
        attribute.description = attribute.description.replace(&outer, &inner);
        attribute
    }

    fn attribute(&self) -> Attribute {
        let omitted = self.field.omitted;
        let may_be_set = self.field.sent != Deployed::Never;
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

    /// The attribute's documentation: what it is, what leaving it out means, where it is in Salesforce.
    pub fn describe(&self) -> String {
        let field = self.field;
        let mut text = field.doc.to_owned();
        let mut say = |sentence: &str| {
            text.push(' ');
            text.push_str(sentence);
        };
        if let Kind::Enum(words) = field.kind {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            say(&format!("One of {}.", words.join(", ")));
            if field.emptiable {
                say("`\"\"`: none in the org.");
            }
        }
        for rule in field.rules {
            let rule = rule.describe();
            if !rule.is_empty() {
                say(&rule);
            }
        }
        match field.omitted {
            Omitted::Default(value) => say(&format!("Left out: `{}`, enforced.", value.text())),
            Omitted::Cleared => say("Left out: empty in the org."),
            Omitted::Kept => say("Left out: not managed, the org's value stays."),
            Omitted::Unwritten => {
                say("Left out: not managed, unless Terraform managed some before, which are then removed.");
            }
            Omitted::Required | Omitted::Computed => {}
        }
        if field.change == OnChange::Replace {
            say("Changing it replaces the resource.");
        }
        if field.compared == Compared::AnyCase {
            say("Upper and lower case are the same.");
        }
        say(&format!("Metadata: `{}.{}`, API {}.0", self.part.kind.name, field.element, field.since));
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
