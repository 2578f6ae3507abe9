//! The fleet's lists: who is held, and which values are not mapped, in all tenants; somebody in any of them.
//!
//! Every figure is that of the tenant's own screen: held people by reason are Plan's Held pane line by line, values are those
//! that the badge of Mappings counts. They are read tenant by tenant, so that one that cannot be read is its own line.

mod search;
mod tables;

pub use search::{Found, Somebody, first, is_known, rows, search, searched};
pub use tables::{holds_table, people_table, values_table};

use super::error::ServiceError;
use super::mappings::{self, MappedValue, TableValues, ValueState};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::list::ListKey;
use crate::domain::plan::{HoldCode, HoldKind, LimitCheck};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::matching::explain::grouped;
use crate::services::holds;
use crate::store::views::{FleetHeld, FleetTenant, FleetValue};
use crate::store::{PlanHead, Store, StoreError};
use jiff::Timestamp;

/// A tenant of the fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Where its row cannot be read, what can be kept of it: to be shown, never to be acted on.
    pub connection: Connection,
    /// Why its own row cannot be read.
    pub broken: Option<String>,
}

impl Member {
    /// The short name.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.connection.short_name
    }

    /// The name in full.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.connection.tenant_name
    }
}

/// What stands in the fleet's lists of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub member: Member,
    pub people: u64,
    pub pulled: Option<Timestamp>,
    /// The plan that says so: its words, and when it was made. `None` where nobody has looked yet.
    pub plan: Option<(String, Timestamp)>,
    /// Everybody who waits ([`PlanHead::held`]): the sum of the lines but for those that were ruled out.
    pub held: u32,
    pub holds: Vec<HoldLine>,
    pub values: Vec<ValueLine>,
    /// Why it cannot be read; then nothing else is known.
    pub broken: Option<String>,
}

/// Everybody of a tenant who is held for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldLine {
    pub code: HoldCode,
    /// `job title missing`, `value not mapped: 4 values`.
    pub because: String,
    /// People who are held; nobody where a limit stops the whole plan.
    pub people: u32,
    /// Changes past a limit, which wait with their plan.
    pub past_limit: u32,
    /// Of the people, who was ruled on since the plan.
    pub ruled: u32,
    pub since: Timestamp,
    pub lead: Lead,
}

impl HoldLine {
    /// Whether an operator has decided already: such people are counted apart.
    #[must_use]
    pub fn is_ruled(&self) -> bool {
        self.code.kind() == HoldKind::Ruled
    }
}

/// A value that holds people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueLine {
    /// What it holds people for.
    pub code: HoldCode,
    /// The field that carries it, its key.
    pub field: String,
    /// Its table; `None` where the destination has none for the field.
    pub list: Option<ListKey>,
    /// The destination's word for what the table holds: `job title`.
    pub word: String,
    pub value: String,
    /// People whom it holds in the newest plan.
    pub held: u64,
    /// People who carry it, as Mappings counts them.
    pub people: u64,
    /// As Mappings has it now; `None` where it is in no table any more.
    pub state: Option<ValueState>,
    /// What it would become.
    pub suggestion: Option<String>,
    pub why: String,
}

impl ValueLine {
    /// Whether its table settles it already: the next plan holds nobody for it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state.is_some_and(|state| !state.is_open())
    }
}

/// Where a line leads in its tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    /// The card of this person.
    Review(Option<EmployeeId>),
    /// The row of this value.
    Mappings(Option<(ListKey, String)>),
    /// The page of the limits that this plan is past.
    Limit(PlanId),
    Plan,
    /// The people who have the same, side by side.
    Collision(Option<EmployeeId>),
    /// Everybody who is held for this.
    People(HoldCode),
}

impl Lead {
    /// Where it leads, or whose move it is there.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Lead::Review(_) => "Review",
            Lead::Mappings(_) => "Mappings",
            Lead::Limit(_) => "limit page",
            Lead::Plan => "Plan",
            Lead::Collision(_) => "both sides",
            Lead::People(code) => holds::move_of(*code),
        }
    }
}

/// All tenants, in the order of their names.
///
/// # Errors
/// Only the store's.
pub async fn members(store: &Store) -> Result<Vec<Member>, ServiceError> {
    let mut members: Vec<Member> = store
        .fleet_members()
        .await?
        .into_iter()
        .map(|salvage| Member { broken: (!salvage.is_sound()).then(|| salvage.why()), connection: salvage.connection })
        .collect();
    members.sort_by_key(|member| (crate::store::fold(member.name()), member.connection.id));
    Ok(members)
}

