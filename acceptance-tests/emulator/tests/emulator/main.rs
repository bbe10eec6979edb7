//! The emulator over HTTP, from the perspective of a client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod archives;
mod client;
mod completeness;
mod consistency;
mod contract;
mod credentials;
mod crud;
mod deploys;
mod envelopes;
mod exchange;
mod faults;
mod flows;
mod jobs;
mod pace;
mod people;
mod policies;
mod real_files;
mod requests;
mod rest;
mod retrieves;
mod site;
mod strictness;
mod subscribers;
mod tokens;
