//! From Planday's records to canonical employees. Pure.

use super::fields::{FieldMap, Origin, Resolved, Value, read_value};
use super::wire::EmployeeRow;
use crate::domain::email::{Addresses, addresses};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person};
use crate::ports::source::SourceRecord;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Which list a row came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Active,
    Deactivated,
}

/// What is needed to read a row.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub portal: i64,
    pub map: FieldMap,
    pub resolved: Resolved,
    /// Department id to name.
    pub departments: BTreeMap<i64, String>,
    /// Names in scope; empty takes everybody.
    pub scope: BTreeSet<String>,
}

/// What was odd about rows, counted for the warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities {
    pub unknown_options: u32,
    pub unreadable_dates: u32,
    pub birth_dates: u32,
    pub active: u32,
}

impl Mapper {
    /// Joins a list row with its detail (leavers have none) into one record.
    pub fn record(
        &self,
        list: List,
        row: EmployeeRow,
        detail: Option<EmployeeRow>,
        odd: &mut Oddities,
    ) -> SourceRecord {
        let row = match detail {
            Some(detail) => joined(row, detail),
            None => row,
        };
        let row = self.cut(row);
        let out_of_scope = !self.in_scope(&row);
        let employee = self.employee(list, &row, odd);
        let raw = serde_json::to_value(&row).unwrap_or_default();
        SourceRecord { employee, raw, out_of_scope }
    }

    /// Custom fields that are not mapped may hold anything, health notes too: they are not kept.
    fn cut(&self, mut row: EmployeeRow) -> EmployeeRow {
        let mapped: BTreeSet<&str> = self.resolved.fields.values().map(|defined| defined.member.as_str()).collect();
        row.custom.0.retain(|member, _| mapped.contains(member.as_str()));
        row
    }

    fn in_scope(&self, row: &EmployeeRow) -> bool {
        let mut ids = row.departments.iter().flatten().chain(row.primary_department_id.iter());
        self.scope.is_empty()
            || ids.any(|id| self.departments.get(id).is_some_and(|name| self.scope.contains(name.trim())))
    }

    fn employee(&self, list: List, row: &EmployeeRow, odd: &mut Oddities) -> Employee {
        let ended = list == List::Deactivated || row.is_deactivated == Some(true);
        let date_of_birth = date(row.birth_date.as_deref(), odd);
        if !ended {
            odd.active += 1;
            odd.birth_dates += u32::from(date_of_birth.is_some());
        }
        let person = Person {
            first_name: filled(row.first_name.as_deref()),
            last_name: filled(row.last_name.as_deref()),
            known_as: None,
            email: email(row),
            date_of_birth,
            job_title: self.value(Field::JobTitle, &self.map.job_title, row, odd),
            branch: self.value(Field::Branch, &self.map.branch, row, odd),
            department: self.value(Field::Department, &self.map.department, row, odd),
            start_date: date(row.hired_from.as_deref().or(row.hired_date.as_deref()), odd),
            end_date: date(row.deactivation_date.as_deref(), odd),
            phone: filled(row.cell_phone.as_deref()).or_else(|| filled(row.phone.as_deref())),
            address: address(row),
            postcode: filled(row.zip.as_deref()),
        };
        Employee {
            id: EmployeeId::new(row.id.to_string()),
            // Employee ids are unique only inside a portal (PL02).
            identifier: Identifier::new(format!("{}_{}", self.portal, row.id)),
            person,
            manager_id: row.supervisor_employee_id.map(|id| EmployeeId::new(id.to_string())),
            status: if ended { EmploymentStatus::Ended } else { EmploymentStatus::Active },
        }
    }

    fn value(&self, field: Field, origin: &Origin, row: &EmployeeRow, odd: &mut Oddities) -> Option<String> {
        match origin {
            Origin::BuiltIn => filled(row.job_title.as_deref()),
            Origin::PrimaryDepartment => self.primary_department(row),
            Origin::Nothing => None,
            Origin::Custom(_) => {
                let defined = self.resolved.fields.get(&field)?;
                match read_value(defined, row.custom.0.get(&defined.member)) {
                    Value::Text(text) => Some(text),
                    Value::Blank => None,
                    Value::UnknownOption => {
                        odd.unknown_options += 1;
                        None
                    }
                }
            }
        }
    }

