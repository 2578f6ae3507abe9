//! From Planday's records to canonical employees. Pure.

use super::fields::{FieldMap, Origin, Resolved, Value, read_value};
use super::wire::{EmployeeRow, Record};
use crate::domain::email::{Addresses, addresses};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::vendors::rows::{self, Fault, date};
use std::collections::{BTreeMap, BTreeSet};

/// Which list a row came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Active,
    Deactivated,
}

/// Departments, the names of all that can be read.
#[derive(Debug, Clone, Default)]
pub struct Departments {
    pub names: BTreeMap<i64, String>,
    /// Departments that are there but whose names cannot be read.
    pub broken: BTreeSet<i64>,
}

/// What is needed to read a row.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub portal: i64,
    pub map: FieldMap,
    pub resolved: Resolved,
    pub departments: Departments,
    /// Names in scope; empty takes everybody.
    pub scope: BTreeSet<String>,
}

/// What was odd about rows, counted for the warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MappingWarnings {
    pub unknown_options: u32,
    pub birth_dates: u32,
    pub active: u32,
}

impl Mapper {
    /// The employee whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, list: List, record: &Record, mut faults: Vec<Fault>, odd: &mut MappingWarnings) -> Employee {
        let row = &record.row;
        let ended = list == List::Deactivated || row.is_deactivated == Some(true);
        let date_of_birth = date("birthDate", row.birth_date.as_deref(), &mut faults);
        if !ended {
            odd.active += 1;
            odd.birth_dates += u32::from(date_of_birth.is_some());
        }
        let (hired, hired_name) = match &row.hired_from {
            Some(text) => (Some(text.as_str()), "hiredFrom"),
            None => (row.hired_date.as_deref(), "hiredDate"),
        };
        let mut person = Person {
            first_name: filled(row.first_name.as_deref()),
            last_name: filled(row.last_name.as_deref()),
            email: email(row),
            date_of_birth,
            start_date: date(hired_name, hired, &mut faults),
            end_date: date("deactivationDate", row.deactivation_date.as_deref(), &mut faults),
            phone: filled(row.cell_phone.as_deref()).or_else(|| filled(row.phone.as_deref())),
            address: address(row),
            postcode: filled(row.zip.as_deref()),
            ..Person::default()
        };
        for (field, origin) in self.map.iter() {
            let value = self.value(field, origin, record, &mut faults, odd);
            if let Err(error) = person.set(field, value.as_deref()) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        if !self.scope.is_empty() && self.in_broken_department(row) {
            faults.push(NO_DEPARTMENT);
        }
        Employee {
            id: EmployeeId::new(row.id.to_string()),
            identifier: self.identifier(&row.id.to_string()),
            person,
            manager_id: row.supervisor_employee_id.map(|id| EmployeeId::new(id.to_string())),
            status: if ended { EmploymentStatus::Ended } else { EmploymentStatus::Active },
            unreadable: self.unreadable(&faults),
        }
    }

    /// A row whose id cannot be read, known by its place in the list.
    pub fn nameless(&self, list: List, place: &str, faults: &[Fault]) -> Employee {
        Employee {
            identifier: self.identifier(place),
            status: match list {
                List::Active => EmploymentStatus::Active,
                List::Deactivated => EmploymentStatus::Ended,
            },
            unreadable: self.unreadable(faults),
            ..rows::nameless(place, faults)
        }
    }

    /// Employee ids are unique only inside a portal (PL02).
    fn identifier(&self, id: &str) -> Identifier {
        Identifier::new(format!("{}_{id}", self.portal))
    }

    /// The faults of a record in words; custom fields by their labels.
    fn unreadable(&self, faults: &[Fault]) -> Option<Unreadable> {
        let labelled = |fault: &Fault| {
            let custom = self.resolved.fields.values().find(|field| fault.member.as_deref() == Some(&field.member));
            Fault { member: custom.map(|field| field.label.clone()).or_else(|| fault.member.clone()), what: fault.what }
        };
        rows::unreadable(&faults.iter().map(labelled).collect::<Vec<_>>())
    }

    /// Custom fields that are not mapped may hold anything, health notes too: they are not kept.
    pub fn cut(&self, mut record: Record) -> Record {
        let mapped = self.resolved.members();
        record.custom.retain(|member, _| mapped.contains(member.as_str()));
        record
    }

    /// Whether a person is in the source filter; somebody of whose department nobody can tell is.
    pub fn in_scope(&self, row: &EmployeeRow) -> bool {
        let mut names = departments_of(row).filter_map(|id| self.departments.names.get(&id));
        self.scope.is_empty() || self.in_broken_department(row) || names.any(|name| self.scope.contains(name.trim()))
    }

    fn in_broken_department(&self, row: &EmployeeRow) -> bool {
        departments_of(row).any(|id| self.departments.broken.contains(&id))
    }

