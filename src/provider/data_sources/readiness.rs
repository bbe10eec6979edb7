//! `salesforce_headless_identity_readiness`: whether all gates of each variant of headless identity are open. A gate
//! that cannot be read is unknown and never counts as open.
//!
//! The data source only reads; it does not test a login. The gates are in `gates.rs`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::app_files::{self, AppFilesError, File, Resource};
use super::gates::{Client, Expects, GATES, Gate, Reads, VARIANTS, Variant};
use super::site::{Column as SiteColumn, Site};
use crate::metadata::Rule;
use crate::org::{Assignable, AssignmentCounts, Holders, Org};
use crate::provider::danger::shown;
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::resources::{external_client_app, oauth_settings, org_oauth_oidc_settings, policies};
use crate::record_id::is_same;
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_headless_identity_readiness",
    doc: "Checks the prerequisites of each variant of headless identity: the org setting, the app, its policies, its \
          users, and the Experience Cloud site. For use in `check` blocks.\n\nA gate is a setting or record that a \
          headless flow requires, such as an enabled flow or an active user of the app. A variant is `ready` if all \
          gates are open, `not_ready` if a gate is closed, and `unknown` if no gate is closed and a gate cannot be \
          read. The data source does not send requests to the site. A `ready` variant can still fail for reasons that \
          the API does not show, such as propagation delays.",
    columns: &[
        own(
            "external_client_app",
            Shape::Text,
            Role::Required,
            "The API name of the app, or `namespace__Name` for an app from a package.",
        ),
        own(
            "site",
            Shape::Text,
            Role::Optional,
            "The name of the Experience Cloud site, as shown in Setup under All Sites. If omitted, the gates of the \
             site are unknown.",
        ),
        Column::Own(Own {
            name: "client_type",
            shape: Shape::Text,
            role: Role::Optional,
            rules: &[Rule::Word(&["public", "private"])],
            doc: "`private` for a client that can keep a secret, such as a backend, or `public` for a client that \
                  cannot, such as a single-page app. If omitted, secrets and PKCE are not checked.",
        }),
        variant("login", "Headless login of named users."),
        variant("passwordless", "Headless passwordless login."),
        variant("registration", "Headless registration."),
        variant("forgot_password", "Headless forgot password, which does not require an app."),
        variant("guest", "Headless access for guest users."),
        variant("refresh", "The use of refresh tokens after a login."),
        own("ready_variants", Shape::Texts, Role::Result, "The variants that are `ready`."),
        own("not_ready_variants", Shape::Texts, Role::Result, "The variants that are `not_ready`."),
        own("unknown_variants", Shape::Texts, Role::Result, "The variants that are `unknown`."),
    ],
    one_of: &[],
    read,
    schema: OnceLock::new(),
};

const fn own(name: &'static str, shape: Shape, role: Role, doc: &'static str) -> Column {
    Column::Own(Own::new(name, shape, role, doc))
}

const fn variant(name: &'static str, doc: &'static str) -> Column {
    own(name, Shape::Object(STATUS), Role::Result, doc)
}

const STATUS: &[(&str, Shape)] = &[
    ("status", Shape::Text),
    (
        "blocking",
        Shape::Objects(&[
            ("gate", Shape::Text),
            ("field", Shape::Text),
            ("actual", Shape::Text),
            ("expected", Shape::Text),
            ("fix", Shape::Text),
        ]),
    ),
    ("unknown", Shape::Objects(&[("gate", Shape::Text), ("field", Shape::Text), ("why", Shape::Text)])),
];

/// The status of a gate.
enum GateStatus {
    Open,
    Closed {
        actual: String,
    },
    Unknown {
        why: String,
    },
    /// The gate does not apply to this client type or site.
    NotApplicable,
}

/// What the data source has read.
struct Facts<'a> {
    org: &'a Org,
    /// The resources of the app and the org's settings, or why they could not be read.
    resources: Result<Vec<Resource>, String>,
    site: Result<Site, String>,
    client: Option<Client>,
    /// The permission sets and profiles of the app, or why they are not known.
    permitted: Result<Vec<Assignable>, String>,
    counts: AssignmentCounts,
}

