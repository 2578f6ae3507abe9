//! Webhooks end to end (PE11): a change at the simulated vendor, its event posted to a real listener, one run about that person.

use crate::changed_worlds::{document, edit, identifier, row, user};
use crate::common::output;
use crate::common::schema::prints;
use crate::counted::{Bench as Counted, HandClock, Jobs, at};
use crate::scenarios::Bench;
use jiff::{SignedDuration, ToSpan};
use onroll::cli::arguments::{WebhookCommand, WebhookUrlArguments};
use onroll::cli::{listen, webhook};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::EmployeeId;
use onroll::domain::run::{RunOutcome, Scope, Trigger};
use onroll::domain::secret::Secret;
use onroll::domain::snapshot::ReadScope;
use onroll::engine::Process;
use onroll::engine::webhook::Hooks;
use onroll::ports::clock::Clock;
use onroll::sandbox::FaultKind;
use onroll::services::webhooks::{self, HookWhat};
use onroll::store::{DeliveryEnd, DeliveryRow, DeliveryState, Holder, NewDelivery, RunRow, Verdict};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// A tenant of PeopleHR with an address, and a listener on a port of the system.
struct Door {
    bench: Bench,
    address: SocketAddr,
    token: String,
}

impl Door {
    async fn of(source: &str, schedule: &str, secret: Option<&str>) -> Door {
        let numbers = 11..21;
        let rows = numbers.clone().map(|number| row(source, number)).collect();
        let users = numbers.map(|number| user(source, number)).collect();
        let bench = Bench::settled(document(source, rows, users), schedule).await;
        let workspace = &bench.desk.workspace;
        let connection = bench.desk.connection().await;
        let secret = secret.map(Secret::new);
        let made = webhooks::make_address(&workspace.engine, &workspace.access, &connection, secret).await.unwrap();
        let token = made.token.reveal().to_owned();
        let listener = listen::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(listen::serve(listener, webhooks::Reception::of(&workspace.engine), std::future::pending()));
        Door { bench, address, token }
    }

