//! Users to whom nothing may be written: an unknown status, a record that cannot be read, a parked person.

use super::*;
use crate::domain::person::Unreadable;
use crate::domain::settings::{LeaverPolicy, MissingPolicy};
use crate::planning::{Drift, still_holds};

fn unclear(word: &str) -> UserStatus {
    UserStatus::Unclear(word.into())
}

fn broken(member: &str) -> Option<Unreadable> {
    Some(Unreadable { member: member.into(), what: format!("`{member}` holds a number") })
}

fn later(id: &str, first: &str) -> Employee {
    let mut one = employee(id, first, "Lima");
    one.person.last_name = Some("Silva".into());
    one
}

#[test]
fn all14_whoever_is_tied_to_a_user_of_unknown_status_is_held_and_nothing_is_written_to_that_user() {
    for word in ["suspended", "archived", "deleted", "Inactive ", "(none)"] {
        // Employed, about to start, in the last days, gone, and missing from the source: in every life.
        for life in ["employed", "renamed", "starts", "leaves", "gone", "missing"] {
            let mut company = company();
            company.settings.missing = MissingPolicy::Leavers;
            company.synced(employee("1", "Ana", "Lima")).status = unclear(word);
            let one = &mut company.employees[0];
            match life {
                "renamed" => *one = later("1", "Ana"),
                "starts" => one.person.start_date = Some(date(2027, 5, 1)),
                "leaves" => {
                    one.status = EmploymentStatus::Ended;
                    one.person.end_date = Some(date(2026, 12, 1));
                }
                "gone" => one.status = EmploymentStatus::Ended,
                "missing" => one.id = "77".into(),
                _ => {}
            }
            if life == "missing" {
                company.employees[0] = employee("77", "Zoe", "Other");
            }
            let plan = company.plan();
            let hold = plan.holds.iter().find(|hold| hold.employee == EmployeeId::from("1")).unwrap();
            assert_eq!(hold.code, HoldCode::StatusUnclear, "{life}");
            assert!(hold.message.contains(&format!("`{word}`")), "{}", hold.message);
            assert_eq!((hold.field.as_deref(), hold.value.as_deref()), (Some("status"), Some(word)), "{life}");
            assert!(plan.operations.iter().all(|one| one.user != Some("u1".into())), "{life}: {:?}", kinds(&plan));
        }
    }
}

#[test]
fn all14_a_policy_that_never_touches_leavers_asks_nothing_about_them() {
    let mut company = company();
    company.settings.leavers = LeaverPolicy::Never;
    company.synced(employee("1", "Ana", "Lima")).status = unclear("suspended");
    company.employees[0].status = EmploymentStatus::Ended;
    assert_eq!(company.plan().counts.unchanged, 1);
}

#[test]
fn all14_an_unknown_status_is_asked_about_by_weight_and_by_email_and_never_created_beside() {
    let mut company = company();
    let ana = employee("1", "Ana", "Lima");
    let mut by_weight = user_of(&ana);
    by_weight.identifier = None;
    by_weight.status = unclear("suspended");
    let mut by_email = by_weight.clone();
    by_weight.person.email = None;
    company.employees.push(ana);
    for (user, fallback) in [(by_weight.clone(), false), (by_email.clone(), false), (by_email.clone(), true)] {
        company.users = vec![user];
        company.settings.email_fallback = fallback;
        company.settings.auto_link = Some(0.5);
        let plan = company.plan();
        let hold = only_hold(&plan);
        assert_eq!(hold.code, HoldCode::StatusUnclear);
        assert!(hold.message.contains("`suspended`"), "{}", hold.message);
    }
    // A link is held for the same reason; a new user is the operator's word that it is somebody else.
    company.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(only_hold(&company.plan()).code, HoldCode::StatusUnclear);
    company.decisions.clear();
    company.rule("1", Ruling::Create);
    company.users[0].person.email = None;
    assert_eq!(kinds(&company.plan()), ["create 1"]);
    // Somebody with another name who takes the e-mail of such a user: it may be an active one's.
    by_email.person = Person { email: by_email.person.email, ..employee("9", "Tomasz", "Wojcik").person };
    company.users = vec![by_email];
    company.decisions.clear();
    assert_eq!(only_hold(&company.plan()).code, HoldCode::StatusUnclear);
}

