//! The table of attributes: each with two values, the lines that must accompany it, and its element in the org. Rows of
//! booleans that are named after their element and need no accompanying lines are derived (`switches`). The tests are
//! in `life.rs`.

use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, OIDC_SETTINGS, POLICIES};
use acceptance_tests::switches::{self, Switch};
use std::sync::OnceLock;

/// The resource that has the attributes of an app and of its parts, and no rows in the table.
pub const CLIENT: &str = "salesforce_oauth_client";

/// The block of `salesforce_oauth_client` that contains the policies.
pub const BLOCK: &str = "policies";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    App,
    Settings,
    Policies,
    OrgOidc,
    OrgApps,
}

const RESOURCES: [Resource; 5] =
    [Resource::App, Resource::Settings, Resource::Policies, Resource::OrgOidc, Resource::OrgApps];

impl Resource {
    pub fn type_name(self) -> &'static str {
        match self {
            Self::App => "salesforce_external_client_app",
            Self::Settings => "salesforce_external_client_app_oauth_settings",
            Self::Policies => "salesforce_external_client_app_policies",
            Self::OrgOidc => "salesforce_org_oauth_oidc_settings",
            Self::OrgApps => "salesforce_org_external_client_app_settings",
        }
    }

    /// The resource with this type in Terraform.
    pub fn of_type(name: &str) -> Option<Self> {
        RESOURCES.into_iter().find(|resource| resource.type_name() == name)
    }

    /// The name of the function that creates rows of this resource.
    pub fn constructor(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Settings => "settings",
            Self::Policies => "policies",
            Self::OrgOidc => "oidc",
            Self::OrgApps => "org_apps",
        }
    }

    /// The folder of the scenario that sets all attributes of this resource.
    pub fn scenario(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Settings => "oauth_settings",
            Self::Policies => "policies",
            Self::OrgOidc => "org_oauth_oidc_settings",
            Self::OrgApps => "org_external_client_app_settings",
        }
    }

    /// The attribute that names the app.
    fn naming_attribute(self) -> Option<&'static str> {
        match self {
            Self::App => Some("name"),
            Self::Settings | Self::Policies => Some("external_client_app"),
            Self::OrgOidc | Self::OrgApps => None,
        }
    }

    /// The path of an attribute in `salesforce_oauth_client`. `None` for org settings, and if the attribute belongs to
    /// another part there: the app's name, and attributes that several parts have at the top level.
    pub fn in_client(self, name: &'static str) -> Option<String> {
        if self.of_the_org().is_some() || (self != Self::App && self.naming_attribute() == Some(name)) {
            return None;
        }
        let rows = attributes().iter().map(|row| (row.resource, row.name)).chain(COMPUTED.iter().copied());
        let first = rows
            .filter(|(resource, _)| *resource != Self::Policies)
            .find(|(resource, other)| resource.of_the_org().is_none() && *other == name);
        match (self, first) {
            (Self::Policies, Some(_)) if is_provider_side(name) => None,
            (Self::Policies, _) => Some(format!("{BLOCK}.{name}")),
            (_, first) => first.filter(|(resource, _)| *resource == self).map(|_| name.to_owned()),
        }
    }

    /// The full name of a component that exists once per org; `None` for components of an app.
    pub fn of_the_org(self) -> Option<&'static str> {
        match self {
            Self::App | Self::Settings | Self::Policies => None,
            Self::OrgOidc => Some("OauthOidc"),
            Self::OrgApps => Some("ExternalClientApp"),
        }
    }
}

/// The effect of omitting the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omitted {
    /// The element in the org gets this text.
    Default(&'static str),
    /// The org has no value.
    Cleared,
    /// The org keeps its value.
    Kept,
    /// The attribute is required.
    Required,
}

#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    pub resource: Resource,
    pub name: &'static str,
    /// The lines of HCL that set the attribute to a first value, and lines that are valid only with this value.
    pub first: &'static str,
    pub second: &'static str,
    /// Lines that remain when the attribute is removed.
    pub always: &'static str,
    /// The metadata type and the element; `None` for provider-side attributes.
    pub element: Option<(&'static str, &'static str)>,
    pub if_omitted: Omitted,
    /// Whether a change replaces the resource.
    pub replaces: bool,
}

