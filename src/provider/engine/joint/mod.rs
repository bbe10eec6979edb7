//! One deploy for one resource, or for several resources of one app. Their changes go into one package, and each
//! resource gets its own reply.
//!
//! A deploy is atomic. The caller decides which resources belong together.

mod merge;
mod replies;
mod share;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::adoption::{AdoptionResult, is_our_own};
use super::apply::{Apply, has_changes};
use super::merge::Merge;
use super::read::actual;
use super::state::Actual;
use super::update::unchanged;
use super::{VERIFY_TIMEOUT, diagnostics};
use crate::org::{ApplyError, ApplyErrorKind, Changes, DeployProblem, Freshness, Instant, Meaning};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::ApplyReply;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{Creation, ResourceSpec};
use merge::JointMerge;
use replies::{Deployed, build_replies};
use share::{check_session, first_share_errors};

pub(super) use merge::ranges;
pub use share::{Share, ShareErrors, only_reply};

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
) -> Result<Vec<ApplyReply>, ShareErrors> {
    let Some(first) = shares.first() else { return Ok(Vec::new()) };
    let engine = &first.engine;
    let app =
        engine.subject(&first.request.planned, Instant::now() + limit).await.map_err(first_share_errors)?;
    let claims = &engine.activity.claims;
    let specs = || shares.iter().map(|share| share.engine.spec).chain(others.iter().copied());
    let mut begun = Vec::new();
    for spec in specs() {
        match claims.begin(spec, &app, engine.resource) {
            Ok(()) => begun.push(spec),
            Err(holder) => {
                begun.iter().for_each(|spec| claims.conclude(spec, &app, false));
                return Err(first_share_errors(engine.held_by(holder, &app)));
            }
        }
    }
    let made = try_create(&shares.iter().collect::<Vec<_>>(), first, &app, Instant::now() + limit).await;
    let exists = |reply: &ApplyReply| !reply.state.is_null();
    for (index, spec) in specs().enumerate() {
        // The resources in `others` have no reply, so the reply for the app determines whether they exist.
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
) -> Result<Vec<ApplyReply>, ShareErrors> {
    let engine = &first.engine;
    let session = check_session(shares, first, app, deadline).await?;
    let (apply, desired) = (first.apply(app, &session, deadline), first.desired(&session));
    if engine.spec.creation == Creation::Adopts {
        let merge = first.merge(&apply);
        let awaited = engine.await_components(&apply, &merge);
        engine.unless_stopped(app, awaited).await.map_err(first_share_errors)?;
        let made = try_update(shares, app, deadline).await.map_err(CreationFailure::errors)?;
        return Ok(made.replies);
    }
    let checked = engine.unless_stopped(app, engine.check_existing(&apply, &desired)).await;
    if let AdoptionResult::Ours(existing) = checked.map_err(first_share_errors)? {
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
            let made = create_in_one_deploy(&created, &apply).await.map_err(CreationFailure::errors)?;
            with_adopted(made, &adopted, app, deadline, true).await
        }
        made => rewrite_adopted(made.map_err(CreationFailure::errors)?, shares, app, deadline).await,
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
    Failed(ShareErrors),
    /// Salesforce creates some of these components automatically, and rejects those of the package.
    Overtaken,
}

impl CreationFailure {
    fn errors(self) -> ShareErrors {
        match self {
            CreationFailure::Failed(errors) => errors,
            CreationFailure::Overtaken => ShareErrors::new(),
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
    let outcome = engine.send_changes(changes, &wanted, deadline, arrived).await;
    if outcome.as_ref().is_err_and(|error| is_overtaken(shares, error)) {
        return Err(CreationFailure::Overtaken);
    }
    build_replies(shares, &applies, &ranges, outcome).await.map_err(CreationFailure::Failed)
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
    let errors = |failure: CreationFailure| ApplyReply {
        diagnostics: Diagnostics(failure.errors().into_iter().flat_map(|(_, found)| found).collect()),
        ..ApplyReply::default()
    };
    match try_update(&[share], app, deadline).await {
        Ok(made) => made.replies.into_iter().next().unwrap_or_default(),
        Err(failure) => errors(failure),
    }
}

/// If all objects of an interrupted run are as configured, adopts them.
async fn adopt_all(
    shares: &[&Share<'_>],
    of_the_app: &Apply<'_>,
    existing: &Actual,
) -> Result<Vec<ApplyReply>, ShareErrors> {
    let Apply { app, session, deadline, .. } = *of_the_app;
    let Some((first, others)) = shares.split_first() else { return Ok(Vec::new()) };
    let mut replies = vec![first.engine.reply_for_existing(of_the_app, existing).await];
    for share in others {
        let apply = share.apply(app, session, deadline);
        if share.engine.spec.creation == Creation::Adopts {
            replies.push(adopt(share, app, deadline).await);
            continue;
        }
        let looked = share.engine.look_up(app, &apply.private, session, Freshness::Absence, deadline).await;
        let existing = looked.map_err(first_share_errors)?;
        if !existing.exists() || !is_our_own(&existing, &share.desired(session), session, SystemTime::now()) {
            return Err(first_share_errors(diagnostics::already_exists(
                first.engine.resource,
                first.engine.spec.noun,
                app,
            )));
        }
        replies.push(share.engine.reply_for_existing(&apply, &existing).await);
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
pub async fn update(shares: &[Share<'_>], limit: Duration) -> Result<Vec<ApplyReply>, ShareErrors> {
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
            let made = try_update(&created, &app, deadline).await.map_err(CreationFailure::errors)?;
            Ok(with_adopted(made, &adopted, &app, deadline, false).await)
        }
        made if creates_any => {
            Ok(rewrite_adopted(made.map_err(CreationFailure::errors)?, &shares, &app, deadline).await)
        }
        made => made.map(|made| made.replies).map_err(CreationFailure::errors),
    }
}

async fn try_update(
    shares: &[&Share<'_>],
    app: &str,
    deadline: Instant,
) -> Result<Deployed, CreationFailure> {
    let Some(first) = shares.first() else { return Ok(Deployed::default()) };
    let engine = &first.engine;
    let session = check_session(shares, first, app, deadline).await.map_err(CreationFailure::Failed)?;
    let applies: Vec<Apply<'_>> = shares.iter().map(|share| share.apply(app, &session, deadline)).collect();
    let merges: Vec<Arc<Merge>> = shares.iter().zip(&applies).map(|(share, it)| share.merge(it)).collect();
    let (wanted, ranges) = ranges(merges.iter().map(|merge| merge.wanted().to_vec()));
    let together = Arc::new(JointMerge { merges, ranges });
    let edit = || engine.org.edit(together.clone().edit(wanted.clone()), deadline);
    let arrived = || async {
        let found = engine.org.read(&wanted, Freshness::Now, Instant::now() + VERIFY_TIMEOUT).await;
        found.is_ok_and(|found| together.files(&found).is_ok_and(|files| files.is_empty()))
    };
    let outcome = engine.resubmit_if_lost(edit, arrived).await;
    if let Err(ApplyError { kind: ApplyErrorKind::Declined { found } }) = &outcome {
        return Err(CreationFailure::Failed(together.declined(shares, app, found)));
    }
    let creates_any = shares.iter().any(|share| share.request.prior.is_null());
    if shares.len() > 1 && creates_any && outcome.as_ref().is_err_and(|error| is_overtaken(shares, error)) {
        return Err(CreationFailure::Overtaken);
    }
    let before = outcome.as_ref().map(|applied| applied.before.clone()).unwrap_or_default();
    let made = build_replies(shares, &applies, &together.ranges, outcome).await;
    let mut made = made.map_err(CreationFailure::Failed)?;
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
