//! The jobs of this process: started, watched and stopped here for every front end alike. One job per tenant, and a maximum of
//! jobs at once; whoever comes later waits for a place and can be stopped meanwhile. What other processes do with a tenant
//! is the lease's matter.

use super::Engine;
use super::error::EngineError;
use super::progress::{Progress, Reporter, RunControl, RunEvent};
use super::run::{PreviewRequest, RunReport, SyncRequest};
use crate::domain::connection::Connection;
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::run::{Job, RunOutcome, RunPurpose, Trigger};
use crate::domain::silence::FarEnd;
use crate::ports::chat::Messenger;
use crate::ports::post::Postman;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// Jobs at once where nobody has said another number: each waits for its vendors most of the time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// At one vendor's address: its quotas are often counted for all callers of an address together.
const PER_VENDOR: NonZeroUsize = NonZeroUsize::new(4).unwrap();
/// Events of a job that may wait for its front end.
const EVENTS: usize = 64;

/// What a job is to do.
#[derive(Debug, Clone)]
pub enum Work {
    /// Fetch, match and plan; only reads at the vendors.
    Preview(PreviewRequest),
    /// Send a plan.
    Sync(SyncRequest),
    /// Finish an interrupted run under its own approval.
    Resume,
}

impl Work {
    /// What stands in the history.
    #[must_use]
    pub fn purpose(&self) -> RunPurpose {
        match self {
            Work::Preview(_) => RunPurpose::Preview,
            Work::Sync(_) | Work::Resume => RunPurpose::Sync,
        }
    }

    /// Whether something may be sent.
    #[must_use]
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn sends(&self) -> bool {
        match self.purpose() {
            RunPurpose::Preview => false,
            RunPurpose::Sync => true,
        }
    }

    /// What set it off, and whom it is about. A run that is resumed keeps in the history what it was begun as.
    #[must_use]
    pub fn job(&self) -> Job {
        match self {
            Work::Preview(request) => request.job.clone(),
            Work::Sync(request) => request.job.clone(),
            Work::Resume => Job { trigger: Trigger::Resume, ..Job::default() },
        }
    }
}

/// How many jobs may be at work at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub at_once: NonZeroUsize,
    /// Of these at one vendor's address, as a source or as a destination.
    pub per_vendor: NonZeroUsize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { at_once: AT_ONCE, per_vendor: PER_VENDOR }
    }
}

/// How a job ended: its report, or why it did not begin; `None` where there was no interrupted run to finish. A defect is an
/// error too ([`EngineError::Broken`]): its lease is given back, and what it left open is finished by the next run.
pub type JobEnd = Result<Option<RunReport>, EngineError>;

/// A job of this process at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveJob {
    pub connection: ConnectionId,
    pub short_name: String,
    pub tenant_name: String,
    pub purpose: RunPurpose,
    pub job: Job,
    pub started: Timestamp,
    /// `None` until the run has its number.
    pub run: Option<RunId>,
    pub progress: Progress,
}

struct Live {
    short_name: String,
    tenant_name: String,
    purpose: RunPurpose,
    job: Job,
    started: Timestamp,
    run: Option<RunId>,
    queued: bool,
    control: RunControl,
    gauges: watch::Receiver<Progress>,
}

/// What a job tells whoever started it.
#[derive(Debug)]
pub enum JobNews {
    Event(RunEvent),
    /// The last of it.
    Ended(Box<JobEnd>),
}

/// The front end's end of a job. The job goes on without it.
#[derive(Debug)]
pub struct JobHandle {
    pub control: RunControl,
    gauges: watch::Receiver<Progress>,
    events: mpsc::Receiver<RunEvent>,
    ended: Option<oneshot::Receiver<JobEnd>>,
}

impl JobHandle {
    /// Lets a wave of this job go, counted from 0.
    pub fn send_wave(&self, wave: usize) {
        self.control.let_wave_go(wave);
    }

