//! Reads the components after a deploy, until they exist. `reply` compares them with the plan.

use std::ops::Range;
use std::time::Duration;

use super::apply::Apply;
use super::joint::Share;
use super::read::actual;
use super::resubmission::LAGS_OF_EFFECTS;
use super::state::Actual;
use super::{VERIFY_TIMEOUT, diagnostics};
use crate::org::{Applied, ApplyError, Freshness, Instant, Lookup, ReadError};
use crate::provider::diagnostics::Diagnostics;

/// Milliseconds between polls for components that should exist. Reads may lag behind a deploy by up to half a minute.
const LAGS: [u64; 7] = [250, 500, 1000, 2000, 4000, 8000, 15_000];

/// The resource of each share, as read after a deploy. All shares are read and awaited together, because waiting half a
/// minute for each would take too long if none of them was created.
pub(super) async fn read_after(
    shares: &[&Share<'_>],
    applies: &[Apply<'_>],
    ranges: &[Range<usize>],
    outcome: &Result<Applied, ApplyError>,
) -> Vec<Result<Actual, Diagnostics>> {
    let parts = || shares.iter().zip(applies);
    let each = |found: &[Lookup], ranges: &[Range<usize>]| -> Vec<Result<Actual, Diagnostics>> {
        let own = |range: &Range<usize>| found.get(range.clone()).unwrap_or_default();
        let found = parts().zip(ranges.iter().map(own));
        found
            .map(|((share, apply), found)| actual(share.engine.spec, apply.app, apply.session, found))
            .collect()
    };
    let exists = |found: &Result<Actual, Diagnostics>| found.as_ref().is_ok_and(Actual::exists);
    if let Ok(Applied { after: Some(after), .. }) = outcome {
        let read = each(after, ranges);
        if read.iter().all(exists) {
            return read;
        }
    }
    let Some((first, apply)) = parts().next() else { return Vec::new() };
    let (wanted, ranges) =
        super::joint::ranges(parts().map(|(share, it)| share.engine.wanted(it.app, &it.private)));
    let deadline = Instant::now() + VERIFY_TIMEOUT;
    let lags: &[u64] = match outcome {
        Err(error) if error.has_ended() && !error.is_after_internal_error() => &LAGS_OF_EFFECTS,
        _ => &LAGS,
    };
    let mut lags = lags.iter();
    let mut last: Option<Vec<_>> = None;
    loop {
        let found = match first.engine.org.read(&wanted, Freshness::Now, deadline).await {
            Ok(found) => each(&found, &ranges),
            // The file of one share causes the common read to fail, so each share is read separately.
            Err(ReadError { key: Some(_), .. }) if shares.len() > 1 => {
                let mut found = Vec::new();
                for (share, it) in parts() {
                    let read =
                        share.engine.look_up(it.app, &it.private, it.session, Freshness::Now, deadline);
                    found.push(read.await);
                }
                found
            }
            Err(error) => {
                let unread = |(share, apply): (&&Share<'_>, &Apply<'_>)| {
                    Err(diagnostics::unreadable(share.engine.spec.noun, apply.app, &error).into())
                };
                // What an earlier read found exists. What it did not find may exist by now.
                let mut earlier = last.into_iter().flatten();
                return parts()
                    .map(|part| {
                        earlier.next().filter(|found| !is_missing(found)).unwrap_or_else(|| unread(part))
                    })
                    .collect();
            }
        };
        match lags.next() {
            Some(lag) if found.iter().any(is_missing) => {
                first.engine.org.distrust(apply.app);
                crate::org::sleep(Duration::from_millis(*lag)).await;
                last = Some(found);
            }
            _ => return found,
        }
    }
}

/// Whether a read shows that the resource does not exist.
fn is_missing(found: &Result<Actual, Diagnostics>) -> bool {
    found.as_ref().is_ok_and(|actual| !actual.exists())
}
