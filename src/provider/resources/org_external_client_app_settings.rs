//! `salesforce_org_external_client_app_settings`: access to consumer secrets, and packaging of apps.

use std::sync::OnceLock;

use crate::metadata::types::external_client_app_settings;
use crate::provider::danger::{Danger, Transition};
use crate::provider::diagnostics::rows::plan as rows;
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_org_external_client_app_settings",
    noun: "External Client App settings",
    doc: "The External Client App settings of the org: which APIs return the consumers of its apps, and which apps can \
          be packaged. They apply to all External Client Apps in the org, including apps that Terraform does not \
          manage.\n\nThese settings exist once in every org. Creating the resource adopts the existing settings and \
          changes only those in the configuration. Destroying it does not change the org. Manage them in a single \
          workspace for each org.",
    subject: Subject::Org,
    parts: &[Part { kind: &external_client_app_settings::TYPE, presence: Presence::Always }],
    creation: Creation::Adopts,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: &[],
    access_attributes: &["client_secret_in_rest_api_access_enabled", "consumer_secret_api_access_enabled"],
    dependents: &[],
    combinations: &[],
    dangers: &[
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "client_secret_in_rest_api_access_enabled",
            change: Transition::ToTrue,
            detail: "Users with the permission View Client Secret can read the consumer secret of every External \
                     Client App in the org through the credentials REST API.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "client_secret_in_rest_api_access_enabled",
            change: Transition::ToFalse,
            detail: "The credentials REST API no longer returns the consumer secret of any External Client App in the \
                     org. Programs that read secrets from it fail.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "consumer_secret_api_access_enabled",
            change: Transition::ToTrue,
            detail: "Users with the corresponding permission can read the consumer of every External Client App in the \
                     org through the Metadata API. Salesforce marks this setting as deprecated.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "consumer_secret_api_access_enabled",
            change: Transition::ToFalse,
            detail: "The Metadata API no longer returns the consumer of any External Client App in the org. Terraform \
                     cannot detect drift of consumer settings or import them.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "package_eca_oauth_from_dev_org_enabled",
            change: Transition::ToTrue,
            detail: "Every External Client App in the org can be packaged with its OAuth settings, even if the org is \
                     not a Dev Hub. If the org is deleted, the credentials of the packages are lost.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "package_eca_oauth_from_dev_org_enabled",
            change: Transition::ToFalse,
            detail: "External Client Apps in the org can no longer be packaged with their OAuth settings, unless the \
                     org is a Dev Hub.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
