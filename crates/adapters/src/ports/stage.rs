//! A stage: a simulator that holds what a destination held when it was last read, for a rehearsal.

use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::secret::Secret;
use jiff::civil::Date;
use std::any::Any;
use std::collections::BTreeMap;

/// What a simulator is loaded with.
#[derive(Debug, Clone)]
pub struct StageInput {
    /// The destination's vendor.
    pub vendor: String,
    pub users: Vec<User>,
    pub options: Vec<DestinationOption>,
    /// The day in the tenant's zone.
    pub today: Date,
    /// Whether new users are welcomed.
    pub welcome: bool,
}

/// A simulator that runs until this is dropped.
pub struct Stage {
    /// Plain parameters of a client of it, by the vendor's keys; they win over the connection's own.
    pub parameters: BTreeMap<String, String>,
    /// Its credentials.
    pub secrets: BTreeMap<String, Secret>,
    /// Keeps it running.
    pub running: Box<dyn Any + Send + Sync>,
}

/// Why a simulator could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the simulator did not start: {0}")]
pub struct StageError(pub String);
