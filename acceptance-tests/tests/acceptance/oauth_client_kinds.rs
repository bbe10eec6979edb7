//! An app is managed as one resource or in parts. A plan with both is an error, whatever the order of the resources,
//! and so is a plan with two resources of the same type for one app.

use super::oauth_client::{self, without_policies};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::Workspace;

const TWO_KINDS: &str = "Conflicting resources for one app";

/// A resource that manages a part of the app, with additional lines.
fn part(kind: &str, app: &str, more: &str) -> String {
    let own = match kind {
        "salesforce_external_client_app" => format!("name = \"{app}\"\n  label = \"Part\""),
        _ => format!("external_client_app = \"{app}\""),
    };
    format!("resource \"{kind}\" \"part\" {{\n  {own}\n  {more}\n}}\n")
}

const PARTS: [&str; 3] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
];

fn with_line(client: &str, line: &str) -> String {
    client.replace("  contact_email ", &format!("  {line}\n  contact_email "))
}

#[test]
fn a_client_and_a_part_of_its_app_conflict_in_any_order() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let whole = oauth_client::SHOP.to_owned();
    let clients = [whole.clone(), without_policies(&whole)];
    for kind in PARTS {
        let orders = [
            ("", String::new()),
            ("depends_on = [salesforce_oauth_client.shop]", String::new()),
            ("", format!("depends_on = [{kind}.part]")),
        ];
        for client in &clients {
            for (of_part, of_client) in &orders {
                let names: &[&str] = if of_part.is_empty() { &["Shop", "sHOP"] } else { &["Shop"] };
                for app in names {
                    let text = with_line(client, of_client) + &part(kind, app, of_part);
                    workspace.configure(&text);
                    let run = workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(TWO_KINDS);
                    assert!(run.contains("on main.tf line"), "the error has no line: {run}");
                }
            }
        }
    }
    assert_eq!(org.deploys().len(), 0);
}

/// `salesforce_oauth_client` is already in the state, and the part is added.
#[test]
fn a_new_part_conflicts_with_a_client_in_the_state() {
    for kind in PARTS {
        let org = Emulator::start();
        let mut workspace = Workspace::new(&org);
        workspace.unset("TF_LOG");
        for client in [oauth_client::SHOP.to_owned(), without_policies(oauth_client::SHOP)] {
            workspace.configure(&client);
            workspace.apply().succeeded();
            let deploys = org.deploys().len();
            workspace.configure(&(client.clone() + &part(kind, "Shop", "")));
            let plan = ["plan", "-no-color", "-input=false", "-refresh=false"];
            workspace.run(&plan).failed_with(TWO_KINDS);
            workspace.apply().failed_with(TWO_KINDS);
            assert_eq!(org.deploys().len(), deploys, "{kind}");
            workspace.configure(&client);
            workspace.assert_empty_plan();
        }
    }
}

#[test]
fn a_new_client_conflicts_with_parts_in_the_state() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(crate::configurations::SHOP);
    workspace.apply().succeeded();
    let deploys = org.deploys().len();
    for client in [oauth_client::SHOP.to_owned(), without_policies(oauth_client::SHOP)] {
        for name in ["Shop", "SHOP"] {
            let client =
                client.replace("name                         = \"Shop\"", &format!("name = \"{name}\""));
            workspace.configure(&(crate::configurations::SHOP.to_owned() + &client));
            workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(TWO_KINDS);
            workspace.apply().failed_with(TWO_KINDS);
        }
    }
    assert_eq!(org.deploys().len(), deploys);
    workspace.configure(crate::configurations::SHOP);
    workspace.assert_empty_plan();
}

#[test]
fn two_clients_with_one_name_are_exactly_one_error() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    for client in [oauth_client::SHOP.to_owned(), without_policies(oauth_client::SHOP)] {
        for name in ["Shop", "sHop"] {
            let second = client
                .replace("\"salesforce_oauth_client\" \"shop\"", "\"salesforce_oauth_client\" \"second\"")
                .replace("name                         = \"Shop\"", &format!("name = \"{name}\""));
            workspace.configure(&(client.clone() + &second));
            let run = workspace.run(&["plan", "-no-color", "-input=false"]);
            assert_eq!(run.code, Some(1), "{run}");
            assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
            assert!(run.contains("salesforce_oauth_client"), "{run}");
        }
        // One of the two resources is in the state.
        workspace.configure(&client);
        workspace.apply().succeeded();
        let second =
            client.replace("\"salesforce_oauth_client\" \"shop\"", "\"salesforce_oauth_client\" \"second\"");
        workspace.configure(&(client.clone() + &second));
        let run = workspace.run(&["plan", "-no-color", "-input=false"]);
        assert_eq!(run.code, Some(1), "{run}");
        assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
    }
}

/// Other apps, and data sources for the app, are allowed.
#[test]
fn a_client_works_with_data_sources_and_resources_of_other_apps() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let others = crate::configurations::SHOP.replace("\"Shop\"", "\"Till\"").replace(".shop.", ".till.");
    let others = others.replace("\" \"shop\" {", "\" \"till\" {");
    let data_source =
        "data \"salesforce_external_client_app\" \"shop\" {\n  name = salesforce_oauth_client.shop.name\n}\n";
    workspace.configure(&format!("{}{others}{data_source}", oauth_client::SHOP));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
}

/// The name is known only after apply, so the error occurs during apply.
#[test]
fn two_resources_for_one_app_with_an_unknown_name_conflict_during_apply() {
    let unknown = |client: &str| {
        client.replace("name                         = \"Shop\"", "name = terraform_data.name.output")
    };
    let name = "resource \"terraform_data\" \"name\" {\n  input = \"Shop\"\n}\n";
    let second = oauth_client::SHOP
        .replace("\"salesforce_oauth_client\" \"shop\"", "\"salesforce_oauth_client\" \"second\"");
    for (other, words) in
        [(part(PARTS[0], "Shop", ""), TWO_KINDS), (unknown(&second), "Duplicate resource for one app")]
    {
        let org = Emulator::start();
        let mut workspace = Workspace::new(&org);
        workspace.unset("TF_LOG");
        workspace.configure(&format!("{name}{}{other}", unknown(oauth_client::SHOP)));
        workspace.apply().failed_with(words);
        assert!(org.names(acceptance_tests::org::APP).len() <= 1);
        let state = workspace.state();
        assert_eq!(state.len(), 1 + org.names(acceptance_tests::org::APP).len(), "{state:#?}");
    }
}
