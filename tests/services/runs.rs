//! Runs as jobs: who may start one, one per tenant, a maximum at once, stops and defects.

use super::common::{Desk, employee, output, world};
use onroll::cli::arguments::SyncArguments;
use onroll::cli::tenant_file;
use onroll::domain::connection::Connection;
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::domain::run::{RunOutcome, RunPurpose, Scope, Trigger};
use onroll::domain::snapshot::SourceFacts;
use onroll::engine::Engine;
use onroll::engine::error::EngineError;
use onroll::engine::run::{PreviewRequest, SyncRequest};
use onroll::engine::supervisor::Limits;
use onroll::ports::api::{ApiError, ProbeStep};
use onroll::ports::connect::{ClientFactory, ConnectParts};
use onroll::ports::destination::DestinationApi;
use onroll::ports::source::{KnownRecords, SourceApi, SourceRecord};
use onroll::services::runs::{JobHandle, Supervisor, Told, Work, start, steer, tell};
use onroll::services::{Access, Refusal, ServiceError, tenants};
use onroll::vendors::registry::Vendors;
use serde_json::json;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Stands in for the source of every tenant.
struct Odd(Arc<dyn Fn() -> Box<dyn SourceApi> + Send + Sync>);

impl ClientFactory for Odd {
    fn source(&self, _: &str, _: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        Ok((self.0)())
    }

    fn destination(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        Vendors.destination(vendor, parts)
    }
}

/// Tells that it is read, and never answers.
struct Hanging(Arc<Semaphore>);

#[async_trait::async_trait]
impl SourceApi for Hanging {
    async fn probe(&self) -> Vec<ProbeStep> {
        Vec::new()
    }

    async fn pull(&self, _: &dyn KnownRecords, _: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        self.0.add_permits(1);
        std::future::pending().await
    }
}

/// An engine whose source hangs, and what tells how often one was read.
fn hanging(desk: &Desk) -> (Engine, Arc<Semaphore>) {
    let read = Arc::new(Semaphore::new(0));
    let source = Arc::clone(&read);
    let odd = Odd(Arc::new(move || Box::new(Hanging(Arc::clone(&source)))));
    (Engine { factory: Arc::new(odd), ..desk.engine().clone() }, read)
}

async fn is_read(read: &Semaphore) {
    read.acquire().await.unwrap().forget();
}

