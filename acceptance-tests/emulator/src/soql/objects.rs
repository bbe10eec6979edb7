//! The objects that can be queried, as rows.

use serde_json::{Value, json};

use super::{Refusal, people, site};
use crate::component::text;
use crate::contract::PARENT;
use crate::installed;
use crate::job::Jobs;
use crate::org::{APP, APP_POLICIES, OAUTH_POLICIES, OAUTH_SETTINGS, Org, User};
use crate::stamp::iso;

/// The source of the rows. The tooling API has its own objects.
pub struct Source<'a> {
    pub org: &'a Org,
    pub jobs: &'a Jobs,
    /// The user who runs the query.
    pub user: &'a User,
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
        "user" => people::USER,
        "permissionset" => people::PERMISSION_SET,
        "permissionsetassignment" => people::ASSIGNMENT,
        "permissionsetgroup" => people::GROUP,
        "permissionsetgroupcomponent" => people::GROUP_COMPONENT,
        "profile" => people::PROFILE,
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
    let is_of_sites = object.to_ascii_lowercase().starts_with("network");
    if !people::may_see(source.user, object) || is_of_sites && org.switches.no_sites {
        return Err(("INVALID_TYPE", format!("sObject type '{object}' is not supported.")));
    }
    let rows = match object.to_ascii_lowercase().as_str() {
        "organization" => vec![json!({
            "Id": org.id, "InstanceName": "EMU1", "IsSandbox": org.is_sandbox, "Name": org.name,
            "NamespacePrefix": null, "OrganizationType": org.switches.edition, "TrialExpirationDate": null,
        })],
        "user" => people::users(org),
        "permissionset" => people::permission_sets(org),
        "permissionsetassignment" => people::assignments(org),
        "permissionsetgroup" => people::groups(org),
        "permissionsetgroupcomponent" => people::group_components(org),
        "profile" => people::profiles(org),
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
        "extlclntappoauthplcycnfg" | "extlclntappplcycnfg" => org
            .tree
            .all(if object.eq_ignore_ascii_case("ExtlClntAppPlcyCnfg") { APP_POLICIES } else { OAUTH_POLICIES })
            .map(|(name, policies)| {
                json!({
                    "Id": policies.id, "DeveloperName": name, "ExternalClientApplicationId": app_id(&policies.fields),
                })
            })
            .collect(),
        _ => {
            return Err((
                "INVALID_TYPE",
                format!("sObject type '{object}' is not supported. (not emulated here)"),
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
            format!("sObject type '{object}' is not supported. (not emulated here)"),
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
