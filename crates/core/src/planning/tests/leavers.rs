use super::*;
use crate::domain::settings::{LeaverPolicy, MissingPolicy, StatusMeaning};

fn leaver(end: Option<Date>) -> Company {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.employees[0].status = EmploymentStatus::Ended;
    it.employees[0].person.end_date = end;
    it
}

#[test]
fn pl11_a_leaver_is_deactivated_with_the_end_date_although_other_data_are_wrong() {
    let mut it = leaver(Some(date(2026, 11, 23)));
    it.employees[0].person.job_title = None;
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["deactivate 1"]);
    assert_eq!(fields(&plan.operations[0]), ["end_date: - > 2026-11-23"]);
    assert_eq!(kinds(&leaver(None).plan()), ["deactivate 1"]);
}

#[test]
fn c_35_the_last_day_is_worked_to_its_end_unless_the_policy_says_at_once_or_never() {
    let mut it = leaver(Some(date(2026, 11, 24)));
    assert_eq!(fields(&it.plan().operations[0]), ["end_date: - > 2026-11-24"]);
    assert_eq!(kinds(&it.plan()), ["update 1"]);
    it.settings.leavers = LeaverPolicy::AtOnce;
    assert_eq!(kinds(&it.plan()), ["deactivate 1"]);
    it.settings.leavers = LeaverPolicy::Never;
    it.employees[0].person.end_date = Some(date(2026, 11, 23));
    assert_eq!(it.plan().counts.unchanged, 1);
}

#[test]
fn c_34_a_future_end_date_of_somebody_active_is_synced_and_a_past_one_ends() {
    let mut it = leaver(Some(date(2026, 12, 31)));
    it.employees[0].status = EmploymentStatus::Active;
    assert_eq!(fields(&it.plan().operations[0]), ["end_date: - > 2026-12-31"]);
    it.employees[0].person.end_date = Some(date(2026, 11, 1));
    assert_eq!(kinds(&it.plan()), ["deactivate 1"]);
    it.employees[0].person.end_date = Some(date(2020, 11, 1));
    assert_eq!(it.plan().counts.unchanged, 1, "an end date before the start date is left over");
}

#[test]
fn c_40_a_leaver_without_a_user_is_ignored_and_counted_apart() {
    let mut it = company();
    let mut gone = employee("1", "Ana", "Lima");
    gone.status = EmploymentStatus::Ended;
    it.employees.push(gone);
    let plan = it.plan();
    assert!(plan.operations.is_empty() && plan.holds.is_empty());
    assert_eq!((plan.ignored_leavers, plan.people), (1, 0));
}

#[test]
fn pl12_a_protected_leaver_keeps_the_user() {
    let mut it = leaver(None);
    it.rule("1", Ruling::Protect);
    assert_eq!(only_hold(&it.plan()).code, HoldCode::Protected);
}

#[test]
fn c_41_an_unknown_status_is_held_and_never_a_leaver() {
    let mut it = leaver(None);
    it.employees[0].status = EmploymentStatus::Unclear("furlough".into());
    let plan = it.plan();
    assert_eq!(only_hold(&plan).code, HoldCode::StatusUnclear);
    assert_eq!(plan.holds[0].value.as_deref(), Some("furlough"));
}

#[test]
fn c_41_a_word_of_the_status_map_has_the_meaning_that_the_operator_gave_it() {
    let mut it = leaver(None);
    it.employees[0].status = EmploymentStatus::Unclear("Furlough ".into());
    let plan = it.plan();
    assert_eq!(plan.holds[0].remedy, "say in Settings › Source filter whether `Furlough ` is active or ended");
    it.settings.status_map.insert("furlough".into(), StatusMeaning::Active);
    let plan = it.plan();
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?}", plan.holds);
    it.settings.status_map.insert("furlough".into(), StatusMeaning::Ended);
    assert_eq!(kinds(&it.plan()), ["deactivate 1"]);
    it.employees[0].status = EmploymentStatus::Unclear("sabbatical".into());
    assert_eq!(only_hold(&it.plan()).code, HoldCode::StatusUnclear);
    // The map gives words a meaning, it takes none from the vendor's own.
    it.settings.status_map.insert("active".into(), StatusMeaning::Ended);
    it.employees[0].status = EmploymentStatus::Active;
    assert!(it.plan().operations.is_empty());
}

#[test]
fn c_37_a_future_starter_is_created_when_the_connection_says_so() {
    let mut it = company();
    let mut starter = employee("1", "Ana", "Lima");
    starter.person.start_date = Some(date(2026, 11, 30));
    it.employees.push(starter);
    let plan = it.plan();
    assert!(plan.operations.is_empty());
    assert_eq!((plan.future_starters, plan.people), (1, 1));
    it.settings.create_days_before_start = 6;
    assert_eq!(kinds(&it.plan()), ["create 1"]);
    it.destination.creates_on_start = true;
    let plan = it.plan();
    assert_eq!((plan.operations.len(), plan.future_starters), (0, 1), "the destination's own rule counts (PE03)");
    it.today = date(2026, 11, 30);
    assert_eq!(kinds(&it.plan()), ["create 1"]);
}

#[test]
fn linked_people_who_are_missing_are_unknown_or_leavers_by_setting() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.synced(employee("2", "Bea", "Costa"));
    it.employees.remove(0);
    let plan = it.plan();
    assert_eq!((codes(&plan), plan.people), (vec!["status_unclear 1".to_owned()], 2));
    it.settings.missing = MissingPolicy::Leavers;
    assert_eq!(kinds(&it.plan()), ["deactivate 1"]);
    it.users[0].identifier = Some("by hand".into());
    assert!(it.plan().operations.is_empty(), "detached people are never deactivated");
    it.users.remove(0);
    assert!(it.plan().holds.is_empty(), "a user who is gone needs nothing");
}

#[test]
fn who_is_missing_stays_as_ruled_until_the_ruling_s_day() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.synced(employee("2", "Bea", "Costa"));
    it.employees.remove(0);
    it.settings.missing = MissingPolicy::Leavers;
    let later = |until| Ruling::Later { until };
    for ruling in [Ruling::Exclude, Ruling::Protect, later(None), later(Some(date(2026, 11, 25)))] {
        it.decisions.clear();
        it.rule("1", ruling.clone());
        let plan = it.plan();
        assert_eq!((plan.operations.len(), plan.holds.len()), (0, 1), "{ruling:?}");
    }
    it.decisions.clear();
    it.rule("1", later(Some(date(2026, 11, 24))));
    assert_eq!(kinds(&it.plan()), ["deactivate 1"], "its day has come");
}
