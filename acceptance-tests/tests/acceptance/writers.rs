//! Several workspaces manage different attributes of one file and apply at the same time. After all applies, the org
//! has the values of each workspace, all other values are unchanged, and every run that overwrote a value, even
//! temporarily, has reported the old and the new value.
//!
//! `ROUNDS=200 make writers` runs many rounds. The number of a round is the seed of its random choices.

use acceptance_tests::concurrent_client::Session;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::workspace::Workspace;
use acceptance_tests::writer::Writer;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An attribute that one workspace manages, and its element.
struct Row {
    attribute: &'static str,
    element: &'static str,
    /// The initial value. If empty, the element is omitted.
    before: &'static str,
    /// The value after the apply. `#` is the number of the round.
    after: &'static str,
    /// Whether the attribute is not managed if omitted. If so, `ignore_changes` is not needed.
    kept: bool,
}

const fn row(
    attribute: &'static str,
    element: &'static str,
    before: &'static str,
    after: &'static str,
) -> Row {
    Row { attribute, element, before, after, kept: false }
}

const fn kept(
    attribute: &'static str,
    element: &'static str,
    before: &'static str,
    after: &'static str,
) -> Row {
    Row { attribute, element, before, after, kept: true }
}

struct Subject {
    resource: &'static str,
    kind: &'static str,
    rows: [Row; 7],
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        resource: "salesforce_external_client_app",
        kind: APP,
        rows: [
            row("label", "label", "The label before", "Label #"),
            row("description", "description", "The description before", "Description #"),
            row("contact_email", "contactEmail", "before@example.com", "after#@example.com"),
            row("contact_phone", "contactPhone", "", "+49 30 # 1"),
            row(
                "icon_url",
                "iconUrl",
                "https://before.example.com/icon.png",
                "https://icons.example.com/#.png",
            ),
            row("logo_url", "logoUrl", "", "https://logos.example.com/#.png"),
            row("package_protected", "isProtected", "false", "true"),
        ],
    },
    Subject {
        resource: "salesforce_external_client_app_policies",
        kind: OAUTH_POLICIES,
        rows: [
            kept("ip_relaxation", "ipRelaxationPolicyType", "Enforce", "Bypass"),
            kept("required_session_level", "requiredSessionLevel", "STANDARD", "HIGH_ASSURANCE"),
            kept("session_timeout_minutes", "sessionTimeoutInMinutes", "15", "4#"),
            kept("refresh_token_validity_period", "refreshTokenValidityPeriod", "365", "3#"),
            kept("policy_action", "policyAction", "Block", "RaiseSessionLevel"),
            row(
                "oauth_start_url",
                "startUrl",
                "https://before.example.com/start",
                "https://start.example.com/#",
            ),
            row("single_logout_url", "singleLogoutUrl", "", "https://logout.example.com/#"),
        ],
    },
    Subject {
        resource: "salesforce_external_client_app_oauth_settings",
        kind: GLOBAL_OAUTH,
        rows: [
            row("device_flow_enabled", "isDeviceFlowEnabled", "false", "true"),
            row("introspect_all_tokens", "isIntrospectAllTokens", "false", "true"),
            row("refresh_token_rotation_enabled", "isRefreshTokenRotationEnabled", "false", "true"),
            row("client_credentials_flow_enabled", "isClientCredentialsFlowEnabled", "false", "true"),
            row("token_exchange_enabled", "isTokenExchangeEnabled", "false", "true"),
            row("secret_required_for_refresh_token", "isSecretRequiredForRefreshToken", "true", "false"),
            row("code_credential_flow_enabled", "isCodeCredFlowEnabled", "false", "true"),
        ],
    },
];

impl Row {
    fn wanted(&self, round: u64) -> String {
        self.after.replace('#', &round.to_string())
    }

    /// The wanted value in the type of the attribute.
    fn value(&self, round: u64) -> Value {
        let text = self.wanted(round);
        match text.as_str() {
            "true" | "false" => json!(text == "true"),
            number if number.chars().all(|letter| letter.is_ascii_digit()) => {
                json!(number.parse::<u64>().expect("a number"))
            }
            _ => json!(text),
        }
    }
}

