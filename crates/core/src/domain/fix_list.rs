//! What HR has to put right in the source, for whom (DESIGN 16): a line for each fault, open from the first plan that meets it
//! until a later pull shows that it is cured.

use super::field::Field;
use super::ids::EmployeeId;
use super::person::{Employee, EmploymentStatus};
use super::plan::{Hold, HoldCode, HoldKind};
use super::text;
use std::collections::BTreeSet;

/// A fault in the source. What is archived there is a fault for everybody, so nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    pub employee: Option<EmployeeId>,
    pub code: HoldCode,
    /// Key of the field at fault, where it is one.
    pub field: Option<String>,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The next pull brought it in order.
    Cured,
    /// Nobody of this id is employed in scope any more.
    Gone,
    /// An operator has ruled, so nothing is asked of HR.
    Ruled,
}

impl Closed {
    const ALL: [Closed; 3] = [Closed::Cured, Closed::Gone, Closed::Ruled];

    /// The stable word in files and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Closed::Cured => "cured",
            Closed::Gone => "gone",
            Closed::Ruled => "ruled",
        }
    }

    /// The end with this stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.key() == key)
    }
}

/// Whether only HR can cure it, in the source.
#[must_use]
pub fn is_for_hr(code: HoldCode) -> bool {
    matches!(
        code,
        HoldCode::MissingField
            | HoldCode::FieldArchived
            | HoldCode::DuplicateIdentifier
            | HoldCode::DuplicateEmail
            | HoldCode::NameNotAccepted
            | HoldCode::RecordUnreadable
    )
}

/// The faults that a hold tells of.
pub fn of_hold(hold: &Hold) -> impl Iterator<Item = Fix> + '_ {
    let fields = hold.field.iter().chain(&hold.also).map(|field| Some(field.clone()));
    let fields: Vec<_> = if hold.field.is_none() { vec![None] } else { fields.collect() };
    let employee = (hold.code != HoldCode::FieldArchived).then(|| hold.employee.clone());
    let fix = move |field| Fix { employee: employee.clone(), code: hold.code, field };
    fields.into_iter().filter(|_| is_for_hr(hold.code)).map(fix)
}

/// The faults of a plan.
#[must_use]
pub fn wanted(holds: &[Hold]) -> BTreeSet<Fix> {
    holds.iter().flat_map(of_hold).collect()
}

/// What became of an open line that a later plan about the same people does not have: `None` where it is open still. `holds`
/// is what that plan holds the person by, `record` the person at the source, where
/// in scope.
///
/// A hold that comes first may hide the fault. A missing value is seen in the record; anything else stays open until the
/// person is held no more.
#[must_use]
pub fn closed(fix: &Fix, holds: &[&Hold], record: Option<&Employee>) -> Option<Closed> {
    if fix.employee.is_none() {
        return Some(Closed::Cured);
    }
    let record = record.filter(|record| record.status != EmploymentStatus::Ended);
    let Some(record) = record else { return Some(Closed::Gone) };
    if holds.iter().any(|hold| of_hold(hold).any(|one| one == *fix)) {
        return None;
    }
    if holds.iter().any(|hold| hold.code.kind() == HoldKind::Ruled) {
        return Some(Closed::Ruled);
    }
    if holds.is_empty() {
        return Some(Closed::Cured);
    }
    let field = fix.field.as_deref().and_then(Field::from_key).filter(|_| fix.code == HoldCode::MissingField)?;
    // An address too many is there, and wrong.
    let value = record.value(field).filter(|_| field != Field::Email);
    value.is_some_and(|value| !text::says_nothing(&value)).then_some(Closed::Cured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::Person;
    use proptest::prelude::*;

    fn hold(id: &str, code: HoldCode, field: Option<&str>, also: &[&str]) -> Hold {
        Hold {
            employee: id.into(),
            code,
            field: field.map(str::to_owned),
            also: also.iter().map(|field| (*field).to_owned()).collect(),
            value: None,
            message: String::new(),
            remedy: String::new(),
            candidates: Vec::new(),
            others: Vec::new(),
            seen: None,
            beside: Vec::new(),
        }
    }

    fn record(job_title: Option<&str>) -> Employee {
        Employee {
            id: "1".into(),
            identifier: "x_1".into(),
            person: Person { job_title: job_title.map(str::to_owned), ..Person::default() },
            manager_id: None,
            status: EmploymentStatus::Active,
            unreadable: None,
        }
    }

    fn missing(field: &str) -> Fix {
        Fix { employee: Some("1".into()), code: HoldCode::MissingField, field: Some(field.into()) }
    }

    #[test]
    fn each_missing_field_is_a_line_and_what_is_archived_is_one_for_all() {
        let holds = [
            hold("1", HoldCode::MissingField, Some("job_title"), &["start_date"]),
            hold("2", HoldCode::FieldArchived, Some("branch"), &[]),
            hold("3", HoldCode::FieldArchived, Some("branch"), &[]),
            hold("4", HoldCode::UnmappedValue, Some("branch"), &[]),
            hold("5", HoldCode::DuplicateEmail, None, &[]),
        ];
        let wanted: Vec<_> = wanted(&holds).into_iter().collect();
        assert_eq!(wanted.len(), 4);
        assert_eq!((&wanted[0].employee, wanted[0].field.as_deref()), (&None, Some("branch")));
        assert!(wanted.contains(&missing("start_date")));
    }

    #[test]
    fn a_missing_value_is_cured_when_it_is_there_whatever_else_holds_the_person() {
        let fix = missing("job_title");
        let other = hold("1", HoldCode::ProbableDuplicate, None, &[]);
        assert_eq!(closed(&fix, &[&other], Some(&record(None))), None, "hidden by the other hold");
        assert_eq!(closed(&fix, &[&other], Some(&record(Some(" - ")))), None);
        assert_eq!(closed(&fix, &[&other], Some(&record(Some("Chef")))), Some(Closed::Cured));
        assert_eq!(closed(&fix, &[], Some(&record(None))), Some(Closed::Cured), "no longer demanded");
        assert_eq!(closed(&fix, &[], None), Some(Closed::Gone));
        let left = Employee { status: EmploymentStatus::Ended, ..record(Some("Chef")) };
        assert_eq!(closed(&fix, &[], Some(&left)), Some(Closed::Gone), "HR has cured nothing");
        let excluded = hold("1", HoldCode::Excluded, None, &[]);
        assert_eq!(closed(&fix, &[&excluded], Some(&record(None))), Some(Closed::Ruled));
        let twice = Fix { code: HoldCode::DuplicateEmail, field: None, ..fix };
        assert_eq!(closed(&twice, &[&other], Some(&record(Some("Chef")))), None, "hidden, and not seen in the record");
    }

    proptest! {
        #[test]
        fn what_a_plan_asks_for_is_never_closed_by_it(
            code in prop::sample::select(HoldCode::ALL.to_vec()),
            field in prop::sample::select(vec![None, Some("job_title"), Some("email"), Some("branch")]),
            also in any::<bool>(),
            title in prop::sample::select(vec![None, Some("Chef")]),
        ) {
            let also: &[&str] = if also && field.is_some() { &["start_date"] } else { &[] };
            let hold = hold("1", code, field, also);
            for fix in of_hold(&hold).filter(|fix| fix.employee.is_some()) {
                prop_assert_eq!(closed(&fix, &[&hold], Some(&record(title))), None);
            }
            prop_assert_eq!(of_hold(&hold).count() > 0, is_for_hr(code));
        }
    }
}
