//! Installation from a mirror, on disk and on a web server.

use super::release::{
    ADDRESS, Program, TARGETS, VERSION, installed, lock_file, mirror, programs, settings, tamper, zip_of,
    zips,
};
use crate::configurations::SHOP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::Run;
use acceptance_tests::web_server::WebServer;
use acceptance_tests::workspace::Workspace;
use serde_json::Value;
use std::path::Path;

const INIT: [&str; 3] = ["init", "-no-color", "-input=false"];
const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];

/// The hashes of a platform in the mirror, first `h1` and then `zh`.
fn hashes(mirror: &Path, program: &Program, target: &str) -> Vec<String> {
    let file = mirror.join(program.registry).join(ADDRESS).join(format!("{VERSION}.json"));
    let text = std::fs::read_to_string(file).expect("the mirror's file of the version");
    let index: Value = serde_json::from_str(&text).expect("JSON");
    let hashes = index["archives"][target]["hashes"].as_array().expect("hashes");
    hashes.iter().map(|hash| hash.as_str().expect("a hash").to_owned()).collect()
}

#[track_caller]
fn installs_and_plans(program: &Program, workspace: &Workspace<'_>) -> Run {
    let run = program.run(workspace, &INIT).succeeded();
    program.run(workspace, &PLAN).succeeded().containing("Plan: 3 to add, 0 to change, 0 to destroy.");
    run
}

#[test]
fn terraform_and_opentofu_install_from_a_mirror_on_disk() {
    let org = Emulator::start();
    let folder = tempfile::tempdir().expect("a folder");
    mirror(zips(), folder.path());
    for program in programs() {
        let mut workspace = Workspace::new(&org);
        // The guide describes these settings.
        let path = folder.path().display();
        let (only, rest) = (format!("include = [\"{ADDRESS}\"]"), format!("exclude = [\"{ADDRESS}\"]"));
        settings(
            &mut workspace,
            &format!(
                "filesystem_mirror {{\n    path = \"{path}\"\n    {only}\n  }}\n  direct {{\n    {rest}\n  }}"
            ),
        );
        workspace.configure(SHOP);
        installs_and_plans(&program, &workspace);
        let locked = lock_file(&workspace);
        assert!(locked.contains(&format!("\"{}/{ADDRESS}\"", program.registry)), "{locked}");
        let hashes = hashes(folder.path(), &program, TARGETS[0]);
        assert!(locked.contains(&hashes[0]), "{hashes:?} in {locked}");
        // Users commit the lock file. With `-lockfile=readonly`, CI accepts only the providers in it.
        std::fs::remove_dir_all(installed(&workspace)).expect("the installed files");
        let readonly = [&INIT[..], &["-lockfile=readonly"]].concat();
        program.run(&workspace, &readonly).succeeded();
    }
}

#[test]
fn terraform_and_opentofu_install_from_a_mirror_on_a_web_server() {
    let org = Emulator::start();
    let folder = tempfile::tempdir().expect("a folder");
    mirror(zips(), folder.path());
    for program in programs() {
        let server = WebServer::of(folder.path());
        let mut workspace = Workspace::new(&org);
        use_network_mirror(&server, &mut workspace);
        workspace.configure(SHOP);
        installs_and_plans(&program, &workspace);
        let home = format!("/{}/{ADDRESS}", program.registry);
        let zip = zip_of(TARGETS[0]);
        let expected =
            [format!("{home}/index.json"), format!("{home}/{VERSION}.json"), format!("{home}/{zip}")];
        // Some versions request the zip file twice: first without its content, then with it.
        let mut paths = server.requested();
        paths.dedup();
        assert_eq!(paths, expected);
        let locked = lock_file(&workspace);
        for hash in hashes(folder.path(), &program, TARGETS[0]) {
            // The programs choose the hashes that they record. They always record the hash of the content.
            assert!(locked.contains(&hash) || hash.starts_with("zh:"), "{hash} in {locked}");
        }
    }
}

fn use_network_mirror(server: &WebServer, workspace: &mut Workspace<'_>) {
    let roots = workspace.folder().join("roots.pem");
    std::fs::write(&roots, &server.certificate).expect("a certificate");
    workspace.set("SSL_CERT_FILE", &roots.display().to_string());
    settings(workspace, &format!("network_mirror {{ url = \"https://{}/\" }}", server.host));
}

#[test]
fn a_modified_zip_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    mirror(zips(), folder.path());
    let installed: Vec<(Program, Workspace<'_>)> = programs()
        .into_iter()
        .map(|program| {
            let mut workspace = Workspace::anonymous();
            settings(
                &mut workspace,
                &format!("filesystem_mirror {{ path = \"{}\" }}", folder.path().display()),
            );
            workspace.configure(SHOP);
            program.run(&workspace, &INIT).succeeded();
            std::fs::remove_dir_all(installed(&workspace)).expect("the installed files");
            (program, workspace)
        })
        .collect();
    for (program, _) in &installed {
        tamper(&folder.path().join(program.registry).join(ADDRESS).join(zip_of(TARGETS[0])));
    }
    for (program, workspace) in installed {
        // If there is a lock file, its hashes are checked.
        program.run(&workspace, &INIT).failed_with("checksum");
        // Without a lock file, the hashes of the mirror are checked.
        let server = WebServer::of(folder.path());
        let mut workspace = Workspace::anonymous();
        use_network_mirror(&server, &mut workspace);
        workspace.configure(SHOP);
        program.run(&workspace, &INIT).failed_with("checksum");
        assert!(lock_file(&workspace).is_empty());
    }
}

#[test]
fn a_mirror_provides_a_lock_file_for_all_platforms() {
    let folder = tempfile::tempdir().expect("a folder");
    mirror(zips(), folder.path());
    let server = WebServer::of(folder.path());
    let (disk, web) =
        (format!("-fs-mirror={}", folder.path().display()), format!("-net-mirror=https://{}/", server.host));
    let platforms: Vec<String> = TARGETS.iter().map(|target| format!("-platform={target}")).collect();
    for program in programs() {
        for source in [&disk, &web] {
            let mut workspace = Workspace::anonymous();
            use_network_mirror(&server, &mut workspace);
            workspace.configure(SHOP);
            let mut lock = vec!["providers", "lock", source.as_str()];
            lock.extend(platforms.iter().map(String::as_str));
            program.run(&workspace, &lock).succeeded();
            let locked = lock_file(&workspace);
            for target in TARGETS {
                let hashes = hashes(folder.path(), &program, target);
                assert!(locked.contains(&hashes[0]), "{target} by {source}: {hashes:?} in {locked}");
            }
        }
    }
}

#[test]
fn adding_a_version_to_a_mirror_keeps_earlier_versions() {
    let folder = tempfile::tempdir().expect("a folder");
    for program in programs() {
        let home = folder.path().join(program.registry).join(ADDRESS);
        std::fs::create_dir_all(&home).expect("a folder");
        std::fs::write(home.join("index.json"), r#"{"versions": {"0.0.1": {}}}"#).expect("an index");
    }
    mirror(zips(), folder.path());
    for program in programs() {
        let index = folder.path().join(program.registry).join(ADDRESS).join("index.json");
        let index: Value =
            serde_json::from_str(&std::fs::read_to_string(index).expect("an index")).expect("JSON");
        assert_eq!(index, serde_json::json!({ "versions": { "0.0.1": {}, VERSION: {} } }));
    }
}
