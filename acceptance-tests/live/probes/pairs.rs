//! Staged credentials: the responses to staging and rotating, and the consumer keys that the token endpoint
//! recognizes.

use super::access::{PROPAGATION, key_and_certificate};
use super::{ProbeContext, ProbeResult, Verdict, all, verdict};
use crate::client::CallError;
use crate::org::{RestReply, text};
use acceptance_tests::interrupt;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SINCE: f64 = 65.0;
const DAY: i64 = 86_400;

/// The only consumer of the probe's app.
struct Consumer<'a> {
    context: &'a ProbeContext<'a>,
    id: String,
}

impl<'a> Consumer<'a> {
    fn of(context: &'a ProbeContext<'a>) -> Result<Self, CallError> {
        context.create()?;
        Self::of_existing(context)
    }

    fn of_existing(context: &'a ProbeContext<'a>) -> Result<Self, CallError> {
        if context.org.about.version.parse::<f64>().is_ok_and(|version| version < SINCE) {
            return Err(CallError(format!("staged credentials exist since API version {SINCE:.1}")));
        }
        let found = context.org.credentials(&context.app, "GET", "", None)?;
        let id = found.body.pointer("/consumers/0/id").and_then(Value::as_str);
        let id =
            id.ok_or_else(|| CallError(format!("the app has no visible consumer: {}", found.message())))?;
        Ok(Self { context, id: id.to_owned() })
    }

    /// Makes a REST call. `rest` is appended to the ID of the consumer in the path.
    fn call(&self, method: &str, rest: &str, body: Option<&Value>) -> Result<RestReply, CallError> {
        self.context.org.credentials(&self.context.app, method, &format!("/{}{rest}", self.id), body)
    }

    fn main(&self) -> Result<Value, CallError> {
        Ok(self.call("GET", "?part=keyandsecret", None)?.body)
    }

    fn list(&self) -> Result<Vec<Value>, CallError> {
        let found = self.call("GET", "/staged", None)?;
        if found.is_good() {
            Ok(several(&found))
        } else {
            Err(CallError(format!("the list is rejected: {}", found.message())))
        }
    }

    fn try_to_stage(&self) -> Result<RestReply, CallError> {
        self.call("POST", "/staged", Some(&json!({})))
    }

    /// Stages credentials and returns them. Returns an error if the org rejects the call.
    fn stage(&self) -> Result<Value, CallError> {
        let response = self.try_to_stage()?;
        if !response.is_good() {
            return Err(CallError(format!("staging is rejected: {}", response.message())));
        }
        let active = self.list()?.into_iter().find(|one| text(one, "state") == "Active");
        active.ok_or_else(|| CallError("nothing active is listed after staging".to_owned()))
    }

    fn try_to_rotate(&self, id: &str) -> Result<RestReply, CallError> {
        self.call("PATCH", &format!("/staged/{id}"), Some(&json!({ "command": "rotate" })))
    }

    fn rotate(&self, staged: &Value) -> Result<RestReply, CallError> {
        let response = self.try_to_rotate(&text(staged, "id"))?;
        if response.is_good() {
            Ok(response)
        } else {
            Err(CallError(format!("rotating is rejected: {}", response.message())))
        }
    }

    /// The previous credentials in the list.
    fn rotated(&self) -> Result<Value, CallError> {
        let found = self.list()?.into_iter().find(|one| text(one, "state") == "Rotated");
        found.ok_or_else(|| CallError("nothing rotated is listed after rotating".to_owned()))
    }
}

