//! Certificates of apps: each plan warns before a certificate expires, the plan for a change shows both certificates,
//! and another form of the same certificate is not a change.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::{Run, repository};
use acceptance_tests::workspace::Workspace;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

fn app_with(certificate: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  name  = "Shop"
  label = "Shop"
}}

resource "salesforce_external_client_app_oauth_settings" "shop" {{
  external_client_app = salesforce_external_client_app.shop.id
  oauth_scopes        = ["Api"]
  certificate         = {}
}}
"#,
        json!(certificate)
    )
}

/// A certificate with a validity period, in seconds from now.
fn certificate(from: i64, until: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let at = |seconds: i64| {
        let seconds = u64::try_from(i64::try_from(now).expect("a time") + seconds).expect("a time");
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    let mut params = rcgen::CertificateParams::new(vec!["shop.example.com".to_owned()]).expect("a name");
    (params.not_before, params.not_after) = (at(from), at(until));
    let key = rcgen::KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").pem()
}

fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n")
}

fn plan(workspace: &Workspace<'_>) -> Run {
    workspace.run(&["plan", "-no-color", "-input=false", "-lock=false"]).succeeded()
}

#[test]
fn an_expiring_certificate_is_a_warning_in_every_plan_unless_suppressed() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let all = ["Certificate expires soon", "Certificate expired", "Certificate not yet valid"];
    for (from, until, first_line, fragment, id) in [
        (-DAY, 31 * DAY + 60, None, "", ""),
        (-DAY, 30 * DAY, Some(all[0]), "in 29 days", "certificate-expires-soon"),
        (-DAY, DAY + 3600, Some(all[0]), "in 1 day", "certificate-expires-soon"),
        (-DAY, 3600, Some(all[0]), "in less than a day", "certificate-expires-soon"),
        (-2 * DAY, -DAY, Some(all[1]), "expired on", "certificate-expired"),
        (DAY, 90 * DAY, Some(all[2]), "is valid from", "certificate-not-yet-valid"),
    ] {
        workspace.configure(&app_with(&certificate(from, until)));
        workspace.apply().succeeded();
        // The warning appears even if nothing changes, with and without a refresh.
        for refresh in ["-refresh=true", "-refresh=false"] {
            let run =
                workspace.run(&["plan", "-no-color", "-input=false", "-lock=false", refresh]).succeeded();
            for line in all {
                assert_eq!(run.contains(line), first_line == Some(line), "{line} in {run}");
            }
            let run = run.containing("No changes").containing(fragment);
            if !id.is_empty() {
                run.containing(&format!("suppress_warnings = [\"{id}\"]")).containing("certificate = ");
            }
        }
        workspace.run(&["validate", "-no-color"]).succeeded().containing(first_line.unwrap_or_default());
        if !id.is_empty() {
            workspace.set("SALESFORCE_SUPPRESS_WARNINGS", id);
            let run = plan(&workspace);
            assert!(!run.contains("Certificate"), "{run}");
            let run = workspace.run(&["validate", "-no-color"]).succeeded();
            assert!(!all.iter().any(|line| run.contains(line)), "{run}");
            workspace.unset("SALESFORCE_SUPPRESS_WARNINGS");
        }
    }
}

#[test]
fn the_same_certificate_in_another_form_is_not_a_change() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let pem = certificate(-DAY, 365 * DAY);
    workspace.configure(&app_with(&pem));
    workspace.apply().succeeded();
    for form in [
        bare(&pem),
        pem.replace('\n', "\r\n"),
        format!("subject=/CN=shop\n{pem}"),
        bare(&pem).replace('\n', ""),
    ] {
        workspace.configure(&app_with(&form));
        let run = plan(&workspace).containing("No changes");
        assert!(!run.contains("Certificate"), "{run}");
    }
    workspace.configure(&app_with(&certificate(-DAY, 365 * DAY)));
    plan(&workspace).containing("Certificate changes").containing("An app has only one certificate");
}

/// The guide's command renews a certificate for the same key.
#[test]
fn the_renewal_command_in_the_guide_keeps_the_private_key() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("no openssl on PATH: the guide's command was not run");
        return;
    }
    let page = std::fs::read_to_string(repository().join("docs/guides/certificates.md")).expect("the guide");
    let commands: Vec<&str> =
        page.split("```shell\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [shows, renews] = commands.as_slice() else { panic!("the guide has two commands: {commands:?}") };
    let folder = tempfile::tempdir().expect("a folder for the key");
    let sh = |command: &str| {
        let run = Command::new("sh").args(["-ec", command]).current_dir(folder.path()).output().expect("sh");
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("text")
    };
    sh(
        "openssl req -x509 -newkey rsa:2048 -days 20 -nodes -subj /CN=client -keyout client.key -out client.crt",
    );
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(&app_with(&sh("cat client.crt")));
    workspace.apply().succeeded().containing("Certificate expires soon");
    sh(renews);
    let shown = sh(shows);
    let fingerprint = shown.lines().find_map(|line| line.split_once('=')).expect("a fingerprint").1;
    workspace.configure(&app_with(&sh("cat client.crt")));
    let run = workspace
        .apply()
        .succeeded()
        .containing("Both certificates are for the same private key")
        .containing(fingerprint);
    assert!(!run.contains("Certificate expires soon"), "{run}");
    workspace.assert_empty_plan();
}
