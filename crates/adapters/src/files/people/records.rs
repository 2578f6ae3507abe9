//! People files as records, one after the other: for whoever wants persons and not matching's columns. The bytes are gone through
//! twice, once for what a whole column tells (how dates are written, which ids stand twice), once for the people; they never stand
//! in memory all at a time, but for those who share an id.

use super::choices::{Choices, Side};
use super::fold::{self, Facts};
use super::heads::Meaning;
use super::opened::Opened;
use super::order::{self, DateColumnLook, Votes};
use super::reading::{Note, Reading, Rows};
use super::rows::{PersonCells, Sink};
use super::status;
use super::{PeopleError, PeopleFault};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{EmploymentStatus, Person};
use crate::matching::date_text::{self, DateError, DateOrder, DateText, DateTexts};
use crate::matching::dates::{Packed, pack, unpack};
use foldhash::fast::FixedState;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

/// One person of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The row as a spreadsheet shows it.
    pub row: u64,
    /// The key of the list: never trimmed to a number, `007` stays `007`.
    pub id: String,
    /// Whether the list gives no key; `id` then only names the row.
    pub is_keyless: bool,
    pub identifier: Option<Identifier>,
    pub person: Person,
    pub manager_id: Option<EmployeeId>,
    /// As the words of the list have it; an end date that is past is left to whoever plans.
    pub status: EmploymentStatus,
    /// Days that no calendar has; they stand as blank.
    pub unread: Vec<Field>,
    /// Of the columns that are handed on as they are, in the order of [`Choices::kept`].
    pub kept: Vec<String>,
}

const DATES: [(Meaning, bool); 4] = [
    (Meaning::Field(Field::DateOfBirth), true),
    (Meaning::Field(Field::StartDate), false),
    (Meaning::Field(Field::EndDate), false),
    (Meaning::ValidFrom, false),
];

fn date_cell<'p>(person: &'p PersonCells<'_>, meaning: Meaning) -> &'p str {
    match meaning {
        Meaning::Field(field) => person.get(field),
        _ => person.valid_from.trim(),
    }
}

fn hash(id: &str) -> u64 {
    FixedState::with_seed(7).hash_one(id)
}

/// What a whole column tells.
#[derive(Default)]
struct Look {
    dates: [BTreeMap<String, u64>; 4],
    ids: HashSet<u64>,
    twice: HashSet<u64>,
}

impl Sink for Look {
    fn take(&mut self, person: &PersonCells<'_>) -> Result<(), PeopleFault> {
        for (values, (meaning, _)) in self.dates.iter_mut().zip(DATES) {
            let value = date_cell(person, meaning);
            if !value.is_empty() && !values.contains_key(value) {
                values.insert(value.to_owned(), person.place.row);
            }
        }
        let key = hash(&person.key);
        if !self.ids.insert(key) {
            self.twice.insert(key);
        }
        Ok(())
    }
}

/// How the dates of a column are read; `None` where it holds none.
type Orders = [Option<DateOrder>; 4];

impl Look {
    fn orders(&self, opened: &Opened, today: Option<Packed>, notes: &mut Vec<Note>) -> Result<Orders, PeopleFault> {
        let head = |meaning: Meaning| opened.head(meaning).unwrap_or_else(|| meaning.words()).to_owned();
        let texts = |at: usize, past: bool| {
            let values = self.dates.get(at).into_iter().flat_map(|values| values.keys().map(String::as_str));
            DateTexts::of(values, today, past)
        };
        let looks: Vec<DateColumnLook> = DATES
            .into_iter()
            .enumerate()
            .map(|(at, (meaning, past))| DateColumnLook { meaning, head: head(meaning), texts: texts(at, past) })
            .collect();
        let mut orders = [Some(DateOrder::YearFirst); 4];
        let decided = order::decide(&looks, |meaning| opened.choices().order(meaning), |_| Votes::default());
        for ((look, decided), (at, order)) in looks.iter().zip(decided).zip(orders.iter_mut().enumerate()) {
            let (filled, without_year) = look.texts.without_year();
            if filled > 0 && (look.texts.like_dates() * 2 < filled || without_year * 2 > filled) {
                notes.push(Note::DatesUnusable { head: look.head.clone(), no_year: without_year * 2 > filled });
                *order = None;
                continue;
            }
            let value =
                |error: &DateError| self.dates.get(at).and_then(|values| values.values().nth(error.index())).copied();
            match decided {
                Ok((told, why)) => {
                    notes.extend(why.map(|why| Note::DateOrder { field: look.meaning.words(), order: told, why }));
                    *order = Some(told);
                }
                Err(error) => {
                    return Err(PeopleFault::Date {
                        row: value(&error).unwrap_or(0),
                        column: look.head.clone(),
                        message: "day and month cannot be told apart in this column: use YYYY-MM-DD, or say which comes first",
                    });
                }
            }
        }
        Ok(orders)
    }
}

