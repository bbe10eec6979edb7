//! ExternalClientAppSettings: what the whole org allows with consumer secrets and packages.

use crate::metadata::{Field, MetadataType};

/// The attribute that lets secrets be read by REST: who is refused one wants to know whether it is off.
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
                "Whether users with the permission View Client Secret may read consumer secrets through the credentials \
                 REST API.",
            ),
        Field::bool("consumer_secret_api_access_enabled", "enableConsumerSecretApiAccess")
            .switch()
            .doc(
                "Whether consumers may be read through the Metadata API. Deprecated, says Salesforce's guide, which names \
                 Setup instead. While it is off, Terraform cannot see drift of an app's consumer settings, nor import them.",
            )
            .setup("Allow Access to OAuth Consumer Secrets via Metadata API"),
        Field::bool("package_eca_oauth_from_dev_org_enabled", "enablePackageEcaOauthFromDevOrg")
            .switch()
            .doc(
                "Whether apps with OAuth settings may be packaged in an org that is no Dev Hub. Salesforce recommends a Dev \
                 Hub; in scratch orgs and sandboxes it has no effect.",
            ),
    ],
    dropped: &[],
    labelled_by_name: None,
    usual_suffixes: &[],
    is_policy: false,
    unmapped: &[(
        "enableExternalClientApps",
        "the opt-in to External Client Apps, which ended with API 62.0: what the org has stays",
    )],
};
