//! The first page: an app, one resource for it or three, the provider's arguments, how it logs in, which Terraform has what,
//! where to read on.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl};
use super::{front_matter, versions};
use crate::metadata::{NEWEST_VERSION, OLDEST_VERSION};
use crate::provider::config;

/// Which of the two kinds of resources an app is for. The pages of all of them lead here.
const ONE_OR_THREE: &str = "\n## One resource, or three\n\n\
    Whoever owns an app alone takes [`salesforce_oauth_client`](resources/oauth_client.md). Where developers and admins work \
    apart, each side has resources of its own. An app is for one kind of them: both in one configuration are an error of the \
    plan, *Two kinds of resources for one app*, whichever comes first.\n\n\
    | | [`salesforce_oauth_client`](resources/oauth_client.md) | \
    [`salesforce_external_client_app`](resources/external_client_app.md), \
    [`…_oauth_settings`](resources/external_client_app_oauth_settings.md), \
    [`…_policies`](resources/external_client_app_policies.md) |\n|---|---|---|\n\
    | for | one owner, one workspace | developers, who set an app up, and admins, who decide on its policies, also from \
    another workspace |\n\
    | deploys to create | 1; [2](guides/deploys.md#waves) where an org insists on policies of its own making | 3, one after the other |\n\
    | to change anything | 1 | 1 for each resource that changes |\n\
    | to destroy | 1 | 2; policies take none |\n\
    | what changes together | everything, as a whole or not at all: settings and policies that need each other are switched on \
    and off in one apply | what is in one resource. Terraform changes the settings before the policies, so guests have to go \
    in an apply before JWT tokens do |\n\
    | policies of a new app | in the package that makes the app | made by Salesforce with its defaults, and changed in a deploy \
    of their own |\n\
    | policies that others own | leave the block `policies` out: not managed | only they have the resource |\n\
    | destroying | deletes the app | each for itself: policies are only no longer managed |\n\
    | `deletion_protection` | one, of the whole app | one of the app, one of the OAuth settings |\n\
    | references | none | by `.id`, so that Terraform replaces the parts together with the app |\n\
    | import | 1, by the app's API name | 3, each by the app's API name |\n\
    | an app of somebody else's package | not at all | its policies |\n\n\
    Attributes have the same names and mean the same; a label of the OAuth settings' own is the one that a client has not, and leaves \
    as it is. An app moves from one kind to the other \
    [without a deploy](guides/importing.md#from-three-resources-to-one).\n";

/// What leads from another page to that section.
pub const WHICH_TO_CHOOSE: &str = "\nWhich one an app is for, this or another kind of resource: \
    [One resource, or three](../index.md#one-resource-or-three).\n";

pub fn page() -> String {
    let block = config::schema().block;
    let summary = block.description.split("\n\n").next().unwrap_or_default();
    let mut page = front_matter("Salesforce Provider", summary);
    let _ = write!(
        page,
        "\nSalesforce is spoken to by its Metadata API, {OLDEST_VERSION}.0 to {NEWEST_VERSION}.0. \
         Start with the guide [Getting started](guides/getting-started.md).\n",
    );
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}\n{}",
        hcl("examples/provider/provider.tf"),
        hcl("examples/resources/salesforce_oauth_client/resource.tf")
    );
    page.push_str(ONE_OR_THREE);
    page.push_str("\n## Logging in\n\n| way | arguments | besides |\n|---|---|---|\n");
    for (name, arguments, [needs, may_have]) in config::ways_to_log_in() {
        let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let mut all = quoted(needs);
        all.push(quoted(&arguments).join(" or "));
        let _ = writeln!(page, "| {name} | {} | {} |", all.join(", "), quoted(may_have).join(", "));
    }
    page.push_str(
        "\nEach argument has an environment variable; the block beats the environment. One way at a time: with one in the block, \
         none of the environment is looked at. An access token in `SF_ACCESS_TOKEN`, with its org in `SF_ORG_INSTANCE_URL`, or \
         else an SFDX auth URL in `SFDX_AUTH_URL`, is taken when nothing else is set. The log tells at INFO which way was taken. \
         The guide [Authentication](guides/authentication.md) says which way is for whom, and makes the key and the app.\n\n\
         `terraform validate` needs no credentials. The first call that needs the org logs in.\n\n\
         | warning of a login | means |\n|---|---|\n\
         | `argument-without-effect` | An argument of the block belongs to another way to log in than the one that it names |\n\
         | `refresh-token-rotated` | Salesforce gave a new refresh token in place of the one that it was sent, which may be dead \
         now: [Refresh token](guides/authentication.md#refresh-token) |\n\n\
         `HTTPS_PROXY` and `NO_PROXY` are honoured. Plain `http` is taken for this machine only.\n\n",
    );
    page.push_str(&versions::section());
    page.push_str("## Schema\n\n");
    attributes(&mut page, &block, "###", |_| None);
    page.push_str(
        "\n## Guides\n\n\
         - [Getting started](guides/getting-started.md)\n\
         - [Installing](guides/installing.md): from a registry, a mirror, source; in containers\n\
         - [Which resource for whom](guides/which-resource.md)\n\
         - [Authentication](guides/authentication.md): the key, the app to log in with, permissions\n\
         - [HCP Terraform and other runners](guides/hcp-terraform.md): variables, containers, proxies, a provider block that is \
         not known yet\n\
         - [Headless Identity](guides/headless-identity.md): Salesforce's steps beside their lines of configuration\n\
         - [Experience Cloud site](guides/experience-cloud-site.md): the clicks in the site's settings\n\
         - [Consumer secret](guides/consumer-secret.md): handed on and kept nowhere, rotated without downtime, revoked after a \
         leak\n\
         - [Certificates](guides/certificates.md): their end, and how to change one\n\
         - [Importing](guides/importing.md): what exists already; from three resources to one, and back\n\
         - [From a connected app](guides/from-connected-app.md) to an External Client App: convert, run both, move clients over\n\
         - [Deploys](guides/deploys.md): what an apply does to the org, and how long it takes\n\
         - [Testing modules](guides/testing.md): with a mocked provider, with the emulator, in a CI job\n\
         - [Upgrading](guides/upgrading.md): versions, the state, going back; from Terraform to OpenTofu\n\
         - [Troubleshooting](guides/troubleshooting.md): every message, what it means, what to do\n",
    );
    page
}
