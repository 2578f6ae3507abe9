//! From PeopleHR's records to canonical employees. Pure.

use super::fields::{FieldMap, Origin};
use super::wire::Record;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person};
use crate::vendors::rows::{self, Fault, date};
use std::collections::BTreeSet;

/// What is needed to read a row.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub map: FieldMap,
    /// Only people of this company are in scope; `None` takes all (PE02).
    pub company: Option<String>,
    /// Only people of these departments are in scope; empty takes all.
    pub departments: BTreeSet<String>,
}

impl Mapper {
    /// The employee whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, record: &Record, mut faults: Vec<Fault>) -> Employee {
        let id = record.employee_id.clone().unwrap_or_default();
        let mut person = Person {
            first_name: record.first_name.clone(),
            last_name: record.last_name.clone(),
            known_as: record.known_as.clone(),
            email: record.email_id.clone(),
            date_of_birth: date("DateOfBirth", record.date_of_birth.as_deref(), &mut faults),
            start_date: date("StartDate", record.start_date.as_deref(), &mut faults),
            end_date: date("LeavingDate", record.leaving_date.as_deref(), &mut faults),
            phone: [&record.mobile, &record.work_phone_number, &record.personal_phone_number]
                .into_iter()
                .find_map(Clone::clone),
            address: record.address.as_deref().map(in_one_line),
            ..Person::default()
        };
        for (field, origin) in self.map.iter() {
            if let Err(error) = person.set(field, value(record, *origin).as_deref()) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        Employee {
            identifier: Identifier::new(id.clone()),
            id: EmployeeId::new(id),
            person,
            manager_id: record.reports_to_employee_id.clone().map(EmployeeId::new),
            status: status(record.employee_status.as_deref()),
            unreadable: rows::unreadable(&faults),
        }
    }

    /// Whether a person is in the source filter; somebody of whose company or department nobody can tell is.
    pub fn in_scope(&self, record: &Record, faults: &[Fault]) -> bool {
        let is_broken = |member: &str| faults.iter().any(|fault| fault.member.as_deref() == Some(member));
        let of_company = self.company.as_deref().is_none_or(|wanted| {
            is_broken("Company") || record.company.as_deref().is_some_and(|own| is_same(own, wanted))
        });
        let of_department = self.departments.is_empty()
            || is_broken("Department")
            || record.department.as_deref().is_some_and(|own| self.departments.contains(own));
        of_company && of_department
    }
}

/// Names are typed by hand on both sides: case and blanks tell no two companies apart.
pub fn is_same(one: &str, other: &str) -> bool {
    let folded = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded(one) == folded(other)
}

/// "1" is current, "2" a leaver (client). Accounts that do not send it tell a leaver by the leaving date alone, which the
/// planner holds against the tenant's day; a date ahead ends nobody, for the leaver wizard writes it while the person still
/// works [doc; inferred].
fn status(word: Option<&str>) -> EmploymentStatus {
    match word {
        None | Some("1") => EmploymentStatus::Active,
        Some("2") => EmploymentStatus::Ended,
        Some(word) => EmploymentStatus::Unclear(word.to_owned()),
    }
}

fn value(record: &Record, origin: Origin) -> Option<String> {
    match origin {
        Origin::JobRole => record.job_role.clone(),
        Origin::Location => record.location.clone(),
        Origin::Department => record.department.clone(),
        Origin::Company => record.company.clone(),
        Origin::Custom(name) => record.custom.get(name).cloned().flatten(),
        Origin::Nothing => None,
    }
}

/// An address is one text, of several lines.
fn in_one_line(address: &str) -> String {
    let lines = address.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::*;
    use crate::ports::connect::ConnectParts;
    use jiff::civil::date as day;

    fn mapper(company: Option<&str>, departments: &[&str]) -> Mapper {
        Mapper {
            map: fields::map_of(&ConnectParts::default()).unwrap(),
            company: company.map(str::to_owned),
            departments: departments.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn record(change: impl FnOnce(&mut Record)) -> Record {
        let text = |text: &str| Some(text.to_owned());
        let mut record = Record {
            employee_id: text("HK204"),
            first_name: text("Margaret"),
            known_as: text("Maggie"),
            job_role: text("General Manager"),
            location: text("Brighton Marina"),
            department: text("Operations"),
            company: text("Harbour Kitchens Ltd"),
            start_date: text("2021-09-06"),
            reports_to_employee_id: text("HK12"),
            work_phone_number: text("01273 600100"),
            address: text("1 High Street,\r\n\r\n Brighton\nBN1 1AA"),
            ..Record::default()
        };
        change(&mut record);
        record
    }

    #[test]
    fn every_field_arrives() {
        let employee = mapper(None, &[]).employee(&record(|_| {}), Vec::new());
        assert_eq!((employee.id.as_str(), employee.identifier.as_str()), ("HK204", "HK204"));
        assert_eq!(employee.manager_id, Some(EmployeeId::new("HK12")));
        assert_eq!((employee.status, employee.unreadable), (EmploymentStatus::Active, None));
        let text = |text: &str| Some(text.to_owned());
        let person = Person {
            first_name: text("Margaret"),
            known_as: text("Maggie"),
            job_title: text("General Manager"),
            branch: text("Brighton Marina"),
            department: text("Operations"),
            start_date: Some(day(2021, 9, 6)),
            phone: text("01273 600100"),
            address: text("1 High Street, Brighton, BN1 1AA"),
            ..Person::default()
        };
        assert_eq!(employee.person, person);
    }

    #[test]
    fn status_two_ends_and_a_date_ahead_does_not() {
        let status = |word: Option<&str>, leaving: &str| {
            let record = record(|record| {
                record.employee_status = word.map(str::to_owned);
                record.leaving_date = Some(leaving.to_owned());
            });
            mapper(None, &[]).employee(&record, Vec::new()).status
        };
        assert_eq!(status(Some("1"), "2099-01-31"), EmploymentStatus::Active);
        assert_eq!(status(None, "2099-01-31"), EmploymentStatus::Active);
        assert_eq!(status(Some("2"), "2099-01-31"), EmploymentStatus::Ended);
        assert_eq!(status(Some("3"), "2099-01-31"), EmploymentStatus::Unclear("3".into()));
        let odd = record(|record| record.leaving_date = Some("31/01/2026".into()));
        let why = mapper(None, &[]).employee(&odd, Vec::new()).unreadable.unwrap();
        assert_eq!(
            (why.member.as_str(), why.what.as_str()),
            ("LeavingDate", "`LeavingDate` holds a text that is no date")
        );
    }

    #[test]
    fn the_filter_takes_its_company_and_whoever_may_be_of_it() {
        let in_scope = |mapper: &Mapper, company: Option<&str>, faults: &[Fault]| {
            mapper.in_scope(&record(|record| record.company = company.map(str::to_owned)), faults)
        };
        let filter = mapper(Some("harbour  kitchens LTD"), &[]);
        assert!(in_scope(&filter, Some("Harbour Kitchens Ltd"), &[]));
        assert!(!in_scope(&filter, Some("Harbour Kitchens Ltd (Group)"), &[]));
        assert!(!in_scope(&filter, None, &[]));
        let broken = [Fault { member: Some("Company".into()), what: "holds a number" }];
        assert!(in_scope(&filter, None, &broken), "held, not left out");
        assert!(in_scope(&mapper(None, &[]), None, &[]));
        assert!(in_scope(&mapper(None, &["Operations"]), None, &[]));
        assert!(!in_scope(&mapper(None, &["Kitchen"]), None, &[]));
    }
}
