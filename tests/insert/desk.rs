//! A workspace on a pair.

use crate::pair::{Pair, employee};
use jiff::civil::date;
use jiff::tz::TimeZone;
use onroll::cli::workspace::Workspace;
use onroll::domain::connection::{Connection, ConnectionStatus, Endpoint};
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::{ConnectionId, Identifier};
use onroll::domain::list::ListKey;
use onroll::domain::plan::Plan;
use onroll::domain::run::RunTotals;
use onroll::domain::settings::Settings;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Approved, Confirmation, PreviewRequest, RunReport, SyncRequest};
use onroll::planning::key_fields;
use onroll::ports::clock::{Clock, FixedClock};
use onroll::store::{Lives, NewConnection, Store};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub struct Desk {
    pub pair: Pair,
    pub workspace: Workspace,
    pub id: ConnectionId,
    dir: TempDir,
}

fn endpoint(vendor: &str) -> Endpoint {
    Endpoint { vendor: vendor.into(), parameters: BTreeMap::new(), secrets: BTreeMap::new() }
}

/// Without threads of the store: a clock that stands still would go on while one of them is at work, by as much as it takes.
fn open(dir: &TempDir, pair: &Pair) -> Workspace {
    let mut workspace = Workspace::open_in(&dir.path().join("ws"), &Default::default()).unwrap();
    let path = workspace.store.path().to_owned();
    let lives: Lives = Arc::new(|_| true);
    workspace.store = Store::open_on("unix", &path, Arc::clone(&workspace.clock), lives).unwrap();
    workspace.engine.store = workspace.store.clone();
    let noon = date(2026, 11, 22).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    set_clock(&mut workspace, noon);
    workspace.engine.factory = Arc::new(pair.clone());
    pair.lock().path = Some(workspace.store.path().to_owned());
    workspace
}

fn set_clock(workspace: &mut Workspace, now: jiff::Timestamp) {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(now));
    workspace.engine.clock = Arc::clone(&clock);
    workspace.clock = clock;
}

impl Desk {
    /// A live tenant with this many people to create, in London at noon.
    pub async fn with_people(count: usize) -> Desk {
        Desk::in_zone(count, "Europe/London").await
    }

    /// The moment that the engine takes for now.
    pub fn at(&mut self, now: &str) {
        set_clock(&mut self.workspace, now.parse().unwrap());
    }

    /// A live tenant of another zone.
    pub async fn in_zone(count: usize, zone: &str) -> Desk {
        let pair = Pair::default();
        pair.lock().employees = (1..=count).map(employee).collect();
        let dir = TempDir::new().unwrap();
        let workspace = open(&dir, &pair);
        let new = NewConnection {
            tenant_name: "Acme".into(),
            short_name: "acme".into(),
            time_zone: zone.into(),
            source: endpoint("planday"),
            destination: endpoint("flow-learning"),
            settings: Settings::default(),
            verbatim: vec![ListKey::JOB_TITLE, ListKey::BRANCH],
            by: "test".into(),
        };
        let id = workspace.store.add_connection(new).await.unwrap();
        workspace.store.set_status(id, ConnectionStatus::Live, "test").await.unwrap();
        Desk { pair, workspace, id, dir }
    }

    /// Opens the file again, as the next process does after the last one was killed.
    pub async fn after_a_crash(&mut self) {
        self.pair.lock().is_dead = false;
        // The dead process gives no lease back; its pid tells that it is gone.
        self.workspace = open(&self.dir, &self.pair);
        let sql = "UPDATE lease SET held = 0";
        rusqlite::Connection::open(self.workspace.store.path()).unwrap().execute_batch(sql).unwrap();
    }

    pub async fn connection(&self) -> Connection {
        self.workspace.store.connection(self.id).await.unwrap()
    }

