//! The gates of headless identity on the page of the readiness data source, of their table.

use std::fmt::Write as _;

use super::super::data_sources::gates::{GATES, VARIANTS};

const NOTES: &str = "
## What a variant's object holds

- `status`: `ready`, `not_ready` or `unknown`.
- `blocking`: the closed gates, each with `gate`, `field` (Salesforce's name), `actual`, `expected` and `fix`.
- `unknown`: the gates that could not be read, each with `gate`, `field` and `why`.

## In a check

Write the data source beside the `check` block, not inside of it: Terraform reads what is inside of a `check` again at every
apply, and shows that as a change, so that no plan is empty. Its errors are few: an app or a site that is not there, and an org
that lets nobody in. Everything else is a status.

## What it never knows

Whether the secret key of reCAPTCHA is right, whether the app of an integration user has the scope for the init endpoints,
what a registration handler assigns, whether a user has a verified address or must use multi-factor authentication, whether
browsers may call (CORS), and whether a change has spread through Salesforce. `passwordless`, `registration` and
`forgot_password` are therefore `unknown` at best. Test with `not_ready_variants` what must not be closed, and with
`ready_variants` what must be open. The guide [Experience Cloud site](../guides/experience-cloud-site.md) has the clicks.
";

/// What the page says after the lists of attributes.
pub fn section() -> String {
    let mut text = NOTES.to_owned();
    text.push_str(
        "\n## Gates\n\n| gate | of | reads | expects | when it is closed |\n|---|---|---|---|---|\n",
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
