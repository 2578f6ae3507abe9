//! Which pairs are compared at all: passes over keys, with caps that bound the work whatever the data.

use super::field::MatchField;
use super::homes::Homes;
use super::names::Names;
use super::rows::{KNOWN, LOCAL, OTHER_LAST, Row, Vocabulary};
use rayon::prelude::*;

/// A part of a blocking key. A row without it takes no part in the pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Field(MatchField),
    LocalPart,
    /// First and last name in either order.
    NameSet,
    /// The sounds of both names' roots in either order.
    SoundSet,
    RootFirst,
    /// Every formal name that first name or known-as may be short for; one key for each.
    AnyFirst,
    SoundFirst,
    SoundLast,
    /// The sound of every word of the last name and of a surname in the mailbox; one key for each.
    AnySoundLast,
    /// The first word of the last name.
    LastWord,
    /// The house number.
    Number,
    /// The number of first letters.
    FirstLetters(usize),
    LastLetters(usize),
}

/// A named pass.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    pub parts: &'static [Part],
}

const fn pass(parts: &'static [Part]) -> Pass {
    Pass { parts }
}

use MatchField as F;
use Part::*;

/// Both whole names, in either order.
pub const WHOLE_NAME: Pass = pass(&[NameSet]);

/// Keys that hardly ever bring two people together; compared first.
pub const TIGHT: [Pass; 8] = [
    pass(&[Field(F::Identifier)]),
    WHOLE_NAME,
    pass(&[Field(F::Birth), SoundLast]),
    pass(&[Field(F::Birth), RootFirst]),
    pass(&[LocalPart]),
    pass(&[Field(F::Phone)]),
    pass(&[Field(F::Address), Field(F::Postcode)]),
    pass(&[Field(F::Address), RootFirst]),
];

/// Names that sound alike, and names that begin alike.
pub const BY_SOUND: [Pass; 2] = [pass(&[SoundSet]), pass(&[FirstLetters(3), LastLetters(4)])];

/// Keys for those whom the tight ones leave undecided.
pub const LOOSE: [Pass; 14] = [
    BY_SOUND[0],
    pass(&[Field(F::Birth), Field(F::Start)]),
    pass(&[Field(F::Birth), Field(F::Branch)]),
    pass(&[Field(F::Birth), Field(F::Postcode)]),
    pass(&[SoundLast, Field(F::Start)]),
    pass(&[RootFirst, Field(F::Branch), Field(F::Start)]),
    pass(&[SoundLast, Field(F::Branch)]),
    pass(&[RootFirst, Field(F::Branch), Field(F::Job)]),
    pass(&[SoundFirst, LastWord]),
    BY_SOUND[1],
    pass(&[SoundLast, Field(F::Postcode)]),
    pass(&[RootFirst, Field(F::Postcode)]),
    pass(&[Field(F::Address)]),
    pass(&[Field(F::Birth), Field(F::Department)]),
];

/// Keys for the residue that nobody has claimed, before anybody is called new.
pub const RESCUE: [Pass; 18] = [
    pass(&[AnyFirst, AnySoundLast]),
    pass(&[AnySoundLast]),
    pass(&[LastLetters(3)]),
    pass(&[AnyFirst, Field(F::Branch)]),
    pass(&[AnyFirst, Field(F::Job)]),
    pass(&[AnyFirst, Field(F::Start)]),
    pass(&[Field(F::Branch), Field(F::Job)]),
    pass(&[Field(F::Birth)]),
    pass(&[Field(F::Start), Field(F::Branch)]),
    pass(&[AnyFirst, LastLetters(1)]),
    pass(&[SoundFirst, LastLetters(2)]),
    pass(&[AnyFirst, Field(F::Department)]),
    pass(&[Field(F::Postcode)]),
    pass(&[Field(F::Address)]),
    pass(&[FirstLetters(3), Field(F::Branch)]),
    pass(&[FirstLetters(2), LastLetters(2)]),
    pass(&[Field(F::Start), Field(F::Job)]),
    pass(&[AnyFirst, Number]),
];

fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn letters(prefix: &[u8; 4], length: u8, wanted: usize) -> u64 {
    if (length as usize) < wanted {
        return 0;
    }
    prefix[..wanted].iter().fold(0, |key, letter| (key << 8) | u64::from(*letter))
}

/// Makes the keys of rows.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    names: &'a Names,
    homes: &'a Homes,
}

impl<'a> Keys<'a> {
    /// Keys over a vocabulary.
    pub fn new(vocabulary: &'a Vocabulary) -> Self {
        Keys { names: &vocabulary.names, homes: &vocabulary.homes }
    }

    fn single(&self, part: Part, row: &Row) -> u64 {
        let (first, last) = (row.0[0], row.0[1]);
        match part {
            Field(field) => u64::from(row.get(field)),
            Number => u64::from(self.homes.number(row.get(F::Address))),
            LocalPart => u64::from(row.0[LOCAL]),
            NameSet if first == 0 || last == 0 => 0,
            NameSet => (u64::from(first.min(last)) << 32) | u64::from(first.max(last)),
            SoundSet if first == 0 || last == 0 => 0,
            SoundSet => {
                let (a, b) = (self.names.info(first).root_sound, self.names.info(last).root_sound);
                (u64::from(a.min(b)) << 32) | u64::from(a.max(b))
            }
            RootFirst => u64::from(self.names.info(first).root),
            SoundFirst => u64::from(self.names.info(first).phonetic),
            SoundLast => u64::from(self.names.info(last).phonetic),
            LastWord => u64::from(self.names.info(last).first_token),
            FirstLetters(wanted) => letters(&self.names.info(first).prefix, self.names.info(first).length, wanted),
            LastLetters(wanted) => letters(&self.names.info(last).prefix, self.names.info(last).length, wanted),
            AnyFirst | AnySoundLast => 0,
        }
    }

    fn several(&self, part: Part, row: &Row, out: &mut Vec<u64>) {
        out.clear();
        let mut put = |value: u32| {
            if value != 0 && !out.contains(&u64::from(value)) {
                out.push(u64::from(value));
            }
        };
        let names = self.names;
        if part == AnyFirst {
            for name in [row.0[0], row.0[KNOWN]].into_iter().filter(|name| *name != 0) {
                names.tokens(name).iter().chain(names.aliases(name).iter().take(6)).for_each(|&word| put(word));
            }
        } else {
            put(names.info(row.0[1]).phonetic);
            for name in [row.0[1], row.0[OTHER_LAST]].into_iter().filter(|name| *name != 0) {
                names.tokens(name).iter().for_each(|&word| put(names.info(word).phonetic));
            }
        }
    }

    /// All keys of a row in a pass; usually one.
    pub fn of(&self, pass: &Pass, row: &Row, mut put: impl FnMut(u64)) {
        let mut keys: [u64; 1] = [0x9e37_79b9];
        let mut many: Vec<u64> = Vec::new();
        let mut values: Vec<u64> = Vec::new();
        for &part in pass.parts {
            if matches!(part, AnyFirst | AnySoundLast) {
                self.several(part, row, &mut values);
                if values.is_empty() {
                    return;
                }
                let heads = if many.is_empty() { keys.to_vec() } else { std::mem::take(&mut many) };
                many = heads.iter().flat_map(|&head| values.iter().map(move |&value| mix(head, value))).collect();
                continue;
            }
            let value = self.single(part, row);
            if value == 0 {
                return;
            }
            keys[0] = mix(keys[0], value);
            many.iter_mut().for_each(|key| *key = mix(*key, value));
        }
        if many.is_empty() { put(keys[0]) } else { many.into_iter().for_each(put) }
    }
}

