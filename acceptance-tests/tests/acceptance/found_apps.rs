//! Apps as they are found: made in Setup, by other tools, by packages, half readable. Each is imported with a
//! configuration that Terraform itself writes, or refused with the reason; a later change touches nothing else.

use std::collections::BTreeMap;

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

use super::query;

pub const TYPES: [&str; 3] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
];

const CLIENT: &str = "salesforce_oauth_client";

/// What becomes of an import.
#[derive(Clone, Copy)]
pub enum Import {
    Succeeds,
    /// With these words.
    Fails(&'static str),
}
use Import::{Fails, Succeeds};

/// An edit of the generated configuration, and the only element of the org that it may change.
#[derive(Clone, Copy)]
pub struct Edit {
    /// In the resource of this type, the line that begins so …
    pub resource: &'static str,
    pub line: &'static str,
    /// … becomes this one.
    pub instead: &'static str,
    pub component: &'static str,
    pub element: &'static str,
}

pub struct Kind {
    /// Import ID.
    pub id: &'static str,
    pub make: fn(&Emulator),
    pub imports: [Import; 3],
    pub edit: Edit,
}

const LABEL: Edit = Edit {
    resource: TYPES[0],
    line: "label ",
    instead: "label = \"Changed\"",
    component: APP,
    element: "label",
};
const LEVEL: Edit = Edit {
    resource: TYPES[2],
    line: "required_session_level ",
    instead: "required_session_level = \"HIGH_ASSURANCE\"",
    component: OAUTH_POLICIES,
    element: "requiredSessionLevel",
};

/// A component, as another tool deploys it: every element of its type, in a file.
fn put(org: &Emulator, kind: &str, name: &str, elements: &[(&str, &str)]) {
    let lines: String =
        elements.iter().map(|(element, text)| format!("<{element}>{text}</{element}>\n")).collect();
    put_file(org, kind, name, &lines);
}

/// A component as a file that has this inside of its root.
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

/// Made on the pages of Setup.
fn in_setup(org: &Emulator) {
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "scopes": "Api, OpenID, RefreshToken" })));
}

