//! A configuration that manages two orgs, and a state that is used with the wrong org.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;

const FIRST: &str = "00D000000000001EAA";
const SECOND: &str = "00D000000000002EAA";

fn provider(alias: &str, org: &Emulator) -> String {
    let credentials = org.credentials();
    format!(
        r#"
provider "salesforce" {{
  alias            = "{alias}"
  instance_url     = "{}"
  client_id        = "{}"
  username         = "{}"
  private_key_file = "{}"
}}
"#,
        credentials["SALESFORCE_INSTANCE_URL"],
        credentials["SALESFORCE_CLIENT_ID"],
        credentials["SALESFORCE_USERNAME"],
        credentials["SALESFORCE_PRIVATE_KEY_FILE"],
    )
}

fn apps(east_label: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "east" {{
  provider = salesforce.east
  name     = "Shop"
  label    = "{east_label}"
}}

resource "salesforce_external_client_app_oauth_settings" "east" {{
  provider            = salesforce.east
  external_client_app = salesforce_external_client_app.east.id
}}

resource "salesforce_external_client_app" "west" {{
  provider = salesforce.west
  name     = "Shop"
  label    = "West"
}}

resource "salesforce_external_client_app_oauth_settings" "west" {{
  provider            = salesforce.west
  external_client_app = salesforce_external_client_app.west.id
}}
"#
    )
}

#[test]
fn two_aliases_manage_two_orgs() {
    let east = Emulator::with(&["--org-id", FIRST]);
    let west = Emulator::with(&["--org-id", SECOND]);
    let mut workspace = Workspace::anonymous();
    workspace.watch(&east);
    workspace.watch(&west);
    let providers = format!("{}{}", provider("east", &east), provider("west", &west));

    workspace.step(
        &format!("{providers}{}", apps("East")),
        &[
            ("salesforce_external_client_app.east", Create),
            ("salesforce_external_client_app.west", Create),
            ("salesforce_external_client_app_oauth_settings.east", Create),
            ("salesforce_external_client_app_oauth_settings.west", Create),
        ],
    );
    workspace.is_in_org("salesforce_external_client_app.east", FIRST);
    workspace.is_in_org("salesforce_external_client_app.west", SECOND);
    assert_eq!(east.part(org::APP, "Shop").text("label"), "East");
    assert_eq!(west.part(org::APP, "Shop").text("label"), "West");
    let deploys = west.deploys().len();

    workspace.step(
        &format!("{providers}{}", apps("Far East")),
        &[("salesforce_external_client_app.east", Update)],
    );
    assert_eq!(east.part(org::APP, "Shop").text("label"), "Far East");
    assert_eq!(west.deploys().len(), deploys, "a change in one org must not deploy to the other");

    workspace.destroy().succeeded();
    assert_eq!(east.names(org::APP), Vec::<String>::new());
    assert_eq!(west.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_state_of_one_org_is_not_applied_to_another() {
    let first = Emulator::with(&["--org-id", FIRST]);
    let second = Emulator::with(&["--org-id", SECOND]);
    let mut workspace = Workspace::new(&first);
    workspace.watch(&second);
    workspace.step(
        "resource \"salesforce_external_client_app\" \"shop\" {\n  name  = \"Shop\"\n  label = \"Shop\"\n}\n",
        &[("salesforce_external_client_app.shop", Create)],
    );
    for (variable, value) in second.credentials() {
        workspace.set(&variable, &value);
    }
    // The first 15 characters of an ID are its short form.
    let run = workspace.apply().failed_with(&FIRST[..15]);
    assert!(run.contains(&SECOND[..15]), "{run}");
    assert_eq!(second.names(org::APP), Vec::<String>::new());
    workspace.is_in_org("salesforce_external_client_app.shop", FIRST);
}
