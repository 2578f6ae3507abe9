//! Folded texts in memory, by place in a list, and the places that have a text in them.
//!
//! For each letter, and for pairs of letters that stand beside each other, a bit for each place says whether its text has it:
//! a search ands the bits of what is looked for and reads only the texts that are left. That takes 48 bytes a place beside
//! the texts.

use super::columns::fold;
use memchr::memmem::Finder;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Texts whose places are kept, so that a letter taken back costs nothing.
const RECENT: usize = 24;
/// Places of all kept texts together.
const RECENT_PLACES: usize = 4_000_000;
/// A part of the places that is looked at one by one.
const FEW: usize = 16;
/// The number of places below which one thread is enough.
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
    /// The places whose texts have a letter or a pair, as bits.
    columns: Vec<Vec<u64>>,
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
        Arc::new(shared_out(self.len(), self.len(), among))
    }
}

/// What `among` finds in all parts of a range, in order; many places are looked at by several threads.
fn shared_out<T: Clone + Send>(
    count: usize,
    places: usize,
    among: impl Fn(std::ops::Range<usize>) -> Vec<T> + Sync,
) -> Vec<T> {
    let threads = if places < APART { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(4) };
    if threads == 1 {
        return among(0..count);
    }
    let share = count.div_ceil(threads);
    let shares = std::thread::scope(|scope| {
        let among = &among;
        let others: Vec<_> = (1..threads)
            .map(|number| (number * share).min(count)..((number + 1) * share).min(count))
            .map(|range| (range.clone(), scope.spawn(move || among(range))))
            .collect();
        let mut shares = vec![among(0..share.min(count))];
        // A thread that did not come to an end leaves its share to this one.
        shares.extend(others.into_iter().map(|(range, other)| other.join().unwrap_or_else(|_| among(range))));
        shares
    });
    shares.concat()
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
        let place = self.ends.len();
        self.ends.push(end);
        let text = self.texts.get(begin..).unwrap_or_default();
        self.letters.push(letters_of(text));
        let (word, bit) = (place / 64, 1u64 << (place % 64));
        if place.is_multiple_of(64) {
            self.columns.resize_with(COLUMNS, Vec::new);
            self.columns.iter_mut().for_each(|column| column.push(0));
        }
        for number in columns_of(text) {
            if let Some(cell) = self.columns.get_mut(number).and_then(|column| column.get_mut(word)) {
                *cell |= bit;
            }
        }
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
        // Few are looked at one by one; among many the bits of all places are faster.
        let found = match within.len() < self.len() / FEW {
            true => within.chosen(|place| self.has(place, &wanted)),
            false => self.by_bits(text.as_bytes(), &wanted),
        };
        let mut recent = self.recent();
        recent.push_front(Recent { text: text.to_owned(), found: Arc::clone(&found), until: self.len() });
        let kept = |recent: &VecDeque<Recent>| recent.iter().map(|known| known.found.len()).sum::<usize>();
        while recent.len() > RECENT || (recent.len() > 1 && kept(&recent) > RECENT_PLACES) {
            recent.pop_back();
        }
        drop(recent);
        Places::These(found)
    }

    /// The places that have a text, out of the bits of all.
    fn by_bits(&self, text: &[u8], wanted: &Wanted<'_>) -> Arc<Vec<u32>> {
        let columns: Vec<&[u64]> =
            columns_of(text).filter_map(|number| self.columns.get(number)).map(Vec::as_slice).collect();
        let among = |range: std::ops::Range<usize>| -> Vec<u32> {
            let mut found = Vec::new();
            for word in range {
                let mut bits = columns.iter().fold(u64::MAX, |bits, column| bits & column.get(word).unwrap_or(&0));
                while bits != 0 {
                    let place = u32::try_from(word * 64).unwrap_or(u32::MAX) + bits.trailing_zeros();
                    bits &= bits - 1;
                    if wanted.letters_tell || self.reads(place, wanted) {
                        found.push(place);
                    }
                }
            }
            found
        };
        Arc::new(shared_out(self.len().div_ceil(64), self.len(), among))
    }

    /// A text (folded) that is looked for together with others, in this index or another one of the same places.
    pub(super) fn sought<'a>(&'a self, text: &'a str) -> Sought<'a> {
        let columns = columns_of(text.as_bytes()).filter_map(|number| self.columns.get(number)).map(Vec::as_slice);
        let bits_tell = matches!(text.as_bytes(), [b'0'..=b'9', b'0'..=b'9']);
        let wanted = Wanted::new(text);
        Sought { index: self, columns: columns.collect(), is_read: !wanted.letters_tell && !bits_tell, wanted }
    }

    /// Lets go of the room that nothing more will be put into.
    pub(super) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.letters.shrink_to_fit();
        self.columns.iter_mut().for_each(Vec::shrink_to_fit);
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

    fn reads(&self, place: u32, wanted: &Wanted<'_>) -> bool {
        wanted.finder.find(self.text(place as usize)).is_some()
    }

    /// The folded text of a place.
    pub(super) fn text_at(&self, place: u32) -> &str {
        std::str::from_utf8(self.text(place as usize)).unwrap_or_default()
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

/// A text that is looked for in an index.
pub(super) struct Sought<'a> {
    index: &'a TextIndex,
    columns: Vec<&'a [u64]>,
    /// Letters and pairs of digits have bits of their own; of everything else the text itself is read.
    is_read: bool,
    wanted: Wanted<'a>,
}

