//! The rows of users and their assignments.

use serde_json::{Value, json};

use crate::installed;
use crate::org::{Group, Org, PermissionSetGroup, User};
use crate::site::network::{GUEST_PROFILE, MEMBER_PROFILE, OTHER_PROFILE};
use crate::stamp::record_id;

pub const USER: &[&str] = &["Id", "IsActive", "Name", "Profile.Name", "ProfileId", "UserType", "Username"];
pub const PROFILE: &[&str] = &["Id", "Name"];
pub const PERMISSION_SET: &[&str] =
    &["Id", "IsOwnedByProfile", "Label", "License.Name", "LicenseId", "Name", "NamespacePrefix", "Type"];
pub const ASSIGNMENT: &[&str] = &[
    "Id",
    "Assignee.IsActive",
    "Assignee.ProfileId",
    "AssigneeId",
    "PermissionSet.Name",
    "PermissionSet.NamespacePrefix",
    "PermissionSetGroupId",
    "PermissionSetId",
];
pub const GROUP: &[&str] = &["Id", "DeveloperName", "MasterLabel", "NamespacePrefix"];
pub const GROUP_COMPONENT: &[&str] =
    &["Id", "PermissionSet.Name", "PermissionSet.NamespacePrefix", "PermissionSetGroupId", "PermissionSetId"];

/// Whether the user has one of the documented permissions that make the object visible.
pub fn may_see(user: &User, object: &str) -> bool {
    let needed: &[&str] = match object.to_ascii_lowercase().as_str() {
        "permissionsetassignment" => &["ViewSetup", "AssignPermissionSets", "ManageUsers"],
        "permissionsetgroup" => &["ViewSetup", "AssignPermissionSets", "ManageSessionPermissionSets"],
        "permissionsetgroupcomponent" => &["ViewSetup"],
        _ => return true,
    };
    needed.iter().any(|permission| user.may(permission))
}

/// The users in the org, and unnamed users for the remaining count of each profile.
pub fn users(org: &Org) -> Vec<Value> {
    let row = |id: &str, name: &str, username: &str, is_active: bool, profile: Option<&Group>| {
        json!({
            "Id": id,
            "IsActive": is_active,
            "Name": name,
            "Profile.Name": profile.map(|profile| &profile.name),
            "ProfileId": profile.map(|profile| &profile.id),
            "UserType": user_type(profile),
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

/// Of the seeded profiles, one belongs to guests and two are external; the others are internal.
fn user_type(profile: Option<&Group>) -> &'static str {
    match profile.map(|profile| profile.name.as_str()) {
        Some(GUEST_PROFILE) => "Guest",
        Some(MEMBER_PROFILE) => "CspLitePortal",
        Some(OTHER_PROFILE) => "PowerPartner",
        _ => "Standard",
    }
}

pub fn profiles(org: &Org) -> Vec<Value> {
    org.profiles.iter().map(|profile| json!({ "Id": profile.id, "Name": profile.name })).collect()
}

/// The permission sets of the org, and the one that represents the members of each group.
pub fn permission_sets(org: &Org) -> Vec<Value> {
    let row = |id: &str, name: &str, kind: &str| {
        json!({
            "Id": id, "IsOwnedByProfile": false, "Label": name, "License.Name": null, "LicenseId": null,
            "Name": installed::split(name).1, "NamespacePrefix": installed::split(name).0, "Type": kind,
        })
    };
    let own = org.permission_sets.iter().map(|set| row(&set.id, &set.name, "Regular"));
    let grouped = org.permission_set_groups.iter();
    own.chain(grouped.map(|group| row(&group.set_id, &group.set_name(), "Group"))).collect()
}

pub fn groups(org: &Org) -> Vec<Value> {
    let row = |group: &PermissionSetGroup| {
        json!({
            "Id": group.id, "DeveloperName": group.name, "MasterLabel": group.name, "NamespacePrefix": null,
        })
    };
    org.permission_set_groups.iter().map(row).collect()
}

pub fn group_components(org: &Org) -> Vec<Value> {
    let pairs = org.permission_set_groups.iter().flat_map(|group| {
        let sets = org.permission_sets.iter().filter(|set| group.members.contains(&set.name));
        sets.map(move |set| (group, set))
    });
    let row = |(index, (group, set)): (usize, (&PermissionSetGroup, &Group))| {
        json!({
            "Id": record_id("0PH", index as u64 + 1),
            "PermissionSet.Name": installed::split(&set.name).1,
            "PermissionSet.NamespacePrefix": installed::split(&set.name).0,
            "PermissionSetGroupId": group.id,
            "PermissionSetId": set.id,
        })
    };
    pairs.enumerate().map(row).collect()
}

/// The named and unnamed users with a direct assignment of a permission set, then those with an assignment of a
/// permission set group. The assignment of a group names the permission set that represents the group, not its members.
pub fn assignments(org: &Org) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut assign = |assignee: &str, is_active: bool, set: (&str, &str), group: Option<&str>| {
        rows.push(json!({
            "Id": record_id("0Pa", rows.len() as u64 + 1),
            "Assignee.IsActive": is_active,
            "Assignee.ProfileId": profile_id(org, assignee),
            "AssigneeId": assignee,
            "PermissionSet.Name": installed::split(set.1).1,
            "PermissionSet.NamespacePrefix": installed::split(set.1).0,
            "PermissionSetGroupId": group,
            "PermissionSetId": set.0,
        }));
    };
    for set in &org.permission_sets {
        for (holder, is_active) in holders(org, &set.name) {
            assign(&holder, is_active, (&set.id, &set.name), None);
        }
    }
    for (index, group) in org.permission_set_groups.iter().enumerate() {
        let direct = group.members.iter().flat_map(|name| holders(org, name)).take(group.holding_directly);
        let first = 900_000_000 + (index as u64) * 1_000_000;
        let unnamed = (0..group.holders).map(|holder| (record_id("005", first + holder), true));
        for (holder, is_active) in direct.chain(unnamed) {
            assign(&holder, is_active, (&group.set_id, &group.set_name()), Some(&group.id));
        }
    }
    rows
}

/// The profile of a named user; the profiles of unnamed users are not modeled.
fn profile_id<'a>(org: &'a Org, user: &str) -> Option<&'a str> {
    let profile = org.user(user)?.profile.as_ref()?;
    org.profiles.iter().find(|known| known.name == *profile).map(|profile| profile.id.as_str())
}

/// The users with a direct assignment of a permission set, and whether they are active.
fn holders(org: &Org, set: &str) -> Vec<(String, bool)> {
    let Some(place) = org.permission_sets.iter().position(|known| known.name == set) else {
        return Vec::new();
    };
    let count = org.permission_sets.get(place).map_or(0, |set| set.holders);
    let mut holders: Vec<(String, bool)> =
        org.assigned(set).map(|user| (user.id.clone(), user.active)).collect();
    let known = holders.iter().filter(|(_, is_active)| *is_active).count() as u64;
    let first = (place as u64 + 1) * 1_000_000;
    holders.extend((0..count.saturating_sub(known)).map(|holder| (record_id("005", first + holder), true)));
    holders
}
