//! Removes what a run, or every run, has made. What is left is said, never hidden.

use crate::client::Trouble;
use crate::org::Org;
use acceptance_tests::org::APP;

/// What was removed, and what was not, each with the reason.
#[derive(Debug, Default)]
pub struct Cleaned {
    pub removed: Vec<String>,
    pub left: Vec<String>,
}

/// Apps take their parts with them; what does not go is asked for by name.
pub fn clean(org: &Org) -> Cleaned {
    org.close();
    let mut cleaned = Cleaned::default();
    if let Err(trouble) = components(org, &mut cleaned) {
        cleaned.left.push(format!("what {} holds is not known: {trouble}", org.fence));
    }
    if let Err(trouble) = permission_sets(org, &mut cleaned) {
        cleaned.left.push(format!("which permission sets {} holds is not known: {trouble}", org.fence));
    }
    cleaned
}

fn components(org: &Org, cleaned: &mut Cleaned) -> Result<(), Trouble> {
    let before = org.own()?;
    if before.is_empty() {
        return Ok(());
    }
    let apps: Vec<(&str, &str)> = before
        .iter()
        .filter(|(kind, _)| kind == APP)
        .map(|(kind, name)| (kind.as_str(), name.as_str()))
        .collect();
    let mut words = String::new();
    if !apps.is_empty() {
        let done = org.delete(&apps, true)?;
        if !done.success {
            words = done.said();
            // One that will not go must not hold up the others.
            for app in &apps {
                org.delete(std::slice::from_ref(app), true)?;
            }
        }
    }
    // Parts before the app: settings that outlived it, in the order in which nothing depends on what goes.
    for (kind, name) in org.own()?.iter().rev() {
        let done = org.delete(&[(kind, name)], true)?;
        if !done.success {
            words = done.said();
        }
    }
    let after = org.own()?;
    cleaned.removed.extend(
        before.iter().filter(|one| !after.contains(one)).map(|(kind, name)| format!("{kind} {name}")),
    );
    cleaned.left.extend(after.iter().map(|(kind, name)| format!("{kind} {name}: {words}")));
    Ok(())
}

fn permission_sets(org: &Org, cleaned: &mut Cleaned) -> Result<(), Trouble> {
    for (id, name) in org.permission_sets()? {
        match org.remove_permission_set(&id, &name) {
            Ok(()) => cleaned.removed.push(format!("PermissionSet {name}")),
            Err(trouble) => cleaned.left.push(format!("PermissionSet {name}: {trouble}")),
        }
    }
    Ok(())
}
