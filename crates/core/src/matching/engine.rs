//! The engine as others use it: two tables in, outcomes and explanations out; and the planner's [`Matcher`].

use super::crowd::Alike;
use super::decide::{Judgements, Outcome, Policy, PolicyEffect, Reason};
use super::explain::Tables;
use super::learning::Learned;
use super::link::{Linkage, Phase, Progress, link_learned};
use super::table::PeopleTable;
use super::within::twin_entries;
use super::{MatchPerson, MatchResult, Matcher, Verdict, date_text};
use crate::domain::ids::UserId;
use crate::domain::plan::Candidate;
use jiff::civil::Date;
use rayon::prelude::*;
use std::ops::{Deref, DerefMut};

/// How many candidates are kept for one employee.
pub const CANDIDATES: usize = 5;

/// Two sides, compared and decided, with the tables at hand.
pub struct Comparison<'a> {
    tables: Tables<'a>,
    decided: Decided,
}

/// What was found out and decided, without the tables: it can be kept beside them.
pub struct Decided {
    pub linkage: Linkage,
    judgements: Judgements,
    /// By row of the source table.
    outcomes: Vec<Outcome>,
    /// Sorted row of each row of the source table.
    places: Vec<u32>,
    /// Rows of the source table that are never linked or new unasked.
    asked: Vec<(usize, Reason)>,
}

/// A candidate as numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Row of the destination table.
    pub row: usize,
    pub weight: f64,
    pub probability: f64,
    /// Number of the pair, for [`Comparison::explain`].
    pub pair: usize,
}

impl<'a> Comparison<'a> {
    /// Compares two tables and decides under a policy.
    pub fn run(
        source: &'a PeopleTable,
        destination: &'a PeopleTable,
        policy: Policy,
        report: &mut dyn FnMut(Progress),
    ) -> Self {
        Self::run_learned(source, destination, policy, Learned::default(), report)
    }

    /// As [`Comparison::run`], with what was learnt from rulings.
    pub fn run_learned(
        source: &'a PeopleTable,
        destination: &'a PeopleTable,
        policy: Policy,
        learned: Learned,
        report: &mut dyn FnMut(Progress),
    ) -> Self {
        let linkage = link_learned(source, destination, learned, report);
        report(Progress { phase: Phase::Deciding, done: 0, total: source.len() });
        let judgements = Judgements::of(&linkage);
        let mut sorted = judgements.outcomes(policy);
        set_aside_twin_entries(&linkage, &mut sorted);
        let mut places = vec![0; source.len()];
        let mut outcomes = vec![Outcome::of(Verdict::New, Reason::Nobody); source.len()];
        for (place, &row) in linkage.left.order.iter().enumerate() {
            places[row as usize] = place as u32;
            outcomes[row as usize] = sorted[place];
        }
        // Case 15.
        for row in source.rows_with_one_id().into_iter().flatten() {
            outcomes[row] = Outcome::of(Verdict::DuplicateRisk, Reason::SameId);
        }
        let decided = Decided { linkage, judgements, outcomes, places, asked: Vec::new() };
        Comparison { tables: Tables { source, destination }, decided }
    }

    /// What was decided, for whoever keeps the tables.
    pub fn into_decided(self) -> Decided {
        self.decided
    }

    /// The waterfall of a candidate.
    pub fn explain(&self, pair: usize) -> Candidate {
        self.decided.linkage.explain(self.tables, pair)
    }

    /// The waterfall of a source row and any destination row, compared before or not.
    pub fn weigh(&self, row: usize, destination_row: usize) -> Candidate {
        let order = &self.decided.linkage.right.order;
        let right = order.iter().position(|other| *other as usize == destination_row).unwrap_or(0);
        self.decided.linkage.explain_rows(self.tables, self.decided.places[row], right as u32)
    }
}

impl Deref for Comparison<'_> {
    type Target = Decided;

    fn deref(&self) -> &Decided {
        &self.decided
    }
}

impl DerefMut for Comparison<'_> {
    fn deref_mut(&mut self) -> &mut Decided {
        &mut self.decided
    }
}

impl Decided {
    /// Makes questions of these rows of the source table, where they would be linked or new unasked.
    pub fn ask(&mut self, rows: Vec<(usize, Reason)>) {
        for &(row, reason) in &rows {
            make_question(&mut self.outcomes[row], reason);
        }
        self.asked = rows;
    }

    /// The outcome of a source row.
    pub fn outcome(&self, row: usize) -> Outcome {
        self.outcomes[row]
    }

