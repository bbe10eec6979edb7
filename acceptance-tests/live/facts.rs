//! What nobody has confirmed and a run in an org can decide: the one list of it.
//!
//! Each question hangs on a sentence that marks it as open: a behaviour of the emulator whose evidence is `cited` or
//! `assumed`, or a sentence of the documentation. The tests below compare: a behaviour that is confirmed or gone, or
//! a sentence that is no longer there, takes its question off this list; a new open behaviour has to come on it, or
//! into `OUT_OF_REACH` with the reason.

use crate::probes::{Answer, Bench, access, deletions, kept, pairs, refused, together, values, wire};

#[derive(Debug, Clone, Copy)]
pub enum Marked {
    /// `what` of a line of FACTS in `emulator/src/behaviour.rs`.
    Behaviour(&'static str),
    /// A sentence of a file, from the root of the repository.
    Text(&'static str, &'static str),
}

pub struct Fact {
    /// Also part of the name of the app that the question needs: short.
    pub id: &'static str,
    pub claim: &'static str,
    /// Where it is marked as open: once or more.
    pub marked: &'static [Marked],
    pub probe: fn(&Bench<'_>) -> Answer,
}

const fn fact(
    id: &'static str,
    claim: &'static str,
    marked: &'static [Marked],
    probe: fn(&Bench<'_>) -> Answer,
) -> Fact {
    Fact { id, claim, marked, probe }
}

use Marked::{Behaviour, Text};

#[rustfmt::skip]
pub const FACTS: &[Fact] = &[
    // What is there when nobody wrote it.
    fact("replace", "A deploy resets the elements that a file leaves out",
        &[Behaviour("A deploy replaces the whole file: elements left out are reset to their defaults")],
        kept::a_deploy_replaces_the_file),
    fact("oauth_policies", "New OAuth policies let everyone in for 365 days, with the flows off",
        &[Behaviour("Defaults of the OAuth policies: Enforce, AllSelfAuthorized, SpecificLifetime 365 Days, STANDARD, flow flags false")],
        kept::defaults_of_the_oauth_policies),
    fact("app_policies", "New app policies are enabled and have no start page",
        &[Behaviour("Defaults of the app policies: isEnabled, isOauthPluginEnabled true, startPage None")],
        kept::defaults_of_the_app_policies),
    fact("policies_first", "Policies in the package that creates their app are taken under their own names, and no others are there",
        &[Behaviour("Policies in the package that creates the OAuth settings are taken, and take the place of the default of their type"),
          Text("docs/guides/deploys.md", "Two public repositories are reported to deploy apps this way"),
          Text("docs/guides/deploys.md", "That Salesforce then creates no policies itself is not confirmed")],
        together::policies_of_the_creating_package),
    fact("policies_named", "So are policies that have the names which Salesforce gives its own",
        &[Behaviour("Policies in the package that creates the OAuth settings are taken, and take the place of the default of their type")],
        together::policies_with_the_names_of_the_defaults),
    fact("policies_one", "Where such a package brings policies of one type, Salesforce makes those of the other",
        &[Behaviour("Policies in the package that creates the OAuth settings are taken, and take the place of the default of their type")],
        together::policies_of_one_type),
    fact("safe_defaults", "PKCE and the secret for refresh tokens are required when a file does not say",
        &[Behaviour("isPkceRequired and isSecretRequiredForRefreshToken default to true")],
        kept::safe_defaults_of_the_global_settings),
    fact("flow_flags", "A retrieved Global file shows flow flags that nobody wrote",
        &[Behaviour("A retrieved Global file shows the flow flags that were not authored")],
        kept::flow_flags_that_nobody_wrote),
    fact("pkce_off", "isPkceRequired = false is kept",
        &[Behaviour("isPkceRequired false is kept"),
          Text("docs/guides/troubleshooting.md", "Reported: `pkce_required = false` that stays `true`"),
          Text("docs/resources/external_client_app_oauth_settings.md", "One org is reported to keep `true` when `false` is sent"),
          Text("docs/resources/oauth_client.md", "One org is reported to keep `true` when `false` is sent")],
        kept::pkce_can_be_switched_off),
    fact("id_validity", "The validity of ID tokens is 1 to 720 minutes, and 2 when left out",
        &[Behaviour("idTokenValidityInMinutes is 1 to 720, 2 by default")], kept::id_token_validity),
    fact("id_flags", "An idTokenConfig comes back with its flags, false where they were left out",
        &[Behaviour("An idTokenConfig that is sent comes back with its flags, false where they were left out")],
        kept::id_token_flags),
    fact("label", "A label that is left out becomes the full name",
        &[Behaviour("A label that is left out becomes the full name")], kept::a_label_left_out),
    fact("zero", "The policy Zero comes back with a period of 0 and no unit",
        &[Behaviour("Zero comes back with a validity period of 0 and no unit")], kept::zero_has_a_period),
    fact("infinite", "The policy Infinite comes back without a period",
        &[Behaviour("The policy type Infinite comes back without a validity period where none was sent")], kept::infinite_has_no_period),

    // What comes back of a value.
    fact("scopes_order", "Scopes come back in the order of Setup's list",
        &[Behaviour("The other scopes come back in the order of Setup's list")], values::scopes_in_order),
    fact("sets_sorted", "Permission sets come back sorted",
        &[Behaviour("Custom scopes, permission sets and profiles come back sorted")], values::permission_sets_are_sorted),
    fact("word_case", "A word that is a plain text in the schema is taken in another letter case, and comes back so",
        &[Behaviour("Values that are plain texts in the schema and a list in the documents are taken in any letter case and come back as they were sent: Enforce_relaxrefresh")],
        values::words_in_another_case),
    fact("scopes_alike", "Basic and OfflineAccess come back as they were sent",
        &[Behaviour("Basic and its parts, RefreshToken and OfflineAccess come back as they were sent")],
        values::equivalent_scopes_stay),
    fact("set_ids", "A permission set sent as an id comes back as a name",
        &[Behaviour("Permission sets sent as ids come back as names")], values::permission_set_ids_become_names),
    fact("list_breaks", "A list may have a line break behind a comma",
        &[Behaviour("Items of a list may be separated by a comma and a line break")],
        values::a_list_may_have_line_breaks),
    fact("line_breaks", "Line breaks and character references come back as what they stand for",
        &[Behaviour("Line breaks come back as they were, whether they were written as such or as references")],
        values::line_breaks_stay),
    fact("order", "Elements are accepted in any order",
        &[Behaviour("Elements of a file may stand in any order")], values::elements_come_in_any_order),
    fact("own_set", "An admin may pre-authorise a permission set that he does not hold",
        &[Behaviour("Pre-authorisation needs no permission set of one's own")],
        values::pre_authorisation_needs_nothing_of_ones_own),
    fact("name_case", "Two apps must differ in more than case",
        &[Behaviour("Names of apps that differ in case only clash")], values::names_differ_in_more_than_case),

    // What is refused.
    fact("lonely_global", "A Global file without OAuth settings is refused",
        &[Behaviour("A Global file needs the app's OAuth settings")], refused::global_settings_without_settings),
    fact("unknown_app", "A part of an app that is not there is refused with INVALID_CROSS_REFERENCE_KEY",
        &[Behaviour("A part that names an unknown app fails with INVALID_CROSS_REFERENCE_KEY")],
        refused::parts_of_an_unknown_app),
    fact("rotation", "Rotating the secret needs ignoreWarnings",
        &[Behaviour("The flags that rotate key and secret need ignoreWarnings")],
        refused::rotation_without_ignoring_warnings),
    fact("foreign_link", "The oauthLink of another org is refused for a local app",
        &[Behaviour("A foreign oauthLink is accepted for packaged apps only")], refused::a_foreign_oauth_link),
    fact("unknown_scope", "The error for an unknown scope lists the 36 scopes",
        &[Behaviour("The error for an unknown scope lists the 36 scopes")], refused::an_unknown_scope),
    fact("jwt_timeouts", "JWT timeouts are single values up to 720, and only with the type Custom",
        &[Behaviour("JWT timeouts: 1, 5, 10, 15, 30; since 65.0 also 60 to 720; only with the type Custom")],
        refused::jwt_timeouts),
    fact("jwt_needed", "A session timeout type for named users without JWT tokens is refused as invalid plugin settings",
        &[Behaviour("A session timeout type for named users without JWT tokens fails: Invalid plugin settings")],
        refused::a_session_timeout_without_jwt),
    fact("guest", "The guest flow is refused while the app issues no JWT tokens, or lacks the code and credentials flow",
        &[Behaviour("Guest flow without the JWT or the code and credentials flag fails the deploy")],
        refused::guests_without_jwt),
    fact("at_the_end", "What settings and policies need of each other is judged by what there is at the end of a package",
        &[Behaviour("Rules over several files of an app are about what there is at the end of a deploy or call, in whichever order its files came: guests, whichever files those are; session timeouts for named users, where the policies are among them")],
        together::files_that_need_each_other),
    fact("flows_alone", "Policies may allow client credentials and token exchange while the settings do not",
        &[Behaviour("Policies may allow client credentials and token exchange while the settings do not")],
        together::flows_without_the_settings),
    fact("code_flow", "The code and credentials flow is refused while the org does not allow it",
        &[Behaviour("isCodeCredFlowEnabled needs the org's oAuthCdCrdtFlowEnable")],
        refused::code_credential_flow_without_the_setting),
    fact("at_most_128", "128 custom attributes and IP ranges are accepted, 129 are not",
        &[Behaviour("At most 128 custom attributes and 128 trusted IP ranges")], refused::more_than_128_entries),
    fact("api_names", "Names with a hyphen, two underscores, or one at the end are refused",
        &[Behaviour("Full names: letters, digits, underscore; begin with a letter; no trailing or double underscore")],
        refused::api_names),
    fact("start_url", "startUrl is demanded with the start page Custom, and refused without it",
        &[Behaviour("startUrl of the app policies is demanded with the start page Custom, refused otherwise")],
        refused::start_urls),
    fact("periods", "Periods and units of refresh tokens are demanded and refused as the policy wants",
        &[Behaviour("Refresh token periods and units are demanded with SpecificLifetime and SpecificInactivity, refused otherwise")],
        refused::refresh_token_periods),
    fact("own_key", "A consumer key of one's own choice is taken with a new consumer",
        &[Behaviour("A consumerKey in the file that makes the consumer is the key")], refused::a_key_of_ones_own),
    fact("other_key", "Another consumer key for a consumer that is there is refused",
        &[Behaviour("Deploys of a consumerKey or consumerSecret other than the present one are refused")],
        refused::another_key),
    fact("own_link", "An oauthLink of this org to a consumer that is not there changes nothing",
        &[Behaviour("An oauthLink of this org that names no consumer of another app is taken and does not change the link")],
        values::a_link_to_nobody),
    fact("foreign_app", "The orgScopedExternalApp of another org is refused",
        &[Behaviour("An orgScopedExternalApp of another org is refused")], refused::an_app_of_another_org),
    fact("line_numbers", "A refusal names the line of the element",
        &[Behaviour("A failure's lineNumber is that of the element at fault")], refused::the_line_of_the_element),

    // What the provider warns of as doubtful, `unconfirmed-rule`. The emulator has no such rules.
    fact("long_label", "A label of 256 characters is refused, one of 255 is not",
        &[Text("docs/guides/troubleshooting.md", "The value violates a rule that is likely but not confirmed in an org: a length")],
        refused::a_long_label),
    fact("long_callbacks", "Callback URLs of more than 2000 characters together are refused",
        &[Text("docs/guides/troubleshooting.md", "The value violates a rule that is likely but not confirmed in an org: a length")],
        refused::long_callback_urls),
    fact("plain_http", "A callback URL with plain http is refused",
        &[Text("docs/guides/troubleshooting.md", "not confirmed in an org: a length, plain `http`, a short key")],
        refused::plain_http),
    fact("short_key", "A certificate with a key of 1024 bits is refused",
        &[Text("docs/resources/external_client_app_oauth_settings.md", "An RSA key should have 2048 bits or more")],
        refused::a_short_key),
    fact("overlap", "Trusted IP ranges that overlap are refused",
        &[Text("docs/resources/external_client_app_oauth_settings.md", "Should not overlap")],
        refused::overlapping_ranges),

    // What a deletion does.
    fact("cascade", "Deleting the OAuth settings deletes the Global file and the OAuth policies",
        &[Behaviour("Deleting the OAuth settings deletes the Global file and the OAuth policies")],
        deletions::settings_take_their_parts_along),
    fact("policies_stay", "OAuth policies are not deleted alone",
        &[Behaviour("Policy files are deleted only together with their app or its OAuth settings")],
        deletions::policies_alone),
    fact("warnings", "A warning fails a deploy that does not ignore warnings",
        &[Behaviour("Without ignoreWarnings a warning fails the deploy")], deletions::a_warning_fails),

    // Keys, secrets, certificates.
    fact("global_shown", "enableConsumerSecretApiAccess decides whether the Global file is shown",
        &[Behaviour("enableConsumerSecretApiAccess decides whether a Global file can be read")],
        access::the_global_file_follows_the_setting),
    fact("global_hidden", "A Global file that may not be read looks like one that is not there",
        &[Behaviour("An unreadable Global file looks like a missing one, in lists too")],
        access::an_unreadable_global_file),
    fact("secret_shown", "A Global file that is shown has the secret in it",
        &[Behaviour("A Global file that is shown has the secret in it")], access::the_secret_comes_with_the_global_file),
    fact("rest_secret", "enableClientSecretInRestApiAccess decides whether REST shows the secret",
        &[Behaviour("enableClientSecretInRestApiAccess and ViewClientSecret decide whether REST shows the secret")],
        access::the_secret_in_rest),
    fact("rest_key", "REST shows the consumer key",
        &[Behaviour("The credentials of Connect REST show the consumer key")], access::the_key_in_rest),
    fact("rest_unused", "REST lists apps that no token was given to",
        &[Behaviour("Connect REST lists apps that no token was given to")], access::apps_that_nobody_used),
    fact("cert_cleared", "A deploy without the certificate clears it",
        &[Behaviour("A deploy without the certificate clears it")],
        access::the_certificate_is_cleared),
    fact("audience", "A JWT for an External Client App may have the org's My Domain as its audience, and no shared login host",
        &[Text("docs/guides/authentication.md", "This is not confirmed by Salesforce; `make live` tests it in an org"),
          Text("docs/guides/troubleshooting.md", "External Client Apps are reported to accept no other audience"),
          Text("docs/guides/troubleshooting.md", "which is reported to be answered in the same way"),
          Text("docs/index.md", "External Client Apps are reported to accept no other")],
        access::the_audience_is_the_my_domain),
    fact("wildcard", "A retrieve of * returns the apps",
        &[Behaviour("A retrieve of * returns the apps")], access::wildcards),

    // Staged credentials.
    fact("staged_versions", "Staged credentials are not found before version 65.0",
        &[Behaviour("The usage list is there since 59.0, credentials since 60.0, staged credentials since 65.0; before that they are not found")],
        pairs::versions),
    fact("page_sizes", "Pages of no entries, of more than 100, and before the first one are refused",
        &[Behaviour("pageSize is 1 to 100, 100 by default; other values are refused")], pairs::sizes_of_pages),
    fact("id_lengths", "Lists have ids in 15 characters, answers about one in 18",
        &[Behaviour("Lists have ids of consumers and staged credentials in 15 characters, answers about one in 18")],
        pairs::lengths_of_ids),
    fact("staged_none", "The list of staged credentials is empty when there are none",
        &[Behaviour("The list of staged credentials is empty when there are none")], pairs::nothing_is_staged),
    fact("staged_answer", "Staging is answered by 201 and the list",
        &[Behaviour("POST of staged credentials answers with the list of them; it takes no parameters")],
        pairs::the_answer_to_staging),
    fact("staged_bodies", "Staging refuses a body with members, and rotating another command or none",
        &[Behaviour("Staging refuses a body with members, and rotating any other than the command rotate; both want application/json")],
        pairs::other_bodies),
    fact("staged_twice", "A second pair is refused while one is active",
        &[Behaviour("Staged credentials that are Active or Rotated are in the way of new ones, Expired ones are not")],
        pairs::a_second_pair),
    fact("staged_beside", "A pair is refused while one that was rotated away is still there",
        &[Behaviour("Staged credentials that are Active or Rotated are in the way of new ones, Expired ones are not"),
          Text("docs/resources/external_client_app_credential_rotation.md", "whether it does is not confirmed")],
        pairs::a_pair_beside_a_rotated_one),
    fact("staged_by", "createdBy is the user's id in 15 characters",
        &[Behaviour("createdBy of staged credentials is the user's id in 15 characters")], pairs::who_staged_it),
    fact("staged_login", "A staged key is known to the token endpoint before it is rotated",
        &[Behaviour("An active staged pair logs in like the main one")], pairs::a_staged_key_is_known),
    fact("own_secret", "The main key goes with its own secret, and not with that of the staged pair",
        &[Behaviour("Each key goes with its own secret, whichever of the pairs it is of")],
        pairs::a_key_and_the_secret_of_another),
    fact("rotated_id", "The former main pair has the id that the staged one had",
        &[Behaviour("The former main pair has the id of the staged one, and 30 days from the rotation")],
        pairs::the_id_after_a_rotation),
    fact("rotated_end", "The former main pair has 30 days, counted from the rotation",
        &[Behaviour("The former main pair has the id of the staged one, and 30 days from the rotation")],
        pairs::the_end_after_a_rotation),
    fact("rotated_answer", "Rotating answers with the former main pair, which is not rotated again",
        &[Behaviour("Rotating answers with the former main pair; only an active one can be rotated")],
        pairs::the_answer_to_rotating),
    fact("staged_gate", "enableClientSecretInRestApiAccess decides whether there are staged credentials",
        &[Behaviour("Staged credentials need the org's setting and the permissions External Client App Developer and View Client Secret")],
        pairs::the_setting_of_the_org),
    fact("staged_words", "Whoever may not is told that it is not currently enabled",
        &[Behaviour("Without them: not currently enabled")], pairs::the_words_of_a_refusal),
    fact("staged_packaged", "Packaged apps have no staged credentials",
        &[Behaviour("Only local apps have staged credentials")], pairs::a_packaged_app),
    fact("staged_deploy", "A deploy that rotates the secret leaves staged credentials alone",
        &[Behaviour("A deploy that rotates key or secret leaves staged credentials alone")],
        pairs::a_deploy_that_rotates),

    // The interfaces.
    fact("soap_headers", "SOAP calls without SOAPAction or with another content type are refused",
        &[Behaviour("SOAP calls need a SOAPAction header and the content type text/xml")], wire::soap_headers),
    fact("deploy_query", "Deploys can be found by a tooling query on DeployRequest",
        &[Behaviour("Deploys can be found by a tooling query on DeployRequest")], wire::deploys_can_be_queried),
];

/// What is marked as open and a run cannot decide, with one login and without changing what is not its own.
#[rustfmt::skip]
pub const OUT_OF_REACH: &[(Marked, &str)] = &[
    (Text("docs/guides/hcp-terraform.md", "provider's process sees that variable is not confirmed"),
        "needs a run in HCP Terraform, not an org"),
    (Text("docs/guides/consumer-secret.md", "whether Salesforce revokes them automatically is not confirmed"),
        "needs a token of the revoked pair, and a wait that nobody can bound"),
    (Text("docs/guides/consumer-secret.md", "the certificate belongs to the app, whatever its key (not confirmed by Salesforce)"),
        "needs a login by JWT bearer with an app that was rotated, approved for a user"),
    (Behaviour("A query answers with up to 2000 records and says where the next ones are"),
        "needs an org with thousands of records"),
    (Behaviour("A retrieve of * returns what packages brought"),
        "needs a package of another org"),
    (Behaviour("A site's objects are not there in an org without sites"),
        "depends on whether the org has sites, which a run does not change"),
    (Behaviour("An assignment of a permission set group names the permission set that stands for the group; muted permissions take nobody's access to an app"),
        "needs permission set groups and people in them"),
    (Behaviour("An object that a user may not see answers INVALID_TYPE"),
        "needs a second user with fewer permissions"),
    (Behaviour("Assignments of permission sets and members of permission set groups are shown to holders of documented permissions only, such as View Setup"),
        "needs a second user with fewer permissions"),
    (Behaviour("FileProperties have namespacePrefix and manageableState"),
        "needs a package of another org"),
    (Behaviour("In a subscriber's org the policies of an installed app have no namespace"),
        "needs a package of another org"),
    (Behaviour("Of an app only the header and the OAuth settings travel in a package; policies and the Global file do not"),
        "needs a package of another org"),
    (Behaviour("A refreshed sandbox has another org ID, other consumer keys and secrets, and links that name the new org"),
        "throws away what is in a sandbox, and takes hours"),
    (Behaviour("Org settings in a package are taken before the apps in it"),
        "changes settings of the whole org"),
    (Behaviour("Org settings need no other permission than the Metadata API's"),
        "needs a second user with fewer permissions"),
    (Behaviour("Queries tell an installed app's DeveloperName and NamespacePrefix apart"),
        "needs a package of another org"),
    (Behaviour("Settings of an org are not deleted"),
        "changes settings of the whole org"),
    (Behaviour("An element with xsi:nil says nothing in a deploy; it comes back where the org has no value. It is taken in any version, in files of org settings only"),
        "changes settings of the whole org"),
    (Behaviour("That deprecated isNamedUserJwtEnabled is kept and does nothing"),
        "needs an API version that the run does not speak, and logins"),
    (Behaviour("Two apps may have one consumer key; nobody can log in with it"),
        "would leave the org with two consumers that nobody can tell apart, if it went wrong"),
    (Behaviour("What a package brought cannot be changed or deleted, nor anything be made in its namespace; its policies can"),
        "needs a package of another org"),
    (Behaviour("With the consumer of another org nobody here checks that it allows the flows which the policies set"),
        "needs a package of another org"),
    (Behaviour("A secret is missing from REST for a while after its pair was made or the org's setting was changed"),
        "is a race: `rest_secret` says what was shown at once"),
    (Behaviour("A POST without a body is never answered; one with an empty JSON object is"),
        "would let the run wait for nothing"),
    (Behaviour("Expired credentials stay in the list until they are deleted"),
        "takes 30 days"),
    (Behaviour("Tokens outlive the pair that they were got with; any pair of the app refreshes them"),
        "needs a token of a new app, which may take half an hour to be known"),
    (Behaviour("Deleting an app, its OAuth settings or its Global file ends all pairs"),
        "is known everywhere only after a while, and a run does not wait so long"),
    (Text("docs/resources/external_client_app_oauth_settings.md", "Whether Salesforce rejects this is not confirmed"),
        "a rule of the provider about good sense, whatever an org takes"),
    (Behaviour("Guest tokens need JWT access tokens"),
        "needs a guest's login through a site; `guest` asks what a deploy says"),
    (Behaviour("Files of org settings may be partial: what they leave out stays"), "changes settings of the whole org"),
    (Behaviour("Metadata calls need ModifyMetadata or ModifyAllData"), "needs a second user with fewer permissions"),
    (Behaviour("App developers may change everything, app admins the policies only"),
        "needs a second user with fewer permissions"),
    (Text("docs/guides/authentication.md", "It is not confirmed on a real org that these are exactly what is needed"),
        "needs a second user with fewer permissions"),
    (Behaviour("Below API version 65 a cancel may report success for changes that were committed"),
        "is a race that a run cannot bring about"),
    (Behaviour("Deleting an app ends the tokens that were given to it"),
        "needs a token of a new app, which may take half an hour to be known"),
    (Text("docs/guides/getting-started.md", "New apps are reported to take up to 30 minutes to become available everywhere in Salesforce"),
        "takes as long; `cert_cleared` says how far it came in three minutes"),
    (Text("docs/guides/headless-identity.md", "The effect on one-time codes, which are documented in a header only, is not confirmed"),
        "needs logins through a site, and a mailbox"),
    (Text("docs/guides/headless-identity.md", "A change is reported to take up to ten minutes to become effective everywhere"),
        "takes as long, and needs logins through a site"),
    (Text("docs/guides/headless-identity.md", "Salesforce is reported to return an HTML page for most incorrect settings"),
        "needs logins through a site"),
    (Text("docs/resources/external_client_app_policies.md", "whether Salesforce rejects this is not confirmed"),
        "needs an Apex class, and a run makes none"),
    (Text("docs/resources/external_client_app_oauth_settings.md", "Whether Salesforce wants its text or its name is not confirmed"),
        "needs a first-party app and its attestations; a deploy alone would not tell what is good for them"),
    (Text("docs/resources/oauth_client.md", "Whether Salesforce wants its text or its name is not confirmed"),
        "needs a first-party app and its attestations; a deploy alone would not tell what is good for them"),
    (Text("docs/guides/certificates.md", "succeeds while Salesforce processes the new file is not confirmed"),
        "needs logins without a pause, with a new app, which may take half an hour to be known"),
    (Text("docs/guides/certificates.md", "How long Salesforce takes to use the new certificate everywhere is not confirmed"),
        "takes as long, and needs logins with a new app"),
    (Text("docs/guides/certificates.md", "Whether access tokens that were issued before the change remain valid is not confirmed"),
        "needs a token of a new app, which may take half an hour to be known"),
    (Text("docs/guides/certificates.md", "Whether Salesforce rejects signatures with the key of a certificate that has expired, or is not valid yet, is not confirmed"),
        "needs a certificate that ends while the run waits, and logins with a new app"),
    (Behaviour("Token exchange takes subject tokens of five kinds and up to 10000 characters; token_handler names a handler that is enabled for the app, and without it the app's default one is taken"),
        "needs an Apex class, and a run makes none"),
    (Behaviour("A token exchange handler is known by its API name and by its Apex class"),
        "needs an Apex class, and a run makes none"),
    (Behaviour("A token exchange handler that refuses is answered with the words Token handler validation failed"),
        "needs an Apex class, and a run makes none"),
    (Behaviour("Token exchange lets in who is pre-authorised, and wants the flow in settings and policies; the tokens are JWTs where the app gives named users JWTs"),
        "needs an Apex class, and a run makes none"),
    (Text("docs/guides/authentication.md", "That a provider's process sees it in each kind of run is not confirmed"),
        "needs a run of HCP Terraform, and no org"),
    (Behaviour("The wording of errors that no source quotes"),
        "is not one question: the report shows the words of every refusal"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use acceptance_tests::terraform::repository;
    use std::collections::{BTreeMap, BTreeSet};

    fn file(path: &str) -> String {
        std::fs::read_to_string(repository().join(path)).unwrap()
    }

    /// The emulator's own list, which its tests keep equal to `behaviour.rs`: what → evidence.
    fn behaviours() -> BTreeMap<String, String> {
        let readme = file("acceptance-tests/emulator/README.md");
        let (_, rest) = readme.split_once("<!-- facts: written by the tests -->").unwrap();
        let (table, _) = rest.split_once("<!-- end of facts -->").unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Behaviour"));
        let rows = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<&str>>());
        let found: BTreeMap<String, String> =
            rows.map(|cells| (cells[0].to_owned(), cells[1].to_owned())).collect();
        assert!(found.len() > 50, "{found:?}");
        found
    }

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Every place that this file knows of, with what knows it.
    fn places() -> impl Iterator<Item = (String, Marked)> {
        let asked =
            FACTS.iter().flat_map(|fact| fact.marked.iter().map(|marked| (fact.id.to_owned(), *marked)));
        asked.chain(OUT_OF_REACH.iter().map(|(marked, _)| ("OUT_OF_REACH".to_owned(), *marked)))
    }

    #[test]
    fn every_question_is_still_open() {
        let behaviours = behaviours();
        for (place, marked) in places() {
            match marked {
                Behaviour(what) => match behaviours.get(what).map(String::as_str) {
                    Some("cited" | "assumed") => {}
                    Some(evidence) => panic!("{place}: {what:?} is {evidence}; nobody needs to ask any more"),
                    None => panic!("{place}: the emulator has no behaviour {what:?}"),
                },
                Text(path, sentence) => {
                    assert!(
                        words(&file(path)).contains(&words(sentence)),
                        "{place}: {path} does not say {sentence:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_open_behaviour_is_asked_for_or_out_of_reach() {
        let known: BTreeSet<&str> = places()
            .filter_map(|(_, marked)| if let Behaviour(what) = marked { Some(what) } else { None })
            .collect();
        let behaviours = behaviours();
        let open =
            behaviours.iter().filter(|(_, evidence)| *evidence != "confirmed").map(|(what, _)| what.as_str());
        let missing: Vec<&str> = open.filter(|what| !known.contains(what)).collect();
        assert!(missing.is_empty(), "add each to FACTS, or to OUT_OF_REACH with the reason: {missing:#?}");
    }

    /// The words with which the documentation says that something is open.
    const DOUBTS: [&str; 4] = ["not confirmed", "nobody has confirmed", "reported to", "Reported:"];

    #[test]
    fn every_doubt_of_the_documentation_is_asked_for_or_out_of_reach() {
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
                    // The table of warnings explains the word for all of them.
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
                        "{name} has a doubt; add it to FACTS, or to OUT_OF_REACH with the reason: {line}"
                    );
                }
            }
        }
        assert!(doubts >= 7, "{doubts} doubts found");
    }

    #[test]
    fn ids_are_unique_and_fit_into_a_name() {
        assert!(FACTS.iter().all(|fact| !fact.marked.is_empty()));
        let ids: BTreeSet<&str> = FACTS.iter().map(|fact| fact.id).collect();
        assert_eq!(ids.len(), FACTS.len());
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
