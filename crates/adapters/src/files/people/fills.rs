//! How many of a list have each field, and what its first people look like under the fields they were read as: for whoever looks
//! at a reading before anything is done with it.

use super::choices::{Choices, Side};
use super::layout::Unread;
use super::opened::Opened;
use super::rows::{FIELDS, PersonCells, Sink, slot};
use super::status::StatusMeaning;
use super::{PeopleError, PeopleFault};
use crate::domain::field::Field;
use crate::domain::text;
use std::collections::BTreeSet;
use std::path::Path;

/// People who are shown.
const SHOWN: usize = 12;
/// Values of a column that is not read that are told apart.
const VALUES: usize = 12;

/// Fields with few values, of which it is told how many both lists have.
const FEW: [Field; 3] = [Field::JobTitle, Field::Branch, Field::Department];
/// Most different values of them that are told apart.
const FEW_MAX: usize = 1_000;

/// One of the first people of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRow {
    /// The row as a spreadsheet shows it.
    pub row: u64,
    /// Blank where the list gives no key.
    pub key: String,
    values: [String; FIELDS],
    pub valid_from: String,
    pub life: StatusMeaning,
}

impl FirstRow {
    /// The value of a standard field, as it is written.
    pub fn get(&self, field: Field) -> &str {
        self.values.get(slot(field)).map_or("", |value| value.trim())
    }
}

/// What is in a column that is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherColumn {
    pub head: String,
    pub filled: u64,
    /// Some of its values, each once.
    pub values: Vec<String>,
    /// There are more than these.
    pub has_more: bool,
}

/// What a list holds, counted over all its rows of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fills {
    pub rows: u64,
    pub keys: u64,
    pub valid_from: u64,
    filled: [u64; FIELDS],
    /// The different values of [`FEW`], folded; one more than are told apart where there are more.
    few: [BTreeSet<String>; FEW.len()],
    pub first: Vec<FirstRow>,
    /// Columns that are not read; none of those that are nobody's business.
    pub others: Vec<OtherColumn>,
}

impl Fills {
    /// Looks through a file.
    ///
    /// # Errors
    /// As [`Opened::open`] and [`Opened::scan`].
    pub fn of(path: &Path, side: Side, choices: &Choices) -> Result<Fills, PeopleError> {
        let opened = Opened::open(path, side, choices)?;
        let mut heads: Vec<String> = Vec::new();
        for column in opened.unread().filter(|column| column.why != Unread::Private && !column.head.is_empty()) {
            if !heads.contains(&column.head) {
                heads.push(column.head.clone());
            }
        }
        drop(opened);
        let others = heads.iter().map(|head| OtherColumn { head: head.clone(), ..OtherColumn::default() });
        let mut fills = Fills { others: others.collect(), ..Fills::default() };
        let choices = Choices { kept: heads, ..choices.clone() };
        Opened::open(path, side, &choices)?.scan(&mut fills)?;
        Ok(fills)
    }

    /// How many rows have a standard field.
    pub fn filled(&self, field: Field) -> u64 {
        self.filled.get(slot(field)).copied().unwrap_or(0)
    }

    /// The different values of a field that has few, folded; `None` of other fields, and where there are too many.
    pub fn values(&self, field: Field) -> Option<&BTreeSet<String>> {
        let at = FEW.iter().position(|one| *one == field)?;
        self.few.get(at).filter(|values| values.len() <= FEW_MAX)
    }

    /// What is in a column that is not read.
    pub fn other(&self, head: &str) -> Option<&OtherColumn> {
        self.others.iter().find(|column| column.head == head)
    }
}

impl Sink for Fills {
    fn take(&mut self, person: &PersonCells<'_>) -> Result<(), PeopleFault> {
        self.rows += 1;
        self.keys += u64::from(!person.is_keyless);
        self.valid_from += u64::from(!person.valid_from.trim().is_empty());
        for (count, value) in self.filled.iter_mut().zip(&person.values) {
            *count += u64::from(!value.trim().is_empty());
        }
        for (field, values) in FEW.into_iter().zip(&mut self.few) {
            let value = person.get(field);
            if !value.is_empty() && values.len() <= FEW_MAX {
                values.insert(text::fold(value));
            }
        }
        for (column, value) in self.others.iter_mut().zip(&person.kept) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            column.filled += 1;
            if column.has_more || column.values.iter().any(|known| known == value) {
                continue;
            }
            if column.values.len() < VALUES {
                column.values.push(value.to_owned());
            } else {
                column.has_more = true;
            }
        }
        if self.first.len() < SHOWN {
            let key = if person.is_keyless { String::new() } else { person.key.clone().into_owned() };
            self.first.push(FirstRow {
                row: person.place.row,
                key,
                values: person.values.clone().map(std::borrow::Cow::into_owned),
                valid_from: person.valid_from.clone().into_owned(),
                life: person.life,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_business_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        std::fs::write(&path, "id,first_name,last_name,IBAN,Shoe\n1,Ann,Ito,DE02,38\n2,Bo,,DE03,38\n,Cy,Li,,39\n")
            .unwrap();
        let fills = Fills::of(&path, Side::Source, &Choices::default()).unwrap();
        assert_eq!((fills.rows, fills.keys, fills.filled(Field::LastName)), (3, 2, 2));
        let heads: Vec<&str> = fills.others.iter().map(|column| column.head.as_str()).collect();
        assert_eq!(heads, ["Shoe"]);
        let shoe = fills.other("Shoe").unwrap();
        assert_eq!((shoe.filled, shoe.values.as_slice()), (3, ["38".to_owned(), "39".to_owned()].as_slice()));
        assert_eq!((fills.first[0].row, fills.first[0].get(Field::FirstName)), (2, "Ann"));
    }
}
