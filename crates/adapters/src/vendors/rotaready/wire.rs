//! What Rotaready sends, by allow-list: of an account only the members that [`Members`] names and mapped custom ones.
//! National insurance number, bank, passport and whatever else stands beside them is never decoded.

use super::members::{Member, Members};
use crate::vendors::rows::{self, Fault, RawRow, kind};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A page of accounts; there is no total (client).
#[derive(Deserialize)]
pub struct Page {
    pub users: Vec<RawRow>,
}

/// The list of sites and departments (assumed).
#[derive(Deserialize)]
pub struct EntityList {
    pub entities: Vec<RawRow>,
}

/// The list of positions (assumed).
#[derive(Deserialize)]
pub struct PositionList {
    pub positions: Vec<RawRow>,
}

/// An id that may be a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Id {
    Number(i64),
    Text(String),
}

impl Id {
    /// As text; `None` where it is blank.
    pub fn text(self) -> Option<String> {
        match self {
            Id::Number(number) => Some(number.to_string()),
            Id::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        }
    }
}

/// A site, a department or a position of a list.
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub id: Id,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default, rename = "parentId")]
    pub parent: Option<Id>,
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

/// What an account says of its entity, department or position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub id: Option<String>,
    pub name: Option<String>,
}

impl Named {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

/// An account, as far as it is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    pub id: i64,
    pub texts: BTreeMap<Member, String>,
    pub active: Option<bool>,
    pub entity: Named,
    pub department: Named,
    pub position: Named,
    /// Mapped custom members, by path.
    pub custom: BTreeMap<String, String>,
}

/// What could be read of an account, and what not.
#[derive(Debug, Default)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

/// A member that holds something else than it should.
fn fault(path: &str, value: &RawValue) -> Fault {
    Fault { member: Some(path.to_owned()), what: kind(value.get()) }
}

/// What stands at a path; `None` where nothing does.
fn at(row: &RawValue, path: &str) -> Result<Option<RawRow>, Fault> {
    let mut value: RawRow = row.to_owned();
    let mut walked = String::new();
    for name in path.split('.') {
        if !value.get().trim_start().starts_with('{') {
            return if is_null(&value) { Ok(None) } else { Err(fault(&walked, &value)) };
        }
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(name);
        let mut found = rows::members(&value).into_iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let Some(first) = found.next() else { return Ok(None) };
        if found.any(|other| other.get() != first.get()) {
            return Err(Fault { member: Some(walked), what: "is given twice" });
        }
        value = first;
    }
    Ok(Some(value).filter(|value| !is_null(value)))
}

fn is_null(value: &RawValue) -> bool {
    value.get().trim() == "null"
}

/// A text, or a number as text; blank is nothing.
fn text(path: &str, value: &RawValue) -> Result<Option<String>, Fault> {
    serde_json::from_str::<Id>(value.get()).map(Id::text).map_err(|_| fault(path, value))
}

/// An object of id and name, or the name alone.
fn named(path: &str, value: &RawValue) -> Result<Named, Fault> {
    if !value.get().trim_start().starts_with('{') {
        return text(path, value).map(|name| Named { id: None, name });
    }
    let inside = |name: &str| -> Result<Option<String>, Fault> {
        let path = format!("{path}.{name}");
        match at(value, name).map_err(|fault| Fault { member: Some(path.clone()), ..fault })? {
            Some(value) => text(&path, &value),
            None => Ok(None),
        }
    };
    Ok(Named { id: inside("id")?, name: inside("name")? })
}

impl Read {
    /// Reads an account.
    pub fn of(raw: &RawValue, members: &Members, custom: &BTreeSet<String>) -> Self {
        if !raw.get().trim_start().starts_with('{') {
            return Self { record: None, faults: vec![Fault { member: None, what: kind(raw.get()) }] };
        }
        let id = match number(raw) {
            Ok(id) => id,
            Err(fault) => return Self { record: None, faults: vec![fault] },
        };
        let mut record = Record { id, ..Record::default() };
        let mut faults = Vec::new();
        for (member, path) in members.iter() {
            // When an account was changed holds nobody: without a time it is taken for changed.
            if let Err(fault) = record.take(member, path, raw)
                && member != Member::Modified
            {
                faults.push(fault);
            }
        }
        for path in custom {
            match at(raw, path).and_then(|value| value.map_or(Ok(None), |value| text(path, &value))) {
                Ok(value) => record.custom.extend(value.map(|value| (path.clone(), value))),
                Err(fault) => faults.push(fault),
            }
        }
        Self { record: Some(record), faults }
    }
}

