//! The plugin's executable: reads the flags and serves. Everything else is the library's.
#![forbid(unsafe_code)]

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use provider_salesforce::plugin::{Environment, Mode, serve};

const HELP: &str = "\
Terraform provider for Salesforce External Client Apps. Terraform starts this program; it is not run by hand.

  -debug    serve without Terraform and print TF_REATTACH_PROVIDERS for it
  -version  print the version
  -help     print this
";

fn main() -> ExitCode {
    let mode = match std::env::args().nth(1).as_deref().map(|flag| flag.trim_start_matches('-')) {
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
    // Nobody is left to tell when stderr is gone.
    let _ = stderr().write_all(text.as_bytes());
    ExitCode::FAILURE
}