impl Attribute {
    const fn new(resource: Resource, name: &'static str, first: &'static str, second: &'static str) -> Self {
        Self {
            resource,
            name,
            first,
            second,
            always: "",
            element: None,
            if_omitted: Omitted::Cleared,
            replaces: false,
        }
    }

    /// The path in `salesforce_oauth_client`.
    pub fn in_client(&self) -> Option<String> {
        self.resource.in_client(self.name)
    }

    /// The name of the attribute's resource in a configuration.
    pub fn key(&self) -> String {
        format!("{:?}_{}", self.resource, self.name.replace('.', "_")).to_lowercase()
    }

    const fn at(mut self, kind: &'static str, element: &'static str) -> Self {
        self.element = Some((kind, element));
        self
    }

    const fn with(mut self, always: &'static str) -> Self {
        self.always = always;
        self
    }

    const fn kept(mut self) -> Self {
        self.if_omitted = Omitted::Kept;
        self
    }

    const fn default(mut self, text: &'static str) -> Self {
        self.if_omitted = Omitted::Default(text);
        self
    }

    const fn required(mut self) -> Self {
        self.if_omitted = Omitted::Required;
        self
    }

    const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }
}

/// Whether the attribute is provider-side: no file in the org contains it.
fn is_provider_side(name: &str) -> bool {
    let row = attributes().iter().find(|row| row.name == name && row.resource != Resource::Policies);
    row.is_none_or(|row| row.element.is_none())
}

/// Computed attributes, which are checked after the create and after the first update.
pub const COMPUTED: &[(Resource, &str)] = &[
    (Resource::App, "id"),
    (Resource::App, "org_id"),
    (Resource::App, "namespace"),
    (Resource::App, "org_scoped_external_app"),
    (Resource::Settings, "id"),
    (Resource::Settings, "org_id"),
    (Resource::Settings, "consumer_key"),
    (Resource::Policies, "id"),
    (Resource::Policies, "org_id"),
    (Resource::OrgOidc, "id"),
    (Resource::OrgOidc, "org_id"),
    (Resource::OrgApps, "id"),
    (Resource::OrgApps, "org_id"),
];

const fn app(name: &'static str, first: &'static str, second: &'static str) -> Attribute {
    Attribute::new(Resource::App, name, first, second)
}

const fn settings(name: &'static str, first: &'static str, second: &'static str) -> Attribute {
    Attribute::new(Resource::Settings, name, first, second)
}

const fn policies(name: &'static str, first: &'static str, second: &'static str) -> Attribute {
    Attribute::new(Resource::Policies, name, first, second)
}

const fn oidc(name: &'static str, first: &'static str, second: &'static str) -> Attribute {
    Attribute::new(Resource::OrgOidc, name, first, second)
}

const fn org_apps(name: &'static str, first: &'static str, second: &'static str) -> Attribute {
    Attribute::new(Resource::OrgApps, name, first, second)
}

macro_rules! switch {
    ($create:ident, $name:literal, $first:literal, $second:literal) => {
        $create($name, concat!($name, " = ", $first), concat!($name, " = ", $second))
    };
}

macro_rules! timeout {
    ($create:ident, $name:literal) => {
        $create(
            concat!("timeouts.", $name),
            concat!("timeouts {\n ", $name, " = \"7m\"\n}"),
            concat!("timeouts {\n ", $name, " = \"1h30m\"\n}"),
        )
    };
}

/// Every listed attribute, followed by the derived ones.
pub fn attributes() -> &'static [Attribute] {
    static ALL: OnceLock<Vec<Attribute>> = OnceLock::new();
    ALL.get_or_init(|| {
        let is_listed = |switch: &&Switch| {
            LISTED
                .iter()
                .any(|row| row.name == switch.attribute && row.resource.type_name() == switch.resource)
        };
        let derived = switches::all().iter().filter(|switch| !is_listed(switch)).map(derived);
        LISTED.iter().copied().chain(derived).collect()
    })
}

