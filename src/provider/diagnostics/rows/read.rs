//! Reading the org: refresh, and everything else that requires a connection.

use crate::provider::diagnostics::row::{Row, error, rows, warning};

rows! {
    SALESFORCE_REQUEST_FAILED = error(
        "salesforce-request-failed",
        "Salesforce request failed",
        "The provider cannot reach Salesforce, or Salesforce rejected the login or the call.",
        "See [the table below](#salesforce-request-failed).",
    );
    STATE_ORG_MISMATCH = error(
        "state-org-mismatch",
        "State belongs to another org",
        "The state was written for a different org than the one that the provider is connected to.",
        "Check the credentials and the workspace. For a refreshed sandbox, set `previous_org_ids`. \
         [Refreshed sandboxes](authentication.md#refreshed-sandboxes)",
    );
    PREVIOUS_ORG_NOT_REFRESHED = error(
        "previous-org-not-refreshed",
        "State of a previous org not refreshed",
        "The state belongs to an org in `previous_org_ids` and was not refreshed, because of `-refresh=false` or a \
         saved plan.",
        "Plan with a refresh.",
    );
    PREVIOUS_ORG = warning(
        "previous-org",
        "State of a previous org",
        "The state belongs to an org in `previous_org_ids` and was refreshed from the connected org. The message lists \
         the differences. The summary names the app if its consumer key changed or a component is missing.",
        "Give new consumer keys to the clients. `terraform apply` or `terraform apply -refresh-only` updates the \
         state, and the warning disappears.",
    );
    PRIVATE_STATE_UNREADABLE = warning(
        "private-state-unreadable",
        "Private state cannot be read",
        "The `private` data in the state file is damaged, or another version of the provider wrote it. The provider \
         ignores it and cannot determine which optional attributes the configuration had at the last apply.",
        "`terraform apply` or `terraform apply -refresh-only` writes it again, and the warning disappears.",
    );
    NOT_REFRESHED = warning(
        "not-refreshed",
        "State not refreshed",
        "An argument of the provider block is known only after apply. The plan uses the values in the state.",
        "First apply the resource that the argument depends on. Or apply everything, and then plan again. \
         [What works before that](hcp-terraform.md#unknown-provider-blocks)",
    );
    REFRESH_TOKEN_ROTATED = warning(
        "refresh-token-rotated",
        "Refresh token rotated",
        "Salesforce returned a new refresh token. The old one may be invalid, and the provider cannot store the new \
         one, so the next login may fail, even during the apply in the same run.",
        "Disable refresh token rotation for the app, or use another authentication method. [Refresh \
         token](authentication.md#refresh-token)",
    );
    READ_INTERRUPTED = error(
        "read-interrupted",
        "Read interrupted",
        "Terraform was interrupted while the provider read the org.",
        "Run the command again.",
    );
    COMPONENT_NOT_ACCESSIBLE = error(
        "component-not-accessible",
        "Component not accessible",
        "Salesforce lists the component, or the state contains it, but Salesforce does not return it. The provider \
         does not treat it as deleted.",
        "Check the [permissions](authentication.md#permissions-of-the-user).",
    );
    NAME_IN_OTHER_CASE = error(
        "app-name-case",
        "App name differs in case",
        "The org has an app whose name differs from the one in the configuration or the state only in case. For \
         Salesforce, both are the same name.",
        "Use the name that the org shows. If the state contains the other name, remove the resource from the state with \
         `terraform state rm`, and import it.",
    );
    MASS_REMOVAL = error(
        "mass-removal",
        "Mass removal rejected",
        "More than three resources of one type, and more than 30% of the known ones (the missing ones and those that \
         the org still lists), are no longer in the org. A missing permission has the same effect, and the plan would \
         recreate all of them with new consumer keys.",
        "Check Setup and the permissions. If the resources were deleted, or if you want to recreate them in a \
         refreshed sandbox, set `SALESFORCE_ALLOW_MASS_REMOVAL=true` for this run. To destroy resources that no longer \
         exist, use the same variable or `terraform state rm`.",
    );
    MULTIPLE_COMPONENTS = error(
        "multiple-components",
        "Multiple components found",
        "The org has more than one component of the same type for one app.",
        "Delete the unused ones.",
    );
    READ_TIMEOUT = error(
        "read-timeout",
        "Read timeout exceeded",
        "Reading the resource took longer than its timeout.",
        "Try again later, or increase `timeouts`.",
    );
    UNEXPECTED_METADATA = error(
        "unexpected-metadata",
        "Unexpected metadata",
        "Salesforce returned metadata that the provider cannot interpret. The state did not change.",
        "Follow the instructions in the message. If there are none, report the error to the provider developers.",
    );
    DRIFT_NOT_CHECKED = warning(
        "drift-not-checked",
        "Drift not checked",
        "The org does not allow the provider to read the consumer settings, or to look up record names by ID. The \
         attributes keep the values that Terraform last wrote.",
        "Grant access, or suppress the warning. [Authentication](authentication.md#permissions-of-the-user)",
    );
}