/// The durations of the queue, a deploy, a retrieve and each call, in milliseconds.
const TIMES: [[u64; 4]; 11] = [
    [300, 700, 100, 20],
    [0, 0, 0, 0],
    [0, 500, 50, 5],
    [100, 100, 100, 20],
    [800, 200, 50, 10],
    [1_500, 300, 100, 20],
    [50, 1_000, 300, 5],
    [300, 300, 700, 20],
    [0, 1_500, 0, 50],
    [500, 500, 500, 50],
    [2_000, 100, 100, 10],
];

/// The random number generator SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(0);
            order.swap(last, other);
        }
        order
    }
}

/// One workspace in a round.
struct Part {
    row: &'static Row,
    session: Session,
    /// The pause before the plan.
    first_pause: Duration,
    /// The pause between the plan and the apply.
    second_pause: Duration,
    /// Whether the configuration omits unmanaged attributes. Otherwise, it ignores their changes.
    omits_unmanaged: bool,
}

/// The diagnostics from one run.
struct Ran {
    warnings: String,
    errors: String,
}

/// Runs a round. Returns its failures.
fn run_round(round: u64) -> Vec<String> {
    let mut random = Random(round);
    let subject = &SUBJECTS[usize::try_from(random.below(3)).unwrap_or(0)];
    // Each of eleven successive rounds has different durations.
    let times = TIMES[usize::try_from(round % 11).unwrap_or(0)];
    let is_random = round % 4 == 3;
    let count = 2 + usize::try_from(random.below(6)).unwrap_or(0);

    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop" })));
    for row in &subject.rows {
        let before = if row.before.is_empty() { Value::Null } else { json!(row.before) };
        let name = org.part(subject.kind, "Shop").name;
        let change = json!({ row.element: before });
        org.admin("PATCH", &format!("/components/{}/{name}", subject.kind), Some(&change));
    }
    let before = org.part(subject.kind, "Shop");
    let chosen = random.shuffled(subject.rows.len());
    let [queue, deploy, ..] = times;
    let spread = queue + deploy + 600;
    let parts: Vec<Part> = chosen[..count]
        .iter()
        .map(|index| Part {
            row: &subject.rows[*index],
            session: org.log_in("admin"),
            first_pause: Duration::from_millis(random.below(spread)),
            second_pause: Duration::from_millis(if random.below(2) == 0 { 0 } else { random.below(spread) }),
            omits_unmanaged: random.below(2) == 0,
        })
        .collect();
    let switches = if is_random {
        json!({ "pace": "real", "pace_percent": 10, "seed": round, "call_ms": 10 })
    } else {
        json!({ "queue_ms": times[0], "deploy_ms": times[1], "retrieve_ms": times[2], "call_ms": times[3] })
    };

    let ready = Barrier::new(parts.len() + 1);
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let handles: Vec<_> = parts
            .iter()
            .map(|part| {
                let (org, ready) = (&org, &ready);
                scope.spawn(move || {
                    let mut writer = Writer::start(subject.resource, &org.credentials_of(&part.session));
                    writer.import("Shop");
                    // The org's durations are set between the two waits.
                    ready.wait();
                    ready.wait();
                    run(part, subject, &mut writer, round)
                })
            })
            .collect();
        ready.wait();
        org.admin("PATCH", "/org", Some(&switches));
        ready.wait();
        handles.into_iter().map(|handle| handle.join().expect("a writer ends")).collect()
    });
    let named = format!("round {round}, {count} writers of {}, times {switches}", subject.kind);
    check(&org, subject, &parts, &ran, &before.fields, round)
        .into_iter()
        .map(|problems| format!("{named}: {problems}"))
        .collect()
}

fn run(part: &Part, subject: &Subject, writer: &mut Writer, round: u64) -> Ran {
    std::thread::sleep(part.first_pause);
    writer.refresh();
    let wanted: Map<String, Value> = Map::from_iter([(part.row.attribute.to_owned(), part.row.value(round))]);
    let omitted: Vec<&str> = subject
        .rows
        .iter()
        .filter(|row| part.omits_unmanaged && row.kept && row.attribute != part.row.attribute)
        .map(|row| row.attribute)
        .collect();
    let (_, planned) = writer.plan(&wanted, &omitted);
    if !planned.errors.is_empty() {
        return Ran { warnings: String::new(), errors: planned.errors.join("\n") };
    }
    std::thread::sleep(part.second_pause);
    let diagnostics = writer.apply();
    Ran { warnings: diagnostics.warnings.join("\n"), errors: diagnostics.errors.join("\n") }
}

