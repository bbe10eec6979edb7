//! A union: one resource that combines several resources of one app and changes them in one deploy.
//!
//! Nothing is defined twice: each member gets a *view*, which is the object of the union in the form of the member.
//! Validation, plan and engine of a member therefore work unchanged, and `union` combines the results.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::resource_spec::{DELETION_PROTECTION, ID, NAMESPACE, ORG_ID, ResourceSpec};
use super::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use super::timeouts;
use crate::value::{Path, Step, Value};

/// A resource that combines several others.
#[derive(Debug)]
pub struct UnionSpec {
    /// The resource type, such as `salesforce_oauth_client`.
    pub name: &'static str,
    pub doc: &'static str,
    /// The members. Only the first member, the app, has the name of the app. Deleting the app deletes the other
    /// members.
    pub members: &'static [Member],
    pub schema: OnceLock<Schema>,
}

/// A resource that is part of a union.
#[derive(Debug)]
pub struct Member {
    pub spec: &'static ResourceSpec,
    /// The block with the member's attributes, or `None` if the attributes are at the top level. If a configuration
    /// omits the block, the member is not managed.
    pub block: Option<MemberBlock>,
}

#[derive(Debug)]
pub struct MemberBlock {
    pub name: &'static str,
    pub doc: &'static str,
}

/// The attributes that members have in common, and that the union has once.
const SHARED: [&str; 5] = [ID, ORG_ID, NAMESPACE, DELETION_PROTECTION, timeouts::BLOCK];

