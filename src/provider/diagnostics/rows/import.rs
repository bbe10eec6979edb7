//! Imports and lists of resources.

use crate::provider::diagnostics::row::{Row, error, notice, rows};

rows! {
    INVALID_IMPORT_ID = error(
        "invalid-import-id",
        "Invalid import ID",
        "The ID is not an API name. For settings of the org, the ID is neither the name of the settings nor the ID of \
         the org.",
        "Use an API name such as `Shop` or `namespace__Shop`. For settings of the org, use `OauthOidc`, \
         `ExternalClientApp` or the ID of the org.",
    );
    IMPORT_ORG_MISMATCH = error(
        "import-org-mismatch",
        "Import from another org",
        "The identity in the `import` block contains a different org than the one that the provider is connected to.",
        "Check the credentials and the identity. For a refreshed sandbox, set `previous_org_ids`.",
    );
    IMPORT_NOT_FOUND = error(
        "import-not-found",
        "Object to import not found",
        "The org has no object with that name.",
        "Compare the name with *API Name* in Setup. Names are case-sensitive.",
    );
    PACKAGED_APP = error(
        "packaged-app",
        "App installed from a package",
        "The publisher of the package owns the settings of the app.",
        "Manage only its policies, with `salesforce_external_client_app_policies`.",
    );
    CONSUMER_SETTINGS_UNREADABLE = error(
        "consumer-settings-unreadable",
        "Consumer settings cannot be read",
        "The org does not allow the provider to read the consumer settings, so their values are unknown.",
        "Grant access. [Authentication](authentication.md#permissions-of-the-user)",
    );
    INCOMPLETE_LIST = notice(
        "incomplete-list",
        "Some apps could not be read",
        "`terraform query` omits apps that Salesforce does not return or that the provider cannot interpret. The \
         message shows the reason for the first one.",
        "Check the [permissions](authentication.md#permissions-of-the-user).",
    );
    APPS_NOT_LISTED = error(
        "apps-not-listed",
        "Apps cannot be listed",
        "The provider cannot interpret Salesforce's response.",
        "Try again. If the error persists, report it to the provider developers.",
    );
}
