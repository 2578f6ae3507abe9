//! The plan: operations and holds that would make the destination agree with the source. Pure: the same input gives the
//! same plan, byte for byte.

mod ask;
mod beside;
mod collide;
mod correlate;
mod email;
mod gates;
mod hash;
mod holds;
mod judge;
mod likeness;
mod managers;
mod missing;
mod names;
mod operations;
mod order;
mod plan_index;
mod rules;
mod same_person;
mod scope;
mod unreadable;
mod usable;

pub mod appeared;
pub mod confirm;
pub mod diff;
pub mod drift;
pub mod due;
pub mod explain;
pub mod guard;
pub mod inverse;
pub mod key_fields;
pub mod limits;
pub mod parts;
pub mod records;
pub mod waves;
pub mod weather;

pub use confirm::{ConfirmError, check_confirmation, confirmation};
pub use drift::{Drift, still_holds};
pub use due::{Due, Stands};
pub use explain::{Gate, GateState, Subject, explain, gate_of, sent};
pub use guard::{GuardStop, source_guard, users_guard};
pub use inverse::{Executed, Inverse, Leftover, can_be_undone, inverse};
pub use key_fields::key_fields;
pub use limits::exceeded;
pub use operations::origin_of_link;
pub use parts::{hold_back, only, without, without_unsettled, without_unshown};
pub use rules::{Rules, RulesInput};
pub use weather::{WeatherReport, reshaped_identifiers, turned_dates, weather_report};

use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::decision::{Decision, Link, NotSame, PairRuling, Parked, Waiting, WaitingBeside};
use crate::domain::mapping::{DestinationOption, MappingTable};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Counts, Mails, Operation, OperationKind, Plan};
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
    /// Who waited in Review when the last plan was made; at most one row per employee.
    pub waiting: &'a [Waiting],
    /// What was ruled about two records of the source that look like one person; at most one row per ordered pair: the newest.
    pub pairs: &'a [PairRuling],
    /// Who waited beside another record when the last plan was made; at most one row per ordered pair.
    pub waiting_beside: &'a [WaitingBeside],
    /// Whom the destination has parked instead of creating them; at most one row per employee: the newest.
    pub parked: &'a [Parked],
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

/// Makes the plan. The same input gives the same plan, byte for byte, in whatever order people, options and rulings come.
///
/// Every employee ends in exactly one place: has operations, is held, is unchanged, is a future starter (these four are
/// `people`), or is a leaver without a user. Linked people who are missing from the source are held or deactivated.
pub fn make_plan(input: &PlanInput<'_>) -> Plan {
    let index = plan_index::PlanIndex::new(input);
    let alike = beside::alike(&index);
    let mut stages = judge::stages(&index, &alike);
    correlate::settle_claims(&index, &mut stages);
    ask::ask(&index, input, &mut stages);
    correlate::settle_claims(&index, &mut stages);
    let doubled = beside::settle(&index, &alike, &mut stages);
    let mut tally = operations::tally(&index, stages);
    missing::add(&index, &mut tally);
    missing::join_cases(&index, &mut tally.operations, &mut tally.holds);
    let before = collide::by_email(&index, &mut tally.operations, &mut tally.holds);
    let mut options = order::new_options(&index, &|place| {
        judge::ruled_out(&index, place).is_some() || index.employees[place].unreadable.is_some()
    });
    options.extend(order::unused_options(&index, input.tables, input.options));
    // Last: who is written, and who is there to be referred to, is settled by now.
    let managers_left = managers::add(&index, &mut tally);
    Plan { doubled, managers_left, ..assemble(input, tally, options, &before) }
}

fn assemble(
    input: &PlanInput<'_>,
    mut tally: operations::Tally,
    options: Vec<Operation>,
    before: &[collide::Before],
) -> Plan {
    let changed_people = number(tally.operations.len());
    let operations = order::arrange(options, tally.operations, before);
    tally.holds.sort_by(|a, b| a.employee.cmp(&b.employee));
    let counts = Counts::of(&operations, tally.unchanged);
    let first_import = input.links.is_empty();
    Plan {
        hash: hash::of_result(&hash::of_input(input), &operations, &tally.holds),
        mails: mails(input, &operations),
        limits: limits::check(&input.settings.limits, &operations, tally.linked, first_import),
        first_import,
        people: changed_people + number(tally.holds.len()) + tally.unchanged + tally.future,
        changed_people,
        ignored_leavers: tally.ignored,
        future_starters: tally.future,
        counts,
        operations,
        holds: tally.holds,
        doubled: Vec::new(),
        managers_left: Vec::new(),
    }
}

/// New users are welcomed where the destination does that by itself and is set so; changes send nothing.
fn mails(input: &PlanInput<'_>, operations: &[Operation]) -> Mails {
    let welcomes = input.destination.welcomes(input.settings.welcome_mail);
    Mails {
        welcome: if welcomes { number(operations.iter().filter(|one| one.is_welcomed()).count()) } else { 0 },
        notice: 0,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The people who are written by operations of one kind.
pub fn people_of(plan: &Plan, kind: OperationKind) -> Vec<&crate::domain::ids::EmployeeId> {
    plan.operations.iter().filter(|one| one.kind == kind).filter_map(|one| one.employee.as_ref()).collect()
}

#[cfg(test)]
mod tests;
