//! A scenario: a folder of configurations that are applied in order, each with its expectations in the comments at
//! the top. A new scenario needs no Rust code except a test that runs it.
//!
//! ```hcl
//! # edit: ExternalClientApplication of Shop: label = Changed in Setup     a change in the org before the step
//! # plan: salesforce_external_client_app.shop = update                    one line for each planned change
//! # output: Consumer key will be destroyed                                text in the output of the plan
//! # org: ExternalClientApplication of Shop: label = Shop                  a value in the org after the step
//! # switches: salesforce_external_client_app_oauth_settings.shop of Shop  on the emulator only, see below
//! # emulator only: needs a custom scope                                   the reason why `make live` skips it
//! ```
//!
//! `# switches:` adds every boolean of the module `switches` that the resource does not set, with a value that differs
//! from its default, and expects this value in the org. Scenarios therefore cover a new boolean automatically.
//!
//! After every step the plan must be empty and no secret may have leaked (see `workspace`). After the last step, all
//! resources are imported into an empty state and destroyed, and the org must have the same apps as before.
//!
//! `make live` runs the same scenarios on a real org, with other names.

use crate::emulator::Emulator;
use crate::plan::Action;
use crate::switches;
use crate::target::Target;
use crate::terraform;
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, Default, PartialEq, Eq)]
struct Expectations {
    edits: Vec<Element>,
    plan: Vec<(String, Action)>,
    output: Vec<String>,
    org: Vec<Element>,
    no_import: bool,
}

/// A value in the org, written as `<type> of <app>: <element> = <value>`.
#[derive(Debug, PartialEq, Eq)]
struct Element {
    kind: String,
    app: String,
    element: String,
    value: String,
}

/// Runs `scenarios/<name>` against a new emulated org.
///
/// # Panics
/// Panics if an expectation is not met.
pub fn run(name: &str) {
    Scenario::named(name).with_switches().play(&Emulator::start());
}

/// The steps of a folder, sorted by name.
pub struct Scenario {
    pub name: String,
    steps: Vec<Step>,
}

struct Step {
    path: PathBuf,
    configuration: String,
}