fn check(
    org: &Emulator,
    subject: &Subject,
    parts: &[Part],
    ran: &[Ran],
    before: &Map<String, Value>,
    round: u64,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (part, ran) in parts.iter().zip(ran) {
        if !ran.errors.is_empty() {
            problems.push(format!("FAILED {}: {}", part.row.attribute, ran.errors));
        }
    }
    let after = org.part(subject.kind, "Shop");
    for row in &subject.rows {
        let is_managed = parts.iter().any(|part| part.row.attribute == row.attribute);
        let expected = if is_managed { row.wanted(round) } else { row.before.to_owned() };
        let found = after.text(row.element);
        if found != expected {
            problems.push(format!("LOST {}: {found:?} instead of {expected:?}", row.attribute));
        }
    }
    for (element, value) in before {
        let is_ours = subject.rows.iter().any(|row| row.element == element);
        if !is_ours && after.fields.get(element) != Some(value) {
            problems.push(format!("LOST {element}: {:?} instead of {value}", after.fields.get(element)));
        }
    }
    let cancels = org.count("cancelDeploy");
    if cancels > 0 {
        problems.push(format!("CANCELED {cancels} deploys"));
    }
    problems.extend(unreported(org, subject, parts, ran));
    problems
}

/// The overwrites that no warning reports: changes by a run's deploy of elements that the run does not manage. An
/// element that the same run changed last, such as a restored value, does not count. On a very busy machine, a run may
/// name only the deploy that it overwrote, which is sufficient.
fn unreported(org: &Emulator, subject: &Subject, parts: &[Part], ran: &[Ran]) -> Vec<String> {
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        runs.extend(org.deploys_of(&part.session).into_iter().map(|id| (id, index)));
    }
    let mut last_writer: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut problems = Vec::new();
    for deploy in org.deploys() {
        let id = deploy["id"].as_str().unwrap_or_default();
        let Some(run) = runs.get(id).copied() else { continue };
        for change in deploy["changes"].as_array().into_iter().flatten() {
            let element = change["element"].as_str().unwrap_or_default().to_owned();
            let row =
                subject.rows.iter().find(|row| change["type"] == subject.kind && row.element == element);
            let last = last_writer.insert(element.clone(), (run, id.to_owned()));
            let of_another = last.as_ref().is_none_or(|(last, _)| *last != run);
            let is_its_own = parts[run].row.element == element;
            if is_its_own || !of_another {
                continue;
            }
            let attribute = row.map_or(element.as_str(), |row| row.attribute);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (old, new) = (text(&change["before"]), text(&change["after"]));
            let diagnostics = &ran[run].warnings;
            let names_its_deploy = last.is_some_and(|(_, deploy)| diagnostics.contains(&deploy[..15]));
            if !names_its_deploy && ![attribute, &old, &new].iter().all(|part| diagnostics.contains(*part)) {
                problems.push(format!(
                    "UNREPORTED: the run that manages {} changed {attribute} from {old:?} to {new:?}; its warnings: {diagnostics:?}",
                    parts[run].row.attribute
                ));
            }
        }
    }
    problems
}

/// Runs several rounds at once, because most of the time is spent waiting.
fn rounds(first: u64, count: u64, at_once: u64) {
    let next = AtomicU64::new(first);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| {
                    let mut problems = Vec::new();
                    loop {
                        let round = next.fetch_add(1, Ordering::Relaxed);
                        if round >= first + count {
                            return problems;
                        }
                        problems.extend(run_round(round));
                    }
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread ends")).collect()
    });
    assert!(problems.is_empty(), "{} failures in {count} rounds:\n{}", problems.len(), problems.join("\n"));
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn a_few_rounds_have_no_lost_or_unreported_changes() {
    rounds(0, 8, 3);
}

#[test]
#[ignore = "takes half an hour: make writers ROUNDS=200"]
fn many_rounds_have_no_lost_or_unreported_changes() {
    rounds(number("FIRST", 100), number("ROUNDS", 200), number("AT_ONCE", 3));
}

