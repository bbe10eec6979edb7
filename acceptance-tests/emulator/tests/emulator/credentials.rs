//! Staging, rotating and deleting the credentials of an app, and logins before and after each step.

mod keys;
mod listing;
mod logins;
mod staging;
mod trouble;