    fn value(
        &self,
        field: Field,
        origin: &Origin,
        record: &Record,
        faults: &mut Vec<Fault>,
        odd: &mut MappingWarnings,
    ) -> Option<String> {
        match origin {
            Origin::BuiltIn => filled(record.row.job_title.as_deref()),
            Origin::PrimaryDepartment => self.primary_department(&record.row, faults),
            Origin::Nothing => None,
            Origin::Custom(_) => {
                let defined = self.resolved.fields.get(&field)?;
                match read_value(defined, record.custom.get(&defined.member)) {
                    Value::Text(text) => Some(text),
                    Value::Blank => None,
                    Value::UnknownOption => {
                        odd.unknown_options += 1;
                        None
                    }
                    Value::Odd(what) => {
                        faults.push(Fault { member: Some(defined.member.clone()), what });
                        None
                    }
                }
            }
        }
    }

    /// The leaver list has no primary department: an only one stands for it.
    fn primary_department(&self, row: &EmployeeRow, faults: &mut Vec<Fault>) -> Option<String> {
        let only = match row.departments.as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        };
        let id = row.primary_department_id.or(only)?;
        if self.departments.broken.contains(&id) {
            faults.push(NO_DEPARTMENT);
        }
        filled(self.departments.names.get(&id).map(String::as_str))
    }
}

const NO_DEPARTMENT: Fault = Fault { member: None, what: "is of a department whose name cannot be read" };

fn departments_of(row: &EmployeeRow) -> impl Iterator<Item = i64> {
    row.departments.iter().flatten().chain(row.primary_department_id.iter()).copied()
}

/// A row of the list with its detail. The detail wins; what only the list has (`hiredDate`, the birth date asked for by
/// `special`) is kept.
pub fn joined(row: EmployeeRow, detail: Record) -> Record {
    let Record { row: detail, custom } = detail;
    let row = EmployeeRow {
        first_name: detail.first_name.or(row.first_name),
        last_name: detail.last_name.or(row.last_name),
        email: detail.email.or(row.email),
        user_name: detail.user_name.or(row.user_name),
        hired_date: row.hired_date,
        deactivation_date: detail.deactivation_date.or(row.deactivation_date),
        date_time_created: detail.date_time_created.or(row.date_time_created),
        date_time_modified: detail.date_time_modified.or(row.date_time_modified),
        date_time_deleted: row.date_time_deleted,
        birth_date: detail.birth_date.or(row.birth_date),
        departments: detail.departments.or(row.departments),
        primary_department_id: detail.primary_department_id.or(row.primary_department_id),
        employee_type_id: detail.employee_type_id.or(row.employee_type_id),
        salary_identifier: detail.salary_identifier.or(row.salary_identifier),
        // The list has the dialling prefix, the detail has not.
        cell_phone: row.cell_phone.or(detail.cell_phone),
        phone: row.phone.or(detail.phone),
        street1: detail.street1.or(row.street1),
        street2: detail.street2.or(row.street2),
        zip: detail.zip.or(row.zip),
        city: detail.city.or(row.city),
        // The list's numbers have them.
        cell_phone_country_prefix: serde_json::Value::Null,
        phone_country_prefix: serde_json::Value::Null,
        ..detail
    };
    Record { row, custom }
}

/// `None` for blank; otherwise the text as it is: inner and trailing blanks are for the mapping to show.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// The primary address, else the login name where that is an address. Of several addresses in the field it is the one that
/// the person logs in with; where it is none of them, the planner asks.
fn email(row: &EmployeeRow) -> Option<String> {
    let login = filled(row.user_name.as_deref()).filter(|name| name.contains('@'));
    let Some(email) = filled(row.email.as_deref()) else { return login };
    let is_several = matches!(addresses(&email), Addresses::Several(_));
    let lower = email.to_lowercase();
    match login.map(|login| login.trim().to_owned()).filter(|_| is_several) {
        Some(login) if one_of(&lower, &login.to_lowercase()) => Some(login),
        _ => Some(email),
    }
}

/// Whether an address stands whole among those of a field.
fn one_of(field: &str, address: &str) -> bool {
    field
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '/' | '|' | '<' | '>'))
        .any(|part| part == address)
}

