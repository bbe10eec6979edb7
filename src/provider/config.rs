//! The provider block and its environment: which org, as whom.
//!
//! One table of arguments gives the schema, the environment variables and the documentation. Block beats
//! environment. Texts of secrets are in no message.

use url::Url;

use super::catalog;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::schema::{Attribute, Block, Schema};
use crate::metadata::{LONGEST_TEXT, NEWEST_VERSION, OLDEST_VERSION};
use crate::org::{ConnectionSettings as Settings, Login, check_private_key};
use crate::secret::Secret;
use crate::value::{Type, Value};

/// An argument of the provider block.
struct Argument {
    name: &'static str,
    kind: ArgumentKind,
    doc: &'static str,
}

const SUPPRESS_WARNINGS: &str = "suppress_warnings";

/// Texts of several lines.
const PEMS: &[&str] = &["private_key", "ca_certificate"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    Text,
    Secret,
    Bool,
    Set,
}

const fn text(name: &'static str, doc: &'static str) -> Argument {
    Argument { name, kind: ArgumentKind::Text, doc }
}

const fn secret(name: &'static str, doc: &'static str) -> Argument {
    Argument { name, kind: ArgumentKind::Secret, doc }
}

static ARGUMENTS: &[Argument] = &[
    text("instance_url", "The org's My Domain URL, such as `https://acme.my.salesforce.com`."),
    text(
        "login_url",
        "Where tokens are asked for. Default: `instance_url`, else `https://login.salesforce.com`.",
    ),
    text(
        "audience",
        "The audience of the JWT. Default: `https://test.salesforce.com` for sandbox, scratch and test hosts, else \
         `https://login.salesforce.com`.",
    ),
    text("client_id", "The consumer key of the app that Terraform logs in with."),
    text("username", "The user that Terraform logs in as, for the JWT bearer flow."),
    secret(
        "private_key",
        "The private key (RSA, PEM) of the JWT bearer flow. For places that hold a single line, these are taken too: \
         PEM with `\\n` written out, PEM whose line breaks became spaces, base64 of a PEM.",
    ),
    text("private_key_file", "A file with the private key of the JWT bearer flow."),
    secret("client_secret", "The consumer secret, for the client credentials flow. Needs `instance_url`."),
    secret("access_token", "An access token from elsewhere. Needs `instance_url`."),
    text(
        "api_version",
        "The API version, such as `66.0`. Default: the newest that both the org and this provider know.",
    ),
    text("expected_org_id", "The ID of the org. Any other org is refused."),
    text("ca_certificate", "CA certificates (PEM) to trust besides this machine's own."),
    text("ca_certificate_file", "A file with CA certificates to trust besides this machine's own."),
    Argument {
        name: SUPPRESS_WARNINGS,
        kind: ArgumentKind::Set,
        doc: "IDs of warnings not to repeat. Each such warning says its ID. In the environment: separated by commas.",
    },
    Argument {
        name: "allow_self_lockout",
        kind: ArgumentKind::Bool,
        doc: "Whether Terraform may delete, disable, pre-authorise or switch to JWT tokens the app that it logs in \
              with. Default: `false`.",
    },
    Argument {
        name: "allow_mass_removal",
        kind: ArgumentKind::Bool,
        doc: "Whether a refresh may find many resources of one type gone at once: more than three, and more than 30 % of \
              those that there were. Default: `false`, an error instead of a plan that would create them all anew.",
    },
];

