//! The org: components, users, login apps, sessions. Stored in the state file, except for former trees. The switches
//! are in `switches.rs`, changes to components in `apply.rs`, the handling of their values in `behavior.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::component::{Fields, Value, is_true};
use crate::pace::{Pace, Span};
use crate::site::network::{GUEST_PROFILE, MEMBER_PROFILE, OTHER_PROFILE, REGISTRATION_HANDLER};
use crate::site::people::{External, LoginPolicy};
use crate::site::{Network, Site, SiteSession, people};
use crate::stamp::{self, Millis};
use crate::switches::Switches;
use crate::tree::Tree;

pub const APP: &str = "ExternalClientApplication";
pub const OAUTH_SETTINGS: &str = "ExtlClntAppOauthSettings";
pub const GLOBAL_SETTINGS: &str = "ExtlClntAppGlobalOauthSettings";
pub const OAUTH_POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
pub const APP_POLICIES: &str = "ExtlClntAppConfigurablePolicies";
pub const OIDC_SETTINGS: &str = "OauthOidcSettings";
pub const APP_SETTINGS: &str = "ExternalClientAppSettings";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: String,
    pub username: String,
    pub name: String,
    pub permissions: BTreeSet<String>,
    /// Whether an administrator has approved the login app for this user.
    pub approved: bool,
    pub active: bool,
    /// The name of the profile. The profiles of seeded internal users other than administrators are not modeled.
    #[serde(default)]
    pub profile: Option<String>,
    /// The names of the assigned permission sets. Included in the counts of `Org::permission_sets`.
    #[serde(default)]
    pub permission_sets: BTreeSet<String>,
    /// Set for users with an external license, who log in only on the site.
    #[serde(default)]
    pub external: Option<External>,
}

impl User {
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission)
    }
}

/// A permission set or a profile, and its number of active users: those of `Org::users`, and unnamed ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub holders: u64,
}

/// Permission sets that are assigned together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PermissionSetGroup {
    pub id: String,
    /// The ID of the permission set that represents all members.
    pub set_id: String,
    pub name: String,
    /// Permission sets by name.
    pub members: BTreeSet<String>,
    /// The number of users with the group and without a direct assignment of a member.
    pub holders: u64,
    /// The number of users with the group and a direct assignment of a member.
    pub holding_directly: usize,
}

impl PermissionSetGroup {
    pub fn set_name(&self) -> String {
        format!("X00ex{}", self.id)
    }
}

/// The app that automation logs in with: a connected app, which is not part of the emulated metadata.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginApp {
    pub client_id: String,
    pub client_secret: String,
    pub certificate: String,
    /// The user of the client credentials flow.
    pub run_as: String,
    /// Whether its tokens are JWTs, which SOAP rejects below API version 68.
    pub jwt_tokens: bool,
    pub refresh_token: String,
    /// The refresh tokens that were replaced or revoked.
    #[serde(default)]
    pub former_refresh_tokens: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub token: String,
    pub user: String,
    pub client: String,
    /// The external client app that the token was issued to.
    pub app: Option<String>,
    pub issued: Millis,
    pub expired: bool,
    pub jwt: bool,
    /// Set if the user logged in on the site.
    #[serde(default)]
    pub site: Option<SiteSession>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Org {
    pub id: String,
    pub name: String,
    pub is_sandbox: bool,
    pub api_version: u32,
    pub tree: Tree,
    pub users: Vec<User>,
    pub permission_sets: Vec<Group>,
    #[serde(default)]
    pub permission_set_groups: Vec<PermissionSetGroup>,
    pub profiles: Vec<Group>,
    pub apex_classes: BTreeSet<String>,
    pub login_apps: Vec<LoginApp>,
    #[serde(default)]
    pub token_handlers: Vec<crate::exchange::TokenHandler>,
    pub sessions: Vec<Session>,
    /// The secrets and keys that the org has issued, including rotated ones.
    pub secrets: BTreeSet<String>,
    pub switches: Switches,
    #[serde(default = "default_site")]
    pub site: Site,
    /// The login requirements of profiles, by name.
    #[serde(default)]
    pub login_policies: BTreeMap<String, LoginPolicy>,
    /// The URL of this org's host.
    #[serde(default)]
    pub url: String,
    /// The trees that the OAuth endpoints may still use while changes propagate, each with the time from which it is
    /// valid.
    #[serde(skip)]
    pub spreading: Vec<(Millis, Tree)>,
    /// Former trees, each with the time until which lists show it.
    #[serde(skip)]
    pub listed: VecDeque<(Millis, Tree)>,
    /// The tree at the last check, to detect changes for `listed`.
    #[serde(skip)]
    last_seen: Option<Tree>,
    /// The number of tree changes so far, an input of the random lag of lists.
    #[serde(skip)]
    changes: u64,
    /// The offset of the org's clock from the machine's.
    #[serde(default)]
    pub clock_ahead_ms: Millis,
    /// The session timeout of the org, for sessions without a timeout from a profile or an app.
    #[serde(default = "default_session_timeout")]
    pub session_timeout_minutes: u64,
}

