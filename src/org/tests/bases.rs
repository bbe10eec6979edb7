//! Files that others write at the same time: nobody loses what another wrote.

use super::*;

fn labelled(label: &str) -> Component {
    let mut shop = Component::new(ComponentKey::new(APP, "Shop"), "");
    shop.put("label", label.into());
    shop
}

/// An org in which the app has this label, and a change to it that was made from it.
fn relabelled(label: &str) -> (Arc<Script>, Org, Vec<Change>) {
    let (script, org) = script();
    script.file(APP, "Shop", &format!("<label>{label}</label>"));
    let change = Change::Replace { read: labelled(label), component: labelled("Ours") };
    (script, org, vec![change])
}

/// Waits for so long, then runs for so long, then ends.
fn waits(pending: u64, runs: u64) -> Course {
    let stages = vec![
        (0, Ok(status("Pending"))),
        (pending, Ok(status("InProgress"))),
        (pending + runs, Ok(ended("Succeeded"))),
    ];
    Course::new(stages)
}

fn theirs(script: &Arc<Script>) {
    script.file(APP, "Shop", "<label>Theirs</label>");
}

/// What becomes of a change whose file somebody changes after its deploy was sent.
async fn while_they_change_it(
    script: &Arc<Script>,
    org: Org,
    change: Vec<Change>,
) -> Result<Applied, ApplyError> {
    let apply = tokio::spawn(async move { org.apply(change, in_time()).await });
    sleep(Duration::from_millis(600)).await;
    assert_eq!(script.count("start"), 1);
    theirs(script);
    apply.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn files_are_looked_at_before_a_deploy_and_when_its_turn_has_come() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(0, 2_000));
    let applied = org.apply(change, in_time()).await.unwrap();
    assert_eq!(applied.overwritten, []);
    let calls = script.entries("");
    let calls: Vec<&str> = calls.iter().map(|call| call.split(' ').next().unwrap()).collect();
    assert_eq!(calls[..4], ["retrieve", "start", "look", "retrieve"]);
    assert_eq!((script.count("retrieve"), script.count("cancel")), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_at_for_what_replaces_nothing() {
    let (script, org) = script();
    script.course(waits(3_000, 2_000));
    org.apply(write_shop(), in_time()).await.unwrap();
    assert_eq!((script.count("retrieve"), script.count("cancel")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_what_is_not_so_any_more_is_not_sent() {
    let (script, org, change) = relabelled("Before");
    theirs(&script);
    let error = org.apply(change, in_time()).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Outdated) && error.is_clean());
    assert_eq!(script.count("start"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deploy_behind_others_is_taken_back_and_sent_again_if_the_files_are_as_they_were() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(60_000, 2_000).cancelable(0)).course(waits(0, 2_000));
    let applied = org.apply(change, in_time()).await.unwrap();
    assert_eq!(applied.deploy_id, "0Af2");
    assert_eq!((script.count("start"), script.count("cancel")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deploy_behind_others_who_change_its_files_is_taken_back_for_good() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(60_000, 2_000).cancelable(0));
    let error = while_they_change_it(&script, org, change).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Outdated), "{error}");
    assert_eq!((script.count("start"), script.count("cancel")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deploy_whose_files_changed_in_the_last_moment_is_taken_back_while_it_runs() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(400, 2_000).cancelable(200));
    let error = while_they_change_it(&script, org, change).await.unwrap_err();
    assert!(matches!(error.kind, ApplyErrorKind::Outdated), "{error}");
    assert_eq!(script.count("cancel"), 1);
}

#[tokio::test(start_paused = true)]
async fn when_it_is_too_late_the_caller_is_told_what_was_overwritten() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(400, 2_000));
    let applied = while_they_change_it(&script, org, change).await.unwrap();
    assert_eq!(applied.overwritten, [Overwritten { read: labelled("Before"), was: labelled("Theirs") }]);
}

#[tokio::test(start_paused = true)]
async fn in_a_busy_org_a_deploy_stays_in_the_line_some_time() {
    let (script, org, change) = relabelled("Before");
    for _ in 0..200 {
        script.course(waits(60_000, 2_000).cancelable(0));
    }
    let begun = Instant::now();
    org.apply(change, in_time()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(240), "{:?}", begun.elapsed());
    assert!(script.count("cancel") <= 45, "{}", script.count("cancel"));
}

#[tokio::test(start_paused = true)]
async fn only_those_whose_files_changed_are_sent_away() {
    let (script, org, change) = relabelled("Before");
    script.file(APP, "Till", "<label>Till</label>");
    let till = |label: &str| {
        let mut till = Component::new(ComponentKey::new(APP, "Till"), "");
        till.put("label", label.into());
        till
    };
    let other = vec![Change::Replace { read: till("Till"), component: till("Ours") }];
    theirs(&script);
    script.course(waits(0, 1_000));
    let (outdated, applied) = tokio::join!(org.apply(change, in_time()), org.apply(other, in_time()));
    assert!(matches!(outdated.unwrap_err().kind, ApplyErrorKind::Outdated));
    assert_eq!(applied.unwrap().deploy_id, "0Af1");
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_looked_at_are_written_all_the_same() {
    let (script, org, change) = relabelled("Before");
    script.with(|state| state.refused.push(APP.name));
    script.course(waits(0, 1_000));
    org.apply(change, in_time()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn in_an_org_with_slow_deploys_the_look_before_is_spared() {
    let (script, org, change) = relabelled("Before");
    script.course(waits(0, 4_000)).course(waits(0, 4_000));
    org.apply(write_shop(), in_time()).await.unwrap();
    org.apply(change, in_time()).await.unwrap();
    assert_eq!(script.count("retrieve"), 1);
}
