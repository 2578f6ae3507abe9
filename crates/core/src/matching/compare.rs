//! The comparators: at which level two values of a field agree.

use super::field::{EXACT, Levels, MISSING, MatchField, email_level, name_level};
use super::likeness::{address, birth, identifier, phone, postcode, similarity, start, words};
use super::quick::edit;
use super::rows::{
    KNOWN, LOCAL, MAILBOX_NOT_PERSONAL, MAILBOX_OF_NAME, OTHER_LAST, Row, Vocabulary, may_be_slip, may_share_own_domain,
};

/// Jaro-Winkler above which two words are taken for one word with a slip, and for a likeness (Winkler's own scale;
/// 0.92 and 0.84 are the usual cut-offs of record linkage, among others Splink's).
pub(super) const CLOSE: f64 = 0.92;
pub(super) const NEAR: f64 = 0.84;
/// Local parts are longer than names and end in digits, so they must be closer.
const CLOSE_LOCAL: f64 = 0.94;

/// In a domain that hardly anybody has, half of the local part is enough.
const NEAR_LOCAL: f64 = 0.5;

const CACHE_BITS: u32 = 15;
/// Where many pairs are compared it becomes a large one; for a few, a large one would only cost its making.
const SMALL_BITS: u32 = 6;

/// Levels of pairs of values seen lately. A pure function stands behind it, so that a miss only costs time.
pub struct Cache {
    slots: Vec<(u64, u8)>,
    shift: u32,
    /// Values that were not found, while it is small.
    missed: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Cache { slots: vec![(0, 0); 1 << SMALL_BITS], shift: 64 - SMALL_BITS, missed: 0 }
    }
}

impl Cache {
    fn level(&mut self, kind: MatchField, left: u32, right: u32, compare: impl FnOnce() -> u8) -> u8 {
        let key = ((kind as u64 + 1) << 56) | (u64::from(left) << 28) | u64::from(right);
        let slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        if self.slots[slot].0 == key {
            return self.slots[slot].1;
        }
        let level = compare();
        self.slots[slot] = (key, level);
        self.missed = self.missed.wrapping_add(1);
        if self.missed == 1 << (SMALL_BITS + 2) {
            *self = Cache { slots: vec![(0, 0); 1 << CACHE_BITS], shift: 64 - CACHE_BITS, missed: self.missed };
        }
        level
    }
}

/// Compares rows of one vocabulary.
#[derive(Clone, Copy)]
pub struct Comparer<'a> {
    pub vocabulary: &'a Vocabulary,
}

impl<'a> Comparer<'a> {
    /// All levels of a pair; the source row first.
    pub fn levels(&self, left: &Row, right: &Row, cache: &mut Cache) -> Levels {
        let mut levels = [MISSING; 12];
        levels[0] = self.first(left, right, cache);
        levels[1] = self.last(left, right, cache);
        self.find_swap(left, right, &mut levels);
        levels[2] = birth(left.get(MatchField::Birth), right.get(MatchField::Birth));
        levels[3] = self.email(left, right, levels[0], levels[1], cache);
        self.find_mailbox_surname(left, right, &mut levels);
        for field in &MatchField::ALL[4..] {
            levels[field.at()] = self.other(*field, left, right, cache);
        }
        levels
    }

    /// The level of the first names, known-as counted as another first name.
    pub fn first(&self, left: &Row, right: &Row, cache: &mut Cache) -> u8 {
        let (a, b) = (left.0[0], right.0[0]);
        let (known_a, known_b) = (left.0[KNOWN], right.0[KNOWN]);
        if is_swapped(left, right) {
            return name_level::SWAPPED;
        }
        let mut best = self.first_pair(a, b, cache);
        if best == EXACT || (known_a | known_b) == 0 {
            return best;
        }
        for (x, y) in [(known_a, b), (a, known_b), (known_a, known_b)] {
            let level = self.first_pair(x, y, cache);
            if level != MISSING && (best == MISSING || level < best) {
                best = level;
            }
        }
        best
    }

