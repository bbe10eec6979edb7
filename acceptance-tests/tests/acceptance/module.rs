//! Tests for the module `examples/modules/headless-identity`: its test suite, its examples, the tables of its README,
//! and states of earlier versions.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Forget, Read, Update};
use acceptance_tests::plan::Actions;
use acceptance_tests::terraform::{self, repository};
use acceptance_tests::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn module() -> PathBuf {
    repository().join("examples/modules/headless-identity")
}

fn text(file: &str) -> String {
    let path = module().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Copies a folder recursively.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder of the module").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            // A manual run of the module leaves this folder.
            if entry.file_name() != ".terraform" {
                copy(&from, &to);
            }
        } else {
            std::fs::copy(&from, &to).expect("a copy of a file");
        }
    }
}

/// Whether the tested version supports the module, which contains a move between resource types.
pub fn is_for_this_terraform() -> bool {
    language::has(Feature::MovesBetweenTypes)
}

/// A workspace with the module, in which `terraform init` succeeds.
fn with_module(org: &Emulator) -> Workspace<'_> {
    let workspace = Workspace::new(org);
    workspace.installs();
    copy(&module(), &workspace.folder());
    workspace
}

#[test]
fn the_test_suite_of_the_module_passes() {
    if !is_for_this_terraform() {
        return;
    }
    let org = Emulator::start();
    let workspace = with_module(&org);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.run(&["validate", "-no-color"]).succeeded().containing("configuration is valid");
    let run = workspace.run(&["test", "-no-color"]).succeeded();
    // A suite without test files would also pass.
    let runs: usize = ["tests/apply.tftest.hcl", "tests/validations.tftest.hcl"]
        .iter()
        .map(|file| text(file).matches("\nrun \"").count())
        .sum();
    assert!(runs > 20, "{runs} runs");
    assert!(run.contains(&format!("Success! {runs} passed, 0 failed.")), "{run}");
    assert_eq!(org.names(org::APP), Vec::<String>::new(), "the suite removes its apps");
}

/// Terraform plans without an org. The provider accepts the mock values of computed attributes where they are
/// referenced.
#[test]
fn the_module_can_be_tested_with_a_mocked_provider() {
    if !is_for_this_terraform() {
        return;
    }
    let org = Emulator::start();
    let workspace = with_module(&org);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.run(&["test", "-no-color", "-test-directory=tests/mocked"]).succeeded();
    // In about half of the runs, Terraform's mock value for at least one of the IDs starts with a digit.
    let bare = workspace.folder().join("tests/bare");
    std::fs::create_dir_all(&bare).expect("a folder");
    let suite = text("tests/apply.tftest.hcl");
    let blocks: Vec<&str> = suite.split("\n}\n").take(2).collect();
    let run = format!("mock_provider \"salesforce\" {{}}\n{}\n}}\n", blocks.join("\n}\n"));
    for number in 0..12 {
        std::fs::write(bare.join(format!("run{number}.tftest.hcl")), &run).expect("a file of the suite");
    }
    let run = workspace.run(&["test", "-no-color", "-test-directory=tests/bare"]).succeeded();
    assert!(run.contains("Success! 12 passed, 0 failed."), "{run}");
    assert_eq!(
        org.journal().iter().filter(|call| call["operation"] == "deploy").count(),
        0,
        "no call reached an org"
    );
}

/// Applies an example, checks the org, and expects an empty plan.
fn example(name: &str, check: impl FnOnce(&Emulator)) {
    if !is_for_this_terraform() {
        return;
    }
    let org = Emulator::start();
    let workspace = with_module(&org);
    let example = format!("-chdir=examples/{name}");
    let terraform = |arguments: &[&str]| {
        let all: Vec<&str> = std::iter::once(example.as_str()).chain(arguments.iter().copied()).collect();
        workspace.run(&all)
    };
    terraform(&["init", "-no-color", "-input=false"]).succeeded();
    let run = terraform(&["apply", "-no-color", "-input=false", "-auto-approve"]).succeeded();
    assert!(!run.contains("Check block assertion failed"), "{run}");
    terraform(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]).succeeded();
    check(&org);
    terraform(&["destroy", "-no-color", "-input=false", "-auto-approve"]).failed_with("deletion_protection");
}

#[test]
fn the_private_example_runs_and_is_protected() {
    example("private", |org| {
        let global = org.part(GLOBAL_OAUTH, "Shop");
        assert_eq!(global.text("isConsumerSecretOptional"), "false");
        assert_eq!(global.text("isNamedUserJwtEnabled"), "true");
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
    });
}

