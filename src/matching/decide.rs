//! The four outcomes, and why: who is linked without a question, who must be judged, who is new.

use super::Verdict;
use super::compare::Cache;
use super::field::{EXACT, Levels, MISSING, MatchField, birth_level, email_level, name_level};
use super::link::Linkage;
use super::rows::{INACTIVE, OTHER_SCRIPT, Row};
use super::scoring::Scorer;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The two numbers that a tenant may move (MATCHING 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Posterior from which a link needs no question.
    pub auto: f64,
    /// Posterior of the best candidate below which an employee is new.
    pub new_below: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { auto: 0.99, new_below: 0.02 }
    }
}

/// A candidate of so many bits before rivals keeps an employee from being called new.
const NOT_NEW_BITS: f64 = -3.0;
/// Two employees for one user whose weights lie so close are a tie.
const TIE_BITS: f64 = 3.0;
/// A user above this posterior claims the employee; two of them are a duplicate.
const CLAIM: f64 = 0.5;
/// What a group of fields must weigh to count as agreeing: eight to one.
const GROUP_BITS: f64 = 3.0;
const CHUNK: usize = 4096;

/// Why an outcome is what it is. For links: by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Linked: the identifier is the same, unique on both sides, and the person agrees.
    SameIdentifier,
    /// Linked: the personal e-mail is the same, unique on both sides, and the person agrees.
    SameEmail,
    /// Linked: the fields together.
    Evidence,
    /// Two or more users may be this employee.
    SecondUser,
    /// Two employees have about the same claim on one user.
    TiedEmployees,
    /// Another employee of the source looks like the same person.
    TwinEntry,
    /// The same id stands on two people of the source.
    SameId,
    /// The identifier agrees, the person does not.
    IdentifierReused,
    /// The person agrees, the identifier is another one.
    IdentifierDiffers,
    BirthDiffers,
    /// First names differ and nothing explains it: a twin, a sibling, a couple.
    FirstNameDiffers,
    /// First and last name stand in each other's place.
    NamesSwapped,
    /// Day and month of the birth date are swapped.
    DayMonthSwapped,
    /// A changed surname.
    SurnameDiffers,
    /// One of two surnames, or particles that differ.
    SurnamePart,
    /// One side writes the name in another script.
    OtherScript,
    /// Only one kind of field agrees.
    OneGroup,
    /// The user is deactivated: perhaps somebody comes back.
    Rehire,
    /// Both are what is left when everybody else is matched.
    LeftOver,
    /// The weight lies between the limits.
    Unsure,
    /// Somebody else has the better claim on the only user who comes near.
    ClaimedByOther,
    /// So many share this employee's whole name that they were not compared by it.
    TooCommon,
    /// Nobody comes near.
    Nobody,
}

impl Reason {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::SameIdentifier => "same identifier, and the person agrees",
            Reason::SameEmail => "same personal e-mail, and the person agrees",
            Reason::Evidence => "the fields together",
            Reason::SecondUser => "duplicate risk: two or more users may be this employee",
            Reason::TiedEmployees => "duplicate risk: two employees have about the same claim on one user",
            Reason::TwinEntry => "duplicate risk: another employee of the source looks like the same person",
            Reason::SameId => "duplicate risk: the same id stands on two people of the source",
            Reason::IdentifierReused => "the identifier agrees, the person does not",
            Reason::IdentifierDiffers => "the person agrees, the identifier is another one",
            Reason::BirthDiffers => "the birth dates differ",
            Reason::FirstNameDiffers => "the first names differ: a twin or sibling?",
            Reason::NamesSwapped => "first and last name are swapped",
            Reason::DayMonthSwapped => "day and month of the birth date are swapped",
            Reason::SurnameDiffers => "the surnames differ: a changed name?",
            Reason::SurnamePart => "the surnames share a part only",
            Reason::OtherScript => "one side writes the name in another script",
            Reason::OneGroup => "only one kind of field agrees",
            Reason::Rehire => "the user is deactivated: a rehire?",
            Reason::LeftOver => "both are left when everybody else is matched",
            Reason::Unsure => "the evidence does not decide",
            Reason::ClaimedByOther => "another employee has the better claim on this user",
            Reason::TooCommon => "not compared by name: too many people share it",
            Reason::Nobody => "nobody in the destination comes near",
        }
    }
}

