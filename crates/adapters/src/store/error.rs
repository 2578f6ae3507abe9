//! What can go wrong with the workspace file, in words for an operator.

use super::columns::BadValue;
use super::lease::{Holder, LEASE_SECONDS};
use crate::domain::code::ProblemCode;
use crate::domain::mapping::BadTarget;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::settings::BadSetting;
use jiff::{SignedDuration, Timestamp};
use rusqlite::ffi;
use std::path::{Path, PathBuf};

/// Why the store did not do what was asked. Holds no personal data and no SQLite type.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be used.
    #[error("the workspace {path} cannot be opened: {detail}")]
    Open { path: PathBuf, detail: String },
    /// A database, but not one of Onroll.
    #[error("{path} is not an Onroll workspace")]
    NotAWorkspace { path: PathBuf },
    /// Made by a newer Onroll; this one would damage it.
    #[error("{path} was made by a newer Onroll (version {found} of the file, this program knows {known})")]
    NewerWorkspace { path: PathBuf, found: i64, known: i64 },
    /// Made by an older Onroll, where nothing can be changed.
    #[error(
        "{path} was made by an older Onroll (version {found} of the file, this program reads {known}) and cannot be \
         brought up to date where it stands"
    )]
    OlderWorkspace { path: PathBuf, found: i64, known: i64 },
    /// The last changes stand in the journal, which cannot be read where nothing can be written.
    #[error("{path} takes no writes, and its last changes still stand in {path}-wal beside it")]
    FrozenJournal { path: PathBuf },
    /// The disk, or a limit on the size of files, refused a write. Nothing of the change was kept.
    #[error("the disk did not take the change, and nothing of it was saved: {detail}")]
    NotWritten { detail: String },
    /// No space left where the workspace is. Nothing of the change was kept.
    #[error("the disk is full: the change was not saved")]
    DiskFull,
    /// Another process held the file for longer than five seconds.
    #[error("another process keeps the workspace busy")]
    Busy,
    /// The file is damaged.
    #[error("the workspace file is damaged: {detail}")]
    Damaged { detail: String },
    /// A copy that cannot take the place of a workspace.
    #[error("{} cannot be restored: {detail}", path.display())]
    BadCopy { path: PathBuf, detail: String },
    /// A file whose place nothing takes that is asked for.
    #[error("{} is {what}: it is not written over", path.display())]
    NotReplaced { path: PathBuf, what: &'static str },
    /// The file may only be read.
    #[error("the workspace may only be read")]
    ReadOnly,
    /// No connection of this name.
    #[error("no tenant is called `{name}`{}", near_words(near))]
    NoSuchConnection { name: String, near: Vec<String> },
    /// Several connections have this full name.
    #[error("`{name}` has several connections: {}", short_names.join(", "))]
    Ambiguous { name: String, short_names: Vec<String> },
    /// A connection has this short name already.
    #[error("the short name `{short_name}` is taken")]
    NameTaken { short_name: String },
    /// A row that should be there is not (`plan 31`).
    #[error("{what} does not exist (any more)")]
    Missing { what: String },
    /// An operation is not where the journal must have it for this step.
    #[error("operation {seq} of plan {plan} is {state}, not {wanted}")]
    WrongState { plan: i64, seq: u32, state: String, wanted: &'static str },
    /// Another process or another run applies this connection.
    #[error("{} is at work on this tenant since {since}{}", holder.words(), ahead_words(*ahead))]
    LeaseHeld {
        holder: Box<Holder>,
        since: Timestamp,
        /// How far its last sign of life lies in the future of this clock.
        ahead: Option<SignedDuration>,
    },
    /// The lease ran out and somebody else has it, or had it.
    #[error("the right to write for this tenant was lost: it was not renewed in time")]
    LeaseLost,
    /// A newer request of the same screen took this one's place. Not an error to show.
    #[error("a newer request took the place of this one")]
    Superseded,
    /// The store's threads have ended.
    #[error("the workspace is closed")]
    Closed,
    /// A value in the file that this program cannot read; everything else in the file can be.
    #[error("{row} cannot be read: {detail}")]
    Unreadable {
        /// What the row is (`plan 31`).
        row: String,
        /// The column and what is wrong with it, without the value.
        detail: String,
        /// What the operator can do about such a row.
        cure: &'static str,
    },
    /// A setting that no connection can have.
    #[error("the setting {0}")]
    Setting(#[from] BadSetting),
    /// A target that no value can be mapped to.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// A tenant whose own row cannot be read. All others go on.
    #[error("the tenant {short_name} cannot be read: {detail}")]
    BrokenTenant { short_name: String, detail: String },
    /// Anything else that SQLite said.
    #[error("the workspace answered: {detail}")]
    Other { detail: String },
}

/// What SQLite calls a disk that refuses a write: in the file, in its journal, in the journal's index.
const OF_WRITING: [i32; 5] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_TRUNCATE,
    ffi::SQLITE_IOERR_SHMSIZE,
    ffi::SQLITE_IOERR_FSYNC,
    ffi::SQLITE_IOERR_DIR_FSYNC,
];

/// Pulls and plans are made anew by each preview; what else is kept, `doctor` names.
pub(super) const READ_ANEW: &str = "read both sides and plan again: `onroll plan TENANT`, or `r` on Tenants; `onroll doctor` lists all \
     that cannot be read";

fn near_words(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) }
}

