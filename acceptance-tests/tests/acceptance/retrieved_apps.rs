//! Apps whose files have the format that a retrieve returns. They are imported with a configuration that Terraform
//! generates. Then one attribute is changed, and nothing else changes in the org.

use super::found_apps::put_file;
use super::import_procedure::{Edit, Import, Kind, TYPES, check_import};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::workspace::Workspace;

const SETTINGS: &str = "salesforce_external_client_app_oauth_settings.found";
const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";

fn app(org: &Emulator, more: &str) {
    let inside = format!(
        "<contactEmail>owner@example.com</contactEmail>{more}<distributionState>Local</distributionState>
         <isProtected>false</isProtected><label>Shop</label>"
    );
    put_file(org, APP, "Shop", &inside);
}

fn policies(org: &Emulator, name: &str, app_name: &str, more: &str) {
    let inside = format!(
        "{PARENT}<isGuestCodeCredFlowEnabled>false</isGuestCodeCredFlowEnabled>
         <isTokenExchangeFlowEnabled>false</isTokenExchangeFlowEnabled><label>{name}</label>
         <requiredSessionLevel>STANDARD</requiredSessionLevel>{more}"
    );
    // The component that the org created with the settings keeps its name.
    let name = org.part(OAUTH_POLICIES, "Shop").name;
    put_file(org, OAUTH_POLICIES, &name, &inside);
    let name = org.part(POLICIES, "Shop").name;
    let inside = format!(
        "{PARENT}<isEnabled>true</isEnabled><isOauthPluginEnabled>true</isOauthPluginEnabled><label>{app_name}</label>
         <startPage>None</startPage>"
    );
    put_file(org, POLICIES, &name, &inside);
}

/// A consumer with flags as Setup creates them, in the order of a file, and with additional lines.
fn consumer(org: &Emulator, name: &str, callback: &str, certificate: &str, on: &[&str], more: &str) {
    let flags = [
        "isClientCredentialsFlowEnabled",
        "isCodeCredFlowEnabled",
        "isCodeCredPostOnly",
        "isConsumerSecretOptional",
        "isDeviceFlowEnabled",
        "isIntrospectAllTokens",
        "isNamedUserJwtEnabled",
        "isPkceRequired",
        "isRefreshTokenRotationEnabled",
        "isSecretRequiredForRefreshToken",
        "isSecretRequiredForTokenExchange",
        "isTokenExchangeEnabled",
    ];
    let flags: String = flags.map(|flag| format!("<{flag}>{}</{flag}>\n", on.contains(&flag))).concat();
    let inside = format!(
        "<callbackUrl>{callback}</callbackUrl>{certificate}{PARENT}{flags}<label>{name}</label>{more}
         <shouldRotateConsumerKey>false</shouldRotateConsumerKey>
         <shouldRotateConsumerSecret>false</shouldRotateConsumerSecret>"
    );
    put_file(org, GLOBAL_OAUTH, name, &inside);
}

fn settings(org: &Emulator, name: &str, scopes: &str) {
    let inside = format!(
        "<commaSeparatedOauthScopes>{scopes}</commaSeparatedOauthScopes>{PARENT}
         <isFirstPartyAppEnabled>false</isFirstPartyAppEnabled><label>{name}</label>"
    );
    put_file(org, OAUTH, name, &inside);
}

/// A certificate as a retrieve returns it.
fn bare_certificate() -> String {
    let generated_certificate =
        rcgen::generate_simple_self_signed(vec!["app.example.com".to_owned()]).expect("a certificate");
    let pem = generated_certificate.cert.pem();
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
    lines.join("\n")
}

