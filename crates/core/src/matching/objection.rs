//! What speaks against linking a pair without a question, however much it weighs.

use super::field::{EXACT, Levels, MISSING, MatchField, birth_level, email_level, name_level};
use super::given::{self, Kinship};
use super::names::Names;
use super::outcome::Reason;
use super::rows::{INACTIVE, KNOWN, OTHER_SCRIPT, Row, days_between};

/// What a group of fields must weigh to count as agreeing: eight to one.
const GROUP_BITS: f64 = 3.0;
/// The number of rows from which a first name that they bear is a name and no slip.
const BORNE: u32 = 3;
/// Start dates at this level or a better one are one date, given a little differently.
const SAME_START: u8 = 2;
/// Days between start dates from which a mailbox may have been passed on: to somebody of another name (the guard of the
/// e-mail fall-back uses the same), and to somebody of the same name, who is hardly ever another.
const PASSED_ON: u64 = 366;
const PASSED_TO_NAMESAKE: u64 = 730;

/// How many people of one side carry each value.
struct Bearers {
    identifiers: Vec<u8>,
    emails: Vec<u8>,
    phones: Vec<u8>,
    firsts: Vec<u8>,
}

impl Bearers {
    fn of(rows: &[Row]) -> Self {
        let count = |field: MatchField| {
            let size = rows.iter().map(|row| row.get(field)).max().unwrap_or(0) as usize + 1;
            let mut counts = vec![0u8; size];
            rows.iter()
                .for_each(|row| counts[row.get(field) as usize] = counts[row.get(field) as usize].saturating_add(1));
            counts
        };
        Bearers {
            identifiers: count(MatchField::Identifier),
            emails: count(MatchField::Email),
            phones: count(MatchField::Phone),
            firsts: count(MatchField::First),
        }
    }
}

/// Judges pairs by what only the whole of both sides can tell.
pub struct Guards<'a> {
    names: &'a Names,
    left: Bearers,
    right: Bearers,
}

impl<'a> Guards<'a> {
    /// Counts both sides.
    pub fn of(names: &'a Names, left: &[Row], right: &[Row]) -> Self {
        Guards { names, left: Bearers::of(left), right: Bearers::of(right) }
    }

    /// Whether both carry one value that nobody else of their side carries.
    fn is_own(&self, field: MatchField, left: &Row, right: &Row, levels: &Levels) -> bool {
        let counts = |bearers: &Bearers| match field {
            MatchField::Identifier => bearers.identifiers.get(left.get(field) as usize).copied(),
            MatchField::Email => bearers.emails.get(left.get(field) as usize).copied(),
            MatchField::Phone => bearers.phones.get(left.get(field) as usize).copied(),
            _ => None,
        };
        // Equal values have one number on both sides.
        levels[field.at()] == EXACT
            && left.get(field) == right.get(field)
            && counts(&self.left) == Some(1)
            && counts(&self.right) == Some(1)
    }

    /// The deterministic key that both share, if it is nobody else's.
    pub fn key(&self, left: &Row, right: &Row, levels: &Levels) -> Option<Reason> {
        if self.is_own(MatchField::Identifier, left, right, levels) {
            Some(Reason::SameIdentifier)
        } else if self.is_own(MatchField::Email, left, right, levels) {
            Some(Reason::SameEmail)
        } else {
            None
        }
    }

    /// What the first names are to each other, known-as counted as another first name.
    pub fn first_names(&self, left: &Row, right: &Row) -> Kinship {
        let borne = |name: u32| {
            let count = |bearers: &Bearers| u32::from(bearers.firsts.get(name as usize).copied().unwrap_or(0));
            count(&self.left) + count(&self.right) >= BORNE
        };
        let both = [left, right].map(|row| [row.0[0], row.0[KNOWN]]);
        let pairs = both[0].into_iter().flat_map(|x| both[1].into_iter().map(move |y| (x, y)));
        pairs
            .filter(|(x, y)| *x != 0 && *y != 0)
            .map(|(x, y)| given::kinship(self.names, x, y, &borne))
            .min()
            .unwrap_or(Kinship::One)
    }

