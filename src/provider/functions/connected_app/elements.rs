//! The table of all elements of the metadata type `ConnectedApp`, each with its conversion.
//!
//! The elements are those of the Metadata API Developer Guide (releases 29.0 to 67.0) and of the JavaScript types of
//! Salesforce, which have a few more. The page of the function is generated from this table. Not here: reading values
//! (`reading`), and validating them (`client`).

use crate::metadata::{Const, Rule};

/// The root element.
pub const TYPE: &str = "ConnectedApp";

/// An element and its conversion.
#[derive(Debug)]
pub struct Row {
    /// The path below the root, such as `oauthConfig/isPkceRequired`.
    pub element: &'static str,
    pub conversion: Conversion,
}

#[derive(Debug)]
pub enum Conversion {
    /// An attribute of `salesforce_oauth_client`, or `policies/…` for an attribute of the block `policies`.
    Attribute(&'static str, Reading),
    /// A group, whose children are rows.
    Group,
    /// `salesforce_oauth_client` has no attribute for the element or its children.
    Unsupported { why: &'static str, what_to_do: &'static str },
    /// `salesforce_oauth_client` has no attribute for the element, and the value must not be shown.
    Secret { why: &'static str, what_to_do: &'static str },
}

/// How to convert a value in the file.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    Text,
    /// `true` or `false`.
    Flag,
    /// A flag with the opposite value.
    Inverted,
    /// A flag, with the words for `true` and `false`.
    Either(&'static str, &'static str),
    Number,
    /// One of these words.
    Word(Words),
    /// A list with one member for each line.
    Lines,
    /// A set with one member for each element.
    Members,
    /// A set with one member for each element, and an additional entry in `not_converted` for a value that violates the
    /// rule.
    Named {
        rule: Rule,
        why: &'static str,
        what_to_do: &'static str,
    },
    /// A set of words with one member for each element.
    WordMembers(Words),
    /// A map with one entry for each element. The two names are those of the children that contain the key and the
    /// value.
    Entries(&'static str, &'static str),
    /// A set of blocks with one block for each element. Each pair is a child and its attribute.
    Blocks(&'static [(&'static str, &'static str)]),
    /// A word, or a word, a number and a unit, separated by colons.
    Retention {
        words: Words,
        units: Words,
        period: &'static str,
        unit: &'static str,
    },
}

/// Pairs of a value in the file of the connected app and the value in `salesforce_oauth_client`, or `None` if the
/// latter is not known.
pub type Words = &'static [(&'static str, Option<&'static str>)];

/// The scopes in the order of the documentation, and those that only the JavaScript types have.
const SCOPES: Words = &[
    ("Basic", Some("Basic")),
    ("Api", Some("Api")),
    ("Web", Some("Web")),
    ("Full", Some("Full")),
    ("Chatter", Some("Chatter")),
    ("CustomApplications", Some("CustomApplications")),
    ("RefreshToken", Some("RefreshToken")),
    ("OpenID", Some("OpenID")),
    ("Profile", Some("Profile")),
    ("Email", Some("Email")),
    ("Address", Some("Address")),
    ("Phone", Some("Phone")),
    ("OfflineAccess", Some("OfflineAccess")),
    ("CustomPermissions", Some("CustomPermissions")),
    ("Wave", Some("Wave")),
    ("Eclair", Some("Eclair")),
    ("Pardot", Some("Pardot")),
    ("Lightning", Some("Lightning")),
    ("Content", Some("Content")),
    ("CDPIngest", Some("CDPIngest")),
    ("CDPProfile", Some("CDPProfile")),
    ("CDPQuery", Some("CDPQuery")),
    ("Chatbot", Some("Chatbot")),
    ("CDPSegment", Some("CDPSegment")),
    ("CDPIdentityResolution", Some("CDPIdentityResolution")),
    ("CDPCalculatedInsight", Some("CDPCalculatedInsight")),
    ("ForgotPassword", Some("ForgotPassword")),
    ("UserRegistration", Some("UserRegistration")),
    ("SFAP", Some("SFApiPlatform")),
    ("SFApiPlatform", Some("SFApiPlatform")),
    ("Interaction", Some("Interaction")),
    ("CDP", Some("CDP")),
    ("EinsteinGPT", Some("EinsteinGPT")),
    ("PwdlessLogin", Some("PwdlessLogin")),
    ("MCP", Some("MCP")),
    ("SCRT", Some("SCRT")),
    ("DataCloudUserClaims", Some("DataCloudUserClaims")),
    ("A2A", None),
    ("CmdbDiscovery", None),
    ("SemanticLayer", None),
];

const RELAXATIONS: Words = &[
    ("ENFORCE", Some("Enforce")),
    ("BYPASS", Some("Bypass")),
    ("BYPASS_2FACTOR", Some("Bypass_2factor")),
    ("ENFORCE_RELAXREFRESH", Some("Enforce_RelaxRefresh")),
];

const RETENTIONS: Words = &[
    ("infinite", Some("Infinite")),
    ("zero", Some("Zero")),
    ("specific_lifetime", Some("SpecificLifetime")),
    ("specific_inactivity", Some("SpecificInactivity")),
];

const UNITS: Words = &[("HOURS", Some("Hours")), ("DAYS", Some("Days")), ("MONTHS", Some("Months"))];

const LEVELS: Words =
    &[("LOW", Some("LOW")), ("STANDARD", Some("STANDARD")), ("HIGH_ASSURANCE", Some("HIGH_ASSURANCE"))];

const ACTIONS: Words = &[("Block", Some("Block")), ("RaiseSessionLevel", Some("RaiseSessionLevel"))];

const fn attribute(element: &'static str, target: &'static str, reading: Reading) -> Row {
    Row { element, conversion: Conversion::Attribute(target, reading) }
}

const fn group(element: &'static str) -> Row {
    Row { element, conversion: Conversion::Group }
}

const fn unsupported(element: &'static str, why: &'static str, what_to_do: &'static str) -> Row {
    Row { element, conversion: Conversion::Unsupported { why, what_to_do } }
}

const UNDOCUMENTED: &str =
    "Salesforce does not document this setting, so salesforce_oauth_client has no attribute for it.";
const SWITCH_IN_SETUP: &str = "If the setting is true and you need it, enable it in Setup, in the settings of the new \
                               External Client App.";
const HANDLER: &str = "The class of a connected app extends Auth.ConnectedAppPlugin; the class of an External Client \
                       App extends Auth.ExternalClientAppOauthHandler.";
const WRITE_HANDLER: &str = "Write a class for the External Client App. Set policies.apex_handler to the class and \
                             policies.execute_handler_as to its run-as user.";

pub static ROWS: &[Row] = &[
    attribute("fullName", "name", Reading::Text),
    attribute("label", "label", Reading::Text),
    attribute("contactEmail", "contact_email", Reading::Text),
    attribute("contactPhone", "contact_phone", Reading::Text),
    attribute("description", "description", Reading::Text),
    attribute("iconUrl", "icon_url", Reading::Text),
    attribute("logoUrl", "logo_url", Reading::Text),
    unsupported(
        "infoUrl",
        "External Client Apps have the element, but Salesforce reserves it for future use.",
        "If users need the URL, add it to description.",
    ),
    attribute("startUrl", "policies/start_url", Reading::Text),
    unsupported(
        "mobileStartUrl",
        "According to the documentation, External Client Apps have no separate start URL for mobile devices.",
        "Redirect mobile devices from the page at policies.start_url.",
    ),
    attribute("attributes", "custom_attributes", Reading::Entries("key", "formula")),
    attribute(
        "ipRanges",
        "trusted_ip_range",
        Reading::Blocks(&[
            ("description", "description"),
            ("start", "start_ip_address"),
            ("end", "end_ip_address"),
        ]),
    ),
    attribute(
        "permissionSetName",
        "policies/permission_sets",
        Reading::Named {
            rule: Rule::NoLabel("0PS"),
            why: "The value is copied, but is not an API name. Retrieved files contain the labels of permission sets; \
                  an External Client App requires API names or record IDs.",
            what_to_do: "Set policies.permission_sets to the API name. The data source salesforce_permission_set finds \
                         the API name by label.",
        },
    ),
    attribute("profileName", "policies/profiles", Reading::Members),
    unsupported("plugin", HANDLER, WRITE_HANDLER),
    unsupported("pluginExecutionUser", HANDLER, WRITE_HANDLER),
    group("oauthConfig"),
    attribute("oauthConfig/callbackUrl", "callback_urls", Reading::Lines),
    attribute("oauthConfig/certificate", "certificate", Reading::Text),
    unsupported(
        "oauthConfig/consumerKey",
        "Salesforce creates a new consumer key for the new app. The connected app keeps its own.",
        "Give the consumer_key of the new app to the clients that you migrate.",
    ),
    Row {
        element: "oauthConfig/consumerSecret",
        conversion: Conversion::Secret {
            why: "Salesforce creates a new consumer secret for the new app. The secret in the file is not shown.",
            what_to_do: "Pass the new secret on with the ephemeral resource \
                         salesforce_external_client_app_credentials. Do not keep a consumer secret in a repository: \
                         remove it from the file, and rotate the secret.",
        },
    },
    attribute("oauthConfig/scopes", "oauth_scopes", Reading::WordMembers(SCOPES)),
    attribute("oauthConfig/singleLogoutUrl", "single_logout_url", Reading::Text),
    attribute(
        "oauthConfig/isAdminApproved",
        "policies/permitted_users",
        Reading::Either("AdminApprovedPreAuthorized", "AllSelfAuthorized"),
    ),
    attribute("oauthConfig/isClientCredentialEnabled", "client_credentials_flow_enabled", Reading::Flag),
    attribute(
        "oauthConfig/oauthClientCredentialUser",
        "policies/client_credentials_flow_user",
        Reading::Text,
    ),
    attribute("oauthConfig/isCodeCredentialEnabled", "code_credential_flow_enabled", Reading::Flag),
    attribute("oauthConfig/isCodeCredentialPostOnly", "code_credential_post_only", Reading::Flag),
    attribute(
        "oauthConfig/isConsumerSecretOptional",
        "secret_required_for_web_server_flow",
        Reading::Inverted,
    ),
    attribute(
        "oauthConfig/isSecretRequiredForRefreshToken",
        "secret_required_for_refresh_token",
        Reading::Flag,
    ),
    attribute(
        "oauthConfig/isSecretRequiredForTokenExchange",
        "secret_required_for_token_exchange",
        Reading::Flag,
    ),
    attribute("oauthConfig/isDeviceFlowEnabled", "device_flow_enabled", Reading::Flag),
    attribute("oauthConfig/isIntrospectAllTokens", "introspect_all_tokens", Reading::Flag),
    attribute("oauthConfig/isNamedUserJwtEnabled", "named_user_jwt_enabled", Reading::Flag),
    attribute("oauthConfig/isPkceRequired", "pkce_required", Reading::Flag),
    attribute("oauthConfig/isRefreshTokenRotationEnabled", "refresh_token_rotation_enabled", Reading::Flag),
    attribute("oauthConfig/isTokenExchangeEnabled", "token_exchange_enabled", Reading::Flag),
    unsupported("oauthConfig/isDPopEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    unsupported("oauthConfig/isEnforceRefreshTokenTTL", UNDOCUMENTED, SWITCH_IN_SETUP),
    unsupported("oauthConfig/isIpBindingEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    unsupported("oauthConfig/isPKImTLSEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    group("oauthConfig/idTokenConfig"),
    attribute("oauthConfig/idTokenConfig/idTokenAudience", "id_token_audiences", Reading::Text),
    attribute(
        "oauthConfig/idTokenConfig/idTokenIncludeAttributes",
        "id_token_include_attributes",
        Reading::Flag,
    ),
    attribute(
        "oauthConfig/idTokenConfig/idTokenIncludeCustomPerms",
        "id_token_include_custom_permissions",
        Reading::Flag,
    ),
    attribute(
        "oauthConfig/idTokenConfig/idTokenIncludeStandardClaims",
        "id_token_include_standard_claims",
        Reading::Flag,
    ),
    attribute("oauthConfig/idTokenConfig/idTokenValidity", "id_token_validity_minutes", Reading::Number),
    group("oauthConfig/assetTokenConfig"),
    attribute("oauthConfig/assetTokenConfig/assetAudiences", "asset_token_audiences", Reading::Text),
    attribute(
        "oauthConfig/assetTokenConfig/assetIncludeAttributes",
        "asset_token_includes_attributes",
        Reading::Flag,
    ),
    attribute(
        "oauthConfig/assetTokenConfig/assetIncludeCustomPerms",
        "asset_token_includes_custom_permissions",
        Reading::Flag,
    ),
    attribute(
        "oauthConfig/assetTokenConfig/assetSigningCertId",
        "asset_token_signing_certificate",
        Reading::Text,
    ),
    attribute("oauthConfig/assetTokenConfig/assetValidityPeriod", "asset_token_validity", Reading::Number),
    group("oauthPolicy"),
    attribute("oauthPolicy/ipRelaxation", "policies/ip_relaxation", Reading::Word(RELAXATIONS)),
    attribute(
        "oauthPolicy/refreshTokenPolicy",
        "policies/refresh_token_policy",
        Reading::Retention {
            words: RETENTIONS,
            units: UNITS,
            period: "policies/refresh_token_validity_period",
            unit: "policies/refresh_token_validity_unit",
        },
    ),
    attribute("oauthPolicy/singleLogoutUrl", "policies/single_logout_url", Reading::Text),
    attribute(
        "oauthPolicy/isTokenExchangeFlowEnabled",
        "policies/token_exchange_flow_enabled",
        Reading::Flag,
    ),
    group("sessionPolicy"),
    attribute("sessionPolicy/policyAction", "policies/policy_action", Reading::Word(ACTIONS)),
    attribute("sessionPolicy/sessionLevel", "policies/required_session_level", Reading::Word(LEVELS)),
    attribute("sessionPolicy/sessionTimeout", "policies/session_timeout_minutes", Reading::Number),
    unsupported(
        "samlConfig",
        "SAML is a separate plugin of External Client Apps, and salesforce_oauth_client manages only OAuth.",
        "Configure the app as a SAML service provider in Setup, in the External Client App Manager.",
    ),
    unsupported(
        "canvasConfig",
        "Canvas is a separate plugin of External Client Apps, and salesforce_oauth_client manages only OAuth.",
        "Configure the canvas app in Setup, in the External Client App Manager.",
    ),
    unsupported(
        "canvas",
        "Canvas is a separate plugin of External Client Apps, and salesforce_oauth_client manages only OAuth.",
        "Configure the canvas app in Setup, in the External Client App Manager.",
    ),
    unsupported(
        "mobileAppConfig",
        "Mobile settings are a separate plugin of External Client Apps, and salesforce_oauth_client manages only \
         OAuth.",
        "Configure the mobile app in Setup, in the External Client App Manager.",
    ),
];

/// A value that follows from converted elements.
#[derive(Debug)]
pub struct Consequence {
    pub when: &'static [Fact],
    pub target: &'static str,
    pub value: Const,
}

/// A condition on the file.
#[derive(Clone, Copy, Debug)]
pub enum Fact {
    /// The element is converted, or is a group that exists.
    Has(&'static str),
    Lacks(&'static str),
    /// The element is converted and true.
    On(&'static str),
}

/// The derived values. Where a connected app has one setting, an External Client App may have two: one in its OAuth
/// settings and one in its policies. A value in the file takes precedence.
pub static CONSEQUENCES: &[Consequence] = &[
    Consequence {
        when: &[Fact::Has("startUrl")],
        target: "policies/start_page",
        value: Const::Text("Custom"),
    },
    Consequence {
        when: &[
            Fact::On("oauthConfig/isClientCredentialEnabled"),
            Fact::Has("oauthConfig/oauthClientCredentialUser"),
        ],
        target: "policies/client_credentials_flow_enabled",
        value: Const::Bool(true),
    },
    Consequence {
        when: &[Fact::On("oauthConfig/isTokenExchangeEnabled")],
        target: "policies/token_exchange_flow_enabled",
        value: Const::Bool(true),
    },
];

/// A value that the file does not contain and that the user must add.
#[derive(Debug)]
pub struct Gap {
    pub element: &'static str,
    pub when: &'static [Fact],
    pub why: &'static str,
    pub what_to_do: &'static str,
}

pub static GAPS: &[Gap] = &[
    Gap {
        element: "label",
        when: &[Fact::Lacks("label")],
        why: "The file has no valid label, and salesforce_oauth_client requires one.",
        what_to_do: "Set label.",
    },
    Gap {
        element: "oauthConfig",
        when: &[Fact::Lacks("oauthConfig")],
        why: "The connected app has no OAuth settings, and salesforce_oauth_client requires them.",
        what_to_do: "If the app is only for SAML or canvas, remove the resource, and configure the app in Setup.",
    },
    Gap {
        element: "oauthConfig/isAdminApproved",
        when: &[Fact::Has("oauthConfig"), Fact::Lacks("oauthConfig/isAdminApproved")],
        why: "The file does not contain the permitted users. API versions earlier than 46.0 do not return them. If \
              policies.permitted_users is omitted, the org determines the value. In the orgs seen so far, every user \
              can approve a new app.",
        what_to_do: "Check Permitted Users of the connected app in Setup, and set policies.permitted_users.",
    },
    Gap {
        element: "oauthConfig/isPkceRequired",
        when: &[Fact::Has("oauthConfig"), Fact::Lacks("oauthConfig/isPkceRequired")],
        why: "The file does not contain the PKCE setting. API versions earlier than 59.0 do not return it. The default \
              for a connected app is false according to Salesforce; the default for salesforce_oauth_client is true.",
        what_to_do: "If clients of the authorization code flow do not send a code_challenge, set pkce_required = false \
                     until they do.",
    },
    Gap {
        element: "permissionSetName",
        when: &[
            Fact::On("oauthConfig/isAdminApproved"),
            Fact::Lacks("permissionSetName"),
            Fact::Lacks("profileName"),
        ],
        why: "Only users with administrator approval can use the app, and the file has no valid permission set or \
              profile. Permission sets and profiles may be assigned elsewhere.",
        what_to_do: "Check in Setup who can use the connected app, and set policies.permission_sets or \
                     policies.profiles. Without either, the plan fails, because no user can log in.",
    },
    Gap {
        element: "oauthConfig/oauthClientCredentialUser",
        when: &[
            Fact::On("oauthConfig/isClientCredentialEnabled"),
            Fact::Lacks("oauthConfig/oauthClientCredentialUser"),
        ],
        why: "The client credentials flow requires a run-as user, and the file has no valid one. The policies do not \
              allow the flow yet.",
        what_to_do: "Set policies.client_credentials_flow_user, and policies.client_credentials_flow_enabled = true.",
    },
];

/// The row of an element.
pub fn row(element: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.element == element)
}
