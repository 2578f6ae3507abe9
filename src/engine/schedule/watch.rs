//! The loop that starts the runs that are due, on the injected clock. What is due is read from the file each time, so that a
//! change of a setting, a clock that jumps and a second process are nothing special: a slot belongs to whoever takes it there.

use super::{ScheduleStatus, Waits};
use crate::domain::connection::Connection;
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Job, RunOutcome, RunTotals, Scope, Trigger};
use crate::domain::schedule::{Missed, Slot};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::RunEvent;
use crate::engine::run::SyncRequest;
use crate::engine::run_control::StopCause;
use crate::engine::supervisor::{JobEnd, JobHandle, JobNews, Supervisor, Work};
use crate::store::{Holder, SlotEnd, StoreError, Taken, Taking};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

/// The name under which scheduled runs stand in history and audit log.
pub const OPERATOR: &str = "schedule";
/// How often the schedules are looked at, at the least: what another process changes is seen so soon.
const LOOK_GAP: Duration = Duration::from_secs(20);
/// A sign of life is given so often.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);
/// A run that is later than this was missed: nobody watched.
const LATE: SignedDuration = SignedDuration::from_mins(5);
/// Events that may wait for whoever prints them.
const EVENTS: usize = 64;

/// How jobs are started; another one in tests.
pub trait Starter: Send + Sync {
    /// Starts a job.
    ///
    /// # Errors
    /// What keeps it from beginning.
    fn start(&self, engine: &Engine, connection: &Connection, work: Work)
    -> Result<Box<dyn ScheduledJob>, EngineError>;

    /// Runs at once at most.
    fn at_once(&self) -> u32;

    /// Who mails the reports that wait, where anybody does.
    fn posts(&self) -> Option<Supervisor> {
        None
    }
}

/// A job that goes on by itself and tells.
#[async_trait]
pub trait ScheduledJob: Send {
    /// The next event, and after the last one how it ended.
    async fn next(&mut self) -> JobNews;

    /// Whether it was stopped because the program ends.
    fn is_cut(&self) -> bool;
}

#[async_trait]
impl ScheduledJob for JobHandle {
    async fn next(&mut self) -> JobNews {
        JobHandle::next(self).await
    }

    fn is_cut(&self) -> bool {
        self.control.stop_cause() == Some(StopCause::ProgramEnds)
    }
}

impl Starter for Supervisor {
    fn start(
        &self,
        engine: &Engine,
        connection: &Connection,
        work: Work,
    ) -> Result<Box<dyn ScheduledJob>, EngineError> {
        Ok(Box::new(Supervisor::start(self, engine, connection, work)?))
    }

    fn at_once(&self) -> u32 {
        u32::try_from(Supervisor::at_once(self)).unwrap_or(u32::MAX)
    }

    fn posts(&self) -> Option<Supervisor> {
        (self.postman().is_some() || self.messenger().is_some()).then(|| self.clone())
    }
}

/// Something that happened, of one tenant.
#[derive(Debug, Clone)]
pub struct WatchEvent {
    pub connection: ConnectionId,
    pub short_name: String,
    pub tenant_name: String,
    pub slot: Timestamp,
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// The run of a slot is started; `late` where the slot was missed and is made up for.
    Started { scope: Scope, late: Option<SignedDuration> },
    /// It has its number.
    Begun { run: RunId },
    Ended {
        run: RunId,
        outcome: RunOutcome,
        totals: RunTotals,
        problem: Option<Problem>,
        confirm: Option<String>,
        /// When its slot is tried again: a vendor gave no answer.
        again: Option<Timestamp>,
    },
    /// No run could begin.
    Refused { problem: Problem },
    /// It is due and waits.
    Waits(Waits),
    /// An operator let it pass.
    Skipped,
    /// It was due while nobody watched, and is not made up for.
    Missed,
}

/// What the loop tells.
#[derive(Debug, Clone)]
pub enum WatchNews {
    Event(Box<WatchEvent>),
    /// All schedules were looked at; the next run is due then.
    Looked {
        next: Option<(Timestamp, String)>,
    },
    /// The workspace could not be read; it is tried again.
    Trouble(Problem),
}

/// What one look came to.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The next moment at which something is due, and for whom.
    pub next: Option<(Timestamp, String)>,
    /// Runs that were started.
    pub started: usize,
}

