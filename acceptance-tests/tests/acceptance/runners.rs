//! Unattended runs, as in HCP Terraform, agents and CI jobs. Each test covers a condition of such environments.

use acceptance_tests::canary::{self, Secret};
use acceptance_tests::connect_proxy::ConnectProxy;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::state_server::StateServer;
use acceptance_tests::terraform;
use acceptance_tests::workspace::Workspace;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::configurations::{APP, ONLY_APP, POLICIES, SETTINGS, SHOP};

const PLAN: &[&str] = &["plan", "-no-color", "-input=false"];
const INIT: &[&str] = &["init", "-no-color", "-input=false"];

/// A workspace as in a container, with its own folder, home and temporary files.
fn container<'org>(org: &'org Emulator, configuration: &str) -> Workspace<'org> {
    let workspace = Workspace::new(org);
    workspace.installs();
    workspace.configure(configuration);
    workspace
}

#[test]
fn a_plan_file_can_be_applied_in_another_container() {
    let org = Emulator::start();
    let state = StateServer::start();
    let configuration = |shop: &str| format!("{}{shop}", state.backend());
    let changed = SHOP.replace("\"RefreshToken\"]", "\"RefreshToken\", \"Web\"]");
    for configuration in [configuration(SHOP), configuration(&changed)] {
        let planner = container(&org, &configuration);
        planner.run(INIT).succeeded();
        planner.run(&["plan", "-no-color", "-input=false", "-out=plan.bin"]).succeeded();
        let applier = container(&org, &configuration);
        for file in ["plan.bin", ".terraform.lock.hcl"] {
            std::fs::copy(planner.folder().join(file), applier.folder().join(file)).expect("a file to copy");
        }
        drop(planner);
        applier.run(INIT).succeeded();
        applier.run(&["apply", "-no-color", "-input=false", "plan.bin"]).succeeded();
        // A third container finds no changes.
        let checker = container(&org, &configuration);
        checker.run(INIT).succeeded();
        checker.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]).succeeded();
        checker
            .run(&["plan", "-no-color", "-input=false", "-detailed-exitcode", "-refresh=false"])
            .succeeded();
    }
    assert!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes").contains("Web"));
    let leaks = canary::search(&org.secrets(), "the state", &state.text());
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// Creates an app, changes it, and destroys it.
#[track_caller]
fn goes_through_life_cycle(workspace: &Workspace<'_>, what: &str) {
    eprintln!("{what}");
    workspace.step(ONLY_APP, &[(APP, Create)]);
    workspace.step(&ONLY_APP.replace("\"Shop\"\n  contact", "\"Till\"\n  contact"), &[(APP, Update)]);
    workspace.destroy().succeeded();
}

