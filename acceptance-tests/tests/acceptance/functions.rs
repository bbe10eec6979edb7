//! Provider functions called by the real Terraform: without an org, and as the input of `salesforce_oauth_client`.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{self, APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;

const FILE: &str = "Shop.connectedApp-meta.xml";

fn example(file: &str) -> String {
    let path = repository().join("examples/functions").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The example with this content in the file of the connected app.
fn shop<'org>(org: &'org Emulator, file: &str) -> Workspace<'org> {
    let workspace = Workspace::new(org);
    workspace.write(FILE, file);
    workspace.configure(&example("connected_app/function.tf"));
    workspace
}

#[test]
fn the_examples_of_functions_run() {
    if !language::has(Feature::Functions) {
        return;
    }
    let org = Emulator::start();
    let workspace = shop(&org, &example(&format!("connected_app/{FILE}")));
    workspace.write("record_id.tf", &example("record_id_18/function.tf"));
    workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let output = |name: &str| workspace.run(&["output", "-json", name]).succeeded().stdout.trim().to_owned();
    assert_eq!(output("permission_set_id"), "\"0PSD000000IqhSLOAZ\"");
    let not_converted: serde_json::Value = serde_json::from_str(&output("not_converted")).expect("JSON");
    let not_converted: Vec<&str> = not_converted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["element"].as_str())
        .collect();
    assert_eq!(not_converted, ["oauthConfig/consumerKey"]);

    let global = org.part(GLOBAL_OAUTH, "Shop");
    assert_eq!(
        global.text("callbackUrl").lines().collect::<Vec<_>>(),
        ["https://shop.example.com/callback", "https://shop-test.example.com/callback"]
    );
    // The new app does not use the consumer of the connected app.
    assert_ne!(global.text("consumerKey"), "EXAMPLE0KEY0OF0A0CONNECTED0APP");
    assert_eq!(org.part(OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api, RefreshToken");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    for (element, value) in [
        ("permittedUsersPolicyType", "AdminApprovedPreAuthorized"),
        ("commaSeparatedPermissionSet", "Shop_Customer"),
        ("refreshTokenPolicyType", "SpecificLifetime"),
        ("refreshTokenValidityPeriod", "30"),
        ("refreshTokenValidityUnit", "Days"),
        ("sessionTimeoutInMinutes", "120"),
        ("ipRelaxationPolicyType", "Enforce"),
    ] {
        assert_eq!(policies.text(element), value, "{element}");
    }
    assert_eq!(org.part(POLICIES, "Shop").text("startUrl"), "https://shop.example.com");
    workspace.destroy().succeeded();
    assert_eq!(org.names(APP), Vec::<String>::new());
}

