//! Staging, rotating and deleting the keys and secrets of an app, and the logins in the meantime.

mod keys;
mod listing;
mod logins;
mod staging;
mod trouble;
