//! Reads the arguments of each authentication method. `auth_methods` selects the method.
//!
//! Messages about a secret have no attribute path, because Terraform would show the line that contains the secret.

use std::path::PathBuf;

use url::{Host, Url};

use super::auth_methods::AuthMethod;
use super::source::{Source, bad_key, unreadable_file};
use super::{Place, origin};
use crate::org::{self, Login, SfCli, SubjectToken, check_private_key, why_unreadable};
use crate::provider::diagnostics::rows::provider_block as rows;
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::secret::Secret;

/// The variable with the token of HCP Terraform. If a workspace has several tokens, the name of each variable ends with
/// a tag.
const HCP_TOKEN: &str = "TFC_WORKLOAD_IDENTITY_TOKEN";
const HCP_AUDIENCE: &str = "TFC_WORKLOAD_IDENTITY_AUDIENCE";

/// The prefix of all token types (RFC 8693).
const TOKEN_TYPES: &str = "urn:ietf:params:oauth:token-type:";
/// The token types that Salesforce documents.
const KNOWN_TYPES: &[&str] = &["jwt", "id_token", "access_token", "refresh_token", "saml2"];

pub fn jwt_bearer(
    method: &AuthMethod,
    source: &Source<'_>,
    _: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let key = match method.argument {
        "private_key" => source.known(method.argument),
        _ => source.file(method.argument, found),
    };
    let private_key = Secret::new(key?);
    if let Err(problem) = check_private_key(&private_key) {
        found.push(bad_key(&source.name_of(method.argument), problem));
    }
    Some(Login::JwtBearer {
        client_id: source.require("client_id", "The JWT bearer flow", found),
        username: source.require("username", "The JWT bearer flow", found),
        private_key,
    })
}

pub fn client_credentials(
    method: &AuthMethod,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    if place.login_url.is_none() {
        source.require("instance_url", "The client credentials flow", found);
    }
    Some(Login::ClientCredentials {
        client_id: source.require("client_id", "The client credentials flow", found),
        client_secret: Secret::new(source.known(method.argument)?),
    })
}

pub fn refresh_token(
    method: &AuthMethod,
    source: &Source<'_>,
    _: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    Some(Login::RefreshToken {
        client_id: source.require("client_id", "The refresh token flow", found),
        client_secret: source.known("client_secret").map(Secret::new),
        refresh_token: Secret::new(source.known(method.argument)?),
    })
}

/// Checks the SFDX auth URL in the block.
pub fn check_sfdx_auth_url(source: &Source<'_>, found: &mut Diagnostics) {
    if let Some(text) = source.known("sfdx_auth_url").filter(|text| !text.is_empty()) {
        read_sfdx_auth_url("sfdx_auth_url", &text, found);
    }
}

fn read_sfdx_auth_url(name: &str, text: &str, found: &mut Diagnostics) -> Option<org::SfdxAuthUrl> {
    match org::sfdx_auth_url(text) {
        Ok(url) => Some(url),
        Err(problem) => {
            let detail = format!("{name} is not an SFDX auth URL: {problem}. {}", problem.advice());
            found.push(rows::INVALID_SFDX_AUTH_URL.diagnostic(detail));
            None
        }
    }
}

pub fn sfdx_auth_url(
    method: &AuthMethod,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    log_in_by_url(source, &source.name_of(method.argument), &source.known(method.argument)?, place, found)
}

/// Reads `SFDX_AUTH_URL`, the variable that actions and scripts for the Salesforce CLI use.
pub fn foreign_sfdx_auth_url(
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let text = (source.environment)("SFDX_AUTH_URL")?;
    log_in_by_url(source, "SFDX_AUTH_URL", &text, place, found)
}

fn log_in_by_url(
    source: &Source<'_>,
    name: &str,
    text: &str,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let url = read_sfdx_auth_url(name, text, found)?;
    let is_shared =
        matches!(url.login_url.host(), Some(Host::Domain("login.salesforce.com" | "test.salesforce.com")));
    match &place.instance_url {
        _ if is_shared => {}
        None => place.instance_url = Some(url.login_url.clone()),
        Some(instance) if origin::is_same(instance, &url.login_url) => {}
        Some(_) => found.push(of_another_org(source, name, &url.login_url)),
    }
    place.login_url = Some(url.login_url);
    Some(Login::RefreshToken {
        client_id: url.client_id,
        client_secret: url.client_secret,
        refresh_token: url.refresh_token,
    })
}

pub fn subject_token(
    method: &AuthMethod,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let subject = SubjectToken::Text(Secret::new(source.known(method.argument)?));
    Some(exchange(subject, source, place, found))
}

/// The client reads the file at each login, so only persistent problems are errors here.
pub fn subject_token_file(
    method: &AuthMethod,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let path = PathBuf::from(source.known(method.argument)?);
    if let Some(why) = why_unreadable(&path) {
        let shown = source.name_of(method.argument);
        found.push(unreadable_file(method.argument, &shown, &path.to_string_lossy(), &why));
    }
    Some(exchange(SubjectToken::File(path), source, place, found))
}

