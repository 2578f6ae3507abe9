//! The fleet's lists: of each tenant what its own screens show of held people and of values without a mapping.

use super::overview::{HoldCount, hold_counts};
use super::{review_figures, tenants};
use crate::domain::decision::Ruling;
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::plan::{HoldCode, HoldKind};
use crate::domain::snapshot::Side;
use crate::store::columns::{from_count, micros, time, word};
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::plans::{self, PlanHead};
use crate::store::salvage::{self, Salvage};
use crate::store::{Sqlite, Store, figures, snapshots, what_if};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Plans that are looked back over for the day since which somebody is held: whoever is held longer is held since the oldest of
/// them.
const LOOKED_BACK: usize = 500;

/// What the fleet's lists show of one tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetTenant {
    /// Employees in scope who are no leavers.
    pub people: u64,
    pub pulled: Option<Timestamp>,
    /// The newest plan; everything below is as it has it.
    pub plan: Option<PlanHead>,
    /// Who is held, as Overview and Plan count it.
    pub holds: Vec<HoldCount>,
    pub reasons: BTreeMap<HoldCode, FleetReason>,
    /// Values that hold people, most people first.
    pub values: Vec<FleetValue>,
}

/// What is told of everybody who is held for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetReason {
    /// Since when the plans that are kept have this reason, without a plan in between that has not.
    pub since: Timestamp,
    /// Of those held, who was ruled on since the plan.
    pub ruled: u32,
    /// Who comes first; of those in review the first on whom nobody has ruled.
    pub first: Option<EmployeeId>,
}

/// A value of the source that holds people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetValue {
    pub code: HoldCode,
    /// The field that carries it, its key.
    pub field: Option<String>,
    pub value: Option<String>,
    pub people: u64,
}

/// Somebody who is held for one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetHeld {
    pub employee: EmployeeId,
    /// Empty when the employee is not in the current pull.
    pub name: String,
    /// How sure it is that the first candidate is this person; 0 where nobody was weighed.
    pub probability: f64,
    pub value: Option<String>,
    /// What was ruled since the plan; without a ruling, something was said beside another record.
    pub ruled: Option<Option<Ruling>>,
}

fn tenant(c: &Sqlite, kept: &Kept, id: ConnectionId) -> Result<FleetTenant, StoreError> {
    let (people, pulled) = tenants::people_and_pull(c, id)?;
    let Some(plan) = plans::latest(c, id)? else {
        return Ok(FleetTenant { people, pulled, ..FleetTenant::default() });
    };
    let holds = hold_counts(c, kept, plan.id)?;
    let values = kept.answer(c, Lasts::Always, ("fleet values", plan.id), || values(c, plan.id))?;
    let ruled = ruled_by_code(c, kept, &plan)?;
    let since = kept.answer(c, Lasts::Always, ("held since", plan.id), || since(c, &plan, &holds))?;
    let mut reasons = BTreeMap::new();
    for (code, since) in since {
        let first = first(c, kept, &plan, code)?;
        let ruled = ruled.get(&code).copied().unwrap_or_default();
        reasons.insert(code, FleetReason { since, ruled, first });
    }
    Ok(FleetTenant { people, pulled, plan: Some(plan), holds, reasons, values })
}

const VALUES: &str = "SELECT code, field, value, count(*) AS people FROM hold
 WHERE plan = ?1 AND code IN ('unmapped_value', 'option_missing') GROUP BY code, field, value";

fn values(c: &Sqlite, plan: PlanId) -> Result<Vec<FleetValue>, StoreError> {
    let mut query = c.prepare_cached(VALUES)?;
    let found = query.query_map([plan.0], |row| {
        Ok(FleetValue {
            code: word(row, "code", HoldCode::from_key)?,
            field: row.get("field")?,
            value: row.get("value")?,
            people: from_count(row.get("people")?),
        })
    })?;
    // One line a value, whatever it is held for: so Mappings and its badge count them.
    let mut values: Vec<FleetValue> = Vec::new();
    for one in found {
        let one = one?;
        match values.iter_mut().find(|known| (&known.field, &known.value) == (&one.field, &one.value)) {
            Some(known) => known.people += one.people,
            None => values.push(one),
        }
    }
    values.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| (&a.field, &a.value).cmp(&(&b.field, &b.value))));
    Ok(values)
}

