//! `connected_app`: the file of a connected app as the attributes of `salesforce_oauth_client`, and what is not among them.
//!
//! Start with `elements`, the table of the metadata type. `reading` makes values of a file's elements, `client` puts those
//! together that the client takes, `input` says what is wrong with a text that is no such file. Nothing but the table names
//! an element or an attribute. Pure: the same text gives the same object, without an org and at any time.

mod client;
pub mod elements;
mod input;
#[cfg(any(test, fuzzing))]
pub mod promise;
mod reading;
#[cfg(test)]
mod tests;

use self::reading::NotConverted;
use crate::provider::catalog::OAUTH_CLIENT;
use crate::provider::function_spec::{Fault, FunctionSpec, Parameter, text};
use crate::value::{Type, Value};

/// The one attribute of the result that is not the client's.
pub const NOT_CONVERTED: &str = "not_converted";

pub static SPEC: FunctionSpec = FunctionSpec {
    name: "connected_app",
    summary: "A connected app's file as the attributes of salesforce_oauth_client",
    doc: "Reads the metadata of a connected app, as `sf project retrieve` writes it, and gives an object with the attributes of \
          [`salesforce_oauth_client`](../resources/oauth_client.md) that a configuration can write, and with a list of what is \
          not among them.\n\nWhat the file does not have is null, and so is `policies` where the file has nothing that belongs \
          there. What is given, the client takes: a value that its validation refuses stands in `not_converted` instead. The \
          consumer key is not taken over, since a new app gets one of its own, and a consumer secret is in no part of the \
          result.\n\nNothing is asked of an org. The guide [From a connected app](../guides/from-connected-app.md) goes from the \
          retrieve to the end of the old app.",
    parameters: &[Parameter {
        name: "xml",
        ty: Type::String,
        doc: "The text of the file: `NAME.connectedApp-meta.xml` of the source format, or `NAME.connectedApp` of the metadata \
              format. `file(\"…\")` reads it.",
    }],
    returns,
    call,
};

fn returns() -> Type {
    let entry = reading::COLUMNS.map(|name| (name.to_owned(), Type::String));
    let mut attributes = client::attributes(&OAUTH_CLIENT.schema().block);
    attributes.push((NOT_CONVERTED.to_owned(), Type::list(Type::Object(entry.to_vec()))));
    Type::Object(attributes)
}

fn call(arguments: &[Value]) -> Result<Value, Fault> {
    let root = input::read(text(arguments, 0)).map_err(|problem| Fault::at(0, problem))?;
    let (found, left) = reading::read(&root);
    let (mut object, left) = client::converted(found, left);
    object.put(NOT_CONVERTED, Value::List(left.into_iter().map(NotConverted::value).collect()));
    Ok(object)
}