impl Scenario {
    /// Every scenario in `scenarios/`.
    ///
    /// # Panics
    /// Panics if the folder does not exist.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let folders = std::fs::read_dir(folder()).expect("the folder of scenarios");
        let folders = folders.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
        let mut names: Vec<String> =
            folders.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
        names.sort();
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// # Panics
    /// Panics if the scenario does not exist.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let folder = folder().join(name);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} has no steps", folder.display());
        let step = |path: PathBuf| {
            let configuration = std::fs::read_to_string(&path).expect("a step of the scenario");
            Step { path, configuration }
        };
        Self { name: name.to_owned(), steps: paths.into_iter().map(step).collect() }
    }

    /// The scenario with other names. Adds the prefix to the names of the apps that the scenario creates and of the
    /// permission sets that it needs, wherever the names occur.
    #[must_use]
    pub fn renamed(&self, prefix: &str) -> Self {
        let mut names = self.apps();
        names.extend(self.permission_sets());
        let steps = self.steps.iter().map(|step| Step {
            path: step.path.clone(),
            configuration: with_prefix(&step.configuration, &names, prefix),
        });
        Self { name: self.name.clone(), steps: steps.collect() }
    }

    /// The scenario with the additions of `# switches:`.
    ///
    /// # Panics
    /// Panics if such a line is invalid.
    #[must_use]
    pub fn with_switches(mut self) -> Self {
        for step in &mut self.steps {
            let lines: Vec<String> = step
                .configuration
                .lines()
                .filter_map(|line| line.strip_prefix("# switches:"))
                .map(|line| line.trim().to_owned())
                .collect();
            for line in lines {
                let (address, app) = line.split_once(" of ").unwrap_or_else(|| panic!("no ` of ` in {line}"));
                step.configuration = with_switches(&step.configuration, address, app);
            }
        }
        self
    }

    /// The configuration of one step.
    ///
    /// # Panics
    /// Panics if the step does not exist.
    #[must_use]
    pub fn step(&self, name: &str) -> &str {
        let step = self.steps.iter().find(|step| step.path.file_stem().is_some_and(|stem| stem == name));
        &step.unwrap_or_else(|| panic!("{} has no step {name}", self.name)).configuration
    }

    /// The names of the apps that the scenario creates.
    #[must_use]
    pub fn apps(&self) -> BTreeSet<String> {
        self.lines().filter_map(|line| value_of(line, "name")).flat_map(quoted).collect()
    }

    /// The permission sets that must exist in the org.
    #[must_use]
    pub fn permission_sets(&self) -> BTreeSet<String> {
        self.lines().filter_map(|line| value_of(line, "permission_sets")).flat_map(quoted).collect()
    }

    /// Whether the scenario enables the code and credentials flow, which an org setting must allow.
    #[must_use]
    pub fn needs_code_credential_flow(&self) -> bool {
        self.lines().any(|line| value_of(line, "code_credential_flow_enabled") == Some("true"))
    }

    /// The types of the resources in the scenario.
    #[must_use]
    pub fn resource_types(&self) -> BTreeSet<String> {
        let blocks = self.lines().filter_map(|line| line.trim().strip_prefix("resource "));
        blocks.filter_map(|rest| quoted(rest).into_iter().next()).collect()
    }

    /// The reason why the scenario runs only on the emulator, if it does.
    #[must_use]
    pub fn is_for_the_emulator(&self) -> Option<String> {
        let reason = self.lines().find_map(|line| line.strip_prefix("# emulator only:"));
        reason.map(|reason| reason.trim().to_owned())
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|step| step.configuration.lines())
    }

    /// Applies the steps in order.
    ///
    /// # Panics
    /// Panics if an expectation is not met.
    pub fn play(&self, target: &dyn Target) {
        let workspace = Workspace::new(target);
        let before = target.apps();
        let mut no_import = false;
        for Step { path, configuration } in &self.steps {
            let expected =
                expectations(configuration).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()));
            eprintln!("{}", path.display());
            no_import = expected.no_import;
            for edit in &expected.edits {
                target.edit(&edit.kind, &edit.app, &edit.element, &edit.value);
            }
            let changes: Vec<(&str, Action)> =
                expected.plan.iter().map(|(at, action)| (at.as_str(), *action)).collect();
            let plan = workspace.step(configuration, &changes);
            for sentence in &expected.output {
                plan.containing(sentence);
            }
            for element in &expected.org {
                let found = target.part(&element.kind, &element.app).text(&element.element);
                assert_eq!(found, element.value, "{}: {element:?}", path.display());
            }
        }
        if !no_import {
            workspace.imports_into_an_empty_state();
        }
        workspace.destroy().succeeded();
        assert!(workspace.state().is_empty());
        assert_eq!(target.apps(), before);
    }
}

fn folder() -> PathBuf {
    terraform::repository().join("acceptance-tests/scenarios")
}

/// Sets the booleans of a resource that its block does not set, and expects them in the org.
fn with_switches(configuration: &str, address: &str, app: &str) -> String {
    let (kind, name) = address.split_once('.').unwrap_or_else(|| panic!("{address} is not an address"));
    let start = configuration.find(&format!("resource \"{kind}\" \"{name}\" {{"));
    let start = start.unwrap_or_else(|| panic!("the step has no {address}"));
    let end = start + configuration[start..].find("\n}").expect("the end of the block") + 1;
    let block = &configuration[start..end];
    let mut expected = String::new();
    let mut lines = String::new();
    for switch in switches::all().iter().filter(|switch| switch.resource == kind) {
        if block.lines().any(|line| value_of(line, &switch.attribute).is_some()) {
            continue;
        }
        let value = switch.value();
        expected += &format!("# org: {} of {app}: {} = {value}\n", switch.metadata_type, switch.element);
        lines += &format!("  {} = {value}\n", switch.attribute);
    }
    format!("{expected}{}{lines}{}", &configuration[..end], &configuration[end..])
}

/// The value of `<argument> =` in a line.
fn value_of<'a>(line: &'a str, argument: &str) -> Option<&'a str> {
    let rest = line.trim().strip_prefix(argument)?.trim_start();
    Some(rest.strip_prefix('=')?.trim())
}

/// The strings in quotation marks.
fn quoted(value: &str) -> Vec<String> {
    value.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Adds the prefix to these names where they are whole words: `shop`, `Shopping` and `Workshop` are not `Shop`.
fn with_prefix(text: &str, names: &BTreeSet<String>, prefix: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut out = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\n']) {
        if is_part(letter) {
            word.push(letter);
            continue;
        }
        if names.contains(&word) {
            out.push_str(prefix);
        }
        out.push_str(&word);
        word.clear();
        out.push(letter);
    }
    out.pop();
    out
}