/// The outcome for one employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub reason: Reason,
}

/// Which values of a field stand on exactly one person of a side.
struct UniqueValues {
    identifiers: Vec<u8>,
    emails: Vec<u8>,
}

impl UniqueValues {
    fn of(rows: &[Row]) -> Self {
        let count = |field: MatchField| {
            let size = rows.iter().map(|row| row.get(field)).max().unwrap_or(0) as usize + 1;
            let mut counts = vec![0u8; size];
            rows.iter()
                .for_each(|row| counts[row.get(field) as usize] = counts[row.get(field) as usize].saturating_add(1));
            counts
        };
        UniqueValues { identifiers: count(MatchField::Identifier), emails: count(MatchField::Email) }
    }

    fn has(counts: &[u8], value: u32) -> bool {
        counts.get(value as usize) == Some(&1)
    }
}

/// What is to be said of one source row whatever the policy.
#[derive(Debug, Clone, Copy)]
struct Judgement {
    likely: f64,
    /// Two or more users above [`CLAIM`].
    claims: bool,
    /// A candidate above [`NOT_NEW_BITS`] before rivals.
    near: bool,
    /// A user carries the employee's identifier, whoever that is.
    id_taken: bool,
    /// Not compared by name because too many share it.
    too_common: bool,
    tied: bool,
    /// Why the best pair may not be linked by itself.
    objection: Option<Reason>,
    /// By what it would be linked.
    ground: Reason,
    /// The user of the best pair.
    user: u32,
}

const NOBODY: Judgement = Judgement {
    likely: 0.0,
    claims: false,
    near: false,
    id_taken: false,
    too_common: false,
    tied: false,
    objection: None,
    ground: Reason::Nobody,
    user: u32::MAX,
};

impl Judgement {
    fn outcome(&self, policy: Policy) -> Outcome {
        let (verdict, reason) = match self {
            Judgement { claims: true, .. } => (Verdict::DuplicateRisk, Reason::SecondUser),
            Judgement { likely, id_taken, near, too_common, .. } if *likely < policy.new_below => {
                match (id_taken, near, too_common) {
                    (true, ..) => (Verdict::Review, Reason::IdentifierReused),
                    (_, true, _) => (Verdict::Review, Reason::ClaimedByOther),
                    (.., true) => (Verdict::Review, Reason::TooCommon),
                    _ => (Verdict::New, Reason::Nobody),
                }
            }
            Judgement { tied: true, .. } => (Verdict::DuplicateRisk, Reason::TiedEmployees),
            Judgement { objection: Some(reason), .. } => (Verdict::Review, *reason),
            Judgement { likely, .. } if *likely < policy.auto => (Verdict::Review, Reason::Unsure),
            Judgement { ground, .. } => (Verdict::Link, *ground),
        };
        Outcome { verdict, reason }
    }
}

/// Decides for every source row, in sorted order.
pub struct Decider<'a> {
    linkage: &'a Linkage,
    left: UniqueValues,
    right: UniqueValues,
}

/// Every source row judged; any policy can be read off.
pub struct Judgements {
    rows: Vec<Judgement>,
    users: usize,
}

impl Judgements {
    /// Judges all source rows.
    pub fn of(linkage: &Linkage) -> Self {
        let decider = Decider {
            linkage,
            left: UniqueValues::of(&linkage.left.rows),
            right: UniqueValues::of(&linkage.right.rows),
        };
        let scorer = linkage.scorer();
        let judge = |rows: std::ops::Range<usize>| {
            let mut cache = Cache::default();
            rows.map(|row| decider.judge(&scorer, row, &mut cache)).collect::<Vec<_>>()
        };
        let count = linkage.left.rows.len();
        let chunks: Vec<Vec<Judgement>> = (0..count.div_ceil(CHUNK))
            .into_par_iter()
            .map(|at| judge(at * CHUNK..((at + 1) * CHUNK).min(count)))
            .collect();
        Judgements { rows: chunks.concat(), users: linkage.right.rows.len() }
    }