/// The file contains most elements of a connected app, and unexpected elements.
#[test]
fn a_connected_app_with_every_element_becomes_a_client_without_the_secret() {
    if !language::has(Feature::Functions) {
        return;
    }
    let org = Emulator::start();
    let file = r#"<?xml version="1.0" encoding="UTF-8"?>
<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <attributes><formula>User.Country</formula><key>country</key></attributes>
    <canvasConfig><accessMethod>Get</accessMethod><canvasUrl>https://shop.example.com/canvas</canvasUrl></canvasConfig>
    <contactEmail>owner@example.com</contactEmail>
    <contactPhone>+49 30 1234567</contactPhone>
    <description>Sells &amp; ships.
Two lines.</description>
    <iconUrl>https://shop.example.com/icon.png</iconUrl>
    <infoUrl>https://shop.example.com/info</infoUrl>
    <ipRanges><description>Office</description><end>192.0.2.63</end><start>192.0.2.32</start></ipRanges>
    <label>Shop &lt;2&gt;</label>
    <logoUrl>https://shop.example.com/logo.png</logoUrl>
    <oauthConfig>
        <callbackUrl>https://shop.example.com/callback
shopapp://done</callbackUrl>
        <consumerKey>3MVG9KEYOFTHECONNECTEDAPP</consumerKey>
        <consumerSecret>TOPSECRETTOPSECRETTOPSECRET</consumerSecret>
        <idTokenConfig><idTokenAudience>https://api.example.com</idTokenAudience>
            <idTokenIncludeAttributes>true</idTokenIncludeAttributes><idTokenIncludeCustomPerms>false</idTokenIncludeCustomPerms>
            <idTokenIncludeStandardClaims>true</idTokenIncludeStandardClaims><idTokenValidity>30</idTokenValidity></idTokenConfig>
        <isAdminApproved>false</isAdminApproved>
        <isClientCredentialEnabled>false</isClientCredentialEnabled>
        <isCodeCredentialEnabled>true</isCodeCredentialEnabled>
        <isCodeCredentialPostOnly>true</isCodeCredentialPostOnly>
        <isConsumerSecretOptional>true</isConsumerSecretOptional>
        <isDeviceFlowEnabled>true</isDeviceFlowEnabled>
        <isIntrospectAllTokens>true</isIntrospectAllTokens>
        <isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>
        <isPkceRequired>true</isPkceRequired>
        <isRefreshTokenRotationEnabled>true</isRefreshTokenRotationEnabled>
        <isSecretRequiredForRefreshToken>false</isSecretRequiredForRefreshToken>
        <isSecretRequiredForTokenExchange>true</isSecretRequiredForTokenExchange>
        <isTokenExchangeEnabled>true</isTokenExchangeEnabled>
        <scopes>Basic</scopes><scopes>Api</scopes><scopes>RefreshToken</scopes><scopes>SFAP</scopes><scopes>A2A</scopes>
        <singleLogoutUrl>https://shop.example.com/bye</singleLogoutUrl>
    </oauthConfig>
    <oauthPolicy>
        <ipRelaxation>ENFORCE_RELAXREFRESH</ipRelaxation>
        <refreshTokenPolicy>specific_inactivity:7:DAYS</refreshTokenPolicy>
        <singleLogoutUrl>https://shop.example.com/out</singleLogoutUrl>
    </oauthPolicy>
    <plugin>ShopPlugin</plugin>
    <sessionPolicy><policyAction>RaiseSessionLevel</policyAction><sessionLevel>HIGH_ASSURANCE</sessionLevel></sessionPolicy>
    <unheardOf><password>TOPSECRETTOPSECRETTOPSECRET</password></unheardOf>
</ConnectedApp>
"#;
    let workspace = shop(&org, file);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let not_converted = workspace.run(&["output", "-json", "not_converted"]).succeeded().stdout;
    for element in [
        "canvasConfig",
        "infoUrl",
        "oauthConfig/consumerKey",
        "oauthConfig/consumerSecret",
        "oauthConfig/scopes",
        "plugin",
        "unheardOf",
    ] {
        assert!(not_converted.contains(&format!("\"{element}\"")), "{element}: {not_converted}");
    }
    let state = std::fs::read_to_string(workspace.folder().join("terraform.tfstate")).expect("a state");
    assert!(!state.contains("TOPSECRET"), "{state}");
    assert_eq!(org.part(OAUTH, "Shop").text("singleLogoutUrl"), "https://shop.example.com/bye");
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isTokenExchangeFlowEnabled"), "true");
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

/// The configurations have no provider block, and no org is used.
#[test]
fn functions_need_no_org_and_report_errors_at_the_argument() {
    if !language::has(Feature::Functions) {
        return;
    }
    let workspace = Workspace::anonymous();
    for (call, words) in [
        ("connected_app(\"\")", "It is empty"),
        ("connected_app(\"Shop.connectedApp-meta.xml\")", "It is a path"),
        ("connected_app(\"<Package/>\")", "Its root element is Package, not ConnectedApp"),
        ("connected_app(\"<ConnectedApp>\")", "the document ends inside an element"),
        ("connected_app(null)", "argument must not be null"),
        ("connected_app()", "Not enough function arguments"),
        ("connected_app(\"<ConnectedApp/>\", 1)", "Too many function arguments"),
        ("record_id_18(\"Shop\")", "It has 4 characters"),
        ("record_id_18(\"001D000000IqhSLIAY\")", "do not match the others"),
        ("record_id_18(null)", "argument must not be null"),
    ] {
        workspace.configure(&format!("output \"it\" {{\n  value = provider::salesforce::{call}\n}}\n"));
        workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(words);
    }
    if !language::has(Feature::FunctionsAlone) {
        return;
    }
    workspace.configure(
        "output \"id\" {\n  value = provider::salesforce::record_id_18(\"001d000000iqhsliaz\")\n}\n\noutput \"label\" {\n  value \
         = provider::salesforce::connected_app(\"<ConnectedApp><label>A</label></ConnectedApp>\").label\n}\n",
    );
    let run = workspace.run(&["plan", "-no-color", "-input=false"]).succeeded().stdout;
    assert!(run.contains("\"001D000000IqhSLIAZ\"") && run.contains("\"A\""), "{run}");
}