/// The User ID.
fn number(raw: &RawValue) -> Result<i64, Fault> {
    let empty = Fault { member: Some("id".to_owned()), what: "is empty" };
    let value = at(raw, "id")?.ok_or(empty)?;
    let number = text("id", &value)?.and_then(|text| text.parse::<i64>().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| fault("id", &value))
}

impl Record {
    fn take(&mut self, member: Member, path: &str, raw: &RawValue) -> Result<(), Fault> {
        let Some(value) = at(raw, path)? else { return Ok(()) };
        match member {
            Member::Active => self.active = Some(serde_json::from_str(value.get()).map_err(|_| fault(path, &value))?),
            Member::Entity => self.entity.or_take(named(path, &value)?),
            Member::Department => self.department.or_take(named(path, &value)?),
            Member::Position => self.position.or_take(named(path, &value)?),
            // The ids come behind the objects, and say nothing where these have one.
            Member::EntityId => self.entity.or_take(Named { id: text(path, &value)?, name: None }),
            Member::DepartmentId => self.department.or_take(Named { id: text(path, &value)?, name: None }),
            Member::PositionId => self.position.or_take(Named { id: text(path, &value)?, name: None }),
            text_member => self.texts.extend(text(path, &value)?.map(|text| (text_member, text))),
        }
        Ok(())
    }

    /// The text of a member.
    pub fn text(&self, member: Member) -> Option<&str> {
        self.texts.get(&member).map(String::as_str)
    }

    /// Whether it says of an employment where or as what.
    pub fn has_appointment(&self) -> bool {
        !(self.entity.is_empty() && self.department.is_empty() && self.position.is_empty())
    }

    /// What is kept of the account: what is read of it, by the paths at which it stands.
    pub fn raw(&self, members: &Members) -> Value {
        let mut out = Map::new();
        out.insert("id".to_owned(), self.id.into());
        out.extend(self.active.map(|active| (members.path(Member::Active).to_owned(), active.into())));
        for (member, text) in &self.texts {
            out.insert(members.path(*member).to_owned(), text.as_str().into());
        }
        let named = [
            (Member::Entity, &self.entity),
            (Member::Department, &self.department),
            (Member::Position, &self.position),
        ];
        for (member, named) in named.into_iter().filter(|(_, named)| !named.is_empty()) {
            out.insert(members.path(member).to_owned(), serde_json::json!({"id": named.id, "name": named.name}));
        }
        out.extend(self.custom.iter().map(|(path, text)| (path.clone(), text.as_str().into())));
        Value::Object(out)
    }
}

