//! Decoding that blames one record instead of its page.
//!
//! A page is decoded with its rows still raw (`Vec<RawRow>`), each row by itself. A value of the wrong type, a lone
//! surrogate, a number out of range or a byte that is no UTF-8 then costs its member, never the other people of the page.

use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::mpsc;

/// One row of a page, not decoded yet.
pub type RawRow = Box<RawValue>;

/// Past this share of a pull (and from [`LEAST`] records on) it is the answer that is broken, not single records: the
/// shares of the source guard.
const SHARE_PERCENT: u64 = 10;
const LEAST: u64 = 5;
/// Members that a refused pull names, and faults that the words of one person name.
const NAMED: usize = 3;

/// A member of a record that cannot be read. Displays as `` `firstName` holds a number ``; the value is never told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The vendor's own name of the member; `None` where the row as a whole is at fault.
    pub member: Option<String>,
    /// `holds a number`.
    pub what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(out, "`{member}` {}", self.what),
            None => write!(out, "the record {}", self.what),
        }
    }
}

/// What came of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// The record, members at fault left out; `None` where nothing of it can be read.
    pub record: Option<T>,
    /// Empty where all of it was read.
    pub faults: Vec<Fault>,
}

/// Reads one row. Members that `T` does not know are never at fault.
///
/// Members of `T` that can do without a value should say so (`Option`, `serde(default)`): without one that it needs there
/// is no record.
pub fn read<T: DeserializeOwned>(row: &RawValue) -> Row<T> {
    // Serde would take a list for the members of a record, by their places.
    let is_object = row.get().trim_start().starts_with('{');
    if is_object && let Ok(record) = serde_json::from_str(row.get()) {
        return Row { record: Some(record), faults: Vec::new() };
    }
    let Ok(Members(members)) = serde_json::from_str::<Members>(row.get()) else {
        return Row { record: None, faults: vec![Fault { member: None, what: kind(row.get()) }] };
    };
    let (mut sound, mut faults): (Vec<(String, RawRow)>, Vec<Fault>) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match sound.iter().position(|(known, _)| *known == name) {
            Some(at) if sound.get(at).is_some_and(|(_, known)| known.get() == value.get()) => {}
            Some(at) => {
                sound.remove(at);
                faults.push(Fault { member: Some(name), what: "is given twice" });
            }
            None if faults.iter().any(|fault| fault.member.as_ref() == Some(&name)) => {}
            None if fits::<T>(&name, &value) => sound.push((name, value)),
            None => faults.push(Fault { member: Some(name), what: kind(value.get()) }),
        }
    }
    let record = serde_json::from_str(&object(&sound)).ok();
    if record.is_none() && faults.is_empty() {
        faults.push(Fault { member: None, what: "lacks a member that it cannot do without" });
    }
    Row { record, faults }
}

/// The members of a record, not decoded yet, in their order; none where it is no record.
pub fn members(row: &RawValue) -> Vec<(String, RawRow)> {
    serde_json::from_str::<Members>(row.get()).map(|members| members.0).unwrap_or_default()
}

/// The first member of a document that does not fit `T`, where one is to blame.
pub fn blame<T: DeserializeOwned>(document: &str) -> Option<Fault> {
    let raw: &RawValue = serde_json::from_str(document).ok()?;
    read::<T>(raw).faults.into_iter().next()
}

/// What the faults of one record say of it, in words; `None` where there are none.
pub fn unreadable(faults: &[Fault]) -> Option<Unreadable> {
    let first = faults.first()?;
    let mut words: Vec<String> = Vec::new();
    for fault in faults.iter().map(ToString::to_string) {
        if !words.contains(&fault) {
            words.push(fault);
        }
    }
    let more = words.len().saturating_sub(NAMED);
    words.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(Unreadable { member: first.member.clone().unwrap_or_default(), what: format!("{}{more}", words.join(", ")) })
}

/// Somebody whose id cannot be read, known by the place of the record (`employees, row 37`): held, and nobody else's.
pub fn nameless(place: &str, faults: &[Fault]) -> Employee {
    Employee {
        id: EmployeeId::new(place),
        identifier: Identifier::new(place),
        person: Person::default(),
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: unreadable(faults),
    }
}

/// A moment of the vendor's; without a zone it is read as UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{}Z", text.trim()).parse().ok())
}

/// Whether a moment says in which zone.
pub fn has_zone(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// A number for a row without a readable id, the same whenever the same row comes; none that a vendor could give.
pub fn stand_in(row: &RawValue) -> i64 {
    let mut hasher = DefaultHasher::new();
    row.get().hash(&mut hasher);
    i64::MIN | i64::try_from(hasher.finish() >> 2).unwrap_or_default()
}

/// A plain date, or the day of a date-time; another text is a fault of `member`.
pub fn date(member: &str, text: Option<&str>, faults: &mut Vec<Fault>) -> Option<Date> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let day = text.split(['T', ' ']).next().unwrap_or(text);
    let date = day.parse::<Date>().ok();
    if date.is_none() {
        faults.push(Fault { member: Some(member.to_owned()), what: "holds a text that is no date" });
    }
    date
}

