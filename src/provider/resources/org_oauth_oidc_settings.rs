//! `salesforce_org_oauth_oidc_settings`: the OAuth flows that the org allows.

use std::sync::OnceLock;

use crate::metadata::types::oauth_oidc_settings;
use crate::provider::danger::{Danger, Transition};
use crate::provider::diagnostics::rows::plan as rows;
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_org_oauth_oidc_settings",
    noun: "OAuth and OpenID Connect settings",
    doc: "The OAuth and OpenID Connect settings of the org: which OAuth flows its apps can use. They apply to all apps \
          in the org, including apps that Terraform does not manage.\n\nThese settings exist once in every org. \
          Creating the resource adopts the existing settings and changes only those in the configuration. Destroying \
          it does not change the org. Manage them in a single workspace for each org.",
    subject: Subject::Org,
    parts: &[Part { kind: &oauth_oidc_settings::TYPE, presence: Presence::Always }],
    creation: Creation::Adopts,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: &[],
    access_attributes: &[
        "code_credential_flow_enabled",
        "pkce_required",
        "username_password_flow_blocked",
        "user_agent_flow_blocked",
    ],
    dependents: &[],
    combinations: &[],
    dangers: &[
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "code_credential_flow_enabled",
            change: Transition::ToTrue,
            detail: "Every app in the org can use the Authorization Code and Credentials Flow, whose clients handle \
                     usernames and passwords.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "code_credential_flow_enabled",
            change: Transition::ToFalse,
            detail: "The apply disables headless login, passwordless login, registration and guest access for all apps \
                     in the org, regardless of the value of code_credential_flow_enabled in the app.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "pkce_required",
            change: Transition::ToTrue,
            detail: "Every authorization request to any app in the org requires a code_challenge (PKCE), regardless of \
                     the value of pkce_required in the app. Clients that do not send one fail, including clients of \
                     connected apps.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "pkce_required",
            change: Transition::ToFalse,
            detail: "The value of pkce_required in each app determines whether its clients need PKCE.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "username_password_flow_blocked",
            change: Transition::ToTrue,
            detail: "All clients of the org that log in with the username-password flow fail, regardless of their app.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "username_password_flow_blocked",
            change: Transition::ToFalse,
            detail: "Clients of all apps in the org can log in with the username-password flow.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "user_agent_flow_blocked",
            change: Transition::ToTrue,
            detail: "All clients of the org that log in with the user-agent flow fail, regardless of their app.",
        },
        Danger {
            row: &rows::WHOLE_ORG,
            attribute: "user_agent_flow_blocked",
            change: Transition::ToFalse,
            detail: "Clients of all apps in the org can log in with the user-agent flow.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
