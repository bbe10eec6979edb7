//! `salesforce_external_client_app_oauth_settings`: the OAuth settings and the consumer.

use std::sync::OnceLock;

use crate::metadata::types::{configurable_policies, global_oauth_settings, oauth_policies, oauth_settings};
use crate::org::SOAP_ACCEPTS_JWT;
use crate::provider::combination::{Combination, Condition, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::diagnostics::rows::plan as rows;
use crate::provider::lockout::{Ends, Lockout, When};
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::Timeouts;

/// The scopes that allow refresh tokens.
const REFRESHING: &[&str] = &["RefreshToken", "OfflineAccess"];

const LOCKOUTS: &[Lockout] = &[
    Lockout {
        attribute: "named_user_jwt_enabled",
        when: When::Becomes(Condition::True),
        ends: Ends::AllBelow(SOAP_ACCEPTS_JWT),
        because: "With named_user_jwt_enabled = true, the access tokens of the app are JWTs, which the SOAP API \
                  rejects in API versions earlier than 68.0. If the org supports that version, set api_version = \
                  \"68.0\".",
    },
    Lockout {
        attribute: "client_credentials_flow_enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::ClientCredentials,
        because: "With client_credentials_flow_enabled = false, the app rejects client credentials, which the provider \
                  uses to log in.",
    },
    Lockout {
        attribute: "certificate",
        when: When::Emptied,
        ends: Ends::JwtBearer,
        because: "Without a certificate, Salesforce rejects the JWTs that the provider signs to log in.",
    },
    Lockout {
        attribute: "certificate",
        when: When::ForAnotherKey,
        ends: Ends::JwtBearer,
        because: "The new certificate is not for the private key of the provider. A certificate for the same key is \
                  allowed. To change the key, apply the new certificate with another authentication method, such as an \
                  access token of the Salesforce CLI or another app, and then configure the new key.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Condition::HasNone(&["Api", "Full"])),
        ends: Ends::All,
        because: "Without the scope Api, the tokens of the app give no access to the APIs that the provider uses. Keep \
                  the scope in oauth_scopes.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Condition::HasNone(REFRESHING)),
        ends: Ends::JwtBearer,
        because: "The provider logs in with JWT bearer, which requires the scope RefreshToken according to Salesforce \
                  Help. Keep the scope in oauth_scopes.",
    },
    Lockout {
        attribute: "oauth_scopes",
        when: When::Becomes(Condition::HasNone(REFRESHING)),
        ends: Ends::RefreshToken,
        because: "The provider logs in with a refresh token, which requires the scope RefreshToken. Keep the scope in \
                  oauth_scopes.",
    },
    Lockout {
        attribute: "refresh_token_rotation_enabled",
        when: When::Becomes(Condition::True),
        ends: Ends::RefreshToken,
        because: "With refresh_token_rotation_enabled = true, a refresh token is valid for one login, and the provider \
                  cannot store a new one.",
    },
    Lockout {
        attribute: "token_exchange_enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::TokenExchange,
        because: "With token_exchange_enabled = false, the app rejects token exchange, which the provider uses to log \
                  in.",
    },
];

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_external_client_app_oauth_settings",
    noun: "OAuth settings",
    doc: "The OAuth settings of an External Client App, with its consumer: callback URLs, scopes, flows, PKCE and the \
          consumer key.\n\nSalesforce creates the app's policies when the OAuth settings are created; manage them with \
          `salesforce_external_client_app_policies`. The consumer secret is not part of any attribute, state or plan.",
    subject: Subject::App {
        attribute: "external_client_app",
        doc: "The API name of the app. Use `salesforce_external_client_app.NAME.id`, so that Terraform replaces the \
              settings together with the app. Changing the name replaces the resource.",
    },
    parts: &[
        Part { kind: &oauth_settings::TYPE, presence: Presence::Required },
        Part { kind: &global_oauth_settings::TYPE, presence: Presence::MayBeUnreadable },
    ],
    creation: Creation::New,
    destruction: Destruction::Deletes(&[&oauth_policies::TYPE, &configurable_policies::TYPE]),
    protectable: true,
    shows_namespace: false,
    link: Some("oauth_link"),
    consumer_key: Some("consumer_key"),
    lockouts: LOCKOUTS,
    access_attributes: &[
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
            when: &[
                ("secret_required_for_web_server_flow", Condition::False),
                ("pkce_required", Condition::False),
            ],
            message: "Without a consumer secret and PKCE, an attacker who intercepts an authorization code can redeem \
                      it. Set pkce_required = true for a public client, or secret_required_for_web_server_flow = true \
                      for a confidential client.",
        },
        Combination {
            id: "post-only-without-flow",
            level: Level::Warning,
            at: "code_credential_post_only",
            when: &[
                ("code_credential_post_only", Condition::True),
                ("code_credential_flow_enabled", Condition::False),
            ],
            message: "code_credential_post_only has no effect while code_credential_flow_enabled is false.",
        },
        Combination {
            id: "secret-for-refresh-only",
            level: Level::Warning,
            at: "secret_required_for_refresh_token",
            when: &[
                ("secret_required_for_web_server_flow", Condition::False),
                ("secret_required_for_refresh_token", Condition::True),
                ("oauth_scopes", Condition::HasAny(REFRESHING)),
            ],
            message: "A client without a secret can log in but cannot refresh its token. Set \
                      secret_required_for_refresh_token = false for a public client.",
        },
        Combination {
            id: "rotation-without-refresh-tokens",
            level: Level::Warning,
            at: "refresh_token_rotation_enabled",
            when: &[
                ("refresh_token_rotation_enabled", Condition::True),
                ("oauth_scopes", Condition::HasNone(REFRESHING)),
            ],
            message: "refresh_token_rotation_enabled has no effect: without the scope RefreshToken, the app has no \
                      refresh tokens. Add the scope to oauth_scopes, or remove refresh_token_rotation_enabled.",
        },
        Combination {
            id: "jwt-with-web-scope",
            level: Level::Warning,
            at: "named_user_jwt_enabled",
            when: &[
                ("named_user_jwt_enabled", Condition::True),
                ("oauth_scopes", Condition::HasAny(&["Web"])),
            ],
            message: "With named_user_jwt_enabled, access tokens are JWTs. Users of live orgs report that JWTs cannot \
                      open a browser session, which is the purpose of the scope Web in oauth_scopes. Remove the scope, \
                      or named_user_jwt_enabled.",
        },
        Combination {
            id: "flow-without-callback",
            level: Level::Warning,
            at: "code_credential_flow_enabled",
            when: &[("code_credential_flow_enabled", Condition::True), ("callback_urls", Condition::Empty)],
            message: "The Authorization Code and Credentials Flow redirects to one of callback_urls. Without a \
                      callback URL, no login can succeed. Set callback_urls.",
        },
        Combination {
            id: "no-scopes",
            level: Level::Warning,
            at: "oauth_scopes",
            when: &[("oauth_scopes", Condition::SetToEmpty)],
            message: "Without a scope in oauth_scopes, clients cannot request any. Add the scopes that the clients \
                      need. Whether Salesforce rejects this is not confirmed.",
        },
    ],
    dangers: &[
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "code_credential_flow_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables headless login, passwordless login, registration and guest access.",
        },
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "client_credentials_flow_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables the client credentials flow.",
        },
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "device_flow_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables the device flow.",
        },
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "token_exchange_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables the token exchange flow.",
        },
        Danger {
            row: &rows::JWT_ENABLED,
            attribute: "named_user_jwt_enabled",
            change: Transition::ToTrue,
            detail: "\"{app}\": session_timeout_minutes of the policies no longer applies, and in API versions earlier \
                     than 68.0, the SOAP API rejects JWT access tokens.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "pkce_required",
            change: Transition::ToTrue,
            detail: "\"{app}\": every authorization request must include a code_challenge, and every token request \
                     must include the code_verifier (PKCE).",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "secret_required_for_web_server_flow",
            change: Transition::ToTrue,
            detail: "\"{app}\": the token request of the web server flow must include client_secret, the consumer \
                     secret.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "secret_required_for_refresh_token",
            change: Transition::ToTrue,
            detail: "\"{app}\": the request to refresh a token must include client_secret, the consumer secret.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "secret_required_for_token_exchange",
            change: Transition::ToTrue,
            detail: "\"{app}\": the token request of the token exchange flow must include client_secret, the consumer \
                     secret.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "code_credential_post_only",
            change: Transition::ToTrue,
            detail: "\"{app}\": usernames and passwords must be in the body of a POST request.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "callback_urls",
            change: Transition::MembersRemoved,
            detail: "\"{app}\": Salesforce rejects logins that redirect to {removed}.",
        },
        Danger {
            row: &rows::EXISTING_CLIENTS,
            attribute: "oauth_scopes",
            change: Transition::MembersRemoved,
            detail: "\"{app}\": clients can no longer request tokens with {removed}.",
        },
    ],
    default_timeouts: Timeouts::STANDARD,
    schema: OnceLock::new(),
};