    /// Why a pair may not be linked without a question.
    pub fn objection(
        &self,
        left: &Row,
        right: &Row,
        levels: &Levels,
        bits: &[f64],
        keyed: Option<Reason>,
    ) -> Option<Reason> {
        let [first, last, birth, ..] = *levels;
        let identifier = levels[MatchField::Identifier.at()];
        let names_differ = first == name_level::ELSE && matches!(last, name_level::ELSE | name_level::MAILBOX);
        let birth_differs = matches!(birth, birth_level::NEAR | birth_level::YEAR | birth_level::ELSE);
        if identifier == EXACT && names_differ && birth != EXACT {
            return Some(Reason::IdentifierReused);
        }
        if identifier > EXACT {
            return Some(Reason::IdentifierDiffers);
        }
        if birth_differs {
            return Some(Reason::BirthDiffers);
        }
        if first == name_level::ELSE && keyed != Some(Reason::SameIdentifier) {
            return Some(Reason::FirstNameDiffers);
        }
        if let Some(reason) = self.first_name_objection(left, right, levels) {
            return Some(reason);
        }
        if right.is(INACTIVE) && !left.is(INACTIVE) {
            return Some(Reason::Rehire);
        }
        // A key that is nobody else's carries a changed or swapped name; names alone never do (cases 2, 4 to 6, 10, 31).
        if keyed.is_none() {
            let suggestion = match (first, last, birth) {
                (name_level::SWAPPED, ..) => Some(Reason::NamesSwapped),
                (_, name_level::ELSE | name_level::MAILBOX, _) => Some(Reason::SurnameDiffers),
                (_, name_level::PART, _) => Some(Reason::SurnamePart),
                (_, _, birth_level::SWAPPED) => Some(Reason::DayMonthSwapped),
                _ if left.is(OTHER_SCRIPT) != right.is(OTHER_SCRIPT) => Some(Reason::OtherScript),
                _ => None,
            };
            if suggestion.is_some() {
                return suggestion;
            }
        }
        if self.may_be_passed_on(left, right, levels, bits) {
            return Some(Reason::MailboxPassedOn);
        }
        let own = |field: MatchField| self.is_own(field, left, right, levels);
        (groups(levels, bits, &own) < 2).then_some(Reason::OneGroup)
    }

    /// A likeness of first names that is none, or a letter in place of one, needs something of the person's own.
    fn first_name_objection(&self, left: &Row, right: &Row, levels: &Levels) -> Option<Reason> {
        let own = |field: MatchField| self.is_own(field, left, right, levels);
        let compared =
            matches!(levels[0], EXACT | name_level::PART | name_level::CLOSE | name_level::INITIAL | name_level::NEAR);
        let born_together = levels[MatchField::Birth.at()] == EXACT;
        match if compared { self.first_names(left, right) } else { Kinship::One } {
            // An equal e-mail under another name may have been somebody else's before; with the birth date it is not.
            Kinship::Two => {
                let is_one =
                    own(MatchField::Identifier) || own(MatchField::Phone) || (born_together && own(MatchField::Email));
                (!is_one).then_some(Reason::FirstNameDiffers)
            }
            Kinship::Initial => {
                let started_together = (EXACT..=SAME_START).contains(&levels[MatchField::Start.at()]);
                let is_one = born_together
                    || started_together
                    || [MatchField::Identifier, MatchField::Email, MatchField::Phone].into_iter().any(own);
                (!is_one).then_some(Reason::Initial)
            }
            Kinship::One => None,
        }
    }

    /// Whether a link would rest on an e-mail that a newcomer may have got from somebody who left: start dates lie years
    /// apart, and neither birth date, identifier nor phone says that it is one person.
    fn may_be_passed_on(&self, left: &Row, right: &Row, levels: &Levels, bits: &[f64]) -> bool {
        let own = |field: MatchField| self.is_own(field, left, right, levels);
        let same_email = levels[MatchField::Email.at()] == EXACT;
        let one_name = levels[0] == EXACT && levels[1] == EXACT;
        let (one, other) = (left.get(MatchField::Start), right.get(MatchField::Start));
        let long = if one_name { PASSED_TO_NAMESAKE } else { PASSED_ON };
        let years_apart = one != 0 && other != 0 && days_between(one, other) > long;
        let settled = (EXACT..=birth_level::TYPO).contains(&levels[MatchField::Birth.at()])
            || own(MatchField::Identifier)
            || own(MatchField::Phone);
        let without_email = |field: MatchField| field != MatchField::Email && own(field);
        let mut others = *levels;
        others[MatchField::Email.at()] = MISSING;
        same_email && years_apart && !settled && (!one_name || groups(&others, bits, &without_email) < 2)
    }
}

/// How many independent groups of fields agree: names, birth date, e-mail, phone, home, work, identifier. An address or a
/// number that others share agrees with nobody.
fn groups(levels: &Levels, bits: &[f64], own: &dyn Fn(MatchField) -> bool) -> usize {
    let at = |field: MatchField| bits[field.at()];
    let is = |field: MatchField, worst: u8| (EXACT..=worst).contains(&levels[field.at()]);
    let unshared = |field: MatchField| levels[field.at()] != EXACT || own(field);
    let named = levels[0] != MISSING && levels[1] != MISSING && bits[0] + bits[1] >= GROUP_BITS;
    let work: f64 =
        [MatchField::Job, MatchField::Branch, MatchField::Department, MatchField::Start].map(at).iter().sum();
    let home: f64 = [MatchField::Address, MatchField::Postcode].map(at).iter().sum();
    [
        named,
        is(MatchField::Birth, birth_level::TYPO),
        is(MatchField::Email, email_level::CLOSE) && at(MatchField::Email) >= GROUP_BITS && unshared(MatchField::Email),
        is(MatchField::Phone, 2) && at(MatchField::Phone) >= GROUP_BITS && unshared(MatchField::Phone),
        home >= GROUP_BITS,
        work >= GROUP_BITS,
        is(MatchField::Identifier, EXACT),
    ]
    .into_iter()
    .filter(|agrees| *agrees)
    .count()
}