/// What the provider block comes to.
pub enum Resolved {
    Ready(Box<Configuration>),
    /// This argument is known only after apply.
    Unknown(&'static str),
}

pub struct Configuration {
    pub settings: Settings,
    /// Whether resources that are applied at the same time share deploys. Off is for measurements.
    pub batching: bool,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    /// What is odd about the environment.
    pub warnings: Diagnostics,
}

/// Reads a variable of the environment.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The environment variable of an argument.
pub fn variable(argument: &str) -> String {
    format!("SALESFORCE_{}", argument.to_uppercase())
}

pub fn schema() -> Schema {
    let attributes = ARGUMENTS.iter().map(|argument| Attribute {
        name: argument.name.to_owned(),
        ty: match argument.kind {
            ArgumentKind::Text | ArgumentKind::Secret => Type::String,
            ArgumentKind::Bool => Type::Bool,
            ArgumentKind::Set => Type::set(Type::String),
        },
        description: format!("{} Environment: `{}`.", argument.doc, variable(argument.name)),
        required: false,
        optional: true,
        computed: false,
        sensitive: argument.kind == ArgumentKind::Secret,
    });
    Schema {
        version: 0,
        block: Block {
            description: "Manages External Client Apps of a Salesforce org: the apps, their OAuth settings and their \
                          policies.\n\nThere are three ways to log in, each as arguments or as environment variables: \
                          OAuth 2.0 JWT bearer (`client_id`, `username`, `private_key` or `private_key_file`), OAuth 2.0 \
                          client credentials (`client_id`, `client_secret`, `instance_url`), and an access token from \
                          elsewhere (`access_token`, `instance_url`). When nothing is set, `SF_ACCESS_TOKEN` and \
                          `SF_ORG_INSTANCE_URL` are taken as a pair."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: Vec::new(),
        },
    }
}

/// The warnings that the block or the environment silences.
pub fn suppressed(config: &Value, environment: &Environment) -> Vec<String> {
    let name = SUPPRESS_WARNINGS;
    match config.get(name).members() {
        Some(members) => members.iter().filter_map(Value::as_text).map(str::to_owned).collect(),
        None => {
            let listed = environment(&variable(name)).unwrap_or_default();
            listed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// What is wrong with the block itself, whatever the environment: for `terraform validate`.
pub fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    let block = Source { config, environment: &|_| None };
    let written = methods(&block);
    if let [first, second, ..] = written.as_slice() {
        found.push(two_methods(first, second).at_attribute(second));
    }
    for name in ["instance_url", "login_url"] {
        block.url(name, &mut found);
    }
    block.version(&mut found);
    block.org_id(&mut found);
    if let Some(key) = block.known("private_key")
        && let Err(problem) = check_private_key(&Secret::new(key))
    {
        found.push(bad_key("private_key", problem.advice()));
    }
    for argument in ARGUMENTS {
        block.blank(argument, &mut found);
        block.characters(argument, &mut found);
    }
    let unknown = unknown_warnings(SUPPRESS_WARNINGS, &suppressed(config, &|_| None));
    found.extend(unknown.map(|problem| problem.at_attribute(SUPPRESS_WARNINGS)));
    found
}

/// One message for all IDs that no warning of ours has: Terraform folds several.
fn unknown_warnings(place: &str, ids: &[String]) -> Option<Diagnostic> {
    let known = catalog::warnings();
    let unknown: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    (!unknown.is_empty()).then(|| diagnostics::unknown_warnings(place, &unknown, &known))
}

/// The block and the environment together.
///
/// # Errors
/// What must be written where; never a secret.
pub fn resolve(config: &Value, environment: &Environment) -> Result<Resolved, Diagnostics> {
    if let Some(argument) = ARGUMENTS.iter().find(|argument| !config.get(argument.name).is_wholly_known()) {
        return Ok(Resolved::Unknown(argument.name));
    }
    let mut found = validate(config);
    if found.has_errors() {
        return Err(found);
    }
    // Validation gave its warnings already.
    found = Diagnostics::default();
    let source = Source { config, environment };
    for argument in ARGUMENTS.iter().filter(|argument| config.get(argument.name).is_null()) {
        source.characters(argument, &mut found);
    }
    if config.get(SUPPRESS_WARNINGS).is_null() {
        let place = variable(SUPPRESS_WARNINGS);
        found.extend(unknown_warnings(&place, &suppressed(config, environment)));
    }
    let settings = source.settings(&mut found);
    match settings {
        Some(settings) if !found.has_errors() => Ok(Resolved::Ready(Box::new(Configuration {
            settings,
            batching: environment("SALESFORCE_BATCHING").is_none_or(|text| text.trim() != "off"),
            allow_self_lockout: source.flag("allow_self_lockout", &mut found),
            allow_mass_removal: source.flag("allow_mass_removal", &mut found),
            warnings: found,
        }))),
        _ => Err(found),
    }
}

struct Source<'a> {
    config: &'a Value,
    environment: &'a Environment,
}

/// The argument that stands for each way to log in.
const METHODS: &[&str] = &["private_key", "private_key_file", "client_secret", "access_token"];

/// The ways to log in that the block names; if none, those of the environment.
fn methods(source: &Source<'_>) -> Vec<&'static str> {
    let in_block = METHODS.iter().copied().filter(|name| !source.config.get(name).is_null());
    let mut named: Vec<_> = in_block.collect();
    if named.is_empty() {
        named = METHODS.iter().copied().filter(|name| source.in_environment(name).is_some()).collect();
        if named.starts_with(&["private_key", "private_key_file"]) {
            named.remove(1);
        }
    }
    named
}

fn two_methods(first: &str, second: &str) -> Diagnostic {
    Diagnostic::error(
        "More than one way to log in",
        format!(
            "{first} and {second} are both set. Choose one: a private key (JWT bearer), client_secret (client \
             credentials) or access_token."
        ),
    )
}

/// Not at its attribute: Terraform would show the line, and with it the key.
fn bad_key(name: &str, advice: &str) -> Diagnostic {
    Diagnostic::error("Unusable private key", format!("The key in {name} cannot be used. {advice}"))
}

impl Source<'_> {
    fn in_environment(&self, name: &str) -> Option<String> {
        (self.environment)(&variable(name)).filter(|text| !text.trim().is_empty())
    }

    /// The text of an argument, if it is known. White space around it comes from files and shells and is no part of
    /// it.
    fn known(&self, name: &str) -> Option<String> {
        let text = match self.config.get(name) {
            Value::Text(text) => Some(text.clone()),
            Value::Null => self.in_environment(name),
            _ => None,
        };
        text.map(|text| text.trim().to_owned())
    }

    fn blank(&self, argument: &Argument, found: &mut Diagnostics) {
        // What is wrong with a blank one of these is said more exactly elsewhere.
        let said = ["instance_url", "login_url", "api_version", "expected_org_id", "private_key"];
        let name = argument.name;
        if !said.contains(&name) && self.known(name).is_some_and(|text| text.is_empty()) {
            let detail = format!("{name} must not be blank. Fill it, or leave it out.");
            found.push(Diagnostic::error("Blank argument", detail).at_attribute(name));
        }
    }

    /// Control characters come from copying, and no host, no name and no token has one.
    fn characters(&self, argument: &Argument, found: &mut Diagnostics) {
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
            None if name == "access_token" && !text.chars().all(|c| c.is_ascii_graphic()) => {
                format!("{name} holds a space or a character beyond ASCII, which no token has.")
            }
            None => return,
        };
        let problem = Diagnostic::error("Invalid character", format!("{problem} Copy it again."));
        // Terraform would show the line of a secret.
        found.push(if secret { problem } else { problem.at_attribute(name) });
    }

    fn flag(&self, name: &str, found: &mut Diagnostics) -> bool {
        match (self.config.get(name), self.in_environment(name)) {
            (Value::Bool(value), _) => *value,
            (_, Some(text)) => match text.trim() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => {
                    let detail = format!("{} must be true or false.", variable(name));
                    found.push(Diagnostic::error("Invalid environment variable", detail));
                    false
                }
            },
            _ => false,
        }
    }

