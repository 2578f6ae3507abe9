//! The words of a list's texts, and the places that each stands at: what is looked for with letters left out.

use super::people_bits::Bits;
use crate::domain::filter::Word;
use std::collections::HashMap;

/// The words, each once.
#[derive(Default)]
pub(super) struct WordIndex {
    /// In order, so that those of one first letter stand together.
    words: Vec<Box<str>>,
    /// Where the places of each word begin.
    begins: Vec<usize>,
    places: Vec<u32>,
}

/// While they are read.
#[derive(Default)]
pub(super) struct WordsReading {
    numbers: HashMap<Box<str>, u32>,
    pairs: Vec<(u32, u32)>,
}

impl WordsReading {
    /// Folded words of a place.
    pub(super) fn push<'a>(&mut self, place: usize, words: impl Iterator<Item = &'a str>) {
        let Ok(place) = u32::try_from(place) else { return };
        for word in words {
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            let number = match self.numbers.get(word) {
                Some(number) => *number,
                None => *self.numbers.entry(word.into()).or_insert(next),
            };
            self.pairs.push((number, place));
        }
    }

    pub(super) fn finish(mut self) -> WordIndex {
        let mut words: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        words.sort_unstable();
        let mut ranks = vec![0u32; words.len()];
        for (rank, (_, number)) in words.iter().enumerate() {
            if let Some(cell) = ranks.get_mut(*number as usize) {
                *cell = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
        for (word, _) in &mut self.pairs {
            *word = ranks.get(*word as usize).copied().unwrap_or(u32::MAX);
        }
        self.pairs.sort_unstable();
        let mut begins = Vec::with_capacity(words.len() + 1);
        for (at, (word, _)) in self.pairs.iter().enumerate() {
            while begins.len() <= *word as usize {
                begins.push(at);
            }
        }
        begins.resize(words.len() + 1, self.pairs.len());
        WordIndex {
            words: words.into_iter().map(|(word, _)| word).collect(),
            begins,
            places: self.pairs.into_iter().map(|(_, place)| place).collect(),
        }
    }
}

impl WordIndex {
    /// Adds the places of all words that this one is with letters left out.
    pub(super) fn abbreviated(&self, word: &Word, found: &mut Bits) {
        let Some(first) = word.text().chars().next() else { return };
        let begin = self.words.partition_point(|known| known.chars().next() < Some(first));
        let same = self.words.iter().enumerate().skip(begin).take_while(|(_, known)| known.starts_with(first));
        for (at, _) in same.filter(|(_, known)| word.abbreviates(known)) {
            let range = self.begins.get(at).copied().zip(self.begins.get(at + 1).copied());
            let places = range.and_then(|(begin, end)| self.places.get(begin..end)).unwrap_or_default();
            found.extend(places.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::conditions::words;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_abbreviation_is_found_where_it_stands_and_nowhere_else(
            texts in proptest::collection::vec("[a-cé0-1 ]{0,12}", 0..30),
            asks in proptest::collection::vec("[a-cé]{1,4}", 1..8),
        ) {
            let mut reading = WordsReading::default();
            for (place, text) in texts.iter().enumerate() {
                reading.push(place, words(text));
            }
            let index = reading.finish();
            for ask in asks {
                let word = Word::new(&ask);
                let mut found = Bits::none(texts.len());
                index.abbreviated(&word, &mut found);
                let here = (0u32..).zip(&texts).filter(|(_, text)| words(text).any(|known| word.abbreviates(known)));
                let expected: Vec<u32> = here.map(|(at, _)| at).collect();
                prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{}", ask);
            }
        }
    }
}
