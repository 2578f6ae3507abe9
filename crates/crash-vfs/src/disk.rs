//! Machines: files with what is durable of them, locks, shared memory, processes.

use crate::bytes::Bytes;
use crate::seat::{self, Place};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// What a disk tears at.
const SECTOR: usize = 512;

/// Files as they stand on a disk, by name.
#[derive(Clone, Default)]
pub struct Image(BTreeMap<String, Bytes>);

/// A change of a file that is not synced yet.
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Default)]
pub(crate) struct File {
    /// As every process sees it; `None` once it was deleted.
    pub live: Option<Bytes>,
    /// What surely survives; `None` while not even the name does.
    durable: Option<Bytes>,
    pending: Vec<Pending>,
    /// File locks, by handle.
    pub locks: HashMap<u64, i32>,
    pub shm: Shm,
}

/// The shared memory beside a file.
#[derive(Default)]
pub(crate) struct Shm {
    /// Regions stay where they are until the machine goes: dead processes may still hold pointers.
    pub regions: Vec<Box<[u8]>>,
    graves: Vec<Box<[u8]>>,
    users: HashSet<u64>,
    pub locks: [ShmLock; 8],
    /// As it was when a process died in the middle of a change.
    at_death: Option<Vec<Vec<u8>>>,
}

#[derive(Default)]
pub(crate) struct ShmLock {
    pub exclusive: Option<u64>,
    pub shared: HashSet<u64>,
}

impl Shm {
    pub fn join(&mut self, handle: u64) {
        self.users.insert(handle);
    }

    pub fn leave(&mut self, handle: u64) {
        self.unlock(handle);
        self.users.remove(&handle);
        if self.users.is_empty() {
            self.graves.append(&mut self.regions);
            self.at_death = None;
        }
    }

    /// Undoes what the code of a process that died in the middle of a change has still done: before anybody else looks.
    pub fn bury(&mut self) {
        let Some(kept) = self.at_death.take() else { return };
        for (region, kept) in self.regions.iter_mut().zip(kept) {
            region.copy_from_slice(&kept);
        }
    }

    fn unlock(&mut self, handle: u64) {
        for lock in &mut self.locks {
            lock.shared.remove(&handle);
            if lock.exclusive == Some(handle) {
                lock.exclusive = None;
            }
        }
    }
}

impl File {
    pub fn create(&mut self) {
        self.live = Some(Bytes::default());
        self.pending.push(Pending::Truncate(0));
    }

    pub fn delete(&mut self) {
        self.live = None;
        self.pending.clear();
    }

    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.live.get_or_insert_default().put(offset, bytes);
        self.pending.push(Pending::Write { offset, bytes: bytes.to_vec() });
    }

    pub fn truncate(&mut self, size: usize) {
        self.live.get_or_insert_default().resize(size);
        self.pending.push(Pending::Truncate(size));
    }

    fn sync(&mut self) {
        if let Some(live) = &self.live {
            self.durable = Some(live.clone());
            self.pending.clear();
        }
    }

    /// What a power cut leaves.
    fn survives(&self, random: &mut fastrand::Rng) -> Option<Bytes> {
        if self.live.is_none() {
            // Deleted, and the folder not synced: the name may be there again.
            return self.durable.clone().filter(|_| random.bool());
        }
        if self.durable.is_none() && random.bool() {
            return None;
        }
        let way = random.u8(0..4);
        let all = self.pending.len();
        let kept = match way {
            0 => 0,
            1 => all,
            _ => random.usize(0..=all),
        };
        let mut left = self.durable.clone().unwrap_or_default();
        for (number, pending) in self.pending.iter().enumerate() {
            // Either the first ones, the last of them torn; or any sectors of any of them.
            let is_torn = way == 3 || number == kept;
            if way != 3 && number > kept || way < 2 && number >= kept {
                break;
            }
            match pending {
                Pending::Write { offset, bytes } if !is_torn => left.put(*offset, bytes),
                Pending::Write { offset, bytes } => tear(&mut left, *offset, bytes, random),
                Pending::Truncate(size) if !is_torn || random.bool() => left.resize(*size),
                Pending::Truncate(_) => {}
            }
        }
        Some(left)
    }
}

/// Some of the sectors of a write.
fn tear(file: &mut Bytes, offset: usize, bytes: &[u8], random: &mut fastrand::Rng) {
    let (mut at, end) = (offset, offset + bytes.len());
    while at < end {
        let next = ((at / SECTOR + 1) * SECTOR).min(end);
        if random.bool() {
            file.put(at, &bytes[at - offset..next - offset]);
        }
        at = next;
    }
}

#[derive(Default)]
struct Process {
    is_dead: bool,
    /// Changes of files that it still makes before it dies.
    left: Option<u64>,
    /// Changes of files that it has made.
    made: u64,
}

#[derive(Default)]
pub(crate) struct State {
    pub files: HashMap<String, File>,
    processes: HashMap<u32, Process>,
    /// To whom each open handle belongs.
    owners: HashMap<u64, u32>,
    /// A planted fault: syncs do nothing.
    forgets_syncs: bool,
}

/// Whether a change of a file still happens.
#[derive(PartialEq, Eq)]
pub(crate) enum Fate {
    Happens,
    /// The process dies in the middle of it: so many bytes arrive.
    Torn(usize),
    Dead,
}

