//! Concurrent callers: which of them share a deploy, wait, or fail.

use super::callers::*;
use super::*;

#[tokio::test(start_paused = true)]
async fn concurrent_callers_share_a_deploy() {
    let (script, org) = script();
    let mut report = ended("Succeeded");
    report.component_successes = vec![ComponentMessage {
        problem_type: Some("Warning".into()),
        ..problem(&app_key("App3"), "Mind the gap.")
    }];
    script.course(Course::ends(1_000, report));
    let callers: Vec<Caller> =
        (0..30).map(|number| caller(&org, number * 20, app(&format!("App{number}")))).collect();
    for (number, caller) in callers.into_iter().enumerate() {
        let applied = caller.await.unwrap().unwrap();
        assert_eq!(applied.deploy_id.as_deref(), Some("0Af1"));
        assert_eq!(applied.warnings.len(), usize::from(number == 3), "each caller gets its own warnings");
    }
    assert_eq!(sizes(&script), [30]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_closes_after_a_quiet_window_or_at_the_maximum_time() {
    let (script, org) = script();
    script.course(succeeds());
    let begun = Instant::now();
    org.make(app("Lone"), in_time()).await.unwrap();
    assert!((1_075..1_700).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

    // One job every 60 ms leaves no quiet window: fifty arrive before the maximum of three seconds.
    let (script, org) = self::script();
    script.course(succeeds()).course(succeeds());
    let callers: Vec<Caller> =
        (0..60).map(|number| caller(&org, number * 60, app(&format!("App{number}")))).collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let sizes = sizes(&script);
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (2, 60), "{sizes:?}");
    assert!((49..=51).contains(&sizes[0]), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn the_next_batch_collects_jobs_while_a_deploy_runs_and_shortly_after() {
    let (script, org) = script();
    script.course(succeeds()).course(succeeds());
    let first = caller(&org, 0, app("One"));
    let waiting: Vec<Caller> = (0..5).map(|n| caller(&org, 300 + n * 150, app(&format!("W{n}")))).collect();
    first.await.unwrap().unwrap();
    let dependent = caller(&org, 50, settings("One"));
    for caller in waiting.into_iter().chain([dependent]) {
        assert_eq!(caller.await.unwrap().unwrap().deploy_id.as_deref(), Some("0Af2"));
    }
    assert_eq!(sizes(&script), [1, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_the_usual_size_closes_at_once() {
    let (script, org) = script();
    script.course(succeeds()).course(succeeds());
    for round in ["A", "B"] {
        let begun = Instant::now();
        let callers: Vec<Caller> = (0..3).map(|n| caller(&org, n, app(&format!("{round}{n}")))).collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        let most = if round == "A" { 1_700 } else { 1_570 };
        assert!(begun.elapsed().as_millis() < most, "{round}: {:?}", begun.elapsed());
    }
    assert_eq!(sizes(&script), [3, 3]);
}

/// On a busy machine, the ten calls that Terraform makes for a wave arrive one by one, at uneven intervals.
#[tokio::test(start_paused = true)]
async fn a_busy_machine_does_not_split_a_batch() {
    let (script, org) = script();
    for _ in 0..6 {
        script.course(succeeds());
    }
    let mut random: u64 = 1;
    for wave in 0..5 {
        let mut at = 0;
        let callers: Vec<Caller> = (0..10)
            .map(|n| {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                at += 10 + (random >> 33) % 120;
                caller(&org, at, app(&format!("App{wave}_{n}")))
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
    }
    let sizes = sizes(&script);
    assert!(sizes.len() <= 6, "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn changes_of_the_same_file_and_deletions_of_the_same_app_wait() {
    let (script, org) = script();
    for _ in 0..5 {
        script.course(succeeds());
    }
    let callers = [
        caller(&org, 0, settings("Kiosk")),
        caller(&org, 10, settings("Kiosk")),
        caller(&org, 20, app("Till")),
        caller(&org, 30, delete(app_key("Shop"))),
        // The app of this part is unknown, but its name looks like the name of a part of Shop.
        caller(&org, 40, delete(ComponentKey::new(POLICIES, "shop_plcy"))),
        caller(&org, 50, delete(app_key("Cafe"))),
        caller(&org, 60, app("Shop")),
    ];
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let deletion = "destructiveChangesPost";
    assert_eq!(sent(&script), ["Till Kiosk_oauth", "Kiosk_oauth", deletion, deletion, "Shop"]);
}

#[tokio::test(start_paused = true)]
async fn changes_above_the_limits_are_split_into_two_deploys() {
    let (script, org) = script();
    script.course(succeeds()).course(succeeds());
    let callers: Vec<Caller> = (0..501).map(|n| caller(&org, 0, app(&format!("App{n}")))).collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script), [500, 1]);

    script.course(succeeds()).course(succeeds());
    let heavy = |name: &str| {
        let mut component = Component::new(app_key(name), "");
        // The text is varied, so that it does not compress well.
        let text: String =
            (0..400_000_u32).map(|n| format!("{:07x}", n.wrapping_mul(2_654_435_761) >> 4)).collect();
        component.put("description", text.as_str().into());
        Changes::Write(vec![component])
    };
    let callers = [caller(&org, 0, heavy("A")), caller(&org, 1, heavy("B")), caller(&org, 2, app("C"))];
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script)[2..], [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn connection_errors_are_reported_to_all_callers() {
    let (script, org) = script();
    script
        .course(Course::rejected(fault(Call::StartDeploy, "INSUFFICIENT_ACCESS")))
        .course(Course::rejected(lost(Call::StartDeploy)));
    for clean in [true, false] {
        let callers: Vec<Caller> = (0..4).map(|n| caller(&org, n, app(&format!("App{n}")))).collect();
        for caller in callers {
            let error = caller.await.unwrap().unwrap_err();
            assert_eq!(error.is_clean(), clean, "{error}");
        }
    }
    assert_eq!(sizes(&script), [4, 4]);
}

#[tokio::test(start_paused = true)]
async fn changes_that_cannot_be_packed_affect_no_other_caller() {
    let (script, org) = script();
    script.course(succeeds()).course(succeeds());
    let both = ["Twice", "twice"].map(|name| Component::new(app_key(name), ""));
    let twice = Changes::Write(both.to_vec());
    let callers = [app("A"), twice, app("C"), app("D")].map(|changes| caller(&org, 0, changes));
    for (number, caller) in callers.into_iter().enumerate() {
        match caller.await.unwrap() {
            Ok(_) => assert_ne!(number, 1),
            Err(error) => assert!(matches!(error.kind, ApplyErrorKind::Package(_)) && number == 1, "{error}"),
        }
    }
    assert_eq!(sizes(&script), [1, 2], "nothing was sent to isolate it");
}

#[tokio::test(start_paused = true)]
async fn a_stop_drops_the_queue_but_not_the_running_deploy() {
    let (script, org) = script();
    script.course(Course::ends(20_000, ended("Succeeded")));
    let running: Vec<Caller> = (0..3).map(|n| caller(&org, 0, app(&format!("R{n}")))).collect();
    let queued: Vec<Caller> = (0..3).map(|n| caller(&org, 1_000, app(&format!("Q{n}")))).collect();
    sleep(Duration::from_millis(2_000)).await;
    org.stop();
    let stopped = Instant::now();
    for caller in queued {
        let error = caller.await.unwrap().unwrap_err();
        assert!(matches!(error.kind, ApplyErrorKind::NotSent), "{error}");
    }
    assert!(stopped.elapsed().is_zero());
    for caller in running {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_between_two_deploys_of_a_batch_prevents_the_second() {
    let (script, org) = script();
    script.course(Course::ends(5_000, failed(vec![problem(&app_key("Bad"), "no")])));
    let (bad, good) = (caller(&org, 0, app("Bad")), caller(&org, 0, app("Good")));
    sleep(Duration::from_millis(2_000)).await;
    org.stop();
    assert_eq!(problems(bad).await.len(), 1);
    let error = good.await.unwrap().unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::NotSent), "{error}");
}

#[tokio::test(start_paused = true)]
async fn each_caller_has_its_own_deadline() {
    let (script, org) = script();
    script.course(Course::ends(20_000, ended("Succeeded")));
    let patient = caller(&org, 0, app("Patient"));
    let begun = Instant::now();
    let error = org.make(app("Hasty"), within(5)).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(error.deploy_id(), Some("0Af1"));
    assert!(matches!(error.kind, ApplyErrorKind::Unverified { .. }), "{error}");
    let error = org.make(app("Late"), within(5)).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Expired), "{error}");
    patient.await.unwrap().unwrap();
    assert_eq!(sizes(&script), [2]);
}

#[tokio::test(start_paused = true)]
async fn callers_with_time_left_wait_for_a_locked_org() {
    let (script, org) = script();
    let locked = problem(&app_key("Patient"), "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access");
    script.course(rejects(vec![locked])).course(succeeds());
    let patient = caller(&org, 0, app("Patient"));
    let error = org.make(app("Hasty"), within(3)).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Locked { .. }), "{error}");
    patient.await.unwrap().unwrap();
    assert_eq!(sizes(&script), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_job_of_a_dropped_caller_is_not_deployed() {
    let (script, org) = script();
    script.course(succeeds());
    let (stays, goes) = (caller(&org, 0, app("Stays")), caller(&org, 0, app("Goes")));
    sleep(Duration::from_millis(50)).await;
    goes.abort();
    stays.await.unwrap().unwrap();
    assert_eq!(sent(&script), ["Stays"]);
}

#[tokio::test(start_paused = true)]
async fn without_batching_each_caller_has_its_own_deploy() {
    let script = Arc::new(Script::default());
    let org = Org::with_timing(script.clone(), Timing { batching: false, ..Timing::default() });
    let begun = Instant::now();
    let callers: Vec<Caller> = (0..3)
        .map(|number| {
            script.course(Course::ends(100, ended("Succeeded")));
            caller(&org, 0, app(&format!("App{number}")))
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(sizes(&script), [1, 1, 1]);
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}

/// The calls that create a resource: read, write, read back.
async fn create(org: Org, kind: &'static MetadataType, app: String, changes: Changes) {
    let wanted = [Wanted::new(kind, app)];
    let before = org.read(&wanted, Freshness::Now, in_time()).await.unwrap();
    assert!(matches!(before[..], [Lookup::Absent { .. }]), "{before:?}");
    org.make(changes, in_time()).await.unwrap();
    org.read(&wanted, Freshness::Now, in_time()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wave_of_resources_takes_few_calls() {
    let (script, org) = script();
    let mut calls = Vec::new();
    for wave in [app, settings] {
        script.course(succeeds());
        let kind = if calls.is_empty() { APP } else { SETTINGS };
        let before = script.with(|state| state.journal.len());
        let creations: Vec<_> = (0..10)
            .map(|number| {
                let app = format!("App{number}");
                let changes = wave(&app);
                let org = org.clone();
                tokio::spawn(async move {
                    sleep(Duration::from_millis(number * 3)).await;
                    create(org, kind, app, changes).await;
                })
            })
            .collect();
        sleep(Duration::from_millis(1_000)).await;
        for number in 0..10 {
            let app = format!("App{number}");
            if kind == APP {
                script.file(APP, &app, "<label>x</label>");
            } else {
                script.part(SETTINGS, &format!("{app}_oauth"), &app);
            }
        }
        for creation in creations {
            creation.await.unwrap();
        }
        calls.push(script.with(|state| state.journal.len()) - before);
    }
    assert_eq!(sizes(&script), [10, 10]);
    // The calls are: retrieve, list, start, polls, retrieve. The first poll of the second deploy is at its expected
    // end.
    assert!(calls[0] <= 10 && calls[1] <= 7, "{calls:?}: {:?}", script.entries(""));
}
