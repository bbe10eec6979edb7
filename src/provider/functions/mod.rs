//! The functions, one file or folder each.

pub mod connected_app;
pub mod record_id_18;
