//! ExtlClntAppOauthSettings: scopes, custom attributes, trusted IP ranges, asset tokens, and the link to the consumer.

use crate::metadata::{Field, MetadataType, Rule};

/// The scopes that an org with API 67.0 listed in an error message. The WSDL defines the element as a string.
pub static SCOPES: &[&str] = &[
    "Address",
    "Api",
    "Basic",
    "CDP",
    "CDPCalculatedInsight",
    "CDPIdentityResolution",
    "CDPIngest",
    "CDPProfile",
    "CDPQuery",
    "CDPSegment",
    "Chatbot",
    "Chatter",
    "Content",
    "CustomApplications",
    "CustomPermissions",
    "DataCloudUserClaims",
    "Eclair",
    "EinsteinGPT",
    "Email",
    "ForgotPassword",
    "Full",
    "Interaction",
    "Lightning",
    "MCP",
    "OfflineAccess",
    "OpenID",
    "Pardot",
    "Phone",
    "Profile",
    "PwdlessLogin",
    "RefreshToken",
    "SCRT",
    "SFApiPlatform",
    "UserRegistration",
    "Wave",
    "Web",
];

/// The OAuth names of the scopes, as in requests and in Setup. They are used for suggestions only.
static OAUTH_NAMES: &[(&str, &str)] = &[
    ("address", "Address"),
    ("api", "Api"),
    ("basic", "Basic"),
    ("cdp_api", "CDP"),
    ("cdp_calculated_insight_api", "CDPCalculatedInsight"),
    ("cdp_identityresolution_api", "CDPIdentityResolution"),
    ("cdp_ingest_api", "CDPIngest"),
    ("cdp_profile_api", "CDPProfile"),
    ("cdp_query_api", "CDPQuery"),
    ("cdp_segment_api", "CDPSegment"),
    ("chatbot_api", "Chatbot"),
    ("chatter_api", "Chatter"),
    ("content", "Content"),
    ("custom_permissions", "CustomPermissions"),
    ("eclair_api", "Eclair"),
    ("einstein_gpt_api", "EinsteinGPT"),
    ("email", "Email"),
    ("forgot_password", "ForgotPassword"),
    ("full", "Full"),
    ("id", "Basic"),
    ("interaction_api", "Interaction"),
    ("lightning", "Lightning"),
    ("mcp_api", "MCP"),
    ("offline_access", "OfflineAccess"),
    ("openid", "OpenID"),
    ("pardot_api", "Pardot"),
    ("phone", "Phone"),
    ("profile", "Profile"),
    ("pwdless_login_api", "PwdlessLogin"),
    ("refresh_token", "RefreshToken"),
    ("scrt_api", "SCRT"),
    ("sfap_api", "SFApiPlatform"),
    ("user_registration_api", "UserRegistration"),
    ("visualforce", "CustomApplications"),
    ("wave_api", "Wave"),
    ("web", "Web"),
];

