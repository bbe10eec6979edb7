//! Tests with scripts in place of `sf`, which imitate its versions and its failures.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const URL: &str = "https://acme.my.salesforce.com";
const TOKEN: &str = "00D000000000001!canary.token";

/// A folder with a program `sf` that runs these lines. `$*` is the command.
fn folder(lines: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sf");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$*\" >> \"$(dirname \"$0\")/calls\"\n{lines}\n"))
        .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A script that prints these lines.
fn printing(text: &str) -> String {
    format!("cat <<'END'\n{text}\nEND")
}

async fn log_in(folder: &Path, second: Duration) -> Result<CliSession, ErrorKind> {
    let cli = SfCli { org: "acme".to_owned(), search: Some(folder.as_os_str().to_owned()) };
    cli.log_in(TimeScale { second }, &Redactor::default()).await
}

async fn run_cli(lines: &str) -> (Result<CliSession, ErrorKind>, Vec<String>) {
    let folder = folder(lines);
    let shown = log_in(folder.path(), Duration::from_millis(500)).await;
    let log = std::fs::read_to_string(folder.path().join("calls")).unwrap_or_default();
    (shown, log.lines().map(str::to_owned).collect())
}

fn display(token: &str) -> String {
    serde_json::json!({
        "status": 0,
        "result": { "accessToken": token, "instanceUrl": URL, "id": "00D000000000001AAA", "connectedStatus": "Connected" },
        "warnings": ["This command will expose sensitive information"],
    })
    .to_string()
}

const HIDDEN: &str = "[REDACTED] Use 'sf org auth show-access-token' to view";

#[tokio::test]
async fn versions_that_print_the_token_are_run_once() {
    let pretty: Value = serde_json::from_str(&display(TOKEN)).unwrap();
    for output in [
        display(TOKEN),
        format!("{pretty:#}"),
        format!("Warning: @salesforce/cli update available {{soon}}\n{}", display(TOKEN)),
        format!("(node:7) {{\"a\": 1}} ExperimentalWarning\n{pretty:#}\nWarning: done"),
        // A JSON warning that has a `name`, as errors do.
        format!("{{\"name\":\"UpdateWarning\",\"message\":\"new\"}}\n{}", display(TOKEN)),
        format!("\u{1b}[33mWarning\u{1b}[39m\n\u{1b}[90m{}\u{1b}[39m", display(TOKEN)),
    ] {
        let (shown, log) = run_cli(&printing(&output)).await;
        let shown = shown.unwrap_or_else(|error| panic!("{output}: {error}"));
        assert_eq!(shown.token.expose(), TOKEN);
        assert_eq!(shown.instance.as_str(), "https://acme.my.salesforce.com/");
        assert_eq!(log, ["org display --target-org acme --json"]);
    }
}

#[tokio::test]
async fn versions_that_hide_the_token_are_run_twice() {
    let shown = serde_json::json!({ "status": 0, "result": { "accessToken": TOKEN }, "warnings": [] });
    for hidden in [HIDDEN, "", "***"] {
        let lines = format!(
            "case \"$*\" in\n*show-access-token*)\n{}\n;;\n*)\n{}\n;;\nesac",
            printing(&shown.to_string()),
            printing(&display(hidden))
        );
        let (shown, log) = run_cli(&lines).await;
        assert_eq!(shown.unwrap_or_else(|error| panic!("{error}")).token.expose(), TOKEN);
        assert_eq!(
            log,
            ["org display --target-org acme --json", "org auth show-access-token --target-org acme --json"]
        );
    }
}

