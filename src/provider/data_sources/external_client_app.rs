//! `salesforce_external_client_app`: an app as far as we may see it, the installed ones included.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::app_files::{self, Resource};
use super::records::{full_name, parted, text, value};
use crate::org::{Org, Row, quoted};
use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, Reading, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::resources::{external_client_app, oauth_settings, policies};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_external_client_app",
    doc: "An External Client App, found by its API name or by its label: the app itself, its OAuth settings and its \
          policies, as far as the provider's user may read them. Apps that were installed from a package are found too.\n\n\
          What may not be read is null, and named in `not_readable`: an administrator who may see policies only reads the \
          policies.",
    columns: &[
        own(
            "name",
            Shape::Text,
            Role::Either,
            "The API name, with the namespace of an installed app: `Shop`, `acme__Shop`.",
        ),
        own("label", Shape::Text, Role::Either, "The label. Exactly one app must have it."),
        own(
            "id",
            Shape::Text,
            Role::Result,
            "The API name again: what `external_client_app` of resources takes.",
        ),
        own("record_id", Shape::Text, Role::Result, "The record ID, which begins with `0xI`."),
        own("org_id", Shape::Text, Role::Result, "The ID of the org that the app is in."),
        own("namespace", Shape::Text, Role::Result, "The namespace of the package that the app comes from."),
        own(
            "consumer_key",
            Shape::Text,
            Role::Result,
            "The OAuth client ID, of the metadata or else of the credentials REST API. Null when neither shows it.",
        ),
        Column::Rows { spec: &external_client_app::SPEC, but: &["label"] },
        Column::Resource {
            name: "oauth_settings",
            spec: &oauth_settings::SPEC,
            doc: "The OAuth settings: the attributes of `salesforce_external_client_app_oauth_settings`. Null when the app \
                  has none, or they may not be read.",
        },
        Column::Resource {
            name: "policies",
            spec: &policies::SPEC,
            doc: "The policies: the attributes of `salesforce_external_client_app_policies`. Null when the app has none, or \
                  they may not be read.",
        },
        own(
            "not_readable",
            Shape::Map,
            Role::Result,
            "What the org does not let the provider's user see: metadata type to reason. Its attributes are null.",
        ),
    ],
    one_of: &["name", "label"],
    read,
    schema: OnceLock::new(),
};

const fn own(name: &'static str, shape: Shape, role: Role, doc: &'static str) -> Column {
    Column::Own(Own::new(name, shape, role, doc))
}

fn read(question: Question<'_>) -> Reading<'_> {
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
        let read = read.map_err(|error| Diagnostics::from(diagnostics::unreadable("app", &app, &error)))?;
        let [own, settings, policies] = read.as_slice() else {
            return Err(diagnostics::no_such_record("External Client App", "name", &app).into());
        };
        if own.is_absent() {
            return Err(diagnostics::no_such_record("External Client App", "name", &app).into());
        }
        if !own.is_there() && record.is_none() {
            // The file is not for us; the record may be.
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

/// The full name of the one app with a label, and its record.
async fn by_label(org: &Org, label: &str) -> Result<(String, Option<Row>), Diagnostics> {
    let soql = format!("{RECORD} WHERE MasterLabel = {}", quoted(label));
    let rows = org.query(&soql).await.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
    let mut found: Vec<(String, Row)> = rows
        .into_iter()
        .filter(|row| text(row, "MasterLabel") == Some(label))
        .filter_map(|row| Some((full_name(&row, "DeveloperName")?, row)))
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

/// The record of an app; none when there is none, or we may not see it.
async fn by_name(org: &Org, app: &str) -> Option<Row> {
    let (namespace, name) = parted(app);
    let namespace = namespace.map_or_else(|| "null".to_owned(), quoted);
    let soql = format!("{RECORD} WHERE DeveloperName = {} AND NamespacePrefix = {namespace}", quoted(name));
    org.query(&soql).await.ok()?.into_iter().next()
}

/// The consumer key, by the file or else by REST.
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
