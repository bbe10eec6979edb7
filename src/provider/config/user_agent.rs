//! The user agent, which identifies the provider in the event logs of the org.

use super::Environment;
use crate::org::CLIENT;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::diagnostics::rows::provider_block::INVALID_USER_AGENT;

/// The variable with which users and platforms extend the user agent of Terraform and its providers.
const ADDED_BY: &str = "TF_APPEND_USER_AGENT";

/// The `User-Agent` header: Terraform, the provider, and the text that the environment adds. With OpenTofu, the header
/// also names Terraform, because OpenTofu reports its version as the version of Terraform.
///
/// # Errors
/// Returns an error if the added text is not allowed in a header. The error does not show the text.
pub fn user_agent(terraform_version: &str, environment: &Environment) -> Result<String, Diagnostic> {
    let added = environment(ADDED_BY).unwrap_or_default();
    let added = added.trim();
    if !added.chars().all(is_for_headers) {
        return Err(INVALID_USER_AGENT.diagnostic(format!(
            "The environment variable {ADDED_BY} contains a character that is not allowed in an HTTP header, such as a \
             line break or a non-ASCII character. Use a product and a version, such as acme-pipeline/1.2, or unset it."
        )));
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
    fn the_user_agent_contains_terraform_the_provider_and_the_addition() {
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
    fn an_invalid_addition_is_an_error_that_does_not_show_it() {
        for added in ["a\nX-Evil: canary", "canary\u{7f}", "Müller-canary", "tab\tcanary", "canary\0x"] {
            let found = of("1.14.2", Some(added)).unwrap_err();
            assert!(
                found.detail.contains("TF_APPEND_USER_AGENT") && !found.detail.contains("canary"),
                "{found:?}"
            );
        }
    }
}
