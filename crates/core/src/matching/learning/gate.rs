//! The gate: a version that does worse on rulings it has not seen is never used.

use super::{ModelVersion, StoredRuling, number_of, weight_under};
use serde::{Deserialize, Serialize};

/// Every fifth employee's rulings are held back for the gate.
const HELD_BACK: u64 = 5;
/// Fewer rulings that were held back say nothing.
const LEAST_HELD_BACK: usize = 10;

/// Why a version may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Too few rulings were held back to tell.
    TooFew,
    /// It is more surprised by what was ruled.
    MoreSurprised,
    /// It would link more rejected pairs by itself.
    MoreWrong,
    /// It is sure of more wrong pairs of the control set.
    ControlWrong,
}

impl Refusal {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Refusal::TooFew => "too few rulings were held back to tell; rule on more, the audit sample counts too",
            Refusal::MoreSurprised => "it fits the rulings that were held back worse than the version in use",
            Refusal::MoreWrong => "it would link more pairs that were ruled two people than the version in use",
            Refusal::ControlWrong => "it is sure of more wrong pairs of the control set than the version in use",
        }
    }
}

/// Whether a proposed version may be used, and what the gate saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Rulings that were held back.
    pub examples: usize,
    /// Mean surprise in bits before and after; lower is better.
    pub log_loss: (f64, f64),
    /// Rejected pairs that would be linked by themselves, before and after.
    pub wrong_links: (usize, usize),
    /// Pairs whose side of the threshold changes.
    pub changed: usize,
    /// Pairs of the control set that reach the threshold and are two people, before and after.
    #[serde(default)]
    pub control: (usize, usize),
}

impl GateVerdict {
    /// Whether the version may be used.
    pub fn passed(&self) -> bool {
        self.refusal.is_none()
    }

    /// Takes in what the version does with the control set: no more wrong pairs than before.
    #[must_use]
    pub fn with_control(mut self, before: usize, after: usize) -> Self {
        self.control = (before, after);
        if after > before {
            self.refusal = self.refusal.or(Some(Refusal::ControlWrong));
        }
        self
    }
}

/// Whether a ruling is kept from teaching, so that the gate has something new to judge by. By employee, never by pair.
pub fn is_held_back(employee: &str) -> bool {
    number_of(&[employee]).is_multiple_of(HELD_BACK)
}

/// Compares a proposed version with the active one on rulings that it has not seen; `versions` are all that rulings were
/// made under, `threshold` the posterior from which a link needs no question.
pub fn gate(
    active: &ModelVersion,
    proposed: &ModelVersion,
    rulings: &[StoredRuling],
    versions: &[ModelVersion],
    threshold: f64,
) -> GateVerdict {
    let held: Vec<&StoredRuling> =
        rulings.iter().filter(|ruling| !ruling.revoked && is_held_back(&ruling.employee)).collect();
    let mut verdict = GateVerdict {
        refusal: None,
        examples: held.len(),
        log_loss: (0.0, 0.0),
        wrong_links: (0, 0),
        changed: 0,
        control: (0, 0),
    };
    let posterior = |version: &ModelVersion, ruling: &StoredRuling| {
        version.learned.calibration.probability(weight_under(version, versions, ruling))
    };
    for ruling in &held {
        let (before, after) = (posterior(active, ruling), posterior(proposed, ruling));
        let surprise = |likely: f64| -(if ruling.same_person { likely } else { 1.0 - likely }).max(1e-12).log2();
        verdict.log_loss.0 += surprise(before) / held.len() as f64;
        verdict.log_loss.1 += surprise(after) / held.len() as f64;
        verdict.wrong_links.0 += usize::from(!ruling.same_person && before >= threshold);
        verdict.wrong_links.1 += usize::from(!ruling.same_person && after >= threshold);
        verdict.changed += usize::from((before >= threshold) != (after >= threshold));
    }
    verdict.refusal = if held.len() < LEAST_HELD_BACK {
        Some(Refusal::TooFew)
    } else if verdict.wrong_links.1 > verdict.wrong_links.0 {
        Some(Refusal::MoreWrong)
    } else if verdict.log_loss.1 > verdict.log_loss.0 + 1e-9 {
        Some(Refusal::MoreSurprised)
    } else {
        None
    };
    verdict
}
