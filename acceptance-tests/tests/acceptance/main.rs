//! The real Terraform, the provider as one process and the emulator as another.
//!
//! Run with `make test`, or after `make build` with `cargo test -p acceptance-tests --test acceptance`.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic, in its functions too")]

mod aliases;
mod budget;
mod configurations;
mod credentials;
mod destroy;
mod disappears;
mod drift;
mod examples;
mod for_each;
mod import;
mod interrupts;
mod lifecycle;
mod literal_names;
mod lockout;
mod neighbours;
mod org_settings;
mod replace;
mod secrets;
mod update;
