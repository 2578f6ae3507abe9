//! Which details need not be read again: the lists tell when a record was last changed (planday.md 1.6, `dateTimeModified`).
//!
//! That a change of a custom field touches this time is likely, but nowhere documented. So a detail is taken over only
//! where all of this holds; anything else is read anew:
//!
//! - the row of the list is the same to the letter, and so are the portal, the mapped fields and their options;
//! - the row has a modification time, and that lay [`SETTLED`] behind when the detail was read;
//! - the detail was read less than [`FRESH`] ago: what runs once a day reads everything;
//! - the person is not held until the source is corrected (the engine leaves those out);
//! - no detail of this portal has ever changed without its time: each one that is read anew although its row is the same is
//!   compared with the old one, and the first that differs ends the taking over for good.

use super::fields::Resolved;
use super::wire::{EmployeeRow, Record};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long a detail is taken over.
const FRESH: SignedDuration = SignedDuration::from_hours(12);

/// How old a change must have been when the detail was read: two clocks and the list's own delay lie between.
const SETTLED: SignedDuration = SignedDuration::from_mins(5);

/// Member of the raw record that says when and against which row the detail was read.
const MARK: &str = "_read";

/// Changes with what a kept record means, so that records of an older build are read anew.
const FORM: &str = "1";

/// The rule for one pull.
pub struct Reuse {
    /// What the kept records depend on beside their rows.
    setting: String,
    now: Timestamp,
    /// False where nothing may be taken over.
    pub trusted: bool,
}

/// What is known of one person.
pub enum Known {
    /// The record as it would be read.
    Same(Box<Record>),
    /// The row is the same, but the detail has to be read; should it differ from this one, times are not to be trusted.
    Compare(Box<Record>),
    Nothing,
}

impl Reuse {
    pub fn new(portal: i64, resolved: &Resolved, now: Timestamp, trusted: bool) -> Self {
        Self { setting: format!("{FORM} {portal} {:?}", resolved.fields), now, trusted }
    }

    /// The raw record as it is kept, marked where a detail is part of it.
    pub fn raw(&self, record: &Record, list_row: Option<&EmployeeRow>) -> Value {
        let mut raw = serde_json::to_value(record).unwrap_or_default();
        if let (Some(row), Some(members)) = (list_row, raw.as_object_mut()) {
            members.insert(MARK.to_owned(), json!({"at": self.now.to_string(), "row": self.digest(row)}));
        }
        raw
    }

    /// The same record, with the mark of the pull that read it.
    pub fn raw_again(&self, record: &Record, known: &Value) -> Value {
        let mut raw = serde_json::to_value(record).unwrap_or_default();
        if let (Some(mark), Some(members)) = (known.get(MARK), raw.as_object_mut()) {
            members.insert(MARK.to_owned(), mark.clone());
        }
        raw
    }

    /// What a kept record says of a person whose row of the list is this one now.
    pub fn known(&self, raw: &Value, row: &EmployeeRow) -> Known {
        let mark = raw.get(MARK);
        let text = |name: &str| mark.and_then(|mark| mark.get(name)).and_then(Value::as_str);
        let Some(read_at) = text("at").and_then(|at| at.parse::<Timestamp>().ok()) else { return Known::Nothing };
        if text("row") != Some(self.digest(row).as_str()) || !self.settled(row, read_at) {
            return Known::Nothing;
        }
        let Some(record) = record_of(raw) else { return Known::Nothing };
        let age = self.now.duration_since(read_at);
        if self.trusted && !age.is_negative() && age < FRESH {
            Known::Same(Box::new(record))
        } else {
            Known::Compare(Box::new(record))
        }
    }

    fn settled(&self, row: &EmployeeRow, read_at: Timestamp) -> bool {
        let modified = row.date_time_modified.as_deref().and_then(moment);
        modified.is_some_and(|modified| read_at.duration_since(modified) >= SETTLED)
    }

    fn digest(&self, row: &EmployeeRow) -> String {
        let row = serde_json::to_string(row).unwrap_or_default();
        let digest = Sha256::digest(format!("{} {row}", self.setting));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A date-time of Planday's; without a zone it is read as UTC, as its others are.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| format!("{}Z", text.trim()).parse().ok())
}

fn record_of(raw: &Value) -> Option<Record> {
    let row: EmployeeRow = EmployeeRow::from_raw(raw)?;
    let custom = raw.as_object()?.iter().filter(|(member, _)| member.starts_with("custom_"));
    let custom: Option<BTreeMap<_, _>> =
        custom.map(|(member, field)| Some((member.clone(), serde_json::from_value(field.clone()).ok()?))).collect();
    Some(Record { row, custom: custom? })
}

#[cfg(test)]
mod tests {
    use super::super::fields::{Defined, Shape};
    use super::super::wire::CustomField;
    use super::*;
    use crate::domain::field::Field;

