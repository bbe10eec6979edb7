//! The catalog of invalid input, by number. This module contains only data. The checks are in `rows.rs`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    App,
    Settings,
    Policies,
    Provider,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Error,
    /// It is not confirmed that Salesforce rejects the value.
    Warning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `terraform validate`, without an org.
    Validate,
    Plan,
    /// `terraform plan` with API version 60.0.
    PlanWithOldVersion,
}

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub number: usize,
    pub of: Of,
    /// The body of the block, without other required attributes, which the test adds.
    pub body: &'static str,
    pub verdict: Verdict,
    pub stage: Stage,
    /// The attribute that the diagnostic refers to; empty for the whole block. Terraform cannot determine the line of
    /// an attribute inside one of several blocks of a set.
    pub at: &'static str,
    /// Text that the message contains, in any letter case.
    pub message: &'static str,
}

pub const fn row(number: usize, of: Of, body: &'static str, at: &'static str, message: &'static str) -> Row {
    Row { number, of, body, verdict: Verdict::Error, stage: Stage::Validate, at, message }
}

impl Row {
    pub const fn warns(mut self) -> Self {
        self.verdict = Verdict::Warning;
        self
    }

    /// The attribute is not configured, so the diagnostic refers to the block.
    const fn at_block(mut self) -> Self {
        self.at = "";
        self
    }

    const fn in_plan(mut self) -> Self {
        self.stage = Stage::Plan;
        self
    }

    const fn in_plan_with_old_version(mut self) -> Self {
        self.stage = Stage::PlanWithOldVersion;
        self
    }
}

use Of::{App, Policies, Provider, Settings};

