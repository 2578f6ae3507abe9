//! The matching engine behind the plan: a weight alone neither ties nor creates, however the connection links.

use super::*;
use crate::matching::engine::Engine;

const FIRST: [&str; 6] = ["Aoife", "Bram", "Carys", "Edda", "Gwil", "Hamza"];
const LAST: [&str; 5] = ["Dalgaard", "Kettleborough", "Rosenvinge", "Boscawen", "Wolstenholme"];

/// Thirty people whose users carry no identifier yet, links by weight switched on.
fn thirty() -> Company {
    let mut it = company();
    it.settings.auto_link = Some(0.99);
    for at in 0..30_i8 {
        let mut one = employee(&format!("1{at:03}"), FIRST[at as usize % 6], LAST[at as usize / 6]);
        one.person.date_of_birth = Some(date(1960 + i16::from(at), 1 + at % 12, 1 + at % 28));
        one.person.email = None;
        it.users.push(User { identifier: None, ..user_of(&one) });
        it.employees.push(one);
    }
    it
}

fn add(it: &mut Company, employee: Employee, change: impl Fn(&mut Person)) {
    let mut user = User { identifier: None, ..user_of(&employee) };
    change(&mut user.person);
    it.employees.push(employee);
    it.users.push(user);
}

fn undated(id: &str, first: &str, last: &str) -> Employee {
    let mut one = employee(id, first, last);
    one.person.date_of_birth = None;
    one.person.start_date = None;
    one.person.email = None;
    one
}

#[test]
fn all15_twins_and_initials_are_held_and_the_others_linked_by_weight() {
    let mut it = thirty();
    let mut mia = employee("4100", "Mia", "Stobart");
    mia.person.email = None;
    mia.person.start_date = None;
    add(&mut it, mia, |user| user.first_name = Some("Maia".into()));
    add(&mut it, undated("4101", "J", "Harrowgate"), |user| user.first_name = Some("Jonathan".into()));
    let plan = it.plan_with(&Engine::default());
    let linked = kinds(&plan).iter().filter(|kind| kind.starts_with("link ")).count();
    assert_eq!(linked, 30, "{:?}", codes(&plan));
    for id in ["4100", "4101"] {
        let hold = plan.holds.iter().find(|hold| hold.employee.as_str() == id).unwrap();
        assert_eq!((hold.code, hold.candidates[0].user.as_str()), (HoldCode::ProbableDuplicate, &*format!("u{id}")));
    }
    assert!(!kinds(&plan).iter().any(|kind| kind.starts_with("create")));
}

#[test]
fn all15_many_people_alike_and_one_such_user_are_all_held_with_him_beside() {
    for dated in [true, false] {
        let mut it = thirty();
        let user = User { id: "u-one".into(), identifier: None, ..user_of(&undated("x", "John", "Smith")) };
        it.users.push(user);
        for at in 0..150 {
            let mut one = undated(&format!("5{at:03}"), "John", "Smith");
            if dated {
                one.person.date_of_birth = Some(date(1985, 2, 24));
                it.users.last_mut().unwrap().person.date_of_birth = Some(date(1985, 2, 24));
            }
            it.employees.push(one);
        }
        let plan = it.plan_with(&Engine::default());
        let of_crowd = |id: &str| id.starts_with('5');
        assert!(!plan.operations.iter().any(|one| one.employee.as_ref().is_some_and(|id| of_crowd(id.as_str()))));
        let held: Vec<&Hold> = plan.holds.iter().filter(|hold| of_crowd(hold.employee.as_str())).collect();
        assert_eq!(held.len(), 150);
        assert!(held.iter().all(|hold| hold.candidates.iter().any(|one| one.user.as_str() == "u-one")));
        let said =
            |hold: &&Hold| hold.candidates[0].evidence.iter().any(|bar| bar.reason.starts_with("150 people alike"));
        assert!(held.iter().all(said), "{:?}", held[0].candidates[0].evidence);
    }
}
