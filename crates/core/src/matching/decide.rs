//! The four outcomes, and why: who is linked without a question, who must be judged, who is new.

use super::Verdict;
use super::compare::Cache;
use super::crowd::Alike;
use super::field::EXACT;
use super::link::{Linkage, NOT_NEW_BITS};
use super::objection::Guards;
pub use super::outcome::{Outcome, Reason};
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

/// A user above this posterior claims the employee; two of them are a duplicate.
const CLAIM: f64 = 0.5;
const CHUNK: usize = 4096;

/// What is to be said of one source row whatever the policy.
#[derive(Debug, Clone, Copy)]
struct Judgement {
    likely: f64,
    /// How many users lie above [`CLAIM`].
    claims: u32,
    /// A candidate above [`NOT_NEW_BITS`] before rivals.
    near: bool,
    /// A user carries the employee's identifier, whoever that is.
    id_taken: bool,
    /// Not compared by name because too many share it.
    too_common: bool,
    tied: bool,
    /// How many employees have about the best claim on the user, this one among them; else 0.
    tied_at_top: u32,
    /// Only the crowd kept this employee from having a candidate: how many are alike.
    crowd: Option<Alike>,
    /// Why the best pair may not be linked by itself.
    objection: Option<Reason>,
    /// By what it would be linked.
    ground: Reason,
    /// The user of the best pair.
    user: u32,
}

const NOBODY: Judgement = Judgement {
    likely: 0.0,
    claims: 0,
    near: false,
    id_taken: false,
    too_common: false,
    tied: false,
    tied_at_top: 0,
    crowd: None,
    objection: None,
    ground: Reason::Nobody,
    user: u32::MAX,
};

impl Judgement {
    fn outcome(&self, policy: Policy) -> Outcome {
        let tie = || Outcome::among(Reason::TiedEmployees, Alike { left: self.tied_at_top.max(2), right: 1 });
        if self.claims >= 2 {
            return Outcome::among(Reason::SecondUser, Alike { left: 1, right: self.claims });
        }
        if let Some(alike) = self.crowd.filter(|_| !self.id_taken && !self.near) {
            let alone = alike.left < 2 && alike.right < 2;
            return if alone {
                Outcome::of(Verdict::Review, Reason::AllTold)
            } else {
                Outcome::among(Reason::Crowd, alike)
            };
        }
        if self.likely < policy.new_below {
            return match self {
                Judgement { id_taken: true, .. } => Outcome::of(Verdict::Review, Reason::IdentifierReused),
                // Many who share one claim have little of it each.
                Judgement { near: true, tied_at_top: 2.., .. } => tie(),
                Judgement { near: true, .. } => Outcome::of(Verdict::Review, Reason::ClaimedByOther),
                Judgement { too_common: true, .. } => Outcome::of(Verdict::Review, Reason::TooCommon),
                _ => Outcome::of(Verdict::New, Reason::Nobody),
            };
        }
        match self {
            Judgement { tied: true, .. } => tie(),
            Judgement { objection: Some(reason), .. } => Outcome::of(Verdict::Review, *reason),
            Judgement { likely, .. } if *likely < policy.auto => Outcome::of(Verdict::Review, Reason::Unsure),
            Judgement { ground, .. } => Outcome::of(Verdict::Link, *ground),
        }
    }
}

/// Decides for every source row, in sorted order.
pub struct Decider<'a> {
    linkage: &'a Linkage,
    guards: Guards<'a>,
}

/// Every source row judged; any policy can be read off.
pub struct Judgements {
    rows: Vec<Judgement>,
    users: usize,
}

