//! What was said to a destination is kept for each line, attempt by attempt, and nothing private nor secret is kept with it.

use super::any_pair::{People, desk};
use crate::common::schema::prints;
use crate::common::{Desk, employee, output, user_of, world};
use onroll::cli::arguments::RunsCommand;
use onroll::domain::exchange::{Compared, Exchange, Heard, Purpose};
use onroll::domain::ids::RunId;
use onroll::domain::run::OperationState;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Confirmation, RunReport, SyncRequest};
use onroll::sandbox::{Fault, FaultKind, SandboxConfig};
use onroll::services::said::{self, LineOf, Page};
use onroll::vendors::registry;
use serde_json::{Value, json};

async fn page(desk: &Desk, run: RunId, line: LineOf) -> Page {
    said::page(desk.engine(), &desk.connection().await, run, line).await.unwrap()
}

fn person(id: &str) -> LineOf {
    LineOf::Person(id.into(), None)
}

fn statuses(page: &Page) -> Vec<Option<u16>> {
    let status = |turn: &said::Turn| match turn.said.heard {
        Heard::Answer { status, .. } => Some(status),
        Heard::Silence { .. } => None,
    };
    page.turns.iter().map(status).collect()
}

fn fault(kind: FaultKind, destination: &str, method: &str) -> Fault {
    Fault { method: Some(method.to_owned()), ..Fault::new(kind).at(destination).times(1) }
}