#[test]
fn all14_an_email_that_a_user_of_unknown_status_has_is_not_taken_for_free() {
    let mut company = company();
    company.synced(employee("1", "Ana", "Lima"));
    company.synced(employee("2", "Tomasz", "Wojcik")).status = unclear("archived");
    company.users[1].person.email = Some("shared@hvine.example".into());
    company.employees[1].person.email = Some("tw@hvine.example".into());
    company.employees[0].person.email = Some("shared@hvine.example".into());
    let plan = company.plan();
    assert_eq!(codes(&plan), ["status_unclear 1", "status_unclear 2"]);
    assert!(plan.holds[0].message.contains("user u2") && plan.holds[0].message.contains("`archived`"));
    company.users[1].status = UserStatus::Inactive;
    assert!(codes(&company.plan()).iter().all(|one| one != "status_unclear 1"));
}

#[test]
fn all14_a_record_that_cannot_be_read_holds_its_person_and_nobody_else() {
    for member in ["firstName", "dateOfBirth", "identifier", ""] {
        let mut company = company();
        company.synced(employee("1", "Ana", "Lima")).unreadable = broken(member);
        company.synced(employee("2", "Tomasz", "Wojcik")).person.job_title = Some("Chef".into());
        if member == "identifier" {
            company.users[0].identifier = None;
        }
        company.employees[0] = later("1", "Ana");
        let plan = company.plan();
        assert_eq!((codes(&plan), kinds(&plan)), (vec!["record_unreadable 1".to_owned()], vec!["update 2".to_owned()]));
        let hold = &plan.holds[0];
        assert_eq!(hold.field.as_deref().unwrap_or_default(), member);
        assert!(hold.message.contains("holds a number"), "{}", hold.message);
        company.employees[0].status = EmploymentStatus::Ended;
        assert_eq!(codes(&company.plan()), ["record_unreadable 1"], "a leaver is not switched off by half a record");
    }
}

#[test]
fn all14_nobody_is_created_or_linked_who_may_be_a_user_of_whom_too_little_can_be_read() {
    let mut company = company();
    let mut nameless = user_of(&employee("1", "Ana", "Lima"));
    nameless.identifier = None;
    nameless.unreadable = broken("firstName");
    nameless.person = Person { last_name: Some("Lima".into()), ..Person::default() };
    company.users = vec![nameless.clone()];
    company.employees = vec![employee("1", "Ana", "Lima"), employee("2", "Tomasz", "Wojcik")];
    let plan = company.plan();
    assert_eq!((codes(&plan), kinds(&plan)), (vec!["probable_duplicate 1".to_owned()], vec!["create 2".to_owned()]));
    assert!(plan.holds[0].message.contains("cannot be read"));
    company.rule("1", Ruling::Create);
    assert_eq!(company.plan().counts.create, 2);
    company.decisions.clear();
    company.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(codes(&company.plan()), ["record_unreadable 1"]);
    // Nothing but an id: it may be anybody who has no user; whoever has one goes on.
    company.decisions.clear();
    company.users[0].person = Person::default();
    company.synced(employee("3", "Zoe", "Quinn")).person.job_title = Some("Chef".into());
    let plan = company.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 1", "probable_duplicate 2"]);
    assert_eq!(kinds(&plan), ["update 3"]);
    company.users[0].person.date_of_birth = company.employees[0].person.date_of_birth;
    assert_eq!(codes(&company.plan()), ["probable_duplicate 1"], "another birth date speaks against it");
}

