//! ExtlClntAppOauthConfigurablePolicies: who may use the app, how long, from where.

use crate::metadata::{Const, Field, MetadataType, Rule};

/// Minutes that a JWT may live, as Salesforce documents them.
const JWT_MINUTES: &[i64] = &[1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720];
/// Those that came with API 65.0.
const NEWER_JWT_MINUTES: &[(&str, u16)] =
    &[("60", 65), ("90", 65), ("120", 65), ("240", 65), ("480", 65), ("720", 65)];

pub static TYPE: MetadataType = MetadataType {
    name: "ExtlClntAppOauthConfigurablePolicies",
    settings_member: None,
    directory: "extlClntAppOauthPolicies",
    suffix: "ecaOauthPlcy",
    fields: &[
        Field::parent("externalClientApplication"),
        Field::one_of(
            "permitted_users",
            "permittedUsersPolicyType",
            &["AllSelfAuthorized", "AdminApprovedPreAuthorized"],
        )
        .kept()
        .made_as(Const::Text("AllSelfAuthorized"))
        .doc("Who may use the app: everyone, or only users with one of `permission_sets` or `profiles`.")
        .setup("Permitted Users"),
        Field::commas("permission_sets", "commaSeparatedPermissionSet")
            .kept()
            .record("PermissionSet", "0PS")
            .rules(&[Rule::Each(&Rule::RecordOrName("0PS")), Rule::Each(&Rule::NoLabel("0PS"))])
            .doc(
                "Permission sets whose holders may use the app: API names or record IDs. Those written are all there are. \
                 Salesforce's guide speaks of IDs; names are what its own sample and several users deploy.",
            )
            .setup("Selected Permission Sets"),
        Field::commas("profiles", "commaSeparatedProfile")
            .kept()
            .since(62)
            .record("Profile", "00e")
            .rules(&[Rule::Each(&Rule::RecordOrLabel("00e"))])
            .doc("Profiles whose users may use the app. Those written are all there are.")
            .setup("Selected Profiles"),
        Field::bool("guest_code_credential_flow_enabled", "isGuestCodeCredFlowEnabled")
            .default(false)
            .since(61)
            .doc(
                "Lets people who have not logged in get tokens. The app's developer must have set \
                 `code_credential_flow_enabled` and `named_user_jwt_enabled`.",
            )
            .setup("Enable Authorization Code and Credentials Flow for Guest Users"),
        Field::bool("client_credentials_flow_enabled", "isClientCredentialsFlowEnabled")
            .default(false)
            .doc("Allows the client credentials flow, which runs as `client_credentials_flow_user`.")
            .setup("Enable Client Credentials Flow"),
        Field::bool("token_exchange_flow_enabled", "isTokenExchangeFlowEnabled")
            .default(false)
            .doc("Allows the token exchange flow.")
            .setup("Enable Token Exchange Flow"),
        Field::text("client_credentials_flow_user", "clientCredentialsFlowUser")
            .kept()
            .any_case()
            .rules(&[Rule::Username])
            .doc("The user name that the client credentials flow runs as.")
            .setup("Run As"),
        Field::one_of("guest_jwt_session_timeout_type", "guestJwtSessionTimeoutType", &["UserSession", "Custom"])
            .kept()
            .emptiable()
            .since(65)
            .doc("How long guests' tokens live: as the user's session, or `guest_jwt_timeout_minutes`."),
        Field::int("guest_jwt_timeout_minutes", "guestJwtTimeout")
            .kept()
            .since(61)
            .newer(NEWER_JWT_MINUTES)
            .rules(&[Rule::Numbers(JWT_MINUTES)])
            .doc("Minutes that guests' tokens live. Only with `guest_jwt_session_timeout_type` = `Custom`."),
        Field::one_of(
            "named_user_jwt_session_timeout_type",
            "namedUserJwtSessionTimeoutType",
            &["UserSession", "Custom"],
        )
        .kept()
        .emptiable()
        .since(65)
        .doc(
            "How long users' JWT tokens live: as the user's session, or `named_user_jwt_timeout_minutes`. Without \
             `named_user_jwt_enabled` Salesforce refuses both.",
        ),
        Field::int("named_user_jwt_timeout_minutes", "namedUserJwtTimeout")
            .kept()
            .since(61)
            .newer(NEWER_JWT_MINUTES)
            .rules(&[Rule::Numbers(JWT_MINUTES)])
            .doc("Minutes that users' JWT tokens live. Only with `named_user_jwt_session_timeout_type` = `Custom`."),
        Field::one_of(
            "refresh_token_policy",
            "refreshTokenPolicyType",
            &["Infinite", "Zero", "SpecificLifetime", "SpecificInactivity"],
        )
        .kept()
        .made_as(Const::Text("SpecificLifetime"))
        .doc("How long refresh tokens live: for ever, not at all, a time after issue, or a time after the last use.")
        .setup("Refresh Token Policy"),
        Field::int("refresh_token_validity_period", "refreshTokenValidityPeriod")
            .kept()
        .made_as(Const::Int(365))
            .zero_is_none()
            .rules(&[Rule::Between(0, 2_147_483_647)])
            .doc("How many `refresh_token_validity_unit`s refresh tokens live."),
        Field::one_of("refresh_token_validity_unit", "refreshTokenValidityUnit", &["Hours", "Days", "Months"])
            .kept()
        .made_as(Const::Text("Days"))
            .any_case()
            .doc("The unit of `refresh_token_validity_period`."),
        Field::int("session_timeout_minutes", "sessionTimeoutInMinutes")
            .kept()
            .rules(&[Rule::Between(0, 2_147_483_647)])
            .doc("Minutes that sessions live. For opaque tokens only. Salesforce documents no list of values.")
            .setup("Session Timeout"),
        Field::one_of("required_session_level", "requiredSessionLevel", &["LOW", "STANDARD", "HIGH_ASSURANCE"])
            .kept()
        .made_as(Const::Text("STANDARD"))
            .doc("The session security level that using the app needs."),
        Field::one_of("policy_action", "policyAction", &["Block", "RaiseSessionLevel", "StepUpMFA"])
            .kept()
            .newer(&[("StepUpMFA", 67)])
            .doc("What happens to a session below `required_session_level`. `StepUpMFA` is not in Salesforce's guide."),
        Field::one_of(
            "ip_relaxation",
            "ipRelaxationPolicyType",
            &["Enforce", "Bypass", "Bypass_2factor", "Enforce_RelaxRefresh"],
        )
        .kept()
        .made_as(Const::Text("Enforce"))
        .any_case()
        .doc("Whether the IP restrictions of users apply to the app's sessions.")
        .setup("IP Relaxation"),
        Field::text("apex_handler", "apexHandler")
            .kept()
            .since(61)
            .rules(&[Rule::NotBlank, Rule::NoRecordId])
            .doc("The Apex class that extends how the app is used."),
        Field::text("execute_handler_as", "executeHandlerAs")
            .kept()
            .any_case()
            .since(61)
            .rules(&[Rule::Username])
            .doc("The user name that the Apex class runs as."),
        Field::commas("custom_scopes", "commaSeparatedCustomScopes")
            .kept()
            .since(61)
            .rules(&[Rule::Each(&Rule::NotBlank), Rule::Each(&Rule::NoRecordId)])
            .doc("Names of custom scopes."),
        Field::text("single_logout_url", "singleLogoutUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl, Rule::NotPlainHttp])
            .doc("Where Salesforce sends a notice when a user logs out.")
            .setup("Single Logout URL"),
        Field::text("oauth_start_url", "startUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl])
            .doc("What opens when a user starts the app from Salesforce.")
            .setup("Start URL"),
        Field::entries("custom_attributes", "customAttributes", "key", "formula")
            .rules(&[Rule::AtMost(128), Rule::Each(&Rule::NotBlank)])
            .doc("Attributes added to what the app learns of a user: name to formula, such as `User.Country`.")
            .setup("Custom Attributes"),
    ],
    dropped: &[],
    labelled_by_name: Some("label"),
    usual_suffixes: &["_oauthPlcy", "_oauth_defaultPolicy"],
    is_policy: true,
    unmapped: &[
        ("label", "the file is made and labelled by Salesforce"),
        ("isNamedUserJwtEnabled", "61.0 to 63.0 only; moved to the consumer's file"),
    ],
};
