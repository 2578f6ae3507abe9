//! What the screen asks, does and is told.

use jiff::Timestamp;

use crate::console::app::Mode;
use crate::engine::checklist::Step;
use crate::engine::schedule::ScheduleStatus;
use crate::store::views::{Fault, TenantRow};
use crate::store::{Lost, PlanHead};

/// A question. Tenants are named by their short names.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All tenants.
    List,
    /// What is left to do for one.
    Next(String),
    /// The digest of all tenants since the last one, its times in this zone.
    Digest(jiff::tz::TimeZone),
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Nothing runs any more; all data are kept.
    SwitchOff(String),
    /// It can preview again; publishing is asked for again.
    SwitchOn(String),
    /// What cannot be read of its row is put back to its default; it can only preview then.
    Repair(String),
    /// Everything known of it goes, credentials too.
    Remove(String),
    /// A file for whoever helps: of this tenant, or of all.
    SupportBundle(Option<String>),
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    List(Vec<Entry>),
    Next(Next),
    /// The digest as it is mailed.
    Digest(String),
    /// The act is done; for the message.
    Done(String),
}

/// One tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub row: TenantRow,
    pub source: String,
    /// The source tells what has changed, so that a sync need not read everybody.
    pub tells_changes: bool,
    pub destination: String,
    pub standing: Mode,
    /// The newest plan.
    pub plan: Option<PlanHead>,
    /// When its status was set.
    pub status_at: Timestamp,
    /// Steps of the set-up that are done, and all; only while there is no plan yet.
    pub set_up: Option<(usize, usize)>,
    /// When its next run is; `None` where that cannot be read.
    pub schedule: Option<ScheduleStatus>,
    /// Another program works on it: its name.
    pub elsewhere: Option<String>,
    /// Fields that the source has archived, by their label there: whoever needs one is held.
    pub archived: Vec<String>,
}

impl Entry {
    /// The short name.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.row.connection.short_name
    }

    /// What of its own row cannot be read; empty for a tenant that can be worked with.
    #[must_use]
    pub fn lost(&self) -> &[Lost] {
        match &self.row.fault {
            Some(Fault::Row(lost)) => lost,
            _ => &[],
        }
    }

    /// The name in full.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.row.connection.tenant_name
    }
}

/// What is left to do for one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub tenant: String,
    pub steps: Vec<Step>,
    /// People who are tied to a user.
    pub linked: u64,
}
