//! The fixture of a case: a separate org that contains an app of another owner, the proxy in front of it, and a
//! workspace whose provider uses the proxy as the org.
//!
//! The checks that follow a case are in `invariants`.

use crate::foreign_server::ForeignServer;
use crate::proxy::Proxy;
use acceptance_tests::canary::Secret;
use acceptance_tests::configurations;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, Component};
use acceptance_tests::target::{Credentials, Target};
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The app of another owner.
pub const FOREIGN: &str = "Foreign";
/// The app under test.
pub const SHOP: &str = "Shop";
/// The metadata types of an app.
pub const FILES: [&str; 5] = [org::APP, org::OAUTH, org::GLOBAL_OAUTH, org::POLICIES, org::OAUTH_POLICIES];

/// The operation under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Create,
    Update,
    Replace,
    Destroy,
    Rotate,
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Replace, Self::Destroy, Self::Rotate];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Destroy => "destroy",
            Self::Rotate => "rotate",
        }
    }

    /// The arguments of the Terraform command.
    #[must_use]
    pub fn arguments(self, shape: Shape) -> Vec<&'static str> {
        let mut arguments = match self {
            Self::Destroy => vec!["destroy"],
            _ => vec!["apply"],
        };
        arguments.extend(["-no-color", "-input=false", "-auto-approve"]);
        if self == Self::Replace {
            arguments.push(match shape {
                Shape::Client => "-replace=salesforce_oauth_client.shop",
                Shape::Parts => "-replace=salesforce_external_client_app.shop",
            });
        }
        arguments
    }
}

/// Whether the configuration manages the app as one resource or as three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Client,
    Parts,
}

impl Shape {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Parts => "parts",
        }
    }

    /// The address of the resource with the consumer key.
    #[must_use]
    pub const fn keyed(self) -> &'static str {
        match self {
            Self::Client => "salesforce_oauth_client.shop",
            Self::Parts => "salesforce_external_client_app_oauth_settings.shop",
        }
    }
}

/// The values that an update or a rotation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppVersion {
    pub label: &'static str,
    pub minutes: u32,
    pub rotation: Option<u32>,
}

pub const FIRST: AppVersion = AppVersion { label: "Shop", minutes: 30, rotation: None };
pub const CHANGED: AppVersion = AppVersion { label: "Laden", minutes: 15, rotation: None };

#[must_use]
pub fn configuration(shape: Shape, version: AppVersion) -> String {
    let AppVersion { label, minutes, rotation } = version;
    let shop = match shape {
        Shape::Client => configurations::SHOP_CLIENT,
        Shape::Parts => configurations::SHOP,
    };
    let label = format!("= \"{label}\"\n  contact_email");
    let mut text =
        shop.replace("= \"Shop\"\n  contact_email", &label).replace("= 30\n", &format!("= {minutes}\n"));
    if let Some(version) = rotation {
        let of = match shape {
            Shape::Client => "salesforce_oauth_client.shop.id",
            Shape::Parts => "salesforce_external_client_app_policies.shop.external_client_app",
        };
        text.push_str(&format!(
            "resource \"salesforce_external_client_app_credential_rotation\" \"shop\" {{\n  \
             external_client_app = {of}\n  rotate_when_changed = {{ version = \"{version}\" }}\n}}\n"
        ));
    }
    text
}

/// An org behind the fault injection proxy.
pub struct Testbed {
    pub org: Emulator,
    pub proxy: Proxy,
    pub foreign_server: ForeignServer,
}

impl Testbed {
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        let org = Emulator::with(options);
        let foreign_server = ForeignServer::start();
        let proxy = Proxy::before(org.url(), &foreign_server.url);
        let foreign = json!({
            "name": FOREIGN, "label": "Not ours", "contactEmail": "other@example.com",
            "callbackUrl": "https://other.example.com/callback", "scopes": "Api"
        });
        org.admin("POST", "/apps", Some(&foreign));
        Self { org, proxy, foreign_server }
    }

    /// The components of the app of another owner.
    #[must_use]
    pub fn foreign(&self) -> BTreeMap<(String, String), Value> {
        let mut found = BTreeMap::new();
        for component in FILES.iter().flat_map(|kind| self.org.components(kind)) {
            if component.name.starts_with(FOREIGN) {
                found.insert((component.kind, component.name), Value::Object(component.fields));
            }
        }
        found
    }

    /// The apps under test.
    #[must_use]
    pub fn own(&self) -> Vec<String> {
        self.org.names(org::APP).into_iter().filter(|name| name != FOREIGN).collect()
    }

    /// The number of completed operations of this kind.
    #[must_use]
    pub fn done(&self, operation: &str) -> usize {
        let journal = self.org.journal();
        let is_completed = |call: &&Value| {
            call["operation"] == operation && call["status"].as_u64().is_some_and(|status| status < 300)
        };
        journal.iter().filter(is_completed).count()
    }

    /// The number of deploys that changed something.
    #[must_use]
    pub fn committed(&self) -> usize {
        self.org.deploys().iter().filter(|deploy| deploy["committed"] == true).count()
    }
}