/// Source rows by key of one pass: buckets in one array, each item with the rest of its key.
struct Table {
    starts: Vec<u32>,
    items: Vec<(u32, u32)>,
    shift: u32,
    /// Buckets that were left out, in order.
    too_common: Vec<u32>,
    /// Whether any bucket holds a crowd (see [`crowd_of`]).
    crowded: bool,
}

/// The largest number of people who may share a name key without being a crowd, among `people` of both sides: one in 256,
/// which no given name reaches; more in small lists, where a few may be a family.
pub fn crowd_of(people: usize) -> usize {
    (people / 256).max((4 + people / 32).min(32))
}

/// How many pairs one pass may make for each row of the larger side, at most: blocks above the largest size that
/// keeps within it are dropped, so that a million Smiths cost no more than a million people.
pub const PAIRS_PER_ROW: u64 = 24;
/// The same for the passes of the residue, which are many and loose.
pub const RESCUE_PAIRS_PER_ROW: u64 = 4;
/// The same within one side, where nobody is claimed first, people may have many rows, and each pair is met twice.
pub const WITHIN_PAIRS_PER_ROW: u64 = 12;

/// The indexes of a set of passes over the source rows.
pub struct Index<'a> {
    keys: Keys<'a>,
    passes: Vec<(Pass, Table)>,
    /// Keys left out because they are too common, by pass.
    pub dropped: usize,
}

impl<'a> Index<'a> {
    /// Indexes the source rows named by `left` for every pass; `right` names the destination rows that will ask.
    /// A block of more than `cap` pairs is dropped, and larger ones first where a pass makes too many for each row.
    pub fn build(
        keys: Keys<'a>,
        passes: &[Pass],
        left: (&[Row], &[u32]),
        right: (&[Row], &[u32]),
        cap: u64,
        pairs_per_row: u64,
    ) -> Self {
        let passes: Vec<(Pass, Table)> = passes
            .par_iter()
            .filter_map(|pass| Some((*pass, Table::build(keys, pass, left, right, cap, pairs_per_row)?)))
            .collect();
        let dropped = passes.iter().map(|(_, table)| table.too_common.len()).sum();
        Index { keys, passes, dropped }
    }

    /// Whether a row was not compared by its whole name because too many share it. What is shared otherwise, such as one
    /// mailbox for everybody, keeps nobody from being found by name.
    pub fn has_too_common_name(&self, row: &Row) -> bool {
        let by_name = |pass: &Pass| pass.parts.contains(&NameSet);
        self.passes.iter().filter(|(pass, table)| by_name(pass) && !table.too_common.is_empty()).any(|(pass, table)| {
            let mut found = false;
            self.keys.of(pass, row, |key| {
                found |= table.too_common.binary_search(&((key >> table.shift) as u32)).is_ok();
            });
            found
        })
    }

    /// The passes by names, or by birth date and a name, with a crowd under one of their keys: too many people alike for blocks
    /// or frequencies to tell them apart.
    pub fn crowded(&self) -> impl Iterator<Item = Pass> + '_ {
        let by_name = |pass: &Pass| {
            let names =
                |part: &Part| matches!(part, SoundSet | RootFirst | SoundLast | FirstLetters(_) | LastLetters(_));
            pass.parts.iter().any(names) && pass.parts.iter().all(|part| names(part) || *part == Field(F::Birth))
        };
        self.passes.iter().filter(move |(pass, table)| table.crowded && by_name(pass)).map(|(pass, _)| *pass)
    }

    /// Adds the source rows that share a key with a destination row; call [`unique`] afterwards.
    pub fn gather(&self, row: &Row, out: &mut Vec<u32>) {
        for (pass, table) in &self.passes {
            self.keys.of(pass, row, |key| out.extend(table.rows(key)));
        }
    }
}

/// Each candidate once, in order of the rows.
pub fn unique(candidates: &mut Vec<u32>) {
    candidates.sort_unstable();
    candidates.dedup();
}

