//! The pages of data sources and ephemeral resources.

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
        let _ = write!(page, "Exactly one of {} must be set.\n\n", names.join(" and "));
    }
    attributes(&mut page, block, "###", |_| None);
    for column in spec.columns {
        let Column::Resource { name, spec, .. } = column else { continue };
        let _ = write!(page, "\n<a id=\"nestedatt--{name}\"></a>\n### Nested Schema for `{name}`\n\n");
        let lines: BTreeMap<&str, String> = spec
            .rows()
            .map(|row| {
                let attribute = Attribute::computed(row.field.attribute, row.field.kind.ty(), row.found());
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
## Requirements

- Terraform 1.10 or later, or OpenTofu 1.11 or later. Older versions do not support `ephemeral` blocks. There is no
  data source or attribute with the secret: the provider never writes it to a state.
- The org setting *Allow access to External Client App consumer secrets via REST API*: \
[`client_secret_in_rest_api_access_enabled`](../resources/org_external_client_app_settings.md).
- For the user that Terraform logs in as, the permissions *External Client App Developer* and *View Client Secret*.

If a requirement is not met, the error names it, provided that Salesforce returns this information. After the app is \
created or the setting is enabled, \
Salesforce may need some time before it returns the secret. The provider waits for up to 30 seconds.

## When Terraform reads it

Terraform reads the secret during every plan and every apply, or only during the apply if an argument is known only
after apply. Refer to the credential rotation, as in the example: in a run that rotates the credentials,
`consumer_key` is known only after apply, so Terraform reads the new secret.

Terraform does not compare write-only arguments. The resource that receives the secret has a version argument, and
writes the secret again when the version changes. The example derives a number from the consumer key, which changes
with every rotation. The [Consumer secret](../guides/consumer-secret.md) guide has examples for other stores, and
describes what to do if a secret has leaked.
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
