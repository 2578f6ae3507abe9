//! From BambooHR's people to canonical employees. Pure.

use super::NAME;
use super::client::forbidden;
use super::details::{Detail, Everybody};
use super::fields::{self, Resolved};
use super::wire::{
    DATE_OF_BIRTH, EMPLOYEE_NUMBER, FIRST_NAME, HIRE_DATE, HOME_EMAIL, LAST_NAME, Listed, MOBILE_PHONE, PREFERRED_NAME,
    Record, STATUS, SUPERVISOR_E_ID, SUPERVISOR_ID, TERMINATION_DATE, WORK_EMAIL, Wanted, quoted,
};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::domain::snapshot::ArchivedField;
use crate::ports::api::ApiError;
use crate::vendors::rows::{self, Fault, date};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashSet};

/// The word of somebody who is inactive and has no date that says why; an operator may say once what it means.
pub const UNDATED: &str = "Inactive without a termination date";

/// The member by which people are filtered.
const DEPARTMENT: &str = "department";

/// The standard fields with the members that feed them.
const FEEDS: [(Field, &str); 7] = [
    (Field::FirstName, FIRST_NAME),
    (Field::LastName, LAST_NAME),
    (Field::KnownAs, PREFERRED_NAME),
    (Field::Email, WORK_EMAIL),
    (Field::Email, HOME_EMAIL),
    (Field::DateOfBirth, DATE_OF_BIRTH),
    (Field::Phone, MOBILE_PHONE),
];

/// What is needed to read a person.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub resolved: Resolved,
    /// The company's own number is the identifier, not BambooHR's.
    by_number: bool,
    /// Only people of these departments are in scope; empty takes all.
    departments: BTreeSet<String>,
    today: Date,
    /// Members that the key may not see of anybody.
    hidden: BTreeSet<String>,
    /// Which member is the manager's id.
    supervisor: Option<&'static str>,
}

impl Mapper {
    /// A mapper that has seen nobody yet.
    pub fn new(resolved: Resolved, by_number: bool, departments: BTreeSet<String>, today: Date) -> Self {
        Self { resolved, by_number, departments, today, hidden: BTreeSet::new(), supervisor: None }
    }

    /// What is asked for of each person.
    pub fn wanted(&self) -> Wanted {
        self.resolved.wanted((!self.departments.is_empty()).then_some(DEPARTMENT))
    }

