//! The page of the credential rotation, the only resource without metadata.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl, nested_blocks};
use super::resources::{WARNINGS_OF_ALL, common_warning};
use super::{front_matter, imports};
use crate::provider::rotation;

const NOTES: &str = "
## Requirements

- The org setting *Allow access to External Client App consumer secrets via REST API*: \
[`client_secret_in_rest_api_access_enabled`](org_external_client_app_settings.md).
- For the user that Terraform logs in as, the permissions *External Client App Developer* and *View Client Secret*.
- API version 65.0 or later, which supports staged credentials.
- An app that is not from a package: according to Salesforce, the credentials of packaged apps cannot be staged.

The resource works with Terraform 1.6. The ephemeral resource \
[`salesforce_external_client_app_credentials`](../ephemeral-resources/external_client_app_credentials.md), which reads
the secret, requires a later version.

## How a rotation works

1. The provider *stages* a new key and secret, and then activates them. It uses staged credentials that the same user
   created in an interrupted run. If another user has staged credentials, the rotation fails and does not change
   them.
2. The previous key and secret remain valid for 30 days (`previous_state` is `Rotated`), or until
   `revoke_previous_when_changed` changes.
3. `consumer_key` changes immediately; `consumer_key` of the OAuth settings changes with the next refresh.

While the previous credentials are valid, Salesforce may reject staging new ones; whether it does is not confirmed. If
it does, the provider reports an error and changes nothing.

The provider does not rotate or revoke the credentials of the app that it logs in with, unless
`allow_self_lockout = true`. The
[Consumer secret](../guides/consumer-secret.md) guide describes each case step by step.
";

/// Warnings from a plan, a refresh or a destroy: the ID, when the warning is shown, and what the message contains.
const WARNINGS: &[(&str, &str, &str)] = &[
    ("client-id-changes", "`rotate_when_changed` changes", "the old key, and how long clients can use it."),
    (
        "rotated-already",
        "`rotate_when_changed` changes, and the same user has rotated the credentials since the last complete apply",
        "the provider treats that rotation as the planned one and does not rotate again.",
    ),
    (
        "previous-credentials-end",
        "`revoke_previous_when_changed` changes, and there are previous credentials",
        "the key that is revoked.",
    ),
    (
        "previous-credentials-stay",
        "the resource is destroyed",
        "how long the previous credentials are valid, if the provider can determine this.",
    ),
    (
        "credentials-not-checked",
        "Salesforce does not return the credentials during a refresh",
        "the reason. The state does not change.",
    ),
    (
        "credentials-staged",
        "the resource is created, and the consumer has staged credentials",
        "who created them, and what the next rotation does.",
    ),
    (
        "initial-values-recorded",
        "the first values of `rotate_when_changed` or `revoke_previous_when_changed` are set after an import",
        "nothing is rotated or revoked.",
    ),
];

pub fn page() -> String {
    let block = &rotation::schema().block;
    let mut page = front_matter(&format!("{} Resource - salesforce", rotation::NAME), &block.description);
    let example = hcl(&format!("examples/resources/{}/resource.tf", rotation::NAME));
    let _ = write!(page, "\n## Example Usage\n\n{example}\n## Schema\n\n");
    attributes(&mut page, block, "###", |_| None);
    nested_blocks(&mut page, block);
    page.push_str(NOTES);
    page.push_str(
        "\n## Warnings\n\nTo suppress a warning, add its ID to `suppress_warnings`.\n\n\
         | ID | when | warning |\n|---|---|---|\n",
    );
    for (id, when, what) in WARNINGS.iter().chain(&WARNINGS_OF_ALL) {
        let note = if *id == "previous-org" { " Nothing is rotated because of them." } else { "" };
        common_warning(&mut page, id, when, &format!("{what}{note}"));
    }
    imports::section(&mut page, rotation::NAME, rotation::SUBJECT, false);
    page.push_str(
        "\nAn import does not set `rotate_when_changed` or `revoke_previous_when_changed`. Values that you set within \
         a day of the import are recorded as current, and nothing is rotated or revoked. The plan shows a warning.\n",
    );
    page
}
