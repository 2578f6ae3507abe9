//! Whom a filter finds in the list of people in memory, and how many carry which value among them.

use super::people::PersonKey;
use super::people_bits::Bits;
use super::people_columns::{PeopleColumn, STATES, STATUSES};
use super::people_list::{PeopleAsk, PeopleList, PeopleTerm, PlanTerm, Plans, Values};
use super::people_more::More;
use crate::domain::field::Field;
use crate::domain::filter::{Facet, Test, Word};
use crate::store::text_index::TextIndex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The values of a list's facets, and everybody in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFacets {
    pub facets: Vec<Facet>,
    /// People whom the whole filter finds.
    pub found: usize,
    /// Days are being read and not counted yet.
    pub reading: bool,
}

impl PeopleList {
    /// These people as a set.
    pub(super) fn bits_of(&self, keys: &[PersonKey]) -> Bits {
        Bits::of(self.places_len(), keys.iter().filter_map(|key| self.place_of(*key)))
    }

    fn places_len(&self) -> usize {
        self.keys().len()
    }

    /// Whom one condition finds.
    pub(super) fn bits(&self, term: &PeopleTerm, plans: &Plans) -> Bits {
        let places = self.places_len();
        match term {
            PeopleTerm::Text(text) => Bits::of(places, self.texts().places(&TextIndex::folded(text)).iter()),
            PeopleTerm::Word(word) => self.word(word),
            PeopleTerm::Value(field, value) => match self.values_of(*field) {
                Some(values) => values.with(places, |known| known == Some(value.as_str())),
                None => Bits::none(places),
            },
            PeopleTerm::Leavers => self.status().with(places, |known| known == Some("ended")),
            PeopleTerm::InPlan(term) => self.in_plan(*term, plans),
            PeopleTerm::Any(terms) => terms.iter().fold(Bits::none(places), |mut found, term| {
                found.or(&self.bits(term, plans));
                found
            }),
            PeopleTerm::Column(column, tests) => self.column_bits(*column, tests),
            // Answered from the file, and put in as people who are known by name.
            PeopleTerm::FromFile(_) => Bits::all(places),
        }
    }

    fn column_bits(&self, column: PeopleColumn, tests: &[Test]) -> Bits {
        let places = self.places_len();
        let fits = |value: &str| tests.iter().any(|test| test.fits(value));
        match column {
            PeopleColumn::Status => self
                .status()
                .with(places, |known| STATUSES.iter().any(|(word, stored)| known == Some(*stored) && fits(word))),
            column => match field_of(column).and_then(|field| self.values_of(field)) {
                Some(values) => values.with(places, |known| fits(known.unwrap_or_default())),
                None => self.more().map_or_else(|| Bits::none(places), |more| more.found(column, tests, self.texts())),
            },
        }
    }

    /// Names, ids, branch, job title, department; an e-mail where the word has an `@`. The values of columns are few, so each
    /// is looked at once for everybody who carries it.
    fn word(&self, word: &Word) -> Bits {
        let places = self.places_len();
        let mut found = Bits::of(places, self.texts().places(word.text()).iter());
        if word.is_loose() {
            self.names().abbreviated(word, &mut found);
        }
        for field in [Field::Branch, Field::JobTitle, Field::Department] {
            if let Some(values) = self.values_of(field) {
                values.add(places, &mut found, |folded| word.is_in(folded));
            }
        }
        if word.text().contains('@')
            && let Some(more) = self.more()
        {
            found.or(&more.found(PeopleColumn::Email, &[Test::Part(word.text().to_owned())], self.texts()));
        }
        found
    }

    fn in_plan(&self, term: PlanTerm, plans: &Plans) -> Bits {
        let places = self.places_len();
        match term {
            PlanTerm::Changed => Bits::of(places, plans.changed().iter().copied()),
            PlanTerm::Changes => {
                // Whoever is held stands under held, whatever else the plan does.
                let mut changed = Bits::of(places, plans.changed().iter().copied());
                plans.held(|_, _| true).for_each(|held| changed.and(&Bits::of(places, held.iter().copied()), true));
                changed
            }
            PlanTerm::Unchanged if plans.is_none() => Bits::none(places),
            PlanTerm::Unchanged => {
                let mut rest = Bits::all(places);
                rest.and(&Bits::of(places, plans.changed().iter().copied()), true);
                plans.held(|_, _| true).for_each(|held| rest.and(&Bits::of(places, held.iter().copied()), true));
                rest
            }
            held => {
                let mut found = Bits::none(places);
                plans.held(|kind, code| held.holds(kind, code)).for_each(|held| found.extend(held.iter().copied()));
                found
            }
        }
    }