    #[expect(clippy::disallowed_methods, reason = "as a vendor posts, over plain HTTP")]
    async fn post_to(&self, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> u16 {
        let mut request = reqwest::Client::new().post(format!("http://{}{path}", self.address)).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn post(&self, body: impl Into<Vec<u8>>) -> u16 {
        self.post_to(&format!("/hook/{}", self.token), &[], body.into()).await
    }

    /// What `onroll watch` does once the quiet time is over, by another process than the one that received.
    async fn look(&self) {
        let now = self.bench.clock.now().checked_add(20.seconds()).unwrap();
        self.bench.clock.set(now);
        let workspace = &self.bench.desk.workspace;
        let (mut hooks, _news) = webhooks::run((&workspace.supervisor, &workspace.engine), &workspace.access).unwrap();
        hooks.look(false).await.unwrap();
        hooks.idle().await;
    }

    /// The same at this very moment, and what it tells.
    async fn look_and_hear(&self) -> Vec<HookWhat> {
        let now = self.bench.clock.now().checked_add(2.seconds()).unwrap();
        self.bench.clock.set(now);
        let workspace = &self.bench.desk.workspace;
        let (mut hooks, mut news) =
            webhooks::run((&workspace.supervisor, &workspace.engine), &workspace.access).unwrap();
        hooks.look(false).await.unwrap();
        hooks.idle().await;
        drop(hooks);
        let mut told = Vec::new();
        while let Some(one) = news.recv().await {
            told.push(one.what);
        }
        told
    }

    async fn runs(&self) -> Vec<RunRow> {
        let id = self.bench.desk.connection().await.id;
        let runs = self.bench.desk.store().runs(Some(id), 100).await.unwrap();
        runs.into_iter().filter(|run| run.job.trigger == Trigger::Webhook).rev().collect()
    }

    /// Oldest first.
    async fn received(&self) -> Vec<DeliveryRow> {
        let mut rows = self.bench.desk.store().deliveries(None, 1_000).await.unwrap().rows;
        rows.reverse();
        rows
    }

    async fn last(&self) -> (DeliveryState, String) {
        self.received().await.pop().map(|row| (row.state, row.note)).unwrap()
    }

    fn calls(&self) -> (u64, u64) {
        self.bench.desk.reads_and_writes("peoplehr")
    }
}

/// A vendor is out of order: what was answered 200 waits as a slot would, and is carried out when the vendor is back.
async fn is_waited_out(vendor: &str, fault: FaultKind, employee: &str, waits: &[i64]) {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    edit(desk, "peoplehr", 17, |person| person.job_title = "Sous Chef".into());
    desk.fault(fault, vendor, 100_000);
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    assert_eq!(door.post(updated(employee)).await, 200);
    let taken = async || {
        let counts = desk.store().deliveries(None, 1).await.unwrap();
        (counts.taken, counts.refused)
    };
    assert_eq!(taken().await, (2, 0));
    let mut ran = 0;
    for minutes in waits.iter().copied() {
        let events = door.look_and_hear().await;
        ran += 1;
        assert_eq!(door.runs().await.len(), ran, "{vendor}");
        let row = door.received().await.remove(0);
        let now = door.bench.clock.now();
        assert_eq!((row.state, row.again), (DeliveryState::Queued, now.checked_add(minutes.minutes()).ok()), "{row:?}");
        let told = |what: &HookWhat| matches!(what, HookWhat::Ended { again, .. } if *again == row.again);
        assert!(
            events.iter().any(told) && !events.iter().any(|what| matches!(what, HookWhat::Refused(_))),
            "{events:?}"
        );
        if now < at("2026-11-22T12:50Z") {
            assert_eq!(taken().await, (2, 0), "what was taken in stays so");
        }
        let troubles = desk.store().troubles().await.unwrap();
        assert!(troubles.iter().any(|one| one.closed_at.is_none()), "{vendor}: {troubles:?}");
        // Not before, also where somebody looks at once or something is told meanwhile.
        door.look().await;
        let workspace = &desk.workspace;
        let (hooks, _news) = webhooks::run((&workspace.supervisor, &workspace.engine), &workspace.access).unwrap();
        hooks.once(std::future::pending()).await.unwrap();
        assert_eq!(door.runs().await.len(), ran, "{vendor} after {minutes}");
        door.bench.clock.set(row.again.unwrap());
    }
    desk.no_faults();
    door.look().await;
    for row in door.received().await {
        assert_eq!((row.state, row.again), (DeliveryState::Done, None), "{row:?}");
    }
    assert_eq!(desk.user(&identifier("peoplehr", 17))["job_title"], "Sous Chef");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl03_a_delivery_waits_out_an_outage_of_either_end_as_a_slot_does() {
    is_waited_out("peoplehr", FaultKind::Internal, "HK18", &[5, 10, 20, 40]).await;
    is_waited_out("flow-learning", FaultKind::Internal, "HK18", &[5]).await;
    is_waited_out("peoplehr", FaultKind::BrokenJson, "HK18", &[5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl03_a_stranger_who_cannot_be_asked_for_waits_too_and_it_is_a_trouble() {
    is_waited_out("peoplehr", FaultKind::Internal, "HK779", &[5, 10]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_run_cannot_be_had_ends_once_and_is_none_that_was_refused() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    desk.fault(FaultKind::ExpiredToken, "peoplehr", 100_000);
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    let events = door.look_and_hear().await;
    assert!(matches!(events.last(), Some(HookWhat::Ended { again: None, .. })), "{events:?}");
    assert_eq!(door.last().await.0, DeliveryState::Failed);
    door.look().await;
    assert_eq!(door.runs().await.len(), 1);
    let hour = desk.store().deliveries(None, 1).await.unwrap();
    assert_eq!((hour.taken, hour.ignored, hour.refused), (1, 0, 0));
    let counted = desk.store().counted().await.unwrap().deliveries;
    assert_eq!((counted["failed"], counted["refused"], counted["queued"]), (1, 0, 0));
}

/// An attempt that met an outage is no death of a process, and an old delivery is not tried for ever.
#[tokio::test(flavor = "multi_thread")]
async fn outages_do_not_use_up_what_a_crash_is_allowed_and_forty_days_are_the_end() {
    let clock = HandClock::new(at("2026-11-22T12:00Z"));
    let bench = Counted::new(clock.clone());
    let id = bench.tenant("harbour-vine", "UTC", "manual").await;
    let new = NewDelivery {
        connection: id,
        event: "x".into(),
        people: vec![EmployeeId::from("HK1")],
        digest: vec![1],
        signed: true,
        verdict: Verdict::Queue,
    };
    bench.store.put_delivery(new).await.unwrap();
    let holder = |pid: u32| Holder { pid, host: "desk".into(), start: pid.to_string(), what: "watch".into() };
    let take = async || bench.store.take_deliveries(id, holder(3)).await.unwrap().ids();
    let state = async || bench.store.deliveries(None, 1).await.unwrap().rows[0].state;
    for _ in 0..7 {
        let ids = take().await;
        assert_eq!(ids.len(), 1);
        assert!(bench.store.mark_deliveries(ids, DeliveryEnd::PutOff("500".into())).await.unwrap().is_some());
    }
    // Taken by processes that die, three times.
    for _ in 0..3 {
        assert_eq!(take().await.len(), 1);
    }
    let waits = bench.store.waiting_deliveries().await.unwrap();
    assert_eq!(waits.len(), 1);
    // Of a clock that was years ahead.
    clock.set(at("2026-12-30T12:00Z"));
    let ids = vec![1];
    let again = bench.store.mark_deliveries(ids.clone(), DeliveryEnd::PutOff("500".into())).await.unwrap();
    assert_eq!(again, Some(at("2026-12-30T13:20Z")), "no longer than a slot");
    clock.set(at("2026-12-20T12:00Z"));
    assert_eq!(bench.store.waiting_deliveries().await.unwrap()[0].not_before, None, "that clock was wrong");
    clock.set(at("2027-01-02T12:00Z"));
    assert_eq!(state().await, DeliveryState::Queued);
    assert_eq!(bench.store.mark_deliveries(ids, DeliveryEnd::PutOff("500".into())).await.unwrap(), None);
    assert_eq!(state().await, DeliveryState::Failed);
    assert_eq!(take().await, Vec::<i64>::new());
}

/// Past a limit nothing is written: that is not done.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_plan_waits_for_an_operator_is_not_said_to_be_done() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    desk.settings(|settings| settings.limits.updates.percent = 0.0).await;
    desk.settings(|settings| settings.limits.updates.number = Some(1)).await;
    for number in [17, 18] {
        edit(desk, "peoplehr", number, |person| person.job_title = "Sous Chef".into());
        assert_eq!(door.post(updated(&identifier("peoplehr", number))).await, 200);
    }
    door.look().await;
    assert_eq!(door.runs().await[0].outcome, RunOutcome::Stopped);
    assert_eq!(door.last().await, (DeliveryState::Stopped, "stopped".into()));
    let counted = desk.store().counted().await.unwrap().deliveries;
    assert_eq!((counted["stopped"], counted["done"]), (2, 0));
    assert_eq!(desk.store().deliveries(None, 1).await.unwrap().taken, 2);
}

fn updated(id: &str) -> String {
    json!({"ActionId": 2, "Action": "Employee Detail Updated", "EmployeeId": id, "FieldName": "Job Role",
           "NewValue": "Sous Chef", "OldValue": "Waiter", "Reason": ""})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe11_an_event_fetches_that_employee_and_writes_only_that_one() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    for number in [17, 18] {
        edit(desk, "peoplehr", number, |person| person.job_title = "Sous Chef".into());
    }
    let (reads, writes) = (door.calls().0, desk.writes());
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    assert_eq!((door.calls().0, door.runs().await.len()), (reads, 0), "answered before anything is done");
    door.look().await;
    let runs = door.runs().await;
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((run.outcome, run.by.as_str()), (RunOutcome::Done, "webhook"));
    assert_eq!(run.job.scope, Scope::People(vec![EmployeeId::from(identifier("peoplehr", 17).as_str())]));
    let reading = desk.store().reading_of_run(run.id).await.unwrap().unwrap();
    assert_eq!(reading.scope, ReadScope::People);
    assert_eq!(door.calls().0, reads + 2, "whose key it is, and one employee");
    assert_eq!(desk.writes(), writes + 1);
    assert_eq!(desk.user(&identifier("peoplehr", 17))["job_title"], "Sous Chef");
    assert_ne!(desk.user(&identifier("peoplehr", 18))["job_title"], "Sous Chef", "nobody else is written");
    let received = door.received().await;
    assert_eq!((received[0].state, received[0].run), (DeliveryState::Done, Some(run.id)));
    assert_eq!(received[0].event, "Employee Detail Updated");
}

/// Nothing is known of the form of Rotaready's deliveries: whatever comes has the accounts asked whom it is about.
#[tokio::test(flavor = "multi_thread")]
async fn s_ro10_whatever_rotaready_tells_leads_to_one_reading_of_what_has_changed() {
    let door = Door::of("rotaready", "manual", None).await;
    let desk = &door.bench.desk;
    edit(desk, "rotaready", 17, |person| person.job_title = "Sous Chef".into());
    let writes = desk.writes();
    for body in ["", "hello", r#"{"event":"user.updated","userId":18}"#, "hello"] {
        assert_eq!(door.post(body).await, 200, "{body}");
    }
    door.look().await;
    let runs = door.runs().await;
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((run.outcome, &run.job.scope), (RunOutcome::Done, &Scope::Changed));
    assert_eq!(
        (desk.writes(), &desk.user(&identifier("rotaready", 17))["job_title"]),
        (writes + 1, &json!("Sous Chef"))
    );
    // The same words again are another change.
    edit(desk, "rotaready", 18, |person| person.job_title = "Sous Chef".into());
    assert_eq!(door.post("hello").await, 200);
    door.look().await;
    assert_eq!((door.runs().await.len(), desk.writes()), (2, writes + 2));
    assert!(
        door.received().await.iter().all(|row| row.state == DeliveryState::Done && row.event == "somebody has changed")
    );
    assert_eq!(door.post_to("/hook/x", &[], "hello".into()).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe11_a_new_employee_is_created_and_nobody_else() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    edit(desk, "peoplehr", 18, |person| person.job_title = "Sous Chef".into());
    desk.sandbox.edit(|world| {
        let company = world.company_mut("peoplehr").unwrap();
        let mut new = company.people.first().unwrap().clone();
        (new.id, new.first_name, new.last_name) = ("99".into(), "Nadia".into(), "Okafor".into());
        new.email = "nadia.okafor@hvine.example".into();
        new.date_of_birth = "1991-02-03".into();
        new.own.insert("employee_id".into(), json!("HK99"));
        company.people.push(new);
    });
    let users = desk.users().len();
    assert_eq!(door.post(r#"{"ActionId":"1","Action":"New Starter Added","EmployeeId":"HK99"}"#).await, 200);
    door.look().await;
    assert_eq!((desk.users().len(), &desk.user("HK99")["first_name"]), (users + 1, &json!("Nadia")));
    assert_ne!(desk.user(&identifier("peoplehr", 18))["job_title"], "Sous Chef", "nobody else is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe11_unknown_replayed_forged_and_malformed_deliveries_change_nothing() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    let before = || (door.calls(), desk.reads_and_writes("flow-learning"));
    let event = updated(&identifier("peoplehr", 17));
    // Forged: no such address, and nothing is kept.
    let untouched = before();
    for path in ["/hook/x", "/hook/", "/hook/../health", "/"] {
        assert_eq!(door.post_to(path, &[], event.clone().into()).await / 100, 4, "{path}");
    }
    let other = format!("/hook/{}0", &door.token[..door.token.len() - 1]);
    let other = if other.ends_with(&door.token) { format!("/hook/{}1", &door.token[1..]) } else { other };
    assert_eq!(door.post_to(&other, &[], event.clone().into()).await, 404);
    assert_eq!(door.received().await, []);
    // Malformed, too large, about something else.
    for body in ["", "hello", "{", "[]", r#"{"ActionId":2}"#, r#"{"EmployeeId":"HK17"}"#] {
        assert_eq!(door.post(body).await, 400, "{body}");
        assert_eq!(door.last().await.0, DeliveryState::Refused);
    }
    assert_eq!(door.post(vec![b'x'; 70_000]).await, 413);
    assert_eq!(door.post(r#"{"ActionId":10,"EmployeeId":"HK17"}"#).await, 200);
    assert_eq!(door.last().await, (DeliveryState::Ignored, "not about an employee's record".into()));
    door.look().await;
    assert_eq!((before(), door.runs().await.len()), (untouched, 0));
    // Nobody at the source has this id: whose key it is and one question, no run.
    assert_eq!(door.post(updated("HK777")).await, 200);
    door.look().await;
    assert_eq!(door.last().await, (DeliveryState::Done, "nobody has this id".into()));
    assert_eq!((door.calls().0, door.runs().await.len()), (untouched.0.0 + 2, 0));
    // Among others too.
    assert_eq!(door.post(updated("HK778")).await, 200);
    assert_eq!(door.post(r#"{"ActionId":3,"EmployeeId":"12"}"#).await, 200);
    door.look().await;
    let rows = door.received().await;
    let notes: Vec<(&str, bool)> =
        rows.iter().rev().take(2).map(|row| (row.note.as_str(), row.run.is_some())).collect();
    assert_eq!(notes, [("done", true), ("nobody has this id", false)]);
    let ran = door.runs().await.len();
    // The same once more, while it waits: one.
    edit(desk, "peoplehr", 17, |person| person.job_title = "Sous Chef".into());
    assert_eq!(door.post(event.clone()).await, 200);
    assert_eq!(door.post(event.clone()).await, 200);
    assert_eq!(door.last().await, (DeliveryState::Ignored, "same delivery again".into()));
    door.look().await;
    let done = before();
    assert_eq!(door.runs().await.len(), ran + 1);
    // Once more when it has been read: that costs one reading, of one person, and writes nothing.
    assert_eq!(door.post(event).await, 200);
    door.look().await;
    let again = before();
    assert_eq!((again.0.1, again.1.1), (done.0.1, done.1.1), "a replay writes nothing");
    assert_eq!(again.0.0, done.0.0 + 2, "whose key it is, and one employee");
}

/// PeopleHR signs nothing and numbers nothing: who is changed there and back and there again is told of in the same words.
#[tokio::test(flavor = "multi_thread")]
async fn s_pe11_the_same_words_told_again_are_another_change() {
    let door = Door::of("peoplehr", "manual", None).await;
    let desk = &door.bench.desk;
    let told = |to: &str| json!({"ActionId": 2, "EmployeeId": identifier("peoplehr", 17), "NewValue": to}).to_string();
    for to in ["Sous Chef", "Waiter", "Sous Chef"] {
        edit(desk, "peoplehr", 17, |person| person.job_title = to.into());
        for _ in 0..2 {
            assert_eq!(door.post(told(to)).await, 200);
        }
        assert_eq!(door.last().await, (DeliveryState::Ignored, "same delivery again".into()));
        door.look().await;
        assert_eq!(desk.user(&identifier("peoplehr", 17))["job_title"], to);
    }
    assert_eq!(door.runs().await.len(), 3, "those that came together are one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_answer_and_the_run_loses_nothing() {
    let mut door = Door::of("peoplehr", "manual", None).await;
    edit(&door.bench.desk, "peoplehr", 17, |person| person.job_title = "Sous Chef".into());
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    // Another process takes it and dies before its run.
    let (store, id) = (door.bench.desk.store().clone(), door.bench.desk.connection().await.id);
    let dead = onroll::store::Holder { pid: 1, host: "gone".into(), start: "1".into(), what: "watch".into() };
    assert_eq!(store.take_deliveries(id, dead).await.unwrap().each.len(), 1);
    let clock: Arc<dyn Clock> = door.bench.clock.clone();
    let again = onroll::store::Store::open(store.path(), clock).unwrap();
    let workspace = &mut door.bench.desk.workspace;
    workspace.engine.store = again.clone();
    workspace.store = again;
    door.look().await;
    assert_eq!(door.bench.desk.user(&identifier("peoplehr", 17))["job_title"], "Sous Chef");
    assert_eq!(door.last().await.0, DeliveryState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_fifty_is_one_run_and_more_are_asked_to_wait() {
    let door = Door::of("peoplehr", "manual", None).await;
    for number in 11..21 {
        edit(&door.bench.desk, "peoplehr", number, |person| person.job_title = "Sous Chef".into());
    }
    for count in 0..50 {
        let id = identifier("peoplehr", 11 + count % 10);
        let body = json!({"ActionId": 2, "EmployeeId": id, "FieldName": format!("Field {count}")}).to_string();
        assert_eq!(door.post(body).await, 200, "{count}");
    }
    door.look().await;
    let runs = door.runs().await;
    assert_eq!(runs.len(), 1);
    // Ten of ten are past the limit.
    let stood = |row: &DeliveryRow| row.state == DeliveryState::Stopped && row.run == Some(runs[0].id);
    assert!(door.received().await.iter().all(stood), "{runs:?}");
}

/// Of 150 connections that say no more, at the head or in the body, none is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_keep_no_delivery_waiting() {
    let door = Door::of("peoplehr", "manual", None).await;
    let head = format!("POST /hook/{} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n", door.token);
    let mut slow = Vec::new();
    for number in 0..150 {
        let mut stream = tokio::net::TcpStream::connect(door.address).await.unwrap();
        let said = if number % 4 == 0 { format!("{head}\r\n{{") } else { head.clone() };
        stream.write_all(said.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // They have 5 seconds for the head and 10 for the body.
    let delivered = door.post(updated(&identifier("peoplehr", 17)));
    let answered = tokio::time::timeout(Duration::from_secs(4), delivered).await;
    assert_eq!(answered.expect("it waited for whoever is slow"), 200);
    assert_eq!(door.last().await.0, DeliveryState::Queued);
    drop(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_too_much_is_asked_to_wait() {
    let door = Door::of("peoplehr", "manual", None).await;
    let mut refused = 0;
    for _ in 0..200 {
        refused += usize::from(door.post("hello").await == 429);
    }
    assert!(refused > 0);
    assert!(door.received().await.len() < 200, "nothing of that is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_off_or_paused_runs_nothing() {
    let door = Door::of("peoplehr", "manual", None).await;
    let (store, id) = (door.bench.desk.store().clone(), door.bench.desk.connection().await.id);
    let calls = door.calls();
    for status in [ConnectionStatus::Off, ConnectionStatus::Preview, ConnectionStatus::Paused] {
        store.set_status(id, status, "rosa").await.unwrap();
        assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
        assert_eq!(door.last().await, (DeliveryState::Ignored, "the tenant is not live".into()));
    }
    // Switched off in between.
    store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    store.set_status(id, ConnectionStatus::Off, "rosa").await.unwrap();
    door.look().await;
    assert_eq!(door.last().await, (DeliveryState::Ignored, "the tenant is not live".into()));
    // All are paused: it waits.
    store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    assert_eq!(door.post(updated(&identifier("peoplehr", 18))).await, 200);
    store.pause_schedules(true, "rosa").await.unwrap();
    door.look().await;
    assert_eq!((door.last().await.0, door.calls(), door.runs().await.len()), (DeliveryState::Queued, calls, 0));
    store.pause_schedules(false, "rosa").await.unwrap();
    door.look().await;
    assert_eq!((door.last().await.0, door.runs().await.len()), (DeliveryState::Done, 1));
}

/// While a plan waits for its number, another one would take its place from under the operator who looks at it.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_waits_while_a_plan_waits_for_an_answer_and_runs_after_it() {
    let door = Door::of("peoplehr", "every 15 min", None).await;
    let desk = &door.bench.desk;
    desk.settings(|settings| settings.limits.updates.percent = 0.0).await;
    desk.settings(|settings| settings.limits.updates.number = Some(1)).await;
    for id in [11, 12, 13] {
        edit(desk, "peoplehr", id, |person| person.job_title = "Sous Chef".into());
    }
    let events = door.bench.at("2026-11-22T12:15:00Z").await;
    assert!(matches!(crate::scenarios::ended(&events)[..], [(_, RunOutcome::Stopped)]), "{events:?}");
    let newest = desk.store().latest_plan(desk.connection().await.id).await.unwrap().unwrap().id;
    edit(desk, "peoplehr", 17, |person| person.job_title = "Bartender".into());
    assert_eq!(door.post(updated(&identifier("peoplehr", 17))).await, 200);
    for _ in 0..2 {
        door.look().await;
        assert_eq!((door.last().await.0, door.runs().await.len()), (DeliveryState::Queued, 0));
    }
    assert_eq!(desk.store().latest_plan(desk.connection().await.id).await.unwrap().unwrap().id, newest);
    assert_eq!(desk.sync_kept(3).await.outcome, RunOutcome::Done);
    door.look().await;
    assert_eq!((door.last().await.0, door.runs().await.len()), (DeliveryState::Done, 1));
    assert_eq!(desk.user(&identifier("peoplehr", 17))["job_title"], "Bartender");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_source_is_believed_only_with_its_key() {
    let door = Door::of("bamboohr", "manual", Some("private-key")).await;
    edit(&door.bench.desk, "bamboohr", 17, |person| person.job_title = "Sous Chef".into());
    let calls = door.bench.desk.reads_and_writes("bamboohr");
    let body = json!({"type": "employee.updated", "timestamp": "2026-11-22T12:00:00+0000",
        "data": {"companyId": "1", "employeeId": "17", "changedFields": ["jobTitle"]}})
    .to_string();
    let time = door.bench.clock.now().as_second().to_string();
    let path = format!("/hook/{}", door.token);
    let signed = |key: &str| {
        let hex = onroll::vendors::webhook::hmac_hex(key.as_bytes(), &[body.as_bytes(), time.as_bytes()]);
        vec![("X-BambooHR-Timestamp", time.clone()), ("X-BambooHR-Signature", hex)]
    };
    for headers in [vec![], signed("another")] {
        assert_eq!(door.post_to(&path, &headers, body.clone().into()).await, 401);
        assert_eq!(door.last().await.0, DeliveryState::Refused);
    }
    door.look().await;
    assert_eq!(door.bench.desk.reads_and_writes("bamboohr"), calls);
    assert_eq!(door.post_to(&path, &signed("private-key"), body.clone().into()).await, 200);
    door.look().await;
    assert_eq!(door.last().await.0, DeliveryState::Done);
    assert_eq!(door.bench.desk.user(&identifier("bamboohr", 17))["job_title"], "Sous Chef");
    // Its time is signed with it: the same again is a replay, also when it has been read.
    assert_eq!(door.post_to(&path, &signed("private-key"), body.clone().into()).await, 200);
    assert_eq!(door.last().await, (DeliveryState::Ignored, "same delivery again".into()));
    door.bench.clock.set(door.bench.clock.now().checked_add(SignedDuration::from_hours(25)).unwrap());
    assert_eq!(door.post_to(&path, &signed("private-key"), body.clone().into()).await, 401, "it is too old by then");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_watchers_do_not_run_it_twice() {
    let clock = HandClock::new(at("2026-11-22T12:00Z"));
    let bench = Counted::new(clock.clone());
    let id = bench.tenant("harbour-vine", "UTC", "manual").await;
    let people = (0..30).map(|number| EmployeeId::from(format!("HK{number}").as_str())).collect();
    let new = NewDelivery {
        connection: id,
        event: "x".into(),
        people,
        digest: vec![1],
        signed: false,
        verdict: Verdict::Queue,
    };
    assert_eq!(bench.store.put_delivery(new.clone()).await.unwrap(), DeliveryState::Queued);
    let (one, other) = (bench.watch(7), bench.watch(8));
    let hooks = |watch: &crate::counted::Watch, pid: u32| {
        let process = Process { pid, host: "desk".into(), start: pid.to_string() };
        let engine = onroll::engine::Engine { process, ..watch.engine.clone() };
        Hooks::new(&engine, Arc::clone(&watch.counter) as Arc<_>)
    };
    let ((mut first, _news), (mut second, _others)) = (hooks(&one, 7), hooks(&other, 8));
    // Not before it has been quiet for a moment.
    clock.set(at("2026-11-22T12:00:01Z"));
    first.look(false).await.unwrap();
    first.idle().await;
    assert_eq!(one.started(), 0);
    clock.set(at("2026-11-22T12:00:02Z"));
    other.jobs(Jobs::Hang);
    one.jobs(Jobs::Hang);
    let (a, b) = tokio::join!(first.look(false), second.look(false));
    a.unwrap();
    b.unwrap();
    for _ in 0..200 {
        tokio::task::yield_now().await;
        if one.started() + other.started() > 0 {
            break;
        }
        bench.store.deliveries(None, 1).await.unwrap();
    }
    first.look(false).await.unwrap();
    second.look(false).await.unwrap();
    assert_eq!(one.started() + other.started(), 1);
    // Its process dies: the other one takes over once.
    let (gone, left, heir) = if one.started() == 1 { (7, &other, &mut second) } else { (8, &one, &mut first) };
    bench.die(gone);
    left.jobs(Jobs::End);
    heir.look(false).await.unwrap();
    heir.idle().await;
    assert_eq!(one.started() + other.started(), 2);
    let row = bench.store.deliveries(None, 1).await.unwrap().rows.remove(0);
    assert_eq!(row.state, DeliveryState::Done);
    // Somebody else is at work, or the program ends: it is tried again.
    let next = NewDelivery { digest: vec![2], ..new };
    bench.store.put_delivery(next).await.unwrap();
    for (now, jobs) in [("2026-11-22T12:00:30Z", Jobs::Locked), ("2026-11-22T12:00:41Z", Jobs::Cut)] {
        left.jobs(jobs);
        clock.set(at(now));
        heir.look(false).await.unwrap();
        heir.idle().await;
        let row = bench.store.deliveries(None, 1).await.unwrap().rows.remove(0);
        assert_eq!((row.state, row.again), (DeliveryState::Queued, at(now).checked_add(10.seconds()).ok()), "{jobs:?}");
    }
    left.jobs(Jobs::End);
    clock.set(at("2026-11-22T12:00:52Z"));
    heir.look(false).await.unwrap();
    heir.idle().await;
    assert_eq!(bench.store.deliveries(None, 1).await.unwrap().rows[0].state, DeliveryState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_shown_once_replaced_and_revoked_and_what_came_is_listed() {
    let door = Door::of("peoplehr", "manual", None).await;
    let tenant = door.bench.desk.short_name.clone();
    let said = async |command: WebhookCommand| -> Value {
        let (mut output, out, _) = output(true);
        webhook::run(&door.bench.desk.workspace, &command, &mut output).await.unwrap();
        let name = if matches!(command, WebhookCommand::Url(_)) { "webhook url" } else { "webhook list" };
        prints(name, [&out.answer()], &[]);
        out.answer()
    };
    let url = |revoke| WebhookCommand::Url(WebhookUrlArguments { tenant: tenant.clone(), revoke, secret: false });
    let made = said(url(false)).await;
    assert_eq!(made["replaced"], true);
    let event = updated(&identifier("peoplehr", 17));
    assert_eq!(door.post(event.clone()).await, 404, "the address of before is void");
    let path = made["path"].as_str().unwrap().to_owned();
    assert_eq!(door.post_to(&path, &[], event.clone().into()).await, 200);
    let list = said(WebhookCommand::List { tenant: Some(tenant.clone()), limit: 10 }).await;
    prints("webhook list", [&list], &["Delivery"]);
    let one = &list["webhooks"][0];
    assert_eq!((&one["state"], &one["event"]), (&json!("queued"), &json!("Employee Detail Updated")));
    assert_eq!(list["last_hour"], json!({"taken": 1, "ignored": 0, "refused": 0}));
    let health = reqwest::get(format!("http://{}/health", door.address)).await.unwrap().status().as_u16();
    assert_eq!(health, 200);
    assert_eq!(said(url(true)).await["revoked"], true);
    assert_eq!(door.post_to(&path, &[], event.into()).await, 404);
    // Of the token nothing is kept.
    let file = std::fs::read(door.bench.desk.store().path()).unwrap();
    let token = path.trim_start_matches("/hook/").as_bytes();
    assert!(!file.windows(token.len()).any(|window| window == token));
}
