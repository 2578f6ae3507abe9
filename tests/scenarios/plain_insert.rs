//! ALL10 over real HTTP, where a creation is a plain insert: what is sent twice stands there twice, with a mail each.

use crate::common::proxy::{Proxy, Reply};
use crate::common::{Desk, TODAY, employee, world};
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::sandbox::{Fault, FaultKind, SandboxConfig, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

fn staff(count: u32) -> Vec<Value> {
    // Without an e-mail nothing but the journal and the reading stands between one account and two.
    (1..=count)
        .map(|id| {
            employee(
                id,
                &first(id),
                &last(id),
                json!({"email": if id % 2 == 0 { Value::Null } else { json!(format!("p{id}@hvine.example")) }}),
            )
        })
        .collect()
}

fn first(id: u32) -> String {
    format!("First{}", letters(id))
}

fn last(id: u32) -> String {
    format!("Last{}", letters(id * 7 + 3))
}

fn letters(id: u32) -> String {
    [id / 26, id].into_iter().map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap())).collect()
}

fn config(count: u32) -> SandboxConfig {
    let world = World::from_json_text(&world(staff(count), vec![]).to_string()).unwrap();
    SandboxConfig { world: Some(world), plain_insert: true, ..SandboxConfig::new(TODAY) }
}

fn assert_once_each(desk: &Desk, count: u32) {
    let identifiers: Vec<String> = desk.users().iter().map(|user| user["identifier"].to_string()).collect();
    let different: BTreeSet<&String> = identifiers.iter().collect();
    assert_eq!(
        (identifiers.len(), different.len()),
        (count as usize, count as usize),
        "accounts, and people who have one"
    );
    assert_eq!(desk.mails().len(), count.div_ceil(2) as usize, "one mail to each address");
}

/// One by one, and many in a request.
const SIZES: [u32; 2] = [12, 120];

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_an_unknown_outcome_is_settled_before_anything_is_sent_again() {
    for count in SIZES {
        for kind in [FaultKind::AnswerLost, FaultKind::CutBody, FaultKind::BrokenJson, FaultKind::BadGatewayHtml] {
            let desk = Desk::of(config(count), |text| text).await;
            desk.publish().await;
            let (method, path) = if count < 50 { ("PUT", "/v1/employees") } else { ("POST", "/v1/feed") };
            desk.sandbox.set_faults(vec![Fault::new(kind).at("flow-learning").on(method, path).times(3)]);
            let report = desk.sync_confirmed().await;
            assert_eq!(
                (report.outcome, report.totals.confirmed),
                (RunOutcome::Done, count),
                "{kind:?} {:?}",
                report.problem
            );
            assert_once_each(&desk, count);
            assert!(desk.plan().await.operations.is_empty());
        }
    }
}

/// Identifiers that a request that writes was about, by its answer.
fn written(path: &str, reply: &Reply) -> Vec<String> {
    let path = path.trim_start_matches("/flow-learning");
    let body = reply.json();
    match body["results"].as_array() {
        Some(results) if path == "/v1/feed" => {
            results.iter().filter_map(|one| one["identifier"].as_str().map(str::to_owned)).collect()
        }
        _ if reply.status == 201 => body["identifier"].as_str().map(str::to_owned).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_methods, reason = "the file is looked at as the next process would find it")]
async fn s_all10_what_has_been_sent_is_in_the_journal_while_its_answer_is_on_its_way() {
    for count in SIZES {
        let proxy = Proxy::start(|_, _| {}).await;
        let desk = Desk::of(config(count), |text| proxy.takes_over(text, "/flow-learning")).await;
        desk.publish().await;
        let path = desk.store().path().to_owned();
        let seen: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let looks = Arc::clone(&seen);
        proxy.change(move |request, reply| {
            let identifiers = written(request, reply);
            if identifiers.is_empty() {
                return;
            }
            let file = rusqlite::Connection::open(&path).unwrap();
            let mut state =
                file.prepare("SELECT state FROM operation WHERE identifier = ?1 ORDER BY plan DESC").unwrap();
            for identifier in identifiers {
                let state = state.query_row([&identifier], |row| row.get::<_, String>(0)).unwrap();
                looks.lock().unwrap().push((identifier, state));
            }
        });
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, count), "{:?}", report.problem);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), count as usize, "each creation was looked at");
        let other: Vec<_> = seen.into_iter().filter(|(_, state)| state != OperationState::Sent.key()).collect();
        assert_eq!(other, [], "sent before it was in the journal");
        assert_once_each(&desk, count);
    }
}