#[test]
fn all14_an_equal_email_or_a_sure_weight_does_not_tie_to_half_a_record() {
    let mut company = company();
    let ana = employee("1", "Ana", "Lima");
    let mut user = user_of(&ana);
    user.identifier = None;
    user.unreadable = broken("startDate");
    company.users.push(user);
    company.employees.push(ana);
    company.settings.email_fallback = true;
    company.settings.auto_link = Some(0.5);
    let plan = company.plan();
    assert_eq!(only_hold(&plan).code, HoldCode::ProbableDuplicate);
    company.users[0].person.email = None;
    assert_eq!(only_hold(&company.plan()).code, HoldCode::ProbableDuplicate);
}

#[test]
fn all14_the_live_record_is_asked_the_same_before_each_write() {
    let mut company = company();
    company.synced(employee("1", "Ana", "Lima")).person.job_title = Some("Chef".into());
    company.synced(employee("2", "Tomasz", "Wojcik"));
    company.employees[1].status = EmploymentStatus::Ended;
    company.synced(employee("3", "Zoe", "Quinn")).status = UserStatus::Inactive;
    company.links[2].active = false;
    let plan = company.plan();
    assert_eq!(kinds(&plan), ["reactivate 3", "update 1", "deactivate 2"]);
    for operation in &plan.operations {
        let user = company.users.iter().find(|user| Some(&user.id) == operation.user.as_ref()).unwrap();
        let live = |user: &User| still_holds(operation, Some(user));
        assert_eq!(live(user), Ok(()));
        let suspended = User { status: unclear("suspended"), ..user.clone() };
        assert_eq!(live(&suspended), Err(Drift::StatusUnclear("suspended".into())));
        let half = User { unreadable: broken("email"), identifier: None, ..user.clone() };
        assert!(matches!(live(&half), Err(Drift::Unreadable(_))));
    }
}

#[test]
fn all16_a_parked_person_waits_and_is_sent_again_only_when_somebody_says_so() {
    let mut company = company();
    company.employees.push(employee("1", "Ana", "Lima"));
    company.parked.push(Parked { employee: "1".into(), at: moment(60) });
    let plan = company.plan();
    let hold = only_hold(&plan);
    assert_eq!((hold.code, plan.mails.welcome), (HoldCode::ProbableDuplicate, 0));
    assert!(hold.message.contains("parked") && hold.remedy.contains("`create`"), "{hold:?}");
    // A ruling from before has been carried out: that is what was parked.
    company.rule("1", Ruling::Create);
    company.decisions[0].at = moment(55);
    assert_eq!(codes(&company.plan()), ["probable_duplicate 1"]);
    company.decisions[0].at = moment(61);
    assert_eq!(kinds(&company.plan()), ["create 1"]);
    // Decided at the destination: there is a user, tied since; one that is deleted later is made again as anybody's.
    company.decisions.clear();
    company.links.push(Link { at: moment(90), ..link(&company.employees[0].clone(), "u1", true) });
    assert_eq!(kinds(&company.plan()), ["create 1"]);
    company.users.push(user_of(&company.employees[0].clone()));
    assert_eq!(company.plan().counts.unchanged, 1);
}

#[test]
fn all16_welcome_mails_are_counted_for_those_who_have_an_address() {
    let mut company = company();
    for (id, first, last) in [("1", "Ana", "Lima"), ("2", "Tomasz", "Wojcik"), ("3", "Zoe", "Quinn")] {
        company.employees.push(employee(id, first, last));
    }
    company.employees[1].person.email = None;
    company.employees[2].person.email = Some("none".into());
    let plan = company.plan();
    assert_eq!((plan.counts.create, plan.mails.welcome), (3, 1));
    let without = |id: &str| crate::planning::hold_back(&plan, &[id.into()], "R. Osei").mails.welcome;
    assert_eq!((without("1"), without("2")), (0, 1));
    company.settings.welcome_mail = false;
    assert_eq!(company.plan().mails.welcome, 0);
}
