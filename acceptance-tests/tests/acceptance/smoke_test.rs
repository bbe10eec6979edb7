//! Tests for the smoke test as a program: exit codes, expectations, retries, and output. The tests in `headless` cover
//! the effect of each gate.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::smoke_test::SmokeTest;
use acceptance_tests::workspace::Workspace;
use serde_json::json;
use std::time::{Duration, Instant};

/// An org with the shop's app, created by Terraform.
fn shop() -> Emulator {
    let org = Emulator::start();
    Workspace::new(&org).step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org
}

const ALL: [&str; 7] =
    ["login", "passwordless", "registration", "guest", "refresh", "revoke", "forgot_password"];

#[test]
fn every_variant_passes_in_a_complete_setup() {
    let org = shop();
    let report = SmokeTest::of(&org, "Shop").report(&ALL);
    for variant in ALL {
        assert_eq!(report[variant]["outcome"], "ok", "{:#}", report[variant]);
        assert_eq!(report[variant]["as_expected"], true);
    }
    let revoked = report["revoke"]["steps"].as_array().map_or(0, Vec::len);
    assert_eq!(revoked, 3, "revoked, and then neither token works: {:#}", report["revoke"]);
}

#[test]
fn a_new_password_is_set_and_works() {
    let org = shop();
    let old = SmokeTest::of(&org, "Shop");
    let new = "canaryANOTHERpassword42";
    old.passes(&["login"]);
    SmokeTest::of(&org, "Shop").with("NEW_PASSWORD", new).passes(&["forgot_password"]);
    old.passes(&["login", "--expect", "login.authorize=invalid_grant"]);
    SmokeTest::of(&org, "Shop").with("TEST_PASSWORD", new).passes(&["login"]);
}

#[test]
fn a_rotated_refresh_token_is_used_again_and_must_fail() {
    let org = shop();
    let test = SmokeTest::of(&org, "Shop");
    test.passes(&["refresh", "--rotation", "--expect", "refresh=not_rotated"]);
    org.edit(GLOBAL_OAUTH, "Shop", "isRefreshTokenRotationEnabled", "true");
    test.passes(&["refresh", "--rotation"])
        .containing("family")
        .containing("rejected as expected: invalid_grant");
}

#[test]
fn the_echo_of_the_site_is_followed_when_it_is_the_callback() {
    let org = shop();
    let echo = format!("{}/services/oauth2/echo", org.ready["siteUrl"].as_str().unwrap_or_default());
    org.edit(GLOBAL_OAUTH, "Shop", "callbackUrl", &echo);
    SmokeTest::of(&org, "Shop").passes(&["login"]).containing("echo 200 ok the same code");
}

#[test]
fn without_curl_the_smoke_test_uses_its_own_http_client() {
    let org = shop();
    // The `PATH` contains only Python.
    let folder = tempfile::tempdir().expect("a folder");
    let python =
        std::process::Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(python.expect("python3 is on the PATH").stdout).expect("a path");
    std::os::unix::fs::symlink(python.trim(), folder.path().join("python3")).expect("a link");
    let test = SmokeTest::of(&org, "Shop").with("PATH", &folder.path().display().to_string());
    test.passes(&["login", "guest", "refresh", "revoke"]).containing("because curl is not installed");
    test.with("PKCE", "off").passes(&["guest", "--expect", "guest.authorize=invalid_request"]);
}

