//! Every test that runs the provider as a separate process, most of them with the real Terraform and the emulator.
//!
//! All tests are one program: linking takes longer than most tests, and the threads of one program stay busy until the
//! last test. Each folder contains one kind of test, and each file in it one subject. `make test` and
//! `make test-tables` run all tests that are not ignored. After `make build`,
//! `cargo test --workspace --test acceptance drift` runs the tests of one subject.

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
