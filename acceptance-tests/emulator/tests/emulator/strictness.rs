//! The rules for a single file. Each rule is broken once, and the violation must be rejected with the expected reason.
//! An error that is accepted here would be accepted in every scenario. Rules over several files are in
//! `consistency.rs`.

use crate::client::{APP, APP_POLICIES, GLOBAL, NS, OAUTH, OAUTH_POLICIES, Package, file, start};

pub const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";
pub const POLICY: &str = "Shop_oauth_defaultPolicy";

/// The violation, the package, and a part of the expected message, which may include the line number.
pub type Case = (&'static str, Package, &'static str);

pub fn one(kind: &str, name: &str, elements: &str) -> Package {
    Package::new().with(kind, name, elements)
}

pub fn app(elements: &str) -> Package {
    one(APP, "Shop", elements)
}

fn oauth(elements: &str) -> Package {
    one(OAUTH, "Shop_oauth", &format!("{PARENT}\n{elements}"))
}

pub fn global(elements: &str) -> Package {
    one(GLOBAL, "Shop_global", &format!("{PARENT}\n{elements}"))
}

fn policies(elements: &str) -> Package {
    one(OAUTH_POLICIES, POLICY, &format!("{PARENT}\n{elements}"))
}

fn app_policies(elements: &str) -> Package {
    one(APP_POLICIES, "Shop_defaultPolicy", &format!("{PARENT}\n{elements}"))
}

fn raw(kind: &str, text: &str) -> Package {
    let (directory, suffix) = crate::client::directory(kind);
    Package::new().member(kind, "Shop").file(&format!("{directory}/Shop.{suffix}"), text)
}

pub fn reject_all(cases: Vec<Case>) {
    let org = start();
    org.shop();
    let before = org.components();
    for (rule, package, expected) in cases {
        let deployed = org.deploy(&package);
        let problems = deployed.problems();
        assert_eq!(deployed.status(), "Failed", "{rule} was accepted");
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{rule}: {problems:?}, not {expected}"
        );
        assert_eq!(org.components(), before, "{rule}");
    }
}

#[test]
fn violations_of_the_schema_are_rejected() {
    let entity = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>";
    reject_all(vec![
        (
            "unknown element",
            app("<label>x</label>\n<color>x</color>"),
            "4 Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}color invalid at this location in type ExternalClientApplication",
        ),
        ("letter case of an element", app("<Label>x</Label>"), "3 Error parsing file: Element"),
        (
            "element of another type",
            app("<callbackUrl>https://x.example</callbackUrl>"),
            "callbackUrl invalid at this location",
        ),
        (
            "element without a namespace",
            app("<label xmlns=\"\">x</label>"),
            "3 Error parsing file: Element label invalid",
        ),
        ("fullName in a file", app("<fullName>Shop</fullName>"), "fullName invalid at this location"),
        (
            "repeated element",
            app("<label>x</label>\n<label>y</label>"),
            "4 Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}label is duplicated",
        ),
        (
            "repetition that is interrupted",
            oauth(
                "<customAttributes><formula>a</formula><key>a</key></customAttributes>\n<label>x</label>\n<customAttributes><formula>a</formula><key>b</key></customAttributes>",
            ),
            "6 Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}customAttributes is duplicated",
        ),
        (
            "boolean",
            global("<isPkceRequired>True</isPkceRequired>"),
            "4 Error parsing file: 'True' is not a valid value for the type xsd:boolean",
        ),
        (
            "empty boolean",
            global("<isPkceRequired></isPkceRequired>"),
            "'' is not a valid value for the type xsd:boolean",
        ),
        (
            "integer",
            policies("<sessionTimeoutInMinutes>1.5</sessionTimeoutInMinutes>"),
            "'1.5' is not a valid value for the type xsd:int",
        ),
        (
            "enum",
            policies("<permittedUsersPolicyType>AdminApproved</permittedUsersPolicyType>"),
            "4 'AdminApproved' is not a valid value for the enum 'PermittedUsersPolicyType'",
        ),
        (
            "required element",
            one(OAUTH, "Shop_oauth", "<label>x</label>"),
            "2 Required field is missing: externalClientApplication",
        ),
        (
            "required boolean",
            one(APP_POLICIES, "Shop_defaultPolicy", PARENT),
            "Required field is missing: isEnabled",
        ),
        (
            "required element of a nested type",
            oauth("<trustedIpRanges><startIpAddress>1.1.1.1</startIpAddress></trustedIpRanges>"),
            "4 Required field is missing: endIpAddress",
        ),
        (
            "unknown element of a nested type",
            global("<idTokenConfig>\n<validity>2</validity></idTokenConfig>"),
            "5 Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}validity invalid at this location in type ExternalAppIdTokenConfig",
        ),
        (
            "element within a text",
            app("<label><b>x</b></label>"),
            "b invalid at this location in type string",
        ),
        ("text between elements", app("x<label>x</label>"), "text is not allowed"),
        ("attribute", app("<label lang=\"en\">x</label>"), "Attribute lang is not allowed"),
        ("type of the root", raw(APP, &file(OAUTH, "<label>x</label>")), "Error parsing file: Element"),
        (
            "namespace of the root",
            raw(APP, "<ExternalClientApplication><label>x</label></ExternalClientApplication>"),
            "invalid at this location",
        ),
        ("not XML", raw(APP, "<ExternalClientApplication"), "1 Error parsing file"),
        (
            "entities of a DTD",
            raw(
                APP,
                &format!(
                    "{entity}<ExternalClientApplication xmlns=\"{NS}\"><label>&b;</label></ExternalClientApplication>"
                ),
            ),
            "Error parsing file",
        ),
    ]);
}

