//! How common each value is, and which fields imply each other, measured on the people at hand.

use super::dates::PACKED_LIMIT;
use super::field::{FIELDS, MatchField};
use super::rows::{KNOWN, Row, Vocabulary};
use rayon::prelude::*;

/// Base rate of an unseen value and its weight in people, by field (MATCHING 5.5; phone, address, postcode, department
/// and identifier by the same reasoning). They keep tenants of fifty people sane.
const SHRINKAGE: [(f64, f64); FIELDS] = [
    (5e-4, 2000.0),
    (1e-4, 2000.0),
    (1.0 / 15_000.0, 2000.0),
    (1e-6, 2000.0),
    (1e-6, 2000.0),
    (0.01, 20.0),
    (0.01, 20.0),
    (0.01, 20.0),
    (1e-3, 200.0),
    (1e-5, 2000.0),
    (1e-3, 200.0),
    (1e-6, 2000.0),
];

/// Fields of which the second often follows from the first: a family shares address and surname, a site its
/// department. How often is measured, not assumed.
const IMPLIED: [(MatchField, MatchField); 10] = [
    (MatchField::Address, MatchField::Last),
    (MatchField::Address, MatchField::Phone),
    (MatchField::Address, MatchField::Postcode),
    (MatchField::Address, MatchField::Branch),
    (MatchField::Address, MatchField::Department),
    (MatchField::Phone, MatchField::Last),
    (MatchField::Postcode, MatchField::Branch),
    (MatchField::Postcode, MatchField::Department),
    (MatchField::Branch, MatchField::Department),
    (MatchField::Job, MatchField::Department),
];
/// Pairs looked at for each implication, and what no evidence of one weighs in pairs.
const IMPLICATION_PAIRS: usize = 20_000;
const IMPLICATION_PSEUDO: f64 = 20.0;

/// Namesakes beyond chance before any data: one person in five hundred, worth five hundred people.
const NAMESAKE_SHARE: f64 = 0.002;
const NAMESAKE_PEOPLE: f64 = 500.0;
const NAMESAKE_BY_CHANCE: f64 = 0.02;

/// Fields by which a crowd of people alike is told from everybody else.
pub const CROWD_FIELDS: [MatchField; 3] = [MatchField::First, MatchField::Last, MatchField::Birth];

/// How many rows of one side carry each value of a field; rows that repeat another are left out.
struct Counted {
    /// The value of the first count.
    first: u32,
    counts: Vec<u32>,
    people: u32,
}

/// −log2 of the frequency of the values of a field.
struct Rarity {
    /// The value of the first of them.
    first: u32,
    bits: Vec<f32>,
    /// Of values that nobody has.
    unseen: f32,
    /// Values are less than this.
    size: usize,
}

impl Rarity {
    fn of(&self, value: u32) -> f32 {
        let bits = value.checked_sub(self.first).and_then(|at| self.bits.get(at as usize));
        let other = || if (value as usize) < self.size { self.unseen } else { 0.0 };
        bits.copied().unwrap_or_else(other)
    }
}

/// Rarity of values and the caps of fields that imply each other.
pub struct Frequency {
    /// By field.
    rarity: Vec<Rarity>,
    /// By field of [`CROWD_FIELDS`], then side.
    counted: Vec<Vec<Counted>>,
    /// By side and row: repeats a row that was counted.
    copies: Vec<Vec<bool>>,
    /// Field, implied field, −log2 of how often two people who share the first share the second.
    pub shared: Vec<(MatchField, MatchField, f64)>,
    /// How often a given other person bears the same first and last name beyond what the frequency of both explains.
    pub namesake: f64,
}

/// Fields of which everybody has a value of his own: one who has it is no reason to expect it of another.
fn is_own(field: MatchField) -> bool {
    matches!(field, MatchField::Email | MatchField::Phone | MatchField::Identifier)
}

fn size_of(vocabulary: &Vocabulary, field: MatchField) -> usize {
    match field {
        MatchField::First | MatchField::Last => vocabulary.names.texts.len(),
        MatchField::Email => vocabulary.mailboxes.pairs.len(),
        MatchField::Birth | MatchField::Start => PACKED_LIMIT,
        _ => vocabulary.texts[field.at()].len(),
    }
}

