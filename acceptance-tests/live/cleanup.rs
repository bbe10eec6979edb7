//! Removes the components that this run, or any run, has created, and reports those that could not be removed.

use crate::client::CallError;
use crate::org::Org;
use acceptance_tests::org::APP;

/// The removed components, and those that could not be removed, with the reason.
#[derive(Debug, Default)]
pub struct CleanupResult {
    pub removed: Vec<String>,
    pub left: Vec<String>,
}

/// Deletes the apps, which also deletes their parts, then all remaining components by name, and the permission sets.
pub fn clean(org: &Org) -> CleanupResult {
    org.close();
    let mut cleanup = CleanupResult::default();
    if let Err(error) = components(org, &mut cleanup) {
        cleanup.left.push(format!("the components named {}… are unknown: {error}", org.scope));
    }
    if let Err(error) = permission_sets(org, &mut cleanup) {
        cleanup.left.push(format!("the permission sets named {}… are unknown: {error}", org.scope));
    }
    cleanup
}

fn components(org: &Org, cleanup: &mut CleanupResult) -> Result<(), CallError> {
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
            words = done.message();
            // Delete the apps one at a time: an app that cannot be deleted must not block the others.
            for app in &apps {
                org.delete(std::slice::from_ref(app), true)?;
            }
        }
    }
    // Delete the remaining components in reverse dependency order. They may include settings without an app.
    for (kind, name) in org.own()?.iter().rev() {
        let done = org.delete(&[(kind, name)], true)?;
        if !done.success {
            words = done.message();
        }
    }
    let after = org.own()?;
    cleanup.removed.extend(
        before.iter().filter(|one| !after.contains(one)).map(|(kind, name)| format!("{kind} {name}")),
    );
    cleanup.left.extend(after.iter().map(|(kind, name)| format!("{kind} {name}: {words}")));
    Ok(())
}

fn permission_sets(org: &Org, cleanup: &mut CleanupResult) -> Result<(), CallError> {
    for (id, name) in org.permission_sets()? {
        match org.remove_permission_set(&id, &name) {
            Ok(()) => cleanup.removed.push(format!("PermissionSet {name}")),
            Err(error) => cleanup.left.push(format!("PermissionSet {name}: {error}")),
        }
    }
    Ok(())
}
