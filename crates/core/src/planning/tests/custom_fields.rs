//! Fields that a company has made up: mapped by name, then compared, written and limited like any other.

use super::*;
use crate::domain::field::FieldChange;
use crate::domain::settings::WritePolicy;
use crate::domain::snapshot::ArchivedField;
use crate::planning::drift::{Drift, still_holds};

const KEY: &str = "custom:Cost centre";

fn cost_centre() -> Field {
    Field::from_key(KEY).unwrap()
}

/// A destination that takes custom fields, and a map that names one.
fn with_cost_centre() -> Company {
    let mut it = company();
    it.destination.custom_fields = true;
    it.settings.field_map.insert(KEY.into(), "custom:API Column 2".into());
    it
}

fn carrying(id: &str, value: &str) -> Employee {
    let mut employee = employee(id, "Ana", "Silva");
    employee.person.set(cost_centre(), Some(value)).unwrap();
    employee
}

fn changes(plan: &Plan) -> Vec<FieldChange> {
    plan.operations.iter().flat_map(|one| &one.fields).filter(|one| one.field == cost_centre()).cloned().collect()
}

fn change(from: Option<&str>, to: Option<&str>) -> FieldChange {
    FieldChange { field: cost_centre(), from: from.map(str::to_owned), to: to.map(str::to_owned) }
}

#[test]
fn pe_a_custom_field_goes_with_a_new_user_and_with_each_change() {
    let mut it = with_cost_centre();
    it.employees.push(carrying("1", " 4011 "));
    assert_eq!(changes(&it.plan()), [change(None, Some("4011"))]);

    let mut it = with_cost_centre();
    it.synced(carrying("1", "4012")).person.set(cost_centre(), Some("4011")).unwrap();
    let plan = it.plan();
    assert_eq!(changes(&plan), [change(Some("4011"), Some("4012"))]);
    let live = |value: Option<&str>| {
        let mut user = it.users[0].clone();
        user.set(cost_centre(), value).unwrap();
        still_holds(&plan.operations[0], Some(&user))
    };
    assert_eq!(live(Some("4011")), Ok(()));
    assert_eq!(live(Some("4012")), Err(Drift::AlreadyDone));
    assert_eq!(live(Some("9")), Err(Drift::FieldMoved(cost_centre())));

    it.users[0].person.set(cost_centre(), Some("4012")).unwrap();
    assert_eq!(it.plan().counts.operations(), 0, "nothing is left to do");
}

#[test]
fn a_custom_field_keeps_to_write_policy_and_to_blank_means_blank() {
    let mut it = with_cost_centre();
    it.synced(employee("1", "Ana", "Silva")).person.set(cost_centre(), Some("4011")).unwrap();
    assert_eq!(changes(&it.plan()), [], "blank is unknown");
    it.settings.erase_when_blank.push(KEY.into());
    assert_eq!(changes(&it.plan()), [change(Some("4011"), None)]);
    it.facts.archived_fields.push(ArchivedField { field: cost_centre(), label: "CC".into(), remedy: String::new() });
    assert_eq!(changes(&it.plan()), [], "nobody has a value in an archived field: that erases nobody's");

    let mut it = with_cost_centre();
    it.synced(carrying("1", "4012")).person.set(cost_centre(), Some("4011")).unwrap();
    it.settings.write_policy.insert(KEY.into(), WritePolicy::OnlyWhenEmpty);
    assert_eq!(changes(&it.plan()), []);
}

#[test]
fn what_is_not_mapped_or_not_taken_is_not_written() {
    let mut it = company();
    it.destination.custom_fields = true;
    it.employees.push(carrying("1", "4011"));
    assert_eq!(changes(&it.plan()), [], "not named in the field map");

    let mut it = with_cost_centre();
    it.destination.custom_fields = false;
    it.employees.push(carrying("1", "4011"));
    assert_eq!(changes(&it.plan()), [], "the destination takes none");
}

#[test]
fn a_custom_value_longer_than_any_field_is_held() {
    let mut it = with_cost_centre();
    it.employees.push(carrying("1", &"4".repeat(1_001)));
    let plan = it.plan();
    assert_eq!(plan.holds.len(), 1);
    assert!(plan.holds[0].message.starts_with("Cost centre has 1001 characters"), "{}", plan.holds[0].message);
}