/// `{n*t}` is the string t, repeated n times. `{expired}`, `{short}` and `{two}` are quoted certificates, and `{key}`
/// is a quoted private key. `{attributes}` is a map of 129 entries, and `{ranges}` are 129 blocks.
pub const ROWS: &[Row] = &[
    row(1, App, "name = null", "name", "required"),
    row(2, App, "name = \"\"", "name", "empty"),
    row(3, App, "name = \"1app\"", "name", "start with a letter"),
    row(4, App, "name = \"my app\"", "name", "letters"),
    row(5, App, "name = \"my-app\"", "name", "letters"),
    row(6, App, "name = \"app_\"", "name", "ends with an underscore"),
    row(7, App, "name = \"a__b\"", "name", "two underscores"),
    row(8, App, "name = \"{81*a}\"", "name", "80").warns(),
    row(9, App, "name = \"café\"", "name", "letters"),
    row(10, App, "name = \"../x\"", "name", "letters"),
    row(11, App, "name = \"a.b\"", "name", "letters"),
    row(12, App, "name = \"A\\u0000\"", "name", "character"),
    row(15, App, "label = \"{256*a}\"", "label", "255").warns(),
    row(16, App, "label = \"  \"", "label", "blank"),
    row(17, App, "description = \"a\\u0001b\"", "description", "U+0001"),
    row(18, App, "description = \"a\\uFFFEb\"", "description", "U+FFFE"),
    row(19, App, "contact_email = \"nobody\"", "contact_email", "email address"),
    row(20, App, "contact_email = \"a@b@c\"", "contact_email", "email address"),
    row(21, App, "contact_email = \"a@example.com\\n\"", "contact_email", "email address"),
    row(22, App, "logo_url = \"ftp://x\"", "logo_url", "http").warns(),
    row(23, App, "logo_url = \"https://\"", "logo_url", "host").warns(),
    row(24, App, "icon_url = \"javascript:alert(1)\"", "icon_url", "http").warns(),
    row(25, App, "distribution_state = \"local\"", "distribution_state", "Local"),
    row(26, App, "distribution_state = \"Managed\"", "distribution_state", "Packaged"),
    row(27, App, "org_scoped_external_app = \"x\"", "org_scoped_external_app", "read-only"),
    row(28, App, "org_scoped_external_app = \"00D000000000099AAA:Shop\"", "org_scoped_external_app", "read-only"),
    row(29, Settings, "code_credential_flow_enabled = true\ncallback_urls = []", "code_credential_flow_enabled", "callback_urls").warns(),
    row(30, Settings, "callback_urls = [\"http://example.com/\"]", "callback_urls", "https").warns(),
    row(31, Settings, "callback_urls = [\"https://x.example.com/#frag\"]", "callback_urls", "fragment").warns(),
    row(32, Settings, "callback_urls = [\"https://x.example.com/ y\"]", "callback_urls", "not allowed in a URL"),
    row(33, Settings, "callback_urls = [\"https://x.example.com/{2000*a}\"]", "callback_urls", "2000").warns(),
    row(34, Settings, "callback_urls = [\"https://x.example.com/\", \"https://x.example.com/\"]", "callback_urls", "duplicate"),
    row(35, Settings, "callback_urls = [\"*\"]", "callback_urls", "wildcard"),
    row(36, Settings, "oauth_scopes = []", "oauth_scopes", "Without a scope").warns(),
    row(38, Settings, "oauth_scopes = [\"Apl\"]", "oauth_scopes", "did you mean \"Api\""),
    row(38, Settings, "oauth_scopes = [\"FromANewerOrg\"]", "oauth_scopes", "not a known value").warns(),
    row(39, Settings, "oauth_scopes = [\"Api, Web\"]", "oauth_scopes", "comma"),
    row(40, Settings, "oauth_scopes = [\"Api\", null]", "oauth_scopes", "null"),
    row(41, Settings, "certificate = \"abc\"", "certificate", "PEM"),
    row(42, Settings, "certificate = {key}", "", "private key"),
    row(43, Settings, "certificate = {expired}", "certificate", "expired").warns(),
    row(44, Settings, "certificate = {short}", "certificate", "1024").warns(),
    row(45, Settings, "certificate = {two}", "certificate", "one"),
    row(46, Provider, "api_version = \"59.0\"", "api_version", "60.0"),
    row(47, Policies, "client_credentials_flow_enabled = true", "client_credentials_flow_enabled", "client_credentials_flow_user").in_plan(),
    row(48, Policies, "client_credentials_flow_user = \"not-an-email\"", "client_credentials_flow_user", "username"),
    row(50, Provider, "api_version = \"59.0\"", "api_version", "60.0"),
    row(51, Settings, "code_credential_flow_enabled = true\ncallback_urls = [\"https://x.example.com/\"]", "code_credential_flow_enabled", "61.0").in_plan_with_old_version(),
    row(52, Settings, "code_credential_post_only = true", "code_credential_post_only", "code_credential_flow_enabled").warns(),
    row(54, Settings, "id_token_validity_minutes = 0", "id_token_validity_minutes", "range").warns(),
    row(55, Settings, "id_token_validity_minutes = 721", "id_token_validity_minutes", "720"),
    row(56, Settings, "id_token_validity_minutes = 1.5", "id_token_validity_minutes", "whole"),
    row(57, Settings, "id_token_validity_minutes = \"abc\"", "id_token_validity_minutes", "number"),
    row(58, Settings, "id_token_validity_minutes = -1", "id_token_validity_minutes", "720"),
    row(58, Settings, "id_token_validity_minutes = 1e30", "id_token_validity_minutes", "720"),
    row(59, Settings, "id_token_audiences = \"  \"", "id_token_audiences", "blank"),
    row(60, Settings, "custom_attributes = {attributes}", "custom_attributes", "128"),
    row(62, Settings, "custom_attributes = { a = \"\" }", "custom_attributes", "blank"),
    row(63, Settings, "{ranges}", "", "128"),
    row(64, Settings, "trusted_ip_range {\n start_ip_address = \"10.0.0.9\"\n end_ip_address = \"10.0.0.1\"\n}", "trusted_ip_range", "after"),
    row(65, Settings, "trusted_ip_range {\n start_ip_address = \"10.0.0.256\"\n end_ip_address = \"10.0.0.1\"\n}", "trusted_ip_range", "IPv4"),
    row(66, Settings, "trusted_ip_range {\n start_ip_address = \"10.0.0.1\"\n end_ip_address = \"2001:db8::1\"\n}", "trusted_ip_range", "IPv6"),
    row(67, Settings, "trusted_ip_range {\n start_ip_address = \"10.0.0.1\"\n end_ip_address = \"10.0.0.5\"\n}\ntrusted_ip_range {\n start_ip_address = \"10.0.0.4\"\n end_ip_address = \"10.0.0.9\"\n}", "", "overlap").warns(),
    row(68, Settings, "trusted_ip_range {\n start_ip_address = \"010.0.0.1\"\n end_ip_address = \"10.0.0.9\"\n}", "trusted_ip_range", "leading zero"),
    row(69, Policies, "ip_relaxation = \"Relax\"", "ip_relaxation", "Enforce_RelaxRefresh"),
    row(70, Policies, "permitted_users = \"AdminApprovedPreAuthorized\"", "permitted_users", "permission_sets").in_plan(),
    row(70, Policies, "permitted_users = \"AdminApprovedPreAuthorized\"", "permitted_users", "permission_sets").warns(),
    row(71, Policies, "permitted_users = \"AllSelfAuthorized\"\npermission_sets = [\"Shop_Customer\"]", "permission_sets", "only with").warns(),
    row(73, Policies, "permission_sets = [\"0PS\"]", "permission_sets", "15 or 18"),
    row(74, Policies, "refresh_token_policy = \"SpecificLifetime\"", "refresh_token_policy", "refresh_token_validity_period"),
    row(74, Policies, "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 5", "refresh_token_validity_period", "refresh_token_validity_unit"),
    row(75, Policies, "refresh_token_policy = \"Infinite\"\nrefresh_token_validity_period = 5\nrefresh_token_validity_unit = \"Days\"", "refresh_token_validity_period", "only"),
    row(76, Policies, "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 5\nrefresh_token_validity_unit = \"Weeks\"", "refresh_token_validity_unit", "Days"),
    row(76, Policies, "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 0\nrefresh_token_validity_unit = \"Days\"", "refresh_token_validity_period", "1 or more"),
    row(78, Policies, "guest_jwt_session_timeout_type = \"Custom\"\nguest_jwt_timeout_minutes = 20", "guest_jwt_timeout_minutes", "1, 5, 10, 15, 30"),
    row(79, Policies, "guest_jwt_timeout_minutes = 5", "guest_jwt_timeout_minutes", "61.0").in_plan_with_old_version(),
    row(80, Settings, "single_logout_url = \"http://x.example.com\"", "single_logout_url", "https").warns(),
    row(81, Policies, "start_page = \"Custom\"\nstart_url = \"nowhere\"", "start_url", "URL").warns(),
    row(82, Policies, "apex_handler = \"Handler\"", "apex_handler", "execute_handler_as").warns(),
    row(83, Settings, "consumer_secret = \"x\"", "consumer_secret", "unsupported argument"),
    row(84, Settings, "consumer_key = \"x\"", "consumer_key", "read-only"),
    row(
        85,
        Settings,
        "oauth_link = \"00D000000000099:888000000000001\"\npkce_required = false",
        "oauth_link",
        "pkce_required",
    )
    .in_plan(),
    row(88, Provider, "private_key = \"x\"\nclient_secret = \"y\"", "", "both set"),
    row(88, Provider, "client_secret = \"x\"\naccess_token = \"y\"", "", "both set"),
    row(90, Provider, "private_key = \"-----BEGIN PUBLIC KEY-----\\ncanary-public\\n-----END PUBLIC KEY-----\"", "", "private key"),
    row(90, Provider, "private_key = \"-----BEGIN ENCRYPTED PRIVATE KEY-----\\ncanary-encrypted\\n-----END ENCRYPTED PRIVATE KEY-----\"", "", "private key"),
    row(90, Provider, "private_key = \"-----BEGIN EC PRIVATE KEY-----\\ncanary-curve\\n-----END EC PRIVATE KEY-----\"", "", "private key"),
    row(91, Provider, "login_url = \"login.salesforce.com\"", "login_url", "https://login.salesforce.com"),
    row(91, Provider, "login_url = \"http://login.salesforce.com\"", "login_url", "https://login.salesforce.com"),
    row(91, Provider, "login_url = \"https://login.salesforce.com/services\"", "login_url", "https://login.salesforce.com"),
    row(91, Provider, "instance_url = \"https://acme.lightning.force.com\"", "instance_url", "my.salesforce.com"),
    row(92, Provider, "api_version = \"v62\"", "api_version", "66.0"),
    row(92, Provider, "api_version = \"62\"", "api_version", "66.0"),
    row(92, Provider, "api_version = \"62.5\"", "api_version", "66.0"),
    row(92, Provider, "api_version = \"40.0\"", "api_version", "60.0"),
    row(92, Provider, "api_version = \"abc\"", "api_version", "66.0"),
    row(93, Provider, "private_key_file = \"x\"\nclient_id = \"x\"\nusername = \" \"", "username", "blank"),
    row(94, App, "timeouts {\n create = \"5 bananas\"\n}", "timeouts", "duration"),
    row(94, App, "timeouts {\n create = \"-1m\"\n}", "timeouts", "duration"),
    row(94, App, "timeouts {\n create = \"0s\"\n}", "timeouts", "duration"),
    row(97, App, "unknown_attribute = 1", "unknown_attribute", "unsupported argument"),
    row(97, App, "package_protected = \"perhaps\"", "package_protected", "bool"),
    row(97, App, "label = { a = 1 }", "label", "string"),
    row(97, Settings, "callback_urls = [null]", "callback_urls", "null"),
    row(99, App, "description = \"{10000000*a}\"", "description", "long"),
];

