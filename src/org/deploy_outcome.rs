//! Interprets the report of a deploy that has ended. Pure functions.

use std::collections::BTreeSet;

use super::attribution::{self, SentComponent};
use super::{ApplyErrorKind, Changes, DeployProblem};
use crate::metadata::ComponentKey;
use crate::salesforce::{Class, ComponentMessage, DeployReport, Meaning, means};

#[derive(Debug)]
pub(super) enum DeployOutcome {
    /// The deploy succeeded, possibly with warnings about some components.
    Done { warnings: Vec<DeployProblem> },
    /// The org rejected the deploy and rolled it back. If `internal_error` is set, Salesforce reported an internal
    /// error, and only a read shows the outcome.
    Rejected { problems: Vec<DeployProblem>, internal_error: bool },
    /// The org was locked by other changes. Nothing was changed.
    Locked(String),
    /// The deploy failed because these components did not exist. The others were not deleted.
    Without(Vec<ComponentKey>),
    /// The deploy was not accepted, was canceled, or its outcome is unknown.
    Failed(ApplyErrorKind),
}

/// What a deploy changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Complete,
    /// The effect is unknown, and the deploy may still take effect later.
    Unknown,
}

impl DeployOutcome {
    pub(super) fn effect(&self) -> Effect {
        match self {
            DeployOutcome::Done { .. } => Effect::Complete,
            DeployOutcome::Rejected { internal_error: true, .. } => Effect::Unknown,
            DeployOutcome::Failed(error) if !error.is_clean() => Effect::Unknown,
            _ => Effect::None,
        }
    }
}

/// Interprets the report of a completed deploy. `success` alone is not sufficient, because there are more than two
/// statuses.
pub(super) fn judge(
    id: &str,
    report: &DeployReport,
    canceled_by_us: bool,
    changes: &Changes,
    sent: &[SentComponent<'_>],
) -> DeployOutcome {
    let unverified = |why: String| {
        DeployOutcome::Failed(ApplyErrorKind::Unverified { deploy_id: Some(id.to_owned()), why })
    };
    match report.status.as_str() {
        "SucceededPartial" => unverified(
            "the org applied only part of the deploy, although the provider requested all or nothing".into(),
        ),
        status if status.starts_with("Cancel") && canceled_by_us => {
            DeployOutcome::Failed(ApplyErrorKind::CanceledBy {
                who: "Terraform, which was interrupted,".to_owned(),
                deploy_id: id.to_owned(),
            })
        }
        status if status.starts_with("Cancel") => DeployOutcome::Failed(ApplyErrorKind::CanceledBy {
            who: report.canceled_by_name.clone().unwrap_or_else(|| "another user".to_owned()),
            deploy_id: id.to_owned(),
        }),
        status if status.starts_with("Finalizing") => {
            let reason = report.error_message.as_deref().unwrap_or("no reason returned");
            unverified(format!("the org failed while finalizing the deploy: {reason}"))
        }
        "Succeeded" => done(report, sent),
        _ if report.success => done(report, sent),
        "Failed" => failure(report, changes, sent),
        _ if !report.component_failures.is_empty() => failure(report, changes, sent),
        status => unverified(format!("the deploy ended with status {status:?}")),
    }
}

fn done(report: &DeployReport, sent: &[SentComponent<'_>]) -> DeployOutcome {
    let messages = report.component_successes.iter().chain(&report.component_failures);
    let warnings: Vec<&ComponentMessage> = messages
        .filter(|message| is_warning(message))
        .filter(|message| message.problem.is_some() && !message.means(Meaning::AlreadyDeleted))
        .collect();
    DeployOutcome::Done { warnings: attribution::locate(&warnings, sent) }
}

fn failure(report: &DeployReport, changes: &Changes, sent: &[SentComponent<'_>]) -> DeployOutcome {
    let reason = report.error_message.clone();
    if report.class() == Class::Locked {
        return DeployOutcome::Locked(reason.unwrap_or_else(|| "the org is locked".to_owned()));
    }
    let mut failures: Vec<&ComponentMessage> =
        report.component_failures.iter().filter(|message| !is_warning(message)).collect();
    if failures.is_empty() {
        // Only warnings were reported, so they caused the failure.
        failures = report.component_failures.iter().collect();
    }
    if let Changes::Delete(keys) = changes {
        let (missing, others): (Vec<_>, Vec<_>) =
            failures.iter().copied().partition(|message| is_already_deleted(message));
        if others.is_empty() && !missing.is_empty() {
            return already_deleted(keys, &missing, sent);
        }
        failures = others;
    }
    let locks: Vec<&ComponentMessage> =
        failures.iter().copied().filter(|message| message.is_locked()).collect();
    if !locks.is_empty() && locks.len() == failures.len() {
        let problem = locks.first().and_then(|message| message.problem.clone());
        return DeployOutcome::Locked(problem.unwrap_or_default());
    }
    failures.retain(|message| !message.is_locked());

    let internal_error = if failures.is_empty() {
        report.class() == Class::Transient
            || reason.as_deref().is_some_and(|reason| means(reason, Meaning::InternalError))
    } else {
        failures.iter().all(|message| message.means(Meaning::InternalError))
    };
    let mut problems = attribution::locate(&failures, sent);
    if problems.is_empty() {
        let code = report.error_status_code.clone();
        let message = reason.or(code).or(report.state_detail.clone());
        problems.push(DeployProblem {
            key: None,
            path: None,
            message: message
                .unwrap_or_else(|| "the deploy failed, and Salesforce returned no reason".to_owned()),
        });
    }
    DeployOutcome::Rejected { problems, internal_error }
}

/// Interprets a deletion that failed only because components did not exist. If others exist, they are deleted in
/// another deploy.
fn already_deleted(
    keys: &[ComponentKey],
    messages: &[&ComponentMessage],
    sent: &[SentComponent<'_>],
) -> DeployOutcome {
    let problems = attribution::locate(messages, sent);
    let missing: BTreeSet<ComponentKey> = problems.iter().filter_map(|problem| problem.key.clone()).collect();
    // Salesforce may repeat a message.
    let unlocated: BTreeSet<&str> = problems
        .iter()
        .filter(|problem| problem.key.is_none())
        .map(|problem| problem.message.as_str())
        .collect();
    if missing.len() + unlocated.len() >= keys.len() {
        DeployOutcome::Done { warnings: Vec::new() }
    } else if missing.is_empty() {
        DeployOutcome::Rejected { problems, internal_error: false }
    } else {
        DeployOutcome::Without(missing.into_iter().collect())
    }
}

fn is_already_deleted(message: &ComponentMessage) -> bool {
    message.means(Meaning::AlreadyDeleted)
}

fn is_warning(message: &ComponentMessage) -> bool {
    matches!(message.problem_type.as_deref(), Some("Warning" | "Info"))
}
