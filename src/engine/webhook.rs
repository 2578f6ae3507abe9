//! Runs that a source's webhooks begin: what was received for a tenant becomes one run about those people, after a short quiet
//! time. What is due is read from the file each time, so that a crash between the answer and the run loses nothing and a
//! second process runs nothing twice.

use super::Engine;
use super::connect::abilities;
use super::error::EngineError;
use super::progress::RunEvent;
use super::run::SyncRequest;
use super::run_control::StopCause;
use super::schedule::Waits;
use super::schedule::watch::{ScheduledJob, Starter};
use super::supervisor::{JobEnd, JobNews, Work};
use crate::domain::code::ProblemCode;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Job, RunOutcome, Scope, Trigger};
use crate::ports::api::NoNotices;
use crate::store::{DeliveryEnd, Group, Holder, StoreError, TakenDeliveries, Waiting};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The name under which these runs stand in history and audit log.
pub const OPERATOR: &str = "webhook";
/// A tenant whose source told nothing more for so long is run.
const QUIET: SignedDuration = SignedDuration::from_secs(2);
/// It is run after this long in any case.
const LONGEST: SignedDuration = SignedDuration::from_secs(15);
/// What could not begin is tried again after this.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// How often it is looked, at the least: what another process received is seen so soon.
const LOOK_GAP: Duration = Duration::from_secs(10);
/// A sign of life is given so often.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);
/// People whom nobody here knows that are asked for one by one; past it everybody is read.
const STRANGERS: usize = 20;
/// What is said of an id that the source does not have.
const NOBODY: &str = "nobody has this id";
/// Events that may wait for whoever prints them.
const EVENTS: usize = 64;

/// Something that happened, of one tenant.
#[derive(Debug, Clone)]
pub struct HookEvent {
    pub short_name: String,
    pub tenant_name: String,
    /// How many deliveries and people it is about.
    pub deliveries: usize,
    pub people: usize,
    pub what: HookWhat,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum HookWhat {
    /// A run about these people was started.
    Started,
    /// It has ended.
    Ended {
        run: RunId,
        outcome: RunOutcome,
        problem: Option<Problem>,
        /// When it is tried again: it met an outage, or was cut short.
        again: Option<Timestamp>,
    },
    /// It cannot begin now, since somebody else works on the tenant; why.
    Waits { why: String, again: Timestamp },
    /// It could not begin for an outage, and is tried again.
    PutOff { problem: Problem, again: Timestamp },
    /// No run was needed; why.
    Done(String),
    /// Nothing is to be done; why.
    Ignored(String),
    /// It could not be run, and is not tried again.
    Refused(Problem),
}

/// The loop over all tenants.
pub struct Hooks {
    engine: Engine,
    starter: Arc<dyn Starter>,
    holder: Holder,
    told: mpsc::Sender<HookEvent>,
    jobs: JoinSet<()>,
    heartbeat: Option<Timestamp>,
}

impl Hooks {
    /// A loop that starts jobs by `starter`, and what it tells.
    pub fn new(engine: &Engine, starter: Arc<dyn Starter>) -> (Self, mpsc::Receiver<HookEvent>) {
        let (told, news) = mpsc::channel(EVENTS);
        let process = &engine.process;
        let holder = Holder {
            pid: process.pid,
            host: process.host.clone(),
            start: process.start.clone(),
            what: format!("watch by {}", engine.operator),
        };
        let engine = Engine { operator: OPERATOR.to_owned(), ..engine.clone() };
        (Self { engine, starter, holder, told, jobs: JoinSet::new(), heartbeat: None }, news)
    }

