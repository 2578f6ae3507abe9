//! ALL15: one human, one account; an equal e-mail is no proof by itself.

use super::*;

fn born() -> Option<Date> {
    Some(date(1990, 4, 10))
}

/// A record of Amy.
fn amy(id: &str) -> Employee {
    let mut amy = employee(id, "Amy", "Thornbury");
    amy.person.date_of_birth = born();
    amy
}

fn two() -> Company {
    let mut it = company();
    it.employees.extend([amy("4000"), amy("4701"), employee("5000", "Ben", "Callow")]);
    it
}

fn beside(hold: &Hold) -> Vec<(&str, Option<&str>)> {
    hold.beside.iter().map(|one| (one.employee.as_str(), one.user.as_ref().map(UserId::as_str))).collect()
}

/// Amy is linked, and a second record of hers came.
fn beside_linked() -> Company {
    let mut it = company();
    it.synced(amy("4000"));
    it.synced(employee("5000", "Ben", "Callow"));
    it.employees.push(amy("4701"));
    it
}

/// What the destination holds once a plan with creations was applied.
fn apply_creations(it: &mut Company, plan: &Plan) {
    for operation in plan.operations.iter().filter(|one| one.kind == OperationKind::Create) {
        let id = operation.employee.clone().unwrap();
        let employee = it.employees.iter().find(|one| one.id == id).unwrap().clone();
        it.links.push(Link { at: moment(500), ..link(&employee, &format!("u{id}"), true) });
        it.users.push(user_of(&employee));
    }
    it.wait_as_in(plan);
}

#[test]
fn all15_two_new_records_of_one_person_are_both_held_whatever_their_mailboxes() {
    for (one, other) in [(None, None), (Some("a@work.example"), None), (Some("a@work.example"), Some("a@home.example"))]
    {
        let mut it = two();
        it.employees[0].person.email = one.map(str::to_owned);
        it.employees[1].person.email = other.map(str::to_owned);
        let plan = it.plan();
        assert_eq!(kinds(&plan), ["create 5000"], "nobody else waits for them");
        assert_eq!(codes(&plan), ["probable_duplicate 4000", "probable_duplicate 4701"]);
        assert_eq!(plan.holds[0].others, [EmployeeId::from("4701")]);
        assert_eq!((beside(&plan.holds[0]), beside(&plan.holds[1])), (vec![("4701", None)], vec![("4000", None)]));
        assert!(
            plan.holds[0].message.contains("employee 4701: equal name, equal birth date"),
            "{}",
            plan.holds[0].message
        );
        assert!(!plan.holds[0].message.contains("1990") && !plan.holds[0].message.contains("Amy"));
    }
}

#[test]
fn all15_an_equal_email_does_not_hide_that_it_is_one_person() {
    let mut it = two();
    it.employees[1].person.email = it.employees[0].person.email.clone();
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4000", "probable_duplicate 4701"]);
    let both_real = {
        let plan = it.plan();
        it.both_real(&plan);
        it.plan()
    };
    assert_eq!(codes(&both_real), ["duplicate_email 4000", "duplicate_email 4701"], "two people need two mailboxes");
    let mut it = beside_linked();
    it.employees[2].person.email = it.employees[0].person.email.clone();
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4701"], "the linked one goes on");
}

#[test]
fn all15_beside_a_linked_record_only_the_new_one_is_held_and_the_linked_one_is_synced() {
    let mut it = beside_linked();
    it.employees[0].person.job_title = Some("Chef".into());
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["update 4000".to_owned()], vec!["probable_duplicate 4701".to_owned()])
    );
    let hold = &plan.holds[0];
    assert_eq!(
        (hold.others.as_slice(), beside(hold)),
        (&[EmployeeId::from("4000")][..], vec![("4000", Some("u4000"))])
    );
    assert_eq!(hold.candidates[0].user, "u4000".into());
    assert!(hold.message.contains("may be employee 4000, who has user u4000"), "{}", hold.message);
}