/// Which of these places (64 in a word) have all of the texts, as bits: only what the bits of all texts leave is read.
pub(super) fn having_all(within: &[u64], sought: &[Sought<'_>]) -> Vec<u64> {
    let columns = || sought.iter().flat_map(|sought| &sought.columns);
    let read: Vec<&Sought<'_>> = sought.iter().filter(|sought| sought.is_read).collect();
    let fits = |place: u32| read.iter().all(|sought| sought.index.reads(place, &sought.wanted));
    let among = |range: std::ops::Range<usize>| -> Vec<u64> {
        let word_of = |at: usize| {
            let known = within.get(at).copied().unwrap_or(0);
            let mut bits = match known {
                0 => 0,
                known => columns().fold(known, |bits, column| bits & column.get(at).unwrap_or(&0)),
            };
            let mut left = if read.is_empty() { 0 } else { bits };
            while left != 0 {
                let bit = left & left.wrapping_neg();
                left ^= bit;
                if !fits(u32::try_from(at * 64).unwrap_or(u32::MAX) + bit.trailing_zeros()) {
                    bits ^= bit;
                }
            }
            bits
        };
        range.map(word_of).collect()
    };
    // Where nothing is read, or little is left of all, starting a thread takes longer.
    let few = within.iter().map(|bits| bits.count_ones() as usize).sum();
    shared_out(within.len(), if read.is_empty() { 0 } else { few }, among)
}

/// Columns of bits: letters as in [`letters_of`], then pairs of digits, then other pairs, which share what is left.
const COLUMNS: usize = LETTERS + DIGIT_PAIRS + OTHER_PAIRS;
const LETTERS: usize = 64;
const DIGIT_PAIRS: usize = 100;
const OTHER_PAIRS: usize = 156;

/// The columns that the text of a place is marked in, each once.
fn columns_of(text: &[u8]) -> impl Iterator<Item = usize> {
    let mut marks = [0u64; COLUMNS / 64];
    let mut mark = |column: usize| {
        if let Some(word) = marks.get_mut(column / 64) {
            *word |= 1 << (column % 64);
        }
    };
    for pair in text.windows(2) {
        mark(match pair {
            [a @ b'0'..=b'9', b @ b'0'..=b'9'] => LETTERS + usize::from(a - b'0') * 10 + usize::from(b - b'0'),
            [a, b] => LETTERS + DIGIT_PAIRS + (usize::from(*a) * 31 + usize::from(*b) * 7) % OTHER_PAIRS,
            _ => continue,
        });
    }
    if let Some(letters) = marks.first_mut() {
        *letters = letters_of(text);
    }
    marks.into_iter().enumerate().flat_map(|(word, mut bits)| {
        std::iter::from_fn(move || {
            let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(word * 64 + bit)
        })
    })
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
