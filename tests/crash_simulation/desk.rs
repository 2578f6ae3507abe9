//! A workspace in a machine: the prepared file, and the programs that open it.

use crate::client::{Process, Shared};
use crate::world::{Kind, SHOWS_WITHIN};
use crash_vfs::{Image, Machine, Seat};
use jiff::Timestamp;
use onroll::domain::connection::{ConnectionStatus, Endpoint};
use onroll::domain::ids::ConnectionId;
use onroll::domain::list::ListKey;
use onroll::domain::settings::{Limit, Limits, Settings};
use onroll::engine::Engine;
use onroll::ports::clock::{Clock, SharedClock};
use onroll::secrets::SecretStore;
use onroll::store::{Holder, Lives, NewConnection, Spares, Store, StoreError};
use rusqlite::OpenFlags;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
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

/// An empty workspace of this version.
static EMPTY: Mutex<Option<Image>> = Mutex::new(None);

fn open_alone(machine: &Machine) -> Store {
    let everybody: Lives = Arc::new(|_: &Holder| true);
    open_store(&machine.path(1, FILE), clock(Instant::now()), everybody).unwrap()
}

fn empty() -> Image {
    let migrated = || {
        let machine = Machine::new(&Image::default());
        drop(open_alone(&machine));
        machine.image()
    };
    EMPTY.lock().unwrap().get_or_insert_with(migrated).clone()
}

async fn make_image(kind: Kind) -> (Image, ConnectionId) {
    let machine = Machine::new(&empty());
    let store = open_alone(&machine);
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

fn open_store(path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
    crash_vfs::register();
    Store::open_on(crash_vfs::NAME, path, clock, lives)
}

fn open_raw(machine: &Machine, process: u32) -> rusqlite::Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    rusqlite::Connection::open_with_flags_and_vfs(machine.path(process, FILE), flags, crash_vfs::NAME).unwrap()
}

/// The same files as if no line had been marked before it was sent.
pub fn without_marks(image: &Image) -> Image {
    let machine = Machine::new(image);
    let file = open_raw(&machine, 1);
    file.execute("UPDATE operation SET state = 'pending', sent_at = NULL WHERE state = 'sent'", []).unwrap();
    drop(file);
    machine.image()
}

/// Connections that outlive the programs of this thread, so that SQLite need not read the schema and prepare every statement for each
/// of them. A program that sits down where another one has died finds nothing of it but that ([`Seat`]).
#[derive(Default)]
struct Seats {
    spares: Spares,
    free: RefCell<Vec<Seat>>,
}

thread_local! {
    static SEATS: Rc<Seats> = Rc::default();
}

impl Seats {
    fn take(&self) -> Seat {
        let mut free = self.free.borrow_mut();
        let at = free.iter().position(|seat| self.spares.has(&seat.path(FILE)));
        let Some(at) = at else { return Seat::default() };
        let seat = free.swap_remove(at);
        self.clear(&seat);
        seat
    }

    /// Nobody sits there from now on, and SQLite knows nothing of the file any more.
    fn clear(&self, seat: &Seat) {
        seat.leave();
        self.spares.let_go(&seat.path(FILE)).unwrap();
    }
}

/// Where a program sits, as long as it does.
struct Sitting {
    seat: Option<Seat>,
    seats: Rc<Seats>,
}

impl Sitting {
    fn path(&self) -> PathBuf {
        self.seat.as_ref().unwrap().path(FILE)
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.seats.free.borrow_mut().extend(self.seat.take());
    }
}

/// A program that has the workspace open.
pub struct Program {
    pub process: Process,
    pub engine: Engine,
    sitting: Option<Sitting>,
}

impl Program {
    /// `anew`: by connections of its own, as a real one does.
    pub fn open(
        number: u32,
        machine: &Arc<Machine>,
        shared: &Arc<Mutex<Shared>>,
        (begun, anew): (Instant, bool),
        lives: Lives,
    ) -> Result<Program, StoreError> {
        let clock = clock(begun);
        let sitting = (!anew).then(|| {
            let seats = SEATS.with(Rc::clone);
            let seat = seats.take();
            seat.sit(machine, number);
            Sitting { seat: Some(seat), seats }
        });
        let store = match &sitting {
            None => open_store(&machine.path(number, FILE), Arc::clone(&clock), lives)?,
            Some(sitting) => {
                crash_vfs::register();
                let spares = &sitting.seats.spares;
                Store::open_by(spares, crash_vfs::NAME, &sitting.path(), Arc::clone(&clock), lives)?
            }
        };
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
        Ok(Program { process, engine, sitting })
    }

    /// It ends as it should: whoever closes the file last writes the log into it and takes the log away.
    pub async fn end(self) {
        let Program { process, engine, sitting } = self;
        drop(engine);
        yield_often().await;
        if let Some(sitting) = sitting {
            let seat = sitting.seat.as_ref().unwrap();
            assert!(sitting.seats.spares.has(&seat.path(FILE)), "something has the store still");
            sitting.seats.clear(seat);
            // In the place of the connections that go on.
            let last = open_raw(&process.machine, process.number);
            let _version: i64 = last.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        }
    }
}

/// Lets what was dropped end.
pub async fn yield_often() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}
