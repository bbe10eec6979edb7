//! Errors that indicate a bug in the provider, or a state or configuration that this version does not support.

use crate::provider::diagnostics::row::{Row, error, rows};

rows! {
    PROVIDER_BUG = error(
        "provider-bug",
        "Provider bug",
        "The provider stopped unexpectedly. A change that was in progress may or may not be complete.",
        "Run `terraform plan` to check, and report the error to the provider developers.",
    );
    SCHEMA_MISMATCH = error(
        "schema-mismatch",
        "Value does not match the schema",
        "The provider created a value that Terraform would reject.",
        "Report the error to the provider developers.",
    );
    PROVIDER_NOT_CONFIGURED = error(
        "provider-not-configured",
        "Provider not configured",
        "Terraform called an operation that requires an org before it configured the provider.",
        "Report the error to the provider developers.",
    );
    UNKNOWN_TYPE = error(
        "unknown-type",
        "Unknown type",
        "The configuration or the state contains a type that this version of the provider does not have.",
        "`terraform init -upgrade` may install a version that has it.",
    );
    UNREADABLE_VALUE = error(
        "unreadable-value",
        "Value from Terraform cannot be read",
        "Another version of the provider wrote the state, plan or configuration.",
        "Use that version, or report the error.",
    );
    UNSUPPORTED_STATE_FORMAT = error(
        "unsupported-state-format",
        "Unsupported state format",
        "The state was written by Terraform 0.11 or earlier.",
        "Remove the resource from the state and import it again.",
    );
    UNSUPPORTED_MOVE = error(
        "unsupported-move",
        "Unsupported move",
        "A `moved` block changes the type of a resource to one that is not supported. An app, its OAuth settings or \
         its policies can become a `salesforce_oauth_client`, and vice versa.",
        "Remove the block and import the object.",
    );
}
