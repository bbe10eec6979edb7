//! Faults of logins: rejections with known messages, clock differences, unsupported versions.

use super::{At, CREATE, Expected, Row};
use crate::fault::{Action, Times};
use crate::message::Response;

use At::These;

const TOKEN: At = These(&["token"]);

macro_rules! refuses {
    ($error:expr, $text:expr) => {
        || Action::Coded { status: 400, code: $error, text: $text }
    };
}

const fn always(row: Row) -> Row {
    row.steps(CREATE).times(Times::All)
}

/// The response from a server that rejects the login as expired and whose clock is this number of minutes ahead.
fn another_clock(minutes: i64) -> Action {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default() + minutes * 60;
    let body = "{\"error\":\"invalid_grant\",\"error_description\":\"expired authorization code\"}";
    Action::Response(Response::new(400, "application/json", body).with("date", &date(seconds)))
}

/// A date in HTTP format. The day of the week is always Monday.
fn date(seconds: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let name =
        usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("Mon, {day:02} {name} {year} {:02}:{:02}:{:02} GMT", rest / 3600, rest / 60 % 60, rest % 60)
}

pub const ROWS: &[Row] = &[
    always(Row::wire(
        "app_is_not_approved",
        TOKEN,
        refuses!("invalid_grant", "user hasn't approved this consumer"),
    ))
    .fails_with("approved"),
    always(Row::wire("audience_is_refused", TOKEN, refuses!("invalid_grant", "audience is invalid")))
        .fails_with("audience"),
    always(Row::wire(
        "app_is_not_in_the_org",
        TOKEN,
        refuses!("invalid_client", "External client app is not installed in this org"),
    ))
    .fails_with("not installed in this org"),
    always(Row::wire("client_is_unknown", TOKEN, refuses!("invalid_client_id", "client identifier invalid")))
        .fails_with("client identifier invalid"),
    always(Row::wire("too_many_logins", TOKEN, refuses!("invalid_grant", "login rate exceeded")))
        .fails_with("login rate exceeded"),
    always(Row::wire("ip_is_restricted", TOKEN, refuses!("invalid_grant", "ip restricted")))
        .fails_with("restricted"),
    always(Row::wire("user_is_inactive", TOKEN, refuses!("invalid_grant", "inactive user")))
        .fails_with("inactive"),
    always(Row::wire("server_error_always", TOKEN, refuses!("server_error", "try later")))
        .expects(Expected::Either),
    Row::wire("server_error_once", TOKEN, refuses!("server_error", "try later")),
    Row::wire("clock_behind_by_ten_minutes", TOKEN, || another_clock(10)).expects(Expected::Either),
    Row::wire("clock_ahead_by_ten_minutes", TOKEN, || another_clock(-10)).expects(Expected::Either),
    always(Row::wire("org_is_too_old", These(&["versions"]), || {
        let text = "[{\"label\":\"Old\",\"url\":\"/services/data/v58.0\",\"version\":\"58.0\"}]";
        Action::Response(Response::new(200, "application/json", text))
    }))
    .fails_with("58"),
];

#[test]
fn dates_have_the_http_format() {
    assert_eq!(date(0), "Mon, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(date(1_709_208_000), "Mon, 29 Feb 2024 12:00:00 GMT");
}
