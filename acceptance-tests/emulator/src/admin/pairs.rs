//! Changes that another administrator makes to the credentials of an app, in Setup or with the public calls.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Outcome, other_admin, wrong};
use crate::component::text;
use crate::emulator::State;
use crate::http::Response;
use crate::org::{APP, GLOBAL_SETTINGS};
use crate::pairs::{self, Refused};
use crate::stamp;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialAction {
    Stage,
    /// Rotates the staged credentials. Stages credentials first if there are none.
    Rotate,
    /// Revokes staged and previous credentials.
    Revoke,
}

/// One action. Planned faults also use it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialRequest {
    #[serde(default)]
    pub app: String,
    #[serde(rename = "do")]
    pub deed: CredentialAction,
    /// A username. Default: another administrator.
    #[serde(default)]
    pub user: Option<String>,
    /// The ID of the credentials. Default: the staged ones for a rotation, all of them for a revocation.
    #[serde(default)]
    pub id: Option<String>,
}

pub fn carry_out(state: &mut State, order: &CredentialRequest) -> Result<(), (u16, String)> {
    let user = match &order.user {
        Some(name) => {
            let user = state.org.user_named(name).cloned();
            user.ok_or_else(|| (400, format!("no user {name}")))?
        }
        None => other_admin(state)?,
    };
    let (org, app) = (&mut state.org, order.app.as_str());
    if org.tree.get(APP, app).is_none() {
        return Err((404, format!("no {APP} {app}")));
    }
    let now = org.now();
    let is_meant = |id: &str| order.id.as_ref().is_none_or(|wanted| stamp::names(wanted, id));
    let meant: Vec<(String, &str)> = org
        .tree
        .pairs
        .of(app)
        .iter()
        .filter(|pair| is_meant(&pair.id))
        .map(|pair| (pair.id.clone(), pair.state(now)))
        .collect();
    if order.id.is_some() && meant.is_empty() {
        return Err((404, Refused::Unknown.to_string()));
    }
    let refused = |why: Refused| (409, why.to_string());
    match order.deed {
        CredentialAction::Stage => {
            pairs::stage(org, app, &user.id).map_err(refused)?;
        }
        CredentialAction::Rotate => {
            let active = meant.into_iter().find(|(_, state)| order.id.is_some() || *state == "Active");
            let id = match active {
                Some((id, _)) => id,
                None => pairs::stage(org, app, &user.id).map_err(refused)?,
            };
            pairs::rotate(org, app, &id, &user.id).map_err(refused)?;
        }
        CredentialAction::Revoke => {
            for (id, _) in meant {
                pairs::delete(org, app, &id).map_err(refused)?;
            }
        }
    }
    Ok(())
}

pub fn order(state: &mut State, app: &str, body: serde_json::Map<String, Value>) -> Outcome {
    let order: CredentialRequest =
        serde_json::from_value(Value::Object(body)).or_else(|error| wrong(error.to_string()))?;
    carry_out(state, &CredentialRequest { app: app.to_string(), ..order })?;
    list(state, app)
}

/// Adds a consumer to an app.
pub fn add_consumer(state: &mut State, app: &str, body: &serde_json::Map<String, Value>) -> Outcome {
    let name = body.get("name").and_then(Value::as_str).unwrap_or("Further");
    let id = pairs::add_consumer(&mut state.org, app, name).map_err(|why| (404, why.to_string()))?;
    Ok(Response::json(201, &json!({ "id": id })))
}

/// All credentials of an app with their secrets, the current ones first.
pub fn list(state: &State, app: &str) -> Outcome {
    let org = &state.org;
    let now = org.now();
    let main = org.tree.part(GLOBAL_SETTINGS, app).map(|(_, global)| {
        let own = |element: &str| text(&global.fields, element);
        json!({ "state": "Main", "key": own("consumerKey"), "secret": own("consumerSecret") })
    });
    let main = main.ok_or_else(|| (404, format!("no {GLOBAL_SETTINGS} of {app}")))?;
    let beside = org.tree.pairs.of(app).iter().map(|pair| {
        json!({
            "state": pair.state(now),
            "key": pair.key,
            "secret": pair.secret,
            "id": pair.id,
            "createdBy": org.user(&pair.created_by).map(|user| &user.username),
            "expirationDate": stamp::iso(pair.expires),
        })
    });
    let all: Vec<Value> = std::iter::once(main).chain(beside).collect();
    Ok(Response::json(200, &Value::Array(all)))
}
