//! The plan: operations and holds that would make the destination agree with the source. Pure: the same input gives the
//! same plan, byte for byte.

use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::decision::{Decision, Link, NotSame};
use crate::domain::mapping::{DestinationOption, MappingTable};
use crate::domain::person::{Employee, User};
use crate::domain::settings::Settings;
use crate::domain::snapshot::SourceFacts;
use crate::matching::Matcher;
use jiff::civil::Date;

/// Everything that a plan depends on.
pub struct PlanInput<'a> {
    /// The complete source snapshot, people out of scope left out; any order.
    pub employees: &'a [Employee],
    /// The complete destination snapshot, active and inactive; any order.
    pub users: &'a [User],
    pub options: &'a [DestinationOption],
    pub tables: &'a [MappingTable],
    pub links: &'a [Link],
    /// At most one per employee: the newest.
    pub decisions: &'a [Decision],
    pub not_same: &'a [NotSame],
    pub facts: &'a SourceFacts,
    pub settings: &'a Settings,
    pub source: &'a SourceCapabilities,
    pub destination: &'a DestinationCapabilities,
    /// Whether this account of the destination lets options be created through the API.
    pub can_create_options: bool,
    /// The day in the tenant's zone.
    pub today: Date,
    pub matcher: &'a dyn Matcher,
}
