//! Review by list and by command: groups, shared mailboxes, undo, and figures that agree everywhere.

use super::common::schema::prints;
use super::common::{Desk, codes, employee, hold, is_written, operations, user_of, world};
use clap::Parser;
use onroll::cli::arguments::{Arguments, Command as Line};
use onroll::cli::exit::Exit;
use onroll::cli::output::Output;
use onroll::cli::review;
use onroll::console::app::{Command, Payload, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{Context, command, query};
use onroll::console::screens::overview::data as overview;
use onroll::console::screens::review::data::{Act, Answer, Ask, Card, Collision, Member, Question, Queue, ReviewOrder};
use onroll::domain::decision::Ruling;
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::Problem;
use onroll::ports::clock::SystemClock;
use onroll::services::runs::Supervisor;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `onroll review …`, with its JSON.
async fn onroll(desk: &Desk, words: &[&str]) -> Result<Value, Problem> {
    let line = ["onroll", "review"].into_iter().chain(words.iter().copied());
    let Some(Line::Review(given)) = Arguments::try_parse_from(line).unwrap().command else { panic!("{words:?}") };
    let sink = Sink::default();
    let mut output = Output::to(true, Box::new(sink.clone()), Box::new(Sink::default()));
    assert_eq!(review::run(&desk.workspace, &given, &mut output).await?, Exit::Done);
    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    Ok(serde_json::from_str(&text).unwrap())
}

async fn decide(desk: &Desk, words: &[&str]) -> Result<Value, Problem> {
    onroll(desk, &[&["decide", desk.short_name.as_str()], words].concat()).await
}

fn console(desk: &Desk) -> Context {
    let (control, _) = tokio::sync::mpsc::channel(8);
    Context {
        store: desk.store().for_screen(),
        engine: desk.engine().clone(),
        runs: LiveRuns::new(Supervisor::default(), control),
        access: desk.workspace.access.clone(),
        sandbox: true,
        surroundings: Default::default(),
    }
}

async fn asked(desk: &Desk, ask: Ask) -> Answer {
    match query(&console(desk), Query::Review(ask)).await.unwrap() {
        Payload::Review(answer) => answer,
        other => panic!("{other:?}"),
    }
}

async fn act(desk: &Desk, act: Act) -> Answer {
    match command(&console(desk), Command::Review(act)).await.unwrap() {
        Payload::Review(answer) => answer,
        other => panic!("{other:?}"),
    }
}

async fn queue(desk: &Desk) -> Queue {
    let order = ReviewOrder::default();
    let ask = Ask::Queue { tenant: desk.short_name.clone(), also: None, order, whole: true };
    match asked(desk, ask).await {
        Answer::Queue(Some(queue)) => *queue,
        other => panic!("{other:?}"),
    }
}

async fn card(desk: &Desk, employee: &str) -> Card {
    match asked(desk, Ask::Card { tenant: desk.short_name.clone(), hold: 0, employee: employee.into() }).await {
        Answer::Card(card) => *card,
        other => panic!("{other:?}"),
    }
}

async fn group(desk: &Desk, people: &[&str]) -> Vec<Member> {
    let queue = queue(desk).await;
    let user = |id: &str| queue.rows.all()[queue.rows.place(&id.into()).unwrap()].user.clone();
    let members = people.iter().map(|id| (EmployeeId::from(*id), user(id))).collect();
    match asked(desk, Ask::Group { tenant: desk.short_name.clone(), members }).await {
        Answer::Group(members) => members,
        other => panic!("{other:?}"),
    }
}

/// Ruled and left, as list, badge, Overview, Tenants and the command say it: they agree.
async fn figures(desk: &Desk) -> (u32, u32) {
    let queue = queue(desk).await;
    let (ruled, left) = (queue.figures.ruled, queue.figures.left);
    let context = console(desk);
    let Payload::TenantHeader(header) = query(&context, Query::TenantHeader(desk.short_name.clone())).await.unwrap()
    else {
        panic!("a header")
    };
    assert_eq!(header.badges[3], left, "badge");
    let read = overview::Ask::Read(desk.short_name.clone());
    let Payload::Overview(overview::Answer::Read(facts)) = query(&context, Query::Overview(read)).await.unwrap() else {
        panic!("an overview")
    };
    let figures = facts.overview.figures.as_ref().unwrap();
    assert_eq!((figures.review_ruled, figures.review_left), (ruled, left), "Overview");
    let row = desk.store().tenant_rows().await.unwrap().remove(0).plan.unwrap();
    assert_eq!((row.review_ruled, row.review_left), (ruled, left), "Tenants");
    let listed = onroll(desk, &["list", desk.short_name.as_str()]).await.unwrap();
    assert_eq!((&listed["ruled"], &listed["left"]), (&json!(ruled), &json!(left)), "command");
    let open = queue.rows.all().len() - queue.ruled.len();
    assert_eq!(open as u32, left, "rows of the list");
    (ruled, left)
}

/// Four who may each be a user. Of 3 and 4 that user has the e-mail, with another birth date: as new users they stay held.
async fn four() -> Desk {
    let names = [("Ana", "Lima"), ("Bea", "Holm"), ("Cai", "Vogt"), ("Dan", "Ruiz")];
    let (mut employees, mut users) = (Vec::new(), Vec::new());
    for (id, (first, last)) in (1u32..).zip(names) {
        employees.push(employee(id, first, last, json!({})));
        let own = match id {
            1 | 2 => json!({"identifier": null, "email": format!("{first}@elsewhere.example")}),
            _ => json!({"identifier": null, "date_of_birth": "1951-02-03"}),
        };
        users.push(user_of(id, first, last, own));
    }
    let desk = Desk::preview_only(world(employees, users)).await;
    desk.preview().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_review_a_group_promises_what_its_members_cards_say_and_the_plan_does() {
    let desk = four().await;
    let people = ["1", "2", "3", "4"];
    let members = group(&desk, &people).await;
    for member in &members {
        let card = card(&desk, member.employee.as_str()).await;
        assert_eq!(member.create.held.is_some(), card.new.refused.is_some(), "{member:?} {:?}", card.new);
        assert_eq!(member.create.mails, if card.new.refused.is_some() { 0 } else { card.new.mails });
        let link = &card.choices[0].link;
        assert_eq!(member.link.held.is_some(), link.refused.is_some(), "{member:?} {link:?}");
    }
    let held: Vec<&str> =
        members.iter().filter(|one| one.create.held.is_some()).map(|one| one.employee.as_str()).collect();
    assert_eq!(held, ["3", "4"], "an active user has their e-mail");
    let answer = decide(&desk, &["1", "2", "3", "4", "--create"]).await.unwrap();
    assert_eq!(answer["done"], json!("Ruled for 2 people: 1, 2"));
    prints("review decide", [&answer], &["Left"]);
    let left: Vec<&Value> = answer["left"].as_array().unwrap().iter().map(|one| &one["employee_id"]).collect();
    assert_eq!(left, [&json!("3"), &json!("4")]);
    let plan = desk.plan().await;
    let creates = members.iter().filter(|one| one.create.creates && one.create.held.is_none()).count();
    assert_eq!(operations(&plan, OperationKind::Create).len(), creates);
    assert_eq!(hold(&plan, "3").code.kind(), onroll::domain::plan::HoldKind::Review, "asked about as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_review_every_figure_agrees_after_rulings_groups_undo_and_a_new_plan() {
    let mut desk = four().await;
    // What was ruled since a plan is told by the clock: rulings and plans have to go by the same one.
    desk.workspace.engine.clock = Arc::new(SystemClock);
    let tenant = || desk.short_name.clone();
    assert_eq!(figures(&desk).await, (0, 4));
    let rule = |rulings| Act::Rule { tenant: desk.short_name.clone(), rulings, reason: None };
    act(&desk, rule(vec![("1".into(), Ruling::Create)])).await;
    assert_eq!(figures(&desk).await, (1, 3), "before the plan follows");
    act(&desk, Act::Replan { tenant: tenant() }).await;
    assert_eq!(figures(&desk).await, (1, 3), "and after it");
    let later = Ruling::Later { until: Some(jiff::civil::date(2126, 12, 1)) };
    act(&desk, rule(vec![("2".into(), later.clone()), ("3".into(), later)])).await;
    act(&desk, Act::Replan { tenant: tenant() }).await;
    assert_eq!(figures(&desk).await, (3, 1), "put off is ruled");
    let Answer::Walked { employees: Some(employees), words, .. } = act(&desk, Act::Undo { tenant: tenant() }).await
    else {
        panic!("there is a step")
    };
    assert_eq!(employees, ["2".into(), "3".into()]);
    assert_eq!(words, "Undone: 2 people are not put off: Bea Holm and Cai Vogt");
    assert_eq!(figures(&desk).await.1, 1, "the plan still holds them as put off");
    act(&desk, Act::Replan { tenant: tenant() }).await;
    assert_eq!(figures(&desk).await, (1, 3));
    let Answer::Walked { words, .. } = act(&desk, Act::Undo { tenant: tenant() }).await else { panic!("a step") };
    assert_eq!(words, "Undone: Ana Lima is not ruled to be new");
    act(&desk, Act::Replan { tenant: tenant() }).await;
    assert_eq!(figures(&desk).await, (0, 4));
    let Answer::Walked { employees: None, words, .. } = act(&desk, Act::Undo { tenant: tenant() }).await else {
        panic!("nothing is left")
    };
    assert_eq!(words, "Nothing to undo: no ruling stands");
    act(&desk, Act::Redo { tenant: tenant() }).await;
    act(&desk, Act::Replan { tenant: tenant() }).await;
    assert_eq!(figures(&desk).await, (1, 3));
    desk.preview().await;
    assert_eq!(figures(&desk).await, (0, 3), "a new plan begins a new count");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_review_the_list_says_who_they_are_in_the_order_of_the_console() {
    let desk = four().await;
    let listed = onroll(&desk, &["list", desk.short_name.as_str()]).await.unwrap();
    let first = &listed["review"][0];
    let rows = queue(&desk).await.rows;
    let order: Vec<&str> = rows.all().iter().map(|row| row.employee.as_str()).collect();
    let said: Vec<&str> =
        listed["review"].as_array().unwrap().iter().filter_map(|one| one["employee_id"].as_str()).collect();
    assert_eq!(said, order);
    for field in ["name", "birth_date", "email", "user", "marks", "because"] {
        assert!(!first[field].is_null(), "{field}: {first}");
    }
    let three = listed["review"].as_array().unwrap().iter().find(|one| one["employee_id"] == json!("3")).unwrap();
    assert_eq!(three["marks"], json!({"birth_date": "differs", "email": "equal"}));
    let by_name = onroll(&desk, &["list", desk.short_name.as_str(), "--order", "name"]).await.unwrap();
    let names: Vec<&str> =
        by_name["review"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Ana Lima", "Bea Holm", "Cai Vogt", "Dan Ruiz"]);
}

async fn kitchen() -> Desk {
    let mail = json!({"email": "kitchen@hvine.example"});
    let employees = vec![employee(1, "Lucy", "Hart", mail.clone()), employee(2, "Omar", "Haddad", mail.clone())];
    Desk::live(world(employees, vec![user_of(1, "Lucy", "Hart", mail)])).await
}

async fn collision(desk: &Desk, employee: &str) -> Collision {
    match asked(desk, Ask::Collision { tenant: desk.short_name.clone(), employee: employee.into() }).await {
        Answer::Collision(found) => *found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_review_of_a_shared_mailbox_the_other_is_created_without_it_for_ever() {
    let desk = kitchen().await;
    desk.preview().await;
    let both = vec![("1".to_owned(), HoldCode::DuplicateEmail), ("2".to_owned(), HoldCode::DuplicateEmail)];
    assert_eq!(codes(&desk.plan().await), both);
    let found = collision(&desk, "2").await;
    assert_eq!((found.question, found.user.as_deref(), found.fits), (Question::Email, Some("7001"), Some(0)));
    let without = found.sides[0].others_without.clone().unwrap().unwrap();
    assert!(without.starts_with("Omar is created without e-mail"), "{without}");
    assert!(!format!("{found:?}").contains("xclud"), "nobody is excluded: {found:?}");

    let answer = decide(&desk, &["2", "--without-email"]).await.unwrap();
    assert_eq!(answer["done"], json!("Without e-mail: 2"));
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.failed), (1, 0));
    let omar = desk.user("40817_2");
    assert!(omar["email"].is_null() || omar["email"] == json!(""), "{omar}");
    assert_eq!(desk.user("40817_1")["email"], json!("kitchen@hvine.example"));
    let plan = desk.plan().await;
    assert_eq!((plan.operations.len(), codes(&plan)), (0, vec![]), "it is remembered");

    decide(&desk, &["2", "--undo"]).await.unwrap();
    assert_eq!(codes(&desk.plan().await), both, "and undone");
    let refused = decide(&desk, &["3", "--without-email"]).await.unwrap_err();
    assert!(refused.what.contains("no employee has the id"), "{}", refused.what);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_review_enter_on_a_shared_mailbox_takes_nobody_out_of_the_sync() {
    let desk = kitchen().await;
    desk.preview().await;
    let kept = Act::KeepShared { tenant: desk.short_name.clone(), employee: "1".into() };
    assert_eq!(act(&desk, kept).await, Answer::Ruled);
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("2".to_owned(), HoldCode::DuplicateEmail)], "Lucy goes on, Omar stays held");
    let found = collision(&desk, "2").await;
    assert!(found.sides.len() == 2 && found.sides.iter().any(|side| side.others_without.is_some()));
    act(&desk, Act::WithoutEmail { tenant: desk.short_name.clone(), employees: vec!["2".into()] }).await;
    assert!(is_written(&desk.plan().await, "2"));
    let Answer::Walked { words, .. } = act(&desk, Act::Undo { tenant: desk.short_name.clone() }).await else {
        panic!()
    };
    assert_eq!(words, "Undone: Omar Haddad is to have the shared e-mail");
    assert_eq!(codes(&desk.plan().await), [("2".to_owned(), HoldCode::DuplicateEmail)]);
    // HR gives him one of his own: nobody has to rule again.
    assert_eq!(decide(&desk, &["1", "--keep"]).await.unwrap()["done"], json!("1 keeps it, held: 2"));
}

/// Two Marek Sobczaks, born on one day, and one user of that name.
#[tokio::test(flavor = "multi_thread")]
async fn s_review_the_rival_is_named_and_both_are_ruled_together() {
    let born = json!({"date_of_birth": "1992-08-14"});
    let employees = vec![
        employee(1, "Marek", "Sobczak", json!({"date_of_birth": "1992-08-14", "email": "m.sobczak@hvine.example"})),
        employee(
            2,
            "Marcin",
            "Sobczak",
            json!({"date_of_birth": "1992-08-14", "email": "m.sobczak2@hvine.example",
            "start_date": "2020-01-06", "job_title": "Bartender"}),
        ),
    ];
    let user = user_of(
        9,
        "Marek",
        "Sobczyk",
        json!({"identifier": null, "email": "msobczyk@mail.example",
        "date_of_birth": born["date_of_birth"], "start_date": "2024-03-11"}),
    );
    let mut people = employees;
    for id in 20..60 {
        people.push(employee(id, &format!("First{id}"), &format!("Last{id}"), json!({})));
    }
    let desk = Desk::preview_only(world(people, vec![user])).await;
    desk.preview().await;
    let rows = queue(&desk).await.rows;
    let Some(row) = rows.all().iter().find(|row| row.user.is_some()) else { panic!("{rows:?}") };
    let Answer::Lines(lines) =
        asked(&desk, Ask::Lines { tenant: desk.short_name.clone(), holds: vec![row.hold] }).await
    else {
        panic!("lines")
    };
    let rival = lines[0].rival.clone().expect("the other one claims the user too");
    assert!(rival.name.ends_with("Sobczak") && rival.may_be_twin, "{rival:?}");
    let found = collision(&desk, row.employee.as_str()).await;
    assert_eq!((found.question, found.user.as_deref(), found.sides.len()), (Question::Rivals, Some("7009"), 2));
    let side = &found.sides[found.fits.unwrap_or(0)];
    assert_eq!(side.refused, None, "{side:?}");
    assert!(matches!(&side.keep[0].1, Ruling::Link { user } if user.as_str() == "7009"), "{side:?}");
    act(&desk, Act::Rule { tenant: desk.short_name.clone(), rulings: side.keep.clone(), reason: None }).await;
    let plan = desk.plan().await;
    assert!(is_written(&plan, &side.employee), "{:?}", codes(&plan));
}
