//! One life per attribute, all attributes of a resource in one run of Terraform: each has an app of its own.

use super::table::{ATTRIBUTES, Attribute, COMPUTED, LeftOut, Resource};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::http;
use acceptance_tests::org;
use acceptance_tests::plan::{Action, Plan};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn attributes_of_the_app() {
    live(Resource::App);
}

#[test]
fn attributes_of_the_settings() {
    live(Resource::Settings);
}

#[test]
fn attributes_of_the_policies() {
    live(Resource::Policies);
}

#[test]
fn attributes_of_the_orgs_oauth_and_oidc_settings() {
    live_alone(Resource::OrgOidc);
}

#[test]
fn attributes_of_the_orgs_external_client_app_settings() {
    live_alone(Resource::OrgApps);
}

/// An org has these settings once, so that each attribute lives in an org of its own; one configuration manages all.
fn live_alone(resource: Resource) {
    let of_resource = ATTRIBUTES.iter().enumerate().filter(|(_, attribute)| {
        // Times are one walk for all resources: of these the create's is looked at, the others with the app's.
        let is_a_time = attribute.name.starts_with("timeouts.") && attribute.name != "timeouts.create";
        attribute.resource == resource && !is_a_time
    });
    let mut subjects: Vec<Subject> = of_resource.map(|(number, one)| Subject::new(number, one)).collect();
    for (org, subject) in subjects.iter_mut().enumerate() {
        subject.org = org;
    }
    live_with(resource, subjects);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    First,
    Second,
    Gone,
}

/// An attribute and the names that its life goes by.
struct Subject {
    attribute: &'static Attribute,
    /// Which of the orgs it is in.
    org: usize,
    key: String,
    app: String,
    other: String,
}

impl Subject {
    fn new(number: usize, attribute: &'static Attribute) -> Self {
        Self {
            attribute,
            org: 0,
            key: attribute.key(),
            app: format!("App_{number}"),
            other: format!("Other_{number}"),
        }
    }

    fn address(&self) -> String {
        self.attribute.address()
    }

    /// The attribute or block that a plan shows.
    fn root(&self) -> &str {
        self.attribute.name.split('.').next().unwrap_or_default()
    }

    fn body(&self, phase: Phase) -> String {
        let own = match phase {
            Phase::First => self.attribute.first,
            Phase::Gone if self.attribute.left_out != LeftOut::Required => "",
            Phase::Second | Phase::Gone => self.attribute.second,
        };
        format!("{}\n{own}", self.attribute.always)
    }

    fn app_in(&self, phase: Phase) -> &str {
        if let Some(name) = self.attribute.resource.of_the_org() {
            return name;
        }
        if self.attribute.replaces && self.body(phase).contains("{other}") { &self.other } else { &self.app }
    }

    /// The configuration of its app, with the parts that the attribute's resource needs.
    fn configuration(&self, phase: Phase, words: &BTreeMap<&str, String>) -> String {
        let body = self.body(phase);
        let key = &self.key;
        let state =
            if self.attribute.name == "oauth_link" { "distribution_state = \"Packaged\"" } else { "" };
        let mut text = String::new();
        let mut apps = vec![(key.clone(), &self.app)];
        if self.attribute.name == "external_client_app" {
            apps.push((format!("{key}_other"), &self.other));
        }
        if self.attribute.resource.of_the_org().is_some() {
            let provider = format!("provider = salesforce.{}\n", alias(self.org));
            return block(self.attribute.resource.type_name(), key, &(provider + &body));
        }
        for (key, app) in &apps {
            if self.attribute.resource == Resource::App {
                let given = [("name", app.as_str()), ("label", "Label")];
                let lines: String = given
                    .iter()
                    .filter(|(name, _)| !body.lines().any(|line| line.starts_with(&format!("{name} ="))))
                    .map(|(name, value)| format!("{name} = \"{value}\"\n"))
                    .collect();
                let body = body.replace("{app}", app).replace("{other}", &self.other);
                text += &block("salesforce_external_client_app", key, &format!("{lines}{body}"));
                continue;
            }
            let named = format!("name = \"{app}\"\nlabel = \"Label\"\n{state}");
            text += &block("salesforce_external_client_app", key, &named);
        }
        let refer = |kind: Resource, to: &str| format!("${{{}.{to}.id}}", kind.type_name());
        let belongs = |kind: Resource, body: &str| {
            let line =
                if body.contains("external_client_app =") { "" } else { "external_client_app = \"{app}\"\n" };
            format!("{line}{body}")
                .replace("{app}", &refer(kind, key))
                .replace("{other}", &refer(kind, &format!("{key}_other")))
        };
        match self.attribute.resource {
            Resource::App | Resource::OrgOidc | Resource::OrgApps => {}
            Resource::Settings => {
                text += &block(Resource::Settings.type_name(), key, &belongs(Resource::App, &body));
            }
            Resource::Policies => {
                for (key, _) in &apps {
                    let to = refer(Resource::App, key);
                    text += &block(
                        Resource::Settings.type_name(),
                        key,
                        &format!("external_client_app = \"{to}\"\n{ALL_FLOWS}"),
                    );
                }
                text += &block(Resource::Policies.type_name(), key, &belongs(Resource::Settings, &body));
            }
        }
        for (word, stands_for) in words {
            text = text.replace(word, stands_for);
        }
        text
    }
}

