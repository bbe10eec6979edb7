//! Values and combinations of attributes that `terraform validate` checks without an org.

use crate::provider::diagnostics::row::{Row, error, notice, rows, warning};

rows! {
    INVALID_VALUE = error(
        "invalid-value",
        "Invalid value",
        "The value violates a rule in the description of the attribute.",
        "Follow the instructions in the message.",
    );
    UNCONFIRMED_RULE = warning(
        "unconfirmed-rule",
        "Value may be invalid",
        "The value violates a rule that probably applies but is not confirmed in an org, such as a maximum length, no \
         plain `http`, or a minimum key size.",
        "Check the value. Salesforce may reject it.",
    );
    MISSING_REQUIRED_ATTRIBUTE = error(
        "missing-required-attribute",
        "Missing required attribute",
        "A required attribute is null.",
        "Set a value.",
    );
    READ_ONLY_ATTRIBUTE = error(
        "read-only-attribute",
        "Read-only attribute",
        "Salesforce or Terraform sets this attribute.",
        "Remove it from the configuration.",
    );
    CERTIFICATE_EXPIRED = warning(
        "certificate-expired",
        "Certificate expired",
        "The certificate is past its last day of validity.",
        "[Replace it](certificates.md).",
    );
    CERTIFICATE_EXPIRES_SOON = warning(
        "certificate-expires-soon",
        "Certificate expires soon",
        "The certificate expires within 30 days.",
        "[Replace it](certificates.md) before it expires.",
    );
    CERTIFICATE_NOT_YET_VALID = warning(
        "certificate-not-yet-valid",
        "Certificate not yet valid",
        "The validity period of the certificate has not started.",
        "Check the clock of this machine and of the machine that created the certificate, or wait.",
    );
    MISPLACED_PRIVATE_KEY = error(
        "misplaced-private-key",
        "Misplaced private key",
        "An attribute contains a private key where it requires a certificate. The message does not show the value.",
        "Set the certificate, and keep the private key out of Terraform.",
    );
    INVISIBLE_CHARACTER_IN_NAME = error(
        "invisible-character-in-name",
        "Invisible character",
        "The value contains an invisible character: a zero-width space, a byte-order mark, a directional mark, or a \
         non-breaking space at the start or end. Two names can then look the same and still differ.",
        "Retype the value. The message shows the character and its position.",
    );
    INVISIBLE_CHARACTER = warning(
        "invisible-character",
        "Invisible character",
        "A label or a description contains an invisible character. The plan fails unless the org already has the same \
         value.",
        "Retype the value.",
    );
    DUPLICATE_ELEMENT = error(
        "duplicate-element",
        "Duplicate element",
        "A list contains an element twice.",
        "Remove the duplicate.",
    );
    INVALID_TIMEOUT = error(
        "invalid-timeout",
        "Invalid timeout",
        "The timeout is not a positive duration.",
        "Use a duration such as `90s`, `20m` or `1h30m`.",
    );
    INVALID_COMBINATION = error(
        "invalid-combination",
        "Invalid attribute combination",
        "The values of several attributes contradict each other or are unsafe together. The message ends with the ID \
         of the rule, and the documentation of the resource lists the rules.",
        "Change one of the attributes.",
    );
    QUESTIONABLE_COMBINATION = notice(
        "questionable-combination",
        "Questionable attribute combination",
        "An attribute has no effect in combination with another one, or the combination is probably a mistake. The \
         message ends with the ID of its rule. To suppress it, use this ID.",
        "See [the rules](#rules-between-attributes).",
    );
    DUPLICATE_RESOURCE = error(
        "duplicate-resource",
        "Duplicate resource for one app",
        "Two resources of the same type manage the same app, or apps whose names differ only in case.",
        "Remove one of them, or rename it.",
    );
    CONFLICTING_RESOURCES = error(
        "conflicting-resources",
        "Conflicting resources for one app",
        "A `salesforce_oauth_client` manages a whole app, and another resource in the same configuration manages the \
         app, its OAuth settings or its policies.",
        "Keep one kind of resource. `moved` and `removed` blocks move the state; see [Importing](importing.md).",
    );
    MOVED_NOT_REFRESHED = error(
        "moved-not-refreshed",
        "Moved resource not refreshed",
        "A `moved` block changed another resource into a `salesforce_oauth_client`, and `-refresh=false` prevented the \
         provider from reading the remaining attributes.",
        "Plan and apply without `-refresh=false`.",
    );
    MISSING_MOVED_BLOCK = error(
        "missing-moved-block",
        "Missing moved block",
        "A resource, a module or a key of `for_each` was renamed without a `moved` block. The plan would delete the \
         app at the old address and create it at the new one, so the consumer key would be lost.",
        "Add a `moved` block, or run `terraform state mv OLD NEW`. If two resources swap names, give one of the apps a \
         new address, and move the existing app there with a `moved` block. If the state contains the app twice, run \
         `terraform state rm` for the address that you want to remove. To recreate the app, keep the address and use \
         `-replace`.",
    );
    CONFLICTING_SETTINGS_AND_POLICIES = error(
        "conflicting-settings-and-policies",
        "Conflicting settings and policies",
        "The policies allow guest access, and the OAuth settings of the app in the same configuration lack what guest \
         access requires. `terraform plan` reports this.",
        "In the settings, set the attribute that the message names.",
    );
    FLOW_NOT_ENABLED = warning(
        "flow-not-enabled",
        "Flow not enabled in the OAuth settings",
        "The policies enable a flow that the OAuth settings of the app in the same configuration do not enable. The \
         app rejects the flow.",
        "Enable the flow in both, or in neither.",
    );
    LINKED_CONSUMER = error(
        "linked-consumer",
        "Attributes of a linked consumer",
        "With `oauth_link`, the app uses the consumer of another org. The callback URLs, flows and other attributes \
         are set in that org.",
        "Remove the attributes, or `oauth_link`.",
    );
    NEWER_API_VERSION_REQUIRED = error(
        "newer-api-version-required",
        "Newer API version required",
        "The element or the value requires a newer API version than the one in use.",
        "Remove it, or set `api_version` to a newer version if the org supports one.",
    );
}