    /// The values of the facets with their counts; `within` are those whom the file finds, where it was asked.
    pub(super) fn facets(&self, ask: &PeopleAsk, plans: &Plans, within: Option<&Bits>) -> PeopleFacets {
        let places = self.places_len();
        let mut sets: Vec<(Option<PeopleColumn>, bool, Bits)> =
            ask.terms.iter().map(|(not, term)| (term.column(), *not, self.bits(term, plans))).collect();
        // Whom the file finds: by their state alone, or by a day, which every facet is counted under.
        let of_file = ask.terms.iter().filter(|(_, term)| term.is_of_file()).map(|(_, term)| term.column());
        let is_state = of_file.into_iter().all(|column| column == Some(PeopleColumn::State));
        let column = is_state.then_some(PeopleColumn::State);
        sets.extend(within.map(|within| (column, false, within.clone())));
        let under = |without: Option<PeopleColumn>| {
            let mut found = Bits::all(places);
            let asked = sets.iter().filter(|(column, ..)| column.is_none() || *column != without);
            asked.for_each(|(_, not, set)| found.and(set, *not));
            found
        };
        let whole = under(None);
        let mut facets = Vec::new();
        for (at, column) in PeopleColumn::ALL.into_iter().enumerate() {
            let counted = |found: &Bits| self.counted(column, found, plans);
            let found = under(Some(column));
            if let Some(counts) = counted(&found) {
                let of = counts.values().sum();
                facets.push(Facet::new(at, of, counts));
            }
        }
        PeopleFacets { facets, found: whole.len(), reading: self.more().is_none() }
    }

    fn counted(&self, column: PeopleColumn, found: &Bits, plans: &Plans) -> Option<BTreeMap<String, usize>> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        match column {
            PeopleColumn::State if plans.is_none() => return None,
            PeopleColumn::State => {
                for (word, term) in STATES {
                    let mut these = self.in_plan(term, plans);
                    these.and(found, false);
                    counts.insert(word.to_owned(), these.len());
                }
            }
            PeopleColumn::Because => {
                for (code, places) in plans.reasons() {
                    let held = places.iter().filter(|place| found.has(**place)).count();
                    *counts.entry(code.words().to_owned()).or_default() += held;
                }
            }
            PeopleColumn::Status => {
                for (value, count) in self.status().counts(found) {
                    let stored = value.unwrap_or_default();
                    let word = STATUSES.iter().find(|(_, known)| *known == stored).map_or(stored, |(word, _)| word);
                    *counts.entry(word.to_owned()).or_default() += count;
                }
            }
            PeopleColumn::Start => {
                let more: Arc<More> = self.more()?;
                let mut years: BTreeMap<Option<i16>, usize> = BTreeMap::new();
                for place in found.iter() {
                    *years.entry(more.start(place).map(jiff::civil::Date::year)).or_default() += 1;
                }
                let word = |year: Option<i16>| year.map_or_else(String::new, |year| format!("{year:04}"));
                counts.extend(years.into_iter().map(|(year, count)| (word(year), count)));
            }
            column => {
                let values = self.values_of(field_of(column)?)?;
                let counted = values.counts(found);
                // Nothing and an empty text are one value.
                for (value, count) in counted {
                    *counts.entry(value.unwrap_or_default().to_owned()).or_default() += count;
                }
            }
        }
        Some(counts)
    }
}

/// The field whose values the list keeps for a column.
fn field_of(column: PeopleColumn) -> Option<Field> {
    match column {
        PeopleColumn::Branch => Some(Field::Branch),
        PeopleColumn::Title => Some(Field::JobTitle),
        PeopleColumn::Department => Some(Field::Department),
        _ => None,
    }
}

impl Values {
    /// Everybody whose value fits.
    fn with(&self, places: usize, fits: impl Fn(Option<&str>) -> bool) -> Bits {
        let mut found = Bits::none(places);
        for (rank, _) in self.all().iter().enumerate().filter(|(_, value)| fits(value.as_deref())) {
            self.carry(rank, places, &mut found);
        }
        found
    }

    fn add(&self, places: usize, found: &mut Bits, fits: impl Fn(&str) -> bool) {
        for (rank, _) in self.folded().iter().enumerate().filter(|(_, folded)| fits(folded)) {
            self.carry(rank, places, found);
        }
    }

    /// Puts in everybody who carries the value of a rank.
    fn carry(&self, rank: usize, places: usize, found: &mut Bits) {
        match self.carriers_of(rank) {
            Some(these) => found.extend(these.iter().copied()),
            None => *found = Bits::all(places),
        }
    }

    /// How many of them carry each value.
    fn counts(&self, found: &Bits) -> Vec<(Option<&str>, usize)> {
        let mut counts = vec![0usize; self.all().len().max(1)];
        for place in found.iter() {
            if let Some(count) = counts.get_mut(self.at(place) as usize) {
                *count += 1;
            }
        }
        self.all().iter().map(|value| value.as_deref()).zip(counts).collect()
    }
}