/// Hands the people out.
struct Hand<'a> {
    orders: Orders,
    today: Option<Packed>,
    twice: HashSet<u64>,
    waiting: BTreeMap<String, Vec<(PersonRecord, Packed)>>,
    unread: [Rows; 4],
    each: &'a mut dyn FnMut(PersonRecord),
}

impl Sink for Hand<'_> {
    fn take(&mut self, person: &PersonCells<'_>) -> Result<(), PeopleFault> {
        let (mut days, mut unread) = ([0; 4], Vec::new());
        for (at, ((meaning, past), day)) in DATES.into_iter().zip(days.iter_mut()).enumerate() {
            let order = self.orders.get(at).copied().flatten();
            let text = date_cell(person, meaning);
            match order.map(|order| read_day(text, order, self.today, past)) {
                Some(Some(read)) => *day = read,
                Some(None) => {
                    unread.extend(if let Meaning::Field(field) = meaning { Some(field) } else { None });
                    if let Some(rows) = self.unread.get_mut(at) {
                        rows.add(person.place);
                    }
                }
                None => {}
            }
        }
        let [birth, start, end, valid_from] = days;
        let record = PersonRecord { unread, ..record(person, [birth, start, end]) };
        if self.twice.contains(&hash(&person.key)) {
            self.waiting.entry(record.id.clone()).or_default().push((record, valid_from));
        } else {
            (self.each)(record);
        }
        Ok(())
    }
}

/// A day, 0 where the cell is blank; `None` where it is no day.
fn read_day(text: &str, order: DateOrder, today: Option<Packed>, past: bool) -> Option<Packed> {
    let latest = today.map_or(2100, |today| unpack(today).0) + if past { 0 } else { 10 };
    match date_text::read(text, latest) {
        DateText::Blank => Some(0),
        DateText::Fixed(date) => Some(date),
        DateText::Open(first, second, year) if order == DateOrder::MonthFirst => pack(year, first, second),
        DateText::Open(first, second, year) => pack(year, second, first),
        DateText::NoYear | DateText::Impossible | DateText::Unreadable => None,
    }
}

fn date_of(day: Packed) -> Option<Date> {
    let (year, month, of_month) = unpack(day);
    let small = |part: u32| i8::try_from(part).ok();
    (day != 0).then(|| Date::new(i16::try_from(year).ok()?, small(month)?, small(of_month)?).ok()).flatten()
}

fn record(person: &PersonCells<'_>, days: [Packed; 3]) -> PersonRecord {
    let text = |field: Field| Some(person.get(field)).filter(|text| !text.is_empty()).map(str::to_owned);
    let [date_of_birth, start_date, end_date] = days.map(date_of);
    let word = person.get(Field::Status);
    PersonRecord {
        row: person.place.row,
        id: person.key.clone().into_owned(),
        is_keyless: person.is_keyless,
        identifier: text(Field::Identifier).map(Identifier::new),
        person: Person {
            first_name: text(Field::FirstName),
            last_name: text(Field::LastName),
            known_as: text(Field::KnownAs),
            email: text(Field::Email),
            date_of_birth,
            job_title: text(Field::JobTitle),
            branch: text(Field::Branch),
            department: text(Field::Department),
            start_date,
            end_date,
            phone: text(Field::Phone),
            address: text(Field::Address),
            postcode: text(Field::Postcode),
            ..Person::default()
        },
        manager_id: text(Field::Manager).map(EmployeeId::new),
        status: status::employment(person.life, if word.is_empty() { "(none)" } else { word }),
        unread: Vec::new(),
        kept: person.kept.iter().map(|value| value.trim().to_owned()).collect(),
    }
}

