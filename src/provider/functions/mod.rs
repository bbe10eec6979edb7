//! The functions, a file or a folder each.

pub mod connected_app;
pub mod record_id_18;