/// The values of a field that have to be counted: those that people may have, and of dates those between the first and the
/// last that somebody has, since a few people would else be counted among all days of nine hundred years.
fn span(vocabulary: &Vocabulary, field: MatchField, sides: &[&[Row]]) -> (u32, usize) {
    let size = size_of(vocabulary, field);
    if !matches!(field, MatchField::Birth | MatchField::Start) {
        return (0, size);
    }
    let values = sides.iter().flat_map(|rows| rows.iter()).map(|row| row.get(field)).filter(|value| *value != 0);
    let (first, last) = values.fold((u32::MAX, 0), |(first, last), value| (first.min(value), last.max(value)));
    if first > last { (0, 0) } else { (first, (last - first) as usize + 1) }
}

fn counts(rows: &[Row], copies: &[bool], field: MatchField, (first, size): (u32, usize)) -> Counted {
    let mut counts = vec![0u32; size];
    let mut people = 0;
    for (row, _) in rows.iter().zip(copies).filter(|(_, copy)| !**copy) {
        let value = row.get(field);
        if value != 0 {
            counts[(value - first) as usize] += 1;
            people += 1;
        }
        if field == MatchField::First && row.0[KNOWN] != 0 && row.0[KNOWN] != row.0[0] {
            counts[row.0[KNOWN] as usize] += 1;
        }
    }
    Counted { first, counts, people }
}

/// A row with both names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    last: u32,
    first: u32,
    birth: u32,
    at: u32,
}

fn named(rows: &[Row]) -> Vec<Named> {
    let mut named: Vec<Named> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.0[0] != 0 && row.0[1] != 0)
        .map(|(at, row)| Named { last: row.0[1], first: row.0[0], birth: row.get(MatchField::Birth), at: at as u32 })
        .collect();
    named.par_sort_unstable();
    named
}

/// Rows that repeat another of their side: one name and one birth date, or without a birth date one name and everything
/// else that people may share. One person who is entered a thousand times does not make his name a common one.
fn copies(rows: &[Row], named: &[Named]) -> Vec<bool> {
    const ALIKE: [MatchField; 6] = [
        MatchField::Job,
        MatchField::Branch,
        MatchField::Department,
        MatchField::Start,
        MatchField::Address,
        MatchField::Postcode,
    ];
    let mut copies = vec![false; rows.len()];
    for group in named.chunk_by(|a, b| (a.last, a.first, a.birth) == (b.last, b.first, b.birth)) {
        if group.len() < 2 {
            continue;
        }
        if group[0].birth != 0 {
            group[1..].iter().for_each(|one| copies[one.at as usize] = true);
            continue;
        }
        let rest = |at: u32| (rows[at as usize].0[KNOWN], ALIKE.map(|field| rows[at as usize].get(field)));
        let mut keyed: Vec<_> = group.iter().map(|one| (rest(one.at), one.at)).collect();
        keyed.sort_unstable();
        for alike in keyed.chunk_by(|a, b| a.0 == b.0) {
            alike[1..].iter().for_each(|(_, at)| copies[*at as usize] = true);
        }
    }
    copies
}

/// Frequency of a value that some of all people carry, pulled towards the base rate of its field.
fn bits_of(field: MatchField, count: u32, people: u32) -> f64 {
    let (base, weight) = SHRINKAGE[field.at()];
    -((f64::from(count) + weight * base) / (f64::from(people) + weight)).log2()
}

impl Frequency {
    /// Counts the values of both sides (or of one). A value is as common as on the side where it is commoner. Rows that
    /// repeat another are counted once.
    pub fn of(vocabulary: &Vocabulary, sides: &[&[Row]]) -> Self {
        let sorted: Vec<Vec<Named>> = sides.par_iter().map(|rows| named(rows)).collect();
        let copies: Vec<Vec<bool>> = sides.par_iter().zip(&sorted).map(|(rows, named)| copies(rows, named)).collect();
        let rarity = MatchField::ALL
            .par_iter()
            .map(|&field| {
                let span = span(vocabulary, field, sides);
                let found: Vec<Counted> =
                    sides.iter().zip(&copies).map(|(rows, copies)| counts(rows, copies, field, span)).collect();
                let unseen = found.iter().map(|side| bits_of(field, 0, side.people) as f32);
                let unseen = unseen.fold(f32::INFINITY, f32::min);
                let mut bits = vec![unseen; span.1];
                for side in &found {
                    let seen = bits.iter_mut().zip(&side.counts).filter(|(_, count)| **count > 0);
                    for (slot, &count) in seen {
                        let own = u32::from(is_own(field));
                        *slot = slot.min(bits_of(field, count - own, side.people) as f32);
                    }
                }
                let rarity = Rarity { first: span.0, bits, unseen, size: size_of(vocabulary, field) };
                (rarity, if CROWD_FIELDS.contains(&field) { found } else { Vec::new() })
            })
            .collect::<Vec<_>>();
        let (rarity, counted): (Vec<_>, Vec<_>) = rarity.into_iter().unzip();
        let counted = counted.into_iter().filter(|sides| !sides.is_empty()).collect();
        let shared = IMPLIED.par_iter().filter_map(|&(given, implied)| implication(given, implied, sides)).collect();
        let mut frequency = Frequency { rarity, counted, copies, shared, namesake: 0.0 };
        frequency.namesake = frequency.namesakes(&sorted);
        frequency
    }

