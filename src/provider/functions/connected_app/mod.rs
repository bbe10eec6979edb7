//! `connected_app`: converts the file of a connected app to the attributes of `salesforce_oauth_client`.
//!
//! Start with `elements`, the table of the metadata type. `reading` reads the values of elements, `client` builds a
//! valid object from them, and `input` explains why a string is not such a file. Only the table names elements and
//! attributes. The function is pure: it does not call an org.

mod client;
pub mod elements;
mod input;
#[cfg(any(test, fuzzing))]
pub mod property;
mod reading;
#[cfg(test)]
mod tests;

use self::reading::NotConverted;
use crate::provider::catalog::OAUTH_CLIENT;
use crate::provider::function_spec::{Fault, FunctionSpec, Parameter, text};
use crate::value::{Type, Value};

/// The only attribute of the result that `salesforce_oauth_client` does not have.
pub const NOT_CONVERTED: &str = "not_converted";

pub static SPEC: FunctionSpec = FunctionSpec {
    name: "connected_app",
    summary: "Converts the file of a connected app to the attributes of salesforce_oauth_client",
    doc: "Reads the metadata of a connected app, as written by `sf project retrieve`, and returns an object with the \
          arguments of [`salesforce_oauth_client`](../resources/oauth_client.md) and a list of elements that are not \
          converted.\n\nAttributes that the file does not contain are null, and so is `policies` if the file contains \
          no policies. All returned values are valid for `salesforce_oauth_client`: a value that its validation \
          rejects is in `not_converted` instead. The consumer key is not converted, because a new app gets a new one. \
          The result never contains a consumer secret.\n\nThe function does not call an org. The [Migrating from \
          connected apps](../guides/from-connected-app.md) guide describes the whole migration.",
    parameters: &[Parameter {
        name: "xml",
        ty: Type::String,
        doc: "The contents of the file: `NAME.connectedApp-meta.xml` in source format, or `NAME.connectedApp` in \
              metadata format. Read it with `file(\"…\")`.",
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
