//! Folded texts in memory, by place in a list, and the places that have a text in them.

use super::columns::fold;
use memchr::memmem::Finder;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Texts whose places are kept, so that a letter taken back costs nothing.
const RECENT: usize = 24;
/// Places of all kept texts together.
const RECENT_PLACES: usize = 4_000_000;
/// Below so many places one thread is enough.
const APART: usize = 50_000;
/// Between the parts of one text; nobody can type it.
pub(super) const APART_IN_TEXT: char = '\u{1}';

/// The texts of a list, in its order.
#[derive(Default)]
pub(super) struct TextIndex {
    /// Behind each other.
    texts: Vec<u8>,
    /// Where the text of a place ends.
    ends: Vec<u32>,
    /// Which letters stand in the text of a place.
    letters: Vec<u64>,
    /// Texts that were looked for last.
    recent: Mutex<VecDeque<Recent>>,
}

/// A text, and the places that it was found at, rising.
#[derive(Clone)]
struct Recent {
    text: String,
    found: Arc<Vec<u32>>,
    /// Places that had been there to be looked at.
    until: usize,
}

/// Places of a list.
#[derive(Clone)]
pub(super) enum Places {
    All(usize),
    /// Rising.
    These(Arc<Vec<u32>>),
}

impl Places {
    pub(super) fn len(&self) -> usize {
        match self {
            Places::All(count) => *count,
            Places::These(places) => places.len(),
        }
    }

