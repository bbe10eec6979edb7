//! How each way to log in reads its arguments. Which way is taken is decided in `ways`.
//!
//! What is wrong with a secret is told without its text, and not at its attribute: Terraform would show the line.

use std::path::PathBuf;

use url::{Host, Url};

use super::source::{Source, bad_key, unreadable_file};
use super::ways::Way;
use super::{Place, origin, variable};
use crate::org::{self, Login, SfCli, SubjectToken, check_private_key, why_unreadable};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::secret::Secret;

/// HCP Terraform's token; a tag follows it where a workspace has several.
const HCP_TOKEN: &str = "TFC_WORKLOAD_IDENTITY_TOKEN";
const HCP_AUDIENCE: &str = "TFC_WORKLOAD_IDENTITY_AUDIENCE";

/// What begins the names of all kinds of tokens (RFC 8693).
const TOKEN_TYPES: &str = "urn:ietf:params:oauth:token-type:";
/// Those that Salesforce documents.
const KNOWN_TYPES: &[&str] = &["jwt", "id_token", "access_token", "refresh_token", "saml2"];

pub fn jwt_bearer(way: &Way, source: &Source<'_>, _: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    let key = match way.argument {
        "private_key" => source.known(way.argument),
        _ => source.file(way.argument, found),
    };
    let private_key = Secret::new(key?);
    if let Err(problem) = check_private_key(&private_key) {
        found.push(bad_key(way.argument, problem));
    }
    Some(Login::JwtBearer {
        client_id: source.require("client_id", "The JWT bearer flow", found),
        username: source.require("username", "The JWT bearer flow", found),
        private_key,
    })
}

pub fn client_credentials(
    way: &Way,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    if place.login_url.is_none() {
        source.require("instance_url", "The client credentials flow", found);
    }
    Some(Login::ClientCredentials {
        client_id: source.require("client_id", "The client credentials flow", found),
        client_secret: Secret::new(source.known(way.argument)?),
    })
}

pub fn refresh_token(
    way: &Way,
    source: &Source<'_>,
    _: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    Some(Login::RefreshToken {
        client_id: source.require("client_id", "The refresh token flow", found),
        client_secret: source.known("client_secret").map(Secret::new),
        refresh_token: Secret::new(source.known(way.argument)?),
    })
}

/// What is wrong with the URL in the block.
pub fn check_sfdx_auth_url(source: &Source<'_>, found: &mut Diagnostics) {
    if let Some(text) = source.known("sfdx_auth_url").filter(|text| !text.is_empty()) {
        read_sfdx_auth_url("sfdx_auth_url", &text, found);
    }
}

fn read_sfdx_auth_url(name: &str, text: &str, found: &mut Diagnostics) -> Option<org::SfdxAuthUrl> {
    match org::sfdx_auth_url(text) {
        Ok(url) => Some(url),
        Err(problem) => {
            let detail = format!("{name} is no SFDX auth URL: {problem}. {}", problem.advice());
            found.push(Diagnostic::error("Unusable SFDX auth URL", detail));
            None
        }
    }
}

pub fn sfdx_auth_url(
    way: &Way,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let name = if source.is_written(way.argument) { way.argument.to_owned() } else { variable(way.argument) };
    log_in_by_url(&name, &source.known(way.argument)?, place, found)
}

/// The variable that the actions and scripts around the Salesforce CLI use.
pub fn foreign_sfdx_auth_url(
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let text = (source.environment)("SFDX_AUTH_URL")?;
    log_in_by_url("SFDX_AUTH_URL", &text, place, found)
}

fn log_in_by_url(name: &str, text: &str, place: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    let url = read_sfdx_auth_url(name, text, found)?;
    let is_shared =
        matches!(url.login_url.host(), Some(Host::Domain("login.salesforce.com" | "test.salesforce.com")));
    match &place.instance_url {
        _ if is_shared => {}
        None => place.instance_url = Some(url.login_url.clone()),
        Some(instance) if origin::is_same(instance, &url.login_url) => {}
        Some(_) => found.push(of_another_org(name, &url.login_url)),
    }
    place.login_url = Some(url.login_url);
    Some(Login::RefreshToken {
        client_id: url.client_id,
        client_secret: url.client_secret,
        refresh_token: url.refresh_token,
    })
}

pub fn subject_token(
    way: &Way,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let subject = SubjectToken::Text(Secret::new(source.known(way.argument)?));
    Some(exchange(subject, source, place, found))
}

/// The file is read at each login. Here only what will not change by itself is an error.
pub fn subject_token_file(
    way: &Way,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let path = PathBuf::from(source.known(way.argument)?);
    if let Some(why) = why_unreadable(&path) {
        found.push(unreadable_file(way.argument, &path.to_string_lossy(), &why));
    }
    Some(exchange(SubjectToken::File(path), source, place, found))
}

