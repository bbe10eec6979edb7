//! The credentials of an app: the current ones, which are in its Global file, and those that were staged for a rotation
//! or replaced by a rotation. The REST calls are in `connect.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::component::{Component, Value, text};
use crate::contract::PARENT;
use crate::org::{APP_SETTINGS, GLOBAL_SETTINGS, Org};
use crate::stamp::{self, Millis};
use crate::switches::Staging;
use crate::tree::Tree;

/// How long staged and previous credentials are valid.
const LIFETIME: Millis = 30 * 86_400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Staged, and not in use yet.
    Active,
    /// Replaced by a rotation.
    Rotated,
}

/// Staged or previous credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    pub id: String,
    pub key: String,
    pub secret: String,
    stage: Stage,
    pub created_by: String,
    pub created: Millis,
    pub expires: Millis,
}

impl Staged {
    /// The name of the state in Connect REST.
    pub fn state(&self, now: Millis) -> &'static str {
        match self.stage {
            _ if now >= self.expires => "Expired",
            Stage::Active => "Active",
            Stage::Rotated => "Rotated",
        }
    }
}

/// A consumer in addition to that of the Global file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdditionalConsumer {
    pub id: String,
    pub name: String,
    pub key: String,
    pub secret: String,
}

/// The data about credentials that the components do not contain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// Staged and previous credentials by app, the oldest first.
    staged: BTreeMap<String, Vec<Staged>>,
    /// Deleted keys, each with its app. Logins with a deleted key fail, but tokens that were issued with it stay valid.
    former: BTreeMap<String, String>,
    /// The creation times of keys that were not created with their app.
    made: BTreeMap<String, Millis>,
    further: BTreeMap<String, Vec<AdditionalConsumer>>,
}

impl Pairs {
    pub fn of(&self, app: &str) -> &[Staged] {
        self.staged.get(app).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn further(&self, app: &str) -> &[AdditionalConsumer] {
        self.further.get(app).map(Vec::as_slice).unwrap_or_default()
    }

    /// Removes the data of an app whose consumer was deleted.
    pub fn forget(&mut self, app: &str) {
        self.staged.remove(app);
        self.further.remove(app);
        self.former.retain(|_, owner| owner != app);
    }

    fn made(&self, key: &str, global: &Component) -> Millis {
        self.made.get(key).copied().unwrap_or(0).max(global.created)
    }
}

/// The reason why credentials are not staged, rotated or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The app has no consumer.
    NoConsumer,
    Unknown,
    /// Credentials in this state prevent staging.
    Taken(&'static str),
    /// Only active credentials can be rotated; these credentials are in another state.
    NotActive(&'static str),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::NoConsumer => formatter.write_str("The external client app has no consumer"),
            Refused::Unknown => formatter.write_str("There are no such staged credentials"),
            Refused::Taken(state) => {
                write!(formatter, "The consumer already has staged credentials in the state {state}")
            }
            Refused::NotActive(state) => {
                write!(formatter, "Only active staged credentials can be rotated; these are {state}")
            }
        }
    }
}

/// Stages credentials. Returns their ID.
pub fn stage(org: &mut Org, app: &str, user: &str) -> Result<String, Refused> {
    if org.tree.part(GLOBAL_SETTINGS, app).is_none() || !org.tree.consumers.contains_key(app) {
        return Err(Refused::NoConsumer);
    }
    let now = org.now();
    let in_the_way =
        org.tree.pairs.of(app).iter().map(|pair| pair.state(now)).find(|state| match org.switches.staging {
            Staging::BesideExpired => *state != "Expired",
            Staging::BesideRotated => *state == "Active",
            Staging::Alone => true,
        });
    if let Some(state) = in_the_way {
        return Err(Refused::Taken(state));
    }
    let id = org.tree.next_id("0xR");
    let pair = Staged {
        id: id.clone(),
        key: new_key(),
        secret: new_secret(),
        stage: Stage::Active,
        created_by: user.to_string(),
        created: now,
        expires: now.saturating_add(LIFETIME),
    };
    org.secrets.extend([pair.key.clone(), pair.secret.clone()]);
    let pairs = &mut org.tree.pairs;
    pairs.made.insert(pair.key.clone(), now);
    pairs.staged.entry(app.to_string()).or_default().push(pair);
    Ok(id)
}

/// Swaps the staged and the current credentials. Returns the ID of the previous credentials in the list.
pub fn rotate(org: &mut Org, app: &str, id: &str, user: &str) -> Result<String, Refused> {
    let now = org.now();
    let known = org.tree.pairs.of(app).iter().find(|pair| stamp::names(id, &pair.id));
    let pair = known.cloned().ok_or(Refused::Unknown)?;
    if pair.state(now) != "Active" {
        return Err(Refused::NotActive(pair.state(now)));
    }
    let name =
        org.tree.part(GLOBAL_SETTINGS, app).map(|(name, _)| name.clone()).ok_or(Refused::NoConsumer)?;
    let global = org.tree.get_mut(GLOBAL_SETTINGS, &name).ok_or(Refused::NoConsumer)?;
    let mut exchange = |element: &str, value: &str| {
        let former = text(&global.fields, element).unwrap_or_default().to_string();
        global.fields.insert(element.to_string(), Value::text(value));
        former
    };
    let key = exchange("consumerKey", &pair.key);
    let secret = exchange("consumerSecret", &pair.secret);
    global.modified = now;
    global.modified_by = user.to_string();
    let own = if org.switches.rotation_keeps_id { pair.id.clone() } else { org.tree.next_id("0xR") };
    let put_aside = Staged {
        id: own.clone(),
        key,
        secret,
        stage: Stage::Rotated,
        expires: now.saturating_add(LIFETIME),
        ..pair.clone()
    };
    for known in org.tree.pairs.staged.get_mut(app).into_iter().flatten().filter(|known| known.id == pair.id)
    {
        known.clone_from(&put_aside);
    }
    Ok(own)
}

