//! Concurrent callers of an org, their changes, and the org's responses.

use super::*;

pub(super) type Caller = tokio::task::JoinHandle<Result<Applied, ApplyError>>;

/// Applies the changes after this many milliseconds.
pub(super) fn caller(org: &Org, after: u64, changes: Changes) -> Caller {
    let org = org.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(after)).await;
        org.make(changes, in_time()).await
    })
}

pub(super) fn app_key(name: &str) -> ComponentKey {
    ComponentKey::new(APP, name)
}

pub(super) fn settings_key(app: &str) -> ComponentKey {
    ComponentKey::new(SETTINGS, format!("{app}_oauth"))
}

pub(super) fn app(name: &str) -> Changes {
    Changes::Write(vec![Component::new(app_key(name), "")])
}

pub(super) fn settings(app: &str) -> Changes {
    Changes::Write(vec![Component::new(settings_key(app), app)])
}

pub(super) fn delete(key: ComponentKey) -> Changes {
    Changes::Delete(vec![key])
}

pub(super) fn succeeds() -> Course {
    Course::ends(1_000, ended("Succeeded"))
}

pub(super) fn rejects(problems: Vec<ComponentMessage>) -> Course {
    Course::ends(1_000, failed(problems))
}

pub(super) fn fails_silently() -> Course {
    rejects(Vec::new())
}

/// The names of the files in each sent package, except package.xml.
pub(super) fn sent(script: &Arc<Script>) -> Vec<String> {
    let names = |(_, paths): &(bool, Vec<String>)| {
        let names = paths.iter().filter_map(|path| {
            let name = path.rsplit('/').next()?.split('.').next()?;
            (name != "package").then(|| name.to_owned())
        });
        names.collect::<Vec<_>>().join(" ")
    };
    script.with(|state| state.packages.iter().map(names).collect())
}

pub(super) fn sizes(script: &Arc<Script>) -> Vec<usize> {
    script.with(|state| state.packages.iter().map(|(_, paths)| paths.len() - 1).collect())
}

pub(super) async fn problems(caller: Caller) -> Vec<String> {
    match caller.await.unwrap().unwrap_err().kind {
        ApplyErrorKind::Rejected { problems, .. } => problems.iter().map(DeployProblem::to_string).collect(),
        other => panic!("{other}"),
    }
}
