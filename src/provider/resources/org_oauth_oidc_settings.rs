//! `salesforce_org_oauth_oidc_settings`: which OAuth flows the org allows to all its apps.

use std::sync::OnceLock;

use crate::metadata::types::oauth_oidc_settings;
use crate::provider::danger::{Danger, Transition};
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

const SUMMARY: &str = "Setting of the whole org";
const ID: &str = "whole-org";

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_org_oauth_oidc_settings",
    noun: "OAuth and OpenID Connect settings",
    doc: "The OAuth and OpenID Connect settings of the org: which OAuth flows its apps may use at all. They concern every \
          app of the org, also those that Terraform does not manage.\n\nAn org has these settings once and always. Creating \
          the resource takes over what is there and changes only what the configuration has; destroying it leaves the org \
          as it is. One configuration can manage them for an org: let one workspace do it, and the others rely on it.",
    subject: Subject::Org,
    parts: &[Part { kind: &oauth_oidc_settings::TYPE, suffix: "", presence: Presence::Always }],
    creation: Creation::TakesOver,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: &[],
    guards: &[
        "code_credential_flow_enabled",
        "pkce_required",
        "username_password_flow_blocked",
        "user_agent_flow_blocked",
    ],
    dependents: &[],
    combinations: &[],
    dangers: &[
        Danger {
            id: ID,
            attribute: "code_credential_flow_enabled",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "From now on every app of the org may be given the Authorization Code and Credentials Flow, whose \
                     clients handle user names and passwords themselves.",
        },
        Danger {
            id: ID,
            attribute: "code_credential_flow_enabled",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "Headless login, passwordless login, registration and guest access end for every app of the org on \
                     apply, whatever the app's own code_credential_flow_enabled says.",
        },
        Danger {
            id: ID,
            attribute: "pkce_required",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "From now on every authorization request to any app of the org needs a code_challenge (PKCE), whatever \
                     the app's own pkce_required says. Clients that send none fail, those of connected apps too.",
        },
        Danger {
            id: ID,
            attribute: "pkce_required",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "From now on each app of the org decides by its own pkce_required whether clients need PKCE.",
        },
        Danger {
            id: ID,
            attribute: "username_password_flow_blocked",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "Every client of the org that logs in with the username-password flow fails from now on, whatever its app.",
        },
        Danger {
            id: ID,
            attribute: "username_password_flow_blocked",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "Clients of every app of the org may log in with the username-password flow from now on.",
        },
        Danger {
            id: ID,
            attribute: "user_agent_flow_blocked",
            change: Transition::ToTrue,
            summary: SUMMARY,
            detail: "Every client of the org that logs in with the user-agent flow fails from now on, whatever its app.",
        },
        Danger {
            id: ID,
            attribute: "user_agent_flow_blocked",
            change: Transition::ToFalse,
            summary: SUMMARY,
            detail: "Clients of every app of the org may log in with the user-agent flow from now on.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
