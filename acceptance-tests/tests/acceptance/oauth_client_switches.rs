//! Settings that depend on each other. One deploy changes any valid state to any other, regardless of the parts of
//! `salesforce_oauth_client` that the settings belong to.

use super::oauth_client::{CLIENT, SHOP, without_policies};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action;
use acceptance_tests::workspace::Workspace;
use serde_json::Value;
use std::collections::BTreeMap;

/// A value of a setting: its lines at the top level and in the policies block, and the values of other settings that it
/// requires.
#[derive(Debug, Clone, Copy)]
struct Position {
    name: &'static str,
    top: &'static str,
    block: &'static str,
    needs: &'static [&'static str],
}

const fn at(name: &'static str, top: &'static str, block: &'static str) -> Position {
    Position { name, top, block, needs: &[] }
}

impl Position {
    const fn needs(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }
}

type Switch = &'static [Position];

const FLOW: Switch = &[
    at("no flow", "code_credential_flow_enabled = false", ""),
    at("flow", "code_credential_flow_enabled = true", ""),
];
const JWT: Switch = &[at("opaque tokens", "", ""), at("JWT tokens", "named_user_jwt_enabled = true", "")];
const BOTH: Switch = &[
    at("neither", "", ""),
    at("flow and JWT tokens", "code_credential_flow_enabled = true\nnamed_user_jwt_enabled = true", ""),
];
const GUESTS_OF_BOTH: Switch = &[
    at("none", "", "guest_code_credential_flow_enabled = false"),
    at("guests of both", "", "guest_code_credential_flow_enabled = true").needs(&["flow and JWT tokens"]),
];
const GUESTS: Switch = &[
    at("no guests", "", "guest_code_credential_flow_enabled = false"),
    at("guests", "", "guest_code_credential_flow_enabled = true").needs(&["flow", "JWT tokens"]),
];
const GUEST_TIMEOUT: Switch = &[
    at(
        "custom guest timeout",
        "",
        "guest_jwt_session_timeout_type = \"Custom\"\nguest_jwt_timeout_minutes = 30",
    ),
    at("guest timeout as for users", "", "guest_jwt_session_timeout_type = \"UserSession\""),
];
const USER_TIMEOUT: Switch = &[
    at("no user timeout", "", "named_user_jwt_session_timeout_type = \"\""),
    at("user timeout as for the session", "", "named_user_jwt_session_timeout_type = \"UserSession\"")
        .needs(&["JWT tokens"]),
    at(
        "custom user timeout",
        "",
        "named_user_jwt_session_timeout_type = \"Custom\"\nnamed_user_jwt_timeout_minutes = 5",
    )
    .needs(&["JWT tokens"]),
];
const POST: Switch =
    &[at("any request", "", ""), at("POST only", "code_credential_post_only = true", "").needs(&["flow"])];
const CREDENTIALS: Switch = &[
    at("no client credentials", "client_credentials_flow_enabled = false", ""),
    at("client credentials", "client_credentials_flow_enabled = true", ""),
];
const RUN_AS: Switch = &[
    at("not allowed", "", "client_credentials_flow_enabled = false\nclient_credentials_flow_user = \"\""),
    at("a user but not allowed", "", "client_credentials_flow_user = \"{integration}\""),
    at(
        "allowed",
        "",
        "client_credentials_flow_enabled = true\nclient_credentials_flow_user = \"{integration}\"",
    )
    .needs(&["client credentials"]),
];
const EXCHANGE: Switch = &[at("no exchange", "", ""), at("exchange", "token_exchange_enabled = true", "")];
const EXCHANGE_SECRET: Switch = &[
    at("without a secret", "secret_required_for_token_exchange = false", ""),
    at("with a secret", "secret_required_for_token_exchange = true", ""),
];
const MAY_EXCHANGE: Switch = &[
    at("may not exchange", "", ""),
    at("may exchange", "", "token_exchange_flow_enabled = true").needs(&["exchange"]),
];
const USERS: Switch = &[
    at("everyone", "", "permitted_users = \"AllSelfAuthorized\""),
    at("preauthorized users", "", "permitted_users = \"AdminApprovedPreAuthorized\"")
        .needs(&["a set", "other sets"]),
];
const SETS: Switch = &[
    at("no set", "", "permission_sets = []"),
    at("a set", "", "permission_sets = [\"Shop_Customer\"]"),
    at("other sets", "", "permission_sets = [\"Integration\", \"Shop_Staff\"]"),
];
const SCOPES: Switch = &[
    at("no refresh", "oauth_scopes = [\"Api\"]", ""),
    at("refresh", "oauth_scopes = [\"Api\", \"RefreshToken\"]\nrefresh_token_rotation_enabled = true", ""),
];
const LIFE: Switch = &[
    at("infinite", "", "refresh_token_policy = \"Infinite\""),
    at("zero", "", "refresh_token_policy = \"Zero\""),
    at(
        "three days",
        "",
        "refresh_token_policy = \"SpecificLifetime\"\nrefresh_token_validity_period = 3\n\
         refresh_token_validity_unit = \"Days\"",
    ),
];
const SECRET: Switch = &[
    at("private", "pkce_required = false", ""),
    at(
        "public",
        "secret_required_for_web_server_flow = false\nsecret_required_for_refresh_token = false",
        "",
    ),
];
const PLUGIN: Switch =
    &[at("OAuth off", "", "oauth_plugin_enabled = false"), at("OAuth on", "", "oauth_plugin_enabled = true")];
const START: Switch = &[
    at("no start page", "", "start_page = \"None\"\nstart_url = \"\""),
    at("a start page", "", "start_page = \"Custom\"\nstart_url = \"https://a.example.com/s\""),
];

