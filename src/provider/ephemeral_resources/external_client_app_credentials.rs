//! `salesforce_external_client_app_credentials`: the key and the secret of the consumer of an app.

use std::sync::OnceLock;

use crate::provider::data_source_spec::{Column, DataSourceSpec, Own, Question, ReadFuture, Role, Shape};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::value::Value;

pub static SPEC: DataSourceSpec = DataSourceSpec {
    name: "salesforce_external_client_app_credentials",
    doc: "The consumer key and the consumer secret of an External Client App. Terraform does not store them in a state \
          or plan. Reading them does not change the org.\n\nPass them to write-only arguments of other providers, such \
          as `data_json_wo` of `vault_kv_secret_v2`. Requires Terraform 1.10 or OpenTofu 1.11. Write-only arguments \
          require Terraform 1.11.",
    columns: &[
        Column::Own(Own::new(
            "external_client_app",
            Shape::AppName,
            Role::Required,
            "The API name of the app. Use the `id` of its OAuth settings, or `external_client_app` of its credential \
             rotation, so that Terraform reads the secret after these resources change.",
        )),
        Column::Own(Own::new(
            "consumer_key",
            Shape::Text,
            Role::Either,
            "The consumer key (the OAuth client ID). Defaults to the key of the app's only consumer. Set the key if \
             the app has several consumers, or to ensure that the secret belongs to this key.",
        )),
        Column::Own(Own::new(
            "consumer_secret",
            Shape::Secret,
            Role::Result,
            "The consumer secret (the OAuth client secret).",
        )),
    ],
    one_of: &[],
    read,
    schema: OnceLock::new(),
};

fn read(question: Question<'_>) -> ReadFuture<'_> {
    Box::pin(async move {
        let app = question.argument("external_client_app").unwrap_or_default();
        let key = question.argument("consumer_key");
        let found = question.org.consumer_secret(app, key, question.deadline).await;
        let (key, secret) =
            found.map_err(|error| Diagnostics::from(diagnostics::credentials(app, &error)))?;
        Ok(Value::object([("consumer_key", Value::text(key)), ("consumer_secret", Value::Secret(secret))]))
    })
}
