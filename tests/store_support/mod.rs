//! What the store's tests share: a clock that moves by hand, a workspace in a folder of its own, plausible people.
#![allow(dead_code, reason = "each test file uses a part of it")]

use jiff::Timestamp;
use onroll::domain::connection::Endpoint;
use onroll::domain::field::{Field, FieldChange};
use onroll::domain::ids::{ConnectionId, EmployeeId, Identifier, UserId};
use onroll::domain::list::ListKey;
use onroll::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use onroll::domain::plan::{Candidate, Counts, Evidence, Hold, HoldCode, Mails, Operation, OperationKind, Plan};
use onroll::domain::secret::SecretRef;
use onroll::domain::settings::Settings;
use onroll::domain::snapshot::{Side, SourceFacts};
use onroll::ports::clock::Clock;
use onroll::ports::destination::{DestinationFacts, DestinationRecord};
use onroll::ports::source::SourceRecord;
use onroll::store::{Holder, NewConnection, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A clock that a test moves.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A workspace in a folder of its own.
pub struct Desk {
    pub folder: TempDir,
    pub clock: Arc<HandClock>,
    /// Processes that have died.
    pub dead: Arc<Mutex<BTreeSet<u32>>>,
    pub store: Option<Store>,
}

impl Desk {
    pub fn new() -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(1_795_000_000)));
        let mut desk = Self { folder: tempfile::tempdir().unwrap(), clock, dead: Arc::default(), store: None };
        desk.reopen();
        desk
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("workspace").join("onroll.db")
    }

    pub fn store(&self) -> Store {
        self.store.clone().unwrap()
    }

    /// The same file, opened as another process does.
    pub fn another(&self) -> Store {
        let dead = Arc::clone(&self.dead);
        let lives = Arc::new(move |holder: &Holder| !dead.lock().unwrap().contains(&holder.pid));
        Store::open_with(&self.path(), self.clock.clone(), lives).unwrap()
    }

    /// A process ends.
    pub fn die(&self, pid: u32) {
        self.dead.lock().unwrap().insert(pid);
    }

    /// Drops the store and opens the file again.
    pub fn reopen(&mut self) -> Store {
        self.store = None;
        let store = self.another();
        self.store = Some(store.clone());
        store
    }
}

pub fn endpoint(vendor: &str) -> Endpoint {
    Endpoint {
        vendor: vendor.into(),
        parameters: BTreeMap::from([("base_url".into(), "http://127.0.0.1:1".into())]),
        secrets: BTreeMap::from([("client_secret".into(), SecretRef::Sealed(format!("{vendor}.client_secret")))]),
    }
}

pub fn new_connection(tenant: &str, short: &str) -> NewConnection {
    NewConnection {
        tenant_name: tenant.into(),
        short_name: short.into(),
        time_zone: "Europe/London".into(),
        source: endpoint("planday"),
        destination: endpoint("flow-learning"),
        settings: Settings::default(),
        verbatim: vec![ListKey::JOB_TITLE],
        by: "rosa".into(),
    }
}

pub async fn add(store: &Store, short: &str) -> ConnectionId {
    store.add_connection(new_connection(&short.replace('-', " "), short)).await.unwrap()
}

pub fn employee(id: &str, first: &str, last: &str) -> Employee {
    Employee {
        id: id.into(),
        identifier: Identifier(format!("40718_{id}")),
        person: Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            job_title: Some("Waiter".into()),
            branch: Some("Quayside".into()),
            ..Person::default()
        },
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

pub fn user(id: &str, first: &str, last: &str, identifier: Option<&str>) -> User {
    User {
        id: id.into(),
        identifier: identifier.map(Identifier::from),
        person: Person { first_name: Some(first.into()), last_name: Some(last.into()), ..Person::default() },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    }
}

pub async fn pull(store: &Store, connection: ConnectionId, employees: Vec<Employee>) {
    let snapshot = store.begin_snapshot(connection, None, Side::Source).await.unwrap();
    let received = employees.len() as u64;
    let records = employees
        .into_iter()
        .map(|employee| SourceRecord { employee, raw: serde_json::json!({"raw": true}), out_of_scope: false })
        .collect();
    store.add_employees(snapshot, records).await.unwrap();
    let facts = SourceFacts { received, declared_total: received, ..SourceFacts::default() };
    store.finish_source_snapshot(snapshot, &facts).await.unwrap();
}

pub async fn pull_users(store: &Store, connection: ConnectionId, users: Vec<User>) {
    let snapshot = store.begin_snapshot(connection, None, Side::Destination).await.unwrap();
    let facts = DestinationFacts {
        account: "company HVINE".into(),
        declared_total: users.len() as u64,
        received: users.len() as u64,
        can_create_options: true,
        ..DestinationFacts::default()
    };
    let records =
        users.into_iter().map(|user| DestinationRecord { user, raw: serde_json::json!({"raw": true}) }).collect();
    store.add_users(snapshot, records).await.unwrap();
    store.finish_user_snapshot(snapshot, &facts).await.unwrap();
}

pub fn operation(seq: u32, kind: OperationKind, employee: &str) -> Operation {
    Operation {
        seq,
        kind,
        employee: Some(employee.into()),
        identifier: Some(Identifier(format!("40718_{employee}"))),
        user: (kind != OperationKind::Create).then(|| UserId(format!("u{employee}"))),
        list: None,
        fields: vec![FieldChange { field: Field::JobTitle, from: None, to: Some("Waiter".into()) }],
        note: None,
    }
}

pub fn hold(employee: &str, code: HoldCode, candidates: &[(&str, f64)]) -> Hold {
    Hold {
        employee: employee.into(),
        code,
        field: (code == HoldCode::UnmappedValue).then(|| "job_title".into()),
        also: Vec::new(),
        value: (code == HoldCode::UnmappedValue).then(|| "Chef de Partie".into()),
        message: code.words().into(),
        remedy: "do something".into(),
        candidates: candidates
            .iter()
            .map(|(user, probability)| Candidate {
                user: UserId::from(*user),
                weight: 6.5,
                probability: *probability,
                evidence: vec![Evidence {
                    field: "last_name".into(),
                    level: "exact".into(),
                    source_value: Some("Wójcik".into()),
                    destination_value: Some("Wojcik".into()),
                    bits: 6.5,
                    reason: "equal but for the accent".into(),
                }],
            })
            .collect(),
        others: Vec::<EmployeeId>::new(),
        seen: None,
        beside: Vec::new(),
    }
}

pub fn plan(operations: Vec<Operation>, holds: Vec<Hold>) -> Plan {
    Plan {
        hash: "7f3ac91e00000000".into(),
        counts: Counts::of(&operations, 3),
        people: 10,
        changed_people: operations.len() as u32,
        operations,
        holds,
        mails: Mails { welcome: 1, notice: 0 },
        limits: Vec::new(),
        first_import: false,
        ignored_leavers: 0,
        future_starters: 2,
        doubled: Vec::new(),
        managers_left: Vec::new(),
    }
}
