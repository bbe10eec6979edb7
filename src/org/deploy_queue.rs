//! Detects concurrent deploys in the org's deploy queue.
//!
//! Salesforce documents that an org processes one deploy at a time from a queue. This module assumes that nothing else
//! writes files while a deploy runs. A deploy always replaces whole files, so an edit must be based on the files as
//! they are when its deploy starts. Therefore, an edit is sent when the queue is idle, and half a second later the
//! queue is read again for deploys that were sent at the same time.
//!
//! If the queue cannot be read, concurrent deploys are not detected. Changes that were made before our deploy started
//! are still detected, because the files are read again at that time (`edit.rs`).

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Inner;
use super::api::Row;
use super::budget::MAX_QUEUE_WAIT;
use super::soql::text;
use super::timing::jittered;
use crate::record_id::{is_same, short};
use crate::salesforce::Class;

/// The newest entries are sufficient, because the queue is read repeatedly.
const QUERY: &str = "SELECT Id, Status, CheckOnly, CreatedDate, CompletedDate FROM DeployRequest \
     ORDER BY CreatedDate DESC LIMIT 30";
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// The limit for a read of the queue while a deploy runs. Without the queue, concurrent deploys are not detected.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);
/// The statuses of a deploy that has ended.
const ENDED: [&str; 4] = ["Succeeded", "SucceededPartial", "Failed", "Canceled"];

/// A deploy in the org's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueuedDeploy {
    pub id: String,
    pub created: String,
    pub done: bool,
}

/// The newest deploys in an org.
#[derive(Clone, Debug, Default)]
pub(super) struct DeployQueue(pub Vec<QueuedDeploy>);

impl DeployQueue {
    fn read(rows: &[Row]) -> DeployQueue {
        // A validation (`CheckOnly`) writes nothing, and may run for an hour.
        let deploys = rows.iter().filter(|row| row.get("CheckOnly") != Some(&true.into()));
        let entries = deploys.filter_map(|row| {
            let has_ended = text(row, "Status").is_some_and(|status| ENDED.contains(&status));
            Some(QueuedDeploy {
                id: text(row, "Id")?.to_owned(),
                created: text(row, "CreatedDate").unwrap_or_default().to_owned(),
                done: has_ended || text(row, "CompletedDate").is_some(),
            })
        });
        DeployQueue(entries.collect())
    }

    pub(super) fn is_free(&self) -> bool {
        self.0.iter().all(|entry| entry.done)
    }

    fn done(&self) -> BTreeSet<String> {
        self.0.iter().filter(|entry| entry.done).map(|entry| short(&entry.id).to_owned()).collect()
    }

    /// Whether all deploys in the queue were already in the set `before`.
    pub(super) fn adds_nothing_to(&self, before: &BTreeSet<String>) -> bool {
        self.0.iter().all(|entry| before.contains(short(&entry.id)))
    }

    /// The deploys that are not in the given set.
    pub(super) fn besides(&self, known: &BTreeSet<String>) -> Vec<String> {
        let new = self.0.iter().filter(|entry| !known.contains(short(&entry.id)));
        new.map(|entry| short(&entry.id).to_owned()).collect()
    }

    /// The deploys that are neither in the set `seen` nor our own deploy. Empty if the queue does not contain our own
    /// deploy.
    pub(super) fn concurrent(&self, seen: &BTreeSet<String>, own: &str) -> ConcurrentDeploys {
        let of_own = self.0.iter().find(|entry| is_same(&entry.id, own));
        let Some(own_created) = of_own.map(|entry| entry.created.as_str()) else {
            return ConcurrentDeploys::default();
        };
        let others = self.0.iter().filter(|entry| !is_same(&entry.id, own));
        let new: Vec<&QueuedDeploy> = others.filter(|entry| !seen.contains(short(&entry.id))).collect();
        // The order of deploys with the same timestamp is unknown, so they are in both lists.
        let before = new.iter().filter(|entry| entry.created.as_str() <= own_created);
        let after = new.iter().filter(|entry| entry.created.as_str() >= own_created);
        ConcurrentDeploys {
            before: before.map(|entry| entry.id.clone()).collect(),
            after: after.map(|entry| entry.id.clone()).collect(),
        }
    }
}

/// Other deploys that were sent at the same time as our deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ConcurrentDeploys {
    /// Deploys that the org processed before ours. They may have written the same files.
    pub before: Vec<String>,
    /// Deploys that the org processes after ours. They may be based on files without our changes.
    pub after: Vec<String>,
}

impl Inner {
    /// The org's newest deploys. `None` if they cannot be read in time.
    pub(super) async fn deploy_queue(&self) -> Option<DeployQueue> {
        self.deploy_queue_until(Instant::now() + QUEUE_TIMEOUT).await
    }

