//! `salesforce_external_client_app_policies`: who can use an app, for how long, and from where.

use std::sync::OnceLock;

use crate::metadata::types;
use crate::provider::combination::{Combination, Condition, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::diagnostics::rows::plan as rows;
use crate::provider::lockout::{Ends, Lockout, When};
use crate::provider::neighbors::Need;
use crate::provider::resource_spec::{Creation, Destruction, Part, Presence, ResourceSpec, Subject};
use crate::provider::resources::oauth_settings;
use crate::provider::timeouts::Timeouts;

const TIMED: &[&str] = &["SpecificLifetime", "SpecificInactivity"];

/// What policies require of the OAuth settings, which another team often manages.
pub static NEEDS: &[Need] = &[
    Need {
        of: &SPEC,
        attribute: "guest_code_credential_flow_enabled",
        is: Condition::True,
        other: &oauth_settings::SPEC,
        needs: "named_user_jwt_enabled",
        is_accepted: false,
        unless: Condition::False,
        message: "Guest users get only JWT access tokens, but the OAuth settings of \"{app}\" have \
                  named_user_jwt_enabled = false. Set it to true in the OAuth settings, or remove \
                  guest_code_credential_flow_enabled from the policies.",
    },
    Need {
        of: &SPEC,
        attribute: "guest_code_credential_flow_enabled",
        is: Condition::True,
        other: &oauth_settings::SPEC,
        needs: "code_credential_flow_enabled",
        is_accepted: false,
        unless: Condition::False,
        message: "Guest users use the Authorization Code and Credentials Flow, but the OAuth settings of \"{app}\" \
                  have code_credential_flow_enabled = false. Set it to true in the OAuth settings, or remove \
                  guest_code_credential_flow_enabled from the policies.",
    },
    Need {
        of: &SPEC,
        attribute: "client_credentials_flow_enabled",
        is: Condition::True,
        other: &oauth_settings::SPEC,
        needs: "client_credentials_flow_enabled",
        is_accepted: true,
        unless: Condition::False,
        message: "The policies of \"{app}\" enable the client credentials flow, but the OAuth settings have \
                  client_credentials_flow_enabled = false, so the app rejects the flow. Set it to true in the OAuth \
                  settings too, or remove it from the policies.",
    },
    Need {
        of: &SPEC,
        attribute: "token_exchange_flow_enabled",
        is: Condition::True,
        other: &oauth_settings::SPEC,
        needs: "token_exchange_enabled",
        is_accepted: true,
        unless: Condition::False,
        message: "The policies of \"{app}\" enable the token exchange flow, but the OAuth settings have \
                  token_exchange_enabled = false, so the app rejects the flow. Set it to true in the OAuth settings, \
                  or remove token_exchange_flow_enabled from the policies.",
    },
];

const LOCKOUTS: &[Lockout] = &[
    Lockout {
        attribute: "enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::All,
        because: "With enabled = false, all logins with the app fail, including those of the provider.",
    },
    Lockout {
        attribute: "oauth_plugin_enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::All,
        because: "With oauth_plugin_enabled = false, all OAuth flows of the app fail, including the login of the \
                  provider.",
    },
    Lockout {
        attribute: "permitted_users",
        when: When::Becomes(Condition::Word("AdminApprovedPreAuthorized")),
        ends: Ends::All,
        because: "With permitted_users = \"AdminApprovedPreAuthorized\", only users with its permission sets and \
                  profiles can use the app. The plan cannot determine whether the user that Terraform logs in as is \
                  one of them.",
    },
    Lockout {
        attribute: "permitted_users",
        when: When::Becomes(Condition::Word("AllSelfAuthorized")),
        ends: Ends::JwtBearer,
        because: "With permitted_users = \"AllSelfAuthorized\", users approve the app in a browser. The provider logs \
                  in with JWT bearer, which requires prior approval. The plan cannot determine whether the user that \
                  Terraform logs in as has approved the app.",
    },
    Lockout {
        attribute: "client_credentials_flow_enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::ClientCredentials,
        because: "With client_credentials_flow_enabled = false, the app rejects client credentials, which the provider \
                  uses to log in.",
    },
    Lockout {
        attribute: "client_credentials_flow_user",
        when: When::Emptied,
        ends: Ends::ClientCredentials,
        because: "Without client_credentials_flow_user, the app rejects client credentials, which the provider uses to \
                  log in.",
    },
    Lockout {
        attribute: "token_exchange_flow_enabled",
        when: When::Becomes(Condition::False),
        ends: Ends::TokenExchange,
        because: "With token_exchange_flow_enabled = false, the app rejects token exchange, which the provider uses to \
                  log in.",
    },
    Lockout {
        attribute: "refresh_token_policy",
        when: When::Becomes(Condition::Word("Zero")),
        ends: Ends::RefreshToken,
        because: "With refresh_token_policy = \"Zero\", refresh tokens expire immediately, and the provider logs in \
                  with one.",
    },
];

pub static SPEC: ResourceSpec = ResourceSpec {
    name: "salesforce_external_client_app_policies",
    noun: "policies",
    doc: "The policies of an External Client App: who can use it, how long tokens are valid, where users can log in \
          from, and which plugins are enabled.\n\nSalesforce creates the policies automatically together with the \
          OAuth settings of the app. Creating this resource adopts the existing policies, and destroying it only stops \
          managing them.",
    subject: Subject::App {
        attribute: "external_client_app",
        doc: "The API name of the app. Use `salesforce_external_client_app_oauth_settings.NAME.id`, so that Terraform \
              creates the settings first. Changing the name replaces the resource.",
    },
    parts: &[
        Part { kind: &types::oauth_policies::TYPE, presence: Presence::Optional },
        Part { kind: &types::configurable_policies::TYPE, presence: Presence::Optional },
    ],
    creation: Creation::Adopts,
    destruction: Destruction::StopsManaging,
    protectable: false,
    shows_namespace: false,
    link: None,
    consumer_key: None,
    lockouts: LOCKOUTS,
    access_attributes: &[
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
                ("permitted_users", Condition::Word("AdminApprovedPreAuthorized")),
                ("permission_sets", Condition::Empty),
                ("profiles", Condition::Empty),
            ],
            message: "With permitted_users = \"AdminApprovedPreAuthorized\" and without a permission set or profile, \
                      no user can log in. Set permission_sets or profiles.",
        },
        Combination {
            id: "permission-sets-without-effect",
            level: Level::Warning,
            at: "permission_sets",
            when: &[
                ("permitted_users", Condition::Word("AllSelfAuthorized")),
                ("permission_sets", Condition::NotEmpty),
            ],
            message: "permission_sets has an effect only with permitted_users = \"AdminApprovedPreAuthorized\".",
        },
        Combination {
            id: "profiles-without-effect",
            level: Level::Warning,
            at: "profiles",
            when: &[
                ("permitted_users", Condition::Word("AllSelfAuthorized")),
                ("profiles", Condition::NotEmpty),
            ],
            message: "The attribute profiles has an effect only with permitted_users = \"AdminApprovedPreAuthorized\".",
        },
        Combination {
            id: "guest-timeout-type",
            level: Level::Error,
            at: "guest_jwt_timeout_minutes",
            when: &[
                ("guest_jwt_session_timeout_type", Condition::Word("UserSession")),
                ("guest_jwt_timeout_minutes", Condition::Written),
            ],
            message: "guest_jwt_timeout_minutes is only allowed with guest_jwt_session_timeout_type = \"Custom\".",
        },
        Combination {
            id: "guest-timeout-missing",
            level: Level::Error,
            at: "guest_jwt_session_timeout_type",
            when: &[
                ("guest_jwt_session_timeout_type", Condition::Word("Custom")),
                ("guest_jwt_timeout_minutes", Condition::Unwritten),
            ],
            message: "guest_jwt_session_timeout_type = \"Custom\" requires guest_jwt_timeout_minutes.",
        },
        Combination {
            id: "named-user-timeout-type",
            level: Level::Error,
            at: "named_user_jwt_timeout_minutes",
            when: &[
                ("named_user_jwt_session_timeout_type", Condition::Word("UserSession")),
                ("named_user_jwt_timeout_minutes", Condition::Written),
            ],
            message: "named_user_jwt_timeout_minutes is only allowed with \
                      named_user_jwt_session_timeout_type = \"Custom\".",
        },
        Combination {
            id: "named-user-timeout-missing",
            level: Level::Error,
            at: "named_user_jwt_session_timeout_type",
            when: &[
                ("named_user_jwt_session_timeout_type", Condition::Word("Custom")),
                ("named_user_jwt_timeout_minutes", Condition::Unwritten),
            ],
            message: "named_user_jwt_session_timeout_type = \"Custom\" requires named_user_jwt_timeout_minutes.",
        },
        Combination {
            id: "refresh-period-missing",
            level: Level::Error,
            at: "refresh_token_policy",
            when: &[
                ("refresh_token_policy", Condition::Word("SpecificLifetime")),
                ("refresh_token_validity_period", Condition::Unwritten),
            ],
            message: "refresh_token_policy = \"SpecificLifetime\" requires refresh_token_validity_period and \
                      refresh_token_validity_unit.",
        },
        Combination {
            id: "refresh-period-missing",
            level: Level::Error,
            at: "refresh_token_policy",
            when: &[
                ("refresh_token_policy", Condition::Word("SpecificInactivity")),
                ("refresh_token_validity_period", Condition::Unwritten),
            ],
            message: "refresh_token_policy = \"SpecificInactivity\" requires refresh_token_validity_period and \
                      refresh_token_validity_unit.",
        },
        Combination {
            id: "refresh-period-zero",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Condition::Word("SpecificLifetime")),
                ("refresh_token_validity_period", Condition::Zero),
            ],
            message: "With refresh_token_policy = \"SpecificLifetime\", refresh_token_validity_period must be 1 or \
                      more, not 0.",
        },
        Combination {
            id: "refresh-period-zero",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Condition::Word("SpecificInactivity")),
                ("refresh_token_validity_period", Condition::Zero),
            ],
            message: "With refresh_token_policy = \"SpecificInactivity\", refresh_token_validity_period must be 1 or \
                      more, not 0.",
        },
        Combination {
            id: "refresh-unit-missing",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_validity_period", Condition::NonZero),
                ("refresh_token_validity_unit", Condition::Unwritten),
            ],
            message: "refresh_token_validity_period requires refresh_token_validity_unit: Hours, Days or Months.",
        },
        Combination {
            id: "refresh-period-type",
            level: Level::Error,
            at: "refresh_token_validity_period",
            when: &[
                ("refresh_token_policy", Condition::NoneOf(TIMED)),
                ("refresh_token_validity_period", Condition::NonZero),
            ],
            message: "refresh_token_validity_period is only allowed with refresh_token_policy = \"SpecificLifetime\" \
                      or \
                      \"SpecificInactivity\".",
        },
        Combination {
            id: "refresh-unit-without-period",
            level: Level::Warning,
            at: "refresh_token_validity_unit",
            when: &[
                ("refresh_token_validity_unit", Condition::Written),
                ("refresh_token_validity_period", Condition::Unwritten),
                ("refresh_token_policy", Condition::NotOneOf(TIMED)),
            ],
            message: "refresh_token_validity_unit is the unit of refresh_token_validity_period, which is not set. Set \
                      the period too, or remove the unit.",
        },
        Combination {
            id: "client-credentials-user",
            level: Level::ErrorOnChange,
            at: "client_credentials_flow_enabled",
            when: &[
                ("client_credentials_flow_enabled", Condition::True),
                ("client_credentials_flow_user", Condition::Unwritten),
            ],
            message: "The client credentials flow requires a run-as user: set client_credentials_flow_user.",
        },
        Combination {
            id: "apex-handler-user",
            level: Level::Warning,
            at: "apex_handler",
            when: &[("apex_handler", Condition::Written), ("execute_handler_as", Condition::Unwritten)],
            message: "An apex_handler without execute_handler_as has no run-as user. Set execute_handler_as. Whether \
                      Salesforce rejects a handler without a user is not confirmed.",
        },
        Combination {
            id: "user-without-apex-handler",
            level: Level::Warning,
            at: "execute_handler_as",
            when: &[("execute_handler_as", Condition::Written), ("apex_handler", Condition::Unwritten)],
            message: "execute_handler_as is the run-as user of apex_handler, which is not set. Set the handler too, \
                      or remove the user.",
        },
    ],
    dangers: &[
        Danger {
            row: &rows::ACCESS_LOST,
            attribute: "permitted_users",
            change: Transition::ToWord("AdminApprovedPreAuthorized"),
            detail: "\"{app}\": permitted_users changes from {old} to AdminApprovedPreAuthorized. On apply, users \
                     without {permitted} immediately lose access, and their tokens become invalid. Assigned users: \
                     {holders}. Users with \"Use Any API Client\" keep access.",
        },
        Danger {
            row: &rows::ACCESS_LOST,
            attribute: "permission_sets",
            change: Transition::MembersRemovedUnless("permitted_users", "AllSelfAuthorized"),
            detail: "\"{app}\": on apply, users who have access only through {removed} immediately lose it, and their \
                     tokens become invalid. Assigned users: {holders}. Users with \"Use Any API Client\" keep access.",
        },
        Danger {
            row: &rows::ACCESS_LOST,
            attribute: "profiles",
            change: Transition::MembersRemovedUnless("permitted_users", "AllSelfAuthorized"),
            detail: "\"{app}\": on apply, users who have access only through the profile {removed} immediately lose \
                     it, and their tokens become invalid. Assigned users: {holders}. Users with \"Use Any API \
                     Client\" keep access.",
        },
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "client_credentials_flow_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables the client credentials flow.",
        },
        Danger {
            row: &rows::FLOW_DISABLED,
            attribute: "token_exchange_flow_enabled",
            change: Transition::FromTrueToFalse,
            detail: "\"{app}\": the apply disables the token exchange flow.",
        },
        Danger {
            row: &rows::APP_DISABLED,
            attribute: "enabled",
            change: Transition::ToFalse,
            detail: "\"{app}\": the apply disables all logins and all use of the app.",
        },
        Danger {
            row: &rows::APP_DISABLED,
            attribute: "oauth_plugin_enabled",
            change: Transition::ToFalse,
            detail: "\"{app}\": the apply disables all OAuth flows of the app.",
        },
        Danger {
            row: &rows::ANONYMOUS_ACCESS,
            attribute: "guest_code_credential_flow_enabled",
            change: Transition::On,
            detail: "\"{app}\": on apply, users who are not authenticated get access tokens, with the oauth_scopes of \
                     the app's OAuth settings and the permissions of the guest user of the site. Lifetime of the \
                     tokens: guest_jwt_session_timeout_type = {guest_jwt_session_timeout_type}, \
                     guest_jwt_timeout_minutes = {guest_jwt_timeout_minutes}.",
        },
    ],
    // The create timeout covers the wait for settings that another resource is creating, and for the policies that
    // Salesforce then creates.
    default_timeouts: Timeouts { create: 300, ..Timeouts::STANDARD },
    schema: OnceLock::new(),
};