impl Judgements {
    /// Judges all source rows.
    pub fn of(linkage: &Linkage) -> Self {
        let names = &linkage.vocabulary.names;
        let decider = Decider { linkage, guards: Guards::of(names, &linkage.left.rows, &linkage.right.rows) };
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
                let tied = Outcome::among(Reason::TiedEmployees, Alike { left: 2, right: 1 });
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
        let claims = candidates.iter().take_while(|pair| linkage.probability(**pair as usize) >= CLAIM).count() as u32;
        let near = candidates.iter().any(|pair| linkage.pairs[*pair as usize].bits >= NOT_NEW_BITS);
        let (left, right) = (&linkage.left.rows[pair.left as usize], &linkage.right.rows[pair.right as usize]);
        let levels = scorer.levels(left, right, cache);
        let bits = scorer.bits(left, right, &levels);
        let key = self.guards.key(left, right, &levels);
        Judgement {
            likely,
            claims,
            near,
            id_taken: candidates.iter().any(|pair| self.share_identifier(*pair as usize)),
            too_common,
            tied: self.is_tied(best as usize) || (key.is_none() && self.has_double(scorer, best as usize, cache)),
            tied_at_top: linkage.tied_at_top(best as usize),
            crowd: linkage.crowds.get(&(row as u32)).copied(),
            objection: self
                .guards
                .objection(left, right, &levels, &bits, key)
                .or_else(|| (linkage.leftover.of(&pair) > 0.0).then_some(Reason::LeftOver)),
            ground: key.unwrap_or(Reason::Evidence),
            user: pair.right,
        }
    }

    fn share_identifier(&self, pair: usize) -> bool {
        let pair = self.linkage.pairs[pair];
        self.linkage.left.rows[pair.left as usize].shares_identifier(&self.linkage.right.rows[pair.right as usize])
    }

    /// Whether another employee has the same names and birth date as this one and the user: then only something of one's own
    /// tells which of them the user is.
    fn has_double(&self, scorer: &Scorer<'_>, pair: usize, cache: &mut Cache) -> bool {
        let is_whole = |pair: usize, cache: &mut Cache| {
            let pair = self.linkage.pairs[pair];
            let (left, right) =
                (self.linkage.left.rows[pair.left as usize], self.linkage.right.rows[pair.right as usize]);
            scorer.levels(&left, &right, cache)[..3] == [EXACT; 3]
        };
        self.linkage.best_rival(pair).is_some_and(|rival| is_whole(rival, cache) && is_whole(pair, cache))
    }

    /// Whether this is about the best claim on the user, and another employee has about the same.
    fn is_tied(&self, pair: usize) -> bool {
        let rival = self.linkage.best_rival(pair).map(|rival| self.linkage.pairs[rival].bits);
        self.linkage.tied_at_top(pair) >= 2 && rival.is_some_and(|bits| bits > NOT_NEW_BITS)
    }
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

impl PolicyEffect {
    /// Between how many and how many of the links are wrong, 95 times out of 100, if every pair is as likely as it says.
    pub fn wrong_range(&self) -> [usize; 2] {
        range(self.expected_wrong, self.links)
    }

    /// The same of those who are called new and have a user after all.
    pub fn missed_range(&self) -> [usize; 2] {
        range(self.expected_missed, self.new)
    }
}

/// The middle 95 % of a Poisson distribution with this mean, at most `of`: many rare slips, none of which says anything of another.
pub fn range(mean: f64, of: usize) -> [usize; 2] {
    /// From here on the distribution is as good as normal, and its first terms are too small to be summed.
    const MANY: f64 = 400.0;
    if mean > MANY {
        let spread = 1.96 * mean.sqrt();
        return [(mean - spread).round() as usize, ((mean + spread).round() as usize).min(of)];
    }
    let (mut term, mut sum, mut count) = ((-mean).exp(), 0.0, 0_usize);
    let mut low = None;
    loop {
        sum += term;
        if low.is_none() && sum >= 0.025 {
            low = Some(count);
        }
        if sum >= 0.975 || count >= of {
            return [low.unwrap_or(count).min(of), count.min(of)];
        }
        count += 1;
        term *= mean / count as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_comes_with_its_range() {
        // Tables of the Poisson distribution.
        for (mean, expected) in [(0.0, [0, 0]), (0.02, [0, 0]), (1.0, [0, 3]), (4.0, [1, 8]), (10.0, [4, 17])] {
            assert_eq!(range(mean, 1_000), expected, "{mean}");
        }
        assert_eq!(range(4.0, 5), [1, 5], "no more are wrong than there are");
        let [low, high] = range(900.0, 100_000);
        assert!((838..845).contains(&low) && (955..962).contains(&high), "{low} {high}");
        assert_eq!(range(3.0, 0), [0, 0]);
    }
}