fn ahead_words(ahead: Option<SignedDuration>) -> String {
    ahead.map_or_else(String::new, |ahead| {
        format!(
            "; its last sign of life lies {} s ahead of this clock, so one of the two clocks is wrong or the workspace was \
             copied; the tenant is free in {LEASE_SECONDS} s unless that process gives another",
            ahead.as_secs()
        )
    })
}

impl StoreError {
    /// An error that names what is missing.
    pub(super) fn missing(what: impl Into<String>) -> Self {
        StoreError::Missing { what: what.into() }
    }

    /// An error of the file system about `path`.
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::DiskFull,
            std::io::ErrorKind::FileTooLarge => StoreError::NotWritten { detail: error.to_string() },
            _ => StoreError::Open { path: path.to_owned(), detail: error.to_string() },
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            StoreError::DiskFull => {
                "free some space on the disk of the workspace and do it again; what was saved before is safe"
            }
            StoreError::NewerWorkspace { .. } => "use the newer Onroll, or restore the backup that it made",
            StoreError::OlderWorkspace { .. } | StoreError::FrozenJournal { .. } => {
                "copy the folder of the workspace to where you may write, and open the copy with --workspace"
            }
            StoreError::NotWritten { .. } => {
                "check the disk, and the limit on the size of files (`ulimit -f`), then do it again; what was saved \
                 before is safe"
            }
            StoreError::Open { .. } | StoreError::ReadOnly => {
                "check the path and the rights of the workspace's folder; `--read-only` opens one that takes no writes"
            }
            StoreError::NotReplaced { .. } => "nothing was written; name a file that is not there yet",
            StoreError::NotAWorkspace { .. } => "name another folder with --workspace",
            StoreError::Damaged { .. } => {
                "`onroll doctor` names the backups that lie here, and `onroll restore` puts one of them in its place"
            }
            StoreError::BadCopy { .. } => {
                "nothing was changed; choose another copy: `onroll backup` and each upgrade keep theirs in backups/ and beside \
                 the workspace"
            }
            StoreError::Unreadable { cure, .. } => cure,
            StoreError::Setting(_) | StoreError::Target(_) => "correct it; nothing was stored",
            StoreError::BrokenTenant { .. } => {
                "`onroll tenant show` says what can be kept, `onroll tenant set` repairs it, `onroll tenant remove` takes it away"
            }
            StoreError::Busy => "wait for the other process or end it, then do it again",
            StoreError::NoSuchConnection { .. } | StoreError::Ambiguous { .. } => {
                "`onroll tenant list` shows the short names"
            }
            StoreError::NameTaken { .. } => "choose another short name",
            StoreError::LeaseHeld { .. } => {
                "wait until it has ended, or stop it with `onroll runs stop TENANT`; a process of this machine that \
                 died holds nothing, one of another machine that died frees the tenant after 30 s"
            }
            StoreError::LeaseLost => "start the run again: it finishes what was interrupted",
            StoreError::Missing { .. } | StoreError::WrongState { .. } => "refresh and do it again",
            StoreError::Superseded | StoreError::Closed => "do it again",
            StoreError::Other { .. } => "do it again; if it comes back, `onroll doctor` tells more",
        }
    }
}

