//! The gates of the site, which no resource manages. Terraform creates the app, and the site's administrator closes the
//! gates one at a time in Setup. Variants that do not depend on the closed gate keep working.

use super::shop::{ROW, Row, open, run_client, set_auth_api, set_site};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::smoke_test::SmokeTest;
use serde_json::{Value, json};

/// Closes the gate, runs the client, and opens the gate again.
#[track_caller]
fn with_gate_closed(org: &Emulator, close: &Value, reopen: &Value, row: &Row) {
    set_site(org, close);
    run_client(org, row);
    set_site(org, reopen);
}

#[test]
fn each_setting_of_the_site_closes_its_variant() {
    let org = Emulator::start();
    let _workspace = open(&org);
    let setting = |gate, name: &str, value: Value, run| {
        let before = org.admin("GET", "/site", None)["authApi"][name].clone();
        set_auth_api(&org, &json!({ name: value }));
        run_client(&org, &Row { gate, run, ..ROW });
        // The org does not return the secret itself, so the test sets a new one.
        let before = if name == "recaptchaSecretKey" { json!("canaryRECAPTCHAagain") } else { before };
        set_auth_api(&org, &json!({ name: before }));
    };
    let registration = "registration login passwordless --expect registration.init=invalid_request";
    setting("N1", "isHeadlessUserRegistrationAllowed", json!(false), registration);
    setting("N1a", "registrationHandler", Value::Null, registration);
    setting("N1a", "registrationExecutionUser", Value::Null, registration);
    setting("N1a", "registrationUserDefaultProfile", Value::Null, registration);
    let passwordless = "passwordless login registration --expect passwordless.init=invalid_request";
    setting("N2", "isPwdlessLoginAllowed", json!(false), passwordless);
    let forgotten = "forgot_password login --expect forgot_password.init=invalid_request";
    setting("N3", "isForgotPwdAllowed", json!(false), forgotten);

    let run = "registration passwordless login --expect registration=invalid_request --expect passwordless=invalid_request";
    setting("N4", "recaptchaScoreThreshold", json!(1.0), run);
    run_client(&org, &Row { gate: "N4", client: &[("RECAPTCHA_TOKEN", "another")], run, ..ROW });

    set_auth_api(&org, &json!({ "doesPwdlessLoginRequireAuth": true }));
    let run = "passwordless registration --expect passwordless.init=invalid_request";
    run_client(&org, &Row { gate: "G12", run, ..ROW });
    set_auth_api(&org, &json!({ "doesPwdlessLoginRequireAuth": false }));

    SmokeTest::of(&org, "Shop").passes(&[
        "login",
        "passwordless",
        "registration",
        "guest",
        "forgot_password",
    ]);
}

#[test]
fn an_inactive_site_rejects_logins_and_guests() {
    let org = Emulator::start();
    let _workspace = open(&org);
    let run = "login guest passwordless --expect login=gate_closed --expect guest=gate_closed --expect passwordless.init=gate_closed";
    let row = Row { gate: "N5", run, ..ROW };
    with_gate_closed(&org, &json!({ "status": "UnderConstruction" }), &json!({ "status": "Live" }), &row);
    with_gate_closed(&org, &json!({ "status": "DownForMaintenance" }), &json!({ "status": "Live" }), &row);
    let row = Row { gate: "G14c", run: "login guest --expect guest=invalid_request", ..ROW };
    let guest = org.admin("GET", "/site", None)["guestUser"].clone();
    with_gate_closed(&org, &json!({ "guestUser": null }), &json!({ "guestUser": guest }), &row);
    SmokeTest::of(&org, "Shop").passes(&["login", "guest"]);
}

#[test]
fn users_without_access_are_rejected_by_the_corresponding_gate() {
    let org = Emulator::start();
    let _workspace = open(&org);
    for (user, gate, run) in [
        ("unassigned", "G6", &["login", "--expect", "login=invalid_app_access"]),
        ("outsider", "N6", &["login", "--expect", "login=invalid_grant"]),
        ("inactive", "N6a", &["login", "--expect", "login=invalid_grant"]),
    ] {
        let username = org.user(user);
        let password = org.known()["site_users"][&username].as_str().unwrap_or_default().to_owned();
        let before = org.journal().len();
        let client = SmokeTest::of(&org, "Shop");
        client.with("TEST_USERNAME", &username).with("TEST_PASSWORD", &password).passes(run);
        let journal = org.journal();
        let closed: Vec<&Value> = journal[before..]
            .iter()
            .map(|call| &call["details"]["gate"])
            .filter(|gate| !gate.is_null())
            .collect();
        assert_eq!(closed, [gate], "{user}");
    }
    let wrong = &[("TEST_PASSWORD", "another")];
    let run = "login --expect login=invalid_grant";
    run_client(&org, &Row { gate: "C2", client: wrong, run, ..ROW });

    let unverified = org.user("unverified");
    let before = org.journal().len();
    let client = SmokeTest::of(&org, "Shop").with("TEST_USERNAME", &unverified);
    client.passes(&["passwordless", "--expect", "passwordless.init=invalid_request"]);
    assert!(org.journal()[before..].iter().any(|call| call["details"]["gate"] == "N2a"));
}
