//! Builds the result object from the values of the file, except those that the validation of `salesforce_oauth_client`
//! rejects.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use super::elements::{CONSEQUENCES, Fact, GAPS};
use super::reading::{Found, NotConverted, Share, cut, has_group, set_manually};
use crate::provider::catalog::OAUTH_CLIENT;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::schema::{Block, Nesting};
use crate::provider::{timeouts, union, validate};
use crate::value::{Path, Step, Type, Value};

/// The arguments of a block with their types, without timeouts.
pub fn attributes(block: &Block) -> Vec<(String, Type)> {
    let written = block.attributes.iter().filter(|attribute| attribute.required || attribute.optional);
    let mut all: Vec<(String, Type)> = written.map(|it| (it.name.clone(), it.ty.clone())).collect();
    for nested in block.blocks.iter().filter(|nested| nested.name != timeouts::BLOCK) {
        let inner = Type::Object(attributes(&nested.block));
        let ty = match nested.nesting {
            Nesting::Single => inner,
            Nesting::Set => Type::set(inner),
        };
        all.push((nested.name.clone(), ty));
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// The object, and the elements that are not converted.
pub fn converted(mut found: Vec<Found>, mut left: Vec<NotConverted>) -> (Value, Vec<NotConverted>) {
    loop {
        let rejections = rejected(&written(found.iter(), |fact| holds(fact, &found, &left)));
        let rejection = rejections.iter().find_map(|rejection| {
            let target = target_of(rejection.path.as_ref()?)?;
            found.iter().any(|one| one.target == target).then_some((target, rejection))
        });
        let Some((target, rejection)) = rejection else { break };
        take_out(&mut found, &mut left, &target, &rejection.detail);
    }
    let object = written(found.iter(), |fact| holds(fact, &found, &left));
    let gaps = GAPS.iter().filter(|gap| gap.when.iter().all(|fact| holds(*fact, &found, &left)));
    let gaps: Vec<NotConverted> = gaps
        .map(|gap| NotConverted {
            element: gap.element.to_owned(),
            value: None,
            why: gap.why.to_owned(),
            what_to_do: gap.what_to_do.to_owned(),
        })
        .collect();
    left.extend(gaps);
    (object, left)
}

/// Removes the invalid values of an attribute or, if no single value is invalid, the whole attribute.
fn take_out(found: &mut Vec<Found>, left: &mut Vec<NotConverted>, target: &str, problem: &str) {
    let own: Vec<&Found> = found.iter().filter(|one| one.target == target).collect();
    let problems = match own.as_slice() {
        [_] => Vec::new(),
        own => problems_alone(own, target),
    };
    if problems.iter().all(Option::is_none) {
        let together = left_together(&own, target, problem);
        // An element with values for several attributes is removed as a whole.
        let whole = own.iter().find(|one| matches!(one.share, Share::Whole(_))).map(|one| one.element);
        found.retain(|one| one.target != target && whole.is_none_or(|element| one.element != element));
        left.extend(together);
        return;
    }
    let mut problems = problems.into_iter();
    found.retain(|one| {
        if one.target != target {
            return true;
        }
        let Some(why) = problems.next().flatten() else { return true };
        left.push(not_taken(one.element, one.shown.clone(), &why, target));
        false
    });
}

/// One entry for each element, for a value that is invalid as a whole.
fn left_together(own: &[&Found], target: &str, problem: &str) -> Vec<NotConverted> {
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in own {
        shown.entry(one.element).or_default().extend(one.shown.as_deref());
    }
    let entry = |(element, texts): (&str, Vec<&str>)| {
        let value = (!texts.is_empty()).then(|| cut(&texts.join(", ")));
        not_taken(element, value, problem, target)
    };
    shown.into_iter().map(entry).collect()
}

fn not_taken(element: &str, value: Option<String>, why: &str, target: &str) -> NotConverted {
    NotConverted {
        element: element.to_owned(),
        value,
        why: format!("The value is invalid for salesforce_oauth_client. {why}"),
        what_to_do: set_manually(target),
    }
}

/// The problem of each value of an attribute, found by bisection. Halves without a problem are skipped.
fn problems_alone(members: &[&Found], target: &str) -> Vec<Option<String>> {
    let of_target = |rejection: &Diagnostic| {
        rejection.path.as_ref().and_then(target_of).is_some_and(|rejected| rejected == target)
    };
    let rejections = rejected(&written(members.iter().copied(), |_| false));
    match (rejections.into_iter().find(of_target), members) {
        (None, members) => vec![None; members.len()],
        (Some(rejection), [_]) => vec![Some(rejection.detail)],
        (Some(_), members) => {
            let (one, other) = members.split_at(members.len() / 2);
            let mut problems = problems_alone(one, target);
            problems.extend(problems_alone(other, target));
            problems
        }
    }
}

/// The errors from validating a `salesforce_oauth_client`, and from planning a new one.
fn rejected(object: &Value) -> Vec<Diagnostic> {
    let mut config = OAUTH_CLIENT.schema().block.empty();
    for (name, value) in object.entries().into_iter().flatten() {
        config.put(name, value.clone());
    }
    let mut rejections = union::check(OAUTH_CLIENT, &config, UNIX_EPOCH).0;
    for member in OAUTH_CLIENT.members.iter().filter(|member| OAUTH_CLIENT.is_managed(member, &config)) {
        let view = OAUTH_CLIENT.view(member, &config);
        for mut rejection in validate::check_new_prose(member.spec, &view, &Value::Null) {
            rejection.path = rejection.path.map(|path| OAUTH_CLIENT.path(member, path));
            rejections.push(rejection);
        }
    }
    rejections.retain(Diagnostic::is_error);
    rejections
}

/// The attribute of a path, in the notation of the table.
fn target_of(path: &Path) -> Option<String> {
    let mut steps = path.0.iter();
    let Some(Step::Attribute(root)) = steps.next() else { return None };
    let is_single = |name: &str| {
        let mut blocks = OAUTH_CLIENT.schema().block.blocks.iter();
        blocks.any(|nested| nested.name == name && nested.nesting == Nesting::Single)
    };
    match steps.next() {
        Some(Step::Attribute(inner)) if is_single(root) => Some(format!("{root}/{inner}")),
        _ => Some(root.clone()),
    }
}

/// The `salesforce_oauth_client` object for these values, including the values derived from `CONSEQUENCES`.
fn written<'a>(found: impl Iterator<Item = &'a Found>, holds: impl Fn(Fact) -> bool) -> Value {
    let mut shares: BTreeMap<&str, Vec<&Share>> = BTreeMap::new();
    for one in found {
        shares.entry(one.target).or_default().push(&one.share);
    }
    let following: Vec<(&str, Share)> = CONSEQUENCES
        .iter()
        .filter(|one| !shares.contains_key(one.target) && one.when.iter().all(|fact| holds(*fact)))
        .map(|one| (one.target, Share::Whole(one.value.value())))
        .collect();
    for (target, share) in &following {
        shares.entry(target).or_default().push(share);
    }
    block_of(&OAUTH_CLIENT.schema().block, &|name| shares.get(name).cloned().unwrap_or_default())
}

/// The object of a block. Attributes without a value are null, and repeatable blocks without a value are empty.
fn block_of<'a>(block: &Block, shares: &dyn Fn(&str) -> Vec<&'a Share>) -> Value {
    let values = attributes(block).into_iter().map(|(name, ty)| {
        let nested = block.blocks.iter().find(|nested| nested.name == name);
        let value = match nested {
            Some(nested) if nested.nesting == Nesting::Single => {
                let inner = block_of(&nested.block, &|inner| shares(&format!("{name}/{inner}")));
                let is_written = inner.entries().into_iter().flatten().any(|(_, value)| !value.is_empty());
                if is_written { inner } else { Value::Null }
            }
            nested => value_of(&ty, &shares(&name), nested.is_some()),
        };
        (name, value)
    });
    Value::object(values)
}

fn value_of(ty: &Type, shares: &[&Share], may_be_empty: bool) -> Value {
    if let [Share::Whole(value), ..] = shares {
        return value.clone();
    }
    if shares.is_empty() && !may_be_empty {
        return Value::Null;
    }
    let members = shares.iter().filter_map(|share| match share {
        Share::Member(member) => Some(member.clone()),
        _ => None,
    });
    let entries = shares.iter().filter_map(|share| match share {
        Share::Entry(key, value) => Some((key.clone(), value.clone())),
        _ => None,
    });
    match ty {
        Type::Map(_) => Value::Map(entries.collect()),
        Type::List(_) => Value::List(members.collect()),
        _ => Value::set(members.collect()),
    }
}

fn holds(fact: Fact, found: &[Found], left: &[NotConverted]) -> bool {
    let of = |element: &str| found.iter().find(|one| one.element == element);
    match fact {
        Fact::Has(element) => of(element).is_some() || has_group(found, left, element),
        Fact::Lacks(element) => of(element).is_none() && !has_group(found, left, element),
        Fact::On(element) => of(element).is_some_and(|one| one.is_on),
    }
}