/// Of those whom a plan holds, by reason, how many were ruled on since.
fn ruled_by_code(c: &Sqlite, kept: &Kept, plan: &PlanHead) -> Result<BTreeMap<HoldCode, u32>, StoreError> {
    let mut query = c.prepare_cached("SELECT DISTINCT code FROM hold WHERE plan = ?1 AND employee = ?2")?;
    let mut counts = BTreeMap::new();
    for (employee, _) in &review_figures::progress(c, kept, plan)?.ruled {
        let codes = query
            .query_map(params![plan.id.0, employee.as_str()], |row| word(row, "code", HoldCode::from_key))?
            .collect::<Result<Vec<_>, _>>()?;
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    Ok(counts)
}

/// The plans before a plan, newest first.
fn earlier_sql() -> String {
    format!(
        "SELECT id, made_at FROM plan WHERE connection = ?1 AND id > 0 AND id <> ?2 AND made_at <= ?3 AND {}
         ORDER BY id DESC LIMIT ?4",
        what_if::of_everybody("plan")
    )
}

/// Since when each reason stands, by the plans that are kept.
fn since(c: &Sqlite, plan: &PlanHead, holds: &[HoldCount]) -> Result<BTreeMap<HoldCode, Timestamp>, StoreError> {
    let mut since: BTreeMap<HoldCode, Timestamp> = holds.iter().map(|hold| (hold.code, plan.made_at)).collect();
    let mut open: Vec<HoldCode> = since.keys().copied().collect();
    let mut earlier = c.prepare_cached(&earlier_sql())?;
    let mut has = c.prepare_cached("SELECT EXISTS (SELECT 1 FROM hold WHERE plan = ?1 AND code = ?2)")?;
    let most = i64::try_from(LOOKED_BACK).unwrap_or(i64::MAX);
    let mut rows = earlier.query(params![plan.connection.0, plan.id.0, micros(plan.made_at), most])?;
    while let Some(row) = rows.next()? {
        if open.is_empty() {
            break;
        }
        let (id, made): (i64, Timestamp) = (row.get("id")?, time(row, "made_at")?);
        let mut still = Vec::with_capacity(open.len());
        for code in open {
            if has.query_row(params![id, code.key()], |row| row.get::<_, bool>(0))? {
                since.insert(code, made);
                still.push(code);
            }
        }
        open = still;
    }
    Ok(since)
}

/// Whether Review asks about people who are held for this.
fn is_asked(code: HoldCode) -> bool {
    code.kind() == HoldKind::Review && code != HoldCode::Later
}

const IN_REVIEW: &str = "SELECT id, employee, probability FROM hold WHERE plan = ?1 AND code = ?2";
const BY_VALUE: &str = "SELECT id, employee, probability FROM hold WHERE plan = ?1 AND code = ?2
 ORDER BY field, value, id LIMIT ?3";

/// A hold's number, whom it holds, how sure the first candidate is.
type InOrder = (i64, EmployeeId, f64);

/// As Review has them: least certain first.
fn certainty(a: &InOrder, b: &InOrder) -> Ordering {
    let far = |row: &InOrder| (row.2 - 0.5).abs();
    (a.2 <= 0.0).cmp(&(b.2 <= 0.0)).then_with(|| far(a).total_cmp(&far(b))).then_with(|| a.0.cmp(&b.0))
}

/// The first `most` who are held for a reason: of those in review the least certain, else as Plan lists them.
fn in_order(
    c: &Sqlite,
    kept: &Kept,
    (plan, code): (PlanId, HoldCode),
    most: usize,
) -> Result<Arc<Vec<InOrder>>, StoreError> {
    let reviewed = is_asked(code);
    let read = || {
        let sql = if reviewed { IN_REVIEW } else { BY_VALUE };
        let mut query = c.prepare_cached(sql)?;
        let of =
            |row: &rusqlite::Row<'_>| Ok((row.get("id")?, EmployeeId(row.get("employee")?), row.get("probability")?));
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows: Vec<InOrder> = match reviewed {
            true => query.query_map(params![plan.0, code.key()], of)?.collect::<Result<_, _>>()?,
            false => query.query_map(params![plan.0, code.key(), limit], of)?.collect::<Result<_, _>>()?,
        };
        if reviewed {
            rows.sort_by(certainty);
        }
        Ok(Arc::new(rows))
    };
    // In review all are read, to find whom nobody has ruled on; of the others no more than are shown.
    kept.answer(c, Lasts::Always, ("held in order", plan, code, if reviewed { 0 } else { most }), read)
}

fn first(c: &Sqlite, kept: &Kept, plan: &PlanHead, code: HoldCode) -> Result<Option<EmployeeId>, StoreError> {
    let rows = in_order(c, kept, (plan.id, code), 1)?;
    let progress = review_figures::progress(c, kept, plan)?;
    let ruled: HashSet<&EmployeeId> = progress.ruled.iter().map(|(employee, _)| employee).collect();
    let open = rows.iter().find(|(_, employee, _)| !ruled.contains(employee)).or_else(|| rows.first());
    Ok(open.map(|(_, employee, _)| employee.clone()))
}

const OF_VALUE: &str = "SELECT id, employee, probability FROM hold
 WHERE plan = ?1 AND code = ?2 AND field = ?3 AND value = ?4 ORDER BY id LIMIT ?5";

fn of_value(
    c: &Sqlite,
    (plan, code): (PlanId, HoldCode),
    (field, value): &(String, String),
    most: usize,
) -> Result<Arc<Vec<InOrder>>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut query = c.prepare_cached(OF_VALUE)?;
    let rows = query.query_map(params![plan.0, code.key(), field, value, most], |row| {
        Ok((row.get("id")?, EmployeeId(row.get("employee")?), row.get("probability")?))
    })?;
    Ok(Arc::new(rows.collect::<Result<_, _>>()?))
}

