//! Duplicates within one list: pairs to look at, and the file of them.

use super::desk::{Person, person_of};
use super::{MatchedWithin, WriteError};
use crate::files::match_result::folder;
use crate::files::match_result::kept::{Kept, KeptCounts, KeptFile};
use crate::files::people::Choices;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// The pairs of one list.
pub struct DuplicatesDesk {
    file: KeptFile,
    choices: Choices,
    today: Option<Date>,
    matched: MatchedWithin,
}

impl std::fmt::Debug for DuplicatesDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DuplicatesDesk").field("pairs", &self.matched.found.pairs.len()).finish_non_exhaustive()
    }
}

/// Two who may be one.
#[derive(Debug, Clone, PartialEq)]
pub struct Double {
    pub left: Person,
    pub right: Person,
    pub probability: f64,
    /// How many are alike, these two among them.
    pub alike: u32,
}

/// The pairs in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoubleCounts {
    pub people: usize,
    /// Pairs that are more likely one person than two.
    pub likely: usize,
    pub listed: usize,
    /// People who stand in a crowd of more alike than are listed for one person.
    pub crowded: usize,
    pub largest_crowd: u32,
}

impl MatchedWithin {
    /// The pairs in numbers.
    pub fn counts(&self) -> DoubleCounts {
        let found = &self.found;
        DoubleCounts {
            people: self.people.table.len(),
            likely: found.pairs.iter().filter(|pair| pair.probability >= 0.5).count(),
            listed: found.pairs.len(),
            crowded: found.crowded,
            largest_crowd: found.largest_crowd,
        }
    }
}

impl DuplicatesDesk {
    /// Over what was found.
    pub fn new(file: KeptFile, choices: Choices, today: Option<Date>, matched: MatchedWithin) -> Self {
        DuplicatesDesk { file, choices, today, matched }
    }

    /// The pairs in numbers.
    pub fn counts(&self) -> DoubleCounts {
        self.matched.counts()
    }

    /// Some of the pairs, likeliest first.
    pub fn pairs(&self, from: usize, count: usize) -> Vec<Double> {
        let table = &self.matched.people.table;
        let one = |pair: &crate::matching::within::Duplicate| Double {
            left: person_of(table, pair.left),
            right: person_of(table, pair.right),
            probability: pair.probability,
            alike: pair.alike,
        };
        self.matched.found.pairs.iter().skip(from).take(count).map(one).collect()
    }

    /// Writes `duplicates.csv`; an earlier result in the folder is kept under another name.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(
        &self,
        into: &Path,
        xlsx: bool,
        zone: &TimeZone,
    ) -> Result<(Vec<PathBuf>, Option<PathBuf>), WriteError> {
        folder::replace(into, zone, |making| {
            let file = super::write_within(&self.matched, making, xlsx)?;
            let kept = Kept {
                source: self.file.clone(),
                destination: None,
                choices: self.choices.clone(),
                threshold: super::THRESHOLD,
                new_below: super::NEW_BELOW,
                today: self.today,
                counts: KeptCounts { employees: self.counts().people, ..KeptCounts::default() },
                rulings: Vec::new(),
                outputs: Vec::new(),
            };
            super::keep(kept, making, &[file])
        })
    }
}
