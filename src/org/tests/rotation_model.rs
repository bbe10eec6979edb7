//! A model of how Salesforce rotates credentials, with crashes, lost responses and other users at each call.

use super::*;
use crate::lock::lock;

pub(super) const CONSUMER: &str = "888000000000001AAA";
pub(super) const APP_ID: &str = "0xI000000000001AAA";
pub(super) const OWN_USER: &str = "005000000000001";
pub(super) const OTHER_USER: &str = "005000000000002AAA";

/// What happens at a call that changes credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accident {
    /// The connection is lost before or after the org processes the call.
    LostBefore,
    LostAfter,
    /// The provider crashes before or after the org processes the call.
    KilledBefore,
    KilledAfter,
}

#[derive(Default)]
pub(super) struct Pairs {
    pub key: String,
    pub created: u32,
    pub staged: Vec<Staged>,
    pub rotations: u32,
    pub revoked: Vec<String>,
    pub changes: u32,
    pub accident: Option<(u32, Accident)>,
    pub killed: bool,
    /// Whether the org stages credentials in addition to the previous ones.
    pub stages_in_addition: bool,
    /// Whether responses omit the creator.
    pub anonymous: bool,
    /// Whether `createdBy` is a username instead of an ID.
    pub named: bool,
    pub rejects: Option<&'static str>,
    /// After this many changes, reads fail.
    pub reads_fail_after: Option<u32>,
    /// Whether users cannot be queried.
    pub hides_users: bool,
    /// Whether responses omit the keys of staged credentials.
    pub keyless: bool,
    /// How many reads after a rotation still show the old key.
    pub lag: u32,
    /// How many lists after a rotation do not contain the previous credentials.
    pub hides_previous: u32,
    /// The key that another user rotates to, immediately after the next revocation.
    pub rotated_by_others: Option<&'static str>,
}

pub(super) struct Model(Mutex<Pairs>);

impl Model {
    pub(super) fn new(key: &str) -> Arc<Model> {
        Arc::new(Model(Mutex::new(Pairs { key: key.to_owned(), ..Pairs::default() })))
    }

    pub(super) fn pairs(&self) -> std::sync::MutexGuard<'_, Pairs> {
        lock(&self.0)
    }

    /// The numbers of rotations, revoked credentials and staged credentials.
    pub(super) fn counts(&self) -> [usize; 3] {
        let pairs = self.pairs();
        [pairs.rotations as usize, pairs.revoked.len(), pairs.staged.len()]
    }

    pub(super) fn staged(&self, id: &str, key: &str, state: StagedState, by: &str) {
        self.pairs().staged.push(Staged {
            id: id.to_owned(),
            key: Some(key.to_owned()),
            state,
            created_by: Some(by.to_owned()),
            created_date: Some("2026-11-29T00:00:00Z".to_owned()),
            expiration_date: Some("2026-12-29T00:00:00Z".to_owned()),
        });
    }

    /// A call that changes credentials, with its scheduled accident.
    async fn change<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Pairs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (accident, result) = {
            let mut pairs = self.pairs();
            let number = pairs.changes;
            pairs.changes += 1;
            let accident = pairs.accident.filter(|(at, _)| *at == number).map(|(_, accident)| accident);
            let before = matches!(accident, Some(Accident::LostBefore | Accident::KilledBefore));
            let result = if before { None } else { Some(act(&mut pairs)) };
            pairs.killed |= matches!(accident, Some(Accident::KilledBefore | Accident::KilledAfter));
            (accident, result)
        };
        match accident {
            Some(Accident::LostBefore | Accident::LostAfter) => Err(lost(call)),
            // The provider has crashed, so it does not receive the response.
            Some(Accident::KilledBefore | Accident::KilledAfter) => std::future::pending().await,
            None => result.unwrap(),
        }
    }
}

pub(super) fn rejected(call: Call) -> Error {
    Error::new(call, ErrorKind::Fault { code: "INVALID_OPERATION".into(), text: "one at a time".into() })
}

impl Connection for Model {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(async { Ok(SessionFacts::new("00D000000000001", OWN_USER, 68, "https://x")) })
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(async { Some(68) })
    }
}

