//! Arguments of `plan` and `sync`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArguments {
    pub tenant: String,
    /// Write the plan for sign-off: CSV, XLSX or JSON by the ending
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan from what was read last, without fetching
    #[arg(long)]
    pub offline: bool,
    /// Read every record, also those that the source lists as unchanged since the last pull
    #[arg(long, conflicts_with = "offline")]
    pub full: bool,
    /// Read of the source only what has changed since it was last read; once a day, and where that is not enough, everybody
    #[arg(long, conflicts_with_all = ["offline", "full"])]
    pub changed: bool,
    /// Let a much shorter source list through: TENANT:ROWS
    #[arg(long, value_name = "TENANT:NUMBER")]
    pub confirm: Option<String>,
    /// Apply it to a simulator first that holds what the destination was last read to hold; nothing is sent
    #[arg(long)]
    pub rehearse: bool,
    /// Show the waves in which `sync --waves` would send it, and who goes first
    #[arg(long, value_name = "WAVES", num_args = 0..=1, default_missing_value = "one,five,branch")]
    pub waves: Option<String>,
}

/// Arguments of `sync`.
#[derive(Debug, Clone, Args)]
pub struct SyncArguments {
    pub tenant: String,
    /// Apply exactly what this file says (JSON of `plan --out`), if that is still the plan; an edited file is refused
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Leave a part held
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub without: Vec<PartName>,
    /// Only these people (source id or identifier)
    #[arg(long, value_name = "EMPLOYEE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Read every record, also those that the source lists as unchanged since the last pull
    #[arg(long)]
    pub full: bool,
    /// Read of the source only what has changed since it was last read; once a day, and where that is not enough, everybody
    #[arg(long, conflicts_with_all = ["only", "full"])]
    pub changed: bool,
    /// The typed confirmation: short name and number of operations, as the plan states it
    #[arg(long, value_name = "TENANT:NUMBER")]
    pub confirm: Option<String>,
    /// Why it was confirmed; kept with the run
    #[arg(long, value_name = "TEXT", requires = "confirm")]
    pub reason: Option<String>,
    /// In waves, each read back before the next: `one` or `one=EMPLOYEE`, `five`, and `branch` or `branch=VALUE` (so too
    /// `department`, `job_title`); what no wave has goes last. Without a value: one,five,branch
    #[arg(long, value_name = "WAVES", num_args = 0..=1, default_missing_value = "one,five,branch")]
    pub waves: Option<String>,
    /// What lets the next wave go: `key` (asks on this terminal, or waits for `onroll runs next`) or minutes
    #[arg(long, value_name = "key|MINUTES", requires = "waves")]
    pub gate: Option<String>,
    /// Do not ask on a terminal; never stands for --confirm
    #[arg(long)]
    pub yes: bool,
}

/// Parts of a plan that can stay held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PartName {
    Leavers,
    Creations,
    Updates,
    Identifiers,
}
