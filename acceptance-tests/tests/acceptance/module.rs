//! `examples/modules/headless-identity`: its own suite, its examples, and what its tables promise.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES};
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

/// A folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder of the module").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            // What somebody left who tried it there.
            if entry.file_name() != ".terraform" {
                copy(&from, &to);
            }
        } else {
            std::fs::copy(&from, &to).expect("a copy of a file");
        }
    }
}

/// A workspace that has the module and can init.
fn with_module(org: &Emulator) -> Workspace<'_> {
    let workspace = Workspace::new(org);
    workspace.installs();
    copy(&module(), &workspace.folder());
    workspace
}

#[test]
fn its_suite_passes() {
    let org = Emulator::start();
    let workspace = with_module(&org);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.run(&["validate", "-no-color"]).succeeded().saying("configuration is valid");
    let run = workspace.run(&["test", "-no-color"]).succeeded();
    // A suite that lost its files passes, too.
    let runs: usize = ["tests/apply.tftest.hcl", "tests/validations.tftest.hcl"]
        .iter()
        .map(|file| text(file).matches("\nrun \"").count())
        .sum();
    assert!(runs > 20, "{runs} runs");
    assert!(run.says(&format!("Success! {runs} passed, 0 failed.")), "{run}");
    assert_eq!(org.names(org::APP), Vec::<String>::new(), "it cleans up");
}

/// A plan of Terraform's that asks nobody: what it makes up for a computed attribute is taken where that is referred to.
#[test]
fn it_can_be_tested_with_a_mocked_provider() {
    if terraform::version() < (1, 7) {
        return;
    }
    let org = Emulator::start();
    let workspace = with_module(&org);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.run(&["test", "-no-color", "-test-directory=tests/mocked"]).succeeded();
    // Half of those that Terraform makes up would have a digit first, in one id or the other.
    let bare = workspace.folder().join("tests/bare");
    std::fs::create_dir_all(&bare).expect("a folder");
    let suite = text("tests/apply.tftest.hcl");
    let blocks: Vec<&str> = suite.split("\n}\n").take(2).collect();
    let run = format!("mock_provider \"salesforce\" {{}}\n{}\n}}\n", blocks.join("\n}\n"));
    for number in 0..12 {
        std::fs::write(bare.join(format!("run{number}.tftest.hcl")), &run).expect("a file of the suite");
    }
    let run = workspace.run(&["test", "-no-color", "-test-directory=tests/bare"]).succeeded();
    assert!(run.says("Success! 12 passed, 0 failed."), "{run}");
    assert_eq!(org.journal().iter().filter(|call| call["call"] == "deploy").count(), 0, "nobody was asked");
}

/// Applies an example, looks at the org, and finds nothing more to do.
fn example(name: &str, look: impl FnOnce(&Emulator)) {
    let org = Emulator::start();
    let workspace = with_module(&org);
    let example = format!("-chdir=examples/{name}");
    let terraform = |arguments: &[&str]| {
        let all: Vec<&str> = std::iter::once(example.as_str()).chain(arguments.iter().copied()).collect();
        workspace.run(&all)
    };
    terraform(&["init", "-no-color", "-input=false"]).succeeded();
    let run = terraform(&["apply", "-no-color", "-input=false", "-auto-approve"]).succeeded();
    assert!(!run.says("Check block assertion failed"), "{run}");
    terraform(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]).succeeded();
    look(&org);
    terraform(&["destroy", "-no-color", "-input=false", "-auto-approve"])
        .failed_saying("deletion_protection");
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
fn the_example_with_all_variants_switches_the_flow_on_in_the_org() {
    example("all-variants", |org| {
        assert_eq!(org.admin("GET", "/org", None)["codeCredFlow"], true);
        assert_eq!(org.part(GLOBAL_OAUTH, "Portal").text("isCodeCredPostOnly"), "false");
        assert_eq!(org.part(OAUTH_POLICIES, "Portal").text("guestJwtTimeout"), "10");
    });
}

/// The names after `variable "` or `output "`.
fn declared(file: &str, keyword: &str) -> BTreeSet<String> {
    let start = format!("{keyword} \"");
    let lines = text(file);
    let names = lines.lines().filter_map(|line| line.strip_prefix(&start)?.split('"').next());
    names.map(str::to_owned).collect()
}

#[test]
fn its_readme_lists_every_input_and_output() {
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