/// One round with two workspaces of the real Terraform, and one with three.
#[test]
fn workspaces_of_terraform_keep_the_changes_of_others() {
    let rows = &SUBJECTS[0].rows;
    for (round, count) in [(1_u64, 2_usize), (2, 3)] {
        let org = Emulator::start();
        org.admin("POST", "/apps", Some(&json!({ "name": "Shop" })));
        let parts: Vec<Part> = rows[..count]
            .iter()
            .map(|row| Part {
                row,
                session: org.log_in("admin"),
                first_pause: Duration::ZERO,
                second_pause: Duration::ZERO,
                omits_unmanaged: false,
            })
            .collect();
        for row in rows {
            let before = if row.before.is_empty() { Value::Null } else { json!(row.before) };
            org.admin("PATCH", &format!("/components/{APP}/Shop"), Some(&json!({ row.element: before })));
        }
        let before = org.part(APP, "Shop");
        let ready = Barrier::new(count + 1);
        let ran: Vec<Ran> = std::thread::scope(|scope| {
            let handles: Vec<_> = parts
                .iter()
                .map(|part| {
                    let (org, ready) = (&org, &ready);
                    scope.spawn(move || {
                        let mut workspace = Workspace::anonymous();
                        workspace.watch(org);
                        workspace.unset("TF_LOG");
                        for (name, value) in org.credentials_of(&part.session) {
                            workspace.set(&name, &value);
                        }
                        workspace.configure(&configuration(part.row, rows, round));
                        let address = "salesforce_external_client_app.shop";
                        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
                        ready.wait();
                        ready.wait();
                        let run = workspace.apply();
                        let words = run.words();
                        let errors = if run.code == Some(0) { String::new() } else { words.clone() };
                        Ran { warnings: words, errors }
                    })
                })
                .collect();
            ready.wait();
            let slow = json!({ "queue_ms": 300, "deploy_ms": 700, "retrieve_ms": 100, "call_ms": 20 });
            org.admin("PATCH", "/org", Some(&slow));
            ready.wait();
            handles.into_iter().map(|handle| handle.join().expect("Terraform ends")).collect()
        });
        let problems = check(&org, &SUBJECTS[0], &parts, &ran, &before.fields, round);
        assert!(problems.is_empty(), "{count} workspaces: {problems:#?}");
    }
}

/// A configuration that manages one attribute and ignores the others.
fn configuration(own: &Row, rows: &[Row], round: u64) -> String {
    let others: Vec<&str> =
        rows.iter().map(|row| row.attribute).filter(|attribute| *attribute != own.attribute).collect();
    let label = if own.attribute == "label" { "" } else { "label = \"Not ours\"" };
    format!(
        "resource \"salesforce_external_client_app\" \"shop\" {{\n  name = \"Shop\"\n  {label}\n  {} = {}\n  \
         lifecycle {{\n    ignore_changes = [{}]\n  }}\n}}\n",
        own.attribute,
        own.value(round),
        others.join(", ")
    )
}

/// Between the read of the file and the deploy, another client changes the file. After the apply, this change is in the
/// org, and a temporary loss is reported.
#[test]
fn a_change_between_the_read_and_the_deploy_is_kept() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop" })));
    let session = org.log_in("admin");
    let mut writer = Writer::start("salesforce_external_client_app", &org.credentials_of(&session));
    writer.import("Shop");
    let slow = json!({ "queue_ms": 500, "deploy_ms": 700, "retrieve_ms": 50, "call_ms": 5 });
    org.admin("PATCH", "/org", Some(&slow));
    let edit = json!([{
        "call": "deploy",
        "nth": 1,
        "do": { "edit": { "type": APP, "fullName": "Shop", "set": { "description": "Theirs" } } },
    }]);
    org.admin("POST", "/faults", Some(&edit));
    let (changed, _) = writer.plan(&Map::from_iter([("label".to_owned(), json!("Ours"))]), &[]);
    assert_eq!(changed, ["label"]);
    let diagnostics = writer.apply();
    assert_eq!(diagnostics.errors, Vec::<String>::new());
    let app = org.part(APP, "Shop");
    assert_eq!((app.text("label"), app.text("description")), ("Ours".to_owned(), "Theirs".to_owned()));
    assert_eq!(org.count("cancelDeploy"), 0);
    let overwrote = org
        .deploys()
        .iter()
        .flat_map(|deploy| deploy["changes"].as_array().cloned().unwrap_or_default())
        .any(|change| change["element"] == "description");
    let is_reported =
        diagnostics.warnings.iter().any(|text| text.contains("description") && text.contains("Theirs"));
    assert!(is_reported || !overwrote, "{:#?}", diagnostics.warnings);
}