fn derived(switch: &'static Switch) -> Attribute {
    let resource = Resource::of_type(switch.resource);
    let line = |value: bool| format!("{} = {value}", switch.attribute).leak();
    let (first, second) = (line(switch.value()), line(!switch.value()));
    let row = Attribute::new(resource.expect("a resource of the table"), &switch.attribute, first, second);
    let element = switch.element.split('.').next().unwrap_or_default();
    let row = row.at(switch.metadata_type, element);
    match switch.default {
        Some(true) => row.default("true"),
        Some(false) => row.default("false"),
        None => row.kept(),
    }
}

/// `{app}` is the API name of the attribute's app, and `{other}` is that of another app. `{integration}` and `{admin}`
/// are users in the org. `{certificate_1}` and `{certificate_2}` are quoted certificates.
const LISTED: &[Attribute] = &[
    // The app.
    app("name", "name = \"{app}\"", "name = \"{other}\"").required().replaces(),
    app("label", "label = \"One\"", "label = \"Two & <2>\"").at(APP, "label").required(),
    app("contact_email", "contact_email = \"a@example.com\"", "contact_email = \"b@example.com\"")
        .at(APP, "contactEmail"),
    app("contact_phone", "contact_phone = \"+49 1\"", "contact_phone = \"+49 2\"").at(APP, "contactPhone"),
    app("description", "description = \"One\\n\\\"line\\\"\"", "description = \"Zwölf 🧀 & <3>\"")
        .at(APP, "description"),
    app("icon_url", "icon_url = \"https://a.example.com/i\"", "icon_url = \"https://b.example.com/i?a=1&b=2\"")
        .at(APP, "iconUrl"),
    app("logo_url", "logo_url = \"https://a.example.com/l\"", "logo_url = \"https://b.example.com/l?a=1&b=2\"")
        .at(APP, "logoUrl"),
    switch!(app, "distribution_state", "\"Packaged\"", "\"Local\"")
        .at(APP, "distributionState")
        .default("Local"),
    switch!(app, "package_protected", "true", "false").at(APP, "isProtected").default("false"),
    switch!(app, "deletion_protection", "false", "true").default("false"),
    timeout!(app, "create"),
    timeout!(app, "read"),
    timeout!(app, "update"),
    timeout!(app, "delete"),
    // The OAuth settings.
    settings("external_client_app", "external_client_app = \"{app}\"", "external_client_app = \"{other}\"")
        .required()
        .replaces(),
    settings("label", "label = \"One\"", "label = \"Two & <2>\"").at(OAUTH, "label").kept(),
    settings(
        "callback_urls",
        "callback_urls = [\"https://a.example.com/b\", \"https://a.example.com/a?x=1&y=2\"]",
        "callback_urls = [\"shop://callback\", \"https://a.example.com/b\"]",
    )
    .at(GLOBAL_OAUTH, "callbackUrl"),
    settings("oauth_scopes", "oauth_scopes = [\"Web\", \"Api\"]", "oauth_scopes = [\"OpenID\", \"Api\"]")
        .at(OAUTH, "commaSeparatedOauthScopes"),
    settings("custom_scopes", "custom_scopes = [\"scope_b\", \"scope_a\"]", "custom_scopes = [\"scope_c\"]")
        .at(OAUTH, "commaSeparatedCustomScopes")
        .kept(),
    settings("certificate", "certificate = {certificate_1}", "certificate = {certificate_2}")
        .at(GLOBAL_OAUTH, "certificate")
        .kept(),
    settings(
        "client_assertion_certificate",
        "client_assertion_certificate = {certificate_1}",
        "client_assertion_certificate = {certificate_2}",
    )
    .at(OAUTH, "clientAssertionCertificate")
    .kept(),
    settings(
        "custom_attributes",
        "custom_attributes = {\n country = \"User.Country\"\n shout = \"UPPER(User.FirstName) & \\\"!\\\"\"\n}",
        "custom_attributes = {\n country = \"User.City\"\n}",
    )
    .at(OAUTH, "customAttributes"),
    switch!(settings, "code_credential_flow_enabled", "true", "false")
        .at(GLOBAL_OAUTH, "isCodeCredFlowEnabled")
        .default("false"),
    switch!(settings, "code_credential_post_only", "true", "false")
        .at(GLOBAL_OAUTH, "isCodeCredPostOnly")
        .default("false")
        .with("code_credential_flow_enabled = true"),
    switch!(settings, "secret_required_for_web_server_flow", "false", "true")
        .at(GLOBAL_OAUTH, "isConsumerSecretOptional")
        .default("false")
        .with("secret_required_for_refresh_token = false"),
    switch!(settings, "secret_required_for_token_exchange", "true", "false")
        .at(GLOBAL_OAUTH, "isSecretRequiredForTokenExchange")
        .kept()
        .with("token_exchange_enabled = true"),
    switch!(settings, "id_token_audiences", "\"https://a.example.com\"", "\"https://b.example.com\"")
        .at(GLOBAL_OAUTH, "idTokenConfig")
        .kept(),
    switch!(settings, "id_token_validity_minutes", "1", "720").at(GLOBAL_OAUTH, "idTokenConfig").kept(),
    settings(
        "trusted_ip_range.start_ip_address",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.1\"\n end_ip_address = \"192.0.2.9\"\n}",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.2\"\n end_ip_address = \"192.0.2.9\"\n}",
    )
    .at(OAUTH, "trustedIpRanges"),
    settings(
        "trusted_ip_range.end_ip_address",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.1\"\n end_ip_address = \"192.0.2.9\"\n}",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.1\"\n end_ip_address = \"192.0.2.8\"\n}",
    )
    .at(OAUTH, "trustedIpRanges"),
    settings(
        "trusted_ip_range.description",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.1\"\n end_ip_address = \"192.0.2.9\"\n \
         description = \"One\"\n}",
        "trusted_ip_range {\n start_ip_address = \"192.0.2.1\"\n end_ip_address = \"192.0.2.9\"\n \
         description = \"Two\"\n}\ntrusted_ip_range {\n start_ip_address = \"198.51.100.1\"\n \
         end_ip_address = \"198.51.100.1\"\n}",
    )
    .at(OAUTH, "trustedIpRanges"),
    switch!(settings, "single_logout_url", "\"https://a.example.com/out\"", "\"https://b.example.com/out\"")
        .at(OAUTH, "singleLogoutUrl"),
    switch!(settings, "oauth_link", "\"00D000000000099:888000000000001\"", "\"00D000000000099:888000000000002\"")
        .kept()
        .replaces(),
    switch!(settings, "asset_token_audiences", "\"a\"", "\"b\"").at(OAUTH, "assetTokenAudiences").kept(),
    switch!(settings, "asset_token_signing_certificate", "\"one\"", "\"two\"")
        .at(OAUTH, "assetTokenSigningCertificate")
        .kept(),
    switch!(settings, "asset_token_validity", "5", "0").at(OAUTH, "assetTokenValidity").kept(),
    switch!(settings, "asset_token_includes_attributes", "true", "false")
        .at(OAUTH, "areAttributesIncludedInAssetToken")
        .kept(),
    switch!(settings, "asset_token_includes_custom_permissions", "true", "false")
        .at(OAUTH, "areCustomPermsIncludedInAssetToken")
        .kept(),
    switch!(settings, "deletion_protection", "false", "true").default("false"),
    timeout!(settings, "create"),
    timeout!(settings, "read"),
    timeout!(settings, "update"),
    timeout!(settings, "delete"),
    // The policies.
    policies("external_client_app", "external_client_app = \"{app}\"", "external_client_app = \"{other}\"")
        .required()
        .replaces(),
    switch!(policies, "enabled", "false", "true").at(POLICIES, "isEnabled").kept(),
    switch!(policies, "oauth_plugin_enabled", "false", "true").at(POLICIES, "isOauthPluginEnabled").kept(),
    switch!(policies, "start_page", "\"OAuth\"", "\"None\"").at(POLICIES, "startPage").kept(),
    policies(
        "start_url",
        "start_page = \"Custom\"\nstart_url = \"https://a.example.com/s\"",
        "start_page = \"Custom\"\nstart_url = \"https://b.example.com/s?a=1&b=2\"",
    )
    .at(POLICIES, "startUrl")
    .kept(),
    policies(
        "permitted_users",
        "permitted_users = \"AdminApprovedPreAuthorized\"",
        "permitted_users = \"AllSelfAuthorized\"",
    )
    .at(OAUTH_POLICIES, "permittedUsersPolicyType")
    .kept()
    .with("permission_sets = [\"Shop_Customer\"]"),
    policies(
        "permission_sets",
        "permission_sets = [\"Shop_Staff\", \"Shop_Customer\"]",
        "permission_sets = [\"Integration\"]",
    )
    .at(OAUTH_POLICIES, "commaSeparatedPermissionSet")
    .kept(),
    policies("profiles", "profiles = [\"Standard\", \"Admin\"]", "profiles = [\"Customer Community User\"]")
        .at(OAUTH_POLICIES, "commaSeparatedProfile")
        .kept(),
    switch!(policies, "guest_code_credential_flow_enabled", "true", "false")
        .at(OAUTH_POLICIES, "isGuestCodeCredFlowEnabled")
        .default("false"),
    policies(
        "client_credentials_flow_enabled",
        "client_credentials_flow_enabled = true",
        "client_credentials_flow_enabled = false",
    )
    .at(OAUTH_POLICIES, "isClientCredentialsFlowEnabled")
    .default("false")
    .with("client_credentials_flow_user = \"{integration}\""),
    switch!(policies, "token_exchange_flow_enabled", "true", "false")
        .at(OAUTH_POLICIES, "isTokenExchangeFlowEnabled")
        .default("false"),
    switch!(policies, "client_credentials_flow_user", "\"{integration}\"", "\"{admin}\"")
        .at(OAUTH_POLICIES, "clientCredentialsFlowUser")
        .kept(),
    policies(
        "guest_jwt_session_timeout_type",
        "guest_jwt_session_timeout_type = \"Custom\"\nguest_jwt_timeout_minutes = 5",
        "guest_jwt_session_timeout_type = \"UserSession\"",
    )
    .at(OAUTH_POLICIES, "guestJwtSessionTimeoutType")
    .kept(),
    policies(
        "guest_jwt_timeout_minutes",
        "guest_jwt_session_timeout_type = \"Custom\"\nguest_jwt_timeout_minutes = 1",
        "guest_jwt_session_timeout_type = \"Custom\"\nguest_jwt_timeout_minutes = 720",
    )
    .at(OAUTH_POLICIES, "guestJwtTimeout")
    .kept(),
    policies(
        "named_user_jwt_session_timeout_type",
        "named_user_jwt_session_timeout_type = \"Custom\"\nnamed_user_jwt_timeout_minutes = 5",
        "named_user_jwt_session_timeout_type = \"UserSession\"",
    )
    .at(OAUTH_POLICIES, "namedUserJwtSessionTimeoutType")
    .kept(),
    policies(
        "named_user_jwt_timeout_minutes",
        "named_user_jwt_session_timeout_type = \"Custom\"\nnamed_user_jwt_timeout_minutes = 1",
        "named_user_jwt_session_timeout_type = \"Custom\"\nnamed_user_jwt_timeout_minutes = 720",
    )
    .at(OAUTH_POLICIES, "namedUserJwtTimeout")
    .kept(),
    policies(
        "refresh_token_policy",
        "refresh_token_policy = \"Infinite\"",
        "refresh_token_policy = \"Zero\"\nrefresh_token_validity_period = 0",
    )
    .at(OAUTH_POLICIES, "refreshTokenPolicyType")
        .kept(),
    policies(
        "refresh_token_validity_period",
        "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 3\n\
         refresh_token_validity_unit = \"Days\"",
        "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 4\n\
         refresh_token_validity_unit = \"Days\"",
    )
    .at(OAUTH_POLICIES, "refreshTokenValidityPeriod")
    .kept(),
    policies(
        "refresh_token_validity_unit",
        "refresh_token_policy = \"SpecificInactivity\"\nrefresh_token_validity_period = 3\n\
         refresh_token_validity_unit = \"Hours\"",
        "refresh_token_policy = \"SpecificInactivity\"\nrefresh_token_validity_period = 3\n\
         refresh_token_validity_unit = \"Months\"",
    )
    .at(OAUTH_POLICIES, "refreshTokenValidityUnit")
    .kept(),
    switch!(policies, "session_timeout_minutes", "15", "120")
        .at(OAUTH_POLICIES, "sessionTimeoutInMinutes")
        .kept(),
    switch!(policies, "required_session_level", "\"LOW\"", "\"HIGH_ASSURANCE\"")
        .at(OAUTH_POLICIES, "requiredSessionLevel")
        .kept(),
    switch!(policies, "policy_action", "\"Block\"", "\"RaiseSessionLevel\"")
        .at(OAUTH_POLICIES, "policyAction")
        .kept(),
    switch!(policies, "ip_relaxation", "\"Bypass\"", "\"Enforce_RelaxRefresh\"")
        .at(OAUTH_POLICIES, "ipRelaxationPolicyType")
        .kept(),
    switch!(policies, "apex_handler", "\"HandlerA\"", "\"HandlerB\"")
        .at(OAUTH_POLICIES, "apexHandler")
        .kept()
        .with("execute_handler_as = \"{integration}\""),
    switch!(policies, "execute_handler_as", "\"{integration}\"", "\"{admin}\"")
        .at(OAUTH_POLICIES, "executeHandlerAs")
        .kept()
        .with("apex_handler = \"HandlerA\""),
    policies("custom_scopes", "custom_scopes = [\"scope_b\", \"scope_a\"]", "custom_scopes = [\"scope_c\"]")
        .at(OAUTH_POLICIES, "commaSeparatedCustomScopes")
        .kept(),
    switch!(policies, "single_logout_url", "\"https://a.example.com/out\"", "\"https://b.example.com/out\"")
        .at(OAUTH_POLICIES, "singleLogoutUrl"),
    switch!(policies, "oauth_start_url", "\"https://a.example.com/s\"", "\"https://b.example.com/s\"")
        .at(OAUTH_POLICIES, "startUrl"),
    policies(
        "custom_attributes",
        "custom_attributes = {\n a = \"User.City\"\n b = \"\\\"x & <y>\\\"\"\n}",
        "custom_attributes = {\n a = \"User.Country\"\n}",
    )
    .at(OAUTH_POLICIES, "customAttributes"),
    timeout!(policies, "create"),
    timeout!(policies, "read"),
    timeout!(policies, "update"),
    timeout!(policies, "delete"),
    // The org's settings.
    switch!(oidc, "code_credential_flow_enabled", "false", "true")
        .at(OIDC_SETTINGS, "oAuthCdCrdtFlowEnable")
        .kept(),
    switch!(oidc, "pkce_required", "true", "false").at(OIDC_SETTINGS, "isPkceRequired").kept(),
    switch!(oidc, "username_password_flow_blocked", "false", "true")
        .at(OIDC_SETTINGS, "blockOAuthUnPwFlow")
        .kept(),
    switch!(oidc, "user_agent_flow_blocked", "false", "true").at(OIDC_SETTINGS, "blockOAuthUsrAgtFlow").kept(),
    timeout!(oidc, "create"),
    timeout!(oidc, "read"),
    timeout!(oidc, "update"),
    timeout!(oidc, "delete"),
    timeout!(org_apps, "create"),
    timeout!(org_apps, "read"),
    timeout!(org_apps, "update"),
    timeout!(org_apps, "delete"),
];