/// Settings that depend on each other.
const GROUPS: &[(&str, &[Switch])] = &[
    ("guests", &[FLOW, JWT, GUESTS]),
    ("guests_time", &[BOTH, GUESTS_OF_BOTH, GUEST_TIMEOUT]),
    ("users_time", &[JWT, USER_TIMEOUT]),
    ("post", &[FLOW, POST]),
    ("credentials", &[CREDENTIALS, RUN_AS]),
    ("exchange", &[EXCHANGE, EXCHANGE_SECRET, MAY_EXCHANGE]),
    ("users", &[USERS, SETS]),
    ("refresh", &[SCOPES, LIFE]),
    ("secret", &[SECRET, SCOPES]),
    ("start", &[PLUGIN, START]),
];

type State = Vec<Position>;

/// All valid states of a group: each setting has one value, and every requirement is met. If a value requires several
/// values of one setting, any of them is sufficient.
fn states(switches: &[Switch]) -> Vec<State> {
    let all = switches.iter().fold(vec![State::new()], |states, switch| {
        states
            .iter()
            .flat_map(|state| switch.iter().map(|position| [state.clone(), vec![*position]].concat()))
            .collect()
    });
    all.into_iter().filter(|state| is_valid(switches, state)).collect()
}

fn is_valid(switches: &[Switch], state: &State) -> bool {
    let has = |name: &str| state.iter().any(|position| position.name == name);
    state.iter().all(|position| {
        switches.iter().all(|switch| {
            let mut needed = switch.iter().filter(|other| position.needs.contains(&other.name)).peekable();
            needed.peek().is_none() || needed.any(|other| has(other.name))
        })
    })
}

fn configuration(name: &str, state: &State, user: &str) -> String {
    let lines = |of: fn(&Position) -> &'static str| {
        state.iter().map(of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    };
    format!(
        "resource \"salesforce_oauth_client\" \"{name}\" {{\nname = \"{name}\"\nlabel = \"{name}\"\n\
         callback_urls = [\"https://a.example.com/b\"]\n{}\npolicies {{\n{}\n}}\n}}\n",
        lines(|position| position.top),
        lines(|position| position.block)
    )
    .replace("{integration}", user)
}

fn words(state: &State) -> String {
    state.iter().map(|position| position.name).collect::<Vec<_>>().join(", ")
}

/// The number of deploys for each app.
fn deploys_by_app(journal: &[Value]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for call in journal.iter().filter(|call| call["operation"] == "deploy") {
        let text = call["details"].to_string();
        let mut apps: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with("From"))
            .map(str::to_owned)
            .collect();
        apps.sort();
        apps.dedup();
        for app in apps {
            *found.entry(app).or_default() += 1;
        }
    }
    found
}

/// Each change from one state to another is tested with a separate app, so that two applies test all changes.
#[test]
fn every_state_changes_to_every_other_state_in_one_deploy() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    for command in ["plan", "apply"] {
        workspace.set(&format!("TF_CLI_ARGS_{command}"), "-parallelism=100");
    }
    let user = org.user("integration");
    let mut pairs = Vec::new();
    for (_, switches) in GROUPS {
        let states = states(switches);
        for from in &states {
            pairs.extend(
                states.iter().filter(|to| words(to) != words(from)).map(|to| (from.clone(), to.clone())),
            );
        }
    }
    let name = |number: usize| format!("From{number}X");
    let all = |of: fn(&(State, State)) -> &State| -> String {
        pairs.iter().enumerate().map(|(number, pair)| configuration(&name(number), of(pair), &user)).collect()
    };
    assert!(pairs.len() > 100);
    let mut problems = Vec::new();
    for (step, text) in [("created", all(|pair| &pair.0)), ("changed", all(|pair| &pair.1))] {
        workspace.configure(&text);
        org.admin("DELETE", "/journal", None);
        let run = workspace.apply();
        if run.code != Some(0) {
            problems.push(format!("{step}: {run}"));
        }
        let deploys = deploys_by_app(&org.journal());
        for (number, (from, to)) in pairs.iter().enumerate() {
            let count = deploys.get(&name(number)).copied().unwrap_or_default();
            if count != 1 {
                problems.push(format!(
                    "{step}: {count} deploys of {}: {} -> {}",
                    name(number),
                    words(from),
                    words(to)
                ));
            }
        }
        if let Some(plan) = workspace.non_empty_plan(&[]) {
            for address in plan.actions().into_keys() {
                let inner = plan.differing_in(&address, "policies");
                problems.push(format!(
                    "{step}: {address}: the plan is not empty: {:?} {inner:?}",
                    plan.differing(&address)
                ));
            }
        }
    }
    eprintln!("{} pairs of states", pairs.len());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// These changes are impossible with three resources, because the settings are deployed before the policies.
#[test]
fn guests_the_flow_and_jwt_tokens_are_disabled_and_enabled_together() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Action::Create)]);
    let off = SHOP
        .replace("_enabled       = true", "_enabled = false")
        .replace("code_credential_flow_enabled = true", "code_credential_flow_enabled = false")
        .replace("guest_code_credential_flow_enabled = true", "guest_code_credential_flow_enabled = false");
    let off = off.replace("    guest_code_credential_flow_enabled = false\n", "");
    for text in [off.as_str(), SHOP] {
        let before = org.deploys().len();
        workspace.step(text, &[(CLIENT, Action::Update)]);
        assert_eq!(org.deploys().len(), before + 1);
    }
    // Policies that are no longer managed require a setting that is disabled. The org rejects the deploy, and the error
    // is at the attribute.
    workspace.configure(&without_policies(&off));
    let run = workspace.apply();
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.contains("guest_code_credential_flow_enabled"), "{run}");
    assert!(run.contains("on main.tf line"), "{run}");
    assert_eq!(org.part(org::OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
}