    /// Learns from everybody's records what the key may see, and which member is the manager's id.
    pub fn learn<'r>(
        &mut self,
        records: impl Iterator<Item = &'r Record> + Clone,
        visible: &BTreeSet<String>,
        ids: &HashSet<String>,
    ) {
        let wanted = self.wanted();
        if records.clone().next().is_some() {
            self.hidden = wanted.names().filter(|name| !visible.contains(*name)).map(str::to_owned).collect();
        }
        let count = |member: &str| {
            records.clone().filter_map(|record| record.text(member)).filter(|id| ids.contains(*id)).count()
        };
        let (by_id, by_e_id) = (count(SUPERVISOR_ID), count(SUPERVISOR_E_ID));
        self.supervisor = match (by_id, by_e_id) {
            (0, 0) => None,
            _ if by_id >= by_e_id => Some(SUPERVISOR_ID),
            _ => Some(SUPERVISOR_E_ID),
        };
    }

    /// Without these nobody can be told from a leaver, or is known at all.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn check_rights(&self, status_is_listed: bool) -> Result<(), ApiError> {
        let mut needed = vec![HIRE_DATE, TERMINATION_DATE];
        needed.extend((!status_is_listed).then_some(STATUS));
        needed.extend(self.by_number.then_some(EMPLOYEE_NUMBER));
        let lacking: Vec<&str> = needed.into_iter().filter(|name| self.hidden.contains(*name)).collect();
        match lacking.is_empty() {
            true => Ok(()),
            false => Err(forbidden(format!("the key does not see {} of anybody", quoted(lacking)))),
        }
    }

    /// Fields that stand empty because the key may not see what feeds them: nothing is cleared by that.
    pub fn hidden_fields(&self) -> Vec<ArchivedField> {
        let mapped = self.resolved.names.iter().map(|(field, name)| (*field, name.as_str()));
        let hidden = FEEDS.into_iter().chain(mapped).filter(|(_, name)| self.hidden.contains(*name));
        hidden
            .map(|(field, name)| ArchivedField { field, label: name.to_owned(), remedy: fields::right(name) })
            .collect()
    }

    /// What is hidden, as a warning says it.
    pub fn hidden_words(&self) -> Option<String> {
        let hidden = self.hidden.iter().map(String::as_str).filter(|name| match *name {
            EMPLOYEE_NUMBER => self.by_number,
            // One of the two is enough.
            SUPERVISOR_ID | SUPERVISOR_E_ID => {
                self.hidden.contains(SUPERVISOR_ID) && self.hidden.contains(SUPERVISOR_E_ID)
            }
            _ => true,
        });
        let hidden = quoted(hidden);
        (!hidden.is_empty()).then(|| {
            format!("{NAME} does not show the key {hidden} of anybody: these stay as they are at the destination")
        })
    }

    /// The person whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, listed: Option<&Listed>, record: &Record, mut faults: Vec<Fault>) -> Employee {
        let text = |member| record.text(member).map(str::to_owned);
        let home = || text(HOME_EMAIL).filter(|_| !self.hidden.contains(WORK_EMAIL));
        let start = date(HIRE_DATE, record.text(HIRE_DATE), &mut faults);
        let end = date(TERMINATION_DATE, record.text(TERMINATION_DATE), &mut faults);
        let word = record.text(STATUS).or_else(|| listed.and_then(|listed| listed.status.as_deref()));
        let (status, end_date) = self.employment(word, start, end);
        let mut person = Person {
            first_name: text(FIRST_NAME),
            last_name: text(LAST_NAME),
            known_as: text(PREFERRED_NAME),
            email: text(WORK_EMAIL).or_else(home),
            date_of_birth: date(DATE_OF_BIRTH, record.text(DATE_OF_BIRTH), &mut faults),
            start_date: start,
            end_date,
            phone: text(MOBILE_PHONE),
            ..Person::default()
        };
        for (field, name) in &self.resolved.names {
            if let Err(error) = person.set(*field, record.text(name)) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        let identifier = if self.by_number { record.text(EMPLOYEE_NUMBER) } else { Some(record.id.as_str()) };
        let unreadable = rows::unreadable(&faults)
            .or_else(|| listed.and_then(|listed| self.hidden_here(listed, record)))
            .or_else(|| identifier.is_none().then(no_number));
        Employee {
            identifier: Identifier::new(identifier.unwrap_or_default()),
            id: EmployeeId::new(record.id.clone()),
            person,
            manager_id: self.supervisor.and_then(text).map(EmployeeId::new),
            status,
            unreadable,
        }
    }

    /// Somebody of whom nothing but the row of the list is known.
    pub fn without_detail(&self, listed: &Listed, why: &str) -> Employee {
        let person =
            Person { first_name: listed.first_name.clone(), last_name: listed.last_name.clone(), ..Person::default() };
        let identifier = if self.by_number { String::new() } else { listed.id.clone() };
        Employee {
            identifier: Identifier::new(identifier),
            id: EmployeeId::new(listed.id.clone()),
            person,
            manager_id: None,
            // Inactive may be not yet.
            status: EmploymentStatus::Active,
            unreadable: Some(Unreadable { member: String::new(), what: why.to_owned() }),
        }
    }

    /// A row whose id cannot be read, known by its place in the list.
    pub fn nameless(place: &str, faults: &[Fault]) -> Employee {
        Employee {
            id: EmployeeId::new(place),
            identifier: Identifier::new(place),
            person: Person::default(),
            manager_id: None,
            status: EmploymentStatus::Active,
            unreadable: rows::unreadable(faults),
        }
    }

    /// Whether a person is in the source filter; somebody of whose department nobody can tell is.
    pub fn in_scope(&self, record: &Record, faults: &[Fault]) -> bool {
        let is_broken = || faults.iter().any(|fault| fault.member.as_deref() == Some(DEPARTMENT));
        self.departments.is_empty()
            || is_broken()
            || !record.values.contains_key(DEPARTMENT)
            || record.text(DEPARTMENT).is_some_and(|own| self.departments.contains(own))
    }

    /// Whether every member that others show is here, empty ones too: then the record can be understood alone.
    pub fn is_whole(&self, record: &Record) -> bool {
        self.wanted().names().all(|name| self.hidden.contains(name) || record.values.contains_key(name))
    }

    /// Whether the key may not see of this person what it sees of others.
    pub fn hidden_here(&self, listed: &Listed, record: &Record) -> Option<Unreadable> {
        if !listed.is_restricted {
            return None;
        }
        let wanted = self.wanted();
        let here = |name: &&str| !self.hidden.contains(*name) && !record.values.contains_key(*name);
        let member = wanted.names().find(here)?;
        let what = format!("{NAME} does not show the key `{member}` of this person");
        Some(Unreadable { member: member.to_owned(), what })
    }

    /// What status and dates say together, with the last day of this employment.
    fn employment(
        &self,
        word: Option<&str>,
        start: Option<Date>,
        end: Option<Date>,
    ) -> (EmploymentStatus, Option<Date>) {
        // One before the first day is that of an earlier employment.
        let end = end.filter(|end| start.is_none_or(|start| *end >= start));
        match word {
            // The status changes by itself after the last day; a date that has passed is of an earlier employment.
            Some("Active") => (EmploymentStatus::Active, end.filter(|end| *end >= self.today)),
            Some("Inactive") if start.is_some_and(|start| start >= self.today) => (EmploymentStatus::Active, end),
            Some("Inactive") if end.is_some() => (EmploymentStatus::Ended, end),
            Some("Inactive") => (EmploymentStatus::Unclear(UNDATED.to_owned()), None),
            Some(word) => (EmploymentStatus::Unclear(word.to_owned()), end),
            None => (EmploymentStatus::Unclear("(none)".to_owned()), end),
        }
    }
}