/// Combinations within one resource that are invalid or ineffective according to the research on headless identity, and
/// invalid provider arguments.
pub const MORE: &[Row] = &[
    row(
        101,
        Policies,
        "guest_jwt_session_timeout_type = \"UserSession\"\nguest_jwt_timeout_minutes = 5",
        "guest_jwt_timeout_minutes",
        "Custom",
    ),
    row(
        101,
        Policies,
        "guest_jwt_session_timeout_type = \"Custom\"",
        "guest_jwt_session_timeout_type",
        "guest_jwt_timeout_minutes",
    ),
    row(
        101,
        Policies,
        "named_user_jwt_session_timeout_type = \"UserSession\"\nnamed_user_jwt_timeout_minutes = 5",
        "named_user_jwt_timeout_minutes",
        "Custom",
    ),
    row(
        101,
        Policies,
        "named_user_jwt_session_timeout_type = \"Custom\"",
        "named_user_jwt_session_timeout_type",
        "named_user_jwt_timeout_minutes",
    ),
    row(
        102,
        Policies,
        "permitted_users = \"AdminApprovedPreAuthorized\"\npermission_sets = []\nprofiles = []",
        "permitted_users",
        "no user can log in",
    )
    .warns(),
    row(
        103,
        Settings,
        "secret_required_for_web_server_flow = false\noauth_scopes = [\"Api\", \"RefreshToken\"]",
        "secret_required_for_refresh_token",
        "not refresh",
    )
    .warns()
    .at_block(),
    row(
        103,
        Settings,
        "secret_required_for_web_server_flow = false\noauth_scopes = [\"OfflineAccess\"]",
        "secret_required_for_refresh_token",
        "not refresh",
    )
    .warns()
    .at_block(),
    row(
        104,
        Settings,
        "refresh_token_rotation_enabled = true\noauth_scopes = [\"Api\"]",
        "refresh_token_rotation_enabled",
        "no refresh token",
    )
    .warns(),
    row(
        105,
        Settings,
        "named_user_jwt_enabled = true\noauth_scopes = [\"Api\", \"Web\"]",
        "named_user_jwt_enabled",
        "browser",
    )
    .warns(),
    row(
        106,
        Settings,
        "secret_required_for_web_server_flow = false\npkce_required = false",
        "secret_required_for_web_server_flow",
        "intercepts",
    )
    .warns(),
    row(
        107,
        Provider,
        "suppress_warnings = [\"acess-lost\"]",
        "suppress_warnings",
        "did you mean \"access-lost\"",
    )
    .warns(),
    row(107, Provider, "suppress_warnings = [\"everything\"]", "suppress_warnings", "unconfirmed-rule")
        .warns(),
    row(
        108,
        Provider,
        "access_token = \"canary\\u0007token\"",
        "",
        "access_token contains a control character",
    ),
    row(108, Provider, "access_token = \"canary token\"", "", "access_token contains a space"),
    row(
        108,
        Provider,
        "client_secret = \"canary\\u0000secret\"",
        "",
        "client_secret contains a control character",
    ),
    row(108, Provider, "client_id = \"a\\u0001b\"", "client_id", "U+0001"),
    row(108, Provider, "username = \"a\\u007Fb\"", "username", "U+007F"),
    row(108, Provider, "private_key_file = \"a\\nb\"", "private_key_file", "U+000A"),
    row(108, Provider, "ca_certificate = \"a\\u0001b\"", "ca_certificate", "U+0001"),
    row(109, Provider, "access_token = \" \"", "access_token", "blank"),
    row(109, Provider, "client_secret = \"\"", "client_secret", "blank"),
];

