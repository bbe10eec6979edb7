//! The life cycle of each attribute. All attributes of a resource are tested in the same Terraform runs, each with its
//! own app.

use super::subject::{Form, Phase, Subject, create_referenced_components, providers, words};
use super::table::{BLOCK, CLIENT, COMPUTED, Omitted, Resource};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::{Action, Plan};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn attributes_of_an_app_go_through_their_life_cycle() {
    run_life_cycle(Resource::App);
}

#[test]
fn attributes_of_oauth_settings_go_through_their_life_cycle() {
    run_life_cycle(Resource::Settings);
}

#[test]
fn attributes_of_policies_go_through_their_life_cycle() {
    run_life_cycle(Resource::Policies);
}

#[test]
fn attributes_of_a_client_go_through_their_life_cycle() {
    run_life_cycle_of("salesforce_oauth_client", Subject::all(Form::Client, |_| true));
}

#[test]
fn attributes_of_org_oauth_and_oidc_settings_go_through_their_life_cycle() {
    run_life_cycle_in_separate_orgs(Resource::OrgOidc);
}

#[test]
fn attributes_of_org_external_client_app_settings_go_through_their_life_cycle() {
    run_life_cycle_in_separate_orgs(Resource::OrgApps);
}

/// These settings exist once per org, so each attribute has its own org. One configuration manages all orgs.
fn run_life_cycle_in_separate_orgs(resource: Resource) {
    let mut subjects = Subject::all(Form::Parts, |attribute| {
        // Timeouts work the same for all resources. Only the create timeout is tested here, the others with the app.
        let is_other_timeout = attribute.name.starts_with("timeouts.") && attribute.name != "timeouts.create";
        attribute.resource == resource && !is_other_timeout
    });
    for (org, subject) in subjects.iter_mut().enumerate() {
        subject.org = org;
    }
    run_life_cycle_of(resource.type_name(), subjects);
}

