//! The behavior that the contract does not describe: defaults, side effects, limits, retrieved values, each with
//! its evidence. The rules that reject values are in `rules.rs`.

use std::collections::BTreeSet;

use crate::component::{Component, Fields, Value, is_true, text};
use crate::contract::PARENT;
use crate::org::{
    APP, APP_POLICIES, APP_SETTINGS, GLOBAL_SETTINGS, OAUTH_POLICIES, OAUTH_SETTINGS, OIDC_SETTINGS, Org,
    User,
};
use crate::switches::SettingsAccess;
use crate::tree::Tree;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Several independent observers, or a document and an observer.
    Confirmed,
    /// One document or one observer.
    Cited,
    /// No source: an assumption made by the emulator.
    Assumed,
}

/// One behavior of a real org that this emulator emulates.
pub struct Fact {
    pub what: &'static str,
    pub evidence: Evidence,
    pub source: &'static str,
}

macro_rules! facts {
    ($($evidence:ident: $what:literal, $source:literal;)*) => {
        &[$(Fact { what: $what, evidence: Evidence::$evidence, source: $source }),*]
    };
}
pub(crate) use facts;

/// The behaviors, listed in README.md. A test compares the two lists. The behaviors of the site's flows are in
/// `site/facts.rs`.
pub const FACTS: &[Fact] = facts![
    Confirmed: "Creating OAuth settings S of app A creates S_defaultPolicy (OAuth policies) and A_defaultPolicy (app policies)", "five observers of live orgs";
    Confirmed: "An app has one file of each policy type", "two observers each";
    Cited: "Policies in the package that creates the OAuth settings are accepted and replace the default policies of their type", "two observers deployed OAuth policies in this way and report success; the other default policies, and app policies, are inferred; switch first_policies";
    Confirmed: "A second policy file under another name fails: duplicate value found", "live org, quoted error";
    Confirmed: "Deleting an app deletes its parts", "several deployment tools delete only the app";
    Confirmed: "A consumer key is generated at the first deploy of a Global file and returned on retrieve", "four observers";
    Confirmed: "Retrieved files are alphabetical, omit empty elements, and write booleans as true and false", "files retrieved from live orgs";
    Confirmed: "Scopes are returned separated by comma and space", "files retrieved from live orgs";
    Confirmed: "Scopes are returned in the org's order, not in the order they were sent: Basic, Api, Web, Full, Chatter, then RefreshToken, OpenID; SFApiPlatform before MCP", "retrieved files of real orgs";
    Assumed: "The other scopes are returned in the order of the list in Setup", "no source";
    Confirmed: "A certificate is returned as base64 in lines of 64 columns, without BEGIN and END lines; this form and PEM are accepted", "retrieved files of real orgs; Metadata API guide";
    Confirmed: "Retrieved Global files contain consumerKey, and shouldRotateConsumerKey and shouldRotateConsumerSecret as false; they can be deployed again", "retrieved files of real orgs";
    Confirmed: "Apps have orgScopedExternalApp and OAuth settings have oauthLink, with the org ID in 15 characters, and can be deployed again; 18 characters are equivalent", "retrieved files of real orgs; 18 characters are assumed";
    Confirmed: "Callback URLs may have a * as port, and any scheme", "retrieved files of real orgs";
    Confirmed: "isConsumerSecretOptional true is compatible with isPkceRequired false", "retrieved files of real orgs";
    Confirmed: "isSecretRequiredForTokenExchange may be true while token exchange is disabled, as in an app that was created in Setup", "retrieved files of real orgs";
    Confirmed: "Org settings may have elements with xsi:nil, or no elements", "retrieved files of real orgs";
    Assumed: "An element with xsi:nil has no effect in a deploy; it is returned where the org has no value. It is accepted in any version, in files of org settings only", "no source";
    Confirmed: "Parts of an app may have any name: X for all of them, X_oauth, XSettings, XGlobal", "retrieved files of real orgs";
    Confirmed: "Every org has the profile System Administrator; files name profiles by label", "retrieved files of real orgs";
    Cited: "Values that are strings in the schema and a list in the documentation are accepted in any letter case and returned unchanged: Enforce_relaxrefresh", "one retrieved file";
    Cited: "The policy type Infinite is returned without a validity period if none was sent", "one retrieved file";
    Confirmed: "Policies have isNamedUserJwtEnabled in versions 61.0 to 63.0", "retrieved files of real orgs; WSDL";
    Assumed: "The deprecated isNamedUserJwtEnabled is stored and has no effect", "no source";
    Confirmed: "Several callback URLs are one element, separated by line breaks", "two observers";
    Confirmed: "Permission sets are deployed and returned by API name", "three observers and the guide's sample";
    Confirmed: "The zip file of a retrieve is served once", "bug reports of several clients";
    Confirmed: "A missing member of a retrieve is a message, not a failure", "captured responses";
    Confirmed: "Deleting a missing component is a warning with the text 'No T named: N found'", "source of Salesforce's own client, bug reports";
    Confirmed: "One deploy runs at a time, others wait as Pending", "bug reports, third-party documentation";
    Confirmed: "SOAP rejects access tokens in JWT format below API version 68", "source of Salesforce's own client, bug reports";
    Cited: "A deploy replaces the whole file: omitted elements are reset to their defaults", "one prober of a live org";
    Cited: "Defaults of the OAuth policies: Enforce, AllSelfAuthorized, SpecificLifetime 365 Days, STANDARD, flow flags false", "one observer";
    Cited: "Defaults of the app policies: isEnabled, isOauthPluginEnabled true, startPage None", "one observer, retrieved file";
    Cited: "isPkceRequired and isSecretRequiredForRefreshToken default to true", "Metadata API guide";
    Cited: "idTokenValidityInMinutes is 1 to 720, 2 by default", "Metadata API guide";
    Cited: "A retrieved Global file contains the flow flags that were not sent", "one observer";
    Cited: "A Global file needs the app's OAuth settings", "one observer, quoted error";
    Cited: "A component that names an unknown app fails with INVALID_CROSS_REFERENCE_KEY", "one observer";
    Cited: "The flags that rotate the key and the secret need ignoreWarnings", "Metadata API guide";
    Cited: "Without ignoreWarnings a warning fails the deploy", "Metadata API guide; switch warnings_fail";
    Cited: "A foreign oauthLink is accepted for packaged apps only", "one observer, quoted error";
    Cited: "The error for an unknown scope lists the 36 scopes", "one observer, API 67";
    Cited: "JWT timeouts: 1, 5, 10, 15, 30; since 65.0 also 60 to 720; only with the type Custom", "Metadata API guide";
    Cited: "A session timeout type for named users without JWT tokens fails: Invalid plugin settings", "one observer";
    Cited: "Guest tokens need JWT access tokens", "Metadata API guide";
    Cited: "isCodeCredFlowEnabled needs the org's oAuthCdCrdtFlowEnable", "Metadata API guide";
    Cited: "Files of org settings may be partial: omitted elements are unchanged", "one observer";
    Confirmed: "Org settings have no separate wildcard: * selects all settings, and is not emulated", "Metadata API guide, two types";
    Cited: "Org settings need no permission beyond those of the Metadata API", "Metadata API guide; switch org_settings";
    Cited: "Org settings cannot be deleted", "Metadata API guide: an org has one file of each";
    Assumed: "Org settings in a package are applied before its apps", "no source";
    Assumed: "A refreshed sandbox has another org ID, other consumer keys and secrets, and links that name the new org", "only the ID is documented; POST refresh";
    Cited: "At most 128 custom attributes and 128 trusted IP ranges", "Metadata API guide";
    Cited: "Zero is returned with a validity period of 0 and no unit", "one retrieved file";
    Cited: "Full names: letters, digits, underscore; start with a letter; no trailing or double underscore", "Metadata API guide";
    Cited: "Metadata calls need ModifyMetadata or ModifyAllData", "quoted fault";
    Cited: "enableConsumerSecretApiAccess controls whether a Global file can be read", "Metadata API guide; observers disagree";
    Cited: "enableClientSecretInRestApiAccess and ViewClientSecret control whether REST returns the secret", "three observers";
    Cited: "Below API version 65 a cancel may report success for changes that were committed", "REST deploy guide; switch cancel";
    Cited: "Deleting an app revokes the tokens that were issued to it", "one observer";
    Assumed: "SOAP calls need a SOAPAction header and the content type text/xml", "general knowledge";
    Assumed: "startUrl of the app policies is required with the start page Custom, rejected otherwise", "no source";
    Assumed: "A deploy without the certificate clears it", "follows from the replacement of whole files";
    Assumed: "Deleting the OAuth settings deletes the Global file and the OAuth policies", "no source";
    Assumed: "Policy files are deleted only together with their app or its OAuth settings", "no source";
    Assumed: "Guest flow without the JWT or the code and credentials flag fails the deploy", "the guide says that it does not work, not at which point";
    Assumed: "Rules over several files of an app are checked at the end of a deploy or call, whatever the order of its files: guests, with any files; session timeouts for named users, if the policies are among the files", "no source";
    Assumed: "Policies may allow client credentials and token exchange while the settings do not", "Salesforce Help says that no token is issued then; switch flows_need_settings";
    Assumed: "Custom scopes, permission sets and profiles are returned sorted", "no source";
    Assumed: "Refresh token periods and units are required with SpecificLifetime and SpecificInactivity, rejected otherwise", "no source";
    Assumed: "An unreadable Global file looks like a missing one, also in lists", "no source";
    Assumed: "Deploys of a consumerKey or consumerSecret that differs from the current one are rejected", "observers disagree";
    Cited: "A consumerKey in the file that creates the consumer becomes its key", "one observer chose a key, another reports that this is impossible";
    Assumed: "Two apps may have the same consumer key; logins with it fail", "no source: files with the same key can be deployed";
    Assumed: "An oauthLink of this org that names no consumer of another app is accepted and does not change the link", "no source";
    Assumed: "An orgScopedExternalApp of another org is rejected", "observers disagree";
    Assumed: "An idTokenConfig is returned with all its flags, which default to false", "no source";
    Cited: "Deploys can be found by a tooling query on DeployRequest", "one client's source";
    Assumed: "An omitted label becomes the full name", "consistent with retrieved files";
    Assumed: "App developers may change everything, app admins only the policies", "names of the permissions";
    Cited: "A package contains the header and the OAuth settings of an app, not its policies and Global file", "Metadata API guide and one observer";
    Cited: "In a subscriber's org the policies of an installed app have no namespace", "one observer";
    Cited: "FileProperties have namespacePrefix and manageableState", "WSDL";
    Assumed: "Packaged components cannot be changed or deleted, and none can be created in their namespace; the policies of a packaged app can be changed", "documents on managed packages in general";
    Assumed: "Queries return the DeveloperName and the NamespacePrefix of an installed app separately", "columns of the object";
    Assumed: "A retrieve of * returns packaged components", "no source; switch wildcard_skips_packages";
    Assumed: "With the consumer of another org, the flows in the policies are not checked against its settings", "no source";
    Assumed: "A query returns up to 2000 records and the location of the next ones", "general knowledge";
    Assumed: "The text of errors that no source quotes", "no source";
    Assumed: "The lineNumber of a failure is that of the faulty element", "an optional number in the schema";
    Assumed: "The elements of a file may be in any order", "observers disagree; switch alphabetical";
    Assumed: "isPkceRequired false is stored", "one observer reports that it becomes true again; switch pkce_reverts";
    Assumed: "Basic and its parts, RefreshToken and OfflineAccess are returned unchanged", "no source";
    Assumed: "Permission sets sent as IDs are returned as names", "no source";
    Assumed: "Items of a list may be separated by a comma and a line break", "no source";
    Assumed: "Line breaks are returned unchanged, whether they were sent as characters or as references", "the rules of XML";
    Assumed: "A readable Global file contains the secret", "observers disagree; switch secret_in_metadata";
    Cited: "The credentials of Connect REST contain the consumer key", "Connect REST guide; switch key_in_rest";
    Assumed: "Pre-authorization does not require that the deploying user has one of the permission sets", "one observer disagrees; switch preauthorization_needs_own_assignment";
    Assumed: "App names that differ only in case are duplicates", "no source";
    Assumed: "Connect REST lists apps without issued tokens", "observers disagree; switch usage_needs_tokens";
    Cited: "The usage list exists since 59.0, credentials since 60.0, staged credentials since 65.0; earlier versions return 404", "Connect REST reference; the 404 is assumed";
    Confirmed: "Lists of Connect REST are paged, from page 0; nextPageUrl is the next page, or null", "Connect REST reference, public tools";
    Assumed: "pageSize is 1 to 100, 100 by default; other values are rejected", "the default is from the Connect REST reference";
    Confirmed: "IDs of apps, consumers and staged credentials have 15 or 18 characters, both in the same response; either is accepted", "public tools";
    Assumed: "Lists contain IDs of consumers and staged credentials with 15 characters, responses about one entry with 18", "no source states which length is where";
    Cited: "REST omits a secret for a while after its credentials were created or the org's setting was changed", "public tools; switch secret_lag_ms";
    Confirmed: "Staging creates a key and a secret next to the current credentials, in the state Active, valid for 30 days", "Connect REST reference; Salesforce Help, Stage, Rotate, and Delete OAuth Credentials";
    Cited: "POST of staged credentials returns the list; it has no parameters", "Connect REST reference; the status 201 is assumed";
    Cited: "A POST without a body gets no response; one with an empty JSON object does", "public tools; emulated as a closed connection";
    Assumed: "Staging rejects a body with members, and rotating rejects any command except rotate; both require application/json", "no source";
    Assumed: "Active or Rotated staged credentials prevent new ones, Expired ones do not", "public tools disagree; switch staging";
    Assumed: "The list of staged credentials is empty when there are none", "public tools also handle a 404; switch nothing_staged_is_404";
    Assumed: "createdBy of staged credentials is the user ID with 15 characters", "Connect REST reference says user; switch staged_created_by";
    Cited: "Active staged credentials can log in like the current ones", "a blog of a Salesforce engineer; switch staged_logs_in";
    Confirmed: "Rotating makes the staged credentials the current ones; the previous ones stay in the list as Rotated and can log in for another 30 days", "Salesforce Help, Stage, Rotate, and Delete OAuth Credentials; public tools";
    Assumed: "The previous credentials have the ID of the staged ones, and expire 30 days after the rotation", "no source; switch rotation_keeps_id";
    Assumed: "Rotating returns the previous credentials; only active credentials can be rotated", "Connect REST reference says staged credentials";
    Confirmed: "Deleting staged credentials revokes them immediately; deleting them again is a 404", "Salesforce Help, Stage, Rotate, and Delete OAuth Credentials; public tools";
    Assumed: "Expired credentials stay in the list until they are deleted", "the state is documented, its duration is not";
    Cited: "Staged credentials need the org's setting and the permissions External Client App Developer and View Client Secret", "Salesforce Help, Stage, Rotate, and Delete OAuth Credentials";
    Cited: "Without them: not currently enabled", "public tools; the same text for all three, with 403, is assumed";
    Cited: "Only local apps have staged credentials", "Salesforce Help, Stage, Rotate, and Delete OAuth Credentials; the error is assumed";
    Assumed: "In all credentials, each key works with its own secret", "follows from the purpose of credentials";
    Assumed: "Tokens outlive the credentials that they were issued with; any credentials of the app can refresh them", "no source";
    Assumed: "Deleting an app, its OAuth settings or its Global file revokes all credentials", "follows from the definition of a consumer";
    Assumed: "A deploy that rotates the key or the secret does not change staged credentials", "no source";
    Cited: "A retrieve of * returns the apps", "Metadata API guide";
    Cited: "Assignments of permission sets and members of permission set groups are visible only with documented permissions such as View Setup", "object reference";
    Assumed: "A query of an object that a user may not see returns INVALID_TYPE", "client reports about objects in general";
    Assumed: "An assignment of a permission set group names the permission set that represents the group; muted permissions do not remove access to an app", "columns of the object reference";
    Cited: "Token exchange accepts subject tokens of five kinds with up to 10000 characters; token_handler names a handler that is enabled for the app, and the default is the app's default handler", "Salesforce Help, Token Exchange Flow; object reference, OauthTokenExchHandlerApp";
    Assumed: "A token exchange handler can be named by its API name or its Apex class", "the object reference names the Apex class, clients the handler";
    Cited: "The error for a token that a handler rejects is Token handler validation failed", "Apex guide; the code invalid_grant is assumed";
    Assumed: "Token exchange admits pre-authorized users, and needs the flow in settings and policies; the tokens are JWTs if the app issues JWTs to named users", "follows from the other flows";
    Assumed: "The objects of sites do not exist in an org without sites", "no source; switch no_sites";
];