/// Hands a record to whoever reads the pull.
///
/// # Errors
/// [`ApiError::Temporary`] when nobody does any more.
pub async fn hand_over(
    vendor: &'static str,
    out: &mpsc::Sender<SourceRecord>,
    record: SourceRecord,
) -> Result<(), ApiError> {
    out.send(record)
        .await
        .map_err(|_| ApiError::Temporary { vendor, detail: "the fetch was stopped before its end".to_owned() })
}

/// Whether this member alone can be part of a `T`.
fn fits<T: DeserializeOwned>(name: &str, value: &RawRow) -> bool {
    let alone = object(std::slice::from_ref(&(name.to_owned(), value.to_owned())));
    match serde_json::from_str::<T>(&alone) {
        Ok(_) => true,
        // It was read; what is missing is another one.
        Err(error) => error.to_string().starts_with("missing field"),
    }
}

/// The text of a record of these members.
pub fn object(members: &[(String, RawRow)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}:{}", serde_json::Value::from(name.as_str()), value.get()))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// What a value is that could not be read, in words.
pub fn kind(raw: &str) -> &'static str {
    match raw.trim_start().as_bytes().first() {
        Some(b'"') if serde_json::from_str::<String>(raw).is_err() => "holds a broken character",
        Some(b'"') => "holds a text",
        Some(b'{') => "holds an object",
        Some(b'[') => "holds a list",
        Some(b't' | b'f') => "holds yes or no",
        Some(b'n') | None => "is empty",
        Some(_) if is_out_of_range(raw.trim()) => "holds a number that is too large",
        Some(_) => "holds a number",
    }
}

fn is_out_of_range(number: &str) -> bool {
    let whole = !number.contains(['.', 'e', 'E']);
    serde_json::from_str::<f64>(number).is_err() || (whole && number.parse::<i64>().is_err())
}

/// The members of an object in their order, raw. Names that cannot be read name nothing that a contract has.
struct Members(Vec<(String, RawRow)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<RawRow, RawRow>()? {
                    if let Ok(name) = serde_json::from_str(name.get()) {
                        members.push((name, value));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Bytes as JSON text in which whatever is no UTF-8 has become a lone surrogate: the member that holds it then cannot be
/// read, instead of the whole document, and nothing is read that was not sent.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let Err(_) = std::str::from_utf8(bytes) else { return String::from_utf8_lossy(bytes) };
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            // Behind a backslash it would end up as an escaped backslash and plain letters; a blank there is no JSON.
            let escaped = text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
            text.push_str(if escaped { " " } else { "\\ud800" });
        }
    }
    Cow::Owned(text)
}

