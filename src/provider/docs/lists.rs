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
        "\n## Example Usage\n\nIn a file with the suffix `.tfquery.hcl`, next to the configuration of the \
         provider:\n\n{example}\nList resources require Terraform 1.14 or later; earlier versions ignore the file. \
         Terraform shows the results and can generate a configuration from them:\n\n```shell\nterraform \
         query\nterraform query -generate-config-out=found.tf\n```\n\n## Schema\n\nThese are arguments of the block \
         `config`. The list contains the objects that match all of them. `limit` (default 100) and `include_resource` \
         are arguments of Terraform, outside of that block.\n\n"
    );
    attributes(&mut page, block, "###", |_| None);
    let _ = write!(
        page,
        "\n## Results\n\nEach result has an identity, which you can import, and the label and API name of its app. \
         With `include_resource = true`, or with `-generate-config-out`, it also has the complete state of \
         [`{}`](../resources/{}.md), as it would be after an import. The list then omits apps that cannot be imported \
         because Salesforce does not return them, and a warning names the apps.\n\nIf the results do not include \
         states, the provider queries records, and retrieves files only if the org does not support queries of these \
         records. With states, one retrieve returns the files of about 2,000 to 9,900 apps, so 5,000 apps require at \
         most 12 calls, plus any additional calls to poll a slow retrieve. See the guide \
         [Importing](../guides/importing.md#import-many-apps).\n",
        spec.name,
        short(spec.name)
    );
    if Managed::named(spec.name).is_some_and(Managed::is_of_own_apps) {
        page.push_str(
            "\nApps from packages are not listed, because the publisher of the package owns them. To list their \
             policies, use [`salesforce_external_client_app_policies`](external_client_app_policies.md).\n",
        );
    }
    page
}

fn short(name: &str) -> &str {
    name.split_once('_').map_or(name, |(_, name)| name)
}
