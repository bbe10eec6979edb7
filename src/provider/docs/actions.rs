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
         Actions came with Terraform 1.14; an older one does not know the block `action`. This one is invoked by hand:\n\n\
         ```shell\nterraform apply -invoke=action.{}.shop\n```\n\n## Schema\n\n",
        spec.name
    );
    attributes(&mut page, block, "###", |_| None);
    page.push_str(
        "\n## What it needs\n\nWhat the resource \
         [`salesforce_external_client_app_credential_rotation`](../resources/external_client_app_credential_rotation.md#what-it-needs) \
         needs. An action leaves nothing in a state. The guide [Consumer secret](../guides/consumer-secret.md) says when to take \
         which.\n",
    );
    page
}
