//! Converts attributes to components and back, using the tables.

use std::collections::{BTreeMap, BTreeSet};

use super::super::operations::Private;
use super::super::plan;
use super::super::private::PrivateState;
use super::super::resource_spec::{
    DELETION_PROTECTION, ID, NAMESPACE, ORG_ID, Part, Presence, ResourceSpec, Row,
};
use super::records::Records;
use crate::metadata::{self, Component, ComponentKey, Field, Kind, Omitted, SendPolicy};
use crate::org::Found;
use crate::record_id::is_same;
use crate::value::Value;

/// A part in the org.
pub enum PartState {
    Present(Box<Found>),
    Absent,
    /// The part exists, but cannot be read.
    Unreadable,
}

impl PartState {
    pub fn component(&self) -> Option<&Component> {
        match self {
            PartState::Present(found) => Some(&found.component),
            _ => None,
        }
    }
}

/// A resource in the org: the state of each part, in the order of the spec.
pub struct Actual {
    pub parts: Vec<(&'static Part, PartState)>,
    /// If a part is absent, the number of other components of its type in the org.
    pub others: usize,
}

impl Actual {
    pub fn part(&self, part: &Part) -> &PartState {
        static ABSENT: PartState = PartState::Absent;
        self.parts
            .iter()
            .find(|(candidate, _)| candidate.kind == part.kind)
            .map_or(&ABSENT, |(_, state)| state)
    }

    /// Whether the resource exists: all its required parts are present, or any part if none is required.
    pub fn exists(&self) -> bool {
        let present = |state: &PartState| matches!(state, PartState::Present(_));
        let mut required =
            self.parts.iter().filter(|(part, _)| part.presence == Presence::Required).peekable();
        if required.peek().is_some() {
            return required.all(|(_, state)| present(state));
        }
        self.parts.iter().any(|(_, state)| present(state))
    }

    pub fn first_found(&self) -> Option<&Found> {
        self.parts.iter().find_map(|(_, state)| match state {
            PartState::Present(found) => Some(found.as_ref()),
            _ => None,
        })
    }

    /// Full names by metadata type, for the private state.
    pub fn names(&self) -> BTreeMap<String, String> {
        let present = self.parts.iter().filter_map(|(part, state)| Some((part, state.component()?)));
        present
            .map(|(part, component)| (part.kind.name.to_owned(), component.key.full_name.clone()))
            .collect()
    }
}

/// What is needed besides components to build a state.
pub struct StateContext<'a> {
    pub spec: &'static ResourceSpec,
    pub app: &'a str,
    pub org_id: &'a str,
    /// Whether the resource was not managed before. If so, the state gets all values in the org.
    pub importing: bool,
    /// The state before the operation.
    pub before: &'a Value,
    pub records: &'a Records,
}