async fn desk() -> Desk {
    Desk::live(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await
}

async fn second(desk: &Desk) -> Connection {
    let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
    let mut new = tenant_file::parse(&text).unwrap();
    (new.name, new.short_name) = ("Second House".into(), "second-house".into());
    tenants::add(desk.engine(), &desk.workspace.access, new).await.unwrap();
    desk.workspace.connection("second-house").await.unwrap()
}

fn preview() -> Work {
    Work::Preview(PreviewRequest::default())
}

fn started(supervisor: &Supervisor, engine: &Engine, connection: &Connection, work: Work) -> JobHandle {
    start((supervisor, engine), &Access::full("rosa"), connection, work).unwrap()
}

#[tokio::test]
async fn who_may_only_look_previews_and_sends_nothing() {
    let desk = desk().await;
    let (connection, look) = (desk.connection().await, Access::read_only("rosa"));
    let own = (&desk.workspace.supervisor, desk.engine());
    for work in [Work::Sync(SyncRequest::default()), Work::Resume] {
        let refused = start(own, &look, &connection, work).unwrap_err();
        assert!(matches!(refused, ServiceError::Refused(Refusal::ReadOnly)), "{refused}");
    }
    let refused = tell(desk.engine(), &look, &connection, Told::Stop).await.unwrap_err();
    assert_eq!(Problem::from(refused).remedies, ["leave --read-only out"]);
    let report = start(own, &look, &connection, preview()).unwrap().end().await.unwrap().unwrap();
    assert_eq!(report.plan.unwrap().plan.counts.operations(), 1);
    assert_eq!(desk.writes(), 0);
}

#[tokio::test]
async fn a_tenant_has_one_job_at_a_time_and_can_be_started_again_when_it_was_stopped() {
    let desk = desk().await;
    let (connection, supervisor) = (desk.connection().await, Supervisor::default());
    let (engine, read) = hanging(&desk);
    let job = started(&supervisor, &engine, &connection, preview());
    is_read(&read).await;
    let refused = supervisor.start(&engine, &connection, Work::Resume).unwrap_err();
    assert!(matches!(&refused, EngineError::AtWork { tenant } if *tenant == connection.tenant_name), "{refused}");
    assert_eq!(Problem::from(refused).kind, ProblemKind::Locked);
    let live = supervisor.live();
    assert_eq!((live.len(), live[0].purpose, live[0].progress.queued), (1, RunPurpose::Preview, false));
    let look = Access::read_only("tim");
    assert_eq!(steer((&supervisor, &engine), &look, &connection, Told::Stop).await.unwrap(), None, "its own program's");
    let report = job.end().await.unwrap().unwrap();
    assert_eq!((report.outcome, report.problem), (RunOutcome::Cancelled, None));
    assert!(supervisor.live().is_empty());
    let again = started(&supervisor, desk.engine(), &connection, preview()).end().await.unwrap().unwrap();
    assert_eq!(again.outcome, RunOutcome::Previewed);
}

#[tokio::test]
async fn past_the_maximum_a_job_waits_for_its_place_and_can_be_stopped_meanwhile() {
    let desk = desk().await;
    let (first, second) = (desk.connection().await, second(&desk).await);
    let supervisor = Supervisor::new(Limits { at_once: NonZeroUsize::MIN, ..Limits::default() });
    let (engine, read) = hanging(&desk);
    let holder = started(&supervisor, &engine, &first, preview());
    is_read(&read).await;
    let waiting = started(&supervisor, desk.engine(), &second, preview());
    assert_eq!(supervisor.live().iter().map(|job| job.progress.queued).collect::<Vec<_>>(), [false, true]);
    assert!(supervisor.stop(second.id));
    let ended = waiting.end().await.unwrap_err();
    assert!(matches!(ended, EngineError::Halted(_)), "{ended}");
    assert_eq!(desk.store().runs(Some(second.id), 9).await.unwrap(), [], "it had not begun");
    let waiting = started(&supervisor, desk.engine(), &second, preview());
    supervisor.stop(first.id);
    assert_eq!(holder.end().await.unwrap().unwrap().outcome, RunOutcome::Cancelled);
    assert_eq!(waiting.end().await.unwrap().unwrap().outcome, RunOutcome::Previewed, "the place is free");
    supervisor.idle().await;
}

#[tokio::test]
async fn a_defect_ends_the_job_and_holds_nobody_up() {
    let desk = desk().await;
    let (connection, supervisor) = (desk.connection().await, Supervisor::default());
    let odd = Odd(Arc::new(|| panic!("a defect")));
    let engine = Engine { factory: Arc::new(odd), ..desk.engine().clone() };
    let ended = started(&supervisor, &engine, &connection, Work::Sync(SyncRequest::default())).end().await.unwrap_err();
    assert!(matches!(ended, EngineError::Broken(_)), "{ended}");
    assert!(!supervisor.is_at_work(connection.id));
    let left = desk.store().runs(Some(connection.id), 1).await.unwrap().remove(0);
    let report = loop {
        // The lease is given back on a task of its own.
        match started(&supervisor, desk.engine(), &connection, preview()).end().await {
            Err(EngineError::Store(onroll::store::StoreError::LeaseHeld { .. })) => tokio::task::yield_now().await,
            ended => break ended.unwrap().unwrap(),
        }
    };
    assert_eq!(desk.store().run(left.id).await.unwrap().outcome, RunOutcome::Interrupted);
    assert_eq!(report.outcome, RunOutcome::Previewed);
}

#[tokio::test]
async fn the_end_of_the_program_interrupts_every_job() {
    let desk = desk().await;
    let (connection, supervisor) = (desk.connection().await, Supervisor::default());
    let (engine, read) = hanging(&desk);
    let job = started(&supervisor, &engine, &connection, preview());
    is_read(&read).await;
    supervisor.interrupt_all();
    supervisor.idle().await;
    assert_eq!(job.end().await.unwrap().unwrap().outcome, RunOutcome::Interrupted);
}

#[tokio::test]
async fn a_job_whose_front_end_is_gone_goes_on() {
    let desk = desk().await;
    let (connection, supervisor) = (desk.connection().await, Supervisor::default());
    drop(started(&supervisor, desk.engine(), &connection, preview()));
    supervisor.idle().await;
    let run = desk.store().runs(Some(connection.id), 1).await.unwrap().remove(0);
    assert_eq!(run.outcome, RunOutcome::Previewed);
}

#[tokio::test]
async fn the_history_knows_what_set_a_run_off_and_whom_it_was_about() {
    let mut desk = desk().await;
    let only = SyncArguments {
        tenant: desk.short_name.clone(),
        only: vec!["40817_1".into()],
        confirm: Some(format!("{}:1", desk.short_name)),
        plan: None,
        without: Vec::new(),
        full: false,
        changed: false,
        reason: None,
        waves: None,
        gate: None,
        yes: true,
    };
    onroll::cli::sync::run(&desk.workspace, &only, &mut output(false).0).await.unwrap();
    let id = desk.connection().await.id;
    desk.reopen(super::common::TODAY);
    let run = desk.store().runs(Some(id), 1).await.unwrap().remove(0);
    assert_eq!((run.job.trigger, &run.job.scope), (Trigger::Hand, &Scope::People(vec!["1".into()])));
    assert_eq!(run.why(), "by hand, 1 person");
    desk.store().forget_person(id, "1".into(), None, "rosa").await.unwrap();
    let run = desk.store().runs(Some(id), 1).await.unwrap().remove(0);
    assert_eq!(run.job.scope, Scope::People(vec!["forgotten".into()]));
}
