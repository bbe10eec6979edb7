//! The go-plugin handshake: the cookie, the protocol version, and the line on stdout. Not here: the socket (`listener`)
//! and the certificate (`tls`).

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Environment;
use super::listener::Address;
use crate::provider::SOURCE_ADDRESS;

const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The version of go-plugin's core protocol.
const CORE_PROTOCOL: u32 = 1;
/// The version of Terraform's provider protocol.
const PROTOCOL: u32 = 5;

/// Why the handshake failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    #[error(
        "This program is a Terraform plugin and is not meant to be run directly.\n\
         Add a required_providers block for {SOURCE_ADDRESS} and run terraform init. \
         To attach a debugger, start it with -debug."
    )]
    NotStartedByTerraform,
    #[error(
        "This provider supports protocol version 5, but the program that started it supports only: {offered}."
    )]
    NoCommonProtocol { offered: String },
}

/// Checks that Terraform started this process and supports protocol 5. Versions of Terraform that do not list their
/// protocols support protocol 5.
pub fn check(environment: &Environment) -> Result<(), HandshakeError> {
    if environment.get(COOKIE.0).as_deref() != Some(COOKIE.1) {
        return Err(HandshakeError::NotStartedByTerraform);
    }
    match environment.get("PLUGIN_PROTOCOL_VERSIONS") {
        Some(offered) if !offered.split(',').any(|v| v.trim().parse() == Ok(PROTOCOL)) => {
            Err(HandshakeError::NoCommonProtocol { offered })
        }
        _ => Ok(()),
    }
}

/// Whether an address is valid in the handshake line, whose fields are separated by `|`.
pub fn fits_handshake_line(address: &str) -> bool {
    !address.contains(|c: char| c == '|' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The handshake line with the address and the certificate of the server. Without TLS, the certificate is empty. If the
/// client requested multiplexing, a seventh field declines it.
pub fn line(environment: &Environment, address: &Address, certificate: Option<&[u8]>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplex = match environment.get("PLUGIN_MULTIPLEX_GRPC") {
        Some(requested) if !requested.is_empty() => "|false",
        _ => "",
    };
    format!("{CORE_PROTOCOL}|{PROTOCOL}|{}|{}|grpc|{certificate}{multiplex}\n", address.network, address.text)
}

/// The assignment of the environment variable that makes Terraform use this process.
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
    // The value is quoted for a shell.
    format!("TF_REATTACH_PROVIDERS='{}'\n", config.to_string().replace('\'', r"'\''"))
}

/// Writes a line to stdout. Called once, when the socket is already listening.
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
    fn the_cookie_is_required() {
        assert_eq!(check(&environment(&[])), Err(HandshakeError::NotStartedByTerraform));
        assert_eq!(
            check(&environment(&[("TF_PLUGIN_MAGIC_COOKIE", "x")])),
            Err(HandshakeError::NotStartedByTerraform)
        );
        assert_eq!(check(&environment(&[COOKIE])), Ok(()));
    }

    #[test]
    fn protocol_5_is_required() {
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
    fn multiplexing_is_declined_only_on_request() {
        let requested = environment(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(line(&requested, &address(), None), "1|5|unix|/tmp/x/s.sock|grpc||false\n");
    }

    #[test]
    fn addresses_with_separators_or_control_characters_are_invalid() {
        for address in ["/tmp/plugin1/s.sock", "/tmp/My Files/é/s.sock", "127.0.0.1:7", "/tmp/it's/s.sock"] {
            assert!(fits_handshake_line(address), "{address}");
        }
        for address in ["/tmp/a|b/s.sock", "/tmp/a\nb/s.sock", "/tmp/a\rb/s.sock", "/tmp/\u{85}/s.sock"] {
            assert!(!fits_handshake_line(address), "{address:?}");
        }
    }

    #[test]
    fn a_quote_in_a_path_is_escaped() {
        let line = reattach_line(&Address { network: "unix", text: "/tmp/it's/s.sock".into() });
        assert!(line.contains(r#"/tmp/it'\''s/s.sock"#), "{line}");
    }

    #[test]
    fn the_reattach_line_has_the_fields_that_terraform_requires() {
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
