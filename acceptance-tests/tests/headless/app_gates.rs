//! The gates that are settings of the app, of its policies or of the org. `terraform apply` closes them one at a time.

use super::shop::{NO_GUESTS, ROW, Row, close_each_gate};

const FOUR: &str = "login passwordless registration guest";

/// The arguments of a run in which all four variants fail with this error code.
macro_rules! all_rejected {
    ($code:literal) => {
        concat!(
            "login passwordless registration guest",
            " --expect login.authorize=",
            $code,
            " --expect passwordless.authorize=",
            $code,
            " --expect registration.authorize=",
            $code,
            " --expect guest.authorize=",
            $code,
        )
    };
}

#[test]
fn gates_of_the_flow_the_app_and_pkce_reject_logins() {
    close_each_gate(&[
        Row {
            gate: "G1",
            edits: &[("org", "code_credential_flow_enabled", "false")],
            run: all_rejected!("gate_closed"),
            ..ROW
        },
        Row {
            gate: "G3",
            edits: &[("policies", "enabled", "false")],
            run: all_rejected!("invalid_client_id"),
            ..ROW
        },
        Row {
            gate: "G3",
            edits: &[("policies", "oauth_plugin_enabled", "false")],
            run: all_rejected!("invalid_client_id"),
            ..ROW
        },
        Row {
            gate: "G4",
            first: NO_GUESTS,
            edits: &[
                ("settings", "code_credential_flow_enabled", "false"),
                ("settings", "code_credential_post_only", "false"),
                ("policies", "guest_code_credential_flow_enabled", "false"),
                ("policies", "guest_jwt_session_timeout_type", ""),
                ("policies", "guest_jwt_timeout_minutes", ""),
            ],
            run: all_rejected!("invalid_grant"),
            ..ROW
        },
        Row {
            gate: "G10",
            edits: &[("settings", "callback_urls", "[\"https://shop.example.com/callback/\"]")],
            client: &[("CALLBACK_URL", "https://shop.example.com/callback")],
            run: all_rejected!("redirect_uri_mismatch"),
            ..ROW
        },
        Row { gate: "G7", client: &[("PKCE", "off")], run: all_rejected!("invalid_request"), ..ROW },
        Row {
            gate: "G7b",
            client: &[("PKCE", "wrong")],
            run: "login guest --expect login.token=invalid_grant --expect guest.token=invalid_grant",
            ..ROW
        },
        Row {
            edits: &[("settings", "pkce_required", "false")],
            client: &[("PKCE", "off")],
            run: FOUR,
            ..ROW
        },
        Row {
            gate: "G2",
            edits: &[("settings", "pkce_required", "false"), ("org", "pkce_required", "true")],
            client: &[("PKCE", "off")],
            run: all_rejected!("invalid_request"),
            ..ROW
        },
    ]);
}

#[test]
fn gates_of_the_client_secret_and_its_transport_reject_logins() {
    close_each_gate(&[
        Row {
            gate: "G8",
            public: true,
            run: "login guest --expect login.token=invalid_client --expect guest.token=invalid_client",
            ..ROW
        },
        Row {
            edits: &[("settings", "secret_required_for_web_server_flow", "false")],
            public: true,
            run: "login guest",
            ..ROW
        },
        // An optional secret is checked if it is sent.
        Row {
            gate: "G8",
            edits: &[("settings", "secret_required_for_web_server_flow", "false")],
            client: &[("CLIENT_SECRET", "not-the-secret")],
            run: "login --expect login.token=invalid_client",
            ..ROW
        },
        Row {
            gate: "G9",
            edits: &[("settings", "secret_required_for_web_server_flow", "false")],
            public: true,
            run: "login refresh --expect refresh.refresh=invalid_client",
            ..ROW
        },
        Row {
            gate: "G5",
            client: &[("CREDENTIALS", "header")],
            run: "login --expect login=gate_closed",
            ..ROW
        },
        Row { gate: "G5", client: &[("CREDENTIALS", "get")], run: "login --expect login=gate_closed", ..ROW },
        Row {
            edits: &[("settings", "code_credential_post_only", "false")],
            client: &[("CREDENTIALS", "header")],
            run: "login",
            ..ROW
        },
        Row {
            edits: &[("settings", "code_credential_post_only", "false")],
            client: &[("CREDENTIALS", "get")],
            run: "login",
            ..ROW
        },
    ]);
}

#[test]
fn gates_of_users_scopes_and_sessions_reject_logins() {
    close_each_gate(&[
        Row {
            gate: "G6",
            edits: &[("policies", "permission_sets", "[\"Shop_Staff\"]")],
            run: "login guest --expect login=invalid_app_access",
            ..ROW
        },
        Row {
            edits: &[
                ("policies", "permission_sets", "[\"Shop_Staff\"]"),
                ("policies", "profiles", "[\"Customer Community User\"]"),
            ],
            run: "login passwordless registration",
            ..ROW
        },
        Row {
            gate: "G6b",
            edits: &[
                ("policies", "permitted_users", "\"AllSelfAuthorized\""),
                ("policies", "permission_sets", ""),
            ],
            run: "login guest --expect login=invalid_grant",
            ..ROW
        },
        Row {
            gate: "G11 G11a",
            edits: &[("settings", "oauth_scopes", "[\"Api\", \"RefreshToken\"]")],
            client: &[("SCOPES", "api openid")],
            run: "login guest --expect login.authorize=gate_closed --expect guest.authorize=invalid_scope",
            ..ROW
        },
        Row {
            edits: &[("settings", "oauth_scopes", "[\"Api\", \"OpenID\"]")],
            run: "login refresh --expect refresh=no_refresh_token",
            ..ROW
        },
        Row {
            edits: &[
                ("policies", "refresh_token_policy", "\"Zero\""),
                ("policies", "refresh_token_validity_period", ""),
                ("policies", "refresh_token_validity_unit", ""),
            ],
            run: "login refresh --expect refresh=no_refresh_token",
            ..ROW
        },
        Row {
            edits: &[("settings", "refresh_token_rotation_enabled", "false")],
            run: "login refresh --rotation --expect refresh=not_rotated",
            ..ROW
        },
        Row {
            gate: "G14",
            edits: NO_GUESTS,
            run: "login guest --expect guest.authorize=invalid_request",
            ..ROW
        },
        Row {
            gate: "G21",
            edits: &[("policies", "required_session_level", "\"HIGH_ASSURANCE\"")],
            run: "login --expect login=invalid_grant",
            ..ROW
        },
    ]);
}
