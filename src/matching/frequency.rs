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

/// Rarity of values and the caps of fields that imply each other.
pub struct Frequency {
    /// −log2 of the frequency, by field and value number.
    rarity: Vec<Vec<f32>>,
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

fn counts(rows: &[Row], field: MatchField, size: usize) -> (Vec<u32>, u32) {
    let mut counts = vec![0u32; size];
    let mut people = 0;
    for row in rows {
        let value = row.get(field) as usize;
        if value != 0 {
            counts[value] += 1;
            people += 1;
        }
        if field == MatchField::First && row.0[KNOWN] != 0 && row.0[KNOWN] != row.0[0] {
            counts[row.0[KNOWN] as usize] += 1;
        }
    }
    (counts, people)
}

impl Frequency {
    /// Counts the values of both sides (or of one). A value is as common as on the side where it is commoner.
    pub fn of(vocabulary: &Vocabulary, sides: &[&[Row]]) -> Self {
        let rarity = MatchField::ALL
            .par_iter()
            .map(|&field| {
                let size = size_of(vocabulary, field);
                let (base, weight) = SHRINKAGE[field.at()];
                let mut rarity = vec![f32::INFINITY; size];
                for rows in sides {
                    let (counts, people) = counts(rows, field, size);
                    let total = f64::from(people) + weight;
                    let unseen = -(weight * base / total).log2() as f32;
                    for (slot, count) in rarity.iter_mut().zip(counts) {
                        if count == 0 {
                            *slot = slot.min(unseen);
                            continue;
                        }
                        let count = f64::from(count - u32::from(is_own(field)));
                        let bits = -((count + weight * base) / total).log2();
                        *slot = slot.min(bits as f32);
                    }
                }
                rarity
            })
            .collect();
        let shared = IMPLIED.par_iter().filter_map(|&(given, implied)| implication(given, implied, sides)).collect();
        let mut frequency = Frequency { rarity, shared, namesake: 0.0 };
        frequency.namesake = frequency.namesakes(sides);
        frequency
    }

    /// Families, compatriots and fashions make whole names meet more often than chance would have it. Counted among
    /// people whose name chance alone would hardly give twice; people are told apart by their birth date.
    fn namesakes(&self, sides: &[&[Row]]) -> f64 {
        let (mut people, mut met) = (NAMESAKE_PEOPLE, NAMESAKE_PEOPLE * NAMESAKE_SHARE);
        let mut largest = 1;
        for rows in sides {
            largest = largest.max(rows.len());
            let mut named: Vec<(u32, u32, u32)> = rows
                .iter()
                .filter(|row| row.0[0] != 0 && row.0[1] != 0 && row.get(MatchField::Birth) != 0)
                .map(|row| (row.0[1], row.0[0], row.get(MatchField::Birth)))
                .collect();
            named.sort_unstable();
            for group in named.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
                let rarity = self.rarity(MatchField::First, group[0].1) + self.rarity(MatchField::Last, group[0].0);
                let by_chance = named.len() as f64 * (-rarity).exp2();
                if by_chance < NAMESAKE_BY_CHANCE {
                    let other = group.iter().filter(|one| group.iter().any(|two| two.2 != one.2)).count() as f64;
                    people += group.len() as f64;
                    met += (other - by_chance * group.len() as f64).max(0.0);
                }
            }
        }
        met / people / largest as f64
    }

    /// What equal first and last names lose because namesakes are commoner than chance, in bits (0 or less).
    pub fn namesake_cut(&self, first: u32, last: u32) -> f64 {
        let rarity = self.rarity(MatchField::First, first) + self.rarity(MatchField::Last, last);
        -(1.0 + self.namesake * rarity.exp2()).log2()
    }

    /// −log2 of how common a value is.
    pub fn rarity(&self, field: MatchField, value: u32) -> f64 {
        self.rarity[field.at()].get(value as usize).map_or(0.0, |bits| f64::from(*bits))
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
        let rows: Vec<_> = (0..300)
            .map(|at| {
                let last = if at == 0 { "Kowalczyk" } else { "Smith" };
                [(Column::LastName, last), (Column::FirstName, "Ann"), (Column::Branch, "York")]
            })
            .collect();
        let (vocabulary, side, _) = Vocabulary::read(&table(&rows), None);
        let frequency = Frequency::of(&vocabulary, &[&side.rows]);
        let weight = |name| frequency.rarity(MatchField::Last, vocabulary.names.texts.find(name).unwrap());
        assert!(weight("kowalczyk") > weight("smith") + 7.0);
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
