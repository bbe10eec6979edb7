//! Staging, rotating and ending the keys and secrets of an app, and who logs in meanwhile.

mod keys;
mod listing;
mod logins;
mod staging;
mod trouble;
