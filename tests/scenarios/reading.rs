//! How a source is read: no more often than needed, and with credentials that the vendor replaces.

use crate::changed_worlds::{edit, reading, settled};
use crate::common::proxy::Proxy;
use crate::common::{Desk, employee, hold, operations, user_of, world};
use onroll::domain::code::ProblemCode;
use onroll::domain::plan::{HoldCode, OperationKind, Plan};
use onroll::domain::run::Job;
use onroll::domain::secret::{Secret, SecretRef};
use onroll::domain::snapshot::{ReadScope, Side, SourceFacts};
use onroll::engine::connect::rotation_notes;
use onroll::engine::fetch::FetchPolicy;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{PreviewRequest, SyncRequest};
use onroll::ports::api::ProbeResult;
use onroll::secrets::Succession;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn staff(count: u32) -> Value {
    let people = (1..=count).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({})));
    let users = (1..=count).map(|id| user_of(id, &format!("First{id}"), &format!("Last{id}"), json!({})));
    world(people.collect(), users.collect())
}

/// Ids whose details were read since the last time this was asked.
fn details(proxy: &Proxy) -> Vec<u32> {
    let seen = proxy.seen();
    let ids = seen
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("/planday/hr/v1.0/employees/")?.split('?').next()?.parse().ok());
    ids.collect()
}

async fn facts(desk: &Desk) -> SourceFacts {
    desk.store().source_facts(desk.connection().await.id).await.unwrap().unwrap()
}

async fn full_plan(desk: &Desk) -> Plan {
    let fetch = FetchPolicy { full: true, ..FetchPolicy::default() };
    let policy = PreviewRequest { fetch, ..PreviewRequest::default() };
    let connection = desk.connection().await;
    let report =
        desk.engine().preview(&connection, &policy, &Reporter::silent(), &RunControl::default()).await.unwrap();
    assert_eq!(report.problem, None);
    std::sync::Arc::unwrap_or_clone(report.plan.unwrap().plan)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pull_reads_the_details_of_those_only_whom_the_list_shows_as_changed() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::behind(staff(60), &proxy, |text| text).await;
    let first = desk.plan().await;
    assert_eq!(details(&proxy).len(), 60);
    let second = desk.plan().await;
    assert_eq!((second.hash.as_str(), details(&proxy)), (first.hash.as_str(), vec![]), "the plan is the same");
    assert_eq!(facts(&desk).await.taken_over, 60);
    desk.sandbox.edit(|world| {
        let company = world.company_mut("planday").unwrap();
        company.person_mut("7").unwrap().job_title = "Sous Chef".into();
    });
    let third = desk.plan().await;
    assert_eq!(details(&proxy), [7]);
    let updates = operations(&third, OperationKind::Update);
    assert_eq!(updates.iter().map(|one| one.employee.clone().unwrap().0).collect::<Vec<_>>(), ["7"]);
    assert_eq!(facts(&desk).await.taken_over, 59);
    full_plan(&desk).await;
    assert_eq!(details(&proxy).len(), 60, "everything is read when an operator asks for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl06_who_waits_for_a_correction_is_read_again_whatever_the_list_says() {
    let proxy = Proxy::start(|_, _| {}).await;
    let mut document = staff(20);
    document["planday"]["employees"][6]["job_title"] = json!("");
    let desk = Desk::behind(document, &proxy, |text| text).await;
    assert_eq!(hold(&desk.plan().await, "7").code, HoldCode::MissingField);
    details(&proxy);
    // Corrected in Planday, which does not touch the modification time for it.
    proxy.change(|path, reply| {
        if path.starts_with("/planday/hr/v1.0/employees/7") {
            let mut record = reply.json();
            record["data"]["custom_196907"]["value"] = json!("Waiter");
            reply.set_json(&record);
        }
    });
    let plan = desk.plan().await;
    assert_eq!((plan.holds.len(), details(&proxy)), (0, vec![7]), "{:?}", plan.holds);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mapped_field_or_a_renamed_option_is_read_anew() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::behind(staff(20), &proxy, |text| text).await;
    desk.plan().await;
    details(&proxy);
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().options.job_titles[1].name = "Second chef".into();
    });
    desk.plan().await;
    assert_eq!(details(&proxy).len(), 20);
    desk.settings(|settings| {
        settings.field_map.insert("branch".into(), "primary_department".into());
    })
    .await;
    desk.plan().await;
    assert_eq!(details(&proxy).len(), 20);
}

