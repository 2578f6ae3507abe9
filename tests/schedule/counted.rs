//! A workspace whose jobs are only counted, on a clock that is moved by hand or by the paused time of the test.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use onroll::domain::connection::{Connection, ConnectionStatus, Endpoint};
use onroll::domain::ids::{ConnectionId, RunId};
use onroll::domain::run::Scope;
use onroll::domain::settings::Settings;
use onroll::engine::error::EngineError;
use onroll::engine::progress::RunEvent;
use onroll::engine::run_control::StopCause;
use onroll::engine::schedule::watch::{ScheduledJob, Scheduler, Starter, WatchEvent, WatchNews};
use onroll::engine::supervisor::{JobNews, Work};
use onroll::engine::{Engine, Process};
use onroll::ports::clock::Clock;
use onroll::secrets::SecretStore;
use onroll::store::{Holder, NewConnection, Store};
use onroll::vendors::registry::Vendors;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::mpsc;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A clock that a test sets.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn new(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.as_second())))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_second(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A clock that goes with the time of the runtime, which may be paused.
pub struct RuntimeClock(Timestamp, tokio::time::Instant);

impl RuntimeClock {
    pub fn from(begin: Timestamp) -> Arc<Self> {
        Arc::new(Self(begin, tokio::time::Instant::now()))
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        self.0.checked_add(SignedDuration::try_from(self.1.elapsed()).unwrap()).unwrap()
    }
}

/// How the jobs behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// Begin and end at once.
    End,
    /// Are started and never begin.
    Hang,
    /// Cannot begin: somebody else works on the tenant.
    Locked,
    /// Cannot begin: the program ends.
    Cut,
}

/// Counts jobs.
pub struct Counter {
    clock: Arc<dyn Clock>,
    pub jobs: Mutex<Jobs>,
    pub started: Mutex<Vec<(ConnectionId, Timestamp, Scope)>>,
}

struct Counted(Jobs, Vec<JobNews>);

#[async_trait]
impl ScheduledJob for Counted {
    async fn next(&mut self) -> JobNews {
        match (self.0, self.1.pop()) {
            (Jobs::Hang, _) | (_, None) => std::future::pending().await,
            (_, Some(news)) => news,
        }
    }

    fn is_cut(&self) -> bool {
        false
    }
}

impl Starter for Counter {
    fn start(&self, _: &Engine, connection: &Connection, work: Work) -> Result<Box<dyn ScheduledJob>, EngineError> {
        let jobs = *self.jobs.lock().unwrap();
        if jobs == Jobs::Locked {
            return Err(EngineError::AtWork { tenant: connection.tenant_name.clone() });
        }
        if jobs == Jobs::Cut {
            return Err(EngineError::Halted(StopCause::ProgramEnds));
        }
        let mut started = self.started.lock().unwrap();
        started.push((connection.id, self.clock.now(), work.job().scope));
        let run = RunId(i64::try_from(started.len()).unwrap());
        let news = vec![JobNews::Ended(Box::new(Ok(None))), JobNews::Event(RunEvent::Started { run, resumed: false })];
        Ok(Box::new(Counted(jobs, news)))
    }

    fn at_once(&self) -> u32 {
        8
    }
}

/// A workspace file and its clock.
pub struct Bench {
    folder: TempDir,
    pub clock: Arc<dyn Clock>,
    /// Processes that have died.
    dead: Arc<Mutex<BTreeSet<u32>>>,
    pub store: Store,
}

/// One process that watches.
pub struct Watch {
    pub engine: Engine,
    pub scheduler: Scheduler,
    pub news: mpsc::Receiver<WatchNews>,
    /// What was told while it looked.
    told: Vec<WatchNews>,
    pub counter: Arc<Counter>,
}

