//! One resource of a workspace, whose commands run the provider against an in-memory org. Not here: tests.

use super::memory_org::MemoryOrg;
use crate::metadata::ComponentKey;
use crate::metadata::types::external_client_application;
use crate::provider::Provider;
use crate::provider::catalog::Managed;
use crate::provider::connected::Connected;
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{
    ApplyReply, ApplyRequest, ImportRequest, PlanReply, PlanRequest, Private, ReadRequest,
};
use crate::provider::plan::PlanContext;
use crate::salesforce::ErrorKind;
use crate::value::Value;

pub(super) const APP: &str = "salesforce_external_client_app";
pub(super) const SETTINGS: &str = "salesforce_external_client_app_oauth_settings";
pub(super) const POLICIES: &str = "salesforce_external_client_app_policies";
pub(super) const CLIENT: &str = "salesforce_oauth_client";

/// A resource of one workspace, with the data that Terraform stores. Each command has its own provider process.
#[derive(Clone)]
pub(super) struct Resource {
    pub org: MemoryOrg,
    pub type_name: &'static str,
    pub state: Value,
    pub private: Private,
    pub identity: Option<Value>,
    pub context: PlanContext,
}

impl Resource {
    pub fn new(org: &MemoryOrg, type_name: &'static str) -> Resource {
        let context = PlanContext { version: Some(64), ..PlanContext::default() };
        let (org, state, private) = (org.clone(), Value::Null, Private::new());
        Resource { org, type_name, state, private, identity: None, context }
    }

    pub fn provider(&self) -> Provider {
        Provider::with(Connected::new(self.org.connect(), self.context.clone(), false, Vec::new()))
    }

    pub async fn refresh(&mut self, provider: &Provider) -> Diagnostics {
        let request = ReadRequest {
            type_name: self.type_name.to_owned(),
            state: self.state.clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
        };
        let reply = provider.read_resource(request).await;
        (self.state, self.private, self.identity) = (reply.state, reply.private, reply.identity);
        reply.diagnostics
    }

    pub async fn plan_of(
        &self,
        provider: &Provider,
        prior: &Value,
        config: &Value,
        private: &Private,
    ) -> PlanReply {
        let request = PlanRequest {
            type_name: self.type_name.to_owned(),
            prior: prior.clone(),
            proposed: config.clone(),
            config: config.clone(),
            private: private.clone(),
            identity: self.identity.clone(),
        };
        provider.plan_resource_change(request).await
    }

    pub async fn apply_of(
        &mut self,
        provider: &Provider,
        prior: &Value,
        config: &Value,
        plan: &PlanReply,
    ) -> Diagnostics {
        let request = ApplyRequest {
            type_name: self.type_name.to_owned(),
            prior: prior.clone(),
            planned: plan.planned.clone(),
            config: config.clone(),
            private: plan.private.clone(),
            identity: self.identity.clone(),
        };
        let reply: ApplyReply = provider.apply_resource_change(request).await;
        (self.state, self.private, self.identity) = (reply.state, reply.private, reply.identity);
        reply.diagnostics
    }

    /// `terraform apply`, with the refresh and the plan in one process, and the changes in another process.
    pub async fn apply(&mut self, config: &Value) -> Diagnostics {
        self.apply_after(config, |_| {}).await
    }

    /// `terraform apply`, with changes by others between the plan and the apply.
    pub async fn apply_after(&mut self, config: &Value, change: impl FnOnce(&MemoryOrg)) -> Diagnostics {
        let planning = self.provider();
        if !self.state.is_null() {
            let found = self.refresh(&planning).await;
            if found.has_errors() {
                return found;
            }
        }
        if self.state.is_null() && config.is_null() {
            return Diagnostics::default();
        }
        let prior = self.state.clone();
        let plan = self.plan_of(&planning, &prior, config, &self.private).await;
        if plan.diagnostics.has_errors() || plan.planned == prior {
            return plan.diagnostics;
        }
        change(&self.org);
        let applying = self.provider();
        if plan.requires_replace.is_empty() || prior.is_null() {
            return self.apply_of(&applying, &prior, config, &plan).await;
        }
        let creation = self.plan_of(&planning, &Value::Null, config, &plan.private).await;
        let deletion = PlanReply { private: self.private.clone(), ..PlanReply::default() };
        let mut found = self.apply_of(&applying, &prior, config, &deletion).await;
        if !found.has_errors() {
            found.extend(self.apply_of(&applying, &Value::Null, config, &creation).await);
        }
        found
    }