/// The loop over all tenants.
pub struct Scheduler {
    engine: Engine,
    starter: Arc<dyn Starter>,
    holder: Holder,
    told: mpsc::Sender<WatchNews>,
    jobs: JoinSet<()>,
    /// Whose job each task is: a tenant that waits for a place among the jobs at work is not started again.
    busy: HashMap<Id, ConnectionId>,
    /// Slots that were seen when they were due: what they wait for later does not make them missed.
    on_time: BTreeMap<ConnectionId, Timestamp>,
    /// What was said last of a slot that waits.
    said: BTreeMap<ConnectionId, (Timestamp, &'static str)>,
    heartbeat: Option<Timestamp>,
    /// Nobody looks again: what has come does not wait for its part of the spread.
    is_only_look: bool,
}

impl Scheduler {
    /// A loop that starts jobs by `starter`, and what it tells.
    pub fn new(engine: &Engine, starter: Arc<dyn Starter>) -> (Self, mpsc::Receiver<WatchNews>) {
        let (told, news) = mpsc::channel(EVENTS);
        let process = &engine.process;
        let holder = Holder {
            pid: process.pid,
            host: process.host.clone(),
            start: process.start.clone(),
            what: format!("watch by {}", engine.operator),
        };
        let engine = Engine { operator: OPERATOR.to_owned(), ..engine.clone() };
        let scheduler = Self {
            engine,
            starter,
            holder,
            told,
            jobs: JoinSet::new(),
            busy: HashMap::new(),
            on_time: BTreeMap::new(),
            said: BTreeMap::new(),
            heartbeat: None,
            is_only_look: false,
        };
        (scheduler, news)
    }

    /// Starts what is due until `stop` comes, then waits for the jobs to end. It never gives up: a file that cannot be read
    /// for a while is read again.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut changes = self.engine.store.change_watch();
        loop {
            let wait = match self.look().await {
                Ok(look) => {
                    let wait = self.until(look.next.as_ref().map(|(due, _)| *due));
                    self.tell(WatchNews::Looked { next: look.next }).await;
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "the schedules could not be looked at");
                    self.tell(WatchNews::Trouble(error.into())).await;
                    LOOK_GAP
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(wait) => {}
                () = settings_changed(&mut changes) => {}
            }
        }
        self.wind_up().await;
    }

    /// Starts what has come by now, and waits for it. Runs of one moment are not spread: whoever is started at that very moment, by
    /// cron, would find none of them due, and a day later the next ones in their place.
    ///
    /// # Errors
    /// The store's.
    pub async fn once(mut self, stop: impl Future<Output = ()>) -> Result<Look, EngineError> {
        self.is_only_look = true;
        let look = self.look().await;
        if look.is_ok() {
            tokio::pin!(stop);
            tokio::select! { () = self.idle() => {}, () = &mut stop => {} }
        }
        self.wind_up().await;
        look
    }

    /// Waits until every run that was started here has ended, and that is kept.
    pub async fn idle(&mut self) {
        while let Some(ended) = self.jobs.join_next_with_id().await {
            self.let_go(ended);
        }
    }

    fn let_go(&mut self, ended: Result<(Id, ()), JoinError>) {
        self.busy.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
    }

    /// Waits for the jobs, each of which was told to stop, and says that nobody watches here any more.
    async fn wind_up(&mut self) {
        self.idle().await;
        if let Err(error) = self.engine.store.end_watch(self.holder.clone()).await {
            tracing::warn!(%error, "the end of the watch could not be kept");
        }
    }

