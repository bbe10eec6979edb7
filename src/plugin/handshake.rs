//! The agreement between Terraform and a process that it has just started: the cookie, the protocol version, and
//! the one line on stdout. Not here: the socket (`listener`) and the certificate (`tls`).

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Environment;
use super::listener::Address;
use crate::provider::SOURCE_ADDRESS;

const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// Version of go-plugin's own protocol.
const CORE_PROTOCOL: u32 = 1;
/// Version of Terraform's provider protocol that is spoken here.
const PROTOCOL: u32 = 5;

/// Why the process will not serve.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "This program is a Terraform plugin: Terraform starts it, it does nothing by itself.\n\
         Write a required_providers block for {SOURCE_ADDRESS} and run terraform init. \
         To attach a debugger, start it with -debug."
    )]
    NotStartedByTerraform,
    #[error(
        "This provider speaks protocol version 5, but the program that started it only offers: {offered}."
    )]
    NoCommonProtocol { offered: String },
}

/// Whether Terraform started this process and speaks protocol 5. Terraform that names no versions is taken at
/// its word: the names came later than the protocol.
pub fn check(environment: &Environment) -> Result<(), Refusal> {
    if environment.get(COOKIE.0).as_deref() != Some(COOKIE.1) {
        return Err(Refusal::NotStartedByTerraform);
    }
    match environment.get("PLUGIN_PROTOCOL_VERSIONS") {
        Some(offered) if !offered.split(',').any(|v| v.trim().parse() == Ok(PROTOCOL)) => {
            Err(Refusal::NoCommonProtocol { offered })
        }
        _ => Ok(()),
    }
}

/// Whether an address can stand in the line, which has fields between bars and ends where the line ends.
pub fn fits_the_line(address: &str) -> bool {
    !address.contains(|c: char| c == '|' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The line that tells Terraform where to connect and which certificate to expect. Without TLS the certificate's
/// field is empty. The seventh field answers a client that asked for multiplexing: no.
pub fn line(environment: &Environment, address: &Address, certificate: Option<&[u8]>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplex = match environment.get("PLUGIN_MULTIPLEX_GRPC") {
        Some(asked) if !asked.is_empty() => "|false",
        _ => "",
    };
    format!("{CORE_PROTOCOL}|{PROTOCOL}|{}|{}|grpc|{certificate}{multiplex}\n", address.network, address.text)
}

/// What a developer pastes in front of `terraform` to use this very process.
pub fn reattach_line(address: &Address) -> String {
    let config = serde_json::json!({
        SOURCE_ADDRESS: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": address.network, "String": address.text },
        }
    });
    // As a shell reads it: a quote ends the word, stands alone, and begins it again.
    format!("TF_REATTACH_PROVIDERS='{}'\n", config.to_string().replace('\'', r"'\''"))
}

/// Writes to stdout: once, after the socket listens, and never again.
pub fn announce(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> Environment {
        Environment::new(move |name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn address() -> Address {
        Address { network: "unix", text: "/tmp/x/s.sock".into() }
    }

    #[test]
    fn only_terraform_is_served() {
        assert_eq!(check(&environment(&[])), Err(Refusal::NotStartedByTerraform));
        assert_eq!(
            check(&environment(&[("TF_PLUGIN_MAGIC_COOKIE", "x")])),
            Err(Refusal::NotStartedByTerraform)
        );
        assert_eq!(check(&environment(&[COOKIE])), Ok(()));
    }

    #[test]
    fn protocol_5_must_be_offered() {
        for offered in ["5", "6,5", "5,6", "4, 5"] {
            let offered: &'static str = offered;
            let pairs = Box::leak(Box::new([COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", offered)]));
            assert_eq!(check(&environment(pairs)), Ok(()), "{offered}");
        }
        for offered in ["6", "", "55", "4,6"] {
            let offered: &'static str = offered;
            let pairs = Box::leak(Box::new([COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", offered)]));
            assert!(check(&environment(pairs)).is_err(), "{offered}");
        }
    }

    #[test]
    fn the_line_has_six_fields_and_a_certificate_without_padding() {
        assert_eq!(
            line(&environment(&[]), &address(), Some(&[1, 2, 3, 4])),
            "1|5|unix|/tmp/x/s.sock|grpc|AQIDBA\n"
        );
        assert_eq!(line(&environment(&[]), &address(), None), "1|5|unix|/tmp/x/s.sock|grpc|\n");
    }

    #[test]
    fn multiplexing_is_declined_only_when_asked_for() {
        let asked = environment(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(line(&asked, &address(), None), "1|5|unix|/tmp/x/s.sock|grpc||false\n");
    }

    #[test]
    fn an_address_that_would_break_the_line_does_not_fit() {
        for address in ["/tmp/plugin1/s.sock", "/tmp/My Files/é/s.sock", "127.0.0.1:7", "/tmp/it's/s.sock"] {
            assert!(fits_the_line(address), "{address}");
        }
        for address in ["/tmp/a|b/s.sock", "/tmp/a\nb/s.sock", "/tmp/a\rb/s.sock", "/tmp/\u{85}/s.sock"] {
            assert!(!fits_the_line(address), "{address:?}");
        }
    }

    #[test]
    fn a_quote_in_a_path_does_not_end_the_word() {
        let line = reattach_line(&Address { network: "unix", text: "/tmp/it's/s.sock".into() });
        assert!(line.contains(r#"/tmp/it'\''s/s.sock"#), "{line}");
    }

    #[test]
    fn the_reattach_line_holds_what_terraform_wants() {
        let line = reattach_line(&address());
        let json = line
            .trim_end()
            .strip_prefix("TF_REATTACH_PROVIDERS='")
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        let config: serde_json::Value = serde_json::from_str(json).unwrap();
        let entry = &config[SOURCE_ADDRESS];
        assert_eq!(entry["ProtocolVersion"], 5);
        assert_eq!(entry["Test"], true);
        assert_eq!(entry["Addr"]["String"], "/tmp/x/s.sock");
    }
}