impl Named {
    fn or_take(&mut self, other: Named) {
        self.id = self.id.take().or(other.id);
        self.name = self.name.take().or(other.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::connect::ConnectParts;
    use serde_json::json;

    fn read(text: &str) -> Read {
        let members = Members::of(&ConnectParts::default()).unwrap();
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        Read::of(&raw, &members, &BTreeSet::from(["costCode".to_owned()]))
    }

    #[test]
    fn an_account_is_read_in_every_form_and_nothing_that_is_private() {
        let whole = read(
            &json!({
                "id": 48211, "firstName": " Tomas ", "lastName": "Brekke", "flags": {"active": true, "other": 5},
                "personal": {"dob": "1999-02-04", "niNumber": "QQ123456C", "bank": {"accountNumber": "12345678"}},
                "appointment": {
                    "entityId": "brm", "entity": {"id": "brm", "name": "Brighton Marina"}, "department": "Kitchen",
                    "positionId": 310, "managerId": 47003, "startDate": "2025-06-02", "endDate": null,
                },
                "email": "", "costCode": 40, "salary": 5,
            })
            .to_string(),
        );
        assert_eq!(whole.faults, []);
        let record = whole.record.unwrap();
        let members = Members::of(&ConnectParts::default()).unwrap();
        assert_eq!(
            record.raw(&members),
            json!({"id": 48211, "flags.active": true, "firstName": "Tomas", "lastName": "Brekke",
                "personal.dob": "1999-02-04", "appointment.managerId": "47003", "appointment.startDate": "2025-06-02",
                "appointment.entity": {"id": "brm", "name": "Brighton Marina"},
                "appointment.department": {"id": null, "name": "Kitchen"},
                "appointment.position": {"id": "310", "name": null}, "costCode": "40"})
        );
        let odd = read(r#"{"id": 7, "dateModified": {"at": 5}}"#);
        assert_eq!((odd.faults, odd.record.unwrap().text(Member::Modified)), (vec![], None), "nobody is held by it");
        let bare = read(r#"{"id": "7", "appointment": null, "personal": null}"#).record.unwrap();
        assert_eq!((bare.id, bare.active, bare.has_appointment()), (7, None, false));
    }

    #[test]
    fn a_member_at_fault_is_named_by_its_path() {
        for (text, words) in [
            (r#"{"id": 1, "firstName": ["x"]}"#, "`firstName` holds a list"),
            (r#"{"id": 1, "flags": {"active": "yes"}}"#, "`flags.active` holds a text"),
            (r#"{"id": 1, "flags": 5}"#, "`flags` holds a number"),
            (r#"{"id": 1, "appointment": "brm"}"#, "`appointment` holds a text"),
            (r#"{"id": 1, "appointment": {"entity": {"name": {}}}}"#, "`appointment.entity.name` holds an object"),
            (r#"{"id": 1, "email": "\ud800"}"#, "`email` holds a broken character"),
            (r#"{"id": 1, "email": "a", "email": "b"}"#, "`email` is given twice"),
            (r#"{"id": 1, "email": 1e999}"#, "`email` holds a number that is too large"),
            (r#"{"id": 1, "costCode": true}"#, "`costCode` holds yes or no"),
        ] {
            let read = read(text);
            let said = rows::unreadable(&read.faults).map(|unreadable| unreadable.what);
            assert_eq!((read.record.map(|one| one.id), said.as_deref()), (Some(1), Some(words)), "{text}");
        }
        for (text, words) in [
            (r#"{"firstName": "x"}"#, "`id` is empty"),
            (r#"{"id": null}"#, "`id` is empty"),
            (r#"{"id": "48-1"}"#, "`id` holds a text"),
            (r#"{"id": -4}"#, "`id` holds a number"),
            (r#"{"id": 4.5}"#, "`id` holds a number"),
            ("[1]", "the record holds a list"),
            ("null", "the record is empty"),
        ] {
            let read = read(text);
            assert_eq!((read.record, read.faults[0].to_string().as_str()), (None, words), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_account_makes_it_panic(text in r#"[\[\]{}",:idaf0-9.e\\u-]{0,60}"#) {
            if let Ok(raw) = RawValue::from_string(text) {
                let members = Members::of(&ConnectParts::default()).unwrap();
                let read = Read::of(&raw, &members, &BTreeSet::new());
                proptest::prop_assert!(read.record.is_some() || !read.faults.is_empty());
            }
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;
    use crate::ports::connect::ConnectParts;

    #[test]
    fn battered_rotaready() {
        let samples: &[&[u8]] = &[
            br#"{"id":48,"firstName":"Ann","lastName":"Lee","email":"a@x.example","dateOfBirth":"1990-01-01","flags":{"active":true},"appointment":{"entity":{"id":"brm","name":"Bermondsey"},"stream":{"id":3,"name":"Kitchen"},"dateStart":"2020-01-01"},"personal":{"preferredName":"Annie"},"dateModified":"2026-01-10T08:30:12.000Z"}"#,
            br#"{"id":"7","appointment":null,"personal":null}"#,
        ];
        batter("rotaready", samples, |bytes| {
            let Ok(raw) = RawValue::from_string(rows::text(bytes).into_owned()) else { return };
            let members = Members::of(&ConnectParts::default()).unwrap();
            let read = Read::of(&raw, &members, &BTreeSet::new());
            assert!(read.record.is_some() || !read.faults.is_empty());
        });
    }
}
