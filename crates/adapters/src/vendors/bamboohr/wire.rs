//! What BambooHR sends, by allow-list: of a person only the members that were asked for.

use crate::vendors::rows::{self, Fault, RawRow, kind};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub const EMPLOYEE_NUMBER: &str = "employeeNumber";
pub const FIRST_NAME: &str = "firstName";
pub const LAST_NAME: &str = "lastName";
pub const PREFERRED_NAME: &str = "preferredName";
pub const WORK_EMAIL: &str = "workEmail";
pub const HOME_EMAIL: &str = "homeEmail";
pub const MOBILE_PHONE: &str = "mobilePhone";
pub const DATE_OF_BIRTH: &str = "dateOfBirth";
pub const HIRE_DATE: &str = "hireDate";
pub const TERMINATION_DATE: &str = "terminationDate";
pub const STATUS: &str = "status";
pub const SUPERVISOR_ID: &str = "supervisorId";
pub const SUPERVISOR_E_ID: &str = "supervisorEId";

/// What is read of everybody; names of BB-perl (client).
const ALWAYS: [(&str, Form); 13] = [
    (EMPLOYEE_NUMBER, Form::Code),
    (FIRST_NAME, Form::Text),
    (LAST_NAME, Form::Text),
    (PREFERRED_NAME, Form::Text),
    (WORK_EMAIL, Form::Text),
    (HOME_EMAIL, Form::Text),
    (MOBILE_PHONE, Form::Text),
    (DATE_OF_BIRTH, Form::Text),
    (HIRE_DATE, Form::Text),
    (TERMINATION_DATE, Form::Text),
    (STATUS, Form::Text),
    (SUPERVISOR_ID, Form::Code),
    (SUPERVISOR_E_ID, Form::Code),
];

/// How an empty date is written (client).
const NO_DATE: &str = "0000-00-00";

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    /// A text or a whole number.
    Code,
    /// Whatever can be shown as one text.
    Custom,
}

/// The members that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(BTreeMap<String, Form>);

impl Wanted {
    /// What is always read, and these beside it.
    pub fn with(more: impl IntoIterator<Item = (String, Form)>) -> Self {
        let mut wanted: BTreeMap<String, Form> = more.into_iter().collect();
        wanted.extend(ALWAYS.map(|(name, form)| (name.to_owned(), form)));
        Self(wanted)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A person, as far as the key may see them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub id: String,
    /// By member; one that is shown but empty is `None`, one that is not shown is not here.
    pub values: BTreeMap<String, Option<String>>,
}

impl Record {
    /// What stands in a member; `None` where it is empty or not shown.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.values.get(member)?.as_deref()
    }

    /// As it is kept.
    pub fn raw(&self) -> Value {
        let values = self.values.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
        let id = [("id".to_owned(), Value::from(self.id.clone()))];
        Value::Object(values.chain(id).collect::<Map<_, _>>())
    }
}

/// What could be read of a person, and what not.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

impl Read {
    /// Reads a row of the report, or a record by id.
    pub fn of(raw: &RawValue, wanted: &Wanted) -> Self {
        let (mut record, mut faults) = (Record::default(), Vec::new());
        let id = match id_of(raw, "id") {
            Ok(id) => id,
            Err(fault) => return Self { record: None, faults: vec![fault] },
        };
        record.id = id;
        for (name, value) in rows::members(raw) {
            let Some(form) = wanted.0.get(&name) else { continue };
            let read = read(&value, *form);
            if read.is_none() {
                faults.push(Fault { member: Some(name.clone()), what: kind(value.get()) });
            }
            let read = read.flatten();
            if let Some(other) = record.values.get(&name)
                && *other != read
            {
                faults.push(Fault { member: Some(name.clone()), what: "is given twice" });
            }
            record.values.insert(name, read);
        }
        Self { record: Some(record), faults }
    }
}

/// A person of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub status: Option<String>,
    /// Whether anything of this person is hidden from the key.
    pub is_restricted: bool,
}

impl Listed {
    /// Reads a row of the list.
    ///
    /// # Errors
    /// Why there is no id.
    pub fn of(raw: &RawValue) -> Result<Self, Fault> {
        let mut listed = Self { id: id_of(raw, "employeeId")?, ..Self::default() };
        for (name, value) in rows::members(raw) {
            let text = || read(&value, Form::Text).flatten();
            match name.as_str() {
                FIRST_NAME => listed.first_name = text(),
                LAST_NAME => listed.last_name = text(),
                STATUS => listed.status = text(),
                "_restrictedFields" => listed.is_restricted = !matches!(value.get().trim(), "null" | "[]"),
                _ => {}
            }
        }
        Ok(listed)
    }
}