impl<'a> StateContext<'a> {
    /// The context of an import, which has no state before the operation.
    pub fn of_import(spec: &'static ResourceSpec, app: &'a str, org_id: &'a str) -> StateContext<'a> {
        static NO_RECORDS: Records = Records { names: BTreeMap::new(), unqueried: BTreeSet::new() };
        StateContext { spec, app, org_id, importing: true, before: &Value::Null, records: &NO_RECORDS }
    }
}

/// The state of a resource: the values in the org. A value that is equivalent to the one in `prior` keeps the form of
/// `prior`.
pub fn state_from(context: &StateContext<'_>, actual: &Actual, prior: &Value) -> Value {
    let spec = context.spec;
    let mut state = spec.schema().block.empty();
    for (name, value) in prior.entries().into_iter().flatten() {
        if ResourceSpec::is_provider_side(name) {
            state.put(name, value.clone());
        }
    }
    state.put(spec.subject_attribute(), context.app.into());
    state.put(ID, context.app.into());
    // Both forms of an org ID are equivalent, and a state keeps its form.
    let known = prior.get(ORG_ID).as_text().filter(|known| is_same(known, context.org_id));
    state.put(ORG_ID, known.unwrap_or(context.org_id).into());
    if spec.shows_namespace {
        let namespace = actual.first_found().and_then(|found| found.file.namespace.as_deref());
        state.put(NAMESPACE, namespace.map_or(Value::Null, Value::text));
    }
    for row in spec.rows() {
        let name = row.field.attribute;
        // Without a prior state, all values are new.
        let before = if prior.is_null() { &Value::Unknown } else { prior.get(name) };
        state.put(name, join_row(row, context, actual.part(row.part), before));
    }
    state
}

fn join_row(row: Row, context: &StateContext<'_>, part: &PartState, prior: &Value) -> Value {
    let known_prior = if prior.is_unknown() { &Value::Null } else { prior };
    let component = match part {
        PartState::Present(found) => &found.component,
        PartState::Absent => return absent(row.field),
        PartState::Unreadable => {
            return if known_prior.is_null() { absent(row.field) } else { known_prior.clone() };
        }
    };
    let value = present(row.field, component.get(row.field.attribute));
    if prior.is_null() && is_own_link(row, context, &value) {
        return Value::Null;
    }
    let unmanaged = row.field.omitted == Omitted::ManagedIfSet
        && is_empty(known_prior)
        && is_empty(context.before.get(row.field.attribute))
        && !context.importing;
    if unmanaged {
        return Value::Set(Vec::new());
    }
    if !prior.is_unknown() && context.records.may_equal(row.field, prior, &value) {
        prior.clone()
    } else {
        value
    }
}

fn is_empty(value: &Value) -> bool {
    value.members().is_none_or(<[Value]>::is_empty)
}

/// Whether a value is the link to a consumer of the same org. The state of an import omits such a link, so that a
/// generated configuration works in another org and for a recreated resource.
fn is_own_link(row: Row, context: &StateContext<'_>, value: &Value) -> bool {
    let is_link = context.spec.link == Some(row.field.attribute);
    let owner = value.as_text().and_then(|link| link.split_once(':')).map(|(owner, _)| owner);
    is_link && owner.is_some_and(|owner| is_same(owner, context.org_id))
}

/// The value of an attribute from its element.
fn present(field: &Field, value: &Value) -> Value {
    if value.is_null() { absent(field) } else { value.clone() }
}

/// The value of an attribute if the element does not exist.
fn absent(field: &Field) -> Value {
    match (field.omitted, field.kind) {
        _ if field.absent.is_some() => field.absent.map_or(Value::Null, |value| value.value()),
        (Omitted::Default(value), _) => value.value(),
        (_, Kind::Blocks(_)) => Value::Set(Vec::new()),
        _ => Value::Null,
    }
}

/// Whether two values are equivalent, with record IDs resolved to names.
pub fn same(field: &Field, one: &Value, other: &Value, records: &BTreeMap<String, String>) -> bool {
    if field.record.is_none() || records.is_empty() {
        return metadata::same_meaning(field, one, other);
    }
    metadata::same_meaning(field, &named(one, records), &named(other, records))
}

/// A value in which record IDs are replaced by the names of the records, as far as these are known.
pub(super) fn named(value: &Value, records: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Set(members) => Value::set(members.iter().map(|member| named(member, records)).collect()),
        Value::Text(text) => records.get(text).map_or_else(|| value.clone(), Value::text),
        _ => value.clone(),
    }
}

/// What a plan requests of a resource, as values by field. Null removes a value. A field that is not managed has no
/// value.
pub struct DesiredState<'a> {
    pub spec: &'static ResourceSpec,
    pub config: &'a Value,
    pub prior: &'a Value,
    pub planned: &'a Value,
    /// The org's API version.
    pub version: u16,
}

