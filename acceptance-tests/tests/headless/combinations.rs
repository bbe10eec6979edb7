//! Invalid combinations of attributes. The org rejects them, the error names the attribute of the other resource, and
//! the shop works again with a valid configuration.

use super::shop::{open, shop};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::smoke_test::SmokeTest;

#[test]
fn guests_without_jwt_tokens_or_the_flow_are_an_error() {
    let org = Emulator::start();
    let workspace = open(&org);
    let without_guests = [
        ("policies", "guest_code_credential_flow_enabled", "false"),
        ("policies", "guest_jwt_session_timeout_type", ""),
        ("policies", "guest_jwt_timeout_minutes", ""),
        ("policies", "named_user_jwt_session_timeout_type", ""),
        ("policies", "named_user_jwt_timeout_minutes", ""),
    ];
    let closed = [
        ("named_user_jwt_enabled", vec![("settings", "named_user_jwt_enabled", "false")]),
        (
            "code_credential_flow_enabled",
            vec![
                ("settings", "code_credential_flow_enabled", "false"),
                ("settings", "code_credential_post_only", "false"),
            ],
        ),
    ];
    for (attribute, closed) in closed {
        // Guest access is disabled first, because an org does not allow disabling settings that policies still require.
        workspace.configure(&shop(&without_guests));
        workspace.apply().succeeded();
        let mut edits = closed.clone();
        edits.extend(without_guests);
        workspace.configure(&shop(&edits));
        workspace.apply().succeeded();
        // Guest access is then enabled without the settings that it requires.
        edits.retain(|edit| edit.1 != "guest_code_credential_flow_enabled");
        workspace.configure(&shop(&edits));
        let run = workspace.apply();
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.contains(attribute), "the error names the attribute of the other resource: {run}");
        workspace.configure(&shop(&[]));
        workspace.apply().succeeded();
        SmokeTest::of(&org, "Shop").passes(&["login", "guest"]);
    }
}
