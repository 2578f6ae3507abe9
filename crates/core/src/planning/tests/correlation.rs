use super::*;
use crate::domain::settings::RecreatePolicy;

fn unlinked(employee: &Employee) -> User {
    User { identifier: None, ..user_of(employee) }
}

#[test]
fn all03_the_identifier_decides_and_only_differences_are_written() {
    let mut it = company();
    let user = it.synced(employee("1", "Zoë", "Weiß"));
    user.person.last_name = Some("Weiss".into());
    user.person.email = Some("P1@HVine.example".into());
    user.person.first_name = Some("Zoe\u{308}".into());
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["update 1"]);
    assert_eq!(fields(&plan.operations[0]), ["last_name: Weiss > Weiß"], "case of an e-mail is no difference (26)");
    assert!(diff::is_cosmetic(&plan.operations[0].fields[0]));
}

#[test]
fn a_blank_source_value_erases_only_where_the_field_says_so() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees[0].person.date_of_birth = None;
    assert_eq!(it.plan().counts.unchanged, 1);
    it.settings.erase_when_blank = vec!["date_of_birth".into()];
    assert_eq!(kinds(&it.plan()), ["update 1"]);
}

#[test]
fn write_policies_and_known_as_are_kept() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees[0].person.email = Some("new@hvine.example".into());
    it.employees[0].person.known_as = Some("Annie".into());
    it.settings.use_known_as = true;
    it.settings.write_policy.insert("email".into(), crate::domain::settings::WritePolicy::OnlyWhenEmpty);
    assert_eq!(fields(&it.plan().operations[0]), ["first_name: Ana > Annie"]);
}

#[test]
fn c_19_a_reused_identifier_is_never_updated_until_ruled() {
    let mut it = company();
    let old = employee("1", "Ana", "Lima");
    it.users.push(user_of(&old));
    let mut new = employee("1", "Tomasz", "Wójcik");
    new.person.date_of_birth = Some(date(1961, 12, 30));
    it.employees.push(new);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::IdentifierReused);
    it.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(kinds(&it.plan()), ["update 1"]);
}

#[test]
fn c_21_pl12_a_detached_user_is_neither_updated_nor_recreated_nor_deactivated() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima")).identifier = Some("kept-by-hand".into());
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached);
    it.users[0].identifier = None;
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached);
    it.employees[0].status = EmploymentStatus::Ended;
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached);
    it.employees[0].status = EmploymentStatus::Active;
    it.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(kinds(&it.plan()), ["link 1"], "a ruling newer than the link ties again");
    it.links[0].at = moment(200);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached, "a ruling that was carried out does not");
}

#[test]
fn pl10_c_43_a_user_deleted_in_the_destination_is_created_again_or_asked_about() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.users.clear();
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 1"]);
    assert_eq!(plan.operations[0].note.as_deref(), Some("deleted in the destination, created again"));
    it.settings.recreate = RecreatePolicy::Ask;
    assert_eq!(only_hold(&it.plan()).code, HoldCode::StatusConflict);
}

#[test]
fn c_14_a_new_identifier_of_a_linked_employee_is_one_link_under_the_limit() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees[0].identifier = "10_1".into();
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["link 1"]);
    assert_eq!(fields(&plan.operations[0]), ["identifier: 9_1 > 10_1"]);
    assert_eq!(plan.limits[3].count, 1);
}

#[test]
fn c_44_c_38_switched_off_by_hand_is_asked_about_and_switched_off_by_us_is_switched_on() {
    let mut it = company();
    let user = it.synced(employee("1", "Ana", "Lima"));
    user.status = UserStatus::Inactive;
    user.person.end_date = Some(date(2026, 1, 31));
    assert_eq!(only_hold(&it.plan()).code, HoldCode::StatusConflict);
    it.employees[0].person.start_date = Some(date(2026, 1, 31));
    assert_eq!(only_hold(&it.plan()).code, HoldCode::StatusConflict, "no employment begins on the last day of one");
    it.employees[0].person.start_date = Some(date(2026, 2, 1));
    assert_eq!(kinds(&it.plan()), ["reactivate 1"], "both ended, and another one has begun");
    it.employees[0].person.start_date = employee("1", "Ana", "Lima").person.start_date;
    it.links[0].active = false;
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["reactivate 1"]);
    assert_eq!(fields(&plan.operations[0]), ["end_date: 2026-01-31 > -"]);
    it.links.clear();
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Rehire, "without history it is asked about");
}

