//! Reads the value of an argument from the block, or else from the environment, unless that would mix settings of two
//! orgs.

use std::path::Path;

use url::Url;
use zeroize::Zeroizing;

use super::auth_methods::{self, EXTERNAL_METHODS};
use super::{
    ALTERNATIVES, Argument, ArgumentKind, CONNECTED, Environment, PEMS, PREVIOUS_ORG_IDS, Place, TOKENS,
    listed, origin, proxy, variable,
};
use crate::metadata::{
    LONGEST_TEXT, NEWEST_VERSION, OLDEST_VERSION, has_user_information, may_be_secret, object_words,
    record_prefix, unseen,
};
use crate::org::{
    ConnectionSettings as Settings, Placeholder, PrivateKeyProblem, binary_key_form, placeholder,
    why_unreadable,
};
use crate::provider::diagnostics::rows::provider_block as rows;
use crate::provider::diagnostics::{self, Diagnostic, Diagnostics};
use crate::record_id::is_org_id;
use crate::value::Value;

pub struct Source<'a> {
    pub config: &'a Value,
    pub environment: &'a Environment,
}

/// The error if a private key cannot be used. It has no attribute path, because Terraform would show the line that
/// contains the key.
pub fn bad_key(name: &str, problem: PrivateKeyProblem) -> Diagnostic {
    let detail = format!("The private key in {name} cannot be used: {problem}. {}", problem.advice());
    rows::INVALID_PRIVATE_KEY.diagnostic(detail)
}