/// The id of a row: digits, as a text (doc) or a number.
fn id_of(raw: &RawValue, member: &str) -> Result<String, Fault> {
    let fault = |what| Fault { member: Some(member.to_owned()), what };
    if !raw.get().trim_start().starts_with('{') {
        return Err(Fault { member: None, what: kind(raw.get()) });
    }
    let mut found = rows::members(raw).into_iter().filter(|(name, _)| name == member).map(|(_, value)| value);
    let Some(first) = found.next() else { return Err(fault("is empty")) };
    if found.any(|other| other.get() != first.get()) {
        return Err(fault("is given twice"));
    }
    match read(&first, Form::Code) {
        Some(Some(id)) if id.chars().all(|letter| letter.is_ascii_digit()) => Ok(id),
        Some(None) => Err(fault("is empty")),
        _ => Err(fault(kind(first.get()))),
    }
}

/// The text of a value; `None` where it is something else, `Some(None)` where it is empty.
fn read(value: &RawRow, form: Form) -> Option<Option<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Any {
        Nothing(()),
        Text(String),
        Number(i64),
        Decimal(f64),
        Flag(bool),
        Several(Vec<Any>),
    }
    fn shown(value: Any, form: Form) -> Option<Option<String>> {
        let filled = |text: String| {
            let text = text.trim();
            Some((!text.is_empty() && text != NO_DATE).then(|| text.to_owned()))
        };
        match (value, form) {
            (Any::Nothing(()), _) => Some(None),
            (Any::Text(text), _) => filled(text),
            (Any::Number(number), Form::Code | Form::Custom) => Some(Some(number.to_string())),
            (Any::Decimal(number), Form::Custom) => Some(Some(number.to_string())),
            (Any::Flag(yes), Form::Custom) => Some(Some(if yes { "yes" } else { "no" }.to_owned())),
            (Any::Several(all), Form::Custom) => {
                let all: Option<Vec<Option<String>>> = all.into_iter().map(|one| shown(one, form)).collect();
                filled(all?.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            _ => None,
        }
    }
    shown(serde_json::from_str(value.get()).ok()?, form)
}

/// A page of the list.
#[derive(Deserialize)]
pub struct Page {
    pub data: Vec<RawRow>,
    pub meta: Meta,
}

#[derive(Deserialize)]
pub struct Meta {
    /// Everybody, not those of the page alone (doc).
    pub total: u64,
    #[serde(default)]
    pub page: Option<Place>,
}

#[derive(Deserialize)]
pub struct Place {
    #[serde(rename = "nextCursor", default)]
    pub next_cursor: Option<String>,
}

/// The report: everybody, and the fields that it has.
#[derive(Deserialize)]
pub struct Report {
    #[serde(default)]
    pub fields: Vec<ReportField>,
    pub employees: Vec<RawRow>,
}

#[derive(Deserialize)]
pub struct ReportField {
    #[serde(default)]
    id: Value,
}

impl ReportField {
    /// By what it was asked for.
    pub fn name(&self) -> Option<String> {
        match &self.id {
            Value::String(name) => Some(name.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Who has changed.
#[derive(Deserialize)]
pub struct Changes {
    #[serde(default)]
    pub latest: Option<String>,
    employees: Changed,
}

/// By id. Nobody at all may be an empty list (assumed: so PHP writes an empty map).
#[derive(Deserialize)]
#[serde(untagged)]
enum Changed {
    People(BTreeMap<String, Change>),
    Nobody([(); 0]),
}

#[derive(Deserialize)]
pub struct Change {
    #[serde(default)]
    action: Option<String>,
    #[serde(rename = "lastChanged", default)]
    pub last_changed: Option<String>,
}

impl Changes {
    /// Each id with its change.
    pub fn people(&self) -> impl Iterator<Item = (&str, &Change)> {
        let people = match &self.employees {
            Changed::People(people) => Some(people),
            Changed::Nobody(_) => None,
        };
        people.into_iter().flatten().map(|(id, change)| (id.as_str(), change))
    }
}

impl Change {
    /// Whether the record is gone.
    pub fn is_deletion(&self) -> bool {
        self.action.as_deref().is_some_and(|action| action.trim().eq_ignore_ascii_case("deleted"))
    }
}

/// What the company is called.
#[derive(Deserialize)]
pub struct Company {
    #[serde(rename = "displayName", default)]
    display_name: Option<String>,
    #[serde(rename = "legalName", default)]
    legal_name: Option<String>,
}

impl Company {
    /// Its name, where it has one.
    pub fn name(&self) -> Option<&str> {
        let names = [&self.display_name, &self.legal_name];
        names.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty())
    }
}

/// Names in a set, as a warning says them.
pub fn quoted<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_of(value: &str) -> Read {
        let wanted = Wanted::with([("costCentre".to_owned(), Form::Custom)]);
        Read::of(&RawValue::from_string(value.to_owned()).unwrap(), &wanted)
    }

    #[test]
    fn empty_and_hidden_are_told_apart_and_nothing_else_is_kept() {
        let read = read_of(
            r#"{"id": "204", "employeeNumber": 7, "firstName": " Margaret ", "preferredName": "", "hireDate": "0000-00-00",
                "terminationDate": null, "supervisorId": 12, "ssn": "private", "costCentre": ["A", "B"]}"#,
        );
        assert_eq!(read.faults, []);
        let record = read.record.unwrap();
        assert_eq!(
            record.raw(),
            json!({"id": "204", "employeeNumber": "7", "firstName": "Margaret", "preferredName": null, "hireDate": null,
                "terminationDate": null, "supervisorId": "12", "costCentre": "A, B"})
        );
        assert!(record.values.contains_key(HIRE_DATE) && !record.values.contains_key(WORK_EMAIL));
    }

    #[test]
    fn a_member_at_fault_is_named() {
        for (text, words) in [
            (r#"{"id": 1, "firstName": 5}"#, "`firstName` holds a number"),
            (r#"{"id": 1, "status": true}"#, "`status` holds yes or no"),
            (r#"{"id": 1, "employeeNumber": {}}"#, "`employeeNumber` holds an object"),
            (r#"{"id": 1, "costCentre": {"x": 1}}"#, "`costCentre` holds an object"),
            (r#"{"id": 1, "lastName": "\ud800"}"#, "`lastName` holds a broken character"),
            (r#"{"id": 1, "lastName": "a", "lastName": "b"}"#, "`lastName` is given twice"),
        ] {
            let read = read_of(text);
            let said: Vec<String> = read.faults.iter().map(ToString::to_string).collect();
            assert_eq!((read.record.map(|one| one.id), said), (Some("1".into()), vec![words.to_owned()]), "{text}");
        }
        for text in [r#"{}"#, r#"{"id": null}"#, r#"{"id": "HK-1"}"#, r#"{"id": -4}"#, "[1]", "null", r#"{"id": " "}"#]
        {
            let read = read_of(text);
            assert!(read.record.is_none() && !read.faults.is_empty(), "{text}");
        }
    }

    #[test]
    fn the_list_names_what_is_hidden() {
        let of = |text: &str| Listed::of(&RawValue::from_string(text.to_owned()).unwrap());
        let one =
            of(r#"{"employeeId": "4", "firstName": null, "status": "Inactive", "_restrictedFields": ["firstName"]}"#);
        let one = one.unwrap();
        assert_eq!((one.id.as_str(), one.status.as_deref(), one.is_restricted), ("4", Some("Inactive"), true));
        assert!(!of(r#"{"employeeId": 4, "_restrictedFields": []}"#).unwrap().is_restricted);
        assert!(of(r#"{"id": "4"}"#).is_err());
    }

    #[test]
    fn nobody_has_changed_in_either_writing() {
        for text in [r#"{"latest": "2026-01-01T00:00:00+00:00", "employees": {}}"#, r#"{"employees": []}"#] {
            let changes: Changes = serde_json::from_str(text).unwrap();
            assert_eq!(changes.people().count(), 0, "{text}");
        }
        assert!(serde_json::from_str::<Changes>(r#"{"employees": [1]}"#).is_err());
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_bamboohr() {
        let samples: &[&[u8]] = &[
            br#"{"id":"204","employeeNumber":7,"firstName":" Margaret ","preferredName":"","hireDate":"0000-00-00","lastName":"Kane","status":"Active","workEmail":"m@x.example","dateOfBirth":"1990-01-01","costCentre":"K1"}"#,
            br#"{"employeeId":"4","firstName":null,"lastName":"Kane","status":"Inactive","_restrictedFields":["firstName"]}"#,
            br#"{"latest":"2026-01-10T08:30:12+00:00","employees":{"4":{"id":"4","action":"Updated","lastChanged":"2026-01-10T08:30:12+00:00"}}}"#,
        ];
        batter("bamboohr", samples, |bytes| {
            let text = rows::text(bytes);
            let _ = serde_json::from_str::<Changes>(&text);
            let Ok(raw) = RawValue::from_string(text.into_owned()) else { return };
            let read = Read::of(&raw, &Wanted::with([("costCentre".to_owned(), Form::Text)]));
            if let Some(record) = &read.record {
                let _ = record.raw();
            }
            assert!(read.record.is_some() || !read.faults.is_empty());
            let _ = Listed::of(&raw);
        });
    }
}