    /// Plans and applies a change in the process of a run that also changes other resources.
    pub async fn apply_in(&mut self, provider: &Provider, config: &Value) -> Diagnostics {
        let (prior, private) = (self.state.clone(), self.private.clone());
        let plan = self.plan_of(&self.provider(), &prior, config, &private).await;
        assert!(!plan.diagnostics.has_errors(), "{:?}", plan.diagnostics);
        self.apply_of(provider, &prior, config, &plan).await
    }

    pub async fn destroy(&mut self) -> Diagnostics {
        self.apply(&Value::Null).await
    }

    pub async fn assert_empty_plan(&mut self, config: &Value, context: &str) {
        let provider = self.provider();
        let found = self.refresh(&provider).await;
        assert!(!found.has_errors(), "{context}: {found:?}");
        let plan = self.plan_of(&provider, &self.state, config, &self.private).await;
        assert!(!plan.diagnostics.has_errors(), "{context}: {:?}", plan.diagnostics);
        assert_eq!(plan.planned, self.state, "{context}: the plan is not empty");
    }

    pub async fn import(&mut self, id: &str) -> Diagnostics {
        let provider = self.provider();
        let request =
            ImportRequest { type_name: self.type_name.to_owned(), id: id.to_owned(), identity: None };
        let mut reply = provider.import_resource_state(request).await;
        if let Some(imported) = reply.imported.pop() {
            (self.state, self.private, self.identity) = (imported.state, imported.private, imported.identity);
            reply.diagnostics.extend(self.refresh(&provider).await);
        }
        reply.diagnostics
    }
}

pub(super) fn ids(found: &Diagnostics) -> Vec<&str> {
    found.0.iter().map(|diagnostic| diagnostic.id).collect()
}

pub(super) fn config(type_name: &str, values: &[(&str, Value)]) -> Value {
    let mut config = Managed::named(type_name).unwrap().schema().block.empty();
    for (name, value) in values {
        assert!(config.entries().unwrap().contains_key(*name), "{type_name} has no {name}");
        config.put(name, value.clone());
    }
    config
}

/// The configuration of the app or of one of its parts, in two variants.
pub(super) fn shop(type_name: &str, variant: &str) -> Value {
    let oauth = || {
        let url = format!("https://{}.example.com/", variant.to_lowercase());
        [("oauth_scopes", super::texts(&["Api"])), ("callback_urls", Value::List(vec![url.as_str().into()]))]
    };
    let of_shop = [("external_client_app", Value::from("Shop"))];
    let named = [("name", Value::from("Shop")), ("label", Value::from(variant))];
    let minutes = if variant == "Shop" { 30 } else { 15 };
    config(
        type_name,
        &match type_name {
            CLIENT => [&named[..], &oauth()].concat(),
            SETTINGS => [&of_shop[..], &oauth()].concat(),
            POLICIES => [&of_shop[..], &[("session_timeout_minutes", Value::int(minutes))]].concat(),
            _ => named.to_vec(),
        },
    )
}

pub(super) fn key() -> ComponentKey {
    ComponentKey::new(&external_client_application::TYPE, "Shop")
}

pub(super) fn exists(org: &MemoryOrg) -> bool {
    org.with(|state| state.files.contains_key(&key()))
}

pub(super) fn lost() -> ErrorKind {
    ErrorKind::Interrupted { timed_out: false, text: "reset".to_owned() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Replace,
    Destroy,
}

/// A resource before the operation, and the configuration that the operation applies.
pub(super) async fn prepared(type_name: &'static str, operation: Operation) -> (Resource, Value) {
    let org = MemoryOrg::default();
    let depends_on: &[&'static str] = match type_name {
        SETTINGS => &[APP],
        POLICIES => &[APP, SETTINGS],
        _ => &[],
    };
    for dependency in depends_on {
        let found = Resource::new(&org, dependency).apply(&shop(dependency, "Shop")).await;
        assert!(!found.has_errors(), "{found:?}");
    }
    let mut resource = Resource::new(&org, type_name);
    if operation != Operation::Create {
        let found = resource.apply(&shop(type_name, "Shop")).await;
        assert!(!found.has_errors(), "{found:?}");
    }
    let config = match operation {
        Operation::Create => shop(type_name, "Shop"),
        Operation::Update => shop(type_name, "Store"),
        Operation::Replace => {
            let mut config = shop(type_name, "Shop");
            config.put("name", "Store".into());
            config
        }
        Operation::Destroy => Value::Null,
    };
    (resource, config)
}
