//! Edits of files that others also write: only the edit's own attributes are changed, no concurrent change is lost,
//! and every conflict is reported.

use super::*;
use crate::metadata::Field;
use crate::value::Value;

fn field(attribute: &str) -> &'static Field {
    APP.fields.iter().find(|field| field.attribute == attribute).unwrap()
}

/// An edit that sets an attribute of Shop and keeps the others.
fn setting(attribute: &'static str, value: &'static str) -> Edit {
    let merge = move |found: &[Lookup]| {
        let shop = found.first()?.component()?;
        let wanted = Value::text(value);
        let differs = *shop.get(attribute) != wanted;
        Some(if differs { vec![shop.merge(&[(field(attribute), wanted)])] } else { Vec::new() })
    };
    Edit { wanted: vec![Wanted::new(APP, "Shop")], merge: Arc::new(merge) }
}

fn email() -> Edit {
    setting("contact_email", "ours@example.com")
}

/// An org whose deploys write files, with the app Shop, whose label is Before.
fn org_that_writes_files() -> (Arc<Script>, Org) {
    let (script, org) = script();
    script.file(APP, "Shop", "<label>Before</label>");
    script.with(|state| state.lives = true);
    (script, org)
}

/// A deploy that is queued for `pending` milliseconds, runs for `runs` milliseconds, and then ends.
fn waits(pending: u64, runs: u64) -> Course {
    let stages = vec![
        (0, Ok(status("Pending"))),
        (pending, Ok(status("InProgress"))),
        (pending + runs, Ok(ended("Succeeded"))),
    ];
    Course::new(stages)
}

fn shop_of(script: &Arc<Script>) -> String {
    script.with(|state| state.files[&ComponentKey::new(APP, "Shop")].0.clone())
}