    fn until(&self, due: Option<Timestamp>) -> Duration {
        let left = due.map(|due| due.duration_since(self.engine.clock.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or(LOOK_GAP);
        left.clamp(Duration::from_secs(1), LOOK_GAP)
    }

    async fn tell(&self, news: WatchNews) {
        // Nobody listens any more where the front end is gone.
        let _ = self.told.send(news).await;
    }

    async fn event(&self, standing: &ScheduleStatus, slot: Slot, what: What) {
        self.tell(WatchNews::Event(Box::new(event(&standing.connection, slot.at, what)))).await;
    }

    /// Looks at all schedules once and starts what is due.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&mut self) -> Result<Look, EngineError> {
        while let Some(ended) = self.jobs.try_join_next_with_id() {
            self.let_go(ended);
        }
        let now = self.engine.clock.now();
        // Also after a clock that was put back.
        if self.heartbeat.is_none_or(|last| !(last..last.saturating_add(HEARTBEAT).unwrap_or(last)).contains(&now)) {
            self.engine.store.watch_schedules(self.holder.clone(), self.starter.at_once()).await?;
            self.heartbeat = Some(now);
            if self.jobs.is_empty() {
                let engine = self.engine.clone();
                tokio::spawn(async move { engine.write_anew().await });
            }
            // What a mail server did not take before; it must not hold the runs up.
            if let Some(supervisor) = self.starter.posts() {
                let engine = self.engine.clone();
                tokio::spawn(async move { supervisor.post(&engine).await });
            }
        }
        let mut look = Look::default();
        for standing in self.engine.schedules().await?.standings {
            let due = if self.is_only_look { standing.soonest } else { standing.due };
            let (Some(slot), Some(due)) = (standing.next, due) else { continue };
            if due > now {
                let comes = standing.waits.is_none() && standing.skipped_by.is_none();
                if comes && look.next.as_ref().is_none_or(|(first, _)| due < *first) {
                    look.next = Some((due, standing.connection.tenant_name.clone()));
                }
                continue;
            }
            if self.busy.values().any(|busy| *busy == standing.connection.id) {
                // Afterwards it is its turn; however long it takes, it was seen in time.
                self.on_time.insert(standing.connection.id, slot.at);
                continue;
            }
            // However early it may begin, it is late by what a loop would call so.
            let late = now.duration_since(standing.due.unwrap_or(due).min(now));
            look.started += usize::from(self.owed(&standing, slot, late).await?);
        }
        Ok(look)
    }

    /// Deals with a slot that is due; answers whether its run was started.
    async fn owed(&mut self, standing: &ScheduleStatus, slot: Slot, late: SignedDuration) -> Result<bool, EngineError> {
        let connection = &standing.connection;
        if late <= LATE {
            self.on_time.insert(connection.id, slot.at);
        }
        if let Some(waits) = &standing.waits {
            let said = (slot.at, waits.key());
            let is_news = !matches!(waits, Waits::Manual | Waits::NotLive(_));
            if self.said.insert(connection.id, said) != Some(said) && is_news {
                self.event(standing, slot, What::Waits(waits.clone())).await;
            }
            return Ok(false);
        }
        let was_missed = late > LATE && self.on_time.get(&connection.id) != Some(&slot.at);
        let taking = Taking {
            connection: connection.id,
            slot: slot.at,
            schedule: connection.settings.schedule.to_string(),
            time_zone: connection.time_zone.clone(),
            holder: self.holder.clone(),
        };
        if was_missed && connection.settings.missed == Missed::Skip && standing.skipped_by.is_none() {
            if self.engine.store.miss_slot(taking).await? {
                self.event(standing, slot, What::Missed).await;
            }
            return Ok(false);
        }
        match self.engine.store.take_slot(taking).await {
            Ok(Taken::Yours) => {}
            Ok(Taken::Skipped) => {
                self.event(standing, slot, What::Skipped).await;
                return Ok(false);
            }
            // Seen anew with the next look.
            Ok(Taken::Past | Taken::Paused | Taken::NotLive | Taken::Changed) => return Ok(false),
            // Removed meanwhile, or its row cannot be read: the others are not held up.
            Err(StoreError::Missing { .. } | StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. }) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        self.start(standing, slot, was_missed.then_some(late)).await
    }

    async fn start(
        &mut self,
        standing: &ScheduleStatus,
        slot: Slot,
        late: Option<SignedDuration>,
    ) -> Result<bool, EngineError> {
        let connection = &standing.connection;
        // A vendor of another build is told by the run itself.
        let tells_changes = self.engine.abilities(connection).is_ok_and(|both| both.source.changes);
        let scope = connection.settings.schedule.scope(tells_changes);
        let job = Job { trigger: Trigger::Schedule, scope: scope.clone(), ..Job::default() };
        let work = Work::Sync(SyncRequest { job, ..SyncRequest::default() });
        match self.starter.start(&self.engine, connection, work) {
            Ok(job) => {
                self.event(standing, slot, What::Started { scope, late }).await;
                let following = Following {
                    engine: self.engine.clone(),
                    connection: connection.clone(),
                    slot: slot.at,
                    told: self.told.clone(),
                };
                let task = self.jobs.spawn(following.follow(job));
                self.busy.insert(task.id(), connection.id);
                Ok(true)
            }
            Err(error) => {
                let (end, what) = end_of_failure(error);
                self.engine.store.mark_slot(connection.id, slot.at, end).await?;
                self.event(standing, slot, what).await;
                Ok(false)
            }
        }
    }
}

/// Waits until something changed that schedules depend on; for ever where the store is gone.
async fn settings_changed(changes: &mut tokio::sync::watch::Receiver<crate::store::Changes>) {
    use crate::store::Group;
    let before = *changes.borrow_and_update();
    loop {
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        if changes.borrow_and_update().differs(&before, Group::Connections) {
            return;
        }
    }
}

fn event(connection: &Connection, slot: Timestamp, what: What) -> WatchEvent {
    let (short_name, tenant_name) = (connection.short_name.clone(), connection.tenant_name.clone());
    WatchEvent { connection: connection.id, short_name, tenant_name, slot, what }
}

/// What becomes of a slot whose run could not begin, and what is said of it.
fn end_of_failure(error: EngineError) -> (SlotEnd, What) {
    let words = error.to_string();
    match error {
        // Somebody else works on it: afterwards it is this slot's turn.
        EngineError::AtWork { .. } | EngineError::Store(StoreError::LeaseHeld { .. }) | EngineError::Halted(_) => {
            (SlotEnd::GivenBack(words.clone()), What::Waits(Waits::AtWork(words)))
        }
        other => {
            let problem = Problem::from(other);
            let is_passing = problem.kind == ProblemKind::Temporary;
            (if is_passing { SlotEnd::PutOff(words) } else { SlotEnd::Refused(words) }, What::Refused { problem })
        }
    }
}

/// A job of a slot, followed to its end.
struct Following {
    engine: Engine,
    connection: Connection,
    slot: Timestamp,
    told: mpsc::Sender<WatchNews>,
}

impl Following {
    async fn follow(self, mut job: Box<dyn ScheduledJob>) {
        loop {
            match job.next().await {
                JobNews::Event(RunEvent::Started { run, resumed: false }) => {
                    self.mark(SlotEnd::Begun(run)).await;
                    self.tell(What::Begun { run }).await;
                }
                JobNews::Event(_) => {}
                JobNews::Ended(end) => return self.ended(*end, job.is_cut()).await,
            }
        }
    }

