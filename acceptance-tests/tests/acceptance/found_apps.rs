//! Imports of existing apps: created in Setup, created by other tools, installed from packages, or partly unreadable.
//! Each app is imported with a configuration that Terraform generates, or the import is rejected and the error states
//! the reason. A later change affects nothing else.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::switches;
use serde_json::json;

use super::import_procedure::Import::{Fails, Succeeds};
use super::import_procedure::{Edit, Kind, LABEL, LEVEL, TYPES, check_import};

/// Creates a component with these elements, as another tool would deploy it.
fn put(org: &Emulator, kind: &str, name: &str, elements: &[(&str, &str)]) {
    let lines: String =
        elements.iter().map(|(element, text)| format!("<{element}>{text}</{element}>\n")).collect();
    put_file(org, kind, name, &lines);
}

/// Creates a component from a file with this content in its root element.
pub fn put_file(org: &Emulator, kind: &str, name: &str, inside: &str) {
    let file = format!(
        "<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n{inside}</{kind}>"
    );
    let url = format!("{}/emulator/components/{kind}/{name}", org.url());
    let reply =
        acceptance_tests::http::call("PUT", &url, Some(&file)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reply.status, 200, "{kind} {name}: {}", reply.body);
}

const OF_SHOP: (&str, &str) = ("externalClientApplication", "Shop");

/// An app that was created in Setup.
fn in_setup(org: &Emulator) {
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "scopes": "Api, OpenID, RefreshToken" })));
}

/// An app whose parts have arbitrary names, one of which is similar to the name of another app.
fn arbitrary_names(org: &Emulator) {
    put(org, APP, "Shop_oauth", &[("label", "Not the settings of Shop")]);
    put(org, APP, "Shop", &[("label", "Shop &amp; Söhne")]);
    put(org, POLICIES, "P1", &[OF_SHOP, ("isEnabled", "true")]);
    put(org, OAUTH, "Zz9", &[("commaSeparatedOauthScopes", "Web,Api"), OF_SHOP]);
    put(
        org,
        GLOBAL_OAUTH,
        "Shop_oauth_glbloauth",
        &[("callbackUrl", "https://a.example/cb\nhttps://b.example/cb"), OF_SHOP],
    );
}

/// An app whose files are named as in an `sf` project, with the policies that the org created.
fn by_another_tool(org: &Emulator) {
    put(org, APP, "Shop", &[("distributionState", "Local"), ("label", "Shop")]);
    put(org, OAUTH, "Shop", &[("commaSeparatedOauthScopes", "Basic, OfflineAccess"), OF_SHOP]);
    put(
        org,
        GLOBAL_OAUTH,
        "Shop",
        &[OF_SHOP, ("isConsumerSecretOptional", "true"), ("isSecretRequiredForRefreshToken", "false")],
    );
}

fn without_oauth(org: &Emulator) {
    put(org, APP, "Shop", &[("label", "Shop")]);
    put(org, POLICIES, "Shop_plcy", &[OF_SHOP, ("isEnabled", "false")]);
}

/// An app that consists only of the app's file, without settings and policies.
fn bare(org: &Emulator) {
    put(org, APP, "Shop", &[("contactPhone", "+49 30 1234"), ("isProtected", "true")]);
}

/// An app whose consumer belongs to another org, so the app has no `ExtlClntAppGlobalOauthSettings` file.
fn linked(org: &Emulator) {
    put(org, APP, "Shop", &[("distributionState", "Packaged"), ("label", "Shop")]);
    let link = ("oauthLink", "00D000000000099:888000000000001");
    put(org, OAUTH, "Shop_oauth", &[("commaSeparatedOauthScopes", "Api"), OF_SHOP, link]);
}

fn installed(org: &Emulator) {
    org.admin("POST", "/packages", Some(&json!({ "namespace": "acme", "name": "Shop" })));
}

/// An installed app and a local app of the same name.
fn installed_beside_a_local_one(org: &Emulator) {
    in_setup(org);
    installed(org);
}

/// The same apps in an org where the wildcard `*` omits packaged components.
fn installed_and_not_in_the_wildcard(org: &Emulator) {
    org.admin("PATCH", "/org", Some(&json!({ "wildcard_skips_packages": true })));
    installed_beside_a_local_one(org);
}

