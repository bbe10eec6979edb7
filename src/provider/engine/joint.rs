//! One deploy for one resource, or for several resources of one app. Their changes go into one package, and each
//! resource gets its own reply.
//!
//! A deploy is atomic. The caller decides which resources belong together.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::adoption::{AdoptionResult, is_our_own};
use super::apply::{Apply, has_changes};
use super::create::settings_overwritten_on_adopt;
use super::merge::{Merge, MergeError};
use super::read::actual;
use super::state::{Actual, DesiredState};
use super::update::unchanged;
use super::verification::read_after;
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::metadata::Component;
use crate::org::{
    Applied, ApplyError, ApplyErrorKind, Changes, DeployProblem, Edit, Freshness, Instant, Lookup, Meaning,
    SessionFacts, Wanted,
};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::refusal;
use crate::provider::resource_spec::{Creation, ORG_ID, ResourceSpec};
use crate::value::Value;

/// A resource in the deploy, and its request.
pub struct Share<'a> {
    pub engine: Engine<'a>,
    pub request: ApplyRequest,
    /// Whether the resource is not a member of a union.
    pub alone: bool,
}

/// Errors by the index of the share.
pub type Refused = Vec<(usize, Diagnostics)>;

/// Creates the resources of all shares. The first share, which is the app in a union, determines whether the object
/// already exists. `others` are the members of a union that are not managed, and that no other resource in this run may
/// manage.
///
/// # Errors
/// Returns an error if it is certain that nothing was created.
pub async fn create(
    shares: &[Share<'_>],
    others: &[&'static ResourceSpec],
    limit: Duration,
) -> Result<Vec<ApplyReply>, Refused> {
    let Some(first) = shares.first() else { return Ok(Vec::new()) };
    let engine = &first.engine;
    let app = engine.subject(&first.request.planned, Instant::now() + limit).await.map_err(first_refused)?;
    let claims = &engine.activity.claims;
    let specs = || shares.iter().map(|share| share.engine.spec).chain(others.iter().copied());
    let mut begun = Vec::new();
    for spec in specs() {
        match claims.begin(spec, &app, engine.resource) {
            Ok(()) => begun.push(spec),
            Err(holder) => {
                begun.iter().for_each(|spec| claims.conclude(spec, &app, false));
                return Err(first_refused(engine.held_by(holder, &app)));
            }
        }
    }
    let made = try_create(&shares.iter().collect::<Vec<_>>(), first, &app, Instant::now() + limit).await;
    let exists = |reply: &ApplyReply| !reply.state.is_null();
    for (index, spec) in specs().enumerate() {
        // The resources in `others` have no reply, so the reply of the app determines whether they exist.
        let replies = made.as_ref().ok();
        let reply = replies.and_then(|replies| replies.get(index).or_else(|| replies.first()));
        claims.conclude(spec, &app, reply.is_some_and(exists));
    }
    made
}

async fn try_create(
    shares: &[&Share<'_>],
    first: &Share<'_>,
    app: &str,
    deadline: Instant,
) -> Result<Vec<ApplyReply>, Refused> {
    let engine = &first.engine;
    let session = check_session(shares, first, app, deadline).await?;
    let (apply, desired) = (first.apply(app, &session, deadline), first.desired(&session));
    if engine.spec.creation == Creation::Adopts {
        let merge = first.merge(&apply);
        let awaited = engine.await_components(&apply, &merge);
        engine.unless_stopped(app, awaited).await.map_err(first_refused)?;
        let made = try_update(shares, app, deadline).await.map_err(CreationFailure::refused)?;
        return Ok(made.replies);
    }
    let checked = engine.unless_stopped(app, engine.check_existing(&apply, &desired)).await;
    if let AdoptionResult::Ours(existing) = checked.map_err(first_refused)? {
        return adopt_all(shares, &apply, &existing).await;
    }
    for share in shares.iter().skip(1) {
        // The app does not exist, so no deletion of its parts can be pending.
        let _ = share.engine.activity.claims.begin_creation(share.engine.spec, app);
    }
    let _running = engine.activity.begin();
    let mut made = match create_in_one_deploy(shares, &apply).await {
        Err(CreationFailure::Overtaken) => {
            let (created, adopted) = split_adopted(shares);
            let made = create_in_one_deploy(&created, &apply).await.map_err(CreationFailure::refused)?;
            with_adopted(made, &adopted, app, deadline, true).await
        }
        made => rewrite_adopted(made.map_err(CreationFailure::refused)?, shares, app, deadline).await,
    };
    if let Some(reply) = made.first_mut()
        && engine.activity.claims.take_destroyed_key(app)
    {
        reply.diagnostics.push(diagnostics::consumer_key_was_destroyed(engine.spec.noun, app));
    }
    Ok(made)
}

/// Why nothing was created or changed.
enum CreationFailure {
    Refused(Refused),
    /// Salesforce creates some of these components automatically, and rejects those of the package.
    Overtaken,
}

impl CreationFailure {
    fn refused(self) -> Refused {
        match self {
            CreationFailure::Refused(refused) => refused,
            CreationFailure::Overtaken => Refused::new(),
        }
    }
}

/// Creates the resources of all shares in one deploy.
async fn create_in_one_deploy(
    shares: &[&Share<'_>],
    of_the_app: &Apply<'_>,
) -> Result<Deployed, CreationFailure> {
    let Some(first) = shares.first() else { return Ok(Deployed::default()) };
    let Apply { app, session, deadline, .. } = *of_the_app;
    let engine = &first.engine;
    let applies: Vec<Apply<'_>> = shares.iter().map(|share| share.apply(app, session, deadline)).collect();
    let new = shares.iter().flat_map(|share| share.engine.new_components(&share.desired(session), app));
    let changes = Changes::Write(new.collect());
    let (wanted, ranges) =
        ranges(shares.iter().zip(&applies).map(|(share, it)| share.engine.wanted(app, &it.private)));
    let deciding = engine.wanted(app, &of_the_app.private);
    let arrived = || async {
        let found = engine.org.read(&deciding, Freshness::Now, Instant::now() + VERIFY_TIMEOUT).await;
        let found = found.ok().and_then(|found| actual(engine.spec, app, session, &found).ok());
        found.is_some_and(|actual| actual.exists())
    };
    let outcome = engine.send_surely(changes, &wanted, deadline, arrived).await;
    if outcome.as_ref().is_err_and(|error| is_overtaken(shares, error)) {
        return Err(CreationFailure::Overtaken);
    }
    build_replies(shares, &applies, &ranges, outcome).await.map_err(CreationFailure::Refused)
}

/// Whether Salesforce rejected only components that it creates automatically.
fn is_overtaken(shares: &[&Share<'_>], error: &ApplyError) -> bool {
    let ApplyErrorKind::Rejected { problems, internal_error: false, .. } = &error.kind else { return false };
    let of_its_own = |problem: &DeployProblem| {
        let owner = shares.iter().find(|share| share.has(problem));
        owner.is_some_and(|share| share.engine.spec.creation == Creation::Adopts)
            && matches!(problem.meaning(), Some(Meaning::Duplicate | Meaning::NoOauthSettings))
    };
    !problems.is_empty() && problems.iter().all(of_its_own)
}

/// Splits the shares into those of the package, and those whose components Salesforce creates automatically.
fn split_adopted<'a, 's>(shares: &[&'a Share<'s>]) -> (Vec<&'a Share<'s>>, Vec<&'a Share<'s>>) {
    shares.iter().partition(|share| share.engine.spec.creation != Creation::Adopts)
}

/// The replies of a deploy that may have taken effect.
#[derive(Default)]
struct Deployed {
    replies: Vec<ApplyReply>,
    /// Whether all components that Salesforce does not create automatically are as planned, even if the deploy reported
    /// an error. Otherwise, nothing more is sent.
    succeeded: bool,
}

/// The replies, after adopting the components that Salesforce created. `created` means that the app is new.
async fn with_adopted(
    made: Deployed,
    adopted: &[&Share<'_>],
    app: &str,
    deadline: Instant,
    created: bool,
) -> Vec<ApplyReply> {
    let Deployed { mut replies, succeeded } = made;
    for share in adopted {
        if !succeeded {
            replies.push(share.request.as_before(Diagnostics::default()));
            continue;
        }
        let mut reply = adopt(share, app, deadline).await;
        diagnostics::add_saved_before(&mut reply.diagnostics, created);
        replies.push(reply);
    }
    replies
}

/// The replies. If Salesforce created its own components instead of those in the package, they have different values
/// and are written once more.
async fn rewrite_adopted(
    made: Deployed,
    shares: &[&Share<'_>],
    app: &str,
    deadline: Instant,
) -> Vec<ApplyReply> {
    let Deployed { mut replies, succeeded } = made;
    for (share, reply) in shares.iter().zip(&mut replies).filter(|_| succeeded) {
        if share.engine.spec.creation == Creation::Adopts && reply.diagnostics.has_errors() {
            let again = adopt(share, app, deadline).await;
            if !again.state.is_null() {
                *reply = again;
            }
        }
    }
    replies
}

/// Adopts the components that Salesforce created. The other components already exist.
async fn adopt(share: &Share<'_>, app: &str, deadline: Instant) -> ApplyReply {
    let refused = |failure: CreationFailure| ApplyReply {
        diagnostics: Diagnostics(failure.refused().into_iter().flat_map(|(_, found)| found).collect()),
        ..ApplyReply::default()
    };
    match try_update(&[share], app, deadline).await {
        Ok(made) => made.replies.into_iter().next().unwrap_or_default(),
        Err(failure) => refused(failure),
    }
}

/// If all objects of an interrupted run are as configured, adopts them.
async fn adopt_all(
    shares: &[&Share<'_>],
    of_the_app: &Apply<'_>,
    existing: &Actual,
) -> Result<Vec<ApplyReply>, Refused> {
    let Apply { app, session, deadline, .. } = *of_the_app;
    let Some((first, others)) = shares.split_first() else { return Ok(Vec::new()) };
    let mut replies = vec![first.engine.as_it_is(of_the_app, existing).await];
    for share in others {
        let apply = share.apply(app, session, deadline);
        if share.engine.spec.creation == Creation::Adopts {
            replies.push(adopt(share, app, deadline).await);
            continue;
        }
        let looked = share.engine.look_up(app, &apply.private, session, Freshness::Absence, deadline).await;
        let existing = looked.map_err(first_refused)?;
        if !existing.exists() || !is_our_own(&existing, &share.desired(session), session, SystemTime::now()) {
            return Err(first_refused(diagnostics::already_exists(
                first.engine.resource,
                first.engine.spec.noun,
                app,
            )));
        }
        replies.push(share.engine.as_it_is(&apply, &existing).await);
    }
    if let Some(reply) = replies.first_mut() {
        reply.diagnostics.push(diagnostics::adopted(first.engine.spec.noun, app));
    }
    Ok(replies)
}

/// Changes the resources of all shares: edits existing components, and creates missing ones.
///
/// # Errors
/// Returns an error if it is certain that nothing was changed.
pub async fn update(shares: &[Share<'_>], limit: Duration) -> Result<Vec<ApplyReply>, Refused> {
    let Some(first) = shares.first() else { return Ok(Vec::new()) };
    let app = first.engine.app_of(&first.request.planned);
    if !shares.iter().any(|share| has_changes(share.engine.spec, &share.request)) {
        return Ok(shares.iter().map(|share| unchanged(&share.request)).collect());
    }
    // Unchanged shares are checked too: a component of a deleted app must not be created.
    let (shares, deadline): (Vec<&Share<'_>>, _) = (shares.iter().collect(), Instant::now() + limit);
    // If OAuth settings are recreated, Salesforce also creates policies, as it does for a new app.
    let creates_any = shares.iter().any(|share| share.request.prior.is_null());
    match try_update(&shares, &app, deadline).await {
        Err(CreationFailure::Overtaken) => {
            let (created, adopted) = split_adopted(&shares);
            let made = try_update(&created, &app, deadline).await.map_err(CreationFailure::refused)?;
            Ok(with_adopted(made, &adopted, &app, deadline, false).await)
        }
        made if creates_any => {
            Ok(rewrite_adopted(made.map_err(CreationFailure::refused)?, &shares, &app, deadline).await)
        }
        made => made.map(|made| made.replies).map_err(CreationFailure::refused),
    }
}

async fn try_update(
    shares: &[&Share<'_>],
    app: &str,
    deadline: Instant,
) -> Result<Deployed, CreationFailure> {
    let Some(first) = shares.first() else { return Ok(Deployed::default()) };
    let engine = &first.engine;
    let session = check_session(shares, first, app, deadline).await.map_err(CreationFailure::Refused)?;
    let applies: Vec<Apply<'_>> = shares.iter().map(|share| share.apply(app, &session, deadline)).collect();
    let merges: Vec<Arc<Merge>> = shares.iter().zip(&applies).map(|(share, it)| share.merge(it)).collect();
    let (wanted, ranges) = ranges(merges.iter().map(|merge| merge.wanted().to_vec()));
    let together = Arc::new(JointMerge { merges, ranges });
    let edit = || engine.org.edit(together.clone().edit(wanted.clone()), deadline);
    let arrived = || async {
        let found = engine.org.read(&wanted, Freshness::Now, Instant::now() + VERIFY_TIMEOUT).await;
        found.is_ok_and(|found| together.files(&found).is_ok_and(|files| files.is_empty()))
    };
    let outcome = engine.again_if_lost(edit, arrived).await;
    if let Err(ApplyError { kind: ApplyErrorKind::Declined { found } }) = &outcome {
        return Err(CreationFailure::Refused(together.declined(shares, app, found)));
    }
    let creates_any = shares.iter().any(|share| share.request.prior.is_null());
    if shares.len() > 1 && creates_any && outcome.as_ref().is_err_and(|error| is_overtaken(shares, error)) {
        return Err(CreationFailure::Overtaken);
    }
    let before = outcome.as_ref().map(|applied| applied.before.clone()).unwrap_or_default();
    let made = build_replies(shares, &applies, &together.ranges, outcome).await;
    let mut made = made.map_err(CreationFailure::Refused)?;
    for ((share, reply), (merge, before)) in
        shares.iter().zip(&mut made.replies).zip(together.of_each(&before))
    {
        let names = PrivateState::read(&reply.private).records;
        let lost = share.lost(merge, before, &names);
        if !lost.is_empty() {
            reply.diagnostics.push(diagnostics::settings_overwritten(share.engine.spec.noun, app, &lost));
        }
    }
    Ok(made)
}

/// The merges of several shares.
struct JointMerge {
    merges: Vec<Arc<Merge>>,
    ranges: Vec<Range<usize>>,
}

impl JointMerge {
    fn edit(self: Arc<Self>, wanted: Vec<Wanted>) -> Edit {
        Edit { wanted, merge: Arc::new(move |found| self.files(found).ok()) }
    }

    /// The files of each share, or why nothing can be written.
    fn files_of_each(&self, found: &[Lookup]) -> Vec<Result<Vec<Component>, MergeError>> {
        self.of_each(found).map(|(merge, found)| merge.files_or_new(found)).collect()
    }

    fn of_each<'a>(&'a self, found: &'a [Lookup]) -> impl Iterator<Item = (&'a Arc<Merge>, &'a [Lookup])> {
        let own = |range: &Range<usize>| found.get(range.clone()).unwrap_or_default();
        self.merges.iter().zip(self.ranges.iter().map(own))
    }

    fn files(&self, found: &[Lookup]) -> Result<Vec<Component>, MergeError> {
        let each: Result<Vec<_>, MergeError> = self.files_of_each(found).into_iter().collect();
        Ok(each?.into_iter().flatten().collect())
    }

    /// Why nothing can be written.
    fn declined(&self, shares: &[&Share<'_>], app: &str, found: &[Lookup]) -> Refused {
        let mut refused = Refused::new();
        for (index, files) in self.files_of_each(found).into_iter().enumerate() {
            let Some(share) = shares.get(index) else { continue };
            if let Err(declined) = files {
                refused.push((index, share.engine.declined(app, declined)));
            }
        }
        if let (true, Some(first)) = (refused.is_empty(), shares.first()) {
            refused.push((0, first.engine.declined(app, MergeError::Missing(None))));
        }
        refused
    }
}

impl Share<'_> {
    fn apply<'a>(&'a self, app: &'a str, session: &'a SessionFacts, deadline: Instant) -> Apply<'a> {
        let private = PrivateState::read(&self.request.private);
        Apply { request: &self.request, app, session, private, deadline }
    }

    fn merge(&self, apply: &Apply<'_>) -> Arc<Merge> {
        self.engine.merge(&self.request, apply.app, &apply.private, apply.session, self.alone)
    }

    fn desired(&self, session: &SessionFacts) -> DesiredState<'_> {
        let ApplyRequest { config, prior, planned, .. } = &self.request;
        DesiredState { spec: self.engine.spec, config, prior, planned, version: session.api_version }
    }

    /// The settings that an adoption overwrote.
    fn lost(
        &self,
        merge: &Merge,
        before: &[Lookup],
        names: &BTreeMap<String, String>,
    ) -> Vec<(&'static str, Value)> {
        if !self.request.prior.is_null() {
            return Vec::new();
        }
        merge
            .actual(before)
            .map(|before| settings_overwritten_on_adopt(&merge.desired(), &before, names))
            .unwrap_or_default()
    }

    fn has(&self, problem: &DeployProblem) -> bool {
        let kind = problem.key.as_ref().map(|key| key.kind);
        kind.is_some_and(|kind| self.engine.spec.parts.iter().any(|part| part.kind == kind))
    }

    fn explains(&self, problem: &DeployProblem) -> bool {
        refusal::explain(self.engine.spec, self.engine.resource, &self.request.planned, &problem.message)
            .is_some()
    }
}

/// The errors of the first share.
fn first_refused(found: impl Into<Diagnostics>) -> Refused {
    vec![(0, found.into())]
}

/// The session, if the state belongs to its org and its API version supports the configuration.
async fn check_session(
    shares: &[&Share<'_>],
    first: &Share<'_>,
    app: &str,
    deadline: Instant,
) -> Result<SessionFacts, Refused> {
    let engine = &first.engine;
    if engine.org.stopped() {
        return Err(first_refused(diagnostics::not_sent(engine.spec.noun, app)));
    }
    let session = engine.unless_stopped(app, engine.session(deadline)).await.map_err(first_refused)?;
    engine.check_org(first.request.prior.get(ORG_ID), &session, app).map_err(first_refused)?;
    let checked = shares.iter().enumerate().map(|(index, share)| {
        let mut found = Diagnostics::default();
        plan::check_versions(share.engine.spec, &share.request.config, session.api_version, &mut found);
        (index, found)
    });
    let refused: Refused = checked.filter(|(_, found)| found.has_errors()).collect();
    if refused.is_empty() { Ok(session) } else { Err(refused) }
}

/// Concatenates lists, and returns the range of each.
pub(super) fn ranges<T>(lists: impl Iterator<Item = Vec<T>>) -> (Vec<T>, Vec<Range<usize>>) {
    let (mut all, mut ranges) = (Vec::new(), Vec::new());
    for list in lists {
        let start = all.len();
        all.extend(list);
        ranges.push(start..all.len());
    }
    (all, ranges)
}

/// Creates the reply of each share.
async fn build_replies(
    shares: &[&Share<'_>],
    applies: &[Apply<'_>],
    ranges: &[Range<usize>],
    outcome: Result<Applied, ApplyError>,
) -> Result<Deployed, Refused> {
    if let Err(error) = &outcome
        && error.is_clean()
    {
        return Err(refusals(shares, applies, error));
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

/// The errors of a rejection. Each problem belongs to the share with its file, or else to a share that can explain it,
/// or else to the first share.
fn refusals(shares: &[&Share<'_>], applies: &[Apply<'_>], error: &ApplyError) -> Refused {
    let ApplyErrorKind::Rejected { problems, deploy_id, internal_error } = &error.kind else {
        let refused = shares.iter().zip(applies).take(1);
        return refused
            .map(|(share, apply)| (0, share.engine.refusals(apply.app, &share.request.planned, error)))
            .collect();
    };
    let causes = diagnostics::causes(problems);
    let owner = |problem: &DeployProblem| {
        let owner = shares.iter().position(|share| share.has(problem));
        owner.or_else(|| shares.iter().position(|share| share.explains(problem))).unwrap_or_default()
    };
    let refused = shares.iter().zip(applies).enumerate().filter_map(|(index, (share, apply))| {
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
        Some((index, share.engine.refusals(apply.app, &share.request.planned, &ApplyError { kind })))
    });
    refused.collect()
}