/// Valid input that is similar to rows of `MORE`. It must have no diagnostics.
pub const VALID: &[Row] = &[
    row(0, Settings, "secret_required_for_web_server_flow = false\noauth_scopes = [\"Api\"]", "", ""),
    row(
        0,
        Settings,
        "secret_required_for_web_server_flow = false\nsecret_required_for_refresh_token = false\noauth_scopes = [\"RefreshToken\"]",
        "",
        "",
    ),
    row(0, Settings, "refresh_token_rotation_enabled = true\noauth_scopes = [\"OfflineAccess\"]", "", ""),
    row(0, Settings, "named_user_jwt_enabled = true\noauth_scopes = [\"Api\", \"Full\"]", "", ""),
    row(0, Settings, "secret_required_for_token_exchange = false", "", ""),
    row(0, Settings, "secret_required_for_token_exchange = true", "", ""),
    row(
        0,
        Settings,
        "code_credential_flow_enabled = true\ncallback_urls = [\"https://x.example.com/\"]",
        "",
        "",
    ),
    row(0, Settings, "", "", ""),
    row(0, Policies, "", "", ""),
    row(0, Policies, "guest_code_credential_flow_enabled = true", "", ""),
    row(0, Policies, "permitted_users = \"AdminApprovedPreAuthorized\"\nprofiles = [\"Standard\"]", "", ""),
    row(0, Policies, "permitted_users = \"AllSelfAuthorized\"\npermission_sets = []", "", ""),
    row(0, Policies, "session_timeout_minutes = 7", "", ""),
    row(0, Provider, "suppress_warnings = [\"access-lost\", \"unconfirmed-rule\"]", "", ""),
    row(0, Provider, "access_token = \"00D000000000001!AQ.aB_c\\n\"", "", ""),
];