/// The defaults of omitted elements, per type. The contract has the API version of each element.
pub fn defaults(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        APP => &[("distributionState", "Local"), ("isProtected", "false")],
        OAUTH_SETTINGS => &[("isFirstPartyAppEnabled", "false")],
        GLOBAL_SETTINGS => &[
            ("isClientCredentialsFlowEnabled", "false"),
            ("isCodeCredFlowEnabled", "false"),
            ("isCodeCredPostOnly", "false"),
            ("isConsumerSecretOptional", "false"),
            ("isDPopEnabled", "false"),
            ("isDeviceFlowEnabled", "false"),
            ("isEnforceRefreshTokenTTL", "false"),
            ("isIntrospectAllTokens", "false"),
            ("isNamedUserJwtEnabled", "false"),
            ("isPkceRequired", "true"),
            ("isRefreshTokenRotationEnabled", "false"),
            ("isSecretRequiredForRefreshToken", "true"),
            ("isSecretRequiredForTokenExchange", "false"),
            ("isTokenExchangeEnabled", "false"),
            ("shouldRotateConsumerKey", "false"),
            ("shouldRotateConsumerSecret", "false"),
        ],
        OAUTH_POLICIES => &[
            ("ipRelaxationPolicyType", "Enforce"),
            ("isClientCredentialsFlowEnabled", "false"),
            ("isGuestCodeCredFlowEnabled", "false"),
            ("isNamedUserJwtEnabled", "false"),
            ("isTokenExchangeFlowEnabled", "false"),
            ("permittedUsersPolicyType", "AllSelfAuthorized"),
            ("refreshTokenPolicyType", "SpecificLifetime"),
            ("requiredSessionLevel", "STANDARD"),
        ],
        APP_POLICIES => &[("isEnabled", "true"), ("isOauthPluginEnabled", "true"), ("startPage", "None")],
        _ => &[],
    }
}

