//! The page of the credential rotation, the one resource that is not made of metadata.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl, nested_blocks};
use super::{front_matter, imports};
use crate::provider::rotation;

const NEEDS: &str = "
## What it needs

- The setting *Allow access to External Client App consumer secrets via REST API* of the org: \
[`client_secret_in_rest_api_access_enabled`](org_external_client_app_settings.md).
- For the user that Terraform logs in as, the permissions *External Client App Developer* and *View Client Secret*.
- API 65.0 or later, which has staged credentials.
- An app of the org itself: the credentials of apps that came in packages cannot be staged, says Salesforce.

Terraform 1.6 is enough for the resource. The secret itself is handed on by the ephemeral resource \
[`salesforce_external_client_app_credentials`](../ephemeral-resources/external_client_app_credentials.md), which needs a later one.

## What happens

1. The new pair is *staged*, and then made the consumer's own. A staged pair that the same user left behind in a run that did not \
come to its end is used; one of somebody else is an error, and stays.
2. The pair of before stays valid for 30 days (`previous_state` is `Rotated`), or until `revoke_previous_when_changed` changes.
3. `consumer_key` is the new one at once; `consumer_key` of the OAuth settings follows with the next refresh.

While a pair of before is valid, Salesforce may refuse to stage another one; whether it does is not confirmed. The error then says \
so, and nothing has changed.

The app that Terraform itself logs in with is neither rotated nor are its previous credentials revoked, unless \
`allow_self_lockout = true`. The guide [Consumer secret](../guides/consumer-secret.md) has every case step by step.
";

/// What a plan, a refresh or a destroy says, by ID.
const WARNINGS: &[(&str, &str, &str)] = &[
    (
        "client-id-changes",
        "`rotate_when_changed` changes",
        "**The client ID changes**: the old key, and until when clients may use it.",
    ),
    (
        "rotated-already",
        "`rotate_when_changed` changes, and the same user has rotated since the last apply that came to its end",
        "**The credentials were rotated already**: that one is taken for it, and nothing is rotated again.",
    ),
    (
        "previous-credentials-end",
        "`revoke_previous_when_changed` changes, and there is a pair of before",
        "**The previous credentials end**: the key that ends.",
    ),
    (
        "previous-credentials-stay",
        "it is destroyed",
        "**Previous credentials stay valid**: until when; or that it could not be read.",
    ),
    (
        "credentials-not-checked",
        "the org does not show the credentials in a refresh",
        "**Credentials are not checked**: why. The state stays as it was.",
    ),
    (
        "previous-org",
        "the state is of an org that `previous_org_ids` names",
        "**State of a previous org**: that everything was read anew. Nothing is rotated for it.",
    ),
    (
        "private-state-unreadable",
        "what Terraform keeps beside the state is damaged, or of another version",
        "**What is kept beside the state cannot be read**: what is not known until the next apply.",
    ),
    (
        "not-refreshed",
        "an argument of the provider block is known only after apply",
        "**The state is not refreshed**: which argument, and what to apply first.",
    ),
];

pub fn page() -> String {
    let block = &rotation::schema().block;
    let mut page = front_matter(&format!("{} Resource - salesforce", rotation::NAME), &block.description);
    let example = hcl(&format!("examples/resources/{}/resource.tf", rotation::NAME));
    let _ = write!(page, "\n## Example Usage\n\n{example}\n## Schema\n\n");
    attributes(&mut page, block, "###", |_| None);
    nested_blocks(&mut page, block);
    page.push_str(NEEDS);
    page.push_str(
        "\n## Warnings in plans\n\nEach warning can be silenced by its ID (`suppress_warnings`).\n\n\
         | ID | when | what it says |\n|---|---|---|\n",
    );
    for (id, when, what) in WARNINGS {
        let _ = writeln!(page, "| `{id}` | {when} | {what} |");
    }
    imports::section(&mut page, rotation::NAME, rotation::SUBJECT, false);
    page.push_str(
        "\nAn import knows no values of `rotate_when_changed` and `revoke_previous_when_changed`: those that are written \
         within a day of it are taken for the ones that hold already, and nothing is rotated or revoked. The plan says so.\n",
    );
    page
}
