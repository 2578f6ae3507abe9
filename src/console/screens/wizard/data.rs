//! What the screen asks, does and is told.

use std::collections::BTreeMap;

use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::ports::api::{ApiError, ProbeStep};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What there is to choose from.
    Choices,
    /// What a source can do with these plain parameters.
    Source { key: String, parameters: BTreeMap<String, String> },
    /// What a destination can do with these plain parameters.
    Destination { key: String, parameters: BTreeMap<String, String> },
}

/// A change. Nothing is stored before [`Act::Add`].
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Calls one side with what is typed, reads only. The number comes back with the answer.
    Probe { round: u32, short_name: String, side: Side, end: End, settings: Box<Settings> },
    /// Reads others of the source's people than the first ones.
    Others { round: u32, short_name: String, end: End, settings: Box<Settings>, shown: usize },
    /// Adds the tenant, in preview.
    Add(Box<Draft>),
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Choices(Choices),
    Source(&'static SourceCapabilities),
    Destination(&'static DestinationCapabilities),
    Probed(Probed),
    /// The others, or why they could not be read.
    Others(Others),
    /// The short name and the name of the tenant that was added.
    Added(String, String),
}

/// What there is to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// As they are without any parameter, as are the destinations.
    pub sources: Vec<&'static SourceCapabilities>,
    pub destinations: Vec<&'static DestinationCapabilities>,
    /// Why the keyring of the desktop takes nothing here; `None` where it answers.
    pub no_keyring: Option<String>,
    /// Short names that are in use.
    pub taken: Vec<String>,
}

/// What is typed for one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    pub vendor: String,
    pub parameters: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, Secret>,
}

/// What one side answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    pub round: u32,
    pub side: Side,
    pub steps: Vec<ProbeStep>,
    /// A few of its people, where it is the source.
    pub people: Vec<Met>,
    /// How long it took.
    pub millis: u64,
    /// Credentials that the vendor replaced while it was called.
    pub rotated: Vec<(String, Secret)>,
}

/// Others of the source's people.
#[derive(Clone, Debug, PartialEq)]
pub struct Others {
    pub round: u32,
    pub people: Vec<Met>,
    /// What kept them from being read.
    pub failed: Option<ApiError>,
    /// Credentials that the vendor replaced while it was called.
    pub rotated: Vec<(String, Secret)>,
}

/// One of the source's people, by whom an operator sees that it is the right company.
#[derive(Clone, Debug, PartialEq)]
pub struct Met {
    pub name: String,
    pub id: String,
    pub branch: String,
    pub job_title: String,
}

/// The tenant that is to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub source: End,
    pub destination: End,
    pub settings: Settings,
    /// Its credentials go into the keyring of the desktop, not into the sealed file.
    pub in_keyring: bool,
    /// What the test calls found, both sides.
    pub tested: Vec<ProbeStep>,
}
