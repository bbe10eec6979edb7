//! Logins after credentials are staged, rotated or deleted, and after they expire.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::keys::{Keys, MONTH, Pair};

/// Each step, and whether logins with the first and the second credentials succeed after it.
#[test]
fn each_valid_pair_logs_in_only_with_its_own_secret() {
    type Step = (&'static str, fn(&Keys, &str), bool, bool);
    let steps: &[Step] = &[
        ("staged", |_, _| {}, true, true),
        ("rotated", |keys, id| assert_eq!(keys.rotate(id).status, 200), true, true),
        ("almost a month", |keys, _| keys.advance_clock(MONTH - 60), true, true),
        ("a month", |keys, _| keys.advance_clock(60), false, true),
        ("deleted", |keys, id| assert_eq!(keys.delete(id).status, 204), false, true),
    ];
    let keys = Keys::open();
    let first = keys.main();
    let (id, second) = keys.stage_pair();
    for (what, step, old, new) in steps {
        step(&keys, &id);
        check_logins(&keys, what, (&first, *old), (&second, *new));
    }
    // Staged credentials can also be deleted without a rotation.
    let keys = Keys::open();
    let first = keys.main();
    let (id, second) = keys.stage_pair();
    keys.delete(&id);
    check_logins(&keys, "deleted before it was rotated", (&first, true), (&second, false));
    let (id, third) = keys.stage_pair();
    keys.rotate(&id);
    keys.delete(&id);
    check_logins(&keys, "deleted immediately after the rotation", (&first, false), (&third, true));
    let (_, fourth) = keys.stage_pair();
    keys.switch(&json!({ "staged_logs_in": false }));
    check_logins(&keys, "staged pairs cannot log in", (&third, true), (&fourth, false));
}

#[track_caller]
fn check_logins(keys: &Keys, what: &str, old: (&Pair, bool), new: (&Pair, bool)) {
    for ((pair, is_live), other) in [(old, new.0), (new, old.0)] {
        let response = keys.log_in(&pair.0, &pair.1);
        assert_eq!(response.status == 200, is_live, "{what}: {}", response.body);
        let expected = if is_live { "invalid_client" } else { "invalid_client_id" };
        for secret in [other.1.as_str(), "", "x"] {
            assert_eq!(keys.log_in(&pair.0, secret).json()["error"], expected, "{what}");
        }
        let response = keys.log_in_by_jwt(&pair.0);
        assert_eq!(response.status == 200, is_live, "{what}, JWT: {}", response.body);
        if !is_live {
            assert_eq!(response.json()["error"], "invalid_client_id", "{what}, JWT");
        }
    }
}

/// The tokens are revoked when the app is deleted.
#[test]
fn tokens_remain_valid_after_their_pair_is_deleted() {
    let mut keys = Keys::open();
    let first = keys.main();
    let token = keys.log_in(&first.0, &first.1).json()["access_token"].as_str().unwrap().to_string();
    let (id, _) = keys.stage_pair();
    keys.rotate(&id);
    keys.delete(&id);
    keys.org.token = token;
    assert_eq!(keys.org.rest("GET", "/services/data/v66.0", "").status, 200);
    keys.remove_app();
    assert_eq!(keys.org.rest("GET", "/services/data/v66.0", "").status, 401);
}

/// A client logs in continuously with the old credentials, and also with the new ones as soon as it receives them.
#[test]
fn a_client_can_always_log_in_during_stage_rotate_and_revoke() {
    let keys = Keys::open();
    let old = keys.main();
    let is_done = AtomicBool::new(false);
    let (is_new_known, revoking, revoked) =
        (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
    let rounds = AtomicUsize::new(0);
    let new = std::sync::OnceLock::new();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            while !is_done.load(Ordering::SeqCst) {
                if is_new_known.load(Ordering::SeqCst) {
                    assert!(keys.logs_in(new.get().unwrap()), "the new pair");
                }
                // Read before the login, so that a revocation during the login is not an error.
                let was_revoked = revoked.load(Ordering::SeqCst);
                let is_in = keys.logs_in(&old);
                assert!(is_in || revoking.load(Ordering::SeqCst), "the old pair before the revoke");
                assert!(!is_in || !was_revoked, "the old pair after the revoke");
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        });
        let three_rounds = || {
            let until = rounds.load(Ordering::SeqCst) + 3;
            while rounds.load(Ordering::SeqCst) < until && !client.is_finished() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        };
        three_rounds();
        let (id, pair) = keys.stage_pair();
        new.set(pair).unwrap();
        is_new_known.store(true, Ordering::SeqCst);
        three_rounds();
        keys.rotate(&id);
        three_rounds();
        revoking.store(true, Ordering::SeqCst);
        keys.delete(&id);
        revoked.store(true, Ordering::SeqCst);
        three_rounds();
        is_done.store(true, Ordering::SeqCst);
        client.join().unwrap();
    });
}

/// New credentials, and secrets in REST, take time to propagate. A deletion takes effect immediately.
#[test]
fn new_pairs_and_their_secrets_propagate_with_a_delay() {
    let lag = 3_600;
    for changes_propagate in [false, true] {
        let keys = Keys::open();
        let first = keys.main();
        keys.advance_clock(2 * lag);
        keys.switch(&json!({ "propagation_ms": lag * 1000, "changes_propagate": changes_propagate }));
        let (id, second) = keys.stage_pair();
        assert_eq!((keys.logs_in(&first), keys.logs_in(&second)), (true, false), "staged");
        keys.rotate(&id);
        assert_eq!((keys.logs_in(&first), keys.logs_in(&second)), (true, false), "rotated");
        keys.delete(&id);
        assert_eq!((keys.logs_in(&first), keys.logs_in(&second)), (false, false), "revoked immediately");
        keys.advance_clock(lag);
        assert_eq!((keys.logs_in(&first), keys.logs_in(&second)), (false, true), "propagated");
    }
    let keys = Keys::open();
    keys.advance_clock(2 * lag);
    keys.switch(&json!({ "secret_lag_ms": lag * 1000 }));
    let shows = |rest: &str| keys.get(rest).body.contains("canarySECRET");
    let main = "?part=keyandsecret";
    assert!(shows(main), "it existed before the switch");
    let response = keys.stage();
    assert!(response.status == 201 && !response.body.contains("canarySECRET"), "{}", response.body);
    let id = keys.staged()[0]["id"].as_str().unwrap().to_string();
    let one = format!("/staged/{id}");
    assert!(!shows("/staged") && !shows(&one) && shows(main));
    keys.rotate(&id);
    assert!(shows("/staged") && shows(&one) && !shows(main), "the main pair is the new one");
    keys.advance_clock(lag);
    assert!(shows("/staged") && shows(&one) && shows(main));
    // A setting also takes time to propagate.
    keys.switch(&json!({ "enableClientSecretInRestApiAccess": false }));
    keys.switch(&json!({ "enableClientSecretInRestApiAccess": true }));
    assert!(!shows(main));
    keys.advance_clock(lag);
    assert!(shows(main));
}
