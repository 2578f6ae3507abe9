//! Settings of the whole console.

use crate::console::screens::incidents::Card;
use crate::console::term::pager::Pager;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Settings of the whole console; they do not change while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleSettings {
    /// Nothing can be sent from here: dangerous actions are off, with this reason.
    pub read_only: bool,
    /// No spinner.
    pub reduced_motion: bool,
    /// The operator's time zone.
    pub zone: TimeZone,
    /// The operator's name, as it is kept with decisions.
    pub operator: String,
    /// The program's version.
    pub version: String,
    /// Path of the session's log file, shown on the help page.
    pub log_path: String,
    /// Name of the workspace.
    pub workspace: String,
    /// What shows a text in the terminal's place.
    pub pager: Pager,
    /// What the first screen offers, made by the caller: only doors that exist.
    pub doors: Vec<crate::console::screens::first_run::Door>,
    /// What went wrong elsewhere, and can be replayed.
    pub incidents: Arc<[Card]>,
    /// The incident that this workspace shows.
    pub incident: Option<String>,
    /// The program itself with its options, to replay an incident in the terminal's place; empty where it does not find itself.
    pub program: Vec<String>,
    /// Sources and destinations, named on the first screen.
    pub vendors: (Vec<String>, Vec<String>),
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            read_only: false,
            reduced_motion: false,
            zone: TimeZone::UTC,
            operator: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_path: String::new(),
            workspace: "default".to_owned(),
            pager: Pager::default(),
            doors: Vec::new(),
            incidents: Arc::default(),
            incident: None,
            program: Vec::new(),
            vendors: (Vec::new(), Vec::new()),
        }
    }
}
