//! App names that move between resources in one apply: by a rename, without a moved block, by a swap, or as a value
//! that is known only after apply. In whatever order Terraform processes the resources, the state contains only what is
//! in the org, or the run fails and reports the reason.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH};
use acceptance_tests::workspace::Workspace;

const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

/// The resource of an app. `name` is an expression.
fn app(address: &str, name: &str, label: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "{address}" {{
  name  = {name}
  label = "{label}"
}}
"#
    )
}

/// The OAuth settings and policies of an app. `name` is an expression for the name of the app.
fn parts(address: &str, name: &str, scope: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app_oauth_settings" "{address}" {{
  external_client_app = {name}
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["{scope}"]
}}

resource "salesforce_external_client_app_policies" "{address}" {{
  external_client_app = salesforce_external_client_app_oauth_settings.{address}.id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}}
"#
    )
}

fn with_parts(address: &str, name: &str, label: &str) -> String {
    app(address, name, label)
        + &parts(address, &format!("salesforce_external_client_app.{address}.id"), "Api")
}

/// A value that is known only after apply.
fn late(value: &str) -> String {
    format!("resource \"terraform_data\" \"late\" {{\n  input = {value}\n}}\n")
}

const LATE: &str = "terraform_data.late.output";

fn with_create_before_destroy(configuration: &str) -> String {
    configuration.replace("\n}\n", "\n  lifecycle { create_before_destroy = true }\n}\n")
}

/// Whether the plan succeeds.
#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Fails,
    Succeeds,
}
use Plan::{Fails, Succeeds};

