//! Each variant in a shop with all gates open, for each kind of client that may use it.

use super::shop::{Edit, NO_GUESTS, ROW, Row, apply, open, run_client};
use acceptance_tests::emulator::Emulator;

/// The settings for a client that cannot keep a secret.
const PUBLIC: &[Edit] = &[
    ("settings", "secret_required_for_web_server_flow", "false"),
    ("settings", "secret_required_for_refresh_token", "false"),
];

const VARIANTS: &str = "login passwordless registration guest forgot_password";

#[test]
fn a_private_client_runs_every_variant() {
    let org = Emulator::start();
    let _workspace = open(&org);
    let run = run_client(&org, &Row { run: VARIANTS, ..ROW });
    run.containing("jwt token for 15 min, a refresh token")
        .containing("jwt token for 30 min, no refresh token");
    run_client(&org, &Row { run: "login refresh revoke --rotation", ..ROW });
    run_client(&org, &Row { run: "passwordless refresh revoke", ..ROW });
    run_client(&org, &Row { run: "registration refresh revoke", ..ROW });
    let sms = &[("VERIFICATION_METHOD", "sms")];
    run_client(&org, &Row { client: sms, run: "passwordless", ..ROW });
    let colon = org.user("colon");
    let password = org.known()["site_users"][&colon].as_str().expect("a password").to_owned();
    let client = acceptance_tests::smoke_test::SmokeTest::of(&org, "Shop");
    client.with("TEST_USERNAME", &colon).with("TEST_PASSWORD", &password).passes(&["login"]);
}

#[test]
fn a_public_client_runs_every_variant_with_pkce_and_no_secret() {
    let org = Emulator::start();
    let workspace = open(&org);
    apply(&workspace, PUBLIC);
    workspace.assert_empty_plan();
    run_client(&org, &Row { public: true, run: VARIANTS, ..ROW });
    run_client(&org, &Row { public: true, run: "login refresh revoke --rotation", ..ROW });
    run_client(&org, &Row { public: true, run: "passwordless refresh revoke", ..ROW });
    run_client(&org, &Row { public: true, run: "registration refresh revoke", ..ROW });
}

#[test]
fn an_app_with_opaque_tokens_allows_logins_but_no_guests() {
    let org = Emulator::start();
    let workspace = open(&org);
    apply(&workspace, NO_GUESTS);
    apply(
        &workspace,
        &[
            ("settings", "named_user_jwt_enabled", "false"),
            ("policies", "guest_code_credential_flow_enabled", "false"),
            ("policies", "guest_jwt_session_timeout_type", ""),
            ("policies", "guest_jwt_timeout_minutes", ""),
            ("policies", "named_user_jwt_session_timeout_type", ""),
            ("policies", "named_user_jwt_timeout_minutes", ""),
        ],
    );
    let run = "login passwordless registration guest --expect guest.authorize=invalid_request";
    run_client(&org, &Row { gate: "G14", run, ..ROW }).containing("opaque token");
}