impl Table {
    fn build(
        keys: Keys<'_>,
        pass: &Pass,
        (left, left_ids): (&[Row], &[u32]),
        (right, right_ids): (&[Row], &[u32]),
        cap: u64,
        pairs_per_row: u64,
    ) -> Option<Self> {
        let mut entries: Vec<(u64, u32)> = Vec::with_capacity(left_ids.len());
        for &id in left_ids {
            keys.of(pass, &left[id as usize], |key| entries.push((key, id)));
        }
        if entries.is_empty() {
            return None;
        }
        let bits = (entries.len().next_power_of_two().trailing_zeros() + 1).max(4);
        let shift = 64 - bits;
        let bucket = |key: u64| (key >> shift) as usize;
        let mut starts = vec![0u32; (1 << bits) + 1];
        let mut asked = vec![0u32; 1 << bits];
        entries.iter().for_each(|(key, _)| starts[bucket(*key) + 1] += 1);
        right_ids.iter().for_each(|&id| keys.of(pass, &right[id as usize], |key| asked[bucket(key)] += 1));
        let crowd = crowd_of(left_ids.len() + right_ids.len());
        let crowded = (0..asked.len()).any(|at| (starts[at + 1] + asked[at]) as usize > crowd);
        let pairs = |at: usize, starts: &[u32]| u64::from(starts[at + 1]) * u64::from(asked[at]);
        let budget = pairs_per_row * left_ids.len().max(right_ids.len()).max(1000) as u64;
        let cap = cap.min(largest_block_within(budget, (0..asked.len()).map(|at| pairs(at, &starts))));
        let mut too_common = Vec::new();
        let mut kept = vec![true; asked.len()];
        for (at, kept) in kept.iter_mut().enumerate() {
            let size = pairs(at, &starts);
            if size > cap {
                too_common.push(at as u32);
            }
            *kept = size > 0 && size <= cap;
        }
        for (at, kept) in kept.iter().enumerate() {
            let size = if *kept { starts[at + 1] } else { 0 };
            starts[at + 1] = starts[at] + size;
        }
        let mut fill: Vec<u32> = starts[..asked.len()].to_vec();
        let mut items = vec![(0, 0); starts[asked.len()] as usize];
        for (key, id) in entries.into_iter().filter(|(key, _)| kept[bucket(*key)]) {
            let slot = &mut fill[bucket(key)];
            items[*slot as usize] = (key as u32, id);
            *slot += 1;
        }
        Some(Table { starts, items, shift, too_common, crowded })
    }

    fn rows(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let at = (key >> self.shift) as usize;
        let bucket = &self.items[self.starts[at] as usize..self.starts[at + 1] as usize];
        bucket.iter().filter(move |(tag, _)| *tag == key as u32).map(|(_, row)| *row)
    }
}

/// The largest block size (a power of two) whose blocks, with all smaller ones, stay within the budget.
fn largest_block_within(budget: u64, blocks: impl Iterator<Item = u64>) -> u64 {
    let mut by_size = [0u64; 65];
    for pairs in blocks.filter(|pairs| *pairs > 0) {
        by_size[64 - (pairs - 1).leading_zeros() as usize] += pairs;
    }
    let mut sum = 0u64;
    let mut largest = 0;
    for (power, pairs) in by_size.iter().enumerate().take(63) {
        sum = sum.saturating_add(*pairs);
        if sum > budget {
            break;
        }
        largest = 1 << power;
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_more_than_any_name_brings_together() {
        assert_eq!([20, 300, 2000, 8192, 1_000_000].map(crowd_of), [4, 13, 32, 32, 3906]);
    }

    #[test]
    fn caps_follow_the_budget() {
        assert_eq!(largest_block_within(100, [1, 1, 50, 1000].into_iter()), 512);
        assert_eq!(largest_block_within(1 << 40, [1, 2, 3].into_iter()), 1 << 62);
        assert_eq!(largest_block_within(10, [1000].into_iter()), 512);
    }
}