fn unreadable(org: &Emulator) {
    in_setup(org);
    org.admin("PATCH", "/org", Some(&json!({ "enableConsumerSecretApiAccess": false })));
}

/// An app with elements that have no attribute.
fn with_additional_elements(org: &Emulator) {
    in_setup(org);
    org.edit(APP, "Shop", "infoUrl", "https://shop.example/info");
    org.edit(GLOBAL_OAUTH, "Shop", "isDPopEnabled", "true");
    org.edit(GLOBAL_OAUTH, "Shop", "isEnforceRefreshTokenTTL", "true");
    org.edit(POLICIES, "Shop", "isAttestPluginEnabled", "true");
}

/// An app with values for most elements.
fn with_everything(org: &Emulator) {
    org.admin("PATCH", "/org", Some(&json!({ "apexClasses": ["Handler"] })));
    put(
        org,
        APP,
        "Shop",
        &[
            ("contactEmail", "a@example.com"),
            ("contactPhone", "1"),
            ("description", "Two\nlines, \"quoted\" &amp; ${not} %{a} template"),
            ("distributionState", "Packaged"),
            ("iconUrl", "https://a.example/i.png"),
            ("isProtected", "true"),
            ("label", "Läden"),
            ("logoUrl", "https://a.example/l.png"),
        ],
    );
    let range = "<description>Office</description><endIpAddress>10.0.0.9</endIpAddress><startIpAddress>10.0.0.1</startIpAddress>";
    let other = "<endIpAddress>10.0.1.9</endIpAddress><startIpAddress>10.0.1.1</startIpAddress>";
    put(
        org,
        OAUTH,
        "Shop_oauth",
        &[
            ("areAttributesIncludedInAssetToken", "true"),
            ("assetTokenAudiences", "https://a.example"),
            ("assetTokenValidity", "30"),
            ("commaSeparatedOauthScopes", "Api, Basic, OpenID, Profile, RefreshToken, Web"),
            ("customAttributes", "<formula>$User.Id</formula><key>user.id</key>"),
            ("customAttributes", "<formula>&quot;a&quot; &amp; &quot;b&quot;</formula><key>two words</key>"),
            OF_SHOP,
            ("isFirstPartyAppEnabled", "true"),
            ("label", "Mine"),
            ("singleLogoutUrl", "https://a.example/out"),
            ("trustedIpRanges", range),
            ("trustedIpRanges", other),
        ],
    );
    let token = "<idTokenAudience>https://a.example</idTokenAudience><idTokenIncludeStandardClaims>true</idTokenIncludeStandardClaims><idTokenValidityInMinutes>5</idTokenValidityInMinutes>";
    let switches = switches::all().iter().filter(|switch| switch.metadata_type == GLOBAL_OAUTH);
    let mut on: Vec<(&str, &str)> = switches
        .filter(|switch| !switch.element.contains('.'))
        .map(|switch| (switch.element.as_str(), "true"))
        .collect();
    on.extend(["isCodeCredFlowEnabled", "isCodeCredPostOnly"].map(|element| (element, "true")));
    let global = [
        ("callbackUrl", "https://a.example/cb?x=1&amp;y=2"),
        OF_SHOP,
        ("idTokenConfig", token),
        ("label", "Glo"),
    ];
    put(org, GLOBAL_OAUTH, "Shop_global", &[&global[..], &on].concat());
    let name = org.part(OAUTH_POLICIES, "Shop").name;
    put(
        org,
        OAUTH_POLICIES,
        &name,
        &[
            ("apexHandler", "Handler"),
            ("clientCredentialsFlowUser", &org.user("integration")),
            ("commaSeparatedPermissionSet", "Shop_Staff, Shop_Customer"),
            ("commaSeparatedProfile", "Standard"),
            ("customAttributes", "<formula>User.City</formula><key>city</key>"),
            ("executeHandlerAs", &org.user("integration")),
            OF_SHOP,
            ("guestJwtSessionTimeoutType", "Custom"),
            ("guestJwtTimeout", "90"),
            ("ipRelaxationPolicyType", "Bypass_2factor"),
            ("isClientCredentialsFlowEnabled", "true"),
            ("isGuestCodeCredFlowEnabled", "true"),
            ("isTokenExchangeFlowEnabled", "true"),
            ("namedUserJwtSessionTimeoutType", "Custom"),
            ("namedUserJwtTimeout", "15"),
            ("permittedUsersPolicyType", "AdminApprovedPreAuthorized"),
            ("policyAction", "Block"),
            ("refreshTokenPolicyType", "SpecificInactivity"),
            ("refreshTokenValidityPeriod", "3"),
            ("refreshTokenValidityUnit", "Months"),
            ("requiredSessionLevel", "HIGH_ASSURANCE"),
            ("sessionTimeoutInMinutes", "120"),
            ("singleLogoutUrl", "https://a.example/out"),
            ("startUrl", "https://a.example/start"),
        ],
    );
    let name = org.part(POLICIES, "Shop").name;
    let page = [("startPage", "Custom"), ("startUrl", "https://a.example/start")];
    put(
        org,
        POLICIES,
        &name,
        &[&[OF_SHOP, ("isEnabled", "true"), ("isSamlPluginEnabled", "false")][..], &page].concat(),
    );
}