    async fn deploy_queue_until(&self, until: Instant) -> Option<DeployQueue> {
        if self.deploy_queue_hidden.load(Ordering::SeqCst) {
            return None;
        }
        match timeout_at(until, self.apis.queries.tooling_query(QUERY)).await {
            Ok(Ok(rows)) => Some(DeployQueue::read(&rows)),
            Err(_) => {
                tracing::debug!("the deploy queue cannot be read in time");
                None
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "the deploy queue cannot be read");
                // Without an error code, the response may be from a gateway.
                let is_permanent =
                    matches!(error.class(), Class::Permission | Class::Config | Class::NotFound);
                if is_permanent && error.code().is_some() {
                    self.deploy_queue_hidden.store(true, Ordering::SeqCst);
                }
                None
            }
        }
    }

    /// Waits until the queue is idle, the limit is reached, or the provider is stopped. Returns the completed deploys,
    /// or `None` if the queue cannot be read.
    pub(super) async fn wait_for_idle_queue(
        &self,
        since: Instant,
        until: Instant,
    ) -> Option<BTreeSet<String>> {
        let mut waited = false;
        loop {
            // Nothing is sent yet, so there is time for a longer outage, but some time must remain for the deploy.
            let limit = until.min(since + MAX_QUEUE_WAIT);
            let latest = limit.checked_sub(QUEUE_TIMEOUT).unwrap_or(limit);
            let queue = self.deploy_queue_until(latest.max(Instant::now() + QUEUE_TIMEOUT)).await?;
            if queue.is_free() && !waited || self.stopped() || Instant::now() >= limit {
                return Some(queue.done());
            }
            // Other clients may wait for the same idle queue. Jitter reduces the risk that they send at the same time.
            let pause = if queue.is_free() {
                jittered(Duration::ZERO, POLL_INTERVAL)
            } else {
                jittered(POLL_INTERVAL / 2, POLL_INTERVAL)
            };
            waited = !queue.is_free();
            self.unless_stopped(tokio::time::sleep(pause)).await;
        }
    }

    /// Waits until these deploys have ended, as far as the queue shows, or until the given time.
    pub(super) async fn until_done(&self, ids: &[String], until: Instant) {
        let ids: BTreeSet<&str> = ids.iter().map(|id| short(id)).collect();
        while !ids.is_empty() && !self.stopped() && Instant::now() < until {
            let Some(queue) = self.deploy_queue().await else { return };
            if queue.0.iter().all(|entry| entry.done || !ids.contains(short(&entry.id))) {
                return;
            }
            self.unless_stopped(tokio::time::sleep(jittered(POLL_INTERVAL / 2, POLL_INTERVAL))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn queue(entries: &[(&str, &str, bool)]) -> DeployQueue {
        let entries = entries.iter().map(|(id, created, done)| QueuedDeploy {
            id: (*id).to_owned(),
            created: (*created).to_owned(),
            done: *done,
        });
        DeployQueue(entries.collect())
    }

    #[test]
    fn concurrent_deploys_are_before_or_after_the_own_deploy_by_creation_date() {
        let seen = BTreeSet::from(["old".to_owned()]);
        let now = queue(&[
            ("later", "2026-01-01T00:00:03", false),
            ("same", "2026-01-01T00:00:02", false),
            ("own", "2026-01-01T00:00:02", false),
            ("sooner", "2026-01-01T00:00:01", true),
            ("old", "2026-01-01T00:00:00", true),
        ]);
        let concurrent = now.concurrent(&seen, "own");
        assert_eq!(concurrent.before, ["same", "sooner"]);
        assert_eq!(concurrent.after, ["later", "same"]);
    }

    #[test]
    fn a_queue_without_the_own_deploy_has_no_concurrent_deploys() {
        let now = queue(&[("other", "2026-01-01T00:00:03", false)]);
        assert_eq!(now.concurrent(&BTreeSet::new(), "own"), ConcurrentDeploys::default());
    }

    #[test]
    fn only_deploys_that_have_not_ended_occupy_the_queue() {
        for (columns, is_free) in [
            (json!({"Status": "InProgress", "CompletedDate": null}), false),
            (json!({"Status": "Pending", "CheckOnly": false}), false),
            (json!({"Status": "Canceling", "CompletedDate": null}), false),
            (json!({"Status": "Succeeded", "CompletedDate": "2026"}), true),
            (json!({"Status": "Failed", "CompletedDate": null}), true),
            (json!({"Status": "InProgress", "CheckOnly": true, "CompletedDate": null}), true),
        ] {
            let mut row = columns.as_object().cloned().unwrap();
            row.extend([("Id".to_owned(), "0Af1".into()), ("CreatedDate".to_owned(), "d".into())]);
            assert_eq!(DeployQueue::read(&[row]).is_free(), is_free, "{columns}");
        }
    }
}