#[test]
fn neither_a_home_nor_a_temporary_folder_is_needed() {
    let long = tempfile::Builder::new().prefix(&"long-".repeat(20)).tempdir().expect("a folder");
    let long = long.path().display().to_string();
    // Root may write anywhere, so the test uses paths that are not folders, do not exist, or belong to the kernel.
    type Changes<'a> = &'a [(&'a str, Option<&'a str>)];
    let rows: [(&str, Changes<'_>); 7] = [
        ("no HOME", &[("HOME", None)]),
        ("a HOME that is not a folder", &[("HOME", Some("/dev/null"))]),
        ("no TMPDIR", &[("TMPDIR", None)]),
        ("a TMPDIR that does not exist", &[("TMPDIR", Some("/nowhere/at/all"))]),
        ("a TMPDIR that cannot contain files", &[("TMPDIR", Some("/proc/self"))]),
        ("a TMPDIR too long for a socket", &[("TMPDIR", Some(&long))]),
        ("no HOME, TMPDIR and PATH", &[("HOME", None), ("TMPDIR", None), ("PATH", None)]),
    ];
    for (what, changes) in rows {
        let org = Emulator::start();
        let mut workspace = Workspace::new(&org);
        for (variable, value) in changes {
            match value {
                Some(value) => workspace.set(variable, value),
                None => workspace.unset(variable),
            }
        }
        goes_through_life_cycle(&workspace, what);
    }
}

/// Writes a script with this line to `path`.
fn wrapper(path: &Path, line: &str) {
    let _replaced = std::fs::remove_file(path);
    std::fs::write(path, format!("#!/bin/sh\n{line}\n")).expect("a script");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a script that runs");
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    let found = found.is_ok_and(|found| found.status.success());
    if !found {
        eprintln!("no {program} on PATH: skipped");
    }
    found
}

/// A script that starts Terraform with a shell line, its workspace, and its org. `None` if the program that the line
/// starts is not installed.
fn by_line(line: &str) -> Option<(Workspace<'static>, Emulator, PathBuf)> {
    let program = line.split(' ').next().unwrap_or_default();
    if program != "exec" && !is_installed(program) {
        return None;
    }
    let org = Emulator::start();
    let mut workspace = Workspace::anonymous();
    for (variable, value) in org.credentials() {
        workspace.set(&variable, &value);
    }
    let script = workspace.folder().join("run");
    wrapper(&script, &line.replace("TERRAFORM", &format!("'{}' \"$@\"", terraform::path().display())));
    Some((workspace, org, script))
}

#[test]
fn neither_a_terminal_nor_a_second_core_is_needed() {
    for line in [
        "setsid --wait TERRAFORM <&- | cat",
        "exec TERRAFORM <&- 2>&1 3<&- 4<&-",
        "taskset -c 0 TERRAFORM",
        "env TERM=dumb COLUMNS=0 TERRAFORM </dev/null",
    ] {
        let Some((workspace, org, script)) = by_line(line) else { continue };
        workspace.configure(SHOP);
        workspace
            .run_script(&script, &["apply", "-no-color", "-input=false", "-auto-approve"])
            .succeeded()
            .containing("3 added");
        workspace
            .run_script(&script, &["plan", "-input=false", "-detailed-exitcode", "-no-color"])
            .succeeded();
        assert_eq!(org.names(org::APP), ["Shop"], "{line}");
    }
}

/// The provider runs with 256 MiB of address space. Terraform cannot be limited in this way, because a Go program
/// reserves more address space than it uses.
#[test]
fn the_provider_needs_at_most_256_mib_of_address_space() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let bin = workspace.folder().parent().expect("the workspace").join("bin/terraform-provider-salesforce");
    let real = std::fs::read_link(&bin).expect("a link to the provider");
    wrapper(&bin, &format!("ulimit -v 262144 || exit 9\nexec '{}' \"$@\"", real.display()));
    let apps = "resource \"salesforce_external_client_app\" \"many\" {\n  count = 30\n  name  = \"Shop${count.index}\"\n  \
                label = \"Shop\"\n}\n";
    workspace.configure(&format!("{apps}{SHOP}"));
    workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", "-parallelism=40"]).succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.names(org::APP).len(), 31);
}

/// The single-line formats of a private key or a CA certificate.
fn single_lines(text: &str) -> [String; 3] {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(text);
    [text.replace('\n', "\\n"), text.replace('\n', " "), base64]
}

#[test]
fn a_private_key_can_be_a_single_line_in_a_variable() {
    let org = Emulator::start();
    let file = org.credentials()["SALESFORCE_PRIVATE_KEY_FILE"].clone();
    let key = std::fs::read_to_string(file).expect("the key");
    for form in single_lines(&key) {
        let mut workspace = Workspace::new(&org);
        workspace.unset("SALESFORCE_PRIVATE_KEY_FILE");
        workspace.set("SALESFORCE_PRIVATE_KEY", &form);
        workspace.configure("data \"salesforce_org\" \"it\" {}\n");
        workspace.apply().succeeded();
    }
}

/// The host name of an org with TLS. Only the proxy resolves the name.
const HOST: &str = "acme.my.salesforce.com";

