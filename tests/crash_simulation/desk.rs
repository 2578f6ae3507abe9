//! A workspace in a machine: the prepared file, and the programs that open it.

use crate::client::{Process, Shared};
use crate::world::{Kind, SHOWS_WITHIN};
use crash_vfs::{Image, Machine};
use jiff::Timestamp;
use onroll::domain::connection::{ConnectionStatus, Endpoint};
use onroll::domain::ids::ConnectionId;
use onroll::domain::list::ListKey;
use onroll::domain::settings::{Limit, Limits, Settings};
use onroll::engine::Engine;
use onroll::ports::clock::{Clock, SharedClock};
use onroll::secrets::SecretStore;
use onroll::store::{Holder, Lives, NewConnection, Store, StoreError};
use rusqlite::OpenFlags;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use tokio::time::Instant;

const FILE: &str = "onroll.db";

/// 2026-11-22, 12:00 UTC.
const NOON: Timestamp = Timestamp::constant(1_795_348_800, 0);

/// The runtime's clock, which stands still while anything can be done.
struct Virtual {
    begun: Instant,
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        NOON + self.begun.elapsed()
    }
}

pub fn clock(begun: Instant) -> SharedClock {
    Arc::new(Virtual { begun })
}

/// Credentials of nobody.
static SECRETS: LazyLock<(tempfile::TempDir, Arc<SecretStore>)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Arc::new(SecretStore::open(folder.path(), None).unwrap());
    (folder, secrets)
});

fn endpoint(vendor: &str) -> Endpoint {
    Endpoint { vendor: vendor.into(), parameters: BTreeMap::new(), secrets: BTreeMap::new() }
}

static IMAGES: Mutex<Option<BTreeMap<Kind, (Image, ConnectionId)>>> = Mutex::new(None);

/// The file of a live tenant of this kind, made once.
pub async fn image(kind: Kind) -> (Image, ConnectionId) {
    if let Some(made) = IMAGES.lock().unwrap().get_or_insert_default().get(&kind) {
        return made.clone();
    }
    let made = make_image(kind).await;
    IMAGES.lock().unwrap().get_or_insert_default().insert(kind, made.clone());
    made
}

async fn make_image(kind: Kind) -> (Image, ConnectionId) {
    let machine = Machine::new(&Image::default());
    let everybody: Lives = Arc::new(|_: &Holder| true);
    let store = open_store(&machine, 1, clock(Instant::now()), everybody).unwrap();
    let all = Limit { number: None, percent: 100.0 };
    let settings = Settings {
        shows_within_s: kind.adds().then(|| u32::try_from(SHOWS_WITHIN.as_secs()).unwrap()),
        limits: Limits { leavers: all, creations: all, updates: all, identifiers: all },
        ..Settings::default()
    };
    let new = NewConnection {
        tenant_name: "Acme".into(),
        short_name: "acme".into(),
        time_zone: "UTC".into(),
        source: endpoint("planday"),
        destination: endpoint(kind.vendor()),
        settings,
        verbatim: vec![ListKey::JOB_TITLE, ListKey::BRANCH, ListKey::DEPARTMENT],
        by: "sim".into(),
    };
    let id = store.add_connection(new).await.unwrap();
    store.set_status(id, ConnectionStatus::Live, "sim").await.unwrap();
    drop(store);
    (machine.image(), id)
}

fn open_store(machine: &Machine, process: u32, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
    crash_vfs::register();
    Store::open_on(crash_vfs::NAME, &machine.path(process, FILE), clock, lives)
}

/// The same files as if no line had been marked before it was sent.
pub fn without_marks(image: &Image) -> Image {
    let machine = Machine::new(image);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = rusqlite::Connection::open_with_flags_and_vfs(machine.path(1, FILE), flags, crash_vfs::NAME).unwrap();
    file.execute("UPDATE operation SET state = 'pending', sent_at = NULL WHERE state = 'sent'", []).unwrap();
    drop(file);
    machine.image()
}

/// A program that has the workspace open.
pub struct Program {
    pub process: Process,
    pub engine: Engine,
}

impl Program {
    pub fn open(
        number: u32,
        machine: &Arc<Machine>,
        shared: &Arc<Mutex<Shared>>,
        begun: Instant,
        lives: Lives,
    ) -> Result<Program, StoreError> {
        let clock = clock(begun);
        let store = open_store(machine, number, Arc::clone(&clock), lives)?;
        let process =
            Process { number, machine: Arc::clone(machine), shared: Arc::clone(shared), dies: Arc::default() };
        let engine = Engine {
            store,
            secrets: Arc::clone(&SECRETS.1),
            clock,
            environment: Arc::new(|_| None),
            operator: format!("operator {number}"),
            workspace: PathBuf::from("/nowhere"),
            process: onroll::engine::Process { pid: number, host: "sim".into(), start: number.to_string() },
            factory: Arc::new(process.clone()),
        };
        Ok(Program { process, engine })
    }
}