    /// The candidates of a source row, best first.
    pub fn candidates(&self, row: usize) -> impl Iterator<Item = Ranked> + '_ {
        self.linkage.of_left(self.places[row] as usize).iter().take(CANDIDATES).map(|&pair| {
            let pair = pair as usize;
            let right = self.linkage.pairs[pair].right as usize;
            Ranked {
                row: self.linkage.right.order[right] as usize,
                weight: self.linkage.weight(pair),
                probability: self.linkage.probability(pair),
                pair,
            }
        })
    }

    /// What was decided, in numbers.
    pub fn effect(&self) -> PolicyEffect {
        let mut sorted = self.outcomes.clone();
        self.places.iter().enumerate().for_each(|(row, &place)| sorted[place as usize] = self.outcomes[row]);
        self.judgements.effect(&sorted)
    }

    /// What another policy would decide, in numbers.
    pub fn preview(&self, policy: Policy) -> PolicyEffect {
        let mut sorted = self.judgements.outcomes(policy);
        for (row, &place) in self.places.iter().enumerate() {
            let (outcome, other) = (self.outcomes[row], &mut sorted[place as usize]);
            let stays = match outcome.reason {
                Reason::SameId => true,
                Reason::TwinEntry => other.verdict == Verdict::New,
                _ => false,
            };
            if stays {
                *other = outcome;
            }
        }
        for &(row, reason) in &self.asked {
            make_question(&mut sorted[self.places[row] as usize], reason);
        }
        self.judgements.effect(&sorted)
    }
}

fn make_question(outcome: &mut Outcome, reason: Reason) {
    if matches!(outcome.verdict, Verdict::Link | Verdict::New) {
        *outcome = Outcome::of(Verdict::Review, reason);
    }
}

fn set_aside_twin_entries(linkage: &Linkage, outcomes: &mut [Outcome]) {
    let new: Vec<u32> =
        (0..outcomes.len() as u32).filter(|&row| outcomes[row as usize].verdict == Verdict::New).collect();
    let twins = twin_entries(&linkage.vocabulary, &linkage.frequency, &linkage.model, &linkage.left.rows, &new);
    for (row, left) in twins {
        outcomes[row as usize] = Outcome::among(Reason::TwinEntry, Alike { left, right: 0 });
    }
}

/// The matching engine behind the planner.
#[derive(Debug, Clone, Copy, Default)]
pub struct Engine {
    pub policy: Policy,
    /// Birth dates after this day are fillers; without it only those far in the future are.
    pub today: Option<Date>,
    /// What was learnt from rulings; nothing by default.
    pub learned: Learned,
}

impl Engine {
    /// Compares people and hands the comparison out, for whoever wants to know more than the verdicts.
    pub fn compare<T>(
        &self,
        employees: &[MatchPerson],
        users: &[MatchPerson],
        look: impl FnOnce(&Comparison<'_>) -> T,
    ) -> T {
        let today = self.today.and_then(date_text::packed);
        let source = PeopleTable::from_people(employees, today);
        let destination = PeopleTable::from_people(users, today);
        look(&Comparison::run_learned(&source, &destination, self.policy, self.learned, &mut |_| {}))
    }
}

impl Comparison<'_> {
    /// Verdict and candidates of every source row, as the planner reads them.
    pub fn results(&self) -> Vec<MatchResult> {
        (0..self.outcomes.len())
            .into_par_iter()
            .map(|row| MatchResult {
                verdict: self.outcome(row).verdict,
                candidates: self.candidates(row).map(|ranked| self.explain(ranked.pair)).collect(),
            })
            .collect()
    }
}

/// The engine for whoever wants to know what is decided and shows no weights: its candidates have no waterfall, which takes most
/// of the time where many people claim the same few.
#[derive(Debug, Clone, Copy)]
pub struct WithoutEvidence(pub Engine);

impl Matcher for WithoutEvidence {
    fn policy(&self) -> String {
        self.0.policy()
    }

    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        let candidate = |ranked: Ranked| Candidate {
            user: UserId::from(users[ranked.row].id.as_str()),
            weight: ranked.weight,
            probability: ranked.probability,
            evidence: Vec::new(),
        };
        self.0.compare(employees, users, |comparison| {
            let rows = 0..employees.len();
            let result = |row| MatchResult {
                verdict: comparison.outcome(row).verdict,
                candidates: comparison.candidates(row).map(candidate).collect(),
            };
            rows.map(result).collect()
        })
    }
}

impl Matcher for Engine {
    fn policy(&self) -> String {
        format!("{:?} {:?}", self.policy, self.learned)
    }

    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        self.compare(employees, users, |comparison| comparison.results())
    }
}
