//! Data sources and ephemeral resources.

use crate::provider::diagnostics::row::{Row, error, rows};

rows! {
    NOT_FOUND = error(
        "not-found",
        "Not found in the org",
        "The org has no app, permission set or site with that name or label, or the user that Terraform logs in as \
         cannot see it.",
        "Check the spelling, the case, the namespace and the [permissions](authentication.md#permissions-of-the-user).",
    );
    MULTIPLE_MATCHES = error(
        "multiple-matches",
        "Multiple matches found",
        "Several objects have that label. The message lists their names.",
        "Search by name.",
    );
    EXACTLY_ONE_ARGUMENT = error(
        "exactly-one-argument",
        "Exactly one argument required",
        "Either none or more than one of the arguments that select the object is set.",
        "Set exactly one.",
    );
    INTERRUPTED = error(
        "interrupted",
        "Operation interrupted",
        "Terraform was interrupted while the provider read the org, or before it rotated or revoked credentials.",
        "Run the command again.",
    );
}
