//! The pages of actions.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl};
use super::front_matter;
use crate::provider::action_spec::ActionSpec;

pub fn page(spec: &'static ActionSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Action - salesforce", spec.name), &block.description);
    let example = hcl(&format!("examples/actions/{}/action.tf", spec.name));
    let _ = write!(
        page,
        "\n## Example Usage\n\n{example}\n\
         Actions require Terraform 1.14. To invoke this one manually:\n\n\
         ```shell\nterraform apply -invoke=action.{}.shop\n```\n\n## Schema\n\n",
        spec.name
    );
    attributes(&mut page, block, "###", |_| None);
    page.push_str(
        "\n## Requirements\n\nThe requirements are the same as those of the resource \
         [`salesforce_external_client_app_credential_rotation`](../resources/external_client_app_credential_rotation.md#requirements). \
         An action does not change the state. The [Consumer secret](../guides/consumer-secret.md) guide compares the \
         actions with the resource.\n",
    );
    page
}