/// An app for the JWT bearer flow.
fn ledger(org: &Emulator) {
    app(org, "");
    settings(org, "Shop_oauth", "RefreshToken, Full, Api");
    let certificate = format!("<certificate>{}</certificate>", bare_certificate());
    let on = ["isPkceRequired", "isSecretRequiredForRefreshToken", "isSecretRequiredForTokenExchange"];
    consumer(org, "Shop_glbloauth", "sfdc://oauth/jwt/success", &certificate, &on, "");
    policies(
        org,
        "Shop_oauthPlcy",
        "Shop_plcy",
        "<commaSeparatedProfile>System Administrator</commaSeparatedProfile>
         <ipRelaxationPolicyType>Enforce_relaxrefresh</ipRelaxationPolicyType>
         <isClientCredentialsFlowEnabled>false</isClientCredentialsFlowEnabled>
         <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>
         <refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>
         <refreshTokenValidityPeriod>365</refreshTokenValidityPeriod>
         <refreshTokenValidityUnit>Days</refreshTokenValidityUnit><startUrl>https://login.salesforce.com</startUrl>",
    );
}

/// An app for the client credentials flow, which requires neither a secret nor PKCE in the web server flow.
fn nightly(org: &Emulator) {
    app(org, "");
    settings(org, "Shop_oauth", "Api, RefreshToken");
    let on = [
        "isClientCredentialsFlowEnabled",
        "isConsumerSecretOptional",
        "isSecretRequiredForRefreshToken",
        "isSecretRequiredForTokenExchange",
    ];
    let callback = "https://app.my.salesforce.com/services/oauth2/token";
    consumer(org, "Shop_glbloauth", callback, "", &on, "");
    let user = org.user("integration");
    policies(
        org,
        "Shop_oauthPlcy",
        "Shop_plcy",
        &format!(
            "<clientCredentialsFlowUser>{user}</clientCredentialsFlowUser>
             <ipRelaxationPolicyType>Bypass</ipRelaxationPolicyType>
             <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>
             <permittedUsersPolicyType>AllSelfAuthorized</permittedUsersPolicyType>
             <refreshTokenPolicyType>Infinite</refreshTokenPolicyType>"
        ),
    );
}

/// An app with several callback URLs, elements that have no attribute, and parts with unusual names.
fn editor(org: &Emulator) {
    app(org, "<description>What the app is for</description>");
    settings(org, "ShopSettings", "SFApiPlatform, Api, RefreshToken, MCP");
    let on = [
        "isConsumerSecretOptional",
        "isNamedUserJwtEnabled",
        "isPkceRequired",
        "isRefreshTokenRotationEnabled",
        "isSecretRequiredForTokenExchange",
    ];
    let callbacks = "http://localhost:8080/callback\nhttp://localhost:*/callback\n\
                     cursor://anysphere.cursor-mcp/oauth/callback\nhttps://claude.ai/api/mcp/auth_callback";
    let more =
        "<isDPopEnabled>false</isDPopEnabled><isEnforceRefreshTokenTTL>true</isEnforceRefreshTokenTTL>";
    consumer(org, "ShopGlobal", callbacks, "", &on, more);
    policies(
        org,
        "ShopSettings_defaultPolicy",
        "Shop_defaultPolicy",
        "<ipRelaxationPolicyType>Bypass</ipRelaxationPolicyType>
         <isClientCredentialsFlowEnabled>false</isClientCredentialsFlowEnabled>
         <namedUserJwtSessionTimeoutType>UserSession</namedUserJwtSessionTimeoutType>
         <permittedUsersPolicyType>AllSelfAuthorized</permittedUsersPolicyType>
         <refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>
         <refreshTokenValidityPeriod>365</refreshTokenValidityPeriod>
         <refreshTokenValidityUnit>Days</refreshTokenValidityUnit>",
    );
}

/// An app with unusual values that an org accepts, such as preauthorization without users and a flow without a user.
fn unusual(org: &Emulator) {
    app(org, "");
    settings(org, "Shop", "Api");
    let on = ["isConsumerSecretOptional", "isSecretRequiredForTokenExchange"];
    consumer(org, "Shop", "https://a.example/cb#fragment", "", &on, "");
    policies(
        org,
        "Shop",
        "Shop",
        "<isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>
         <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>
         <singleLogoutUrl>logout.example.com</singleLogoutUrl>",
    );
}