    pub async fn plan(&self) -> Plan {
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let connection = self.connection().await;
        let policy = PreviewRequest::default();
        let report = self.workspace.engine.preview(&connection, &policy, &reporter, &control).await.unwrap();
        std::sync::Arc::unwrap_or_clone(report.plan.unwrap_or_else(|| panic!("{:?}", report.problem)).plan)
    }

    pub async fn sync(&self, request: &SyncRequest) -> RunReport {
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let connection = self.connection().await;
        self.workspace.engine.sync(&connection, request, &reporter, &control).await.unwrap()
    }

    /// Syncs until a request finds that the process has ended; `true` where that happened before the run ended by itself.
    pub async fn sync_until_dead(&self, request: &SyncRequest) -> bool {
        let work = self.sync(request);
        tokio::pin!(work);
        while !self.pair.lock().is_dead {
            tokio::select! {
                biased;
                _ = &mut work => break,
                // Time goes on meanwhile: waits for late records pass.
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
        self.pair.lock().is_dead
    }

    /// A sync with the number that the plan of now states.
    pub async fn confirmed(&self) -> SyncRequest {
        let number = self.plan().await.counts.operations();
        SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() }
    }

    /// A sync of exactly the newest kept plan.
    pub async fn kept(&self) -> SyncRequest {
        let head = self.workspace.store.latest_plan(self.id).await.unwrap().unwrap();
        let confirmation = Some(Confirmation { number: head.counts.operations(), reason: None });
        SyncRequest { confirmation, approved: Approved::Kept(head.id), ..SyncRequest::default() }
    }

    /// Syncs until nothing is left to do, with every answer a yes.
    pub async fn until_settled(&self) -> RunReport {
        {
            let mut state = self.pair.lock();
            state.writes.clear();
            state.reads.clear();
            state.hook = None;
        }
        self.workspace.store.set_status(self.id, ConnectionStatus::Live, "test").await.unwrap();
        for _ in 0..6 {
            let request = self.confirmed().await;
            let report = self.sync(&request).await;
            // What an interrupted run was approved for is finished first; what is planned after it has a number of its own.
            let is_done = report.problem.is_none() && self.plan().await.operations.is_empty();
            if is_done {
                return report;
            }
        }
        panic!("it never comes to an end");
    }

    pub async fn rule(&self, number: usize, ruling: Ruling) {
        let found = employee(number);
        let decision = Decision {
            employee: found.id,
            ruling,
            reason: None,
            by: "test".into(),
            at: self.workspace.clock.now(),
            key_fields: key_fields(&found.person),
        };
        self.workspace.store.decide(self.id, vec![decision]).await.unwrap();
    }

    /// How many users carry each identifier.
    pub fn carriers(&self) -> HashMap<Identifier, usize> {
        let mut carriers = HashMap::new();
        for user in &self.pair.lock().users {
            if let Some(identifier) = &user.identifier {
                *carriers.entry(identifier.clone()).or_default() += 1;
            }
        }
        carriers
    }

    /// That each of these people has one user and one mail, nobody else has, and each write was in the journal before.
    pub fn assert_once_each(&self, people: &[usize]) {
        let carriers = self.carriers();
        for number in people {
            let identifier = Identifier(format!("40817_{number}"));
            assert_eq!(carriers.get(&identifier), Some(&1), "{identifier}");
        }
        let state = self.pair.lock();
        assert_eq!((state.users.len(), state.mails.len()), (people.len(), people.len()));
        assert_eq!(state.unjournaled, [], "sent before it was in the journal");
    }
}

/// All lines that a run counts.
pub fn lines(totals: &RunTotals) -> u32 {
    totals.written + totals.already + totals.failed + totals.unknown + totals.set_aside + totals.pending
}

impl Desk {
    /// Links by e-mail when the identifier is not found.
    pub async fn settings_with_fallback(&self) {
        let mut settings = self.connection().await.settings;
        settings.email_fallback = true;
        self.workspace.store.set_settings(self.id, settings, "test").await.unwrap();
    }
}
