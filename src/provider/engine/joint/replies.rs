//! The result of a joint deploy, as one reply for each resource.

use std::ops::Range;

use super::super::apply::Apply;
use super::super::diagnostics;
use super::super::verification::read_after;
use super::share::{Share, ShareErrors};
use crate::org::{Applied, ApplyError, ApplyErrorKind, DeployProblem};
use crate::provider::operations::ApplyReply;
use crate::provider::resource_spec::Creation;

/// The replies of a deploy that may have taken effect.
#[derive(Default)]
pub(super) struct Deployed {
    pub replies: Vec<ApplyReply>,
    /// Whether all components that Salesforce does not create automatically are as planned, even if the deploy reported
    /// an error. Otherwise, nothing more is sent.
    pub succeeded: bool,
}

/// Creates the reply for each share.
pub(super) async fn build_replies(
    shares: &[&Share<'_>],
    applies: &[Apply<'_>],
    ranges: &[Range<usize>],
    outcome: Result<Applied, ApplyError>,
) -> Result<Deployed, ShareErrors> {
    if let Err(error) = &outcome
        && error.is_clean()
    {
        return Err(rejections(shares, applies, error));
    }
    let after = read_after(shares, applies, ranges, &outcome).await;
    let mut replies = Vec::new();
    for (index, (((share, apply), range), after)) in
        shares.iter().zip(applies).zip(ranges).zip(after).enumerate()
    {
        let own = outcome.clone().map(|applied| own_of(applied, shares, index, range));
        replies.push(share.engine.conclude(apply, own, after).await);
    }
    let mut own =
        shares.iter().zip(&replies).filter(|(share, _)| share.engine.spec.creation != Creation::Adopts);
    let succeeded = outcome.is_ok() || own.all(|(_, reply)| !reply.diagnostics.has_errors());
    Ok(Deployed { replies, succeeded })
}

/// The part of the result that belongs to one share. Whatever belongs to no share is part of the first share's result.
fn own_of(applied: Applied, shares: &[&Share<'_>], index: usize, range: &Range<usize>) -> Applied {
    let is_own = |problem: &DeployProblem| match shares.iter().position(|share| share.has(problem)) {
        Some(owner) => owner == index,
        None => index == 0,
    };
    let spec = shares.get(index).map(|share| share.engine.spec);
    let kinds: Vec<_> = spec.into_iter().flat_map(|spec| spec.parts).map(|part| part.kind).collect();
    let first = |all: Vec<String>| if index == 0 { all } else { Vec::new() };
    Applied {
        warnings: applied.warnings.into_iter().filter(is_own).collect(),
        after: applied.after.map(|after| after.get(range.clone()).unwrap_or_default().to_vec()),
        overwritten: applied.overwritten.into_iter().filter(|it| kinds.contains(&it.read.key.kind)).collect(),
        unseen: first(applied.unseen),
        unfinished: applied.unfinished.filter(|_| index == 0),
        ..applied
    }
}

/// The errors for a rejection. Each problem belongs to the share with its file, or else to a share that can explain it,
/// or else to the first share.
fn rejections(shares: &[&Share<'_>], applies: &[Apply<'_>], error: &ApplyError) -> ShareErrors {
    let ApplyErrorKind::Rejected { problems, deploy_id, internal_error } = &error.kind else {
        let errors = shares.iter().zip(applies).take(1);
        return errors
            .map(|(share, apply)| (0, share.engine.rejections(apply.app, &share.request.planned, error)))
            .collect();
    };
    let causes = diagnostics::causes(problems);
    let owner = |problem: &DeployProblem| {
        let owner = shares.iter().position(|share| share.has(problem));
        owner.or_else(|| shares.iter().position(|share| share.explains(problem))).unwrap_or_default()
    };
    let errors = shares.iter().zip(applies).enumerate().filter_map(|(index, (share, apply))| {
        let own = causes.iter().filter(|problem| owner(problem) == index);
        let problems: Vec<DeployProblem> = own.map(|problem| (*problem).clone()).collect();
        if problems.is_empty() {
            return None;
        }
        let kind = ApplyErrorKind::Rejected {
            problems,
            deploy_id: deploy_id.clone(),
            internal_error: *internal_error,
        };
        Some((index, share.engine.rejections(apply.app, &share.request.planned, &ApplyError { kind })))
    });
    errors.collect()
}