fn default_session_timeout() -> u64 {
    120
}

/// For state files from older emulators.
fn default_site() -> Site {
    Site::new(Network::seed("example"))
}

pub const ALL_PERMISSIONS: &[&str] = &[
    "ApiEnabled",
    "ExternalClientAppAdmin",
    "ExternalClientAppDeveloper",
    "ExternalClientAppViewer",
    "ManageConnectedApps",
    "ManageProfilesPermissionsets",
    "ModifyMetadata",
    "ViewClientSecret",
    "ViewConsumerSecretsInMetadata",
    "ViewSetup",
];

/// Every org has this profile under this label, and files name profiles by label.
pub const ADMINISTRATOR_PROFILE: &str = "System Administrator";

/// The user number of the administrator who makes the changes requested through `/emulator/components`.
pub const OTHER_ADMIN: u64 = 5;

impl Org {
    pub fn new(id: &str, name: &str, api_version: u32, certificate: &str) -> Org {
        let mut tree = Tree { issued_ids: 1000, ..Tree::default() };
        let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
        let user = |number: u64, login: &str, name: &str, permissions: &[&str]| User {
            id: stamp::record_id("005", number),
            username: format!("{login}@{domain}"),
            name: name.to_string(),
            permissions: permissions.iter().map(|name| (*name).to_string()).collect(),
            approved: true,
            active: true,
            profile: None,
            permission_sets: BTreeSet::new(),
            external: None,
        };
        let administrator = |user: User| User { profile: Some(ADMINISTRATOR_PROFILE.to_string()), ..user };
        let mut users = vec![
            administrator(user(1, "admin", "Ada Admin", ALL_PERMISSIONS)),
            user(
                2,
                "app.admin",
                "Alan Appadmin",
                &["ApiEnabled", "ExternalClientAppAdmin", "ModifyMetadata", "ViewSetup"],
            ),
            user(3, "limited", "Lee Limited", &["ApiEnabled"]),
            user(4, "integration", "Ingo Integration", &["ApiEnabled"]),
            administrator(user(OTHER_ADMIN, "other.admin", "Otto Other", ALL_PERMISSIONS)),
            User {
                username: "integration@example.com".to_string(),
                ..user(6, "integration", "Inge Integration", &["ApiEnabled"])
            },
        ];
        users.extend(people::seed(&domain));
        let site = Site::new(Network::seed(&domain));
        let at = stamp::now();
        let fields = |entries: &[(&str, &str)]| -> Fields {
            entries.iter().map(|(name, value)| ((*name).to_string(), Value::text(*value))).collect()
        };
        let admin = stamp::record_id("005", 1);
        tree.put(
            OIDC_SETTINGS,
            "OauthOidc",
            fields(&[
                ("agentAuthLinking", "false"),
                ("blockOAuthUnPwFlow", "true"),
                ("blockOAuthUsrAgtFlow", "true"),
                ("isPkceRequired", "false"),
                ("oAuthCdCrdtFlowEnable", "true"),
            ]),
            &admin,
            at,
        );
        tree.put(
            APP_SETTINGS,
            "ExternalClientApp",
            fields(&[
                ("enableClientSecretInRestApiAccess", "true"),
                ("enableConsumerSecretApiAccess", "true"),
                ("enablePackageEcaOauthFromDevOrg", "false"),
            ]),
            &admin,
            at,
        );
        let group = |prefix: &str, number: u64, name: &str, holders: u64| Group {
            id: stamp::record_id(prefix, number),
            name: name.to_string(),
            holders,
        };
        let login_app = LoginApp {
            client_id: format!("3MVG9canaryLOGIN{}", stamp::random_text(40)),
            client_secret: format!("canaryLOGINSECRET{}", stamp::random_text(32)),
            certificate: certificate.to_string(),
            run_as: format!("admin@{domain}"),
            jwt_tokens: false,
            refresh_token: format!("5Aep861canaryREFRESH{}", stamp::random_text(40)),
            former_refresh_tokens: BTreeSet::new(),
        };
        let mut secrets: BTreeSet<String> =
            [login_app.client_secret.clone(), login_app.refresh_token.clone()].into();
        secrets
            .extend(users.iter().filter_map(|user| user.external.as_ref()).map(|own| own.password.clone()));
        secrets.extend(site.network.auth_api.recaptcha_secret_key.clone());
        secrets.remove("");
        Org {
            id: id.to_string(),
            name: name.to_string(),
            is_sandbox: false,
            api_version,
            tree,
            users,
            permission_sets: vec![
                group("0PS", 1, "Shop_Customer", 214),
                group("0PS", 2, "Shop_Staff", 12),
                group("0PS", 3, "Integration", 1),
            ],
            permission_set_groups: Vec::new(),
            profiles: vec![
                group("00e", 1, "Admin", 1),
                group("00e", 2, "Standard", 8),
                group("00e", 3, MEMBER_PROFILE, 200),
                group("00e", 4, OTHER_PROFILE, 1),
                group("00e", 5, GUEST_PROFILE, 1),
                group("00e", 6, ADMINISTRATOR_PROFILE, 2),
            ],
            apex_classes: [REGISTRATION_HANDLER.to_string()].into(),
            login_apps: vec![login_app],
            token_handlers: Vec::new(),
            sessions: Vec::new(),
            secrets,
            switches: Switches::default(),
            site,
            login_policies: BTreeMap::new(),
            url: String::new(),
            spreading: Vec::new(),
            listed: VecDeque::new(),
            last_seen: None,
            changes: 0,
            clock_ahead_ms: 0,
            session_timeout_minutes: default_session_timeout(),
        }
    }

