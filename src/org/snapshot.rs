//! Follows.
#[derive(Default)]
pub(super) struct Snapshot;