impl DesiredState<'_> {
    pub fn of(&self, part: &Part, existing: Option<&Component>) -> Vec<(&'static Field, Value)> {
        let fields = part.kind.fields.iter().filter(|field| !field.attribute.is_empty());
        fields.filter_map(|field| Some((field, self.of_field(field, existing)?))).collect()
    }

    /// The value that is written for an attribute, or `None` if nothing is written.
    pub fn written(&self, row: Row, existing: &Component) -> Option<Value> {
        self.of_field(row.field, Some(existing))
    }

    fn of_field(&self, field: &'static Field, existing: Option<&Component>) -> Option<Value> {
        let name = field.attribute;
        let planned = self.planned.get(name);
        let written = !self.config.get(name).is_null();
        if !field.exists_in(self.version) {
            return None;
        }
        match field.sent {
            SendPolicy::Never => return None,
            SendPolicy::WhenConfigured | SendPolicy::Mirrored if !written => return None,
            // A mirrored field is written only when its file is created.
            SendPolicy::Mirrored if existing.is_some() => return None,
            SendPolicy::WhenConfigured if plan::has_own_consumer(self.spec, self.prior) => return None,
            _ => {}
        }
        match field.omitted {
            Omitted::Kept if !written && existing.is_none() => self.created_as(field),
            Omitted::Kept if !written => self.dependent_cleared(name, existing).then_some(Value::Null),
            Omitted::ManagedIfSet => {
                (!(is_empty(planned) && is_empty(self.prior.get(name)))).then(|| planned.clone())
            }
            _ if planned.is_unknown() => None,
            _ => Some(planned.clone()),
        }
    }

    /// Whether the part belongs to the consumer of another org. In that case, there is no file.
    pub fn is_elsewhere(&self, part: &Part) -> bool {
        let linked = self.spec.link.is_some_and(|link| !self.config.get(link).is_null());
        linked && self.spec.is_consumer_part(part)
    }

    /// The values that the plan changes. An adopted component gets all managed values.
    fn changes_of(&self, part: &Part, existing: &Component) -> Vec<(&'static Field, Value)> {
        let adopts = self.prior.is_null();
        let changes = |(field, value): &(&'static Field, Value)| {
            adopts
                || field.sent == SendPolicy::WhenConfigured
                || field.sent != SendPolicy::Mirrored
                    && !metadata::same_meaning(field, self.prior.get(field.attribute), value)
        };
        self.of(part, Some(existing)).into_iter().filter(changes).collect()
    }

    /// An attribute that the configuration contains for the first time, and the blocks in the org that the plan would
    /// therefore remove. No plan has shown these blocks.
    pub fn unplanned_values(&self, part: &Part, existing: &Component) -> Option<(&'static str, Vec<Value>)> {
        part.kind.fields.iter().find_map(|field| {
            let (planned, prior) = (self.planned.get(field.attribute), self.prior.get(field.attribute));
            let is_first = !self.prior.is_null() && is_empty(prior) && !is_empty(planned);
            if field.omitted != Omitted::ManagedIfSet || !is_first {
                return None;
            }
            // Two blocks are equal if their required elements are equal.
            let Kind::Blocks(elements) = field.kind else { return None };
            let is_same = |one: &Value, other: &Value| {
                let mut required = elements.iter().filter(|element| element.omitted == Omitted::Required);
                required.all(|element| one.get(element.attribute) == other.get(element.attribute))
            };
            let planned = planned.members().unwrap_or_default();
            let members = existing.get(field.attribute).members().unwrap_or_default();
            let is_planned = |member: &&Value| planned.iter().any(|other| is_same(member, other));
            let left: Vec<Value> = members.iter().filter(|it| !is_planned(it)).cloned().collect();
            (!left.is_empty()).then_some((field.attribute, left))
        })
    }

    /// A missing part for which the plan has values.
    pub fn missing_part(&self, actual: &Actual) -> Option<&'static Part> {
        self.spec.parts.iter().find(|part| {
            let absent = matches!(actual.part(part), PartState::Absent);
            absent && part.kind.fields.iter().any(|field| self.is_configured(field))
        })
    }

    /// Whether the desired value of a field differs from that of an absent part.
    fn is_configured(&self, field: &Field) -> bool {
        let value = self.planned.get(field.attribute);
        let nothing = match field.omitted {
            Omitted::Default(default) => value == &default.value(),
            _ => self.config.get(field.attribute).is_null(),
        };
        field.owns_attribute() && field.sent != SendPolicy::Never && !nothing
    }

    /// The initial value of a field in a new file, unless the field depends on a configured attribute.
    fn created_as(&self, field: &Field) -> Option<Value> {
        let on = self.spec.dependents.iter().find(|(dependent, _)| *dependent == field.attribute);
        let dependency_is_configured = on.is_some_and(|(_, on)| !self.config.get(on).is_null());
        field.created_as.filter(|_| !dependency_is_configured).map(|value| value.value())
    }

    /// Whether an omitted attribute is removed because the attribute that it depends on changes.
    fn dependent_cleared(&self, name: &str, existing: Option<&Component>) -> bool {
        let Some((_, on)) = self.spec.dependents.iter().find(|(dependent, _)| *dependent == name) else {
            return false;
        };
        let wanted = self.planned.get(on);
        wanted.is_set() && existing.is_some_and(|component| component.get(on) != wanted)
    }
}

/// The component to write for a part, or `None` if the org has all values.
pub fn component_to_write(
    desired: &DesiredState<'_>,
    part: &'static Part,
    existing: &Component,
) -> Option<Component> {
    let wanted = desired.changes_of(part, existing);
    let differs = wanted.iter().any(|(field, value)| {
        !metadata::same_meaning(field, value, &present(field, existing.get(field.attribute)))
    });
    differs.then(|| existing.merge(&wanted))
}

/// The new component of a part.
pub fn new_component(desired: &DesiredState<'_>, part: &'static Part, app: &str) -> Component {
    let named_like_the_app = part.is_named_like_its_subject();
    let parent = if named_like_the_app { "" } else { app };
    let key = ComponentKey::new(part.kind, part.name_of_new(app));
    let mut component = Component::new(key, parent);
    component.label_by_name();
    component.merge(&desired.of(part, None))
}

/// The component from the state, for a part that can be written but not read.
pub fn component_of_state(state: &Value, part: &'static Part, full_name: &str, app: &str) -> Component {
    let mut component = Component::new(ComponentKey::new(part.kind, full_name), app);
    let rows =
        part.kind.fields.iter().filter(|field| field.owns_attribute() && field.sent == SendPolicy::Always);
    for field in rows {
        let value = state.get(field.attribute);
        if value.is_set() {
            component.put(field.attribute, value.clone());
        }
    }
    component
}

/// The private state after reading or writing.
pub fn private_after(before: &PrivateState, actual: &Actual, state: &Value, own_app: bool) -> Private {
    let mut private = before.clone();
    for (kind, name) in actual.names() {
        private.parts.insert(kind, name);
    }
    let hidden = actual.parts.iter().filter(|(_, state)| matches!(state, PartState::Unreadable));
    private.unreadable = hidden.map(|(part, _)| part.kind.name.to_owned()).collect();
    private.imported = false;
    private.replacing = false;
    private.own_app = own_app;
    private.protected = state.get(DELETION_PROTECTION) == &Value::Bool(true);
    private.write()
}
