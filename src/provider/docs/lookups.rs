//! The pages of data sources and of ephemeral resources, which are looked up alike.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::blocks::{attributes, hcl, line};
use super::{front_matter, gates};
use crate::provider::data_source_spec::{Column, DataSourceSpec};
use crate::provider::data_sources::readiness;
use crate::provider::schema::Attribute;

pub fn data_source_page(spec: &'static DataSourceSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Data Source - salesforce", spec.name), &block.description);
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}\n## Schema\n\n",
        hcl(&format!("examples/data-sources/{}/data-source.tf", spec.name))
    );
    if !spec.one_of.is_empty() {
        let names: Vec<String> = spec.one_of.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(page, "Exactly one of {} must be written.\n\n", names.join(" and "));
    }
    attributes(&mut page, block, "###", |_| None);
    for column in spec.columns {
        let Column::Resource { name, spec, .. } = column else { continue };
        let _ = write!(page, "\n<a id=\"nestedatt--{name}\"></a>\n### Nested Schema for `{name}`\n\n");
        let lines: BTreeMap<&str, String> = spec
            .rows()
            .map(|row| {
                let attribute = Attribute {
                    name: row.field.attribute.to_owned(),
                    ty: row.field.kind.ty(),
                    description: row.found(),
                    required: false,
                    optional: false,
                    computed: true,
                    sensitive: false,
                };
                (row.field.attribute, line(&attribute, None))
            })
            .collect();
        page.extend(lines.into_values());
    }
    if spec.name == readiness::SPEC.name {
        page.push_str(&gates::section());
    }
    page
}

const NOTES: &str = "
## What it needs

- Terraform 1.10 or later, or OpenTofu 1.11 or later. An older one knows no `ephemeral` block and refuses the configuration. There \
is no data source and no attribute with the secret instead: nothing of this provider writes it to a state.
- The setting *Allow access to External Client App consumer secrets via REST API* of the org: \
[`client_secret_in_rest_api_access_enabled`](../resources/org_external_client_app_settings.md).
- For the user that Terraform logs in as, the permissions *External Client App Developer* and *View Client Secret*.

Where one of them is missing, the error says which, as far as the org tells. When the app has just been made, or the setting was \
switched on just now, Salesforce may need a while until it shows the secret: it is waited for, for a minute at most.

## When it is read

In every plan and every apply, unless an argument is known only after apply: then in the apply alone. Refer to the credential \
rotation, as the example does: in a run that rotates, `consumer_key` is such an argument, and the new secret is what is handed on.

Terraform compares no write-only argument with anything. What receives the secret has a version beside it, and takes the secret \
again when the version changes. The example makes a number of the consumer key, which changes when the credentials do, whoever \
rotated them. The guide [Consumer secret](../guides/consumer-secret.md) has the same for other stores, and says what to do when a \
secret has leaked.
";

pub fn ephemeral_page(spec: &'static DataSourceSpec) -> String {
    let block = &spec.schema().block;
    let mut page =
        front_matter(&format!("{} Ephemeral Resource - salesforce", spec.name), &block.description);
    let example = hcl(&format!("examples/ephemeral-resources/{}/ephemeral-resource.tf", spec.name));
    let _ = write!(page, "\n## Example Usage\n\n{example}\n## Schema\n\n");
    attributes(&mut page, block, "###", |_| None);
    page.push_str(NOTES);
    page
}
