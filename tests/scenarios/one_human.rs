//! ALL15: one human, one account. ALL03 against the order of events.

use crate::common::schema::prints;
use crate::common::{Desk, codes, employee, hold, is_written, operations, user_of, world};
use onroll::cli::arguments::{DecideArguments, OrderWord, ReviewCommand};
use onroll::cli::exit::Exit;
use onroll::cli::output::Output;
use onroll::cli::review;
use onroll::domain::decision::Ruling;
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind, Plan};
use onroll::domain::problem::Problem;
use onroll::domain::run::RunOutcome;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const BORN: &str = "1990-04-10";

/// A record of Amy; `own` replaces members.
fn amy(id: u32, own: Value) -> Value {
    let mut row = employee(id, "Amy", "Thornbury", json!({"date_of_birth": BORN}));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// Ben, Cora and Dev, with whom nothing is wrong.
fn others() -> Vec<Value> {
    [(4001, "Ben", "Callow"), (4002, "Cora", "Pinder"), (4003, "Dev", "Rastogi")]
        .into_iter()
        .map(|(id, first, last)| employee(id, first, last, json!({})))
        .collect()
}

fn company(records: Vec<Value>, users: Vec<Value>) -> Value {
    world(records.into_iter().chain(others()).collect(), users)
}

/// Amy is synced as 4000; then a second record of hers comes, with `own` members.
async fn second_record(own: Value) -> Desk {
    let desk = Desk::live(company(vec![amy(4000, json!({}))], vec![])).await;
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    add(&desk, amy(4701, own));
    desk
}

fn add(desk: &Desk, record: Value) {
    let mut document = desk.sandbox.world().to_json();
    document["planday"]["employees"].as_array_mut().unwrap().push(record);
    desk.sandbox.put_state(&document).unwrap();
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn run(desk: &Desk, command: &ReviewCommand) -> Result<Value, Problem> {
    let sink = Sink::default();
    let mut output = Output::to(true, Box::new(sink.clone()), Box::new(Sink::default()));
    assert_eq!(review::run(&desk.workspace, command, &mut output).await?, Exit::Done);
    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    let name = if matches!(command, ReviewCommand::List { .. }) { "review list" } else { "review decide" };
    prints(name, [&value], &[]);
    Ok(value)
}

/// `onroll review decide TENANT EMPLOYEE …`
async fn decide(desk: &Desk, employee: &str, change: impl FnOnce(&mut DecideArguments)) -> Result<Value, Problem> {
    let mut arguments = DecideArguments {
        tenant: desk.short_name.clone(),
        employees: vec![employee.to_owned()],
        link: None,
        create: false,
        keep: false,
        without_email: false,
        distinct: false,
        exclude: false,
        protect: false,
        later: None,
        not_same: None,
        undo: false,
        reason: None,
    };
    change(&mut arguments);
    run(desk, &ReviewCommand::Decide(arguments)).await
}

/// Amys of the destination.
fn amys(desk: &Desk) -> Vec<Value> {
    desk.users().into_iter().filter(|user| user["last_name"] == json!("Thornbury")).collect()
}

fn created(plan: &Plan) -> Vec<&str> {
    operations(plan, OperationKind::Create)
        .into_iter()
        .filter_map(|one| one.employee.as_ref())
        .map(|id| id.as_str())
        .collect()
}

/// The plan and the run after it write nothing more.
async fn is_settled(desk: &Desk, people: usize) {
    let writes = desk.writes();
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);
    let report = desk.sync().await;
    assert_eq!((desk.writes(), desk.users().len()), (writes, people), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_two_records_of_one_person_are_held_in_a_first_import_and_later() {
    let mails = [
        (json!({}), json!({"email": "amy.private@mail.example"})),
        (json!({"email": null}), json!({"email": null})),
        (json!({}), json!({"email": null, "job_title": "Bartender", "start_date": "2026-10-01"})),
        (
            json!({"email": "a@hvine.example", "phone": "07700 900123"}),
            json!({"email": "b@hvine.example", "phone": "07700 900123"}),
        ),
        (json!({}), json!({})),
    ];
    for (one, two) in mails {
        let desk = Desk::live(company(vec![amy(4000, one.clone()), amy(4701, two.clone())], vec![])).await;
        let plan = desk.plan().await;
        assert_eq!(created(&plan), ["4001", "4002", "4003"], "nobody else waits");
        for (id, other) in [("4000", "4701"), ("4701", "4000")] {
            let held = hold(&plan, id);
            assert_eq!(held.code, HoldCode::ProbableDuplicate, "{one} {two}");
            assert_eq!((held.others[0].as_str(), held.beside[0].employee.as_str()), (other, other));
        }
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, desk.users().len()), (RunOutcome::DoneWithHeld, 3));

        let desk = Desk::live(company(vec![], vec![])).await;
        desk.sync_confirmed().await;
        add(&desk, amy(4000, one));
        add(&desk, amy(4701, two));
        let plan = desk.plan().await;
        assert!(plan.operations.is_empty(), "also when both come later");
        assert_eq!(plan.held(HoldKind::Review), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_a_second_record_beside_a_linked_one_is_held_and_the_first_goes_on() {
    let own = json!({"email": "amy.private@mail.example", "job_title": "Bartender", "start_date": "2026-10-01"});
    let desk = second_record(own).await;
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people.iter_mut().find(|one| one.id == "4000").unwrap().job_title = "Sous Chef".into();
    });
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("4701".to_owned(), HoldCode::ProbableDuplicate)]);
    let user = desk.user("40817_4000")["id"].as_str().unwrap().to_owned();
    let held = hold(&plan, "4701");
    assert_eq!(held.candidates[0].user.as_str(), user, "the claimed user is the candidate");
    assert_eq!(held.beside[0].user.as_ref().map(|user| user.as_str()), Some(user.as_str()));
    assert!(held.message.contains("may be employee 4000"), "{}", held.message);
    assert!(!held.message.contains("1990") && !held.message.contains('@'));
    let report = desk.sync().await;
    assert_eq!((report.totals.confirmed, report.totals.held), (1, 1));
    assert_eq!((amys(&desk).len(), desk.user("40817_4000")["job_title"].clone()), (1, json!("Sous Chef")));
    let listed = run(
        &desk,
        &ReviewCommand::List { tenant: desk.short_name.clone(), order: OrderWord::LeastCertain, filter: String::new() },
    )
    .await
    .unwrap();
    prints("review list", [&listed], &["Beside"]);
    assert_eq!(listed["review"][0]["beside"][0]["employee"], json!("4000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_the_record_that_counts_is_remembered_with_its_reason_until_it_leaves() {
    let mut desk = second_record(json!({"email": null})).await;
    desk.plan().await;
    let answer = decide(&desk, "4000", |it| it.keep = true).await.unwrap();
    assert_eq!(answer["done"], json!("4000 counts, excluded: 4701"));
    let ruling = desk.store().decisions(desk.connection().await.id).await.unwrap().remove(0);
    assert_eq!(ruling.reason.as_deref(), Some("same person as employee 4000, whose record counts"));
    assert_eq!(codes(&desk.plan().await), [("4701".to_owned(), HoldCode::Excluded)]);
    is_settled(&desk, 4).await;
    // Another process, another day: still remembered.
    desk.reopen(crate::common::TODAY);
    is_settled(&desk, 4).await;
    // The record that counted ends, the other goes on: one question about both, and nobody is switched off meanwhile.
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        let first = people.iter_mut().find(|one| one.id == "4000").unwrap();
        (first.status, first.end_date) = ("inactive".into(), "2026-11-20".into());
    });
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);
    assert_eq!(hold(&plan, "4701").code, HoldCode::Rehire);
    assert_eq!(hold(&plan, "4000").code, HoldCode::Rehire);
    let user = hold(&plan, "4701").candidates[0].user.to_string();
    decide(&desk, "4701", |it| it.link = Some(user.clone())).await.unwrap();
    desk.sync_confirmed().await;
    assert_eq!((amys(&desk).len(), desk.user("40817_4701")["id"].clone()), (1, json!(user)), "the history is kept");
    is_settled(&desk, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_both_are_real_is_remembered_until_a_key_field_changes() {
    let desk = second_record(json!({"email": "amy.two@hvine.example"})).await;
    desk.plan().await;
    decide(&desk, "4701", |it| {
        it.distinct = true;
        it.reason = Some("two Amys, asked at the branch".into());
    })
    .await
    .unwrap();
    let pairs = desk.store().pair_rulings(desk.connection().await.id).await.unwrap();
    assert_eq!((pairs.len(), pairs[0].reason.as_deref()), (2, Some("two Amys, asked at the branch")));
    let plan = desk.plan().await;
    assert_eq!(created(&plan), ["4701"]);
    desk.sync_confirmed().await;
    assert_eq!(amys(&desk).len(), 2);
    is_settled(&desk, 5).await;
    // Both linked: nothing is held, whatever changes.
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people.iter_mut().find(|one| one.id == "4701").unwrap().email = "amy.three@hvine.example".into();
    });
    let plan = desk.plan().await;
    assert_eq!((plan.counts.update, plan.holds.len()), (1, 0));

    // Both new: one run creates both, and neither is taken for somebody who has appeared meanwhile.
    let desk = Desk::live(company(vec![amy(4000, json!({})), amy(4701, json!({"email": null}))], vec![])).await;
    desk.plan().await;
    decide(&desk, "4000", |it| it.distinct = true).await.unwrap();
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, amys(&desk).len()), (5, 2), "{:?}", report.problem);
    is_settled(&desk, 5).await;

    // Before it is carried out, a changed key field opens it again; another one does not.
    let desk = second_record(json!({"email": "amy.two@hvine.example"})).await;
    desk.plan().await;
    decide(&desk, "4701", |it| it.distinct = true).await.unwrap();
    let edit = |change: fn(&mut onroll::sandbox::Person)| {
        desk.sandbox.edit(|world| {
            let people = &mut world.company_mut("planday").unwrap().people;
            change(people.iter_mut().find(|one| one.id == "4701").unwrap());
        });
    };
    edit(|person| person.job_title = "Bartender".into());
    assert_eq!(created(&desk.plan().await), ["4701"]);
    edit(|person| person.email = "amy.three@hvine.example".into());
    assert_eq!(codes(&desk.plan().await), [("4701".to_owned(), HoldCode::ProbableDuplicate)]);
    decide(&desk, "4701", |it| it.undo = true).await.unwrap();
    assert_eq!(codes(&desk.plan().await), [("4701".to_owned(), HoldCode::ProbableDuplicate)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_create_is_about_one_record_and_the_other_waits_for_its_own_ruling() {
    let desk = Desk::live(company(vec![amy(4000, json!({"email": null})), amy(4701, json!({}))], vec![])).await;
    desk.plan().await;
    decide(&desk, "4701", |it| it.create = true).await.unwrap();
    let plan = desk.plan().await;
    assert!(is_written(&plan, "4701") && !is_written(&plan, "4000"));
    desk.sync_confirmed().await;
    assert_eq!(amys(&desk).len(), 1);
    assert_eq!(codes(&desk.plan().await), [("4000".to_owned(), HoldCode::ProbableDuplicate)]);
    is_settled(&desk, 4).await;
    decide(&desk, "4000", |it| it.exclude = true).await.unwrap();
    assert_eq!(codes(&desk.plan().await), [("4000".to_owned(), HoldCode::Excluded)]);
    is_settled(&desk, 4).await;
    // A third record is a new question, also beside a ruling that was carried out.
    add(&desk, amy(4702, json!({"email": null})));
    assert_eq!(hold(&desk.plan().await, "4702").beside[0].employee.as_str(), "4701");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_the_new_record_may_count_and_gets_the_account_with_its_history() {
    let desk = second_record(json!({"email": null})).await;
    let user = desk.user("40817_4000")["id"].clone();
    desk.plan().await;
    let refused = decide(&desk, "4002", |it| it.keep = true).await.unwrap_err();
    assert!(refused.what.contains("stands beside no other record"), "{}", refused.what);
    decide(&desk, "4701", |it| it.keep = true).await.unwrap();
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("4000".to_owned(), HoldCode::Excluded)]);
    assert_eq!(operations(&plan, OperationKind::Link).len(), 1);
    desk.sync_confirmed().await;
    assert_eq!((amys(&desk).len(), desk.user("40817_4701")["id"].clone()), (1, user));
    assert_eq!(desk.user("40817_4701")["status"], json!("active"));
    is_settled(&desk, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_who_waits_is_not_freed_by_a_move_within_the_company() {
    let records = vec![amy(4000, json!({"date_of_birth": null, "email": null})), amy(4701, json!({}))];
    let desk = Desk::live(company(records, vec![])).await;
    assert_eq!(desk.plan().await.held(HoldKind::Review), 2, "one branch, one job, no birth date on one side");
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        let second = people.iter_mut().find(|one| one.id == "4701").unwrap();
        (second.job_title, second.branch) = ("Sous Chef".into(), "Castle Street".into());
        second.start_date = "2026-10-01".into();
    });
    let plan = desk.plan().await;
    assert_eq!((plan.held(HoldKind::Review), created(&plan)), (2, vec!["4001", "4002", "4003"]));
}

/// Jane, who starts with the mailbox of `user`; fall-back on.
async fn one_mailbox(jane: Value, user: Value) -> Desk {
    let mut record = employee(4100, "Jane", "Smithson", json!({"email": "jsmithson@hvine.example"}));
    for (name, value) in jane.as_object().cloned().unwrap_or_default() {
        record[name] = value;
    }
    let mut account =
        user_of(4100, "Jane", "Smithson", json!({"identifier": null, "email": "jsmithson@hvine.example"}));
    for (name, value) in user.as_object().cloned().unwrap_or_default() {
        account[name] = value;
    }
    let desk = Desk::live(company(vec![record], vec![account])).await;
    desk.settings(|settings| settings.email_fallback = true).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_a_starter_with_a_leavers_mailbox_neither_takes_his_account_over_nor_renames_him() {
    let john = json!({"first_name": "John", "date_of_birth": null, "start_date": "2009-04-01"});
    let desk = one_mailbox(json!({"start_date": "2026-09-01"}), john).await;
    let plan = desk.plan().await;
    let held = hold(&plan, "4100");
    assert_eq!((held.code.kind(), held.candidates[0].user.as_str()), (HoldKind::Review, "11100"));
    desk.sync_confirmed().await;
    let john = desk.users().into_iter().find(|user| user["id"] == json!("11100")).unwrap();
    assert_eq!((john["first_name"].clone(), john["identifier"].clone()), (json!("John"), json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_an_equal_email_ties_only_where_names_agree_and_nothing_speaks_against_it() {
    for (own, guard) in [
        (json!({}), None),
        (json!({"first_name": "J."}), None),
        (json!({"first_name": "Janie", "date_of_birth": null}), None),
        (json!({"last_name": "Callow-Smithson"}), None),
        (json!({"last_name": "Callow"}), None),
        (json!({"first_name": "Jana"}), Some("guard_first_name")),
        (json!({"first_name": "Joan", "date_of_birth": null}), Some("guard_first_name")),
        (json!({"first_name": "John", "date_of_birth": null}), Some("guard_first_name")),
        (json!({"date_of_birth": "1955-01-31"}), Some("guard_birth_date")),
        (json!({"start_date": "2019-03-11"}), Some("guard_start_date")),
        (json!({"last_name": "Smitson"}), Some("guard_last_name")),
        (json!({"identifier": "55555_777"}), Some("guard_foreign_identifier")),
    ] {
        let desk = one_mailbox(json!({}), own.clone()).await;
        let plan = desk.plan().await;
        match guard {
            None => assert_eq!(operations(&plan, OperationKind::Link).len(), 1, "{own}: {:?}", codes(&plan)),
            Some(guard) => {
                let held = hold(&plan, "4100");
                let said = held.candidates[0].evidence.last().map(|one| one.level.as_str());
                assert_eq!(said, Some(guard), "{own}: {}", held.message);
                assert!(!is_written(&plan, "4100"));
                let foreign = held.code == HoldCode::TargetOwnedByOther;
                assert_eq!(foreign, guard == "guard_foreign_identifier");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_pe10_our_own_earlier_identifier_is_rewritten_and_a_foreign_one_is_not() {
    let desk = one_mailbox(json!({}), json!({})).await;
    desk.sync_confirmed().await;
    let rename = |id: &'static str| {
        desk.sandbox.edit(|world| {
            let people = &mut world.company_mut("planday").unwrap().people;
            let jane = people.iter_mut().find(|one| one.first_name == "Jane").unwrap();
            (jane.id, jane.identifier) = (id.into(), format!("40817_{id}"));
        });
    };
    rename("4199");
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::Link).len(), 1, "{:?}", codes(&plan));
    desk.sync_confirmed().await;
    assert_eq!(desk.user("40817_4199")["id"], json!("11100"));
    is_settled(&desk, 4).await;
    desk.sandbox.edit(|world| {
        let users = &mut world.company_mut("flow-learning").unwrap().people;
        users.iter_mut().find(|one| one.id == "11100").unwrap().identifier = "55555_777".into();
    });
    rename("4198");
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);
    assert_eq!(hold(&plan, "4198").code, HoldCode::TargetOwnedByOther);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all03_the_order_of_events_decides_nothing() {
    // The second record comes between the plan and its run: what was approved is not what would be done.
    let desk = Desk::live(company(vec![amy(4000, json!({}))], vec![])).await;
    let number = desk.plan().await.counts.operations();
    add(&desk, amy(4701, json!({"email": null})));
    let report = desk.sync_kept(number).await;
    assert!(amys(&desk).len() < 2, "{:?}", report.outcome);
    // A ruling comes first, then the record that it did not see.
    let desk = Desk::live(company(vec![amy(4701, json!({"email": null}))], vec![])).await;
    desk.plan().await;
    desk.rule("4701", Ruling::Create).await;
    add(&desk, amy(4000, json!({})));
    let plan = desk.plan().await;
    assert_eq!((created(&plan), plan.held(HoldKind::Review)), (vec!["4001", "4002", "4003"], 2));
    // An identifier decides before everything else: set by hand, it ties the second record.
    let desk = second_record(json!({"email": null})).await;
    desk.sandbox.edit(|world| {
        let users = &mut world.company_mut("flow-learning").unwrap().people;
        users.iter_mut().find(|one| one.identifier == "40817_4000").unwrap().identifier = "40817_4701".into();
    });
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("4000".to_owned(), HoldCode::Detached)]);
    assert!(created(&plan).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_two_records_that_are_both_linked_go_on_and_are_told() {
    let users = [4000, 4701].map(|id| user_of(id, "Amy", "Thornbury", json!({"date_of_birth": BORN, "email": null})));
    let records = vec![amy(4000, json!({"email": null})), amy(4701, json!({"email": null}))];
    let desk = Desk::live(company(records, users.into())).await;
    desk.sync_confirmed().await;
    let plan = desk.plan().await;
    assert_eq!((plan.operations.len(), plan.holds.len(), plan.doubled.len()), (0, 0, 1));
    let list =
        ReviewCommand::List { tenant: desk.short_name.clone(), order: OrderWord::LeastCertain, filter: String::new() };
    let listed = run(&desk, &list).await.unwrap();
    prints("review list", [&listed], &["Doubled"]);
    assert_eq!(listed["doubled"][0]["other_employee_id"], json!("4701"));
    assert_eq!(
        listed["doubled"][0]["why"],
        json!("equal name, equal birth date; same start date, branch and job title")
    );
    decide(&desk, "4701", |it| it.distinct = true).await.unwrap();
    assert_eq!(run(&desk, &list).await.unwrap()["doubled"], json!([]));
    decide(&desk, "4701", |it| it.undo = true).await.unwrap();
    decide(&desk, "4000", |it| it.keep = true).await.unwrap();
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), plan.doubled.len()), (vec![("4701".to_owned(), HoldCode::Excluded)], 0));
    is_settled(&desk, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_undo_takes_the_answer_back_whole() {
    let desk = Desk::live(company(vec![amy(4000, json!({"email": null})), amy(4701, json!({}))], vec![])).await;
    let first = desk.plan().await;
    for answer in ["keep", "distinct", "create", "exclude"] {
        decide(&desk, "4701", |it| match answer {
            "keep" => it.keep = true,
            "distinct" => it.distinct = true,
            "create" => it.create = true,
            _ => it.exclude = true,
        })
        .await
        .unwrap();
        assert_ne!(desk.plan().await.hash, first.hash, "{answer}");
        decide(&desk, "4701", |it| it.undo = true).await.unwrap();
        assert_eq!(desk.plan().await, first, "{answer}");
    }
}
