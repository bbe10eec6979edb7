//! `salesforce_external_client_app_oauth_settings`: the OAuth settings and the consumer, one deploy for both files.

use std::sync::OnceLock;

use crate::metadata::types::{configurable_policies, global_oauth_settings, oauth_policies, oauth_settings};
use crate::org::SOAP_ACCEPTS_JWT;
use crate::provider::combination::{Combination, Is, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::lockout::{Ends, Lockout, When};
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

/// The scopes that make refresh tokens.
const REFRESHING: &[&str] = &["RefreshToken", "OfflineAccess"];

const LOCKOUTS: &[Lockout] = &[
    Lockout {
        attribute: "named_user_jwt_enabled",
        when: When::Becomes(Is::True),
        ends: Ends::AllBelow(SOAP_ACCEPTS_JWT),
        because: "With named_user_jwt_enabled = true the tokens that it gets are JWTs, which Salesforce's SOAP API refuses before \
                  API 68.0. Where the org has that version, api_version = \"68.0\" lets the provider work with them.",
    },
    Lockout {
        attribute: "client_credentials_flow_enabled",
        when: When::Becomes(Is::False),
        ends: Ends::ClientCredentials,
        because: "With client_credentials_flow_enabled = false the app takes no client credentials, by which the provider logs \
                  in.",
    },
    Lockout {
        attribute: "certificate",
        when: When::Emptied,
        ends: Ends::JwtBearer,
        because: "Without a certificate nothing checks the JWTs that the provider signs to log in.",
    },
    Lockout {
        attribute: "certificate",
        when: When::ForAnotherKey,
        ends: Ends::JwtBearer,
        because: "The new certificate is not for the private key that the provider signs with to log in. A certificate for the \
                  same key is not refused. To change the key: apply the new certificate while the provider logs in \
                  otherwise, such as with an access token of the Salesforce CLI or with another app, and then give it the new \
                  key.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Is::HasNone(&["Api", "Full"])),
        ends: Ends::All,
        because: "Without the scope Api the tokens that it gets are not for the APIs that the provider uses. Leave it in \
                  oauth_scopes.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Is::HasNone(REFRESHING)),
        ends: Ends::JwtBearer,
        because: "Salesforce's help says that it refuses JWT bearer logins to an app without the scope RefreshToken, and that is \
                  how the provider logs in. Leave it in oauth_scopes.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Is::HasNone(REFRESHING)),
        ends: Ends::RefreshToken,
        because: "The provider logs in with a refresh token, which an app without the scope RefreshToken does not give. Leave it \
                  in oauth_scopes.",
    },
    Lockout {
        attribute: "refresh_token_rotation_enabled",
        when: When::Becomes(Is::True),
        ends: Ends::RefreshToken,
        because: "With refresh_token_rotation_enabled = true a refresh token is good for one login, and the provider logs in with \
                  one that it cannot replace.",
    },
    Lockout {
        attribute: "token_exchange_enabled",
        when: When::Becomes(Is::False),
        ends: Ends::TokenExchange,
        because: "With token_exchange_enabled = false the app exchanges no tokens, and that is how the provider logs in.",
    },
];

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_external_client_app_oauth_settings",
    noun: "OAuth settings",
    doc: "The OAuth settings of an External Client App, with its consumer: callback URLs, scopes, flows, PKCE and the \
          consumer key.\n\nSalesforce creates the app's policies when the OAuth settings are created; manage them with \
          `salesforce_external_client_app_policies`. The consumer secret is in no attribute, no state and no plan.",
    subject: Subject::App {
        attribute: "external_client_app",
        doc: "The app, by API name. Write `salesforce_external_client_app.NAME.id`, so that a replaced app takes its \
              settings along. Changing it replaces the resource.",
    },
    parts: &[
        Part { kind: &oauth_settings::TYPE, suffix: "_oauth", presence: Presence::Required },
        Part {
            kind: &global_oauth_settings::TYPE,
            suffix: "_glbloauth",
            presence: Presence::MayBeUnreadable,
        },
    ],
    creation: Creation::New,
    destruction: Destruction::Deletes(&[&oauth_policies::TYPE, &configurable_policies::TYPE]),
    protectable: true,
    shows_namespace: false,
    link: Some("oauth_link"),
    consumer_key: Some("consumer_key"),
    lockouts: LOCKOUTS,
    guards: &[
        "secret_required_for_token_exchange",
        "refresh_token_rotation_enabled",
        "client_assertion_certificate",
        "custom_scopes",
    ],
    dependents: &[],
    combinations: &[
        Combination {
            id: "secret-and-pkce-off",
            level: Level::Warning,
            at: "secret_required_for_web_server_flow",
            when: &[("secret_required_for_web_server_flow", Is::False), ("pkce_required", Is::False)],
            message: "With neither a consumer secret nor PKCE, whoever intercepts an authorization code can redeem it. \
                      Write pkce_required = true for a public client, or \
                      secret_required_for_web_server_flow = true for a private one.",
        },
        Combination {
            id: "post-only-without-flow",
            level: Level::Warning,
            at: "code_credential_post_only",
            when: &[("code_credential_post_only", Is::True), ("code_credential_flow_enabled", Is::False)],
            message: "code_credential_post_only has no effect while code_credential_flow_enabled is false.",
        },
        Combination {
            id: "secret-for-refresh-only",
            level: Level::Warning,
            at: "secret_required_for_refresh_token",
            when: &[
                ("secret_required_for_web_server_flow", Is::False),
                ("secret_required_for_refresh_token", Is::True),
                ("oauth_scopes", Is::HasAny(REFRESHING)),
            ],
            message: "A client without a secret can log in but not refresh: write \
                      secret_required_for_refresh_token = false for a public client.",
        },
        Combination {
            id: "rotation-without-refresh-tokens",
            level: Level::Warning,
            at: "refresh_token_rotation_enabled",
            when: &[("refresh_token_rotation_enabled", Is::True), ("oauth_scopes", Is::HasNone(REFRESHING))],
            message: "refresh_token_rotation_enabled has no effect: without the scope RefreshToken the app gets no refresh \
                      token. Add it to oauth_scopes, or leave the rotation out.",
        },
        Combination {
            id: "jwt-with-web-scope",
            level: Level::Warning,
            at: "named_user_jwt_enabled",
            when: &[("named_user_jwt_enabled", Is::True), ("oauth_scopes", Is::HasAny(&["Web"]))],
            message: "With named_user_jwt_enabled access tokens are JWTs, and users of live orgs report that those open no \
                      session in a browser, which the scope Web in oauth_scopes is for.",
        },
        Combination {
            id: "flow-without-callback",
            level: Level::Warning,
            at: "code_credential_flow_enabled",
            when: &[("code_credential_flow_enabled", Is::True), ("callback_urls", Is::Empty)],
            message: "The Authorization Code and Credentials Flow returns to one of callback_urls, and there is none: no \
                      login can succeed. Write callback_urls.",
        },
        Combination {
            id: "no-scopes",
            level: Level::Warning,
            at: "oauth_scopes",
            when: &[("oauth_scopes", Is::WrittenEmpty)],
            message: "With no scope in oauth_scopes no client can ask for one. Whether Salesforce refuses that is not \
                      confirmed.",
        },
    ],
    dangers: &[
        Danger {
            id: "flow-disabled",
            attribute: "code_credential_flow_enabled",
            change: Transition::ToFalse,
            summary: "An app stops working",
            detail: "\"{app}\": headless login, passwordless login, registration and guest access end on apply.",
        },
        Danger {
            id: "jwt-enabled",
            attribute: "named_user_jwt_enabled",
            change: Transition::ToTrue,
            summary: "New tokens are JWTs",
            detail: "\"{app}\": SOAP calls below API 68.0 refuse JWT access tokens, and session_timeout_minutes of the \
                     policies no longer applies.",
        },
        Danger {
            id: "existing-clients",
            attribute: "pkce_required",
            change: Transition::ToTrue,
            summary: "Existing clients may fail",
            detail: "\"{app}\": from now on every authorization request must carry a code_challenge, and the token request its \
                     code_verifier (PKCE).",
        },
        Danger {
            id: "existing-clients",
            attribute: "secret_required_for_web_server_flow",
            change: Transition::ToTrue,
            summary: "Existing clients may fail",
            detail: "\"{app}\": from now on the token request of the web server flow must carry client_secret, the consumer secret.",
        },
        Danger {
            id: "existing-clients",
            attribute: "secret_required_for_refresh_token",
            change: Transition::ToTrue,
            summary: "Existing clients may fail",
            detail: "\"{app}\": from now on the request that refreshes a token must carry client_secret, the consumer secret.",
        },
        Danger {
            id: "existing-clients",
            attribute: "secret_required_for_token_exchange",
            change: Transition::ToTrue,
            summary: "Existing clients may fail",
            detail: "\"{app}\": from now on the request of the token exchange flow must carry client_secret, the consumer secret.",
        },
        Danger {
            id: "existing-clients",
            attribute: "code_credential_post_only",
            change: Transition::ToTrue,
            summary: "Existing clients may fail",
            detail: "\"{app}\": from now on user names and passwords must be in the body of a POST.",
        },
        Danger {
            id: "existing-clients",
            attribute: "callback_urls",
            change: Transition::MembersRemoved,
            summary: "Existing clients may fail",
            detail: "\"{app}\": logins that return to {removed} are refused.",
        },
        Danger {
            id: "existing-clients",
            attribute: "oauth_scopes",
            change: Transition::MembersRemoved,
            summary: "Existing clients may fail",
            detail: "\"{app}\": tokens can no longer be asked for with {removed}.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