    /// Before any data: every value is as rare as its field's base rate, and nothing follows from anything.
    pub fn before_any(vocabulary: &Vocabulary) -> Self {
        Frequency { namesake: 0.0, ..Frequency::of(vocabulary, &[&[]]) }
    }

    /// Whether a row of a side repeats another that was counted.
    pub fn is_copy(&self, side: usize, row: u32) -> bool {
        self.copies.get(side).and_then(|copies| copies.get(row as usize)).copied().unwrap_or(false)
    }

    /// −log2 of how common a value of a crowd field would be if `away` of its bearers on each side were not there.
    pub fn rarity_without(&self, field: MatchField, value: u32, away: &[u32]) -> f64 {
        let place = CROWD_FIELDS.iter().position(|one| *one == field);
        let Some(sides) = place.and_then(|place| self.counted.get(place)) else { return self.rarity(field, value) };
        let rarest = |(side, away): (&Counted, &u32)| {
            let at = value.checked_sub(side.first);
            let count = at.and_then(|at| side.counts.get(at as usize)).copied().unwrap_or(0);
            bits_of(field, count - count.min(*away), side.people - side.people.min(*away))
        };
        sides.iter().zip(away).map(rarest).fold(f64::INFINITY, f64::min)
    }

    /// Families, compatriots and fashions make whole names meet more often than chance would have it. Counted among
    /// people whose name chance alone would hardly give twice; people are told apart by their birth date.
    fn namesakes(&self, sides: &[Vec<Named>]) -> f64 {
        let (mut people, mut met) = (NAMESAKE_PEOPLE, NAMESAKE_PEOPLE * NAMESAKE_SHARE);
        let largest = self.copies.iter().map(Vec::len).max().unwrap_or(0).max(1);
        for sorted in sides {
            let dated = sorted.iter().filter(|one| one.birth != 0).count() as f64;
            for group in sorted.chunk_by(|a, b| (a.last, a.first) == (b.last, b.first)) {
                let group = &group[group.partition_point(|one| one.birth == 0)..];
                let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
                let rarity = self.rarity(MatchField::First, first.first) + self.rarity(MatchField::Last, first.last);
                let by_chance = dated * (-rarity).exp2();
                if by_chance < NAMESAKE_BY_CHANCE {
                    // By birth date: if the outer ones differ, everybody has somebody who differs.
                    let other = if first.birth == last.birth { 0.0 } else { group.len() as f64 };
                    people += group.len() as f64;
                    met += (other - by_chance * group.len() as f64).max(0.0);
                }
            }
        }
        met / people / largest as f64
    }

    /// What equal first and last names lose because namesakes are commoner than chance, in bits (0 or less).
    pub fn namesake_cut(&self, first: u32, last: u32) -> f64 {
        self.namesake_cut_at(self.rarity(MatchField::First, first) + self.rarity(MatchField::Last, last))
    }

    /// The same for names that together are so rare, in bits.
    pub fn namesake_cut_at(&self, rarity: f64) -> f64 {
        -(1.0 + self.namesake * rarity.exp2()).log2()
    }

    /// −log2 of how common a value is.
    pub fn rarity(&self, field: MatchField, value: u32) -> f64 {
        f64::from(self.rarity[field.at()].of(value))
    }
}

