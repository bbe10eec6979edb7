//! The call options: a header of REST calls and an element in the header of SOAP envelopes. Clients use them to
//! identify themselves in the event logs. Only `client` and `defaultNamespace` are documented.

use roxmltree::Node;

use crate::fault::Fault;

/// The client in a REST header such as `client=acme/1, defaultNamespace=battle`. The documentation separates the
/// options with commas on one page and with semicolons on another.
pub fn client_in_header(header: &str) -> Result<Option<String>, Fault> {
    let mut client = None;
    for option in header.split([',', ';']).map(str::trim).filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("client", name)) if !name.is_empty() => client = Some(name.to_string()),
            Some(("defaultNamespace", _)) => {}
            _ => return Err(Fault::not_emulated(format!("the call option '{option}'"))),
        }
    }
    Ok(client)
}

/// The client in the element `CallOptions` of a SOAP header.
pub fn client_in_element(options: Node<'_, '_>) -> Result<Option<String>, Fault> {
    let mut client = None;
    for option in options.children().filter(Node::is_element) {
        match option.tag_name().name() {
            "client" => client = option.text().map(str::to_string),
            "defaultNamespace" => {}
            other => return Err(Fault::not_emulated(format!("the call option '{other}'"))),
        }
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_read_and_undocumented_options_are_rejected() {
        for (header, client) in [
            ("client=acme/1", Some("acme/1")),
            ("client=acme/1, defaultNamespace=battle", Some("acme/1")),
            ("defaultNamespace=battle;client=a", Some("a")),
            ("defaultNamespace=battle", None),
            ("", None),
        ] {
            assert_eq!(client_in_header(header), Ok(client.map(str::to_string)), "{header}");
        }
        for header in ["acme/1", "client=", "Client=a", "user=a"] {
            let fault = client_in_header(header).unwrap_err();
            assert_eq!(fault.text, format!("not emulated: the call option '{header}'"));
        }
        let element = |inside: &str| {
            let text = format!("<CallOptions>{inside}</CallOptions>");
            client_in_element(roxmltree::Document::parse(&text).unwrap().root_element())
        };
        assert_eq!(element("<client>acme/1</client>"), Ok(Some("acme/1".to_string())));
        assert_eq!(element("<defaultNamespace>b</defaultNamespace>"), Ok(None));
        let fault = element("<name>acme</name>").unwrap_err();
        assert_eq!(fault.text, "not emulated: the call option 'name'");
    }
}