/// Rows with separate tests.
pub const ELSEWHERE: &[(usize, &str)] = &[
    (49, "alone::names_that_do_not_exist_in_the_org_are_errors_at_a_line"),
    (72, "alone::names_that_do_not_exist_in_the_org_are_errors_at_a_line"),
    (13, "alone::two_resources_with_one_name_are_an_error_in_any_order"),
    (14, "alone::two_resources_with_one_name_are_an_error_in_any_order"),
    (37, "alone::duplicates_that_terraform_merges_are_accepted"),
    (61, "alone::duplicates_that_terraform_merges_are_accepted"),
    (86, "alone::settings_of_a_missing_app_are_an_error"),
    (87, "attributes: external_client_app replaces"),
    (89, "alone::missing_credentials_are_an_error_that_names_every_method"),
    (95, "alone::invalid_import_ids_are_errors"),
    (96, "alone::a_provider_configured_after_apply_can_be_planned"),
    (98, "alone::a_count_can_change_between_zero_and_one"),
    (100, "alone::unusual_characters_cause_no_drift"),
];

/// Rows that do not apply to this provider, with the reason.
pub const DO_NOT_APPLY: &[(usize, &str)] = &[
    (
        53,
        "Setup leaves the element true while token exchange is off, so every app has this value, and it is valid",
    ),
    (
        77,
        "Salesforce does not document a list of session timeouts, and its own sample has 1, so there is no rule",
    ),
];