    /// One outcome per source row, in sorted order.
    pub fn outcomes(&self, policy: Policy) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = self.rows.iter().map(|row| row.outcome(policy)).collect();
        // Two employees linked to one user would be a contradiction: both become a question.
        let mut holder = vec![u32::MAX; self.users];
        for row in 0..outcomes.len() {
            let user = self.rows[row].user as usize;
            if outcomes[row].verdict == Verdict::Link {
                if holder[user] == u32::MAX {
                    holder[user] = row as u32;
                    continue;
                }
                let tied = Outcome { verdict: Verdict::DuplicateRisk, reason: Reason::TiedEmployees };
                outcomes[holder[user] as usize] = tied;
                outcomes[row] = tied;
            }
        }
        outcomes
    }

    /// Counts outcomes, and what is expected to be wrong with them.
    pub fn effect(&self, outcomes: &[Outcome]) -> PolicyEffect {
        let mut effect = PolicyEffect::default();
        for (row, outcome) in self.rows.iter().zip(outcomes) {
            match outcome.verdict {
                Verdict::Link => {
                    effect.links += 1;
                    effect.expected_wrong += 1.0 - row.likely;
                }
                Verdict::Review => effect.review += 1,
                Verdict::DuplicateRisk => effect.duplicate_risk += 1,
                Verdict::New => {
                    effect.new += 1;
                    effect.expected_missed += row.likely;
                }
            }
        }
        effect
    }

    /// The effect of a policy before it is applied.
    pub fn preview(&self, policy: Policy) -> PolicyEffect {
        self.effect(&self.outcomes(policy))
    }
}

impl Decider<'_> {
    fn judge(&self, scorer: &Scorer<'_>, row: usize, cache: &mut Cache) -> Judgement {
        let linkage = self.linkage;
        let candidates = linkage.of_left(row);
        let too_common = linkage.too_common.get(row).copied().unwrap_or(false);
        let Some(&best) = candidates.first() else { return Judgement { too_common, ..NOBODY } };
        let pair = linkage.pairs[best as usize];
        let likely = linkage.probability(best as usize);
        let claims = candidates.get(1).is_some_and(|pair| linkage.probability(*pair as usize) >= CLAIM);
        let near = candidates.iter().any(|pair| linkage.pairs[*pair as usize].bits >= NOT_NEW_BITS);
        let (left, right) = (&linkage.left.rows[pair.left as usize], &linkage.right.rows[pair.right as usize]);
        let levels = scorer.levels(left, right, cache);
        let bits = scorer.bits(left, right, &levels);
        let key = self.key(left, right, &levels);
        Judgement {
            likely,
            claims,
            near,
            id_taken: candidates.iter().any(|pair| self.share_identifier(*pair as usize)),
            too_common,
            tied: self.is_tied(best as usize),
            objection: objection(left, right, &levels, &bits, key)
                .or_else(|| (linkage.leftover.of(&pair) > 0.0).then_some(Reason::LeftOver)),
            ground: key.unwrap_or(Reason::Evidence),
            user: pair.right,
        }
    }

    fn share_identifier(&self, pair: usize) -> bool {
        let pair = self.linkage.pairs[pair];
        self.linkage.left.rows[pair.left as usize].shares_identifier(&self.linkage.right.rows[pair.right as usize])
    }

    /// Whether another employee lies close behind for the same user.
    fn is_tied(&self, pair: usize) -> bool {
        let pairs = &self.linkage.pairs;
        let own = &pairs[pair];
        let group = |other: &super::link::Pair| other.right == own.right;
        let before = pairs[..pair].iter().rev().take_while(|other| group(other));
        let after = pairs[pair + 1..].iter().take_while(|other| group(other));
        before.chain(after).any(|other| (other.bits - own.bits).abs() < TIE_BITS && other.bits > NOT_NEW_BITS)
    }

    /// The deterministic key that both share, if it is nobody else's.
    fn key(&self, left: &Row, right: &Row, levels: &Levels) -> Option<Reason> {
        let unique = |field: MatchField, a: &[u8], b: &[u8]| {
            levels[field.at()] == EXACT
                && UniqueValues::has(a, left.get(field))
                && UniqueValues::has(b, right.get(field))
        };
        if unique(MatchField::Identifier, &self.left.identifiers, &self.right.identifiers) {
            Some(Reason::SameIdentifier)
        } else if unique(MatchField::Email, &self.left.emails, &self.right.emails) {
            Some(Reason::SameEmail)
        } else {
            None
        }
    }
}

