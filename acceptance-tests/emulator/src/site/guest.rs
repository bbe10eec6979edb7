//! Anonymous visitors: the guest variant, and a guest who logs in and keeps the visitor ID.

use super::client::Client;
use super::credential::Form;
use super::gate::{Gate, Stop};
use crate::http::Request;
use crate::org::{Org, User};

/// The guest user of the site, and the ID of the visitor.
pub fn visitor(
    org: &Org,
    request: &Request,
    form: &Form,
    client: &Client,
) -> Result<(User, Option<String>), Stop> {
    if !client.policy_is_on("isGuestCodeCredFlowEnabled") {
        return Err(Gate::GuestOff.into());
    }
    if !client.issues_jwt() {
        return Err(Gate::GuestJwt.into());
    }
    let uvid = match hint(request, form).split_once(' ') {
        Some(("UVID", id)) if is_uuid(id) => Some(id.to_string()),
        Some(("JWT", token)) => of_token(org, token),
        _ => None,
    };
    let uvid = uvid.ok_or(Gate::Uvid)?;
    let user = org
        .site
        .network
        .guest_user
        .as_deref()
        .and_then(|username| org.user_named(username))
        .filter(|user| user.active)
        .ok_or(Gate::GuestUser)?;
    Ok((user.clone(), Some(uvid)))
}

/// The visitor ID that a named user had as a guest, from a guest token that is sent without a prefix.
pub fn carried_over(
    org: &Org,
    request: &Request,
    form: &Form,
    client: &Client,
) -> Result<Option<String>, Stop> {
    let token = hint(request, form);
    if token.is_empty() {
        return Ok(None);
    }
    if !client.issues_jwt() {
        return Err(Gate::UvidJwt.into());
    }
    Ok(Some(of_token(org, token).ok_or(Gate::Uvid)?))
}

/// Checks the hint at the token endpoint: an ID or a guest token without a prefix, for the same visitor as in the
/// authorize request.
pub fn check_hint(org: &Org, request: &Request, form: &Form, expected: Option<&str>) -> Result<(), Stop> {
    let hint = hint(request, form);
    let is_guest = request.header("auth-request-type");
    if is_guest.is_none() && hint.is_empty() {
        return Err(Gate::GuestHeaders.into());
    }
    if is_guest.is_some_and(|kind| kind != "guest") {
        return Err(Gate::RequestType.into());
    }
    let said = if is_uuid(hint) { Some(hint.to_string()) } else { of_token(org, hint) };
    if is_guest.is_none() || said.as_deref() != expected {
        return Err(Gate::Uvid.into());
    }
    Ok(())
}

fn hint<'a>(request: &'a Request, form: &'a Form) -> &'a str {
    request.header("uvid-hint").unwrap_or_else(|| form.get("uvid_hint")).trim()
}

/// The visitor ID of a guest token that this site issued. The token may have expired, because it only identifies the
/// visitor.
fn of_token(org: &Org, token: &str) -> Option<String> {
    let session = org.sessions.iter().find(|session| session.token == token)?;
    let number = session.site.as_ref()?.login;
    org.site.logins.iter().find(|login| login.number == number && login.is_guest)?.uvid.clone()
}

/// A version 4 UUID in the usual notation.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.iter().all(|group| group.chars().all(|letter| letter.is_ascii_hexdigit()))
        && groups.get(2).is_some_and(|group| group.starts_with('4'))
        && groups.get(3).is_some_and(|group| group.starts_with(['8', '9', 'a', 'b', 'A', 'B']))
}

#[cfg(test)]
mod tests {
    #[test]
    fn visitor_ids_are_version_4_uuids() {
        assert!(super::is_uuid("f81d4fae-7dec-4d0a-a765-00a0c91e6bf6"));
        for invalid in [
            "",
            "f81d4fae-7dec-1d0a-a765-00a0c91e6bf6",
            "f81d4fae-7dec-4d0a-c765-00a0c91e6bf6",
            "f81d4fae7dec4d0aa76500a0c91e6bf6",
            "x81d4fae-7dec-4d0a-a765-00a0c91e6bf6",
        ] {
            assert!(!super::is_uuid(invalid), "{invalid}");
        }
    }
}
