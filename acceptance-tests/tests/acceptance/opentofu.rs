//! Features that only OpenTofu has, and a state that moves between OpenTofu and Terraform. With Terraform, these tests
//! do nothing.

use crate::configurations::{CLIENT, ONLY_CLIENT};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::terraform::{self, Product};
use acceptance_tests::workspace::Workspace;

const REQUIRED: &str = r#"
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
"#;

#[test]
fn an_encrypted_state_and_an_encrypted_plan_work() {
    if !language::has(Feature::StateEncryption) {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&format!(
        r#"
terraform {{{REQUIRED}
  encryption {{
    key_provider "pbkdf2" "passphrase" {{
      passphrase = var.passphrase
    }}
    method "aes_gcm" "gcm" {{
      keys = key_provider.pbkdf2.passphrase
    }}
    state {{
      method   = method.aes_gcm.gcm
      enforced = true
    }}
    plan {{
      method   = method.aes_gcm.gcm
      enforced = true
    }}
  }}
}}

variable "passphrase" {{
  type    = string
  default = "sixteen letters or more"
}}
{ONLY_CLIENT}"#
    ));
    let file = workspace.folder().join("plan.bin");
    let plan = format!("-out={}", file.display());
    workspace.run(&["plan", "-no-color", "-input=false", &plan]).succeeded().containing("1 to add");
    workspace.run(&["apply", "-no-color", "-input=false", &file.display().to_string()]).succeeded();
    let state = std::fs::read_to_string(workspace.folder().join("terraform.tfstate")).expect("a state");
    assert!(state.contains("encrypted_data") && !state.contains("identity@example.com"), "{state}");
    workspace.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]).succeeded();
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn one_provider_block_serves_two_orgs_and_a_variable_selects_a_module() {
    if !language::has(Feature::ProviderForEach) {
        return;
    }
    let (east, west) = (
        Emulator::with(&["--org-id", "00D000000000001EAA"]),
        Emulator::with(&["--org-id", "00D000000000002EAA"]),
    );
    let mut workspace = Workspace::anonymous();
    workspace.installs();
    workspace.watch(&east);
    workspace.watch(&west);
    let of = |name: &str, org: &Emulator| {
        let credentials = org.credentials();
        format!(
            "    {name} = {{ url = \"{}\", client = \"{}\", user = \"{}\", key = \"{}\" }}\n",
            credentials["SALESFORCE_INSTANCE_URL"],
            credentials["SALESFORCE_CLIENT_ID"],
            credentials["SALESFORCE_USERNAME"],
            credentials["SALESFORCE_PRIVATE_KEY_FILE"]
        )
    };
    std::fs::create_dir(workspace.folder().join("client")).expect("a module");
    workspace.write(
        "client/main.tf",
        &format!(
            "terraform {{{REQUIRED}}}\n\nvariable \"label\" {{\n  type = string\n}}\n{}",
            ONLY_CLIENT.replace("\"Shop\"\n  contact", "var.label\n  contact")
        ),
    );
    workspace.configure(&format!(
        r#"
terraform {{{REQUIRED}}}

variable "module" {{
  type    = string
  default = "client"
}}

locals {{
  orgs = {{
{}{}  }}
}}

provider "salesforce" {{
  alias            = "by_org"
  for_each         = local.orgs
  instance_url     = each.value.url
  client_id        = each.value.client
  username         = each.value.user
  private_key_file = each.value.key
}}

module "client" {{
  source    = "./${{var.module}}"
  for_each  = local.orgs
  label     = each.key
  providers = {{ salesforce = salesforce.by_org[each.key] }}
}}
"#,
        of("east", &east),
        of("west", &west)
    ));
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.apply().succeeded().containing("2 added");
    workspace.assert_empty_plan();
    assert_eq!(east.part(org::APP, "Shop").text("label"), "east");
    assert_eq!(west.part(org::APP, "Shop").text("label"), "west");
    workspace.destroy().succeeded();
    assert_eq!((east.names(org::APP).len(), west.names(org::APP).len()), (0, 0));
}

/// The upgrade guide describes the procedure.
#[test]
fn a_state_moves_from_terraform_to_opentofu_and_back() {
    if terraform::product() != Product::OpenTofu {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(ONLY_CLIENT);
    let pinned = terraform::pinned();
    let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
    workspace.run_script(&pinned, &apply).succeeded().containing("1 added");
    workspace.assert_empty_plan();
    workspace.apply().succeeded();
    assert!(!workspace.attribute(CLIENT, "consumer_key").is_null());
    let guide =
        std::fs::read_to_string(terraform::repository().join("docs/guides/upgrading.md")).expect("a guide");
    let command = guide
        .lines()
        .find(|line| line.starts_with("terraform state replace-provider "))
        .expect("the command");
    let arguments: Vec<&str> = command.split(' ').skip(1).chain(["-auto-approve"]).collect();
    // Terraform requires options before the addresses.
    let (addresses, options): (Vec<&str>, Vec<&str>) =
        arguments[2..].iter().partition(|word| !word.starts_with('-'));
    let arguments = [&arguments[..2], &options, &addresses].concat();
    workspace.run_script(&pinned, &arguments).succeeded();
    workspace.run_script(&pinned, &["plan", "-no-color", "-input=false", "-detailed-exitcode"]).succeeded();
    workspace.run_script(&pinned, &["destroy", "-no-color", "-input=false", "-auto-approve"]).succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
    assert_eq!(org.deploys().len(), 2);
}
