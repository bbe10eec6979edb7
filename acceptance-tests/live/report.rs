//! The result of a run, as a table for people and as JSON for programs. Text from the org is already redacted.

use crate::cleanup::CleanupResult;
use crate::org::About;
use crate::probes::Verdict;
use crate::questions::{Marked, OUT_OF_REACH, Question};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, Clone)]
pub enum ScenarioResult {
    Passed,
    Failed(String),
    Skipped(String),
}

#[derive(Default)]
pub struct Report {
    pub scenarios: Vec<(String, ScenarioResult)>,
    pub questions: Vec<(&'static Question, Verdict)>,
    pub is_interrupted: bool,
}

/// The width of the column with the result, before the column with the text.
const WIDTH: usize = 14;
const LINE: usize = 118;

impl Report {
    pub fn is_good(&self) -> bool {
        !self.is_interrupted
            && !self.scenarios.iter().any(|(_, outcome)| matches!(outcome, ScenarioResult::Failed(_)))
    }

    pub fn counts(&self) -> (usize, usize, usize) {
        let count =
            |is: fn(&Verdict) -> bool| self.questions.iter().filter(|(_, verdict)| is(verdict)).count();
        (
            count(|verdict| matches!(verdict, Verdict::Held(_))),
            count(|verdict| matches!(verdict, Verdict::DidNotHold(_))),
            count(|verdict| matches!(verdict, Verdict::Undecided(_))),
        )
    }

    pub fn table(&self) -> String {
        let mut out = String::new();
        if !self.scenarios.is_empty() {
            out.push_str("\nScenarios\n\n");
            for (name, outcome) in &self.scenarios {
                let (word, reason) = match outcome {
                    ScenarioResult::Passed => ("passed", ""),
                    ScenarioResult::Failed(reason) => ("FAILED", reason.as_str()),
                    ScenarioResult::Skipped(reason) => ("skipped", reason.as_str()),
                };
                row(&mut out, word, name, reason);
            }
        }
        if !self.questions.is_empty() {
            out.push_str("\nOpen questions, and the answers of this org\n\n");
            for (question, verdict) in &self.questions {
                let (word, details) = match verdict {
                    Verdict::Held(details) => ("held", details),
                    Verdict::DidNotHold(details) => ("DID NOT HOLD", details),
                    Verdict::Undecided(details) => ("not decided", details),
                };
                row(&mut out, word, &format!("{}: {}", question.id, question.claim), details);
            }
            let (held, failed, open) = self.counts();
            let _infallible = writeln!(
                out,
                "\n{} questions: {held} held, {failed} did not hold, {open} undecided.",
                self.questions.len()
            );
            out.push_str("\nOpen questions that a run cannot answer\n\n");
            for (marked, reason) in OUT_OF_REACH {
                let (Marked::Behavior(what) | Marked::Text(_, what)) = marked;
                row(&mut out, "", what, reason);
            }
        }
        out
    }

    pub fn json(&self, about: &About, prefix: &str, cleanup: &CleanupResult) -> Value {
        let scenarios = self.scenarios.iter().map(|(name, outcome)| {
            let (result, reason) = match outcome {
                ScenarioResult::Passed => ("passed", None),
                ScenarioResult::Failed(reason) => ("failed", Some(reason)),
                ScenarioResult::Skipped(reason) => ("skipped", Some(reason)),
            };
            json!({ "name": name, "result": result, "why": reason })
        });
        let questions = self.questions.iter().map(|(question, verdict)| {
            let (word, details) = match verdict {
                Verdict::Held(details) => ("held", details),
                Verdict::DidNotHold(details) => ("did not hold", details),
                Verdict::Undecided(details) => ("not decided", details),
            };
            let marked = question.marked.iter().map(place);
            let marked: Vec<Value> = marked.collect();
            json!({ "id": question.id, "claim": question.claim, "marked": marked, "verdict": word, "said": details })
        });
        let out_of_reach =
            OUT_OF_REACH.iter().map(|(marked, reason)| json!({ "marked": place(marked), "why": reason }));
        json!({
            "org": {
                "id": about.id, "name": about.name, "kind": about.kind.to_string(), "instance": about.instance,
                "apiVersion": about.version,
            },
            "provider": env!("CARGO_PKG_VERSION"),
            "prefix": prefix,
            "interrupted": self.is_interrupted,
            "scenarios": scenarios.collect::<Vec<Value>>(),
            "questions": questions.collect::<Vec<Value>>(),
            "outOfReach": out_of_reach.collect::<Vec<Value>>(),
            "removed": cleanup.removed,
            "left": cleanup.left,
        })
    }
}

fn place(marked: &Marked) -> Value {
    match marked {
        Marked::Behavior(what) => json!({ "behavior": what }),
        Marked::Text(file, sentence) => json!({ "file": file, "sentence": sentence }),
    }
}

fn row(out: &mut String, word: &str, what: &str, reason: &str) {
    let _infallible = writeln!(out, "  {word:WIDTH$}{what}");
    for line in reason.lines().flat_map(wrapped) {
        let _infallible = writeln!(out, "  {:WIDTH$}  {line}", "");
    }
}

/// Wraps the text at spaces.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + word.chars().count() + WIDTH + 5 > LINE {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
