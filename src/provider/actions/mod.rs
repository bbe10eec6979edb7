//! The actions, one file per subject.

pub mod credentials;
