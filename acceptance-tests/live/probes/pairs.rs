//! Staged credentials: the responses to staging, rotating and deleting, and which keys the token endpoint knows.

use super::access::{PROPAGATION, key_and_certificate};
use super::{ProbeContext, ProbeResult, Verdict, all, verdict};
use crate::client::CallError;
use crate::org::{RestReply, text};
use acceptance_tests::interrupt;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SINCE: f64 = 65.0;
const DAY: i64 = 86_400;

/// The only consumer of the app of the probe.
struct Consumer<'a> {
    context: &'a ProbeContext<'a>,
    id: String,
}

impl<'a> Consumer<'a> {
    fn of(context: &'a ProbeContext<'a>) -> Result<Self, CallError> {
        context.make()?;
        Self::of_made(context)
    }

    fn of_made(context: &'a ProbeContext<'a>) -> Result<Self, CallError> {
        if context.org.about.version.parse::<f64>().is_ok_and(|version| version < SINCE) {
            return Err(CallError(format!("staged credentials exist since API version {SINCE:.1}")));
        }
        let found = context.org.credentials(&context.app, "GET", "", None)?;
        let id = found.body.pointer("/consumers/0/id").and_then(Value::as_str);
        let id = id.ok_or_else(|| CallError(format!("the app has no visible consumer: {}", found.said())))?;
        Ok(Self { context, id: id.to_owned() })
    }

    /// `rest` is appended to the ID of the consumer.
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
            Err(CallError(format!("the list is refused: {}", found.said())))
        }
    }

    fn try_to_stage(&self) -> Result<RestReply, CallError> {
        self.call("POST", "/staged", Some(&json!({})))
    }

    /// Stages a pair, which must succeed for the question to make sense. Returns it.
    fn stage(&self) -> Result<Value, CallError> {
        let answer = self.try_to_stage()?;
        if !answer.is_good() {
            return Err(CallError(format!("staging is refused: {}", answer.said())));
        }
        let active = self.list()?.into_iter().find(|one| text(one, "state") == "Active");
        active.ok_or_else(|| CallError("nothing active is listed after staging".to_owned()))
    }

    fn try_to_rotate(&self, id: &str) -> Result<RestReply, CallError> {
        self.call("PATCH", &format!("/staged/{id}"), Some(&json!({ "command": "rotate" })))
    }

    fn rotate(&self, staged: &Value) -> Result<RestReply, CallError> {
        let answer = self.try_to_rotate(&text(staged, "id"))?;
        if answer.is_good() {
            Ok(answer)
        } else {
            Err(CallError(format!("rotating is refused: {}", answer.said())))
        }
    }

    /// The former main pair in the list.
    fn rotated(&self) -> Result<Value, CallError> {
        let found = self.list()?.into_iter().find(|one| text(one, "state") == "Rotated");
        found.ok_or_else(|| CallError("nothing rotated is listed after rotating".to_owned()))
    }
}

