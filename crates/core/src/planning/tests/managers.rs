//! Who reports to whom: written after the person referred to, told where it cannot be, nobody held (PE07).

use super::*;
use crate::domain::plan::{ManagerProblem, user_to_be};
use proptest::prelude::*;

const NAMES: [(&str, &str); 8] = [
    ("Ana", "Lima"),
    ("Bea", "Costa"),
    ("Carl", "Dorn"),
    ("Dora", "Egan"),
    ("Emil", "Falk"),
    ("Fay", "Gray"),
    ("Gus", "Holm"),
    ("Hana", "Ito"),
];

/// A company whose destination takes managers, and whose connection writes them.
fn managed() -> Company {
    let mut it = company();
    it.destination.fields =
        &[Field::FirstName, Field::LastName, Field::Email, Field::JobTitle, Field::Branch, Field::Manager];
    it.settings.managers = true;
    it
}

fn person(place: usize, manager: Option<&str>) -> Employee {
    let (first, last) = NAMES[place];
    Employee { manager_id: manager.map(EmployeeId::from), ..employee(&(100 + place).to_string(), first, last) }
}

/// `employee: from > to` of every manager that is written.
fn managers(plan: &Plan) -> Vec<String> {
    let lines = plan.operations.iter().filter(|one| one.kind == OperationKind::SetManager);
    let words = |one: &Operation| {
        let change = &one.fields[0];
        let [from, to] = [&change.from, &change.to].map(|text| text.as_deref().unwrap_or("-"));
        format!("{}: {from} > {to}", one.employee.as_ref().unwrap())
    };
    lines.map(words).collect()
}

fn left(plan: &Plan) -> Vec<(String, ManagerProblem)> {
    plan.managers_left.iter().map(|one| (one.employee.to_string(), one.why)).collect()
}

#[test]
fn a_manager_is_written_after_all_else_of_the_person_and_only_where_it_is_another() {
    let mut it = managed();
    it.synced(person(0, None));
    it.synced(person(1, Some("100"))).manager = Some("u100".into());
    it.synced(person(2, Some("100"))).manager = Some("u7".into());
    it.employees.extend([person(3, Some("100")), person(4, Some("103"))]);
    it.employees[2].person.job_title = Some("Chef".into());
    let plan = it.plan();
    assert_eq!(
        kinds(&plan),
        ["create 103", "create 104", "update 102", "set_manager 102", "set_manager 103", "set_manager 104"]
    );
    let to_be = user_to_be(&"103".into());
    assert_eq!(managers(&plan), ["102: u7 > u100".to_owned(), "103: - > u100".into(), format!("104: - > {to_be}")]);
    assert_eq!((plan.counts.set_manager, plan.counts.unchanged, plan.people, plan.changed_people), (3, 2, 5, 3));
    it.settings.managers = false;
    assert!(managers(&it.plan()).is_empty(), "off: the team's manager counts");
    (it.settings.managers, it.destination.fields) = (true, DESTINATION.fields);
    assert!(managers(&it.plan()).is_empty(), "a destination that has none");
}

#[test]
fn who_cannot_be_a_manager_is_told_and_holds_nobody() {
    let mut it = managed();
    for (place, manager) in ["101", "102", "100", "100", "999", "106"].into_iter().enumerate() {
        it.synced(person(place, Some(manager)));
    }
    let mut gone = person(6, None);
    gone.status = EmploymentStatus::Ended;
    it.employees.push(gone);
    let mut held = person(7, None);
    held.person.job_title = None;
    it.employees.push(held);
    it.employees[3].manager_id = Some("107".into());
    let plan = it.plan();
    use ManagerProblem::{Circle, Left, Missing, NoUser};
    let told = [("100", Circle), ("101", Circle), ("102", Circle), ("103", NoUser), ("104", Missing), ("105", Left)];
    assert_eq!(left(&plan), told.map(|(id, why)| (id.to_owned(), why)));
    assert_eq!((managers(&plan).len(), codes(&plan)), (0, vec!["missing_field 107".to_owned()]));
    // Who is held but has a user can be referred to, and is written nothing.
    let mut held = person(7, Some("100"));
    held.person.job_title = None;
    *it.employees.last_mut().unwrap() = held.clone();
    it.users.push(user_of(&held));
    it.links.push(link(&held, "u107", true));
    it.employees[0].manager_id = None;
    assert_eq!(managers(&it.plan()), ["101: - > u102", "102: - > u100", "103: - > u107"]);
}

