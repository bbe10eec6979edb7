//! The consumer calls of Connect REST: the apps with OAuth usage, the consumers of an app, their keys and secrets, and
//! staged credentials. The rules for credentials are in `pairs.rs`.

use serde_json::{Value, json};

use crate::component::{Component, text};
use crate::emulator::{Call, State};
use crate::fault::rest as error;
use crate::http::{Delivery, Request, Response};
use crate::installed;
use crate::org::{APP, APP_SETTINGS, GLOBAL_SETTINGS, Org, User};
use crate::pairs::{self, Refused, Staged};
use crate::report;
use crate::stamp;
use crate::switches::CreatorForm;

/// The name of a call in the journal and in fault scripts. `resource` is the path after `/apps/oauth`.
pub fn operation_of(method: &str, resource: &[&str]) -> &'static str {
    match (method, resource) {
        (_, ["usage"]) => "oauthUsage",
        ("POST", ["credentials", _, _, "staged", ..]) => "stageCredentials",
        ("PATCH", ["credentials", _, _, "staged", ..]) => "rotateCredentials",
        ("DELETE", ["credentials", _, _, "staged", ..]) => "deleteStagedCredentials",
        (_, ["credentials", _, _, "staged", ..]) => "stagedCredentials",
        (_, ["credentials", ..]) => "oauthCredentials",
        _ => "rest",
    }
}

const USAGE_SINCE: u32 = 59;
const CREDENTIALS_SINCE: u32 = 60;
const STAGED_SINCE: u32 = 65;

/// An authenticated call.
struct Caller<'a> {
    request: &'a Request,
    user: &'a User,
    version: u32,
}

pub fn answer(
    state: &mut State,
    request: &Request,
    call: &mut Call,
    user: &User,
    version: u32,
    resource: &[&str],
) -> Response {
    let caller = Caller { request, user, version };
    let since = match resource {
        ["usage"] => USAGE_SINCE,
        ["credentials", _, _, "staged", ..] => STAGED_SINCE,
        _ => CREDENTIALS_SINCE,
    };
    if version < since {
        return not_found();
    }
    let answer = match (request.method.as_str(), resource) {
        ("GET", ["usage"]) => usage(&state.org, &caller),
        ("GET", ["credentials", app]) => consumers(&state.org, &caller, app),
        ("GET", ["credentials", app, consumer]) => credentials(&state.org, &caller, app, consumer),
        (_, ["credentials", app, consumer, "staged", rest @ ..]) => {
            staged(&mut state.org, &caller, call, (app, consumer), rest)
        }
        _ => Err(not_emulated(request)),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

type Outcome = Result<Response, Response>;

fn not_found() -> Response {
    error(404, "NOT_FOUND", "The requested resource does not exist")
}

fn not_emulated(request: &Request) -> Response {
    error(501, "NOT_EMULATED", &format!("not emulated: {} {}", request.method, request.path))
}

/// The page of a list that a client requests.
struct Page {
    number: usize,
    size: usize,
}

const LARGEST_PAGE: usize = 100;

impl Page {
    fn asked_for(request: &Request) -> Result<Page, Response> {
        let number = |name: &str, default: usize, allowed: std::ops::RangeInclusive<usize>| {
            let Some(sent) = request.query(name) else { return Ok(default) };
            let digits = Some(sent).filter(|sent| sent.chars().all(|letter| letter.is_ascii_digit()));
            digits
                .and_then(|sent| sent.parse().ok())
                .filter(|number| allowed.contains(number))
                .ok_or_else(|| error(400, "INVALID_QUERY_PARAMETER", &format!("{name}: {sent}")))
        };
        Ok(Page {
            number: number("page", 0, 0..=usize::MAX)?,
            size: number("pageSize", LARGEST_PAGE, 1..=LARGEST_PAGE)?,
        })
    }

    fn answer(&self, request: &Request, name: &str, all: Vec<Value>) -> Response {
        let url = |number: usize| format!("{}?page={number}&pageSize={}", request.path, self.size);
        let first = self.number.saturating_mul(self.size);
        let has_more = all.len() > first.saturating_add(self.size);
        let own: Vec<Value> = all.into_iter().skip(first).take(self.size).collect();
        Response::json(
            200,
            &json!({
                name: own,
                "currentPageUrl": url(self.number),
                "nextPageUrl": has_more.then(|| url(self.number.saturating_add(1))),
            }),
        )
    }
}

fn usage(org: &Org, caller: &Caller<'_>) -> Outcome {
    let page = Page::asked_for(caller.request)?;
    let is_used =
        |name: &str| org.sessions.iter().any(|session| session.app.as_deref().is_some_and(|app| app == name));
    let apps = org
        .tree
        .all(APP)
        .filter(|(name, _)| org.tree.part(GLOBAL_SETTINGS, name).is_some())
        .filter(|(name, _)| !org.switches.usage_needs_tokens || is_used(name))
        .map(|(name, app)| {
            json!({
                "developerName": installed::split(name).1,
                "identifier": app.id,
                "label": text(&app.fields, "label"),
                "type": "ExternalClientApplication",
            })
        })
        .collect();
    Ok(page.answer(caller.request, "apps", apps))
}

fn app_of<'a>(org: &'a Org, id: &str) -> Result<&'a str, Response> {
    let app = org.tree.all(APP).find(|(_, app)| stamp::names(id, &app.id));
    app.map(|(name, _)| name.as_str()).ok_or_else(not_found)
}

