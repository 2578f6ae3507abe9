use super::*;
use crate::domain::plan::{LimitKind, OperationKind};
use crate::domain::settings::Limits;
use crate::planning::drift::{Drift, still_holds};
use crate::planning::inverse::{Executed, Inverse, inverse};
use std::collections::HashSet;

/// 40 synced people of whom 5 leave, 3 change and 1 takes a new e-mail; 2 are new, one of them with a new job title.
fn busy() -> Company {
    let mut it = company();
    for n in 10u8..50 {
        let letter = char::from(b'a' + n % 26);
        let first = format!("Given{letter}{}", ["", "elle"][usize::from(n > 30)]);
        it.synced(employee(&n.to_string(), &first, &format!("{letter}family")));
    }
    for n in 0..5 {
        it.employees[n].status = EmploymentStatus::Ended;
    }
    for n in 5..8 {
        it.employees[n].person.job_title = Some("Chef".into());
    }
    it.employees[8].person.email = Some("new8@hvine.example".into());
    let mut spa = employee("90", "Xaver", "Zumthor");
    spa.person.job_title = Some("Spa".into());
    it.employees.extend([spa, employee("91", "Quentin", "Yildiz")]);
    let row = MappingRow { target: MappingTarget::Create("Spa Therapist".into()), by: "R".into(), at: moment(0) };
    it.tables[1].rows.insert("Spa".into(), row);
    it
}

#[test]
fn all08_a_part_that_is_left_out_is_held_and_everything_is_counted_again() {
    let plan = busy().plan();
    assert_eq!(plan.counts.deactivate, 5);
    assert_eq!(exceeded(&plan), [LimitKind::Leavers], "5 of 3: 5 % of 40, never below 3");
    let part = without(&plan, &[LimitKind::Leavers]);
    assert_eq!((part.counts.deactivate, part.counts.update, part.people), (0, 4, plan.people));
    assert_eq!(part.holds.iter().filter(|hold| hold.code == HoldCode::Limit).count(), 5);
    assert!(exceeded(&part).is_empty() && part.hash != plan.hash);
    assert_eq!(without(&plan, &[]), plan);
    let part = without(&plan, &[LimitKind::Creations]);
    assert_eq!((part.counts.create, part.counts.create_option), (0, 0), "the option that only they need goes too");
    assert_eq!(part.mails.welcome, 0);
}

#[test]
fn without_identifiers_keeps_other_updates() {
    let plan = busy().plan();
    let part = without(&plan, &[LimitKind::Identifiers]);
    assert_eq!((part.counts.update, plan.counts.update), (3, 4));
}

#[test]
fn pl06_only_the_named_are_pushed_with_the_options_they_need() {
    let plan = busy().plan();
    let part = only(&plan, &["91".into(), "15".into()]);
    assert_eq!(kinds(&part), ["create 91", "update 15"]);
    assert_eq!(part.people, 2);
    assert_eq!(kinds(&only(&plan, &["90".into()])), ["create_option", "create 90"]);
}

#[test]
fn held_back_people_are_held_and_the_rest_stays() {
    let plan = busy().plan();
    let part = hold_back(&plan, &["91".into()], "R. Osei");
    assert_eq!(part.counts.operations(), plan.counts.operations() - 1);
    assert_eq!(part.holds.last().map(|hold| hold.code), Some(HoldCode::Later));
}

#[test]
fn whoever_takes_a_freed_email_waits_with_the_one_who_gives_it_up() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.synced(employee("2", "Bea", "Costa"));
    it.employees[0].person.email = Some("p2@hvine.example".into());
    it.employees[1].person.email = Some("fresh@hvine.example".into());
    let part = hold_back(&it.plan(), &["2".into()], "R. Osei");
    assert!(part.operations.is_empty());
    assert_eq!(codes(&part), ["limit 1", "later 2"]);
}

#[test]
fn the_confirmation_is_tenant_and_number_as_the_plan_states_it() {
    let plan = busy().plan();
    let typed = confirmation("harbour-vine", &plan);
    assert_eq!(check_confirmation(&typed, "harbour-vine", &plan), Ok(()));
    assert!(matches!(check_confirmation("harbour-vine 1", "harbour-vine", &plan), Err(ConfirmError::Number { .. })));
    assert!(matches!(check_confirmation("other:11", "harbour-vine", &plan), Err(ConfirmError::Tenant { .. })));
    assert!(matches!(check_confirmation("yes", "harbour-vine", &plan), Err(ConfirmError::Form(_))));
}