#[test]
fn a_ruled_link_links_first_and_writes_the_differences() {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    let mut user = unlinked(&ana);
    user.person.job_title = Some("Chef".into());
    it.users.push(user);
    it.employees.push(ana);
    it.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(kinds(&it.plan()), ["link 1", "update 1"]);
    it.users[0].status = UserStatus::Inactive;
    assert_eq!(kinds(&it.plan()), ["link 1", "reactivate 1"], "the link goes before the reactivation");
}

#[test]
fn a_ruled_user_who_belongs_to_somebody_else_or_to_two_is_held() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees.push(employee("2", "Bea", "Costa"));
    it.rule("2", Ruling::Link { user: "u1".into() });
    let plan = it.plan();
    assert_eq!((codes(&plan), plan.counts.unchanged), (vec!["target_owned_by_other 2".to_owned()], 1));
    assert_eq!(plan.holds[0].others, [EmployeeId::from("1")]);

    let mut it = company();
    it.users.push(unlinked(&employee("9", "Ana", "Lima")));
    it.employees.extend([employee("1", "Ana", "Lima"), employee("2", "Ana", "Lima")]);
    it.rule("1", Ruling::Link { user: "u9".into() });
    it.rule("2", Ruling::Link { user: "u9".into() });
    assert_eq!(codes(&it.plan()), ["target_owned_by_other 1", "target_owned_by_other 2"]);
}

#[test]
fn pe10_the_email_fallback_ties_only_when_every_guard_agrees() {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    it.users.push(unlinked(&ana));
    it.employees.push(ana);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::ProbableDuplicate, "without the fallback it is a suggestion");
    it.settings.email_fallback = true;
    assert_eq!(kinds(&it.plan()), ["link 1"]);

    it.users[0].person.date_of_birth = Some(date(1950, 12, 31));
    let plan = it.plan();
    let guard = &only_hold(&plan).candidates[0].evidence;
    assert_eq!(guard.last().map(|one| one.level.as_str()), Some("guard_birth_date"));
    assert_eq!(plan.holds[0].candidates[0].weight, guard.iter().map(|one| one.bits).sum::<f64>());

    it.users[0].person.date_of_birth = None;
    it.users[0].access_profile = Some("Administrator".into());
    let plan = it.plan();
    assert_eq!(only_hold(&plan).candidates[0].evidence.last().unwrap().level, "guard_administrator");
}

#[test]
fn pe10_with_the_fallback_an_unknown_identifier_is_rewritten_and_the_old_one_is_no_leaver() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    let mut again = employee("77", "Ana", "Lima");
    again.person = it.employees[0].person.clone();
    it.employees = vec![again];
    let plan = it.plan();
    assert_eq!(codes(&plan), ["identifier_changed 1", "identifier_changed 77"], "one case, both wait (13)");
    it.settings.email_fallback = true;
    let plan = it.plan();
    assert_eq!(fields(&plan.operations[0]), ["identifier: 9_1 > 9_77"]);
    assert_eq!((kinds(&plan), plan.holds.len()), (vec!["link 77".to_owned()], 0));
}

#[test]
fn ma04_c_25_an_email_of_an_active_user_holds_and_of_an_inactive_one_does_not() {
    let mut it = company();
    let mut other = user_of(&employee("9", "Tomasz", "Wójcik"));
    other.identifier = None;
    other.person.email = Some("p1@hvine.example".into());
    other.person.date_of_birth = None;
    it.users.push(other);
    it.employees.push(employee("1", "Ana", "Lima"));
    assert_eq!(only_hold(&it.plan()).code, HoldCode::EmailHeldByActiveUser);
    it.users[0].status = UserStatus::Inactive;
    assert_eq!(kinds(&it.plan()), ["create 1"]);
    it.users[0].person.last_name = Some("Lima".into());
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Rehire, "the name agrees too: asked first");
}

