//! The VFS that SQLite calls.

use crate::disk::{Fate, ShmLock, find, lock};
use crate::seat::Place;
use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};
use std::collections::HashSet;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

/// The name of the VFS.
pub const NAME: &str = "crash";
const C_NAME: &CStr = c"crash";
const PATH_MAX: c_int = 512;
const SECTOR_SIZE: c_int = 4096;

/// An open file, as SQLite holds it.
#[repr(C)]
struct Open {
    base: sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    id: u64,
    place: Arc<Place>,
    name: String,
    deletes: bool,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the VFS known to SQLite; further calls do nothing.
///
/// # Panics
/// When SQLite refuses it.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the VFS is leaked, so that it lives as long as SQLite may call it; the system's own one is only copied from.
        let code = unsafe {
            ffi::sqlite3_initialize();
            let system = ffi::sqlite3_vfs_find(ptr::null());
            assert!(!system.is_null(), "SQLite has no VFS of its own");
            let vfs = sqlite3_vfs {
                szOsFile: size_of::<Open>() as c_int,
                mxPathname: PATH_MAX,
                pNext: ptr::null_mut(),
                zName: C_NAME.as_ptr(),
                pAppData: ptr::null_mut(),
                xOpen: Some(open),
                xDelete: Some(delete),
                xAccess: Some(access),
                xFullPathname: Some(full_path),
                xSleep: Some(sleep),
                ..*system
            };
            ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs)), 0)
        };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite refuses the VFS");
    });
}

/// # Safety
/// `name` is a text that ends with 0, or null.
unsafe fn text(name: *const c_char) -> Option<String> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(name) }.to_str().ok().map(str::to_owned)
}

