//! The plugin's executable: parses the flags and starts the server. All other code is in the library.
#![forbid(unsafe_code)]

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use provider_salesforce::plugin::{Environment, Mode, serve};

const HELP: &str = "\
Terraform provider for Salesforce External Client Apps. Terraform starts this program. Do not run it directly.

  -debug    serve outside of Terraform, and print TF_REATTACH_PROVIDERS
  -version  print the version
  -help     print this
";

fn main() -> ExitCode {
    let flag = std::env::args_os().nth(1).map(|flag| flag.to_string_lossy().into_owned());
    let mode = match flag.as_deref().map(|flag| flag.trim_start_matches('-')) {
        None => Mode::Plugin,
        Some("debug") => Mode::Debug,
        Some("version") => {
            return print(&format!("terraform-provider-salesforce {}\n", env!("CARGO_PKG_VERSION")));
        }
        Some("help" | "h") => return print(HELP),
        Some(_) => return fail(HELP),
    };
    match serve(mode, Environment::new(|name| std::env::var(name).ok())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{error}\n")),
    }
}

fn print(text: &str) -> ExitCode {
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(text: &str) -> ExitCode {
    // A failed write to stderr cannot be reported.
    let _ = stderr().write_all(text.as_bytes());
    ExitCode::FAILURE
}