fn behind_tls() -> (Emulator, String) {
    let org = Emulator::with(&["--tls", "--tls-name", HOST]);
    let ca = org.known()["ca_certificate"].as_str().expect("the certificate").to_owned();
    (org, ca)
}

fn workspace_of(org: &Emulator) -> Workspace<'static> {
    let mut workspace = Workspace::anonymous();
    for (variable, value) in org.credentials() {
        workspace.set(&variable, &value);
    }
    workspace.configure(ONLY_APP);
    workspace
}

#[test]
fn a_ca_certificate_is_read_from_a_variable_or_a_file() {
    let (org, ca) = behind_tls();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &ca).expect("a file");
    let file = file.display().to_string();
    let mut rows = vec![
        ("SALESFORCE_CA_CERTIFICATE", ca.clone()),
        ("SALESFORCE_CA_CERTIFICATE_FILE", file.clone()),
        ("SSL_CERT_FILE", file),
    ];
    rows.extend(single_lines(&ca).map(|form| ("SALESFORCE_CA_CERTIFICATE", form)));
    let workspace = workspace_of(&org);
    workspace.run(PLAN).succeeded();
    workspace.apply().failed_with("ca_certificate");
    for (variable, value) in rows {
        let mut workspace = workspace_of(&org);
        workspace.set(variable, &value);
        workspace.configure("data \"salesforce_org\" \"it\" {}\n");
        let run = workspace.apply();
        assert_eq!(run.code, Some(0), "{variable}: {run}");
    }
}

#[test]
fn a_proxy_is_used_with_and_without_a_password() {
    const PASSWORD: &str = "canary/PROXY@0123456789";
    let (org, ca) = behind_tls();
    let address = org.url().trim_start_matches("https://").to_owned();
    let encoded = PASSWORD.replace('/', "%2F").replace('@', "%40");
    for (user, written, no_proxy, fragment) in [
        (None, String::new(), "", None),
        (Some(("ada", PASSWORD)), format!("ada:{encoded}@"), "elsewhere.example", None),
        (Some(("ada", PASSWORD)), "ada:canaryWRONG01234567@".to_owned(), "", Some("proxy")),
        (Some(("ada", PASSWORD)), String::new(), "", Some("proxy")),
        (None, String::new(), "*.salesforce.com", Some(HOST)),
    ] {
        let proxy = ConnectProxy::start(&address, user);
        let mut workspace = workspace_of(&org);
        workspace.watch_secret(Secret::new("proxy password", PASSWORD));
        workspace.set("SALESFORCE_INSTANCE_URL", &format!("https://{HOST}"));
        workspace.set("SALESFORCE_CA_CERTIFICATE", &ca);
        workspace.set("HTTPS_PROXY", &format!("http://{written}{}", proxy.address()));
        workspace.set("NO_PROXY", no_proxy);
        workspace.configure("data \"salesforce_org\" \"it\" {}\n");
        let run = workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve"]);
        match fragment {
            None => drop(run.succeeded()),
            Some(fragment) => drop(run.failed_with(fragment)),
        }
        let requested = proxy.requested();
        let is_bypassed = no_proxy.contains("salesforce");
        assert_eq!(requested.is_empty(), is_bypassed, "{requested:?}");
        assert!(requested.iter().all(|host| *host == format!("{HOST}:443")), "{requested:?}");
    }
}