    /// The gauges of now.
    pub fn progress(&self) -> Progress {
        self.gauges.borrow().clone()
    }

    /// The next event, and after the last one how the job ended. Dropping the future loses nothing.
    pub async fn next(&mut self) -> JobNews {
        if let Some(event) = self.events.recv().await {
            return JobNews::Event(event);
        }
        let end = match &mut self.ended {
            Some(ended) => ended.await.unwrap_or_else(|_| Err(EngineError::Broken("the program ends".to_owned()))),
            None => Err(EngineError::Broken("it has ended before".to_owned())),
        };
        self.ended = None;
        JobNews::Ended(Box::new(end))
    }

    /// How the job ends.
    ///
    /// # Errors
    /// What kept it from beginning, or a defect.
    pub async fn end(mut self) -> JobEnd {
        loop {
            if let JobNews::Ended(end) = self.next().await {
                return *end;
            }
        }
    }
}

struct Inner {
    live: Mutex<BTreeMap<ConnectionId, Live>>,
    places: Arc<Semaphore>,
    at_once: usize,
    /// Places at each vendor's address that was asked for so far.
    at_vendors: Mutex<BTreeMap<FarEnd, Arc<Semaphore>>>,
    per_vendor: usize,
    /// How many jobs are live, for whoever waits for none.
    count: watch::Sender<usize>,
    /// Take the reports of runs to a mail server and to chat channels, where there are any.
    outlets: Outlets,
    /// How many ends of jobs still see to the reports.
    posting: watch::Sender<usize>,
}

/// Who takes what waits in the outbox away.
#[derive(Clone, Default)]
pub struct Outlets {
    pub postman: Option<Arc<dyn Postman>>,
    pub messenger: Option<Arc<dyn Messenger>>,
}

/// The jobs of this process. Clones are the same supervisor.
#[derive(Clone)]
pub struct Supervisor(Arc<Inner>);

impl Default for Supervisor {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// A job among the live ones until this is dropped, so that nothing that ends it leaves it there.
struct Entry {
    supervisor: Supervisor,
    connection: ConnectionId,
}

/// Somebody sees to reports until this is dropped.
struct Posting(Supervisor);

impl Posting {
    fn begin(supervisor: &Supervisor) -> Self {
        supervisor.0.posting.send_modify(|count| *count += 1);
        Self(supervisor.clone())
    }
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.0.0.posting.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut live = self.supervisor.lock();
        live.remove(&self.connection);
        self.supervisor.0.count.send_replace(live.len());
    }
}

impl Supervisor {
    /// A supervisor without jobs.
    pub fn new(limits: Limits) -> Self {
        Self::with_postman(limits, None)
    }

    /// A supervisor that mails the report of each run that ends.
    pub fn with_postman(limits: Limits, postman: Option<Arc<dyn Postman>>) -> Self {
        Self::with_outlets(limits, Outlets { postman, ..Outlets::default() })
    }

