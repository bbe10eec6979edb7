//! Who we say that we are: an org's admins find the provider by it in their event logs.

use super::Environment;
use crate::org::CLIENT;
use crate::provider::diagnostics::Diagnostic;

/// What users and platforms add to the user agent of Terraform and of its providers.
const ADDED_BY: &str = "TF_APPEND_USER_AGENT";

/// The `User-Agent` header, as providers form it: Terraform, the provider, and what the environment adds. OpenTofu
/// tells providers the version of a Terraform that it is like, and not its own name.
///
/// # Errors
/// When what the environment adds cannot be in a header. Its value is not shown.
pub fn user_agent(terraform_version: &str, environment: &Environment) -> Result<String, Diagnostic> {
    let added = environment(ADDED_BY).unwrap_or_default();
    let added = added.trim();
    if !added.chars().all(is_for_headers) {
        return Err(Diagnostic::error(
            "Unusable user agent",
            format!(
                "The environment variable {ADDED_BY} holds a character that no HTTP header can have, such as a line break or \
                 a letter beyond ASCII. Write a product and a version, such as acme-pipeline/1.2, or unset it."
            ),
        ));
    }
    let version: String = terraform_version.chars().filter(|c| c.is_ascii_graphic()).collect();
    let terraform = if version.is_empty() { String::new() } else { format!("/{version}") };
    let ours = format!("Terraform{terraform} (+https://www.terraform.io) {CLIENT}");
    Ok(if added.is_empty() { ours } else { format!("{ours} {added}") })
}

fn is_for_headers(c: char) -> bool {
    c.is_ascii_graphic() || c == ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str =
        concat!("(+https://www.terraform.io) terraform-provider-salesforce/", env!("CARGO_PKG_VERSION"));

    fn of(version: &str, added: Option<&'static str>) -> Result<String, Diagnostic> {
        user_agent(version, &move |name| added.filter(|_| name == "TF_APPEND_USER_AGENT").map(str::to_owned))
    }

    #[test]
    fn terraform_the_provider_and_what_the_environment_adds() {
        for (version, added, expected) in [
            ("1.14.2", None, format!("Terraform/1.14.2 {OURS}")),
            ("1.15.0-rc1", Some(""), format!("Terraform/1.15.0-rc1 {OURS}")),
            ("1.6.6", Some("  acme/1 (run 7)\n"), format!("Terraform/1.6.6 {OURS} acme/1 (run 7)")),
            ("", Some("x"), format!("Terraform {OURS} x")),
            ("1\r\n2", None, format!("Terraform/12 {OURS}")),
        ] {
            assert_eq!(of(version, added).unwrap(), expected);
        }
    }

    #[test]
    fn what_no_header_can_have_is_an_error_that_does_not_show_it() {
        for added in ["a\nX-Evil: canary", "canary\u{7f}", "Müller-canary", "tab\tcanary", "canary\0x"] {
            let found = of("1.14.2", Some(added)).unwrap_err();
            assert!(
                found.detail.contains("TF_APPEND_USER_AGENT") && !found.detail.contains("canary"),
                "{found:?}"
            );
        }
    }
}
