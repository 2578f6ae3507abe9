//! What is marked: a set of ids. Where an id is a number it is a bit, so that all of a million rows are marked, counted and
//! looked for within the time of a key.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::marker::PhantomData;

use crate::domain::ids::RunId;
use crate::store::views::PersonKey;

/// What names a row.
pub trait RowId: Clone + Ord {
    /// How marks of such rows are kept.
    type Marks: Marks<Self>;
}

/// A set of ids.
pub trait Marks<Id>: Clone + Debug + Default + PartialEq + Eq {
    /// Adds one; false when it was there.
    fn put(&mut self, id: &Id) -> bool;

    /// Takes one out; false when it was not there.
    fn take(&mut self, id: &Id) -> bool;

    /// Whether one is there.
    fn has(&self, id: &Id) -> bool;

    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, rising.
    fn iter(&self) -> impl Iterator<Item = Id>;
}

impl<Id: Clone + Debug + Ord> Marks<Id> for BTreeSet<Id> {
    fn put(&mut self, id: &Id) -> bool {
        self.insert(id.clone())
    }

    fn take(&mut self, id: &Id) -> bool {
        self.remove(id)
    }

    fn has(&self, id: &Id) -> bool {
        self.contains(id)
    }

    fn len(&self) -> usize {
        BTreeSet::len(self)
    }

    fn iter(&self) -> impl Iterator<Item = Id> {
        BTreeSet::iter(self).cloned()
    }
}

impl RowId for String {
    type Marks = BTreeSet<String>;
}

impl RowId for usize {
    type Marks = BTreeSet<usize>;
}

impl RowId for RunId {
    type Marks = BTreeSet<RunId>;
}

impl RowId for i64 {
    type Marks = Bits<i64>;
}

impl RowId for PersonKey {
    type Marks = Bits<PersonKey>;
}

/// An id that is a number.
pub trait Numbered: Copy + Debug + Eq {
    /// The number; in the order of the ids.
    fn number(self) -> i64;

    /// The id of a number.
    fn of(number: i64) -> Self;
}

impl Numbered for i64 {
    fn number(self) -> i64 {
        self
    }

    fn of(number: i64) -> Self {
        number
    }
}

impl Numbered for PersonKey {
    fn number(self) -> i64 {
        PersonKey::number(self)
    }

    fn of(number: i64) -> Self {
        PersonKey::of_number(number)
    }
}

/// Bits of one page.
const PAGE: i64 = 1 << 14;
const WORDS: usize = 1 << 8;
/// Pages on both sides of the first one; what lies further away (never, in one database) is kept one by one.
const PAGES: i64 = 1 << 15;

type Page = Option<Box<[u64; WORDS]>>;

/// Numbers as bits, a page for those that lie near each other.
#[derive(Clone, Debug)]
pub struct Bits<Id> {
    /// The page of the number that came first.
    middle: Option<i64>,
    /// The number of the first page.
    first: i64,
    pages: Vec<Page>,
    far: BTreeSet<i64>,
    count: usize,
    ids: PhantomData<Id>,
}

impl<Id> Default for Bits<Id> {
    fn default() -> Self {
        Self { middle: None, first: 0, pages: Vec::new(), far: BTreeSet::new(), count: 0, ids: PhantomData }
    }
}

impl<Id: Numbered> PartialEq for Bits<Id> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl<Id: Numbered> Eq for Bits<Id> {}

/// The word of a page that a number stands in, and its bit there.
fn cell(number: i64) -> (usize, u64) {
    let place = usize::try_from(number.rem_euclid(PAGE)).unwrap_or_default();
    (place / 64, 1 << (place % 64))
}

impl<Id> Bits<Id> {
    fn place(&self, page: i64) -> Option<usize> {
        usize::try_from(page.checked_sub(self.first)?).ok().filter(|place| *place < self.pages.len())
    }

    fn word(&mut self, number: i64) -> Option<&mut u64> {
        let place = self.place(number.div_euclid(PAGE))?;
        self.pages.get_mut(place)?.as_mut()?.get_mut(cell(number).0)
    }

    /// The same, with a page made for it; `None` where it lies too far away.
    fn word_made(&mut self, number: i64) -> Option<&mut u64> {
        let page = number.div_euclid(PAGE);
        let middle = *self.middle.get_or_insert(page);
        if page.abs_diff(middle) >= PAGES.unsigned_abs() {
            return None;
        }
        if self.pages.is_empty() {
            self.first = page;
        }
        let before = usize::try_from(self.first - page).unwrap_or_default();
        if before > 0 {
            self.pages.splice(0..0, std::iter::repeat_with(|| None).take(before));
            self.first = page;
        }
        let place = usize::try_from(page - self.first).ok()?;
        if place >= self.pages.len() {
            self.pages.resize_with(place + 1, || None);
        }
        self.pages.get_mut(place)?.get_or_insert_with(|| Box::new([0; WORDS])).get_mut(cell(number).0)
    }
}

impl<Id: Numbered> Marks<Id> for Bits<Id> {
    fn put(&mut self, id: &Id) -> bool {
        let number = id.number();
        let bit = cell(number).1;
        let new = match self.word_made(number) {
            Some(word) => {
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            None => self.far.insert(number),
        };
        self.count += usize::from(new);
        new
    }

    fn take(&mut self, id: &Id) -> bool {
        let number = id.number();
        let bit = cell(number).1;
        let was = match self.word(number).filter(|word| **word & bit != 0) {
            Some(word) => {
                *word &= !bit;
                true
            }
            None => !self.far.is_empty() && self.far.remove(&number),
        };
        self.count -= usize::from(was);
        was
    }

    fn has(&self, id: &Id) -> bool {
        let number = id.number();
        let page = self.place(number.div_euclid(PAGE)).and_then(|place| self.pages.get(place)?.as_deref());
        let (word, bit) = cell(number);
        page.and_then(|page| page.get(word)).is_some_and(|word| word & bit != 0) || self.far.contains(&number)
    }

    fn len(&self) -> usize {
        self.count
    }

    fn iter(&self) -> impl Iterator<Item = Id> {
        let near = (self.first..).zip(&self.pages).flat_map(|(page, words)| {
            let words = words.as_deref().map(<[u64; WORDS]>::as_slice).unwrap_or_default();
            words.iter().zip(0i64..).flat_map(move |(word, at)| {
                let mut bits = *word;
                std::iter::from_fn(move || {
                    let bit = (bits != 0).then(|| i64::from(bits.trailing_zeros()))?;
                    bits &= bits - 1;
                    Some(page * PAGE + at * 64 + bit)
                })
            })
        });
        // Far ones lie on both sides.
        let first = self.first.saturating_mul(PAGE);
        let before = self.far.range(..first).copied();
        before.chain(near).chain(self.far.range(first..).copied()).map(Id::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_a_set_of_numbers(
            steps in proptest::collection::vec((any::<bool>(), prop_oneof![
                -40i64..40, -70_000i64..70_000, Just(i64::MIN), Just(i64::MAX), Just(1i64 << 40), any::<i64>(),
            ]), 0..80),
        ) {
            let (mut bits, mut set) = (Bits::<i64>::default(), BTreeSet::new());
            for (put, number) in &steps {
                match put {
                    true => prop_assert_eq!(bits.put(number), set.insert(*number)),
                    false => prop_assert_eq!(bits.take(number), set.remove(number)),
                }
                prop_assert_eq!(bits.len(), set.len());
            }
            prop_assert!(steps.iter().all(|(_, number)| bits.has(number) == set.contains(number)));
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), set.into_iter().collect::<Vec<_>>());
        }
    }
}
