//! Deletes the components of destructive manifests, and the components that depend on them.

use crate::apply::{Application, Message};
use crate::behavior;
use crate::component::text;
use crate::contract::{Contract, PARENT};
use crate::installed;
use crate::org::{APP, APP_POLICIES, GLOBAL_SETTINGS, OAUTH_POLICIES, OAUTH_SETTINGS};
use crate::package::{Manifest, Member};
use crate::tree::Tree;

pub fn delete(work: &mut Application<'_>, manifest: &Manifest) {
    let mut members: Vec<&Member> = manifest.members.iter().collect();
    // Delete parts before their app, so that a manifest may contain both.
    members.sort_by_key(|member| std::cmp::Reverse(behavior::rank(&member.kind)));
    for member in &members {
        let message = delete_member(work, manifest, member);
        work.messages.push(message);
    }
    let message = work.manifest_message(&manifest.file_name);
    work.messages.push(message);
}

fn delete_member(work: &mut Application<'_>, manifest: &Manifest, member: &Member) -> Message {
    let file = &manifest.file_name;
    let base = Message {
        component_type: member.kind.clone(),
        full_name: member.name.clone(),
        file_name: format!("{}{file}", work.prefix),
        ..Message::default()
    };
    let failure = |problem: String| Message {
        problem,
        problem_type: "Error".to_string(),
        line: member.line,
        column: 1,
        ..base.clone()
    };
    let kind = match Contract::get().by_package_name(&member.kind, &member.name) {
        Some(kind) if kind.is_settings() => return failure("Settings can't be deleted".to_string()),
        Some(kind) => kind,
        None => return failure(format!("not emulated: the metadata type {}", member.kind)),
    };
    let allowed = behavior::writers(&kind.name);
    if !allowed.iter().any(|permission| work.settings.user.may(permission)) {
        return failure(format!(
            "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights, you need {}",
            allowed.join(" or ")
        ));
    }
    let Some(component) = work.tree.get(&kind.name, &member.name) else {
        let problem = format!("No {} named: {} found", member.kind, member.name);
        // The full name in this message is that of the manifest, as clients expect.
        return work.warning(problem, Message { full_name: file.clone(), ..base.clone() });
    };
    if let Err(refusal) = installed::is_changeable(work.settings.org, &kind.name, &member.name) {
        return failure(refusal.text);
    }
    let app = text(&component.fields, PARENT).unwrap_or(&member.name).to_string();
    let goes_along = |kind: &str, name: &str| {
        manifest.members.iter().any(|other| other.kind == kind && other.name == name)
    };
    if [OAUTH_POLICIES, APP_POLICIES].contains(&kind.name.as_str()) {
        let settings = work.tree.part(OAUTH_SETTINGS, &app).map(|(name, _)| name.clone());
        let is_free = settings.as_deref().is_none_or(|settings| goes_along(OAUTH_SETTINGS, settings))
            || goes_along(APP, &app);
        if !is_free {
            return failure(format!(
                "not emulated: deleting {} while the app {app} keeps its settings",
                member.kind
            ));
        }
    }
    let id = component.id.clone();
    remove(&mut work.tree, &kind.name, &member.name);
    Message { id, success: true, deleted: true, ..base.clone() }
}

/// Removes a component and its dependents.
pub fn remove(tree: &mut Tree, kind: &str, name: &str) {
    let app = tree.get(kind, name).and_then(|component| text(&component.fields, PARENT)).map(str::to_string);
    tree.remove(kind, name);
    match (kind, app) {
        (APP, _) => {
            for components in tree.components.values_mut() {
                components.retain(|_, component| text(&component.fields, PARENT) != Some(name));
            }
            tree.consumers.remove(name);
            tree.pairs.forget(name);
        }
        (OAUTH_SETTINGS, Some(app)) => {
            for part in behavior::PARTS_OF_OAUTH {
                if let Some(components) = tree.components.get_mut(*part) {
                    components.retain(|_, component| text(&component.fields, PARENT) != Some(&app));
                }
            }
            tree.consumers.remove(&app);
            tree.pairs.forget(&app);
        }
        (GLOBAL_SETTINGS, Some(app)) => tree.pairs.forget(&app),
        _ => {}
    }
}
