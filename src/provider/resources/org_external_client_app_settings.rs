//! `salesforce_org_external_client_app_settings`: what the org allows with consumer secrets and packages of its apps.

use std::sync::OnceLock;

use crate::metadata::types::external_client_app_settings;
use crate::provider::danger::{Danger, Transition};
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

const SUMMARY: &str = "Setting of the whole org";
const ID: &str = "whole-org";

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_org_external_client_app_settings",
    noun: "External Client App settings",
    doc: "The External Client App settings of the org: who may read the consumers of its apps by which API, and what may be \
          packaged. They concern every External Client App of the org, also those that Terraform does not manage.\n\nAn org \
          has these settings once and always. Creating the resource takes over what is there and changes only what the \
          configuration has; destroying it leaves the org as it is. One configuration can manage them for an org: let one \
          workspace do it, and the others rely on it.",
    subject: Subject::Org,
    parts: &[Part { kind: &external_client_app_settings::TYPE, suffix: "", presence: Presence::Always }],
    creation: Creation::TakesOver,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: &[],
    guards: &["client_secret_in_rest_api_access_enabled", "consumer_secret_api_access_enabled"],
    dependents: &[],
    combinations: &[],
    dangers: &[
        Danger {
            id: ID,
            attribute: "client_secret_in_rest_api_access_enabled",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "Users with the permission View Client Secret can read the consumer secret of every External Client App \
                     of the org through the credentials REST API.",
        },
        Danger {
            id: ID,
            attribute: "client_secret_in_rest_api_access_enabled",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "Nobody reads the consumer secret of any External Client App of the org through the credentials REST API \
                     any more: programs that fetch secrets there fail.",
        },
        Danger {
            id: ID,
            attribute: "consumer_secret_api_access_enabled",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "Users with the permission can read the consumer of every External Client App of the org through the \
                     Metadata API. Salesforce calls the setting deprecated.",
        },
        Danger {
            id: ID,
            attribute: "consumer_secret_api_access_enabled",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "The consumer of no External Client App of the org can be read through the Metadata API any more: \
                     Terraform does not see the drift of an app's consumer settings, and cannot import them.",
        },
        Danger {
            id: ID,
            attribute: "package_eca_oauth_from_dev_org_enabled",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "Every External Client App of the org may be packaged with its OAuth settings, although the org is no Dev \
                     Hub: when the org goes, the packages' credentials go.",
        },
        Danger {
            id: ID,
            attribute: "package_eca_oauth_from_dev_org_enabled",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "No External Client App of the org can be packaged with its OAuth settings any more, unless the org is a \
                     Dev Hub.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
