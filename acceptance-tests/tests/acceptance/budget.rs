//! The number of calls that plans and applies make, compared with the limits in `docs/guides/deploys.md`. Durations are
//! not tested here; `make bench` measures them.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

/// The guide that states the limits.
const GUIDE: &str = include_str!("../../../docs/guides/deploys.md");

/// A configuration with `count` apps, each with settings and policies.
fn apps(count: usize) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  count = {count}
  name  = "Shop${{count.index}}"
  label = "Shop ${{count.index}}"
}}

resource "salesforce_external_client_app_oauth_settings" "shop" {{
  count               = {count}
  external_client_app = salesforce_external_client_app.shop[count.index].id
  callback_urls       = ["https://shop${{count.index}}.example.com/callback"]
  oauth_scopes        = ["Api"]
}}

resource "salesforce_external_client_app_policies" "shop" {{
  count               = {count}
  external_client_app = salesforce_external_client_app_oauth_settings.shop[count.index].id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}}
"#
    )
}

/// The calls that an org received.
#[derive(Debug, Clone, Copy)]
struct Cost {
    calls: usize,
    retrieves: usize,
    deploys: usize,
    bytes: u64,
}

/// The cost of a command. Clears the journal first.
#[track_caller]
fn cost(org: &Emulator, command: impl FnOnce()) -> Cost {
    org.admin("DELETE", "/journal", None);
    command();
    let journal = org.journal();
    let of = |operation: &str| journal.iter().filter(|call| call["operation"] == operation).count();
    let bytes = |call: &Value| call["bytesIn"].as_u64().unwrap_or(0) + call["bytesOut"].as_u64().unwrap_or(0);
    Cost {
        calls: journal.len(),
        retrieves: of("retrieve"),
        deploys: of("deploy"),
        bytes: journal.iter().map(bytes).sum(),
    }
}

/// A workspace without a log, because writing the log would take most of the time.
fn workspace(org: &Emulator) -> Workspace<'_> {
    let mut workspace = Workspace::new(org);
    workspace.unset("TF_LOG");
    workspace
}

fn run(workspace: &Workspace<'_>, verb: &str, parallelism: usize) -> Run {
    let parallelism = format!("-parallelism={parallelism}");
    let mut arguments = vec![verb, "-no-color", "-input=false", &parallelism];
    if verb != "plan" {
        arguments.push("-auto-approve");
    }
    workspace.run(&arguments)
}

/// The last number in the row of the guide's tables that starts with this text.
#[track_caller]
fn documented_limit(row: &str) -> usize {
    let row = GUIDE.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("no row {row:?}"));
    let last = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
    let mut numbers = last.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    numbers.next_back().unwrap_or_else(|| panic!("no number in {last:?}"))
}

#[test]
fn a_hundred_apps_stay_within_the_documented_number_of_calls_and_deploys() {
    let org = Emulator::with(&["--deploy-ms", "1500", "--retrieve-ms", "200"]);
    let workspace = workspace(&org);
    workspace.configure(&apps(100));

    let apply = cost(&org, || drop(run(&workspace, "apply", 10).succeeded()));
    assert_eq!(org.names(org::OAUTH).len(), 100);
    assert!(apply.deploys <= documented_limit("| 100 apps |"), "{apply:?}");
    assert!(apply.calls <= documented_limit("| for each deploy |") * apply.deploys, "{apply:?}");

    let plan = cost(&org, || drop(run(&workspace, "plan", 10).succeeded().containing("No changes")));
    // These policies name a permission set, so the queries for its users are among the calls.
    assert!(plan.calls <= documented_limit("| plan, up to 400 apps in the org |"), "{plan:?}");
    assert_eq!((plan.retrieves, plan.deploys), (1, 0), "{plan:?}");

    drop(run(&workspace, "destroy", 100).succeeded());
    assert_eq!(org.names(org::APP), Vec::<String>::new());

    let apply = cost(&org, || drop(run(&workspace, "apply", 100).succeeded()));
    // On a busy machine, Terraform sends a hundred changes over several seconds.
    assert!(apply.deploys <= documented_limit("| the same with `-parallelism=100` |") + 3, "{apply:?}");
}

#[test]
fn one_invalid_app_among_a_hundred_fails_alone() {
    let org = Emulator::with(&["--deploy-ms", "1500"]);
    let workspace = workspace(&org);
    // Only the org can detect that this scope does not exist.
    let with_invalid_app =
        apps(100).replace(r#"["Api"]"#, r#"count.index == 41 ? ["Ghost_Scope"] : ["Api"]"#);
    workspace.configure(&with_invalid_app);

    let apply = cost(&org, || {
        let run = run(&workspace, "apply", 100);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.contains("oauth_settings.shop[41]"), "{run}");
    });
    assert!(apply.deploys <= 4 + 3, "{apply:?}");
    for (kind, count) in [(org::APP, 100), (org::OAUTH, 99), (org::GLOBAL_OAUTH, 99), (org::POLICIES, 99)] {
        assert_eq!(org.names(kind).len(), count, "{kind}");
    }
    // Terraform applies no policies until the settings of all apps are applied, and none at all if the settings of one
    // app fail.
    assert_eq!(workspace.state().len(), 100 + 99);

    workspace.configure(&apps(100));
    drop(run(&workspace, "apply", 100).succeeded().containing("101 added, 0 changed, 0 destroyed"));
}

#[test]
fn with_five_thousand_other_apps_only_managed_apps_are_read() {
    let org = Emulator::start();
    let foreign = json!({ "name": "Foreign", "copies": 4_999 });
    org.admin("POST", "/apps", Some(&foreign));
    let workspace = workspace(&org);

    workspace.configure(&apps(5));
    drop(run(&workspace, "apply", 10).succeeded());
    let plan = cost(&org, || drop(run(&workspace, "plan", 10).succeeded().containing("No changes")));
    assert!(plan.calls <= documented_limit("| plan of 5 apps among 5,000 others |"), "{plan:?}");
    assert!(plan.bytes <= 1_000_000, "{plan:?}");

    workspace.configure(&apps(40));
    drop(run(&workspace, "apply", 40).succeeded());
    let plan = cost(&org, || drop(run(&workspace, "plan", 10).succeeded().containing("No changes")));
    assert!(plan.calls <= 10 + 4 * (40 * 3_usize).div_ceil(10), "{plan:?}");
    assert!(plan.bytes <= 1_000_000, "{plan:?}");
}
