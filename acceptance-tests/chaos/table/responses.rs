//! Responses from the org to any call: limits, locks, server errors, rejections.

use super::{At, CREATE, Expected, READS, Row};
use crate::fault::{Action, Times};

use At::{EachCall, EachKind, These};

/// Calls that need a session.
const API: &[&str] = &[
    "query",
    "toolingQuery",
    "listMetadata",
    "retrieve",
    "checkRetrieveStatus",
    "checkDeployStatus",
    "deploy",
];

macro_rules! fault {
    ($status:expr, $code:expr, $text:expr) => {
        || Action::Coded { status: $status, code: $code, text: $text }
    };
}

pub const ROWS: &[Row] = &[
    Row::wire(
        "session_is_never_valid",
        These(&["retrieve", "deploy"]),
        fault!(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    )
    .times(Times::All)
    .fails_with("the session has expired"),
    Row::wire(
        "session_is_blocked",
        These(&["retrieve", "deploy"]),
        fault!(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
    )
    .times(Times::All)
    .fails_with("not valid for use with the REST API"),
    Row::wire(
        "soap_refuses_the_token_format",
        These(&["retrieve", "deploy"]),
        fault!(500, "INVALID_SESSION_ID", "This session is not valid for use with the API"),
    )
    .times(Times::All)
    .fails_with("JWT"),
    Row::wire(
        "daily_limit",
        EachCall,
        fault!(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    )
    .times(Times::All)
    // The provider polls a deploy for several more minutes, because the deploy continues in the org.
    .slow_at("checkDeployStatus", 280)
    .expects(Expected::Either),
    Row::wire(
        "concurrent_request_limit",
        These(API),
        fault!(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    )
    .times(Times::Some(2)),
    Row::wire(
        "server_unavailable",
        These(API),
        fault!(503, "SERVER_UNAVAILABLE", "System may be currently unavailable"),
    )
    .times(Times::Some(2)),
    Row::wire(
        "servlet_state",
        These(READS),
        fault!(500, "UNKNOWN_EXCEPTION", "Unexpected internal servlet state"),
    ),
    Row::wire(
        "query_locator",
        These(&["query", "toolingQuery"]),
        fault!(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    ),
    Row::wire(
        "query_cursor",
        These(READS),
        fault!(500, "UNKNOWN_EXCEPTION", "Unable to complete the creation of the query cursor at this time"),
    ),
    Row::wire(
        "security_policies",
        These(READS),
        fault!(500, "UNKNOWN_EXCEPTION", "security policies took too long to evaluate"),
    ),
    Row::wire(
        "retry_your_request_error",
        These(READS),
        fault!(500, "UNKNOWN_EXCEPTION", "unknown_error: retry your request"),
    ),
    Row::wire(
        "unknown_exception",
        EachKind,
        fault!(500, "UNKNOWN_EXCEPTION", "An unexpected error has occurred. 1991077152-83778 (1924580756)"),
    )
    .when(super::BOTH),
    Row::wire(
        "row_lock_of_a_call",
        These(READS),
        fault!(500, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    )
    .expects(Expected::Either),
    Row::wire(
        "read_only_org",
        These(&["deploy"]),
        fault!(500, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "read-only mode"),
    )
    .times(Times::All)
    .expects(Expected::Either)
    .takes(600),
    Row::wire(
        "not_allowed",
        These(&["retrieve", "deploy"]),
        fault!(
            500,
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
        ),
    )
    .times(Times::All)
    .fails_with("ModifyMetadata"),
    Row::wire(
        "api_is_disabled_for_this_user",
        These(&["retrieve", "deploy"]),
        fault!(500, "API_CURRENTLY_DISABLED", "API is disabled for this User"),
    )
    .times(Times::All)
    .expects(Expected::Either),
    Row::wire(
        "version_is_not_supported",
        These(&["retrieve", "deploy"]),
        fault!(500, "UNSUPPORTED_API_VERSION", "The API version that was specified (68.0) is not supported"),
    )
    .times(Times::All)
    .fails_with("UNSUPPORTED_API_VERSION"),
    Row::wire(
        "request_is_too_large",
        These(&["deploy"]),
        fault!(
            500,
            "LIMIT_EXCEEDED",
            "Maximum size of request reached. Maximum size of request is 52428800 bytes."
        ),
    )
    .fails_with("52428800"),
    Row::wire(
        "text_with_the_session_in_it",
        EachKind,
        fault!(500, "UNKNOWN_EXCEPTION", "missing session key: {token}, missing session hash: {token}"),
    )
    .steps(CREATE)
    .times(Times::Some(5))
    .expects(Expected::Either),
];