/// A tenant whose Token stands in the environment, at a Planday that replaces it at each sign-in.
async fn rotating(outside: &Arc<Mutex<String>>) -> Desk {
    let mut document = staff(3);
    document["planday"]["switches"] = json!({"rotate_refresh_token": true});
    document["planday"]["refresh_token"] = json!("seed-1");
    let mut desk = Desk::preview_only(document).await;
    let id = desk.connection().await.id;
    let reference = SecretRef::Env("PLANDAY_TOKEN".into());
    desk.store().set_secret_ref(id, Side::Source, "refresh_token", reference, "test").await.unwrap();
    "seed-1".clone_into(&mut outside.lock().unwrap());
    read_from(&mut desk, outside);
    desk
}

fn read_from(desk: &mut Desk, outside: &Arc<Mutex<String>>) {
    let outside = Arc::clone(outside);
    desk.workspace.engine.environment =
        Arc::new(move |name| (name == "PLANDAY_TOKEN").then(|| outside.lock().unwrap().clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_the_environment_that_the_vendor_replaces_works_more_than_once() {
    let outside = Arc::new(Mutex::new(String::new()));
    let mut desk = rotating(&outside).await;
    let reference = SecretRef::Env("PLANDAY_TOKEN".into());
    let notes = rotation_notes(&desk.connection().await).unwrap();
    assert!(notes[0].contains("the environment variable PLANDAY_TOKEN then works once"), "{notes:?}");
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    let sign_in = test.source.iter().find(|step| step.name == "sign in").unwrap();
    assert_eq!(sign_in.result, ProbeResult::Warning);
    assert!(sign_in.detail.contains("is used up, its successor is kept sealed"), "{}", sign_in.detail);
    assert!(test.passed);
    desk.plan().await;
    assert!(facts(&desk).await.warnings.iter().any(|warning| warning.contains("replaces its Token at each sign-in")));
    // Another process, another day.
    desk.reopen(jiff::civil::date(2026, 11, 23));
    read_from(&mut desk, &outside);
    desk.plan().await;
    let engine = desk.engine();
    assert_eq!(engine.secrets.succession(&reference, &*engine.environment).unwrap(), Succession::InUse);

    // The customer authorises anew, and the operator puts the new Token where the old one stood.
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().own.insert("refresh_token".into(), json!("fresh-1"));
    });
    assert!(desk.preview().await.problem.is_some(), "the kept one is refused");
    "fresh-1".clone_into(&mut outside.lock().unwrap());
    desk.plan().await;
    desk.plan().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_another_process_has_had_replaced_is_taken_up() {
    let outside = Arc::new(Mutex::new(String::new()));
    let desk = rotating(&outside).await;
    let connection = desk.connection().await;
    let no_notices = || Arc::new(onroll::ports::api::NoNotices);
    let one = desk.engine().clients(&connection, no_notices()).await.unwrap();
    let two = desk.engine().clients(&connection, no_notices()).await.unwrap();
    for _ in 0..2 {
        for clients in [&one, &two] {
            let steps = clients.source.probe().await;
            assert!(steps.iter().all(|step| !matches!(step.result, ProbeResult::Failed(_))), "{steps:?}");
            // Each has to sign in again.
            desk.sandbox.set_faults(vec![
                onroll::sandbox::Fault::new(onroll::sandbox::FaultKind::ExpiredToken).at("planday").times(1),
            ]);
        }
    }
    let kept = desk.engine().secrets.resolve(&SecretRef::Env("PLANDAY_TOKEN".into()), &*desk.engine().environment);
    assert_ne!(kept.unwrap(), Secret::new("seed-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_not_there_has_a_code_of_its_own() {
    let outside = Arc::new(Mutex::new(String::new()));
    let mut desk = rotating(&outside).await;
    desk.workspace.engine.environment = Arc::new(|_| None);
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let connection = desk.connection().await;
    let preview = desk.engine().preview(&connection, &PreviewRequest::default(), &reporter, &control).await;
    let problem = match preview {
        Ok(report) => report.problem.unwrap(),
        Err(error) => error.into(),
    };
    assert_eq!(problem.code(), ProblemCode::CredentialUnreadable, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_read_alone_where_the_rest_was_read_within_a_day() {
    // The last two: the clock was put back since.
    for (hours, alone) in [(23, true), (25, false), (-23, true), (-25, false)] {
        let desk = settled("bamboohr", 20).await;
        let sql = format!("UPDATE snapshot SET finished_at = finished_at - {hours} * 3600 * 1000000");
        #[expect(clippy::disallowed_methods, reason = "plays the clock")]
        let file = rusqlite::Connection::open(desk.store().path()).unwrap();
        file.execute_batch(&sql).unwrap();
        edit(&desk, "bamboohr", 13, |person| person.job_title = "Sous Chef".into());
        let only = SyncRequest { job: Job::by_hand_for(vec!["13".into()]), ..SyncRequest::default() };
        let report = desk.sync_with(only).await;
        assert_eq!(reading(&desk, &report).await.scope == ReadScope::People, alone, "{hours} h: {:?}", report.problem);
    }
}
