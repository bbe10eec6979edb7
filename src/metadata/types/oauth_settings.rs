//! ExtlClntAppOauthSettings: scopes, custom attributes, trusted IP ranges, asset tokens, the link to the consumer.

use crate::metadata::{Field, MetadataType, Rule};

/// The tokens that an org with API 67.0 listed in an error message. The element is free text in the WSDL.
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

/// What OAuth calls them, in requests and in Setup. The rarer ones are general knowledge: they serve to suggest.
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
                "The label of the OAuth settings. When they are made, the file of the consumer gets it too; from then on that \
                 one keeps its own.",
            ),
        Field::commas("oauth_scopes", "commaSeparatedOauthScopes")
            .any_case()
            .equivalents(&[
                ("Basic", &["Address", "Email", "Phone", "Profile"]),
                ("OfflineAccess", &["RefreshToken"]),
            ])
            .rules(&[Rule::Each(&Rule::Spelt(SCOPES, OAUTH_NAMES)), Rule::Each(&Rule::Listed(SCOPES, OAUTH_NAMES))])
            .doc(
                "What tokens of this app may be used for. The names are those that an org with API 67.0 listed. `Basic` \
                 means `Address`, `Email`, `Phone` and `Profile`; `OfflineAccess` means `RefreshToken`.",
            )
            .setup("OAuth Scopes"),
        Field::commas("custom_scopes", "commaSeparatedCustomScopes")
            .kept()
            .since(61)
            .rules(&[Rule::Each(&Rule::NotBlank), Rule::Each(&Rule::NoRecordId)])
            .doc("Names of custom scopes. In the WSDL, but not in Salesforce's documentation of this type."),
        Field::text("client_assertion_certificate", "clientAssertionCertificate")
            .kept()
            .since(62)
            .certificate()
            .rules(&[Rule::NoPrivateKey, Rule::CertificateIfPem])
            .doc(
                "The certificate that checks client attestation JWTs of first-party apps. Whether Salesforce wants its text \
                 or its name is not confirmed; of a text the end is looked at, as of `certificate`.",
            ),
        Field::entries("custom_attributes", "customAttributes", "key", "formula")
            .rules(&[Rule::AtMost(128), Rule::Each(&Rule::NotBlank)])
            .doc("Attributes added to what the app learns of a user: name to formula, such as `User.Country`.")
            .setup("Custom Attributes"),
        Field::blocks(
            "trusted_ip_range",
            "trustedIpRanges",
            &[
                Field::text("description", "description").prose().doc("What the range is for."),
                Field::text("end_ip_address", "endIpAddress")
                    .required()
                    .rules(&[Rule::Ipv4])
                    .doc("The last address, included."),
                Field::text("start_ip_address", "startIpAddress")
                    .required()
                    .rules(&[Rule::Ipv4])
                    .doc("The first address, included."),
            ],
        )
        .rules(&[
            Rule::AtMost(128),
            Rule::Each(&Rule::Ascending("start_ip_address", "end_ip_address")),
            Rule::Disjoint("start_ip_address", "end_ip_address"),
        ])
        .doc("Addresses that the app is trusted from.")
        .setup("Trusted IP Range"),
        Field::bool("first_party_app_enabled", "isFirstPartyAppEnabled")
            .default(false)
            .since(62)
            .doc("Whether the app may call the authorization challenge endpoint of first-party headless flows."),
        Field::text("single_logout_url", "singleLogoutUrl")
            .rules(&[Rule::NoUserInformation, Rule::WebUrl, Rule::NotPlainHttp])
            .doc("Where Salesforce sends a notice when a user logs out.")
            .setup("Single Logout URL"),
        Field::text("oauth_link", "oauthLink")
            .computed()
            .sent_when_configured()
            .replace()
            .ids()
            .rules(&[Rule::Link])
            .doc(
                "The consumer, `<org ID>:<consumer ID>`, generated by Salesforce. Left out: a consumer of the app's own, \
                 which an import does not show here. \
                 Set it only to use the consumer of another org: the app must then be `Packaged`, and the attributes of the consumer must be unset.",
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
            .doc("How long asset tokens are valid. Salesforce's documentation names no unit."),
        Field::bool("asset_token_includes_attributes", "areAttributesIncludedInAssetToken")
            .kept()
            .since(61)
            .doc("Whether asset tokens carry the custom attributes."),
        Field::bool("asset_token_includes_custom_permissions", "areCustomPermsIncludedInAssetToken")
            .kept()
            .since(61)
            .doc("Whether asset tokens carry custom permissions."),
    ],
    dropped: &[],
    labelled_by_name: None,
    usual_suffixes: &["_oauth"],
    is_policy: false,
    unmapped: &[],
};
