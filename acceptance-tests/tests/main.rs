//! Every test that runs the provider as a process of its own, most of them with the real Terraform and the emulator.
//!
//! One program: linking takes longer than most tests, and the threads of one are busy until the last test. A folder
//! is a kind of tests, a file in it a subject. `make test` and `make test-tables` run them; after `make build` one of them
//! is `cargo test --workspace --test acceptance drift`.

mod acceptance;
mod attributes;
mod clients;
mod headless;
mod inputs;
mod installing;
mod live;
mod protocol;

// Apps as most subjects have them.
use acceptance::configurations;