#[test]
fn pe12_where_deactivated_users_keep_their_email_it_is_free_for_nobody_else() {
    let mut it = company();
    it.destination.inactive_keep_email = true;
    it.synced(employee("1", "Tomasz", "Wójcik"));
    it.employees[0].status = EmploymentStatus::Ended;
    it.users[0].status = UserStatus::Inactive;
    let mut ana = employee("2", "Ana", "Lima");
    ana.person.email = it.employees[0].person.email.clone();
    it.employees.push(ana);
    let plan = it.plan();
    let hold = only_hold(&plan);
    assert_eq!((hold.code, &hold.others[..]), (HoldCode::EmailHeldByInactiveUser, &["1".into()][..]));
    assert_eq!(hold.candidates[0].user, it.users[0].id);
    assert!(hold.message.starts_with("deactivated user u1 of Flow keeps this e-mail"), "{}", hold.message);
    assert!(hold.remedy.ends_with("or give user u1 another e-mail in Flow"), "{}", hold.remedy);

    // A mailbox that is handed on to somebody who has a user is held too, and the ruling `create` is no way past it.
    it.rule("2", Ruling::Create);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::EmailHeldByInactiveUser);
    it.decisions.clear();
    let mut user = user_of(&it.employees[1]);
    user.person.email = Some("ana@hvine.example".into());
    it.users.push(user);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::EmailHeldByInactiveUser);

    // Who is still active is not told to be deactivated: that frees nothing.
    it.users[0].status = UserStatus::Active;
    let plan = it.plan();
    assert_eq!((kinds(&plan), codes(&plan)), (vec!["deactivate 1".into()], vec!["email_held_by_active_user 2".into()]));
    assert!(!plan.holds[0].remedy.contains("deactivate"), "{}", plan.holds[0].remedy);
}

#[test]
fn pe12_who_comes_back_keeps_the_email_that_the_deactivated_user_kept() {
    let mut it = company();
    it.destination.inactive_keep_email = true;
    it.synced(employee("1", "Tomasz", "Wójcik"));
    it.users[0].status = UserStatus::Inactive;
    it.links[0].active = false;
    let plan = it.plan();
    assert_eq!((kinds(&plan), plan.holds.len()), (vec!["reactivate 1".to_owned()], 0));
}

#[test]
fn a_near_user_is_asked_about_and_auto_link_needs_the_threshold() {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    let mut user = unlinked(&ana);
    user.person.email = None;
    it.users.push(user);
    it.employees.push(ana);
    let plan = it.plan();
    assert_eq!(only_hold(&plan).code, HoldCode::ProbableDuplicate);
    assert_eq!(plan.holds[0].candidates[0].user, "u1".into());
    it.settings.auto_link = Some(0.95);
    assert_eq!(kinds(&it.plan()), ["link 1", "update 1"]);
    it.settings.auto_link = None;
    it.not_same.push(NotSame { employee: "1".into(), user: "u1".into() });
    assert_eq!(kinds(&it.plan()), ["create 1"], "a pair ruled two people is never suggested again");
}

#[test]
fn all11_two_employees_with_one_best_user_are_both_held_and_name_each_other() {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    let mut user = unlinked(&ana);
    user.person.email = None;
    it.users.push(user);
    let mut twin = employee("2", "Ana", "Lima");
    twin.person.date_of_birth = ana.person.date_of_birth;
    it.employees.extend([ana, twin]);
    it.settings.auto_link = Some(0.1);
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 1", "probable_duplicate 2"]);
    assert_eq!(plan.holds[0].others, [EmployeeId::from("2")]);
}

/// Says of everybody that nobody comes near.
struct Nobody;

