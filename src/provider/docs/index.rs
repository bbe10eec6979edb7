//! The first page: an example, the kinds of resources, authentication, supported versions, the arguments of the
//! provider, and links to the guides.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl};
use super::{front_matter, versions};
use crate::metadata::{NEWEST_VERSION, OLDEST_VERSION};
use crate::provider::config;

/// How to choose between the two kinds of resources. The pages of all these resources link to this section.
const ONE_OR_THREE: &str = "\n## One resource or three\n\nIf one team owns an app, use \
                            [`salesforce_oauth_client`](resources/oauth_client.md). If developers and administrators \
                            manage an app separately, use the three resources. Do not use both kinds for the same app: \
                            the plan fails with *Conflicting resources for one app*.\n\n| | \
                            [`salesforce_oauth_client`](resources/oauth_client.md) | \
                            [`salesforce_external_client_app`](resources/external_client_app.md), \
                            [`…_oauth_settings`](resources/external_client_app_oauth_settings.md), \
                            [`…_policies`](resources/external_client_app_policies.md) |\n|---|---|---|\n| for | one \
                            owner, one workspace | developers, who configure an app, and administrators, who can \
                            manage its policies in another workspace |\n| deploys to create | 1; \
                            [2](guides/deploys.md#number-of-deploys) if the org accepts only the policies that it \
                            creates itself | 3, one after the other |\n| deploys to change | 1 | 1 for each resource \
                            that changes |\n| deploys to destroy | 1 | 2; none for policies |\n| what changes together \
                            | the whole app, or nothing: settings and policies that depend on each other can be \
                            enabled and disabled in one apply | the attributes of one resource. Terraform changes the \
                            settings before the policies, so disable guest access in one apply and JWT tokens in the \
                            next |\n| policies of a new app | in the package that creates the app | created by \
                            Salesforce with its defaults, and changed in a separate deploy |\n| policies that another \
                            team owns | omit the `policies` block, so that the resource does not manage the policies | \
                            only that team has the resource |\n| destroying | deletes the app | separate for each \
                            resource; policies remain in the org and are no longer managed |\n| `deletion_protection` \
                            | one, for the whole app | one for the app, one for the OAuth settings |\n| references | \
                            none | by `id`, so that Terraform replaces the resources together with the app |\n| import \
                            | 1, by the API name of the app | 3, each by the API name of the app |\n| an app from a \
                            package | not supported | its policies |\n\nAttributes have the same names and meanings in \
                            both kinds. `salesforce_oauth_client` does not manage the label of the OAuth settings. You \
                            can move an app from one kind to the other [without a \
                            deploy](guides/importing.md#from-three-resources-to-one).\n";

/// The link from another page to the section `ONE_OR_THREE`.
pub const WHICH_TO_CHOOSE: &str = "\nTo decide whether to manage an app with one resource or three, see [One resource \
                                   or three](../index.md#one-resource-or-three).\n";

pub fn page() -> String {
    let block = config::schema().block;
    let summary = block.description.split("\n\n").next().unwrap_or_default();
    let mut page = front_matter("Salesforce Provider", summary);
    let _ = write!(
        page,
        "\nThe provider uses the Metadata API, versions {OLDEST_VERSION}.0 to {NEWEST_VERSION}.0. \
         Start with the guide [Getting started](guides/getting-started.md).\n",
    );
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}\n{}",
        hcl("examples/provider/provider.tf"),
        hcl("examples/resources/salesforce_oauth_client/resource.tf")
    );
    page.push_str(ONE_OR_THREE);
    page.push_str("\n## Authentication\n\n| method | arguments | optional arguments |\n|---|---|---|\n");
    for (name, arguments, [needs, may_have]) in config::auth_methods_for_docs() {
        let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let mut all = quoted(needs);
        all.push(quoted(&arguments).join(" or "));
        let _ = writeln!(page, "| {name} | {} | {} |", all.join(", "), quoted(may_have).join(", "));
    }
    page.push_str(
        "\nEach argument has an environment variable. The block takes precedence over the environment: if it sets a \
         method, methods set in the environment are ignored. If no method is set, the provider uses an access token in \
         `SF_ACCESS_TOKEN` with the org in `SF_ORG_INSTANCE_URL`, or else an SFDX auth URL in `SFDX_AUTH_URL`. The log \
         shows the method at level INFO. The [Authentication](guides/authentication.md) guide compares the methods, \
         and describes how to create the key and the app.\n\n`terraform validate` does not require credentials. The \
         provider logs in on the first call that requires access to the org.\n\n| warning | meaning |\n|---|---|\n| \
         `argument-without-effect` | An argument of the block belongs to another authentication method |\n| \
         `refresh-token-rotated` | Salesforce returned a new refresh token, and the configured one may be invalid: \
         [Refresh token](guides/authentication.md#refresh-token) |\n\nThe provider uses `HTTPS_PROXY` or `ALL_PROXY`, \
         and `NO_PROXY`. It accepts plain `http` only for the local machine.\n\n",
    );
    page.push_str(&versions::section());
    page.push_str("## Schema\n\n");
    attributes(&mut page, &block, "###", |_| None);
    page.push_str(
        "\n## Guides\n\n- [Getting started](guides/getting-started.md)\n- [Installing](guides/installing.md): from a \
         registry, a mirror or source; in containers\n- [Which resource to use](guides/which-resource.md)\n- \
         [Authentication](guides/authentication.md): methods, the key, the app to log in with, permissions\n- [HCP \
         Terraform and CI](guides/hcp-terraform.md): variables, containers, proxies, a provider block with unknown \
         values\n- [Headless Identity](guides/headless-identity.md): the steps from Salesforce Help as \
         configuration\n- [Experience Cloud site](guides/experience-cloud-site.md): the settings of the site in \
         Setup\n- [Consumer secret](guides/consumer-secret.md): pass it on without storing it, rotate it without \
         downtime, revoke it after a leak\n- [Certificates](guides/certificates.md): expiry and replacement\n- \
         [Importing](guides/importing.md): existing apps; from three resources to one, and back\n- [Migrating from \
         connected apps](guides/from-connected-app.md): convert, run both, move the clients\n- \
         [Deploys](guides/deploys.md): how many deploys an apply needs, and how long they take\n- [Testing \
         modules](guides/testing.md): with a mocked provider, with the emulator, in CI\n- \
         [Upgrading](guides/upgrading.md): versions, state, downgrades; from Terraform to OpenTofu\n- \
         [Troubleshooting](guides/troubleshooting.md): all errors and warnings\n",
    );
    page
}
