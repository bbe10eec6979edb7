//! Properties of concurrent callers: each gets one correct result.
//!
//! The model org responds to the content of the deploys, and follows no script. Each job puts a mark in its files,
//! which shows the deploy that contained its changes.

use proptest::prelude::*;

use super::*;
use crate::lock::lock;
use crate::value::Value;

#[derive(Clone, Debug)]
struct Act {
    /// When the job starts, in milliseconds.
    starts: u64,
    what: What,
    app: usize,
    /// The timeout of the job, in seconds.
    timeout: u64,
    /// How long after its start the job is dropped without waiting for the result, in milliseconds.
    drops: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    App(Manner),
    Settings(Manner),
    Both,
    Delete,
}

/// How the org treats a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Good,
    /// Rejected with a message that names the file.
    Bad,
    /// Rejected with a message that does not name the file.
    Mute,
}

struct Deployed {
    texts: Vec<String>,
    begins: Instant,
    ends: Instant,
    succeeds: bool,
}

#[derive(Default)]
struct World {
    apps: BTreeSet<String>,
    deploys: Vec<(Deployed, DeployReport)>,
    /// How many of the next deploys fail because the org is locked.
    locks: u32,
    took: Duration,
    faults: Vec<String>,
}

#[derive(Default)]
struct Model(Mutex<World>);

impl Model {
    fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut lock(&self.0))
    }
}

impl World {
    fn decide(&mut self, files: &[package::PackagedFile]) -> DeployReport {
        if self.locks > 0 {
            self.locks -= 1;
            return DeployReport {
                error_status_code: Some("ALREADY_IN_PROCESS".into()),
                error_message: Some("The changes require to temporarily lock the org".into()),
                ..ended("Failed")
            };
        }
        let keys: Vec<(ComponentKey, &str)> = files
            .iter()
            .filter_map(|file| Some((package::key_of(&file.path)?, file.text.as_str())))
            .collect();
        let brings = |app: &str| keys.iter().any(|(key, _)| key.kind == APP && key.full_name == app);
        let mut failures = Vec::new();
        for (key, text) in &keys {
            let app = key.full_name.trim_end_matches("_oauth");
            if text.contains("is Bad") {
                failures.push(problem(key, "This is no good."));
            } else if key.kind == SETTINGS && !self.apps.contains(app) && !brings(app) {
                failures.push(problem(key, &format!("INVALID_CROSS_REFERENCE_KEY: no app {app}")));
            }
        }
        if !failures.is_empty() {
            return failed(failures);
        }
        if keys.iter().any(|(_, text)| text.contains("is Mute")) {
            return DeployReport { error_message: Some("Something is wrong.".into()), ..ended("Failed") };
        }
        self.apps
            .extend(keys.iter().filter(|(key, _)| key.kind == APP).map(|(key, _)| key.full_name.clone()));
        for file in files.iter().filter(|file| file.path.starts_with("destructive")) {
            self.apps.retain(|app| !file.text.contains(&format!("<members>{app}</members>")));
        }
        ended("Succeeded")
    }
}

impl Connection for Model {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(async {
            Ok(SessionFacts::new("00D000000000001", "005000000000001", 62, "https://org.test"))
        })
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(async { Some(62) })
    }
}

impl Deploys for Model {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], _: bool) -> ApiFuture<'a, String> {
        Box::pin(async move {
            let files = package::read(zip).unwrap();
            let begins = Instant::now();
            sleep(Duration::from_millis(10)).await;
            Ok(self.with(|world| {
                let now = Instant::now();
                if world.deploys.last().is_some_and(|(last, _)| last.ends > now) {
                    world.faults.push("two deploys at a time".into());
                }
                let report = world.decide(&files);
                let texts = files.into_iter().map(|file| file.text).collect();
                let ends = now + world.took;
                world.deploys.push((Deployed { texts, begins, ends, succeeds: report.success }, report));
                (world.deploys.len() - 1).to_string()
            }))
        })
    }

    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(async move {
            sleep(Duration::from_millis(5)).await;
            let place: usize = id.parse().unwrap();
            Ok(self.with(|world| {
                let (deployed, report) = &world.deploys[place];
                if Instant::now() >= deployed.ends { report.clone() } else { status("InProgress") }
            }))
        })
    }

    fn cancel_deploy<'a>(&'a self, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(async { Err(fault(Call::CancelDeploy, "INVALID_ID_FIELD")) })
    }
}