    /// The org's clock. It follows the machine's clock and can be advanced.
    pub fn now(&self) -> Millis {
        stamp::now().saturating_add(self.clock_ahead_ms)
    }

    /// The apps and settings as the OAuth endpoints see them.
    pub fn in_effect(&self) -> &Tree {
        let due = self.now().saturating_sub(self.switches.propagation_ms);
        let spread = self.spreading.iter().rev().find(|(since, _)| *since <= due);
        spread.or(self.spreading.first()).map_or(&self.tree, |(_, tree)| tree)
    }

    /// The components as listMetadata shows them.
    pub fn in_lists(&self) -> &Tree {
        self.listed.front().map_or(&self.tree, |(_, tree)| tree)
    }

    /// Keeps the former trees that lists still show.
    fn note_lists(&mut self, now: Millis) {
        if self.switches.pace == Pace::Fixed && self.switches.list_lag_ms == 0 {
            self.listed.clear();
            self.last_seen = None;
            return;
        }
        let before = self.last_seen.get_or_insert_with(|| self.tree.clone());
        if before.components != self.tree.components {
            let until = now + self.switches.time(Span::ListLag, self.changes);
            let former = std::mem::replace(before, self.tree.clone());
            // A change never appears before an earlier one.
            let earliest = self.listed.back().map_or(0, |(until, _)| *until);
            self.listed.push_back((until.max(earliest), former));
            self.changes += 1;
        }
        while self.listed.front().is_some_and(|(until, _)| *until <= now) {
            self.listed.pop_front();
        }
    }

