//! The baseline: the calls that each step makes without faults. These calls are the possible injection points.

use crate::fixture::{Fixture, Shape, Step, Testbed};
use crate::proxy::RecordedCall;
use crate::random::Random;
use serde_json::json;
use std::collections::BTreeMap;

/// The baseline of each step, with one resource and with three.
pub struct Baselines(BTreeMap<(Step, Shape), Baseline>);

#[derive(Debug, Clone)]
pub struct Baseline {
    pub calls: Vec<String>,
    /// The number of deploys that change something.
    pub committed: usize,
}

impl Baseline {
    /// The number of calls of each kind.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for call in &self.calls {
            *kinds.entry(call.as_str()).or_default() += 1;
        }
        kinds
    }
}

/// Delays deploys and retrieves, so that the provider polls them more than once.
pub fn pace(testbed: &Testbed) {
    let times = json!({ "queue_ms": 200, "deploy_ms": 700, "retrieve_ms": 200 });
    testbed.org.admin("PATCH", "/org", Some(&times));
}

impl Baselines {
    /// # Panics
    /// Panics if a step fails without faults.
    #[must_use]
    pub fn record_all() -> Self {
        let threads: Vec<_> = Step::ALL
            .into_iter()
            .flat_map(|step| [(step, Shape::Client), (step, Shape::Parts)])
            .map(|(step, shape)| ((step, shape), std::thread::spawn(move || record(step, shape))))
            .collect();
        let results = threads
            .into_iter()
            .map(|(key, thread)| (key, thread.join().expect("the baseline thread finishes")));
        Self(results.collect())
    }

    #[must_use]
    pub fn of(&self, step: Step, shape: Shape) -> &Baseline {
        &self.0[&(step, shape)]
    }
}

fn record(step: Step, shape: Shape) -> Baseline {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, shape, step);
    fixture.log(false);
    pace(&testbed);
    testbed.proxy.plan(Vec::new(), Random::of(0, "baseline"));
    let run = fixture.run();
    assert_eq!(run.code, Some(0), "{step:?} of {shape:?}: {run}");
    let calls = testbed.proxy.seen().into_iter().map(|RecordedCall { call, .. }| call).collect();
    Baseline { calls, committed: testbed.committed() - fixture.before.committed }
}
