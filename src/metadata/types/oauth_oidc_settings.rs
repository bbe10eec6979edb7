//! OauthOidcSettings: which OAuth flows the whole org allows.

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
                "Whether apps of the org may use the Authorization Code and Credentials Flow: headless login, passwordless \
                 login, registration and guest users. An app must enable the flow too, with `code_credential_flow_enabled` \
                 of its OAuth settings.",
            )
            .setup("OAuth and OpenID Connect Settings, Allow Authorization Code and Credentials Flows"),
        Field::bool("pkce_required", "isPkceRequired")
            .switch()
            .doc(
                "Whether every authorization code flow of every app needs PKCE, whatever the app's own `pkce_required` \
                 says.",
            )
            .setup("OAuth and OpenID Connect Settings, Require Proof Key for Code Exchange (PKCE) Extension"),
        Field::bool("username_password_flow_blocked", "blockOAuthUnPwFlow")
            .switch()
            .doc("Whether the username-password flow is blocked for the whole org.")
            .setup("OAuth and OpenID Connect Settings, Allow OAuth Username-Password Flows, the other way round"),
        Field::bool("user_agent_flow_blocked", "blockOAuthUsrAgtFlow")
            .switch()
            .doc("Whether the user-agent flow is blocked for the whole org.")
            .setup("OAuth and OpenID Connect Settings, Allow OAuth User-Agent Flows, the other way round"),
    ],
    dropped: &[],
    labelled_by_name: None,
    usual_suffixes: &[],
    is_policy: false,
    unmapped: &[("agentAuthLinking", "for internal use only, says the Metadata API Developer Guide")],
};
