//! What an operator saw of a pair, read back from its waterfall: levels and weight, and no value of anybody.

use super::CALIBRATION;
use crate::domain::plan::Evidence;
use crate::matching::field::{FIELDS, Levels, MatchField};
use std::collections::BTreeMap;

/// Levels by the names of field and level; fields that were not compared are left out.
pub type LevelNames = BTreeMap<String, String>;

/// Levels and weight of a pair as they were shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub levels: Levels,
    /// Prior, fields and rivals, before any calibration.
    pub weight: f64,
}

/// What a waterfall says of a pair; `None` where nothing was weighed (a guard of the planner named the user).
pub fn seen(evidence: &[Evidence]) -> Option<Seen> {
    evidence.first().filter(|bar| bar.field == "prior")?;
    let mut levels = [0; FIELDS];
    for field in MatchField::ALL {
        let level = evidence
            .iter()
            .filter(|bar| bar.field == field.key())
            .find_map(|bar| field.levels().iter().position(|name| *name == bar.level));
        levels[field.at()] = level.and_then(|level| u8::try_from(level).ok()).unwrap_or(0);
    }
    let weight = evidence.iter().filter(|bar| bar.field != CALIBRATION).map(|bar| bar.bits).sum();
    Some(Seen { levels, weight })
}

/// Levels by name, as they are kept.
pub fn names_of(levels: &Levels) -> LevelNames {
    let compared = MatchField::ALL.into_iter().filter(|field| levels[field.at()] != 0);
    compared.map(|field| (field.key().to_owned(), field.levels()[levels[field.at()] as usize].to_owned())).collect()
}

/// Levels from their names; a name that this build does not know counts as not compared.
pub fn from_names(names: &LevelNames) -> Levels {
    let mut levels = [0; FIELDS];
    for field in MatchField::ALL {
        let level = names.get(field.key()).and_then(|name| field.levels().iter().position(|known| known == name));
        levels[field.at()] = level.and_then(|level| u8::try_from(level).ok()).unwrap_or(0);
    }
    levels
}