impl UnionSpec {
    /// The first member, the app, which the other members belong to.
    pub fn first(&self) -> &'static ResourceSpec {
        self.members.first().map_or(super::catalog::APP, |member| member.spec)
    }

    pub fn naming_attribute(&self) -> &'static str {
        self.first().subject_attribute()
    }

    fn is_first(&self, member: &Member) -> bool {
        member.spec.name == self.first().name
    }

    /// The attributes of a member in the union. If several members at the top level have the same attribute, the first
    /// of these members owns it.
    pub fn owned(&self, member: &Member) -> BTreeSet<&'static str> {
        let names = |spec: &'static ResourceSpec| spec.rows().map(|row| row.field.attribute);
        if member.block.is_some() {
            return names(member.spec).collect();
        }
        let at_top = self.members.iter().filter(|other| other.block.is_none());
        let earlier = at_top.take_while(|other| other.spec.name != member.spec.name);
        let taken: BTreeSet<&str> = earlier.flat_map(|other| names(other.spec)).collect();
        names(member.spec).filter(|name| !taken.contains(name)).collect()
    }

    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema { version: 0, block: self.block() })
    }

    fn block(&self) -> Block {
        let first = &self.first().schema().block;
        let shared = |name: &str| SHARED.contains(&name);
        let mut block = Block { description: self.doc.to_owned(), ..Block::default() };
        block
            .attributes
            .extend(first.attributes.iter().filter(|it| it.name == self.naming_attribute()).cloned());
        for member in self.members {
            let (attributes, mut blocks) = self.rows_of(member);
            match &member.block {
                None => {
                    block.attributes.extend(attributes);
                    block.blocks.append(&mut blocks);
                }
                Some(own) => block.blocks.push(NestedBlock {
                    name: own.name.to_owned(),
                    nesting: Nesting::Single,
                    block: Block { description: own.doc.to_owned(), attributes, blocks },
                }),
            }
        }
        block.attributes.extend(first.attributes.iter().filter(|it| shared(&it.name)).cloned());
        block.blocks.extend(first.blocks.iter().filter(|it| shared(&it.name)).cloned());
        block
    }

    /// The part of the schema that comes from a member.
    fn rows_of(&self, member: &Member) -> (Vec<Attribute>, Vec<NestedBlock>) {
        let owned = self.owned(member);
        let block = &member.spec.schema().block;
        let attributes = block.attributes.iter().filter(|it| owned.contains(it.name.as_str())).cloned();
        let blocks = block.blocks.iter().filter(|it| owned.contains(it.name.as_str())).cloned();
        (attributes.collect(), blocks.collect())
    }

    /// Whether a configuration manages a member.
    pub fn is_managed(&self, member: &Member, config: &Value) -> bool {
        member.block.as_ref().is_none_or(|block| !config.get(block.name).is_null())
    }

    /// Whether a state contains a member. A member at the top level exists if any of its attributes is set.
    pub fn is_there(&self, member: &Member, state: &Value) -> bool {
        match &member.block {
            _ if state.is_null() => false,
            Some(block) => !state.get(block.name).is_null(),
            None if self.is_first(member) => true,
            None => self.owned(member).iter().any(|name| !state.get(name).is_empty()),
        }
    }

    /// The view of a member. The view of null is null.
    pub fn view(&self, member: &Member, object: &Value) -> Value {
        if object.is_null() {
            return Value::Null;
        }
        let mut view = member.spec.schema().block.empty();
        let shared: Vec<String> =
            view.entries().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for name in shared.iter().filter(|name| SHARED.contains(&name.as_str())) {
            view.put(name, object.get(name).clone());
        }
        view.put(member.spec.subject_attribute(), object.get(self.naming_attribute()).clone());
        let within = member.block.as_ref().map_or(object, |block| object.get(block.name));
        for name in self.owned(member) {
            match within {
                Value::Null => {}
                Value::Unknown => view.put(name, Value::Unknown),
                within => view.put(name, within.get(name).clone()),
            }
        }
        view
    }

    /// The view of a member in the prior state, or null if the state does not contain the member.
    pub fn prior_view(&self, member: &Member, prior: &Value) -> Value {
        if self.is_there(member, prior) { self.view(member, prior) } else { Value::Null }
    }

    /// Writes the view of a member into the object of the union. A null view removes the member.
    pub fn put(&self, member: &Member, view: &Value, object: &mut Value) {
        let empty = member.spec.schema().block.empty();
        let source = if view.is_null() { &empty } else { view };
        let rows = self.owned(member).into_iter().map(|name| (name, source.get(name).clone()));
        match &member.block {
            Some(block) if view.is_null() => object.put(block.name, Value::Null),
            Some(block) => object.put(block.name, Value::object(rows)),
            None => rows.for_each(|(name, value)| object.put(name, value)),
        }
        if self.is_first(member) && !view.is_null() {
            for name in SHARED.into_iter().chain([self.naming_attribute()]) {
                object.put(name, view.get(name).clone());
            }
        }
    }

    /// Sets each attribute that a stored state lacks to its default in its member. A member that the state does not
    /// contain stays absent, because with defaults, it would be treated as existing.
    pub fn put_defaults(&self, state: &mut Value, is_absent: &dyn Fn(&Path) -> bool) {
        let there = |member: &&Member| self.is_there(member, state);
        let members: Vec<&Member> = self.members.iter().filter(there).collect();
        for member in members {
            let mut view = self.view(member, state);
            member.spec.put_defaults(&mut view, &|path| is_absent(&self.path(member, path.clone())));
            self.put(member, &view, state);
        }
    }

    /// The path in the union for a path of a member.
    pub fn path(&self, member: &Member, path: Path) -> Path {
        let root = path.root().unwrap_or_default();
        let step = |name: &str| Step::Attribute(name.to_owned());
        let rest = path.0.iter().skip(1).cloned();
        if root == member.spec.subject_attribute() {
            return Path([step(self.naming_attribute())].into_iter().chain(rest).collect());
        }
        match &member.block {
            Some(block) if !SHARED.contains(&root) => {
                Path([step(block.name)].into_iter().chain(path.0).collect())
            }
            _ => path,
        }
    }

    /// Whether a path belongs to the union as a whole.
    pub fn is_shared(&self, path: Option<&Path>) -> bool {
        let root = path.and_then(Path::root);
        root.is_none_or(|root| SHARED.contains(&root) || root == self.naming_attribute())
    }
}
