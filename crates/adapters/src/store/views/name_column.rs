//! A column of names and ids in memory, that grows: whose values have a word with letters left out is asked of the words, of which
//! there are few, not of everybody.

use super::people_bits::Bits;
use super::value_column::ValueColumn;
use crate::domain::filter::Word;
use crate::domain::filter::conditions::words;
use std::collections::HashMap;

/// The values, folded, and the words that they are made of.
#[derive(Default)]
pub(super) struct NameColumn {
    values: ValueColumn,
    /// Words by their first letter.
    words: HashMap<char, Vec<NameWord>>,
    /// Where each stands there.
    places: HashMap<Box<str>, usize>,
}

/// The letters of a word, and the numbers of the values that it stands in.
struct NameWord {
    letters: Box<str>,
    values: Vec<u32>,
}

/// The letters of a word that may be written without some of them; what is no letter is in no such word.
fn letters(word: &str) -> Option<(char, Box<str>)> {
    let first = word.chars().next().filter(|first| first.is_alphabetic())?;
    Some((first, word.chars().filter(|letter| letter.is_alphabetic()).collect()))
}

impl NameColumn {
    /// The value of the next place.
    pub(super) fn push(&mut self, value: &str) {
        let known = self.values.all().len();
        self.values.push(value);
        let Some(number) = u32::try_from(known).ok().filter(|_| self.values.all().len() > known) else { return };
        for (first, letters) in words(value).filter_map(letters) {
            let same = self.words.entry(first).or_default();
            let at = match self.places.get(&letters) {
                Some(at) => *at,
                None => {
                    self.places.insert(letters.clone(), same.len());
                    same.push(NameWord { letters, values: Vec::new() });
                    same.len() - 1
                }
            };
            if let Some(word) = same.get_mut(at).filter(|word| word.values.last() != Some(&number)) {
                word.values.push(number);
            }
        }
    }

    /// The places whose value has a word that this one is with letters left out.
    pub(super) fn abbreviated(&self, word: &Word) -> Bits {
        let first = word.text().chars().next().filter(|_| word.is_loose());
        let same = first.and_then(|first| self.words.get(&first)).map(Vec::as_slice).unwrap_or_default();
        let meant = same.iter().filter(|known| word.abbreviates(&known.letters));
        self.values.with(meant.flat_map(|known| known.values.iter().copied()))
    }

    /// The values without their words.
    pub(super) fn column(&self) -> &ValueColumn {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_abbreviation_is_found_where_it_stands_and_nowhere_else(
            values in proptest::collection::vec("[a-cé0-1' _]{0,14}", 0..40),
            asks in proptest::collection::vec("[a-cé0-1]{1,4}", 1..8),
        ) {
            let mut column = NameColumn::default();
            for (count, value) in values.iter().enumerate() {
                // Asked while it grows.
                for word in asks.iter().map(|ask| Word::new(ask)) {
                    let found = column.abbreviated(&word);
                    let here = |text: &&String| words(text).any(|known| word.abbreviates(known));
                    let expected = (0u32..).zip(&values[..count]).filter(|(_, text)| here(text)).map(|(at, _)| at);
                    prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{:?}", word);
                }
                column.push(value);
            }
        }
    }
}
