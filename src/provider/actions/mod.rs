//! The actions, a file each subject.

pub mod credentials;
