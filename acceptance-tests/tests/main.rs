//! Every test that runs the provider as a separate process, most of them with the real Terraform and the emulator.
//!
//! All tests are one program: linking takes longer than most tests, and its threads are busy until the last test. A
//! folder is a kind of test, a file in it a subject. `make test` and `make test-tables` run them. After `make
//! build`, run one of them with `cargo test --workspace --test acceptance drift`.

mod acceptance;
mod attributes;
mod clients;
mod headless;
mod inputs;
mod installing;
mod live;
mod protocol;

// Configurations that several subjects use.
use acceptance::configurations;
