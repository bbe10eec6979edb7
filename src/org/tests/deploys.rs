//! Deploys and the interpretation of their outcomes.

use super::*;
use crate::value::Path;

#[tokio::test(start_paused = true)]
async fn a_successful_deploy_returns_its_warnings() {
    let (script, org) = script();
    let mut report = ended("Succeeded");
    report.component_successes = vec![ComponentMessage {
        problem_type: Some("Warning".into()),
        ..problem(&shop().key, "The app is new to you.")
    }];
    script.course(Course::ends(1_000, report));
    let applied = org.make(write_shop(), in_time()).await.unwrap();
    assert_eq!(applied.deploy_id.as_deref(), Some("0Af1"));
    assert_eq!(applied.warnings[0].message, "The app is new to you.");
    let packages = script.with(|state| state.packages.clone());
    assert_eq!(packages, [(false, vec!["package.xml".to_owned(), "externalClientApps/Shop.eca".to_owned()])]);
}

#[tokio::test(start_paused = true)]
async fn the_first_poll_of_a_deploy_is_timed_by_the_duration_of_the_last_one() {
    let (script, org) = script();
    for _ in 0..2 {
        script.course(Course::ends(2_000, ended("Succeeded")));
    }
    org.make(write_shop(), in_time()).await.unwrap();
    assert_eq!(script.count("poll"), 4);
    org.make(write_shop(), in_time()).await.unwrap();
    assert_eq!(script.count("poll"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_names_the_component_and_the_attribute_of_the_line() {
    let (script, org) = script();
    let message = ComponentMessage { line_number: Some(3), ..problem(&shop().key, "Invalid value.") };
    script.course(Course::ends(500, failed(vec![message])));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert_eq!(error.deploy_id(), Some("0Af1"));
    assert!(error.is_clean());
    let ApplyErrorKind::Rejected { problems, .. } = error.kind else {
        panic!("{error}");
    };
    assert_eq!(
        problems,
        [DeployProblem {
            key: Some(shop().key),
            path: Some(Path::attribute("contact_email")),
            message: "Invalid value.".into(),
        }]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_component_messages_is_reported_for_the_deploy() {
    let (script, org) = script();
    let report = DeployReport {
        error_status_code: Some("INVALID_OPERATION".into()),
        error_message: Some("INVALID_OPERATION: not here".into()),
        ..ended("Failed")
    };
    script.course(Course::ends(500, report));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    let ApplyErrorKind::Rejected { problems, .. } = error.kind else {
        panic!("{error}");
    };
    assert_eq!(problems[0].key, None);
    assert_eq!(problems[0].message, "INVALID_OPERATION: not here");
}

fn locked_org() -> DeployReport {
    DeployReport {
        error_status_code: Some("ALREADY_IN_PROCESS".into()),
        error_message: Some("The changes you requested require salesforce.com to temporarily lock…".into()),
        ..ended("Failed")
    }
}

fn locked_row() -> DeployReport {
    let text = "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record";
    failed(vec![problem(&shop().key, text)])
}

#[tokio::test(start_paused = true)]
async fn a_deploy_is_retried_on_a_locked_org() {
    let (script, org) = script();
    script
        .course(Course::ends(500, locked_org()))
        .course(Course::ends(500, locked_row()))
        .course(Course::rejected(fault(Call::StartDeploy, "UNABLE_TO_LOCK_ROW")))
        .course(Course::ends(500, ended("Succeeded")));
    let begun = Instant::now();
    let applied = org.make(write_shop(), in_time()).await.unwrap();
    assert_eq!(applied.deploy_id.as_deref(), Some("0Af4"));
    let waited = begun.elapsed().as_secs();
    assert!((2 + 5 + 10..=25).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn retries_on_a_locked_org_end_at_the_deadline_or_after_ten_minutes() {
    for (seconds, most) in [(60, 60), (3_600, 600)] {
        let (script, org) = script();
        for _ in 0..30 {
            script.course(Course::ends(500, locked_row()));
        }
        let begun = Instant::now();
        let error = org.make(write_shop(), within(seconds)).await.unwrap_err();
        assert!(error.is_clean());
        assert!(matches!(error.kind, ApplyErrorKind::Locked { .. }), "{error}");
        assert!(begun.elapsed().as_secs() <= most, "{:?}", begun.elapsed());
        assert!(begun.elapsed().as_secs() >= most / 2, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_with_another_problem_is_not_retried() {
    let (script, org) = script();
    let mut report = locked_row();
    report.component_failures.push(problem(&shop().key, "Bad label."));
    script.course(Course::ends(500, report));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    let ApplyErrorKind::Rejected { problems, .. } = error.kind else {
        panic!("{error}");
    };
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "Bad label.");
}

#[tokio::test(start_paused = true)]
async fn an_internal_error_of_salesforce_is_retried_once() {
    let text = "UNKNOWN_EXCEPTION: An unexpected error has occurred. 199-83 (19)";
    let internal_error = || Course::ends(500, failed(vec![problem(&shop().key, text)]));
    let (script, org) = script();
    script
        .course(internal_error())
        .course(Course::ends(500, ended("Succeeded")))
        .course(internal_error())
        .course(internal_error());
    org.make(write_shop(), in_time()).await.unwrap();
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert!(error.to_string().contains("199-83 (19)"), "{error}");
    assert!(matches!(error.kind, ApplyErrorKind::Rejected { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_start_without_a_response_is_never_repeated() {
    let (script, org) = script();
    script.course(Course::rejected(lost(Call::StartDeploy)));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert!(!error.is_clean());
    assert!(matches!(error.kind, ApplyErrorKind::Unverified { deploy_id: None, .. }), "{error}");
    assert_eq!(script.count("start"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_start_leaves_the_org_unchanged() {
    let (script, org) = script();
    script.course(Course::rejected(fault(Call::StartDeploy, "INSUFFICIENT_ACCESS")));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert!(error.is_clean());
    assert!(matches!(error.kind, ApplyErrorKind::Unavailable(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_poll_is_repeated() {
    for (code, seconds) in [(None, 60), (Some("INVALID_CROSS_REFERENCE_KEY"), 20)] {
        let (script, org) = script();
        let failed_poll = Err(poll_error(code));
        script.course(Course::new(vec![(0, failed_poll), (seconds * 1_000, Ok(ended("Succeeded")))]));
        org.make(write_shop(), in_time()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_cannot_be_polled_is_unverified() {
    // Polling continues for the longest time after a temporary error, for less time after an unknown ID, and for the
    // shortest time after an expired session.
    for (code, least_polls, most_seconds) in
        [(None, 30, 300), (Some("INVALID_CROSS_REFERENCE_KEY"), 10, 75), (Some("INVALID_SESSION_ID"), 3, 10)]
    {
        let (script, org) = script();
        let stages = vec![(0, Ok(status("InProgress"))), (1_000, Err(poll_error(code)))];
        script.course(Course::new(stages));
        let begun = Instant::now();
        let error = org.make(write_shop(), in_time()).await.unwrap_err();
        assert_eq!(error.deploy_id(), Some("0Af1"));
        assert!(matches!(error.kind, ApplyErrorKind::Unverified { .. }), "{error}");
        assert!(script.count("poll") > least_polls, "{}", script.count("poll"));
        assert!(begun.elapsed().as_secs() <= most_seconds, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_failed_poll_has_its_own_limit() {
    // Many temporary errors, then an error of another kind, then the end of the deploy.
    for code in ["INVALID_SESSION_ID", "INVALID_CROSS_REFERENCE_KEY"] {
        let (script, org) = script();
        script.course(Course::new(vec![
            (0, Err(poll_error(None))),
            (120_000, Err(poll_error(Some(code)))),
            (131_000, Ok(ended("Succeeded"))),
        ]));
        org.make(write_shop(), in_time()).await.unwrap_or_else(|error| panic!("{code}: {error}"));
        assert!(script.count("poll") > 10, "{code}: {}", script.count("poll"));
    }
}

fn poll_error(code: Option<&str>) -> Error {
    code.map_or_else(|| lost(Call::DeployStatus), |code| fault(Call::DeployStatus, code))
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_outlasts_the_deadline_is_unverified_and_not_canceled() {
    for (phase, text) in
        [("Pending", "queued behind other deploys"), ("InProgress", "before the deploy ended")]
    {
        let (script, org) = script();
        script.course(Course::new(vec![(0, Ok(status(phase)))]).cancelable(0));
        let begun = Instant::now();
        let error = org.make(write_shop(), within(40)).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), 40);
        assert_eq!(error.deploy_id(), Some("0Af1"));
        assert!(matches!(error.kind, ApplyErrorKind::Unverified { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(script.count("cancel"), 0);
        // Nothing is sent while this deploy is in progress.
        let error = org.make(write_shop(), within(40)).await.unwrap_err();
        assert!(matches!(error.kind, ApplyErrorKind::Expired), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn unclear_outcomes_are_unverified() {
    for how in ["SucceededPartial", "FinalizingFailed", "FinalizingDeployFailed", "Melted"] {
        let (script, org) = script();
        script.course(Course::ends(500, ended(how)));
        let error = org.make(write_shop(), in_time()).await.unwrap_err();
        assert!(matches!(error.kind, ApplyErrorKind::Unverified { .. }), "{how}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_canceled_deploy_names_the_user_and_is_not_repeated() {
    let (script, org) = script();
    let report = DeployReport { canceled_by_name: Some("Ada Admin".into()), ..ended("Canceled") };
    script.course(Course::ends(500, report));
    let error = org.make(write_shop(), in_time()).await.unwrap_err();
    assert!(!error.is_clean());
    let ApplyErrorKind::CanceledBy { who, .. } = error.kind else {
        panic!("{error}");
    };
    assert_eq!(who, "Ada Admin");
    assert_eq!(script.count("start"), 1);
}

fn deletions() -> (Vec<ComponentKey>, Changes) {
    let keys = vec![ComponentKey::new(SETTINGS, "Shop_oauth"), ComponentKey::new(GLOBAL, "Shop_glbloauth")];
    let changes = Changes::Delete(keys.clone());
    (keys, changes)
}

fn gone(key: &ComponentKey) -> ComponentMessage {
    ComponentMessage {
        full_name: "destructiveChangesPost.xml".into(),
        file_name: "destructiveChangesPost.xml".into(),
        component_type: String::new(),
        problem_type: Some("Warning".into()),
        ..problem(key, &format!("No {} named: {} found", key.kind.name, key.full_name))
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_a_missing_component_succeeds_without_a_warning() {
    let (script, org) = script();
    let (keys, changes) = deletions();
    let mut report = ended("Succeeded");
    report.component_successes = keys.iter().map(gone).collect();
    let all_gone = failed(keys.iter().map(gone).collect());
    script.course(Course::ends(500, report)).course(Course::ends(500, all_gone));
    for _ in 0..2 {
        let applied = org.make(changes.clone(), in_time()).await.unwrap();
        assert!(applied.warnings.is_empty());
    }
    for (ignore_warnings, paths) in script.with(|state| state.packages.clone()) {
        assert!(ignore_warnings && paths.contains(&"destructiveChangesPost.xml".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_failed_for_missing_components_is_repeated_without_them() {
    // A component may be reported more than once.
    for reports in [1, 2] {
        let (script, org) = script();
        let (keys, changes) = deletions();
        script
            .course(Course::ends(500, failed(vec![gone(&keys[0]); reports])))
            .course(Course::ends(500, ended("Succeeded")));
        let applied = org.make(changes, in_time()).await.unwrap();
        assert_eq!(applied.deploy_id.as_deref(), Some("0Af2"), "{reports} reports");
    }
}

#[tokio::test(start_paused = true)]
async fn deploys_run_one_at_a_time_in_the_order_of_their_callers() {
    let (script, org) = script();
    let mut callers = Vec::new();
    for _ in 0..5 {
        script.course(Course::ends(1_000, ended("Succeeded")));
        let org = org.clone();
        callers.push(tokio::spawn(async move { org.make(write_shop(), in_time()).await }));
    }
    for (number, caller) in callers.into_iter().enumerate() {
        let applied = caller.await.unwrap().unwrap();
        assert_eq!(applied.deploy_id, Some(format!("0Af{}", number + 1)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_deadline_passes_in_the_queue_sends_nothing() {
    let (script, org) = script();
    script.course(Course::ends(60_000, ended("Succeeded")));
    let first = tokio::spawn({
        let org = org.clone();
        async move { org.make(write_shop(), in_time()).await }
    });
    sleep(Duration::from_secs(1)).await;
    let error = org.make(write_shop(), within(10)).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Expired), "{error}");
    first.await.unwrap().unwrap();
    assert_eq!(script.count("start"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_caller_does_not_block_the_queue() {
    let (script, org) = script();
    script.course(Course::ends(5_000, ended("Succeeded"))).course(Course::ends(500, ended("Succeeded")));
    let caller = tokio::time::timeout(Duration::from_secs(1), org.make(write_shop(), in_time())).await;
    assert!(caller.is_err(), "the caller is dropped");
    let begun = Instant::now();
    org.make(write_shop(), in_time()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(4));
}