/// Revokes staged or previous credentials immediately.
pub fn delete(org: &mut Org, app: &str, id: &str) -> Result<(), Refused> {
    let pairs = &mut org.tree.pairs;
    let all = pairs.staged.get_mut(app).ok_or(Refused::Unknown)?;
    let place = all.iter().position(|pair| stamp::names(id, &pair.id)).ok_or(Refused::Unknown)?;
    let pair = all.remove(place);
    pairs.former.insert(pair.key, app.to_string());
    Ok(())
}

/// Adds a consumer to an app. Returns the ID of the consumer.
pub fn add_consumer(org: &mut Org, app: &str, name: &str) -> Result<String, Refused> {
    if org.tree.part(GLOBAL_SETTINGS, app).is_none() {
        return Err(Refused::NoConsumer);
    }
    let (id, now) = (org.tree.next_id("888"), org.now());
    let own =
        AdditionalConsumer { id: id.clone(), name: name.to_string(), key: new_key(), secret: new_secret() };
    org.secrets.extend([own.key.clone(), own.secret.clone()]);
    let pairs = &mut org.tree.pairs;
    pairs.made.insert(own.key.clone(), now);
    pairs.further.entry(app.to_string()).or_default().push(own);
    Ok(id)
}

pub fn new_key() -> String {
    format!("3MVG9canaryKEY{}", stamp::random_text(71))
}

pub fn new_secret() -> String {
    format!("canarySECRET{}", stamp::random_text(52))
}

/// The time from which REST returns a secret: both the credentials and the org's setting have to propagate.
pub fn shown_from(org: &Org, key: &str, global: &Component) -> Millis {
    let settings = org.tree.all(APP_SETTINGS).map(|(_, settings)| settings.modified).max().unwrap_or(0);
    org.tree.pairs.made(key, global).max(settings).saturating_add(org.switches.secret_lag_ms)
}

/// Credentials that are valid for a login.
#[derive(Clone, Copy)]
pub struct ValidPair<'a> {
    pub app: &'a str,
    pub global: &'a Component,
    pub secret: Option<&'a str>,
}

/// The credentials with this key, if they are valid and have propagated. `None` if two apps have the same key.
pub fn live<'a>(org: &'a Org, key: &str) -> Option<ValidPair<'a>> {
    // A deletion takes effect immediately, regardless of how slowly other changes propagate.
    if org.tree.pairs.former.contains_key(key) {
        return None;
    }
    let (tree, now) = (org.in_effect(), org.now());
    let is_good = |pair: &&Staged| match pair.state(now) {
        "Active" => org.switches.staged_logs_in,
        state => state == "Rotated",
    };
    let beside = with_key(tree, key).filter(|(_, pair)| is_good(pair));
    let beside = beside.map(|(app, pair)| (app, &pair.secret));
    let further = tree.pairs.further.iter();
    let further = further.flat_map(|(app, all)| all.iter().map(move |own| (app.as_str(), own)));
    let further = further.filter(|(_, own)| own.key == key).map(|(app, own)| (app, &own.secret));
    let others = beside.chain(further).filter_map(|(app, secret)| {
        let (_, global) = tree.part(GLOBAL_SETTINGS, app)?;
        Some(ValidPair { app, global, secret: Some(secret.as_str()) })
    });
    let mut found = main(tree, key).chain(others);
    let first = found.next()?;
    let has_spread = now >= tree.pairs.made(key, first.global).saturating_add(org.switches.propagation_ms);
    (found.next().is_none() && has_spread).then_some(first)
}

/// The app to which a token was issued with this key. The key may have expired since then.
pub fn owner<'a>(org: &'a Org, key: &str) -> Option<ValidPair<'a>> {
    let tree = org.in_effect();
    let beside = with_key(tree, key).map(|(app, _)| app).next();
    let app = beside.or_else(|| org.tree.pairs.former.get(key).map(String::as_str));
    let of_app = app.and_then(|app| {
        let (_, global) = tree.part(GLOBAL_SETTINGS, app)?;
        Some(ValidPair { app, global, secret: text(&global.fields, "consumerSecret") })
    });
    live(org, key).or(of_app)
}

fn main<'a>(tree: &'a Tree, key: &str) -> impl Iterator<Item = ValidPair<'a>> {
    let globals = tree.all(GLOBAL_SETTINGS).map(|(_, global)| global);
    let own = globals.filter(move |global| text(&global.fields, "consumerKey") == Some(key));
    own.filter_map(|global| {
        let secret = text(&global.fields, "consumerSecret");
        Some(ValidPair { app: text(&global.fields, PARENT)?, global, secret })
    })
}

fn with_key<'a>(tree: &'a Tree, key: &str) -> impl Iterator<Item = (&'a str, &'a Staged)> {
    let all = tree.pairs.staged.iter();
    let all = all.flat_map(|(app, pairs)| pairs.iter().map(move |pair| (app.as_str(), pair)));
    all.filter(move |(_, pair)| pair.key == key)
}
