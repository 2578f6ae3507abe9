//! How far Review has come: the one definition of *ruled* and *left* that badge, list, Overview, Tenants and
//! `onroll review list` share.

use crate::domain::decision::{PairVerdict, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::plan::HoldCode;
use crate::store::columns::{micros, word};
use crate::store::decisions::decision_of;
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::plans::{self, PlanHead};
use crate::store::remembered::Whom;
use crate::store::{Sqlite, Store, pair_rulings, what_if};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far Review has come since the last numbered plan: a preview or a run. What-if plans in between move people from *left* to
/// *ruled* and back; both together are everybody in Review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReviewFigures {
    /// People whom that plan asked about, who were ruled on since, and about whom nobody asks now.
    pub ruled: u32,
    /// People who wait for a ruling now.
    pub left: u32,
}

impl ReviewFigures {
    /// Everybody: `n of m ruled`.
    #[must_use]
    pub fn all(self) -> u32 {
        self.ruled + self.left
    }
}

/// The figures, and who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewProgress {
    pub figures: ReviewFigures,
    /// The people of [`ReviewFigures::ruled`] with the newest ruling, by employee; without one, something was said of them beside
    /// another record.
    pub ruled: Vec<(EmployeeId, Option<Ruling>)>,
}

/// Whether a hold of code `later` asks all the same: an exclusion or a protection whose record has changed since. `?2` is the
/// employee, `?3` when the plan was made: what was ruled after it does not count.
const OUTDATED: &str = "SELECT EXISTS (SELECT 1 FROM decision d WHERE d.id = (
         SELECT x.id FROM decision x WHERE x.connection = ?1 AND x.employee = ?2 AND x.revoked = 0 AND x.at < ?3
         ORDER BY x.id DESC LIMIT 1)
     AND (d.ruling LIKE '{\"ruling\":\"exclude\"%' OR d.ruling LIKE '{\"ruling\":\"protect\"%'))";

/// Whether somebody who was put off is asked about again in a plan.
pub(super) fn is_asked_again(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
    made: Timestamp,
) -> Result<bool, StoreError> {
    let mut query = c.prepare_cached(OUTDATED)?;
    Ok(query.query_row(params![connection.0, employee.as_str(), micros(made)], |row| row.get(0))?)
}

/// Whether a plan asks about an employee.
fn is_asked(c: &Sqlite, connection: ConnectionId, plan: &Made, employee: &EmployeeId) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("SELECT code FROM hold WHERE plan = ?1 AND employee = ?2 AND kind = 'review' LIMIT 1")?;
    let code = query.query_row(params![plan.id.0, employee.as_str()], |row| word(row, "code", HoldCode::from_key));
    match code.optional()? {
        None => Ok(false),
        Some(HoldCode::Later) => is_asked_again(c, connection, employee, plan.at),
        Some(_) => Ok(true),
    }
}

/// A plan, and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made {
    id: PlanId,
    at: Timestamp,
    /// Holds in review, those put off among them.
    review: u32,
}

impl Made {
    fn of(head: &PlanHead) -> Self {
        Self { id: head.id, at: head.made_at, review: head.review }
    }
}

/// The newest plan with a number: what was ruled since then is what the operator has done.
fn base(c: &Sqlite, head: &PlanHead) -> Result<Made, StoreError> {
    if head.id.0 > 0 {
        return Ok(Made::of(head));
    }
    Ok(what_if::latest_numbered(c, head.connection)?.map_or_else(|| Made::of(head), |numbered| Made::of(&numbered)))
}

const RULED: &str = "SELECT d.* FROM decision d
 WHERE d.connection = ?1 AND d.revoked = 0 AND d.at >= ?2 AND d.ruling IS NOT NULL AND d.id = (
   SELECT max(x.id) FROM decision x WHERE x.connection = ?1 AND x.employee = d.employee AND x.revoked = 0)";

/// What was ruled on somebody, and when; without a ruling it was said beside another record alone.
type RuledAt = (Timestamp, Option<Ruling>);

/// People on whom something was ruled, with the newest ruling: by themselves, or beside another record.
fn ruled_since(
    c: &Sqlite,
    connection: ConnectionId,
    since: Timestamp,
) -> Result<BTreeMap<EmployeeId, RuledAt>, StoreError> {
    let mut query = c.prepare_cached(RULED)?;
    let rows = query.query_map(params![connection.0, micros(since)], decision_of)?;
    let mut people: BTreeMap<EmployeeId, RuledAt> = BTreeMap::new();
    for row in rows {
        people.extend(row?.map(|decision| (decision.employee, (decision.at, Some(decision.ruling)))));
    }
    let mut add = |employee: EmployeeId, at: Timestamp| {
        let newest = people.entry(employee).or_insert((at, None));
        newest.0 = at.max(newest.0);
    };
    for pair in pair_rulings::valid(c, connection, &Whom::Everybody)?.into_iter().filter(|pair| pair.at >= since) {
        // The record that counts was ruled on too, though nothing is kept of it.
        if pair.verdict == PairVerdict::Same {
            add(pair.other, pair.at);
        }
        add(pair.employee, pair.at);
    }
    Ok(people)
}

/// Holds in review of a plan that ask nobody: put off, the ruling still fits.
fn put_off(c: &Sqlite, connection: ConnectionId, plan: &Made) -> Result<u32, StoreError> {
    let mut query =
        c.prepare_cached("SELECT employee FROM hold WHERE plan = ?1 AND code = 'later' AND kind = 'review'")?;
    let people = query.query_map([plan.id.0], |row| row.get(0).map(EmployeeId))?.collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    for employee in people {
        count += u32::from(!is_asked_again(c, connection, &employee, plan.at)?);
    }
    Ok(count)
}

fn read(c: &Sqlite, head: &PlanHead) -> Result<ReviewProgress, StoreError> {
    let (connection, newest, base) = (head.connection, Made::of(head), base(c, head)?);
    if newest.review == 0 && base.review == 0 {
        return Ok(ReviewProgress::default());
    }
    let mut found = ReviewProgress::default();
    found.figures.left = newest.review.saturating_sub(put_off(c, connection, &newest)?);
    for (employee, (at, ruling)) in ruled_since(c, connection, base.at.min(newest.at))? {
        let asked_now = is_asked(c, connection, &newest, &employee)?;
        // Whoever was ruled on since that plan waits no more, and whoever it still asks about waits again.
        let settled = asked_now && at >= newest.at;
        found.figures.left = found.figures.left.saturating_sub(u32::from(settled));
        if settled || (!asked_now && newest != base && is_asked(c, connection, &base, &employee)?) {
            found.figures.ruled += 1;
            found.ruled.push((employee, ruling));
        }
    }
    Ok(found)
}

/// How far Review has come, and who was ruled on.
pub(super) fn progress(c: &Sqlite, kept: &Kept, head: &PlanHead) -> Result<Arc<ReviewProgress>, StoreError> {
    kept.answer(c, Lasts::UntilRuled, ("review", head.connection, head.id), || read(c, head).map(Arc::new))
}

impl Store {
    /// How far Review of a connection has come; nothing at all where no plan was made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_progress(&self, connection: ConnectionId) -> Result<Arc<ReviewProgress>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| match plans::latest(c, connection)? {
            Some(head) => progress(c, &kept, &head),
            None => Ok(Arc::default()),
        })
        .await
    }
}