impl Bench {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dead = Arc::<Mutex<BTreeSet<u32>>>::default();
        let store = open(&folder, &clock, &dead);
        Self { folder, clock, dead, store }
    }

    /// Breaks rows as a bad disk does.
    #[expect(clippy::disallowed_methods, reason = "past the store")]
    pub fn break_rows(&self, sql: &str) {
        rusqlite::Connection::open(self.store.path()).unwrap().execute_batch(sql).unwrap();
    }

    pub fn die(&self, pid: u32) {
        self.dead.lock().unwrap().insert(pid);
    }

    /// A published tenant with this schedule.
    pub async fn tenant(&self, short: &str, zone: &str, schedule: &str) -> ConnectionId {
        let id = self.preview(short, zone, schedule).await;
        self.store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
        id
    }

    pub async fn preview(&self, short: &str, zone: &str, schedule: &str) -> ConnectionId {
        let end = |vendor: &str| Endpoint {
            vendor: vendor.into(),
            parameters: BTreeMap::from([("base_url".into(), "http://127.0.0.1:1".into())]),
            secrets: BTreeMap::new(),
        };
        let schedule = schedule.parse().unwrap();
        let new = NewConnection {
            tenant_name: short.replace('-', " "),
            short_name: short.into(),
            time_zone: zone.into(),
            source: end("planday"),
            destination: end("flow-learning"),
            settings: Settings { schedule, jitter_minutes: Some(0), ..Settings::default() },
            verbatim: Vec::new(),
            by: "rosa".into(),
        };
        self.store.add_connection(new).await.unwrap()
    }

    pub async fn settings(&self, id: ConnectionId, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.store.connection(id).await.unwrap().settings;
        change(&mut settings);
        self.store.set_settings(id, settings, "rosa").await.unwrap();
    }

    /// A process that watches this workspace by a store of its own.
    pub fn watch(&self, pid: u32) -> Watch {
        let store = open(&self.folder, &self.clock, &self.dead);
        let dir = self.folder.path().join("ws");
        let engine = Engine {
            store,
            secrets: Arc::new(SecretStore::open(&dir, None).unwrap()),
            clock: Arc::clone(&self.clock),
            environment: Arc::new(|_| None),
            operator: "rosa".into(),
            workspace: dir,
            process: Process { pid, host: "desk".into(), start: pid.to_string() },
            factory: Arc::new(Vendors),
        };
        let counter = Arc::new(Counter {
            clock: Arc::clone(&self.clock),
            jobs: Mutex::new(Jobs::End),
            started: Mutex::default(),
        });
        let (scheduler, news) = Scheduler::new(&engine, Arc::clone(&counter) as Arc<dyn Starter>);
        Watch { engine, scheduler, news, told: Vec::new(), counter }
    }
}

fn open(folder: &TempDir, clock: &Arc<dyn Clock>, dead: &Arc<Mutex<BTreeSet<u32>>>) -> Store {
    let dead = Arc::clone(dead);
    let lives = Arc::new(move |holder: &Holder| !dead.lock().unwrap().contains(&holder.pid));
    std::fs::create_dir_all(folder.path().join("ws")).unwrap();
    Store::open_with(&folder.path().join("ws").join("onroll.db"), Arc::clone(clock), lives).unwrap()
}

impl Watch {
    pub fn jobs(&self, jobs: Jobs) {
        *self.counter.jobs.lock().unwrap() = jobs;
    }

    pub fn started(&self) -> usize {
        self.counter.started.lock().unwrap().len()
    }

    /// Looks once; answers the runs that were started.
    pub async fn look(&mut self) -> usize {
        let Watch { scheduler, news, told, counter, .. } = self;
        let looked = async {
            let look = scheduler.look().await.unwrap();
            if *counter.jobs.lock().unwrap() == Jobs::End {
                // A clock that jumps does not outrun what a job has to write down.
                scheduler.idle().await;
            }
            look.started
        };
        tokio::pin!(looked);
        // Hundreds of tenants tell more than the channel holds: it is heard meanwhile, as a watch does.
        loop {
            tokio::select! {
                started = &mut looked => return started,
                Some(one) = news.recv() => told.push(one),
            }
        }
    }

    /// The events so far.
    pub fn events(&mut self) -> Vec<WatchEvent> {
        let mut told = std::mem::take(&mut self.told);
        while let Ok(news) = self.news.try_recv() {
            told.push(news);
        }
        let events = told.into_iter().filter_map(|news| match news {
            WatchNews::Event(event) => Some(*event),
            _ => None,
        });
        events.collect()
    }
}