fn read(question: Question<'_>) -> ReadFuture<'_> {
    Box::pin(async move {
        let facts = gather(&question).await?;
        let mut statuses = Vec::new();
        for gate in GATES {
            statuses.push((gate, facts.judge(gate).await));
        }
        let mut found = Value::object::<&str>([]);
        let mut lists: [(&str, &str, Vec<Value>); 3] = [
            ("ready_variants", "ready", Vec::new()),
            ("not_ready_variants", "not_ready", Vec::new()),
            ("unknown_variants", "unknown", Vec::new()),
        ];
        for (variant, name) in VARIANTS {
            let report = report(*variant, &statuses);
            for (_, status, list) in &mut lists {
                if report.get("status").as_text() == Some(status) {
                    list.push(Value::text(*name));
                }
            }
            found.put(name, report);
        }
        for (name, _, list) in lists {
            found.put(name, Value::List(list));
        }
        Ok(found)
    })
}

/// Reads what several gates need.
///
/// # Errors
/// Returns an error if the app or the site does not exist, if the name of the app differs in case, or if the login
/// fails.
async fn gather<'a>(question: &Question<'a>) -> Result<Facts<'a>, Diagnostics> {
    let org = question.org;
    let session = org.session().await.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
    let app = question.argument("external_client_app").unwrap_or_default();
    let specs: [&'static ResourceSpec; 4] =
        [&external_client_app::SPEC, &oauth_settings::SPEC, &policies::SPEC, &org_oauth_oidc_settings::SPEC];
    let resources = match app_files::read(org, &session, &specs, app, question.deadline).await {
        Ok(resources) => Ok(resources),
        Err(AppFilesError::Unread(error)) => Err(error.to_string()),
        Err(AppFilesError::OtherCase { name }) => {
            return Err(diagnostics::other_case(app, &name).at_attribute("external_client_app").into());
        }
    };
    if let Ok([own, ..]) = resources.as_deref()
        && own.is_absent()
    {
        return Err(diagnostics::no_such_record("External Client App", "external_client_app", app).into());
    }
    let site = match question.argument("site") {
        None => Err("no site is set".to_owned()),
        Some(name) => match Site::read(org, name).await {
            Ok(Some(site)) => Ok(site),
            Ok(None) => return Err(diagnostics::no_such_record("Experience Cloud site", "site", name).into()),
            Err(error) => Err(error.to_string()),
        },
    };
    let client = match question.argument("client_type") {
        Some("public") => Some(Client::Public),
        Some(_) => Some(Client::Private),
        None => None,
    };
    let permitted = permitted(&resources);
    let mut counts = AssignmentCounts::new();
    if let Ok(assignables) = &permitted {
        let assignables: BTreeSet<Assignable> = assignables.iter().cloned().collect();
        counts = org.holders(assignables, question.deadline).await;
    }
    Ok(Facts { org, resources, site, client, permitted, counts })
}

/// The permission sets and profiles of the policies.
fn permitted(resources: &Result<Vec<Resource>, String>) -> Result<Vec<Assignable>, String> {
    let resources = resources.as_ref().map_err(Clone::clone)?;
    let mut assignables = Vec::new();
    for resource in resources {
        for row in resource.spec.rows() {
            let Some(record) = row.field.record else { continue };
            if let Some(File::Unreadable { why }) = resource.file_of(row.field.attribute) {
                return Err(why.clone());
            }
            let members = resource.values.get(row.field.attribute).members().unwrap_or_default();
            let names = members.iter().filter_map(Value::as_text);
            assignables.extend(names.map(|name| Assignable { object: record.object, name: name.to_owned() }));
        }
    }
    Ok(assignables)
}

