//! ExternalClientAppSettings: org-wide access to consumer secrets, and packaging.

use crate::metadata::{Field, MetadataType};

/// The attribute that allows consumer secrets to be read through the REST API. Messages about a rejected read name the
/// attribute.
pub const SECRETS_BY_REST: &str = "client_secret_in_rest_api_access_enabled";

pub static TYPE: MetadataType = MetadataType {
    name: "ExternalClientAppSettings",
    settings_member: Some("ExternalClientApp"),
    directory: "settings",
    suffix: "settings",
    fields: &[
        Field::bool(SECRETS_BY_REST, "enableClientSecretInRestApiAccess")
            .switch()
            .doc(
                "Whether users with the permission View Client Secret can read consumer secrets through the \
                 credentials REST API.",
            ),
        Field::bool("consumer_secret_api_access_enabled", "enableConsumerSecretApiAccess")
            .switch()
            .doc(
                "Whether the Metadata API can read consumers. Salesforce's guide marks the setting as deprecated and \
                 recommends Setup instead. When the setting is disabled, Terraform cannot import an app's consumer \
                 settings or detect drift from them.",
            )
            .setup("Allow Access to OAuth Consumer Secrets via Metadata API"),
        Field::bool("package_eca_oauth_from_dev_org_enabled", "enablePackageEcaOauthFromDevOrg")
            .switch()
            .doc(
                "Whether apps with OAuth settings can be packaged in an org that is not a Dev Hub. Salesforce \
                 recommends a Dev Hub. The setting has no effect in scratch orgs and sandboxes.",
            ),
    ],
    dropped: &[],
    labeled_by_name: None,
    usual_suffixes: &[],
    is_policy: false,
    unmapped: &[(
        "enableExternalClientApps",
        "the opt-in to External Client Apps, removed in API 62.0; the org keeps its value",
    )],
};