    fn url(&self, name: &'static str, found: &mut Diagnostics) -> Option<Url> {
        let text = self.known(name)?;
        match check_url(text.trim()) {
            Ok(url) => Some(url),
            Err(problem) => {
                found.push(Diagnostic::error("Invalid URL", format!("{name}: {problem}")).at_attribute(name));
                None
            }
        }
    }

    fn version(&self, found: &mut Diagnostics) -> Option<u16> {
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

    fn org_id(&self, found: &mut Diagnostics) -> Option<String> {
        let text = self.known("expected_org_id")?;
        let well_formed = matches!(text.len(), 15 | 18)
            && text.starts_with("00D")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            let detail = "expected_org_id must be an org ID: 15 or 18 letters and digits, starting with 00D.";
            found.push(Diagnostic::error("Invalid org ID", detail).at_attribute("expected_org_id"));
        }
        Some(text)
    }

    fn file(&self, name: &'static str, found: &mut Diagnostics) -> Option<String> {
        let path = self.known(name)?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                    kind => kind.to_string(),
                };
                let detail = format!("{name} names {path:?}, which cannot be read: {why}.");
                found.push(Diagnostic::error("Unreadable file", detail).at_attribute(name));
                None
            }
        }
    }

    fn require(&self, name: &'static str, why: &str, found: &mut Diagnostics) -> String {
        match self.known(name) {
            Some(text) if !text.trim().is_empty() => text,
            _ => {
                let detail =
                    format!("{why} needs {name}. Write it in the provider block or set {}.", variable(name));
                found.push(Diagnostic::error("Missing argument", detail).at_attribute(name));
                String::new()
            }
        }
    }

    fn settings(&self, found: &mut Diagnostics) -> Option<Settings> {
        let mut instance_url = self.url("instance_url", found);
        let login_url = self.url("login_url", found);
        let login = match methods(self).as_slice() {
            [] => {
                let pair = ((self.environment)("SF_ACCESS_TOKEN"), (self.environment)("SF_ORG_INSTANCE_URL"));
                let (Some(token), Some(url)) = pair else {
                    found.push(no_credentials());
                    return None;
                };
                match check_url(url.trim()) {
                    Ok(url) => instance_url = Some(url),
                    Err(problem) => {
                        let detail = format!("SF_ORG_INSTANCE_URL: {problem}");
                        found.push(Diagnostic::error("Invalid URL", detail));
                    }
                }
                Login::AccessToken { token: Secret::new(token.trim()) }
            }
            [method @ ("private_key" | "private_key_file")] => {
                let key = match *method {
                    "private_key" => self.known("private_key"),
                    _ => self.file("private_key_file", found),
                };
                let private_key = Secret::new(key?);
                if let Err(problem) = check_private_key(&private_key) {
                    found.push(bad_key(method, problem.advice()));
                }
                Login::JwtBearer {
                    client_id: self.require("client_id", "The JWT bearer flow", found),
                    username: self.require("username", "The JWT bearer flow", found),
                    private_key,
                }
            }
            ["client_secret"] => {
                if login_url.is_none() {
                    self.require("instance_url", "The client credentials flow", found);
                }
                Login::ClientCredentials {
                    client_id: self.require("client_id", "The client credentials flow", found),
                    client_secret: Secret::new(self.known("client_secret")?),
                }
            }
            ["access_token"] => {
                self.require("instance_url", "An access token", found);
                Login::AccessToken { token: Secret::new(self.known("access_token")?.trim()) }
            }
            [first, second, ..] => {
                found.push(two_methods(&variable(first), &variable(second)));
                return None;
            }
            [_] => return None,
        };
        let ca_certificate = match self.known("ca_certificate") {
            Some(pem) => Some(pem),
            None => self.file("ca_certificate_file", found),
        };
        Some(Settings {
            instance_url,
            login_url,
            audience: self.known("audience"),
            login,
            api_version: self.version(found),
            newest_known: NEWEST_VERSION,
            oldest_known: OLDEST_VERSION,
            ca_certificate,
            expected_org_id: self.org_id(found),
            user_agent: concat!("terraform-provider-salesforce/", env!("CARGO_PKG_VERSION")).to_owned(),
        })
    }
}

