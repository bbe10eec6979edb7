//! Changes that a plan rejects or warns about.

use crate::provider::diagnostics::row::{Row, error, rows, warning};

rows! {
    DEPENDENT_NOT_REMOVED = error(
        "dependent-not-removed",
        "Dependent resource not removed",
        "The plan deletes an app and keeps settings or policies that refer to it by a literal name. Salesforce deletes \
         them together with the app.",
        "Remove the dependent resource too, or keep the app.",
    );
    DELETION_PROTECTION = error(
        "deletion-protection",
        "Deletion protection enabled",
        "The resource has `deletion_protection = true`, and the plan would destroy or replace it.",
        "To delete the resource, apply `deletion_protection = false` first.",
    );
    SELF_LOCKOUT = error(
        "self-lockout",
        "Change would lock out the provider",
        "The change would revoke the access of the app that Terraform authenticates with. The message describes how. \
         Changes to policies are rejected during apply.",
        "Do not manage that app with Terraform, authenticate with another app, or set `allow_self_lockout = true`. \
         [Affected changes](authentication.md#the-app-that-terraform-logs-in-with)",
    );
    CERTIFICATE_MAY_BE_REMOVED = error(
        "certificate-may-be-removed",
        "Certificate may be removed",
        "Salesforce does not return the consumer settings, which the provider writes as a whole, and the configuration \
         has no `certificate`. The apply may remove the app's certificate.",
        "Set `certificate`, or set it to `\"\"` if the app has none. Alternatively, allow Terraform to read the \
         settings. See [Importing](importing.md#what-cannot-be-imported).",
    );
    NEWER_PROVIDER_VERSION = error(
        "newer-provider-version",
        "State written by a newer provider version",
        "A newer version of the provider wrote the state or the identity of a resource, in a format that this version \
         does not support. Nothing was changed. Terraform itself reports this as **Resource instance managed by newer \
         provider version**.",
        "Allow that version in `required_providers` and run `terraform init -upgrade`. To keep the older version, \
         restore a state from before the upgrade, or run `terraform state rm` and import the resource.",
    );
    CONSUMER_KEY_WILL_BE_DESTROYED = warning(
        "consumer-key-destroyed",
        "Consumer key will be destroyed",
        "The client ID and all its tokens become invalid. New apps and new settings get a new key. To change the name \
         that users see, change `label`; changing `name` replaces the app.",
        "Give every client the new key.",
    );
    NEW_CONSUMER_KEY = warning(
        "consumer-key-destroyed",
        "New consumer key",
        "The OAuth settings of a `salesforce_oauth_client` were deleted outside of Terraform, together with the \
         consumer key. The plan creates them again.",
        "Give every client the new key.",
    );
    CONSUMER_KEY_WAS_DESTROYED = warning(
        "consumer-key-destroyed",
        "Consumer key was destroyed",
        "The apply deleted an app or its settings and created them again. The plan cannot warn about this if you use \
         `-replace` for an app and the configuration does not contain its settings.",
        "Give every client the new key.",
    );
    ACCESS_LOST = warning(
        "access-lost",
        "Users lose access to an app",
        "Users who have none of the remaining permission sets and profiles immediately lose access to the app. The \
         message shows the number of active users who have each of them, directly and through permission set groups, \
         as of the last refresh. The numbers are missing if the user that Terraform logs in as cannot read them (this \
         requires View Setup and Configuration), or if the state did not contain the permission set yet.",
        "Assign the permission sets or profiles first.",
    );
    APP_DISABLED = warning(
        "app-disabled",
        "App will be disabled",
        "The app or its OAuth flows are disabled.",
        "Check that no client uses the app.",
    );
    FLOW_DISABLED = warning(
        "flow-disabled",
        "Flow will be disabled",
        "The plan disables an OAuth flow of the app.",
        "Check that no client uses the flow.",
    );
    EXISTING_CLIENTS = warning(
        "existing-clients",
        "Existing clients may fail",
        "The plan adds a requirement for client requests, or removes a callback URL or a scope.",
        "Update the clients first.",
    );
    JWT_ENABLED = warning(
        "jwt-enabled",
        "New tokens are JWTs",
        "In API versions earlier than 68.0, the SOAP API rejects JWT access tokens. Guest users require JWTs.",
        "Check the API version of your clients.",
    );
    ANONYMOUS_ACCESS = warning(
        "anonymous-access",
        "Anonymous access",
        "Users who are not authenticated get access tokens.",
        "Check the scopes of the app.",
    );
    CERTIFICATE_CHANGED = warning(
        "certificate-changed",
        "Certificate changes",
        "An app has one certificate. Clients that sign with the old private key can no longer log in, unless both \
         certificates are for the same key. The message shows which case applies.",
        "See [Certificates](certificates.md) for ways to replace a certificate.",
    );
    ACCESS_ATTRIBUTE_NO_LONGER_MANAGED = warning(
        "no-longer-managed",
        "Access control attribute no longer managed",
        "An attribute that controls access to the app or the org was removed from the configuration. Its value in the \
         org does not change. The message lists all removed attributes of the resource, those that control access \
         first.",
        "Keep the attribute in the configuration to manage it.",
    );
    NO_LONGER_MANAGED = warning(
        "no-longer-managed",
        "Attribute no longer managed",
        "An attribute was removed from the configuration. Its value in the org does not change.",
        "Keep the attribute in the configuration to manage it.",
    );
    WHOLE_ORG = warning(
        "whole-org",
        "Org-wide setting",
        "The change applies to every app in the org, including apps that Terraform does not manage. The message \
         describes which clients may fail. A new resource always shows this warning, because the values in the org are \
         unknown during the plan.",
        "Check the other apps in the org.",
    );
    POLICIES_STAY = warning(
        "policies-stay",
        "Policies remain in the org",
        "If you destroy the resource, Terraform only stops managing the policies. Resetting them would give every user \
         access again.",
        "To change a policy, apply the change before you destroy the resource.",
    );
    SETTINGS_STAY = warning(
        "settings-stay",
        "Settings remain in the org",
        "If you destroy the resource, Terraform only stops managing the org's settings, which keep their values.",
        "To change a setting, apply the change before you destroy the resource.",
    );
}
