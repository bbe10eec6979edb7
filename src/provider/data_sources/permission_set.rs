//! `salesforce_permission_set`: a permission set and the number of its users.

use std::sync::OnceLock;

use super::records::{flag, value};
use crate::org::soql::{parted, quoted, related, text};
use crate::org::{Assignable, Holders, Row};
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_permission_set",
    doc: "A permission set, by API name or label, and the number of users who have it.",
    columns: &[
        own(
            "name",
            Shape::Text,
            Role::Either,
            "The API name, such as `Shop_Customer`, or `acme__Shop_Customer` for a permission set from a package.",
        ),
        own("label", Shape::Text, Role::Either, "The label, which must be unique in the org."),
        own(
            "id",
            Shape::Text,
            Role::Result,
            "The record ID. `permission_sets` of policies accepts the ID or the name.",
        ),
        own(
            "holders",
            Shape::Number,
            Role::Result,
            "The number of active users who have the permission set, directly or through permission set groups. Null \
             if the provider cannot count these users.",
        ),
        own("holders_not_known", Shape::Text, Role::Result, "Why `holders` is null."),
        own(
            "owned_by_profile",
            Shape::Bool,
            Role::Result,
            "Whether the permission set belongs to a profile.",
        ),
        own("license", Shape::Text, Role::Result, "The required license, if any."),
        own(
            "namespace",
            Shape::Text,
            Role::Result,
            "The namespace of the package that contains the permission set.",
        ),
    ],
    one_of: &["name", "label"],
    read,
    schema: OnceLock::new(),
};

const fn own(name: &'static str, shape: Shape, role: Role, doc: &'static str) -> Column {
    Column::Own(Own::new(name, shape, role, doc))
}

fn read(question: Question<'_>) -> ReadFuture<'_> {
    Box::pin(async move {
        let (argument, written) = match question.argument("name") {
            Some(name) => ("name", name),
            None => ("label", question.argument("label").unwrap_or_default()),
        };
        let condition = if argument == "name" {
            format!("Name = {}", quoted(parted(written).1))
        } else {
            format!("Label = {}", quoted(written))
        };
        let soql = format!(
            "SELECT Id, Name, Label, NamespacePrefix, IsOwnedByProfile, License.Name FROM PermissionSet WHERE \
             {condition}"
        );
        let rows = question.org.query(&soql).await;
        let rows = rows.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
        // Queries ignore case. Within a namespace, names are unique regardless of case. Labels are compared exactly.
        let full_names = question.org.full_names(&rows, "Name").await;
        let full_names = full_names.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
        let named = rows.iter().zip(full_names).filter_map(|(row, name)| Some((row, name?)));
        let is_it = |(row, name): &(&Row, String)| match argument {
            // The argument may contain the org's own namespace, which metadata files omit.
            "name" => {
                let with_namespace = text(row, "NamespacePrefix")
                    .and_then(|namespace| written.strip_prefix(namespace)?.strip_prefix("__"));
                name.eq_ignore_ascii_case(written)
                    || with_namespace.is_some_and(|bare| name.eq_ignore_ascii_case(bare))
            }
            _ => text(row, "Label") == Some(written),
        };
        let found: Vec<(&Row, String)> = named.filter(is_it).collect();
        let (row, name) = match found.as_slice() {
            [(row, name)] => (*row, name.clone()),
            [] => return Err(diagnostics::no_such_record("permission set", argument, written).into()),
            several => {
                let names: Vec<String> = several.iter().map(|(_, name)| name.clone()).collect();
                return Err(diagnostics::ambiguous("permission set", argument, written, &names).into());
            }
        };
        let assignable = Assignable { object: "PermissionSet", name: name.clone() };
        let counts = question.org.holders([assignable.clone()].into(), question.deadline).await;
        let (holders, why) = match counts.get(&assignable) {
            Some(Holders::Counted(count)) => {
                (Value::int(i64::try_from(*count).unwrap_or(i64::MAX)), Value::Null)
            }
            Some(Holders::Unknown { why }) => (Value::Null, Value::text(why)),
            None => (Value::Null, Value::text("its users were not counted")),
        };
        Ok(Value::object([
            ("name", Value::text(name)),
            ("label", value(text(row, "Label"))),
            ("id", value(text(row, "Id"))),
            ("holders", holders),
            ("holders_not_known", why),
            ("owned_by_profile", flag(row, "IsOwnedByProfile")),
            ("license", value(related(row, "License", "Name"))),
            ("namespace", value(text(row, "NamespacePrefix"))),
        ]))
    })
}
