//! The list resources, a row each: what `terraform query` finds.

use std::sync::OnceLock;

use super::data_source_spec::{Own, Role, Shape};
use super::list_spec::{Filter, ListSpec, Test};
use super::resources::{external_client_app, oauth_client, oauth_settings, policies};
use crate::metadata::types::external_client_application::{DISTRIBUTION, TYPE as APP};
use crate::metadata::types::{configurable_policies, oauth_policies, oauth_settings as settings_of_an_app};
use crate::metadata::{MetadataType, Rule};

pub static LISTS: &[&ListSpec] = &[&APP_LIST, &SETTINGS_LIST, &POLICIES_LIST, &CLIENT_LIST];

static APP_LIST: ListSpec = ListSpec {
    name: external_client_app::SPEC.name,
    doc: "Finds the External Client Apps of the org. Those that were installed from packages are left out: whoever publishes \
              the package owns the app, and only its policies can be managed.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

static SETTINGS_LIST: ListSpec = ListSpec {
    name: oauth_settings::SPEC.name,
    doc: "Finds the OAuth settings of the org's External Client Apps. Apps without OAuth settings have none to find, and those of \
              installed apps belong to the publisher of the package.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

static POLICIES_LIST: ListSpec = ListSpec {
    name: policies::SPEC.name,
    doc: "Finds the policies of the External Client Apps of the org, those of installed apps included.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE, NAMESPACE],
    schema: OnceLock::new(),
};

static CLIENT_LIST: ListSpec = ListSpec {
    name: oauth_client::SPEC.name,
    doc: "Finds the External Client Apps of the org that have OAuth settings, each with all its parts as one resource. Apps \
              without OAuth settings are found as salesforce_external_client_app, the policies of installed apps as \
              salesforce_external_client_app_policies.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

const LABEL: Filter =
    filter("label", "MasterLabel", Test::Is, &[Rule::NotBlank], "The label of the app, the whole of it.");

const NAME_PREFIX: Filter = filter(
    "name_prefix",
    "DeveloperName",
    Test::Begins,
    &[],
    "What the API name of the app begins with, upper and lower case told apart. A namespace does not count as a beginning.",
);

const DISTRIBUTION_STATE: Filter = filter(
    "distribution_state",
    "DistributionState",
    Test::Is,
    &[Rule::Word(DISTRIBUTION)],
    "The distribution state of the app.",
);

const NAMESPACE: Filter = filter(
    "namespace",
    NAMESPACE_COLUMN,
    Test::IsOrNone,
    &[Rule::Namespace],
    "The namespace of the package that the app comes from; `\"\"` for the org's own apps.",
);

const fn filter(
    name: &'static str,
    column: &'static str,
    test: Test,
    rules: &'static [Rule],
    doc: &'static str,
) -> Filter {
    Filter { own: Own { rules, ..Own::new(name, Shape::Text, Role::Optional, doc) }, column, test }
}

/// The object whose records are the apps.
pub const APPS: &str = APP.name;
/// What it calls an app's API name, without the namespace,
pub const NAME_COLUMN: &str = "DeveloperName";
/// the namespace of its package,
pub const NAMESPACE_COLUMN: &str = "NamespacePrefix";
/// and what people see.
pub const LABEL_COLUMN: &str = "MasterLabel";

/// The attribute that has an app's label, where a resource has the app itself.
pub const LABEL_ATTRIBUTE: &str = LABEL.own.name;

/// The objects whose records say which apps have a part, by their column [`OWNER_COLUMN`]. Salesforce documents no such
/// objects; where an org has none of the name, the files tell.
pub static RECORDS: &[(&MetadataType, &str)] = &[
    (&settings_of_an_app::TYPE, "ExtlClntAppOauthSettings"),
    (&oauth_policies::TYPE, "ExtlClntAppOauthPlcyCnfg"),
    (&configurable_policies::TYPE, "ExtlClntAppPlcyCnfg"),
];

pub const OWNER_COLUMN: &str = "ExternalClientApplicationId";