#[test]
fn all15_the_account_speaks_too_where_the_record_has_moved_on() {
    let mut it = beside_linked();
    it.employees[0].person.last_name = Some("Wells".into());
    it.employees[0].person.branch = Some("Old Mill".into());
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4701"], "married, and not yet written");
    assert_eq!(kinds(&plan), ["update 4000"]);
}

#[test]
fn all15_with_the_fallback_neither_of_two_takes_the_account_by_itself() {
    let mut it = two();
    let mut user = user_of(&it.employees[0]);
    user.identifier = None;
    it.users.push(user);
    it.settings.email_fallback = true;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4000", "probable_duplicate 4701"]);
    it.rule_seeing(&plan, "4701", Ruling::Exclude);
    let plan = it.plan();
    assert!(kinds(&plan).contains(&"link 4000".to_owned()), "{:?}", kinds(&plan));
    assert_eq!(codes(&plan), ["excluded 4701"]);
}

#[test]
fn all15_of_three_records_all_new_ones_wait_and_name_the_others() {
    let mut it = beside_linked();
    it.employees.push(amy("4702"));
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4701", "probable_duplicate 4702"]);
    assert_eq!(beside(&plan.holds[0]), [("4000", Some("u4000")), ("4702", None)]);
    assert!(plan.holds[0].message.contains("4000, 4702"), "{}", plan.holds[0].message);
    it.rule_seeing(&plan, "4702", Ruling::Exclude);
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4701", "excluded 4702"]);
    assert_eq!(beside(&plan.holds[0]), [("4000", Some("u4000"))], "an excluded record stands beside nobody");
}

#[test]
fn all15_the_record_that_counts_goes_on_and_the_excluded_one_names_it() {
    let mut it = two();
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Exclude);
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["create 4000".into(), "create 5000".into()], vec!["excluded 4701".to_owned()])
    );
    assert!(plan.holds[0].message.ends_with("; employee 4000 counts as this person"), "{}", plan.holds[0].message);
    assert_eq!(plan.holds[0].others, [EmployeeId::from("4000")]);
    apply_creations(&mut it, &plan);
    let again = it.plan();
    assert_eq!((kinds(&again).len(), codes(&again)), (0, vec!["excluded 4701".to_owned()]), "stable after the sync");
}

#[test]
fn all15_both_are_real_creates_both_and_stays_so_until_a_key_field_changes() {
    let mut it = two();
    let plan = it.plan();
    it.both_real(&plan);
    assert_eq!(kinds(&it.plan()), ["create 4000", "create 4701", "create 5000"]);
    it.employees[1].person.job_title = Some("Chef".into());
    assert!(it.plan().holds.is_empty(), "a job is no key field");
    it.employees[1].person.email = Some("other@work.example".into());
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4000", "probable_duplicate 4701"], "an e-mail is one");
    it.employees[1].person.email = Some("p4701@hvine.example".into());
    let plan = it.plan();
    apply_creations(&mut it, &plan);
    let again = it.plan();
    assert_eq!((kinds(&again).len(), again.holds.len()), (0, 0));
}

#[test]
fn all15_create_is_about_one_record_and_nothing_is_created_silently() {
    let mut it = two();
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Create);
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["create 4701".into(), "create 5000".into()], vec!["probable_duplicate 4000".to_owned()])
    );
    apply_creations(&mut it, &plan);
    let plan = it.plan();
    assert_eq!((kinds(&plan).len(), codes(&plan)), (0, vec!["probable_duplicate 4000".to_owned()]));
    assert_eq!(beside(&plan.holds[0]), [("4701", Some("u4701"))]);
    it.rule_seeing(&plan, "4000", Ruling::Create);
    assert_eq!(kinds(&it.plan()), ["create 4000"], "a second user, ruled expressly");
}