/// Whether a file of this type is merged into the component instead of replacing it.
pub fn is_partial(kind: &crate::contract::MetadataType) -> bool {
    kind.is_settings()
}

/// Whether the type is emulated. The contract also describes types that have not been observed in an org.
pub fn is_emulated(kind: &str) -> bool {
    !matches!(kind, "ExtlClntAppSampleSettings" | "ExtlClntAppSampleConfigurablePolicies")
}

/// The position of a type in the order in which the files of a package are applied.
pub fn rank(kind: &str) -> u8 {
    match kind {
        OIDC_SETTINGS | APP_SETTINGS => 0,
        "OauthCustomScope" | APP => 1,
        OAUTH_SETTINGS => 2,
        GLOBAL_SETTINGS => 3,
        APP_POLICIES => 5,
        OAUTH_POLICIES => 6,
        _ => 4,
    }
}

/// Any one of these permissions is sufficient to change a component of the type.
pub fn writers(kind: &str) -> &'static [&'static str] {
    match kind {
        OAUTH_POLICIES | APP_POLICIES => &["ExternalClientAppDeveloper", "ExternalClientAppAdmin"],
        "OauthCustomScope" => &["ManageConnectedApps"],
        OIDC_SETTINGS | APP_SETTINGS | "OauthTokenExchangeHandler" => &["ModifyMetadata", "ModifyAllData"],
        _ => &["ExternalClientAppDeveloper"],
    }
}