impl State {
    pub fn is_dead(&self, process: u32) -> bool {
        self.processes.get(&process).is_some_and(|process| process.is_dead)
    }

    pub fn fate(&mut self, number: u32, length: usize) -> Fate {
        let process = self.processes.entry(number).or_default();
        if process.is_dead {
            return Fate::Dead;
        }
        process.made += 1;
        match &mut process.left {
            Some(0) => {
                let torn = (process.made as usize).wrapping_mul(7919) % (length / SECTOR + 1) * SECTOR;
                for file in self.files.values_mut() {
                    file.shm.at_death = Some(file.shm.regions.iter().map(|region| region.to_vec()).collect());
                }
                self.die(number);
                Fate::Torn(torn)
            }
            Some(left) => {
                *left -= 1;
                Fate::Happens
            }
            None => Fate::Happens,
        }
    }

    pub fn own(&mut self, handle: u64, process: u32) {
        self.owners.insert(handle, process);
    }

    pub fn close(&mut self, handle: u64, name: &str) {
        self.owners.remove(&handle);
        if let Some(file) = self.files.get_mut(name) {
            file.locks.remove(&handle);
            file.shm.leave(handle);
        }
    }

    pub fn sync(&mut self, name: &str) {
        if !self.forgets_syncs
            && let Some(file) = self.files.get_mut(name)
        {
            file.sync();
        }
    }

    fn die(&mut self, number: u32) {
        let process = self.processes.entry(number).or_default();
        if std::mem::replace(&mut process.is_dead, true) {
            return;
        }
        let handles: Vec<u64> = self.owners.iter().filter(|(_, owner)| **owner == number).map(|(id, _)| *id).collect();
        for file in self.files.values_mut() {
            for handle in &handles {
                file.locks.remove(handle);
                file.shm.leave(*handle);
            }
        }
    }
}

/// A machine with a disk, and the processes on it.
pub struct Machine {
    id: u64,
    pub(crate) state: Arc<Mutex<State>>,
}

static MACHINES: LazyLock<Mutex<HashMap<u64, Arc<Mutex<State>>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Place and file of a name: `/7/2/onroll.db-wal` is of process 2 on machine 7.
pub(crate) fn find(path: &str) -> Option<(Arc<Place>, String)> {
    if let Some(found) = seat::find(path) {
        return Some(found);
    }
    let mut parts = path.strip_prefix('/')?.splitn(3, '/');
    let (machine, process) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let state = lock(&MACHINES).get(&machine).cloned()?;
    Some((Place::of(&state, process), parts.next()?.to_owned()))
}

impl Machine {
    /// A machine with these files, all of them durable.
    #[must_use]
    pub fn new(image: &Image) -> Machine {
        let file = |bytes: &Bytes| File { live: Some(bytes.clone()), durable: Some(bytes.clone()), ..File::default() };
        let files = image.0.iter().map(|(name, bytes)| (name.clone(), file(bytes))).collect();
        let state = Arc::new(Mutex::new(State { files, ..State::default() }));
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(&MACHINES).insert(id, Arc::clone(&state));
        Machine { id, state }
    }

    /// The name under which a process opens a file.
    #[must_use]
    pub fn path(&self, process: u32, file: &str) -> PathBuf {
        PathBuf::from(format!("/{}/{process}/{file}", self.id))
    }

    /// The process dies now.
    pub fn kill(&self, process: u32) {
        lock(&self.state).die(process);
    }

    /// The process dies at its n-th change of a file from here on (0: the next one), in the middle of it.
    pub fn die_at(&self, process: u32, changes: u64) {
        lock(&self.state).processes.entry(process).or_default().left = Some(changes);
    }

    /// It does not die by itself any more.
    pub fn spare(&self, process: u32) {
        lock(&self.state).processes.entry(process).or_default().left = None;
    }

    #[must_use]
    pub fn is_dead(&self, process: u32) -> bool {
        lock(&self.state).is_dead(process)
    }

    /// A planted fault, which tests of tests want: nothing is durable from here on.
    pub fn forget_syncs(&self) {
        lock(&self.state).forgets_syncs = true;
    }

    /// Files as the system sees them.
    #[must_use]
    pub fn image(&self) -> Image {
        let state = lock(&self.state);
        let live = |(name, file): (&String, &File)| Some((name.clone(), file.live.clone()?));
        Image(state.files.iter().filter_map(live).collect())
    }

    /// The power goes: every process is dead, and this is what stands on the disk afterwards.
    #[must_use]
    pub fn power_cut(&self, random: &mut fastrand::Rng) -> Image {
        let mut state = lock(&self.state);
        let processes: Vec<u32> = state.owners.values().copied().collect();
        processes.into_iter().for_each(|process| state.die(process));
        // In the order of names: the same seed tears the same.
        let mut names: Vec<&String> = state.files.keys().collect();
        names.sort_unstable();
        let mut image = Image::default();
        for name in names {
            let Some(file) = state.files.get(name) else { continue };
            if let Some(bytes) = file.survives(random) {
                image.0.insert(name.clone(), bytes);
            }
        }
        image
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        lock(&MACHINES).remove(&self.id);
    }
}
