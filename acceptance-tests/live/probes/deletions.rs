//! What a deletion takes along, and which are refused.

use super::{Answer, Bench, Verdict, is_refused, verdict};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
use serde_json::json;

pub fn settings_take_their_parts_along(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let settings = bench.read(OAUTH)?.name;
    let done = bench.org.delete(&[(OAUTH, &settings)], true)?;
    if !done.success {
        return Ok(Verdict::DidNotHold(done.said()));
    }
    let left: Vec<String> = bench.org.parts(&bench.app)?.into_iter().map(|part| part.kind).collect();
    let gone = [GLOBAL_OAUTH, OAUTH_POLICIES].iter().all(|kind| !left.iter().any(|left| left == kind));
    Ok(verdict(gone, format!("what is left is {}", left.join(", "))))
}

pub fn policies_alone(bench: &Bench<'_>) -> Answer {
    bench.make()?;
    let policies = bench.read(OAUTH_POLICIES)?.name;
    Ok(is_refused(&bench.org.delete(&[(OAUTH_POLICIES, &policies)], true)?))
}

pub fn a_warning_fails(bench: &Bench<'_>) -> Answer {
    bench.take(&[bench.app_file(json!({}))])?;
    let nobody = format!("{}_nobody", bench.app);
    // The control: it is the warning that fails, not the deletion.
    let lenient = bench.org.delete(&[(APP, &nobody)], true)?;
    if !lenient.success {
        return Ok(Verdict::Undecided(format!("ignoring warnings, too: {}", lenient.said())));
    }
    let warned = lenient.successes.iter().any(|one| !one.problem.is_empty());
    let strict = bench.org.delete(&[(APP, &nobody)], false)?;
    Ok(match is_refused(&strict) {
        Verdict::DidNotHold(_) if !warned => {
            Verdict::Undecided("deleting what is not there gives no warning".to_owned())
        }
        other => other,
    })
}
