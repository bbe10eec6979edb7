//! Files of connected apps in their usual forms: retrieved with old and new API versions, written by hand, created by
//! tools, or from packages. Each file has its expected result.

/// A file and its expected result.
pub struct Shape {
    pub name: &'static str,
    pub xml: &'static str,
    /// Attributes of the result, as JSON.
    pub expected: &'static [(&'static str, &'static str)],
    /// The elements that `not_converted` names, in order.
    pub not_converted: &'static [&'static str],
}

const KEY: &str = "oauthConfig/consumerKey";
const PKCE: &str = "oauthConfig/isPkceRequired";
const PERMISSION_SET: &str = "permissionSetName";

pub const SHAPES: &[Shape] = &[
    Shape {
        name: "retrieved with a new API, source format",
        xml: r#"<?xml version="1.0" encoding="UTF-8"?>
<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <contactEmail>orders@example.com</contactEmail>
    <label>Order Desk</label>
    <oauthConfig>
        <callbackUrl>https://orders.example.com/cb
https://orders-test.example.com/cb</callbackUrl>
        <consumerKey>3MVG9EXAMPLEoEXAMPLEoEXAMPLEoEXAMPLEo1</consumerKey>
        <isAdminApproved>true</isAdminApproved>
        <isClientCredentialEnabled>false</isClientCredentialEnabled>
        <isCodeCredentialEnabled>false</isCodeCredentialEnabled>
        <isCodeCredentialPostOnly>false</isCodeCredentialPostOnly>
        <isConsumerSecretOptional>false</isConsumerSecretOptional>
        <isIntrospectAllTokens>false</isIntrospectAllTokens>
        <isNamedUserJwtEnabled>false</isNamedUserJwtEnabled>
        <isPkceRequired>false</isPkceRequired>
        <isRefreshTokenRotationEnabled>false</isRefreshTokenRotationEnabled>
        <isSecretRequiredForRefreshToken>true</isSecretRequiredForRefreshToken>
        <isSecretRequiredForTokenExchange>false</isSecretRequiredForTokenExchange>
        <isTokenExchangeEnabled>false</isTokenExchangeEnabled>
        <scopes>Api</scopes>
        <scopes>RefreshToken</scopes>
    </oauthConfig>
    <oauthPolicy>
        <ipRelaxation>ENFORCE</ipRelaxation>
        <refreshTokenPolicy>infinite</refreshTokenPolicy>
    </oauthPolicy>
    <permissionSetName>Order_Desk</permissionSetName>
    <profileName>System Administrator</profileName>
</ConnectedApp>
"#,
        expected: &[
            ("label", "\"Order Desk\""),
            ("contact_email", "\"orders@example.com\""),
            ("callback_urls", r#"["https://orders.example.com/cb","https://orders-test.example.com/cb"]"#),
            ("oauth_scopes", r#"["Api","RefreshToken"]"#),
            ("pkce_required", "false"),
            ("secret_required_for_web_server_flow", "true"),
            ("secret_required_for_refresh_token", "true"),
            ("refresh_token_rotation_enabled", "false"),
            ("policies.permitted_users", "\"AdminApprovedPreAuthorized\""),
            ("policies.permission_sets", r#"["Order_Desk"]"#),
            ("policies.profiles", r#"["System Administrator"]"#),
            ("policies.ip_relaxation", "\"Enforce\""),
            ("policies.refresh_token_policy", "\"Infinite\""),
            ("policies.refresh_token_validity_period", "null"),
            ("policies.token_exchange_flow_enabled", "null"),
            ("description", "null"),
        ],
        not_converted: &[KEY],
    },
    Shape {
        name: "retrieved with an old API, metadata format",
        xml: r#"<?xml version="1.0" encoding="UTF-8"?>
<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <contactEmail>dev@example.com</contactEmail>
    <label>Loader</label>
    <oauthConfig>
        <callbackUrl>https://login.salesforce.com/services/oauth2/success</callbackUrl>
        <consumerKey>OLDKEY00000000000000000000000001</consumerKey>
        <scopes>Basic</scopes>
        <scopes>Full</scopes>
        <scopes>RefreshToken</scopes>
    </oauthConfig>
</ConnectedApp>"#,
        expected: &[
            ("callback_urls", r#"["https://login.salesforce.com/services/oauth2/success"]"#),
            ("oauth_scopes", r#"["Basic","Full","RefreshToken"]"#),
            ("pkce_required", "null"),
            ("policies", "null"),
        ],
        not_converted: &[KEY, PKCE],
    },
    Shape {
        name: "the JWT bearer flow of a pipeline, without permission sets or profiles",
        xml: r#"<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Pipeline</label>
    <contactEmail>ci@example.com</contactEmail>
    <oauthConfig>
        <callbackUrl>http://localhost:1717/OauthRedirect</callbackUrl>
        <certificate>Pipeline_Certificate</certificate>
        <isAdminApproved>true</isAdminApproved>
        <isPkceRequired>true</isPkceRequired>
        <scopes>Api</scopes><scopes>Web</scopes>
    </oauthConfig>
</ConnectedApp>"#,
        expected: &[
            ("certificate", "null"),
            ("callback_urls", r#"["http://localhost:1717/OauthRedirect"]"#),
            ("policies.permitted_users", "\"AdminApprovedPreAuthorized\""),
        ],
        not_converted: &["oauthConfig/certificate", PERMISSION_SET],
    },
    Shape {
        name: "client credentials with the user",
        xml: r#"<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <contactEmail>etl@example.com</contactEmail><label>Warehouse</label>
    <oauthConfig>
        <callbackUrl>https://warehouse.example.com/cb</callbackUrl>
        <isClientCredentialEnabled>true</isClientCredentialEnabled>
        <isPkceRequired>true</isPkceRequired>
        <oauthClientCredentialUser>etl@warehouse.example.com</oauthClientCredentialUser>
        <scopes>Api</scopes>
    </oauthConfig>
</ConnectedApp>"#,
        expected: &[
            ("client_credentials_flow_enabled", "true"),
            ("policies.client_credentials_flow_enabled", "true"),
            ("policies.client_credentials_flow_user", "\"etl@warehouse.example.com\""),
        ],
        not_converted: &[],
    },
    Shape {
        name: "client credentials without the user",
        xml: r#"<ConnectedApp><label>Warehouse</label><oauthConfig>
        <isClientCredentialEnabled>true</isClientCredentialEnabled><isPkceRequired>true</isPkceRequired>
        <scopes>Api</scopes></oauthConfig></ConnectedApp>"#,
        expected: &[("client_credentials_flow_enabled", "true"), ("policies", "null")],
        not_converted: &["oauthConfig/oauthClientCredentialUser"],
    },
    Shape {
        name: "client credentials with an invalid username",
        xml: r#"<ConnectedApp><label>Warehouse</label><oauthConfig>
        <isClientCredentialEnabled>1</isClientCredentialEnabled><isPkceRequired>0</isPkceRequired>
        <oauthClientCredentialUser>005000000000001AAA</oauthClientCredentialUser></oauthConfig></ConnectedApp>"#,
        expected: &[
            ("client_credentials_flow_enabled", "true"),
            ("pkce_required", "false"),
            ("policies", "null"),
        ],
        not_converted: &["oauthConfig/oauthClientCredentialUser", "oauthConfig/oauthClientCredentialUser"],
    },
    Shape {
        name: "a file that contains a consumer secret",
        xml: r#"<ConnectedApp><label>Leaky</label><oauthConfig>
        <callbackUrl>https://a.example.com</callbackUrl>
        <consumerKey>somekey0somekey0</consumerKey>
        <consumerSecret>TOPSECRETVALUE0123456789</consumerSecret>
        <isPkceRequired>true</isPkceRequired></oauthConfig>
        <clientSecret>TOPSECRETVALUE0123456789</clientSecret></ConnectedApp>"#,
        expected: &[("label", "\"Leaky\"")],
        not_converted: &[KEY, "oauthConfig/consumerSecret", "clientSecret"],
    },
    Shape {
        name: "a canvas app",
        xml: r#"<ConnectedApp><label>Board</label><contactEmail>a@example.com</contactEmail>
    <canvasConfig><accessMethod>Post</accessMethod><canvasUrl>https://board.example.com/canvas</canvasUrl>
        <locations>Visualforce</locations><locations>PageLayout</locations><options>HideShare</options>
        <samlInitiationMethod>None</samlInitiationMethod></canvasConfig>
    <oauthConfig><callbackUrl>https://board.example.com/cb</callbackUrl><isPkceRequired>false</isPkceRequired>
        <scopes>Full</scopes></oauthConfig></ConnectedApp>"#,
        expected: &[("oauth_scopes", r#"["Full"]"#)],
        not_converted: &["canvasConfig"],
    },
    Shape {
        name: "SAML only",
        xml: r#"<ConnectedApp><label>Wiki</label><contactEmail>a@example.com</contactEmail>
    <samlConfig><acsUrl>https://wiki.example.com/saml</acsUrl><entityUrl>https://wiki.example.com</entityUrl>
        <encryptionType>AES_128</encryptionType><samlNameIdFormat>Unspecified</samlNameIdFormat>
        <samlSubjectType>Username</samlSubjectType></samlConfig>
    <startUrl>https://wiki.example.com/start</startUrl></ConnectedApp>"#,
        expected: &[
            ("policies.start_page", "\"Custom\""),
            ("policies.start_url", "\"https://wiki.example.com/start\""),
            ("oauth_scopes", "null"),
        ],
        not_converted: &["samlConfig", "oauthConfig"],
    },
    Shape {
        name: "a mobile app",
        xml: r#"<ConnectedApp><label>Field</label><contactEmail>a@example.com</contactEmail>
    <mobileAppConfig><devicePlatform>ios</devicePlatform><deviceType>phone</deviceType><version>1.2</version>
        <privateApp>false</privateApp></mobileAppConfig>
    <mobileStartUrl>https://m.example.com</mobileStartUrl>
    <oauthConfig><callbackUrl>fieldapp://oauth/done</callbackUrl><isConsumerSecretOptional>true</isConsumerSecretOptional>
        <isSecretRequiredForRefreshToken>false</isSecretRequiredForRefreshToken><isPkceRequired>true</isPkceRequired>
        <scopes>Web</scopes><scopes>Api</scopes><scopes>RefreshToken</scopes></oauthConfig></ConnectedApp>"#,
        expected: &[
            ("callback_urls", r#"["fieldapp://oauth/done"]"#),
            ("secret_required_for_web_server_flow", "false"),
            ("secret_required_for_refresh_token", "false"),
        ],
        not_converted: &["mobileAppConfig", "mobileStartUrl"],
    },
    Shape {
        name: "valid and invalid IP ranges",
        xml: r#"<ConnectedApp><label>Net</label>
    <ipRanges><description>Office</description><end>192.0.2.20</end><start>192.0.2.10</start></ipRanges>
    <ipRanges><end>2001:db8::ffff</end><start>2001:db8::1</start></ipRanges>
    <ipRanges><end>198.51.100.1</end><start>198.51.100.9</start></ipRanges>
    <ipRanges><start>203.0.113.5</start></ipRanges>
    <oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[(
            "trusted_ip_range",
            r#"[{"description":"Office","end_ip_address":"192.0.2.20","start_ip_address":"192.0.2.10"}]"#,
        )],
        not_converted: &["ipRanges", "ipRanges", "ipRanges"],
    },
    Shape {
        name: "custom attributes with a duplicate key",
        xml: r#"<ConnectedApp><label>Attributes</label>
    <attributes><formula>User.Country</formula><key>country</key></attributes>
    <attributes><formula>User.City</formula><key>city</key></attributes>
    <attributes><formula>User.Street</formula><key>city</key></attributes>
    <oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[("custom_attributes", r#"{"city":"User.City","country":"User.Country"}"#)],
        not_converted: &["attributes"],
    },
    Shape {
        name: "an ID token and an asset token",
        xml: r#"<ConnectedApp><label>Tokens</label><oauthConfig>
    <assetTokenConfig><assetAudiences>https://devices.example.com</assetAudiences>
        <assetIncludeAttributes>true</assetIncludeAttributes><assetIncludeCustomPerms>false</assetIncludeCustomPerms>
        <assetSigningCertId>0P1000000000001</assetSigningCertId><assetValidityPeriod>180</assetValidityPeriod></assetTokenConfig>
    <idTokenConfig><idTokenAudience>https://api.example.com</idTokenAudience>
        <idTokenIncludeAttributes>true</idTokenIncludeAttributes><idTokenIncludeCustomPerms>false</idTokenIncludeCustomPerms>
        <idTokenIncludeStandardClaims>true</idTokenIncludeStandardClaims><idTokenValidity>30</idTokenValidity></idTokenConfig>
    <isPkceRequired>true</isPkceRequired><singleLogoutUrl>https://a.example.com/bye</singleLogoutUrl></oauthConfig></ConnectedApp>"#,
        expected: &[
            ("asset_token_audiences", "\"https://devices.example.com\""),
            ("asset_token_includes_attributes", "true"),
            ("asset_token_includes_custom_permissions", "false"),
            ("asset_token_signing_certificate", "\"0P1000000000001\""),
            ("asset_token_validity", "180"),
            ("id_token_audiences", "\"https://api.example.com\""),
            ("id_token_include_attributes", "true"),
            ("id_token_include_custom_permissions", "false"),
            ("id_token_include_standard_claims", "true"),
            ("id_token_validity_minutes", "30"),
            ("single_logout_url", "\"https://a.example.com/bye\""),
            ("policies", "null"),
        ],
        not_converted: &[],
    },
    Shape {
        name: "session policies, and a refresh token that expires",
        xml: r#"<ConnectedApp><label>Sessions</label><oauthConfig><isAdminApproved>false</isAdminApproved>
    <isPkceRequired>true</isPkceRequired></oauthConfig>
    <oauthPolicy><ipRelaxation>ENFORCE_RELAXREFRESH</ipRelaxation>
        <refreshTokenPolicy>specific_inactivity:7:DAYS</refreshTokenPolicy>
        <singleLogoutUrl>https://a.example.com/out</singleLogoutUrl></oauthPolicy>
    <sessionPolicy><policyAction>RaiseSessionLevel</policyAction><sessionLevel>HIGH_ASSURANCE</sessionLevel>
        <sessionTimeout>120</sessionTimeout></sessionPolicy></ConnectedApp>"#,
        expected: &[
            ("policies.permitted_users", "\"AllSelfAuthorized\""),
            ("policies.ip_relaxation", "\"Enforce_RelaxRefresh\""),
            ("policies.refresh_token_policy", "\"SpecificInactivity\""),
            ("policies.refresh_token_validity_period", "7"),
            ("policies.refresh_token_validity_unit", "\"Days\""),
            ("policies.single_logout_url", "\"https://a.example.com/out\""),
            ("policies.policy_action", "\"RaiseSessionLevel\""),
            ("policies.required_session_level", "\"HIGH_ASSURANCE\""),
            ("policies.session_timeout_minutes", "120"),
            ("single_logout_url", "null"),
        ],
        not_converted: &[],
    },
    Shape {
        name: "policies with undocumented values",
        xml: r#"<ConnectedApp><label>Odd</label><oauthConfig><isPkceRequired>maybe</isPkceRequired><scopes>Api</scopes>
        <scopes>Id</scopes><scopes>A2A</scopes><scopes>SFAP</scopes></oauthConfig>
    <oauthPolicy><ipRelaxation>RELAXED</ipRelaxation><refreshTokenPolicy>specific_lifetime:30</refreshTokenPolicy></oauthPolicy>
    <sessionPolicy><sessionLevel>VERY_HIGH</sessionLevel><sessionTimeout>two hours</sessionTimeout></sessionPolicy></ConnectedApp>"#,
        expected: &[
            ("oauth_scopes", r#"["Api","SFApiPlatform"]"#),
            ("policies", "null"),
            ("pkce_required", "null"),
        ],
        not_converted: &[
            PKCE,
            "oauthConfig/scopes",
            "oauthConfig/scopes",
            "oauthPolicy/ipRelaxation",
            "oauthPolicy/refreshTokenPolicy",
            "sessionPolicy/sessionLevel",
            "sessionPolicy/sessionTimeout",
            PKCE,
        ],
    },
    Shape {
        name: "a refresh token lifetime without a number",
        xml: r#"<ConnectedApp><label>Odd</label><oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig>
    <oauthPolicy><ipRelaxation>bypass</ipRelaxation><refreshTokenPolicy>SPECIFIC_LIFETIME</refreshTokenPolicy></oauthPolicy>
    </ConnectedApp>"#,
        expected: &[("policies.ip_relaxation", "\"Bypass\""), ("policies.refresh_token_policy", "null")],
        not_converted: &["oauthPolicy/refreshTokenPolicy"],
    },
    Shape {
        name: "a refresh token lifetime of zero days",
        xml: r#"<ConnectedApp><label>Odd</label><oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig>
    <oauthPolicy><ipRelaxation>BYPASS_2FACTOR</ipRelaxation><refreshTokenPolicy>specific_lifetime:0:DAYS</refreshTokenPolicy></oauthPolicy>
    </ConnectedApp>"#,
        expected: &[
            ("policies.ip_relaxation", "\"Bypass_2factor\""),
            ("policies.refresh_token_policy", "null"),
        ],
        not_converted: &["oauthPolicy/refreshTokenPolicy"],
    },
    Shape {
        name: "misplaced elements",
        xml: r#"<ConnectedApp><label>Misplaced</label>
    <oauthConfig><isClientCredentialFlowEnabled>true</isClientCredentialFlowEnabled><isPkceRequired>true</isPkceRequired>
        <scopes><scopes>Api</scopes></scopes></oauthConfig>
    <oauthPolicy><ipRelaxation>ENFORCE</ipRelaxation><refreshTokenPolicy>zero</refreshTokenPolicy>
        <isRefreshTokenRotationEnabled>true</isRefreshTokenRotationEnabled></oauthPolicy>
    <permissionSetLicense><license>Salesforce</license></permissionSetLicense></ConnectedApp>"#,
        expected: &[("oauth_scopes", "null"), ("policies.refresh_token_policy", "\"Zero\"")],
        not_converted: &[
            "oauthConfig/isClientCredentialFlowEnabled",
            "oauthConfig/scopes",
            "oauthPolicy/isRefreshTokenRotationEnabled",
            "permissionSetLicense",
        ],
    },
    Shape {
        name: "prefixes, a byte-order mark, comments and CDATA",
        xml: "\u{FEFF}<?xml version='1.0' encoding='utf-8'?>\r\n<!-- exported -->\r\n<met:ConnectedApp \
              xmlns:met=\"http://soap.sforce.com/2006/04/metadata\" \
              xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\r\n\
              <met:label><![CDATA[Fish & Chips]]></met:label>\r\n<met:description>a &lt; b &#38; c</met:description>\r\n\
              <met:contactPhone xsi:nil=\"true\"/>\r\n<met:oauthConfig><!-- two --><met:callbackUrl>\r\n\
              https://a.example.com/cb&#13;https://b.example.com/cb\r\n</met:callbackUrl>\
              <met:isPkceRequired> true </met:isPkceRequired></met:oauthConfig></met:ConnectedApp>\r\n",
        expected: &[
            ("label", "\"Fish & Chips\""),
            ("description", "\"a < b & c\""),
            ("contact_phone", "null"),
            ("callback_urls", r#"["https://a.example.com/cb","https://b.example.com/cb"]"#),
            ("pkce_required", "true"),
        ],
        not_converted: &[],
    },
    Shape {
        name: "written by hand: several callback URLs, with a duplicate, a password and an invalid URL",
        xml: r#"<ConnectedApp><label>Urls</label><oauthConfig>
    <callbackUrl>https://a.example.com/cb</callbackUrl><callbackUrl>https://a.example.com/cb</callbackUrl>
    <callbackUrl>https://user:hunter2@b.example.com/cb</callbackUrl><callbackUrl>not a url</callbackUrl>
    <isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[("callback_urls", r#"["https://a.example.com/cb"]"#)],
        not_converted: &["oauthConfig/callbackUrl", "oauthConfig/callbackUrl"],
    },
    Shape {
        name: "permission sets by label, as a retrieve returns them",
        xml: r#"<ConnectedApp><label>Sets</label><oauthConfig><isAdminApproved>true</isAdminApproved>
    <isPkceRequired>true</isPkceRequired></oauthConfig><permissionSetName>Sales Reps &amp; Co.</permissionSetName>
    <permissionSetName>Integration</permissionSetName><permissionSetName>East, West</permissionSetName></ConnectedApp>"#,
        expected: &[("policies.permission_sets", r#"["Integration","Sales Reps & Co."]"#)],
        not_converted: &["permissionSetName", "permissionSetName", "permissionSetName"],
    },
    Shape {
        name: "an app of Salesforce, without OAuth and with a relative start URL",
        xml: r#"<ConnectedApp><contactEmail>support@example.com</contactEmail><label>Hub</label>
    <startUrl>/lightning/n/Hub</startUrl></ConnectedApp>"#,
        expected: &[("policies.start_url", "\"/lightning/n/Hub\"")],
        not_converted: &["oauthConfig"],
    },
    Shape {
        name: "a plugin",
        xml: r#"<ConnectedApp><label>Plugin</label><infoUrl>https://a.example.com</infoUrl><plugin>ShopPlugin</plugin>
    <pluginExecutionUser>robot@example.com</pluginExecutionUser>
    <oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[("policies", "null")],
        not_converted: &["infoUrl", "plugin", "pluginExecutionUser"],
    },
    Shape {
        name: "token exchange without a policy element",
        xml: r#"<ConnectedApp><label>Exchange</label><oauthConfig><isPkceRequired>true</isPkceRequired>
    <isTokenExchangeEnabled>true</isTokenExchangeEnabled><isSecretRequiredForTokenExchange>false</isSecretRequiredForTokenExchange>
    </oauthConfig></ConnectedApp>"#,
        expected: &[
            ("token_exchange_enabled", "true"),
            ("secret_required_for_token_exchange", "false"),
            ("policies.token_exchange_flow_enabled", "true"),
        ],
        not_converted: &[],
    },
    Shape {
        name: "token exchange that a policy disables",
        xml: r#"<ConnectedApp><label>Exchange</label><oauthConfig><isPkceRequired>true</isPkceRequired>
    <isTokenExchangeEnabled>true</isTokenExchangeEnabled></oauthConfig>
    <oauthPolicy><ipRelaxation>ENFORCE</ipRelaxation><isTokenExchangeFlowEnabled>false</isTokenExchangeFlowEnabled>
        <refreshTokenPolicy>infinite</refreshTokenPolicy></oauthPolicy></ConnectedApp>"#,
        expected: &[("policies.token_exchange_flow_enabled", "false")],
        not_converted: &[],
    },
    Shape {
        name: "unfilled templates, and empty elements",
        xml: r#"<ConnectedApp><label>{{APP_NAME}}</label><contactEmail>${EMAIL}</contactEmail><startUrl/>
    <oauthConfig><callbackUrl></callbackUrl><certificate/><consumerKey></consumerKey>
    <isPkceRequired>true</isPkceRequired><isDPopEnabled>false</isDPopEnabled></oauthConfig>
    <permissionSetName></permissionSetName></ConnectedApp>"#,
        expected: &[
            ("label", "\"{{APP_NAME}}\""),
            ("contact_email", "null"),
            ("callback_urls", "null"),
            ("policies", "null"),
        ],
        not_converted: &["oauthConfig/isDPopEnabled", "contactEmail"],
    },
    Shape {
        name: "an app with a full name, and a duplicate element",
        xml: r#"<ConnectedApp><fullName>Shop_App</fullName><label>Shop</label><label>Store</label>
    <oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[("name", "\"Shop_App\""), ("label", "\"Shop\"")],
        not_converted: &["label"],
    },
    Shape {
        name: "an app from a package",
        xml: r#"<ConnectedApp><fullName>acme__Shop</fullName><label>Shop</label><logoUrl>not a url</logoUrl>
    <iconUrl>https://a.example.com/icon.png</iconUrl><description>Bad&#x200B;character</description>
    <oauthConfig><isPkceRequired>true</isPkceRequired></oauthConfig></ConnectedApp>"#,
        expected: &[
            ("name", "null"),
            ("description", "null"),
            ("icon_url", "\"https://a.example.com/icon.png\""),
        ],
        not_converted: &["fullName", "description"],
    },
    Shape {
        name: "a private key instead of a certificate",
        xml: "<ConnectedApp><label>Key</label><oauthConfig><isPkceRequired>true</isPkceRequired>\
              <certificate>-----BEGIN PRIVATE KEY-----\nTOPSECRETVALUE0123456789\n-----END PRIVATE KEY-----</certificate>\
              </oauthConfig></ConnectedApp>",
        expected: &[("certificate", "null")],
        not_converted: &["oauthConfig/certificate"],
    },
    Shape {
        name: "only the root element",
        xml: "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>",
        expected: &[("label", "null"), ("policies", "null"), ("trusted_ip_range", "[]")],
        not_converted: &["label", "oauthConfig"],
    },
];