fn address(row: &EmployeeRow) -> Option<String> {
    let parts: Vec<&str> = [&row.street1, &row.street2, &row.city]
        .into_iter()
        .filter_map(|part| part.as_deref().map(str::trim).filter(|part| !part.is_empty()))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::connect::ConnectParts;
    use crate::vendors::planday::wire::{FieldDefinitions, Read};
    use jiff::civil::date as day;
    use serde_json::json;
    use serde_json::value::to_raw_value;

    fn mapper(scope: &[&str]) -> Mapper {
        let definitions = FieldDefinitions::of(
            &to_raw_value(&json!({
                "properties": {
                    "custom_1": {"$ref": "#/definitions/a", "description": "Job title (Flow)"},
                    "custom_2": {"$ref": "#/definitions/b", "description": "Branch (Flow)"}
                },
                "definitions": {
                    "a": {"anyOf": [{"type": "integer", "enum": [501], "values": ["Sous Chef"]}, {"type": "null"}]},
                    "b": {"anyOf": [{"type": "integer", "enum": [601], "values": ["Brighton"]}, {"type": "null"}]}
                }
            }))
            .unwrap(),
        );
        let map = super::super::fields::map_of(&ConnectParts::default()).unwrap();
        let names = BTreeMap::from([(7712, "Kitchen".to_owned()), (7713, "Bar ".to_owned())]);
        Mapper {
            portal: 40817,
            resolved: Resolved::of(&map, &definitions).unwrap(),
            map,
            departments: Departments { names, broken: BTreeSet::from([7714]) },
            scope: scope.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn read(value: &serde_json::Value) -> Record {
        let everything = BTreeSet::from(["custom_1", "custom_2", "custom_9"]);
        Read::of(&to_raw_value(value).unwrap(), &everything).record.unwrap()
    }

    fn employee(mapper: &Mapper, list: List, record: &Record) -> Employee {
        mapper.employee(list, record, Vec::new(), &mut MappingWarnings::default())
    }

    #[test]
    fn list_and_detail_make_one_employee() {
        let list = read(
            &json!({"id": 318245, "firstName": "Ines", "lastName": "Halloran ", "email": "", "userName": "ines@h.example",
            "hiredDate": "2024-03-11", "birthDate": "1996-08-21T00:00:00", "cellPhone": "+447700900123", "departments": [7712, 7713]}),
        );
        let detail =
            read(&json!({"id": 318245, "firstName": "Ines", "hiredFrom": "2024-03-12", "supervisorEmployeeId": 300017,
            "deactivationDate": "2030-01-31", "isDeactivated": false, "cellPhone": "7700900123",
            "custom_1": {"name": "Job title (Flow)", "type": "Dropdown", "value": 501},
            "custom_2": {"name": "Branch (Flow)", "type": "Dropdown", "value": "Brighton"},
            "custom_9": {"name": "Allergies", "type": "Text", "value": "nuts"}}));
        let mapper = mapper(&["Bar"]);
        let record = mapper.cut(joined(list.row, detail));
        let employee = employee(&mapper, List::Active, &record);
        assert_eq!(employee.identifier.as_str(), "40817_318245");
        assert_eq!(employee.status, EmploymentStatus::Active, "a leaving date ahead does not end it");
        assert_eq!(employee.person.end_date, Some(day(2030, 1, 31)));
        assert_eq!(employee.person.last_name.as_deref(), Some("Halloran "));
        assert_eq!(employee.person.email.as_deref(), Some("ines@h.example"));
        assert_eq!(employee.person.date_of_birth, Some(day(1996, 8, 21)));
        assert_eq!(employee.person.start_date, Some(day(2024, 3, 12)));
        assert_eq!(employee.person.job_title.as_deref(), Some("Sous Chef"));
        assert_eq!(employee.person.branch.as_deref(), Some("Brighton"));
        assert_eq!(employee.person.phone.as_deref(), Some("+447700900123"));
        assert_eq!(employee.manager_id.as_ref().map(EmployeeId::as_str), Some("300017"));
        assert_eq!(employee.unreadable, None);
        assert!(mapper.in_scope(&record.row));
        assert!(!serde_json::to_string(&record).unwrap().contains("nuts"));
    }

    #[test]
    fn leavers_end_and_scope_is_by_department_name() {
        let leaver = read(&json!({"id": 5, "firstName": " ", "departments": [7712], "birthDate": "1990-01-02"}));
        let mapper = mapper(&["Bar"]);
        let employee = employee(&mapper, List::Deactivated, &leaver);
        assert_eq!((employee.status, employee.person.first_name), (EmploymentStatus::Ended, None));
        assert!(!mapper.in_scope(&leaver.row));
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_value() {
        let odd = read(&json!({"id": 5, "birthDate": "yesterday", "deactivationDate": "31-13-2026",
            "custom_1": {"value": [501]}, "custom_2": {"value": 1e30}}));
        let unreadable = employee(&mapper(&[]), List::Active, &odd).unreadable.unwrap();
        assert_eq!(unreadable.member, "birthDate");
        assert_eq!(
            unreadable.what,
            "`birthDate` holds a text that is no date, `deactivationDate` holds a text that is no date, \
             `Job title (Flow)` holds a list and 1 more"
        );
    }

    #[test]
    fn a_department_that_cannot_be_read_leaves_nobody_out() {
        let person = read(&json!({"id": 5, "departments": [7714]}));
        let mapper = mapper(&["Bar"]);
        assert!(mapper.in_scope(&person.row));
        let unreadable = employee(&mapper, List::Active, &person).unreadable.unwrap();
        assert_eq!(unreadable.what, "the record is of a department whose name cannot be read");
        let nobody = mapper.nameless(List::Active, "active employees, row 37", &[NO_DEPARTMENT]);
        assert_eq!(nobody.identifier.as_str(), "40817_active employees, row 37");
    }
}