impl Hand<'_> {
    /// Makes one person of the rows of one id that are one, and hands them out.
    fn fold(&mut self, reading: &mut Reading) {
        let today = self.today.unwrap_or(0);
        let (mut folded, mut people, mut differing, mut newest) = (0, 0, 0, false);
        let (mut ids, mut shared) = (0, 0);
        for (_, rows) in std::mem::take(&mut self.waiting) {
            let facts: Vec<Facts> = rows.iter().map(|(record, valid_from)| facts_of(record, *valid_from)).collect();
            let persons = fold::people(&facts);
            if persons.len() > 1 {
                (ids, shared) = (ids + 1, shared + persons.len() as u64);
            }
            for person in &persons {
                let of: Vec<&Facts> = person.iter().filter_map(|at| facts.get(*at)).collect();
                let stands = fold::standing(&of, today);
                let mut own: Vec<PersonRecord> =
                    person.iter().filter_map(|at| rows.get(*at)).map(|(one, _)| one.clone()).collect();
                if own.len() > 1 {
                    (folded, people) = (folded + own.len() as u64, people + 1);
                    newest |= stands > 0;
                    differing +=
                        u64::from(own.iter().any(|one| own.first().is_some_and(|first| one.person != first.person)));
                }
                if stands < own.len() {
                    let mut record = own.remove(stands);
                    own.iter().for_each(|other| fill(&mut record, other));
                    (self.each)(record);
                }
            }
        }
        reading.tally.people -= folded - people;
        reading.tally.folded += folded - people;
        reading.notes.extend((ids > 0).then_some(Note::SharedId { ids, rows: shared }));
        reading.notes.extend((people > 0).then_some(Note::Folded { rows: folded, people, differing, newest }));
        for ((meaning, _), rows) in DATES.into_iter().zip(std::mem::take(&mut self.unread)) {
            reading.notes.extend((rows.count > 0).then_some(Note::DatesUnread { field: meaning.words(), rows }));
        }
    }
}

fn facts_of(record: &PersonRecord, valid_from: Packed) -> Facts {
    let person = &record.person;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |date: Option<Date>| date.and_then(date_text::packed).unwrap_or(0);
    let names = [text(&person.first_name), text(&person.last_name), text(&person.email)];
    let days = [day(person.date_of_birth), valid_from, day(person.start_date)];
    Facts::new(names.each_ref().map(String::as_str), days, record.status != EmploymentStatus::Ended)
}

/// What is blank in one row of a person, out of another.
fn fill(record: &mut PersonRecord, other: &PersonRecord) {
    for field in Field::STANDARD {
        if record.person.value(field).is_none()
            && let Some(value) = other.person.value(field)
        {
            // A value out of a person fits into one.
            let _ = record.person.set(field, Some(&value));
        }
    }
    record.identifier = record.identifier.take().or_else(|| other.identifier.clone());
    record.manager_id = record.manager_id.take().or_else(|| other.manager_id.clone());
    for (own, other) in record.kept.iter_mut().zip(&other.kept) {
        if own.is_empty() {
            other.clone_into(own);
        }
    }
}

/// What becomes of rows that share an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfOneId {
    /// Those of one person are one.
    Folded,
    /// Each is handed out where it stands.
    Apart,
}

/// Hands out the people of a file, one after the other; those who share an id at the end. `today` tells which rows of a history hold.
///
/// # Errors
/// [`PeopleError`]; then nobody was handed out who could be wrong, but some may have been.
pub fn each_record(
    opened: Opened,
    today: Option<Date>,
    each: &mut dyn FnMut(PersonRecord),
) -> Result<Reading, PeopleError> {
    hand_out(opened, today, OfOneId::Folded, each)
}

/// Hands out every row, in its order: two accounts stay two, however alike they are.
///
/// # Errors
/// As [`each_record`].
pub fn each_row(
    opened: Opened,
    today: Option<Date>,
    each: &mut dyn FnMut(PersonRecord),
) -> Result<Reading, PeopleError> {
    hand_out(opened, today, OfOneId::Apart, each)
}

fn hand_out(
    mut opened: Opened,
    today: Option<Date>,
    of_one_id: OfOneId,
    each: &mut dyn FnMut(PersonRecord),
) -> Result<Reading, PeopleError> {
    let today = today.and_then(date_text::packed);
    let mut look = Look::default();
    opened.scan(&mut look)?;
    let mut notes = Vec::new();
    let orders = look.orders(&opened, today, &mut notes).map_err(|fault| fault.in_file(opened.file()))?;
    let twice = if of_one_id == OfOneId::Folded { look.twice } else { HashSet::new() };
    let (waiting, unread) = (BTreeMap::new(), Default::default());
    let mut hand = Hand { orders, today, twice, waiting, unread, each };
    let mut reading = opened.scan(&mut hand)?;
    reading.notes.extend(notes);
    hand.fold(&mut reading);
    Ok(reading)
}