fn held(
    c: &Sqlite,
    kept: &Kept,
    (id, code, value): (ConnectionId, HoldCode, Option<&(String, String)>),
    most: usize,
) -> Result<Vec<FleetHeld>, StoreError> {
    let Some(plan) = plans::latest(c, id)? else { return Ok(Vec::new()) };
    let source = snapshots::current(c, id, Side::Source)?;
    let progress = review_figures::progress(c, kept, &plan)?;
    let mut query = c.prepare_cached(
        "SELECT h.value, coalesce(e.name, '') FROM hold h
         LEFT JOIN employee e ON e.snapshot = ?2 AND e.employee = h.employee WHERE h.id = ?1",
    )?;
    let mut found = Vec::new();
    let rows = match value {
        Some(value) => of_value(c, (plan.id, code), value, most)?,
        None => in_order(c, kept, (plan.id, code), most)?,
    };
    for (hold, employee, probability) in rows.iter().take(most) {
        let row = query.query_row(params![hold, source], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((value, name)) = row else { continue };
        let ruled = progress.ruled.iter().find(|(known, _)| known == employee).map(|(_, ruling)| ruling.clone());
        found.push(FleetHeld { employee: employee.clone(), name, probability: *probability, value, ruled });
    }
    Ok(found)
}

impl Store {
    /// Every connection as far as its own row can be read, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn fleet_members(&self) -> Result<Vec<Salvage>, StoreError> {
        self.read(salvage::all).await
    }

    /// What the fleet's lists show of one connection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn fleet_tenant(&self, connection: ConnectionId) -> Result<FleetTenant, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| tenant(c, &kept, connection)).await
    }

    /// The first `most` people whom the newest plan of a connection holds for a reason; of a value (field and value) for this
    /// one only.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn fleet_held(
        &self,
        connection: ConnectionId,
        code: HoldCode,
        value: Option<(String, String)>,
        most: usize,
    ) -> Result<Vec<FleetHeld>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| held(c, &kept, (connection, code, value.as_ref()), most)).await
    }

    /// Everybody in scope of the newest pulls of these connections, leavers too: whom [`Store::fleet_search`] looks through.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn fleet_people(&self, connections: Vec<ConnectionId>) -> Result<u64, StoreError> {
        self.read(move |c| {
            let mut people = 0;
            for id in connections {
                let Some(snapshot) = snapshots::current(c, id, Side::Source)? else { continue };
                people += figures::in_scope(c, snapshot)?.unwrap_or_default();
            }
            Ok(people)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn held_people_are_read_by_an_index_of_their_plan() {
        let c = crate::store::empty_database();
        let parameters: &[(&str, &dyn rusqlite::ToSql)] = &[("?1", &1), ("?2", &"rehire"), ("?3", &1)];
        let before: &[(&str, &dyn rusqlite::ToSql)] = &[("?1", &1), ("?2", &1), ("?3", &1), ("?4", &1)];
        let plan = explain(&c, &earlier_sql(), before);
        assert!(plan.contains("plan_by_connection (connection=?") && !plan.contains("TEMP B-TREE"), "{plan}");
        assert!(
            plan.contains("run_by_undone") && plan.contains("run_about_people"),
            "of all runs only those that undo, or are about named people, are looked at\n{plan}"
        );
        let of: &[(&str, &dyn rusqlite::ToSql)] =
            &[("?1", &1), ("?2", &"x"), ("?3", &"branch"), ("?4", &"x"), ("?5", &1)];
        let plan = explain(&c, OF_VALUE, of);
        assert!(plan.contains("hold_by_value (plan=? AND code=? AND field=? AND value=?)"), "{plan}");
        for (sql, parameters) in [(VALUES, &parameters[..1]), (IN_REVIEW, &parameters[..2]), (BY_VALUE, parameters)] {
            let plan = explain(&c, sql, parameters);
            assert!(plan.contains("hold_by_value (plan=? AND code=?)") && !plan.contains("SCAN"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