#[test]
fn the_hash_covers_input_and_result_but_no_order_and_no_times() {
    let mut it = busy();
    let hash = it.plan().hash;
    it.employees.reverse();
    it.users.reverse();
    it.links.iter_mut().for_each(|link| link.at = moment(60));
    assert_eq!(it.plan().hash, hash);
    it.users[0].person.phone = Some("0161 496 0000".into());
    assert_ne!(it.plan().hash, hash);
}

#[test]
fn an_operation_is_set_aside_when_the_live_record_has_moved() {
    let it = busy();
    let plan = it.plan();
    let update = plan.operations.iter().find(|one| one.kind == OperationKind::Update).unwrap();
    let user = it.users.iter().find(|user| Some(&user.id) == update.user.as_ref()).unwrap();
    assert_eq!(still_holds(update, Some(user)), Ok(()));
    assert_eq!(still_holds(update, None), Err(Drift::Gone));
    let mut moved = user.clone();
    moved.person.job_title = Some("Porter".into());
    assert_eq!(still_holds(update, Some(&moved)), Err(Drift::FieldMoved(Field::JobTitle)));
    moved.person.job_title = Some("Chef".into());
    assert_eq!(still_holds(update, Some(&moved)), Err(Drift::AlreadyDone));
    moved.identifier = None;
    assert_eq!(still_holds(update, Some(&moved)), Err(Drift::IdentifierMoved));

    let create = plan.operations.iter().find(|one| one.kind == OperationKind::Create).unwrap();
    assert_eq!(still_holds(create, None), Ok(()));
    assert_eq!(still_holds(create, Some(user)), Err(Drift::Appeared(user.id.clone())));
    let leave = plan.operations.iter().find(|one| one.kind == OperationKind::Deactivate).unwrap();
    let off = it.users.iter().find(|user| Some(&user.id) == leave.user.as_ref()).unwrap();
    assert_eq!(still_holds(leave, Some(off)), Ok(()));
    let off = User { status: UserStatus::Inactive, ..off.clone() };
    assert_eq!(still_holds(leave, Some(&off)), Err(Drift::AlreadyDone));
}

/// What a run of this plan wrote, and the users as it left them.
fn carried_out(it: &Company, plan: &Plan) -> (Vec<Executed>, Vec<User>) {
    let mut users = it.users.clone();
    let executed = plan.operations.iter().map(|operation| {
        let made = operation.employee.as_ref().map(|id| UserId(format!("n{id}")));
        let user = operation.user.clone().or(made);
        let before = user.as_ref().and_then(|id| users.iter().find(|user| user.id == *id)).cloned();
        if let Some(id) = user.clone().filter(|_| !operation.kind.is_of_list()) {
            let mut after = before.clone().unwrap_or_else(|| User::new(id));
            for change in &operation.fields {
                after.set(change.field, change.to.as_deref()).unwrap();
            }
            match operation.kind {
                OperationKind::Create | OperationKind::Link => after.identifier.clone_from(&operation.identifier),
                OperationKind::Deactivate => after.status = UserStatus::Inactive,
                OperationKind::Reactivate => after.status = UserStatus::Active,
                _ => {}
            }
            users.retain(|user| user.id != after.id);
            users.push(after);
        }
        let before = before.filter(|_| operation.kind != OperationKind::Create);
        Executed { operation: operation.clone(), before, user }
    });
    (executed.collect(), users)
}

fn undone(executed: &[Executed], users: &[User], mailed: bool, limits: &Limits) -> Inverse {
    inverse(executed, |id| users.iter().find(|user| user.id == *id), &HashSet::new(), mailed, limits, 40)
}

#[test]
fn all12_a_run_is_undone_last_write_first_and_what_cannot_be_is_named() {
    let it = busy();
    let (executed, users) = carried_out(&it, &it.plan());
    let Inverse { plan: undo, left, gone } = undone(&executed, &users, true, &it.settings.limits);
    assert_eq!(undo.counts.reactivate, 5);
    assert_eq!(undo.counts.deactivate, 2, "what was created is deactivated");
    assert_eq!(undo.counts.update, 4);
    assert_eq!(undo.operations[0].kind, OperationKind::Reactivate);
    let email = undo.operations.iter().flat_map(fields).find(|field| field.starts_with("email"));
    assert_eq!(email.as_deref(), Some("email: new8@hvine.example > p18@hvine.example"));
    let stays = |what: &str| left.iter().filter(|one| one.what == what).count();
    assert_eq!((stays("option created"), stays("welcome mail"), left.len()), (1, 2, 3), "{left:?}");
    assert!(gone.is_empty());
    let made = undo.operations.iter().find(|one| one.kind == OperationKind::Deactivate).unwrap();
    let without: Vec<User> = users.iter().filter(|user| Some(&user.id) != made.user.as_ref()).cloned().collect();
    let gone = undone(&executed, &without, true, &it.settings.limits).gone;
    assert_eq!(gone.iter().collect::<Vec<_>>(), [made.employee.as_ref().unwrap()], "there is nobody to make again");
    assert!(undone(&executed, &users, false, &it.settings.limits).left.iter().all(|one| one.what != "welcome mail"));
}