fn may_see(user: &User) -> Result<(), Response> {
    if user.may("ExternalClientAppDeveloper") {
        return Ok(());
    }
    Err(error(403, "INSUFFICIENT_ACCESS", "You don't have access to the credentials of external client apps"))
}

/// Whether REST returns secrets, which depends on the org's setting and the user's permission.
fn shows_secrets(org: &Org, user: &User) -> bool {
    org.setting(APP_SETTINGS, "enableClientSecretInRestApiAccess") && user.may("ViewClientSecret")
}

fn consumers(org: &Org, caller: &Caller<'_>, app: &str) -> Outcome {
    may_see(caller.user)?;
    let page = Page::asked_for(caller.request)?;
    let name = app_of(org, app)?;
    let own = consumers_of(org, name).into_iter().map(|consumer| {
        let mut described = consumer.described(org, caller);
        // Observed: IDs of both lengths in one response.
        report::set(&mut described, "id", json!(stamp::short_id(consumer.id)));
        described
    });
    Ok(page.answer(caller.request, "consumers", own.collect()))
}

/// A consumer with its current credentials.
struct Consumer<'a> {
    app_id: &'a str,
    id: &'a str,
    label: &'a str,
    global: &'a Component,
    key: Option<&'a str>,
    secret: Option<&'a str>,
}

/// The consumers of an app, starting with that of the Global file.
fn consumers_of<'a>(org: &'a Org, name: &str) -> Vec<Consumer<'a>> {
    let (Some(app), Some((label, global))) = (org.tree.get(APP, name), org.tree.part(GLOBAL_SETTINGS, name))
    else {
        return Vec::new();
    };
    let own = |element: &str| text(&global.fields, element);
    let main = org.tree.consumers.get(name).map(|id| Consumer {
        app_id: &app.id,
        id,
        label,
        global,
        key: own("consumerKey"),
        secret: own("consumerSecret"),
    });
    let further = org.tree.pairs.further(name).iter().map(|own| Consumer {
        app_id: &app.id,
        id: &own.id,
        label: &own.name,
        global,
        key: Some(&own.key),
        secret: Some(&own.secret),
    });
    main.into_iter().chain(further).collect()
}

impl Consumer<'_> {
    fn url(&self, version: u32) -> String {
        format!("/services/data/v{version}.0/apps/oauth/credentials/{}/{}", self.app_id, self.id)
    }

    fn described(&self, org: &Org, caller: &Caller<'_>) -> Value {
        let url = self.url(caller.version);
        let key = self.key.filter(|_| org.switches.key_in_rest);
        let mut described = json!({ "id": self.id, "key": key, "name": self.label, "url": url });
        if caller.version >= STAGED_SINCE {
            report::set(&mut described, "stagedCredentialsUrl", json!(format!("{url}/staged")));
        }
        described
    }
}

fn consumer_of<'a>(org: &'a Org, name: &str, id: &str) -> Result<Consumer<'a>, Response> {
    let found = consumers_of(org, name).into_iter().find(|consumer| stamp::names(id, consumer.id));
    found.ok_or_else(not_found)
}

fn credentials(org: &Org, caller: &Caller<'_>, app: &str, consumer: &str) -> Outcome {
    may_see(caller.user)?;
    let name = app_of(org, app)?;
    let consumer = consumer_of(org, name, consumer)?;
    let mut found = consumer.described(org, caller);
    let part = caller.request.query("part").unwrap_or("key").to_ascii_lowercase();
    let wants_secret = match part.as_str() {
        "key" => false,
        "secret" | "keyandsecret" => true,
        other => return Err(error(400, "INVALID_QUERY_PARAMETER", &format!("part: {other}"))),
    };
    let shown_from = pairs::shown_from(org, consumer.key.unwrap_or_default(), consumer.global);
    if wants_secret && shows_secrets(org, caller.user) && org.now() >= shown_from {
        report::set(&mut found, "secret", json!(consumer.secret));
    }
    if part == "secret"
        && let Value::Object(members) = &mut found
    {
        members.remove("key");
    }
    Ok(Response::json(200, &found))
}