    /// Runs what was received until `stop` comes, then waits for the jobs to end.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut changes = self.engine.store.change_watch();
        loop {
            let before = *changes.borrow_and_update();
            let wait = match self.look(false).await {
                Ok(Some(due)) => self.until(due),
                Ok(None) => LOOK_GAP,
                Err(error) => {
                    tracing::warn!(%error, "the webhooks could not be looked at");
                    LOOK_GAP
                }
            };
            let received = async {
                loop {
                    if changes.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                    if changes.borrow_and_update().differs(&before, Group::Schedule) {
                        return;
                    }
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = received => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.idle().await;
    }

    /// Runs what was received so far, without a quiet time, and waits for it.
    ///
    /// # Errors
    /// The store's.
    pub async fn once(mut self, stop: impl Future<Output = ()>) -> Result<(), EngineError> {
        let looked = self.look(true).await;
        if looked.is_ok() {
            tokio::pin!(stop);
            tokio::select! { () = self.idle() => {}, () = &mut stop => {} }
        }
        self.idle().await;
        looked.map(|_| ())
    }

    /// Waits until every run that was started here has ended, and that is kept.
    pub async fn idle(&mut self) {
        while self.jobs.join_next().await.is_some() {}
    }

    fn until(&self, due: Timestamp) -> Duration {
        let left = Duration::try_from(due.duration_since(self.engine.clock.now())).unwrap_or_default();
        left.clamp(Duration::from_millis(100), LOOK_GAP)
    }

    /// Looks once and starts what is due; `now_all`: also what came just now. Answers when something is due next.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&mut self, now_all: bool) -> Result<Option<Timestamp>, EngineError> {
        while self.jobs.try_join_next().is_some() {}
        let waiting = self.engine.store.waiting_deliveries().await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let now = self.engine.clock.now();
        // What this process takes is taken for left behind by others unless it gives a sign of life.
        if self.heartbeat.is_none_or(|last| !(last..last.saturating_add(HEARTBEAT).unwrap_or(last)).contains(&now)) {
            self.engine.store.watch_schedules(self.holder.clone(), self.starter.at_once()).await?;
            self.heartbeat = Some(now);
        }
        let mut next: Option<Timestamp> = None;
        for one in waiting {
            let due = due(&one);
            // Also after a clock that was put back.
            let is_put_off = one.not_before.is_some_and(|not_before| not_before > now);
            let is_due = due <= now || one.newest > now || now_all && !is_put_off;
            let later = if is_due { self.due(one.connection, now).await? } else { Some(due) };
            next = later.into_iter().chain(next).min();
        }
        Ok(next)
    }

    /// Deals with a tenant whose deliveries are due; answers when it is to be looked at again.
    async fn due(&mut self, id: ConnectionId, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let connection = match self.engine.store.connection(id).await {
            Ok(connection) => connection,
            // Removed meanwhile, or its row cannot be read: the others are not held up.
            Err(StoreError::Missing { .. } | StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if connection.status == ConnectionStatus::Live && self.engine.hooks_wait(&connection).await? {
            return Ok(now.checked_add(AGAIN).ok());
        }
        let taken = self.engine.store.take_deliveries(id, self.holder.clone()).await?;
        if taken.each.is_empty() {
            return Ok(None);
        }
        let mut about = About { engine: self.engine.clone(), connection, taken, told: self.told.clone() };
        if about.connection.status != ConnectionStatus::Live {
            let why = "the tenant is not live".to_owned();
            about.end(DeliveryEnd::Ignored(why.clone()), HookWhat::Ignored(why)).await;
            return Ok(None);
        }
        let starter = Arc::clone(&self.starter);
        self.jobs.spawn(async move {
            if about.drop_strangers().await {
                about.run(&*starter).await;
            }
        });
        Ok(None)
    }
}

/// When the deliveries of a tenant are due.
fn due(waiting: &Waiting) -> Timestamp {
    let after = |at: Timestamp, span| at.saturating_add(span).unwrap_or(at);
    let due = after(waiting.newest, QUIET).min(after(waiting.oldest, LONGEST));
    waiting.not_before.map_or(due, |not_before| due.max(not_before))
}

/// Whether waiting may cure it: a vendor that does not answer, or not as it should, or whose list is not whole, and a disk that is
/// full. No slot may follow by which the change would come all the same.
fn may_pass(problem: &Problem) -> bool {
    use ProblemCode as C;
    let code = problem.code();
    let is_unwell = matches!(code, C::UnexpectedAnswer | C::WrongAddress | C::DiskFull);
    let is_short = matches!(code, C::ListIncomplete | C::SourceTotal | C::SourceEmpty);
    problem.kind == ProblemKind::Temporary || is_unwell || is_short
}

impl Engine {
    /// Whether the deliveries of a published tenant have to wait: all schedules are paused, somebody works on it, a plan
    /// waits for an operator, or a vendor answers nobody.
    async fn hooks_wait(&self, connection: &Connection) -> Result<bool, EngineError> {
        if self.store.schedule_desk().await?.paused.is_some() || self.store.at_work(connection.id).await?.is_some() {
            return Ok(true);
        }
        Ok(match self.schedule_of(connection).await?.waits {
            Some(Waits::Answer(_)) => true,
            // What is told of somebody may be the attempt that is answered.
            Some(Waits::Silent(silent)) => silent.silence.again > self.clock.now(),
            _ => false,
        })
    }
}

/// The deliveries of one run.
struct About {
    engine: Engine,
    connection: Connection,
    taken: TakenDeliveries,
    told: mpsc::Sender<HookEvent>,
}

impl About {
    /// Leaves out whom neither the last pull nor the source itself knows, so that invented ids cost one request each and no run.
    /// Answers whether somebody is left.
    async fn drop_strangers(&mut self) -> bool {
        if self.taken.is_unnamed() {
            return true;
        }
        match self.known().await {
            Ok(known) if known.is_empty() => {
                self.end(DeliveryEnd::Done(NOBODY.to_owned()), HookWhat::Done(NOBODY.to_owned())).await;
                false
            }
            Ok(known) => {
                let nobody = self.taken.keep(&known);
                self.mark(nobody, DeliveryEnd::Done(NOBODY.to_owned())).await;
                true
            }
            // The run will meet it too, and is kept: that it fails is seen, counted and mailed like that of any other.
            Err(EngineError::Api(error)) => {
                tracing::info!(tenant = self.connection.short_name, %error, "strangers could not be asked for");
                true
            }
            Err(error) => {
                self.failed(error).await;
                false
            }
        }
    }

    async fn known(&self) -> Result<Vec<EmployeeId>, EngineError> {
        let mut known = Vec::new();
        let mut strangers = Vec::new();
        for id in self.taken.people() {
            let one = self.engine.store.employee(self.connection.id, &id).await?;
            if one.is_some() { known.push(id) } else { strangers.push(id) }
        }
        if strangers.is_empty() {
            return Ok(known);
        }
        if strangers.len() > STRANGERS || !abilities(&self.connection)?.source.one_person {
            known.extend(strangers);
            return Ok(known);
        }
        let clients = self.engine.clients(&self.connection, Arc::new(NoNotices)).await?;
        for id in strangers {
            match clients.source.one(&id).await {
                Ok(None) => {}
                Ok(Some(_)) => known.push(id),
                // Reading everybody may well tell.
                Err(error) if super::alone::is_of_this_way(&error) => known.push(id),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(known)
    }

    async fn run(self, starter: &dyn Starter) {
        let scope = match self.taken.is_unnamed() {
            // Of the others it is read as well.
            true if self.tells_changes() => Scope::Changed,
            true => Scope::Everybody,
            false => Scope::of_people(self.taken.people()),
        };
        let job = Job { trigger: Trigger::Webhook, scope, ..Job::default() };
        let work = Work::Sync(SyncRequest { job, ..SyncRequest::default() });
        match starter.start(&self.engine, &self.connection, work) {
            Ok(job) => {
                self.tell(HookWhat::Started).await;
                self.follow(job).await;
            }
            Err(error) => self.failed(error).await,
        }
    }

    fn tells_changes(&self) -> bool {
        abilities(&self.connection).is_ok_and(|both| both.source.changes)
    }

    async fn follow(self, mut job: Box<dyn ScheduledJob>) {
        loop {
            match job.next().await {
                JobNews::Event(RunEvent::Started { run, resumed: false }) => {
                    self.mark(self.taken.ids(), DeliveryEnd::Begun(run)).await;
                }
                JobNews::Event(_) => {}
                JobNews::Ended(end) => return self.ended(*end, job.is_cut()).await,
            }
        }
    }

    async fn ended(self, end: JobEnd, is_cut: bool) {
        match end {
            Ok(Some(report)) => {
                let (run, outcome, problem) = (report.run, report.outcome, report.problem);
                let (end, again) = match outcome {
                    // The next look finishes what was approved, and reads these people again.
                    RunOutcome::Interrupted if is_cut => {
                        let again = self.again();
                        (DeliveryEnd::GivenBack("the run was cut short".to_owned(), again), Some(again))
                    }
                    RunOutcome::Interrupted => (DeliveryEnd::PutOff("the run was cut short".to_owned()), None),
                    RunOutcome::Failed | RunOutcome::Stopped if problem.as_ref().is_some_and(may_pass) => {
                        let why = problem.as_ref().map(|problem| problem.what.clone()).unwrap_or_default();
                        (DeliveryEnd::PutOff(why), None)
                    }
                    RunOutcome::Failed | RunOutcome::Refused | RunOutcome::Drifted => {
                        let why = problem.as_ref().map_or("the run failed", |problem| problem.what.as_str());
                        (DeliveryEnd::InVain(why.to_owned()), None)
                    }
                    outcome => (DeliveryEnd::Done(outcome.key().replace('_', " ")), None),
                };
                let again = self.mark(self.taken.ids(), end).await.or(again);
                self.tell(HookWhat::Ended { run, outcome, problem, again }).await;
            }
            Ok(None) => {
                self.mark(self.taken.ids(), DeliveryEnd::Done(String::new())).await;
            }
            Err(error) => self.failed(error).await,
        }
    }

    async fn failed(&self, error: EngineError) {
        let words = error.to_string();
        if let EngineError::Halted(StopCause::Operator { .. }) = error {
            return self.end(DeliveryEnd::Ignored(words.clone()), HookWhat::Ignored(words)).await;
        }
        let is_halted = matches!(error, EngineError::Halted(_));
        let problem = Problem::from(error);
        // Somebody else works on it, or the program ends: afterwards it is their turn.
        if is_halted || problem.kind == ProblemKind::Locked {
            let again = self.again();
            let end = DeliveryEnd::GivenBack(words.clone(), again);
            return self.end(end, HookWhat::Waits { why: words, again }).await;
        }
        let end = if may_pass(&problem) { DeliveryEnd::PutOff(words) } else { DeliveryEnd::InVain(words) };
        let again = self.mark(self.taken.ids(), end).await;
        self.tell(match again {
            Some(again) => HookWhat::PutOff { problem, again },
            None => HookWhat::Refused(problem),
        })
        .await;
    }

    fn again(&self) -> Timestamp {
        let now = self.engine.clock.now();
        now.saturating_add(AGAIN).unwrap_or(now)
    }

    async fn end(&self, end: DeliveryEnd, what: HookWhat) {
        self.mark(self.taken.ids(), end).await;
        self.tell(what).await;
    }

    /// Keeps what became of deliveries; answers when they are tried again, where they are put off.
    async fn mark(&self, ids: Vec<i64>, end: DeliveryEnd) -> Option<Timestamp> {
        match self.engine.store.mark_deliveries(ids, end).await {
            Ok(again) => again,
            Err(error) => {
                tracing::warn!(tenant = self.connection.short_name, %error, "what became of webhooks could not be kept");
                None
            }
        }
    }

    async fn tell(&self, what: HookWhat) {
        // Nobody listens any more where the front end is gone.
        let event = HookEvent {
            short_name: self.connection.short_name.clone(),
            tenant_name: self.connection.tenant_name.clone(),
            deliveries: self.taken.each.len(),
            people: self.taken.people().len(),
            what,
        };
        let _ = self.told.send(event).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_waited_out_but_not_for_long() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let one = |oldest, newest, not_before| Waiting {
            connection: ConnectionId(1),
            oldest: at(oldest),
            newest: at(newest),
            not_before,
        };
        assert_eq!(due(&one(100, 100, None)), at(102));
        assert_eq!(due(&one(100, 112, None)), at(114));
        assert_eq!(due(&one(100, 114, None)), at(115));
        assert_eq!(due(&one(100, 114, Some(at(130)))), at(130));
    }
}
