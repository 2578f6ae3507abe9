//! Overview: the facts behind the set-up checklist and the health pane.

use super::tenants::{self, PlanFigures};
use crate::domain::connection::Connection;
use crate::domain::decision::LinkOrigin;
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::list::ListKey;
use crate::domain::plan::{HoldCode, HoldKind};
use crate::domain::snapshot::{Reading, Side, SourceFacts};
use crate::ports::destination::DestinationFacts;
use crate::store::columns::word;
use crate::store::connections::ConnectionState;
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::plans::{self, PlanHead};
use crate::store::runs::{self, RunRow};
use crate::store::snapshots::{self, SnapshotHead};
use crate::store::{Sqlite, Store, connections, figures, reading};

/// How many are held for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldCount {
    pub code: HoldCode,
    /// The field at fault, its key.
    pub field: Option<String>,
    pub people: u32,
}

/// Values of one table that hold people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenValues {
    pub list: ListKey,
    pub values: u32,
    pub people: u32,
}

/// Everything that Overview shows of one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    pub connection: Connection,
    pub state: ConnectionState,
    pub source: Option<SourceFacts>,
    pub destination: Option<DestinationFacts>,
    /// The last two pulls of each side, newest first.
    pub source_pulls: Vec<SnapshotHead>,
    /// How the newest of the source was come by; not known of one of an older version.
    pub reading: Option<Reading>,
    pub destination_pulls: Vec<SnapshotHead>,
    /// Links by how they came to be; origins without a link are absent.
    pub links: Vec<(LinkOrigin, u32)>,
    /// Rulings in force, by their word (`protect`, `exclude`); words without one are absent.
    pub rulings: Vec<(String, u32)>,
    pub plan: Option<PlanHead>,
    pub figures: Option<PlanFigures>,
    /// Who is held by the newest plan, riskiest code first.
    pub holds: Vec<HoldCount>,
    /// Values that the newest plan could not map, by table.
    pub open_values: Vec<OpenValues>,
    /// The last runs, newest first.
    pub runs: Vec<RunRow>,
}

fn overview(c: &Sqlite, kept: &Kept, id: ConnectionId) -> Result<Overview, StoreError> {
    let plan = plans::latest(c, id)?;
    let source_pulls = snapshots::heads(c, id, Side::Source, 2)?;
    let newest = source_pulls.first().map(|head| head.id);
    Ok(Overview {
        connection: connections::get(c, id)?,
        state: connections::state(c, id)?,
        source: snapshots::source_facts(c, id)?,
        destination: snapshots::destination_facts(c, id)?,
        reading: newest.map(|newest| reading::of_snapshot(c, newest)).transpose()?.flatten(),
        source_pulls,
        destination_pulls: snapshots::heads(c, id, Side::Destination, 2)?,
        links: links_by_origin(c, id)?,
        rulings: kept.answer(c, Lasts::UntilRuled, ("rulings", id), || rulings(c, id))?,
        figures: plan.as_ref().map(|head| tenants::figures(c, kept, head)).transpose()?,
        holds: plan.as_ref().map(|head| hold_counts(c, kept, head.id)).transpose()?.unwrap_or_default(),
        open_values: plan
            .as_ref()
            .map(|head| kept.answer(c, Lasts::Always, ("open values", head.id), || open_values(c, head.id)))
            .transpose()?
            .unwrap_or_default(),
        plan,
        runs: runs::list(c, Some(id), 5)?,
    })
}

fn links_by_origin(c: &Sqlite, id: ConnectionId) -> Result<Vec<(LinkOrigin, u32)>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT key AS origin, count FROM tally WHERE connection = ?1 AND what = 'link' AND count > 0 ORDER BY count DESC",
    )?;
    let links = query.query_map([id.0], |row| Ok((word(row, "origin", LinkOrigin::from_key)?, row.get("count")?)))?;
    Ok(links.collect::<Result<_, _>>()?)
}

fn rulings(c: &Sqlite, id: ConnectionId) -> Result<Vec<(String, u32)>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT CASE WHEN json_valid(d.ruling) THEN d.ruling ->> '$.ruling' ELSE 'unreadable' END, count(*)
         FROM (SELECT max(id) AS newest FROM decision WHERE connection = ?1 AND revoked = 0 GROUP BY employee)
         JOIN decision d ON d.id = newest WHERE d.ruling IS NOT NULL GROUP BY 1 ORDER BY 1",
    )?;
    let rulings = query.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rulings.collect::<Result<_, _>>()?)
}

/// Held people by code and field, riskiest first, ruled ones too.
pub(super) fn hold_counts(c: &Sqlite, kept: &Kept, plan: PlanId) -> Result<Vec<HoldCount>, StoreError> {
    kept.answer(c, Lasts::Always, ("holds", plan), || read_hold_counts(c, plan))
}

/// Reason, field, people.
pub(in crate::store) type HoldSum = (HoldCode, Option<String>, u32);
/// Field, values, people.
pub(in crate::store) type OpenSum = (Option<String>, u32, u32);

/// Held people by reason and field, from the rows of the plan.
pub(in crate::store) fn hold_sums(c: &Sqlite, plan: PlanId) -> Result<Vec<HoldSum>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT code, field, count(*) AS people FROM hold WHERE plan = ?1
         GROUP BY risk, code, field ORDER BY risk, people DESC, field",
    )?;
    let counts = query.query_map([plan.0], |row| {
        Ok((word(row, "code", HoldCode::from_key)?, row.get("field")?, row.get("people")?))
    })?;
    Ok(counts.collect::<Result<_, _>>()?)
}

fn read_hold_counts(c: &Sqlite, plan: PlanId) -> Result<Vec<HoldCount>, StoreError> {
    let sums = match figures::of_plan(c, plan)? {
        Some(figures) => figures.holds,
        None => hold_sums(c, plan)?,
    };
    Ok(sums.into_iter().map(|(code, field, people)| HoldCount { code, field, people }).collect())
}

/// Values that hold people, and those people, by field, from the rows of the plan.
pub(in crate::store) fn open_sums(c: &Sqlite, plan: PlanId) -> Result<Vec<OpenSum>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT field, count(DISTINCT value), count(*) FROM hold
         WHERE plan = ?1 AND code IN ('unmapped_value', 'option_missing') GROUP BY field",
    )?;
    let rows = query.query_map([plan.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn open_values(c: &Sqlite, plan: PlanId) -> Result<Vec<OpenValues>, StoreError> {
    let rows = match figures::of_plan(c, plan)? {
        Some(figures) => figures.open,
        None => open_sums(c, plan)?,
    };
    let mut open: Vec<OpenValues> = rows
        .into_iter()
        .filter_map(|(field, values, people)| {
            let list = Field::from_key(&field?)?.list()?;
            Some(OpenValues { list, values, people })
        })
        .collect();
    open.sort_by_key(|values| values.list);
    Ok(open)
}

impl Overview {
    /// People held for reasons of one kind.
    pub fn held(&self, kind: HoldKind) -> u32 {
        self.holds.iter().filter(|hold| hold.code.kind() == kind).map(|hold| hold.people).sum()
    }
}

impl Store {
    /// Everything that Overview shows.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn overview(&self, connection: ConnectionId) -> Result<Overview, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| overview(c, &kept, connection)).await
    }

    /// Held people of a plan by code and field, riskiest first, ruled ones too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn hold_counts(&self, plan: PlanId) -> Result<Vec<HoldCount>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| hold_counts(c, &kept, plan)).await
    }
}
