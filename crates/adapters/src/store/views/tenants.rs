//! Tenants: one line per connection with everything that tells whether it needs a human.

use super::review_figures;
use crate::domain::connection::Connection;
use crate::domain::ids::{ConnectionId, PlanId, RunId};
use crate::domain::run::RunOutcome;
use crate::store::columns::{from_count, time_or_none, word};
use crate::store::error::StoreError;
use crate::store::kept::Kept;
use crate::store::plans::{self, PlanHead};
use crate::store::reader::ReadTopic;
use crate::store::runs::{self, RunRow, STANDING};
use crate::store::salvage::{self, Lost, Salvage};
use crate::store::{Sqlite, Store, connections};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Cells of the sparkline.
const RECENT: u32 = 14;

/// One run in the sparkline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunMark {
    pub run: RunId,
    pub outcome: RunOutcome,
    /// Operations that the destination took.
    pub changed: u32,
}

/// The newest plan in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFigures {
    pub plan: PlanId,
    pub made_at: Timestamp,
    pub operations: u32,
    /// People who wait for data or a mapping.
    pub blocked: u32,
    /// Everybody whom the plan holds ([`PlanHead::held`]); with those in review who were ruled on since.
    pub held: u32,
    /// People who wait for a ruling.
    pub review_left: u32,
    /// People who were ruled on since the last numbered plan: with those left, everybody in Review.
    pub review_ruled: u32,
    /// Values without a mapping that hold people.
    pub unmapped_values: u32,
    /// A limit is passed: the plan waits for a typed confirmation.
    pub past_limit: bool,
}

/// Why a tenant cannot be shown, or not all of it. The others are shown all the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Its own row: it has to be repaired or removed before anything is done with it.
    Row(Vec<Lost>),
    /// Something that belongs to it, such as its last plan.
    Data(StoreError),
}

/// One connection on Tenants.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantRow {
    /// Where its row cannot be read, what can be kept of it: to be shown, never to be acted on.
    pub connection: Connection,
    pub fault: Option<Fault>,
    /// Refusals of the credentials in a row.
    pub refusals: u32,
    /// Employees in scope who are no leavers.
    pub people: u64,
    pub last_pull: Option<Timestamp>,
    pub last_run: Option<RunRow>,
    /// The last 14 runs, oldest first.
    pub recent: Vec<RunMark>,
    pub plan: Option<PlanFigures>,
}

fn rows(c: &Sqlite, kept: &Kept) -> Result<Vec<TenantRow>, StoreError> {
    salvage::all(c)?.into_iter().map(|Salvage { connection, lost }| row(c, kept, connection, lost)).collect()
}

/// One line, whatever can be read of it: a value that cannot be is a fault of this tenant alone.
fn row(c: &Sqlite, kept: &Kept, connection: Connection, lost: Vec<Lost>) -> Result<TenantRow, StoreError> {
    let bare = TenantRow {
        connection: connection.clone(),
        fault: None,
        refusals: 0,
        people: 0,
        last_pull: None,
        last_run: None,
        recent: Vec::new(),
        plan: None,
    };
    let fault = Some(Fault::Row(lost)).filter(|fault| !matches!(fault, Fault::Row(lost) if lost.is_empty()));
    match full_row(c, kept, connection) {
        Ok(row) => Ok(TenantRow { fault, ..row }),
        Err(error @ StoreError::Unreadable { .. }) => {
            Ok(TenantRow { fault: fault.or(Some(Fault::Data(error))), ..bare })
        }
        Err(error) => Err(error),
    }
}

fn full_row(c: &Sqlite, kept: &Kept, connection: Connection) -> Result<TenantRow, StoreError> {
    let id = connection.id;
    let (people, last_pull) = people_and_pull(c, id)?;
    Ok(TenantRow {
        fault: None,
        refusals: connections::refusals(c, id)?,
        people,
        last_pull,
        last_run: runs::list(c, Some(id), 1)?.pop(),
        recent: recent(c, id, RECENT)?,
        plan: plans::latest(c, id)?.map(|head| figures(c, kept, &head)).transpose()?,
        connection,
    })
}

/// Employees in scope of the current pull, leavers aside, and when it came.
pub(super) fn people_and_pull(c: &Sqlite, id: ConnectionId) -> Result<(u64, Option<Timestamp>), StoreError> {
    let pull = c
        .prepare_cached(
            "SELECT people, finished_at FROM snapshot WHERE connection = ?1 AND side = 'source' AND state = 'current'",
        )?
        .query_row([id.0], |row| Ok((from_count(row.get("people")?), time_or_none(row, "finished_at")?)))
        .optional()?;
    Ok(pull.unwrap_or((0, None)))
}

/// The newest `limit` runs as sparkline cells, oldest first.
pub(super) fn recent(c: &Sqlite, id: ConnectionId, limit: u32) -> Result<Vec<RunMark>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT id, written, {STANDING} FROM run WHERE connection = ?1 ORDER BY id DESC LIMIT ?2"
    ))?;
    let marks = query.query_map(params![id.0, limit], |row| {
        Ok(RunMark {
            run: RunId(row.get("id")?),
            outcome: word(row, "standing", RunOutcome::from_key)?,
            changed: row.get("written")?,
        })
    })?;
    let mut marks: Vec<RunMark> = marks.collect::<Result<_, _>>()?;
    marks.reverse();
    Ok(marks)
}

pub(super) fn figures(c: &Sqlite, kept: &Kept, head: &PlanHead) -> Result<PlanFigures, StoreError> {
    let review = review_figures::progress(c, kept, head)?.figures;
    Ok(PlanFigures {
        plan: head.id,
        made_at: head.made_at,
        operations: head.operations,
        blocked: head.blocked,
        held: head.held(),
        review_left: review.left,
        review_ruled: review.ruled,
        unmapped_values: head.unmapped_values,
        past_limit: head.limits.iter().any(crate::domain::plan::LimitCheck::is_exceeded),
    })
}

impl Store {
    /// Every connection with the figures of Tenants, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn tenant_rows(&self) -> Result<Vec<TenantRow>, StoreError> {
        let kept = self.kept()?;
        self.read_newest(ReadTopic::Tenants, move |c| rows(c, &kept)).await
    }

    /// The newest `limit` runs of a connection as sparkline cells, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn run_marks(&self, connection: ConnectionId, limit: u32) -> Result<Vec<RunMark>, StoreError> {
        self.read(move |c| recent(c, connection, limit)).await
    }
}
