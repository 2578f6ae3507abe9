//! What the screen asks, does and is told.

use std::collections::BTreeMap;

use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::ids::PlanId;
use crate::engine::checklist::{Step, StepKey, TestRecord};
use crate::engine::schedule::ScheduleStatus;
use crate::ports::api::ProbeStep;
use crate::store::views;

/// A question; the tenant by its short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Read(String),
}

/// A change; the tenant by its short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// This tenant was opened last.
    Remember(String),
    /// Calls both sides, reads only.
    Test(String),
    /// What is open in a step stays held, or does not any more.
    Waive(String, StepKey),
    /// From now on runs write.
    Publish(String),
    SwitchOff(String),
    SwitchOn(String),
    Remove(String),
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Read(Box<Facts>),
    Tested(Tested),
    /// The act is done; for the message.
    Done(String),
    Removed(String),
    /// Remembered; nothing to say.
    Remembered,
}

/// Everything that the screen shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub overview: views::Overview,
    pub steps: Vec<Step>,
    pub test: Option<TestRecord>,
    pub source: &'static SourceCapabilities,
    pub destination: &'static DestinationCapabilities,
    /// Where the credentials are: `sealed file`, `environment`.
    pub secrets: String,
    /// When its next run is; `None` where that cannot be read.
    pub schedule: Option<ScheduleStatus>,
    /// Another program works on it: its name.
    pub elsewhere: Option<String>,
    /// Changes and held people of the plans that the last runs made, as far as they are kept.
    pub plans: BTreeMap<PlanId, (u32, u32)>,
}

/// What a test of both sides found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    pub source: Vec<ProbeStep>,
    pub destination: Vec<ProbeStep>,
    pub passed: bool,
}