impl Act {
    fn app_name(&self) -> String {
        format!("App{}", self.app)
    }

    fn is_good(&self) -> bool {
        matches!(self.what, What::App(Manner::Good) | What::Settings(Manner::Good) | What::Both)
    }

    fn writes_app(&self) -> bool {
        matches!(self.what, What::App(_) | What::Both)
    }

    /// Whether both jobs write the same file.
    fn overlaps(&self, other: &Act) -> bool {
        let writes_settings = |act: &Act| matches!(act.what, What::Settings(_) | What::Both);
        self.app == other.app
            && (self.writes_app() && other.writes_app() || writes_settings(self) && writes_settings(other))
    }

    /// Whether the caller waits for the result without a time limit.
    fn waits(&self) -> bool {
        self.timeout == NO_TIMEOUT && self.drops.is_none()
    }

    /// The job's changes. Each file contains the mark of the job.
    fn changes(&self, number: usize) -> Changes {
        let app = self.app_name();
        let write = |kind, name: String, parent: &str, manner: Manner| {
            let mut component = Component::new(ComponentKey::new(kind, name), parent);
            component.put("label", Value::from(format!("{} is {manner:?}", mark(number)).as_str()));
            component
        };
        Changes::Write(match self.what {
            What::App(manner) => vec![write(APP, app, "", manner)],
            What::Settings(manner) => vec![write(SETTINGS, format!("{app}_oauth"), &app, manner)],
            What::Both => vec![
                write(SETTINGS, format!("{app}_oauth"), &app, Manner::Good),
                write(APP, app.clone(), "", Manner::Good),
            ],
            What::Delete => return Changes::Delete(vec![ComponentKey::new(APP, app)]),
        })
    }
}

/// A timeout that is never reached, in seconds.
const NO_TIMEOUT: u64 = 3_600;

fn mark(number: usize) -> String {
    format!("(job {number})")
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let manner = || prop_oneof![8 => Just(Manner::Good), 1 => Just(Manner::Bad), 1 => Just(Manner::Mute)];
    let what = prop_oneof![
        4 => manner().prop_map(What::App),
        5 => manner().prop_map(What::Settings),
        1 => Just(What::Both),
        1 => Just(What::Delete),
    ];
    let starts = prop_oneof![0..400_u64, 0..4_000_u64];
    let timeout = prop_oneof![6 => Just(NO_TIMEOUT), 1 => 1..8_u64];
    let drops = prop_oneof![6 => Just(None), 1 => (0..4_000_u64).prop_map(Some)];
    let act = (starts, what, 0..4_usize, timeout, drops)
        .prop_map(|(starts, what, app, timeout, drops)| Act { starts, what, app, timeout, drops });
    proptest::collection::vec(act, 1..16)
}

/// The result of a caller, or `None` if it was dropped, and the time when it ended.
type Ending = (Option<Result<Applied, ApplyErrorKind>>, Instant);

/// Runs all callers and returns their results.
async fn play(org: &Org, acts: &[Act], stop: Option<u64>) -> Vec<Ending> {
    let mut callers = Vec::new();
    for (number, act) in acts.iter().cloned().enumerate() {
        let org = org.clone();
        callers.push(tokio::spawn(async move {
            sleep(Duration::from_millis(act.starts)).await;
            let apply = org.make(act.changes(number), within(act.timeout));
            let ending = match act.drops {
                Some(ms) => tokio::time::timeout(Duration::from_millis(ms), apply).await.ok(),
                None => Some(apply.await),
            };
            (ending.map(|answer| answer.map_err(|error| error.kind)), Instant::now())
        }));
    }
    if let Some(ms) = stop {
        sleep(Duration::from_millis(ms)).await;
        org.stop();
    }
    let mut endings = Vec::new();
    for caller in callers {
        let waited = tokio::time::timeout(Duration::from_secs(3_000), caller).await;
        endings.push(waited.expect("every caller ends").unwrap());
    }
    endings
}

