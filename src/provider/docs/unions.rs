//! The pages of unions.

use std::fmt::Write as _;

use super::blocks::{attributes, hcl, nested_blocks};
use super::index::WHICH_TO_CHOOSE;
use super::resources::{SCHEMA, own_facts};
use super::{front_matter, imports};
use crate::provider::union_spec::UnionSpec;

pub fn page(spec: &'static UnionSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Resource - salesforce", spec.name), &block.description);
    let example = hcl(&format!("examples/resources/{}/resource.tf", spec.name));
    let _ = write!(page, "\n## Example Usage\n\n{example}");
    page.push_str(WHICH_TO_CHOOSE);
    page.push_str(SCHEMA);
    attributes(&mut page, block, "###", |attribute| own_facts(spec.first(), attribute));
    nested_blocks(&mut page, block);
    let _ = write!(
        page,
        "\n## Rules, requirements and warnings\n\nThis resource has the rules, requirements and warnings of the \
         following resources, with the same IDs:\n\n"
    );
    for member in spec.members {
        let name = member.spec.name.split_once('_').map_or(member.spec.name, |(_, name)| name);
        let at = match &member.block {
            Some(block) => format!(", in the block `{}`", block.name),
            None => String::new(),
        };
        let _ = writeln!(page, "- [`{}`]({name}.md){at}", member.spec.name);
    }
    page.push_str(
        "\nAttributes that require each other are part of the same deploy, so you can enable and disable them \
         together.\n",
    );
    imports::section(&mut page, spec.name, spec.first().subject, false);
    page
}