fn calls(script: &Arc<Script>) -> String {
    let calls = script.entries("");
    calls.iter().map(|call| call.split(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_based_on_the_current_file_and_read_back() {
    let (script, org) = org_that_writes_files();
    script.course(waits(0, 700));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert!(shop_of(&script).contains("<label>Before</label>") && shop_of(&script).contains("ours@"));
    assert!(!applied.disturbed && applied.overwritten.is_empty() && applied.unseen.is_empty());
    let after = applied.after.unwrap();
    assert_eq!(after[0].component().unwrap().get("contact_email"), &Value::text("ours@example.com"));
    assert!(calls(&script).starts_with("queue retrieve queue start "), "{}", calls(&script));
    assert!(calls(&script).ends_with(" retrieve"), "{}", calls(&script));
    assert_eq!((script.count("start"), script.count("retrieve"), script.count("queue")), (1, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_stays_pending_in_an_idle_org_is_sent_once_and_not_canceled() {
    for (pending, most_polls) in
        [(0, 4), (300, 4), (800, 4), (1_000, 5), (1_500, 5), (3_000, 6), (10_000, 11), (30_000, 21)]
    {
        let (script, org) = org_that_writes_files();
        script.course(waits(pending, 500));
        org.edit(email(), in_time()).await.unwrap();
        assert_eq!((script.count("start"), script.count("cancel")), (1, 0), "{pending}");
        assert!(script.count("poll") <= most_polls, "{pending}: {}", calls(&script));
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_changes_nothing_is_not_sent() {
    let (script, org) = org_that_writes_files();
    let applied = org.edit(setting("label", "Before"), in_time()).await.unwrap();
    assert_eq!((applied.deploy_id, script.count("start")), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn an_edit_can_decline_the_current_file() {
    let (script, org) = script();
    let error = org.edit(email(), in_time()).await.unwrap_err();
    assert!(matches!(&error.kind, ApplyErrorKind::Declined { found } if found.len() == 1), "{error}");
    assert!(error.is_clean());
    assert_eq!(script.count("start"), 0);
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_read_are_not_written() {
    let (script, org) = org_that_writes_files();
    script.with(|state| state.rejected.push(APP.name));
    let error = org.edit(email(), in_time()).await.unwrap_err();
    // For an unreadable type, the lookup is hidden and the edit declines it. The read itself does not fail.
    assert!(matches!(&error.kind, ApplyErrorKind::Declined { .. }), "{error}");
    assert_eq!(script.count("start"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_waits_for_other_deploys_in_the_queue() {
    let (script, org) = org_that_writes_files();
    rival(&script, 0, 8_000, Some("Theirs"));
    script.course(waits(0, 500));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_has_both(&script);
    assert_eq!((script.count("start"), script.count("cancel")), (1, 0));
    assert!(!applied.disturbed);
}

#[tokio::test(start_paused = true)]
async fn an_edit_waits_for_a_deploy_that_starts_while_it_reads() {
    let (script, org) = org_that_writes_files();
    rival(&script, 50, 3_000, Some("Theirs"));
    script.course(waits(0, 500));
    org.edit(email(), in_time()).await.unwrap();
    assert_has_both(&script);
    assert_eq!(script.count("start"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_eventually_sent_to_an_org_whose_queue_is_never_empty() {
    let (script, org) = org_that_writes_files();
    rival(&script, 0, 10_000_000, None);
    script.course(waits(5_000, 500));
    let begun = Instant::now();
    org.edit(email(), in_time()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
    assert_eq!((script.count("start"), script.count("cancel")), (1, 0));
}

/// Adds a deploy by another client that is sent and ends at these times.
fn rival(script: &Arc<Script>, at: u64, ends: u64, label: Option<&'static str>) {
    script.with(|state| {
        state.now();
        state.concurrent.push(("0AfRival".into(), at, ends, label));
    });
}

/// Adds a deploy by another client that is sent slightly before ours. It ends first, and the queue did not show it when
/// the file was read.
fn earlier_rival(script: &Arc<Script>, ends: u64) {
    rival(script, 190, ends, Some("Theirs"));
}

fn assert_has_both(script: &Arc<Script>) {
    let shop = shop_of(script);
    assert!(shop.contains("Theirs") && shop.contains("ours@"), "{shop}");
}

#[tokio::test(start_paused = true)]
async fn an_overwritten_change_is_restored_and_reported() {
    let (script, org) = org_that_writes_files();
    earlier_rival(&script, 900);
    script.course(waits(900, 1_000)).course(waits(0, 1_000));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_has_both(&script);
    assert_eq!((script.count("start"), script.count("cancel")), (2, 0));
    let [overwritten] = applied.overwritten.as_slice() else { panic!("{applied:?}") };
    assert_eq!(overwritten.read.get("label"), &Value::text("Before"));
    assert_eq!(overwritten.was.get("label"), &Value::text("Theirs"));
    assert!(applied.unfinished.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_overwritten_change_with_unknown_content_is_reported_with_its_deploy_id() {
    let (script, org) = org_that_writes_files();
    earlier_rival(&script, 195);
    script.course(waits(0, 150));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_eq!((applied.unseen.as_slice(), script.count("cancel")), (["0AfRival".to_owned()].as_slice(), 0));
    assert!(applied.disturbed);
}

/// Two changes with unknown content were overwritten. Both are applied again, one of them late. If one of them is not
/// applied again, both deploys are reported.
#[tokio::test(start_paused = true)]
async fn a_late_repetition_of_an_overwritten_change_is_awaited() {
    for (both, reported) in [(true, &[][..]), (false, &["0AfRival", "0AfOther"][..])] {
        let (script, org) = org_that_writes_files();
        earlier_rival(&script, 195);
        script.with(|state| {
            state.concurrent.push(("0AfOther".into(), 191, 196, None));
            state.concurrent.push(("0AfAgain".into(), 2_000, 2_500, Some("Theirs")));
            if both {
                state.concurrent.push(("0AfLate".into(), 12_000, 12_500, Some("Late")));
            }
        });
        script.course(waits(0, 150)).course(waits(0, 150));
        let applied = org.edit(email(), in_time()).await.unwrap();
        assert_eq!(applied.unseen, reported, "both: {both}");
        let was = applied.overwritten.iter().map(|overwritten| overwritten.was.get("label"));
        let label = Value::text(if both { "Late" } else { "Theirs" });
        assert_eq!(was.collect::<Vec<_>>(), [&label]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_overwritten_edit_is_applied_again() {
    let (script, org) = org_that_writes_files();
    // This deploy is based on an earlier version of the file and replaces the whole file.
    rival(&script, 200, 3_000, Some("Theirs"));
    script.course(waits(0, 1_000)).course(waits(0, 1_000));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_has_both(&script);
    assert_eq!((script.count("start"), script.count("cancel")), (2, 0));
    assert!(applied.disturbed && applied.overwritten.is_empty() && applied.unfinished.is_none());
}

/// While unrelated deploys keep arriving, a value that the org does not save is sent only once.
#[tokio::test(start_paused = true)]
async fn a_value_that_the_org_does_not_save_is_sent_once_in_a_busy_org() {
    let (script, org) = org_that_writes_files();
    script.with(|state| {
        state.now();
        state.drops = Some("contactEmail");
        let unrelated = (0..100).map(|at| (UNRELATED.to_owned(), 200 + at * 1_000, 400 + at * 1_000, None));
        state.concurrent.extend(unrelated);
    });
    for _ in 0..12 {
        script.course(waits(0, 1_500));
    }
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_eq!(script.count("start"), 1);
    assert!(applied.unfinished.is_none(), "{applied:?}");
    let after = applied.after.unwrap();
    assert!(after[0].component().unwrap().get("contact_email").is_null());
}

/// The timeout of the caller passes before its deploy ends. That deploy overwrites a change by others.
#[tokio::test(start_paused = true)]
async fn a_change_of_others_is_restored_after_the_timeout_of_the_caller() {
    let (script, org) = org_that_writes_files();
    earlier_rival(&script, 900);
    script.course(waits(900, 1_000)).course(waits(0, 1_000));
    let soon = Instant::now() + Duration::from_millis(1_500);
    let error = org.edit(email(), soon).await.unwrap_err();
    assert!(!error.is_clean(), "{error}");
    sleep(Duration::from_secs(60)).await;
    assert_has_both(&script);
}

/// The timeout passes after the edit was saved, and before the overwritten change is restored.
#[tokio::test(start_paused = true)]
async fn an_edit_waits_for_the_restoration_of_what_it_overwrote() {
    for restoration in [5_000, 90_000] {
        for timeout in (3_000..7_000).step_by(250) {
            let (script, org) = org_that_writes_files();
            earlier_rival(&script, 900);
            script.course(waits(900, 1_000)).course(waits(0, restoration));
            let soon = Instant::now() + Duration::from_millis(timeout);
            let applied = org.edit(email(), soon).await.unwrap();
            assert_has_both(&script);
            assert_eq!(applied.overwritten.len(), 1, "{timeout} ms");
            assert!(Instant::now() > soon, "the timeout of {timeout} ms has passed");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_access_to_the_queue_the_files_are_read_when_the_deploy_starts() {
    let (script, org) = org_that_writes_files();
    script.with(|state| state.queue_fails = Some(fault(Call::Query, "INVALID_TYPE")));
    earlier_rival(&script, 900);
    script.course(waits(900, 1_000)).course(waits(0, 1_000));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_has_both(&script);
    assert_eq!(applied.overwritten.len(), 1);
    assert_eq!(script.count("queue"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_restore_is_reported() {
    let (script, org) = org_that_writes_files();
    earlier_rival(&script, 900);
    let rejected = failed(vec![problem(&shop().key, "Not today.")]);
    script.course(waits(900, 1_000)).course(Course::ends(500, rejected));
    let applied = org.edit(email(), in_time()).await.unwrap();
    assert_eq!(applied.overwritten.len(), 1);
    assert!(matches!(applied.unfinished, Some(ApplyErrorKind::Rejected { .. })), "{applied:?}");
}

#[tokio::test(start_paused = true)]
async fn edits_of_the_same_file_do_not_share_a_deploy() {
    let (script, org) = org_that_writes_files();
    script.course(waits(0, 700)).course(waits(0, 700));
    let (one, other) =
        tokio::join!(org.edit(email(), in_time()), org.edit(setting("label", "Ours"), in_time()));
    assert_eq!(
        (one.unwrap().deploy_id.unwrap(), other.unwrap().deploy_id.unwrap()),
        ("0Af1".into(), "0Af2".into())
    );
    assert!(shop_of(&script).contains("<label>Ours</label>") && shop_of(&script).contains("ours@"));
}

/// Random timing, as in a shared org: every duration differs, and others may write at any moment.
#[tokio::test(start_paused = true)]
async fn concurrent_changes_are_never_lost_and_no_deploy_is_canceled() {
    let mut random: u64 = 68;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    for round in 0..200 {
        let (script, org) = org_that_writes_files();
        let (pending, runs) = (below(10_000), 2_000 + below(18_000));
        // The org processes one deploy at a time, in the order of arrival. Our deploy is sent after about 195 ms.
        let starts = if round % 2 == 0 { below(250) } else { below(20_000) };
        let starts = if (186..210).contains(&starts) { 150 } else { starts };
        let duration = 2_000 + below(20_000);
        let (ends, pending) = match starts {
            0..=90 => (starts + duration, pending),
            91..=190 => (starts + duration, pending.max(starts + duration)),
            _ => (starts.max(200 + pending + runs) + duration, pending),
        };
        script.course(waits(pending, runs));
        for _ in 0..12 {
            script.course(waits(below(10_000), 2_000 + below(18_000)));
        }
        script.with(|state| {
            state.now();
            state.concurrent.push(("0AfRival".into(), starts, ends, Some("Theirs")));
        });
        let applied = org.edit(email(), in_time()).await.unwrap();
        // A deploy of the other client that ends after ours may still overwrite our change, and that client must detect
        // it.
        sleep(Duration::from_secs(60)).await;
        let shop = shop_of(&script);
        let reported =
            format!("round {round}: starts {starts}, ends {ends}: {shop} {applied:?}\n{}", calls(&script));
        assert_eq!(script.count("cancel"), 0, "{reported}");
        assert!(applied.unfinished.is_none() && shop.contains("Theirs"), "{reported}");
        let came_later = !applied.disturbed && !shop.contains("ours@");
        assert!(came_later || shop.contains("ours@"), "{reported}");
    }
}
