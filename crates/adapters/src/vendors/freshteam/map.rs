//! From Freshteam's employees to canonical ones. Pure.

use super::fields::{FieldMap, Group, Origin, Resolved};
use super::wire::{Address, Phone, Record, Row, Text};
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::vendors::rows::{self, Fault, date};
use std::collections::{BTreeMap, BTreeSet};

/// Which question a row answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The plain list.
    Directory,
    Inactive,
    Terminated,
}

/// Names of one group by number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub names: BTreeMap<i64, String>,
    /// Entries that are there but whose names cannot be read.
    pub broken: BTreeSet<i64>,
    /// Those that are still offered.
    pub offered: BTreeSet<String>,
}

/// What is needed to read an employee.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub map: FieldMap,
    pub resolved: Resolved,
    pub groups: BTreeMap<Group, Names>,
    /// Freshteam's own number is the identifier, not the company's staff number.
    pub by_number: bool,
    /// Only people of these departments are in scope; empty takes all.
    pub departments: BTreeSet<String>,
}

impl Mapper {
    /// The employee whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, list: List, record: &Record, mut faults: Vec<Fault>) -> Employee {
        let row = &record.row;
        let mut person = Person {
            first_name: filled(row.first_name.as_deref()),
            last_name: filled(row.last_name.as_deref()),
            known_as: filled(row.nick_name.as_deref()),
            email: filled(row.official_email.as_deref()).or_else(|| filled(row.personal_email.as_deref())),
            date_of_birth: date("date_of_birth", row.date_of_birth.as_deref(), &mut faults),
            start_date: date("joining_date", row.joining_date.as_deref(), &mut faults),
            end_date: date("termination_date", row.termination_date.as_deref(), &mut faults),
            phone: phone(row),
            address: row.address.as_ref().and_then(address),
            postcode: row.address.as_ref().and_then(|address| filled(address.zip_code.as_deref())),
            ..Person::default()
        };
        for (field, origin) in self.map.iter() {
            let value = match origin {
                Origin::Designation => filled(row.designation.as_deref()),
                Origin::EmployeeType => filled(row.employee_type.as_deref()),
                Origin::Group(group) => self.group(*group, row, &mut faults),
                Origin::Custom(_) => self.custom(record, self.resolved.names.get(&field)),
                Origin::Nothing => None,
            };
            if let Err(error) = person.set(field, value.as_deref()) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        let number = row.id.to_string();
        let staff_number = row.employee_id.as_ref().and_then(Text::filled);
        let identifier = if self.by_number { Some(number.clone()) } else { staff_number };
        let mut unreadable = rows::unreadable(&faults);
        if identifier.is_none() && unreadable.is_none() {
            unreadable = Some(Unreadable {
                member: NO_STAFF_NUMBER.to_owned(),
                what: format!("`{NO_STAFF_NUMBER}` is empty, and it is what ties people to their users"),
            });
        }
        Employee {
            identifier: Identifier::new(identifier.unwrap_or_default()),
            id: EmployeeId::new(number),
            person,
            manager_id: row.reporting_to_id.map(|id| EmployeeId::new(id.to_string())),
            status: status(list, row),
            unreadable,
        }
    }

    /// What records depend on beside themselves: names, fields and options.
    pub fn context(&self) -> String {
        let Resolved { names, archived, values, .. } = &self.resolved;
        format!("{names:?} {archived:?} {values:?} {:?}", self.groups)
    }

    /// Whether a person is in the source filter; somebody of whose department nobody can tell is.
    pub fn in_scope(&self, row: &Row, faults: &[Fault]) -> bool {
        if self.departments.is_empty() {
            return true;
        }
        if faults.iter().any(|fault| matches!(fault.member.as_deref(), Some("department_id") | None)) {
            return true;
        }
        let Some((id, names)) = row.department_id.zip(self.groups.get(&Group::Department)) else { return false };
        names.broken.contains(&id) || names.names.get(&id).is_some_and(|name| self.departments.contains(name))
    }

    /// The groups whose lists are read.
    pub fn wanted_groups(map: &FieldMap, departments: &BTreeSet<String>) -> BTreeSet<Group> {
        let mut groups = super::fields::groups_of(map);
        groups.extend((!departments.is_empty()).then_some(Group::Department));
        groups
    }

    fn group(&self, group: Group, row: &Row, faults: &mut Vec<Fault>) -> Option<String> {
        let (id, member) = match group {
            Group::Branch => (row.branch_id, "branch_id"),
            Group::Department => (row.department_id, "department_id"),
            Group::SubDepartment => (row.sub_department_id, "sub_department_id"),
            Group::BusinessUnit => (row.business_unit_id, "business_unit_id"),
            Group::Team => (row.team_id, "team_id"),
        };
        let id = id?;
        let names = self.groups.get(&group)?;
        let name = names.names.get(&id).cloned();
        if name.is_none() {
            let what = if names.broken.contains(&id) {
                "points to a name that cannot be read"
            } else {
                "points to something that its list does not have"
            };
            faults.push(Fault { member: Some(member.to_owned()), what });
        }
        name
    }

    fn custom(&self, record: &Record, name: Option<&String>) -> Option<String> {
        record.custom.as_ref()?.get(name?).cloned()
    }
}

const NO_STAFF_NUMBER: &str = "employee_id";