/// The configuration that sets some attributes, each in an app of its own, and their addresses.
pub fn set_at_create(
    wanted: impl Fn(&Attribute) -> bool,
    words: &BTreeMap<&str, String>,
) -> (String, Vec<String>) {
    let wanted = ATTRIBUTES.iter().enumerate().filter(|(_, attribute)| wanted(attribute));
    let subjects = wanted.map(|(number, attribute)| Subject::new(number, attribute));
    subjects.map(|subject| (subject.configuration(Phase::First, words), subject.address())).unzip()
}

/// So that every policy may be set.
const ALL_FLOWS: &str = "
callback_urls                   = [\"https://shop.example.com/callback\"]
oauth_scopes                    = [\"Api\", \"RefreshToken\"]
code_credential_flow_enabled    = true
client_credentials_flow_enabled = true
token_exchange_enabled          = true
named_user_jwt_enabled          = true
";

fn alias(org: usize) -> String {
    format!("org_{org}")
}

/// Logs in to each org, under its alias.
fn providers(orgs: &[Emulator]) -> String {
    let of = |(number, org): (usize, &Emulator)| {
        let credentials = org.credentials();
        let line = |argument: &str, variable: &str| format!("{argument} = \"{}\"\n", credentials[variable]);
        let lines = [
            format!("alias = \"{}\"\n", alias(number)),
            line("instance_url", "SALESFORCE_INSTANCE_URL"),
            line("client_id", "SALESFORCE_CLIENT_ID"),
            line("username", "SALESFORCE_USERNAME"),
            line("private_key_file", "SALESFORCE_PRIVATE_KEY_FILE"),
        ];
        format!("provider \"salesforce\" {{\n{}}}\n\n", lines.concat())
    };
    orgs.iter().enumerate().map(of).collect()
}

fn block(kind: &str, name: &str, body: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n\n")
}

/// What the words in braces stand for.
pub fn words(org: &Emulator) -> BTreeMap<&'static str, String> {
    let certificate = || {
        let name = vec!["shop.example.com".to_owned()];
        let pem = rcgen::generate_simple_self_signed(name).expect("a certificate").cert.pem();
        json!(pem).to_string()
    };
    BTreeMap::from([
        ("{integration}", org.user("integration")),
        ("{admin}", org.user("admin")),
        ("{certificate_1}", certificate()),
        ("{certificate_2}", certificate()),
    ])
}

/// What attributes name and the seed of the org has not.
pub fn furnish(org: &Emulator) {
    org.admin("PATCH", "/org", Some(&json!({ "apexClasses": ["HandlerA", "HandlerB"] })));
    for scope in ["scope_a", "scope_b", "scope_c"] {
        let file = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OauthCustomScope \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n<description>{scope}</description>\n\
             <developerName>{scope}</developerName>\n<masterLabel>{scope}</masterLabel>\n</OauthCustomScope>\n"
        );
        let url = format!("{}/emulator/components/OauthCustomScope/{scope}", org.url());
        let reply = http::call("PUT", &url, Some(&file)).expect("an answer of the emulator");
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

struct Run<'a> {
    orgs: &'a [Emulator],
    providers: String,
    workspace: Workspace<'a>,
    words: BTreeMap<&'static str, String>,
    subjects: Vec<Subject>,
    /// Everything that went wrong: one attribute must not hide another.
    problems: Vec<String>,
}

impl Run<'_> {
    fn configure(&self, phase: Phase) {
        let text: String =
            self.subjects.iter().map(|subject| subject.configuration(phase, &self.words)).collect();
        self.workspace.configure(&(self.providers.clone() + &text));
    }

    fn problem(&mut self, step: &str, address: &str, what: &str) {
        self.problems.push(format!("{step}: {address}: {what}"));
    }

    /// The text of the element in the org, as the components' JSON has it; null when there is none.
    fn elements(&self, phase: Phase) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for subject in &self.subjects {
            if let Some((kind, element)) = subject.attribute.element {
                let part = self.part(subject, kind, subject.app_in(phase));
                let value =
                    part.map_or(Value::Null, |part| part.fields.get(element).cloned().unwrap_or_default());
                found.insert(subject.address(), value);
            }
        }
        found
    }

    fn part(&self, subject: &Subject, kind: &str, app: &str) -> Option<org::Component> {
        let mut all = self.orgs[subject.org].components(kind).into_iter();
        all.find(|one| {
            let owner = one.text("externalClientApplication");
            if owner.is_empty() { one.name == app } else { owner == app }
        })
    }

    fn apply(&mut self, step: &str) {
        let run = self.workspace.apply_plan();
        if run.code != Some(0) {
            self.problems.push(format!("{step}: {}", run.words()));
        }
        for more in [&[] as &[&str], &["-refresh=false"]] {
            let Some(plan) = self.workspace.unsettled(more) else { continue };
            for (address, action) in plan.actions() {
                let differing = plan.differing(&address);
                self.problem(
                    step,
                    &address,
                    &format!("is not settled: {action:?} of {differing:?} {more:?}"),
                );
            }
            for drift in plan.json["resource_drift"].as_array().into_iter().flatten() {
                let address = drift["address"].as_str().unwrap_or_default();
                let change = &drift["change"];
                let of: Vec<String> = change["before"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(name, before)| **before != change["after"][name.as_str()])
                    .map(|(name, before)| format!("{name}: {before} -> {}", change["after"][name.as_str()]))
                    .collect();
                self.problem(step, address, &format!("the refresh saw a change: {of:?}"));
            }
        }
    }

    /// Each subject is changed as expected, and nothing besides what its lines name.
    fn expect(&mut self, step: &str, plan: &Plan, expected: impl Fn(&Attribute) -> Expected) {
        let mut actions = plan.actions();
        let mut problems = Vec::new();
        for subject in &self.subjects {
            let address = subject.address();
            let action = actions.remove(&address);
            let right = match expected(subject.attribute) {
                Expected::Nothing => action.is_none(),
                Expected::Perhaps => matches!(action, None | Some(Action::Update)),
                Expected::Change if subject.attribute.replaces => action == Some(Action::Replace),
                Expected::Change => action == Some(Action::Update),
                Expected::Create => action == Some(Action::Create),
            };
            if !right {
                problems.push((address.clone(), format!("{action:?} is planned")));
            }
            if action == Some(Action::Update) {
                for name in plan.differing(&address) {
                    if !belongs(subject.attribute, &name) {
                        problems.push((address.clone(), format!("{name} is planned to change, too")));
                    }
                }
                if expected(subject.attribute) == Expected::Change
                    && !plan.differing(&address).iter().any(|name| name == subject.root())
                {
                    problems.push((address.clone(), "the attribute itself does not change".to_owned()));
                }
            }
        }
        for (address, action) in actions {
            // The apps and the settings that attributes of other resources need.
            if action != Action::Create {
                problems.push((address, format!("{action:?} is planned")));
            }
        }
        for (address, what) in problems {
            self.problem(step, &address, &what);
        }
    }

    fn compare(&mut self, step: &str, now: &BTreeMap<String, Value>, then: &BTreeMap<String, Value>) {
        for (address, value) in now {
            let before = then.get(address).cloned().unwrap_or_default();
            if *value != before {
                self.problem(step, address, &format!("the org has {value}, not {before}"));
            }
        }
    }

    /// Attributes that only the org sets are in the state, and stay what they are.
    fn computed(&mut self, step: &str, before: Option<&BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
        let state = self.workspace.state();
        for (address, values) in &state {
            for (_, name) in COMPUTED.iter().filter(|(kind, _)| kind_of(address) == kind.type_name()) {
                let value = &values[*name];
                if *name != "namespace" && *name != "consumer_key" && !value.is_string() {
                    self.problem(step, address, &format!("{name} is {value}"));
                }
                let was =
                    before.and_then(|before| before.get(address)).map_or(value, |values| &values[*name]);
                let may_change = self
                    .subjects
                    .iter()
                    .any(|subject| subject.attribute.replaces && subject.address() == *address);
                if value != was && !may_change {
                    self.problem(step, address, &format!("{name} changed from {was} to {value}"));
                }
            }
        }
        state
    }
}

