//! Tests with the real Terraform, the provider and the emulator as three processes.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails with a panic, also in its functions, and some run other programs"
)]

mod addresses;
mod aliases;
mod bootstrap;
mod budget;
mod certificates;
mod consumer_secret;
mod credentials;
mod data_sources;
mod destroy;
mod disappears;
mod drift;
mod elsewhere;
mod event_log;
mod examples;
mod for_each;
mod found_apps;
mod functions;
mod guides;
mod handover;
mod import;
mod import_procedure;
mod interrupts;
mod kept_states;
mod lifecycle;
mod literal_names;
mod lockout;
mod logins;
mod lost_state;
mod mass_removal;
mod module;
mod neighbors;
mod oauth_client;
mod oauth_client_import;
mod oauth_client_interrupts;
mod oauth_client_kinds;
mod oauth_client_moves;
mod oauth_client_orgs;
mod oauth_client_policies;
mod oauth_client_refusals;
mod oauth_client_switches;
mod opentofu;
mod org_settings;
mod own_app;
mod plan_texts;
mod query;
mod queues;
mod readiness;
mod refreshed_sandbox;
mod refusals;
mod replace;
mod retrieved_apps;
pub(crate) mod rotation;
mod rotation_interrupts;
mod runners;
mod secrets;
mod smoke_test;
mod snippets;
mod update;
mod whole;
mod writers;

pub(crate) use acceptance_tests::configurations;
