//! What else a deletion deletes, and which deletions are rejected.

use super::{ProbeContext, ProbeResult, Verdict, is_rejected, verdict};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
use serde_json::json;

pub fn settings_delete_their_parts(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let settings = context.read(OAUTH)?.name;
    let done = context.org.delete(&[(OAUTH, &settings)], true)?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.message()));
    }
    let left: Vec<String> = context.org.parts(&context.app)?.into_iter().map(|part| part.kind).collect();
    let gone = [GLOBAL_OAUTH, OAUTH_POLICIES].iter().all(|kind| !left.iter().any(|left| left == kind));
    Ok(verdict(gone, format!("the remaining components are {}", left.join(", "))))
}

pub fn policies_alone(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let policies = context.read(OAUTH_POLICIES)?.name;
    Ok(is_rejected(&context.org.delete(&[(OAUTH_POLICIES, &policies)], true)?))
}

pub fn a_warning_fails(context: &ProbeContext<'_>) -> ProbeResult {
    context.deploy_required(&[context.app_file(json!({}))])?;
    let missing = format!("{}_missing", context.app);
    // This control shows that the warning causes the failure, and not the deletion itself.
    let lenient = context.org.delete(&[(APP, &missing)], true)?;
    if !lenient.success {
        return Ok(Verdict::Undecided(format!("rejected even with ignoreWarnings: {}", lenient.message())));
    }
    let warned = lenient.successes.iter().any(|one| !one.problem.is_empty());
    let strict = context.org.delete(&[(APP, &missing)], false)?;
    Ok(match is_rejected(&strict) {
        Verdict::DidNotHold(_) if !warned => {
            Verdict::Undecided("deleting a missing component produces no warning".to_owned())
        }
        other => other,
    })
}
