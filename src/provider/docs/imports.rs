//! The import section of a resource: by command, by block, by identity.

use std::fmt::Write as _;

use super::blocks::type_name;
use super::text_of;
use crate::provider::Provider;
use crate::provider::resource_spec::Subject;

/// `installed` means that an app from a package can be imported.
pub fn section(page: &mut String, name: &str, subject: Subject, installed: bool) {
    let command = text_of(&format!("examples/resources/{}/import.sh", name));
    let words: Vec<&str> = command.split_whitespace().collect();
    let [_, _, address, id] = words.as_slice() else {
        panic!("{command} is not terraform import ADDRESS ID")
    };
    let (by, identity) = match subject {
        Subject::App { .. } => {
            let installed = if installed {
                ", or `namespace__Name` for an app that was installed from a package"
            } else {
                ""
            };
            let guide = "The [Importing](../guides/importing.md) guide describes how to import a whole app.";
            let by = format!("Import the resource by the API name of the app, `{id}`{installed}. {guide}");
            (by, format!("name = \"{id}\""))
        }
        Subject::Org => {
            let by = format!(
                "Import the settings by their name, `{id}`, which is the same in every org, so the import works in all \
                 workspaces. Alternatively, use the ID of the connected org."
            );
            (by, "org_id = \"00D000000000001EAA\"".to_owned())
        }
    };
    let _ = write!(
        page,
        "\n## Import\n\n{by}\n\nWith the [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import):\n\n\
         ```shell\n{}\n```\n\n\
         With an [`import` block](https://developer.hashicorp.com/terraform/language/import) (Terraform 1.5 and later):\n\n\
         ```terraform\nimport {{\n  to = {address}\n  id = \"{id}\"\n}}\n```\n\n\
         By identity (Terraform 1.12 and later, OpenTofu 1.12 and later):\n\n\
         ```terraform\nimport {{\n  to = {address}\n  identity = {{\n    {identity}\n  }}\n}}\n```\n\n",
        command.trim()
    );
    let provider = Provider::new(|_| None);
    let Some(identity) = provider.identity_schema(name) else { return };
    page.push_str("### Identity Schema\n\n");
    for required in [true, false] {
        let attributes = identity.attributes.iter().filter(|a| a.required_for_import == required);
        if attributes.clone().next().is_none() {
            continue;
        }
        page.push_str(if required { "#### Required\n\n" } else { "\n#### Optional\n\n" });
        for attribute in attributes {
            let ty = type_name(&attribute.ty);
            let _ = writeln!(page, "- `{}` ({ty}) {}", attribute.name, attribute.description);
        }
    }
}
