//! What a line of the feed log in memory is filtered by beside its text: level, run and phase. There are few of each, so a test
//! is put to each once, not to every line.

use super::feed::FeedFilter;
use super::feed_columns::{FeedColumn, is_for_nothing, phase_word};
use super::people_bits::Bits;
use crate::domain::filter::Test;
use crate::domain::run::{Level, Phase};
use crate::store::feed::level_number;
use std::cell::Cell;
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// 0 for none.
    pub run: i64,
    pub level: u8,
    /// Place among the phases, counted from 1; 0 for none.
    pub phase: u8,
}

type NumberOf = fn(Marks) -> u8;
type WordOf = fn(u8) -> &'static str;

pub(super) fn phase_number(phase: Phase) -> u8 {
    Phase::ALL.iter().position(|known| *known == phase).and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(u8::MAX)
}

fn word_of_phase(number: u8) -> &'static str {
    let at = usize::from(number).checked_sub(1);
    at.and_then(|at| Phase::ALL.get(at)).map_or("", |phase| phase_word(*phase))
}

fn word_of_level(number: u8) -> &'static str {
    [Level::Info, Level::Warn, Level::Error]
        .into_iter()
        .find(|level| level_number(*level) == i64::from(number))
        .map_or("", Level::key)
}

fn word_of_run(run: i64) -> String {
    if run == 0 { String::new() } else { run.to_string() }
}

impl Marks {
    pub(super) fn fit(self, filter: &FeedFilter) -> bool {
        i64::from(self.level) >= filter.level.map_or(0, level_number)
            && filter.run.is_none_or(|run| run.0 == self.run)
            && filter.phase.is_none_or(|phase| phase_number(phase) == self.phase)
    }

    /// Level or phase as a number, and the word of such a number.
    fn small(column: FeedColumn) -> Option<(NumberOf, WordOf)> {
        match column {
            FeedColumn::Level => Some((|marks| marks.level, word_of_level)),
            FeedColumn::Phase => Some((|marks| marks.phase, word_of_phase)),
            _ => None,
        }
    }
}

/// The lines that pass a test of level, phase or run.
pub(super) fn tested(marks: &[Marks], column: FeedColumn, test: &Test) -> Bits {
    if let Some((number_of, word_of)) = Marks::small(column) {
        let fits: Vec<bool> = (0..=u8::MAX).map(|number| test.fits(word_of(number))).collect();
        return Bits::each(marks, |marks| fits.get(usize::from(number_of(*marks))).copied().unwrap_or(false));
    }
    let none = is_for_nothing(test);
    // Lines of one run stand together.
    let last = Cell::new((0, none));
    Bits::each(marks, |Marks { run, .. }| match last.get() {
        _ if *run == 0 => none,
        (known, fits) if known == *run => fits,
        _ => {
            let fits = test.fits(&word_of_run(*run));
            last.set((*run, fits));
            fits
        }
    })
}

/// How many of these lines have which level, phase or run.
pub(super) fn counts(marks: &[Marks], column: FeedColumn, found: &Bits) -> HashMap<String, usize> {
    let these = found.iter().filter_map(|place| marks.get(place as usize));
    let mut words: HashMap<String, usize> = HashMap::new();
    if let Some((number_of, word_of)) = Marks::small(column) {
        let mut counts = [0; 256];
        these.for_each(|marks| {
            if let Some(count) = counts.get_mut(usize::from(number_of(*marks))) {
                *count += 1;
            }
        });
        for (number, count) in (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0) {
            *words.entry(word_of(number).to_owned()).or_default() += count;
        }
        return words;
    }
    let mut runs: HashMap<i64, usize> = HashMap::new();
    let (mut last, mut count) = (0, 0);
    for Marks { run, .. } in these {
        if *run != last {
            *runs.entry(last).or_default() += std::mem::take(&mut count);
            last = *run;
        }
        count += 1;
    }
    *runs.entry(last).or_default() += count;
    runs.into_iter().filter(|(_, count)| *count > 0).map(|(run, count)| (word_of_run(run), count)).collect()
}