fn several(answer: &RestReply) -> Vec<Value> {
    let list = answer.body.get("stagedCredentials").and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

/// Two IDs are equal if their first fifteen characters are.
fn is_same(left: &str, right: &str) -> bool {
    left.get(..15).is_some() && left.get(..15) == right.get(..15)
}

/// Held if the org refuses, with its message.
fn is_refused(answer: &RestReply) -> Verdict {
    verdict(!answer.is_good(), answer.said())
}

pub fn versions(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    // A path that the version of the run supports, with another version in front.
    let url = text(&consumer.main()?, "url");
    let (_, path) =
        url.split_once("/apps/").ok_or_else(|| CallError("the consumer has no url".to_owned()))?;
    let path = format!("/apps/{path}/staged");
    let look = |version: &str, expected: fn(u64) -> bool| -> Result<Verdict, CallError> {
        let answer = context.org.look(&path, Some(version))?;
        Ok(match answer.status {
            403 => Verdict::Undecided(answer.said()),
            status => verdict(expected(status), answer.said()),
        })
    };
    Ok(all(vec![
        ("64.0", look("64.0", |status| status == 404)?),
        ("65.0", look("65.0", |status| status < 300)?),
    ]))
}

pub fn sizes_of_pages(context: &ProbeContext<'_>) -> ProbeResult {
    let look = |query: &str| context.org.look(&format!("/apps/oauth/usage?{query}"), None);
    let largest = look("pageSize=100")?;
    if !largest.is_good() {
        return Ok(Verdict::Undecided(largest.said()));
    }
    let refused = |query: &str| -> Result<Verdict, CallError> { Ok(is_refused(&look(query)?)) };
    Ok(all(vec![
        ("pageSize=0", refused("pageSize=0")?),
        ("pageSize=101", refused("pageSize=101")?),
        ("page=-1", refused("page=-1")?),
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
    let said = found.map(|(what, length, _)| format!("{what}: {length} characters")).join(", ");
    Ok(verdict(found.iter().all(|(_, length, expected)| length == expected), said))
}

pub fn nothing_is_staged(context: &ProbeContext<'_>) -> ProbeResult {
    let answer = Consumer::of(context)?.call("GET", "/staged", None)?;
    Ok(match answer.status {
        200 => verdict(several(&answer).is_empty(), format!("a list of {}", several(&answer).len())),
        404 => Verdict::DidNotHold(answer.said()),
        _ => Verdict::Undecided(answer.said()),
    })
}

pub fn the_answer_to_staging(context: &ProbeContext<'_>) -> ProbeResult {
    let answer = Consumer::of(context)?.try_to_stage()?;
    if !answer.is_good() {
        return Ok(Verdict::Undecided(answer.said()));
    }
    let states: Vec<String> = several(&answer).iter().map(|one| text(one, "state")).collect();
    let members = answer.body.as_object().map(|body| body.keys().cloned().collect::<Vec<_>>().join(", "));
    let said = format!("{} with {}", answer.said(), members.unwrap_or_default());
    Ok(verdict(
        answer.status == 201 && states == ["Active"],
        format!("{said}; listed: {}", states.join(", ")),
    ))
}

pub fn other_bodies(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let with_members = consumer.call("POST", "/staged", Some(&json!({ "key": "x" })))?;
    if with_members.is_good() {
        return Ok(Verdict::DidNotHold(format!("a body with members: {}", with_members.said())));
    }
    let staged = format!("/staged/{}", text(&consumer.stage()?, "id"));
    let command = consumer.call("PATCH", &staged, Some(&json!({ "command": "delete" })))?;
    let none = consumer.call("PATCH", &staged, Some(&json!({})))?;
    Ok(all(vec![
        ("a body with members", is_refused(&with_members)),
        ("another command", is_refused(&command)),
        ("no command", is_refused(&none)),
    ]))
}

pub fn a_second_pair(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    consumer.stage()?;
    Ok(is_refused(&consumer.try_to_stage()?))
}

pub fn a_pair_beside_a_rotated_one(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    consumer.rotate(&consumer.stage()?)?;
    consumer.rotated()?;
    Ok(is_refused(&consumer.try_to_stage()?))
}

pub fn who_staged_it(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let told = text(&consumer.stage()?, "createdBy");
    let soql = format!("SELECT Id, Name FROM User WHERE Username = '{}'", context.org.about.username);
    let user = context.org.query(&soql, false)?.into_iter().next().unwrap_or_default();
    let (id, name) = (text(&user, "Id"), text(&user, "Name"));
    let form = match told.as_str() {
        "" => "missing",
        told if is_same(told, &id) && told.len() == 15 => "the user ID with 15 characters",
        told if is_same(told, &id) => "the user ID with 18 characters",
        told if told == context.org.about.username => "the username",
        told if told == name => "the user's name",
        _ => "something else",
    };
    Ok(verdict(form == "the user ID with 15 characters", format!("createdBy is {form}")))
}

/// The same user, key and certificate with the main key, a staged key, and an unknown key. No login succeeds: no
/// user has approved the app.
pub fn a_staged_key_is_known(context: &ProbeContext<'_>) -> ProbeResult {
    let (key, certificate) = key_and_certificate(context)?;
    context.make_with(json!({}), json!({}), json!({ "certificate": certificate }))?;
    let consumer = Consumer::of_made(context)?;
    let main = text(&consumer.main()?, "key");
    let staged = text(&consumer.stage()?, "key");
    if main.is_empty() || staged.is_empty() {
        return Ok(Verdict::Undecided("the keys are not shown".to_owned()));
    }
    let unknown: String = main.chars().rev().collect();
    let ask = |consumer_key: &str| -> Result<String, CallError> {
        let given =
            json!({ "consumerKey": consumer_key, "username": context.org.about.username, "privateKey": key });
        Ok(context.org.redacted(&text(&context.org.call("bearer", given)?, "said")))
    };
    let told = until_known(context, || Ok([ask(&main)?, ask(&staged)?, ask(&unknown)?]))?;
    let [of_main, of_staged, of_unknown] = &told;
    let said =
        format!("the main key: {of_main:?}, a staged one: {of_staged:?}, an unknown one: {of_unknown:?}");
    Ok(if of_main == of_unknown {
        Verdict::Undecided(said)
    } else if of_staged == of_main {
        Verdict::Held(said)
    } else if of_staged == of_unknown {
        Verdict::DidNotHold(said)
    } else {
        Verdict::Undecided(said)
    })
}

/// The main key with its own secret, with that of the staged pair, and with an unknown one. No login succeeds: the
/// flow is disabled.
pub fn a_key_and_the_secret_of_another(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let (main, staged) = (consumer.main()?, consumer.stage()?);
    let ask = |secret: &str| -> Result<String, CallError> {
        let given = json!({ "consumerKey": text(&main, "key"), "secret": secret });
        Ok(context.org.redacted(&text(&context.org.call("clientCredentials", given)?, "said")))
    };
    let (own, other) = (text(&main, "secret"), text(&staged, "secret"));
    if own.is_empty() || other.is_empty() || text(&main, "key").is_empty() {
        return Ok(Verdict::Undecided("the keys and secrets are not shown".to_owned()));
    }
    // The second is expected to look like the unknown one, so one round is enough.
    let told = until_known(context, || {
        let (own, unknown) = (ask(&own)?, ask("unknown")?);
        Ok([own.clone(), own, unknown])
    })?;
    let ([of_own, _, of_unknown], of_other) = (&told, &ask(&other)?);
    let said = format!("its own: {of_own:?}, the staged one's: {of_other:?}, an unknown one: {of_unknown:?}");
    Ok(match (of_own == of_unknown, of_other == of_unknown) {
        (true, _) => Verdict::Undecided(said),
        (false, holds) => verdict(holds, said),
    })
}

/// Repeats the calls until the first and the second response both differ from the last one, or until the time limit.
fn until_known(
    context: &ProbeContext<'_>,
    ask: impl Fn() -> Result<[String; 3], CallError>,
) -> Result<[String; 3], CallError> {
    let deadline = Instant::now() + PROPAGATION;
    let spreads = !context.org.about.url.starts_with("http://");
    let mut known_since = None;
    loop {
        let told = ask()?;
        let [first, second, last] = &told;
        let since = if first == last { None } else { Some(*known_since.get_or_insert_with(Instant::now)) };
        known_since = since;
        // The second may stay unknown permanently; it gets a little longer than the first.
        let has_waited = since.is_some_and(|since| !spreads || since.elapsed() > AFTER_THE_FIRST);
        if first != last && (second != last || has_waited)
            || Instant::now() > deadline
            || interrupt::is_requested()
        {
            return Ok(told);
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

pub fn the_end_after_a_rotation(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let staged = consumer.stage()?;
    // So that an expiry counted from the rotation differs.
    std::thread::sleep(Duration::from_secs(2));
    consumer.rotate(&staged)?;
    let rotated = consumer.rotated()?;
    let dates = [&staged, &rotated].map(|one| (text(one, "createdDate"), text(one, "expirationDate")));
    let [(begin, before), (_, after)] = &dates;
    let (Some(from), Some(first), Some(last)) = (seconds(begin), seconds(before), seconds(after)) else {
        return Ok(Verdict::Undecided(format!("the dates are {dates:?}")));
    };
    let days = (last - from + DAY / 2).div_euclid(DAY);
    let said = format!("staged {begin}, until {before}; rotated until {after}: {days} days");
    Ok(verdict(days == 30 && last > first, said))
}

/// `2026-01-02T03:04:05…`; the part after the seconds is ignored.
fn seconds(date: &str) -> Option<i64> {
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // Days since the epoch, with years that start in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    Some(days * DAY + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?)
}

pub fn the_answer_to_rotating(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let main = text(&consumer.main()?, "key");
    let staged = consumer.stage()?;
    let answer = consumer.rotate(&staged)?;
    let told = (text(&answer.body, "key"), text(&answer.body, "state"));
    if main.is_empty() {
        return Ok(Verdict::Undecided("the keys are not shown".to_owned()));
    }
    let which = match &told.0 {
        key if *key == main => "the former main key",
        key if *key == text(&staged, "key") => "the new main key",
        key if key.is_empty() => "no key",
        _ => "another key",
    };
    let holds = which == "the former main key" && told.1 == "Rotated";
    let again = consumer.try_to_rotate(&text(&consumer.rotated()?, "id"))?;
    Ok(all(vec![
        ("the answer", verdict(holds, format!("{which} in the state {:?}", told.1))),
        ("rotating it again", is_refused(&again)),
    ]))
}

pub fn the_setting_of_the_org(context: &ProbeContext<'_>) -> ProbeResult {
    let answer = Consumer::of(context)?.call("GET", "/staged", None)?;
    // An empty list may be returned as not found.
    let works = answer.is_good() || answer.status == 404;
    let name = "enableClientSecretInRestApiAccess";
    let Some(setting) = context.org.setting(name) else {
        return Ok(Verdict::Undecided(format!("the org does not show {name}; {}", answer.said())));
    };
    let said = format!("{name} is {setting}, the list of staged credentials: {}", answer.said());
    Ok(match (setting, works) {
        (true, false) => Verdict::Undecided(format!("{said}: the login may lack a permission")),
        _ => verdict(setting == works, said),
    })
}

pub fn the_text_of_a_refusal(context: &ProbeContext<'_>) -> ProbeResult {
    let answer = Consumer::of(context)?.call("GET", "/staged", None)?;
    if answer.status != 403 && (answer.is_good() || answer.status == 404) {
        return Ok(Verdict::Undecided("this org and this login may".to_owned()));
    }
    Ok(verdict(answer.status == 403 && answer.said().contains("not currently enabled"), answer.said()))
}

pub fn a_packaged_app(context: &ProbeContext<'_>) -> ProbeResult {
    context.make_with(json!({ "distributionState": "Packaged" }), json!({}), json!({}))?;
    Ok(is_refused(&Consumer::of_made(context)?.try_to_stage()?))
}

pub fn a_deploy_that_rotates(context: &ProbeContext<'_>) -> ProbeResult {
    let consumer = Consumer::of(context)?;
    let staged = consumer.stage()?;
    let file = context.global_file(json!({ "shouldRotateConsumerSecret": true }));
    let done = context.org.deploy_with(&[file], true)?;
    if !done.success {
        return Ok(Verdict::Undecided(format!("the deploy was refused: {}", done.said())));
    }
    let left = consumer.list()?;
    let is_there = left.iter().any(|one| {
        is_same(&text(one, "id"), &text(&staged, "id")) && text(one, "key") == text(&staged, "key")
    });
    let states: Vec<String> = left.iter().map(|one| text(one, "state")).collect();
    Ok(verdict(is_there, format!("listed afterwards: {}", states.join(", "))))
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