    /// Stores the tree after a change, and drops trees that are no longer visible.
    pub fn note_changes(&mut self) {
        self.note_lists(self.now());
        if !self.switches.changes_propagate || self.switches.propagation_ms == 0 {
            self.spreading.clear();
            return;
        }
        let now = self.now();
        match self.spreading.last() {
            None => self.spreading.push((0, self.tree.clone())),
            Some((_, last)) if *last != self.tree => self.spreading.push((now, self.tree.clone())),
            Some(_) => {}
        }
        let due = now.saturating_sub(self.switches.propagation_ms);
        while self.spreading.get(1).is_some_and(|(since, _)| *since <= due) {
            self.spreading.remove(0);
        }
    }

    /// The named users with a permission set.
    pub fn assigned<'a>(&'a self, permission_set: &'a str) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| user.permission_sets.contains(permission_set))
    }

    /// Updates the counts of assigned users when a user is changed, added or removed.
    pub fn recount(&mut self, before: Option<&User>, after: Option<&User>) -> Result<(), String> {
        let held = |user: Option<&User>| -> (BTreeSet<String>, BTreeSet<String>) {
            let user = user.filter(|user| user.active);
            let sets = user.map(|user| user.permission_sets.clone()).unwrap_or_default();
            (sets, user.and_then(|user| user.profile.clone()).into_iter().collect())
        };
        let ((old_sets, old_profile), (new_sets, new_profile)) = (held(before), held(after));
        for (what, groups, old, new) in [
            ("permission set", &mut self.permission_sets, old_sets, new_sets),
            ("profile", &mut self.profiles, old_profile, new_profile),
        ] {
            for name in &new {
                let group = groups.iter_mut().find(|group| group.name == *name);
                let group = group.ok_or_else(|| format!("no {what} {name}"))?;
                group.holders += u64::from(!old.contains(name));
            }
            for group in
                groups.iter_mut().filter(|group| old.contains(&group.name) && !new.contains(&group.name))
            {
                group.holders = group.holders.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// The named users with a profile.
    pub fn of_profile<'a>(&'a self, profile: &'a str) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| user.profile.as_deref() == Some(profile))
    }

    pub fn setting(&self, kind: &str, element: &str) -> bool {
        self.tree.all(kind).any(|(_, component)| is_true(&component.fields, element))
    }

    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn user_named(&self, username: &str) -> Option<&User> {
        self.users.iter().find(|user| user.username.eq_ignore_ascii_case(username))
    }

    pub fn open_session(&mut self, user: &str, client: &str, app: Option<&str>, jwt: bool) -> String {
        let token = if jwt {
            use base64::Engine;
            let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
            format!(
                "{}.{}.{}",
                part(r#"{"alg":"RS256","typ":"JWT","tty":"sfdc-core-token"}"#),
                part(&format!(r#"{{"sub":"uid:{user}","jti":"{}"}}"#, stamp::random_text(16))),
                stamp::random_text(86)
            )
        } else {
            format!("{}!AQcanaryTOKEN.{}", self.id, stamp::random_text(80))
        };
        self.secrets.insert(token.clone());
        self.sessions.push(Session {
            token: token.clone(),
            user: user.to_string(),
            client: client.to_string(),
            app: app.map(str::to_string),
            issued: self.now(),
            expired: false,
            jwt,
            site: None,
        });
        token
    }

    /// Revokes the tokens of apps that no longer have a Global file.
    pub fn end_sessions_of_deleted_apps(&mut self) {
        for session in &mut self.sessions {
            if session.app.as_deref().is_some_and(|app| self.tree.part(GLOBAL_SETTINGS, app).is_none()) {
                session.expired = true;
            }
        }
    }

    /// A number that identifies a session without revealing its token.
    pub fn session_number(&self, token: &str) -> Option<usize> {
        self.sessions.iter().position(|session| session.token == token)
    }

    pub fn session(&self, token: &str) -> Option<&Session> {
        let now = self.now();
        let is_in_time = |session: &Session| session.site.as_ref().is_none_or(|site| now < site.expires);
        self.sessions.iter().find(|session| session.token == token && !session.expired && is_in_time(session))
    }

    /// Whether `user` may read Global files.
    pub fn shows_global(&self, user: &User) -> bool {
        self.setting(APP_SETTINGS, "enableConsumerSecretApiAccess")
            && user.may("ViewConsumerSecretsInMetadata")
    }
}