#[test]
fn unexpected_results_exit_with_1_and_name_the_likely_gates() {
    let org = shop();
    let test = SmokeTest::of(&org, "Shop");
    let run = test.run(&["login", "--expect", "login=invalid_grant"]);
    assert_eq!(run.code, Some(1), "a success where a failure is expected is an error: {run}");
    let run = test.run(&["login", "--expect", "login.authorize=invalid_client"]);
    assert_eq!(run.code, Some(1), "{run}");

    org.edit(OAUTH_POLICIES, "Shop", "isGuestCodeCredFlowEnabled", "false");
    let run = test.run(&["login", "guest"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.contains("login as expected: ok"), "the other variants are also run: {run}");
    assert!(
        run.contains("guest NOT AS EXPECTED") && run.contains("guest_code_credential_flow_enabled"),
        "{run}"
    );
    // The same error code at another step is a different result.
    let run = test.run(&["guest", "--expect", "guest.token=invalid_request"]);
    assert_eq!(run.code, Some(1), "{run}");
}

#[test]
fn an_html_page_is_a_closed_gate_and_never_a_success() {
    let org = shop();
    // The second client sends credentials in a header, although the app requires them in the body.
    org.edit(GLOBAL_OAUTH, "Shop", "isCodeCredPostOnly", "true");
    SmokeTest::of(&org, "Shop").passes(&["login"]);
    let header = SmokeTest::of(&org, "Shop").with("CREDENTIALS", "header");
    let run = header.run(&["login"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.contains("gate_closed: an HTML page") && run.contains("code_credential_post_only"), "{run}");
}

#[test]
fn usage_errors_exit_with_2() {
    let org = shop();
    let code = |test: SmokeTest<'_>, arguments: &[&str]| test.run(arguments).code;
    let test = || SmokeTest::of(&org, "Shop");
    assert_eq!(code(test(), &["logout"]), Some(2));
    assert_eq!(code(test(), &["login", "--expect", "guest=ok"]), Some(2));
    assert_eq!(code(test().with("TEST_PASSWORD", ""), &["login"]), Some(2));
    assert_eq!(code(test().with("PKCE", "maybe"), &["login"]), Some(2));
    assert_eq!(code(test().with("SITE_URL", "http://site.example.com"), &["login"]), Some(2));
    assert_eq!(code(test().with("OTP_COMMAND", "exit 3"), &["passwordless"]), Some(2));
    let unreachable = test().with("SITE_URL", "http://127.0.0.1:9").run(&["login"]);
    assert_eq!(unreachable.code, Some(2), "the site did not respond: {unreachable}");
}

/// Waits for one more call to the org.
fn wait_for_call(org: &Emulator, calls: usize) {
    let start = Instant::now();
    while org.journal().len() == calls && start.elapsed() < Duration::from_secs(300) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn propagation_is_retried_and_a_rejected_password_is_not() {
    let org = shop();
    let secret = org.part(GLOBAL_OAUTH, "Shop").text("consumerSecret");
    let test = SmokeTest::of(&org, "Shop");
    // The app has not propagated in Salesforce yet.
    let start = Instant::now();
    org.admin("PATCH", "/org", Some(&json!({ "propagation_ms": 600_000 })));
    test.passes(&["login", "--expect", "login=invalid_client_id"]);
    let run = test.run(&["login", "--wait", "2"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.contains("a change may not be effective yet"), "{run}");
    assert!(start.elapsed() > Duration::from_secs(2), "it waits for the complete time");

    let tried = org.journal().len();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_call(&org, tried);
            org.admin("PATCH", "/org", Some(&json!({ "propagation_ms": 0 })));
        });
        test.passes(&["login", "--wait", "600"]).containing("retrying in");
    });

    // If a failure is expected and the login still works, the change may not be effective yet, so the login is retried.
    let tried = org.journal().len();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_call(&org, tried);
            org.edit(OAUTH_POLICIES, "Shop", "isGuestCodeCredFlowEnabled", "false");
        });
        test.passes(&["guest", "--wait", "600", "--expect", "guest=invalid_request"]);
    });

    let calls = || org.journal().iter().filter(|call| call["path"] == "/services/oauth2/authorize").count();
    let before = calls();
    let wrong = SmokeTest::of(&org, "Shop").with("TEST_PASSWORD", &secret);
    wrong.passes(&["login", "--wait", "600", "--expect", "login.authorize=invalid_grant"]);
    let run = SmokeTest::of(&org, "Shop").with("TEST_PASSWORD", &secret).run(&["login", "--wait", "600"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert_eq!(calls() - before, 2, "one call per run");
}
