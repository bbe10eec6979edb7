//! The objects that can be queried, as rows.

use serde_json::{Value, json};

use super::Refusal;
use crate::component::text;
use crate::contract::PARENT;
use crate::org::{APP, OAUTH_POLICIES, OAUTH_SETTINGS, Org};

pub fn columns(object: &str) -> &'static [&'static str] {
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
        "user" => &["Id", "IsActive", "Name", "Username"],
        "permissionset" => &["Id", "IsOwnedByProfile", "Label", "Name"],
        "permissionsetassignment" => &["Id", "AssigneeId", "PermissionSetId", "PermissionSet.Name"],
        "profile" => &["Id", "Name"],
        "externalclientapplication" => &[
            "Id",
            "DeveloperName",
            "DistributionState",
            "ManageableState",
            "MasterLabel",
            "NamespacePrefix",
            "OrgScopedExternalApp",
        ],
        "extlclntappoauthsettings" => &[
            "Id",
            "DeveloperName",
            "ExternalClientApplicationId",
            "SingleLogoutUrl",
        ],
        _ => &["Id", "DeveloperName", "ExternalClientApplicationId"],
    }
}

pub fn rows(org: &Org, object: &str) -> Result<Vec<Value>, Refusal> {
    let app_id = |fields| {
        text(fields, PARENT)
            .and_then(|app| org.tree.get(APP, app))
            .map(|app| app.id.clone())
    };
    let rows = match object.to_ascii_lowercase().as_str() {
        "organization" => vec![json!({
            "Id": org.id, "InstanceName": "EMU1", "IsSandbox": org.is_sandbox, "Name": org.name,
            "NamespacePrefix": null, "OrganizationType": "Developer Edition", "TrialExpirationDate": null,
        })],
        "user" => org
            .users
            .iter()
            .map(|user| json!({ "Id": user.id, "IsActive": user.active, "Name": user.name, "Username": user.username }))
            .collect(),
        "permissionset" => org
            .permission_sets
            .iter()
            .map(|set| json!({ "Id": set.id, "IsOwnedByProfile": false, "Label": set.name, "Name": set.name }))
            .collect(),
        "permissionsetassignment" => org
            .permission_sets
            .iter()
            .enumerate()
            .flat_map(|(index, set)| {
                (0..set.holders).map(move |holder| {
                    json!({
                        "Id": crate::stamp::record_id("0Pa", (index as u64 + 1) * 1_000_000 + holder),
                        "AssigneeId": crate::stamp::record_id("005", (index as u64 + 1) * 1_000_000 + holder),
                        "PermissionSetId": set.id,
                        "PermissionSet.Name": set.name,
                    })
                })
            })
            .collect(),
        "profile" => {
            org.profiles.iter().map(|profile| json!({ "Id": profile.id, "Name": profile.name })).collect()
        }
        "externalclientapplication" => org
            .tree
            .all(APP)
            .map(|(name, app)| {
                json!({
                    "Id": app.id, "DeveloperName": name, "MasterLabel": text(&app.fields, "label"),
                    "DistributionState": text(&app.fields, "distributionState"), "ManageableState": "unmanaged",
                    "NamespacePrefix": null, "OrgScopedExternalApp": text(&app.fields, "orgScopedExternalApp"),
                })
            })
            .collect(),
        "extlclntappoauthsettings" => org
            .tree
            .all(OAUTH_SETTINGS)
            .map(|(name, settings)| {
                json!({
                    "Id": settings.id, "DeveloperName": name, "ExternalClientApplicationId": app_id(&settings.fields),
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