#[tokio::test]
async fn failures_are_distinguished_and_never_quote_the_output() {
    let failing = |name: &str, message: &str| {
        let json = serde_json::json!({ "name": name, "message": message, "exitCode": 1, "status": 1, "stack": "canary" });
        format!("{}\nexit 1", printing(&json.to_string()))
    };
    let hides = |then: &str| {
        format!(
            "case \"$*\" in\n*show-access-token*)\n{then}\n;;\n*)\n{}\n;;\nesac",
            printing(&display(HIDDEN))
        )
    };
    let nothing = serde_json::json!({ "status": 0, "result": { "accessToken": TOKEN } }).to_string();
    let plain = serde_json::json!({ "status": 0, "result": { "accessToken": TOKEN, "instanceUrl": "http://a.example" } });
    for (lines, fragment) in [
        (
            failing("NamedOrgNotFoundError", "No authorization information found for acme."),
            "has no org with the alias or username \"acme\"",
        ),
        (
            failing("Error", "No authorization information found for acme."),
            "has no org with the alias or username \
                                                                            \"acme\"",
        ),
        (failing("RefreshTokenAuthError", "Error authenticating"), "has expired or was revoked"),
        (failing("Error", "expired access/refresh token"), "has expired or was revoked"),
        (failing("SomethingElse", "it broke"), "failed (exit code 1): SomethingElse: it broke"),
        (failing("SomethingElse", &format!("sid={TOKEN}")), "failed (exit code 1): SomethingElse: "),
        // Older versions of `sf` print errors to stderr.
        (
            format!("{{ {}\n}} >&2\nexit 1", printing("{\"name\":\"NamedOrgNotFound\",\"status\":1}")),
            "has no org with the alias or username",
        ),
        (printing("canary is no JSON"), "did not return JSON"),
        (format!("{}\nexit 127", printing("canary")), "did not return JSON (exit code 127)"),
        (format!("{}\nexit 3", printing(&display(TOKEN))), "failed (exit code 3)"),
        ("kill -9 $$".to_owned(), "(it was stopped)"),
        (printing("{\"status\": 0, \"result\": {"), "did not return JSON"),
        (printing(&nothing), "did not return the instance URL of the org \"acme\""),
        (printing(&plain.to_string()), "does not use https"),
        (
            hides("echo ' Warning: org auth show-access-token is not a sf command.' >&2\nexit 127"),
            "has no command to show it",
        ),
        (hides(&printing("{\"status\":0,\"result\":{}}")), "has no access token"),
        (hides(&printing(&display(HIDDEN))), "has no access token"),
        (
            hides(&failing("Error", "No access token found for \"acme\".")),
            "failed (exit code 1): Error: No access token",
        ),
    ] {
        let (shown, _) = run_cli(&lines).await;
        let Err(error) = shown else { panic!("{fragment}") };
        let error = super::super::Error::new(super::super::Call::Login, error);
        let text = format!("{error} {}", error.advice());
        assert!(text.contains(fragment), "{fragment}: {text}");
        assert!(!text.contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn a_missing_broken_or_hanging_program_has_its_own_error() {
    let empty = tempfile::tempdir().unwrap();
    let none = |folder: &Path| (folder.to_owned(), Duration::from_secs(1));
    let plain = tempfile::tempdir().unwrap();
    std::fs::write(plain.path().join("sf"), "no program").unwrap();
    let broken = folder("");
    std::fs::write(broken.path().join("sf"), "#!/no/such/interpreter\n").unwrap();
    let hanging = folder("sleep 30");
    for ((folder, second), fragment) in [
        (none(empty.path()), "is not installed"),
        (none(Path::new("relative")), "is not installed"),
        (none(plain.path()), "is not installed"),
        (none(broken.path()), "cannot be started"),
        ((hanging.path().to_owned(), Duration::from_millis(5)), "did not respond within"),
    ] {
        let Err(error) = log_in(&folder, second).await else { panic!("{fragment}") };
        assert!(error.to_string().contains(fragment), "{fragment}: {error}");
    }
}

#[tokio::test]
async fn files_that_are_not_executable_are_skipped() {
    let plain = tempfile::tempdir().unwrap();
    std::fs::write(plain.path().join("sf"), "no program").unwrap();
    std::fs::create_dir(plain.path().join("folder")).unwrap();
    let good = folder(&printing(&display(TOKEN)));
    let search = std::env::join_paths([plain.path(), &plain.path().join("folder"), good.path()]).unwrap();
    let cli = SfCli { org: "acme".to_owned(), search: Some(search) };
    let shown = cli.log_in(TimeScale { second: Duration::from_millis(500) }, &Redactor::default()).await;
    assert_eq!(shown.unwrap_or_else(|error| panic!("{error}")).token.expose(), TOKEN);
}

#[tokio::test]
async fn a_child_that_keeps_running_does_not_affect_the_response() {
    let (shown, _) = run_cli(&format!("sleep 20 &\n{}", printing(&display(TOKEN)))).await;
    assert_eq!(shown.unwrap_or_else(|error| panic!("{error}")).token.expose(), TOKEN);
}

#[tokio::test]
async fn a_program_that_does_not_end_is_stopped_with_its_children() {
    let folder = folder("sh -c 'echo $$ > \"$0\"; sleep 60; true' \"$(dirname \"$0\")/child\"\ntrue");
    let Err(error) = log_in(folder.path(), Duration::from_millis(20)).await else { panic!() };
    assert!(error.to_string().contains("did not respond"), "{error}");
    let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
    let gone = || {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        // The parent may not have reaped the child yet.
        status.map_or(true, |status| status.contains(") Z"))
    };
    while Path::new("/proc/self").exists() && !gone() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[tokio::test]
async fn a_long_output_does_not_block() {
    let long =
        format!("yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 3000000 >&2\n{}", printing(&display(TOKEN)));
    assert_eq!(run_cli(&long).await.0.unwrap_or_else(|error| panic!("{error}")).token.expose(), TOKEN);
}

#[test]
fn any_output_is_read_in_bounded_time() {
    for output in
        ["", "{", "{{{{{{", "}{", "{}", "[]", "{\"a\":{\"status\":1}}", "\u{1b}[", "\u{1b}[31", "é{é"]
    {
        // If the outer object is not a response, an inner object may be found. Both results are accepted.
        let _ = answer_in(output.as_bytes());
    }
    assert!(answer_in(&"{".repeat(20_000).into_bytes()).is_none());
}
