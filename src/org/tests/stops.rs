//! Tests that request a stop at each stage of a deploy.

use super::*;

/// Applies a change, and stops the org after this many milliseconds. Returns the outcome, and the milliseconds from the
/// stop to the outcome.
async fn stopped_after(script: &Arc<Script>, org: &Org, ms: u64) -> (Result<Applied, ApplyError>, u64) {
    let apply = tokio::spawn({
        let org = org.clone();
        async move { org.make(write_shop(), in_time()).await }
    });
    sleep(Duration::from_millis(ms)).await;
    org.stop();
    let stopped = Instant::now();
    let outcome = apply.await.unwrap();
    let took = u64::try_from(stopped.elapsed().as_millis()).unwrap();
    assert!(org.stopped());
    // Further changes fail immediately.
    let sent = script.count("start");
    let begun = Instant::now();
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::NotSent), "{error}");
    assert!(begun.elapsed().is_zero());
    assert_eq!(script.count("start"), sent);
    (outcome, took)
}

fn phases(stages: &[(u64, &str)]) -> Course {
    let report = |how: &str| {
        if how.ends_with("ing") || how == "InProgress" { status(how) } else { ended(how) }
    };
    Course::new(stages.iter().map(|(at, how)| (*at, Ok(report(how)))).collect())
}

#[tokio::test(start_paused = true)]
async fn a_queued_job_is_not_sent_after_a_stop() {
    let (script, org) = script();
    script.course(phases(&[(0, "InProgress"), (20_000, "Succeeded")]));
    let first = tokio::spawn({
        let org = org.clone();
        async move { org.make(write_shop(), in_time()).await }
    });
    sleep(Duration::from_secs(1)).await;
    let (outcome, took) = stopped_after(&script, &org, 1_000).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::NotSent), "{error}");
    assert_eq!(took, 0);
    first.await.unwrap().unwrap();
    assert_eq!(script.count("start"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pending_start_is_awaited_and_the_queued_deploy_is_canceled() {
    let (script, org) = script();
    let course = Course { start: (10_000, None), ..phases(&[(0, "Pending")]).cancelable(2_000) };
    script.course(course);
    let (outcome, took) = stopped_after(&script, &org, 1_000).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.deploy_id(), Some("0Af1"), "{error}");
    assert!(
        matches!(error.kind, ApplyErrorKind::CanceledBy { .. }) && !error.is_clean(),
        "canceling is no rollback"
    );
    assert!((11_000..14_000).contains(&took), "{took}");
    assert_eq!(script.count("cancel"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_without_a_response_is_abandoned_after_half_a_minute() {
    let (script, org) = script();
    let course = Course { start: (500_000, None), ..phases(&[(0, "Pending")]) };
    script.course(course);
    let (outcome, took) = stopped_after(&script, &org, 1_000).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Unverified { deploy_id: None, .. }), "{error}");
    assert_eq!(took, 30_000);
}

/// The stages, and the delay of a cancellation if the deploy can be canceled; then the expected number of
/// cancellations, the expected milliseconds, and whether the deploy succeeds.
type Case = (&'static [(u64, &'static str)], Option<u64>, usize, std::ops::Range<u64>, bool);

#[tokio::test(start_paused = true)]
async fn a_running_deploy_is_awaited_or_canceled_after_a_stop() {
    let cases: [Case; 8] = [
        // A queued deploy is canceled immediately.
        (&[(0, "Pending")], Some(500), 1, 0..2_000, false),
        // The org does not confirm the cancellation.
        (&[(0, "Pending")], Some(999_000), 1, 29_000..32_000, false),
        // The deploy started before the cancellation, and succeeds.
        (&[(0, "Pending"), (5_100, "InProgress"), (20_000, "Succeeded")], None, 1, 15_000..17_000, true),
        // The deploy ends within the grace period.
        (&[(0, "InProgress"), (50_000, "Succeeded")], None, 0, 45_000..47_000, true),
        // The deploy takes too long, so it is canceled once, after a minute.
        (&[(0, "InProgress")], Some(3_000), 1, 63_000..65_000, false),
        (&[(0, "InProgress")], None, 1, 90_000..91_000, false),
        // The deploy can no longer be canceled.
        (&[(0, "Finalizing"), (70_000, "Succeeded")], None, 0, 65_000..67_000, true),
        (&[(0, "FinalizingDeploying")], Some(0), 0, 90_000..91_000, false),
    ];
    for (stages, canceled, cancellations, time, succeeds) in cases {
        let (script, org) = script();
        let course = Course { canceled: canceled.map(|after| (after, ended("Canceled"))), ..phases(stages) };
        script.course(course);
        let (outcome, took) = stopped_after(&script, &org, 5_000).await;
        assert_eq!(script.count("cancel"), cancellations, "{stages:?}");
        assert!(time.contains(&took), "{stages:?}: {took}");
        match outcome {
            Ok(_) => assert!(succeeds, "{stages:?}"),
            Err(error) => {
                assert!(!succeeds, "{stages:?}: {error}");
                assert_eq!(error.deploy_id(), Some("0Af1"), "{error}");
                assert!(!error.is_clean());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_cannot_be_polled_is_abandoned_in_time() {
    let (script, org) = script();
    script.course(Course::new(vec![(0, Err(lost(Call::DeployStatus)))]));
    let (outcome, took) = stopped_after(&script, &org, 5_000).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.deploy_id(), Some("0Af1"), "{error}");
    assert!(took <= 90_000, "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_lock_ends_at_once_on_a_stop() {
    let (script, org) = script();
    let text = "unable to obtain exclusive access to this record";
    for _ in 0..5 {
        script.course(Course::ends(100, failed(vec![problem(&shop().key, text)])));
    }
    let (outcome, took) = stopped_after(&script, &org, 10_000).await;
    let error = outcome.unwrap_err();
    assert!(error.is_clean());
    assert!(matches!(error.kind, ApplyErrorKind::Locked { .. }), "{error}");
    assert_eq!(took, 0);
}

#[tokio::test(start_paused = true)]
async fn reads_continue_after_a_stop() {
    let (script, org) = script();
    script.file(APP, "Shop", "<label>Shop</label>");
    org.stop();
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let found = org.read(&[Wanted::new(APP, "Shop")], freshness, in_time()).await.unwrap();
        assert!(matches!(found[..], [Lookup::Found(_)]));
    }
}