fn expectations(configuration: &str) -> Result<Expectations, String> {
    let mut expected = Expectations::default();
    for line in configuration.lines() {
        let Some(comment) = line.strip_prefix('#') else {
            break;
        };
        let Some((verb, rest)) = comment.trim().split_once(':') else {
            continue;
        };
        let rest = rest.trim();
        match verb {
            "plan" => {
                let (address, action) =
                    rest.split_once(" = ").ok_or_else(|| format!("no ` = ` in {line}"))?;
                let action = match action {
                    "create" => Action::Create,
                    "update" => Action::Update,
                    "replace" => Action::Replace,
                    "delete" => Action::Delete,
                    "forget" => Action::Forget,
                    other => return Err(format!("unknown action {other}")),
                };
                expected.plan.push((address.to_owned(), action));
            }
            "output" => expected.output.push(rest.to_owned()),
            "edit" => expected.edits.push(element(rest)?),
            "org" => expected.org.push(element(rest)?),
            "no import" => expected.no_import = true,
            // See `is_for_the_emulator` and `with_switches`.
            "emulator only" | "switches" => {}
            // A misspelled expectation must not be mistaken for a remark.
            other if !other.contains(' ') => return Err(format!("unknown expectation {other:?}")),
            _ => {}
        }
    }
    Ok(expected)
}

fn element(text: &str) -> Result<Element, String> {
    let wrong = || format!("not `<type> of <app>: <element> = <value>`: {text}");
    let (kind, rest) = text.split_once(" of ").ok_or_else(wrong)?;
    let (app, rest) = rest.split_once(": ").ok_or_else(wrong)?;
    let (element, value) = rest.split_once('=').ok_or_else(wrong)?;
    // A newline is written as \n, because an expectation is a single line.
    let value = value.trim().replace("\\n", "\n");
    Ok(Element { kind: kind.to_owned(), app: app.to_owned(), element: element.trim().to_owned(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_read_from_the_comments_at_the_top() {
        let expected = expectations(
            "# A remark: it is for people.\n# plan: a.b = update\n# org: App of Shop: label = A\\nB\n# org: App of Shop: icon =\nx = 1\n# plan: c.d = create\n",
        );
        let element = |name: &str, value: &str| Element {
            kind: "App".to_owned(),
            app: "Shop".to_owned(),
            element: name.to_owned(),
            value: value.to_owned(),
        };
        let same = Expectations {
            plan: vec![("a.b".to_owned(), Action::Update)],
            org: vec![element("label", "A\nB"), element("icon", "")],
            ..Expectations::default()
        };
        assert_eq!(expected, Ok(same));
    }

    #[test]
    fn the_prefix_is_added_to_whole_names_only() {
        let names = ["Shop".to_owned(), "Shop_Customer".to_owned()].into();
        let text = "# org: App of Shop: label = Shop settings\nname = \"Shop\"\nsets = [\"Shop_Customer\"]\nx = shop.Workshop.Shopping";
        let expected = "# org: App of T_Shop: label = T_Shop settings\nname = \"T_Shop\"\nsets = [\"T_Shop_Customer\"]\nx = shop.Workshop.Shopping";
        assert_eq!(with_prefix(text, &names, "T_"), expected);
    }

    #[test]
    fn every_scenario_lists_its_apps_and_permission_sets() {
        for scenario in Scenario::all() {
            let renamed = scenario.renamed("T_");
            assert!(!renamed.resource_types().is_empty(), "{}: no resource", scenario.name);
            for name in renamed.apps().iter().chain(&renamed.permission_sets()) {
                assert!(name.starts_with("T_"), "{}: {name}", scenario.name);
            }
        }
        assert_eq!(Scenario::named("policies").permission_sets(), ["Shop_Customer".to_owned()].into());
        assert!(Scenario::named("policies").needs_code_credential_flow());
        assert!(!Scenario::named("app").needs_code_credential_flow());
    }

    #[test]
    fn a_misspelled_expectation_is_an_error() {
        assert!(expectations("# plam: a.b = update\n").is_err());
        assert!(expectations("# plan: a.b = updated\n").is_err());
    }
}