fn check_edit(
    create: fn(&Emulator),
    resource: usize,
    line: &'static str,
    replacement: &'static str,
    at: (&'static str, &'static str),
) {
    let (component, element) = at;
    let edit = Edit { resource: TYPES[resource], line, replacement, component, element };
    check_import(&Kind { id: "Shop", create, imports: [Import::Succeeds; 3], edit });
}

#[test]
fn a_change_of_a_flag_keeps_the_certificate_of_the_consumer() {
    check_edit(
        ledger,
        1,
        "device_flow_enabled ",
        "device_flow_enabled = true",
        (GLOBAL_OAUTH, "isDeviceFlowEnabled"),
    );
}

#[test]
fn a_change_of_a_policy_keeps_a_value_in_another_letter_case() {
    check_edit(
        ledger,
        2,
        "required_session_level ",
        "required_session_level = \"HIGH_ASSURANCE\"",
        (OAUTH_POLICIES, "requiredSessionLevel"),
    );
}

#[test]
fn a_change_of_a_flag_keeps_a_client_without_secret_and_pkce() {
    check_edit(
        nightly,
        1,
        "introspect_all_tokens ",
        "introspect_all_tokens = true",
        (GLOBAL_OAUTH, "isIntrospectAllTokens"),
    );
}

#[test]
fn callback_urls_with_a_wildcard_can_be_changed() {
    let urls = "callback_urls = [\"http://localhost:8080/callback\", \"http://localhost:*/callback\"]";
    check_edit(editor, 1, "callback_urls ", urls, (GLOBAL_OAUTH, "callbackUrl"));
}

#[test]
fn a_change_of_the_label_of_the_settings_changes_nothing_else() {
    check_edit(editor, 1, "label ", "label = \"Changed\"", (OAUTH, "label"));
}

#[test]
fn a_change_of_a_policy_keeps_unusual_values() {
    check_edit(
        unusual,
        2,
        "ip_relaxation ",
        "ip_relaxation = \"Bypass\"",
        (OAUTH_POLICIES, "ipRelaxationPolicyType"),
    );
}

/// A workspace into which the app of an org was imported, and the configuration that Terraform generated.
fn generated(org: &Emulator) -> (Workspace<'_>, String) {
    let workspace = Workspace::new(org);
    let blocks: String =
        TYPES.map(|kind| format!("import {{\n  to = {kind}.found\n  id = \"Shop\"\n}}\n")).concat();
    workspace.configure(&blocks);
    workspace.plan(&["-generate-config-out=generated.tf"]).changes(&[]);
    workspace.apply().succeeded();
    workspace.configure("");
    let path = workspace.folder().join("generated.tf");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
    (workspace, text)
}

/// A generated configuration contains no value that is valid in one org only.
#[test]
fn a_generated_configuration_works_in_another_org_and_for_a_replacement() {
    let org = Emulator::start();
    nightly(&org);
    let (workspace, text) = generated(&org);
    assert!(!text.contains("888"), "{text}");
    let replace = format!("-replace={SETTINGS}");
    workspace
        .run(&["plan", "-no-color", "-input=false", "-lock=false", &replace])
        .succeeded()
        .containing("1 to add, 0 to change, 1 to destroy");

    let other = Emulator::start();
    let workspace = Workspace::new(&other);
    workspace.configure("");
    workspace.write("generated.tf", &text);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(other.part(GLOBAL_OAUTH, "Shop").text("isConsumerSecretOptional"), "true");
}

/// A configuration may contain the link to the app's own consumer, although generated configurations do not contain it.
#[test]
fn a_configured_link_to_the_own_consumer_replaces_nothing() {
    let org = Emulator::start();
    nightly(&org);
    let link = org.part(OAUTH, "Shop").text("oauthLink");
    let (workspace, text) = generated(&org);
    let line = text.lines().find(|line| line.trim_start().starts_with("oauth_link ")).expect("a link");
    workspace.write("generated.tf", &text.replace(line, &format!("oauth_link = \"{link}\"")));
    let before = org.admin("GET", "/components", None);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.admin("GET", "/components", None), before);
}