struct Case {
    what: &'static str,
    before: String,
    after: String,
    plan: Plan,
    /// The apps in the org after the last apply. Not checked if empty.
    apps: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let case = |what, before: &str, after: &str, plan, apps| Case {
        what,
        before: before.to_owned(),
        after: after.to_owned(),
        plan,
        apps,
    };
    let (alpha, beta, gamma) = ("\"Alpha\"", "\"Beta\"", "\"Gamma\"");
    let x = |name: &str| app("x", name, "Same");
    let z = |name: &str| app("z", name, "Same");
    let other = |address: &str, name: &str| app(address, name, "Other");
    let both = |one: String, other: String| one + &other;
    vec![
        case("renamed, and the old name given to a new app", &x(alpha), &both(x(gamma), z(alpha)), Fails, &[]),
        case(
            "the same with all parts",
            &with_parts("x", alpha, "Same"),
            &both(with_parts("x", gamma, "Same"), with_parts("z", alpha, "Same")),
            Fails,
            &[],
        ),
        case(
            "the same with another label",
            &x(alpha),
            &both(x(gamma), other("z", alpha)),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
        case(
            "the same with another label and all parts",
            &with_parts("x", alpha, "Same"),
            &both(with_parts("x", gamma, "Same"), with_parts("z", alpha, "Other")),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
        case("another address", &x(alpha), &z(alpha), Fails, &[]),
        case(
            "another address for all parts",
            &with_parts("x", alpha, "Same"),
            &with_parts("z", alpha, "Same"),
            Fails,
            &[],
        ),
        case("another address and label", &x(alpha), &other("z", alpha), Succeeds, &["Alpha"]),
        case(
            "another address of the settings",
            &both(x(alpha), parts("x", "salesforce_external_client_app.x.id", "Api")),
            &both(x(alpha), parts("z", "salesforce_external_client_app.x.id", "Api")),
            Fails,
            &[],
        ),
        case(
            "another address and scope of the settings",
            &both(x(alpha), parts("x", "salesforce_external_client_app.x.id", "Api")),
            &both(x(alpha), parts("z", "salesforce_external_client_app.x.id", "Web")),
            Succeeds,
            &["Alpha"],
        ),
        case(
            "swapped",
            &both(other("x", alpha), z(beta)),
            &both(other("x", beta), z(alpha)),
            Succeeds,
            &["Alpha", "Beta"],
        ),
        case("swapped, both with the same label", &both(x(alpha), z(beta)), &both(x(beta), z(alpha)), Fails, &[]),
        case(
            "a name known after apply",
            &x(alpha),
            &(x(gamma) + &late(alpha) + &z(LATE)),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
        case(
            "a name known after apply, with all parts",
            &with_parts("x", alpha, "Same"),
            &(with_parts("x", gamma, "Same") + &late(alpha) + &with_parts("z", LATE, "Same")),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
        case(
            "a name known after apply, of an app that is destroyed",
            &with_parts("x", alpha, "Same"),
            &(late(alpha) + &with_parts("z", LATE, "Same")),
            Succeeds,
            &["Alpha"],
        ),
        case(
            "created before it is destroyed",
            &with_create_before_destroy(&x(alpha)),
            &(with_create_before_destroy(&x(gamma)) + &late(alpha) + &with_create_before_destroy(&z(LATE))),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
        case(
            "the app is removed, settings that name it are added",
            &x(alpha),
            &parts("z", alpha, "Api"),
            Succeeds,
            &[],
        ),
        case(
            "the app is removed, settings that name it remain",
            &both(x(alpha), parts("z", alpha, "Api")),
            &parts("z", alpha, "Api"),
            Fails,
            &[],
        ),
        case(
            "forgotten and configured again",
            &x(alpha),
            &("removed {\n  from = salesforce_external_client_app.x\n  lifecycle {\n    destroy = false\n  }\n}\n".to_owned() + &z(alpha)),
            Succeeds,
            &["Alpha"],
        ),
        case(
            "moved",
            &x(alpha),
            &("moved {\n  from = salesforce_external_client_app.x\n  to = salesforce_external_client_app.z\n}\n".to_owned() + &z(alpha) + &app("y", gamma, "Same")),
            Succeeds,
            &["Alpha", "Gamma"],
        ),
    ]
}

/// The problems in the state: apps and consumer keys that the org does not contain, and apps that two addresses manage.
fn problems(org: &Emulator, workspace: &Workspace<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut apps, mut settings) = (Vec::new(), Vec::new());
    for (address, values) in workspace.state() {
        let text = |name: &str| values[name].as_str().unwrap_or_default().to_owned();
        if address.starts_with("salesforce_external_client_app.") {
            apps.push(text("name"));
        } else if address.starts_with("salesforce_external_client_app_oauth_settings.") {
            settings.push((text("external_client_app"), text("consumer_key")));
        }
    }
    let in_org = org.names(org::APP);
    for app in &apps {
        if !in_org.contains(app) {
            problems.push(format!("the state has the app {app}, the org has {in_org:?}"));
        }
        if apps.iter().filter(|other| *other == app).count() > 1 {
            problems.push(format!("two addresses have {app}"));
        }
    }
    let keys: Vec<(String, String)> = org
        .components(GLOBAL_OAUTH)
        .iter()
        .map(|one| (one.text("externalClientApplication"), one.text("consumerKey")))
        .collect();
    for setting in settings.iter().filter(|setting| !keys.contains(setting)) {
        problems.push(format!("the state has the settings {setting:?}, the org has {keys:?}"));
    }
    problems
}

fn check(case: &Case, more: &[&str]) -> Vec<String> {
    let org = Emulator::with(&["--deploy-ms", "150"]);
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(&case.before);
    workspace.apply().succeeded();
    let (keys, deploys) = (org.components(GLOBAL_OAUTH).len(), org.deploys().len());
    workspace.configure(&case.after);
    let apply = |more: &[&str]| workspace.run(&[&APPLY[..], more].concat());
    let mut found = Vec::new();
    let mut run = apply(more);
    found.extend(problems(&org, &workspace));
    if case.plan == Fails {
        if run.code != Some(1) || org.deploys().len() != deploys {
            found.push(format!("the plan should have failed: {run}"));
        }
        if !run.contains("moved") && !run.contains("stays") || org.components(GLOBAL_OAUTH).len() != keys {
            found.push(format!("{run}"));
        }
    } else {
        // A create before the destroy of the old address cannot determine which of the two resources owns the app. The
        // app is kept, and the run reports that.
        let is_reported =
            run.contains("Resource not replaced") || case.what == "forgotten and configured again";
        if (run.contains("Resource adopted") || run.contains("Existing settings overwritten")) && !is_reported
        {
            found.push(format!("adopted without a report: {run}"));
        }
        // A create whose wait ended without success succeeds in the next apply.
        let first = run.clone();
        for _ in 0..2 {
            if run.code != Some(0) && !case.apps.is_empty() {
                run = apply(&[]);
                found.extend(problems(&org, &workspace));
            }
        }
        let apps = org.names(org::APP);
        if !case.apps.is_empty() && (apps != case.apps || run.code != Some(0)) {
            found.push(format!("{apps:?} in the end; first {first}, last {run}"));
        }
        if run.code == Some(0) {
            let plan = workspace.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]);
            if plan.code != Some(0) {
                found.push(format!("the plan is not empty: {plan} after {run}"));
            }
        }
    }
    found.iter().map(|problem| format!("{}, {more:?}: {problem}", case.what)).collect()
}

fn check_all(more: &[&str], wanted: impl Fn(&Case) -> bool) {
    let cases: Vec<Case> = cases().into_iter().filter(wanted).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                    let problems = check(case, more);
                    found.lock().expect("lock is not poisoned").extend(problems);
                }
            });
        }
    });
    let found = found.into_inner().expect("lock is not poisoned");
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[test]
fn the_state_matches_the_org_with_parallel_operations() {
    check_all(&["-parallelism=10"], |_| true);
}

#[test]
fn the_state_matches_the_org_with_one_operation_at_a_time() {
    check_all(&["-parallelism=1"], |case| case.plan == Succeeds);
}

#[test]
fn the_state_matches_the_org_without_a_refresh() {
    check_all(&["-refresh=false"], |case| case.plan == Fails || case.what.starts_with("a name"));
}