impl Source<'_> {
    pub fn in_environment(&self, name: &str) -> Option<String> {
        (self.environment)(&variable(name)).filter(|text| !text.trim().is_empty())
    }

    pub fn is_written(&self, name: &str) -> bool {
        !self.config.get(name).is_null()
    }

    /// The name of an argument in messages: its environment variable if the value comes from there.
    pub fn name_of(&self, name: &str) -> String {
        if !self.is_written(name) && self.in_environment(name).is_some() {
            return variable(name);
        }
        name.to_owned()
    }

    /// Whether an environment variable is set, but blank. Such a variable counts as not set. CI systems set blank
    /// variables for secrets that a job has no access to.
    pub fn is_blank_in_environment(&self, variable: &str) -> bool {
        (self.environment)(variable).is_some_and(|text| text.trim().is_empty())
    }

    /// Whether the block sets the argument to a known value.
    pub fn is_known(&self, name: &str) -> bool {
        let value = self.config.get(name);
        !value.is_null() && value.is_wholly_known()
    }

    /// The argument in the provider block that disables the environment variable for `name`, because the variable may
    /// be for another org.
    fn instead(&self, name: &str) -> Option<&'static str> {
        let written = |names: &[&'static str]| {
            names.iter().copied().find(|other| *other != name && self.is_written(other))
        };
        let (_, others) = CONNECTED.iter().find(|(argument, _)| *argument == name)?;
        // An access token requires no login URL, so a `login_url` in the block does not disable the variable of
        // `instance_url`.
        let (_, auth_methods) = auth_methods::named(self);
        let is_a_token = matches!(auth_methods.as_slice(), [method] if method.argument == "access_token");
        written(others).filter(|_| name != "instance_url" || !is_a_token)
    }

    /// The value of an argument, if it is known, without leading and trailing white space.
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
        // Other checks report blank values of these arguments, with more specific messages than this check.
        let said = ["instance_url", "login_url", "api_version", "expected_org_id", "private_key"];
        let name = argument.name;
        if !said.contains(&name) && self.known(name).is_some_and(|text| text.is_empty()) {
            let detail = format!("{name} must not be blank. Set a value, or remove it.");
            found.push(rows::EMPTY_ARGUMENT.diagnostic(detail).at_attribute(name));
        }
    }

    /// Reports invalid characters, which often come from copying, and values that are too long.
    pub fn characters(&self, argument: &Argument, found: &mut Diagnostics) {
        let (name, secret) = (argument.name, argument.kind == ArgumentKind::Secret);
        let Some(text) = self.known(name) else { return };
        let shown = self.name_of(name);
        let lines = PEMS.contains(&name);
        let stray = |c: &char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
        // The message omits the character if it is part of a secret.
        let problem = match text.chars().find(stray) {
            Some(_) if secret => format!("{shown} contains a control character, such as a line break."),
            Some(c) => format!("{shown} contains the control character U+{:04X}.", u32::from(c)),
            None if text.len() > LONGEST_TEXT => {
                let problem = diagnostics::argument_too_long(&shown, LONGEST_TEXT);
                found.push(if secret { problem } else { problem.at_attribute(name) });
                return;
            }
            None if TOKENS.contains(&name) && !text.chars().all(|c| c.is_ascii_graphic()) => {
                format!("{shown} contains a space or a non-ASCII character, which is not allowed in a token.")
            }
            None => match self.unseen(name) {
                Some(problem) => problem,
                None => return,
            },
        };
        let problem = rows::INVALID_CHARACTER.diagnostic(format!("{problem} Retype the value."));
        // If the diagnostic had a path, Terraform would show the line that contains the secret. The path of a file may
        // be its content.
        let is_file = name.ends_with("_file");
        let hides = secret || is_file && !is_like_a_path(&text.replace(char::is_control, ""));
        found.push(if hides { problem } else { problem.at_attribute(name) });
    }

    /// Describes an invisible character in a value, including the leading and trailing white space that `known`
    /// removes. Keys and certificates are not checked.
    fn unseen(&self, name: &str) -> Option<String> {
        let text = match self.config.get(name) {
            Value::Text(text) => text.clone(),
            _ => self.known(name)?,
        };
        let found = unseen(&text).filter(|_| !PEMS.contains(&name))?;
        Some(format!("{} contains {found}, which is invisible.", self.name_of(name)))
    }

    /// Reports a placeholder that was not replaced by a value.
    pub fn stands_for_a_value(&self, argument: &Argument, found: &mut Diagnostics) {
        let (name, secret) = (argument.name, argument.kind == ArgumentKind::Secret);
        // `check_private_key` describes placeholders for a key more precisely than this check.
        if name == "private_key" {
            return;
        }
        let what = match self.known(name).as_deref().and_then(placeholder) {
            Some(Placeholder::Mask) => "a masked secret, not a value",
            Some(Placeholder::Variable) => "the name of a variable, which was not replaced by its value",
            None => return,
        };
        let detail = format!("{} is {what}. Set the actual value.", self.name_of(name));
        let problem = rows::PLACEHOLDER_VALUE.diagnostic(detail);
        found.push(if secret { problem } else { problem.at_attribute(name) });
    }

    /// Reports conflicting arguments in the block.
    pub fn alternatives(&self, found: &mut Diagnostics) {
        for names in ALTERNATIVES {
            let written: Vec<_> = names.iter().copied().filter(|name| self.is_known(name)).collect();
            if let [first, second, ..] = written.as_slice() {
                let detail = format!("{first} and {second} are both set. Set only one of them.");
                let problem = rows::CONFLICTING_ARGUMENTS.diagnostic(detail);
                found.push(at_one_without_secret(problem, &[second, first]));
            }
        }
    }

    pub fn flag(&self, name: &str, found: &mut Diagnostics) -> bool {
        match (self.config.get(name), self.in_environment(name)) {
            (Value::Bool(value), _) => *value,
            (_, Some(text)) => truth(&text).unwrap_or_else(|| {
                let detail = format!("{} must be true or false, or 1 or 0.", variable(name));
                found.push(rows::INVALID_ENVIRONMENT_VARIABLE.diagnostic(detail));
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
                let problem = rows::INVALID_URL.diagnostic(format!("{}: {problem}", self.name_of(name)));
                // If the diagnostic had a path, Terraform would show the line that contains the password.
                found.push(if has_user_information(&text) { problem } else { problem.at_attribute(name) });
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
                    "{} must have the form \"66.0\", from \"{OLDEST_VERSION}.0\" to \"{NEWEST_VERSION}.0\".",
                    self.name_of("api_version")
                );
                found.push(rows::INVALID_API_VERSION.diagnostic(detail).at_attribute("api_version"));
                None
            }
        }
    }

    pub fn org_id(&self, found: &mut Diagnostics) -> Option<String> {
        let name = "expected_org_id";
        // The provider would connect to any org, although the variable names one.
        if !self.is_written(name) && self.is_blank_in_environment(&variable(name)) {
            let detail =
                format!("{} is set, but it is blank. Set the ID of the org, or unset it.", variable(name));
            found.push(rows::INVALID_ORG_ID.diagnostic(detail).at_attribute(name));
        }
        let text = self.known(name)?;
        if !is_org_id(&text) {
            let of = other_record(&text);
            let detail = format!(
                "{} must be an org ID: 15 or 18 letters and digits, starting with 00D.{of}",
                self.name_of("expected_org_id")
            );
            found.push(rows::INVALID_ORG_ID.diagnostic(detail).at_attribute("expected_org_id"));
        }
        Some(text)
    }

    /// The list may contain the connected and the expected org, so that several workspaces can share it.
    pub fn previous_org_ids(&self, found: &mut Diagnostics) -> Vec<String> {
        let name = PREVIOUS_ORG_IDS;
        let ids = listed(name, self.config, self.environment);
        let is_written = self.is_written(name);
        let members = self.config.get(name).members().unwrap_or_default();
        if members.iter().any(Value::is_null) {
            let detail = format!("{name} contains null. Remove it, or use an org ID.");
            found.push(rows::INVALID_ORG_ID.diagnostic(detail).at_attribute(name));
        }
        let must = match is_written {
            true => format!("{name} must contain org IDs"),
            false => format!("{} must contain org IDs, separated by commas", variable(name)),
        };
        for id in ids.iter().filter(|id| !is_org_id(id)) {
            // A value of more than 20 characters may be a token, because tokens begin with the ID of their org.
            let shown = match id.len() {
                0 => "An empty string".to_owned(),
                1..=20 => format!("{id:?}"),
                _ => "A longer value, which is not shown,".to_owned(),
            };
            let detail = format!(
                "{must}: 15 or 18 letters and digits, starting with 00D. {shown} is not an org ID.{}",
                other_record(id)
            );
            let problem = rows::INVALID_ORG_ID.diagnostic(detail);
            // If the diagnostic had a path, Terraform would show the line.
            let is_shown = is_written && !ids.iter().any(|id| may_be_secret(id));
            found.push(if is_shown { problem.at_attribute(name) } else { problem });
        }
        ids
    }

    pub fn file(&self, name: &'static str, found: &mut Diagnostics) -> Option<String> {
        let (path, shown) = (self.known(name)?, self.name_of(name));
        if let Some(why) = why_unreadable(Path::new(&path)) {
            found.push(unreadable_file(name, &shown, &path, &why));
            return None;
        }
        match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(bytes)) => {
                let problem = binary_key_form(bytes.as_bytes());
                found.push(match name {
                    "private_key_file" => bad_key(&shown, problem),
                    _ => {
                        unreadable_file(name, &shown, &path, "it is not a text file in UTF-8; use a PEM file")
                    }
                });
                drop(Zeroizing::new(bytes.into_bytes()));
                None
            }
            Err(error) => {
                found.push(unreadable_file(name, &shown, &path, &error.kind().to_string()));
                None
            }
        }
    }

    pub fn require(&self, name: &'static str, why: &str, found: &mut Diagnostics) -> String {
        match self.known(name) {
            Some(text) if !text.trim().is_empty() => text,
            _ => {
                let mut detail = format!(
                    "{why} requires {name}. Set it in the provider block, or set {}.",
                    variable(name)
                );
                if self.is_blank_in_environment(&variable(name)) {
                    detail.push_str(" The variable is set, but it is blank.");
                }
                if let (Some(other), Some(_)) = (self.instead(name), self.in_environment(name)) {
                    detail = format!(
                        "{why} requires {name}. Set it in the provider block: the provider does not use the \
                         environment variable {}, because {other} in the block may be for another org.",
                        variable(name)
                    );
                }
                found.push(rows::MISSING_ARGUMENT.diagnostic(detail).at_attribute(name));
                String::new()
            }
        }
    }

    pub fn settings(&self, user_agent: String, found: &mut Diagnostics) -> Option<Settings> {
        let mut place =
            Place { instance_url: self.url("instance_url", found), login_url: self.url("login_url", found) };
        let (_, named) = auth_methods::named(self);
        let login = match named.as_slice() {
            [] => match EXTERNAL_METHODS.iter().find(|external| external.is_there(self)) {
                Some(external) => (external.read)(self, &mut place, found)?,
                None => {
                    found.push(auth_methods::none(self));
                    return None;
                }
            },
            [method] => (method.read)(method, self, &mut place, found)?,
            [first, second, ..] => {
                found.push(auth_methods::two(&variable(first.argument), &variable(second.argument)));
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

/// The value of a flag in the environment, or `None` if it is neither true nor false.
pub fn truth(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "1"]), is(["false", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// The error if a file cannot be read. A value that is not a path is not shown, because it may be the key or the token
/// itself. `shown` is the argument or its environment variable.
pub fn unreadable_file(name: &str, shown: &str, path: &str, why: &str) -> Diagnostic {
    if is_like_a_path(path) {
        let detail =
            format!("{shown}: {path:?} cannot be read: {why}. Check the path, the file and its permissions.");
        return rows::UNREADABLE_FILE.diagnostic(detail).at_attribute(name);
    }
    let detail = format!(
        "{shown} must be the path of a file. The value is not a path. It is not shown, because it may be the key or \
         the token itself. Write the value to a file and set the path of the file, or use the argument that accepts \
         the value itself."
    );
    rows::UNREADABLE_FILE.diagnostic(detail)
}

/// Whether a string looks like a path. File names are short, while keys and tokens are long or have a recognizable
/// form.
fn is_like_a_path(text: &str) -> bool {
    const LONGEST: usize = 255;
    const LONGEST_NAME: usize = 60;
    let names = || text.split(['/', '\\']);
    text.len() <= LONGEST
        && names().all(|name| name.len() <= LONGEST_NAME && !name.starts_with("eyJ") && !name.contains('!'))
        && !text.contains("-----")
        && !text.chars().any(char::is_control)
}

/// Points the diagnostic at the first argument that is not a secret, if there is one, because Terraform shows the line
/// of the attribute.
pub fn at_one_without_secret(problem: Diagnostic, names: &[&str]) -> Diagnostic {
    let is_secret = |name: &str| {
        super::ARGUMENTS.iter().any(|argument| argument.name == name && argument.kind == ArgumentKind::Secret)
    };
    match names.iter().find(|name| !is_secret(name)) {
        Some(name) => problem.at_attribute(name),
        None => problem,
    }
}

/// A sentence that names the object of the ID, if that object is not an org.
fn other_record(text: &str) -> String {
    match record_prefix(text) {
        Some(prefix) if prefix != "00D" => format!(" This is the ID of {}.", object_words(prefix)),
        _ => String::new(),
    }
}
