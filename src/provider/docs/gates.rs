//! The gates of headless identity, for the page of the readiness data source.

use std::fmt::Write as _;

use super::super::data_sources::gates::{GATES, VARIANTS};

const NOTES: &str = "
## Attributes of a variant

- `status`: `ready`, `not_ready` or `unknown`.
- `blocking`: the closed gates, each with `gate`, `field` (the name in Salesforce), `actual`, `expected` and `fix`.
- `unknown`: the gates that cannot be read, each with `gate`, `field` and `why`.

## Checks

Put the data source next to the `check` block, not inside it: Terraform rereads a data source inside a `check`
during every apply and shows this read as a change, so the plan is never empty. The data source fails only if the app
or the site does not exist, if the name of the app differs in case, or if the login fails. In all other cases, it
returns a status.

## Limitations

The data source cannot determine whether the secret key of reCAPTCHA is correct, whether the app of an integration
user has the scope for the init endpoints, what a registration handler assigns, whether a user has a verified address
or must use multi-factor authentication, whether browsers can call the endpoints (CORS), or whether a change has
propagated in Salesforce. The status of `passwordless`, `registration` and `forgot_password` is therefore `unknown`
at best. Use `not_ready_variants` to check that no gate is closed, and `ready_variants` to check that all gates are
open. The [Experience Cloud site](../guides/experience-cloud-site.md) guide describes the site's settings.
";

/// The sections after the attributes.
pub fn section() -> String {
    let mut text = NOTES.to_owned();
    text.push_str(
        "\n## Gates\n\n| gate | variants | reads | expects | how to open it |\n|---|---|---|---|---|\n",
    );
    for gate in GATES {
        let variants = VARIANTS.iter().filter(|(variant, _)| gate.variants.contains(variant));
        let names: Vec<String> = variants.map(|(_, name)| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | `{}` | {} | {} |",
            gate.id,
            names.join(", "),
            gate.field(),
            gate.expected(),
            gate.fix()
        );
    }
    text
}