pub static TYPE: MetadataType = MetadataType {
    name: "ExtlClntAppOauthSettings",
    settings_member: None,
    directory: "extlClntAppOauthSettings",
    suffix: "ecaOauth",
    fields: &[
        Field::parent("externalClientApplication"),
        Field::text("label", "label")
            .kept()
            .prose()
            .rules(&[Rule::NotBlank, Rule::Longest(255)])
            .doc(
                "The label of the OAuth settings. When the settings are created, the consumer gets the same label; \
                 later changes do not affect the consumer.",
            ),
        Field::commas("oauth_scopes", "commaSeparatedOauthScopes")
            .any_case()
            .equivalents(&[
                ("Basic", &["Address", "Email", "Phone", "Profile"]),
                ("OfflineAccess", &["RefreshToken"]),
            ])
            .rules(&[Rule::Each(&Rule::Spelled(SCOPES, OAUTH_NAMES)), Rule::Each(&Rule::Listed(SCOPES, OAUTH_NAMES))])
            .doc(
                "The OAuth scopes of the app. The names are those that an org with API 67.0 listed. `Basic` is \
                 equivalent to `Address`, `Email`, `Phone` and `Profile`, and `OfflineAccess` is equivalent to \
                 `RefreshToken`.",
            )
            .setup("OAuth Scopes"),
        Field::commas("custom_scopes", "commaSeparatedCustomScopes")
            .kept()
            .since(61)
            .rules(&[Rule::Each(&Rule::NotBlank), Rule::Each(&Rule::NoRecordId)])
            .doc(
                "Names of custom scopes. The WSDL contains the element, but Salesforce's documentation of this type \
                 does not.",
            ),
        Field::text("client_assertion_certificate", "clientAssertionCertificate")
            .kept()
            .since(62)
            .certificate()
            .rules(&[Rule::NoPrivateKey, Rule::CertificateIfPem])
            .doc(
                "The certificate that verifies client attestation JWTs of first-party apps. Whether Salesforce expects \
                 its text or its name is not confirmed. If the value is in PEM format, plans warn before the \
                 certificate expires, as for `certificate`.",
            ),
        Field::entries("custom_attributes", "customAttributes", "key", "formula")
            .rules(&[Rule::AtMost(128), Rule::Each(&Rule::NotBlank)])
            .doc(
                "The custom attributes of the user, which the app receives: a map of names to formulas, such as \
                 `User.Country`.",
            )
            .setup("Custom Attributes"),
        Field::blocks(
            "trusted_ip_range",
            "trustedIpRanges",
            &[
                Field::text("description", "description").prose().doc("A description of the range."),
                Field::text("end_ip_address", "endIpAddress")
                    .required()
                    .rules(&[Rule::Ipv4])
                    .doc("The last IP address of the range, inclusive."),
                Field::text("start_ip_address", "startIpAddress")
                    .required()
                    .rules(&[Rule::Ipv4])
                    .doc("The first IP address of the range, inclusive."),
            ],
        )
        .rules(&[
            Rule::AtMost(128),
            Rule::Each(&Rule::Ascending("start_ip_address", "end_ip_address")),
            Rule::Disjoint("start_ip_address", "end_ip_address"),
        ])
        .doc("A trusted IP range of the app.")
        .setup("Trusted IP Range"),
        Field::bool("first_party_app_enabled", "isFirstPartyAppEnabled")
            .default(false)
            .since(62)
            .doc("Whether the app can call the authorization challenge endpoint of first-party headless flows."),
        Field::text("single_logout_url", "singleLogoutUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl, Rule::NotPlainHttp])
            .doc("The URL that Salesforce notifies when a user logs out.")
            .setup("Single Logout URL"),
        Field::text("oauth_link", "oauthLink")
            .computed()
            .sent_when_configured()
            .replace()
            .ids()
            .rules(&[Rule::Link])
            .doc(
                "The consumer, as `<org ID>:<consumer ID>`. Set this attribute only to use a consumer of another org. \
                 In this case, the app must be `Packaged`, and the attributes of the consumer must not be set. By \
                 default, the app has its own consumer, and an import does not set this attribute.",
            ),
        Field::text("asset_token_audiences", "assetTokenAudiences")
            .kept()
            .since(61)
            .doc("The audiences of asset tokens."),
        Field::text("asset_token_signing_certificate", "assetTokenSigningCertificate")
            .kept()
            .since(61)
            .rules(&[Rule::NoPrivateKey])
            .doc("The ID of the certificate that signs asset tokens."),
        Field::int("asset_token_validity", "assetTokenValidity")
            .kept()
            .since(61)
            .rules(&[Rule::Between(0, 2_147_483_647)])
            .doc("The validity of asset tokens. Salesforce does not document the unit."),
        Field::bool("asset_token_includes_attributes", "areAttributesIncludedInAssetToken")
            .kept()
            .since(61)
            .doc("Whether asset tokens include custom attributes."),
        Field::bool("asset_token_includes_custom_permissions", "areCustomPermsIncludedInAssetToken")
            .kept()
            .since(61)
            .doc("Whether asset tokens include custom permissions."),
    ],
    dropped: &[],
    labeled_by_name: None,
    usual_suffixes: &["_oauth"],
    is_policy: false,
    unmapped: &[],
};
