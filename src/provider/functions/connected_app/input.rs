//! Reads the file of a connected app, or explains why a string is not such a file.

use super::elements::TYPE;
use crate::metadata::{Element, XmlError, parse_of_any_length, types};

/// The root element of the file.
pub fn read(text: &str) -> Result<Element, Unusable> {
    let trimmed = text.trim_start_matches('\u{FEFF}').trim();
    if trimmed.is_empty() {
        return Err(Unusable::Empty);
    }
    if !trimmed.starts_with('<') {
        return Err(no_markup(trimmed));
    }
    let root = parse_of_any_length(text)?;
    if root.name == TYPE {
        return Ok(root);
    }
    let name = root.name.chars().take(60).collect();
    let is_of_new_app = types::ALL.iter().any(|kind| kind.name == root.name);
    Err(if is_of_new_app { Unusable::ExternalClientApp(name) } else { Unusable::Root(name) })
}

fn no_markup(text: &str) -> Unusable {
    let is_short = text.len() < 1024 && !text.contains('\n');
    if is_short && (text.ends_with(".xml") || text.ends_with(".connectedApp")) {
        Unusable::Path
    } else if ["PD94", "77u/PD94", "PENv"].iter().any(|start| text.starts_with(start)) {
        // The base64 forms of `<?xml`, of `<?xml` after a byte-order mark, and of `<Co`.
        Unusable::Base64
    } else {
        Unusable::NoXml
    }
}

/// Why a string cannot be used. The message contains nothing from the string except a line number and the name of an
/// element.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error(
        "It is empty. Pass the contents of the file of a connected app: file(\"NAME.connectedApp-meta.xml\")."
    )]
    Empty,
    #[error("It is a path. Pass the contents of the file: file(\"NAME.connectedApp-meta.xml\").")]
    Path,
    #[error("It is base64. Pass the plain contents: use file(…), not filebase64(…).")]
    Base64,
    #[error(
        "It is not XML: it does not start with \"<\". Pass the contents of the file of a connected app: \
         file(\"NAME.connectedApp-meta.xml\")."
    )]
    NoXml,
    #[error("It cannot be parsed as XML: {0}.")]
    Xml(#[from] XmlError),
    #[error(
        "Its root element is {0}: it is the file of an External Client App. Import the app into \
         salesforce_oauth_client."
    )]
    ExternalClientApp(String),
    #[error(
        "Its root element is {0}, not {TYPE}. Pass the file of a connected app, from the folder connectedApps of the \
         retrieved package."
    )]
    Root(String),
}