/// How many records of one pull could not be read, and in what.
#[derive(Debug, Default)]
pub struct Tally {
    rows: u64,
    unreadable: u64,
    members: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts one record with the members at fault in it, by their names; none where it is whole.
    pub fn count<'m>(&mut self, at_fault: impl IntoIterator<Item = &'m str>) {
        self.rows += 1;
        let mut broken = false;
        for member in at_fault {
            broken = true;
            *self.members.entry(member.to_owned()).or_default() += 1;
        }
        self.unreadable += u64::from(broken);
    }

    /// Counts one record by what is wrong with it.
    pub fn record(&mut self, unreadable: Option<&Unreadable>) {
        self.count(unreadable.map(|unreadable| match unreadable.member.as_str() {
            "" => "the whole record",
            member => member,
        }));
    }

    /// Records that could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether the pull as a whole can be planned from: single broken records hold their people, many stop it. `noun` is
    /// what the vendor's records are (`learners`).
    ///
    /// # Errors
    /// [`ApiError::Unreadable`] past the source guard's share.
    pub fn check(&self, vendor: &'static str, noun: &str) -> Result<(), ApiError> {
        if self.unreadable < LEAST || self.unreadable * 100 <= self.rows * SHARE_PERCENT {
            return Ok(());
        }
        let mut members: Vec<(&String, &u64)> = self.members.iter().collect();
        members.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let named: Vec<String> =
            members.iter().take(NAMED).map(|(member, count)| format!("`{member}` in {count}")).collect();
        Err(ApiError::Unreadable {
            vendor,
            detail: format!("{} of {} {noun} cannot be read ({})", self.unreadable, self.rows, named.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Learner {
        id: i64,
        #[serde(default)]
        first_name: Option<String>,
        #[serde(default)]
        tags: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Page {
        items: Vec<RawRow>,
        total: u64,
    }

    fn one(text: &str) -> Row<Learner> {
        read(&RawValue::from_string(text.to_owned()).unwrap())
    }

    fn faults(text: &str) -> Vec<String> {
        one(text).faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn one_record_is_blamed_and_the_others_are_read() {
        let page =
            r#"{"items": [{"id": 1, "firstName": "Ana"}, {"id": 2, "firstName": "Le\ud83do"}, {"id": 3}], "total": 3}"#;
        let page: Page = serde_json::from_str(page).unwrap();
        let rows: Vec<Row<Learner>> = page.items.iter().map(|row| read(row)).collect();
        assert_eq!(rows.iter().map(|row| row.faults.len()).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(rows.iter().map(|row| row.record.as_ref().unwrap().id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((rows[1].faults[0].to_string().as_str(), page.total), ("`firstName` holds a broken character", 3));
    }

    #[test]
    fn the_member_at_fault_is_named_with_what_it_holds() {
        assert_eq!(faults(r#"{"id": 1, "firstName": 5}"#), ["`firstName` holds a number"]);
        assert_eq!(
            faults(r#"{"id": 1, "firstName": {"x": 1}, "tags": "x"}"#),
            ["`firstName` holds an object", "`tags` holds a text"]
        );
        assert_eq!(faults(r#"{"id": 1, "tags": [1]}"#), ["`tags` holds a list"]);
        assert_eq!(faults(r#"{"id": 1, "firstName": true}"#), ["`firstName` holds yes or no"]);
        assert_eq!(faults(r#"{"id": null}"#), ["`id` is empty"]);
        assert_eq!(faults(r#"{"id": 1e999}"#), ["`id` holds a number that is too large"]);
        assert_eq!(faults(r#"{"id": 99999999999999999999}"#), ["`id` holds a number that is too large"]);
        assert_eq!(faults(r#"{"id": 1, "id": 2}"#), ["`id` is given twice"]);
        assert_eq!(
            faults(r#"{"id": 1, "firstName": "A", "firstName": "B", "firstName": "A"}"#),
            ["`firstName` is given twice"]
        );
        assert_eq!(faults(r#"{"firstName": "A"}"#), ["the record lacks a member that it cannot do without"]);
        assert_eq!(faults("null"), ["the record is empty"]);
        assert_eq!(faults("[1]"), ["the record holds a list"]);
        assert_eq!(one(r#"{"id": "x", "firstName": "A"}"#).record, None);
        let readable = one(r#"{"id": 1, "firstName": 5, "tags": ["a"]}"#).record.unwrap();
        assert_eq!((readable.id, readable.first_name, readable.tags.len()), (1, None, 1));
    }

    #[test]
    fn members_that_no_contract_names_are_nobodys_fault() {
        let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
        for odd in [r#""\ud800""#, "1e999", deep.as_str()] {
            assert!(one(&format!(r#"{{"id": 1, "note": {odd}}}"#)).faults.is_empty(), "{odd}");
        }
        let row = one(r#"{"id": 1, "\ud800": 2, "firstName": 7}"#);
        assert_eq!((row.record.map(|one| one.id), row.faults.len()), (Some(1), 1));
        assert_eq!(faults(&format!(r#"{{"id": 1, "firstName": {deep}}}"#)), ["`firstName` holds a list"]);
    }

    #[test]
    fn bytes_that_are_no_utf8_cost_their_member_only() {
        let page = b"{\"items\": [{\"id\": 1, \"firstName\": \"M\xfcller\"}, {\"id\": 2}], \"total\": 2}";
        let page: Page = serde_json::from_str(&text(page)).unwrap();
        let rows: Vec<Row<Learner>> = page.items.iter().map(|row| read(row)).collect();
        assert_eq!(rows[0].faults[0].to_string(), "`firstName` holds a broken character");
        assert!(rows[1].faults.is_empty());
        assert!(matches!(text("Müller".as_bytes()), Cow::Borrowed("Müller")));
        assert!(serde_json::from_str::<String>(&text(b"\"a\\\xff\"")).is_err());
        assert!(serde_json::from_str::<String>(&text(b"\"a\\\\\xff\"")).is_err());
    }

    #[test]
    fn many_broken_records_stop_the_pull_and_few_do_not() {
        let tally = |broken: u64, rows: u64| {
            let mut tally = Tally::default();
            (0..rows).for_each(|row| tally.count((row < broken).then_some("firstName")));
            tally.check("Flow Learning", "learners")
        };
        assert_eq!(tally(10, 100), Ok(()), "10 % is not over 10 %");
        assert_eq!(tally(4, 4), Ok(()), "fewer than five never stop it");
        let error = tally(11, 100).unwrap_err().to_string();
        assert!(error.ends_with("11 of 100 learners cannot be read (`firstName` in 11)"), "{error}");
        assert!(tally(5, 49).is_err());
    }

    proptest! {
        #[test]
        fn no_row_makes_it_panic(text in r#"[\[\]{}",:a-f0-9.e\\ud-]{0,60}"#) {
            if let Ok(row) = RawValue::from_string(text) {
                let row = read::<Learner>(&row);
                prop_assert!(row.record.is_some() || !row.faults.is_empty());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(std::str::from_utf8(&bytes).is_ok(), matches!(text(&bytes), Cow::Borrowed(_)));
        }
    }
}
