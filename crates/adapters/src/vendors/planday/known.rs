//! Which details need not be read again: the lists tell when a record was last changed (planday.md 1.6, `dateTimeModified`).
//! When that is believed, and why no further: [`crate::vendors::reuse`].

use super::fields::Resolved;
use super::wire::{EmployeeRow, Record};
use crate::vendors::reuse::{self, Verdict};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// Changes with what a kept record means, so that records of an older build are read anew.
const FORM: &str = "1";

/// The rule for one pull.
pub struct Reuse(reuse::Reuse);

/// What is known of one person.
pub enum Known {
    /// The record as it would be read.
    Same(Box<Record>),
    /// The row is the same, but the detail has to be read; should it differ from this one, times are not to be trusted.
    Compare(Box<Record>),
    Nothing,
}

impl Reuse {
    /// `trusted` is false where nothing may be taken over.
    pub fn new(portal: i64, resolved: &Resolved, now: Timestamp, trusted: bool) -> Self {
        Self(reuse::Reuse { setting: format!("{FORM} {portal} {:?}", resolved.fields), now, trusted })
    }

    /// The raw record as it is kept, marked where a detail is part of it.
    pub fn raw(&self, record: &Record, list_row: Option<&EmployeeRow>) -> Value {
        let mut raw = serde_json::to_value(record).unwrap_or_default();
        if let Some(row) = list_row {
            self.0.mark(&mut raw, row);
        }
        raw
    }

    /// The same record, with the mark of the pull that read it.
    pub fn raw_again(&self, record: &Record, known: &Value) -> Value {
        let mut raw = serde_json::to_value(record).unwrap_or_default();
        reuse::Reuse::mark_again(&mut raw, known);
        raw
    }

    /// What a kept record says of a person whose row of the list is this one now.
    pub fn known(&self, raw: &Value, row: &EmployeeRow) -> Known {
        let verdict = self.0.verdict(raw, row, row.date_time_modified.as_deref());
        match (verdict, record_of(raw)) {
            (Verdict::Same, Some(record)) => Known::Same(Box::new(record)),
            (Verdict::Compare, Some(record)) => Known::Compare(Box::new(record)),
            _ => Known::Nothing,
        }
    }
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
    use serde_json::json;

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
        let mut distrust = rule("2026-11-28T10:05:00Z", &chef);
        distrust.0.trusted = false;
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