    pub(super) fn at(&self, index: usize) -> u32 {
        match self {
            // An index takes no more places than that.
            Places::All(_) => u32::try_from(index).unwrap_or(u32::MAX),
            Places::These(places) => places.get(index).copied().unwrap_or(u32::MAX),
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// Those of them that are wanted; many are looked at by several threads.
    pub(super) fn chosen(&self, wanted: impl Fn(u32) -> bool + Sync) -> Arc<Vec<u32>> {
        let among = |range: std::ops::Range<usize>| -> Vec<u32> {
            range.map(|index| self.at(index)).filter(|place| wanted(*place)).collect()
        };
        let count = self.len();
        let threads =
            if count < APART { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(4) };
        if threads == 1 {
            return Arc::new(among(0..count));
        }
        let share = count.div_ceil(threads);
        let shares = std::thread::scope(|scope| {
            let among = &among;
            let others: Vec<_> = (1..threads)
                .map(|number| (number * share).min(count)..((number + 1) * share).min(count))
                .map(|range| (range.clone(), scope.spawn(move || among(range))))
                .collect();
            let mut shares = vec![among(0..share)];
            // A thread that did not come to an end leaves its share to this one.
            shares.extend(others.into_iter().map(|(range, other)| other.join().unwrap_or_else(|_| among(range))));
            shares
        });
        Arc::new(shares.concat())
    }
}

impl TextIndex {
    /// Adds the text of the next place, which is folded already. False when no more can be taken.
    pub(super) fn push(&mut self, folded: &str) -> bool {
        let begin = self.texts.len();
        self.texts.extend(folded.bytes().map(|byte| byte.to_ascii_lowercase()));
        let Ok(end) = u32::try_from(self.texts.len()) else {
            self.texts.truncate(begin);
            return false;
        };
        self.ends.push(end);
        self.letters.push(letters_of(self.texts.get(begin..).unwrap_or_default()));
        true
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// As searches compare: without case, accents and the blanks around it.
    pub(super) fn folded(text: &str) -> String {
        fold(text.trim())
    }

    /// Places whose text has this one (folded), out of the fewest that were found for a part of it.
    pub(super) fn places(&self, text: &str) -> Places {
        if text.is_empty() {
            return Places::All(self.len());
        }
        let within = match self.nearest(text) {
            Some(known) if known.text == text => return Places::These(known.found),
            Some(known) => Places::These(known.found),
            None => Places::All(self.len()),
        };
        let wanted = Wanted::new(text);
        let found = within.chosen(|place| self.has(place, &wanted));
        let mut recent = self.recent();
        recent.push_front(Recent { text: text.to_owned(), found: Arc::clone(&found), until: self.len() });
        let kept = |recent: &VecDeque<Recent>| recent.iter().map(|known| known.found.len()).sum::<usize>();
        while recent.len() > RECENT || (recent.len() > 1 && kept(&recent) > RECENT_PLACES) {
            recent.pop_back();
        }
        drop(recent);
        Places::These(found)
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Recent>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kept text that is this one, or the part of it that finds the fewest; looked for also in what has come since.
    fn nearest(&self, text: &str) -> Option<Recent> {
        let mut recent = self.recent();
        let parts = recent.iter().enumerate().filter(|(_, known)| text.contains(known.text.as_str()));
        let at = parts.min_by_key(|(_, known)| (known.text != text, known.found.len()))?.0;
        let mut known = recent.remove(at)?;
        if known.until < self.len() {
            let wanted = Wanted::new(&known.text);
            let new = (known.until..self.len()).filter_map(|place| u32::try_from(place).ok());
            Arc::make_mut(&mut known.found).extend(new.filter(|place| self.has(*place, &wanted)));
            known.until = self.len();
        }
        recent.push_front(known.clone());
        Some(known)
    }

    /// Whether the text of a place has what is looked for.
    pub(super) fn has(&self, place: u32, wanted: &Wanted<'_>) -> bool {
        let place = place as usize;
        let letters = self.letters.get(place).copied().unwrap_or_default();
        if letters & wanted.letters != wanted.letters {
            return false;
        }
        wanted.letters_tell || wanted.finder.find(self.text(place)).is_some()
    }

    fn text(&self, place: usize) -> &[u8] {
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(begin);
        self.texts.get(begin as usize..end as usize).unwrap_or_default()
    }
}

/// What is looked for.
pub(super) struct Wanted<'a> {
    letters: u64,
    /// One letter or digit: whether it is there is known without reading the text.
    letters_tell: bool,
    finder: Finder<'a>,
}

impl<'a> Wanted<'a> {
    /// A text that is folded already.
    pub(super) fn new(text: &'a str) -> Self {
        let letters_tell = matches!(text.as_bytes(), [] | [b'a'..=b'z' | b'0'..=b'9']);
        Self { letters: letters_of(text.as_bytes()), letters_tell, finder: Finder::new(text.as_bytes()) }
    }
}

/// A bit for each letter and digit; other characters share what is left.
fn letters_of(text: &[u8]) -> u64 {
    text.iter().fold(0, |bits, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26 + (byte - b'0'),
            other => 36 + other % 28,
        };
        bits | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_is_found_where_it_stands_and_nowhere_else(
            texts in proptest::collection::vec("[a-d0-2 %_']{0,8}", 0..60),
            asks in proptest::collection::vec("[a-d0-2 %_']{0,4}", 1..12),
        ) {
            let mut index = TextIndex::default();
            for text in &texts {
                prop_assert!(index.push(text));
            }
            // One after the other on one index: each may be answered out of an earlier one.
            for ask in &asks {
                let found: Vec<u32> = index.places(ask).iter().collect();
                let here = texts.iter().enumerate().filter(|(_, text)| text.contains(ask.as_str()));
                let expected: Vec<u32> = here.map(|(at, _)| at as u32).collect();
                prop_assert_eq!(found, expected, "{}", ask);
            }
        }
    }

    #[test]
    fn what_was_found_goes_on_with_what_comes() {
        let mut index = TextIndex::default();
        for round in 0..4 {
            for text in ["waiter", "chef", "head waiter"] {
                assert!(index.push(text));
            }
            let found: Vec<u32> = index.places("wait").iter().collect();
            let expected: Vec<u32> = (0..=round).flat_map(|round| [round * 3, round * 3 + 2]).collect();
            assert_eq!(found, expected);
            assert_eq!(index.places("waiter").len(), found.len());
        }
    }

    #[test]
    fn many_places_are_shared_out_and_stay_in_order() {
        let mut index = TextIndex::default();
        for number in 0..200_000u32 {
            assert!(index.push(&format!("person {number}")));
        }
        let found: Vec<u32> = index.places("n 1999").iter().collect();
        let expected: Vec<u32> = (0..200_000).filter(|number| number.to_string().starts_with("1999")).collect();
        assert_eq!(found, expected);
    }
}