struct Run<'a> {
    orgs: &'a [Emulator],
    providers: String,
    workspace: Workspace<'a>,
    words: BTreeMap<&'static str, String>,
    subjects: Vec<Subject>,
    /// All failures, so that a failure for one attribute does not hide failures for others.
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

    /// The value of each attribute's element in the org, by address, as in the JSON of the components. Null if the
    /// element is missing.
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
            let Some(plan) = self.workspace.non_empty_plan(more) else { continue };
            for (address, action) in plan.actions() {
                let differing = plan.differing(&address);
                self.problem(
                    step,
                    &address,
                    &format!("the plan is not empty: {action:?} of {differing:?} {more:?}"),
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

    /// Checks that each subject changes as expected, and that nothing else changes except the attributes in its lines.
    fn expect(&mut self, step: &str, plan: &Plan, expected: impl Fn(&Subject) -> Expected) {
        let mut actions = plan.actions();
        let mut problems = Vec::new();
        for subject in &self.subjects {
            let address = subject.address();
            let action = actions.remove(&address);
            let is_correct = match expected(subject) {
                Expected::Nothing => action.is_none(),
                Expected::Perhaps => matches!(action, None | Some(Action::Update)),
                Expected::Change if subject.attribute.replaces => action == Some(Action::Replace),
                Expected::Change => action == Some(Action::Update),
                Expected::Create => action == Some(Action::Create),
            };
            if !is_correct {
                problems.push((address.clone(), format!("{action:?} is planned")));
            }
            if action == Some(Action::Update) {
                for name in subject.differing(plan) {
                    if !subject.explains(&name) {
                        problems.push((address.clone(), format!("{name} is also planned to change")));
                    }
                }
                if expected(subject) == Expected::Change && !subject.differing(plan).contains(&subject.root())
                {
                    problems.push((address.clone(), "the attribute itself does not change".to_owned()));
                }
            }
        }
        for (address, action) in actions {
            // The remaining resources are the apps and the settings that attributes of other resources need.
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

    /// Checks that computed attributes are in the state and do not change. Returns the state.
    fn computed(&mut self, step: &str, before: Option<&BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
        let state = self.workspace.state();
        for (address, values) in &state {
            let is_of = |kind: Resource| match kind_of(address) {
                CLIENT => kind.of_the_org().is_none(),
                other => other == kind.type_name(),
            };
            for (_, name) in COMPUTED.iter().filter(|(kind, _)| is_of(*kind)) {
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
    /// No change, or an update that changes nothing in the org, because unmanaged values are kept.
    Perhaps,
    Nothing,
}

fn run_life_cycle(resource: Resource) {
    let subjects = Subject::all(Form::Parts, |attribute| attribute.resource == resource);
    run_life_cycle_of(resource.type_name(), subjects);
}

fn run_life_cycle_of(resource_type: &str, subjects: Vec<Subject>) {
    let count = subjects.iter().map(|subject| subject.org + 1).max().unwrap_or(1);
    let orgs: Vec<Emulator> = (0..count).map(|_| Emulator::start()).collect();
    let mut workspace = Workspace::new(&orgs[0]);
    for org in &orgs {
        create_referenced_components(org);
    }
    for org in orgs.iter().skip(1) {
        workspace.watch(org);
    }
    let providers =
        if subjects[0].attribute.resource.of_the_org().is_some() { providers(&orgs) } else { String::new() };
    // Other tests cover TRACE logs. Here they would be very long.
    workspace.unset("TF_LOG");
    // The provider combines Terraform's parallel operations in one deploy.
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
            run.problem(step, address, "the org has no value");
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
            run.problem(step, address, "the org still has the first value");
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
    run.expect(step, &plan, |subject| match subject.attribute.element {
        Some(_) => Expected::Change,
        None => Expected::Nothing,
    });
    run.apply(step);
    let repaired = run.elements(Phase::Second);
    run.compare(step, &repaired, &second);

    let step = "removed";
    run.configure(Phase::Removed);
    check_no_longer_managed(&mut run);
    let plan = run.workspace.plan(&[]);
    run.expect(step, &plan, |subject| match subject.attribute.if_omitted {
        Omitted::Required => Expected::Nothing,
        Omitted::Cleared => Expected::Change,
        _ if subject.attribute.replaces => Expected::Change,
        _ => Expected::Perhaps,
    });
    run.apply(step);
    let removed = run.elements(Phase::Removed);
    let mut problems = Vec::new();
    for subject in &run.subjects {
        let address = subject.address();
        let value = removed.get(&address).cloned().unwrap_or_default();
        let kept = second.get(&address).cloned().unwrap_or_default();
        let wanted = match subject.attribute.if_omitted {
            _ if subject.attribute.element.is_none() => continue,
            Omitted::Default(text) => json!(text),
            Omitted::Cleared => Value::Null,
            Omitted::Kept | Omitted::Required => kept,
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
    run.expect(step, &plan, |subject| match subject.attribute.if_omitted {
        // The first value of a provider-side attribute is the default.
        Omitted::Default(_) if subject.attribute.element.is_none() => Expected::Nothing,
        _ => Expected::Change,
    });
    run.apply(step);
    let added = run.elements(Phase::First);
    run.compare(step, &added, &first);

    check_import(&mut run);
    let destroyed = run.workspace.destroy();
    if destroyed.code != Some(0) {
        run.problems.push(format!("destroyed: {}", destroyed.words()));
    }
    for org in &orgs {
        if !org.names(org::APP).is_empty() {
            run.problems.push(format!("destroyed: the org has {:?}", org.names(org::APP)));
        }
    }
    eprintln!("{resource_type}: {} attributes tested, {} problems", run.subjects.len(), run.problems.len());
    assert!(run.problems.is_empty(), "{}", run.problems.join("\n"));
}

/// Checks that the plan reports each attribute that is no longer managed and whose value the org keeps.
fn check_no_longer_managed(run: &mut Run<'_>) {
    let output = run.workspace.run(&["plan", "-json", "-lock=false", "-input=false"]).stdout;
    let warnings: Vec<Value> = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["type"] == "diagnostic")
        .map(|message| message["diagnostic"].clone())
        .collect();
    let mut unreported = Vec::new();
    for subject in &run.subjects {
        let attribute = subject.attribute;
        let address = subject.address();
        let is_reported = warnings.iter().any(|warning| {
            let text = format!("{} {}", warning["summary"], warning["detail"]);
            warning["address"] == address.as_str()
                && text.contains("no longer managed")
                && text.contains(subject.root().rsplit('.').next().unwrap_or_default())
        });
        if attribute.if_omitted == Omitted::Kept && !attribute.replaces && !is_reported {
            unreported.push(address);
        }
    }
    for address in unreported {
        run.problem("removed", &address, "no warning reports that it is no longer managed");
    }
}

/// Whether a difference after an import is allowed. An import omits the link to the app's own consumer, which is valid
/// in one org only. A certificate may have the org's form. A period of 0 may be null, because the org does not return
/// it.
fn is_same_after_import(name: &str, before: &Value, now: &Value) -> bool {
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

/// Imports everything into an empty state in one apply, and expects no differences.
fn check_import(run: &mut Run<'_>) {
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
    // The import of `salesforce_oauth_client` also finds the policies that Salesforce created. Without the block in the
    // configuration, they are unmanaged again.
    let stops_managing = |subject: &Subject| subject.stops_managing_policies(&plan);
    run.expect(step, &plan, |subject| match subject.attribute.element {
        Some(_) if !stops_managing(subject) => Expected::Nothing,
        _ => Expected::Perhaps,
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
            // Attributes in the policies block are checked like the others.
            let inner = value.as_object().filter(|_| name == BLOCK);
            let pairs: Vec<(&String, &Value, &Value)> = match inner {
                Some(inner) => inner.iter().map(|(name, value)| (name, value, &now[name.as_str()])).collect(),
                None => vec![(name, value, now)],
            };
            for (name, value, now) in pairs {
                if now != value && !is_same_after_import(name, value, now) {
                    run.problem(step, address, &format!("{name} is {now}, it was {value}"));
                }
            }
        }
    }
}
