//! Sets of places in the list of people, as bits: conditions are put together by words of 64 places.

/// Places of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    places: usize,
}

impl Bits {
    pub(super) fn none(places: usize) -> Self {
        Self { words: vec![0; places.div_ceil(64)], places }
    }

    pub(super) fn all(places: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; places.div_ceil(64)], places };
        bits.cut();
        bits
    }

    pub(super) fn of(places: usize, these: impl IntoIterator<Item = u32>) -> Self {
        let mut bits = Self::none(places);
        bits.extend(these);
        bits
    }

    /// A bit for each place, 64 in a word.
    pub(super) fn of_words(places: usize, words: Vec<u64>) -> Self {
        let mut bits = Self { words, places };
        bits.words.resize(places.div_ceil(64), 0);
        bits.cut();
        bits
    }

    /// The places whose item fits: each is looked at once, and no place is put in by itself.
    pub(super) fn each<T>(items: &[T], fits: impl Fn(&T) -> bool) -> Self {
        let word = |items: &[T]| items.iter().rev().fold(0, |word, item| word << 1 | u64::from(fits(item)));
        Self { words: items.chunks(64).map(word).collect(), places: items.len() }
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn extend(&mut self, these: impl IntoIterator<Item = u32>) {
        for place in these {
            if let Some(word) = self.words.get_mut(place as usize / 64) {
                *word |= 1 << (place % 64);
            }
        }
    }

    /// No bits behind the last place.
    fn cut(&mut self) {
        let rest = self.places % 64;
        if let Some(last) = self.words.last_mut().filter(|_| rest != 0) {
            *last &= (1 << rest) - 1;
        }
    }

    pub(super) fn or(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Keeps what is in the other set; with `not`, what is not.
    pub(super) fn and(&mut self, other: &Bits, not: bool) {
        let turn = if not { u64::MAX } else { 0 };
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other ^ turn);
    }

    pub(super) fn has(&self, place: u32) -> bool {
        self.words.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The places, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut bits = *word;
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros())?;
                bits &= bits - 1;
                u32::try_from(at * 64).ok().map(|first| first + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_put_together() {
        let mut odd = Bits::of(130, (0..130).filter(|place| place % 2 == 1));
        let three = Bits::of(130, (0..130).filter(|place| place % 3 == 0));
        let mut either = odd.clone();
        either.or(&three);
        assert_eq!(either.len(), (0..130).filter(|place| place % 2 == 1 || place % 3 == 0).count());
        odd.and(&three, true);
        assert_eq!(odd.iter().collect::<Vec<_>>(), (0..130).filter(|p| p % 2 == 1 && p % 3 != 0).collect::<Vec<_>>());
        let places: Vec<u32> = (0..130).collect();
        assert_eq!(Bits::each(&places, |place| place % 3 == 0), three);
        assert_eq!(Bits::of_words(130, three.words().to_vec()), three);
        let mut all = Bits::all(130);
        assert_eq!(all.len(), 130);
        all.and(&Bits::all(130), true);
        assert_eq!(
            (all.len(), all.has(129), Bits::all(130).has(129), Bits::all(130).has(130)),
            (0, false, true, false)
        );
    }
}