/// What stands in the lists of one tenant, read on the lane of `store`. One that cannot be read says so in its part.
///
/// # Errors
/// Only where the file itself cannot be read.
pub async fn part(engine: &Engine, store: &Store, member: Member) -> Result<Part, ServiceError> {
    let bare = Part {
        people: 0,
        pulled: None,
        plan: None,
        held: 0,
        holds: Vec::new(),
        values: Vec::new(),
        broken: member.broken.clone(),
        member,
    };
    if bare.broken.is_some() {
        return Ok(bare);
    }
    match full(engine, store, &bare.member).await {
        Ok(part) => Ok(part),
        Err(error) => match broken(&error) {
            Some(why) => Ok(Part { broken: Some(why), ..bare }),
            None => Err(error),
        },
    }
}

/// What of an error is the tenant's own, in words.
fn broken(error: &ServiceError) -> Option<String> {
    let store = match error {
        ServiceError::Store(error) | ServiceError::Engine(EngineError::Store(error)) => error,
        _ => return None,
    };
    match store {
        StoreError::Unreadable { row, .. } => Some(format!("{row} cannot be read")),
        StoreError::BrokenTenant { .. } => Some(store.to_string()),
        _ => None,
    }
}

async fn full(engine: &Engine, store: &Store, member: &Member) -> Result<Part, ServiceError> {
    let connection = &member.connection;
    let found = store.fleet_tenant(connection.id).await?;
    let values = values(store, connection, &found.values).await?;
    let holds = lines(engine, connection, &found);
    let plan = found.plan.as_ref();
    Ok(Part {
        member: member.clone(),
        people: found.people,
        pulled: found.pulled,
        plan: plan.map(|plan| (plan.id.words(), plan.made_at)),
        held: plan.map_or(0, PlanHead::held),
        holds,
        values,
        broken: None,
    })
}

fn lines(engine: &Engine, connection: &Connection, found: &FleetTenant) -> Vec<HoldLine> {
    let Some(plan) = &found.plan else { return Vec::new() };
    // A connection of another build is shown all the same, by the words that all destinations share.
    let destination = engine.abilities(connection).ok().map(|abilities| abilities.destination);
    let mut lines: Vec<HoldLine> = holds::by_code(&found.holds)
        .iter()
        .map(|count| {
            let reason = found.reasons.get(&count.code);
            let because = match count.code {
                HoldCode::UnmappedValue | HoldCode::OptionMissing => {
                    let values = found.values.iter().filter(|value| value.code == count.code).count();
                    let word = if values == 1 { "value" } else { "values" };
                    format!("{}: {} {word}", count.code.words(), grouped(values as u64))
                }
                code => destination.map_or_else(|| code.words().to_owned(), |words| holds::words(count, words)),
            };
            HoldLine {
                code: count.code,
                because,
                people: count.people,
                past_limit: 0,
                ruled: reason.map_or(0, |reason| reason.ruled),
                since: reason.map_or(plan.made_at, |reason| reason.since),
                lead: lead(count.code, plan, found),
            }
        })
        .collect();
    lines.extend(past_limits(connection, plan));
    lines.sort_by(|a, b| {
        let size = |line: &HoldLine| line.people.max(line.past_limit);
        (a.is_ruled(), std::cmp::Reverse(size(a)), a.code).cmp(&(b.is_ruled(), std::cmp::Reverse(size(b)), b.code))
    });
    lines
}

/// A limit that keeps the whole plan waiting. Nobody is held by it: its people are among the changes, as Plan counts them.
fn past_limits<'a>(connection: &Connection, plan: &'a PlanHead) -> impl Iterator<Item = HoldLine> + 'a {
    let waits = connection.status == ConnectionStatus::Live && plan.approval.is_none();
    plan.limits.iter().filter(move |limit| waits && limit.is_exceeded()).map(|limit: &LimitCheck| HoldLine {
        code: HoldCode::Limit,
        because: format!(
            "limit: {} {}, {} allowed",
            grouped(limit.count.into()),
            limit.kind.key(),
            grouped(limit.allowed.into())
        ),
        people: 0,
        past_limit: limit.count,
        ruled: 0,
        since: plan.made_at,
        lead: Lead::Limit(plan.id),
    })
}

fn lead(code: HoldCode, plan: &PlanHead, found: &FleetTenant) -> Lead {
    let first = || found.reasons.get(&code).and_then(|reason| reason.first.clone());
    match code {
        HoldCode::UnmappedValue | HoldCode::OptionMissing => {
            let rows = found.values.iter().filter(|value| value.code == code);
            Lead::Mappings(rows.filter_map(|value| Some((list_of(value)?, value.value.clone()?))).next())
        }
        HoldCode::Limit if plan.limits.iter().any(LimitCheck::is_exceeded) => Lead::Limit(plan.id),
        HoldCode::Limit => Lead::Plan,
        HoldCode::DuplicateIdentifier | HoldCode::DuplicateEmail => Lead::Collision(first()),
        code if code.kind() == HoldKind::Review && code != HoldCode::Later => Lead::Review(first()),
        code => Lead::People(code),
    }
}