#[test]
fn a_proxy_that_is_unavailable_for_a_moment_is_waited_for() {
    let (org, ca) = behind_tls();
    let proxy = ConnectProxy::start(org.url().trim_start_matches("https://"), None);
    let mut workspace = workspace_of(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", &format!("https://{HOST}"));
    workspace.set("SALESFORCE_CA_CERTIFICATE", &ca);
    workspace.set("HTTPS_PROXY", &format!("http://{}", proxy.address()));
    proxy.refuse(2);
    workspace.apply().succeeded();
    assert!(proxy.requested().len() > 2, "{:?}", proxy.requested());
}

#[test]
fn several_jobs_of_one_user_do_not_interfere() {
    let shared = tempfile::Builder::new().prefix("sf-").tempdir().expect("a home");
    let orgs: Vec<Emulator> = (0..3).map(|_| Emulator::start()).collect();
    let workspaces: Vec<Workspace<'_>> = orgs
        .iter()
        .map(|org| {
            let mut workspace = Workspace::new(org);
            for variable in ["HOME", "TMPDIR"] {
                workspace.set(variable, &shared.path().display().to_string());
            }
            workspace.configure(SHOP);
            workspace
        })
        .collect();
    let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
    let running: Vec<_> = workspaces.iter().map(|workspace| workspace.start(&apply)).collect();
    for (workspace, running) in workspaces.iter().zip(running) {
        workspace.wait(running).succeeded();
    }
    for workspace in &workspaces {
        workspace.assert_empty_plan();
    }
    let sockets = std::fs::read_dir(shared.path()).expect("the home").flatten();
    let sockets: Vec<_> = sockets
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("plugin"))
        .collect();
    assert!(sockets.is_empty(), "{sockets:?}");
}

/// A configuration in which the address of the org is known only after another resource is applied.
fn with_unknown_url(org: &Emulator, version: u32, more: &str) -> String {
    format!(
        "resource \"terraform_data\" \"url\" {{\n  input            = \"{}\"\n  triggers_replace = {version}\n}}\n\
         provider \"salesforce\" {{\n  instance_url = terraform_data.url.output\n}}\n{more}",
        org.url()
    )
}

#[test]
fn an_unknown_provider_block_leaves_resources_unchanged() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    // New resources are planned, and applied when the provider block is known.
    workspace.configure(&with_unknown_url(&org, 1, SHOP));
    let run = workspace.apply().succeeded();
    assert!(run.contains("4 added") && !run.contains("not refreshed"), "{run}");
    workspace.assert_empty_plan();

    // Existing resources are read from the state, with one warning.
    org.edit(org::APP, "Shop", "label", "Changed in Setup");
    let changed = SHOP.replace("\"RefreshToken\"]", "\"RefreshToken\", \"Web\"]");
    workspace.configure(&with_unknown_url(&org, 2, &changed));
    let plan = workspace.plan(&[]);
    assert_eq!(plan.actions().get(APP), None, "{}", plan.words);
    assert_eq!(plan.actions().get(SETTINGS), Some(&Update), "{}", plan.words);
    assert_eq!(plan.words.matches("State not refreshed").count(), 1, "{}", plan.words);
    assert!(plan.words.contains("instance_url in the provider block"), "{}", plan.words);
    workspace.apply_plan().succeeded();
    // The next plan detects the drift.
    workspace.converge(&[(APP, Update)]);
    assert_eq!(workspace.attribute(POLICIES, "permitted_users"), "AdminApprovedPreAuthorized");

    // All other operations need the org.
    for (kind, more, feature) in [
        ("data", "data \"salesforce_org\" \"it\" {}\n", None),
        (
            "import",
            "resource \"salesforce_external_client_app\" \"other\" {\n  name  = \"Other\"\n  label = \"Other\"\n}\nimport \
             {\n  to = salesforce_external_client_app.other\n  id = \"Other\"\n}\n",
            None,
        ),
        (
            "ephemeral",
            "ephemeral \"salesforce_external_client_app_credentials\" \"it\" {\n  external_client_app = \"Shop\"\n}\n",
            Some(Feature::EphemeralResources),
        ),
    ] {
        if feature.is_some_and(|feature| !language::has(feature)) {
            continue;
        }
        workspace.configure(&with_unknown_url(&org, 3, &format!("{changed}{more}")));
        let run = workspace.run(PLAN).failed_with("Provider configuration not yet known");
        assert!(
            run.contains("instance_url in the provider block is known only after apply"),
            "{kind}: {run}"
        );
    }
}