    /// A supervisor that tells of each run that ends, by mail and in chat channels.
    pub fn with_outlets(limits: Limits, outlets: Outlets) -> Self {
        // A semaphore does not take more.
        let places = limits.at_once.get().min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Inner {
            live: Mutex::default(),
            places: Arc::new(Semaphore::new(places)),
            at_once: places,
            at_vendors: Mutex::default(),
            per_vendor: limits.per_vendor.get().min(Semaphore::MAX_PERMITS),
            count: watch::Sender::new(0),
            outlets,
            posting: watch::Sender::new(0),
        }))
    }

    /// Takes mails to a mail server, where one is set up.
    #[must_use]
    pub fn postman(&self) -> Option<Arc<dyn Postman>> {
        self.0.outlets.postman.clone()
    }

    /// Whoever takes things away.
    #[must_use]
    pub fn outlets(&self) -> Outlets {
        self.0.outlets.clone()
    }

    /// Takes messages to chat channels, where any is set up.
    #[must_use]
    pub fn messenger(&self) -> Option<Arc<dyn Messenger>> {
        self.0.outlets.messenger.clone()
    }

    /// Sends what waits in the outbox. Nothing of a run depends on it, so a failure is only logged: it is tried again.
    pub async fn post(&self, engine: &Engine) {
        let Outlets { postman, messenger } = &self.0.outlets;
        let _posting = Posting::begin(self);
        let mails = async {
            let Some(postman) = postman else { return };
            if let Err(error) = engine.post_reports(&**postman).await {
                tracing::warn!(%error, "reports could not be mailed");
            }
        };
        let messages = async {
            let Some(messenger) = messenger else { return };
            if let Err(error) = engine.post_chat(&**messenger).await {
                tracing::warn!(%error, "reports could not be told in chat");
            }
        };
        // A mail server that is slow holds no chat message up.
        tokio::join!(mails, messages);
    }

    /// Waits until the reports of the runs that ended here are mailed, or put off.
    pub async fn posted(&self) {
        // The sender lives in this very value.
        let _ = self.0.posting.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Jobs at work at once at most.
    #[must_use]
    pub fn at_once(&self) -> usize {
        self.0.at_once
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Live>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a job. It goes on by itself; whether it may write is asked by the job, under its lease and before each write.
    ///
    /// # Errors
    /// [`EngineError::AtWork`] where this process has a job of the tenant already.
    pub fn start(&self, engine: &Engine, connection: &Connection, work: Work) -> Result<JobHandle, EngineError> {
        let (reporter, gauges, events) = Reporter::channel();
        let control = RunControl::default();
        let entry = self.enter(engine, connection, &work, (&control, &gauges))?;
        let (forward, heard) = mpsc::channel(EVENTS);
        let (tell, ended) = oneshot::channel();
        let handle = JobHandle { control: control.clone(), gauges, events: heard, ended: Some(ended) };
        let (supervisor, engine, connection) = (self.clone(), engine.clone(), connection.clone());
        tokio::spawn(async move {
            // A task of its own, so that a defect ends this job and nothing else.
            let task = tokio::spawn({
                let (supervisor, engine) = (supervisor.clone(), engine.clone());
                async move {
                    let _places = supervisor.places(&connection, &control).await?;
                    engine.carry_out(&connection, &work, &reporter, &control).await
                }
            });
            supervisor.relay(entry.connection, events, forward).await;
            let end = task.await.unwrap_or_else(|error| Err(EngineError::Broken(error.to_string())));
            let posting = Posting::begin(&supervisor);
            // Whoever ends the program does not wait for a mail server either.
            let is_cut = matches!(&end, Ok(Some(report)) if report.outcome == RunOutcome::Interrupted);
            // Whoever hears of the end may start the next job at once; its report holds nobody up.
            drop(entry);
            // Nobody listens any more where the front end is gone.
            let _ = tell.send(end);
            if !is_cut {
                supervisor.post(&engine).await;
            }
            drop(posting);
        });
        Ok(handle)
    }

    fn enter(
        &self,
        engine: &Engine,
        connection: &Connection,
        work: &Work,
        (control, gauges): (&RunControl, &watch::Receiver<Progress>),
    ) -> Result<Entry, EngineError> {
        let mut live = self.lock();
        if live.contains_key(&connection.id) {
            return Err(EngineError::AtWork { tenant: connection.tenant_name.clone() });
        }
        let job = Live {
            short_name: connection.short_name.clone(),
            tenant_name: connection.tenant_name.clone(),
            purpose: work.purpose(),
            job: work.job(),
            started: engine.clock.now(),
            run: None,
            queued: true,
            control: control.clone(),
            gauges: gauges.clone(),
        };
        live.insert(connection.id, job);
        self.0.count.send_replace(live.len());
        Ok(Entry { supervisor: self.clone(), connection: connection.id })
    }

    /// Waits for a place at both vendors and then among the jobs at work, so that nobody who waits for a vendor keeps another
    /// tenant from its place. Everybody asks for the vendors in one order, so nobody waits in a circle.
    async fn places(
        &self,
        connection: &Connection,
        control: &RunControl,
    ) -> Result<Vec<OwnedSemaphorePermit>, EngineError> {
        let ends = BTreeSet::from(FarEnd::both(connection));
        let at_vendors: Vec<_> = {
            let mut known = self.0.at_vendors.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Semaphore::new(self.0.per_vendor));
            ends.into_iter().map(|end| Arc::clone(known.entry(end).or_insert_with(new))).collect()
        };
        let mut places = Vec::new();
        for semaphore in at_vendors.into_iter().chain([Arc::clone(&self.0.places)]) {
            let place = control.guard(semaphore.acquire_owned()).await;
            control.check()?;
            match place {
                Ok(Ok(place)) => places.push(place),
                _ => return Err(EngineError::Broken("no place was given out".to_owned())),
            }
        }
        if let Some(live) = self.lock().get_mut(&connection.id) {
            live.queued = false;
        }
        Ok(places)
    }

    /// Hands a job's events on, and notes its number.
    async fn relay(&self, id: ConnectionId, mut events: mpsc::Receiver<RunEvent>, forward: mpsc::Sender<RunEvent>) {
        while let Some(event) = events.recv().await {
            if let (RunEvent::Started { run, .. }, Some(live)) = (&event, self.lock().get_mut(&id)) {
                live.run = Some(*run);
            }
            // A front end that is gone holds no job up.
            let _ = forward.send(event).await;
        }
    }

    /// The jobs of this process, by tenant.
    pub fn live(&self) -> Vec<LiveJob> {
        let live = self.lock();
        let job = |(connection, live): (&ConnectionId, &Live)| LiveJob {
            connection: *connection,
            short_name: live.short_name.clone(),
            tenant_name: live.tenant_name.clone(),
            purpose: live.purpose,
            job: live.job.clone(),
            started: live.started,
            run: live.run,
            progress: Progress {
                paused: live.control.is_paused(),
                queued: live.queued,
                ..live.gauges.borrow().clone()
            },
        };
        live.iter().map(job).collect()
    }

    /// Whether this process has a job of this connection.
    pub fn is_at_work(&self, connection: ConnectionId) -> bool {
        self.lock().contains_key(&connection)
    }

    /// Holds a job of this process between two writes, or lets it go on; `false` where it has none.
    pub fn pause(&self, connection: ConnectionId, paused: bool) -> bool {
        self.lock().get(&connection).map(|live| live.control.pause(paused)).is_some()
    }

    /// Lets a wave of a job of this process go, counted from 0; `false` where it has none.
    pub fn let_wave_go(&self, connection: ConnectionId, wave: usize) -> bool {
        self.lock().get(&connection).map(|live| live.control.let_wave_go(wave)).is_some()
    }

    /// Stops a job of this process at its next boundary; `false` where it has none.
    pub fn stop(&self, connection: ConnectionId) -> bool {
        self.lock().get(&connection).map(|live| live.control.stop()).is_some()
    }

    /// Stops every job because the program ends: the next run finishes what is left.
    pub fn interrupt_all(&self) {
        self.lock().values().for_each(|live| live.control.interrupt());
    }

    /// Waits until no job is live.
    pub async fn idle(&self) {
        // The sender lives in this very value.
        let _ = self.0.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Engine {
    /// Carries a job out, from its beginning to its end. A tenant that is off, paused or in preview is refused by the run
    /// itself, under its lease and again before each write.
    async fn carry_out(
        &self,
        connection: &Connection,
        work: &Work,
        reporter: &Reporter,
        control: &RunControl,
    ) -> JobEnd {
        match work {
            Work::Preview(request) => self.preview(connection, request, reporter, control).await.map(Some),
            Work::Sync(request) => self.sync(connection, request, reporter, control).await.map(Some),
            Work::Resume => self.resume(connection, reporter, control).await,
        }
    }
}