#[test]
fn the_public_example_runs_and_is_protected() {
    example("public", |org| {
        let global = org.part(GLOBAL_OAUTH, "Loyalty");
        assert_eq!(global.text("isConsumerSecretOptional"), "true");
        assert_eq!(global.text("isSecretRequiredForRefreshToken"), "false");
        assert_eq!(global.text("isPkceRequired"), "true");
        assert_eq!(global.text("isRefreshTokenRotationEnabled"), "true");
        assert_eq!(org.part(OAUTH, "Loyalty").text("commaSeparatedOauthScopes"), "Api, RefreshToken, OpenID");
    });
}

#[test]
fn the_example_with_all_variants_enables_the_flow_in_the_org() {
    example("all-variants", |org| {
        assert_eq!(org.admin("GET", "/org", None)["codeCredFlow"], true);
        assert_eq!(org.part(GLOBAL_OAUTH, "Portal").text("isCodeCredPostOnly"), "false");
        assert_eq!(org.part(OAUTH_POLICIES, "Portal").text("guestJwtTimeout"), "10");
    });
}

/// The files of the module from the time when it consisted of three resources. They create the state that the tests
/// move. The variables are those of the current module.
fn module_of_three() -> PathBuf {
    repository().join("acceptance-tests/tests/acceptance/module_of_three")
}

/// Moves an example from the old module to the current module. The org and the outputs do not change, and nothing is
/// deployed.
fn moves_from_old_module(name: &str, app: &str, has_empty_lists: bool) {
    if !is_for_this_terraform() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.installs();
    let called = workspace.folder().join("module");
    copy(&module(), &called);
    std::fs::remove_file(called.join("moved.tf")).expect("the file with the moved blocks");
    copy(&module_of_three(), &called);
    let outputs = declared("outputs.tf", "output");
    let all: String = outputs
        .iter()
        .map(|output| format!("output \"all_{output}\" {{\n  value = module.it.{output}\n}}\n"))
        .collect();
    let example = text(&format!("examples/{name}/main.tf"));
    let called_name =
        example.split("module \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a call");
    let all = all.replace("module.it.", &format!("module.{called_name}."));
    workspace.write("main.tf", &format!("{}\n{all}", example.replace("\"../..\"", "\"./module\"")));
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.apply().succeeded();
    let read_outputs = || workspace.run(&["output", "-json"]).succeeded().stdout;
    let (before, key) = (read_outputs(), org.part(GLOBAL_OAUTH, app).text("consumerKey"));
    assert!(before.contains(&key));
    let deploys = org.deploys().len();

    copy(&module(), &called);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    let at = |address: &str| format!("module.{called_name}.{address}.this");
    let plan = workspace.plan(&[]);
    let mut actions = plan.actions();
    // A data source is read again after any change, including a change to the state.
    actions.retain(|_, action| *action != Read);
    let mut expected = Actions::from([
        (at("salesforce_external_client_app"), Forget),
        (at("salesforce_external_client_app_policies"), Forget),
    ]);
    if has_empty_lists {
        // A state from a refresh does not contain empty lists. The update adds them to the state and does not deploy
        // them.
        expected.insert(at("salesforce_oauth_client"), Update);
    }
    assert_eq!(actions, expected, "{}", plan.words);
    plan.containing("0 to destroy").containing(terraform::product().forgets());
    workspace.apply_plan().succeeded().containing("0 added").containing("0 destroyed");
    workspace.assert_empty_plan();
    assert_eq!(read_outputs(), before, "the outputs are unchanged");
    assert_eq!(org.part(GLOBAL_OAUTH, app).text("consumerKey"), key);
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");
    let addresses = workspace.run(&["state", "list"]).succeeded().stdout;
    assert!(addresses.contains(&at("salesforce_oauth_client")), "{addresses}");
    assert!(!addresses.lines().any(|line| line.contains(".salesforce_external_client_app")), "{addresses}");
}

#[test]
fn the_private_example_moves_from_the_old_module_without_a_deploy() {
    moves_from_old_module("private", "Shop", true);
}

#[test]
fn the_public_example_moves_from_the_old_module_without_a_deploy() {
    moves_from_old_module("public", "Loyalty", true);
}

#[test]
fn the_all_variants_example_moves_from_the_old_module_without_a_deploy() {
    moves_from_old_module("all-variants", "Portal", false);
}

/// The names after `variable "` or `output "`.
fn declared(file: &str, keyword: &str) -> BTreeSet<String> {
    let start = format!("{keyword} \"");
    let lines = text(file);
    let names = lines.lines().filter_map(|line| line.strip_prefix(&start)?.split('"').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_readme_lists_every_input_and_output() {
    let readme = text("README.md");
    for (heading, file, keyword) in
        [("## Inputs", "variables.tf", "variable"), ("## Outputs", "outputs.tf", "output")]
    {
        let (_, section) = readme.split_once(heading).expect("the section");
        let section = section.split("\n## ").next().unwrap_or_default();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), declared(file, keyword), "{heading}");
    }
}
