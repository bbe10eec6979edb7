//! The errors of this layer.
//!
//! All of them are `Clone`, because one error may be reported to many callers. Each kind of [`ApplyError`] describes
//! what is known about the org afterwards, which determines what may be written to a state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Lookup;
use crate::metadata::{ComponentKey, DecodeError, MetadataType, PackageError};
use crate::salesforce::{self, Meaning};
use crate::value::Path;

/// The org could not be reached, or rejected the call. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(pub Arc<salesforce::Error>);

impl Unavailable {
    /// Whether the org rejected this call, and not the login. Limits and temporary errors do not count.
    pub fn is_a_rejection(&self) -> bool {
        let of_the_call = !matches!(self.0.class(), salesforce::Class::Auth | salesforce::Class::Limit);
        of_the_call && self.0.code().is_some() && !self.0.is_transient()
    }
}

impl From<salesforce::Error> for Unavailable {
    fn from(error: salesforce::Error) -> Unavailable {
        Unavailable(Arc::new(error))
    }
}

/// A read that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{kind}", prefix(.key))]
pub struct ReadError {
    /// The component that caused the error, if there is one.
    pub key: Option<ComponentKey>,
    pub kind: ReadErrorKind,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The org could not be reached, or rejected the call.
    #[error(transparent)]
    Unavailable(Arc<salesforce::Error>),
    /// The file of the component does not match its type. The error contains no values from the file.
    #[error(transparent)]
    Undecodable(DecodeError),
    /// The file of the component does not name its app, so it is unknown which app the part belongs to.
    #[error("the file has no {element}, which every {} has", .of.name)]
    Parentless { of: &'static MetadataType, element: &'static str },
    /// The file of the component names an app that the org does not list.
    #[error("{element} is {parent}, but the org does not list that app")]
    UnknownParent { element: &'static str, parent: String },
    #[error(transparent)]
    Package(PackageError),
    /// The deadline passed. `last` is the error for which the request was being retried.
    #[error("the org did not respond before the timeout{}", retried_for(.last))]
    Deadline { last: Option<Arc<salesforce::Error>> },
}

fn retried_for(last: &Option<Arc<salesforce::Error>>) -> String {
    last.as_ref().map(|error| format!("; the last error was: {error}")).unwrap_or_default()
}

impl ReadError {
    pub(super) fn unavailable(error: salesforce::Error) -> ReadError {
        ReadErrorKind::Unavailable(Arc::new(error)).into()
    }

    /// The error for a caller whose deadline has passed.
    pub(super) fn deadline(retried: &salesforce::RetriedError) -> ReadError {
        ReadErrorKind::Deadline { last: retried.get() }.into()
    }
}

impl From<ReadErrorKind> for ReadError {
    fn from(kind: ReadErrorKind) -> ReadError {
        ReadError { key: None, kind }
    }
}

fn prefix(key: &Option<ComponentKey>) -> String {
    key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default()
}

/// Changes that were not applied, or whose outcome is unknown.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ApplyError {
    pub kind: ApplyErrorKind,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ApplyErrorKind {
    /// The org rejected the deploy and rolled it back: nothing was changed, unless `internal_error` is set.
    #[error("the org rejected the deploy: {}", listed(.problems))]
    Rejected {
        problems: Vec<DeployProblem>,
        deploy_id: String,
        /// Salesforce reported an internal error. Only a read shows the outcome.
        internal_error: bool,
    },
    /// The caller declined to edit the current files: nothing was changed.
    #[error("the files do not match the change")]
    Declined { found: Vec<Lookup> },
    /// The files to edit could not be read: nothing was changed.
    #[error("the files could not be read: {0}")]
    Unread(ReadError),
    /// During each attempt, another deploy wrote the same file.
    #[error("another deploy wrote the same file at the same time during each attempt")]
    Outrun,
    /// The provider was stopped before anything was sent: nothing was changed.
    #[error("stopped before anything was sent")]
    NotSent,
    /// The deadline passed before anything was sent: nothing was changed.
    #[error("the timeout was exceeded before anything was sent")]
    Expired,
    /// Salesforce reported an internal error for this deploy, and a later attempt failed. Only a read shows the
    /// outcome.
    #[error("{error}; earlier, Salesforce reported an internal error for deploy {deploy_id}")]
    AfterInternalError { deploy_id: String, error: Box<ApplyErrorKind> },
    /// The deploy was canceled. Salesforce reports that nothing was changed, but only a read can confirm that.
    #[error("{who} canceled deploy {deploy_id}")]
    CanceledBy { who: String, deploy_id: String },
    /// The outcome is unknown. The caller must read the components to determine it.
    #[error("the outcome {}is unknown: {why}", of_deploy(.deploy_id))]
    Unverified { deploy_id: Option<String>, why: String },
    /// Other changes kept the org locked: nothing was changed.
    #[error("the org was locked by other changes for {} s: {why}", .waited.as_secs())]
    Locked { waited: Duration, why: String },
    #[error(transparent)]
    Package(PackageError),
    /// The org rejected the call or could not be reached: nothing was changed.
    #[error(transparent)]
    Unavailable(Arc<salesforce::Error>),
}

impl ApplyError {
    /// The deploy's ID, as shown on the Deployment Status page in Setup.
    pub fn deploy_id(&self) -> Option<&str> {
        match &self.kind {
            ApplyErrorKind::Rejected { deploy_id, .. } | ApplyErrorKind::CanceledBy { deploy_id, .. } => {
                Some(deploy_id)
            }
            ApplyErrorKind::AfterInternalError { deploy_id, .. } => Some(deploy_id),
            ApplyErrorKind::Unverified { deploy_id, .. } => deploy_id.as_deref(),
            _ => None,
        }
    }

