//! An argument's value: the block's, else the environment's, unless that would mix two orgs.

use std::path::Path;

use url::Url;
use zeroize::Zeroizing;

use super::ways::{self, FOREIGN};
use super::{
    ALTERNATIVES, Argument, ArgumentKind, CONNECTED, Environment, PEMS, PREVIOUS_ORG_IDS, Place, TOKENS,
    listed, origin, proxy, variable,
};
use crate::metadata::{LONGEST_TEXT, NEWEST_VERSION, OLDEST_VERSION, object_words, record_prefix, unseen};
use crate::org::{
    ConnectionSettings as Settings, Placeholder, PrivateKeyProblem, binary_key_form, is_org_id, placeholder,
    why_unreadable,
};
use crate::provider::diagnostics::{self, Diagnostic, Diagnostics};
use crate::value::Value;

pub struct Source<'a> {
    pub config: &'a Value,
    pub environment: &'a Environment,
}

/// Not at its attribute: Terraform would show the line, and with it the key.
pub fn bad_key(name: &str, problem: PrivateKeyProblem) -> Diagnostic {
    let detail = format!("The private key in {name} cannot be used: {problem}. {}", problem.advice());
    Diagnostic::error("Unusable private key", detail)
}

impl Source<'_> {
    pub fn in_environment(&self, name: &str) -> Option<String> {
        (self.environment)(&variable(name)).filter(|text| !text.trim().is_empty())
    }

    pub fn is_written(&self, name: &str) -> bool {
        !self.config.get(name).is_null()
    }

    /// Whether the block has it with a value that is known.
    pub fn is_known(&self, name: &str) -> bool {
        let value = self.config.get(name);
        !value.is_null() && value.is_wholly_known()
    }

    /// What the block says instead, so that the environment's value is not taken: it may be of another org.
    fn instead(&self, name: &str) -> Option<&'static str> {
        let written = |names: &[&'static str]| {
            names.iter().copied().find(|other| *other != name && self.is_written(other))
        };
        let (_, others) = CONNECTED.iter().find(|(argument, _)| *argument == name)?;
        // A token is asked for nowhere: there a login URL names no org.
        let (_, ways) = ways::named(self);
        let is_a_token = matches!(ways.as_slice(), [way] if way.argument == "access_token");
        written(others).filter(|_| name != "instance_url" || !is_a_token)
    }

    /// The text of an argument, if it is known. White space around it comes from files and shells and is no part of
    /// it.
    pub fn known(&self, name: &str) -> Option<String> {
        let text = match self.config.get(name) {
            Value::Text(text) => Some(text.clone()),
            Value::Null if self.instead(name).is_some() => None,
            Value::Null => self.in_environment(name),
            _ => None,
        };
        text.map(|text| text.trim().to_owned())
    }

    pub fn blank(&self, argument: &Argument, found: &mut Diagnostics) {
        // What is wrong with a blank one of these is said more exactly elsewhere.
        let said = ["instance_url", "login_url", "api_version", "expected_org_id", "private_key"];
        let name = argument.name;
        if !said.contains(&name) && self.known(name).is_some_and(|text| text.is_empty()) {
            let detail = format!("{name} must not be blank. Fill it, or leave it out.");
            found.push(Diagnostic::error("Blank argument", detail).at_attribute(name));
        }
    }

    /// Control characters come from copying, and no host, no name and no token has one.
    pub fn characters(&self, argument: &Argument, found: &mut Diagnostics) {
        let (name, secret) = (argument.name, argument.kind == ArgumentKind::Secret);
        let Some(text) = self.known(name) else { return };
        let lines = PEMS.contains(&name);
        let stray = |c: &char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
        // Without the character itself where it is part of a secret.
        let problem = match text.chars().find(stray) {
            Some(_) if secret => format!("{name} holds a control character, such as a line break."),
            Some(c) => format!("{name} holds the control character U+{:04X}.", u32::from(c)),
            None if text.len() > LONGEST_TEXT => {
                found.push(diagnostics::argument_too_long(name, secret, LONGEST_TEXT));
                return;
            }
            None if TOKENS.contains(&name) && !text.chars().all(|c| c.is_ascii_graphic()) => {
                format!("{name} holds a space or a character beyond ASCII, which no token has.")
            }
            None => match self.unseen(name) {
                Some(problem) => problem,
                None => return,
            },
        };
        let problem = Diagnostic::error("Invalid character", format!("{problem} Type it anew."));
        // Terraform would show the line of a secret.
        found.push(if secret { problem } else { problem.at_attribute(name) });
    }

    /// White space at the ends that `known` takes off is looked at too, but for a key or a certificate, which has
    /// characters of its own.
    fn unseen(&self, name: &str) -> Option<String> {
        let text = match self.config.get(name) {
            Value::Text(text) => text.clone(),
            _ => self.known(name)?,
        };
        let found = unseen(&text).filter(|_| !PEMS.contains(&name))?;
        Some(format!("{name} holds {found}, which nobody can see."))
    }

    /// What stands for a value that something was to put in its place.
    pub fn stands_for_a_value(&self, argument: &Argument, found: &mut Diagnostics) {
        let (name, secret) = (argument.name, argument.kind == ArgumentKind::Secret);
        // Of a key more is said elsewhere.
        if name == "private_key" {
            return;
        }
        let what = match self.known(name).as_deref().and_then(placeholder) {
            Some(Placeholder::Mask) => "what is shown instead of a secret, not a value",
            Some(Placeholder::Variable) => {
                "the name of a variable, not its value: nothing has put the value in its place"
            }
            None => return,
        };
        let place = if self.is_written(name) { name.to_owned() } else { variable(name) };
        let problem = Diagnostic::error("No value", format!("{place} is {what}. Write the value itself."));
        found.push(if secret { problem } else { problem.at_attribute(name) });
    }

    /// Arguments that exclude each other, both in the block.
    pub fn alternatives(&self, found: &mut Diagnostics) {
        for names in ALTERNATIVES {
            let written: Vec<_> = names.iter().copied().filter(|name| self.is_known(name)).collect();
            if let [first, second, ..] = written.as_slice() {
                let detail = format!(
                    "{first} and {second} are both set, and one replaces the other. Write one of them."
                );
                let problem = Diagnostic::error("Arguments that exclude each other", detail);
                found.push(at_one_without_secret(problem, &[second, first]));
            }
        }
    }

    pub fn flag(&self, name: &str, found: &mut Diagnostics) -> bool {
        match (self.config.get(name), self.in_environment(name)) {
            (Value::Bool(value), _) => *value,
            (_, Some(text)) => truth(&text).unwrap_or_else(|| {
                let detail = format!("{} must be true or false, or 1 or 0.", variable(name));
                found.push(Diagnostic::error("Invalid environment variable", detail));
                false
            }),
            _ => false,
        }
    }

    pub fn url(&self, name: &'static str, found: &mut Diagnostics) -> Option<Url> {
        let text = self.known(name)?;
        match origin::check(text.trim()) {
            Ok(url) => Some(url),
            Err(problem) => {
                found.push(Diagnostic::error("Invalid URL", format!("{name}: {problem}")).at_attribute(name));
                None
            }
        }
    }

    pub fn version(&self, found: &mut Diagnostics) -> Option<u16> {
        let text = self.known("api_version")?;
        let version = text.strip_suffix(".0").and_then(|major| major.parse::<u16>().ok());
        match version {
            Some(version) if (OLDEST_VERSION..=NEWEST_VERSION).contains(&version) => Some(version),
            _ => {
                let detail = format!(
                    "api_version must be written like \"66.0\", from \"{OLDEST_VERSION}.0\" to \"{NEWEST_VERSION}.0\"."
                );
                found.push(Diagnostic::error("Invalid API version", detail).at_attribute("api_version"));
                None
            }
        }
    }

    pub fn org_id(&self, found: &mut Diagnostics) -> Option<String> {
        let text = self.known("expected_org_id")?;
        if !is_org_id(&text) {
            let of = other_record(&text);
            let detail = format!(
                "expected_org_id must be an org ID: 15 or 18 letters and digits, starting with 00D.{of}"
            );
            found.push(Diagnostic::error("Invalid org ID", detail).at_attribute("expected_org_id"));
        }
        Some(text)
    }

    /// The connected org itself may be among them, and the expected one: a list that several workspaces share, or that is
    /// longer than it needs to be, does no harm.
    pub fn previous_org_ids(&self, found: &mut Diagnostics) -> Vec<String> {
        let name = PREVIOUS_ORG_IDS;
        let ids = listed(name, self.config, self.environment);
        let is_written = self.is_written(name);
        let members = self.config.get(name).members().unwrap_or_default();
        if members.iter().any(Value::is_null) {
            let detail = format!("{name} holds a null. Leave it out, or write an org ID.");
            found.push(Diagnostic::error("Invalid org ID", detail).at_attribute(name));
        }
        let must = match is_written {
            true => format!("{name} must hold org IDs"),
            false => format!("{} must hold org IDs, with commas between them", variable(name)),
        };
        for id in ids.iter().filter(|id| !is_org_id(id)) {
            // Tokens begin with the ID of their org.
            let shown = match id.len() {
                0 => "An empty text".to_owned(),
                1..=20 => format!("{id:?}"),
                _ => "A longer text, which is not shown here,".to_owned(),
            };
            let detail = format!(
                "{must}: 15 or 18 letters and digits, starting with 00D. {shown} is none.{}",
                other_record(id)
            );
            let problem = Diagnostic::error("Invalid org ID", detail);
            found.push(if is_written { problem.at_attribute(name) } else { problem });
        }
        ids
    }

    pub fn file(&self, name: &'static str, found: &mut Diagnostics) -> Option<String> {
        let path = self.known(name)?;
        if let Some(why) = why_unreadable(Path::new(&path)) {
            found.push(unreadable_file(name, &path, &why));
            return None;
        }
        match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(bytes)) => {
                let problem = binary_key_form(bytes.as_bytes());
                found.push(match name {
                    "private_key_file" => bad_key(name, problem),
                    _ => unreadable_file(name, &path, "it is no text; give a PEM file in UTF-8"),
                });
                drop(Zeroizing::new(bytes.into_bytes()));
                None
            }
            Err(error) => {
                found.push(unreadable_file(name, &path, &error.kind().to_string()));
                None
            }
        }
    }

    pub fn require(&self, name: &'static str, why: &str, found: &mut Diagnostics) -> String {
        match self.known(name) {
            Some(text) if !text.trim().is_empty() => text,
            _ => {
                let mut detail =
                    format!("{why} needs {name}. Write it in the provider block or set {}.", variable(name));
                if let (Some(other), Some(_)) = (self.instead(name), self.in_environment(name)) {
                    detail = format!(
                        "{why} needs {name}. Write it in the provider block: that of the environment ({}) is not taken, \
                         because {other} of the block may name another org.",
                        variable(name)
                    );
                }
                found.push(Diagnostic::error("Missing argument", detail).at_attribute(name));
                String::new()
            }
        }
    }

    pub fn settings(&self, user_agent: String, found: &mut Diagnostics) -> Option<Settings> {
        let mut place =
            Place { instance_url: self.url("instance_url", found), login_url: self.url("login_url", found) };
        let (_, named) = ways::named(self);
        let login = match named.as_slice() {
            [] => match FOREIGN.iter().find(|foreign| foreign.is_there(self)) {
                Some(foreign) => (foreign.read)(self, &mut place, found)?,
                None => {
                    found.push(ways::none());
                    return None;
                }
            },
            [way] => (way.read)(way, self, &mut place, found)?,
            [first, second, ..] => {
                found.push(ways::two(&variable(first.argument), &variable(second.argument)));
                return None;
            }
        };
        let Place { instance_url, login_url } = place;
        let ca_certificate = match self.known("ca_certificate") {
            Some(pem) => Some(pem),
            None => self.file("ca_certificate_file", found),
        };
        let proxy = match proxy::proxy(self.environment) {
            Ok(proxy) => proxy,
            Err(problem) => {
                found.push(problem);
                None
            }
        };
        Some(Settings {
            instance_url,
            login_url,
            audience: self.known("audience"),
            login,
            api_version: self.version(found),
            newest_known: NEWEST_VERSION,
            oldest_known: OLDEST_VERSION,
            proxy,
            ca_certificate,
            expected_org_id: self.org_id(found),
            user_agent,
        })
    }
}

