//! From a row of the file to an employee.

use super::fields::{FieldMap, Origin};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, Person, Unreadable};
use crate::files::people::Choices;
use crate::files::people::records::PersonRecord;
use crate::ports::source::SourceRecord;
use crate::vendors::rows;
use serde_json::json;

/// Names of ids at fault, as the holds say them.
const ID: &str = "id";

/// Makes employees of the people of one file.
pub struct Maker {
    pub map: FieldMap,
    pub choices: Choices,
    /// The departments of the source filter; everybody's where there are none.
    pub departments: Vec<String>,
}

impl Maker {
    /// The employee of a record, and what was read of it.
    pub fn record(&self, record: &PersonRecord) -> SourceRecord {
        let mut person = record.person.clone();
        for (field, origin) in self.map.iter() {
            let value = self.value(record, origin);
            // Days are no mapped fields.
            let _ = person.set(field, value);
        }
        let unreadable = record.unread.first().map(|field| Unreadable {
            member: field.key().to_owned(),
            what: format!("{} in row {} is no day that a calendar has", field.words(), record.row),
        });
        let raw = json!({ "row": record.row, "id": record.id, "person": person, "status": record.status });
        let out_of_scope = unreadable.is_none() && !self.in_scope(&person);
        let employee = Employee {
            id: EmployeeId::new(&record.id),
            identifier: record.identifier.clone().unwrap_or_else(|| Identifier::new(&record.id)),
            person,
            manager_id: record.manager_id.clone(),
            status: record.status.clone(),
            unreadable,
        };
        SourceRecord { employee, raw, out_of_scope }
    }

    fn value<'r>(&self, record: &'r PersonRecord, origin: &Origin) -> Option<&'r str> {
        match origin {
            Origin::Read(field) => record.person.text(*field),
            Origin::Head(head) => {
                let at = self.choices.kept.iter().position(|kept| kept == head)?;
                record.kept.get(at).map(String::as_str).filter(|value| !value.is_empty())
            }
            Origin::Nothing => None,
        }
    }

    fn in_scope(&self, person: &Person) -> bool {
        let department = person.text(Field::Department).unwrap_or_default();
        self.departments.is_empty() || self.departments.iter().any(|one| one == department)
    }

    /// What stands for people who share an id, of whom nobody knows which it means. Where it is the identifier too, each stands
    /// apart, so that the planner holds them beside each other; else one record is held for all of them.
    pub fn shared(&self, records: &[PersonRecord]) -> Vec<SourceRecord> {
        let made = records.iter().map(|one| (one, self.record(one)));
        if records.iter().all(|one| one.identifier.as_ref().is_none_or(|identifier| identifier.as_str() == one.id)) {
            let apart = |(one, mut record): (&PersonRecord, SourceRecord)| {
                record.employee.id = EmployeeId::new(format!("{} (row {})", one.id, one.row));
                record
            };
            return made.map(apart).collect();
        }
        let rows: Vec<String> = records.iter().map(|one| one.row.to_string()).collect();
        let one = made.map(|(_, record)| record).next().map(|mut record| {
            record.employee.unreadable = Some(Unreadable {
                member: ID.to_owned(),
                what: format!("the id stands on {} people who are not one (rows {})", rows.len(), rows.join(", ")),
            });
            record.out_of_scope = false;
            record
        });
        one.into_iter().collect()
    }

    /// What stands for somebody without an id.
    pub fn keyless(record: &PersonRecord) -> SourceRecord {
        let unreadable = Some(Unreadable { member: ID.to_owned(), what: "the row has no id".to_owned() });
        let employee = Employee { unreadable, ..rows::nameless(&place(record.row), &[]) };
        SourceRecord { employee, raw: serde_json::Value::Null, out_of_scope: false }
    }
}

/// A row, as holds and warnings name it.
pub fn place(row: u64) -> String {
    format!("people file, row {row}")
}
