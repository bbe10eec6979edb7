//! `salesforce_org`: the connected org and user.

use std::sync::OnceLock;

use super::records::{flag, value};
use crate::org::soql::{quoted, text};
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_org",
    doc: "The org that the provider is connected to, and the user that it is connected as.",
    columns: &[
        result("id", Shape::Text, "The 18-character ID of the org."),
        result("id_15", Shape::Text, "The 15-character form of the ID, which is case-sensitive."),
        result("name", Shape::Text, "The name of the company. Query: `Organization.Name`."),
        result(
            "edition",
            Shape::Text,
            "The edition, such as `Developer Edition` or `Enterprise Edition`. Query: `Organization.OrganizationType`.",
        ),
        result("sandbox", Shape::Bool, "Whether the org is a sandbox. Query: `Organization.IsSandbox`."),
        result(
            "namespace",
            Shape::Text,
            "The namespace of packages that are developed in the org, if any. Query: `Organization.NamespacePrefix`.",
        ),
        result("api_version", Shape::Text, "The API version that the provider uses, such as `66.0`."),
        result(
            "instance_name",
            Shape::Text,
            "The instance of the org, such as `EU45`. Query: `Organization.InstanceName`.",
        ),
        result("instance_url", Shape::Text, "The URL of the org's APIs, without a trailing slash."),
        result("user_id", Shape::Text, "The ID of the user that the provider is connected as."),
        result("username", Shape::Text, "The username of that user. Query: `User.Username`."),
    ],
    one_of: &[],
    read,
    schema: OnceLock::new(),
};

const fn result(name: &'static str, shape: Shape, doc: &'static str) -> Column {
    Column::Own(Own { name, shape, role: Role::Result, rules: &[], doc })
}

fn read(question: Question<'_>) -> ReadFuture<'_> {
    Box::pin(async move {
        let unavailable = |error| Diagnostics::from(diagnostics::unavailable(&error));
        let session = question.org.session().await.map_err(unavailable)?;
        let soql =
            "SELECT Id, Name, OrganizationType, IsSandbox, InstanceName, NamespacePrefix FROM Organization";
        let rows = question.org.query(soql).await.map_err(unavailable)?;
        let row = rows.first().cloned().unwrap_or_default();
        let mut username = Value::Null;
        if !session.user_id.is_empty() {
            let soql = format!("SELECT Username FROM User WHERE Id = {}", quoted(&session.user_id));
            let rows = question.org.query(&soql).await.map_err(unavailable)?;
            username = value(rows.first().and_then(|row| text(row, "Username")));
        }
        Ok(Value::object([
            ("id", Value::text(&session.org_id_18)),
            ("id_15", Value::text(&session.org_id)),
            ("name", value(text(&row, "Name"))),
            ("edition", value(text(&row, "OrganizationType"))),
            ("sandbox", flag(&row, "IsSandbox")),
            ("namespace", value(text(&row, "NamespacePrefix"))),
            ("api_version", Value::text(format!("{}.0", session.api_version))),
            ("instance_name", value(text(&row, "InstanceName"))),
            ("instance_url", Value::text(&session.instance)),
            ("user_id", value(Some(session.user_id.as_str()).filter(|id| !id.is_empty()))),
            ("username", username),
        ]))
    })
}