/// Everybody as they are: the mapper that has learnt from them.
///
/// # Errors
/// [`ApiError::Forbidden`] where the key does not see what decides who is a leaver.
pub fn learnt(mut mapper: Mapper, everybody: &Everybody) -> Result<Mapper, ApiError> {
    let Everybody { roster, details } = everybody;
    let records: Vec<&Record> = roster
        .people
        .iter()
        .filter_map(|listed| match details.of(&listed.id) {
            Some(Detail::Given(record, _)) => Some(record),
            _ => None,
        })
        .collect();
    mapper.learn(records.into_iter(), &details.visible, &roster.ids);
    mapper.check_rights(roster.people.iter().any(|listed| listed.status.is_some()))?;
    Ok(mapper)
}

/// Who lacks the number that ties people to users.
fn no_number() -> Unreadable {
    Unreadable {
        member: EMPLOYEE_NUMBER.to_owned(),
        what: format!("`{EMPLOYEE_NUMBER}` is empty, and it is what ties people to their users"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Read;
    use super::*;
    use crate::ports::connect::ConnectParts;
    use jiff::civil::date as day;
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    fn mapper(by_number: bool, departments: &[&str]) -> Mapper {
        let map = fields::map_of(&ConnectParts::default()).unwrap();
        let departments = departments.iter().map(|name| (*name).to_owned()).collect();
        Mapper::new(Resolved::of(&map, &[]), by_number, departments, day(2026, 11, 22))
    }

    fn record(own: Value) -> Record {
        let mut row = json!({"id": "204", "employeeNumber": "HK204", "firstName": "Margaret", "lastName": "Adeyemi",
            "preferredName": "Maggie", "workEmail": "", "homeEmail": "m@home.example", "mobilePhone": "0770",
            "dateOfBirth": "1980-02-03", "hireDate": "2021-09-06", "terminationDate": "0000-00-00", "status": "Active",
            "supervisorId": "12", "supervisorEId": "HK12", "jobTitle": "General Manager", "department": "Operations",
            "location": "Brighton Marina"});
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            row[name.as_str()] = value;
        }
        let raw = RawValue::from_string(row.to_string()).unwrap();
        Read::of(&raw, &mapper(false, &[]).wanted()).record.unwrap()
    }

    fn learnt_from(records: &[Record], ids: &[&str]) -> Mapper {
        let mut mapper = mapper(false, &[]);
        let visible = records.iter().flat_map(|one| one.values.keys().cloned()).collect();
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        mapper.learn(records.iter(), &visible, &ids);
        mapper
    }

    #[test]
    fn a_person_is_known_by_id_and_tied_by_id_or_number() {
        let one = record(json!({}));
        let employee = learnt_from(&[one.clone()], &["204", "12"]).employee(None, &one, Vec::new());
        assert_eq!((employee.id.as_str(), employee.identifier.as_str()), ("204", "204"));
        assert_eq!(employee.manager_id.as_ref().map(|id| id.as_str()), Some("12"));
        let person = &employee.person;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            (&person.email, &person.known_as, &person.phone),
            (&text("m@home.example"), &text("Maggie"), &text("0770"))
        );
        assert_eq!((&person.branch, &person.job_title), (&text("Brighton Marina"), &text("General Manager")));
        let by_number = mapper(true, &[]);
        assert_eq!(by_number.employee(None, &one, Vec::new()).identifier.as_str(), "HK204");
        let without = record(json!({"employeeNumber": ""}));
        assert_eq!(by_number.employee(None, &without, Vec::new()).unreadable.unwrap().member, EMPLOYEE_NUMBER);
    }

    #[test]
    fn the_manager_s_id_is_the_member_whose_values_are_ids() {
        let of = |id: &str, e_id: &str| record(json!({"supervisorId": id, "supervisorEId": e_id}));
        let manager = |records: &[Record]| {
            let mapper = learnt_from(records, &["204", "12", "13"]);
            mapper.employee(None, &records[0], Vec::new()).manager_id.map(|id| id.to_string())
        };
        assert_eq!(manager(&[of("12", "HK12"), of("13", "12")]).as_deref(), Some("12"));
        assert_eq!(manager(&[of("HK12", "12"), of("12", "13")]).as_deref(), Some("12"));
        assert_eq!(manager(&[of("77", "HK12")]), None, "an id of nobody is no manager");
    }

    #[test]
    fn inactive_is_left_not_yet_or_unclear() {
        let of = |status: &str, hired: &str, left: &str| {
            let one = record(json!({"status": status, "hireDate": hired, "terminationDate": left}));
            let employee = mapper(false, &[]).employee(None, &one, Vec::new());
            (employee.status, employee.person.end_date.map(|end| end.to_string()))
        };
        let end = |text: &str| Some(text.to_owned());
        let (active, ended) = (EmploymentStatus::Active, EmploymentStatus::Ended);
        assert_eq!(of("Active", "2021-09-06", "0000-00-00"), (active.clone(), None));
        assert_eq!(of("Inactive", "2021-09-06", "2026-11-20"), (ended.clone(), end("2026-11-20")));
        assert_eq!(of("Inactive", "2021-09-06", "2026-11-22"), (ended, end("2026-11-22")), "its last day may run");
        assert_eq!(of("Inactive", "2026-12-01", ""), (active.clone(), None), "starts later");
        assert_eq!(of("Inactive", "2026-11-22", ""), (active.clone(), None), "starts today");
        assert_eq!(of("Inactive", "2026-12-01", "2025-03-01"), (active.clone(), None), "comes back later");
        assert_eq!(of("Active", "2026-11-01", "2025-03-01"), (active.clone(), None), "has come back");
        assert_eq!(of("Active", "2021-09-06", "2025-03-01"), (active.clone(), None), "came back, hired as before");
        assert_eq!(of("Active", "2021-09-06", "2026-12-31"), (active, end("2026-12-31")));
        let unclear = |word: &str| EmploymentStatus::Unclear(word.to_owned());
        assert_eq!(of("Inactive", "2021-09-06", "0000-00-00").0, unclear(UNDATED));
        assert_eq!(of("Inactive", "", "").0, unclear(UNDATED));
        assert_eq!((of("Paused", "", "").0, of("", "", "").0), (unclear("Paused"), unclear("(none)")));
    }

    #[test]
    fn what_is_hidden_of_everybody_clears_nothing_and_what_decides_on_leavers_must_be_seen() {
        let mut one = record(json!({}));
        one.values.remove(WORK_EMAIL);
        one.values.remove("location");
        let mapper = learnt_from(&[one.clone()], &["204"]);
        let fields: Vec<Field> = mapper.hidden_fields().iter().map(|one| one.field).collect();
        assert_eq!(fields, [Field::Email, Field::Branch]);
        assert!(mapper.hidden_words().unwrap().contains("`location`, `workEmail`"));
        assert_eq!(
            mapper.employee(None, &one, Vec::new()).person.email,
            None,
            "nobody's address changes to the private one"
        );
        assert_eq!(mapper.check_rights(true), Ok(()));
        for (member, is_listed, fits) in
            [(TERMINATION_DATE, true, false), (HIRE_DATE, true, false), (STATUS, false, false), (STATUS, true, true)]
        {
            let mut one = one.clone();
            one.values.remove(member);
            assert_eq!(learnt_from(&[one], &["204"]).check_rights(is_listed).is_ok(), fits, "{member} {is_listed}");
        }
    }

    #[test]
    fn what_is_hidden_of_one_person_holds_them() {
        let (whole, mut part) = (record(json!({})), record(json!({})));
        part.values.remove(HIRE_DATE);
        let mapper = learnt_from(&[whole, part.clone()], &["204"]);
        let listed = |is_restricted| Listed { id: "204".into(), is_restricted, ..Listed::default() };
        let held = mapper.employee(Some(&listed(true)), &part, Vec::new()).unreadable.unwrap();
        assert_eq!(held.member, HIRE_DATE);
        assert_eq!(mapper.employee(Some(&listed(false)), &part, Vec::new()).unreadable, None, "empty (client)");
        assert!(!mapper.is_whole(&part));
    }

    #[test]
    fn the_filter_takes_whoever_may_be_meant() {
        let filter = mapper(false, &["Operations"]);
        assert!(filter.in_scope(&record(json!({})), &[]));
        assert!(!filter.in_scope(&record(json!({"department": "Bar"})), &[]));
        assert!(!filter.in_scope(&record(json!({"department": ""})), &[]));
        let mut hidden = record(json!({}));
        hidden.values.remove("department");
        assert!(filter.in_scope(&hidden, &[]));
    }
}
