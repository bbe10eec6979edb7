//! The pages of list resources.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl};
use super::front_matter;
use crate::provider::catalog::Managed;
use crate::provider::list_spec::ListSpec;

pub fn page(spec: &'static ListSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} List Resource - salesforce", spec.name), &block.description);
    let example = hcl(&format!("examples/list-resources/{}/list-resource.tfquery.hcl", spec.name));
    let _ = write!(
        page,
        "\n## Example Usage\n\nIn a file that ends with `.tfquery.hcl`, beside the configuration of the provider:\n\n{example}\n\
         Lists came with Terraform 1.14; an older one reads no such file. What they find is shown, and made into a configuration:\n\n\
         ```shell\nterraform query\nterraform query -generate-config-out=found.tf\n```\n\n## Schema\n\n\
         These are arguments of the block `config`. Several of them select what fits all of them; without any, everything is \
         found. `limit` (100, unless it is written) and `include_resource` stand outside of that block and are Terraform's own.\n\n"
    );
    attributes(&mut page, block, "###", |_| None);
    let _ = write!(
        page,
        "\n## What is found\n\nOf each its identity, with which it can be imported, and the label and API name of its app. With \
         `include_resource = true`, or with `-generate-config-out`, its whole state as well, as an import of \
         [`{}`](../resources/{}.md) makes it. What could not be imported because Salesforce does not return it is then left out, and \
         a warning names the apps.\n\nWithout states, records are asked for and no file is retrieved, unless the org does not answer \
         for such records. With states, one retrieve brings the files of some 2,000 to 9,900 apps, so that 5,000 apps take at most 12 \
         calls, and more where a retrieve takes the org so long that it is asked several times whether it is done. The guide [Importing](../guides/importing.md#many-at-once) goes through it.\n",
        spec.name,
        short(spec.name)
    );
    if Managed::named(spec.name).is_some_and(Managed::is_of_own_apps) {
        page.push_str(
            "\nInstalled apps are not found: whoever publishes their package owns them. Their policies are, by \
             [`salesforce_external_client_app_policies`](external_client_app_policies.md).\n",
        );
    }
    page
}

fn short(name: &str) -> &str {
    name.split_once('_').map_or(name, |(_, name)| name)
}