/// Somebody of such a company.
#[derive(Debug, Clone)]
struct Some1 {
    manager: Option<usize>,
    is_there: bool,
    is_blocked: bool,
}

fn someone() -> impl Strategy<Value = Some1> {
    // Past the people: an id that nobody has, and a leaver.
    (proptest::option::weighted(0.8, 0_usize..10), any::<bool>(), proptest::bool::weighted(0.2))
        .prop_map(|(manager, is_there, is_blocked)| Some1 { manager, is_there, is_blocked })
}

fn id_of(place: usize, people: usize) -> String {
    match place {
        _ if place < people => (100 + place).to_string(),
        8 => "888".to_owned(),
        _ => "999".to_owned(),
    }
}

proptest! {
    /// Whatever people report to: each is written, told, or as it should be; what is written is no circle; once it is carried
    /// out, nothing is due.
    #[test]
    fn every_manager_is_written_or_told_and_a_second_plan_is_empty(
        people in proptest::collection::vec(someone(), 1..8)
    ) {
        let mut it = managed();
        for (place, one) in people.iter().enumerate() {
            let manager = one.manager.map(|manager| id_of(manager, people.len()));
            let mut employee = person(place, manager.as_deref());
            if one.is_there {
                it.synced(employee);
                if one.is_blocked {
                    it.employees.last_mut().unwrap().person.job_title = None;
                }
                continue;
            }
            if one.is_blocked {
                employee.person.job_title = None;
            }
            it.employees.push(employee);
        }
        let mut leaver = employee("888", "Olga", "Quist");
        leaver.status = EmploymentStatus::Ended;
        it.employees.push(leaver);

        let plan = it.plan();
        let written: std::collections::HashMap<&str, &str> = plan.operations.iter()
            .filter(|one| one.kind == OperationKind::SetManager)
            .map(|one| (one.employee.as_ref().unwrap().as_str(), one.fields[0].to.as_deref().unwrap()))
            .collect();
        let told: std::collections::HashSet<&str> = plan.managers_left.iter().map(|one| one.employee.as_str()).collect();
        for (place, one) in people.iter().enumerate() {
            let id = id_of(place, people.len());
            let due = one.manager.is_some() && !one.is_blocked;
            prop_assert_eq!(written.contains_key(id.as_str()) != told.contains(id.as_str()), due, "{}", id);
            // Round and round ends at somebody who is not written.
            let (mut at, mut steps) = (id.clone(), 0);
            while let Some(to) = written.get(at.as_str()) {
                at = to.trim_start_matches("employee ").trim_start_matches('u').to_owned();
                steps += 1;
                prop_assert!(steps <= people.len(), "{} reports to themselves", id);
            }
        }

        // Carried out.
        for operation in &plan.operations {
            let employee = operation.employee.clone().unwrap();
            let own = it.employees.iter().find(|one| one.id == employee).unwrap().clone();
            match operation.kind {
                OperationKind::Create => {
                    it.users.push(user_of(&own));
                    it.links.push(link(&own, &format!("u{employee}"), true));
                }
                OperationKind::SetManager => {
                    let to = operation.fields[0].to.as_deref().unwrap();
                    let to = crate::domain::plan::employee_to_be(to).map_or(to.to_owned(), |id| format!("u{id}"));
                    let user = it.users.iter_mut().find(|user| user.id.as_str() == format!("u{employee}")).unwrap();
                    user.manager = Some(UserId(to));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        let again = it.plan();
        prop_assert_eq!(kinds(&again), Vec::<String>::new());
        prop_assert_eq!(again.managers_left, plan.managers_left);
    }
}
