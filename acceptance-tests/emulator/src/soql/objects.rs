//! The objects that can be queried, as rows.

use serde_json::{Value, json};

use super::{Refusal, site};
use crate::component::text;
use crate::contract::PARENT;
use crate::installed;
use crate::job::Jobs;
use crate::org::{APP, Group, OAUTH_POLICIES, OAUTH_SETTINGS, Org, User};
use crate::stamp::{iso, record_id};

/// Where rows come from. The tooling API has objects of its own.
pub struct Source<'a> {
    pub org: &'a Org,
    pub jobs: &'a Jobs,
    pub is_tooling: bool,
}

pub fn columns(source: &Source<'_>, object: &str) -> &'static [&'static str] {
    if source.is_tooling {
        return DEPLOY_REQUEST;
    }
    match object.to_ascii_lowercase().as_str() {
        "organization" => &[
            "Id",
            "InstanceName",
            "IsSandbox",
            "Name",
            "NamespacePrefix",
            "OrganizationType",
            "TrialExpirationDate",
        ],
        "user" => &["Id", "IsActive", "Name", "Profile.Name", "ProfileId", "Username"],
        "permissionset" => &["Id", "IsOwnedByProfile", "Label", "Name"],
        "permissionsetassignment" => {
            &["Id", "Assignee.IsActive", "AssigneeId", "PermissionSet.Name", "PermissionSetId"]
        }
        "profile" => &["Id", "Name"],
        "network" => site::NETWORK,
        "networkauthapisettings" => site::AUTH_API_SETTINGS,
        "networkmembergroup" => site::MEMBER_GROUP,
        "externalclientapplication" => &[
            "Id",
            "DeveloperName",
            "DistributionState",
            "ManageableState",
            "MasterLabel",
            "NamespacePrefix",
            "OrgScopedExternalApp",
        ],
        "extlclntappoauthsettings" => {
            &["Id", "DeveloperName", "ExternalClientApplicationId", "SingleLogoutUrl"]
        }
        _ => &["Id", "DeveloperName", "ExternalClientApplicationId"],
    }
}

pub fn rows(source: &Source<'_>, object: &str) -> Result<Vec<Value>, Refusal> {
    let org = source.org;
    if source.is_tooling {
        return tooling_rows(source, object);
    }
    let app_id =
        |fields| text(fields, PARENT).and_then(|app| org.tree.get(APP, app)).map(|app| app.id.clone());
    let rows = match object.to_ascii_lowercase().as_str() {
        "organization" => vec![json!({
            "Id": org.id, "InstanceName": "EMU1", "IsSandbox": org.is_sandbox, "Name": org.name,
            "NamespacePrefix": null, "OrganizationType": org.switches.edition, "TrialExpirationDate": null,
        })],
        "user" => users(org),
        "permissionset" => org
            .permission_sets
            .iter()
            .map(|set| json!({ "Id": set.id, "IsOwnedByProfile": false, "Label": set.name, "Name": set.name }))
            .collect(),
        "permissionsetassignment" => org.permission_sets.iter().enumerate().flat_map(assignments).collect(),
        "profile" => {
            org.profiles.iter().map(|profile| json!({ "Id": profile.id, "Name": profile.name })).collect()
        }
        "network" => site::networks(org),
        "networkauthapisettings" => site::auth_api_settings(org),
        "networkmembergroup" => site::member_groups(org),
        "externalclientapplication" => org
            .tree
            .all(APP)
            .map(|(name, app)| {
                json!({
                    "Id": app.id, "DeveloperName": installed::split(name).1, "MasterLabel": text(&app.fields, "label"),
                    "DistributionState": text(&app.fields, "distributionState"),
                    "ManageableState": installed::manageable_state(name),
                    "NamespacePrefix": installed::split(name).0, "OrgScopedExternalApp": text(&app.fields, "orgScopedExternalApp"),
                })
            })
            .collect(),
        "extlclntappoauthsettings" => org
            .tree
            .all(OAUTH_SETTINGS)
            .map(|(name, settings)| {
                json!({
                    "Id": settings.id, "DeveloperName": installed::split(name).1, "ExternalClientApplicationId": app_id(&settings.fields),
                    "SingleLogoutUrl": text(&settings.fields, "singleLogoutUrl"),
                })
            })
            .collect(),
        "extlclntappoauthplcycnfg" => org
            .tree
            .all(OAUTH_POLICIES)
            .map(|(name, policies)| {
                json!({
                    "Id": policies.id, "DeveloperName": name, "ExternalClientApplicationId": app_id(&policies.fields),
                })
            })
            .collect(),
        _ => {
            return Err((
                "INVALID_TYPE",
                format!("sObject type '{object}' is not supported. (not imitated here)"),
            ));
        }
    };
    Ok(rows)
}

const DEPLOY_REQUEST: &[&str] = &[
    "Id",
    "CheckOnly",
    "CompletedDate",
    "CreatedById",
    "CreatedDate",
    "ErrorMessage",
    "ErrorStatusCode",
    "StartDate",
    "Status",
];

fn tooling_rows(source: &Source<'_>, object: &str) -> Result<Vec<Value>, Refusal> {
    if !object.eq_ignore_ascii_case("DeployRequest") {
        return Err((
            "INVALID_TYPE",
            format!("sObject type '{object}' is not supported. (not imitated here)"),
        ));
    }
    let row = |deploy: &crate::job::Deploy| {
        json!({
            "Id": deploy.id,
            "CheckOnly": deploy.options.check_only,
            "CompletedDate": deploy.completed.map(iso),
            "CreatedById": deploy.user,
            "CreatedDate": iso(deploy.created),
            "ErrorMessage": deploy.error_message,
            "ErrorStatusCode": deploy.error_code,
            "StartDate": deploy.started.map(iso),
            "Status": deploy.status,
        })
    };
    Ok(source.jobs.deploys.iter().map(row).collect())
}

/// The users of the org, and strangers for the rest of the holders of each profile.
fn users(org: &Org) -> Vec<Value> {
    let row = |id: &str, name: &str, username: &str, is_active: bool, profile: Option<&Group>| {
        json!({
            "Id": id,
            "IsActive": is_active,
            "Name": name,
            "Profile.Name": profile.map(|profile| &profile.name),
            "ProfileId": profile.map(|profile| &profile.id),
            "Username": username,
        })
    };
    let own = |user: &User| {
        let profile = org.profiles.iter().find(|profile| Some(&profile.name) == user.profile.as_ref());
        row(&user.id, &user.name, &user.username, user.active, profile)
    };
    let mut rows: Vec<Value> = org.users.iter().map(own).collect();
    for (index, profile) in org.profiles.iter().enumerate() {
        let known = org.of_profile(&profile.name).filter(|user| user.active).count() as u64;
        for holder in 0..profile.holders.saturating_sub(known) {
            let id = record_id("005", 500_000_000 + (index as u64) * 1_000_000 + holder);
            let name = format!("Holder {holder} of {}", profile.name);
            rows.push(row(&id, &name, &format!("{id}@holders.example"), true, Some(profile)));
        }
    }
    rows
}

fn assignments((index, set): (usize, &Group)) -> impl Iterator<Item = Value> {
    let first = (index as u64 + 1) * 1_000_000;
    (0..set.holders).map(move |holder| {
        json!({
            "Id": record_id("0Pa", first + holder),
            "Assignee.IsActive": true,
            "AssigneeId": record_id("005", first + holder),
            "PermissionSet.Name": set.name,
            "PermissionSetId": set.id,
        })
    })
}