#[test]
fn all15_a_ruling_that_did_not_see_the_other_record_does_not_let_it_through() {
    let mut it = two();
    it.rule("4701", Ruling::Create);
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4000", "probable_duplicate 4701"]);
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Create);
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4000"]);
    it.employees.push(amy("4702"));
    assert_eq!(
        codes(&it.plan()),
        ["probable_duplicate 4000", "probable_duplicate 4701", "probable_duplicate 4702"],
        "a third record is a new question"
    );
}

#[test]
fn all15_the_new_record_may_count_and_takes_the_account_over() {
    let mut it = beside_linked();
    let plan = it.plan();
    let seen = plan.holds[0].beside[0].seen.clone();
    it.pair("4000", "4701", PairVerdict::Same, &seen);
    it.rule("4000", Ruling::Exclude);
    it.rule("4701", Ruling::Link { user: "u4000".into() });
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["link 4701".into(), "update 4701".to_owned()], vec!["excluded 4000".to_owned()])
    );
    assert_eq!(fields(&plan.operations[0]), ["identifier: 9_4000 > 9_4701"]);
    it.users[0] = User { id: "u4000".into(), ..user_of(&it.employees[2]) };
    it.links[0] = Link { at: moment(500), ..link(&it.employees[2], "u4000", true) };
    let again = it.plan();
    assert_eq!((kinds(&again).len(), codes(&again)), (0, vec!["excluded 4000".to_owned()]));
    it.pairs.clear();
    it.users[0].identifier = Some("9_4000".into());
    it.links.remove(0);
    let plan = it.plan();
    assert!(codes(&plan).contains(&"target_owned_by_other 4701".to_owned()), "{:?}", codes(&plan));
}

#[test]
fn all15_when_the_record_that_counts_ends_the_other_one_is_a_question_again() {
    let mut it = beside_linked();
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Exclude);
    assert_eq!(codes(&it.plan()), ["excluded 4701"]);
    it.employees[0].status = EmploymentStatus::Ended;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["rehire 4000", "rehire 4701"], "one case: the user is not switched off meanwhile");
    assert_eq!(plan.holds[1].candidates[0].user, "u4000".into());
    assert!(plan.operations.is_empty());
    let mut gone = it.employees.clone();
    gone.remove(0);
    it.employees = gone;
    assert!(codes(&it.plan()).contains(&"rehire 4701".to_owned()), "also when it is gone from the source");
    it.rule("4701", Ruling::Link { user: "u4000".into() });
    it.decisions.remove(0);
    assert_eq!(kinds(&it.plan())[0], "link 4701", "the history is kept");

    let mut it = two();
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Exclude);
    it.employees[0].status = EmploymentStatus::Ended;
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["create 5000".into()], vec!["later 4701".to_owned()]),
        "no user: never a silent write"
    );
}

#[test]
fn all15_who_waits_is_not_freed_by_what_no_key_field_says() {
    let mut it = two();
    it.employees[0].person.date_of_birth = None;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4000", "probable_duplicate 4701"], "one branch, one job");
    it.wait_as_in(&plan);
    it.employees[1].person.job_title = Some("Chef".into());
    it.employees[1].person.branch = Some("Old Mill".into());
    assert_eq!(codes(&it.plan()), ["probable_duplicate 4000", "probable_duplicate 4701"], "moved within the company");
    it.employees[1].person.first_name = Some("Amelia".into());
    assert_eq!(kinds(&it.plan()), ["create 4000", "create 4701", "create 5000"], "another name is another record");
    it.employees[1].person.first_name = Some("Amy".into());
    it.waiting_beside.clear();
    assert_eq!(kinds(&it.plan()), ["create 4000", "create 4701", "create 5000"]);
}

#[test]
fn all15_an_exclusion_that_is_out_of_date_is_a_question_on_both_sides() {
    let mut it = two();
    let plan = it.plan();
    it.rule_seeing(&plan, "4701", Ruling::Exclude);
    it.employees[1].person.email = Some("new@work.example".into());
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["create 5000".into()], vec!["probable_duplicate 4000".into(), "later 4701".to_owned()])
    );
}