/// # Safety
/// `file` was opened by [`open`] and is not closed.
unsafe fn handle<'a>(file: *mut sqlite3_file) -> &'a Handle {
    // SAFETY: by contract; `open` has put a handle there.
    unsafe { &*(*file.cast::<Open>()).handle }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    static IDS: AtomicU64 = AtomicU64::new(1);
    // SAFETY: SQLite gives `szOsFile` bytes, and a name or none.
    unsafe {
        (*file).pMethods = ptr::null();
        let Some((place, name)) = text(name).as_deref().and_then(find) else { return ffi::SQLITE_CANTOPEN };
        let Some((state, process)) = place.at() else { return ffi::SQLITE_CANTOPEN };
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        {
            let mut state = lock(&state);
            if state.is_dead(process) {
                return ffi::SQLITE_CANTOPEN;
            }
            let is_there = state.files.get(&name).is_some_and(|file| file.live.is_some());
            if !is_there {
                if flags & ffi::SQLITE_OPEN_CREATE == 0 {
                    return ffi::SQLITE_CANTOPEN;
                }
                state.files.entry(name.clone()).or_default().create();
            }
            state.own(id, process);
        }
        let deletes = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
        place.opened(id, &name);
        let handle = Box::new(Handle { id, place, name, deletes });
        (*file.cast::<Open>()).handle = Box::into_raw(handle);
        (*file).pMethods = &METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes what it has opened, once.
    let handle = unsafe { Box::from_raw((*file.cast::<Open>()).handle) };
    handle.place.closed(handle.id);
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_OK };
    let mut state = lock(&state);
    state.close(handle.id, &handle.name);
    if handle.deletes && !state.is_dead(process) {
        state.files.remove(&handle.name);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    // SAFETY: SQLite gives a name.
    let Some((place, name)) = (unsafe { text(name) }).as_deref().and_then(find) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    let Some((state, process)) = place.at() else { return ffi::SQLITE_IOERR_DELETE };
    let mut state = lock(&state);
    if state.fate(process, 0) != Fate::Happens {
        return ffi::SQLITE_IOERR_DELETE;
    }
    match state.files.get_mut(&name).filter(|file| file.live.is_some()) {
        Some(file) => {
            file.delete();
            ffi::SQLITE_OK
        }
        None => ffi::SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(_: *mut sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a name and a place for the answer.
    unsafe {
        *out = 0;
        if let Some((place, name)) = text(name).as_deref().and_then(find) {
            let Some((state, _)) = place.at() else { return ffi::SQLITE_IOERR_ACCESS };
            *out = c_int::from(lock(&state).files.get(&name).is_some_and(|file| file.live.is_some()));
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(_: *mut sqlite3_vfs, name: *const c_char, length: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives a name, and `length` bytes for the answer.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > length as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

/// Nobody else works meanwhile: waiting would change nothing.
unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, micros: c_int) -> c_int {
    micros
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, length: c_int, offset: sqlite3_int64) -> c_int {
    // SAFETY: an open file, and `length` bytes to read into.
    let (handle, to) = unsafe { (handle(file), std::slice::from_raw_parts_mut(to.cast::<u8>(), length as usize)) };
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_READ };
    let state = lock(&state);
    if state.is_dead(process) {
        return ffi::SQLITE_IOERR_READ;
    }
    let Some(bytes) = state.files.get(&handle.name).and_then(|file| file.live.as_ref()) else {
        return ffi::SQLITE_IOERR_READ;
    };
    let read = bytes.read(offset as usize, to);
    if read == to.len() {
        return ffi::SQLITE_OK;
    }
    to[read..].fill(0);
    ffi::SQLITE_IOERR_SHORT_READ
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: an open file, and `length` bytes to write.
    let (handle, from) = unsafe { (handle(file), std::slice::from_raw_parts(from.cast::<u8>(), length as usize)) };
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_WRITE };
    let mut state = lock(&state);
    let fate = state.fate(process, from.len());
    let Some(file) = state.files.get_mut(&handle.name) else { return ffi::SQLITE_IOERR_WRITE };
    match fate {
        Fate::Dead => return ffi::SQLITE_IOERR_WRITE,
        Fate::Torn(length) => {
            file.write(offset as usize, &from[..length.min(from.len())]);
            return ffi::SQLITE_IOERR_WRITE;
        }
        Fate::Happens => file.write(offset as usize, from),
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_TRUNCATE };
    let mut state = lock(&state);
    if state.fate(process, 0) != Fate::Happens {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    let Some(file) = state.files.get_mut(&handle.name) else { return ffi::SQLITE_IOERR_TRUNCATE };
    file.truncate(size as usize);
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_FSYNC };
    let mut state = lock(&state);
    if state.fate(process, 0) != Fate::Happens {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    state.sync(&handle.name);
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: an open file, and a place for the answer.
    unsafe {
        let handle = handle(file);
        let Some((state, _)) = handle.place.at() else { return ffi::SQLITE_IOERR_FSTAT };
        let state = lock(&state);
        let live = state.files.get(&handle.name).and_then(|file| file.live.as_ref());
        *size = live.map_or(0, |bytes| bytes.len()) as sqlite3_int64;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock_file(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, process)) = handle.place.at() else {
        // Nobody is there who could lock anything.
        return if handle.place.lock_nothing(handle.id, level) { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY };
    };
    let mut state = lock(&state);
    if state.is_dead(process) {
        return ffi::SQLITE_IOERR_LOCK;
    }
    let Some(file) = state.files.get_mut(&handle.name) else { return ffi::SQLITE_IOERR_LOCK };
    let others = file.locks.iter().filter(|(id, _)| **id != handle.id).map(|(_, level)| *level).max();
    let others = others.unwrap_or(ffi::SQLITE_LOCK_NONE);
    let own = file.locks.get(&handle.id).copied().unwrap_or(ffi::SQLITE_LOCK_NONE);
    if own >= level {
        return ffi::SQLITE_OK;
    }
    let is_free = match level {
        ffi::SQLITE_LOCK_SHARED => others < ffi::SQLITE_LOCK_PENDING,
        ffi::SQLITE_LOCK_RESERVED => others < ffi::SQLITE_LOCK_RESERVED,
        _ => others < ffi::SQLITE_LOCK_SHARED,
    };
    if is_free {
        file.locks.insert(handle.id, level);
        return ffi::SQLITE_OK;
    }
    if level == ffi::SQLITE_LOCK_EXCLUSIVE && others < ffi::SQLITE_LOCK_RESERVED {
        file.locks.insert(handle.id, ffi::SQLITE_LOCK_PENDING);
    }
    ffi::SQLITE_BUSY
}

unsafe extern "C" fn unlock_file(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, process)) = handle.place.at() else {
        handle.place.unlock_nothing(handle.id, level);
        return ffi::SQLITE_OK;
    };
    let mut state = lock(&state);
    if !state.is_dead(process)
        && let Some(file) = state.files.get_mut(&handle.name)
    {
        match level {
            ffi::SQLITE_LOCK_NONE => _ = file.locks.remove(&handle.id),
            level => _ = file.locks.insert(handle.id, level),
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file, and a place for the answer.
    unsafe {
        let handle = handle(file);
        let Some((state, _)) = handle.place.at() else { return ffi::SQLITE_IOERR_CHECKRESERVEDLOCK };
        let state = lock(&state);
        let held = state
            .files
            .get(&handle.name)
            .is_some_and(|file| file.locks.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED));
        *out = c_int::from(held);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    SECTOR_SIZE
}

unsafe extern "C" fn characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file, and a place for the answer. The region lives in the state, which the handle keeps; it is never moved, and
    // given up only with the state.
    unsafe {
        *out = ptr::null_mut();
        let handle = handle(file);
        let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_SHMMAP };
        let mut state = lock(&state);
        if state.is_dead(process) {
            return ffi::SQLITE_IOERR_SHMMAP;
        }
        let Some(file) = state.files.get_mut(&handle.name) else { return ffi::SQLITE_IOERR_SHMMAP };
        file.shm.join(handle.id);
        while file.shm.regions.len() <= region as usize {
            if extend == 0 {
                return ffi::SQLITE_OK;
            }
            file.shm.regions.push(vec![0; size as usize].into_boxed_slice());
        }
        *out = file.shm.regions[region as usize].as_mut_ptr().cast();
    }
    ffi::SQLITE_OK
}

fn is_free(slot: &ShmLock, id: u64, exclusive: bool) -> bool {
    let is_others = |holders: &HashSet<u64>| holders.iter().any(|holder| *holder != id);
    slot.exclusive.is_none_or(|holder| holder == id) && !(exclusive && is_others(&slot.shared))
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, process)) = handle.place.at() else { return ffi::SQLITE_IOERR_SHMLOCK };
    let mut state = lock(&state);
    if state.is_dead(process) {
        return ffi::SQLITE_IOERR_SHMLOCK;
    }
    let Some(file) = state.files.get_mut(&handle.name) else { return ffi::SQLITE_IOERR_SHMLOCK };
    // SQLite takes a lock, and compares once more, before it goes by what stands there.
    file.shm.bury();
    let Some(slots) = file.shm.locks.get_mut(offset as usize..(offset + count) as usize) else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for slot in slots {
            slot.shared.remove(&handle.id);
            if slot.exclusive == Some(handle.id) {
                slot.exclusive = None;
            }
        }
        return ffi::SQLITE_OK;
    }
    if !slots.iter().all(|slot| is_free(slot, handle.id, exclusive)) {
        return ffi::SQLITE_BUSY;
    }
    for slot in slots {
        if exclusive {
            slot.exclusive = Some(handle.id);
        } else {
            slot.shared.insert(handle.id);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let Some((state, _)) = handle.place.at() else { return ffi::SQLITE_OK };
    let mut state = lock(&state);
    if let Some(file) = state.files.get_mut(&handle.name) {
        file.shm.leave(handle.id);
    }
    ffi::SQLITE_OK
}
