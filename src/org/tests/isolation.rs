//! Rejected deploys: which jobs fail, and which are deployed again.

use super::callers::*;
use super::*;
use crate::metadata::types::oauth_oidc_settings;

#[tokio::test(start_paused = true)]
async fn one_rejected_job_of_ten_costs_one_more_deploy() {
    let (script, org) = script();
    script.course(rejects(vec![problem(&app_key("App7"), "No good.")])).course(succeeds());
    let callers: Vec<Caller> = (0..10).map(|n| caller(&org, n * 10, app(&format!("App{n}")))).collect();
    for (number, caller) in callers.into_iter().enumerate() {
        if number == 7 {
            assert_eq!(problems(caller).await, ["ExternalClientApplication App7: No good."]);
        } else {
            assert_eq!(caller.await.unwrap().unwrap().deploy_id.as_deref(), Some("0Af2"));
        }
    }
    assert_eq!(sizes(&script), [10, 9]);
}

/// Org settings. An app may have the same name.
fn org_settings() -> Changes {
    let key = ComponentKey::new(&oauth_oidc_settings::TYPE, "OauthOidc");
    Changes::Write(vec![Component::new(key, "")])
}

#[tokio::test(start_paused = true)]
async fn org_settings_share_a_deploy_with_apps_and_fail_alone() {
    let (script, org) = script();
    let rejected = ComponentMessage {
        component_type: "Settings".into(),
        full_name: "OauthOidc".into(),
        problem: Some("not for you".into()),
        ..ComponentMessage::default()
    };
    script.course(rejects(vec![rejected]));
    script.course(succeeds());
    let switch = caller(&org, 0, org_settings());
    let neighbors = [caller(&org, 0, app("OauthOidc")), caller(&org, 0, settings("OauthOidc"))];
    assert_eq!(problems(switch).await.len(), 1);
    for neighbor in neighbors {
        neighbor.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script), [3, 2]);
}

