//! Terraform and OpenTofu install the packages of `scripts/release` from a mirror and from a registry.
//!
//! The zip files contain the provider that was built for the tests. Other build profiles are packed in the same way.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails with a panic, also in its functions, and some run other programs"
)]

mod bare;
mod mirrors;
mod registries;
mod release;
mod zips;
