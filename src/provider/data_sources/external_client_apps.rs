//! `salesforce_external_client_apps`: the apps in the org, including apps from packages.

use std::sync::OnceLock;

use super::records::value;
use crate::metadata::Rule;
use crate::org::soql::{quoted, text};
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_external_client_apps",
    doc: "The External Client Apps in the org, including apps from packages: all of them, or those that match all \
          arguments.",
    columns: &[
        own(
            "name_prefix",
            Shape::Text,
            Role::Optional,
            "The prefix of the API names, without the namespace. Case-sensitive.",
        ),
        own("label", Shape::Text, Role::Optional, "The label."),
        Column::Own(Own {
            rules: &[Rule::Namespace],
            ..Own::new(
                "namespace",
                Shape::Text,
                Role::Optional,
                "The namespace of the package that contains the apps. `\"\"` selects apps that are not from a package.",
            )
        }),
        own(
            "names",
            Shape::Texts,
            Role::Result,
            "The sorted API names, with a namespace for apps from packages (`acme__Shop`).",
        ),
        own(
            "apps",
            Shape::Objects(&[
                ("name", Shape::Text),
                ("label", Shape::Text),
                ("namespace", Shape::Text),
                ("record_id", Shape::Text),
            ]),
            Role::Result,
            "The apps in the order of `names`, each with `name`, `label`, `namespace` (null if the app is not from a \
             package) and `record_id`.",
        ),
    ],
    one_of: &[],
    read,
    schema: OnceLock::new(),
};

const fn own(name: &'static str, shape: Shape, role: Role, doc: &'static str) -> Column {
    Column::Own(Own::new(name, shape, role, doc))
}

fn read(question: Question<'_>) -> ReadFuture<'_> {
    Box::pin(async move {
        let mut conditions = Vec::new();
        if let Some(label) = question.argument("label") {
            conditions.push(format!("MasterLabel = {}", quoted(label)));
        }
        match question.argument("namespace") {
            Some("") => conditions.push("NamespacePrefix = null".to_owned()),
            Some(namespace) => conditions.push(format!("NamespacePrefix = {}", quoted(namespace))),
            None => {}
        }
        let mut soql =
            "SELECT Id, DeveloperName, MasterLabel, NamespacePrefix FROM ExternalClientApplication"
                .to_owned();
        if !conditions.is_empty() {
            soql.push_str(" WHERE ");
            soql.push_str(&conditions.join(" AND "));
        }
        let rows = question.org.query(&soql).await;
        let rows = rows.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
        let prefix = question.argument("name_prefix").unwrap_or_default();
        let full_names = question.org.full_names(&rows, "DeveloperName").await;
        let full_names = full_names.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
        let mut apps: Vec<(String, Value)> = rows
            .iter()
            .zip(full_names)
            .filter(|(row, _)| text(row, "DeveloperName").is_some_and(|name| name.starts_with(prefix)))
            .filter_map(|(row, name)| {
                let name = name?;
                let app = Value::object([
                    ("name", Value::text(&name)),
                    ("label", value(text(row, "MasterLabel"))),
                    ("namespace", value(text(row, "NamespacePrefix"))),
                    ("record_id", value(text(row, "Id"))),
                ]);
                Some((name, app))
            })
            .collect();
        apps.sort();
        let (names, apps): (Vec<Value>, Vec<Value>) =
            apps.into_iter().map(|(name, app)| (Value::text(name), app)).unzip();
        Ok(Value::object([("names", Value::List(names)), ("apps", Value::List(apps))]))
    })
}