/// Inactive means leaver (FR08); so does a record that was removed. What the plain list shows without a status nobody knows.
fn status(list: List, row: &Row) -> EmploymentStatus {
    if row.deleted == Some(true) {
        return EmploymentStatus::Ended;
    }
    match (row.status.as_deref().map(str::trim).filter(|word| !word.is_empty()), list) {
        (Some("active"), _) => EmploymentStatus::Active,
        (Some("inactive"), _) | (None, List::Inactive | List::Terminated) => EmploymentStatus::Ended,
        (Some(word), _) => EmploymentStatus::Unclear(word.to_owned()),
        (None, List::Directory) => EmploymentStatus::Unclear("(none)".to_owned()),
    }
}

/// Missing text is null or empty (inferred).
fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The mobile number, else any.
fn phone(row: &Row) -> Option<String> {
    let numbers: Vec<&Phone> = [&row.work_numbers, &row.phone_numbers].into_iter().flatten().flatten().collect();
    let mobile = numbers.iter().find(|phone| phone.name.as_deref() == Some("Mobile"));
    mobile.into_iter().chain(&numbers).find_map(|phone| filled(phone.number.as_deref()))
}

fn address(address: &Address) -> Option<String> {
    let parts: Vec<String> = [&address.street, &address.city, &address.state]
        .into_iter()
        .filter_map(|part| filled(part.as_deref()))
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::*;
    use crate::ports::connect::ConnectParts;

    fn mapper(by_number: bool, departments: &[&str]) -> Mapper {
        let names = |rows: &[(i64, &str)]| Names {
            names: rows.iter().map(|(id, name)| (*id, (*name).to_owned())).collect(),
            broken: [9].into(),
            ..Names::default()
        };
        Mapper {
            map: fields::map_of(&ConnectParts::default()).unwrap(),
            resolved: Resolved::default(),
            groups: [(Group::Branch, names(&[(1, "Leeds")])), (Group::Department, names(&[(2, "Finance")]))].into(),
            by_number,
            departments: departments.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn row() -> Row {
        let text = |text: &str| Some(text.to_owned());
        Row {
            id: 3_000_012_345,
            employee_id: Some(Text::Text("RG-118".into())),
            first_name: text("Jonas"),
            nick_name: text(" "),
            personal_email: text("j@home.example"),
            official_email: text(""),
            designation: text("Payroll Analyst"),
            status: text("active"),
            branch_id: Some(1),
            department_id: Some(2),
            reporting_to_id: Some(3_000_012_001),
            phone_numbers: Some(vec![
                Phone { name: text("Home"), number: text("0113") },
                Phone { name: text("Mobile"), number: text("0770") },
            ]),
            ..Row::default()
        }
    }

    fn employee(mapper: &Mapper, list: List, row: Row) -> Employee {
        mapper.employee(list, &Record { row, custom: None }, Vec::new())
    }

    #[test]
    fn an_employee_is_known_by_number_and_tied_by_staff_number() {
        let one = employee(&mapper(false, &[]), List::Directory, row());
        assert_eq!((one.id.as_str(), one.identifier.as_str()), ("3000012345", "RG-118"));
        assert_eq!(one.manager_id.as_ref().map(|id| id.as_str()), Some("3000012001"));
        let person = &one.person;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!((&person.email, &person.known_as, &person.phone), (&text("j@home.example"), &None, &text("0770")));
        assert_eq!((&person.branch, &person.department), (&text("Leeds"), &text("Finance")));
        assert_eq!(employee(&mapper(true, &[]), List::Directory, row()).identifier.as_str(), "3000012345");
        let without = Row { employee_id: Some(Text::Text(" ".into())), ..row() };
        let held = employee(&mapper(false, &[]), List::Directory, without.clone());
        assert_eq!(held.unreadable.unwrap().member, "employee_id");
        assert_eq!(employee(&mapper(true, &[]), List::Directory, without).unreadable, None);
    }

    #[test]
    fn inactive_and_removed_people_have_left_and_an_unknown_word_is_neither() {
        let of = |list, status: Option<&str>, deleted| {
            let row = Row { status: status.map(str::to_owned), deleted, ..row() };
            employee(&mapper(false, &[]), list, row).status
        };
        assert_eq!(of(List::Directory, Some("active"), Some(false)), EmploymentStatus::Active);
        assert_eq!(of(List::Terminated, Some("active"), None), EmploymentStatus::Active, "its end date decides");
        assert_eq!(of(List::Directory, Some("inactive"), None), EmploymentStatus::Ended);
        assert_eq!(of(List::Directory, Some("active"), Some(true)), EmploymentStatus::Ended);
        assert_eq!(of(List::Inactive, None, None), EmploymentStatus::Ended);
        assert_eq!(of(List::Directory, None, None), EmploymentStatus::Unclear("(none)".into()));
        assert_eq!(of(List::Inactive, Some("on_leave"), None), EmploymentStatus::Unclear("on_leave".into()));
    }

    #[test]
    fn names_that_are_not_there_hold_and_the_filter_takes_whoever_may_be_meant() {
        let of = |department| Row { department_id: department, ..row() };
        let what =
            |department| employee(&mapper(false, &[]), List::Directory, of(department)).unreadable.map(|one| one.what);
        assert_eq!(what(None), None);
        assert_eq!(what(Some(9)).as_deref(), Some("`department_id` points to a name that cannot be read"));
        assert_eq!(what(Some(7)).as_deref(), Some("`department_id` points to something that its list does not have"));
        let filter = mapper(false, &["Finance"]);
        assert!(filter.in_scope(&of(Some(2)), &[]) && filter.in_scope(&of(Some(9)), &[]));
        assert!(!filter.in_scope(&of(None), &[]) && !mapper(false, &["Kitchen"]).in_scope(&of(Some(2)), &[]));
        let broken = [Fault { member: Some("department_id".into()), what: "holds a text" }];
        assert!(filter.in_scope(&of(None), &broken));
    }
}