/// What the callers did, their results, and the deploys in the org.
struct Report<'a> {
    acts: &'a [Act],
    endings: &'a [Ending],
    world: &'a World,
    begun: Instant,
    stop: Option<u64>,
    /// The deploy that contained the changes of each job.
    deployed_in: Vec<Option<usize>>,
}

impl Report<'_> {
    fn check(&mut self) -> Result<(), TestCaseError> {
        prop_assert!(self.world.faults.is_empty(), "{:?}", self.world.faults);
        for number in 0..self.acts.len() {
            let by: Vec<usize> = self.deploys_of(number).collect();
            prop_assert!(by.len() <= 1, "job {number} was deployed twice: {by:?}");
            self.deployed_in.push(by.first().copied());
        }
        for number in 0..self.acts.len() {
            self.result_is_correct(number)?;
            self.a_dropped_job_is_not_sent(number)?;
            self.a_valid_job_succeeds(number)?;
            self.order_is_kept(number)?;
            self.a_part_follows_its_app(number)?;
        }
        if let Some(stop) = self.stop {
            let stop = self.begun + Duration::from_millis(stop);
            let sent = self.world.deploys.iter().any(|(deployed, _)| deployed.begins > stop);
            prop_assert!(!sent, "a deploy was sent after the stop");
        }
        Ok(())
    }

    fn deploys_of(&self, number: usize) -> impl Iterator<Item = usize> {
        let mark = mark(number);
        let deploys = self.world.deploys.iter().enumerate();
        let containing = deploys.filter(move |(_, (deployed, _))| {
            deployed.succeeds && deployed.texts.iter().any(|text| text.contains(&mark))
        });
        containing.map(|(at, _)| at)
    }

    fn result_is_correct(&self, number: usize) -> Result<(), TestCaseError> {
        let (act, by) = (&self.acts[number], self.deployed_in[number]);
        match &self.endings[number].0 {
            Some(Ok(applied)) if act.what == What::Delete => {
                let deploy = applied.deploy_id.as_ref().and_then(|id| id.parse::<usize>().ok());
                let deploy = deploy.and_then(|at| self.world.deploys.get(at));
                let member = format!("<members>{}</members>", act.app_name());
                let deletes = deploy.is_some_and(|(deployed, _)| {
                    deployed.succeeds && deployed.texts.iter().any(|text| text.contains(&member))
                });
                prop_assert!(deletes, "job {number}: {applied:?} deletes nothing");
            }
            Some(Ok(applied)) => {
                let reported = applied.deploy_id.clone();
                prop_assert_eq!(by.map(|by| by.to_string()), reported, "job {}", number);
            }
            Some(Err(ApplyErrorKind::Unverified { .. })) => {
                prop_assert!(act.timeout < NO_TIMEOUT, "job {number} had not reached its deadline");
            }
            Some(Err(_)) => prop_assert_eq!(by, None, "job {}", number),
            None => {}
        }
        Ok(())
    }

    fn a_dropped_job_is_not_sent(&self, number: usize) -> Result<(), TestCaseError> {
        if let (None, dropped) = &self.endings[number]
            && let Some(by) = self.deployed_in[number]
        {
            let begins = self.world.deploys[by].0.begins;
            prop_assert!(begins <= *dropped, "job {number} was sent after its caller was dropped");
        }
        Ok(())
    }

    /// No job fails because of another job. Exception: two failures with the same message and without a component may
    /// be attributed to the org.
    fn a_valid_job_succeeds(&self, number: usize) -> Result<(), TestCaseError> {
        let act = &self.acts[number];
        let mute = |act: &&Act| matches!(act.what, What::App(Manner::Mute) | What::Settings(Manner::Mute));
        let same_app = || self.acts.iter().filter(|other| other.app == act.app);
        let has_app = act.writes_app()
            || same_app().any(|app| app.writes_app() && app.starts <= act.starts && app.waits())
                && same_app().all(|app| !app.writes_app() || app.is_good())
                && !same_app().any(|other| other.what == What::Delete);
        if act.is_good()
            && has_app
            && act.waits()
            && self.stop.is_none()
            && self.acts.iter().filter(mute).count() < 2
        {
            let ending = &self.endings[number].0;
            prop_assert!(matches!(ending, Some(Ok(_))), "job {number} is valid: {ending:?}");
        }
        Ok(())
    }

    /// If two jobs write the same file, the later one is applied last, unless it creates the app that the other
    /// awaits. A deletion between them may cause a cycle, which must be broken.
    fn order_is_kept(&self, number: usize) -> Result<(), TestCaseError> {
        let act = &self.acts[number];
        if self.acts.iter().any(|other| other.what == What::Delete && other.app == act.app) {
            return Ok(());
        }
        for (other, earlier) in self.acts.iter().enumerate() {
            let brings_app = act.writes_app() && !earlier.writes_app();
            if earlier.starts < act.starts
                && !brings_app
                && earlier.overlaps(act)
                && let (Some(first), Some(second)) = (self.deployed_in[other], self.deployed_in[number])
            {
                prop_assert!(first < second, "job {number} overtook job {other}");
            }
        }
        Ok(())
    }

    fn a_part_follows_its_app(&self, number: usize) -> Result<(), TestCaseError> {
        let act = &self.acts[number];
        let (ending, ended) = &self.endings[number];
        for (other, app) in self.acts.iter().enumerate() {
            let parent = matches!(act.what, What::Settings(_)) && app.writes_app() && app.app == act.app;
            if !parent {
                continue;
            }
            if let (Some(part), Some(whole)) = (self.deployed_in[number], self.deployed_in[other])
                && app.starts <= act.starts
                && app.is_good()
            {
                prop_assert!(whole <= part, "job {number} was deployed before its app, job {other}");
            }
            // A job that lacks only its app does not fail while another job that creates the app is waiting, except
            // after a deletion.
            let deleted = self.acts.iter().any(|act| act.what == What::Delete && act.app == app.app);
            let starts = self.begun + Duration::from_millis(app.starts);
            let is_waiting = starts < *ended && self.endings[other].1 > *ended;
            if let Some(Err(ApplyErrorKind::Rejected { problems, .. })) = ending {
                let lacks = problems.iter().all(|problem| problem.message.contains("CROSS_REFERENCE"));
                prop_assert!(
                    !(lacks && is_waiting && app.is_good() && !deleted),
                    "job {number} failed, {other} waits"
                );
            }
        }
        Ok(())
    }
}

