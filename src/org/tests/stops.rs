//! A stop at each stage of a deploy.

use super::*;

/// Applies, stops after so many milliseconds, and returns the outcome, and how many milliseconds after the stop it
/// came.
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
    // Nothing is sent any more, and at once.
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
async fn who_waits_in_the_queue_sends_nothing() {
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
async fn a_start_in_flight_is_waited_for_and_then_cancelled_in_the_queue_of_the_org() {
    let (script, org) = script();
    let course = Course { start: (10_000, None), ..phases(&[(0, "Pending")]).cancelable(2_000) };
    script.course(course);
    let (outcome, took) = stopped_after(&script, &org, 1_000).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.deploy_id(), Some("0Af1"), "{error}");
    assert!(
        matches!(error.kind, ApplyErrorKind::CanceledBy { .. }) && !error.is_clean(),
        "cancelling is no rollback"
    );
    assert!((11_000..14_000).contains(&took), "{took}");
    assert_eq!(script.count("cancel"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_not_confirmed_is_given_up_after_half_a_minute() {
    let (script, org) = script();
    let course = Course { start: (500_000, None), ..phases(&[(0, "Pending")]) };
    script.course(course);
    let (outcome, took) = stopped_after(&script, &org, 1_000).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Unverified { deploy_id: None, .. }), "{error}");
    assert_eq!(took, 30_000);
}

/// Stages; whether it can be cancelled; then: cancellations, milliseconds, whether it succeeded.
type Case = (&'static [(u64, &'static str)], Option<u64>, usize, std::ops::Range<u64>, bool);

#[tokio::test(start_paused = true)]
async fn a_deploy_under_way_is_brought_to_an_end_that_can_be_told() {
    let cases: [Case; 8] = [
        // Cancelled at once where that is safe.
        (&[(0, "Pending")], Some(500), 1, 0..2_000, false),
        // The org does not let go of it.
        (&[(0, "Pending")], Some(999_000), 1, 29_000..32_000, false),
        // It began before the cancellation came, and ends well.
        (&[(0, "Pending"), (5_100, "InProgress"), (20_000, "Succeeded")], None, 1, 15_000..17_000, true),
        // Nearly done: let it.
        (&[(0, "InProgress"), (50_000, "Succeeded")], None, 0, 45_000..47_000, true),
        // Too long: one cancellation after a minute.
        (&[(0, "InProgress")], Some(3_000), 1, 63_000..65_000, false),
        (&[(0, "InProgress")], None, 1, 90_000..91_000, false),
        // Past the point of no return.
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
async fn a_deploy_out_of_sight_is_given_up_in_time() {
    let (script, org) = script();
    script.course(Course::new(vec![(0, Err(lost(Call::DeployStatus)))]));
    let (outcome, took) = stopped_after(&script, &org, 5_000).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.deploy_id(), Some("0Af1"), "{error}");
    assert!(took <= 90_000, "{took}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_lock_gives_up_at_once_and_clean() {
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
async fn reads_go_on_after_a_stop() {
    let (script, org) = script();
    script.file(APP, "Shop", "<label>Shop</label>");
    org.stop();
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let found = org.read(&[Wanted::new(APP, "Shop")], freshness, in_time()).await.unwrap();
        assert!(matches!(found[..], [Lookup::Found(_)]));
    }
}
