//! States that change their type between a union and its members. The conversion performs no I/O, and the next read
//! adds the missing values.

use super::UnionPrivateState;
use super::operations::import_of_member;
use crate::provider::operations::Private;
use crate::provider::resource_spec::{DELETION_PROTECTION, ResourceSpec};
use crate::provider::union_spec::UnionSpec;
use crate::value::Value;

/// The state of a union from the state of a member. The next refresh reads the other members, as it does after an
/// import.
pub fn moved_from(
    spec: &'static UnionSpec,
    source: &ResourceSpec,
    state: &Value,
    private: &[u8],
) -> Option<(Value, Private)> {
    let source = spec.members.iter().find(|member| member.spec.name == source.name)?;
    let mut moved = spec.schema().block.empty();
    for (name, value) in state.entries()? {
        if moved.entries().is_some_and(|entries| entries.contains_key(name))
            && source.spec.row(name).is_none()
        {
            moved.put(name, value.clone());
        }
    }
    moved.put(spec.naming_attribute(), state.get(source.spec.subject_attribute()).clone());
    spec.put(source, state, &mut moved);
    if moved.get(DELETION_PROTECTION).is_null() {
        // An imported resource is not protected either.
        moved.put(DELETION_PROTECTION, false.into());
    }
    let mut privates = UnionPrivateState::default();
    for member in spec.members {
        let own = member.spec.name == source.spec.name && !private.is_empty();
        let private = if own { private.to_vec() } else { import_of_member() };
        privates.put(member, &private);
    }
    Some((moved, privates.write()))
}

/// The state of a member of a union.
pub fn moved_to(
    spec: &'static UnionSpec,
    target: &ResourceSpec,
    state: &Value,
    private: &[u8],
) -> Option<(Value, Private)> {
    let target = spec.members.iter().find(|member| member.spec.name == target.name)?;
    let there = spec.is_there(target, state);
    let private = UnionPrivateState::read(private).of(target);
    let private = if there && !private.is_empty() { private } else { import_of_member() };
    Some((spec.view(target, state), private))
}
