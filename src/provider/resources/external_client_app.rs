//! `salesforce_external_client_app`: the app itself.

use std::sync::OnceLock;

use crate::metadata::types::{
    configurable_policies, external_client_application, global_oauth_settings, oauth_policies, oauth_settings,
};
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_external_client_app",
    noun: "external client app",
    doc: "An External Client App: its name, its label and its contacts. Other resources manage its OAuth settings and \
          its policies.\n\nDestroying or replacing an app deletes its settings, its policies, its consumer key and all \
          its tokens.",
    subject: Subject::App {
        attribute: "name",
        doc: "The API name of the app: letters, digits and single underscores, starting with a letter. Changing it \
              replaces the app. To change the name that users see, change `label`.",
    },
    parts: &[Part { kind: &external_client_application::TYPE, presence: Presence::Required }],
    creation: Creation::New,
    destruction: Destruction::Deletes(&[
        &oauth_policies::TYPE,
        &configurable_policies::TYPE,
        &global_oauth_settings::TYPE,
        &oauth_settings::TYPE,
    ]),
    protectable: true,
    shows_namespace: true,
    link: None,
    consumer_key: None,
    lockouts: &[],
    access_attributes: &[],
    dependents: &[],
    combinations: &[],
    dangers: &[],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
