//! What the end of a run shows: which troubles it has found, and what it proves to work.

use super::cause::{Cause, Proof, is_trouble};
use super::{Grade, is_reach};
use crate::domain::code::{Code, LineCode, ProblemCode};
use crate::domain::explain::explained;
use crate::domain::ids::RunId;
use crate::domain::plan::{HoldCode, LimitCheck};
use crate::domain::problem::Problem;
use crate::domain::run::{Job, RunOutcome, RunPurpose, RunTotals, Scope, Trigger};
use jiff::Timestamp;

/// One trouble that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub cause: Cause,
    pub grade: Grade,
    pub what: String,
    pub why: String,
    /// People or lines; 0 where it is not about some of them.
    pub people: u32,
}

/// What was found at one moment, and what is proven to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub at: Timestamp,
    pub run: Option<RunId>,
    pub found: Vec<Found>,
    pub proof: Proof,
}

/// What the plan that a run made shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanShown {
    pub limits: Vec<LimitCheck>,
    /// Field, value, whether the destination lacks the option, and how many people wait for it.
    pub values: Vec<(String, String, HoldCode, u32)>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd<'a> {
    pub run: RunId,
    pub at: Timestamp,
    pub purpose: RunPurpose,
    pub job: &'a Job,
    pub outcome: RunOutcome,
    pub totals: &'a RunTotals,
    pub problem: Option<&'a Problem>,
    /// The tenant is paused until somebody tests it.
    pub is_halted: bool,
    /// The plan that this run made itself.
    pub plan: Option<&'a PlanShown>,
}

/// What the end of a run shows; `None` for a run that tells nothing of the feed: a preview, a rehearsal, one that goes on.
#[must_use]
pub fn observed(end: &RunEnd<'_>) -> Option<Observation> {
    use RunOutcome as O;
    let is_over = !matches!(end.outcome, O::Running | O::Paused | O::Previewed);
    if end.purpose != RunPurpose::Sync || !is_over {
        return None;
    }
    let is_whole = end.job.undoes.is_none() && !matches!(end.job.scope, Scope::People(_));
    let is_good = matches!(end.outcome, O::Done | O::DoneWithHeld);
    // Of a run that was cut short the plan may be older than what cut it.
    let is_planned = end.plan.is_some() && (is_good || end.outcome == O::Stopped);
    let proof = Proof {
        reached: is_good || is_planned,
        planned: is_whole && is_planned,
        done: is_whole && is_good,
        scheduled: end.job.trigger == Trigger::Schedule,
        heard: end.job.trigger == Trigger::Webhook,
    };
    let mut found = of_problem(end);
    found.extend(of_lines(end.totals));
    if is_whole {
        found.extend(end.plan.into_iter().flat_map(of_values));
    }
    Some(Observation { at: end.at, run: Some(end.run), found, proof })
}

fn of_problem(end: &RunEnd<'_>) -> Vec<Found> {
    let Some(problem) = end.problem else { return Vec::new() };
    let code = problem.code();
    if !is_trouble(Code::Problem(code)) {
        return Vec::new();
    }
    let past: Vec<&LimitCheck> = match (code, end.plan) {
        (ProblemCode::LimitExceeded, Some(plan)) => plan.limits.iter().filter(|limit| limit.is_exceeded()).collect(),
        _ => Vec::new(),
    };
    if !past.is_empty() {
        return past.into_iter().map(of_limit).collect();
    }
    let pauses = matches!(code, ProblemCode::CredentialsRefused | ProblemCode::Quarantine);
    let grade = if pauses && end.is_halted { Grade::Halted } else { Grade::Whole };
    vec![Found::of_problem(problem, grade)]
}

fn of_limit(limit: &LimitCheck) -> Found {
    let key = limit.kind.key();
    Found {
        cause: Cause::new(Code::Problem(ProblemCode::LimitExceeded), key),
        grade: Grade::Whole,
        what: format!("{} {}, {} allowed", limit.count, key.replace('_', " "), limit.allowed),
        why: "the plan waits for its number to be typed".to_owned(),
        people: limit.count,
    }
}

fn of_lines(totals: &RunTotals) -> impl Iterator<Item = Found> {
    let lines = [
        (LineCode::Refused, totals.refused()),
        (LineCode::NoAnswer, totals.without_answer()),
        (LineCode::Moved, totals.skipped()),
    ];
    lines.into_iter().filter(|(_, count)| *count > 0).map(|(code, count)| Found {
        cause: Cause::new(Code::Line(code), ""),
        grade: Grade::Part,
        what: explained(Code::Line(code)).words.to_owned(),
        why: String::new(),
        people: count,
    })
}

fn of_values(plan: &PlanShown) -> impl Iterator<Item = Found> {
    plan.values.iter().map(|(field, value, code, people)| {
        let lacks = if *code == HoldCode::OptionMissing { "is not in the destination" } else { "not mapped" };
        let who = if *people == 1 { "1 person".to_owned() } else { format!("{people} people") };
        Found {
            cause: Cause::new(Code::Hold(*code), format!("{field}={value}")),
            grade: Grade::Part,
            what: format!("`{value}` {lacks}, {who}"),
            why: String::new(),
            people: *people,
        }
    })
}

impl Found {
    /// What a problem says; about the vendor where it names one.
    #[must_use]
    pub fn of_problem(problem: &Problem, grade: Grade) -> Self {
        let code = Code::Problem(problem.code());
        // Vendors say what is wrong by their name; a stop has the words of its code.
        let what = if problem.vendor().is_some() || is_reach(code) || problem.code() == ProblemCode::Other {
            problem.what.clone()
        } else {
            explained(code).words.to_owned()
        };
        Self {
            cause: Cause::new(code, problem.vendor().unwrap_or_default()),
            grade,
            what,
            why: problem.why.clone(),
            people: 0,
        }
    }
}
