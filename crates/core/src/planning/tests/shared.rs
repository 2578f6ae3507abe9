//! Two people with one e-mail or one identifier: who keeps it, who goes without.

use super::*;
use crate::planning::key_fields;
use crate::planning::records::{Answer, Author};

/// Lucy has a user, Omar is new; both have the kitchen's mailbox.
fn kitchen() -> Company {
    let mut it = company();
    let mail = Some("kitchen@hvine.example".to_owned());
    let mut lucy = employee("1", "Lucy", "Hart");
    let mut omar = employee("22", "Omar", "Haddad");
    lucy.person.email.clone_from(&mail);
    omar.person.email = mail;
    it.users.push(user_as("501", &lucy));
    it.employees.extend([lucy, omar]);
    it
}

fn user_as(id: &str, employee: &Employee) -> User {
    User { id: id.into(), ..user_of(employee) }
}

fn answer(it: &mut Company, answer: &Answer) {
    let (_, pairs) = answer.signed(&it.employees, Author { by: "R. Osei", at: moment(100), reason: None });
    // As the store keeps it: the newest of an ordered pair.
    it.pairs.retain(|old| !pairs.iter().any(|new| new.employee == old.employee && new.other == old.other));
    it.pairs.extend(pairs);
}

fn ids(ids: &[&str]) -> Vec<EmployeeId> {
    ids.iter().map(|id| EmployeeId::from(*id)).collect()
}

#[test]
fn who_goes_without_the_shared_mailbox_is_created_and_stays_so() {
    let mut it = kitchen();
    assert_eq!(codes(&it.plan()), ["duplicate_email 1", "duplicate_email 22"]);
    answer(&mut it, &Answer::without_email(&ids(&["22"]), &ids(&["1", "22"])));
    let plan = it.plan();
    assert_eq!((codes(&plan), kinds(&plan)), (vec![], vec!["create 22".to_owned()]), "Lucy goes on unchanged");
    assert!(!fields(&plan.operations[0]).iter().any(|field| field.starts_with("email")), "{:?}", plan.operations[0]);
    assert_eq!((plan.mails.welcome, plan.operations[0].note.is_some()), (0, true));
    // Once there is a user, the ruling is not carried out and done with: the e-mail is not written later either.
    let mut made = user_as("502", &it.employees[1]);
    made.person.email = None;
    it.users.push(made);
    assert_eq!((kinds(&it.plan()), codes(&it.plan())), (vec![], vec![]));
    // What the user was given there stays.
    it.users[1].person.email = Some("omar@mail.example".into());
    assert_eq!(kinds(&it.plan()), [] as [String; 0]);
}

#[test]
fn it_opens_again_when_a_key_field_of_either_changes_and_ends_when_the_other_leaves() {
    let mut it = kitchen();
    answer(&mut it, &Answer::without_email(&ids(&["22"]), &ids(&["1", "22"])));
    let ruled = it.pairs.clone();
    it.employees[1].person.last_name = Some("Hadad".into());
    assert_eq!(codes(&it.plan()), ["duplicate_email 1", "duplicate_email 22"]);
    it.employees[1].person.last_name = Some("Haddad".into());
    it.employees[1].person.email = Some("omar.haddad@hvine.example".into());
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 22"]);
    assert!(fields(&plan.operations[0]).contains(&"email: - > omar.haddad@hvine.example".to_owned()));
    let mut it = kitchen();
    it.pairs = ruled;
    it.employees[0].status = EmploymentStatus::Ended;
    let plan = it.plan();
    let create = plan.operations.iter().find(|one| one.kind == OperationKind::Create);
    // The leaver's user gives the mailbox up, or Omar waits for it: never both.
    assert!(create.is_none_or(|one| fields(one).iter().any(|field| field.starts_with("email"))), "{:?}", kinds(&plan));
    assert!(!key_fields(&it.employees[1].person).is_empty());
}

#[test]
fn nobody_goes_without_where_the_destination_demands_an_email_and_both_may() {
    let mut it = kitchen();
    answer(&mut it, &Answer::without_email(&ids(&["1", "22"]), &ids(&["1", "22"])));
    assert_eq!((kinds(&it.plan()), codes(&it.plan())), (vec!["create 22".to_owned()], vec![]));
    it.destination.mandatory = &[Field::FirstName, Field::LastName, Field::Email];
    assert!(!it.destination.takes_without_email());
    assert_eq!(codes(&it.plan()), ["missing_field 1", "missing_field 22"]);
}

#[test]
fn who_keeps_it_goes_on_and_the_other_stays_held_excluded_by_nobody() {
    let mut it = kitchen();
    answer(&mut it, &Answer::yield_to(&"1".into(), &ids(&["1", "22"])));
    assert_eq!((kinds(&it.plan()), codes(&it.plan())), (vec![], vec!["duplicate_email 22".to_owned()]));
    // A better answer takes the place of that one.
    answer(&mut it, &Answer::without_email(&ids(&["22"]), &ids(&["1", "22"])));
    assert_eq!((kinds(&it.plan()), codes(&it.plan())), (vec!["create 22".to_owned()], vec![]));
    // Three: one keeps it, one goes without, the third is held.
    let mut eve = employee("33", "Eve", "Nolan");
    eve.person.email = Some("kitchen@hvine.example".into());
    it.employees.push(eve);
    assert_eq!(codes(&it.plan()), ["duplicate_email 1", "duplicate_email 33"], "she has not been ruled on");
    answer(&mut it, &Answer::yield_to(&"1".into(), &ids(&["1", "33"])));
    assert_eq!(
        (kinds(&it.plan()), codes(&it.plan())),
        (vec!["create 22".to_owned()], vec!["duplicate_email 33".to_owned()])
    );
}

#[test]
fn of_one_identifier_that_nobody_carries_one_is_kept_and_the_other_waits_for_another() {
    let mut it = company();
    let mut hannah = employee("91", "Hannah", "Lindquist");
    let hanna = employee("90", "Hanna", "Lindqvist");
    hannah.identifier = hanna.identifier.clone();
    it.employees.extend([hanna, hannah]);
    assert_eq!(codes(&it.plan()), ["duplicate_identifier 90", "duplicate_identifier 91"]);
    answer(&mut it, &Answer::yield_to(&"90".into(), &ids(&["90", "91"])));
    assert_eq!(
        (kinds(&it.plan()), codes(&it.plan())),
        (vec!["create 90".to_owned()], vec!["duplicate_identifier 91".to_owned()])
    );
    it.employees[1].identifier = Identifier("9_91".into());
    assert_eq!(kinds(&it.plan()), ["create 90", "create 91"], "HR has given an id of her own");
}

#[test]
fn going_without_does_not_hide_a_user_who_may_be_the_person() {
    let mut it = kitchen();
    let mut twin = user_as("700", &it.employees[1]);
    twin.identifier = None;
    twin.person.email = Some("omar@mail.example".into());
    it.users.push(twin);
    answer(&mut it, &Answer::without_email(&ids(&["22"]), &ids(&["1", "22"])));
    let plan = it.plan();
    assert!(kinds(&plan).iter().all(|kind| !kind.starts_with("create")), "{:?} {:?}", kinds(&plan), codes(&plan));
}
