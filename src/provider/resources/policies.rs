//! `salesforce_external_client_app_policies`: who may use an app, how long, from where.

use std::sync::OnceLock;

use crate::metadata::types;
use crate::provider::combination::{Combination, Is, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::lockout::{Ends, Lockout, When};
use crate::provider::neighbours::Need;
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::resources::oauth_settings;
use crate::provider::timeouts::Timeouts;

const TIMED: &[&str] = &["SpecificLifetime", "SpecificInactivity"];

/// What policies need of the OAuth settings, which often somebody else manages.
pub static NEEDS: &[Need] = &[
    Need {
        of: &SPEC,
        attribute: "guest_code_credential_flow_enabled",
        is: Is::True,
        other: &oauth_settings::SPEC,
        needs: "named_user_jwt_enabled",
        unless: Is::False,
        message: "Guests get JWT access tokens only, and the OAuth settings of \"{app}\" have named_user_jwt_enabled = \
                  false. Set it there to true, or leave guest_code_credential_flow_enabled out of the policies.",
    },
    Need {
        of: &SPEC,
        attribute: "guest_code_credential_flow_enabled",
        is: Is::True,
        other: &oauth_settings::SPEC,
        needs: "code_credential_flow_enabled",
        unless: Is::False,
        message: "Guests come by the Authorization Code and Credentials Flow, and the OAuth settings of \"{app}\" have \
                  code_credential_flow_enabled = false. Set it there to true, or leave \
                  guest_code_credential_flow_enabled out of the policies.",
    },
];

const LOCKOUTS: &[Lockout] = &[
    Lockout {
        attribute: "enabled",
        when: When::Becomes(Is::False),
        ends: Ends::All,
        because: "With enabled = false nobody logs in with it any more, the provider neither.",
    },
    Lockout {
        attribute: "oauth_plugin_enabled",
        when: When::Becomes(Is::False),
        ends: Ends::All,
        because: "With oauth_plugin_enabled = false every OAuth flow of it ends, that of the provider's login, too.",
    },
    Lockout {
        attribute: "permitted_users",
        when: When::Becomes(Is::Word("AdminApprovedPreAuthorized")),
        ends: Ends::All,
        because: "With permitted_users = \"AdminApprovedPreAuthorized\" it is for holders of its permission sets and profiles \
                  only, and whether the user that the provider logs in as is one of them is not known here.",
    },
    Lockout {
        attribute: "permitted_users",
        when: When::Becomes(Is::Word("AllSelfAuthorized")),
        ends: Ends::JwtBearer,
        because: "With permitted_users = \"AllSelfAuthorized\" users approve it themselves, in a browser. The provider logs in \
                  by JWT bearer, for which Salesforce wants an approval beforehand, and whether its user has given one is not \
                  known here.",
    },
    Lockout {
        attribute: "client_credentials_flow_enabled",
        when: When::Becomes(Is::False),
        ends: Ends::ClientCredentials,
        because: "With client_credentials_flow_enabled = false the app takes no client credentials, by which the provider logs \
                  in.",
    },
    Lockout {
        attribute: "client_credentials_flow_user",
        when: When::Emptied,
        ends: Ends::ClientCredentials,
        because: "Without client_credentials_flow_user client credentials, by which the provider logs in, are nobody's.",
    },
    Lockout {
        attribute: "token_exchange_flow_enabled",
        when: When::Becomes(Is::False),
        ends: Ends::TokenExchange,
        because: "With token_exchange_flow_enabled = false the app exchanges no tokens, and that is how the provider logs in.",
    },
    Lockout {
        attribute: "refresh_token_policy",
        when: When::Becomes(Is::Word("Zero")),
        ends: Ends::RefreshToken,
        because: "With refresh_token_policy = \"Zero\" refresh tokens expire at once, and the provider logs in with one.",
    },
];

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_external_client_app_policies",
    noun: "policies",
    doc: "The policies of an External Client App: who may use it, how long tokens live, from where, and which of its \
          plugins are on.\n\nSalesforce makes the policies itself when the app's OAuth settings are created, so \
          creating this resource takes over the ones that are there, and destroying it only stops managing them.",
    subject: Subject::App {
        attribute: "external_client_app",
        doc: "The app, by API name. Write `salesforce_external_client_app_oauth_settings.NAME.id`, so that the \
              policies wait for the settings. Changing it replaces the resource.",
    },
    parts: &[
        Part { kind: &types::oauth_policies::TYPE, suffix: "_oauthPlcy", presence: Presence::Optional },
        Part { kind: &types::configurable_policies::TYPE, suffix: "_plcy", presence: Presence::Optional },
    ],
    creation: Creation::TakesOver,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: LOCKOUTS,
    guards: &[
        "permitted_users",
        "permission_sets",
        "profiles",
        "enabled",
        "oauth_plugin_enabled",
        "client_credentials_flow_user",
        "execute_handler_as",
        "ip_relaxation",
        "required_session_level",
        "policy_action",
        "custom_scopes",
        "refresh_token_policy",
        "session_timeout_minutes",
    ],
    dependents: &[
        ("guest_jwt_timeout_minutes", "guest_jwt_session_timeout_type"),
        ("named_user_jwt_timeout_minutes", "named_user_jwt_session_timeout_type"),
        ("refresh_token_validity_period", "refresh_token_policy"),
        ("refresh_token_validity_unit", "refresh_token_policy"),
        ("start_url", "start_page"),
    ],
    combinations: &[
        Combination {
            id: "nobody-permitted",
            level: Level::ErrorOnChange,
            at: "permitted_users",
            when: &[
                ("permitted_users", Is::Word("AdminApprovedPreAuthorized")),
                ("permission_sets", Is::Empty),
                ("profiles", Is::Empty),
            ],
            message: "With AdminApprovedPreAuthorized and no permission set and no profile nobody could log in. Write \
                      permission_sets or profiles.",
        },
        Combination {
            id: "permission-sets-without-effect",
            level: Level::Warning,
            at: "permission_sets",
            when: &[("permitted_users", Is::Word("AllSelfAuthorized")), ("permission_sets", Is::Some)],
            message: "permission_sets say who may use the app only with permitted_users = \"AdminApprovedPreAuthorized\".",
        },
        Combination {
            id: "profiles-without-effect",
            level: Level::Warning,
            at: "profiles",
            when: &[("permitted_users", Is::Word("AllSelfAuthorized")), ("profiles", Is::Some)],
            message: "profiles say who may use the app only with permitted_users = \"AdminApprovedPreAuthorized\".",
        },
        Combination {
            id: "guest-timeout-type",
            level: Level::Error,
            at: "guest_jwt_timeout_minutes",
            when: &[
                ("guest_jwt_session_timeout_type", Is::Word("UserSession")),
                ("guest_jwt_timeout_minutes", Is::Written),
            ],
            message: "guest_jwt_timeout_minutes is only allowed with guest_jwt_session_timeout_type = \"Custom\".",
        },
        Combination {
            id: "guest-timeout-missing",
            level: Level::Error,
            at: "guest_jwt_session_timeout_type",
            when: &[
                ("guest_jwt_session_timeout_type", Is::Word("Custom")),
                ("guest_jwt_timeout_minutes", Is::Unwritten),
            ],
            message: "\"Custom\" needs guest_jwt_timeout_minutes.",
        },
        Combination {
            id: "named-user-timeout-type",
            level: Level::Error,
            at: "named_user_jwt_timeout_minutes",
            when: &[
                ("named_user_jwt_session_timeout_type", Is::Word("UserSession")),
                ("named_user_jwt_timeout_minutes", Is::Written),
            ],
            message: "named_user_jwt_timeout_minutes is only allowed with \
                      named_user_jwt_session_timeout_type = \"Custom\".",
        },
        Combination {
            id: "named-user-timeout-missing",
            level: Level::Error,
            at: "named_user_jwt_session_timeout_type",
            when: &[
                ("named_user_jwt_session_timeout_type", Is::Word("Custom")),
                ("named_user_jwt_timeout_minutes", Is::Unwritten),
            ],
            message: "\"Custom\" needs named_user_jwt_timeout_minutes.",
        },
        Combination {
            id: "refresh-period-missing",
            level: Level::Error,
            at: "refresh_token_policy",
            when: &[
                ("refresh_token_policy", Is::Word("SpecificLifetime")),
                ("refresh_token_validity_period", Is::Unwritten),
            ],
            message: "SpecificLifetime needs refresh_token_validity_period and refresh_token_validity_unit.",
        },
        Combination {
            id: "refresh-period-missing",
            level: Level::Error,
            at: "refresh_token_policy",
            when: &[
                ("refresh_token_policy", Is::Word("SpecificInactivity")),
                ("refresh_token_validity_period", Is::Unwritten),
            ],
            message: "SpecificInactivity needs refresh_token_validity_period and refresh_token_validity_unit.",
        },
        Combination {
            id: "refresh-period-zero",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Is::Word("SpecificLifetime")),
                ("refresh_token_validity_period", Is::Zero),
            ],
            message: "With SpecificLifetime, refresh_token_validity_period must be 1 or more, not 0.",
        },
        Combination {
            id: "refresh-period-zero",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Is::Word("SpecificInactivity")),
                ("refresh_token_validity_period", Is::Zero),
            ],
            message: "With SpecificInactivity, refresh_token_validity_period must be 1 or more, not 0.",
        },
        Combination {
            id: "refresh-unit-missing",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_validity_period", Is::NonZero),
                ("refresh_token_validity_unit", Is::Unwritten),
            ],
            message: "refresh_token_validity_period needs refresh_token_validity_unit: Hours, Days or Months.",
        },
        Combination {
            id: "refresh-period-type",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Is::NoneOf(TIMED)),
                ("refresh_token_validity_period", Is::NonZero),
            ],
            message: "refresh_token_validity_period is only allowed with refresh_token_policy = \"SpecificLifetime\" or \
                      \"SpecificInactivity\".",
        },
        Combination {
            id: "refresh-unit-without-period",
            level: Level::Warning,
            at: "refresh_token_validity_unit",
            when: &[
                ("refresh_token_validity_unit", Is::Written),
                ("refresh_token_validity_period", Is::Unwritten),
                ("refresh_token_policy", Is::NotOneOf(TIMED)),
            ],
            message: "refresh_token_validity_unit is the unit of refresh_token_validity_period, which is not written. Write \
                      the period, too, or leave the unit out.",
        },
        Combination {
            id: "client-credentials-user",
            level: Level::ErrorOnChange,
            at: "client_credentials_flow_enabled",
            when: &[
                ("client_credentials_flow_enabled", Is::True),
                ("client_credentials_flow_user", Is::Unwritten),
            ],
            message: "The client credentials flow needs a user to run as: write client_credentials_flow_user.",
        },
        Combination {
            id: "apex-handler-user",
            level: Level::Warning,
            at: "apex_handler",
            when: &[("apex_handler", Is::Written), ("execute_handler_as", Is::Unwritten)],
            message: "An apex_handler without execute_handler_as has no user to run as; whether Salesforce refuses that \
                      is not confirmed.",
        },
        Combination {
            id: "user-without-apex-handler",
            level: Level::Warning,
            at: "execute_handler_as",
            when: &[("execute_handler_as", Is::Written), ("apex_handler", Is::Unwritten)],
            message: "execute_handler_as is the user that apex_handler runs as, and no apex_handler is written. Write the \
                      handler, too, or leave the user out.",
        },
    ],
    dangers: &[
        Danger {
            id: "access-lost",
            attribute: "permitted_users",
            change: Transition::ToWord("AdminApprovedPreAuthorized"),
            summary: "Users lose access to an app",
            detail: "\"{app}\": from {old} to AdminApprovedPreAuthorized: on apply everyone without {permitted} loses \
                     access at once, tokens included. Holders: {holders}. Users with \"Use Any API Client\" keep access.",
        },
        Danger {
            id: "access-lost",
            attribute: "permission_sets",
            change: Transition::MembersRemovedUnless("permitted_users", "AllSelfAuthorized"),
            summary: "Users lose access to an app",
            detail: "\"{app}\": on apply everyone who has access only by {removed} loses it at once, tokens included. \
                     Holders: {holders}. Users with \"Use Any API Client\" keep access.",
        },
        Danger {
            id: "access-lost",
            attribute: "profiles",
            change: Transition::MembersRemovedUnless("permitted_users", "AllSelfAuthorized"),
            summary: "Users lose access to an app",
            detail: "\"{app}\": on apply everyone who has access only by the profile {removed} loses it at once, tokens \
                     included. Holders: {holders}. Users with \"Use Any API Client\" keep access.",
        },
        Danger {
            id: "app-disabled",
            attribute: "enabled",
            change: Transition::ToFalse,
            summary: "An app stops working",
            detail: "\"{app}\": every login and every use of the app ends on apply.",
        },
        Danger {
            id: "app-disabled",
            attribute: "oauth_plugin_enabled",
            change: Transition::ToFalse,
            summary: "An app stops working",
            detail: "\"{app}\": every OAuth flow of the app ends on apply.",
        },
        Danger {
            id: "anonymous-access",
            attribute: "guest_code_credential_flow_enabled",
            change: Transition::On,
            summary: "Anonymous access",
            detail: "\"{app}\": on apply people who have not logged in get access tokens, with the oauth_scopes of the \
                     app's OAuth settings and the rights of the site's guest user. How long these live: \
                     guest_jwt_session_timeout_type = {guest_jwt_session_timeout_type}, guest_jwt_timeout_minutes = \
                     {guest_jwt_timeout_minutes}.",
        },
    ],
    // Policies wait for settings that another resource may be creating; longer than this they will not come.
    default_timeouts: Timeouts { create: 300, ..Timeouts::STANDARD },
    schema: OnceLock::new(),
};