#[test]
fn all15_a_record_that_a_gate_blocks_still_stands_beside() {
    let mut it = two();
    it.employees[1].person.job_title = None;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4000", "missing_field 4701"], "each with what is first to be cured");
    assert_eq!(beside(&plan.holds[0]), [("4701", None)]);
    let mut it = beside_linked();
    it.employees[0].person.job_title = None;
    assert_eq!(
        codes(&it.plan()),
        ["missing_field 4000", "probable_duplicate 4701"],
        "also a linked one that is blocked"
    );
}

#[test]
fn all15_a_future_starter_is_asked_about_when_it_would_be_created() {
    let mut it = two();
    it.employees[1].person.start_date = Some(date(2026, 12, 14));
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), plan.future_starters, plan.holds.len()),
        (vec!["create 4000".into(), "create 5000".to_owned()], 1, 0)
    );
    apply_creations(&mut it, &plan);
    it.today = date(2026, 12, 14);
    let plan = it.plan();
    assert_eq!((kinds(&plan).len(), codes(&plan)), (0, vec!["probable_duplicate 4701".to_owned()]));
}

#[test]
fn all15_leavers_are_no_second_record_and_rehires_stay_rehires() {
    let mut it = two();
    it.employees[0].status = EmploymentStatus::Ended;
    let plan = it.plan();
    assert_eq!((kinds(&plan), plan.ignored_leavers), (vec!["create 4701".into(), "create 5000".to_owned()], 1));
    let mut it = beside_linked();
    it.employees[0].status = EmploymentStatus::Ended;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["rehire 4000", "rehire 4701"]);
    it.employees[0].person.end_date = Some(it.today);
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4701"], "on the last day the old record still has the user");
    assert_eq!(kinds(&plan), ["update 4000"]);
}

#[test]
fn all15_two_who_are_both_linked_are_left_alone() {
    let mut it = company();
    it.synced(amy("4000"));
    it.synced(amy("4701"));
    let plan = it.plan();
    assert_eq!((kinds(&plan).len(), plan.holds.len(), plan.counts.unchanged), (0, 0, 2));
    let seen: Vec<_> = plan.doubled.iter().map(|one| (one.employee.as_str(), one.other.employee.as_str())).collect();
    assert_eq!((seen, plan.doubled[0].user.as_str()), (vec![("4000", "4701")], "u4000"), "but it is told");
    let told = plan.doubled[0].other.clone();
    it.pair("4000", "4701", PairVerdict::Distinct, &told.seen);
    assert_eq!(it.plan().doubled, [], "until somebody has answered");
    it.pairs.clear();
    it.users.pop();
    let plan = it.plan();
    assert_eq!(codes(&plan), ["probable_duplicate 4701"], "one that was deleted is not made again unasked");
}

#[test]
fn all15_put_off_held_back_and_protected_records_stand_beside() {
    for ruling in [Ruling::Later { until: None }, Ruling::HoldBack, Ruling::Protect] {
        let mut it = two();
        it.rule("4701", ruling.clone());
        let plan = it.plan();
        assert_eq!(plan.holds[0].code, HoldCode::ProbableDuplicate, "{ruling:?}");
        assert_eq!((kinds(&plan), plan.holds.len()), (vec!["create 5000".to_owned()], 2));
    }
}

#[test]
fn all15_a_thousand_copies_are_a_thousand_questions() {
    let mut it = company();
    it.employees = (0..1_000).map(|n| amy(&format!("{n:04}"))).collect();
    let plan = it.plan();
    assert_eq!((plan.holds.len(), plan.operations.len()), (1_000, 0));
}

/// A user with Jane's e-mail; with `change` made to both.
fn one_mailbox(change: impl FnOnce(&mut Employee, &mut User)) -> Plan {
    let mut it = company();
    let mut jane = employee("4100", "Jane", "Smithson");
    let mut user = user_of(&jane);
    user.identifier = None;
    change(&mut jane, &mut user);
    it.employees.push(jane);
    it.users.push(user);
    it.settings.email_fallback = true;
    it.plan()
}