/// All people of a list that is known to be short.
///
/// # Errors
/// [`PeopleError`].
pub fn parse(bytes: &[u8]) -> Result<(Vec<PersonRecord>, Reading), PeopleError> {
    let opened = Opened::of_bytes("people", bytes.to_vec(), Side::Source, &Choices::default())?;
    let mut people = Vec::new();
    let reading = each_record(opened, None, &mut |person| people.push(person))?;
    Ok((people, reading))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn people_are_read_whatever_the_order() {
        let (people, reading) = parse(
            "Surname;Forename;Employee ID;DOB;Status;Team;Shoe size;Hire date\n\
             Halloran ;Ines;007;21/08/1996;;Kitchen;38;2024-03-11\n\
             Osei;;8;01/02/1990;INACTIVE;;;\n\
             Weiß;Jo;9;;Sabbatical;;;\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(reading.unread.iter().map(|column| column.head.as_str()).collect::<Vec<_>>(), ["Shoe size"]);
        let first = people.first().unwrap();
        assert_eq!((first.row, first.id.as_str()), (2, "007"));
        assert_eq!(first.person.last_name.as_deref(), Some("Halloran"));
        assert_eq!(first.person.date_of_birth, Some(date(1996, 8, 21)));
        assert_eq!(first.person.start_date, Some(date(2024, 3, 11)));
        let states: Vec<&EmploymentStatus> = people.iter().map(|row| &row.status).collect();
        let sabbatical = EmploymentStatus::Unclear("Sabbatical".to_owned());
        assert_eq!(states, [&EmploymentStatus::Active, &EmploymentStatus::Ended, &sabbatical]);
        assert_eq!(people.get(1).unwrap().person.first_name, None);
    }

    #[test]
    fn doubt_names_row_and_column_but_not_the_value() {
        let error = parse(b"id,name,Birth date\n1,A B,03/04/1990\n2,C D,05/06/1991\n").unwrap_err();
        assert!(error.to_string().starts_with("people: row 2, column Birth date: day and month"), "{error}");
        assert!(!error.to_string().contains("1990"));
    }

    #[test]
    fn rows_of_one_person_are_one_record() {
        let (people, reading) = parse(
            b"id,first_name,last_name,job_title,email,valid_from\n\
              1,Ann,Smith,Chef,,2024-01-01\n2,Bo,Li,Cook,,2024-01-01\n1,Ann,Smith,Cook,a@x.example,2023-01-01\n2,Cy,Ito,Cook,,\n",
        )
        .unwrap();
        let mut read: Vec<_> = people.iter().map(|one| (one.id.as_str(), one.person.display_name())).collect();
        read.sort();
        assert_eq!(read, [("1", "Ann Smith".into()), ("2", "Bo Li".into()), ("2", "Cy Ito".into())]);
        let ann = people.iter().find(|one| one.id == "1").unwrap();
        assert_eq!((ann.person.job_title.as_deref(), ann.person.email.as_deref()), (Some("Chef"), Some("a@x.example")));
        assert!(reading.tally.is_whole(), "{:?}", reading.tally);
    }

    #[test]
    fn rows_that_are_accounts_stay_apart() {
        let text = b"id,first_name,last_name\n1,Ann,Smith\n2,Bo,Li\n1,Ann,Smith\n".to_vec();
        let opened = Opened::of_bytes("users", text, Side::Destination, &Choices::default()).unwrap();
        let mut rows = Vec::new();
        let reading = each_row(opened, None, &mut |one| rows.push((one.row, one.id))).unwrap();
        assert_eq!(rows, [(2, "1".to_owned()), (3, "2".to_owned()), (4, "1".to_owned())]);
        assert!(reading.tally.is_whole(), "{:?}", reading.tally);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok((people, reading)) = parse(&[b"id,name,dob,status\n".as_slice(), &bytes].concat()) {
                prop_assert!(reading.tally.is_whole(), "{:?}", reading.tally);
                prop_assert_eq!(people.len() as u64, reading.tally.people);
            }
        }
    }
}
