//! Installing what `scripts/release` packs, by Terraform and by OpenTofu, as people do it: from a mirror and a registry.
//!
//! The zips hold the provider that the tests have built; another profile would pack the same way.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by a panic, in its functions too, and some run other programs"
)]

mod bare;
mod mirrors;
mod registries;
mod release;
mod zips;