fn run(acts: &[Act], locks: u32, took: u64, stop: Option<u64>, batching: bool) -> Result<(), TestCaseError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World { locks, took: Duration::from_millis(took), ..World::default() };
        let model = Arc::new(Model(Mutex::new(world)));
        let timing = Timing { batching, jitter: false, ..Timing::default() };
        let org = Org::with_timing(
            Apis {
                connection: model.clone(),
                deploys: model.clone(),
                ..Apis::from(Arc::new(Script::default()))
            },
            timing,
        );
        let begun = Instant::now();
        let endings = play(&org, acts, stop).await;
        sleep(Duration::from_secs(60)).await;
        model.with(|world| {
            Report { acts, endings: &endings, world, begun, stop, deployed_in: Vec::new() }.check()
        })
    })
}

/// The number of schedules. With a paused clock, each takes a few milliseconds.
const SCHEDULES: u32 = 10_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: SCHEDULES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_job_gets_one_correct_result(
        acts in acts(),
        locks in prop_oneof![5 => Just(0_u32), 1 => 1..4_u32],
        took in 50..3_000_u64,
        stop in prop_oneof![4 => Just(None), 1 => (0..5_000_u64).prop_map(Some)],
        batching in prop_oneof![5 => Just(true), 1 => Just(false)],
    ) {
        run(&acts, locks, took, stop, batching)?;
    }
}