pub fn hcp_terraform_token(
    way: &Way,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    // Says what is neither true nor false.
    if !source.flag(way.argument, found) {
        return None;
    }
    let tag = hcp_tag(source, found)?;
    let name = |variable: &str| match &tag {
        Some(tag) => format!("{variable}_{tag}"),
        None => variable.to_owned(),
    };
    let token = (source.environment)(&name(HCP_TOKEN)).map(|text| text.trim().to_owned());
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        let (token, audience) = (name(HCP_TOKEN), name(HCP_AUDIENCE));
        let detail = format!(
            "{} is set, but the provider's environment has no {token}. HCP Terraform makes that token for workspaces with \
             the environment variable {audience}, by agents from 1.7.0 on. It documents the token for agent hooks: whether \
             every run hands it to the providers is not confirmed. Where it does not, let a hook write the token to a file, \
             and name that in subject_token_file.",
            way.argument
        );
        found.push(Diagnostic::error("No token of HCP Terraform", detail).at_attribute(way.argument));
        return None;
    };
    Some(exchange(SubjectToken::Text(Secret::new(token)), source, place, found))
}

/// The tag in the variable's name; none outside when it can be none.
fn hcp_tag(source: &Source<'_>, found: &mut Diagnostics) -> Option<Option<String>> {
    let name = "hcp_terraform_token_tag";
    let Some(tag) = source.known(name) else { return Some(None) };
    let is_short = tag.len() <= 60;
    if is_short && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !tag.starts_with(HCP_TOKEN) {
        return Some(Some(tag).filter(|tag| !tag.is_empty()));
    }
    let detail = format!(
        "{name} must be what follows {HCP_TOKEN}_ in the variable's name: letters, digits and underscores."
    );
    found.push(Diagnostic::error("Invalid tag", detail).at_attribute(name));
    None
}

/// What is wrong with the tag in the block.
pub fn check_hcp_tag(source: &Source<'_>, found: &mut Diagnostics) {
    // Blank is said elsewhere.
    let _ = hcp_tag(source, found);
}

fn exchange(subject: SubjectToken, source: &Source<'_>, place: &mut Place, found: &mut Diagnostics) -> Login {
    if place.login_url.is_none() {
        source.require("instance_url", "OAuth token exchange", found);
    }
    Login::TokenExchange {
        client_id: source.require("client_id", "OAuth token exchange", found),
        client_secret: source.known("client_secret").map(Secret::new),
        subject,
        subject_token_type: token_type(source, found),
        token_handler: source.known("token_handler"),
    }
}

/// The kind of subject token as a URN. Others than those that are documented are sent as they are written.
pub fn token_type(source: &Source<'_>, found: &mut Diagnostics) -> String {
    let name = "subject_token_type";
    let written = source.known(name).unwrap_or_else(|| "jwt".to_owned());
    if KNOWN_TYPES.contains(&written.as_str()) {
        return format!("{TOKEN_TYPES}{written}");
    }
    // Blank is said elsewhere.
    if !written.is_empty() && !written.starts_with("urn:") {
        let detail =
            format!("{name} must be one of {}, or a URN such as {TOKEN_TYPES}jwt.", KNOWN_TYPES.join(", "));
        found.push(Diagnostic::error("Unknown kind of token", detail).at_attribute(name));
    }
    written
}

pub fn sf_cli(way: &Way, source: &Source<'_>, _: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    let org = source.known(way.argument)?;
    check_sf_cli_org(source, found);
    Some(Login::SfCli(SfCli { org, search: None }))
}

/// What `sf` would take for something else than the name of a login.
pub fn check_sf_cli_org(source: &Source<'_>, found: &mut Diagnostics) {
    let name = "sf_cli_org";
    let Some(org) = source.known(name) else { return };
    let why = if org.starts_with('-') {
        "begins with a hyphen, and sf would take it for an option"
    } else if org.contains(char::is_whitespace) {
        "has a space in it, which no alias and no user name has"
    } else if org.contains("://") {
        "is a URL"
    } else if org.contains('!') || org.len() > 100 {
        "is no alias and no user name; it may be a token"
    } else {
        return;
    };
    let detail = format!("{name} {why}. Write an alias or a user name that sf org list shows.");
    found.push(Diagnostic::error("Invalid login of the Salesforce CLI", detail).at_attribute(name));
}

pub fn access_token(way: &Way, source: &Source<'_>, _: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    source.require("instance_url", "An access token", found);
    Some(Login::AccessToken { token: Secret::new(source.known(way.argument)?.trim()) })
}

/// The variables of the Salesforce CLI, which belong together.
pub fn pair_of_the_cli(source: &Source<'_>, place: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    let (token, url) =
        ((source.environment)("SF_ACCESS_TOKEN")?, (source.environment)("SF_ORG_INSTANCE_URL")?);
    match origin::check(url.trim()) {
        Ok(url) if place.instance_url.as_ref().is_some_and(|other| !origin::is_same(&url, other)) => {
            found.push(of_another_org("SF_ACCESS_TOKEN", &url));
        }
        Ok(url) => place.instance_url = Some(url),
        Err(problem) => {
            let detail = format!("SF_ORG_INSTANCE_URL: {problem}");
            found.push(Diagnostic::error("Invalid URL", detail));
        }
    }
    Some(Login::AccessToken { token: Secret::new(token.trim()) })
}

/// Credentials that say themselves which org they are of, and it is not that of `instance_url`.
fn of_another_org(name: &str, url: &Url) -> Diagnostic {
    let host = url.host_str().unwrap_or_default();
    Diagnostic::error(
        "Credentials of another org",
        format!(
            "The credentials are those in {name}, which are of {host}, and instance_url names another org. Set credentials \
             for the org of instance_url, or leave instance_url out."
        ),
    )
}
