//! ExtlClntAppOauthConfigurablePolicies: permitted users, token lifetimes, and IP restrictions.

use crate::metadata::{Const, Field, MetadataType, Rule};

/// The lifetimes of a JWT that Salesforce documents, in minutes.
const JWT_MINUTES: &[i64] = &[1, 5, 10, 15, 30, 60, 90, 120, 240, 480, 720];
/// The values added in API 65.0.
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
        .created_as(Const::Text("AllSelfAuthorized"))
        .doc("The users who can use the app: all users, or only users with one of `permission_sets` or `profiles`.")
        .setup("Permitted Users"),
        Field::commas("permission_sets", "commaSeparatedPermissionSet")
            .kept()
            .any_case()
            .packaged_record("PermissionSet", "0PS")
            .rules(&[Rule::Each(&Rule::RecordOrName("0PS")), Rule::Each(&Rule::NoLabel("0PS"))])
            .doc(
                "The permission sets whose users can use the app, by API name or record ID. The list is exclusive: \
                 other permission sets are removed from the policies. Salesforce's guide documents IDs, but its sample \
                 and the files of several users contain names.",
            )
            .setup("Selected Permission Sets"),
        Field::commas("profiles", "commaSeparatedProfile")
            .kept()
            .any_case()
            .since(62)
            .record("Profile", "00e")
            .rules(&[Rule::Each(&Rule::RecordOrLabel("00e"))])
            .doc(
                "The profiles whose users can use the app. The list is exclusive: other profiles are removed from the \
                 policies.",
            )
            .setup("Selected Profiles"),
        Field::bool("guest_code_credential_flow_enabled", "isGuestCodeCredFlowEnabled")
            .default(false)
            .since(61)
            .doc(
                "Whether guest users can get tokens. Requires `code_credential_flow_enabled` and \
                 `named_user_jwt_enabled` in the OAuth settings.",
            )
            .setup("Enable Authorization Code and Credentials Flow for Guest Users"),
        Field::bool("client_credentials_flow_enabled", "isClientCredentialsFlowEnabled")
            .default(false)
            .doc("Whether the client credentials flow is enabled. The flow runs as `client_credentials_flow_user`.")
            .setup("Enable Client Credentials Flow"),
        Field::bool("token_exchange_flow_enabled", "isTokenExchangeFlowEnabled")
            .default(false)
            .doc("Whether the token exchange flow is enabled.")
            .setup("Enable Token Exchange Flow"),
        Field::text("client_credentials_flow_user", "clientCredentialsFlowUser")
            .kept()
            .any_case()
            .rules(&[Rule::Username])
            .doc("The username of the user that the client credentials flow runs as.")
            .setup("Run As"),
        Field::one_of("guest_jwt_session_timeout_type", "guestJwtSessionTimeoutType", &["UserSession", "Custom"])
            .kept()
            .emptiable()
            .since(65)
            .doc("The lifetime of guest users' tokens: the same as the user's session, or \
                  `guest_jwt_timeout_minutes`."),
        Field::int("guest_jwt_timeout_minutes", "guestJwtTimeout")
            .kept()
            .since(61)
            .newer(NEWER_JWT_MINUTES)
            .rules(&[Rule::Numbers(JWT_MINUTES)])
            .doc("The lifetime of guest users' tokens in minutes. Requires `guest_jwt_session_timeout_type` = \
                  `Custom`."),
        Field::one_of(
            "named_user_jwt_session_timeout_type",
            "namedUserJwtSessionTimeoutType",
            &["UserSession", "Custom"],
        )
        .kept()
        .emptiable()
        .since(65)
        .doc(
            "The lifetime of users' JWTs: the same as the user's session, or `named_user_jwt_timeout_minutes`. \
             Salesforce rejects both attributes without `named_user_jwt_enabled`.",
        ),
        Field::int("named_user_jwt_timeout_minutes", "namedUserJwtTimeout")
            .kept()
            .since(61)
            .newer(NEWER_JWT_MINUTES)
            .rules(&[Rule::Numbers(JWT_MINUTES)])
            .doc("The lifetime of users' JWTs in minutes. Requires `named_user_jwt_session_timeout_type` = `Custom`."),
        Field::one_of(
            "refresh_token_policy",
            "refreshTokenPolicyType",
            &["Infinite", "Zero", "SpecificLifetime", "SpecificInactivity"],
        )
        .kept()
        .created_as(Const::Text("SpecificLifetime"))
        .doc("When refresh tokens expire: never, immediately, a period after they are issued, or a period after the \
              last use.")
        .setup("Refresh Token Policy"),
        Field::int("refresh_token_validity_period", "refreshTokenValidityPeriod")
            .kept()
        .created_as(Const::Int(365))
            .zero_is_null()
            .rules(&[Rule::Between(0, 2_147_483_647)])
            .doc("The lifetime of refresh tokens, in units of `refresh_token_validity_unit`."),
        Field::one_of("refresh_token_validity_unit", "refreshTokenValidityUnit", &["Hours", "Days", "Months"])
            .kept()
        .created_as(Const::Text("Days"))
            .any_case()
            .doc("The unit of `refresh_token_validity_period`."),
        Field::int("session_timeout_minutes", "sessionTimeoutInMinutes")
            .kept()
            .rules(&[Rule::Between(0, 2_147_483_647)])
            .doc("The session timeout in minutes. Applies to opaque tokens only. Salesforce does not document the \
                  allowed values.")
            .setup("Session Timeout"),
        Field::one_of("required_session_level", "requiredSessionLevel", &["LOW", "STANDARD", "HIGH_ASSURANCE"])
            .kept()
        .created_as(Const::Text("STANDARD"))
            .doc("The session security level that the app requires."),
        Field::one_of("policy_action", "policyAction", &["Block", "RaiseSessionLevel", "StepUpMFA"])
            .kept()
            .newer(&[("StepUpMFA", 67)])
            .doc("The action for a session below `required_session_level`. Salesforce's guide does not document \
                  `StepUpMFA`."),
        Field::one_of(
            "ip_relaxation",
            "ipRelaxationPolicyType",
            &["Enforce", "Bypass", "Bypass_2factor", "Enforce_RelaxRefresh"],
        )
        .kept()
        .created_as(Const::Text("Enforce"))
        .any_case()
        .doc("Whether users' IP restrictions apply to the app's sessions.")
        .setup("IP Relaxation"),
        Field::text("apex_handler", "apexHandler")
            .kept()
            .since(61)
            .rules(&[Rule::NotBlank, Rule::NoRecordId])
            .doc("The Apex class of the app's plugin handler."),
        Field::text("execute_handler_as", "executeHandlerAs")
            .kept()
            .any_case()
            .since(61)
            .rules(&[Rule::Username])
            .doc("The username of the user that the Apex class runs as."),
        Field::commas("custom_scopes", "commaSeparatedCustomScopes")
            .kept()
            .since(61)
            .rules(&[Rule::Each(&Rule::NotBlank), Rule::Each(&Rule::NoRecordId)])
            .doc("The names of custom scopes."),
        Field::text("single_logout_url", "singleLogoutUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl, Rule::NotPlainHttp])
            .doc("The URL that Salesforce notifies when a user logs out.")
            .setup("Single Logout URL"),
        Field::text("oauth_start_url", "startUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl])
            .doc("The URL that opens when a user starts the app from Salesforce.")
            .setup("Start URL"),
        Field::entries("custom_attributes", "customAttributes", "key", "formula")
            .rules(&[Rule::AtMost(128), Rule::Each(&Rule::NotBlank)])
            .doc(
                "The custom attributes of the user, which the app receives: a map of names to formulas, such as \
                 `User.Country`.",
            )
            .setup("Custom Attributes"),
    ],
    dropped: &[],
    labeled_by_name: Some("label"),
    usual_suffixes: &["_oauthPlcy", "_oauth_defaultPolicy"],
    is_policy: true,
    unmapped: &[
        ("label", "Salesforce creates and labels the file"),
        ("isNamedUserJwtEnabled", "only in API 61.0 to 63.0, then moved to the consumer's file"),
    ],
};
