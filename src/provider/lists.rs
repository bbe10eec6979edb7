//! The list resources of `terraform query`, one row each.

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
    doc: "Lists the External Client Apps in the org, except apps from packages: the publisher owns those, and you can \
          manage only their policies.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

static SETTINGS_LIST: ListSpec = ListSpec {
    name: oauth_settings::SPEC.name,
    doc: "Lists the OAuth settings of the External Client Apps in the org, except apps from packages, whose settings \
          belong to the publisher.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

static POLICIES_LIST: ListSpec = ListSpec {
    name: policies::SPEC.name,
    doc: "Lists the policies of the External Client Apps in the org, including apps from packages.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE, NAMESPACE],
    schema: OnceLock::new(),
};

static CLIENT_LIST: ListSpec = ListSpec {
    name: oauth_client::SPEC.name,
    doc: "Lists the External Client Apps in the org that have OAuth settings, each as one resource with its settings \
          and policies. Use salesforce_external_client_app for apps without OAuth settings, and \
          salesforce_external_client_app_policies for the policies of apps from packages.",
    filters: &[LABEL, NAME_PREFIX, DISTRIBUTION_STATE],
    schema: OnceLock::new(),
};

const LABEL: Filter =
    filter("label", "MasterLabel", Test::Is, &[Rule::NotBlank], "The complete label of the app.");

const NAME_PREFIX: Filter = filter(
    "name_prefix",
    "DeveloperName",
    Test::Begins,
    &[],
    "The prefix of the API name of the app, without the namespace. Case-sensitive.",
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
    "The namespace of the package that contains the app. `\"\"` selects apps that are not from a package.",
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
/// The column with the API name without the namespace.
pub const NAME_COLUMN: &str = "DeveloperName";
/// The column with the namespace.
pub const NAMESPACE_COLUMN: &str = "NamespacePrefix";
/// The column with the label.
pub const LABEL_COLUMN: &str = "MasterLabel";

/// The attribute with the label of an app.
pub const LABEL_ATTRIBUTE: &str = LABEL.own.name;

/// Metadata types, each with the object whose records refer to the apps that have a component of this type, in the
/// column [`OWNER_COLUMN`]. Salesforce does not document these objects. If the org does not have one of these objects,
/// the provider retrieves the files.
pub static RECORDS: &[(&MetadataType, &str)] = &[
    (&settings_of_an_app::TYPE, "ExtlClntAppOauthSettings"),
    (&oauth_policies::TYPE, "ExtlClntAppOauthPlcyCnfg"),
    (&configurable_policies::TYPE, "ExtlClntAppPlcyCnfg"),
];

pub const OWNER_COLUMN: &str = "ExternalClientApplicationId";