pub fn hcp_terraform_token(
    method: &AuthMethod,
    source: &Source<'_>,
    place: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    // `flag` reports a value that is neither true nor false.
    if !source.flag(method.argument, found) {
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
            "{} is set, but the environment of the provider has no {token}. HCP Terraform creates this token for \
             workspaces with the environment variable {audience}, with agents of version 1.7.0 or later. Its \
             documentation describes the token for agent hooks. Whether every run passes the token to providers is not \
             confirmed. If a run does not, use a hook that writes the token to a file, and set subject_token_file.",
            source.name_of(method.argument)
        );
        found.push(rows::MISSING_HCP_TERRAFORM_TOKEN.diagnostic(detail).at_attribute(method.argument));
        return None;
    };
    Some(exchange(SubjectToken::Text(Secret::new(token)), source, place, found))
}

/// The tag in the name of the variable. Returns `None` if the tag is invalid.
fn hcp_tag(source: &Source<'_>, found: &mut Diagnostics) -> Option<Option<String>> {
    let name = "hcp_terraform_token_tag";
    let Some(tag) = source.known(name) else { return Some(None) };
    let is_short = tag.len() <= 60;
    if is_short && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !tag.starts_with(HCP_TOKEN) {
        return Some(Some(tag).filter(|tag| !tag.is_empty()));
    }
    let detail = format!(
        "{} must be the suffix of the environment variable {HCP_TOKEN}_TAG: letters, digits and underscores.",
        source.name_of(name)
    );
    found.push(rows::INVALID_TOKEN_TAG.diagnostic(detail).at_attribute(name));
    None
}

/// Checks the tag in the block.
pub fn check_hcp_tag(source: &Source<'_>, found: &mut Diagnostics) {
    // An empty value is reported by another check.
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

/// The type of the subject token as a URN. Undocumented types are sent unchanged.
pub fn token_type(source: &Source<'_>, found: &mut Diagnostics) -> String {
    let name = "subject_token_type";
    let written = source.known(name).unwrap_or_else(|| "jwt".to_owned());
    if KNOWN_TYPES.contains(&written.as_str()) {
        return format!("{TOKEN_TYPES}{written}");
    }
    // An empty value is reported by another check.
    if !written.is_empty() && !written.starts_with("urn:") {
        let detail = format!(
            "{} must be one of {}, or a URN such as {TOKEN_TYPES}jwt.",
            source.name_of(name),
            KNOWN_TYPES.join(", ")
        );
        found.push(rows::UNSUPPORTED_TOKEN_TYPE.diagnostic(detail).at_attribute(name));
    }
    written
}

pub fn sf_cli(
    method: &AuthMethod,
    source: &Source<'_>,
    _: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    let org = source.known(method.argument)?;
    check_sf_cli_org(source, found);
    Some(Login::SfCli(SfCli { org, search: None }))
}

/// Rejects values that `sf` would not read as an alias or username.
pub fn check_sf_cli_org(source: &Source<'_>, found: &mut Diagnostics) {
    let name = "sf_cli_org";
    let Some(org) = source.known(name) else { return };
    let is_token = org.contains('!') || org.len() > 100;
    let why = if org.starts_with('-') {
        "starts with a hyphen, which sf would read as an option"
    } else if org.contains(char::is_whitespace) {
        "contains a space, which is not allowed in an alias or a username"
    } else if org.contains("://") {
        "is a URL"
    } else if is_token {
        "is not an alias or a username; it may be a token"
    } else {
        return;
    };
    let detail =
        format!("{} {why}. Use an alias or a username that sf org list shows.", source.name_of(name));
    let problem = rows::INVALID_SF_CLI_ORG.diagnostic(detail);
    // If the diagnostic had a path, Terraform would show the line that may contain a token.
    found.push(if is_token { problem } else { problem.at_attribute(name) });
}

pub fn access_token(
    method: &AuthMethod,
    source: &Source<'_>,
    _: &mut Place,
    found: &mut Diagnostics,
) -> Option<Login> {
    source.require("instance_url", "An access token", found);
    Some(Login::AccessToken { token: Secret::new(source.known(method.argument)?.trim()) })
}

/// Reads the access token and the URL from the two variables of the Salesforce CLI.
pub fn pair_of_the_cli(source: &Source<'_>, place: &mut Place, found: &mut Diagnostics) -> Option<Login> {
    let (token, url) =
        ((source.environment)("SF_ACCESS_TOKEN")?, (source.environment)("SF_ORG_INSTANCE_URL")?);
    match origin::check(url.trim()) {
        Ok(url) if place.instance_url.as_ref().is_some_and(|other| !origin::is_same(&url, other)) => {
            found.push(of_another_org(source, "SF_ACCESS_TOKEN", &url));
        }
        Ok(url) => place.instance_url = Some(url),
        Err(problem) => {
            let detail = format!("SF_ORG_INSTANCE_URL: {problem}");
            found.push(rows::INVALID_URL.diagnostic(detail));
        }
    }
    Some(Login::AccessToken { token: Secret::new(token.trim()) })
}

/// The error if the credentials are for an org other than that of `instance_url`.
fn of_another_org(source: &Source<'_>, name: &str, url: &Url) -> Diagnostic {
    let host = url.host_str().unwrap_or_default();
    let instance_url = source.name_of("instance_url");
    rows::CREDENTIALS_ORG_MISMATCH.diagnostic(format!(
        "The credentials in {name} are for {host}, but {instance_url} is the URL of another org. Use credentials for \
         the org in {instance_url}, or remove {instance_url}."
    ))
}