fn guard(plan: &Plan) -> String {
    assert!(plan.operations.is_empty(), "{:?}", kinds(plan));
    let evidence = &only_hold(plan).candidates[0].evidence;
    evidence.last().map(|one| one.level.clone()).unwrap_or_default()
}

#[test]
fn all15_a_starter_with_a_leavers_mailbox_takes_nothing_over() {
    let plan = one_mailbox(|jane, john| {
        john.person.first_name = Some("John".into());
        john.person.date_of_birth = None;
        john.person.start_date = Some(date(2009, 4, 1));
        jane.person.start_date = Some(date(2026, 9, 1));
    });
    assert_eq!(only_hold(&plan).candidates[0].user, "u4100".into());
    assert_eq!(guard(&plan), "guard_start_date");
}

#[test]
fn all15_sounding_alike_does_not_make_another_first_name_equal() {
    let pairs = [
        ("John", "Joan"),
        ("Jane", "Jana"),
        ("Jane", "John"),
        ("Daniel", "Danielle"),
        ("Marta", "Martha"),
        ("Jonas", "Jonah"),
    ];
    for (ours, theirs) in pairs {
        for dated in [true, false] {
            let plan = one_mailbox(|jane, user| {
                jane.person.first_name = Some(ours.into());
                user.person.first_name = Some(theirs.into());
                user.person.date_of_birth = user.person.date_of_birth.filter(|_| dated);
            });
            assert_eq!(guard(&plan), "guard_first_name", "{ours} {theirs} {dated}");
        }
    }
}

#[test]
fn all15_short_form_initial_second_and_married_name_agree() {
    let named = |first: &'static str, last: &'static str| {
        one_mailbox(move |jane, user| {
            jane.person.first_name = Some("Jane Robert".into());
            user.person.first_name = Some(first.into());
            user.person.last_name = Some(last.into());
            user.person.date_of_birth = None;
        })
    };
    for (first, last) in
        [("Jane", "Smithson"), ("J.", "Smithson"), ("Janie", "Smithson"), ("JANE", "Smithson-Ray"), ("Jane", "Callow")]
    {
        assert_eq!(kinds(&named(first, last))[0], "link 4100", "{first} {last}");
    }
    let married = |change: fn(&mut Employee, &mut User)| {
        one_mailbox(move |jane, user| {
            user.person.last_name = Some("Callow".into());
            user.person.date_of_birth = None;
            user.person.start_date = None;
            change(jane, user);
        })
    };
    assert_eq!(guard(&married(|_, _| {})), "guard_last_name", "nothing says that it is a married name");
    let by_mail = married(|jane, user| {
        jane.person.email = Some("jane.callow@h.example".into());
        user.person.email = Some("Jane.Callow@h.example".into());
    });
    assert_eq!(kinds(&by_mail)[0], "link 4100", "the mailbox still bears the old name");
    let typo = one_mailbox(|_, user| user.person.last_name = Some("Smitson".into()));
    assert_eq!(guard(&typo), "guard_last_name", "a slip is a question");
}

#[test]
fn all15_whatever_speaks_against_a_shared_mailbox_refuses_and_says_so() {
    assert_eq!(kinds(&one_mailbox(|_, _| {})), ["link 4100"]);
    let dated = |change: fn(&mut Person)| guard(&one_mailbox(move |_, user| change(&mut user.person)));
    assert_eq!(dated(|user| user.date_of_birth = Some(date(1950, 12, 31))), "guard_birth_date");
    let slip = |user: &mut Person| user.date_of_birth = user.date_of_birth.and_then(|day| day.tomorrow().ok());
    assert_eq!(dated(slip), "guard_birth_date", "a day apart is another birth date too");
}

