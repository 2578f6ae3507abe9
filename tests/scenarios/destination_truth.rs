//! ALL14 and ALL16 on the destination's side: words that nobody knows, records that cannot be read, people who are parked,
//! answers that are corrupt.

use crate::common::{Desk, codes, employee, hold, is_written, problem, user_of, world};
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::plan::{HoldCode, HoldKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

fn staff(count: u32) -> Vec<Value> {
    (1..=count).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

fn users(count: u32) -> Vec<Value> {
    (1..=count).map(|id| user_of(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

/// A tenant whose staff are all linked and equal.
async fn settled(count: u32) -> Desk {
    let desk = Desk::live(world(staff(count), users(count))).await;
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
    desk
}

fn edit_user(desk: &Desk, place: usize, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(&mut world.company_mut("flow-learning").unwrap().people[place]));
}

/// What HR changes: the last name of somebody, and of somebody else the job title.
fn change_in_hr(desk: &Desk) {
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people[0].last_name = "Married".into();
        people[1].job_title = "Bartender".into();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_status_word_that_nobody_knows_is_held_and_never_sent_back() {
    for word in ["suspended", "archived", "deleted", "Inactive ", "3"] {
        let desk = settled(3).await;
        edit_user(&desk, 0, |user| user.status = word.into());
        change_in_hr(&desk);
        let report = desk.sync().await;
        assert_eq!((report.outcome, report.totals.written), (RunOutcome::DoneWithHeld, 1), "{word}");
        let plan = &report.plan.as_ref().unwrap().plan;
        let held = hold(plan, "1");
        assert_eq!((held.code, held.value.as_deref()), (HoldCode::StatusUnclear, Some(word)));
        assert!(held.message.contains(&format!("`{word}`")) && held.remedy.contains("active or inactive"), "{held:?}");
        assert_eq!(
            (&desk.user("40817_1")["status"], &desk.user("40817_1")["last_name"]),
            (&json!(word), &json!("Last1"))
        );
        // Nor is such a leaver switched off, nor anybody made beside.
        desk.sandbox.edit(|world| {
            let person = &mut world.company_mut("planday").unwrap().people[0];
            person.status = "inactive".into();
            person.end_date = "2026-11-20".into();
        });
        assert_eq!((desk.sync().await.totals.written, desk.users().len()), (0, 3), "{word}");
        assert_eq!(desk.user("40817_1")["status"], word);
        // Cleared up there: everything is as it always was.
        edit_user(&desk, 0, |user| user.status = "active".into());
        assert_eq!(desk.sync().await.totals.written, 1);
        assert_eq!(desk.user("40817_1")["status"], "inactive");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_missing_status_or_one_that_is_no_text_is_unknown_too() {
    for raw in ["null", "false", "0", "{}"] {
        let desk = settled(2).await;
        edit_user(&desk, 0, |user| {
            user.own.insert("wire".into(), json!({ "status": raw }));
        });
        change_in_hr(&desk);
        let report = desk.sync().await;
        let plan = &report.plan.as_ref().unwrap().plan;
        assert_eq!((report.totals.written, hold(plan, "1").code), (1, HoldCode::StatusUnclear), "{raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_status_that_turned_unclear_after_the_plan_sets_the_line_aside() {
    let desk = settled(3).await;
    change_in_hr(&desk);
    desk.sandbox.edit(|world| {
        let person = &mut world.company_mut("planday").unwrap().people[2];
        person.status = "inactive".into();
        person.end_date = "2026-11-20".into();
    });
    let number = desk.plan().await.counts.operations();
    assert_eq!(number, 3);
    edit_user(&desk, 0, |user| user.status = "suspended".into());
    edit_user(&desk, 2, |user| {
        user.own.insert("wire".into(), json!({"branchCode": "7"}));
    });
    let report = desk.sync_kept(number).await;
    assert_eq!((report.totals.written, report.totals.set_aside), (1, 2), "{:?}", report.problem);
    assert_eq!(
        (&desk.user("40817_1")["status"], &desk.user("40817_3")["status"]),
        (&json!("suspended"), &json!("active"))
    );
    assert!(desk.feed("suspended").await.iter().any(|line| line.employee.is_some()));
    assert!(desk.feed("branchCode").await.iter().any(|line| line.text.contains("holds a number")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_somebody_who_matches_a_user_of_unknown_status_is_asked_never_created() {
    let by_email = user_of(1, "First1", "Last1", json!({"identifier": null, "status": "suspended"}));
    let by_weight = user_of(
        2,
        "First2",
        "Last2",
        json!({"identifier": null, "status": "archived", "email": "private@mail.example"}),
    );
    let mut people = staff(2);
    people.push(employee(3, "Zoe", "Quinn", json!({})));
    let desk = Desk::live(world(people, vec![by_email, by_weight])).await;
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("1".to_owned(), HoldCode::StatusUnclear), ("2".to_owned(), HoldCode::StatusUnclear)]);
    assert!(is_written(&plan, "3"));
    desk.link("1", hold(&plan, "1").candidates[0].user.as_str()).await;
    let plan = desk.plan().await;
    assert_eq!(hold(&plan, "1").code, HoldCode::StatusUnclear, "nor is a link written beside it");
    desk.rule("2", Ruling::Create).await;
    assert!(is_written(&desk.plan().await, "2"), "the operator's word that it is somebody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_user_who_cannot_be_read_holds_one_person_and_the_pull_goes_on() {
    let broken = [
        json!({"firstName": "5"}),
        json!({"lastName": "\"\\ud83d\""}),
        json!({"identifier": "{}"}),
        json!({"dateOfBirth": "\"31/02/1990\""}),
        json!({"id": "null"}),
        json!({"id": "99999999999999999999"}),
        json!({"email": "[\"a@x.example\"]"}),
    ];
    for wire in broken {
        let desk = settled(12).await;
        edit_user(&desk, 0, |user| {
            user.own.insert("wire".into(), wire.clone());
        });
        change_in_hr(&desk);
        let report = desk.sync().await;
        assert_eq!((report.problem.as_ref(), report.totals.written, desk.users().len()), (None, 1, 12), "{wire}");
        let plan = &report.plan.as_ref().unwrap().plan;
        let member = wire.as_object().unwrap().keys().next().unwrap();
        let held = hold(plan, "1");
        assert_eq!((held.code, held.field.as_ref()), (HoldCode::RecordUnreadable, Some(member)), "{wire}");
        assert_eq!((held.code.kind(), plan.holds.len()), (HoldKind::Blocked, 1), "{wire}");
        assert!(held.remedy.contains("Flow") && !held.message.contains("1990"), "{held:?}");
        assert_eq!(desk.user("40817_1")["last_name"], "Last1", "nothing is written onto half a record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_nobody_is_created_who_may_be_a_user_of_whom_nothing_can_be_read() {
    let desk = settled(2).await;
    desk.sandbox.edit(|world| {
        let person = &mut world.company_mut("planday").unwrap().people;
        let new = onroll::sandbox::Person {
            id: "9".into(),
            last_name: "New".into(),
            email: String::new(),
            ..person[1].clone()
        };
        person.push(new);
        let mut stray = world.company("flow-learning").unwrap().people[1].clone();
        stray.id = "7999".into();
        stray.identifier = String::new();
        stray.own.insert("wire".into(), json!("null"));
        world.company_mut("flow-learning").unwrap().people.push(stray);
    });
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), plan.operations.len()), (vec![("9".to_owned(), HoldCode::ProbableDuplicate)], 0));
    desk.rule("9", Ruling::Create).await;
    assert_eq!(desk.plan().await.counts.create, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_many_users_who_cannot_be_read_stop_the_pull_in_words() {
    let desk = settled(20).await;
    let writes = desk.writes();
    desk.sandbox.edit(|world| {
        for user in &mut world.company_mut("flow-learning").unwrap().people[..5] {
            user.own.insert("wire".into(), json!({"firstName": "{}"}));
        }
    });
    change_in_hr(&desk);
    let report = desk.sync().await;
    let problem = problem(&report);
    assert_eq!((report.outcome, problem.kind, desk.writes()), (RunOutcome::Stopped, ProblemKind::Stopped, writes));
    assert!(problem.why.contains("5 of 20 learners cannot be read (`firstName` in 5)"), "{}", problem.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_two_departments_of_one_name_hold_those_who_are_mapped_to_it() {
    let mut people = staff(3);
    people[1]["department"] = json!("Bar");
    let mut document = world(people, vec![]);
    let departments = |kitchens: [bool; 2]| {
        let kitchen = |active: bool| json!({"name": "Kitchen", "active": active});
        json!([kitchen(kitchens[0]), {"name": "Bar"}, kitchen(kitchens[1])])
    };
    document["flow-learning"]["options"]["departments"] = departments([false, true]);
    let desk = Desk::live(document.clone()).await;
    assert_eq!(desk.plan().await.counts.create, 3, "the archived one gives way");
    document["flow-learning"]["options"]["departments"] = departments([true, true]);
    desk.sandbox.put_state(&document).unwrap();
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("1".to_owned(), HoldCode::OptionMissing), ("3".to_owned(), HoldCode::OptionMissing)]);
    assert!(hold(&plan, "1").message.contains("has twice") && is_written(&plan, "2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_pages_that_repeat_end_by_themselves() {
    let desk = Desk::live(world(staff(3), users(3))).await;
    desk.sandbox.edit(|world| {
        let titles = &mut world.company_mut("flow-learning").unwrap().options.job_titles;
        titles.extend((0..450).map(|n| onroll::sandbox::OptionItem::named(format!("Title {n}"))));
    });
    let repeat = Fault::new(FaultKind::RepeatPages).at("flow-learning").on("GET", "/v1/job-titles");
    desk.sandbox.set_faults(vec![repeat]);
    let report = desk.preview().await;
    let problem = problem(&report);
    assert!(problem.why.contains("only repeats rows") && problem.why.contains("/v1/job-titles"), "{}", problem.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all16_a_corrupted_page_is_the_vendors_fault_and_asked_for_again() {
    let desk = settled(3).await;
    change_in_hr(&desk);
    let faults = |times| {
        [FaultKind::BrokenJson, FaultKind::HtmlPage]
            .map(|kind| Fault::new(kind).at("flow-learning").on("GET", "/v1/employees").times(times))
    };
    desk.sandbox.set_faults(faults(1).to_vec());
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 2), "{:?}", report.problem);
    for fault in faults(3) {
        desk.sandbox.set_faults(vec![fault]);
        let report = desk.preview().await;
        let problem = problem(&report);
        assert_eq!(problem.kind, ProblemKind::Temporary, "{problem:?}");
        assert!(
            problem.remedies.iter().all(|now| now.contains("tell Flow Learning") && !now.contains("log-in")),
            "{problem:?}"
        );
        assert!(problem.why.contains("page 1 of /v1/employees"), "{}", problem.why);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all16_a_parked_person_is_sent_once_and_counted_as_waiting() {
    // One creation by itself, and one among many that go in one request.
    for others in [0, 59] {
        let twin = user_of(
            900,
            "Zoe",
            "Quinn",
            json!({
                "identifier": null, "email": "other@mail.example", "date_of_birth": employee(1, "", "", json!({}))["date_of_birth"]
            }),
        );
        let mut people = staff(1 + others);
        people[0] = employee(1, "Zoe", "Quinn", json!({}));
        let mut document = world(people, vec![twin]);
        document["flow-learning"]["switches"] = json!({"possible_duplicate_rule": true});
        let desk = Desk::live(document).await;
        desk.plan().await;
        desk.rule("1", Ruling::Create).await;
        let report = desk.sync_confirmed().await;
        let totals = report.totals;
        assert_eq!((totals.written, totals.mails, totals.set_aside), (others, others, 1), "{:?}", report.problem);
        assert_eq!(report.outcome, RunOutcome::DoneWithHeld);
        let aside = desk.states(&report).await.into_iter().filter(|state| *state == OperationState::SetAside).count();
        assert_eq!((aside, desk.mails().len()), (1, others as usize));
        let parked = || desk.sandbox.world().to_json()["flow-learning"]["parked"].clone();
        for _ in 0..2 {
            let writes = desk.writes();
            let report = desk.sync().await;
            assert_eq!((report.totals.written, report.totals.mails, report.totals.held), (0, 0, 1));
            let plan = &report.plan.as_ref().unwrap().plan;
            assert_eq!((hold(plan, "1").code, plan.mails.welcome), (HoldCode::ProbableDuplicate, 0));
            assert!(hold(plan, "1").message.contains("parked"), "{:?}", hold(plan, "1"));
            assert_eq!((desk.writes(), parked()[0]["times"].as_i64()), (writes, Some(1)), "not sent again");
        }
        // Ruled once more, after that: sent once more.
        let connection = desk.connection().await.id;
        let again = Decision {
            employee: "1".into(),
            ruling: Ruling::Create,
            reason: None,
            by: "test".into(),
            at: "2099-01-01T00:00:00Z".parse().unwrap(),
            key_fields: String::new(),
        };
        desk.store().decide(connection, vec![again]).await.unwrap();
        assert_eq!((desk.sync_confirmed().await.totals.written, parked()[0]["times"].as_i64()), (0, Some(2)));
        // Decided at Flow: a learner with the identifier.
        desk.sandbox.edit(|world| {
            let user = &mut world.company_mut("flow-learning").unwrap().people[0];
            user.identifier = "40817_1".into();
            user.email = "zoe.quinn@hvine.example".into();
        });
        let report = desk.sync().await;
        assert_eq!(
            (report.totals.held, report.outcome),
            (0, RunOutcome::Done),
            "{:?}",
            report.plan.unwrap().plan.holds
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all16_mails_are_counted_for_those_who_have_an_address() {
    let mut people = staff(4);
    people[1]["email"] = json!(null);
    people[2]["email"] = json!("n/a");
    let desk = Desk::live(world(people, vec![])).await;
    let plan = desk.plan().await;
    assert_eq!((plan.counts.create, plan.mails.welcome), (4, 2));
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.written, report.totals.mails, desk.mails().len()), (4, 2, 2));
}