/// How often two different people of one side who share `given` share `implied` too. People are told apart by first
/// name and birth date, so that duplicates within the side do not count.
fn implication(given: MatchField, implied: MatchField, sides: &[&[Row]]) -> Option<(MatchField, MatchField, f64)> {
    let (mut equal, mut pairs) = (0.0_f64, 0.0_f64);
    for rows in sides {
        let mut order: Vec<(u32, u32)> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.get(given) != 0 && row.get(implied) != 0)
            .map(|(at, row)| (row.get(given), at as u32))
            .collect();
        order.sort_unstable();
        let step = order.len().div_ceil(IMPLICATION_PAIRS).max(1);
        for pair in order.windows(2).step_by(step) {
            let (left, right) = (&rows[pair[0].1 as usize], &rows[pair[1].1 as usize]);
            let differ = |field: MatchField| {
                let (a, b) = (left.get(field), right.get(field));
                a != 0 && b != 0 && a != b
            };
            let both_known = left.get(MatchField::Birth) != 0 && right.get(MatchField::Birth) != 0;
            let two_people = differ(MatchField::First) && (differ(MatchField::Birth) || !both_known);
            if pair[0].0 == pair[1].0 && two_people {
                pairs += 1.0;
                equal += f64::from(u8::from(left.get(implied) == right.get(implied)));
            }
        }
    }
    (pairs > 0.0 && equal > 0.0).then(|| (given, implied, -(equal / (pairs + IMPLICATION_PSEUDO)).log2()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::table::{COLUMNS, Column, PeopleTable};

    fn table(rows: &[[(Column, &str); 3]]) -> PeopleTable {
        let mut table = PeopleTable::default();
        for (at, row) in rows.iter().enumerate() {
            let mut cells = [""; COLUMNS];
            row.iter().for_each(|(column, value)| cells[*column as usize] = value);
            table.push(&at.to_string(), &cells, true);
        }
        table.finish(None).unwrap();
        table
    }

    #[test]
    fn rare_values_weigh_more() {
        let days: Vec<String> =
            (0..300).map(|at| format!("{}-{:02}-{:02}", 1960 + at % 40, 1 + at % 12, 1 + at % 28)).collect();
        let rows: Vec<_> = (0..300)
            .map(|at| {
                let last = if at == 0 { "Kowalczyk" } else { "Smith" };
                [(Column::LastName, last), (Column::FirstName, "Ann"), (Column::BirthDate, days[at].as_str())]
            })
            .collect();
        let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
        let frequency = Frequency::of(&vocabulary, &[&side.rows]);
        let weight = |name| frequency.rarity(MatchField::Last, vocabulary.names.texts.find(name).unwrap());
        assert!(weight("kowalczyk") > weight("smith") + 7.0);
    }

    #[test]
    fn somebody_who_is_entered_a_thousand_times_is_counted_once() {
        let person =
            |born: &'static str| [(Column::FirstName, "Ann"), (Column::LastName, "Smith"), (Column::BirthDate, born)];
        let weight = |times: usize, born: &'static str| {
            let mut rows = vec![person(born); times];
            rows.push([(Column::FirstName, "Bob"), (Column::LastName, "Jones"), (Column::BirthDate, "1970-05-06")]);
            let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
            let frequency = Frequency::of(&vocabulary, &[&side.rows]);
            frequency.rarity(MatchField::Last, vocabulary.names.texts.find("smith").unwrap())
        };
        for born in ["1985-02-24", ""] {
            assert_eq!(weight(1, born), weight(1000, born));
        }
    }

    #[test]
    fn families_make_the_surname_follow_from_the_address() {
        let names = ["Ann", "Bob", "Cid", "Dan"];
        let homes: Vec<(String, String)> =
            (0..100).map(|at| (format!("{at} Mill Lane"), format!("Family{}", (b'a' + at % 26) as char))).collect();
        let rows: Vec<_> = (0..400)
            .map(|at| {
                let (address, last) = &homes[at / 4];
                [
                    (Column::FirstName, names[at % 4]),
                    (Column::LastName, last.as_str()),
                    (Column::Address, address.as_str()),
                ]
            })
            .collect();
        let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
        let frequency = Frequency::of(&vocabulary, &[&side.rows]);
        let (_, _, bits) = frequency
            .shared
            .iter()
            .find(|(given, implied, _)| *given == MatchField::Address && *implied == MatchField::Last)
            .unwrap();
        assert!(*bits < 0.2, "{bits}");
    }
}
