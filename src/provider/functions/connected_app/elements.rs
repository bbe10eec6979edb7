//! The table: each element of the metadata type ConnectedApp, and what becomes of it.
//!
//! The elements are those of the Metadata API Developer Guide (releases 29.0 to 67.0) and of Salesforce's own types of the
//! Metadata API, which know a few more. The page of the function is made of this table. Not here: how values are read
//! (`reading`), and whether the client takes them (`client`).

use crate::metadata::{Const, Rule};

/// The root element.
pub const TYPE: &str = "ConnectedApp";

/// One element.
#[derive(Debug)]
pub struct Row {
    /// Its path under the root: `oauthConfig/isPkceRequired`.
    pub element: &'static str,
    pub fate: Fate,
}

#[derive(Debug)]
pub enum Fate {
    /// It becomes an attribute of the client, `policies/…` for one of the block.
    Becomes(&'static str, Reading),
    /// Its children are rows.
    Group,
    /// It has no counterpart, nor has anything in it.
    Left { why: &'static str, what_to_do: &'static str },
    /// The same, of a value that must not be shown.
    Secret { why: &'static str, what_to_do: &'static str },
}

/// How a value of the file becomes one of the client.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    Text,
    /// `true` or `false`.
    Flag,
    /// The attribute's true is the element's false.
    Inverted,
    /// A word for `true` and one for `false`.
    Either(&'static str, &'static str),
    Number,
    /// One of these words, and what the client calls it.
    Word(Words),
    /// A list, a line each.
    Lines,
    /// A set, an element each.
    Members,
    /// The same. Of a value that breaks the rule, which the client only warns of, the reader is told more.
    Named {
        rule: Rule,
        why: &'static str,
        what_to_do: &'static str,
    },
    /// A set of words, an element each.
    WordMembers(Words),
    /// A map, an element per entry, with these children for key and value.
    Entries(&'static str, &'static str),
    /// A set of blocks, an element each: child and attribute.
    Blocks(&'static [(&'static str, &'static str)]),
    /// A word, or a word, a number and a unit with colons between them.
    Retention {
        words: Words,
        units: Words,
        period: &'static str,
        unit: &'static str,
    },
}

/// What a connected app calls it, and what the client does. No word: the client's is not known.
pub type Words = &'static [(&'static str, Option<&'static str>)];

/// The scopes in the order of the type's documentation, and those that only Salesforce's types have.
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

const fn becomes(element: &'static str, target: &'static str, reading: Reading) -> Row {
    Row { element, fate: Fate::Becomes(target, reading) }
}

const fn group(element: &'static str) -> Row {
    Row { element, fate: Fate::Group }
}

const fn left(element: &'static str, why: &'static str, what_to_do: &'static str) -> Row {
    Row { element, fate: Fate::Left { why, what_to_do } }
}

const UNDOCUMENTED: &str = "Salesforce's types have this switch and its documentation does not, so the client has no attribute for it.";
const SWITCH_IN_SETUP: &str =
    "Where it is true and you need it, look for it in Setup, in the settings of the new External Client App.";
const HANDLER: &str = "The class of a connected app extends Auth.ConnectedAppPlugin; that of an External Client App extends \
                       Auth.ExternalClientAppOauthHandler.";
const WRITE_HANDLER: &str = "Write a class for the External Client App, and name it in policies.apex_handler, and the user that it \
                             runs as in policies.execute_handler_as.";

pub static ROWS: &[Row] = &[
    becomes("fullName", "name", Reading::Text),
    becomes("label", "label", Reading::Text),
    becomes("contactEmail", "contact_email", Reading::Text),
    becomes("contactPhone", "contact_phone", Reading::Text),
    becomes("description", "description", Reading::Text),
    becomes("iconUrl", "icon_url", Reading::Text),
    becomes("logoUrl", "logo_url", Reading::Text),
    left(
        "infoUrl",
        "External Client Apps have the element, but Salesforce reserves it for future use.",
        "Put the address into description, if people need it.",
    ),
    becomes("startUrl", "policies/start_url", Reading::Text),
    left(
        "mobileStartUrl",
        "What Salesforce documents of External Client Apps has no start URL of its own for mobile devices.",
        "Let the page at policies.start_url lead mobile devices on.",
    ),
    becomes("attributes", "custom_attributes", Reading::Entries("key", "formula")),
    becomes(
        "ipRanges",
        "trusted_ip_range",
        Reading::Blocks(&[
            ("description", "description"),
            ("start", "start_ip_address"),
            ("end", "end_ip_address"),
        ]),
    ),
    becomes(
        "permissionSetName",
        "policies/permission_sets",
        Reading::Named {
            rule: Rule::NoLabel("0PS"),
            why: "It is taken as it is, and it is no API name. Retrieved files name permission sets by their labels; an External \
                  Client App takes API names or record IDs.",
            what_to_do: "Write the API name in policies.permission_sets: the data source salesforce_permission_set finds it by the \
                         label.",
        },
    ),
    becomes("profileName", "policies/profiles", Reading::Members),
    left("plugin", HANDLER, WRITE_HANDLER),
    left("pluginExecutionUser", HANDLER, WRITE_HANDLER),
    group("oauthConfig"),
    becomes("oauthConfig/callbackUrl", "callback_urls", Reading::Lines),
    becomes("oauthConfig/certificate", "certificate", Reading::Text),
    left(
        "oauthConfig/consumerKey",
        "The new app gets a consumer key of its own, which Salesforce makes. That of the connected app stays with the connected app.",
        "Give clients the consumer_key of the new client when you move them over.",
    ),
    Row {
        element: "oauthConfig/consumerSecret",
        fate: Fate::Secret {
            why: "The new app gets a consumer secret of its own, which Salesforce makes. This one is a secret and is not shown.",
            what_to_do: "Hand the new one over by the ephemeral resource salesforce_external_client_app_credentials. A file with a \
                         consumer secret belongs in no repository: remove it there, and rotate the secret.",
        },
    },
    becomes("oauthConfig/scopes", "oauth_scopes", Reading::WordMembers(SCOPES)),
    becomes("oauthConfig/singleLogoutUrl", "single_logout_url", Reading::Text),
    becomes(
        "oauthConfig/isAdminApproved",
        "policies/permitted_users",
        Reading::Either("AdminApprovedPreAuthorized", "AllSelfAuthorized"),
    ),
    becomes("oauthConfig/isClientCredentialEnabled", "client_credentials_flow_enabled", Reading::Flag),
    becomes("oauthConfig/oauthClientCredentialUser", "policies/client_credentials_flow_user", Reading::Text),
    becomes("oauthConfig/isCodeCredentialEnabled", "code_credential_flow_enabled", Reading::Flag),
    becomes("oauthConfig/isCodeCredentialPostOnly", "code_credential_post_only", Reading::Flag),
    becomes("oauthConfig/isConsumerSecretOptional", "secret_required_for_web_server_flow", Reading::Inverted),
    becomes(
        "oauthConfig/isSecretRequiredForRefreshToken",
        "secret_required_for_refresh_token",
        Reading::Flag,
    ),
    becomes(
        "oauthConfig/isSecretRequiredForTokenExchange",
        "secret_required_for_token_exchange",
        Reading::Flag,
    ),
    becomes("oauthConfig/isDeviceFlowEnabled", "device_flow_enabled", Reading::Flag),
    becomes("oauthConfig/isIntrospectAllTokens", "introspect_all_tokens", Reading::Flag),
    becomes("oauthConfig/isNamedUserJwtEnabled", "named_user_jwt_enabled", Reading::Flag),
    becomes("oauthConfig/isPkceRequired", "pkce_required", Reading::Flag),
    becomes("oauthConfig/isRefreshTokenRotationEnabled", "refresh_token_rotation_enabled", Reading::Flag),
    becomes("oauthConfig/isTokenExchangeEnabled", "token_exchange_enabled", Reading::Flag),
    left("oauthConfig/isDPopEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    left("oauthConfig/isEnforceRefreshTokenTTL", UNDOCUMENTED, SWITCH_IN_SETUP),
    left("oauthConfig/isIpBindingEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    left("oauthConfig/isPKImTLSEnabled", UNDOCUMENTED, SWITCH_IN_SETUP),
    group("oauthConfig/idTokenConfig"),
    becomes("oauthConfig/idTokenConfig/idTokenAudience", "id_token_audiences", Reading::Text),
    becomes(
        "oauthConfig/idTokenConfig/idTokenIncludeAttributes",
        "id_token_include_attributes",
        Reading::Flag,
    ),
    becomes(
        "oauthConfig/idTokenConfig/idTokenIncludeCustomPerms",
        "id_token_include_custom_permissions",
        Reading::Flag,
    ),
    becomes(
        "oauthConfig/idTokenConfig/idTokenIncludeStandardClaims",
        "id_token_include_standard_claims",
        Reading::Flag,
    ),
    becomes("oauthConfig/idTokenConfig/idTokenValidity", "id_token_validity_minutes", Reading::Number),
    group("oauthConfig/assetTokenConfig"),
    becomes("oauthConfig/assetTokenConfig/assetAudiences", "asset_token_audiences", Reading::Text),
    becomes(
        "oauthConfig/assetTokenConfig/assetIncludeAttributes",
        "asset_token_includes_attributes",
        Reading::Flag,
    ),
    becomes(
        "oauthConfig/assetTokenConfig/assetIncludeCustomPerms",
        "asset_token_includes_custom_permissions",
        Reading::Flag,
    ),
    becomes(
        "oauthConfig/assetTokenConfig/assetSigningCertId",
        "asset_token_signing_certificate",
        Reading::Text,
    ),
    becomes("oauthConfig/assetTokenConfig/assetValidityPeriod", "asset_token_validity", Reading::Number),
    group("oauthPolicy"),
    becomes("oauthPolicy/ipRelaxation", "policies/ip_relaxation", Reading::Word(RELAXATIONS)),
    becomes(
        "oauthPolicy/refreshTokenPolicy",
        "policies/refresh_token_policy",
        Reading::Retention {
            words: RETENTIONS,
            units: UNITS,
            period: "policies/refresh_token_validity_period",
            unit: "policies/refresh_token_validity_unit",
        },
    ),
    becomes("oauthPolicy/singleLogoutUrl", "policies/single_logout_url", Reading::Text),
    becomes("oauthPolicy/isTokenExchangeFlowEnabled", "policies/token_exchange_flow_enabled", Reading::Flag),
    group("sessionPolicy"),
    becomes("sessionPolicy/policyAction", "policies/policy_action", Reading::Word(ACTIONS)),
    becomes("sessionPolicy/sessionLevel", "policies/required_session_level", Reading::Word(LEVELS)),
    becomes("sessionPolicy/sessionTimeout", "policies/session_timeout_minutes", Reading::Number),
    left(
        "samlConfig",
        "SAML is a plugin of its own in External Client Apps, and the client manages OAuth only.",
        "Set the app up as a SAML service provider in Setup, in the External Client App Manager.",
    ),
    left(
        "canvasConfig",
        "Canvas is a plugin of its own in External Client Apps, and the client manages OAuth only.",
        "Set the canvas app up in Setup, in the External Client App Manager.",
    ),
    left(
        "canvas",
        "Canvas is a plugin of its own in External Client Apps, and the client manages OAuth only.",
        "Set the canvas app up in Setup, in the External Client App Manager.",
    ),
    left(
        "mobileAppConfig",
        "Mobile settings are a plugin of their own in External Client Apps, and the client manages OAuth only.",
        "Set the mobile app up in Setup, in the External Client App Manager.",
    ),
];

/// What follows from elements that were taken over.
#[derive(Debug)]
pub struct Consequence {
    pub when: &'static [Fact],
    pub target: &'static str,
    pub value: Const,
}

/// Something about the file.
#[derive(Clone, Copy, Debug)]
pub enum Fact {
    /// The element was taken over, or is a group that is there.
    Has(&'static str),
    Lacks(&'static str),
    /// The element was taken over, and says true.
    On(&'static str),
}

/// A connected app has one switch where an External Client App has two, the developer's and the admin's. What the file says
/// of a target itself goes first.
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

/// What a file does not say and a reader has to know.
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
        why: "The file has no label that the client can take, and the client needs one.",
        what_to_do: "Write label.",
    },
    Gap {
        element: "oauthConfig",
        when: &[Fact::Lacks("oauthConfig")],
        why: "The connected app has no OAuth settings, and the client always has some.",
        what_to_do: "An app that is for SAML or canvas only: leave the client out, and set the app up in Setup.",
    },
    Gap {
        element: "oauthConfig/isAdminApproved",
        when: &[Fact::Has("oauthConfig"), Fact::Lacks("oauthConfig/isAdminApproved")],
        why: "The file does not say who may use the app, as files from before API 46.0 do not. Left out, the org decides: in orgs that \
              were seen, every user may approve a new app.",
        what_to_do: "Look at Permitted Users of the connected app in Setup, and write policies.permitted_users.",
    },
    Gap {
        element: "oauthConfig/isPkceRequired",
        when: &[Fact::Has("oauthConfig"), Fact::Lacks("oauthConfig/isPkceRequired")],
        why: "The file does not say whether PKCE is required, as files from before API 59.0 do not. Salesforce documents false \
              for a connected app; the client requires PKCE unless it is told otherwise.",
        what_to_do: "Where clients of the authorization code flow send no code_challenge yet, write pkce_required = false until \
                     they do.",
    },
    Gap {
        element: "permissionSetName",
        when: &[
            Fact::On("oauthConfig/isAdminApproved"),
            Fact::Lacks("permissionSetName"),
            Fact::Lacks("profileName"),
        ],
        why: "Only users whom an admin approved may use the app, and the file names no permission set and no profile that the \
              client can take: where there are any, they are assigned elsewhere.",
        what_to_do: "Look up in Setup who may use the connected app, and write policies.permission_sets or policies.profiles. \
                     Without either, a plan is an error, since nobody could log in.",
    },
    Gap {
        element: "oauthConfig/oauthClientCredentialUser",
        when: &[
            Fact::On("oauthConfig/isClientCredentialEnabled"),
            Fact::Lacks("oauthConfig/oauthClientCredentialUser"),
        ],
        why: "The client credentials flow runs as a user, and the file names none that the client can take. So the policies do \
              not allow the flow yet.",
        what_to_do: "Write policies.client_credentials_flow_user, and policies.client_credentials_flow_enabled = true.",
    },
];

/// The row of an element.
pub fn row(element: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.element == element)
}
