//! The identifier of a user is edited between the last look and the write by identifier, which then makes a new user.

use crate::common::proxy::Proxy;
use crate::common::{Desk, TODAY, employee, hold, is_written, user_of, world};
use base64::Engine as _;
use onroll::domain::plan::{HoldCode, Plan};
use onroll::domain::run::{Level, RunOutcome};
use onroll::sandbox::{SandboxConfig, World};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};

const PATH: &str = "/flow-learning/v1/employees/40817_1";

/// Two linked people, the first of whom gets another job title; whoever edits at Flow knocks in between.
struct Race {
    desk: Desk,
    proxy: Proxy,
    number: u32,
}

/// A call as somebody else makes it.
fn put_identifier(root: &str, user: u32, identifier: Value) {
    tokio::task::block_in_place(|| put_now(root, user, &identifier));
}

fn put_now(root: &str, user: u32, identifier: &Value) {
    let host = root.trim_start_matches("http://");
    let body = json!({"identifier": identifier}).to_string();
    let sign_in = base64::engine::general_purpose::STANDARD.encode("flow-main:secret-main");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "PUT /flow-learning/v1/learners/{user}/identifier HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {sign_in}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

impl Race {
    async fn new(switches: Value) -> Race {
        // With an address Flow itself would refuse a second active learner who has it.
        let silent = || json!({"email": null});
        let staff = vec![employee(1, "Ines", "Halloran", silent()), employee(2, "Leo", "Marsh", json!({}))];
        let users = vec![user_of(1, "Ines", "Halloran", silent()), user_of(2, "Leo", "Marsh", json!({}))];
        let world = World::from_json_text(&world(staff, users).to_string()).unwrap();
        let proxy = Proxy::start(|_, _| {}).await;
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        let desk = Desk::of(config, |text| proxy.takes_over(text, "/flow-learning")).await;
        desk.publish().await;
        assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
        desk.sandbox.set_switches(&json!({ "flow-learning": switches })).unwrap();
        desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[0].job_title = "Sous Chef".into());
        let number = desk.plan().await.counts.operations();
        assert_eq!(number, 1);
        Race { desk, proxy, number }
    }

    /// Runs the plan; after the live record was read the identifier is edited. Of the write the answer may be lost.
    async fn run(&self, identifier: Value, is_lost: bool) -> onroll::engine::run::RunReport {
        let root = self.desk.sandbox.endpoints().admin;
        let calls = AtomicU32::new(0);
        self.proxy.change(move |path, reply| {
            if path != PATH {
                return;
            }
            match calls.fetch_add(1, Ordering::SeqCst) {
                0 => put_identifier(&root, 7001, identifier.clone()),
                1 if is_lost => reply.set_text(502, "text/html", "<title>Bad gateway</title>"),
                _ => {}
            }
        });
        let report = self.desk.sync_kept(self.number).await;
        self.proxy.pass_all();
        report
    }

    fn title_of(&self, user: &str) -> Value {
        let users = self.desk.users();
        users.iter().find(|one| one["id"] == user).unwrap_or_else(|| panic!("{users:?}"))["job_title"].clone()
    }
}

fn detached(plan: &Plan) -> Vec<&str> {
    assert!(!is_written(plan, "1"), "{:?}", plan.operations);
    let hold = hold(plan, "1");
    assert_eq!(hold.code, HoldCode::Detached, "{}", hold.message);
    hold.candidates.iter().map(|one| one.user.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_a_user_who_was_made_instead_fails_the_line_and_is_asked_about() {
    for identifier in [json!("somebody-else"), Value::Null] {
        for is_lost in [false, true] {
            let race = Race::new(json!({})).await;
            let report = race.run(identifier.clone(), is_lost).await;
            assert_eq!(
                (report.totals.failed, report.totals.written),
                (1, 0),
                "{:?} {:?}",
                report.totals,
                report.problem
            );
            let lines = race.desk.feed("was made instead").await;
            assert_eq!((lines.len(), lines[0].level), (1, Level::Error));
            assert!(lines[0].text.contains("taken off user 7001"), "{}", lines[0].text);
            assert_eq!((race.desk.users().len(), race.desk.mails().len()), (3, 0));
            assert_eq!(race.title_of("7001"), "Waiter");
            let made = race.desk.user("40817_1")["id"].as_str().unwrap().to_owned();
            // Both stand side by side, in this plan and in the one after it, and nothing is written.
            for _ in 0..2 {
                let plan = race.desk.plan().await;
                assert_eq!((detached(&plan), plan.operations.len()), (vec!["7001", made.as_str()], 0));
            }
            assert_eq!(race.desk.sync().await.totals.written, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_the_operator_says_which_of_the_two_the_person_is() {
    let mut race = Race::new(json!({})).await;
    race.run(Value::Null, false).await;
    let made = race.desk.user("40817_1")["id"].as_str().unwrap().to_owned();
    // A ruling is newer than the link that it is about.
    race.desk.reopen(TODAY.tomorrow().unwrap());
    race.desk.plan().await;
    // The old one: the identifier has to come off the new one first, by hand.
    race.desk.link("1", "7001").await;
    let plan = race.desk.plan().await;
    assert_eq!(hold(&plan, "1").code, HoldCode::TargetOwnedByOther);
    // The new one: it is the person from here on.
    race.desk.link("1", &made).await;
    let plan = race.desk.plan().await;
    assert!(plan.holds.is_empty(), "{:?}", plan.holds);
    race.desk.sync().await;
    assert!(race.desk.plan().await.holds.is_empty(), "and stays it");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_where_preconditions_count_nobody_is_made_instead() {
    for is_lost in [false, true] {
        let race = Race::new(json!({"preconditions": true})).await;
        let report = race.run(json!("somebody-else"), is_lost).await;
        assert_eq!((race.desk.users().len(), race.desk.mails().len()), (2, 0), "{:?}", report.totals);
        assert_eq!((report.totals.set_aside, report.totals.failed), (1, 0), "{:?} {:?}", report.totals, report.problem);
        assert_eq!(detached(&race.desk.plan().await), ["7001"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all15_a_change_that_went_to_another_known_user_is_no_success() {
    // The identifier moves from the one to the other: the write finds somebody, but not the one who was looked at.
    let race = Race::new(json!({})).await;
    let root = race.desk.sandbox.endpoints().admin;
    let calls = AtomicU32::new(0);
    race.proxy.change(move |path, _| {
        if path == PATH && calls.fetch_add(1, Ordering::SeqCst) == 0 {
            put_identifier(&root, 7001, Value::Null);
            put_identifier(&root, 7002, json!("40817_1"));
        }
    });
    let report = race.desk.sync_kept(race.number).await;
    race.proxy.pass_all();
    assert_eq!((report.totals.failed, report.totals.written), (1, 0), "{:?}", report.totals);
    assert_eq!(race.desk.feed("user 7002 was written instead").await.len(), 1);
    assert_eq!(race.title_of("7001"), "Waiter");
}