    /// The leaver list has no primary department: an only one stands for it.
    fn primary_department(&self, row: &EmployeeRow) -> Option<String> {
        let only = match row.departments.as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        };
        let name = self.departments.get(&row.primary_department_id.or(only)?)?;
        filled(Some(name))
    }
}

/// The detail wins; what only the list has (`hiredDate`, the birth date asked for by `special`) is kept.
fn joined(row: EmployeeRow, detail: EmployeeRow) -> EmployeeRow {
    EmployeeRow {
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
        ..detail
    }
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

/// A plain date, or the day of a date-time (planday.md 1.6).
fn date(text: Option<&str>, odd: &mut Oddities) -> Option<Date> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let day = text.split(['T', ' ']).next().unwrap_or(text);
    let date = day.parse::<Date>().ok();
    odd.unreadable_dates += u32::from(date.is_none());
    date
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendors::parameters::ConnectParts;
    use crate::vendors::planday::wire::FieldDefinitions;
    use jiff::civil::date as day;
    use serde_json::json;

    fn mapper(scope: &[&str]) -> Mapper {
        let definitions: FieldDefinitions = serde_json::from_value(json!({
            "properties": {
                "custom_1": {"$ref": "#/definitions/a", "description": "Job title (Flow)"},
                "custom_2": {"$ref": "#/definitions/b", "description": "Branch (Flow)"}
            },
            "definitions": {
                "a": {"anyOf": [{"type": "integer", "enum": [501], "values": ["Sous Chef"]}, {"type": "null"}]},
                "b": {"anyOf": [{"type": "integer", "enum": [601], "values": ["Brighton"]}, {"type": "null"}]}
            }
        }))
        .unwrap();
        let map = FieldMap::of(&ConnectParts::default()).unwrap();
        Mapper {
            portal: 40817,
            resolved: Resolved::of(&map, &definitions),
            map,
            departments: BTreeMap::from([(7712, "Kitchen".to_owned()), (7713, "Bar ".to_owned())]),
            scope: scope.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn row(value: serde_json::Value) -> EmployeeRow {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn list_and_detail_make_one_employee() {
        let list = row(
            json!({"id": 318245, "firstName": "Ines", "lastName": "Halloran ", "email": "", "userName": "ines@h.example",
            "hiredDate": "2024-03-11", "birthDate": "1996-08-21T00:00:00", "cellPhone": "+447700900123", "departments": [7712, 7713]}),
        );
        let detail =
            row(json!({"id": 318245, "firstName": "Ines", "hiredFrom": "2024-03-12", "supervisorEmployeeId": 300017,
            "deactivationDate": "2030-01-31", "isDeactivated": false, "cellPhone": "7700900123",
            "custom_1": {"name": "Job title (Flow)", "type": "Dropdown", "value": 501},
            "custom_2": {"name": "Branch (Flow)", "type": "Dropdown", "value": "Brighton"},
            "custom_9": {"name": "Allergies", "type": "Text", "value": "nuts"}}));
        let mut odd = Oddities::default();
        let record = mapper(&["Bar"]).record(List::Active, list, Some(detail), &mut odd);
        let employee = &record.employee;
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
        assert!(!record.out_of_scope);
        assert!(!record.raw.to_string().contains("nuts"));
    }

    #[test]
    fn leavers_end_and_scope_is_by_department_name() {
        let mut odd = Oddities::default();
        let leaver = row(json!({"id": 5, "firstName": " ", "departments": [7712], "birthDate": "yesterday"}));
        let record = mapper(&["Bar"]).record(List::Deactivated, leaver, None, &mut odd);
        assert_eq!(record.employee.status, EmploymentStatus::Ended);
        assert_eq!(record.employee.person.first_name, None);
        assert!(record.out_of_scope);
        assert_eq!(odd.unreadable_dates, 1);
    }
}
