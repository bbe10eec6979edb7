//! OauthOidcSettings: the OAuth flows that the org allows.

use crate::metadata::{Field, MetadataType};

pub static TYPE: MetadataType = MetadataType {
    name: "OauthOidcSettings",
    settings_member: Some("OauthOidc"),
    directory: "settings",
    suffix: "settings",
    fields: &[
        Field::bool("code_credential_flow_enabled", "oAuthCdCrdtFlowEnable")
            .switch()
            .doc(
                "Whether apps in the org can use the Authorization Code and Credentials Flow: headless login, \
                 passwordless login, registration and guest users. Each app must also enable the flow, with \
                 `code_credential_flow_enabled` in its OAuth settings.",
            )
            .setup("OAuth and OpenID Connect Settings > Allow Authorization Code and Credentials Flows"),
        Field::bool("pkce_required", "isPkceRequired")
            .switch()
            .doc(
                "Whether authorization code flows of all apps require PKCE, regardless of the app's `pkce_required`.",
            )
            .setup("OAuth and OpenID Connect Settings > Require Proof Key for Code Exchange (PKCE) Extension"),
        Field::bool("username_password_flow_blocked", "blockOAuthUnPwFlow")
            .switch()
            .doc("Whether the username-password flow is blocked in the org.")
            .setup("OAuth and OpenID Connect Settings > Allow OAuth Username-Password Flows (inverted)"),
        Field::bool("user_agent_flow_blocked", "blockOAuthUsrAgtFlow")
            .switch()
            .doc("Whether the user-agent flow is blocked in the org.")
            .setup("OAuth and OpenID Connect Settings > Allow OAuth User-Agent Flows (inverted)"),
    ],
    dropped: &[],
    labeled_by_name: None,
    usual_suffixes: &[],
    is_policy: false,
    unmapped: &[("agentAuthLinking", "for internal use only, according to the Metadata API Developer Guide")],
};