#[tokio::test(start_paused = true)]
async fn waiting_org_settings_are_deployed_before_parts_of_an_app() {
    let script = Arc::new(Script::default());
    let org = Org::with_timing(script.clone(), Timing { batching: false, ..Timing::default() });
    for _ in 0..3 {
        script.course(Course::ends(5_000, ended("Succeeded")));
    }
    // While a deploy runs, the part arrives before the org settings that it needs.
    let first = caller(&org, 0, app("Other"));
    let part = caller(&org, 1_000, settings("Shop"));
    let switch = caller(&org, 1_200, org_settings());
    for caller in [first, part, switch] {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(sent(&script), ["Other", "OauthOidc", "Shop_oauth"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_component_is_isolated_by_halving() {
    let (script, org) = script();
    // App5 of eight is rejected. The deploys are: all; 0-3; 4-7; 4-5; 4; 5; 6-7.
    for fails in [true, false, true, true, false, true, false] {
        script.course(if fails { fails_silently() } else { succeeds() });
    }
    let callers: Vec<Caller> = (0..8).map(|n| caller(&org, n, app(&format!("App{n}")))).collect();
    for (number, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.await.unwrap().is_ok(), number != 5, "{number}");
    }
    assert_eq!(sizes(&script), [8, 4, 4, 2, 1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_all_jobs_is_not_isolated_for_each_job() {
    let (script, org) = script();
    for _ in 0..5 {
        script.course(fails_silently());
    }
    let callers: Vec<Caller> = (0..8).map(|n| caller(&org, n, app(&format!("App{n}")))).collect();
    for caller in callers {
        assert_eq!(problems(caller).await, ["the deploy failed, and Salesforce returned no reason"]);
    }
    assert_eq!(sizes(&script), [8, 4, 2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn parts_of_a_rejected_new_app_are_not_deployed_and_report_it() {
    let (script, org) = script();
    // The org rejects the app alone, or the app and its part.
    let no_app = "INVALID_CROSS_REFERENCE_KEY: no ExternalClientApplication named Bad found";
    for complaints in [
        vec![problem(&app_key("Bad"), "No good.")],
        vec![problem(&settings_key("Bad"), no_app), problem(&app_key("Bad"), "No good.")],
    ] {
        script.course(rejects(complaints)).course(succeeds());
        let part = caller(&org, 0, settings("Bad"));
        let bad = caller(&org, 10, app("Bad"));
        let good = caller(&org, 20, app("Good"));
        assert_eq!(problems(bad).await, ["ExternalClientApplication Bad: No good."]);
        assert_eq!(problems(part).await, ["not deployed: Bad was rejected"]);
        good.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script), [3, 1, 3, 1]);
}

#[tokio::test(start_paused = true)]
async fn parts_of_an_existing_app_are_deployed_without_its_rejected_change() {
    let (script, org) = script();
    script.file(APP, "Old", "<label>Old</label>");
    org.read(&[Wanted::new(APP, "Old")], Freshness::Now, in_time()).await.unwrap();
    script.course(rejects(vec![problem(&app_key("Old"), "No good.")])).course(succeeds());
    let (bad, part) = (caller(&org, 0, app("Old")), caller(&org, 10, settings("Old")));
    assert_eq!(problems(bad).await.len(), 1);
    part.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_part_is_deployed_again_when_its_app_arrives_late() {
    let (script, org) = script();
    let no_app = problem(&settings_key("Shop"), "INVALID_CROSS_REFERENCE_KEY: no such app");
    script.course(rejects(vec![no_app.clone()])).course(succeeds()).course(rejects(vec![no_app]));
    let part = caller(&org, 0, settings("Shop"));
    let late = caller(&org, 500, app("Shop"));
    part.await.unwrap().unwrap();
    late.await.unwrap().unwrap();
    assert_eq!(sent(&script), ["Shop_oauth", "Shop Shop_oauth"]);
    // A part is not deployed again if nothing creates its app.
    let orphan = caller(&org, 0, settings("Shop"));
    assert_eq!(problems(orphan).await.len(), 1);
}

/// A part whose first deploy had an internal error, and whose second one was rejected because its app did not exist. It
/// is in the queue again, because a change that creates the app is there. Returns the part and the app.
async fn part_in_queue_after_an_internal_error(
    script: &Arc<Script>,
    org: &Org,
    deadline: Instant,
) -> (Caller, Caller) {
    let internal_error =
        problem(&settings_key("Shop"), "UNKNOWN_EXCEPTION: An unexpected error. 199-83 (19)");
    let no_app = problem(&settings_key("Shop"), "INVALID_CROSS_REFERENCE_KEY: no such app");
    script.course(rejects(vec![internal_error])).course(rejects(vec![no_app]));
    let part = tokio::spawn({
        let org = org.clone();
        async move { org.make(settings("Shop"), deadline).await }
    });
    while script.count("start") < 2 {
        assert!(Instant::now() < deadline, "the second deploy did not start");
        sleep(Duration::from_millis(10)).await;
    }
    let app = caller(org, 0, app("Shop"));
    while !org.inner.deployer.queue.has(|job| job.internal_error.is_some()) {
        assert!(Instant::now() < deadline, "the job is not in the queue");
        sleep(Duration::from_millis(10)).await;
    }
    (part, app)
}

#[tokio::test(start_paused = true)]
async fn a_part_in_the_queue_after_an_internal_error_is_not_reported_as_not_sent() {
    let (script, org) = script();
    let (part, app) = part_in_queue_after_an_internal_error(&script, &org, in_time()).await;
    org.stop();
    let error = part.await.unwrap().unwrap_err();
    assert!(matches!(&error.kind, ApplyErrorKind::AfterInternalError { .. }), "{error}");
    assert_eq!(error.deploy_id(), Some("0Af1"));
    let error = app.await.unwrap().unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::NotSent), "{error}");
    assert_eq!(script.count("start"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_in_the_queue_after_an_internal_error_names_the_deploy_with_that_error() {
    // Without jitter, both runs take the same time.
    let steady = || {
        let script = Arc::new(Script::default());
        let timing = Timing { jitter: false, ..Timing::default() };
        (script.clone(), Org::with_timing(Apis::from(script), timing))
    };
    let (script, org) = steady();
    let begun = Instant::now();
    let (part, app) = part_in_queue_after_an_internal_error(&script, &org, in_time()).await;
    let queued = begun.elapsed();
    drop((part, app));
    let (script, org) = steady();
    let deadline = Instant::now() + queued + Duration::from_millis(5);
    let (part, _) = part_in_queue_after_an_internal_error(&script, &org, deadline).await;
    let error = part.await.unwrap().unwrap_err();
    let is_expired = matches!(&error.kind, ApplyErrorKind::AfterInternalError { error, .. } if matches!(**error, ApplyErrorKind::Expired));
    assert!(is_expired, "{error:?}");
    assert_eq!(error.deploy_id(), Some("0Af1"));
}