    fn first_pair(&self, a: u32, b: u32, cache: &mut Cache) -> u8 {
        if a == 0 || b == 0 {
            return MISSING;
        }
        if a == b {
            return EXACT;
        }
        cache.level(MatchField::First, a, b, || self.first_words(a, b))
    }

    fn first_words(&self, a: u32, b: u32) -> u8 {
        let names = &self.vocabulary.names;
        if a == b {
            return EXACT;
        }
        if names.same_person_name(a, b) {
            return name_level::PART;
        }
        let (left, right) = (names.texts.text(a), names.texts.text(b));
        let alike = similarity(left, right);
        if names.is_initial(a, b) {
            name_level::INITIAL
        } else if alike >= CLOSE {
            name_level::CLOSE
        } else if alike >= NEAR || names.info(a).phonetic == names.info(b).phonetic || is_head(left, right) {
            name_level::NEAR
        } else {
            name_level::ELSE
        }
    }

    /// The level of the last names, the mailbox aside.
    pub fn last(&self, left: &Row, right: &Row, cache: &mut Cache) -> u8 {
        let (a, b) = (left.0[1], right.0[1]);
        if is_swapped(left, right) {
            return name_level::SWAPPED;
        }
        if a == 0 || b == 0 {
            return MISSING;
        }
        if a == b {
            return EXACT;
        }
        cache.level(MatchField::Last, a, b, || self.last_words(a, b))
    }

    fn last_words(&self, a: u32, b: u32) -> u8 {
        let names = &self.vocabulary.names;
        if a == b {
            return EXACT;
        }
        if names.share_word(a, b) {
            return name_level::PART;
        }
        let alike = similarity(names.texts.text(a), names.texts.text(b));
        if alike >= CLOSE {
            name_level::CLOSE
        } else if alike >= NEAR || names.info(a).phonetic == names.info(b).phonetic {
            name_level::LAST_NEAR
        } else {
            name_level::ELSE
        }
    }

    /// The levels of swapped names: the source's first name against the destination's last, and the other way round.
    pub fn crossed(&self, left: &Row, right: &Row) -> (u8, u8) {
        (self.first_words(left.0[0], right.0[1]), self.last_words(left.0[1], right.0[0]))
    }

    /// Names that differ as they stand, but agree in each other's place, are swapped.
    pub fn find_swap(&self, left: &Row, right: &Row, levels: &mut Levels) {
        if levels[0] == name_level::ELSE && levels[1] == name_level::ELSE && may_be_swapped(left, right) {
            let (first, last) = self.crossed(left, right);
            if first != name_level::ELSE && last != name_level::ELSE {
                levels[0] = name_level::SWAPPED;
                levels[1] = name_level::SWAPPED;
            }
        }
    }

    /// A surname that differs, but stands in the other side's mailbox, is a changed surname; not where the mailboxes
    /// agree, because that was counted already.
    pub fn find_mailbox_surname(&self, left: &Row, right: &Row, levels: &mut Levels) {
        if levels[1] != name_level::ELSE {
            return;
        }
        let silent = matches!(levels[3], MISSING | email_level::OTHER_KIND | email_level::ELSE);
        let (a, b) = (left.0[1], right.0[1]);
        if silent && (left.0[OTHER_LAST] == b || right.0[OTHER_LAST] == a) {
            levels[1] = name_level::MAILBOX;
        }
    }

    /// The level of the e-mail addresses, given those of the names they may be made from.
    pub fn email(&self, left: &Row, right: &Row, first: u8, last: u8, cache: &mut Cache) -> u8 {
        let (a, b) = (left.get(MatchField::Email), right.get(MatchField::Email));
        if a == 0 || b == 0 {
            return MISSING;
        }
        if a == b {
            return EXACT;
        }
        let level = self.mailbox_level(left, right, cache);
        if level == email_level::CLOSE && may_share_own_domain(left, right) && self.share_own_domain(a, b) {
            return level;
        }
        let agree = |level: u8| level != MISSING && level != name_level::ELSE && level != name_level::MAILBOX;
        let of_name = left.is(MAILBOX_OF_NAME) || right.is(MAILBOX_OF_NAME);
        let names_say_so = of_name && agree(first) && agree(last) || (first == EXACT && last == EXACT);
        match level {
            email_level::LOCAL | email_level::CLOSE if names_say_so => email_level::ECHO,
            email_level::CLOSE if first == EXACT || last == EXACT => email_level::ECHO,
            _ => level,
        }
    }