fn kind_of(address: &str) -> &str {
    address.split('.').next().unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Create,
    Change,
    /// An update without a difference in the org: what is not managed any more stays.
    Perhaps,
    Nothing,
}

/// Whether a change of the attribute may show at this name: its own, one that its lines set, a sibling inside the
/// same element.
fn belongs(attribute: &Attribute, name: &str) -> bool {
    let mentioned = |text: &str| text.lines().any(|line| line.split([' ', '{']).next() == Some(name));
    let sibling = ATTRIBUTES.iter().any(|other| {
        other.resource == attribute.resource
            && other.name == name
            && other.element.is_some()
            && other.element == attribute.element
    });
    mentioned(attribute.first) || mentioned(attribute.second) || sibling
}

fn live(resource: Resource) {
    let of_resource = ATTRIBUTES.iter().enumerate().filter(|(_, attribute)| attribute.resource == resource);
    live_with(resource, of_resource.map(|(number, one)| Subject::new(number, one)).collect());
}

fn live_with(resource: Resource, subjects: Vec<Subject>) {
    let count = subjects.iter().map(|subject| subject.org + 1).max().unwrap_or(1);
    let orgs: Vec<Emulator> = (0..count).map(|_| Emulator::start()).collect();
    let mut workspace = Workspace::new(&orgs[0]);
    for org in &orgs {
        furnish(org);
    }
    for org in orgs.iter().skip(1) {
        workspace.watch(org);
    }
    let providers =
        if subjects[0].attribute.resource.of_the_org().is_some() { providers(&orgs) } else { String::new() };
    // What TRACE logs show is the subject of other tests; here they would be very long.
    workspace.unset("TF_LOG");
    // What Terraform does at once, the provider deploys together.
    for command in ["plan", "apply", "destroy"] {
        workspace.set(&format!("TF_CLI_ARGS_{command}"), "-parallelism=100");
    }
    let words = words(&orgs[0]);
    let mut run = Run { orgs: &orgs, providers, workspace, words, subjects, problems: Vec::new() };

    let step = "set at create";
    run.configure(Phase::First);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |_| Expected::Create);
    run.apply(step);
    let first = run.elements(Phase::First);
    let before = run.computed(step, None);
    for (address, value) in &first {
        if value.is_null() {
            run.problem(step, address, "nothing of it is in the org");
        }
    }

    let step = "changed in place";
    run.configure(Phase::Second);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |_| Expected::Change);
    run.apply(step);
    let second = run.elements(Phase::Second);
    run.computed(step, Some(&before));
    for (address, value) in &second {
        if Some(value) == first.get(address) {
            run.problem(step, address, "the org has what it had");
        }
    }

    let step = "drifted in the org and repaired";
    for subject in &run.subjects {
        if let Some((kind, element)) = subject.attribute.element
            && let Some(part) = run.part(subject, kind, subject.app_in(Phase::Second))
        {
            let value = first.get(&subject.address()).cloned().unwrap_or_default();
            orgs[subject.org].admin(
                "PATCH",
                &format!("/components/{kind}/{}", part.name),
                Some(&json!({ element: value })),
            );
        }
    }
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |attribute| match attribute.element {
        Some(_) => Expected::Change,
        None => Expected::Nothing,
    });
    run.apply(step);
    let repaired = run.elements(Phase::Second);
    run.compare(step, &repaired, &second);

    let step = "removed";
    run.configure(Phase::Gone);
    not_managed_any_more(&mut run);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |attribute| match attribute.left_out {
        LeftOut::Required => Expected::Nothing,
        LeftOut::Cleared => Expected::Change,
        _ if attribute.replaces => Expected::Change,
        _ => Expected::Perhaps,
    });
    run.apply(step);
    let gone = run.elements(Phase::Gone);
    let mut problems = Vec::new();
    for subject in &run.subjects {
        let address = subject.address();
        let value = gone.get(&address).cloned().unwrap_or_default();
        let kept = second.get(&address).cloned().unwrap_or_default();
        let wanted = match subject.attribute.left_out {
            _ if subject.attribute.element.is_none() => continue,
            LeftOut::Default(text) => json!(text),
            LeftOut::Cleared => Value::Null,
            LeftOut::Kept | LeftOut::Required => kept,
        };
        let same = value == wanted || (wanted.is_null() && value == json!([]));
        if !same {
            problems.push((address, format!("the org has {value}, expected {wanted}")));
        }
    }
    for (address, what) in problems {
        run.problem(step, &address, &what);
    }

    let step = "added later";
    run.configure(Phase::First);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |attribute| match attribute.left_out {
        // The first value is what leaving it out means.
        LeftOut::Default(_) if attribute.element.is_none() => Expected::Nothing,
        _ => Expected::Change,
    });
    run.apply(step);
    let added = run.elements(Phase::First);
    run.compare(step, &added, &first);

    imported(&mut run);
    let destroyed = run.workspace.destroy();
    if destroyed.code != Some(0) {
        run.problems.push(format!("destroyed: {}", destroyed.words()));
    }
    for org in &orgs {
        if !org.names(org::APP).is_empty() {
            run.problems.push(format!("destroyed: the org has {:?}", org.names(org::APP)));
        }
    }
    eprintln!("{:?}: {} attributes lived, {} problems", resource, run.subjects.len(), run.problems.len());
    assert!(run.problems.is_empty(), "{}", run.problems.join("\n"));
}