fn staged(
    org: &mut Org,
    caller: &Caller<'_>,
    call: &mut Call,
    (app, consumer): (&str, &str),
    rest: &[&str],
) -> Outcome {
    // Real orgs do not respond to a POST without a body. Clients must send an empty JSON object.
    if caller.request.method == "POST" && caller.request.body.is_empty() {
        call.note("notAnswered", json!("a POST without a body"));
        return Err(Response { delivery: Delivery::Drop, ..Response::empty(500) });
    }
    if !caller.user.may("ExternalClientAppDeveloper") || !shows_secrets(org, caller.user) {
        return Err(error(
            403,
            "FUNCTIONALITY_NOT_ENABLED",
            "This feature is not currently enabled for this user.",
        ));
    }
    let name = app_of(org, app)?.to_string();
    call.note("app", json!(name));
    let state = org.tree.get(APP, &name).and_then(|app| text(&app.fields, "distributionState"));
    if state != Some("Local") || installed::split(&name).0.is_some() {
        let words = "Credentials can be staged for local external client apps only, not for packaged ones";
        return Err(error(400, "INVALID_OPERATION", words));
    }
    consumer_of(org, &name, consumer)?;
    if !org.tree.consumers.get(&name).is_some_and(|main| stamp::names(consumer, main)) {
        let words = "not emulated: staging for a further consumer of an app";
        return Err(error(501, "NOT_EMULATED", words));
    }
    match (caller.request.method.as_str(), rest) {
        ("GET", []) => {
            if org.tree.pairs.of(&name).is_empty() && org.switches.nothing_staged_is_404 {
                return Err(not_found());
            }
            Ok(collection(org, caller, &name, 200))
        }
        ("POST", []) => {
            let sent = sent(caller.request)?;
            if !caller.request.query.is_empty() || sent != json!({}) {
                return Err(error(400, "INVALID_REQUEST", "Staging takes no parameters and an empty body"));
            }
            let id = pairs::stage(org, &name, &caller.user.id).map_err(refused)?;
            call.note("staged", json!(id));
            Ok(collection(org, caller, &name, 201))
        }
        ("GET", [id]) => one(org, caller, &name, id),
        ("PATCH", [id]) => {
            if sent(caller.request)? != json!({ "command": "rotate" }) {
                return Err(error(400, "INVALID_REQUEST", "The only command is rotate"));
            }
            let own = pairs::rotate(org, &name, id, &caller.user.id).map_err(refused)?;
            call.note("rotated", json!(own));
            one(org, caller, &name, &own)
        }
        ("DELETE", [id]) => {
            pairs::delete(org, &name, id).map_err(refused)?;
            call.note("deleted", json!(id));
            Ok(Response::empty(204))
        }
        _ => Err(not_emulated(caller.request)),
    }
}

fn sent(request: &Request) -> Result<Value, Response> {
    let kind = request.header("content-type").unwrap_or_default();
    let is_json =
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(error(415, "UNSUPPORTED_MEDIA_TYPE", "The content type must be application/json"));
    }
    serde_json::from_slice(&request.body)
        .map_err(|problem| error(400, "JSON_PARSER_ERROR", &problem.to_string()))
}

fn refused(why: Refused) -> Response {
    match why {
        Refused::Unknown | Refused::NoConsumer => not_found(),
        Refused::Taken(_) | Refused::NotActive(_) => error(400, "INVALID_OPERATION", &why.to_string()),
    }
}

fn base(org: &Org, caller: &Caller<'_>, name: &str) -> String {
    let main = consumers_of(org, name).into_iter().next();
    format!("{}/staged", main.map(|main| main.url(caller.version)).unwrap_or_default())
}

fn collection(org: &Org, caller: &Caller<'_>, name: &str, status: u16) -> Response {
    let all: Vec<Value> = org
        .tree
        .pairs
        .of(name)
        .iter()
        .map(|pair| {
            let mut one = described(org, caller, name, pair);
            // IDs are shorter in a list than in the response about one entry, as they are for consumers.
            report::set(&mut one, "id", json!(stamp::short_id(&pair.id)));
            one
        })
        .collect();
    Response::json(status, &json!({ "stagedCredentials": all, "url": base(org, caller, name) }))
}

fn one(org: &Org, caller: &Caller<'_>, name: &str, id: &str) -> Outcome {
    let pair = org.tree.pairs.of(name).iter().find(|pair| stamp::names(id, &pair.id));
    let pair = pair.ok_or_else(not_found)?;
    Ok(Response::json(200, &described(org, caller, name, pair)))
}

fn described(org: &Org, caller: &Caller<'_>, name: &str, pair: &Staged) -> Value {
    let now = org.now();
    let base = base(org, caller, name);
    let creator = org.user(&pair.created_by);
    let creator = match org.switches.staged_created_by {
        CreatorForm::Id => Some(stamp::short_id(&pair.created_by)),
        CreatorForm::Username => creator.map(|user| user.username.clone()),
        CreatorForm::Name => creator.map(|user| user.name.clone()),
    };
    let mut described = json!({
        "id": pair.id,
        "key": Some(&pair.key).filter(|_| org.switches.key_in_rest),
        "state": pair.state(now),
        "createdBy": creator,
        "createdDate": stamp::iso(pair.created),
        "expirationDate": stamp::iso(pair.expires),
        "stagedCredentialsUrl": base,
        "url": format!("{base}/{}", pair.id),
    });
    let shown_from =
        org.tree.part(GLOBAL_SETTINGS, name).map(|(_, global)| pairs::shown_from(org, &pair.key, global));
    if shown_from.is_some_and(|from| now >= from) {
        report::set(&mut described, "secret", json!(pair.secret));
    }
    described
}