    async fn ended(self, end: JobEnd, is_cut: bool) {
        match end {
            Ok(Some(report)) => {
                let outcome = report.outcome;
                // The next watch goes on with it: the run is finished, then everybody is looked at.
                let is_cut = is_cut && outcome == RunOutcome::Interrupted;
                let is_passing = |problem: &Problem| problem.kind == ProblemKind::Temporary;
                let is_outage = matches!(outcome, RunOutcome::Failed | RunOutcome::Interrupted)
                    && report.problem.as_ref().is_some_and(is_passing);
                let end = match (is_cut, is_outage) {
                    (true, _) => SlotEnd::GivenBack("the program ended".to_owned()),
                    (false, true) => SlotEnd::PutOff(outcome.key().to_owned()),
                    (false, false) => SlotEnd::Ended(outcome.key().to_owned()),
                };
                let again = self.mark(end).await;
                let waiting = report.plan.as_ref().filter(|_| outcome == RunOutcome::Stopped);
                let confirm = waiting.filter(|saved| saved.plan.needs_confirmation());
                let confirm =
                    confirm.map(|saved| format!("{}:{}", self.connection.short_name, saved.plan.counts.operations()));
                let (run, totals, problem) = (report.run, report.totals, report.problem);
                self.tell(What::Ended { run, outcome, totals, problem, confirm, again }).await;
            }
            Ok(None) => {
                self.mark(SlotEnd::Ended(String::new())).await;
            }
            Err(error) => {
                let (end, what) = end_of_failure(error);
                self.mark(end).await;
                self.tell(what).await;
            }
        }
    }

    /// Keeps what became of the slot; answers when it is tried again.
    async fn mark(&self, end: SlotEnd) -> Option<Timestamp> {
        match self.engine.store.mark_slot(self.connection.id, self.slot, end).await {
            Ok(again) => again,
            Err(error) => {
                tracing::warn!(tenant = self.connection.short_name, %error, "what became of a scheduled run could not be kept");
                None
            }
        }
    }

    async fn tell(&self, what: What) {
        let _ = self.told.send(WatchNews::Event(Box::new(event(&self.connection, self.slot, what)))).await;
    }
}
