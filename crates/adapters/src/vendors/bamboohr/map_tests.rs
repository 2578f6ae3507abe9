//! What status, dates and rights of a person come to.

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
    let employee = learnt_from(std::slice::from_ref(&one), &["204", "12"]).employee(None, &one, Vec::new());
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
    let mapper = learnt_from(std::slice::from_ref(&one), &["204"]);
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
    let filled = json!({"workEmail": "m@work.example", "terminationDate": "2027-01-31"});
    let without = |mut one: Record, name: &str| {
        one.values.remove(name);
        one
    };
    let member = |others: Value, name: &str, is_restricted| {
        let part = without(record(filled.clone()), name);
        let mapper = learnt_from(&[record(others), part.clone()], &["204"]);
        assert!(!mapper.is_whole(&part));
        let listed = Listed { id: "204".into(), is_restricted, ..Listed::default() };
        mapper.employee(Some(&listed), &part, Vec::new()).unreadable.map(|unreadable| unreadable.member)
    };
    let is = |name: &str| Some(name.to_owned());
    assert_eq!(member(filled.clone(), HIRE_DATE, true), is(HIRE_DATE), "as the list says");
    assert_eq!(member(filled.clone(), HIRE_DATE, false), None, "empty (client)");
    assert_eq!(member(filled.clone(), "location", false), None, "nobody shows anything that is empty");
    assert_eq!(member(json!({"workEmail": "m@work.example"}), HIRE_DATE, false), is(HIRE_DATE));
    assert_eq!(member(json!({"workEmail": "m@work.example"}), "location", false), None, "dates may differ");
    assert_eq!(member(json!({"terminationDate": "2027-01-31"}), "location", false), is("location"));
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