/// Whether `user` may read components of the type.
pub fn is_visible(org: &Org, user: &User, kind: &str) -> bool {
    if kind == GLOBAL_SETTINGS {
        return org.shows_global(user);
    }
    if matches!(kind, OIDC_SETTINGS | APP_SETTINGS) {
        return org.switches.org_settings != SettingsAccess::Hidden;
    }
    if writers(kind).contains(&"ModifyMetadata") || kind == "OauthCustomScope" {
        return true;
    }
    ["ExternalClientAppDeveloper", "ExternalClientAppAdmin", "ExternalClientAppViewer"]
        .iter()
        .any(|permission| user.may(permission))
}

/// The fields of a component that a retrieve returns.
pub fn retrieved(org: &Org, kind: &str, component: &Component) -> Fields {
    let mut fields = component.fields.clone();
    if kind == GLOBAL_SETTINGS && !org.switches.secret_in_metadata {
        fields.remove("consumerSecret");
    }
    fields
}

/// The policies that the org creates together with OAuth settings.
pub fn default_policies(kind: &str, app: &str, full_name: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in defaults(kind) {
        fields.insert((*name).to_string(), Value::text(*value));
    }
    if kind == OAUTH_POLICIES {
        complete_lifetime(&mut fields);
    }
    fields.insert(PARENT.to_string(), Value::text(app));
    fields.insert("label".to_string(), Value::text(full_name));
    fields
}

