//! The columns of the list of people: the few values of each in order, who has which, and everybody in that order.

use super::people::PersonKey;
use crate::store::columns::fold;
use crate::store::text_index::Places;
use std::collections::HashMap;
use std::sync::Arc;

/// One column: its values in order, and which of them a place has.
#[derive(Default)]
pub(super) struct Values {
    /// No value comes first, as in SQLite.
    values: Vec<Option<String>>,
    /// The same as they are searched.
    folded: Vec<String>,
    /// Empty where everybody has the same.
    of: Vec<u32>,
    /// Everybody in the order of this column, names among equals; and the other way round, names as before.
    pub(super) keys: Arc<Vec<PersonKey>>,
    pub(super) turned: Arc<Vec<PersonKey>>,
    /// The places of `keys`, and where each value begins among them; empty where everybody has the same.
    pub(super) places: Vec<u32>,
    pub(super) begins: Vec<usize>,
}

impl Values {
    pub(super) fn all(&self) -> &[Option<String>] {
        &self.values
    }

    pub(super) fn folded(&self) -> &[String] {
        &self.folded
    }

    /// The places that have the value of a rank; `None` where everybody has it.
    pub(super) fn carriers_of(&self, rank: usize) -> Option<&[u32]> {
        if self.places.is_empty() {
            return None;
        }
        let range = self.begins.get(rank).copied().zip(self.begins.get(rank + 1).copied());
        Some(range.and_then(|(begin, end)| self.places.get(begin..end)).unwrap_or_default())
    }

    pub(super) fn at(&self, place: u32) -> u32 {
        self.of.get(place as usize).copied().unwrap_or(0)
    }

    pub(super) fn rank(&self, value: &str) -> Option<u32> {
        let at = self.values.binary_search_by(|known| known.as_deref().cmp(&Some(value))).ok()?;
        u32::try_from(at).ok()
    }

    /// These places by value, in their own order among equals.
    pub(super) fn sorted(&self, places: &Places, descending: bool) -> Vec<u32> {
        let turned = |rank: u32| {
            let rank = rank as usize;
            if descending { self.values.len().saturating_sub(rank + 1) } else { rank }
        };
        let mut begins = vec![0usize; self.values.len() + 1];
        for index in 0..places.len() {
            if let Some(begin) = begins.get_mut(turned(self.at(places.at(index))) + 1) {
                *begin += 1;
            }
        }
        let mut before = 0;
        for begin in &mut begins {
            before += *begin;
            *begin = before;
        }
        let mut sorted = vec![0u32; places.len()];
        for index in 0..places.len() {
            let place = places.at(index);
            let Some(next) = begins.get_mut(turned(self.at(place))) else { continue };
            if let Some(cell) = sorted.get_mut(*next) {
                *cell = place;
            }
            *next += 1;
        }
        sorted
    }
}

/// A column that is being read.
#[derive(Default)]
pub(super) struct Reading {
    numbers: HashMap<Option<String>, u32>,
    of: Vec<u32>,
    /// Most people have what the one before them has, or one of few values.
    last: Option<(Option<String>, u32)>,
}

impl Reading {
    pub(super) fn push(&mut self, value: Option<&str>) {
        let number = match &self.last {
            Some((last, number)) if last.as_deref() == value => *number,
            _ => {
                let value = value.map(str::to_owned);
                let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                let number = *self.numbers.entry(value.clone()).or_insert(next);
                self.last = Some((value, number));
                number
            }
        };
        self.of.push(number);
    }

    pub(super) fn finish(self, keys: &Arc<Vec<PersonKey>>) -> Values {
        let mut values: Vec<(Option<String>, u32)> = self.numbers.into_iter().collect();
        values.sort_unstable();
        let mut ranks = vec![0; values.len()];
        for (rank, (_, number)) in values.iter().enumerate() {
            if let Some(cell) = ranks.get_mut(*number as usize) {
                *cell = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
        let values: Vec<Option<String>> = values.into_iter().map(|(value, _)| value).collect();
        let folded = values.iter().map(|value| fold(value.as_deref().unwrap_or_default())).collect();
        if values.len() < 2 {
            let turned = Arc::clone(keys);
            return Values { values, folded, keys: Arc::clone(keys), turned, ..Values::default() };
        }
        let of: Vec<u32> = self.of.into_iter().map(|number| ranks.get(number as usize).copied().unwrap_or(0)).collect();
        let mut begins = vec![0; values.len() + 1];
        for rank in &of {
            if let Some(begin) = begins.get_mut(*rank as usize + 1) {
                *begin += 1;
            }
        }
        let mut before = 0;
        for begin in &mut begins {
            before += *begin;
            *begin = before;
        }
        let column = Values { values, folded, of, begins, ..Values::default() };
        let all = Places::All(keys.len());
        let in_order = |places: &[u32]| -> Arc<Vec<PersonKey>> {
            Arc::new(places.iter().filter_map(|place| keys.get(*place as usize).copied()).collect())
        };
        let (places, turned) = (column.sorted(&all, false), in_order(&column.sorted(&all, true)));
        Values { keys: in_order(&places), turned, places, ..column }
    }
}
