//! Runs: fetch, match, plan, hold, apply, verify, resume. Talks to ports and the store; knows no screen.

mod alone;
pub mod apply;
mod approval;
pub mod approved_file;
mod aside;
mod beside;
pub mod capabilities;
mod changes;
pub mod checklist;
mod codes;
pub mod connect;
mod control_set;
pub mod error;
pub mod fetch;
mod first_error;
mod forget;
mod guarded;
mod hand_over;
mod health;
mod known;
pub mod labelling_sample;
pub mod learning;
mod lease;
mod line;
mod live;
mod moved;
mod observed_matcher;
pub mod operation;
pub mod plan;
pub mod progress;
pub mod reach;
pub mod recheck;
mod record;
pub mod rehearse;
mod repair;
pub mod report;
mod resume;
mod rulings;
pub mod run;
pub mod run_control;
mod said;
pub mod sample;
pub mod schedule;
pub mod settle;
pub mod silences;
pub mod supervisor;
mod ties;
pub mod trial;
pub mod troubles;
pub mod undo;
pub mod verify;
pub mod waves;
pub mod webhook;

pub use repair::repair_words;

use crate::ports::clock::SharedClock;
use crate::ports::connect::ClientFactory;
use crate::secrets::SecretStore;
use crate::store::Store;
use std::path::PathBuf;
use std::sync::Arc;

/// How a variable of the environment is read; given by the front end, so that nothing else touches the environment.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What every run needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub store: Store,
    pub secrets: Arc<SecretStore>,
    pub clock: SharedClock,
    pub environment: Environment,
    /// Name of the operator, kept with everything that is done.
    pub operator: String,
    /// Folder of the workspace: outgoing files and exports stand here.
    pub workspace: PathBuf,
    /// This process, for leases.
    pub process: Process,
    /// Where clients come from.
    pub factory: Arc<dyn ClientFactory>,
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    pub host: String,
    /// Boot, container and start ([`crate::ports::process`]); tells this process from every other of the same pid.
    pub start: String,
}
