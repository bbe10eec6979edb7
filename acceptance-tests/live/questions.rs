//! The open questions, those that a run in an org can answer and those that it cannot. No other file lists them.
//!
//! Each question belongs to a statement that marks it as not confirmed: a behavior of the emulator whose evidence is
//! `cited` or `assumed`, or a sentence in the documentation. The tests below compare the list with these statements. If
//! a behavior is confirmed or removed, or a sentence no longer exists, its question must be removed. A new unconfirmed
//! behavior needs a question here, or an entry in `OUT_OF_REACH` with the reason.

use crate::probes::{
    ProbeContext, ProbeResult, access, deletions, kept, pairs, refused, together, values, wire,
};

#[derive(Debug, Clone, Copy)]
pub enum Marked {
    /// The text of a behavior in the emulator's list (`FACTS` in `emulator/src/behavior.rs`).
    Behavior(&'static str),
    /// A file relative to the root of the repository, and a sentence in it.
    Text(&'static str, &'static str),
}

pub struct Question {
    /// The ID is part of the name of the app that the probe creates, so keep it short.
    pub id: &'static str,
    pub claim: &'static str,
    /// The statements that mark the claim as not confirmed, at least one.
    pub marked: &'static [Marked],
    pub probe: fn(&ProbeContext<'_>) -> ProbeResult,
}

const fn question(
    id: &'static str,
    claim: &'static str,
    marked: &'static [Marked],
    probe: fn(&ProbeContext<'_>) -> ProbeResult,
) -> Question {
    Question { id, claim, marked, probe }
}

use Marked::{Behavior, Text};

#[rustfmt::skip]
pub const QUESTIONS: &[Question] = &[
    // Values of elements that a file omits.
    question("replace", "A deploy resets the elements that a file omits",
        &[Behavior("A deploy replaces the whole file: omitted elements are reset to their defaults")],
        kept::a_deploy_replaces_the_file),
    question("oauth_policies", "New OAuth policies admit all users for 365 days, with the flows disabled",
        &[Behavior("Defaults of the OAuth policies: Enforce, AllSelfAuthorized, SpecificLifetime 365 Days, STANDARD, flow flags false")],
        kept::defaults_of_the_oauth_policies),
    question("app_policies", "New app policies are enabled and have no start page",
        &[Behavior("Defaults of the app policies: isEnabled, isOauthPluginEnabled true, startPage None")],
        kept::defaults_of_the_app_policies),
    question("policies_first", "Policies in the package that creates their app are accepted under their own names, and no default policies are created",
        &[Behavior("Policies in the package that creates the OAuth settings are accepted and replace the default policies of their type"),
          Text("docs/guides/deploys.md", "Two public repositories are reported to deploy apps this way"),
          Text("docs/guides/deploys.md", "Whether Salesforce then creates any policies itself is not confirmed")],
        together::policies_of_the_creating_package),
    question("policies_named", "Policies with the names of the default policies are accepted in the package that creates their app",
        &[Behavior("Policies in the package that creates the OAuth settings are accepted and replace the default policies of their type")],
        together::policies_with_the_names_of_the_defaults),
    question("policies_one", "If such a package contains policies of one type, Salesforce creates those of the other type",
        &[Behavior("Policies in the package that creates the OAuth settings are accepted and replace the default policies of their type")],
        together::policies_of_one_type),
    question("safe_defaults", "PKCE and the secret for refresh tokens are required by default",
        &[Behavior("isPkceRequired and isSecretRequiredForRefreshToken default to true")],
        kept::safe_defaults_of_the_global_settings),
    question("flow_flags", "A retrieved Global file contains flow flags that were not sent",
        &[Behavior("A retrieved Global file contains the flow flags that were not sent")],
        kept::flow_flags_that_were_not_sent),
    question("pkce_off", "isPkceRequired = false is kept",
        &[Behavior("isPkceRequired false is stored"),
          Text("docs/guides/troubleshooting.md", "`pkce_required` stays `true` after `false` is sent"),
          Text("docs/resources/external_client_app_oauth_settings.md", "One org is reported to keep `true` when `false` is sent"),
          Text("docs/resources/oauth_client.md", "One org is reported to keep `true` when `false` is sent")],
        kept::pkce_can_be_disabled),
    question("id_validity", "The validity of ID tokens is 1 to 720 minutes, and 2 by default",
        &[Behavior("idTokenValidityInMinutes is 1 to 720, 2 by default")], kept::id_token_validity),
    question("id_flags", "An idTokenConfig is returned with its flags, which default to false",
        &[Behavior("An idTokenConfig is returned with all its flags, which default to false")],
        kept::id_token_flags),
    question("label", "An omitted label becomes the full name",
        &[Behavior("An omitted label becomes the full name")], kept::an_omitted_label),
    question("zero", "The policy Zero is returned with a period of 0 and no unit",
        &[Behavior("Zero is returned with a validity period of 0 and no unit")], kept::zero_has_a_period),
    question("infinite", "The policy Infinite is returned without a period",
        &[Behavior("The policy type Infinite is returned without a validity period if none was sent")], kept::infinite_has_no_period),

    // Values that Salesforce returns.
    question("scopes_order", "Scopes are returned in the order of the list in Setup",
        &[Behavior("The other scopes are returned in the order of the list in Setup")], values::scopes_in_order),
    question("sets_sorted", "Permission sets are returned sorted",
        &[Behavior("Custom scopes, permission sets and profiles are returned sorted")], values::permission_sets_are_sorted),
    question("word_case", "A keyword that is a string in the schema is accepted in another letter case, and returned unchanged",
        &[Behavior("Values that are strings in the schema and a list in the documentation are accepted in any letter case and returned unchanged: Enforce_relaxrefresh")],
        values::keywords_in_another_case),
    question("scopes_alike", "Basic and OfflineAccess are returned unchanged",
        &[Behavior("Basic and its parts, RefreshToken and OfflineAccess are returned unchanged")],
        values::equivalent_scopes_are_kept),
    question("set_ids", "A permission set sent as an ID is returned as a name",
        &[Behavior("Permission sets sent as IDs are returned as names")], values::permission_set_ids_become_names),
    question("list_breaks", "A list may contain a line break after a comma",
        &[Behavior("Items of a list may be separated by a comma and a line break")],
        values::a_list_may_have_line_breaks),
    question("line_breaks", "Line breaks and character references are returned as the characters they represent",
        &[Behavior("Line breaks are returned unchanged, whether they were sent as characters or as references")],
        values::line_breaks_are_kept),
    question("order", "Elements are accepted in any order",
        &[Behavior("The elements of a file may be in any order")], values::elements_in_any_order),
    question("own_set", "An admin may pre-authorize a permission set that is not assigned to them",
        &[Behavior("Pre-authorization does not require that the deploying user has one of the permission sets")],
        values::pre_authorization_needs_no_assignment),
    question("name_case", "The names of two apps must differ in more than case",
        &[Behavior("App names that differ only in case are duplicates")], values::names_differ_in_more_than_case),

    // Rejections.
    question("lonely_global", "A Global file without OAuth settings is rejected",
        &[Behavior("A Global file needs the app's OAuth settings")], refused::global_settings_without_settings),
    question("unknown_app", "A component of an unknown app is rejected with INVALID_CROSS_REFERENCE_KEY",
        &[Behavior("A component that names an unknown app fails with INVALID_CROSS_REFERENCE_KEY")],
        refused::parts_of_an_unknown_app),
    question("rotation", "Rotating the secret needs ignoreWarnings",
        &[Behavior("The flags that rotate the key and the secret need ignoreWarnings")],
        refused::rotation_without_ignoring_warnings),
    question("foreign_link", "The oauthLink of another org is rejected for a local app",
        &[Behavior("A foreign oauthLink is accepted for packaged apps only")], refused::a_foreign_oauth_link),
    question("unknown_scope", "The error for an unknown scope lists the 36 scopes",
        &[Behavior("The error for an unknown scope lists the 36 scopes")], refused::an_unknown_scope),
    question("jwt_timeouts", "JWT timeouts are single values up to 720, and only with the type Custom",
        &[Behavior("JWT timeouts: 1, 5, 10, 15, 30; since 65.0 also 60 to 720; only with the type Custom")],
        refused::jwt_timeouts),
    question("jwt_needed", "A session timeout type for named users without JWT tokens is rejected as invalid plugin settings",
        &[Behavior("A session timeout type for named users without JWT tokens fails: Invalid plugin settings")],
        refused::a_session_timeout_without_jwt),
    question("guest", "The guest flow is rejected unless the app issues JWT tokens and has the code and credentials flow",
        &[Behavior("Guest flow without the JWT or the code and credentials flag fails the deploy")],
        refused::guests_without_jwt),
    question("at_the_end", "Dependencies between settings and policies are checked at the end of a package",
        &[Behavior("Rules over several files of an app are checked at the end of a deploy or call, whatever the order of its files: guests, with any files; session timeouts for named users, if the policies are among the files")],
        together::dependent_files),
    question("flows_alone", "Policies may allow client credentials and token exchange while the settings do not",
        &[Behavior("Policies may allow client credentials and token exchange while the settings do not")],
        together::flows_without_the_settings),
    question("code_flow", "The code and credentials flow is rejected while the org does not allow it",
        &[Behavior("isCodeCredFlowEnabled needs the org's oAuthCdCrdtFlowEnable")],
        refused::code_credential_flow_without_the_setting),
    question("at_most_128", "128 custom attributes and IP ranges are accepted, 129 are not",
        &[Behavior("At most 128 custom attributes and 128 trusted IP ranges")], refused::more_than_128_entries),
    question("api_names", "Names with a hyphen, two underscores, or one at the end are rejected",
        &[Behavior("Full names: letters, digits, underscore; start with a letter; no trailing or double underscore")],
        refused::api_names),
    question("start_url", "startUrl is required with the start page Custom, and rejected without it",
        &[Behavior("startUrl of the app policies is required with the start page Custom, rejected otherwise")],
        refused::start_urls),
    question("periods", "Periods and units of refresh tokens are required or rejected depending on the policy",
        &[Behavior("Refresh token periods and units are required with SpecificLifetime and SpecificInactivity, rejected otherwise")],
        refused::refresh_token_periods),
    question("own_key", "A custom consumer key is accepted for a new consumer",
        &[Behavior("A consumerKey in the file that creates the consumer becomes its key")], refused::a_custom_key),
    question("other_key", "A different consumer key for an existing consumer is rejected",
        &[Behavior("Deploys of a consumerKey or consumerSecret that differs from the current one are rejected")],
        refused::another_key),
    question("own_link", "An oauthLink of this org to an unknown consumer has no effect",
        &[Behavior("An oauthLink of this org that names no consumer of another app is accepted and does not change the link")],
        values::a_link_to_an_unknown_consumer),
    question("foreign_app", "The orgScopedExternalApp of another org is rejected",
        &[Behavior("An orgScopedExternalApp of another org is rejected")], refused::an_app_of_another_org),
    question("line_numbers", "A refusal names the line of the element",
        &[Behavior("The lineNumber of a failure is that of the faulty element")], refused::the_line_of_the_element),

    // Rules that the provider only warns about (`unconfirmed-rule`). The emulator has no such rules.
    question("long_label", "A label of 256 characters is rejected, one of 255 is not",
        &[Text("docs/guides/troubleshooting.md", "The value violates a rule that probably applies but is not confirmed in an org, such as a maximum length")],
        refused::a_long_label),
    question("long_callbacks", "Callback URLs of more than 2000 characters together are rejected",
        &[Text("docs/guides/troubleshooting.md", "The value violates a rule that probably applies but is not confirmed in an org, such as a maximum length")],
        refused::long_callback_urls),
    question("plain_http", "A callback URL with plain http is rejected",
        &[Text("docs/guides/troubleshooting.md", "not confirmed in an org, such as a maximum length, no plain `http`, or a minimum key size")],
        refused::plain_http),
    question("short_key", "A certificate with a key of 1024 bits is rejected",
        &[Text("docs/resources/external_client_app_oauth_settings.md", "An RSA key should have at least 2048 bits")],
        refused::a_short_key),
    question("overlap", "Trusted IP ranges that overlap are rejected",
        &[Text("docs/resources/external_client_app_oauth_settings.md", "The ranges should not overlap")],
        refused::overlapping_ranges),

    // Deletions.
    question("cascade", "Deleting the OAuth settings deletes the Global file and the OAuth policies",
        &[Behavior("Deleting the OAuth settings deletes the Global file and the OAuth policies")],
        deletions::settings_delete_their_parts),
    question("policies_stay", "OAuth policies are not deleted alone",
        &[Behavior("Policy files are deleted only together with their app or its OAuth settings")],
        deletions::policies_alone),
    question("warnings", "A warning fails a deploy that does not ignore warnings",
        &[Behavior("Without ignoreWarnings a warning fails the deploy")], deletions::a_warning_fails),

    // Keys, secrets, certificates.
    question("global_shown", "enableConsumerSecretApiAccess controls whether the Global file is readable",
        &[Behavior("enableConsumerSecretApiAccess controls whether a Global file can be read")],
        access::the_global_file_follows_the_setting),
    question("global_hidden", "A Global file without read access looks like a missing one",
        &[Behavior("An unreadable Global file looks like a missing one, also in lists")],
        access::an_unreadable_global_file),
    question("secret_shown", "A readable Global file contains the secret",
        &[Behavior("A readable Global file contains the secret")], access::the_secret_comes_with_the_global_file),
    question("rest_secret", "enableClientSecretInRestApiAccess controls whether REST returns the secret",
        &[Behavior("enableClientSecretInRestApiAccess and ViewClientSecret control whether REST returns the secret")],
        access::the_secret_in_rest),
    question("rest_key", "REST returns the consumer key",
        &[Behavior("The credentials of Connect REST contain the consumer key")], access::the_key_in_rest),
    question("rest_unused", "REST lists apps without tokens",
        &[Behavior("Connect REST lists apps without issued tokens")], access::apps_without_tokens),
    question("cert_cleared", "A deploy without the certificate clears it",
        &[Behavior("A deploy without the certificate clears it")],
        access::the_certificate_is_cleared),
    question("audience", "A JWT for an External Client App may have the org's My Domain as its audience, and no shared login host",
        &[Text("docs/guides/authentication.md", "This is not confirmed by Salesforce; `make live` tests it in an org"),
          Text("docs/guides/troubleshooting.md", "External Client Apps are reported to accept no other audience"),
          Text("docs/guides/troubleshooting.md", "which is reported to result in the same error"),
          Text("docs/index.md", "External Client Apps are reported to accept no other")],
        access::the_audience_is_the_my_domain),
    question("wildcard", "A retrieve of * returns the apps",
        &[Behavior("A retrieve of * returns the apps")], access::wildcards),

    // Staged credentials.
    question("staged_versions", "Staged credentials are not found in versions earlier than 65.0",
        &[Behavior("The usage list exists since 59.0, credentials since 60.0, staged credentials since 65.0; earlier versions return 404")],
        pairs::versions),
    question("page_sizes", "A page size of 0 or more than 100, and a page before the first are rejected",
        &[Behavior("pageSize is 1 to 100, 100 by default; other values are rejected")], pairs::sizes_of_pages),
    question("id_lengths", "Lists contain IDs with 15 characters, responses about one entry contain 18",
        &[Behavior("Lists contain IDs of consumers and staged credentials with 15 characters, responses about one entry with 18")],
        pairs::lengths_of_ids),
    question("staged_none", "The list of staged credentials is empty when there are none",
        &[Behavior("The list of staged credentials is empty when there are none")], pairs::nothing_is_staged),
    question("staged_answer", "Staging returns 201 and the list",
        &[Behavior("POST of staged credentials returns the list; it has no parameters")],
        pairs::the_response_to_staging),
    question("staged_bodies", "Staging rejects a body with members; rotating rejects another command or none",
        &[Behavior("Staging rejects a body with members, and rotating rejects any command except rotate; both require application/json")],
        pairs::other_bodies),
    question("staged_twice", "Staging is rejected while other staged credentials are active",
        &[Behavior("Active or Rotated staged credentials prevent new ones, Expired ones do not")],
        pairs::staging_twice),
    question("staged_beside", "Staging is rejected while rotated credentials exist",
        &[Behavior("Active or Rotated staged credentials prevent new ones, Expired ones do not"),
          Text("docs/resources/external_client_app_credential_rotation.md", "whether it does is not confirmed")],
        pairs::staging_beside_rotated_credentials),
    question("staged_by", "createdBy is the user ID with 15 characters",
        &[Behavior("createdBy of staged credentials is the user ID with 15 characters")], pairs::creator_of_staged_credentials),
    question("staged_login", "A staged key is known to the token endpoint before it is rotated",
        &[Behavior("Active staged credentials can log in like the current ones")], pairs::a_staged_key_is_known),
    question("own_secret", "The current key works with its own secret, and not with that of the staged credentials",
        &[Behavior("In all credentials, each key works with its own secret")],
        pairs::a_key_with_the_secret_of_another),
    question("rotated_id", "The previous credentials have the ID of the staged ones",
        &[Behavior("The previous credentials have the ID of the staged ones, and expire 30 days after the rotation")],
        pairs::the_id_after_a_rotation),
    question("rotated_end", "The previous credentials expire 30 days after the rotation",
        &[Behavior("The previous credentials have the ID of the staged ones, and expire 30 days after the rotation")],
        pairs::the_expiry_after_a_rotation),
    question("rotated_answer", "Rotating returns the previous credentials, which cannot be rotated again",
        &[Behavior("Rotating returns the previous credentials; only active credentials can be rotated")],
        pairs::the_response_to_rotating),
    question("staged_gate", "enableClientSecretInRestApiAccess controls whether staged credentials are available",
        &[Behavior("Staged credentials need the org's setting and the permissions External Client App Developer and View Client Secret")],
        pairs::the_setting_of_the_org),
    question("staged_words", "Without them, the error is: not currently enabled",
        &[Behavior("Without them: not currently enabled")], pairs::the_text_of_the_rejection),
    question("staged_packaged", "Packaged apps have no staged credentials",
        &[Behavior("Only local apps have staged credentials")], pairs::a_packaged_app),
    question("staged_deploy", "A deploy that rotates the secret does not change staged credentials",
        &[Behavior("A deploy that rotates the key or the secret does not change staged credentials")],
        pairs::a_deploy_that_rotates),

    // The APIs.
    question("soap_headers", "SOAP calls without SOAPAction or with another content type are rejected",
        &[Behavior("SOAP calls need a SOAPAction header and the content type text/xml")], wire::soap_headers),
    question("deploy_query", "Deploys can be found by a tooling query on DeployRequest",
        &[Behavior("Deploys can be found by a tooling query on DeployRequest")], wire::deploys_can_be_queried),
];

/// Open questions that a run cannot answer with one login and without changing anything outside the run.
#[rustfmt::skip]
pub const OUT_OF_REACH: &[(Marked, &str)] = &[
    (Text("docs/guides/hcp-terraform.md", "provider's process sees that variable is not confirmed"),
        "needs a run in HCP Terraform, not an org"),
    (Text("docs/guides/consumer-secret.md", "whether Salesforce revokes them automatically is not confirmed"),
        "needs a token of the revoked credentials, and a wait without a known limit"),
    (Text("docs/guides/consumer-secret.md", "the certificate belongs to the app, regardless of the consumer key (not confirmed by Salesforce)"),
        "needs a JWT bearer login with a rotated app that is approved for a user"),
    (Behavior("A query returns up to 2000 records and the location of the next ones"),
        "needs an org with thousands of records"),
    (Behavior("A retrieve of * returns packaged components"),
        "needs a package of another org"),
    (Behavior("The objects of sites do not exist in an org without sites"),
        "depends on whether the org has sites, which a run does not change"),
    (Behavior("An assignment of a permission set group names the permission set that represents the group; muted permissions do not remove access to an app"),
        "needs permission set groups with members"),
    (Behavior("A query of an object that a user may not see returns INVALID_TYPE"),
        "needs a second user with fewer permissions"),
    (Behavior("Assignments of permission sets and members of permission set groups are visible only with documented permissions such as View Setup"),
        "needs a second user with fewer permissions"),
    (Behavior("FileProperties have namespacePrefix and manageableState"),
        "needs a package of another org"),
    (Behavior("In a subscriber's org the policies of an installed app have no namespace"),
        "needs a package of another org"),
    (Behavior("A package contains the header and the OAuth settings of an app, not its policies and Global file"),
        "needs a package of another org"),
    (Behavior("A refreshed sandbox has another org ID, other consumer keys and secrets, and links that name the new org"),
        "discards the contents of a sandbox, and takes hours"),
    (Behavior("Org settings in a package are applied before its apps"),
        "changes settings of the whole org"),
    (Behavior("Org settings need no permission beyond those of the Metadata API"),
        "needs a second user with fewer permissions"),
    (Behavior("Queries return the DeveloperName and the NamespacePrefix of an installed app separately"),
        "needs a package of another org"),
    (Behavior("Org settings cannot be deleted"),
        "changes settings of the whole org"),
    (Behavior("An element with xsi:nil has no effect in a deploy; it is returned where the org has no value. It is accepted in any version, in files of org settings only"),
        "changes settings of the whole org"),
    (Behavior("The deprecated isNamedUserJwtEnabled is stored and has no effect"),
        "needs an API version that the run does not use, and logins"),
    (Behavior("Two apps may have the same consumer key; logins with it fail"),
        "a failure would leave the org with two consumers that cannot be told apart"),
    (Behavior("Packaged components cannot be changed or deleted, and none can be created in their namespace; the policies of a packaged app can be changed"),
        "needs a package of another org"),
    (Behavior("With the consumer of another org, the flows in the policies are not checked against its settings"),
        "needs a package of another org"),
    (Behavior("REST omits a secret for a while after its credentials were created or the org's setting was changed"),
        "is a race: `rest_secret` reports what REST shows immediately"),
    (Behavior("A POST without a body gets no response; one with an empty JSON object does"),
        "would block the run"),
    (Behavior("Expired credentials stay in the list until they are deleted"),
        "takes 30 days"),
    (Behavior("Tokens outlive the credentials that they were issued with; any credentials of the app can refresh them"),
        "needs a token of a new app, which may take half an hour to propagate"),
    (Behavior("Deleting an app, its OAuth settings or its Global file revokes all credentials"),
        "takes a while to propagate, and a run does not wait that long"),
    (Text("docs/resources/external_client_app_oauth_settings.md", "Whether Salesforce rejects this is not confirmed"),
        "advice of the provider, whatever an org accepts"),
    (Text("docs/guides/troubleshooting.md", "Whether Salesforce rejects this is not confirmed"),
        "advice of the provider, whatever an org accepts"),
    (Behavior("Guest tokens need JWT access tokens"),
        "needs a guest login through a site; `guest` checks what a deploy returns"),
    (Behavior("Files of org settings may be partial: omitted elements are unchanged"), "changes settings of the whole org"),
    (Behavior("Metadata calls need ModifyMetadata or ModifyAllData"), "needs a second user with fewer permissions"),
    (Behavior("App developers may change everything, app admins only the policies"),
        "needs a second user with fewer permissions"),
    (Text("docs/guides/authentication.md", "Whether exactly these permissions are required is not confirmed in a real org"),
        "needs a second user with fewer permissions"),
    (Behavior("Below API version 65 a cancel may report success for changes that were committed"),
        "is a race that a run cannot cause"),
    (Behavior("Deleting an app revokes the tokens that were issued to it"),
        "needs a token of a new app, which may take half an hour to propagate"),
    (Text("docs/guides/getting-started.md", "New apps are reported to take up to 30 minutes to become available everywhere in Salesforce"),
        "takes that long; `cert_cleared` reports the progress after three minutes"),
    (Text("docs/guides/headless-identity.md", "The effect on one-time codes is not confirmed"),
        "needs logins through a site, and a mailbox"),
    (Text("docs/guides/headless-identity.md", "A change is reported to take up to ten minutes to become effective everywhere"),
        "takes that long, and needs logins through a site"),
    (Text("docs/guides/headless-identity.md", "Salesforce is reported to return an HTML page for most incorrect settings"),
        "needs logins through a site"),
    (Text("docs/resources/external_client_app_policies.md", "Whether Salesforce rejects a handler without a user is not confirmed"),
        "needs an Apex class, and a run does not create one"),
    (Text("docs/guides/troubleshooting.md", "Whether Salesforce rejects a handler without a user is not confirmed"),
        "needs an Apex class, and a run does not create one"),
    (Text("docs/resources/external_client_app_oauth_settings.md", "Whether Salesforce expects its text or its name is not confirmed"),
        "needs a first-party app and its attestations; a deploy alone does not show the required format"),
    (Text("docs/resources/oauth_client.md", "Whether Salesforce expects its text or its name is not confirmed"),
        "needs a first-party app and its attestations; a deploy alone does not show the required format"),
    (Text("docs/guides/certificates.md", "It is not confirmed whether every login succeeds while Salesforce processes the new file"),
        "needs continuous logins with a new app, which may take half an hour to propagate"),
    (Text("docs/guides/certificates.md", "How long Salesforce takes to use the new certificate everywhere is not confirmed"),
        "takes that long, and needs logins with a new app"),
    (Text("docs/guides/certificates.md", "It is not confirmed whether access tokens that were issued before the change remain valid"),
        "needs a token of a new app, which may take half an hour to propagate"),
    (Text("docs/guides/certificates.md", "It is not confirmed whether Salesforce rejects signatures with the key of a certificate that has expired, or is not valid yet"),
        "needs a certificate that expires during the run, and logins with a new app"),
    (Behavior("Token exchange accepts subject tokens of five kinds with up to 10000 characters; token_handler names a handler that is enabled for the app, and the default is the app's default handler"),
        "needs an Apex class, and a run does not create one"),
    (Behavior("A token exchange handler can be named by its API name or its Apex class"),
        "needs an Apex class, and a run does not create one"),
    (Behavior("The error for a token that a handler rejects is Token handler validation failed"),
        "needs an Apex class, and a run does not create one"),
    (Behavior("Token exchange admits pre-authorized users, and needs the flow in settings and policies; the tokens are JWTs if the app issues JWTs to named users"),
        "needs an Apex class, and a run does not create one"),
    (Text("docs/guides/authentication.md", "Whether a provider's process sees it in every kind of run is not confirmed"),
        "needs a run in HCP Terraform, not an org"),
    (Behavior("The text of errors that no source quotes"),
        "is not a single question: the report shows the text of every rejection"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use acceptance_tests::terraform::repository;
    use std::collections::{BTreeMap, BTreeSet};

    fn file(path: &str) -> String {
        std::fs::read_to_string(repository().join(path)).unwrap()
    }

    /// The evidence for each behavior, from the list in the emulator's README. The emulator's tests keep that list in
    /// sync with `behavior.rs`.
    fn behaviors() -> BTreeMap<String, String> {
        let readme = file("acceptance-tests/emulator/README.md");
        let (_, rest) = readme.split_once("<!-- facts: written by the tests -->").unwrap();
        let (table, _) = rest.split_once("<!-- end of facts -->").unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Behavior"));
        let rows = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<&str>>());
        let found: BTreeMap<String, String> =
            rows.map(|cells| (cells[0].to_owned(), cells[1].to_owned())).collect();
        assert!(found.len() > 50, "{found:?}");
        found
    }

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Every mark in this file, with the ID of its open question or with `OUT_OF_REACH`.
    fn places() -> impl Iterator<Item = (String, Marked)> {
        let marks = QUESTIONS
            .iter()
            .flat_map(|question| question.marked.iter().map(|marked| (question.id.to_owned(), *marked)));
        marks.chain(OUT_OF_REACH.iter().map(|(marked, _)| ("OUT_OF_REACH".to_owned(), *marked)))
    }

    #[test]
    fn every_fact_is_still_unconfirmed() {
        let behaviors = behaviors();
        for (place, marked) in places() {
            match marked {
                Behavior(what) => match behaviors.get(what).map(String::as_str) {
                    Some("cited" | "assumed") => {}
                    Some(evidence) => panic!("{place}: {what:?} is {evidence} and no longer unconfirmed"),
                    None => panic!("{place}: the emulator has no behavior {what:?}"),
                },
                Text(path, sentence) => {
                    assert!(
                        words(&file(path)).contains(&words(sentence)),
                        "{place}: {path} does not contain {sentence:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_unconfirmed_behavior_has_a_fact_or_is_out_of_reach() {
        let known: BTreeSet<&str> = places()
            .filter_map(|(_, marked)| if let Behavior(what) = marked { Some(what) } else { None })
            .collect();
        let behaviors = behaviors();
        let open =
            behaviors.iter().filter(|(_, evidence)| *evidence != "confirmed").map(|(what, _)| what.as_str());
        let missing: Vec<&str> = open.filter(|what| !known.contains(what)).collect();
        assert!(
            missing.is_empty(),
            "add each to QUESTIONS, or to OUT_OF_REACH with the reason: {missing:#?}"
        );
    }

    /// The phrases that mark an unconfirmed statement in the documentation.
    const DOUBTS: [&str; 4] = ["not confirmed", "nobody has confirmed", "reported to", "Reported:"];

    #[test]
    fn every_unconfirmed_statement_of_the_documentation_is_listed() {
        let known: Vec<(&str, String)> =
            places()
                .filter_map(|(_, marked)| {
                    if let Text(path, sentence) = marked { Some((path, words(sentence))) } else { None }
                })
                .collect();
        let mut doubts = 0;
        for folder in ["docs", "docs/guides", "docs/resources"] {
            for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|ending| ending != "md") {
                    continue;
                }
                let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
                for line in std::fs::read_to_string(&path).unwrap().lines() {
                    // This row of the table explains the ID of all such warnings.
                    if line.starts_with("| `unconfirmed-rule` |")
                        || !DOUBTS.iter().any(|doubt| line.contains(doubt))
                    {
                        continue;
                    }
                    doubts += 1;
                    let line = words(line);
                    assert!(
                        known
                            .iter()
                            .any(|(path, sentence)| *path == name && line.contains(sentence.as_str())),
                        "{name} has an unconfirmed statement; add it to QUESTIONS, or to OUT_OF_REACH with the reason: {line}"
                    );
                }
            }
        }
        assert!(doubts >= 7, "{doubts} doubts found");
    }

    #[test]
    fn ids_are_unique_and_valid_in_a_name() {
        assert!(QUESTIONS.iter().all(|question| !question.marked.is_empty()));
        let ids: BTreeSet<&str> = QUESTIONS.iter().map(|question| question.id).collect();
        assert_eq!(ids.len(), QUESTIONS.len());
        for id in ids {
            assert!(
                id.len() <= 20
                    && id.chars().all(|letter| letter.is_ascii_lowercase()
                        || letter.is_ascii_digit()
                        || letter == '_'),
                "{id}"
            );
            assert!(!id.contains("__") && !id.ends_with('_'), "{id}");
        }
    }
}
