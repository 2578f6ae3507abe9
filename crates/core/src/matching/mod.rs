//! Identity resolution: who of the destination's users is this employee, with what weight, and why. Pure.
//!
//! The planner sees one trait, [`Matcher`]; what stands behind it may change without the planner knowing.

use crate::domain::person::Person;
use crate::domain::plan::Candidate;

pub mod blocking;
pub mod compare;
pub mod crowd;
pub mod date_text;
pub mod dates;
pub mod decide;
pub mod engine;
pub mod explain;
pub mod field;
pub mod frequency;
pub mod given;
pub mod groups;
pub mod homes;
pub mod intern;
pub mod learning;
pub mod leftover;
pub mod likeness;
pub mod link;
pub mod model;
pub mod names;
pub mod nicknames;
pub mod normalize;
pub mod objection;
pub mod outcome;
pub mod phonetic;
pub mod quick;
pub mod rekey;
pub mod rows;
pub mod scoring;
pub mod simple;
pub mod table;
pub mod training;
pub mod within;

/// One person of one side, ready to compare: values in the words of one side (branch codes already made names).
#[derive(Debug, Clone, PartialEq)]
pub struct MatchPerson {
    /// Employee id or user id.
    pub id: String,
    pub person: Person,
    /// What the person carries as the destination's key, if anything.
    pub identifier: Option<String>,
    /// False for leavers and deactivated users.
    pub active: bool,
}

/// What the matcher says of one employee.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchResult {
    pub verdict: Verdict,
    /// Best first, at most five; every candidate's evidence sums to its weight.
    pub candidates: Vec<Candidate>,
}

/// The four outcomes of a comparison (MATCHING 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So sure that a connection with auto-link may link without asking.
    Link,
    /// An operator must judge.
    Review,
    /// More than one user, or more than one employee, claims the same person: creation is blocked, shown first.
    DuplicateRisk,
    /// Nobody in the destination comes near.
    New,
}

/// Compares employees that no identifier, e-mail or ruling has tied yet with users that nobody holds yet.
pub trait Matcher: Send + Sync {
    /// One result per employee, in the order given. Deterministic: the same input gives the same output.
    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult>;

    /// What the verdicts depend on beside the people: the limits and what was learnt. Where it changes, everybody is
    /// judged anew.
    fn policy(&self) -> String {
        String::new()
    }
}