/// Every part with a name that says nothing, one with a name like another app's.
fn odd_names(org: &Emulator) {
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

/// Named as a project of `sf` names them, with the policies that the org made.
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

/// The header alone: nobody made any part.
fn bare(org: &Emulator) {
    put(org, APP, "Shop", &[("contactPhone", "+49 30 1234"), ("isProtected", "true")]);
}

/// The consumer is another org's, so there is no Global file.
fn linked(org: &Emulator) {
    put(org, APP, "Shop", &[("distributionState", "Packaged"), ("label", "Shop")]);
    let link = ("oauthLink", "00D000000000099:888000000000001");
    put(org, OAUTH, "Shop_oauth", &[("commaSeparatedOauthScopes", "Api"), OF_SHOP, link]);
}

fn installed(org: &Emulator) {
    org.admin("POST", "/packages", Some(&json!({ "namespace": "acme", "name": "Shop" })));
}

/// The same, beside an app of one's own of the same name.
fn installed_beside_an_own_one(org: &Emulator) {
    in_setup(org);
    installed(org);
}

/// As where `*` does not mean what packages brought.
fn installed_and_not_in_the_wildcard(org: &Emulator) {
    org.admin("PATCH", "/org", Some(&json!({ "wildcard_skips_packages": true })));
    installed_beside_an_own_one(org);
}

fn unreadable(org: &Emulator) {
    in_setup(org);
    org.admin("PATCH", "/org", Some(&json!({ "enableConsumerSecretApiAccess": false })));
}

/// Elements that no attribute stands for.
fn with_elements_of_its_own(org: &Emulator) {
    in_setup(org);
    org.edit(APP, "Shop", "infoUrl", "https://shop.example/info");
    org.edit(GLOBAL_OAUTH, "Shop", "isDPopEnabled", "true");
    org.edit(GLOBAL_OAUTH, "Shop", "isEnforceRefreshTokenTTL", "true");
    org.edit(POLICIES, "Shop", "isAttestPluginEnabled", "true");
}

/// All that can be set, set.
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
    let on: Vec<(&str, &str)> = [
        "isClientCredentialsFlowEnabled",
        "isCodeCredFlowEnabled",
        "isCodeCredPostOnly",
        "isDeviceFlowEnabled",
        "isIntrospectAllTokens",
        "isNamedUserJwtEnabled",
        "isRefreshTokenRotationEnabled",
        "isSecretRequiredForTokenExchange",
        "isTokenExchangeEnabled",
    ]
    .map(|element| (element, "true"))
    .into();
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
fn made_in_setup() {
    found(&Kind { id: "Shop", make: in_setup, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn parts_with_odd_names() {
    found(&Kind { id: "Shop", make: odd_names, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn made_by_another_tool() {
    found(&Kind { id: "Shop", make: by_another_tool, imports: [Succeeds; 3], edit: LEVEL });
}

#[test]
fn with_every_value_there_is() {
    found(&Kind { id: "Shop", make: with_everything, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn with_elements_that_no_attribute_stands_for() {
    let plugin = Edit {
        resource: TYPES[2],
        line: "oauth_plugin_enabled ",
        instead: "oauth_plugin_enabled = false",
        component: POLICIES,
        element: "isOauthPluginEnabled",
    };
    let make = with_elements_of_its_own;
    found(&Kind { id: "Shop", make, imports: [Succeeds; 3], edit: plugin });
    found(&Kind { id: "Shop", make: with_elements_of_its_own, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_app_without_oauth() {
    let none = Fails("has no OAuth settings");
    found(&Kind { id: "Shop", make: without_oauth, imports: [Succeeds, none, Succeeds], edit: LABEL });
}

#[test]
fn an_app_without_any_part() {
    let imports = [Succeeds, Fails("has no OAuth settings"), Fails("has no policies")];
    found(&Kind { id: "Shop", make: bare, imports, edit: LABEL });
}

#[test]
fn an_app_with_the_consumer_of_another_org() {
    found(&Kind { id: "Shop", make: linked, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_installed_app() {
    let theirs = Fails("was installed from the package acme");
    found(&Kind { id: "acme__Shop", make: installed, imports: [theirs, theirs, Succeeds], edit: LEVEL });
}

#[test]
fn an_installed_app_beside_an_own_one_of_the_same_name() {
    let theirs = Fails("was installed from the package acme");
    found(&Kind {
        id: "acme__Shop",
        make: installed_beside_an_own_one,
        imports: [theirs, theirs, Succeeds],
        edit: LEVEL,
    });
    found(&Kind { id: "Shop", make: installed_beside_an_own_one, imports: [Succeeds; 3], edit: LABEL });
}

#[test]
fn an_installed_app_that_a_retrieve_of_all_leaves_out() {
    let theirs = Fails("was installed from the package acme");
    found(&Kind {
        id: "acme__Shop",
        make: installed_and_not_in_the_wildcard,
        imports: [theirs, theirs, Succeeds],
        edit: LEVEL,
    });
}

#[test]
fn an_app_whose_global_file_may_not_be_read() {
    let hidden = Fails("Consumer settings cannot be read");
    found(&Kind { id: "Shop", make: unreadable, imports: [Succeeds, hidden, Succeeds], edit: LABEL });
}

#[test]
fn an_app_that_is_not_there() {
    let none = Fails("Object to import not found");
    let nothing: fn(&Emulator) = |org| put(org, APP, "Shopping", &[]);
    found(&Kind { id: "Shop", make: nothing, imports: [none; 3], edit: LABEL });
}

fn address(kind: &str) -> String {
    format!("{kind}.found")
}

pub fn found(kind: &Kind) {
    in_parts(kind);
    as_a_whole(kind);
    by_query(kind);
}

/// A query finds what an import succeeds with, and writes a configuration with which it changes nothing.
fn by_query(kind: &Kind) {
    if !language::has(Feature::Lists) {
        return;
    }
    let whole = kind.imports.iter().take(2).all(|import| matches!(import, Succeeds));
    let org = Emulator::start();
    (kind.make)(&org);
    let before = org.admin("GET", "/components", None);
    let parts = TYPES.into_iter().zip(kind.imports.map(|import| matches!(import, Succeeds)));
    for lists in [parts.collect(), vec![(CLIENT, whole)]] {
        let workspace = Workspace::new(&org);
        let resources: Vec<&str> = lists.iter().map(|(resource, _)| *resource).collect();
        let found = query::generate(&workspace, &resources);
        for (resource, importable) in lists {
            let one = (resource.to_owned(), kind.id.to_owned());
            assert_eq!(found.contains(&one), importable, "{resource}: {found:?}");
        }
        if !found.is_empty() {
            workspace.plan(&[]).changes(&[]).saying(&format!("{} to import", found.len()));
        }
    }
    assert_eq!(org.admin("GET", "/components", None), before, "a query changes nothing in the org");
}

fn in_parts(kind: &Kind) {
    let org = Emulator::start();
    (kind.make)(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);

    // What is refused, one by one.
    for (resource, import) in TYPES.iter().zip(kind.imports) {
        let Fails(words) = import else { continue };
        let own = if *resource == TYPES[0] {
            "name = \"x\"\n label = \"x\""
        } else {
            "external_client_app = \"x\""
        };
        workspace.configure(&format!("resource \"{resource}\" \"found\" {{\n {own}\n}}"));
        workspace
            .run(&["import", "-no-color", "-input=false", &address(resource), kind.id])
            .failed_saying(words);
    }

    // The rest at once, in words of Terraform's.
    let taken: Vec<&str> = TYPES
        .iter()
        .zip(kind.imports)
        .filter(|(_, import)| matches!(import, Succeeds))
        .map(|(resource, _)| *resource)
        .collect();
    if !taken.is_empty() {
        let blocks: String = taken
            .iter()
            .map(|resource| format!("import {{\n  to = {}\n  id = \"{}\"\n}}\n", address(resource), kind.id))
            .collect();
        workspace.configure(&blocks);
        let generate = "-generate-config-out=generated.tf";
        workspace.plan(&[generate]).changes(&[]).saying(&format!("{} to import", taken.len()));
        workspace.apply().succeeded().saying(&format!("{} imported", taken.len()));
        workspace.configure("");
        workspace.is_settled();
        only_this_changes(&org, &workspace, &kind.edit, &before);
    }
    assert_eq!(org.deploys().len(), usize::from(!taken.is_empty()));
}

/// The same app as one resource: what refuses one of its parts refuses the whole.
fn as_a_whole(kind: &Kind) {
    let org = Emulator::start();
    (kind.make)(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    let to = format!("{CLIENT}.found");
    let refusal = kind.imports.iter().take(2).find_map(|import| match import {
        Fails(words) => Some(*words),
        Succeeds => None,
    });
    if let Some(words) = refusal {
        workspace
            .configure(&format!("resource \"{CLIENT}\" \"found\" {{\n name = \"x\"\n label = \"x\"\n}}"));
        workspace.run(&["import", "-no-color", "-input=false", &to, kind.id]).failed_saying(words);
        assert_eq!(org.deploys().len(), 0);
        return;
    }
    workspace.configure(&format!("import {{\n  to = {to}\n  id = \"{}\"\n}}\n", kind.id));
    let generate = "-generate-config-out=generated.tf";
    workspace.plan(&[generate]).changes(&[]).saying("1 to import");
    workspace.apply().succeeded().saying("1 imported");
    workspace.configure("");
    workspace.is_settled();
    // The OAuth settings' own label is none of a client's attributes.
    let edit = if kind.edit.component == OAUTH && kind.edit.element == "label" { LABEL } else { kind.edit };
    only_this_changes(&org, &workspace, &edit, &before);
    assert_eq!(org.deploys().len(), 1);
}

/// A change of one attribute leaves all else in the org as it was.
fn only_this_changes(org: &Emulator, workspace: &Workspace<'_>, edit: &Edit, before: &Value) {
    assert_eq!(&org.admin("GET", "/components", None), before, "an import changes nothing in the org");
    let Edit { resource, line: pattern, instead, component, element } = *edit;
    let path = workspace.folder().join("generated.tf");
    let generated = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
    let (mut edited, mut inside) = (false, false);
    let lines: Vec<String> = generated
        .lines()
        .map(|line| {
            // A client has the policies in a block, and all else beside it.
            if line.starts_with("resource ") {
                let is_client = line.contains(&format!("{CLIENT:?}"));
                inside = line.contains(&format!("{resource:?}")) || (is_client && resource != TYPES[2]);
            } else if line.starts_with("  policies {") {
                inside = resource == TYPES[2];
            }
            if inside && !edited && line.trim_start().starts_with(pattern) {
                edited = true;
                return instead.to_owned();
            }
            line.to_owned()
        })
        .collect();
    assert!(edited, "no line begins with {pattern:?}:\n{generated}");
    workspace.write("generated.tf", &lines.join("\n"));
    workspace.apply().succeeded();
    workspace.is_settled();
    let after = org.admin("GET", "/components", None);
    assert_ne!(&after, before, "nothing was changed");
    let differing: Vec<(String, String)> = leaves(before)
        .into_iter()
        .chain(leaves(&after))
        .filter(|(path, _)| leaves(before).get(path) != leaves(&after).get(path))
        .collect();
    for (path, _) in &differing {
        let theirs = path.starts_with(&format!("{component}/")) && path.ends_with(&format!("/{element}"));
        assert!(theirs, "{path} changed, too:\nbefore {before:#}\nafter {after:#}");
    }
}

/// Every value with the way to it.
fn leaves(value: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| {
                walk(inner, &if path.is_empty() { name.clone() } else { format!("{path}/{name}") }, found);
            }),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, inner)| walk(inner, &format!("{path}/{index}"), found));
            }
            leaf => {
                found.insert(path.to_owned(), leaf.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(value, "", &mut found);
    found
}