/// The plan tells of each attribute that the org keeps.
fn not_managed_any_more(run: &mut Run<'_>) {
    let said = run.workspace.run(&["plan", "-json", "-lock=false", "-input=false"]).stdout;
    let warnings: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["type"] == "diagnostic")
        .map(|message| message["diagnostic"].clone())
        .collect();
    let mut silent = Vec::new();
    for subject in &run.subjects {
        let attribute = subject.attribute;
        let address = subject.address();
        let told = warnings.iter().any(|warning| {
            let text = format!("{} {}", warning["summary"], warning["detail"]);
            warning["address"] == address.as_str()
                && text.contains("no longer managed")
                && text.contains(subject.root())
        });
        if attribute.left_out == LeftOut::Kept && !attribute.replaces && !told {
            silent.push(address);
        }
    }
    for address in silent {
        run.problem("removed", &address, "no warning says that it is no longer managed");
    }
}

/// What an import may show otherwise: not the link to the own consumer, which belongs to one org; a certificate in the org's
/// form; and nothing where the org returns no period for 0.
fn is_the_same_imported(name: &str, before: &Value, now: &Value) -> bool {
    let letters = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with("-----"));
        lines.flat_map(str::chars).filter(|letter| !letter.is_whitespace()).collect::<String>()
    };
    match name {
        "oauth_link" => now.is_null(),
        "certificate" => !letters(now).is_empty() && letters(before) == letters(now),
        "refresh_token_validity_period" => now.is_null() && *before == 0,
        _ => false,
    }
}