fn list_of(value: &FleetValue) -> Option<ListKey> {
    Field::from_key(value.field.as_deref()?)?.list()
}

async fn values(store: &Store, connection: &Connection, found: &[FleetValue]) -> Result<Vec<ValueLine>, ServiceError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // Without its vendors there are no tables to look at; who is held is told all the same.
    let tables = match mappings::tables_beside(store, connection).await {
        Ok(tables) => tables.tables,
        Err(error @ ServiceError::Store(_)) => return Err(error),
        Err(_) => Vec::new(),
    };
    Ok(found.iter().map(|value| value_line(value, &tables)).collect())
}

fn value_line(found: &FleetValue, tables: &[TableValues]) -> ValueLine {
    let list = list_of(found);
    let table = tables.iter().find(|table| Some(table.spec.list) == list);
    let value = found.value.clone().unwrap_or_default();
    let row: Option<&MappedValue> = table.and_then(|table| table.values.iter().find(|row| row.value == value));
    ValueLine {
        code: found.code,
        field: found.field.clone().unwrap_or_default(),
        list: table.map(|table| table.spec.list),
        word: table.map_or_else(|| found.field.clone().unwrap_or_default(), |table| table.spec.word.0.to_owned()),
        value,
        held: found.people,
        people: row.map_or(0, |row| row.people),
        state: row.map(|row| row.state),
        suggestion: row.and_then(|row| row.target.clone()),
        why: row.map(|row| row.why.clone()).unwrap_or_default(),
    }
}

/// The first `most` people of a tenant who are held for a reason; of a value (field and value) for this one only.
///
/// # Errors
/// Only the store's; a tenant that was removed.
pub async fn held(
    store: &Store,
    connection: &Connection,
    (code, value): (HoldCode, Option<(String, String)>),
    most: usize,
) -> Result<Vec<FleetHeld>, ServiceError> {
    Ok(store.fleet_held(connection.id, code, value, most).await?)
}

/// How the tenants stand, one beside the other: those that hold somebody, those that hold nobody, and those of which nobody
/// knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub tenants: usize,
    pub people: u64,
    /// People who are held, and the tenants that hold them.
    pub held: u64,
    pub holding: usize,
    /// Tenants whose newest plan holds nobody.
    pub free: usize,
    /// Tenants without a plan: nobody has looked yet.
    pub unplanned: usize,
    pub broken: usize,
    /// Values that hold people.
    pub values: usize,
}

impl Sums {
    /// The sums of these parts.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Self {
        let mut sums = Sums::default();
        for part in parts {
            sums.tenants += 1;
            sums.people += part.people;
            sums.held += u64::from(part.held);
            sums.values += part.values.len();
            match (&part.broken, &part.plan, part.held) {
                (Some(_), ..) => sums.broken += 1,
                (None, None, _) => sums.unplanned += 1,
                (None, Some(_), 0) => sums.free += 1,
                (None, Some(_), _) => sums.holding += 1,
            }
        }
        sums
    }

    /// `5 tenants hold 273 people, 8 hold nobody, 1 has no plan`.
    #[must_use]
    pub fn words(&self) -> String {
        let number = |number: usize, one: &str, many: &str| {
            format!("{} {}", grouped(number as u64), if number == 1 { one } else { many })
        };
        let people = if self.held == 1 { "1 person".to_owned() } else { format!("{} people", grouped(self.held)) };
        let mut parts = Vec::new();
        if self.holding > 0 {
            parts.push(format!("{} {people}", number(self.holding, "tenant holds", "tenants hold")));
        }
        match (self.free, self.holding) {
            (0, _) => {}
            (free, 0) => parts.push(format!("{} nobody", number(free, "tenant holds", "tenants hold"))),
            (free, _) => parts.push(format!("{} nobody", number(free, "holds", "hold"))),
        }
        if self.unplanned > 0 {
            parts.push(format!("{} no plan", number(self.unplanned, "has", "have")));
        }
        if self.broken > 0 {
            parts.push(format!("{} cannot be read", self.broken));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_said_in_words() {
        let sums = Sums { held: 10_548, holding: 25, free: 1, unplanned: 2, broken: 1, ..Sums::default() };
        assert_eq!(sums.words(), "25 tenants hold 10,548 people, 1 holds nobody, 2 have no plan, 1 cannot be read");
        assert_eq!(Sums { held: 1, holding: 1, ..Sums::default() }.words(), "1 tenant holds 1 person");
        assert_eq!(Sums { free: 3, ..Sums::default() }.words(), "3 tenants hold nobody");
    }
}