    /// Whether it is unknown if the org received the deploy.
    pub fn is_lost(&self) -> bool {
        matches!(self.kind, ApplyErrorKind::Unverified { deploy_id: None, .. })
    }

    /// Whether an attempt failed after an earlier attempt ended with an internal error in Salesforce.
    pub fn is_after_internal_error(&self) -> bool {
        matches!(self.kind, ApplyErrorKind::AfterInternalError { .. })
    }

    /// Whether the deploy has ended, so that it can no longer change the org.
    pub fn has_ended(&self) -> bool {
        matches!(
            self.kind,
            ApplyErrorKind::Rejected { .. }
                | ApplyErrorKind::AfterInternalError { .. }
                | ApplyErrorKind::CanceledBy { .. }
        )
    }

    /// Whether the org is certainly unchanged.
    pub fn is_clean(&self) -> bool {
        self.kind.is_clean()
    }
}

impl ApplyErrorKind {
    pub(super) fn is_clean(&self) -> bool {
        !matches!(
            self,
            ApplyErrorKind::Unverified { .. }
                | ApplyErrorKind::CanceledBy { .. }
                | ApplyErrorKind::AfterInternalError { .. }
                | ApplyErrorKind::Rejected { internal_error: true, .. }
        )
    }
}

impl From<ApplyErrorKind> for ApplyError {
    fn from(kind: ApplyErrorKind) -> ApplyError {
        ApplyError { kind }
    }
}

/// A problem that the org reported for a deploy, attributed to a component and an attribute where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployProblem {
    /// The component. `None` if the problem could not be attributed to a component.
    pub key: Option<ComponentKey>,
    /// The attribute of the component, if it is known.
    pub path: Option<Path>,
    /// The message from Salesforce.
    pub message: String,
}

impl DeployProblem {
    /// The meaning of the message, if it is one that a user can act on.
    pub fn meaning(&self) -> Option<Meaning> {
        salesforce::meaning(
            &self.message,
            &[Meaning::MissingReference, Meaning::NotAllowed, Meaning::Duplicate, Meaning::NoOauthSettings],
        )
    }

    /// Whether the app that a part belongs to does not exist.
    pub(super) fn is_missing_app(&self) -> bool {
        salesforce::means(&self.message, Meaning::MissingReference)
    }
}

impl fmt::Display for DeployProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)
    }
}

fn listed(problems: &[DeployProblem]) -> String {
    let texts: Vec<String> = problems.iter().map(DeployProblem::to_string).collect();
    texts.join("; ")
}

fn of_deploy(id: &Option<String>) -> String {
    id.as_ref().map(|id| format!("of deploy {id} ")).unwrap_or_default()
}