/// Everything is taken into an empty state, in one apply, and comes out as it was.
fn imported(run: &mut Run<'_>) {
    let step = "imported";
    let before = run.workspace.state();
    let folder = run.workspace.folder();
    for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
        let _not_there = std::fs::remove_file(folder.join(file));
    }
    let blocks: String = before
        .iter()
        .map(|(address, values)| format!("import {{\n  to = {address}\n  id = {}\n}}\n", values["id"]))
        .collect();
    run.workspace.write("imports.tf", &blocks);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |attribute| match attribute.element {
        Some(_) => Expected::Nothing,
        None => Expected::Perhaps,
    });
    let changed: Vec<String> = plan
        .actions()
        .into_iter()
        .filter(|(_, action)| *action == Action::Create)
        .map(|(at, _)| at)
        .collect();
    for address in changed {
        run.problem(step, &address, "is created instead");
    }
    run.apply(step);
    let _not_there = std::fs::remove_file(folder.join("imports.tf"));
    let after = run.workspace.state();
    for (address, values) in &before {
        for (name, value) in values.as_object().into_iter().flatten() {
            let now = after.get(address).map_or(&Value::Null, |values| &values[name.as_str()]);
            if now != value && !is_the_same_imported(name, value, now) {
                run.problem(step, address, &format!("{name} is {now}, it was {value}"));
            }
        }
    }
}