/// Why a pair may not be linked without a question, however much it weighs.
fn objection(left: &Row, right: &Row, levels: &Levels, bits: &[f64], keyed: Option<Reason>) -> Option<Reason> {
    let [first, last, birth, ..] = *levels;
    let identifier = levels[MatchField::Identifier.at()];
    let names_differ = first == name_level::ELSE && matches!(last, name_level::ELSE | name_level::MAILBOX);
    let birth_differs = matches!(birth, birth_level::NEAR | birth_level::YEAR | birth_level::ELSE);
    if identifier == EXACT && names_differ && birth != EXACT {
        return Some(Reason::IdentifierReused);
    }
    if identifier > EXACT {
        return Some(Reason::IdentifierDiffers);
    }
    if birth_differs {
        return Some(Reason::BirthDiffers);
    }
    if first == name_level::ELSE && keyed != Some(Reason::SameIdentifier) {
        return Some(Reason::FirstNameDiffers);
    }
    if right.is(INACTIVE) && !left.is(INACTIVE) {
        return Some(Reason::Rehire);
    }
    // A key that is nobody else's carries a changed or swapped name; names alone never do (cases 2, 4 to 6, 10, 31).
    if keyed.is_none() {
        let suggestion = match (first, last, birth) {
            (name_level::SWAPPED, ..) => Some(Reason::NamesSwapped),
            (_, name_level::ELSE | name_level::MAILBOX, _) => Some(Reason::SurnameDiffers),
            (_, name_level::PART, _) => Some(Reason::SurnamePart),
            (_, _, birth_level::SWAPPED) => Some(Reason::DayMonthSwapped),
            _ if left.is(OTHER_SCRIPT) != right.is(OTHER_SCRIPT) => Some(Reason::OtherScript),
            _ => None,
        };
        if suggestion.is_some() {
            return suggestion;
        }
    }
    (groups(levels, bits) < 2).then_some(Reason::OneGroup)
}

/// How many independent groups of fields agree: names, birth date, e-mail, phone, home, work, identifier.
fn groups(levels: &Levels, bits: &[f64]) -> usize {
    let at = |field: MatchField| bits[field.at()];
    let is = |field: MatchField, worst: u8| (EXACT..=worst).contains(&levels[field.at()]);
    let named = levels[0] != MISSING && levels[1] != MISSING && bits[0] + bits[1] >= GROUP_BITS;
    let work: f64 =
        [MatchField::Job, MatchField::Branch, MatchField::Department, MatchField::Start].map(at).iter().sum();
    let home: f64 = [MatchField::Address, MatchField::Postcode].map(at).iter().sum();
    [
        named,
        is(MatchField::Birth, birth_level::TYPO),
        is(MatchField::Email, email_level::CLOSE) && at(MatchField::Email) >= GROUP_BITS,
        is(MatchField::Phone, 2) && at(MatchField::Phone) >= GROUP_BITS,
        home >= GROUP_BITS,
        work >= GROUP_BITS,
        is(MatchField::Identifier, EXACT),
    ]
    .into_iter()
    .filter(|agrees| *agrees)
    .count()
}

/// What a policy would do, before it is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyEffect {
    pub links: usize,
    pub review: usize,
    pub duplicate_risk: usize,
    pub new: usize,
    /// Expected wrong links: the sum of what is missing to certainty.
    pub expected_wrong: f64,
    /// Expected number of people called new who have a user after all.
    pub expected_missed: f64,
}