/// Sets the lifetime of the default policy, 365 days.
pub fn complete_lifetime(fields: &mut Fields) {
    fields.insert("refreshTokenValidityPeriod".to_string(), Value::text("365"));
    fields.insert("refreshTokenValidityUnit".to_string(), Value::text("Days"));
}

/// The parts of an app that are deleted together with its OAuth settings.
pub const PARTS_OF_OAUTH: &[&str] = &[OAUTH_POLICIES, GLOBAL_SETTINGS];

/// Whether the policies of an app enable it.
pub fn is_enabled(tree: &Tree, app: &str) -> bool {
    tree.part(APP_POLICIES, app).is_some_and(|(_, policies)| {
        is_true(&policies.fields, "isEnabled") && is_true(&policies.fields, "isOauthPluginEnabled")
    })
}

/// A comma-separated list, sorted, without duplicates.
pub fn list(value: &str) -> BTreeSet<String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_string).collect()
}

/// The scopes in the order of retrieved files, which is that of the list in Setup as far as it is known. The place of
/// scopes that no file shows together with others is an assumption.
const SCOPES_IN_ORDER: &[&str] = &[
    "Basic",
    "Profile",
    "Email",
    "Address",
    "Phone",
    "Api",
    "Web",
    "Full",
    "Chatter",
    "CustomApplications",
    "RefreshToken",
    "OfflineAccess",
    "OpenID",
    "CustomPermissions",
    "Wave",
    "Eclair",
    "Pardot",
    "Lightning",
    "Content",
    "CDPIngest",
    "CDPProfile",
    "CDPQuery",
    "Chatbot",
    "CDPSegment",
    "CDPIdentityResolution",
    "CDPCalculatedInsight",
    "ForgotPassword",
    "UserRegistration",
    "PwdlessLogin",
    "CDP",
    "DataCloudUserClaims",
    "SCRT",
    "EinsteinGPT",
    "Interaction",
    "SFApiPlatform",
    "MCP",
];