fn several(response: &RestReply) -> Vec<Value> {
    let list = response.body.get("stagedCredentials").and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

/// Whether two IDs have the same first fifteen characters, and therefore name the same record.
fn is_same(left: &str, right: &str) -> bool {
    left.get(..15).is_some() && left.get(..15) == right.get(..15)
}

/// Returns `Held` if the org rejects the call, with the message from the org.
fn is_rejected(response: &RestReply) -> Verdict {
    verdict(!response.is_good(), response.message())
}

pub fn versions(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    // The path exists in the API version of the run, and is requested with other versions.
    let url = text(&consumer.main()?, "url");
    let (_, path) =
        url.split_once("/apps/").ok_or_else(|| CallError("the consumer has no url".to_owned()))?;
    let path = format!("/apps/{path}/staged");
    let fetch = |version: &str, expected: fn(u64) -> bool| -> Result<Verdict, CallError> {
        let response = context.org.fetch(&path, Some(version))?;
        Ok(match response.status {
            403 => Verdict::Undecided(response.message()),
            status => verdict(expected(status), response.message()),
        })
    };
    Ok(all(vec![
        ("64.0", fetch("64.0", |status| status == 404)?),
        ("65.0", fetch("65.0", |status| status < 300)?),
    ]))
}

pub fn sizes_of_pages(context: &ProbeContext<'_>) -> ProbeResult {
    let fetch = |query: &str| context.org.fetch(&format!("/apps/oauth/usage?{query}"), None);
    let largest = fetch("pageSize=100")?;
    if !largest.is_good() {
        return Ok(Verdict::Undecided(largest.message()));
    }
    let rejected = |query: &str| -> Result<Verdict, CallError> { Ok(is_rejected(&fetch(query)?)) };
    Ok(all(vec![
        ("pageSize=0", rejected("pageSize=0")?),
        ("pageSize=101", rejected("pageSize=101")?),
        ("page=-1", rejected("page=-1")?),
    ]))
}

pub fn lengths_of_ids(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let one = text(&consumer.main()?, "id");
    let staged = consumer.stage()?;
    let alone = consumer.call("GET", &format!("/staged/{}", text(&staged, "id")), None)?;
    let found = [
        ("a consumer in the list", consumer.id.len(), 15),
        ("a consumer alone", one.len(), 18),
        ("a staged pair in the list", text(&staged, "id").len(), 15),
        ("a staged pair alone", text(&alone.body, "id").len(), 18),
    ];
    let details = found.map(|(what, length, _)| format!("{what}: {length} characters")).join(", ");
    Ok(verdict(found.iter().all(|(_, length, expected)| length == expected), details))
}

pub fn nothing_is_staged(context: &ProbeContext<'_>) -> ProbeResult {
    let response = Consumer::of(context)?.call("GET", "/staged", None)?;
    Ok(match response.status {
        200 => verdict(several(&response).is_empty(), format!("a list of {}", several(&response).len())),
        404 => Verdict::DidNotHold(response.message()),
        _ => Verdict::Undecided(response.message()),
    })
}

pub fn the_response_to_staging(context: &ProbeContext<'_>) -> ProbeResult {
    let response = Consumer::of(context)?.try_to_stage()?;
    if !response.is_good() {
        return Ok(Verdict::Undecided(response.message()));
    }
    let states: Vec<String> = several(&response).iter().map(|one| text(one, "state")).collect();
    let members = response.body.as_object().map(|body| body.keys().cloned().collect::<Vec<_>>().join(", "));
    let details = format!("{} with {}", response.message(), members.unwrap_or_default());
    Ok(verdict(
        response.status == 201 && states == ["Active"],
        format!("{details}; listed: {}", states.join(", ")),
    ))
}

pub fn other_bodies(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let with_members = consumer.call("POST", "/staged", Some(&json!({ "key": "x" })))?;
    if with_members.is_good() {
        return Ok(Verdict::DidNotHold(format!("a body with members: {}", with_members.message())));
    }
    let staged = format!("/staged/{}", text(&consumer.stage()?, "id"));
    let command = consumer.call("PATCH", &staged, Some(&json!({ "command": "delete" })))?;
    let none = consumer.call("PATCH", &staged, Some(&json!({})))?;
    Ok(all(vec![
        ("a body with members", is_rejected(&with_members)),
        ("another command", is_rejected(&command)),
        ("no command", is_rejected(&none)),
    ]))
}

pub fn staging_twice(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    consumer.stage()?;
    Ok(is_rejected(&consumer.try_to_stage()?))
}

pub fn staging_beside_rotated_credentials(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    consumer.rotate(&consumer.stage()?)?;
    consumer.rotated()?;
    Ok(is_rejected(&consumer.try_to_stage()?))
}

pub fn creator_of_staged_credentials(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let returned = text(&consumer.stage()?, "createdBy");
    let soql = format!("SELECT Id, Name FROM User WHERE Username = '{}'", context.org.about.username);
    let user = context.org.query(&soql, false)?.into_iter().next().unwrap_or_default();
    let (id, name) = (text(&user, "Id"), text(&user, "Name"));
    let form = match returned.as_str() {
        "" => "missing",
        returned if is_same(returned, &id) && returned.len() == 15 => "the user ID with 15 characters",
        returned if is_same(returned, &id) => "the user ID with 18 characters",
        returned if returned == context.org.about.username => "the username",
        returned if returned == name => "the user's name",
        _ => "something else",
    };
    Ok(verdict(form == "the user ID with 15 characters", format!("createdBy is {form}")))
}

/// Compares logins by the same user, signed with the same private key, with the current, the staged and an unknown
/// consumer key. No login succeeds, because no user has approved the app.
pub fn a_staged_key_is_known(context: &ProbeContext<'_>) -> ProbeResult {
    let (key, certificate) = key_and_certificate(context)?;
    context.create_with(json!({}), json!({}), json!({ "certificate": certificate }))?;
    let consumer = Consumer::of_existing(context)?;
    let main = text(&consumer.main()?, "key");
    let staged = text(&consumer.stage()?, "key");
    if main.is_empty() || staged.is_empty() {
        return Ok(Verdict::Undecided("the keys are not shown".to_owned()));
    }
    let unknown: String = main.chars().rev().collect();
    let log_in = |consumer_key: &str| -> Result<String, CallError> {
        let given =
            json!({ "consumerKey": consumer_key, "username": context.org.about.username, "privateKey": key });
        Ok(context.org.redacted(&text(&context.org.call("bearer", given)?, "said")))
    };
    let returned = until_known(context, || Ok([log_in(&main)?, log_in(&staged)?, log_in(&unknown)?]))?;
    let [of_main, of_staged, of_unknown] = &returned;
    let details =
        format!("the main key: {of_main:?}, a staged one: {of_staged:?}, an unknown one: {of_unknown:?}");
    Ok(if of_main == of_unknown {
        Verdict::Undecided(details)
    } else if of_staged == of_main {
        Verdict::Held(details)
    } else if of_staged == of_unknown {
        Verdict::DidNotHold(details)
    } else {
        Verdict::Undecided(details)
    })
}

/// Compares logins with the current consumer key and its own secret, the staged secret, and an unknown secret. No login
/// succeeds, because the flow is disabled.
pub fn a_key_with_the_secret_of_another(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let (main, staged) = (consumer.main()?, consumer.stage()?);
    let log_in = |secret: &str| -> Result<String, CallError> {
        let given = json!({ "consumerKey": text(&main, "key"), "secret": secret });
        Ok(context.org.redacted(&text(&context.org.call("clientCredentials", given)?, "said")))
    };
    let (own, other) = (text(&main, "secret"), text(&staged, "secret"));
    if own.is_empty() || other.is_empty() || text(&main, "key").is_empty() {
        return Ok(Verdict::Undecided("the keys and secrets are not shown".to_owned()));
    }
    // The staged secret is expected to be rejected like an unknown one, so one login with it is sufficient.
    let returned = until_known(context, || {
        let (own, unknown) = (log_in(&own)?, log_in("unknown")?);
        Ok([own.clone(), own, unknown])
    })?;
    let ([of_own, _, of_unknown], of_other) = (&returned, &log_in(&other)?);
    let details =
        format!("its own: {of_own:?}, the staged one's: {of_other:?}, an unknown one: {of_unknown:?}");
    Ok(match (of_own == of_unknown, of_other == of_unknown) {
        (true, _) => Verdict::Undecided(details),
        (false, holds) => verdict(holds, details),
    })
}

/// Repeats the logins until the first and the second response both differ from the last one. Also ends at the time
/// limit, after an interrupt, or if only the first response differs for some time.
fn until_known(
    context: &ProbeContext<'_>,
    log_in: impl Fn() -> Result<[String; 3], CallError>,
) -> Result<[String; 3], CallError> {
    let deadline = Instant::now() + PROPAGATION;
    let spreads = !context.org.about.url.starts_with("http://");
    let mut known_since = None;
    loop {
        let returned = log_in()?;
        let [first, second, last] = &returned;
        let since = if first == last { None } else { Some(*known_since.get_or_insert_with(Instant::now)) };
        known_since = since;
        // The second key may remain unknown permanently, so the wait for it is limited.
        let has_waited = since.is_some_and(|since| !spreads || since.elapsed() > AFTER_THE_FIRST);
        if first != last && (second != last || has_waited)
            || Instant::now() > deadline
            || interrupt::is_requested()
        {
            return Ok(returned);
        }
        std::thread::sleep(Duration::from_secs(5));
    }
}

const AFTER_THE_FIRST: Duration = Duration::from_secs(30);

pub fn the_id_after_a_rotation(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let staged = consumer.stage()?;
    consumer.rotate(&staged)?;
    let (before, after) = (text(&staged, "id"), text(&consumer.rotated()?, "id"));
    Ok(verdict(is_same(&before, &after), format!("{before} while active, {after} when rotated")))
}

pub fn the_expiry_after_a_rotation(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let staged = consumer.stage()?;
    // After this pause, the expiry changes if Salesforce counts it from the rotation.
    std::thread::sleep(Duration::from_secs(2));
    consumer.rotate(&staged)?;
    let rotated = consumer.rotated()?;
    let dates = [&staged, &rotated].map(|one| (text(one, "createdDate"), text(one, "expirationDate")));
    let [(begin, before), (_, after)] = &dates;
    let (Some(from), Some(first), Some(last)) = (seconds(begin), seconds(before), seconds(after)) else {
        return Ok(Verdict::Undecided(format!("the dates are {dates:?}")));
    };
    let days = (last - from + DAY / 2).div_euclid(DAY);
    let details = format!("staged {begin}, until {before}; rotated until {after}: {days} days");
    Ok(verdict(days == 30 && last > first, details))
}

/// Converts `2026-01-02T03:04:05…` to seconds. Ignores the part after the seconds.
fn seconds(date: &str) -> Option<i64> {
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // The number of days since year 0, with years that start in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    Some(days * DAY + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?)
}

pub fn the_response_to_rotating(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let main = text(&consumer.main()?, "key");
    let staged = consumer.stage()?;
    let response = consumer.rotate(&staged)?;
    let returned = (text(&response.body, "key"), text(&response.body, "state"));
    if main.is_empty() {
        return Ok(Verdict::Undecided("the keys are not shown".to_owned()));
    }
    let which = match &returned.0 {
        key if *key == main => "the former main key",
        key if *key == text(&staged, "key") => "the new main key",
        key if key.is_empty() => "no key",
        _ => "another key",
    };
    let holds = which == "the former main key" && returned.1 == "Rotated";
    let again = consumer.try_to_rotate(&text(&consumer.rotated()?, "id"))?;
    Ok(all(vec![
        ("the response", verdict(holds, format!("{which} in the state {:?}", returned.1))),
        ("rotating it again", is_rejected(&again)),
    ]))
}

pub fn the_setting_of_the_org(context: &ProbeContext<'_>) -> ProbeResult {
    let response = Consumer::of(context)?.call("GET", "/staged", None)?;
    // The org may return 404 instead of an empty list.
    let works = response.is_good() || response.status == 404;
    let name = "enableClientSecretInRestApiAccess";
    let Some(setting) = context.org.setting(name) else {
        return Ok(Verdict::Undecided(format!("the org does not show {name}; {}", response.message())));
    };
    let details = format!("{name} is {setting}, the list of staged credentials: {}", response.message());
    Ok(match (setting, works) {
        (true, false) => Verdict::Undecided(format!("{details}: the login may lack a permission")),
        _ => verdict(setting == works, details),
    })
}

pub fn the_text_of_the_rejection(context: &ProbeContext<'_>) -> ProbeResult {
    let response = Consumer::of(context)?.call("GET", "/staged", None)?;
    if response.status != 403 && (response.is_good() || response.status == 404) {
        return Ok(Verdict::Undecided("this org and this login have access".to_owned()));
    }
    Ok(verdict(
        response.status == 403 && response.message().contains("not currently enabled"),
        response.message(),
    ))
}

pub fn a_packaged_app(context: &ProbeContext<'_>) -> ProbeResult {
    context.create_with(json!({ "distributionState": "Packaged" }), json!({}), json!({}))?;
    Ok(is_rejected(&Consumer::of_existing(context)?.try_to_stage()?))
}

pub fn a_deploy_that_rotates(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let staged = consumer.stage()?;
    let file = context.global_file(json!({ "shouldRotateConsumerSecret": true }));
    let done = context.org.deploy_with(&[file], true)?;
    if !done.success {
        return Ok(Verdict::Undecided(format!("the deploy was rejected: {}", done.message())));
    }
    let left = consumer.list()?;
    let is_listed = left.iter().any(|one| {
        is_same(&text(one, "id"), &text(&staged, "id")) && text(one, "key") == text(&staged, "key")
    });
    let states: Vec<String> = left.iter().map(|one| text(one, "state")).collect();
    Ok(verdict(is_listed, format!("listed afterwards: {}", states.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_converted_to_seconds() {
        for (from, to, expected) in [
            ("2026-01-02T03:04:05.006Z", "2026-01-02T03:04:06Z", 1),
            ("2026-02-28T00:00:00.000+0000", "2026-03-01T00:00:00.000+0000", DAY),
            ("2024-02-28T00:00:00Z", "2024-03-01T00:00:00Z", 2 * DAY),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", 1),
            ("2026-12-15T12:00:00Z", "2027-01-14T12:00:00Z", 30 * DAY),
        ] {
            assert_eq!(seconds(to).unwrap() - seconds(from).unwrap(), expected, "{from} {to}");
        }
        assert_eq!(seconds("tomorrow"), None);
        assert_eq!(seconds(""), None);
    }
}
