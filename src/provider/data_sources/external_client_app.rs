//! `salesforce_external_client_app`: an app, which may be from a package.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::app_files::{self, AppFilesError, Resource};
use super::records::value;
use crate::org::soql::{parted, quoted, text};
use crate::org::{Org, Row};
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::resources::{external_client_app, oauth_settings, policies};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_external_client_app",
    doc: "An External Client App, by API name or label: the app itself, its OAuth settings and its policies, if the \
          user that Terraform logs in as can read them. Apps from packages are included.\n\nValues that the user \
          cannot read are null, and `not_readable` lists them. For example, an administrator of policies can read only \
          the policies.",
    columns: &[
        own(
            "name",
            Shape::Text,
            Role::Either,
            "The API name, such as `Shop`, or `acme__Shop` for an app from a package.",
        ),
        own("label", Shape::Text, Role::Either, "The label, which must be unique in the org."),
        own(
            "id",
            Shape::Text,
            Role::Result,
            "The API name, for the argument `external_client_app` of resources.",
        ),
        own("record_id", Shape::Text, Role::Result, "The record ID, which starts with `0xI`."),
        own("org_id", Shape::Text, Role::Result, "The ID of the org that contains the app."),
        own("namespace", Shape::Text, Role::Result, "The namespace of the package that contains the app."),
        own(
            "consumer_key",
            Shape::Text,
            Role::Result,
            "The OAuth client ID, from the Metadata API or else from the credentials REST API. Null if neither returns \
             it.",
        ),
        Column::Rows { spec: &external_client_app::SPEC, but: &["label"] },
        Column::Resource {
            name: "oauth_settings",
            spec: &oauth_settings::SPEC,
            doc: "The OAuth settings: the attributes of `salesforce_external_client_app_oauth_settings`. Null if the \
                  app has none, or the user cannot read them.",
        },
        Column::Resource {
            name: "policies",
            spec: &policies::SPEC,
            doc: "The policies: the attributes of `salesforce_external_client_app_policies`. Null if the app has none, \
                  or the user cannot read them.",
        },
        own(
            "not_readable",
            Shape::Map,
            Role::Result,
            "The metadata types that the provider cannot read, each with the reason. The attributes of these types \
             are null.",
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
        let org = question.org;
        let session =
            org.session().await.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
        let (app, mut record) = match question.argument("name") {
            Some(name) => (name.to_owned(), None),
            None => by_label(org, question.argument("label").unwrap_or_default()).await?,
        };
        let specs = [&external_client_app::SPEC, &oauth_settings::SPEC, &policies::SPEC];
        let read = app_files::read(org, &session, &specs, &app, question.deadline).await;
        let read = read.map_err(|error| {
            Diagnostics::from(match error {
                AppFilesError::Unread(error) => diagnostics::unreadable("app", &app, &error),
                AppFilesError::OtherCase { name } => {
                    diagnostics::other_case(&app, &name).at_attribute("name")
                }
            })
        })?;
        let [own, settings, policies] = read.as_slice() else {
            return Err(diagnostics::no_such_record("External Client App", "name", &app).into());
        };
        if own.is_absent() {
            return Err(diagnostics::no_such_record("External Client App", "name", &app).into());
        }
        if !own.is_there() && record.is_none() {
            // The user may have access to the record even without access to the file.
            record = by_name(org, &app).await;
            if record.is_none() && !settings.is_there() && !policies.is_there() {
                return Err(not_shown(&app, own).into());
            }
        }
        let record_id = own.record_id().map(str::to_owned);
        let record_id =
            record_id.or_else(|| record.as_ref().and_then(|row| text(row, "Id")).map(str::to_owned));
        let mut found = own.attributes();
        if found.get("label").is_null() {
            found.put("label", value(record.as_ref().and_then(|row| text(row, "MasterLabel"))));
        }
        found.put("name", Value::text(&app));
        found.put("id", Value::text(&app));
        found.put("org_id", Value::text(&session.org_id_18));
        found.put("namespace", value(parted(&app).0));
        found.put("consumer_key", consumer_key(org, settings, record_id.as_deref(), &app).await);
        found.put("record_id", record_id.map_or(Value::Null, Value::Text));
        let mut not_readable = BTreeMap::new();
        for resource in &read {
            not_readable.extend(resource.not_readable());
        }
        for (name, resource) in [("oauth_settings", settings), ("policies", policies)] {
            found.put(name, if resource.is_there() { resource.attributes() } else { Value::Null });
        }
        found.put("not_readable", Value::Map(not_readable));
        Ok(found)
    })
}

fn not_shown(app: &str, own: &Resource) -> diagnostics::Diagnostic {
    let why = own.not_readable().into_values().find_map(|why| why.as_text().map(str::to_owned));
    diagnostics::hidden(
        "app",
        app,
        own.spec.parts.first().map_or("", |part| part.kind.name),
        &why.unwrap_or_default(),
    )
}

const RECORD: &str = "SELECT Id, DeveloperName, MasterLabel, NamespacePrefix FROM ExternalClientApplication";

/// The full name and the record of the only app with a label.
async fn by_label(org: &Org, label: &str) -> Result<(String, Option<Row>), Diagnostics> {
    let soql = format!("{RECORD} WHERE MasterLabel = {}", quoted(label));
    let rows = org.query(&soql).await.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
    let names = org.full_names(&rows, "DeveloperName").await;
    let names = names.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
    let mut found: Vec<(String, Row)> = names
        .into_iter()
        .zip(rows)
        .filter(|(_, row)| text(row, "MasterLabel") == Some(label))
        .filter_map(|(name, row)| Some((name?, row)))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some((name, row)), true) => Ok((name, Some(row))),
        (Some((name, _)), false) => {
            let mut names: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
            names.push(name);
            names.sort();
            Err(diagnostics::ambiguous("External Client App", "label", label, &names).into())
        }
        (None, _) => Err(diagnostics::no_such_record("External Client App", "label", label).into()),
    }
}

/// The record of an app. Returns `None` if the record does not exist, the user cannot see it, or the query fails.
async fn by_name(org: &Org, app: &str) -> Option<Row> {
    let soql = format!("{RECORD} WHERE DeveloperName = {}", quoted(parted(app).1));
    let rows = org.query(&soql).await.ok()?;
    let names = org.full_names(&rows, "DeveloperName").await.ok()?;
    names.into_iter().zip(rows).find(|(name, _)| name.as_deref() == Some(app)).map(|(_, row)| row)
}

/// The consumer key, from the file or else from the REST API.
async fn consumer_key(org: &Org, settings: &Resource, record_id: Option<&str>, app: &str) -> Value {
    let in_file = settings.spec.key_row().map(|row| settings.values.get(row.field.attribute));
    if let Some(key) = in_file.filter(|key| key.is_set()) {
        return key.clone();
    }
    if settings.is_absent() {
        return Value::Null;
    }
    let record_id = match record_id {
        Some(id) => Some(id.to_owned()),
        None => by_name(org, app).await.as_ref().and_then(|row| text(row, "Id")).map(str::to_owned),
    };
    match record_id {
        Some(id) => org.consumer_key(&id).await.ok().flatten().map_or(Value::Null, Value::Text),
        None => Value::Null,
    }
}