#[test]
fn all15_start_dates_are_years_apart_from_the_second_year_on() {
    let started = |days: i64| {
        one_mailbox(move |_, user| {
            user.person.start_date = user.person.start_date.map(|day| day.saturating_sub(jiff::Span::new().days(days)))
        })
    };
    assert_eq!(kinds(&started(366))[0], "link 4100");
    assert_eq!(guard(&started(367)), "guard_start_date");
    let ended = one_mailbox(|_, user| user.person.end_date = Some(date(2026, 11, 23)));
    assert_eq!(guard(&ended), "guard_end_date");
    let ends = one_mailbox(|_, user| user.person.end_date = Some(date(2026, 11, 24)));
    assert_eq!(kinds(&ends)[0], "link 4100", "the last day is worked to its end");
}

#[test]
fn all15_pe10_a_foreign_identifier_is_never_rewritten_by_itself() {
    let foreign = |_: &mut Employee, user: &mut User| user.identifier = Some("55555_777".into());
    let plan = one_mailbox(foreign);
    assert_eq!(only_hold(&plan).code, HoldCode::TargetOwnedByOther);
    assert_eq!(guard(&plan), "guard_foreign_identifier");

    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    it.settings.email_fallback = true;
    let mut again = employee("77", "Ana", "Lima");
    again.person = it.employees[0].person.clone();
    it.employees = vec![again];
    assert_eq!(kinds(&it.plan()), ["link 77"], "ours, of somebody who is gone");
    it.users[0].identifier = Some("55555_777".into());
    let plan = it.plan();
    assert_eq!(only_hold(&plan).code, HoldCode::TargetOwnedByOther, "edited since: not ours any more");
}

#[test]
fn all15_a_leavers_mailbox_does_not_keep_the_leaver_active() {
    let mut it = company();
    it.synced(employee("1", "John", "Smithson"));
    it.employees[0].status = EmploymentStatus::Ended;
    let mut jane = employee("2", "Jane", "Smithson");
    jane.person.email = it.employees[0].person.email.clone();
    it.employees.push(jane);
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["deactivate 1".into()], vec!["email_held_by_active_user 2".to_owned()])
    );
}

/// Sure of everybody: the first user of the list is theirs.
struct Sure;

impl Matcher for Sure {
    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        let one = |_: &MatchPerson| MatchResult {
            verdict: Verdict::Link,
            candidates: vec![crate::domain::plan::Candidate {
                user: users[0].id.as_str().into(),
                weight: 20.0,
                probability: 0.9999,
                evidence: Vec::new(),
            }],
        };
        employees.iter().map(one).collect()
    }
}

#[test]
fn all15_a_weight_does_not_tie_what_an_email_may_not() {
    let scored = |change: fn(&mut Employee, &mut User)| {
        let mut it = company();
        let mut jane = employee("4100", "Jane", "Smithson");
        let mut user = user_of(&jane);
        user.identifier = None;
        change(&mut jane, &mut user);
        it.employees.push(jane);
        it.users.push(user);
        it.settings.auto_link = Some(0.99);
        kinds(&it.plan_with(&Sure)).contains(&"link 4100".to_owned())
    };
    assert!(scored(|_, user| user.person.email = None));
    assert!(scored(|_, user| {
        user.person.email = None;
        user.person.date_of_birth = None;
    }));
    assert!(!scored(|_, user| {
        user.person.email = None;
        user.person.first_name = Some("John".into());
    }));
    assert!(!scored(|_, user| {
        user.person.email = None;
        user.person.date_of_birth = None;
        user.person.first_name = Some("J".into());
    }));
    assert!(!scored(|_, user| {
        user.person.email = None;
        user.person.date_of_birth = Some(date(1950, 12, 31));
    }));
}

#[test]
fn all15_a_remembered_user_of_somebody_else_is_not_overwritten() {
    let mut it = company();
    it.synced(employee("1", "Ana", "Lima"));
    let mut other = employee("1", "Tomasz", "Wójcik");
    other.identifier = "10_1".into();
    other.person.date_of_birth = Some(date(1961, 12, 30));
    it.employees[0] = other;
    assert_eq!(only_hold(&it.plan()).code, HoldCode::IdentifierReused);
}
