//! Tests for `terraform query`: results, filters, cost, and generated configurations. `found_apps` tests the results
//! for each kind of app.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

const LISTS: [&str; 4] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
    "salesforce_oauth_client",
];

/// A list block. `beside` contains the lines next to the block `config`, and `config` the lines in that block.
fn list(resource: &str, beside: &str, config: &str) -> String {
    format!(
        "list \"{resource}\" \"found\" {{\n  provider = salesforce\n  {beside}\n  config {{\n    {config}\n  }}\n}}\n"
    )
}

fn run(workspace: &Workspace<'_>, text: &str, more: &[&str]) -> Run {
    workspace.configure("");
    workspace.write("found.tfquery.hcl", text);
    let arguments: Vec<&str> = ["query"].iter().chain(more).copied().collect();
    workspace.run(&arguments)
}

/// The results of a query, in order.
#[track_caller]
fn query(workspace: &Workspace<'_>, text: &str) -> Vec<Value> {
    let run = run(workspace, text, &["-json"]).succeeded();
    matches(&run)
}

fn matches(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["type"] == "list_resource_found")
        .map(|line| line["list_resource_found"].clone())
        .collect()
}

/// The full name of a result, such as `Shop` or `acme__Shop`.
fn name_of(found: &Value) -> String {
    let name = found["identity"]["name"].as_str().unwrap_or_default();
    match found["identity"]["namespace"].as_str() {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

fn names(found: &[Value]) -> Vec<String> {
    found.iter().map(name_of).collect()
}

/// Lets Terraform generate configurations for these types in `generated.tf`. Returns the type and the name of each
/// result.
#[track_caller]
pub fn generate(workspace: &Workspace<'_>, resources: &[&str]) -> Vec<(String, String)> {
    let text: String = resources.iter().map(|resource| list(resource, "", "")).collect();
    let run = run(workspace, &text, &["-json", "-generate-config-out=generated.tf"]).succeeded();
    let found: Vec<(String, String)> = matches(&run)
        .iter()
        .map(|one| (one["resource_type"].as_str().unwrap_or_default().to_owned(), name_of(one)))
        .collect();
    let path = workspace.folder().join("generated.tf");
    let generated = std::fs::read_to_string(path).unwrap_or_default();
    for start in ["import {", "resource \""] {
        let count = generated.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(count, found.len(), "{generated}\n{run}");
    }
    found
}

/// An org with apps of each kind: with all parts, without settings, for a package, and from a package.
fn apps_of_each_kind() -> Emulator {
    let org = Emulator::start();
    for (name, label) in [("Shop", "Shop"), ("Shop_Admin", "O'Neil \\ \"Admin\""), ("Till", "Shop")] {
        org.admin("POST", "/apps", Some(&json!({ "name": name, "label": label })));
    }
    org.edit(APP, "Till", "distributionState", "Packaged");
    super::found_apps::put_file(&org, APP, "Bare", "<label>Bare</label>\n");
    org.admin("POST", "/packages", Some(&json!({ "namespace": "acme", "name": "Shop" })));
    org
}

#[test]
fn each_list_finds_the_apps_that_its_resource_can_manage() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    let workspace = Workspace::new(&org);
    let settings = vec!["Shop", "Shop_Admin", "Till"];
    for (resource, expected) in LISTS.into_iter().zip([
        vec!["Bare", "Shop", "Shop_Admin", "Till"],
        settings.clone(),
        vec!["Shop", "Shop_Admin", "Till", "acme__Shop"],
        settings,
    ]) {
        for beside in ["", "include_resource = true"] {
            let found = query(&workspace, &list(resource, beside, ""));
            let mut found_names = names(&found);
            found_names.sort();
            assert_eq!(found_names, expected, "{resource} {beside}");
            for one in &found {
                let object = &one["resource_object"];
                assert_eq!(!object.is_null(), !beside.is_empty(), "{resource}");
                assert!(object.is_null() || object["id"] == name_of(one), "{resource}: {object}");
                assert_eq!(one["identity"]["org_id"].as_str().map(str::len), Some(18));
            }
            let display_name = |name: &str| {
                found.iter().find(|one| name_of(one) == name).map(|one| one["display_name"].clone())
            };
            assert_eq!(display_name("Shop"), Some(json!("Shop")), "{resource} {beside}");
            assert_eq!(display_name("Till"), Some(json!("Shop (Till)")), "{resource} {beside}");
        }
    }
}

#[test]
fn filters_select_apps_without_a_retrieve() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    let workspace = Workspace::new(&org);
    for (config, expected) in [
        (r#"label = "Shop""#, vec!["Shop", "Till"]),
        (r#"label = "O'Neil \\ \"Admin\"""#, vec!["Shop_Admin"]),
        (r#"label = "' OR Id != '""#, vec![]),
        (r#"name_prefix = "Shop""#, vec!["Shop", "Shop_Admin"]),
        (r#"name_prefix = "shop""#, vec![]),
        (r#"name_prefix = "Shop_""#, vec!["Shop_Admin"]),
        (r#"distribution_state = "Packaged""#, vec!["Till"]),
        ("label = \"Shop\"\n name_prefix = \"T\"", vec!["Till"]),
        ("label = \"Shop\"\n distribution_state = \"Local\"", vec!["Shop"]),
        (r#"name_prefix = """#, vec!["Shop", "Shop_Admin", "Till"]),
    ] {
        for beside in ["", "include_resource = true"] {
            org.admin("DELETE", "/journal", None);
            let found = query(&workspace, &list(LISTS[3], beside, config));
            assert_eq!(names(&found), expected, "{config} {beside}");
            let journal = org.journal();
            let retrieves = journal.iter().filter(|call| call["operation"] == "retrieve").count();
            assert_eq!(retrieves, usize::from(!beside.is_empty() && !expected.is_empty()), "{config}");
        }
    }
    for (namespace, expected) in [("acme", vec!["acme__Shop"]), ("", vec!["Shop", "Shop_Admin", "Till"])] {
        for beside in ["", "include_resource = true"] {
            let config = format!("namespace = \"{namespace}\"");
            assert_eq!(names(&query(&workspace, &list(LISTS[2], beside, &config))), expected);
        }
    }
}

#[test]
fn an_invalid_filter_is_an_error_that_names_it() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    for (config, words) in [
        (r#"name_prefix = "Shop*""#, "name_prefix: No API name starts with \"Shop*\""),
        (r#"name_prefix = "acme__""#, "without wildcards or a namespace"),
        (r#"distribution_state = "local""#, "distribution_state: \"local\" is written \"Local\""),
        (r#"distribution_state = "Everywhere""#, "distribution_state: "),
        (r#"label = " ""#, "label: The value is blank"),
        (r#"labels = "Shop""#, "Did you mean \"label\"?"),
    ] {
        run(&workspace, &list(LISTS[0], "", config), &["-no-color"]).failed_with(words);
    }
    assert_eq!(org.journal().iter().filter(|call| call["operation"] == "query").count(), 0);
}

#[test]
fn a_limit_ends_the_search() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "copies": 299 })));
    let workspace = Workspace::new(&org);
    for beside in ["limit = 7", "limit = 7\n  include_resource = true"] {
        for resource in LISTS {
            org.admin("DELETE", "/journal", None);
            assert_eq!(query(&workspace, &list(resource, beside, "")).len(), 7, "{resource} {beside}");
            // The lists of the Metadata API contain all names, regardless of the limit.
            let journal = org.journal();
            let files = journal.iter().filter(|call| call["operation"] != "listMetadata");
            let out: u64 = files.filter_map(|call| call["bytesOut"].as_u64()).sum();
            assert!(out < 500_000, "{resource} {beside}: {out} bytes");
        }
    }
    // Terraform's default limit is 100.
    assert_eq!(query(&workspace, &list(LISTS[0], "", "")).len(), 100);
}

#[test]
fn five_thousand_apps_need_at_most_twelve_calls() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "copies": 4_999 })));
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    for resource in LISTS {
        let all = "limit = 10000";
        let states = "limit = 10000\n  include_resource = true";
        let kind = "distribution_state = \"Local\"";
        // The filter `label` ignores letter case, both in queries and in files.
        let label = "label = \"sHOP\"";
        for (beside, filter) in [(all, ""), (states, ""), (all, kind), (states, kind), (states, label)] {
            org.admin("DELETE", "/journal", None);
            let found = query(&workspace, &list(resource, beside, filter));
            let calls: Vec<String> = org
                .journal()
                .iter()
                .map(|call| call["operation"].as_str().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(found.len(), 5_000, "{resource} {beside} {filter}");
            assert!(calls.len() <= 12, "{resource} {beside} {filter}: {calls:?}");
        }
    }
}

/// Salesforce does not document the queried objects, so an org may reject the query.
#[test]
fn if_records_cannot_be_queried_the_files_are_used() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    let workspace = Workspace::new(&org);
    let fault = json!({ "code": "INVALID_TYPE", "text": "sObject type is not supported." });
    for (resource, expected) in [(LISTS[1], 3), (LISTS[2], 4), (LISTS[3], 3)] {
        let rejection = json!({ "call": "query", "nth": 1, "do": { "fault": fault } });
        org.admin("POST", "/faults", Some(&rejection));
        org.admin("DELETE", "/journal", None);
        let found = query(&workspace, &list(resource, "", ""));
        assert_eq!(found.len(), expected, "{resource}");
        assert!(found.iter().all(|one| one["resource_object"].is_null()), "{resource}");
        assert!(org.journal().iter().any(|call| call["operation"] == "retrieve"), "{resource}");
        org.admin("DELETE", "/faults", None);
    }
}

#[test]
fn a_query_fails_if_the_org_rejects_every_call() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    let workspace = Workspace::new(&org);
    let fault = json!({ "code": "INSUFFICIENT_ACCESS", "text": "You may not." });
    // Both calls are rejected, because the provider uses the files if only the query is rejected.
    for beside in ["", "include_resource = true"] {
        for call in ["query", "listMetadata"] {
            let rejection = json!({ "call": call, "every": true, "do": { "fault": fault } });
            org.admin("POST", "/faults", Some(&rejection));
        }
        run(&workspace, &list(LISTS[0], beside, ""), &["-no-color"]).failed_with("Salesforce request failed");
        org.admin("DELETE", "/faults", None);
    }
}

/// Apps with an unreadable consumer cannot be imported as `salesforce_oauth_client`. The list of apps still contains
/// them.
#[test]
fn an_app_that_cannot_be_imported_is_omitted_and_reported() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    let workspace = Workspace::new(&org);
    org.admin("PATCH", "/org", Some(&json!({ "enableConsumerSecretApiAccess": false })));
    let text = list(LISTS[3], "", "");
    let run = run(&workspace, &text, &["-no-color", "-generate-config-out=generated.tf"]).succeeded();
    assert!(run.contains("Some apps could not be read"), "{run}");
    assert!(
        run.contains("Shop, Shop_Admin, Till") && run.contains("Of Shop: Consumer settings cannot be read"),
        "{run}"
    );
    let found = query(&workspace, &list(LISTS[0], "include_resource = true", ""));
    assert_eq!(found.len(), 4);
}

/// Each kind of file of an app has a value that the generated configuration must contain.
#[test]
fn a_generated_configuration_is_complete() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = apps_of_each_kind();
    for (kind, element, text) in [
        (APP, "description", "Two\nlines of ${text}"),
        (OAUTH, "singleLogoutUrl", "https://shop.example/out"),
        (GLOBAL_OAUTH, "isDeviceFlowEnabled", "true"),
        (OAUTH_POLICIES, "requiredSessionLevel", "HIGH_ASSURANCE"),
        (POLICIES, "startUrl", "https://shop.example/start"),
    ] {
        org.edit(kind, "Shop", element, text);
    }
    let workspace = Workspace::new(&org);
    for (resources, count) in [(&LISTS[..3], 4 + 3 + 4), (&LISTS[3..], 3)] {
        let found = generate(&workspace, resources);
        assert_eq!(found.len(), count, "{found:?}");
        workspace.plan(&[]).changes(&[]).containing(&format!("{count} to import"));
        workspace.apply().succeeded().containing(&format!("{count} imported"));
        workspace.assert_empty_plan();
        for file in ["generated.tf", "terraform.tfstate"] {
            std::fs::remove_file(workspace.folder().join(file)).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    assert_eq!(org.deploys().len(), 0);
}