#[test]
fn an_app_created_in_setup_can_be_imported() {
    check_import(&Kind { id: "Shop", create: in_setup, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_app_whose_parts_have_arbitrary_names_can_be_imported() {
    check_import(&Kind { id: "Shop", create: arbitrary_names, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_app_created_by_another_tool_can_be_imported() {
    check_import(&Kind { id: "Shop", create: by_another_tool, imports: [Succeeds; 3], edit: LEVEL });
}

#[test]
fn an_app_with_every_element_can_be_imported() {
    check_import(&Kind { id: "Shop", create: with_everything, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_app_with_elements_without_an_attribute_can_be_imported() {
    let plugin = Edit {
        resource: TYPES[2],
        line: "oauth_plugin_enabled ",
        replacement: "oauth_plugin_enabled = false",
        component: POLICIES,
        element: "isOauthPluginEnabled",
    };
    let create = with_additional_elements;
    check_import(&Kind { id: "Shop", create, imports: [Succeeds; 3], edit: plugin });
    check_import(&Kind { id: "Shop", create: with_additional_elements, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_app_without_oauth_settings_is_imported_with_its_policies() {
    let none = Fails("has no OAuth settings");
    check_import(&Kind {
        id: "Shop",
        create: without_oauth,
        imports: [Succeeds, none, Succeeds],
        edit: LABEL,
    });
}

#[test]
fn an_app_without_settings_and_policies_is_imported_alone() {
    let imports = [Succeeds, Fails("has no OAuth settings"), Fails("has no policies")];
    check_import(&Kind { id: "Shop", create: bare, imports, edit: LABEL });
}

#[test]
fn an_app_with_the_consumer_of_another_org_can_be_imported() {
    check_import(&Kind { id: "Shop", create: linked, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn only_the_policies_of_an_installed_app_can_be_imported() {
    let from_package = Fails("was installed from the package acme");
    check_import(&Kind {
        id: "acme__Shop",
        create: installed,
        imports: [from_package, from_package, Succeeds],
        edit: LEVEL,
    });
}

#[test]
fn an_installed_and_a_local_app_of_the_same_name_are_distinguished() {
    let from_package = Fails("was installed from the package acme");
    check_import(&Kind {
        id: "acme__Shop",
        create: installed_beside_a_local_one,
        imports: [from_package, from_package, Succeeds],
        edit: LEVEL,
    });
    check_import(&Kind {
        id: "Shop",
        create: installed_beside_a_local_one,
        imports: [Succeeds; 3],
        edit: LABEL,
    });
}

#[test]
fn policies_of_an_installed_app_that_a_wildcard_omits_can_be_imported() {
    let from_package = Fails("was installed from the package acme");
    check_import(&Kind {
        id: "acme__Shop",
        create: installed_and_not_in_the_wildcard,
        imports: [from_package, from_package, Succeeds],
        edit: LEVEL,
    });
}

#[test]
fn an_app_whose_consumer_is_unreadable_is_imported_without_its_settings() {
    let hidden = Fails("Consumer settings cannot be read");
    check_import(&Kind {
        id: "Shop",
        create: unreadable,
        imports: [Succeeds, hidden, Succeeds],
        edit: LABEL,
    });
}

#[test]
fn a_missing_app_cannot_be_imported() {
    let none = Fails("Object to import not found");
    let nothing: fn(&Emulator) = |org| put(org, APP, "Shopping", &[]);
    check_import(&Kind { id: "Shop", create: nothing, imports: [none; 3], edit: LABEL });
}
