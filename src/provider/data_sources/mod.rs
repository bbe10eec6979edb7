//! The data sources, one file each, and the queries that they share.

pub mod external_client_app;
pub mod external_client_apps;
pub mod gates;
pub mod org;
pub mod permission_set;
pub mod readiness;

mod app_files;
mod records;
mod site;