impl Matcher for Nobody {
    fn match_people(&self, employees: &[MatchPerson], _: &[MatchPerson]) -> Vec<MatchResult> {
        employees.iter().map(|_| MatchResult { verdict: Verdict::New, candidates: Vec::new() }).collect()
    }
}

#[test]
fn all02_who_waits_in_review_is_neither_linked_nor_created_by_a_weight_that_moved() {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    let mut user = unlinked(&ana);
    user.person.email = None;
    it.users.push(user);
    it.settings.auto_link = Some(0.95);
    let mut twin = employee("2", "Ana", "Lima");
    twin.person.date_of_birth = ana.person.date_of_birth;
    it.employees.extend([ana, twin]);
    let first = it.plan();
    assert_eq!(codes(&first), ["probable_duplicate 1", "probable_duplicate 2"]);
    it.wait_as_in(&first);
    it.employees.pop();
    assert_eq!(only_hold(&it.plan()).code, HoldCode::ProbableDuplicate, "the rival is gone, the question is not");
    let held = it.plan_with(&Nobody);
    assert_eq!(only_hold(&held).candidates[0].user, "u1".into(), "nor is a second account made");
    it.not_same.push(NotSame { employee: "1".into(), user: "u1".into() });
    assert_eq!(kinds(&it.plan()), ["create 1"], "the operator's word ends the wait");
    it.not_same.clear();
    it.settings.auto_link = Some(0.9);
    assert_eq!(kinds(&it.plan()), ["link 1", "update 1"], "so does another threshold");
    it.settings.auto_link = Some(0.95);
    it.users[0].person.known_as = Some("Anita".into());
    assert_eq!(kinds(&it.plan()), ["link 1", "update 1"], "and so does a changed record");
}

/// Notes whom it is given.
#[derive(Default)]
struct Listener(std::sync::Mutex<Vec<String>>);

impl Matcher for Listener {
    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        self.0.lock().unwrap().extend(employees.iter().map(|one| one.id.clone()));
        SimpleMatcher.match_people(employees, users)
    }
}

#[test]
fn whoever_is_blocked_is_compared_too_because_a_free_user_may_be_theirs() {
    let mut it = company();
    let mut blocked = employee("1", "Ana", "Lima");
    blocked.person.job_title = None;
    let mut user = unlinked(&blocked);
    user.person.email = None;
    it.users.push(user);
    it.employees.extend([blocked, employee("2", "Bea", "Costa")]);
    it.synced(employee("3", "Carl", "Dorn"));
    let heard = Listener::default();
    let plan = it.plan_with(&heard);
    assert_eq!(*heard.0.lock().unwrap(), ["2", "1"], "the linked one is not");
    assert_eq!((kinds(&plan), codes(&plan)), (vec!["create 2".to_owned()], vec!["missing_field 1".to_owned()]));
}

#[test]
fn c_19_an_identifier_on_the_wrong_account_moves_nobodys_data_and_makes_no_duplicate() {
    let mut it = company();
    let (anna, yvonne) = (employee("1", "Anna", "Zuk"), employee("2", "Yvonne", "Loudermilk"));
    let mut user = user_of(&yvonne);
    user.identifier = Some(anna.identifier.clone());
    user.person.date_of_birth = None;
    user.person.email = None;
    it.users.push(user);
    it.employees.extend([anna, yvonne]);
    let plan = it.plan();
    assert_eq!(kinds(&plan), Vec::<String>::new());
    assert_eq!(codes(&plan), ["identifier_reused 1", "target_owned_by_other 2"]);
    it.rule("2", Ruling::Link { user: "u2".into() });
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["link 2".to_owned(), "update 2".to_owned()], vec!["identifier_reused 1".to_owned()])
    );
    assert_eq!(fields(&plan.operations[0]), ["identifier: 9_1 > 9_2"]);
    it.decisions.clear();
    it.users.push(User { id: "u1".into(), ..user_of(&it.employees[0]) });
    assert_eq!(
        codes(&it.plan()),
        ["probable_duplicate 1", "target_owned_by_other 2"],
        "two users carry it, one of them hers"
    );
}

