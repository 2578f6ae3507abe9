//! A column of a list in memory by its values: each is kept, and looked at, once, however many places have it.

use super::people_bits::Bits;
use std::collections::HashMap;

/// The values of a column, and which of them each place has.
#[derive(Default)]
pub(super) struct ValueColumn {
    values: Vec<String>,
    numbers: HashMap<String, u32>,
    of: Vec<u32>,
}

impl ValueColumn {
    /// The value of the next place.
    pub(super) fn push(&mut self, value: &str) {
        let number = match self.numbers.get(value) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
                self.values.push(value.to_owned());
                self.numbers.insert(value.to_owned(), number);
                number
            }
        };
        self.of.push(number);
    }

    /// The values, by number.
    pub(super) fn all(&self) -> &[String] {
        &self.values
    }

    /// The number of places.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// The places whose value fits.
    pub(super) fn those(&self, fits: impl Fn(&str) -> bool) -> Bits {
        let wanted = self.values.iter().zip(0..).filter(|(value, _)| fits(value)).map(|(_, number)| number);
        self.with(wanted)
    }

    /// The places that have one of these values, by number.
    pub(super) fn with(&self, numbers: impl Iterator<Item = u32>) -> Bits {
        let mut wanted = Vec::new();
        for number in numbers {
            wanted.resize(self.values.len(), false);
            if let Some(cell) = wanted.get_mut(number as usize) {
                *cell = true;
            }
        }
        if wanted.is_empty() {
            return Bits::none(self.of.len());
        }
        Bits::each(&self.of, |number| wanted.get(*number as usize).copied().unwrap_or(false))
    }

    /// The value of a place; an empty one where there is no such place.
    pub(super) fn at(&self, place: u32) -> &str {
        self.of.get(place as usize).and_then(|number| self.values.get(*number as usize)).map_or("", String::as_str)
    }

    /// How many of these places have each value.
    pub(super) fn counts(&self, found: &Bits) -> impl Iterator<Item = (&str, usize)> {
        let mut counts = vec![0; self.values.len()];
        for place in found.iter() {
            let number = self.of.get(place as usize).copied().unwrap_or(u32::MAX);
            if let Some(count) = counts.get_mut(number as usize) {
                *count += 1;
            }
        }
        self.values.iter().map(String::as_str).zip(counts)
    }
}