    const READ: &str = "2026-11-28T10:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn row(modified: &str) -> EmployeeRow {
        EmployeeRow { id: 7, date_time_modified: Some(modified.to_owned()), ..EmployeeRow::default() }
    }

    fn record(title: &str) -> Record {
        let field = CustomField { value: title.into(), ..CustomField::default() };
        Record { row: row("2026-11-01T00:00:00Z"), custom: BTreeMap::from([("custom_1".to_owned(), field)]) }
    }

    fn rule(now: &str, options: &[(i64, &str)]) -> Reuse {
        let options = options.iter().map(|(id, label)| (*id, (*label).to_owned())).collect();
        let defined =
            Defined { member: "custom_1".into(), label: "Job title (Flow)".into(), shape: Shape::Dropdown(options) };
        let resolved = Resolved { fields: BTreeMap::from([(Field::JobTitle, defined)]), ..Resolved::default() };
        Reuse::new(40817, &resolved, at(now), true)
    }

    fn word(known: &Known) -> &'static str {
        match known {
            Known::Same(_) => "same",
            Known::Compare(_) => "compare",
            Known::Nothing => "read",
        }
    }

    #[test]
    fn a_detail_is_taken_over_while_everything_speaks_for_it() {
        let old = "2026-11-01T00:00:00Z";
        let raw = rule(READ, &[(1, "Chef")]).raw(&record("Chef"), Some(&row(old)));
        let known = |now: &str, options: &[(i64, &str)], row: &EmployeeRow| word(&rule(now, options).known(&raw, row));
        let chef = [(1, "Chef")];
        assert_eq!(known("2026-11-28T10:05:00Z", &chef, &row(old)), "same");
        assert_eq!(known("2026-11-28T21:59:59Z", &chef, &row(old)), "same");
        assert_eq!(known("2026-11-28T22:00:00Z", &chef, &row(old)), "compare", "too old");
        assert_eq!(
            known("2026-11-28T09:59:00Z", &chef, &row(old)),
            "compare",
            "read in the future: a clock was put back"
        );
        assert_eq!(known("2026-11-28T10:05:00Z", &[(1, "Cook")], &row(old)), "read", "an option was renamed");
        assert_eq!(known("2026-11-28T10:05:00Z", &chef, &row("2026-11-28T10:04:00Z")), "read", "changed since");
        let other = EmployeeRow { last_name: Some("X".into()), ..row(old) };
        assert_eq!(known("2026-11-28T10:05:00Z", &chef, &other), "read", "changed without its time");
        let Known::Same(same) = rule("2026-11-28T10:05:00Z", &chef).known(&raw, &row(old)) else {
            panic!("taken over")
        };
        assert_eq!(*same, record("Chef"));
        let distrust = Reuse { trusted: false, ..rule("2026-11-28T10:05:00Z", &chef) };
        assert_eq!(word(&distrust.known(&raw, &row(old))), "compare");
        assert_eq!(rule(READ, &chef).raw_again(&same, &raw), raw, "its age is that of the reading");
    }

    #[test]
    fn without_a_settled_time_everything_is_read() {
        for modified in ["2026-11-28T09:55:01Z", "2026-11-28T12:00:00Z", "yesterday", ""] {
            let rule = rule(READ, &[]);
            let raw = rule.raw(&record("Chef"), Some(&row(modified)));
            assert_eq!(word(&rule.known(&raw, &row(modified))), "read", "{modified}");
        }
        let rule = rule(READ, &[]);
        let raw = rule.raw(&record("Chef"), Some(&row("2026-11-28T09:55:00.1234567")));
        assert_eq!(word(&rule.known(&raw, &row("2026-11-28T09:55:00.1234567"))), "read", "seven decimals, no zone");
        let raw = rule.raw(&record("Chef"), Some(&row("2026-11-28T09:54:00.1234567")));
        assert_eq!(word(&rule.known(&raw, &row("2026-11-28T09:54:00.1234567"))), "same");
        let none = EmployeeRow { id: 7, ..EmployeeRow::default() };
        assert_eq!(word(&rule.known(&rule.raw(&record("Chef"), Some(&none)), &none)), "read");
        for odd in [Value::Null, json!({}), json!({"_read": 5}), json!({"_read": {"at": READ}}), json!([1])] {
            assert_eq!(word(&rule.known(&odd, &row(READ))), "read");
        }
    }
}