#[test]
fn c_39_a_rehire_under_a_new_id_is_asked_about_and_its_leaver_waits_too() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees[0].status = EmploymentStatus::Ended;
    let mut again = employee("2", "Ana", "Lima");
    again.person.date_of_birth = it.employees[0].person.date_of_birth;
    it.employees.push(again);
    let plan = it.plan();
    assert_eq!(codes(&plan), ["rehire 1", "rehire 2"]);
    it.rule("2", Ruling::Link { user: "u1".into() });
    let plan = it.plan();
    assert_eq!((kinds(&plan), plan.ignored_leavers), (vec!["link 2".to_owned(), "update 2".to_owned()], 1));
}

#[test]
fn an_email_is_given_up_before_it_is_taken_and_an_exchange_is_held() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.synced(employee("2", "Bea", "Costa"));
    it.employees[0].person.email = Some("p2@hvine.example".into());
    it.employees[1].person.email = Some("fresh@hvine.example".into());
    assert_eq!(kinds(&it.plan()), ["update 2", "update 1"]);
    it.employees[1].person.email = Some("p1@hvine.example".into());
    assert_eq!(codes(&it.plan()), ["duplicate_email 1", "duplicate_email 2"]);
    let mut new = employee("0", "Carl", "Dorn");
    new.person.email = Some("p2@hvine.example".into());
    it.employees[0].person.email = Some("p1@hvine.example".into());
    it.employees[1].person.email = Some("fresh@hvine.example".into());
    it.employees.push(new);
    assert_eq!(kinds(&it.plan()), ["update 2", "create 0"]);
}

/// Ana's account without its identifier, and a second one that carries it.
fn with_two_accounts() -> Company {
    let mut it = company();
    let ana = employee("1", "Ana", "Lima");
    it.synced(ana.clone()).identifier = None;
    it.users.push(User { id: "u2".into(), ..user_of(&ana) });
    it
}

#[test]
fn an_account_that_carries_the_identifier_beside_the_linked_one_is_asked_about() {
    let mut it = with_two_accounts();
    let plan = it.plan();
    let hold = only_hold(&plan);
    assert_eq!(hold.code, HoldCode::Detached);
    assert_eq!(hold.candidates.iter().map(|one| one.user.as_str()).collect::<Vec<_>>(), ["u1", "u2"]);
    assert!(hold.message.contains("linked to user u1") && hold.message.contains("user u2"), "{}", hold.message);
    // Of a leaver too neither is switched off alone.
    it.employees[0].status = EmploymentStatus::Ended;
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached);
    it.employees[0].status = EmploymentStatus::Active;
    // A new identifier at the source that another account carries already leaves the old one behind as well.
    it.users[0].identifier = Some("9_0".into());
    it.links[0].identifier = "9_0".into();
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Detached);
}

#[test]
fn an_account_is_not_left_behind_when_it_is_off_or_ruled_on_or_somebody_elses() {
    let mut it = with_two_accounts();
    it.users[0].status = UserStatus::Inactive;
    assert!(it.plan().holds.is_empty(), "switched off by hand");
    let mut it = with_two_accounts();
    it.rule("1", Ruling::Link { user: "u2".into() });
    assert!(it.plan().holds.is_empty(), "the operator took the new one");
    it.decisions.clear();
    it.rule("1", Ruling::Link { user: "u1".into() });
    assert_eq!(only_hold(&it.plan()).code, HoldCode::TargetOwnedByOther);
    // Two identifiers that were exchanged by hand stand as they are now.
    let mut it = company();
    for (id, first, last) in [("1", "Ana", "Lima"), ("2", "Tomasz", "Wolny")] {
        it.synced(employee(id, first, last));
    }
    let (a, b) = (it.users[0].clone(), it.users[1].clone());
    it.users[0] = User { id: b.id.clone(), ..a.clone() };
    it.users[1] = User { id: a.id, ..b };
    assert!(it.plan().holds.iter().all(|hold| hold.code != HoldCode::Detached), "{:?}", codes(&it.plan()));
}