#[test]
fn an_undo_leaves_what_has_moved_since_and_does_nothing_twice() {
    let it = busy();
    let (executed, users) = carried_out(&it, &it.plan());
    let limits = &it.settings.limits;
    let whole = undone(&executed, &users, false, limits).plan;

    // Somebody wrote another job title over the one that the run wrote.
    let update = whole.operations.iter().find(|one| one.kind == OperationKind::Update).unwrap();
    let change = update.fields[0].clone();
    let mut later = users.clone();
    let user = later.iter_mut().find(|user| Some(&user.id) == update.user.as_ref()).unwrap();
    user.set(change.field, Some("other@hvine.example")).unwrap();
    let moved = undone(&executed, &later, false, limits);
    assert_eq!(moved.plan.operations.len(), whole.operations.len() - 1);
    let why = moved.left.iter().find(|one| one.is_moved).unwrap();
    assert_eq!(why.employee, update.employee);
    assert!(why.why.contains("since") || why.why.contains("by now"), "{}", why.why);

    // A user who is gone, and one whose identifier somebody took, are left too.
    let gone: Vec<User> = users.iter().filter(|user| Some(&user.id) != update.user.as_ref()).cloned().collect();
    assert!(undone(&executed, &gone, false, limits).left.iter().any(|one| one.why.contains("not in the destination")));
    let mut cut = users.clone();
    cut.iter_mut().find(|user| Some(&user.id) == update.user.as_ref()).unwrap().identifier = None;
    assert!(undone(&executed, &cut, false, limits).left.iter().any(|one| one.why.contains("identifier")));

    // Carried out, it has nothing left to do; undone in its turn, the run's work is there again.
    let after = Company { users: users.clone(), ..busy() };
    let (back, before) = carried_out(&after, &whole);
    assert_eq!(undone(&executed, &before, false, limits).plan.operations, []);
    let again = undone(&back, &before, false, limits).plan;
    let (_, users_again) = carried_out(&Company { users: before, ..busy() }, &again);
    let by_id = |users: &[User]| {
        let mut users: Vec<User> = users.to_vec();
        users.sort_by(|a, b| a.id.cmp(&b.id));
        users
    };
    assert_eq!(by_id(&users_again), by_id(&users));
}

#[test]
fn a_line_is_set_aside_when_another_user_carries_the_identifier() {
    let plan = busy().plan();
    let update = plan.operations.iter().find(|one| one.kind == OperationKind::Update).unwrap();
    let it = busy();
    let user = it.users.iter().find(|user| Some(&user.id) == update.user.as_ref()).unwrap();
    let live = |user: &User| still_holds(update, Some(user));
    assert_eq!(live(user), Ok(()));
    let other = User { id: "new".into(), ..user.clone() };
    assert_eq!(live(&other), Err(Drift::IdentifierMoved), "whatever else is equal");
}

/// A plan of many options, each for one person.
fn with_options(count: u32) -> Plan {
    let base = busy().plan();
    let of = |kind: OperationKind| base.operations.iter().find(|one| one.kind == kind).unwrap().clone();
    let (option, creation) = (of(OperationKind::CreateOption), of(OperationKind::Create));
    let named = |operation: &Operation, number: u32| {
        let mut operation = operation.clone();
        for change in operation.fields.iter_mut().filter(|change| change.field == Field::JobTitle) {
            change.to = Some(format!("Title {number}"));
        }
        operation.employee = operation.employee.map(|_| EmployeeId(number.to_string()));
        operation
    };
    let options = (0..count).map(|number| named(&option, number));
    let operations: Vec<Operation> = options.chain((0..count).map(|number| named(&creation, number))).collect();
    Plan { counts: Counts::of(&operations, 0), operations, holds: Vec::new(), ..base }
}

#[test]
fn a_hundred_thousand_options_are_looked_up_and_not_compared_with_each_other() {
    // Pair by pair these would be ten thousand million comparisons.
    let count = 100_000;
    let plan = with_options(count);
    let named: Vec<EmployeeId> = (0..count / 2).map(|number| EmployeeId(number.to_string())).collect();
    let part = only(&plan, &named);
    assert_eq!((part.counts.create, part.counts.create_option), (count / 2, count / 2));
}
