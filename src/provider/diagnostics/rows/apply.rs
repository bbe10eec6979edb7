//! The results of an apply, such as a rejection, an uncertain outcome, or a conflict with others.

use crate::provider::diagnostics::row::{Row, error, notice, rows};

rows! {
    CHANGE_REJECTED = error(
        "change-rejected",
        "Salesforce rejected the change",
        "Salesforce rejected a component. The message contains Salesforce's response.",
        "See [Rejections that need an explanation](#rejections-that-need-an-explanation).",
    );
    SALESFORCE_INTERNAL_ERROR = error(
        "salesforce-internal-error",
        "Internal Salesforce error",
        "Salesforce had an internal error (`UNKNOWN_EXCEPTION`). The provider retried the deploy once and then read \
         the org.",
        "Apply again. If the error persists, contact Salesforce support with the ErrorId in the message.",
    );
    DIFFERENT_VALUE_SAVED = error(
        "different-value-saved",
        "Salesforce saved a different value",
        "The deploy succeeded, but the org has a different value than the one that was sent. A reported example: \
         `pkce_required` stays `true` after `false` is sent.",
        "Set a value that the org allows, or fix whatever prevents the planned value from being saved. If the \
         resource is new, run `terraform untaint` to keep it.",
    );
    ALREADY_EXISTS = error(
        "already-exists",
        "Resource already exists",
        "The org already has the app or its settings, and this configuration did not create them.",
        "Import the resource with the block in the message. [Importing](importing.md)",
    );
    ADOPTED = notice(
        "adopted",
        "Resource adopted from an interrupted run",
        "The resource already exists, was created by the same user within the last day, and is identical to the \
         configuration.",
        "If an earlier run was interrupted, no action is required. If another workspace manages the object, run \
         `terraform state rm` here.",
    );
    NOT_REPLACED = notice(
        "not-replaced",
        "Resource not replaced",
        "With `create_before_destroy`, the replacement has the same API name as the resource that it replaces. The \
         replacement adopted the existing resource with its consumer key, so nothing was deleted.",
        "Remove `create_before_destroy`, then use `-replace` again.",
    );
    BELONGS_TO_ANOTHER_RESOURCE = error(
        "belongs-to-another-resource",
        "Managed by another resource",
        "Another resource in the same run still has the object in its state and is deleting it, because the resource \
         was renamed or removed, or its `for_each` key changed. The deletion is not complete. The provider does not \
         adopt the object.",
        "Apply again. If it is the same object at a new address, a `moved` block keeps it with its consumer key.",
    );
    DEPENDENT_CREATED = error(
        "dependent-created",
        "Dependent resource created in the same run",
        "The resource was planned for deletion, and the same run created or adopted settings or policies that the \
         deletion would remove.",
        "Remove them too, or keep the resource. To change the address, use a `moved` block.",
    );
    DEPENDENCY_NOT_CREATED = error(
        "dependency-not-created",
        "Dependency not created",
        "The app or the settings that the resource depends on could not be created in the same run.",
        "Correct the other error and apply again.",
    );
    REPLACED_RESOURCE_EXISTS = error(
        "replaced-resource-exists",
        "Replaced resource still exists",
        "With `create_before_destroy`, the replacement requires the API name of the resource that it replaces.",
        "Remove `create_before_destroy`, or give the new app a different name.",
    );
    DUPLICATE_ORG_RESOURCE = error(
        "duplicate-org-resource",
        "Duplicate resource for one org",
        "Two resources of the same type manage settings that exist only once in an org. The plan reports this error if \
         one of the resources is new and their values differ. Otherwise, the apply reports it.",
        "Set all settings in one resource.",
    );
    EXISTING_SETTINGS_OVERWRITTEN = notice(
        "existing-settings-overwritten",
        "Existing settings overwritten",
        "The policies had settings that differ from the configuration. The message lists the old values.",
        "Add them to the configuration if you want to keep them.",
    );
    MISSING_COMPONENT = error(
        "missing-component",
        "Missing component",
        "One of the two policy components, which Salesforce creates automatically, was deleted.",
        "Replace the OAuth settings, or create the component in Setup.",
    );
    POLICIES_NOT_FOUND = error(
        "policies-not-found",
        "Policies not found",
        "Salesforce creates the policies together with the OAuth settings, and the app has no policies.",
        "Refer to the `id` of the settings, so that Terraform creates them first.",
    );
    CONCURRENT_CHANGE_CONFLICT = error(
        "concurrent-change-conflict",
        "Conflict with a concurrent change",
        "The change was written, but others wrote the same components at the same time, and the provider could not \
         resolve the conflict. The state contains the values in the org.",
        "Run `terraform plan` when the other changes are complete.",
    );
    CONCURRENT_CHANGE = notice(
        "concurrent-change",
        "Concurrent change detected",
        "Another deploy wrote the same component during the apply, and the apply may have overwritten it, at least \
         temporarily. The message shows the attribute, both values and whether the value was restored, or the ID of \
         the other deploy.",
        "Check the values. Apply again if a managed value is missing.",
    );
    CREATED_SINCE_PLAN = error(
        "created-since-plan",
        "Resource created since the plan",
        "The resource was created outside of Terraform between plan and apply, with values that differ from the plan.",
        "Run `terraform plan` again.",
    );
    NO_LONGER_EXISTS = error(
        "no-longer-exists",
        "Resource no longer exists",
        "The resource existed when the plan was created, and has been deleted since then.",
        "Run `terraform plan` again.",
    );
    CHANGED_SINCE_PLAN = notice(
        "changed-since-plan",
        "Attribute changed since the plan",
        "An attribute was changed outside of Terraform between plan and apply. The message shows the current value in \
         the org.",
        "Inform the owner of the other change.",
    );
    UNPLANNED_VALUES = error(
        "unplanned-values",
        "Unmanaged values would be removed",
        "The configuration now has blocks of an attribute that Terraform did not manage before. The org has \
         additional values, which the plan could not show.",
        "Add the values to the configuration, or remove them in Setup.",
    );
    SALESFORCE_WARNING = notice(
        "salesforce-warning",
        "Salesforce returned a warning",
        "The deploy succeeded, and Salesforce returned a warning about a component.",
        "Follow the instructions in the message.",
    );
    ORG_LOCKED = error(
        "org-locked",
        "Org is locked",
        "Another deploy or package installation locked the org for longer than the provider waits.",
        "Apply again when Deployment Status shows that it is complete.",
    );
    TIMEOUT_EXCEEDED = error(
        "timeout-exceeded",
        "Timeout exceeded",
        "The timeout elapsed before the change was sent to Salesforce (or sent again after an internal error), or before a \
         rotation was complete.",
        "Apply again, or increase `timeouts`. [Deploys](deploys.md#timeouts)",
    );
    INTERRUPTED_BEFORE_CHANGE = error(
        "interrupted-before-change",
        "Interrupted before the change",
        "Terraform was interrupted before the change was sent to Salesforce, or sent again after an internal error.",
        "Apply again.",
    );
    OUTCOME_UNKNOWN = error(
        "outcome-unknown",
        "Outcome unknown",
        "The deploy was sent, but the provider did not receive its result because of a timeout, an interruption, a \
         lost connection or a canceled deploy.",
        "Run `terraform plan` to see the remaining changes. Deployment Status shows the result.",
    );
    SUCCEEDED_AFTER_ERROR = notice(
        "succeeded-after-error",
        "Change succeeded despite an error",
        "The provider did not receive the result of the deploy. It then read the org and found that all changes are \
         complete.",
        "No action is required.",
    );
    CHANGE_NOT_VERIFIED = error(
        "change-not-verified",
        "Change not verified",
        "The deploy succeeded, but reading the result failed. The state contains the planned values.",
        "Run `terraform plan` when Salesforce is available again. Terraform marks a new resource as tainted and plans \
         to replace it, with a new consumer key. To keep it, run `terraform untaint`.",
    );
    NOT_FOUND_AFTER_CHANGE = error(
        "not-found-after-change",
        "Resource not found after the change",
        "The deploy succeeded, but the org does not return the resource. It may have been deleted since then.",
        "Run `terraform plan`.",
    );
    EXISTS_AFTER_DELETION = error(
        "exists-after-deletion",
        "Resource still exists after deletion",
        "Salesforce reported that the resource was deleted, but still returns it.",
        "Run `terraform destroy` again.",
    );
    CHANGE_NOT_APPLIED = error(
        "change-not-applied",
        "Change not applied",
        "The provider could not create the deployment package.",
        "Report the error to the provider developers.",
    );
}