#[test]
fn elements_outside_their_versions_are_rejected() {
    reject_all(vec![
        ("newer element", global("<isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>").at(60), "4 Error parsing file: Element"),
        ("newer nested element", global("<idTokenConfig><idTokenIncludeCustomPermissions>true</idTokenIncludeCustomPermissions></idTokenConfig>").at(60), "idTokenIncludeCustomPermissions invalid"),
        ("removed element", policies("<isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>"), "isNamedUserJwtEnabled invalid"),
        ("undocumented element before its version", global("<isMtlsEnabled>true</isMtlsEnabled>"), "isMtlsEnabled invalid"),
        ("type of timeout before 65", policies("<guestJwtSessionTimeoutType>Custom</guestJwtSessionTimeoutType><guestJwtTimeout>5</guestJwtTimeout>").at(64), "guestJwtSessionTimeoutType invalid"),
        ("long timeout before 65", policies("<guestJwtTimeout>60</guestJwtTimeout>").at(64), "bad value for restricted picklist field: 60"),
        ("version beyond the org's", app("<label>x</label>").at(salesforce_emulator::NEWEST_API_VERSION + 1), "1 Invalid version specified"),
        ("version that is not emulated", app("<label>x</label>").at(59), "not emulated: API version 59.0"),
    ]);
}

