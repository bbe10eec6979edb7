//! What the report of a deploy that has ended means. Pure.

use std::collections::BTreeSet;

use super::attribute::{self, Sent};
use super::deploy::Job;
use super::{Applied, ApplyErrorKind, Problem};
use crate::metadata::ComponentKey;
use crate::salesforce::{Class, ComponentMessage, DeployReport};

/// What a report means.
pub(super) enum Verdict {
    Done(Applied),
    /// Others change the org just now; nothing was changed.
    Locked(String),
    /// The org had an accident; nothing was changed.
    Accident(ApplyErrorKind),
    /// These were gone already and made the deploy fail; the others were not deleted.
    Without(Vec<ComponentKey>),
    Failed(ApplyErrorKind),
}

/// What a report that says "done" means. `success` alone does not tell: the status has more words than two.
pub(super) fn judge(
    id: String,
    report: &DeployReport,
    canceled_by_us: bool,
    job: &Job,
    sent: &[Sent<'_>],
) -> Verdict {
    let unverified =
        |why: String| Verdict::Failed(ApplyErrorKind::Unverified { deploy_id: Some(id.clone()), why });
    match report.status.as_str() {
        "SucceededPartial" => {
            unverified("the org kept a part of it, although all or nothing was asked for".into())
        }
        status if status.starts_with("Cancel") && canceled_by_us => {
            Verdict::Failed(ApplyErrorKind::CanceledBy {
                who: "Terraform, being interrupted,".to_owned(),
                deploy_id: id,
            })
        }
        status if status.starts_with("Cancel") => Verdict::Failed(ApplyErrorKind::CanceledBy {
            who: report.canceled_by_name.clone().unwrap_or_else(|| "somebody".to_owned()),
            deploy_id: id,
        }),
        status if status.starts_with("Finalizing") => {
            let said = report.error_message.as_deref().unwrap_or("no reason given");
            unverified(format!("the org failed while finalizing it: {said}"))
        }
        "Succeeded" => Verdict::Done(done(id, report)),
        _ if report.success => Verdict::Done(done(id, report)),
        "Failed" => failure(id, report, job, sent),
        _ if !report.component_failures.is_empty() => failure(id, report, job, sent),
        status => unverified(format!("the org calls its end {status:?}")),
    }
}

fn done(deploy_id: String, report: &DeployReport) -> Applied {
    let messages = report.component_successes.iter().chain(&report.component_failures);
    let warnings = messages
        .filter(|message| is_warning(message))
        .filter_map(|message| message.problem.clone())
        .filter(|problem| !attribute::says_gone(problem));
    Applied { deploy_id, warnings: warnings.collect() }
}

/// A deploy that failed and was rolled back as a whole.
fn failure(deploy_id: String, report: &DeployReport, job: &Job, sent: &[Sent<'_>]) -> Verdict {
    let said = report.error_message.clone();
    if report.class() == Class::Locked {
        return Verdict::Locked(said.unwrap_or_else(|| "the org is locked".to_owned()));
    }
    let mut failures: Vec<&ComponentMessage> =
        report.component_failures.iter().filter(|message| !is_warning(message)).collect();
    if failures.is_empty() {
        // Warnings that were made errors.
        failures = report.component_failures.iter().collect();
    }
    if let Job::Delete(keys) = job {
        let (gone, others): (Vec<_>, Vec<_>) =
            failures.iter().copied().partition(|message| gone_message(message));
        if others.is_empty() && !gone.is_empty() {
            return gone_already(deploy_id, keys, &gone, sent);
        }
        failures = others;
    }
    let locks: Vec<&ComponentMessage> =
        failures.iter().copied().filter(|message| message.is_locked()).collect();
    if !locks.is_empty() && locks.len() == failures.len() {
        let problem = locks.first().and_then(|message| message.problem.clone());
        return Verdict::Locked(problem.unwrap_or_default());
    }
    failures.retain(|message| !message.is_locked());

    let accident = if failures.is_empty() {
        report.class() == Class::Transient || said.as_deref().is_some_and(is_accident)
    } else {
        let mut problems = failures.iter().map(|message| message.problem.as_deref().unwrap_or_default());
        problems.all(is_accident)
    };
    let mut problems = attribute::attribute(&failures, sent);
    if problems.is_empty() {
        let code = report.error_status_code.clone();
        let message = said.or(code).or(report.state_detail.clone());
        problems.push(Problem {
            key: None,
            path: None,
            message: message.unwrap_or_else(|| "the deploy failed without a reason".to_owned()),
        });
    }
    let rejected = ApplyErrorKind::Rejected { problems, deploy_id };
    if accident { Verdict::Accident(rejected) } else { Verdict::Failed(rejected) }
}

/// A deletion that failed only because some were gone already: the rest is to be deleted without them.
fn gone_already(
    deploy_id: String,
    keys: &[ComponentKey],
    messages: &[&ComponentMessage],
    sent: &[Sent<'_>],
) -> Verdict {
    let problems = attribute::attribute(messages, sent);
    let gone: BTreeSet<ComponentKey> = problems.iter().filter_map(|problem| problem.key.clone()).collect();
    if gone.len() == keys.len() || messages.len() >= keys.len() {
        Verdict::Done(Applied { deploy_id, warnings: Vec::new() })
    } else if gone.is_empty() {
        Verdict::Failed(ApplyErrorKind::Rejected { problems, deploy_id })
    } else {
        Verdict::Without(gone.into_iter().collect())
    }
}

fn gone_message(message: &ComponentMessage) -> bool {
    message.problem.as_deref().is_some_and(attribute::says_gone)
}

fn is_warning(message: &ComponentMessage) -> bool {
    matches!(message.problem_type.as_deref(), Some("Warning" | "Info"))
}

/// Whether the org only says that it does not know what happened.
fn is_accident(problem: &str) -> bool {
    problem.contains("UNKNOWN_EXCEPTION") || problem.contains("unexpected error has occurred")
}