/// What a flag of the environment says; none where it is neither true nor false.
pub fn truth(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "1"]), is(["false", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// A file that cannot be read. What is no path is not shown, nor its line: it may be the key or the token itself.
pub fn unreadable_file(name: &str, path: &str, why: &str) -> Diagnostic {
    if is_like_a_path(path) {
        let detail = format!("{name} names {path:?}, which cannot be read: {why}.");
        return Diagnostic::error("Unreadable file", detail).at_attribute(name);
    }
    let detail = format!(
        "{name} must be the path of a file. What it holds is none, and is not shown: it may be the key or the token itself. \
         Write it to a file and name that, or hand it over by the argument that takes the text."
    );
    Diagnostic::error("Unreadable file", detail)
}

/// Names of files are short; keys and tokens are long, or say what they are.
fn is_like_a_path(text: &str) -> bool {
    const LONGEST: usize = 255;
    const LONGEST_NAME: usize = 60;
    let names = || text.split(['/', '\\']);
    text.len() <= LONGEST
        && names().all(|name| name.len() <= LONGEST_NAME && !name.starts_with("eyJ") && !name.contains('!'))
        && !text.contains("-----")
        && !text.chars().any(char::is_control)
}

/// At the first of these arguments that is no secret, since Terraform shows the line of the attribute, and with it what is
/// written there. Where all are secrets, at the first: a place has to be named.
pub fn at_one_without_secret(problem: Diagnostic, names: &[&str]) -> Diagnostic {
    let is_secret = |name: &str| {
        super::ARGUMENTS.iter().any(|argument| argument.name == name && argument.kind == ArgumentKind::Secret)
    };
    match names.iter().find(|name| !is_secret(name)).or(names.first()) {
        Some(name) => problem.at_attribute(name),
        None => problem,
    }
}

/// What else it is the ID of.
fn other_record(text: &str) -> String {
    match record_prefix(text) {
        Some(prefix) if prefix != "00D" => format!(" This is the ID of {}.", object_words(prefix)),
        _ => String::new(),
    }
}