impl Target for Testbed {
    fn credentials(&self) -> Credentials {
        let mut credentials = self.org.credentials();
        credentials.insert("SALESFORCE_INSTANCE_URL".to_owned(), self.proxy.url.clone());
        credentials
    }

    fn secrets(&self) -> Vec<Secret> {
        self.org.secrets()
    }

    fn apps(&self) -> Vec<String> {
        self.own()
    }

    fn part(&self, kind: &str, app: &str) -> Component {
        self.org.part(kind, app)
    }

    fn edit(&self, kind: &str, app: &str, element: &str, value: &str) {
        self.org.edit(kind, app, element, value);
    }

    fn may_touch(&self, app: &str) -> bool {
        !app.starts_with(FOREIGN)
    }

    fn time_limit(&self) -> std::time::Duration {
        // The provider waits up to ten minutes for a lock. A command that takes 25 minutes counts as hanging.
        std::time::Duration::from_secs(1500)
    }
}

pub struct Fixture<'a> {
    pub testbed: &'a Testbed,
    pub workspace: Workspace<'a>,
    pub shape: Shape,
    pub step: Step,
    /// The org before the step.
    pub before: Before,
}

pub struct Before {
    pub foreign: BTreeMap<(String, String), Value>,
    pub key: String,
    pub committed: usize,
    pub rotated: usize,
}

impl<'a> Fixture<'a> {
    /// Runs everything that precedes the step, without faults.
    #[must_use]
    pub fn set(testbed: &'a Testbed, shape: Shape, step: Step) -> Self {
        let workspace = Workspace::new(testbed);
        let rotation = (step == Step::Rotate).then_some(1);
        workspace.configure(&configuration(shape, AppVersion { rotation, ..FIRST }));
        let mut fixture = Self { testbed, workspace, shape, step, before: Before::of(testbed) };
        if step != Step::Create {
            fixture.log(false);
            let run = fixture.workspace.apply();
            assert_eq!(run.code, Some(0), "the preparation failed: {run}");
            fixture.before = Before::of(testbed);
            fixture.before.key = testbed.org.part(org::GLOBAL_OAUTH, SHOP).text("consumerKey");
        }
        match step {
            Step::Update => fixture.workspace.configure(&configuration(shape, CHANGED)),
            Step::Rotate => {
                fixture.workspace.configure(&configuration(shape, AppVersion { rotation: Some(2), ..FIRST }));
            }
            Step::Create | Step::Replace | Step::Destroy => {}
        }
        fixture.log(true);
        fixture
    }

    /// Sets whether commands write a TRACE log. The search for secrets in the log takes time, so the log is written
    /// only with faults.
    pub fn log(&mut self, whether: bool) {
        if whether {
            self.workspace.set("TF_LOG", "TRACE");
        } else {
            self.workspace.unset("TF_LOG");
        }
    }

    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.workspace.folder().parent().expect("the workspace has a root").to_owned()
    }

    /// The resources in the state: address → attributes. Reads the file, which is faster than `terraform show`.
    ///
    /// # Panics
    /// Panics if the file is not a state.
    #[must_use]
    pub fn state(&self) -> BTreeMap<String, Value> {
        let Ok(text) = std::fs::read(self.workspace.folder().join("terraform.tfstate")) else {
            return BTreeMap::new();
        };
        let state: Value = serde_json::from_slice(&text).expect("a state");
        let mut found = BTreeMap::new();
        for resource in state["resources"].as_array().into_iter().flatten() {
            let address = format!(
                "{}.{}",
                resource["type"].as_str().unwrap_or("?"),
                resource["name"].as_str().unwrap_or("?")
            );
            for instance in resource["instances"].as_array().into_iter().flatten() {
                let key = &instance["index_key"];
                let address = if key.is_null() { address.clone() } else { format!("{address}[{key}]") };
                found.insert(address, instance["attributes"].clone());
            }
        }
        found
    }

    #[must_use]
    pub fn arguments(&self) -> Vec<&'static str> {
        self.step.arguments(self.shape)
    }

    /// Runs the step.
    #[must_use]
    pub fn run(&self) -> Run {
        self.workspace.run(&self.arguments())
    }
}

impl Before {
    fn of(testbed: &Testbed) -> Self {
        Self {
            foreign: testbed.foreign(),
            key: String::new(),
            committed: testbed.committed(),
            rotated: testbed.done("rotateCredentials"),
        }
    }
}
