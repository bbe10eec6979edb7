//! Rotations against a model of Salesforce.

use super::rotation_model::*;
use super::*;
use crate::org::rotation_request::{Progress, next};

fn request(rotate: bool, revoke: bool) -> RotationRequest<'static> {
    RotationRequest { app: "Shop", rotate, since: Some("K0"), revoke, own: None }
}

/// One run. `None` if it crashed.
async fn run(model: &Arc<Model>, request: &RotationRequest<'_>) -> Option<Result<Rotated, RotationError>> {
    let org = Org::new(Apis {
        connection: model.clone(),
        queries: model.clone(),
        credentials: model.clone(),
        ..Apis::from(Arc::new(Script::default()))
    });
    let deadline = Instant::now() + Duration::from_secs(600);
    let killed = async {
        while !model.pairs().killed {
            sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        biased;
        () = killed => { model.pairs().killed = false; None }
        result = org.rotate(request, &|_| (), deadline) => Some(result),
    }
}

#[tokio::test(start_paused = true)]
async fn one_request_is_one_rotation_despite_lost_responses_and_crashes() {
    use Accident::{KilledAfter, KilledBefore, LostAfter, LostBefore};
    for revoke in [false, true] {
        for accident in [LostBefore, LostAfter, KilledBefore, KilledAfter] {
            for at in 0..4 {
                for (anonymous, named) in [(false, false), (true, false), (false, true)] {
                    // Credentials with an unknown creator are not used.
                    if anonymous && at <= 1 && accident != LostAfter || anonymous && at == 0 {
                        continue;
                    }
                    let model = Model::new("K0");
                    {
                        let mut pairs = model.pairs();
                        pairs.accident = Some((at, accident));
                        (pairs.anonymous, pairs.named) = (anonymous, named);
                    }
                    let request = request(true, revoke);
                    let mut result = run(&model, &request).await;
                    if result.is_none() {
                        result = run(&model, &request).await;
                    }
                    let what = format!("{accident:?} at {at}, revoke {revoke}, {anonymous} {named}");
                    let rotated = result.unwrap().unwrap_or_else(|error| panic!("{what}: {error}"));
                    let pairs = model.pairs();
                    assert_eq!((pairs.rotations, pairs.key.as_str()), (1, "K1"), "{what}");
                    assert_eq!(rotated.credentials.consumer.key, "K1", "{what}");
                    let revoked: &[&str] = if revoke { &["K0"] } else { &[] };
                    assert_eq!(pairs.revoked, revoked, "{what}");
                    assert_eq!(pairs.staged.len(), usize::from(!revoke), "{what}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_completed_request_is_not_repeated_and_a_new_request_rotates() {
    let model = Model::new("K0");
    let first = run(&model, &request(true, false)).await.unwrap().unwrap();
    assert_eq!(first.outcome, Some(Outcome::Now));
    let again = run(&model, &request(true, false)).await.unwrap().unwrap();
    assert!(matches!(again.outcome, Some(Outcome::Before { .. })), "{:?}", again.outcome);
    assert_eq!(model.pairs().rotations, 1);

    // A new request while the previous credentials are valid: it does not revoke them unless it also requests a
    // revocation.
    let new = RotationRequest { since: Some("K1"), ..request(true, false) };
    let error = run(&model, &new).await.unwrap().unwrap_err();
    assert!(matches!(error.kind, RotationErrorKind::Occupied { .. }), "{error}");
    assert_eq!(model.counts(), [1, 0, 1]);
    let new = RotationRequest { revoke: true, ..new };
    assert_eq!(run(&model, &new).await.unwrap().unwrap().revoked, 2);
    assert_eq!(model.pairs().revoked, ["K0", "K1"]);
    // Some orgs may stage credentials in addition to the previous ones.
    model.pairs().stages_in_addition = true;
    for since in ["K2", "K3"] {
        let new = RotationRequest { since: Some(since), ..request(true, false) };
        run(&model, &new).await.unwrap().unwrap();
    }
    assert_eq!(model.counts(), [4, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn credentials_staged_by_others_are_kept() {
    for named in [false, true] {
        let model = Model::new("K0");
        model.pairs().named = named;
        model.staged("9zz1", "F1", StagedState::Active, OTHER_USER);
        let error = run(&model, &request(true, true)).await.unwrap().unwrap_err();
        assert!(matches!(error.kind, RotationErrorKind::Foreign(_)), "{error}");
        assert_eq!(model.counts(), [0, 0, 1]);
    }
    // A rotation by another user does not complete the request.
    let model = Model::new("F1");
    model.pairs().stages_in_addition = true;
    model.staged("9zz1", "K0", StagedState::Rotated, OTHER_USER);
    assert_eq!(run(&model, &request(true, false)).await.unwrap().unwrap().outcome, Some(Outcome::Now));
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_that_prevent_staging_are_revoked() {
    let model = Model::new("K0");
    model.staged("9zz9", "X", StagedState::Expired, OTHER_USER);
    run(&model, &request(true, false)).await.unwrap().unwrap();
    assert_eq!(model.counts(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_credentials_of_the_own_login_are_neither_rotated_nor_revoked() {
    let model = Model::new("K0");
    let own = RotationRequest { own: Some("K0"), ..request(true, false) };
    let error = run(&model, &own).await.unwrap().unwrap_err();
    assert!(matches!(error.kind, RotationErrorKind::OwnLogin { revoke: false }), "{error}");
    // The provider is logged in with the previous credentials.
    model.staged("9zz1", "OLD", StagedState::Rotated, OWN_USER);
    let own = RotationRequest { own: Some("OLD"), ..request(false, true) };
    let error = run(&model, &own).await.unwrap().unwrap_err();
    assert!(matches!(error.kind, RotationErrorKind::OwnLogin { revoke: true }), "{error}");
    assert_eq!(model.pairs().changes, 0);
}

#[tokio::test(start_paused = true)]
async fn two_concurrent_runs_rotate_once() {
    let model = Model::new("K0");
    let request = request(true, false);
    let (one, other) = tokio::join!(run(&model, &request), run(&model, &request));
    assert!(one.unwrap().is_ok() && other.unwrap().is_ok());
    assert_eq!(model.pairs().rotations, 1);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_distinguished_from_other_rejections() {
    for (code, withheld) in [("INSUFFICIENT_ACCESS", true), ("SOMETHING_NEW", false)] {
        let model = Model::new("K0");
        model.pairs().rejects = Some(code);
        model.staged("9zz9", "OLD", StagedState::Rotated, OWN_USER);
        let error = run(&model, &request(true, false)).await.unwrap().unwrap_err();
        let is_withheld =
            matches!(error.kind, RotationErrorKind::Credentials(CredentialsError::Withheld { .. }));
        assert_eq!(is_withheld, withheld, "{error}");
        assert_eq!(model.pairs().rotations, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_cannot_be_read_back_is_reported_with_its_key() {
    let model = Model::new("K0");
    model.pairs().reads_fail_after = Some(2);
    let error = run(&model, &request(true, false)).await.unwrap().unwrap_err();
    let seen = error.seen.unwrap();
    assert_eq!((&seen.outcome, seen.credentials.consumer.key.as_str()), (&Some(Outcome::Now), "K1"));
    assert_eq!(model.counts(), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn credentials_revoked_by_this_run_do_not_count_as_an_earlier_run() {
    // Another user has rotated the credentials. The previous credentials prevent staging and are revoked.
    let model = Model::new("F1");
    model.staged("9zz1", "K0", StagedState::Rotated, OTHER_USER);
    let rotated = run(&model, &request(true, true)).await.unwrap().unwrap();
    assert_eq!((rotated.outcome, model.pairs().rotations), (Some(Outcome::Now), 1));
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_do_not_contradict_an_interrupted_run() {
    let model = Model::new("K1");
    model.staged("9zz0", "K", StagedState::Expired, OWN_USER);
    let rotated = run(&model, &request(true, true)).await.unwrap().unwrap();
    assert_eq!((rotated.outcome, model.pairs().rotations), (Some(Outcome::Before { date: None }), 0));
}

#[tokio::test(start_paused = true)]
async fn staged_credentials_of_an_unknown_creator_are_not_used() {
    let model = Model::new("K0");
    model.staged("9zz1", "S1", StagedState::Active, OWN_USER);
    model.pairs().named = true;
    model.pairs().hides_users = true;
    let error = run(&model, &request(true, false)).await.unwrap().unwrap_err();
    assert!(
        matches!(error.kind, RotationErrorKind::Credentials(CredentialsError::Unavailable(_))),
        "{error}"
    );
    // The org does not return the creator at all.
    let model = Model::new("K0");
    model.staged("9zz1", "S1", StagedState::Active, OWN_USER);
    model.pairs().anonymous = true;
    let error = run(&model, &request(true, false)).await.unwrap().unwrap_err();
    assert!(matches!(error.kind, RotationErrorKind::Foreign(_)), "{error}");
    assert_eq!(model.counts(), [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn credentials_without_a_key_are_kept_if_they_may_be_those_of_the_own_login() {
    for (own, rejected) in [("OLD", true), ("K0", false)] {
        let model = Model::new("K0");
        model.staged("9zz1", "OLD", StagedState::Rotated, OWN_USER);
        model.pairs().keyless = true;
        let result = run(&model, &RotationRequest { own: Some(own), ..request(false, true) }).await.unwrap();
        assert_eq!(result.is_err(), rejected, "{own}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revocation_is_complete_only_if_the_previous_credentials_were_revoked() {
    for (lists, occupied, complete) in
        [(0, false, true), (3, false, true), (1, true, true), (1000, false, false), (1000, true, false)]
    {
        let model = Model::new("K0");
        model.pairs().hides_previous = lists;
        if occupied {
            model.staged("9zz1", "OLD", StagedState::Expired, OTHER_USER);
        }
        match run(&model, &request(true, true)).await.unwrap() {
            Ok(rotated) => {
                assert_eq!((complete, rotated.revoked), (true, 1 + usize::from(occupied)), "{lists}");
            }
            Err(error) => {
                assert!(matches!(error.kind, RotationErrorKind::PreviousUnlisted), "{error}");
                assert!(!complete, "{lists}");
                // The next run revokes the previous credentials.
                model.pairs().hides_previous = 0;
                let next = RotationRequest { since: Some("K1"), ..request(false, true) };
                assert_eq!(run(&model, &next).await.unwrap().unwrap().revoked, 1);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_planned_revocation_does_not_revoke_what_another_client_has_rotated_since() {
    // The key of the previous credentials, the consumer's key, and whether the previous credentials are revoked.
    for (previous, current, revokes) in
        [("K0", "K1", true), ("K1", "K2", false), ("K0", "K0", true), ("K0", "K2", false)]
    {
        let model = Model::new(current);
        model.staged("9zz1", previous, StagedState::Rotated, OTHER_USER);
        let planned = RotationRequest { since: Some("K1"), ..request(false, true) };
        let context = format!("{previous}, {current}");
        match run(&model, &planned).await.unwrap() {
            Ok(rotated) => assert_eq!((revokes, rotated.revoked), (true, 1), "{context}"),
            Err(error) => {
                assert!(matches!(error.kind, RotationErrorKind::RotatedSincePlan), "{context}: {error}");
                assert!(!revokes, "{context}");
                assert_eq!(model.counts()[1], 0, "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_rotation_is_reported_even_if_reads_are_outdated() {
    for lag in [3, 1000] {
        let model = Model::new("K0");
        model.pairs().lag = lag;
        let rotated = run(&model, &request(true, false)).await.unwrap().unwrap();
        assert_eq!(rotated.credentials.consumer.key, "K1", "{lag}");
        assert_eq!(model.counts(), [1, 0, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_others_rotate_during_a_revocation_are_not_revoked() {
    let model = Model::new("K1");
    model.staged("9zz1", "K0", StagedState::Rotated, OWN_USER);
    model.pairs().rotated_by_others = Some("F2");
    let next = RotationRequest { since: Some("K1"), ..request(false, true) };
    let rotated = run(&model, &next).await.unwrap().unwrap();
    assert_eq!(rotated.revoked, 1);
    assert_eq!(model.pairs().revoked.len(), 1, "the previous key of the others is still valid");
}

/// Previous credentials with the key K0.
fn rotated(id: &str, by: &str) -> Staged {
    Staged {
        id: id.to_owned(),
        key: Some("K0".to_owned()),
        state: StagedState::Rotated,
        created_by: Some(by.to_owned()),
        created_date: None,
        expiration_date: None,
    }
}

fn credentials(staged: Vec<Staged>) -> Credentials {
    let consumer = Consumer { id: String::new(), key: "K1".into() };
    Credentials { app_id: String::new(), consumer, staged }
}

#[test]
fn the_requested_previous_credentials_are_revoked_although_those_of_others_are_listed_first() {
    let seen = credentials(vec![rotated("9zz2", OTHER_USER), rotated("9zz1", OWN_USER)]);
    let progress = Progress { previous: ["9zz1".to_owned()].into(), ..Progress::default() };
    let step = next(&request(false, true), &seen, &progress).unwrap();
    assert_eq!(step, Some(RotationStep::Revoke("9zz1".to_owned())));
}

/// The first list lags behind, so it does not contain the credentials that prevent staging.
#[test]
fn previous_credentials_of_others_that_prevent_staging_are_named() {
    let seen = credentials(vec![rotated("9zz2", OTHER_USER)]);
    let occupied = Some(Unavailable::from(rejected(Call::StageCredentials)));
    let progress = Progress { occupied, ..Progress::default() };
    for revoke in [false, true] {
        let error = next(&request(true, revoke), &seen, &progress).unwrap_err();
        assert!(matches!(error, RotationErrorKind::Occupied { .. }), "{error}");
    }
}