/// A different certificate in the org is drift. The same certificate in a different form in the configuration is not a
/// change.
#[test]
fn a_certificate_shows_drift_and_can_be_written_in_any_form() {
    let org = Emulator::start();
    ledger(&org);
    let (workspace, text) = generated(&org);
    let bare = org.part(GLOBAL_OAUTH, "Shop").text("certificate");
    let line =
        text.lines().find(|line| line.trim_start().starts_with("certificate ")).expect("a certificate");
    let armored = format!(
        "-----BEGIN CERTIFICATE-----\r\n    {}\r\n-----END CERTIFICATE-----\r\n",
        bare.replace('\n', "\r\n    ")
    );
    for written in [armored.as_str(), &bare.replace('\n', ""), &format!("Subject: CN=app\n{armored}")] {
        let value = serde_json::json!(written).to_string();
        workspace.write("generated.tf", &text.replace(line, &format!("certificate = {value}")));
        workspace.assert_empty_plan();
    }
    assert_eq!(org.deploys().len(), 0);
    org.edit(GLOBAL_OAUTH, "Shop", "certificate", &bare_certificate());
    workspace.apply().succeeded().containing("Certificate changes");
    let again = org.part(GLOBAL_OAUTH, "Shop").text("certificate").replace(['\r', '\n', ' '], "");
    assert!(again.contains(&bare.replace('\n', "")), "{again}");
    workspace.assert_empty_plan();
}

/// A settings file may be empty, or contain elements without values.
#[test]
fn org_settings_without_values_are_imported_and_updated() {
    const OF_APPS: &str = "ExternalClientAppSettings";
    for inside in [
        "",
        "<enableClientSecretInRestApiAccess>false</enableClientSecretInRestApiAccess>
         <enableConsumerSecretApiAccess>true</enableConsumerSecretApiAccess>
         <enableExternalClientApps xsi:nil=\"true\"/>
         <enablePackageEcaOauthFromDevOrg xsi:nil=\"true\"/>",
    ] {
        let org = Emulator::start();
        put_file(&org, OF_APPS, "ExternalClientApp", inside);
        let workspace = Workspace::new(&org);
        let block = |line: &str| {
            format!("resource \"salesforce_org_external_client_app_settings\" \"org\" {{\n  {line}\n}}\n")
        };
        workspace.configure(&block(""));
        let address = "salesforce_org_external_client_app_settings.org";
        workspace.run(&["import", "-no-color", "-input=false", address, "ExternalClientApp"]).succeeded();
        workspace.assert_empty_plan();
        assert_eq!(workspace.attribute(address, "package_eca_oauth_from_dev_org_enabled"), false);
        workspace.configure(&block("client_secret_in_rest_api_access_enabled = true"));
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        assert_eq!(workspace.attribute(address, "client_secret_in_rest_api_access_enabled"), true);
    }
}

/// Elements for internal use have no attribute. An update keeps them.
#[test]
fn elements_of_org_settings_without_an_attribute_survive_an_update() {
    const OIDC: &str = "OauthOidcSettings";
    let org = Emulator::start();
    put_file(
        &org,
        OIDC,
        "OauthOidc",
        "<agentAuthLinking>true</agentAuthLinking><blockOAuthUnPwFlow>false</blockOAuthUnPwFlow>
         <isPkceRequired>false</isPkceRequired><oAuthCdCrdtFlowEnable>true</oAuthCdCrdtFlowEnable>",
    );
    let workspace = Workspace::new(&org);
    workspace
        .configure("resource \"salesforce_org_oauth_oidc_settings\" \"org\" {\n  pkce_required = true\n}\n");
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let found = org.components(OIDC).remove(0);
    for (element, text) in
        [("agentAuthLinking", "true"), ("oAuthCdCrdtFlowEnable", "true"), ("isPkceRequired", "true")]
    {
        assert_eq!(found.text(element), text, "{element}");
    }
}
