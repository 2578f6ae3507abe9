//! Strings kept once and named by small numbers.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Distinct strings in the order of first sight. Id 0 is "nothing"; real ids start at 1.
#[derive(Debug, Clone)]
pub struct Dictionary {
    text: String,
    /// End of entry `id` in `text`; entry 0 is empty.
    ends: Vec<usize>,
    /// Hash and id: a look at the hash saves a look at the text.
    table: HashTable<(u32, u32)>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Dictionary { text: String::new(), ends: vec![0], table: HashTable::new() }
    }
}

fn hash(text: &str) -> u32 {
    FixedState::with_seed(0x6f6e_726f_6c6c).hash_one(text) as u32
}

/// The 32 bits that are kept, spread over the 64 that the table looks at.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn slice<'a>(text: &'a str, ends: &[usize], id: u32) -> &'a str {
    let id = id as usize;
    if id == 0 || id >= ends.len() { "" } else { &text[ends[id - 1]..ends[id]] }
}

impl Dictionary {
    /// The id of `text`, a new one where it is not known yet. The empty string is id 0.
    pub fn intern(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(id) = self.find(text) {
            return id;
        }
        let (id, hashed) = (self.append(text), hash(text));
        self.table.insert_unique(spread(hashed), (hashed, id), |(hashed, _)| spread(*hashed));
        id
    }

    /// A new id for `text` without a look whether it has one: for columns where nearly every value is its own.
    pub fn append(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let id = u32::try_from(self.ends.len()).unwrap_or(0);
        self.text.push_str(text);
        self.ends.push(self.text.len());
        id
    }

    /// The id of `text`, if it has one.
    pub fn find(&self, text: &str) -> Option<u32> {
        let hashed = hash(text);
        let same = |entry: &(u32, u32)| entry.0 == hashed && slice(&self.text, &self.ends, entry.1) == text;
        self.table.find(spread(hashed), same).map(|entry| entry.1)
    }

    /// The string of an id; empty for 0 and for ids that were never given.
    pub fn text(&self, id: u32) -> &str {
        slice(&self.text, &self.ends, id)
    }

    /// One more than the highest id.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no string was seen.
    pub fn is_empty(&self) -> bool {
        self.ends.len() <= 1
    }

    /// Gives back the memory that only [`Dictionary::intern`] and [`Dictionary::find`] need.
    pub fn freeze(&mut self) {
        self.table = HashTable::new();
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Pairs of ids kept once; id 0 is "nothing".
#[derive(Debug, Clone)]
pub struct PairDictionary {
    pairs: Vec<(u32, u32)>,
    table: HashTable<u32>,
}

impl Default for PairDictionary {
    fn default() -> Self {
        PairDictionary { pairs: vec![(0, 0)], table: HashTable::new() }
    }
}

fn hash_pair(pair: (u32, u32)) -> u64 {
    FixedState::with_seed(0x6f6e_726f_6c6c).hash_one((u64::from(pair.0) << 32) | u64::from(pair.1))
}

impl PairDictionary {
    /// The id of a pair, a new one where it is not known yet.
    pub fn intern(&mut self, pair: (u32, u32)) -> u32 {
        let hashed = hash_pair(pair);
        let pairs = &self.pairs;
        if let Some(&id) = self.table.find(hashed, |&id| pairs[id as usize] == pair) {
            return id;
        }
        let id = u32::try_from(self.pairs.len()).unwrap_or(0);
        self.pairs.push(pair);
        let pairs = &self.pairs;
        self.table.insert_unique(hashed, id, |&id| hash_pair(pairs[id as usize]));
        id
    }

    /// The pair of an id.
    pub fn pair(&self, id: u32) -> (u32, u32) {
        self.pairs.get(id as usize).copied().unwrap_or((0, 0))
    }

    /// One more than the highest id.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no pair was seen.
    pub fn is_empty(&self) -> bool {
        self.pairs.len() <= 1
    }

    /// Gives back the memory that only [`PairDictionary::intern`] needs.
    pub fn freeze(&mut self) {
        self.table = HashTable::new();
        self.pairs.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_an_id_and_nothing_is_zero() {
        let mut words = Dictionary::default();
        let (a, b) = (words.intern("kowalczyk"), words.intern("smith"));
        assert_eq!((words.intern(""), words.intern("kowalczyk")), (0, a));
        assert_ne!(a, b);
        assert_eq!((words.text(b), words.text(0), words.text(99)), ("smith", "", ""));
        assert_eq!((words.find("smith"), words.find("jones")), (Some(b), None));
    }

    #[test]
    fn pairs_are_kept_once() {
        let mut pairs = PairDictionary::default();
        let id = pairs.intern((3, 4));
        assert_eq!((pairs.intern((3, 4)), pairs.pair(id), pairs.len()), (id, (3, 4), 2));
    }
}