/// Every exchange of every line of a run.
async fn everything(desk: &Desk, report: &RunReport) -> Vec<(u32, Vec<Exchange>)> {
    let plan = report.plan.as_ref().unwrap().id;
    let mut all = Vec::new();
    for row in desk.store().operations(plan, &OperationState::ALL).await.unwrap() {
        all.push((row.operation.seq, desk.store().exchanges(plan, row.operation.seq).await.unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn s_said_a_refused_update_shows_what_was_sent_what_came_back_and_what_stayed() {
    let changed =
        employee(1, "Ingrid", "Solberg", json!({"email": "ingrid.new@hvine.example", "job_title": "Sous Chef"}));
    let old = user_of(1, "Ingrid", "Solberg", json!({"email_verified": false}));
    let mut world = world(vec![changed], vec![old]);
    world["flow-learning"]["switches"]["unverified_emails"] = json!(true);
    let desk = Desk::live(world).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.failed, 1, "{:?}", report.problem);
    let page = page(&desk, report.run, person("1")).await;
    assert_eq!((page.deed.as_str(), page.code.as_deref()), ("update refused", Some("EMAIL_UNVERIFIED")));
    assert_eq!(statuses(&page), [Some(409)]);
    let sent = &page.turns[0].said;
    let of = |key: &str| sent.content.fields().iter().find(|kept| kept.key == key).unwrap();
    assert_eq!(of("email").value, "i*****@hvine.example");
    assert_eq!(
        of("email").compared,
        Some(Compared::Was("i*****@hvine.example".into())),
        "changed, and no more is told"
    );
    assert_eq!(
        (of("jobTitle").value.as_str(), &of("jobTitle").compared),
        ("Sous Chef", &Some(Compared::Was("Waiter".into())))
    );
    assert_eq!((of("dateOfBirth").value.as_str(), &of("dateOfBirth").compared), ("****-**-**", &Some(Compared::Same)));
    assert_eq!(of("firstName").compared, Some(Compared::Same));
    assert!(sent.headers.contains(&("authorization".into(), "Basic ********".into())), "{:?}", sent.headers);
    assert!(page.so[0].sentence.contains("a 409 is an answer"), "{:?}", page.so);
    // The command says the same.
    let (mut out, heard, _) = output(false);
    let command = RunsCommand::Said { run: report.run.0, line: None, employee: Some("1".into()) };
    onroll::cli::runs::run(&desk.workspace, &command, &mut out).await.unwrap();
    let text = heard.text();
    assert_eq!(text.lines().next(), Some(page.title().as_str()));
    assert!(text.contains("409 Conflict") && text.contains("≠ was Waiter") && !text.contains("ingrid"), "{text}");
    let (mut out, heard, _) = output(true);
    onroll::cli::runs::run(&desk.workspace, &command, &mut out).await.unwrap();
    assert_eq!(heard.answer()["exchanges"][0]["heard"]["answer"]["status"], 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_said_a_lost_answer_is_kept_with_the_reading_that_settled_it() {
    let desk = Desk::live(world(vec![employee(1, "Ana", "Lopes", json!({}))], vec![])).await;
    desk.sandbox.set_faults(vec![fault(FaultKind::AnswerLost, "flow-learning", "PUT")]);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (1, 1), "{:?}", report.problem);
    let page = page(&desk, report.run, person("1")).await;
    assert_eq!(statuses(&page), [None], "sent once");
    let turn = &page.turns[0];
    assert!(matches!(&turn.said.heard, Heard::Silence { left: true, .. }));
    assert!(turn.read.is_some() && page.so[0].sentence.contains("the answer was lost"), "{page:?}");
    let (mut out, heard, _) = output(true);
    let command = RunsCommand::Said { run: report.run.0, line: None, employee: Some("1".into()) };
    onroll::cli::runs::run(&desk.workspace, &command, &mut out).await.unwrap();
    prints("runs said", [&heard.answer()], &["Silence"]);
    let all = everything(&desk, &report).await;
    let purposes: Vec<Purpose> = all.into_iter().flat_map(|(_, said)| said).map(|one| one.purpose).collect();
    assert!(purposes.contains(&Purpose::Settle) && purposes.contains(&Purpose::ReadBack), "{purposes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_said_a_429_is_an_attempt_of_its_own_and_the_wait_is_told() {
    let desk = Desk::live(world(vec![employee(1, "Ana", "Lopes", json!({}))], vec![])).await;
    desk.sandbox.set_faults(vec![fault(FaultKind::TooManyRetryAfter, "flow-learning", "PUT")]);
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 1, "{:?}", report.problem);
    let page = page(&desk, report.run, person("1")).await;
    assert_eq!(statuses(&page), [Some(429), Some(201)]);
    let words: Vec<String> = page.turns.iter().map(said::Turn::attempt_words).collect();
    assert!(words[0].starts_with("attempt 1 of 2, 429, waited ") && words[1] == "attempt 2 of 2", "{words:?}");
    assert!(page.turns[0].then_waited_ms.is_some_and(|ms| ms >= 1_000), "{words:?}");
    let Heard::Answer { headers, .. } = &page.turns[0].said.heard else { panic!() };
    assert!(headers.iter().any(|(name, value)| name == "retry-after" && value == "1"), "{headers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_said_whoever_was_held_or_is_of_no_run_has_an_empty_page_that_says_why() {
    let odd = employee(2, "Leo", "Marsh", json!({"job_title": "Night Auditor"}));
    let desk = Desk::live(world(vec![employee(1, "Ana", "Lopes", json!({})), odd], vec![])).await;
    let report = desk.sync_confirmed().await;
    let held = page(&desk, report.run, person("2")).await;
    assert!(
        held.turns.is_empty() && held.nothing.as_ref().unwrap().contains("held before it was its turn"),
        "{held:?}"
    );
    assert_eq!(held.name, "Leo Marsh");
    let sent = page(&desk, report.run, LineOf::First).await;
    assert_eq!((sent.employee.as_ref().map(|id| id.as_str()), sent.place, sent.lines), (Some("1"), 1, 1));
    let preview = desk.preview().await;
    let none = page(&desk, preview.run, person("1")).await;
    assert!(none.turns.is_empty() && none.nothing.is_some());
    assert!(page(&desk, report.run, LineOf::Seq(99)).await.nothing.is_some());
}

/// What must never stand in anything that is kept: credentials, and what is private of anybody.
async fn never_kept(desk: &Desk) -> Vec<String> {
    let connection = desk.connection().await;
    let engine = desk.engine();
    let mut never = Vec::new();
    for endpoint in [&connection.source, &connection.destination] {
        for reference in endpoint.secrets.values() {
            let secret = engine.secrets.resolve(reference, &*engine.environment).unwrap();
            never.push(secret.reveal().to_owned());
        }
    }
    for user in desk.users() {
        for key in ["email", "date_of_birth", "phone"] {
            never.extend(user[key].as_str().filter(|value| !value.is_empty()).map(str::to_owned));
        }
    }
    never
}

/// Each destination that is spoken to over HTTP: somebody is created, changed and switched off, and is refused once.
#[tokio::test(flavor = "multi_thread")]
async fn s_said_every_write_of_every_destination_is_kept_and_nothing_private_is() {
    for vendor in registry::destinations() {
        let destination = (vendor.capabilities)(&Default::default()).key;
        if destination == "people-file" {
            continue;
        }
        let mut people = People::new("peoplehr");
        let desk = desk(&people, destination).await;
        let mut runs = vec![desk.sync_confirmed().await];
        people.all[0].last_name = "Halloran-Quill".into();
        people.all[1].end_date = "2026-11-20".into();
        people.put(&desk);
        desk.sandbox.set_faults(vec![Fault::new(FaultKind::TooManyRetryAfter).at(destination).times(1)]);
        runs.push(desk.sync_confirmed().await);
        desk.sandbox.set_faults(Vec::new());
        let never = never_kept(&desk).await;
        assert!(never.len() > 4, "{destination}: {never:?}");
        for report in &runs {
            let all = everything(&desk, report).await;
            assert!(!all.is_empty(), "{destination}: {:?}", report.problem);
            for (line, said) in all {
                let writes = said.iter().filter(|one| one.purpose == Purpose::Write).count();
                assert!(writes > 0, "{destination}, line {line}: nothing of the write is kept: {said:?}");
                let text = serde_json::to_string(&said).unwrap();
                let page = page(&desk, report.run, LineOf::Seq(line)).await;
                let shown = said::text(&page).join("\n") + &format!("{:?}", said::table(&page).rows);
                for value in &never {
                    assert!(!text.contains(value.as_str()), "{destination}, line {line}: {value} in {text}");
                    assert!(!shown.contains(value.as_str()), "{destination}, line {line}: {value} in {shown}");
                }
                assert!(!text.contains("Bearer ey") && !text.contains("Basic SF"), "{text}");
            }
        }
    }
}

/// A run that is cut short loses at most what was said, never the journal: every page still says what became of its line.
#[tokio::test(flavor = "multi_thread")]
async fn s_said_after_a_run_was_cut_short_every_line_still_says_what_became_of_it() {
    let staff: Vec<Value> =
        (1..=40).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect();
    let mut desk = Desk::live(world(staff, vec![])).await;
    let number = desk.plan().await.counts.operations();
    let connection = desk.connection().await;
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    desk.sandbox.set_faults(vec![Fault {
        path: Some("/flow-learning/v1/employees".into()),
        ..fault(FaultKind::Hang, "flow-learning", "PUT")
    }]);
    let watched = {
        let (reporter, control, engine) = (reporter.clone(), control.clone(), desk.engine().clone());
        tokio::spawn(async move { engine.sync(&connection, &request, &reporter, &control).await })
    };
    while reporter.snapshot().written == 0 {
        tokio::task::yield_now().await;
    }
    control.interrupt();
    let cut = watched.await.unwrap().unwrap();
    desk.sandbox.set_faults(Vec::new());
    desk.reopen(crate::common::TODAY);
    let report = desk.sync().await;
    assert_eq!(report.resumed, Some(cut.run));
    assert_eq!(desk.users().len(), 40);
    let mut shown = 0;
    for seq in 0..number {
        let page = page(&desk, cut.run, LineOf::Seq(seq)).await;
        assert_eq!(page.seq, Some(seq));
        assert!(page.turns.is_empty() == page.nothing.is_some(), "{page:?}");
        assert!(page.deed.ends_with("confirmed") && !page.so.is_empty(), "{page:?}");
        assert!(!page.so[0].sentence.contains("already"), "{page:?}");
        shown += usize::from(!page.turns.is_empty());
    }
    assert!(shown > 30, "{shown}");
}

/// In a request for many each line keeps its own part, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn s_said_in_a_request_for_many_nobody_sees_the_others() {
    let staff: Vec<Value> =
        (1..=60).map(|id| employee(id, &format!("First{id}"), &format!("Zalast{id}q"), json!({}))).collect();
    let desk = Desk::live(world(staff, vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 60, "{:?}", report.problem);
    let mut many = 0;
    for (line, said) in everything(&desk, &report).await {
        let page = page(&desk, report.run, LineOf::Seq(line)).await;
        let id = page.employee.unwrap();
        let text = serde_json::to_string(&said).unwrap();
        assert!(text.contains(&format!("Zalast{id}q")), "{text}");
        let others = (1..=60).filter(|other| other.to_string() != id.as_str());
        for other in others {
            assert!(!text.contains(&format!("Zalast{other}q")), "line of {id}: {text}");
        }
        many += usize::from(said.iter().any(|one| one.path.ends_with("/feed")));
    }
    assert!(many > 0, "they went several in a request");
}

/// However many requests a call for many comes to, each line keeps its own creation: of Moodle's one for each person, of a feed that is
/// refused too.
#[tokio::test(flavor = "multi_thread")]
async fn s_said_of_a_call_for_many_each_line_keeps_its_own_creation() {
    for vendor in registry::destinations() {
        let destination = (vendor.capabilities)(&Default::default()).key;
        if destination == "people-file" {
            continue;
        }
        let mut people = People::new("peoplehr");
        let first = people.all[0].clone();
        // Names that no other is in, without a digit: Reward Gateway takes none.
        let word = |number: &dyn ToString| -> String {
            number.to_string().bytes().map(|digit| char::from(b'k' + (digit - b'0'))).collect()
        };
        people.all = (1..=60)
            .map(|number| {
                let mut person = first.clone();
                person.id = number.to_string();
                (person.first_name, person.last_name) =
                    (format!("{}ir", word(&number)), format!("Za{}z", word(&number)));
                person.email = format!("first{number}@hvine.example");
                person.date_of_birth = format!("{}-03-14", 1940 + number);
                person
            })
            .collect();
        let desk = desk(&people, destination).await;
        let refused = Fault { path: Some("/flow-learning/v1/feed".into()), ..Fault::new(FaultKind::BadGatewayHtml) };
        desk.sandbox.set_faults(vec![refused.at("flow-learning").times(1)]);
        let report = desk.sync_confirmed().await;
        assert_eq!(report.totals.confirmed, 60, "{destination}: {:?}", report.problem);
        let all = everything(&desk, &report).await;
        for (line, said) in all {
            let page = page(&desk, report.run, LineOf::Seq(line)).await;
            let id = page.employee.unwrap();
            let last = format!("Za{}z", word(&id));
            let is_own = |one: &&Exchange| serde_json::to_string(one).unwrap().contains(&last);
            let writes = said.iter().filter(|one| one.purpose == Purpose::Write).filter(is_own).count();
            assert!(writes > 0, "{destination}, line of {id}: {said:?}");
            let text = serde_json::to_string(&said).unwrap();
            let other =
                |number: &u32| number.to_string() != id.as_str() && text.contains(&format!("Za{}z", word(number)));
            assert_eq!((1..=60).find(other), None, "{destination}, line of {id}: {text}");
        }
    }
}

/// The bytes of the table, not only what is read of it: forgetting a tenant takes them with it.
#[tokio::test(flavor = "multi_thread")]
async fn s_said_goes_with_the_tenant_and_with_a_person_who_is_forgotten() {
    let staff = vec![employee(1, "Ana", "Lopes", json!({})), employee(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::of(
        SandboxConfig {
            world: Some(onroll::sandbox::World::from_json_text(&world(staff, vec![]).to_string()).unwrap()),
            ..SandboxConfig::new(crate::common::TODAY)
        },
        |text| text,
    )
    .await;
    desk.publish().await;
    let report = desk.sync_confirmed().await;
    let kept = |all: Vec<(u32, Vec<Exchange>)>| all.iter().filter(|(_, said)| !said.is_empty()).count();
    assert_eq!(kept(everything(&desk, &report).await), 2);
    let connection = desk.connection().await;
    desk.store().forget_person(connection.id, "1".into(), None, "test").await.unwrap();
    assert_eq!(kept(everything(&desk, &report).await), 1);
    desk.store().purge_older_than(connection.id, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!(kept(everything(&desk, &report).await), 0);
}
