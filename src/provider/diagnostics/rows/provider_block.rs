//! The provider block and the environment.

use crate::provider::diagnostics::row::{Row, error, notice, rows, warning};

rows! {
    MISSING_CREDENTIALS = error(
        "missing-credentials",
        "Missing credentials",
        "Neither the provider block nor the environment sets an authentication method.",
        "Set one of the methods that the message lists. [Authentication](authentication.md)",
    );
    CONFLICTING_AUTHENTICATION = error(
        "conflicting-authentication",
        "Conflicting authentication methods",
        "Two authentication methods are set in the same place. Methods in the provider block take precedence over \
         methods in the environment, so the two methods are either both in the block or both in the environment. A \
         client secret that is set together with a refresh token or a subject token belongs to that method.",
        "Keep one method.",
    );
    ARGUMENT_WITHOUT_EFFECT = warning(
        "argument-without-effect",
        "Argument has no effect",
        "The provider block sets one authentication method and also arguments that belong to another, such as \
         `username` together with `sf_cli_org`.",
        "Remove the arguments, or use the other method.",
    );
    CONFLICTING_ARGUMENTS = error(
        "conflicting-arguments",
        "Conflicting arguments",
        "Two arguments set the same thing, such as `ca_certificate` and `ca_certificate_file`, or one argument already \
         contains the other, as `sfdx_auth_url` contains the `client_id`.",
        "Keep one of them.",
    );
    CREDENTIALS_ORG_MISMATCH = error(
        "credentials-org-mismatch",
        "Credentials for another org",
        "The credentials include their org (an SFDX auth URL, or `SF_ACCESS_TOKEN` with `SF_ORG_INSTANCE_URL`), and \
         `instance_url` is the URL of a different org.",
        "Use credentials for the org in `instance_url`.",
    );
    INVALID_SFDX_AUTH_URL = error(
        "invalid-sfdx-auth-url",
        "Invalid SFDX auth URL",
        "The value is not an SFDX auth URL. The message shows what it is: the placeholder that newer versions of `sf` \
         print, JSON, the name of a variable, a URL without a refresh token, …",
        "See [Get an SFDX auth URL](authentication.md#sfdx-auth-url).",
    );
    INVALID_SF_CLI_ORG = error(
        "invalid-sf-cli-org",
        "Invalid Salesforce CLI org",
        "`sf_cli_org` is neither an alias nor a username.",
        "Use an alias or a username that `sf org list` shows.",
    );
    MISSING_HCP_TERRAFORM_TOKEN = error(
        "missing-hcp-terraform-token",
        "Missing HCP Terraform token",
        "`use_hcp_terraform_token` is set, but the environment of the provider has no workload identity token.",
        "See [Requirements](authentication.md#hcp-terraform).",
    );
    INVALID_TOKEN_TAG = error(
        "invalid-token-tag",
        "Invalid HCP Terraform token tag",
        "`hcp_terraform_token_tag` is not a valid suffix of an environment variable.",
        "Set only the part after `TFC_WORKLOAD_IDENTITY_TOKEN_`.",
    );
    UNSUPPORTED_TOKEN_TYPE = error(
        "unsupported-token-type",
        "Unsupported subject token type",
        "`subject_token_type` is neither one of the short names nor a URN.",
        "Use one of the types that the message lists. Most CI systems issue `jwt`.",
    );
    PLACEHOLDER_VALUE = error(
        "placeholder-value",
        "Placeholder instead of a value",
        "An argument or a variable contains `***`, `${VAR}` or similar text: a masked secret, or the name of a \
         variable that was not replaced.",
        "Set the value, and check how the variable is set.",
    );
    INVALID_PROXY = error(
        "invalid-proxy",
        "Invalid proxy",
        "`HTTPS_PROXY` or `ALL_PROXY` is not an `http` or `https` URL with a host. The message does not show its \
         value.",
        "Correct or unset the variable. In a password, encode `/`, `?`, `#` and `@` as `%2F`, `%3F`, `%23` and `%40`.",
    );
    INVALID_USER_AGENT = error(
        "invalid-user-agent",
        "Invalid user agent",
        "`TF_APPEND_USER_AGENT` contains a character that is not allowed in an HTTP header. The message does not show \
         its value.",
        "Use a product and a version, such as `acme-pipeline/1.2`, or unset the variable.",
    );
    MISSING_ARGUMENT = error(
        "missing-argument",
        "Missing argument",
        "The authentication method requires another argument.",
        "Set the argument, or the environment variable that the message names.",
    );
    EMPTY_ARGUMENT = error(
        "empty-argument",
        "Empty argument",
        "An argument is set to an empty string.",
        "Set a value, or remove the argument.",
    );
    INVALID_CHARACTER = error(
        "invalid-character",
        "Invalid character",
        "A value contains a control character. In the provider block, this error also reports invisible characters, \
         such as a zero-width space, and spaces in a token. The message does not show the character if it is part of a \
         secret.",
        "Retype the value. Such characters often come from copying and pasting.",
    );
    VALUE_TOO_LONG = error(
        "value-too-long",
        "Value too long",
        "A value is longer than the provider accepts.",
        "Shorten it. In the provider block, check which file or variable the value comes from.",
    );
    UNKNOWN_WARNING_ID = notice(
        "unknown-warning-id",
        "Unknown warning ID",
        "`suppress_warnings` contains an ID that does not belong to any warning.",
        "Use an ID that the message lists.",
    );
    INVALID_PRIVATE_KEY = error(
        "invalid-private-key",
        "Invalid private key",
        "The value is not an RSA key in a supported format. The message shows what it is: an encrypted or \
         truncated key, a certificate, a path, the name of a variable, DER, PKCS#12, …",
        "See [Supported formats](authentication.md#keys-in-single-line-variables).",
    );
    UNREADABLE_FILE = error(
        "unreadable-file",
        "Cannot read file",
        "`private_key_file`, `subject_token_file` or `ca_certificate_file` cannot be read. Relative paths are resolved \
         from the directory in which Terraform runs.",
        "Correct the path or the permissions of the file.",
    );
    INVALID_URL = error(
        "invalid-url",
        "Invalid URL",
        "A URL is not `https://` followed by a host, contains a username or a letter that is not Latin, or is a \
         Lightning Experience URL.",
        "Use the My Domain URL from Setup, **My Domain**.",
    );
    INVALID_API_VERSION = error(
        "invalid-api-version",
        "Invalid API version",
        "The version does not have the form `66.0`, or the provider does not support it.",
        "Correct it, or remove it to use the newest version that both the org and the provider support.",
    );
    INVALID_ORG_ID = error(
        "invalid-org-id",
        "Invalid org ID",
        "`expected_org_id` or an element of `previous_org_ids` is not an org ID. An org ID starts with `00D` and has \
         15 or 18 characters.",
        "Use the ID from Setup, **Company Information**.",
    );
    INVALID_ENVIRONMENT_VARIABLE = error(
        "invalid-environment-variable",
        "Invalid environment variable",
        "A Boolean environment variable is neither `true` nor `false`.",
        "Set the variable to `true` or `false`, or unset it.",
    );
    PROVIDER_CONFIGURATION_UNKNOWN = error(
        "provider-configuration-unknown",
        "Provider configuration not yet known",
        "An argument of the provider block is known only after apply, and the operation requires access to the org.",
        "First apply the resource that the argument depends on, with `-target` or in a separate configuration. \
         [What works before that](hcp-terraform.md#unknown-provider-blocks)",
    );
}
