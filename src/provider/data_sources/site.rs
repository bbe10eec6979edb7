//! An Experience Cloud site, read with queries: its status, its headless identity settings and its members.

use std::collections::BTreeSet;

use crate::org::soql::{self, listed, number, quoted, related, text};
use crate::org::{Assignable, Org, Row, Unavailable};

/// A column of the object `Network` or `NetworkAuthApiSettings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Network(&'static str),
    Auth(&'static str),
}

/// A site. A field that may be unreadable is either a value or the reason why it cannot be read.
pub struct Site {
    pub name: String,
    network: Row,
    auth: Result<Row, String>,
    /// Record IDs of the profiles and permission sets that are members.
    members: Result<BTreeSet<String>, String>,
    /// The profiles of active guest users.
    guests: Result<Vec<String>, String>,
}

/// The value of a column, or why it cannot be read.
pub type Fact<'a> = Result<&'a serde_json::Value, String>;

const AUTH: &[&str] = &[
    "DoesForgotPasswordRequireAuth",
    "DoesPwdlessLoginRequireAuth",
    "DoesRegistrationRequireAuth",
    "IsForgotPwdAllowed",
    "IsHeadlessUserRegistrationAllowed",
    "IsPwdlessLoginAllowed",
    "IsRecaptchaRequiredForgotPwd",
    "IsRecaptchaRequiredPwdlessLogin",
    "IsRecaptchaRequiredRgstr",
    "RegistrationExecutionUserId",
    "RegistrationHandlerId",
    "RegistrationUserDefaultProfile.Name",
    "RegistrationUserDefaultProfileId",
];

impl Site {
    /// Reads a site by name. Returns `None` if the org has no such site, or if the user cannot see the site.
    ///
    /// # Errors
    /// Returns an error if sites cannot be queried, for example because the org has no object `Network`.
    pub async fn read(org: &Org, name: &str) -> Result<Option<Site>, Unavailable> {
        let soql = format!("SELECT Id, Name, Status FROM Network WHERE Name = {}", quoted(name));
        let rows = org.query(&soql).await?;
        let Some(network) = rows.into_iter().find(|row| text(row, "Name") == Some(name)) else {
            return Ok(None);
        };
        let id = quoted(text(&network, "Id").unwrap_or_default());
        let words = |error: Unavailable| error.to_string();
        let soql = format!("SELECT {} FROM NetworkAuthApiSettings WHERE NetworkId = {id}", AUTH.join(", "));
        let auth = match org.query(&soql).await {
            Ok(rows) => {
                let none =
                    "the site has no headless identity settings, or the user that Terraform logs in as cannot see them"
                        .to_owned();
                rows.into_iter().next().ok_or(none)
            }
            Err(error) => Err(words(error)),
        };
        let soql = format!("SELECT ParentId FROM NetworkMemberGroup WHERE NetworkId = {id}");
        let members = org
            .query(&soql)
            .await
            .map_err(words)
            .map(|rows| rows.iter().filter_map(|row| text(row, "ParentId")).map(str::to_owned).collect());
        let soql = "SELECT Profile.Name FROM User WHERE UserType = 'Guest' AND IsActive = true";
        let guests = org.query(soql).await.map_err(words).map(|rows| {
            let profiles = rows.iter().map(|row| related(row, "Profile", "Name").unwrap_or_default());
            profiles.map(str::to_owned).collect()
        });
        Ok(Some(Site { name: name.to_owned(), network, auth, members, guests }))
    }

    pub fn column(&self, column: Column) -> Fact<'_> {
        let (row, name) = match column {
            Column::Network(name) => (&self.network, name),
            Column::Auth(name) => (self.auth.as_ref().map_err(Clone::clone)?, name),
        };
        row.get(name).ok_or_else(|| "the org did not return the value".to_owned())
    }

    /// The name of the profile that registered users get.
    pub fn default_profile(&self) -> Result<Option<&str>, String> {
        let row = self.auth.as_ref().map_err(Clone::clone)?;
        Ok(related(row, "RegistrationUserDefaultProfile", "Name"))
    }

    pub fn members(&self) -> Result<&BTreeSet<String>, String> {
        self.members.as_ref().map_err(Clone::clone)
    }

    /// Whether the site has an active guest user. Returns `None` if the org has active guest users, but it is unknown
    /// to which site they belong.
    pub fn has_guest(&self) -> Result<Option<bool>, String> {
        let guests = self.guests.as_ref().map_err(Clone::clone)?;
        let own = format!("{} Profile", self.name);
        Ok(match guests.as_slice() {
            [] => Some(false),
            _ if guests.contains(&own) => Some(true),
            _ => None,
        })
    }

    /// Returns a lower bound for the number of active users who have one of these permission sets or profiles and are
    /// members of the site, and whether there may be more such users.
    pub async fn members_among(&self, org: &Org, assignables: &[Assignable]) -> Result<(u64, bool), String> {
        let members = self.members()?;
        let of_kind = |prefix: &str| -> Vec<&str> {
            members.iter().map(String::as_str).filter(|id| id.starts_with(prefix)).collect()
        };
        let (profiles, sets) = (of_kind("00e"), of_kind("0PS"));
        let names = |object: &str| -> Vec<&str> {
            assignables
                .iter()
                .filter(|assignable| assignable.object == object)
                .map(|assignable| assignable.name.as_str())
                .collect()
        };
        let bare: Vec<&str> = names("PermissionSet").into_iter().map(|name| soql::parted(name).1).collect();
        let named = names("Profile");
        let mut queries = Vec::new();
        let active = "SELECT COUNT(Id) people FROM User WHERE IsActive = true";
        if !bare.is_empty() && !members.is_empty() {
            let held = held(org, &bare).await?;
            let assigned = format!(
                "SELECT COUNT_DISTINCT(AssigneeId) people FROM PermissionSetAssignment WHERE \
                 Assignee.IsActive = true AND {held}"
            );
            if !profiles.is_empty() {
                queries.push(format!("{assigned} AND Assignee.ProfileId IN ({})", listed(&profiles)));
            }
            if !sets.is_empty() {
                queries.push(format!("{assigned} AND PermissionSetId IN ({})", listed(&sets)));
            }
        }
        if !named.is_empty() && !profiles.is_empty() {
            queries.push(format!(
                "{active} AND Profile.Name IN ({}) AND ProfileId IN ({})",
                listed(&named),
                listed(&profiles)
            ));
        }
        let mut people = 0;
        for soql in queries {
            let rows = org.query(&soql).await.map_err(|error| error.to_string())?;
            let count = rows.first().and_then(|row| number(row, "people"));
            people += count.unwrap_or_default();
            if people > 0 {
                break;
            }
        }
        // A user may be a member through one permission set and use the app through another. A single query cannot find
        // such users.
        Ok((people, !sets.is_empty()))
    }
}

/// The condition for users who have a permission set, directly or through a permission set group.
async fn held(org: &Org, names: &[&str]) -> Result<String, String> {
    let direct = format!("PermissionSet.Name IN ({})", listed(names));
    let soql = format!("SELECT PermissionSetGroupId FROM PermissionSetGroupComponent WHERE {direct}");
    let rows = org.query(&soql).await.map_err(|error| error.to_string())?;
    let groups: BTreeSet<&str> = rows.iter().filter_map(|row| text(row, "PermissionSetGroupId")).collect();
    if groups.is_empty() {
        return Ok(direct);
    }
    Ok(format!("({direct} OR PermissionSetGroupId IN ({}))", listed(groups)))
}
