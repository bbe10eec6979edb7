//! Faults between the client and the org that can affect any call: closed or stalled connections, redirects, and
//! responses from intermediaries.

use super::{At, BEFORE, BOTH, CHANGES, CREATE, Expected, READS, Row, pages};
use crate::fault::{Action, Times};
use std::time::Duration;

use At::{EachKind, These};

const LONG: Duration = Duration::from_secs(300);

pub const ROWS: &[Row] = &[
    // Connections.
    Row::wire("connection_closed", EachKind, || Action::Close).when(BOTH),
    Row::wire("connection_reset", EachKind, || Action::Reset).when(BOTH),
    Row::wire("request_reset_in_the_middle", EachKind, || Action::ResetUpload),
    Row::wire("reset_at_every_second_poll", These(&["checkDeployStatus", "checkRetrieveStatus"]), || {
        Action::Reset
    })
    .times(Times::Odd),
    Row::wire("connection_refused_for_three_seconds", EachKind, || Action::Away(Duration::from_secs(3))),
    // This row omits the calls before the first session. The provider retries these calls for less than 25 seconds,
    // because the host may be wrong.
    Row::wire(
        "connection_refused_for_25_seconds",
        These(&["deploy", "checkDeployStatus", "listMetadata", "retrieve", "checkRetrieveStatus"]),
        || Action::Away(Duration::from_secs(25)),
    )
    .takes(60),
    Row::wire("response_cut_at_the_start", EachKind, || Action::Cut(0)).when(super::AFTER),
    Row::wire("response_cut_in_the_middle", EachKind, || Action::Cut(50)).when(super::AFTER),
    Row::wire("response_cut_near_the_end", EachKind, || Action::Cut(95)).when(super::AFTER),
    Row::wire("response_sent_slowly", EachKind, || Action::Drip(40, Duration::from_millis(100)))
        .when(super::AFTER),
    Row::wire("no_response", EachKind, || Action::Stall(LONG)).when(BOTH).takes(120),
    Row::wire("response_without_end", These(&["retrieve", "checkDeployStatus"]), || {
        Action::Drip(400, Duration::from_secs(1))
    })
    .when(super::AFTER)
    .takes(120),
    // Pages from intermediaries.
    Row::wire("maintenance_page", EachKind, pages::maintenance).when(BOTH).times(Times::Some(2)),
    Row::wire("maintenance_does_not_end", These(READS), pages::maintenance)
        .steps(CREATE)
        .times(Times::All)
        .fails_with("maintenance")
        .takes(300),
    Row::wire("page_of_a_cdn", EachKind, pages::delivery_network),
    Row::wire("bad_gateway", EachKind, pages::bad_gateway).when(BOTH),
    Row::wire("gateway_timeout", EachKind, pages::gateway_timeout).when(BOTH),
    Row::wire("bad_message", EachKind, pages::bad_message),
    Row::wire("connection_error_page", EachKind, pages::connection_error),
    Row::wire("page_of_a_captive_portal", EachKind, pages::portal)
        .times(Times::All)
        .expects(Expected::Either),
    Row::wire("http_420_twice", These(READS), pages::status_420).times(Times::Some(2)),
    Row::wire("http_420_always", These(READS), pages::status_420)
        .steps(CREATE)
        .times(Times::All)
        .expects(Expected::Either)
        .takes(240),
    Row::wire("too_many_requests", EachKind, pages::status_429).times(Times::Some(2)),
    Row::wire("retry_after", These(READS), pages::retry_after).times(Times::Some(2)),
    Row::wire("retry_after_of_centuries", EachKind, pages::retry_after_of_centuries)
        .expects(Expected::Either)
        .takes(60),
    // Meaningless or hostile responses.
    Row::wire("empty_response", These(READS), pages::nothing_at_all),
    Row::wire("empty_response_to_a_login", These(&["token"]), pages::nothing_at_all),
    Row::wire("empty_response_to_a_deploy", These(&["deploy"]), pages::nothing_at_all),
    Row::wire("json_of_another_service", EachKind, pages::unknown_json).expects(Expected::Either),
    Row::wire("header_of_ten_megabytes", EachKind, pages::long_headers)
        .times(Times::All)
        .expects(Expected::Either)
        .takes(60),
    Row::wire("five_thousand_headers", EachKind, pages::many_headers),
    Row::wire("response_of_100_megabytes", EachKind, pages::hundred_megabytes).expects(Expected::Either),
    Row::wire("error_of_60_megabytes", EachKind, pages::long_error).expects(Expected::Either),
    Row::wire("zip_bomb", EachKind, pages::bomb).expects(Expected::Either),
    Row::wire("gzip_header_without_gzip", EachKind, pages::not_packed).expects(Expected::Either),
    Row::wire("xml_a_million_elements_deep", These(READS), pages::deep).expects(Expected::Either),
    Row::wire("xml_entity_expansion", These(READS), pages::billion_laughs).expects(Expected::Either),
    // Redirects. `invariants` checks that the foreign server received nothing.
    Row::wire("moved_301", EachKind, || Action::Redirect(301)).times(Times::All).fails_with("redirect"),
    Row::wire("moved_302", EachKind, || Action::Redirect(302)).times(Times::All).fails_with("redirect"),
    Row::wire("moved_307", EachKind, || Action::Redirect(307)).times(Times::All).fails_with("redirect"),
    Row::wire("moved_308", EachKind, || Action::Redirect(308)).times(Times::All).fails_with("redirect"),
    // Sessions.
    Row::wire("session_expires", At::EachCall, || Action::Meanwhile("POST", "/sessions/expire", ""))
        .steps(CHANGES)
        .when(BEFORE),
];
