//! What goes wrong at a login: refusals in the words that were reported, clocks that differ, versions that are too old.

use super::{At, CREATE, Ends, Row};
use crate::fault::{Action, Times};
use crate::message::Answer;

use At::These;

const TOKEN: At = These(&["token"]);

macro_rules! refuses {
    ($error:expr, $text:expr) => {
        || Action::Coded { status: 400, code: $error, text: $text }
    };
}

const fn for_ever(row: Row) -> Row {
    row.steps(CREATE).times(Times::All)
}

/// The login is refused as too old by a server that is so many minutes ahead, or behind.
fn another_clock(minutes: i64) -> Action {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default() + minutes * 60;
    let body = "{\"error\":\"invalid_grant\",\"error_description\":\"expired authorization code\"}";
    Action::Answer(Answer::new(400, "application/json", body).with("date", &date(seconds)))
}

/// As HTTP writes it; the name of the day is nobody's business.
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
    for_ever(Row::wire(
        "app_is_not_approved",
        TOKEN,
        refuses!("invalid_grant", "user hasn't approved this consumer"),
    ))
    .says("approved"),
    for_ever(Row::wire("audience_is_refused", TOKEN, refuses!("invalid_grant", "audience is invalid")))
        .says("audience"),
    for_ever(Row::wire(
        "app_is_not_in_the_org",
        TOKEN,
        refuses!("invalid_client", "External client app is not installed in this org"),
    ))
    .says("not installed in this org"),
    for_ever(Row::wire(
        "client_is_unknown",
        TOKEN,
        refuses!("invalid_client_id", "client identifier invalid"),
    ))
    .says("client identifier invalid"),
    for_ever(Row::wire("too_many_logins", TOKEN, refuses!("invalid_grant", "login rate exceeded")))
        .says("login rate exceeded"),
    for_ever(Row::wire("ip_is_restricted", TOKEN, refuses!("invalid_grant", "ip restricted")))
        .says("restricted"),
    for_ever(Row::wire("user_is_inactive", TOKEN, refuses!("invalid_grant", "inactive user")))
        .says("inactive"),
    for_ever(Row::wire("server_error_for_ever", TOKEN, refuses!("server_error", "try later")))
        .ends(Ends::Somehow),
    Row::wire("server_error_once", TOKEN, refuses!("server_error", "try later")),
    Row::wire("clock_behind_by_ten_minutes", TOKEN, || another_clock(10)).ends(Ends::Somehow),
    Row::wire("clock_ahead_by_ten_minutes", TOKEN, || another_clock(-10)).ends(Ends::Somehow),
    for_ever(Row::wire("org_is_too_old", These(&["versions"]), || {
        let text = "[{\"label\":\"Old\",\"url\":\"/services/data/v58.0\",\"version\":\"58.0\"}]";
        Action::Answer(Answer::new(200, "application/json", text))
    }))
    .says("58"),
];

#[test]
fn dates_are_written_as_http_does() {
    assert_eq!(date(0), "Mon, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(date(1_709_208_000), "Mon, 29 Feb 2024 12:00:00 GMT");
}