pub fn scopes_in_order(scopes: &BTreeSet<String>) -> String {
    let known = SCOPES_IN_ORDER.iter().copied().filter(|scope| scopes.contains(*scope));
    known.collect::<Vec<_>>().join(", ")
}

/// The documented spelling of a value, which may be in any letter case. Only for strings: the schema defines the
/// spelling of enumerations.
pub fn documented_spelling(kind: &str, element: &str, value: &str) -> Option<&'static str> {
    let kind = crate::contract::Contract::get().by_name(kind)?;
    let element = kind.elements.iter().find(|known| known.name == element && known.value_type == "string")?;
    let documented = element.documented_values.iter().flatten().filter_map(serde_json::Value::as_str);
    documented.into_iter().find(|known| known.eq_ignore_ascii_case(value))
}

pub fn join(items: &BTreeSet<String>) -> String {
    items.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether the lists of permission sets and profiles are empty.
pub fn has_no_preauthorization(fields: &Fields) -> bool {
    text(fields, "commaSeparatedPermissionSet").is_none() && text(fields, "commaSeparatedProfile").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(evidence: Evidence) -> String {
        format!("{evidence:?}").to_lowercase()
    }

    fn counts(what: &str, all: &[Evidence]) -> String {
        let count = |evidence| all.iter().filter(|one| **one == evidence).count();
        let (confirmed, cited) = (count(Evidence::Confirmed), count(Evidence::Cited));
        let assumed = count(Evidence::Assumed);
        format!("{} {what}: {confirmed} confirmed, {cited} cited, {assumed} assumed.\n\n", all.len())
    }

    fn facts_table(facts: &[Fact]) -> String {
        let evidence: Vec<Evidence> = facts.iter().map(|fact| fact.evidence).collect();
        let mut out = counts("behaviors", &evidence);
        out.push_str("| Behavior | Evidence | Source |\n|---|---|---|\n");
        for fact in facts {
            out.push_str(&format!("| {} | {} | {} |\n", fact.what, name(fact.evidence), fact.source));
        }
        out
    }

    fn gates_table() -> String {
        use crate::site::gate::Gate;
        let rows: Vec<_> = Gate::ALL.iter().map(|gate| gate.row()).collect();
        let evidence: Vec<Evidence> = rows.iter().map(|row| row.evidence).collect();
        let mut out = counts("gates", &evidence);
        out.push_str(
            "| Gate | Endpoint | Closed when | Response | Evidence | Source |\n|---|---|---|---|---|---|\n",
        );
        for row in rows {
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} |\n",
                row.id,
                row.endpoint,
                row.closed_when,
                row.reply,
                name(row.evidence),
                row.source
            ));
        }
        out
    }

    /// One test for all lists, because two tests would write the file at the same time.
    #[test]
    fn the_readme_lists_every_fact_and_every_gate() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let before = std::fs::read_to_string(path).unwrap();
        let mut readme = before.clone();
        for (what, table) in [
            ("facts", facts_table(FACTS)),
            ("facts of the flows", facts_table(crate::site::facts::FACTS)),
            ("gates", gates_table()),
        ] {
            let start = format!("<!-- {what}: written by the tests -->\n");
            let end = format!("<!-- end of {what} -->\n");
            let (head, rest) = readme.split_once(&start).expect(what);
            let (_, tail) = rest.split_once(&end).expect(what);
            readme = format!("{head}{start}{table}{end}{tail}");
        }
        let newest = format!("`/services/Soap/m/60.0` to `{}.0`", crate::NEWEST_API_VERSION);
        assert!(readme.contains(&newest), "README.md does not contain {newest}");
        if readme != before {
            std::fs::write(path, readme).unwrap();
            panic!("README.md was out of date and has been rewritten; review and commit the change");
        }
    }

    #[test]
    fn defaults_name_elements_of_the_contract() {
        for kind in crate::contract::Contract::get().types() {
            for (element, _) in defaults(&kind.name) {
                let known = kind.elements.iter().any(|known| known.name == *element);
                assert!(known, "{}.{element}", kind.name);
            }
        }
    }

    #[test]
    fn every_scope_has_a_place_in_the_order() {
        let known: BTreeSet<String> = crate::contract::Contract::get().oauth_scopes.iter().cloned().collect();
        assert_eq!(list(&scopes_in_order(&known)), known);
        assert_eq!(SCOPES_IN_ORDER.len(), known.len());
    }
}