/// The status of a variant: `not_ready` if a gate is closed, or else `unknown` if a gate is unknown.
fn report(variant: Variant, statuses: &[(&'static Gate, GateStatus)]) -> Value {
    let (mut blocking, mut unknown) = (Vec::new(), Vec::new());
    for (gate, status) in statuses.iter().filter(|(gate, _)| gate.variants.contains(&variant)) {
        match status {
            GateStatus::Open | GateStatus::NotApplicable => {}
            GateStatus::Closed { actual } => blocking.push(Value::object([
                ("gate", Value::text(gate.id)),
                ("field", Value::text(gate.field())),
                ("actual", Value::text(actual)),
                ("expected", Value::text(gate.expected())),
                ("fix", Value::text(gate.fix())),
            ])),
            GateStatus::Unknown { why } => unknown.push(Value::object([
                ("gate", Value::text(gate.id)),
                ("field", Value::text(gate.field())),
                ("why", Value::text(why)),
            ])),
        }
    }
    let status = match (blocking.is_empty(), unknown.is_empty()) {
        (false, _) => "not_ready",
        (true, false) => "unknown",
        (true, true) => "ready",
    };
    Value::object([
        ("status", Value::text(status)),
        ("blocking", Value::List(blocking)),
        ("unknown", Value::List(unknown)),
    ])
}

impl Facts<'_> {
    async fn judge(&self, gate: &Gate) -> GateStatus {
        let outcome = match &gate.reads {
            Reads::Attribute(spec, attribute) => self.attribute(spec, attribute, gate.expects),
            Reads::Site(column) => self.site_column(*column, gate.expects),
            Reads::Holders => self.holders(),
            Reads::Members => self.members().await,
            Reads::NewUsers => self.new_users(),
            Reads::NewMembers => self.new_members(),
            Reads::GuestUser => self.guest_user(),
            Reads::Protection(authentication, recaptcha) => self.protection(authentication, recaptcha),
        };
        outcome.unwrap_or_else(|why| GateStatus::Unknown { why })
    }

    fn resource(&self, spec: &'static ResourceSpec) -> Result<&Resource, String> {
        let resources = self.resources.as_ref().map_err(Clone::clone)?;
        let found = resources.iter().find(|resource| resource.spec.name == spec.name);
        found.ok_or_else(|| "the value was not read".to_owned())
    }

    fn site(&self) -> Result<&Site, String> {
        self.site.as_ref().map_err(Clone::clone)
    }

    fn attribute(
        &self,
        spec: &'static ResourceSpec,
        attribute: &str,
        expects: Expects,
    ) -> Result<GateStatus, String> {
        if matches!(expects, Expects::Client { .. }) && self.wanted_of_client(expects).is_none() {
            return Ok(GateStatus::NotApplicable);
        }
        let resource = self.resource(spec)?;
        match resource.file_of(attribute) {
            Some(File::Present) => {}
            Some(File::Absent) => {
                return Ok(GateStatus::Closed { actual: format!("the app has no {}", spec.noun) });
            }
            Some(File::Unreadable { why }) => return Err(why.clone()),
            None => return Err("the value was not read".to_owned()),
        }
        let value = resource.values.get(attribute);
        let actual = || GateStatus::Closed { actual: shown(value) };
        let open_if = |open: bool| if open { GateStatus::Open } else { actual() };
        let is_set =
            || if value.is_null() { Err("the org did not return the value".to_owned()) } else { Ok(()) };
        match expects {
            Expects::True => is_set().map(|()| open_if(value == &Value::Bool(true))),
            Expects::Word(word) => is_set().map(|()| open_if(value.as_text() == Some(word))),
            Expects::Not(word) => is_set().map(|()| open_if(value.as_text() != Some(word))),
            Expects::Something => Ok(open_if(value.members().is_some_and(|members| !members.is_empty()))),
            Expects::OneOf(words) => {
                let members = value.members().unwrap_or_default();
                let has = |word: &&str| {
                    members.iter().filter_map(Value::as_text).any(|text| text.eq_ignore_ascii_case(word))
                };
                Ok(open_if(words.iter().any(has)))
            }
            Expects::Client { .. } => {
                let wanted = self.wanted_of_client(expects);
                if wanted == Some(true) && value == &Value::Bool(false) && self.org_requires(attribute)? {
                    return Ok(GateStatus::Open);
                }
                is_set().map(|()| open_if(value.as_bool() == wanted))
            }
            Expects::MinutesOf(minutes) => {
                let needs = value.as_text() == Some("Custom");
                let missing = needs && resource.values.get(minutes).is_null();
                let actual = "Custom without minutes".to_owned();
                Ok(if missing { GateStatus::Closed { actual } } else { GateStatus::Open })
            }
            Expects::Words(_) => Err("the value was not read".to_owned()),
        }
    }

    /// The value that the client type requires. Returns `None` if any value is suitable, or if no client type is set.
    fn wanted_of_client(&self, expects: Expects) -> Option<bool> {
        match (expects, self.client?) {
            (Expects::Client { public, .. }, Client::Public) => public,
            (Expects::Client { private, .. }, Client::Private) => private,
            _ => None,
        }
    }

    /// Whether the org settings have an attribute with the same name that is true, which then applies to every app.
    fn org_requires(&self, attribute: &str) -> Result<bool, String> {
        let settings = self.resource(&org_oauth_oidc_settings::SPEC)?;
        match settings.file_of(attribute) {
            Some(File::Unreadable { why }) => Err(why.clone()),
            _ => Ok(settings.values.get(attribute) == &Value::Bool(true)),
        }
    }

    fn site_column(&self, column: SiteColumn, expects: Expects) -> Result<GateStatus, String> {
        let value = self.site()?.column(column)?;
        let open = match expects {
            Expects::True => value == &Json::Bool(true),
            Expects::Word(word) => value.as_str() == Some(word),
            Expects::Something => value.as_str().is_some_and(|text| !text.is_empty()),
            _ => return Err("the value was not read".to_owned()),
        };
        let actual = match value {
            Json::String(text) => text.clone(),
            Json::Null => "nothing".to_owned(),
            other => other.to_string(),
        };
        Ok(if open { GateStatus::Open } else { GateStatus::Closed { actual } })
    }

    /// Whether an active user has one of the permission sets or profiles. Another gate checks `permitted_users`.
    fn holders(&self) -> Result<GateStatus, String> {
        let assignables = self.permitted.as_ref().map_err(Clone::clone)?;
        if assignables.is_empty() {
            return Ok(GateStatus::Closed { actual: "no permission set and no profile".to_owned() });
        }
        let mut unknown = Vec::new();
        for assignable in assignables {
            match self.counts.get(assignable) {
                Some(Holders::Counted(count)) if *count > 0 => return Ok(GateStatus::Open),
                Some(Holders::Counted(_)) => {}
                Some(Holders::Unknown { why }) => unknown.push(format!("{}: {why}", assignable.name)),
                None => unknown.push(format!("{}: its users were not counted", assignable.name)),
            }
        }
        if !unknown.is_empty() {
            return Err(format!("the number of users is unknown: {}", unknown.join("; ")));
        }
        let names: Vec<&str> = assignables.iter().map(|assignable| assignable.name.as_str()).collect();
        Ok(GateStatus::Closed { actual: format!("no active user has {}", names.join(", ")) })
    }

    async fn members(&self) -> Result<GateStatus, String> {
        let site = self.site()?;
        let assignables = self.permitted.as_ref().map_err(Clone::clone)?;
        if assignables.is_empty() {
            // Another gate checks who can use the app. This gate checks only whether the site has members.
            let none = site.members()?.is_empty();
            let actual = "the site has no members".to_owned();
            return Ok(if none { GateStatus::Closed { actual } } else { GateStatus::Open });
        }
        match site.members_among(self.org, assignables).await? {
            (0, false) => Ok(GateStatus::Closed {
                actual: "no active user of the app is a member of the site".to_owned(),
            }),
            (0, true) => Err(
                "the provider cannot determine whether a user of the app is a member of the site through a permission \
                 set"
                    .to_owned(),
            ),
            _ => Ok(GateStatus::Open),
        }
    }

    /// Registered users get the default profile, and the permission sets that the Apex registration handler assigns.
    fn new_users(&self) -> Result<GateStatus, String> {
        let site = self.site()?;
        let assignables = self.permitted.as_ref().map_err(Clone::clone)?;
        let Some(profile) = site.default_profile()? else { return Ok(GateStatus::NotApplicable) };
        if assignables
            .iter()
            .any(|assignable| assignable.object == "Profile" && assignable.name.eq_ignore_ascii_case(profile))
        {
            return Ok(GateStatus::Open);
        }
        if assignables.iter().any(|assignable| assignable.object == "PermissionSet") {
            return Err(format!(
                "the policies do not contain the profile {profile}; whether the registration handler assigns one of \
                 their permission sets depends on its Apex code"
            ));
        }
        Ok(GateStatus::Closed { actual: format!("the policies do not contain {profile}") })
    }

    fn new_members(&self) -> Result<GateStatus, String> {
        let site = self.site()?;
        let Some(id) = site.column(DEFAULT_PROFILE)?.as_str() else { return Ok(GateStatus::NotApplicable) };
        let is_member = site.members()?.iter().any(|member| is_same(member, id));
        let actual = format!("{} is not a member", site.default_profile()?.unwrap_or(id));
        Ok(if is_member { GateStatus::Open } else { GateStatus::Closed { actual } })
    }

    fn guest_user(&self) -> Result<GateStatus, String> {
        let site = self.site()?;
        match site.has_guest()? {
            Some(true) => Ok(GateStatus::Open),
            Some(false) => Ok(GateStatus::Closed { actual: "no active guest user".to_owned() }),
            None => Err(format!(
                "there are active guest users without the profile {:?}; the API does not show which site they belong \
                 to",
                format!("{} Profile", site.name)
            )),
        }
    }

    /// Authentication or reCAPTCHA must be enabled. The API shows neither the app of the integration user nor the
    /// secret key of reCAPTCHA.
    fn protection(
        &self,
        authentication: &'static str,
        recaptcha: &'static str,
    ) -> Result<GateStatus, String> {
        let site = self.site()?;
        let is_on = |name| Ok::<bool, String>(site.column(SiteColumn::Auth(name))? == &Json::Bool(true));
        match (is_on(authentication)?, is_on(recaptcha)?) {
            (false, false) => Ok(GateStatus::Closed { actual: "neither".to_owned() }),
            (true, true) => {
                Err("enabled; the API does not show whether the secret key of reCAPTCHA is correct, or whether the app \
                     of the integration user has the required scope"
                    .to_owned())
            }
            (true, false) => {
                Err("enabled; the API does not show whether the app of the integration user has the required \
                     scope".to_owned())
            }
            (false, true) => {
                Err("enabled; the API does not show whether the secret key of reCAPTCHA is correct".to_owned())
            }
        }
    }
}

const DEFAULT_PROFILE: SiteColumn = SiteColumn::Auth("RegistrationUserDefaultProfileId");