fn no_credentials() -> Diagnostic {
    Diagnostic::error(
        "No credentials",
        "Nothing says how to log in to Salesforce. Set one of these, in the provider block or in the environment:\n\
         - JWT bearer: client_id, username and private_key or private_key_file (SALESFORCE_CLIENT_ID, \
         SALESFORCE_USERNAME, SALESFORCE_PRIVATE_KEY or SALESFORCE_PRIVATE_KEY_FILE)\n\
         - client credentials: client_id, client_secret and instance_url (SALESFORCE_CLIENT_ID, \
         SALESFORCE_CLIENT_SECRET, SALESFORCE_INSTANCE_URL)\n\
         - an access token: access_token and instance_url (SALESFORCE_ACCESS_TOKEN, SALESFORCE_INSTANCE_URL, or \
         SF_ACCESS_TOKEN with SF_ORG_INSTANCE_URL)",
    )
}

/// An origin that credentials may be sent to: https, or http on this machine; nothing after the host.
fn check_url(text: &str) -> Result<Url, String> {
    const MY_DOMAIN: &str = "Write the org's My Domain URL, such as https://acme.my.salesforce.com.";
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        _ if !text.contains("://") && !text.is_empty() => {
            return Err(format!("the scheme is missing: write https://{text}"));
        }
        _ => return Err(format!("this is no URL. {MY_DOMAIN}")),
    };
    let host = url.host_str().unwrap_or_default();
    if host.ends_with(".lightning.force.com") {
        return Err(format!("this is the address of the Lightning pages, which has no API. {MY_DOMAIN}"));
    }
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return Err(format!(
                "plain http would show credentials to everyone on the way: write https://{host}"
            ));
        }
        _ => return Err(format!("this is no web address. {MY_DOMAIN}")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave user name and password out of the URL.".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let origin = url.origin().ascii_serialization();
        return Err(format!("leave out what follows the host: write {origin}"));
    }
    Ok(url)
}
