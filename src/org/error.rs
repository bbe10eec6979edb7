//! What a caller of the org layer is told when it does not get what it asked for.
//!
//! All of it is `Clone`: one cause may have to be told to many callers. Each kind of [`ApplyError`] says what is
//! known about the org afterwards, because that decides what may be written to a state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Lookup;
use crate::metadata::{ComponentKey, DecodeError, MetadataType, PackageError};
use crate::salesforce::{self, Meaning};
use crate::value::Path;

/// The org was not reached, or refused the call as a whole. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(pub Arc<salesforce::Error>);

impl Unavailable {
    /// Whether the org said no to this very call: not to a login, and not because of too many calls.
    pub fn is_a_refusal(&self) -> bool {
        let of_the_call = !matches!(self.0.class(), salesforce::Class::Auth | salesforce::Class::Limit);
        of_the_call && self.0.code().is_some() && !self.0.is_transient()
    }
}

impl From<salesforce::Error> for Unavailable {
    fn from(error: salesforce::Error) -> Unavailable {
        Unavailable(Arc::new(error))
    }
}

/// A read that could not be answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{kind}", said_of(.key))]
pub struct ReadError {
    /// The component that is in the way, where it is one.
    pub key: Option<ComponentKey>,
    pub kind: ReadErrorKind,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The org was not reached or refused.
    #[error(transparent)]
    Unavailable(Arc<salesforce::Error>),
    /// The file of the component is not what its type says. No value of it stands in the error.
    #[error(transparent)]
    Undecodable(DecodeError),
    /// The file of the component does not say whose it is, so nobody can say what is not there.
    #[error("it has no {element}, which every {} has", .of.name)]
    Parentless { of: &'static MetadataType, element: &'static str },
    /// The file of the component says that it is the part of what the org does not list.
    #[error("its {element} is {parent}, and the org lists no such app")]
    UnknownParent { element: &'static str, parent: String },
    /// What the org sent is no package that we take.
    #[error(transparent)]
    Package(PackageError),
    /// The caller's time is over.
    #[error("the org did not answer in the time that was left")]
    Deadline,
}

impl ReadError {
    pub(super) fn unavailable(error: salesforce::Error) -> ReadError {
        ReadErrorKind::Unavailable(Arc::new(error)).into()
    }
}

impl From<ReadErrorKind> for ReadError {
    fn from(kind: ReadErrorKind) -> ReadError {
        ReadError { key: None, kind }
    }
}

fn said_of(key: &Option<ComponentKey>) -> String {
    key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default()
}

/// Changes that were not made, or of which it is not known.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ApplyError {
    pub kind: ApplyErrorKind,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ApplyErrorKind {
    /// The org refused these components and rolled everything back: nothing was changed.
    #[error("the org rejected the deploy: {}", listed(.problems))]
    Rejected {
        problems: Vec<DeployProblem>,
        deploy_id: String,
        /// The org only says that it does not know what happened; then only a read tells.
        accident: bool,
    },
    /// The caller does not want its edit of what is there: nothing was changed.
    #[error("the files are not what the change is for")]
    Declined { found: Vec<Lookup> },
    /// The files that an edit is to change could not be read: nothing was changed.
    #[error("the files could not be read: {0}")]
    Unread(ReadError),
    /// Each time that a file was written, others wrote it at the same moment.
    #[error("others wrote the same file each time")]
    Outrun,
    /// We were stopped before anything was sent: nothing was changed.
    #[error("stopped before anything was sent")]
    NotSent,
    /// The caller's time was over before anything was sent: nothing was changed.
    #[error("the time was over before anything was sent")]
    Expired,
    /// Somebody stopped the deploy. The org says that nothing was changed; only a read can tell.
    #[error("{who} cancelled deploy {deploy_id}")]
    CanceledBy { who: String, deploy_id: String },
    /// The outcome is not known: the caller must read.
    #[error("the outcome {}is not known: {why}", of_deploy(.deploy_id))]
    Unverified { deploy_id: Option<String>, why: String },
    /// Others changed the org all the time while we tried: nothing was changed.
    #[error("the org was locked by other changes for {} s: {why}", .waited.as_secs())]
    Locked { waited: Duration, why: String },
    /// The changes cannot be packed: nothing was sent.
    #[error(transparent)]
    Package(PackageError),
    /// Refused, or never reached: nothing was changed.
    #[error(transparent)]
    Unavailable(Arc<salesforce::Error>),
}

impl ApplyError {
    /// The deploy that it is about, for people to look up in Setup, Deployment Status.
    pub fn deploy_id(&self) -> Option<&str> {
        match &self.kind {
            ApplyErrorKind::Rejected { deploy_id, .. } | ApplyErrorKind::CanceledBy { deploy_id, .. } => {
                Some(deploy_id)
            }
            ApplyErrorKind::Unverified { deploy_id, .. } => deploy_id.as_deref(),
            _ => None,
        }
    }

    /// Whether it is not even known whether anything arrived.
    pub fn is_lost(&self) -> bool {
        matches!(self.kind, ApplyErrorKind::Unverified { deploy_id: None, .. })
    }

    /// Whether it is certain that the org is as it was before.
    pub fn is_clean(&self) -> bool {
        !matches!(
            self.kind,
            ApplyErrorKind::Unverified { .. }
                | ApplyErrorKind::CanceledBy { .. }
                | ApplyErrorKind::Rejected { accident: true, .. }
        )
    }
}

impl From<ApplyErrorKind> for ApplyError {
    fn from(kind: ApplyErrorKind) -> ApplyError {
        ApplyError { kind }
    }
}

/// Why the org rejected a deploy, as far as it can be traced back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployProblem {
    /// The component; none when the deploy as a whole is meant.
    pub key: Option<ComponentKey>,
    /// The attribute of the component, where it is known.
    pub path: Option<Path>,
    /// The org's sentence.
    pub message: String,
}

impl DeployProblem {
    /// What the org's sentence means, of what somebody can do something about.
    pub fn meaning(&self) -> Option<Meaning> {
        salesforce::meaning(
            &self.message,
            &[Meaning::MissingReference, Meaning::NotAllowed, Meaning::Duplicate, Meaning::NoOauthSettings],
        )
    }

    /// Whether it is that the app is not there, to which a part is to belong.
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