impl Queries for Model {
    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        let hides_users = self.pairs().hides_users;
        Box::pin(async move {
            if hides_users && soql.contains("FROM User") {
                return Err(fault(Call::Query, "INVALID_FIELD"));
            }
            let row = if soql.contains("FROM User") {
                serde_json::json!({"Username": "we@shop.example", "Name": "Our User"})
            } else {
                serde_json::json!({"Id": APP_ID, "DeveloperName": "Shop"})
            };
            Ok(vec![row.as_object().cloned().unwrap()])
        })
    }

    fn count<'a>(&'a self, _: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(async { Ok(1) })
    }

    fn tooling_query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl CredentialsApi for Model {
    fn consumer_credentials<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Consumer>> {
        let (key, fails) = {
            let mut pairs = self.pairs();
            let lags = pairs.rotations > 0 && pairs.lag > 0;
            if lags {
                pairs.lag -= 1;
            }
            let key = if lags { "K0".to_owned() } else { pairs.key.clone() };
            (key, pairs.reads_fail_after.is_some_and(|after| pairs.changes >= after))
        };
        // IDs may have 15 or 18 characters.
        let consumer = Consumer { id: CONSUMER[..15].into(), key };
        Box::pin(async move { if fails { Err(lost(Call::ConsumerCredentials)) } else { Ok(vec![consumer]) } })
    }

    fn staged_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        let (mut staged, anonymous, named, keyless) = {
            let mut pairs = self.pairs();
            let mut staged = pairs.staged.clone();
            if pairs.rotations > 0 && pairs.hides_previous > 0 {
                pairs.hides_previous -= 1;
                staged.retain(|one| one.state != StagedState::Rotated);
            }
            (staged, pairs.anonymous, pairs.named, pairs.keyless)
        };
        for one in &mut staged {
            if keyless {
                one.key = None;
            }
            if anonymous {
                one.created_by = None;
            } else if named {
                let ours = one.created_by.as_deref() == Some(OWN_USER);
                one.created_by = Some(if ours { "we@shop.example" } else { "other@shop.example" }.to_owned());
            }
        }
        Box::pin(async move { Ok(staged) })
    }

    fn stage_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(self.change(Call::StageCredentials, |pairs| {
            if let Some(code) = pairs.rejects {
                return Err(fault(Call::StageCredentials, code));
            }
            let blocks = |it: &Staged| it.state == StagedState::Active || !pairs.stages_in_addition;
            if pairs.staged.iter().any(blocks) {
                return Err(rejected(Call::StageCredentials));
            }
            pairs.created += 1;
            let staged = Staged {
                id: format!("9zz00000000000{}", pairs.created),
                key: Some(format!("K{}", pairs.created)),
                state: StagedState::Active,
                created_by: Some(OWN_USER.to_owned()),
                created_date: None,
                expiration_date: None,
            };
            pairs.staged.push(staged);
            Ok(pairs.staged.clone())
        }))
    }

    fn rotate_credentials<'a>(&'a self, _: &'a str, _: &'a str, id: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.change(Call::RotateCredentials, move |pairs| {
            let Some(at) = pairs.staged.iter().position(|it| it.id == id && it.state == StagedState::Active)
            else {
                return Err(rejected(Call::RotateCredentials));
            };
            let old = pairs.key.clone();
            pairs.key = pairs.staged[at].key.clone().unwrap();
            pairs.staged[at].key = Some(old);
            pairs.staged[at].state = StagedState::Rotated;
            pairs.rotations += 1;
            Ok(())
        }))
    }

    fn revoke_credentials<'a>(&'a self, _: &'a str, _: &'a str, id: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.change(Call::RevokeCredentials, move |pairs| {
            let ended = pairs.staged.iter().find(|it| it.id == id).and_then(|it| it.key.clone());
            pairs.revoked.extend(ended);
            pairs.staged.retain(|it| it.id != id);
            if let Some(key) = pairs.rotated_by_others.take() {
                let previous = std::mem::replace(&mut pairs.key, key.to_owned());
                pairs.staged.push(Staged {
                    id: "9zz00000000007".to_owned(),
                    key: Some(previous),
                    state: StagedState::Rotated,
                    created_by: Some(OTHER_USER.to_owned()),
                    created_date: None,
                    expiration_date: None,
                });
            }
            Ok(())
        }))
    }

    fn consumer_secret<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, (String, Secret)> {
        Box::pin(async { Err(fault(Call::ConsumerSecret, "NOT_FOUND")) })
    }
}
