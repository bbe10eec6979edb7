//! Which calls each step makes when nothing goes wrong: where faults, kills and interrupts can be.

use crate::chance::Chance;
use crate::proxy::Seen;
use crate::stage::{Place, Shape, Stage, Step};
use serde_json::json;
use std::collections::BTreeMap;

/// Each step as one resource and as three.
pub struct Rehearsals(BTreeMap<(Step, Shape), Rehearsal>);

#[derive(Debug, Clone)]
pub struct Rehearsal {
    pub calls: Vec<String>,
    /// How many deploys change something.
    pub committed: usize,
}

impl Rehearsal {
    /// The kinds of calls, and how many there are of each.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for call in &self.calls {
            *kinds.entry(call.as_str()).or_default() += 1;
        }
        kinds
    }
}

/// Deploys and retrieves take a moment, so that they are looked at more than once.
pub fn pace(place: &Place) {
    let times = json!({ "queue_ms": 200, "deploy_ms": 700, "retrieve_ms": 200 });
    place.org.admin("PATCH", "/org", Some(&times));
}

impl Rehearsals {
    /// # Panics
    /// When a step fails although nothing goes wrong.
    #[must_use]
    pub fn play() -> Self {
        let threads: Vec<_> = Step::ALL
            .into_iter()
            .flat_map(|step| [(step, Shape::Client), (step, Shape::Parts)])
            .map(|(step, shape)| ((step, shape), std::thread::spawn(move || rehearse(step, shape))))
            .collect();
        let played = threads.into_iter().map(|(key, thread)| (key, thread.join().expect("a rehearsal")));
        Self(played.collect())
    }

    #[must_use]
    pub fn of(&self, step: Step, shape: Shape) -> &Rehearsal {
        &self.0[&(step, shape)]
    }
}

fn rehearse(step: Step, shape: Shape) -> Rehearsal {
    let place = Place::with(&[]);
    let mut stage = Stage::set(&place, shape, step);
    stage.log(false);
    pace(&place);
    place.proxy.plan(Vec::new(), Chance::of(0, "rehearsal"));
    let run = stage.run();
    assert_eq!(run.code, Some(0), "{step:?} of {shape:?}: {run}");
    let calls = place.proxy.seen().into_iter().map(|Seen { call, .. }| call).collect();
    Rehearsal { calls, committed: place.committed() - stage.before.committed }
}