    /// Whether two addresses lie in one domain that is hardly anybody's else.
    fn share_own_domain(&self, a: u32, b: u32) -> bool {
        let boxes = &self.vocabulary.mailboxes;
        let (left, right) = (boxes.pairs.pair(a).1, boxes.pairs.pair(b).1);
        left == right && boxes.own[left as usize]
    }

    fn mailbox_level(&self, left: &Row, right: &Row, cache: &mut Cache) -> u8 {
        let boxes = &self.vocabulary.mailboxes;
        let (a, b) = (left.get(MatchField::Email), right.get(MatchField::Email));
        let (local_a, local_b, slip) = (left.0[LOCAL], right.0[LOCAL], may_be_slip(left, right));
        if local_a == local_b {
            return email_level::LOCAL;
        }
        let alike = if slip {
            cache.level(MatchField::Email, local_a, local_b, || {
                let (left, right) = (boxes.locals.text(local_a), boxes.locals.text(local_b));
                // john.smith and john.smith2 are two people; what differs by digits only is no slip.
                let bare = |local: &'a str| local.trim_end_matches(|c: char| c.is_ascii_digit());
                let close = bare(left) != bare(right) && similarity(left, right) >= CLOSE_LOCAL;
                if close { email_level::CLOSE } else { email_level::ELSE }
            })
        } else {
            email_level::ELSE
        };
        if alike == email_level::ELSE && may_share_own_domain(left, right) && self.share_own_domain(a, b) {
            let (left, right) = (boxes.locals.text(local_a), boxes.locals.text(local_b));
            if edit(left, right, NEAR_LOCAL) >= NEAR_LOCAL {
                return email_level::CLOSE;
            }
        }
        let public = |id: u32| boxes.public[boxes.pairs.pair(id).1 as usize];
        if alike == email_level::ELSE && public(a) != public(b) { email_level::OTHER_KIND } else { alike }
    }

    /// The level of the fields whose level hangs on nothing else.
    pub fn other(&self, field: MatchField, left: &Row, right: &Row, cache: &mut Cache) -> u8 {
        let (a, b) = (left.get(field), right.get(field));
        if a == 0 || b == 0 {
            return MISSING;
        }
        if a == b {
            return EXACT;
        }
        if field == MatchField::Start {
            return start(a, b);
        }
        if field == MatchField::Birth {
            return birth(a, b);
        }
        let texts = &self.vocabulary.texts[field.at()];
        cache.level(field, a, b, || {
            let (left, right) = (texts.text(a), texts.text(b));
            match field {
                MatchField::Phone => phone(left, right),
                MatchField::Address => address(&self.vocabulary.homes, (a, b), (left, right)),
                MatchField::Postcode => postcode(left, right),
                MatchField::Identifier => identifier(left, right),
                _ => words(left, right),
            }
        })
    }
}

/// Whether first and last name stand in each other's place (both present, and not the same word).
pub fn is_swapped(left: &Row, right: &Row) -> bool {
    let (a, b, c, d) = (left.0[0], left.0[1], right.0[0], right.0[1]);
    a != 0 && b != 0 && a == d && b == c && a != b
}

/// Whether at least one name stands in the place of the other.
pub fn may_be_swapped(left: &Row, right: &Row) -> bool {
    let (a, b, c, d) = (left.0[0], left.0[1], right.0[0], right.0[1]);
    a != 0 && b != 0 && c != 0 && d != 0 && (a == d || b == c)
}

/// Whether one name is the beginning of the other (`Al` and `Alyssa`).
fn is_head(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= 2 && (left.starts_with(right) || right.starts_with(left))
}

/// Whether an address was given that is nobody's own.
pub fn has_shared_mailbox(row: &Row) -> bool {
    row.is(MAILBOX_NOT_PERSONAL)
}
