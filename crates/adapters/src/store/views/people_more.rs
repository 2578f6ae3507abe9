//! What else of everybody is in memory, once a filter or an order asks for it: names and ids as columns of their own, e-mails
//! and days. It is read in the order of the rows in the file, so that a million records are read from front to back; of a
//! million people it takes 150 to 200 MB (reckoned), half of it the e-mails that are searched.

use super::people::{PeopleSort, PersonKey};
use super::people_bits::Bits;
use super::people_columns::PeopleColumn;
use crate::domain::filter::Test;
use crate::store::Sqlite;
use crate::store::columns::fold;
use crate::store::error::StoreError;
use crate::store::text_index::TextIndex;
use jiff::civil::Date;
use rusqlite::params;
use std::sync::OnceLock;

/// Texts behind each other, by row.
#[derive(Default)]
struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    fn at(&self, row: u32) -> &str {
        let row = row as usize;
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(begin);
        self.bytes.get(begin..end).unwrap_or_default()
    }
}

/// Everybody of one pull.
#[derive(Default)]
pub(super) struct More {
    who: Texts,
    identifiers: Texts,
    ids: Texts,
    emails: Texts,
    email_index: TextIndex,
    starts: Vec<Option<Date>>,
    ends: Vec<Option<Date>>,
    /// The row of a place, and the place of a row.
    row_of: Vec<u32>,
    place_of: Vec<u32>,
    /// For each order that was asked for, where the value of a place stands among all values.
    ranks: [OnceLock<Vec<u32>>; 4],
}

/// By row number, not by the index of the list: the records are read as they lie in the file.
const READ: &str = "SELECT id, name, identifier, employee, coalesce(json_extract(record, '$.email'), ''),
        json_extract(record, '$.start_date'), json_extract(record, '$.end_date')
 FROM employee NOT INDEXED WHERE id BETWEEN ?2 AND ?3 AND snapshot = ?1 AND in_scope = 1 ORDER BY id";

/// The orders that this knows.
fn number(sort: PeopleSort) -> Option<usize> {
    match sort {
        PeopleSort::Identifier => Some(0),
        PeopleSort::Id => Some(1),
        PeopleSort::Email => Some(2),
        PeopleSort::Start => Some(3),
        _ => None,
    }
}

impl More {
    /// Reads everybody; `None` where the texts are more than can be kept.
    pub(super) fn read(
        c: &Sqlite,
        snapshot: i64,
        keys: &[PersonKey],
        place_of: impl Fn(PersonKey) -> Option<u32>,
    ) -> Result<Option<Self>, StoreError> {
        let mut more = Self { row_of: vec![u32::MAX; keys.len()], ..Self::default() };
        let (first, last) = (keys.iter().min().copied(), keys.iter().max().copied());
        let (Some(first), Some(last)) = (first, last) else { return Ok(Some(more)) };
        let mut query = c.prepare_cached(READ)?;
        let mut rows = query.query(params![snapshot, first.number(), last.number()])?;
        while let Some(row) = rows.next()? {
            let Some(place) = place_of(PersonKey::employee(row.get(0)?)) else { continue };
            let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            more.who.push(text(1)?);
            more.identifiers.push(text(2)?);
            more.ids.push(text(3)?);
            let email = text(4)?;
            more.emails.push(email);
            if !more.email_index.push(&fold(email)) {
                return Ok(None);
            }
            let day = |at: usize| -> Result<Option<Date>, rusqlite::Error> {
                Ok(row.get::<_, Option<String>>(at)?.and_then(|day| day.parse().ok()))
            };
            more.starts.push(day(5)?);
            more.ends.push(day(6)?);
            if let Some(cell) = more.row_of.get_mut(place as usize) {
                *cell = u32::try_from(more.place_of.len()).unwrap_or(u32::MAX);
            }
            more.place_of.push(place);
        }
        Ok(Some(more))
    }

    fn row(&self, place: u32) -> u32 {
        self.row_of.get(place as usize).copied().unwrap_or(u32::MAX)
    }

    fn texts(&self, column: PeopleColumn) -> &Texts {
        match column {
            PeopleColumn::Identifier => &self.identifiers,
            PeopleColumn::Id => &self.ids,
            PeopleColumn::Email => &self.emails,
            _ => &self.who,
        }
    }

    pub(super) fn start(&self, place: u32) -> Option<Date> {
        self.starts.get(self.row(place) as usize).copied().flatten()
    }

    fn end(&self, place: u32) -> Option<Date> {
        self.ends.get(self.row(place) as usize).copied().flatten()
    }

    /// Whose value passes any of the tests. `names` are the folded names and ids of the list, which lead to the few that are
    /// looked at one by one.
    pub(super) fn found(&self, column: PeopleColumn, tests: &[Test], names: &TextIndex) -> Bits {
        let places = self.row_of.len();
        let mut found = Bits::none(places);
        for test in tests {
            if matches!(column, PeopleColumn::Start | PeopleColumn::Left) {
                let day = |place: u32| if column == PeopleColumn::Left { self.end(place) } else { self.start(place) };
                let fits = |place: &u32| test.fits_day(day(*place));
                found.extend((0..places).filter_map(|place| u32::try_from(place).ok()).filter(fits));
                continue;
            }
            let wanted = match test {
                Test::Part(text) => text.clone(),
                Test::Whole(text) => TextIndex::folded(text),
                _ => continue,
            };
            let texts = self.texts(column);
            let fits = |place: &u32| test.fits(texts.at(self.row(*place)));
            if column == PeopleColumn::Email {
                let rows = self.email_index.places(&wanted);
                let these = rows.iter().filter_map(|row| self.place_of.get(row as usize).copied());
                if matches!(test, Test::Part(_)) { found.extend(these) } else { found.extend(these.filter(fits)) }
            } else {
                found.extend(names.places(&wanted).iter().filter(fits));
            }
        }
        found
    }

    /// Whether the values of an order are ranked.
    pub(super) fn has_ranks(&self, sort: PeopleSort) -> bool {
        number(sort).and_then(|at| self.ranks.get(at)).is_none_or(|ranks| ranks.get().is_some())
    }

    /// Where the value of each place stands among all values; nothing comes first.
    pub(super) fn ranks(&self, sort: PeopleSort) -> Option<&[u32]> {
        let ranks = self.ranks.get(number(sort)?)?;
        Some(ranks.get_or_init(|| match sort {
            PeopleSort::Start => self.ranked(|place| self.start(place)),
            PeopleSort::Identifier => self.ranked(|place| self.identifiers.at(self.row(place))),
            PeopleSort::Id => self.ranked(|place| self.ids.at(self.row(place))),
            _ => self.ranked(|place| self.emails.at(self.row(place))),
        }))
    }

    fn ranked<T: Ord>(&self, value: impl Fn(u32) -> T) -> Vec<u32> {
        let count = u32::try_from(self.row_of.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_cached_key(|place| value(*place));
        let mut ranks = vec![0; self.row_of.len()];
        let (mut rank, mut before) = (0, None);
        for place in order {
            let this = value(place);
            if before.is_some_and(|before| before != this) {
                rank += 1;
            }
            before = Some(this);
            if let Some(cell) = ranks.get_mut(place as usize) {
                *cell = rank;
            }
        }
        ranks
    }
}