impl StoreError {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            StoreError::Open { .. } | StoreError::NotAWorkspace { .. } | StoreError::Closed => {
                ProblemCode::WorkspaceUnusable
            }
            StoreError::NewerWorkspace { .. } | StoreError::OlderWorkspace { .. } => ProblemCode::WorkspaceVersion,
            StoreError::FrozenJournal { .. } | StoreError::ReadOnly => ProblemCode::ReadOnly,
            StoreError::NotWritten { .. } | StoreError::DiskFull => ProblemCode::DiskFull,
            StoreError::Busy => ProblemCode::WorkspaceBusy,
            StoreError::Damaged { .. } | StoreError::BadCopy { .. } => ProblemCode::WorkspaceDamaged,
            StoreError::NoSuchConnection { .. } | StoreError::Ambiguous { .. } => ProblemCode::NoSuchTenant,
            StoreError::NameTaken { .. }
            | StoreError::NotReplaced { .. }
            | StoreError::Setting(_)
            | StoreError::Target(_) => ProblemCode::BadInput,
            StoreError::Missing { .. } | StoreError::WrongState { .. } => ProblemCode::NotFound,
            StoreError::LeaseHeld { .. } => ProblemCode::LeaseHeld,
            StoreError::LeaseLost => ProblemCode::LeaseLost,
            StoreError::Unreadable { .. } | StoreError::BrokenTenant { .. } => ProblemCode::RowUnreadable,
            StoreError::Superseded | StoreError::Other { .. } => ProblemCode::Other,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::LeaseHeld { .. } | StoreError::Busy => ProblemKind::Locked,
            StoreError::NoSuchConnection { .. }
            | StoreError::Ambiguous { .. }
            | StoreError::NameTaken { .. }
            | StoreError::BrokenTenant { .. }
            | StoreError::Setting(_)
            | StoreError::Target(_)
            | StoreError::NotReplaced { .. }
            | StoreError::NotAWorkspace { .. } => ProblemKind::Input,
            StoreError::Superseded => ProblemKind::Superseded,
            _ => ProblemKind::Failed,
        };
        Problem::new(kind, error.to_string()).with_code(error.code()).with_remedy(error.remedy())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let detail = error.to_string();
        let row = || "a row of the workspace".to_owned();
        match &error {
            rusqlite::Error::FromSqlConversionFailure(_, _, inner) => match inner.downcast_ref::<BadValue>() {
                Some(bad) => StoreError::Unreadable {
                    row: bad.row.clone().unwrap_or_else(row),
                    detail: bad.to_string(),
                    cure: READ_ANEW,
                },
                None => StoreError::Unreadable { row: row(), detail, cure: READ_ANEW },
            },
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => StoreError::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged { detail },
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly,
                ErrorCode::SystemIoFailure if OF_WRITING.contains(&failure.extended_code) => {
                    StoreError::NotWritten { detail }
                }
                ErrorCode::OperationInterrupted => StoreError::Superseded,
                _ => StoreError::Other { detail },
            },
            rusqlite::Error::InvalidColumnType(..) => StoreError::Unreadable { row: row(), detail, cure: READ_ANEW },
            _ => StoreError::Other { detail },
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Unreadable {
            row: "a value of the workspace".to_owned(),
            detail: error.to_string(),
            cure: READ_ANEW,
        }
    }
}