#[test]
fn invalid_values_are_rejected() {
    let attributes: String = (0..129)
        .map(|number| {
            format!("<customAttributes><formula>User.Id</formula><key>k{number}</key></customAttributes>")
        })
        .collect();
    reject_all(vec![
        (
            "scope",
            oauth("<commaSeparatedOauthScopes>Api, Everything</commaSeparatedOauthScopes>"),
            "4 Invalid OAuth scope: Everything. Valid values are: Address, Api",
        ),
        (
            "scope by its other name",
            oauth("<commaSeparatedOauthScopes>refresh_token</commaSeparatedOauthScopes>"),
            "Invalid OAuth scope",
        ),
        (
            "custom scope",
            oauth("<commaSeparatedCustomScopes>mine</commaSeparatedCustomScopes>"),
            "no OauthCustomScope named mine found",
        ),
        ("number of attributes", oauth(&attributes), "at most 128"),
        (
            "attribute twice",
            oauth(
                "<customAttributes><formula>a</formula><key>k</key></customAttributes><customAttributes><formula>b</formula><key>k</key></customAttributes>",
            ),
            "duplicate value found",
        ),
        (
            "IP address",
            oauth(
                "<trustedIpRanges><endIpAddress>1.1.1.1</endIpAddress><startIpAddress>::1</startIpAddress></trustedIpRanges>",
            ),
            "not an IPv4 address",
        ),
        (
            "order of a range",
            oauth(
                "<trustedIpRanges><endIpAddress>1.1.1.1</endIpAddress><startIpAddress>1.1.1.2</startIpAddress></trustedIpRanges>",
            ),
            "must not be greater",
        ),
        (
            "foreign link",
            oauth("<oauthLink>00D000000000009:888000000000009</oauthLink>"),
            "distribution state PACKAGED",
        ),
        (
            "callback",
            global("<callbackUrl>shop.example/callback</callbackUrl>"),
            "4 Callback URL: invalid URL",
        ),
        (
            "one of several callbacks",
            global("<callbackUrl>https://a.example\nb</callbackUrl>"),
            "invalid URL: b",
        ),
        ("certificate", global("<certificate>MIIB</certificate>"), "not a valid X.509 certificate"),
        ("custom key", global("<consumerKey>mine</consumerKey>"), "not emulated: choosing a consumerKey"),
        (
            "custom secret",
            global("<consumerSecret>mine</consumerSecret>"),
            "not emulated: choosing a consumerSecret",
        ),
        (
            "ID token validity",
            global("<idTokenConfig><idTokenValidityInMinutes>0</idTokenValidityInMinutes></idTokenConfig>"),
            "1 to 720",
        ),
        ("e-mail address", app("<contactEmail>nobody</contactEmail>"), "invalid email address"),
        (
            "state that is not settable",
            app("<distributionState>Managed</distributionState>"),
            "bad value for restricted picklist field: Managed",
        ),
        ("managed type", app("<managedType>Local</managedType>"), "not emulated: managedType"),
        (
            "app of another org",
            app("<orgScopedExternalApp>00D000000000009:Shop</orgScopedExternalApp>"),
            "not of this org",
        ),
        (
            "documented value",
            policies("<ipRelaxationPolicyType>Relax</ipRelaxationPolicyType>"),
            "bad value for restricted picklist field: Relax",
        ),
        (
            "unit",
            policies(
                "<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType><refreshTokenValidityPeriod>1</refreshTokenValidityPeriod><refreshTokenValidityUnit>Weeks</refreshTokenValidityUnit>",
            ),
            "bad value for restricted picklist field: Weeks",
        ),
        (
            "lifetime without a period",
            policies("<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>"),
            "refreshTokenValidityPeriod",
        ),
        (
            "lifetime without a unit",
            policies(
                "<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType><refreshTokenValidityPeriod>1</refreshTokenValidityPeriod>",
            ),
            "refreshTokenValidityUnit",
        ),
        (
            "period without a lifetime",
            policies(
                "<refreshTokenPolicyType>Infinite</refreshTokenPolicyType><refreshTokenValidityPeriod>1</refreshTokenValidityPeriod>",
            ),
            "not allowed with the policy type Infinite",
        ),
        (
            "period without a policy",
            policies("<refreshTokenValidityPeriod>1</refreshTokenValidityPeriod>"),
            "needs a refreshTokenPolicyType",
        ),
        (
            "timeout that is not offered",
            policies(
                "<guestJwtSessionTimeoutType>Custom</guestJwtSessionTimeoutType><guestJwtTimeout>20</guestJwtTimeout>",
            ),
            "bad value for restricted picklist field: 20",
        ),
        (
            "custom timeout without minutes",
            policies("<guestJwtSessionTimeoutType>Custom</guestJwtSessionTimeoutType>"),
            "Required field is missing: guestJwtTimeout",
        ),
        (
            "minutes without custom timeout",
            policies(
                "<guestJwtSessionTimeoutType>UserSession</guestJwtSessionTimeoutType><guestJwtTimeout>5</guestJwtTimeout>",
            ),
            "allowed only when guestJwtSessionTimeoutType is Custom",
        ),
        (
            "permission set",
            policies("<commaSeparatedPermissionSet>Nobody</commaSeparatedPermissionSet>"),
            "4 In field: commaSeparatedPermissionSet - no PermissionSet named Nobody found",
        ),
        (
            "permission set id",
            policies("<commaSeparatedPermissionSet>0PS000000000099</commaSeparatedPermissionSet>"),
            "no PermissionSet named 0PS",
        ),
        (
            "profile",
            policies("<commaSeparatedProfile>Nobody</commaSeparatedProfile>"),
            "no Profile named Nobody found",
        ),
        (
            "run-as user",
            policies("<clientCredentialsFlowUser>nobody@x.example</clientCredentialsFlowUser>"),
            "no User named nobody@x.example found",
        ),
        ("Apex class", policies("<apexHandler>Handler</apexHandler>"), "no ApexClass named Handler found"),
        (
            "start page without URL",
            app_policies("<isEnabled>true</isEnabled><startPage>Custom</startPage>"),
            "startUrl",
        ),
        (
            "URL without start page",
            app_policies("<isEnabled>true</isEnabled><startUrl>https://x.example</startUrl>"),
            "startPage is Custom",
        ),
        (
            "undocumented type",
            one("ExtlClntAppSampleSettings", "Shop_sample", &format!("{PARENT}<isEnabled>true</isEnabled>")),
            "not emulated: ExtlClntAppSampleSettings",
        ),
    ]);
}
