//! Fields that are compared and the levels of agreement that each knows, strongest first.

use crate::domain::field::Field;

/// A field of the comparison, in the order of the waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum MatchField {
    First,
    Last,
    Birth,
    Email,
    Phone,
    Job,
    Branch,
    Department,
    Start,
    Address,
    Postcode,
    Identifier,
}

/// How many fields there are.
pub const FIELDS: usize = 12;
/// One more than the highest level of any field.
pub const LEVELS: usize = 8;

/// Level 0: one side has nothing, so the field says nothing.
pub const MISSING: u8 = 0;
/// Level 1 of every field: equal after folding.
pub const EXACT: u8 = 1;

/// Levels of names.
pub mod name_level {
    /// First name: a short form or a shared word. Last name: a shared word of a compound.
    pub const PART: u8 = 2;
    pub const CLOSE: u8 = 3;
    /// First name only: one is the other's initial.
    pub const INITIAL: u8 = 4;
    /// First name: alike or alike in sound.
    pub const NEAR: u8 = 5;
    pub const SWAPPED: u8 = 6;
    pub const ELSE: u8 = 7;
    /// Last name: alike or alike in sound.
    pub const LAST_NEAR: u8 = 4;
    /// Last name only: the other side's surname stands in the mailbox.
    pub const MAILBOX: u8 = 5;
}

/// Levels of the date of birth.
pub mod birth_level {
    pub const SWAPPED: u8 = 2;
    pub const TYPO: u8 = 3;
    pub const TWO_PARTS: u8 = 4;
    pub const NEAR: u8 = 5;
    pub const YEAR: u8 = 6;
    pub const ELSE: u8 = 7;
}

/// Levels of the e-mail address.
pub mod email_level {
    pub const LOCAL: u8 = 2;
    pub const CLOSE: u8 = 3;
    /// Alike because both are made from the name, which was counted already.
    pub const ECHO: u8 = 4;
    /// A private address against one given by an employer: they differ for everybody.
    pub const OTHER_KIND: u8 = 5;
    pub const ELSE: u8 = 6;
}

/// Level of postcodes that share their first half.
pub const POSTCODE_AREA: u8 = 3;

impl MatchField {
    /// Every field, in order.
    pub const ALL: [MatchField; FIELDS] = [
        MatchField::First,
        MatchField::Last,
        MatchField::Birth,
        MatchField::Email,
        MatchField::Phone,
        MatchField::Job,
        MatchField::Branch,
        MatchField::Department,
        MatchField::Start,
        MatchField::Address,
        MatchField::Postcode,
        MatchField::Identifier,
    ];

    /// The field of a person that it compares.
    pub fn field(self) -> Field {
        match self {
            MatchField::First => Field::FirstName,
            MatchField::Last => Field::LastName,
            MatchField::Birth => Field::DateOfBirth,
            MatchField::Email => Field::Email,
            MatchField::Phone => Field::Phone,
            MatchField::Job => Field::JobTitle,
            MatchField::Branch => Field::Branch,
            MatchField::Department => Field::Department,
            MatchField::Start => Field::StartDate,
            MatchField::Address => Field::Address,
            MatchField::Postcode => Field::Postcode,
            MatchField::Identifier => Field::Identifier,
        }
    }

    /// The field's key, as in [`Field::key`].
    pub fn key(self) -> &'static str {
        self.field().key()
    }

    /// The field in words, as in [`Field::words`].
    pub fn words(self) -> &'static str {
        self.field().words()
    }

    /// The field's levels from 0 (missing); the last is "else".
    pub fn levels(self) -> &'static [&'static str] {
        match self {
            MatchField::First => &["missing", "exact", "short_form", "close", "initial", "near", "swapped", "else"],
            MatchField::Last => &["missing", "exact", "part", "close", "near", "mailbox", "swapped", "else"],
            MatchField::Birth => &["missing", "exact", "day_month", "typo", "two_parts", "near", "year", "else"],
            MatchField::Email => &["missing", "exact", "local", "close", "echo", "other_kind", "else"],
            MatchField::Phone => &["missing", "exact", "typo", "else"],
            MatchField::Job | MatchField::Branch | MatchField::Department => {
                &["missing", "exact", "close", "near", "else"]
            }
            MatchField::Start => &["missing", "exact", "fortnight", "two_months", "year", "else"],
            MatchField::Address => &["missing", "exact", "close", "near", "else"],
            MatchField::Postcode => &["missing", "exact", "typo", "area", "else"],
            MatchField::Identifier => &["missing", "exact", "twin", "else"],
        }
    }

    /// The level that says "they differ".
    pub fn otherwise(self) -> u8 {
        self.levels().len() as u8 - 1
    }

    /// Position in arrays by field.
    pub fn at(self) -> usize {
        self as usize
    }
}

/// Level of each field for one pair.
pub type Levels = [u8; FIELDS];
/// Bits of each field for one pair.
pub type Bits = [f64; FIELDS];
