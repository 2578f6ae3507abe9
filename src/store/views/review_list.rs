//! Everybody in review after a plan in memory, riskiest first, with the groups of those who are alike: read once for a plan,
//! and each question lays the rulings since over it.

use super::review_desk::{self, DeskHold};
use super::review_groups::{Alike, AlikeGroup, Shared, groups};
use super::shelf::{Now, Shelf};
use crate::domain::decision::{Decision, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, UserId};
use crate::domain::plan::HoldCode;
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::reader::ReadLane;
use crate::store::remembered::Whom;
use crate::store::text_index::TextIndex;
use crate::store::{Sqlite, Store, decisions, plans, snapshots};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Cards that are shown before everybody is read; a queue that is no longer is read at once.
const FIRST: usize = 60;

/// One card of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    pub hold: i64,
    pub employee: EmployeeId,
    /// Empty when the employee is not in the current pull.
    pub name: String,
    pub code: HoldCode,
    /// The best candidate.
    pub user: Option<UserId>,
    pub user_name: String,
    pub probability: f64,
    /// Number of its group.
    pub group: Option<usize>,
}

/// The cards in order, riskiest first, and where everybody stands.
#[derive(Debug, Default, PartialEq)]
pub struct QueueRows {
    rows: Vec<QueueRow>,
    places: HashMap<EmployeeId, usize>,
}

impl QueueRows {
    /// The cards in order.
    pub fn all(&self) -> &[QueueRow] {
        &self.rows
    }

    /// Where somebody stands.
    pub fn place(&self, employee: &EmployeeId) -> Option<usize> {
        self.places.get(employee).copied()
    }
}

impl FromIterator<QueueRow> for QueueRows {
    fn from_iter<T: IntoIterator<Item = QueueRow>>(rows: T) -> Self {
        let rows: Vec<QueueRow> = rows.into_iter().collect();
        let places = rows.iter().enumerate().map(|(at, row)| (row.employee.clone(), at)).collect();
        Self { rows, places }
    }
}

/// Who waits for a ruling.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueFound {
    /// Shared: there may be a million.
    pub rows: Arc<QueueRows>,
    pub groups: Arc<Vec<AlikeGroup>>,
    /// What was ruled since the plan was made, by row, and when.
    pub ruled: Vec<(usize, Ruling)>,
    /// One employee of each collision.
    pub collisions: Arc<Vec<EmployeeId>>,
    /// These are all; else the first, and the others are being read.
    pub whole: bool,
    pub mark: DeskMark,
}

/// What the cards of a plan depend on beside it: where none of it has moved, a card that was read still holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeskMark {
    /// The newest line of the audit log, which whatever an operator does moves.
    pub audit: i64,
    /// The newest line of the feed log, which whatever a run writes moves.
    pub feed: i64,
    /// The pulls that records are from.
    pub source: Option<i64>,
    pub destination: Option<i64>,
}

impl DeskMark {
    fn of(c: &Sqlite, connection: ConnectionId) -> Result<Self, StoreError> {
        let mut newest = c.prepare_cached(
            "SELECT (SELECT coalesce(max(id), 0) FROM audit), (SELECT coalesce(max(id), 0) FROM feed)",
        )?;
        let (audit, feed) = newest.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let current = |side| snapshots::current(c, connection, side);
        Ok(Self { audit, feed, source: current(Side::Source)?, destination: current(Side::Destination)? })
    }
}

/// Plan, and the pulls that the names are from.
type Key = (PlanId, Option<i64>, Option<i64>);

/// The queue that is kept.
pub(in crate::store) type ReviewLists = Shelf<Key, ReviewList>;

/// Everybody in review after a plan.
pub(in crate::store) struct ReviewList {
    holds: Vec<(QueueRow, Option<Alike>)>,
    /// Who was put off: asked about again only where a ruling is out of date.
    put_off: HashMap<EmployeeId, usize>,
    collisions: Arc<Vec<EmployeeId>>,
    /// The queue as it was asked for last.
    queue: Mutex<Option<Arc<Queue>>>,
}

/// The rows that are asked about, in order.
struct Queue {
    /// Those who were put off and are asked about all the same.
    also: BTreeSet<usize>,
    rows: Arc<QueueRows>,
    groups: Arc<Vec<AlikeGroup>>,
    /// Name, id and reason, as they are searched.
    texts: TextIndex,
}

type Rulings = Arc<HashMap<EmployeeId, Decision>>;

/// The ruling in force on everybody on whom there is one.
fn rulings(c: &Sqlite, kept: &Kept, connection: ConnectionId) -> Result<Rulings, StoreError> {
    kept.answer(c, Lasts::UntilRuled, ("rulings in force", connection), || {
        let valid = decisions::valid(c, connection, &Whom::Everybody)?;
        Ok(Arc::new(valid.into_iter().map(|decision| (decision.employee.clone(), decision)).collect()))
    })
}

/// Whether somebody who was put off is asked about again: the ruling is out of date.
fn is_asked_again(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| matches!(decision.ruling, Ruling::Exclude | Ruling::Protect))
}

pub(super) fn row_of(hold: DeskHold) -> QueueRow {
    let best = hold.best;
    QueueRow {
        hold: hold.hold,
        employee: hold.employee,
        name: hold.name,
        code: hold.code,
        probability: best.as_ref().map_or(0.0, |best| best.probability),
        user_name: best.as_ref().map(|best| best.name.clone()).unwrap_or_default(),
        user: best.map(|best| best.user),
        group: None,
    }
}

impl ReviewList {
    /// Reads the queue of a plan, or its first `limit` people.
    fn read(c: &Sqlite, connection: ConnectionId, plan: PlanId, limit: Option<usize>) -> Result<Self, StoreError> {
        let (mut holds, mut shared) = (Vec::new(), Shared::default());
        review_desk::desk(c, connection, plan, limit, |hold| {
            // Of a part nobody knows who else is alike.
            let alike = limit.is_none().then(|| Alike::of(&hold, &mut shared)).flatten();
            holds.push((row_of(hold), alike));
        })?;
        let later = holds.iter().enumerate().filter(|(_, (row, _))| row.code == HoldCode::Later);
        let put_off = later.map(|(at, (row, _))| (row.employee.clone(), at)).collect();
        let mut collisions: Vec<EmployeeId> = Vec::new();
        let mut seen = BTreeSet::new();
        for row in if limit.is_none() { review_desk::collisions(c, plan)? } else { Vec::new() } {
            if seen.insert(row.employee.clone()) {
                seen.extend(row.others);
                collisions.push(row.employee);
            }
        }
        Ok(Self { holds, put_off, collisions: Arc::new(collisions), queue: Mutex::default() })
    }

    fn queue(&self, rulings: &Rulings, also: Option<&EmployeeId>) -> Arc<Queue> {
        let asked = self.put_off.iter().filter(|(who, _)| Some(*who) == also || is_asked_again(rulings.get(*who)));
        let asked: BTreeSet<usize> = asked.map(|(_, at)| *at).collect();
        let mut last = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = last.as_ref().filter(|queue| queue.also == asked) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(self.asked_about(asked));
        *last = Some(Arc::clone(&queue));
        queue
    }

    fn asked_about(&self, also: BTreeSet<usize>) -> Queue {
        let waits =
            |(at, (row, _)): &(usize, &(QueueRow, Option<Alike>))| row.code != HoldCode::Later || also.contains(at);
        let waiting: Vec<_> = self.holds.iter().enumerate().filter(waits).map(|(_, hold)| hold).collect();
        let groups = groups(waiting.iter().map(|(row, alike)| (row, alike.as_ref())));
        let mut rows: Vec<QueueRow> = waiting.iter().map(|(row, _)| row.clone()).collect();
        for (number, group) in groups.iter().enumerate() {
            for at in &group.rows {
                if let Some(row) = rows.get_mut(*at) {
                    row.group = Some(number);
                }
            }
        }
        let mut texts = TextIndex::default();
        for row in &rows {
            let text = format!("{} {} {}", row.name, row.employee, row.code.words());
            if !texts.push(&crate::domain::text::fold(&text)) {
                break;
            }
        }
        Queue { also, rows: Arc::new(rows.into_iter().collect()), groups: Arc::new(groups), texts }
    }

    fn found(&self, rulings: &Rulings, ask: &QueueAsk, whole: bool, mark: DeskMark) -> QueueFound {
        let queue = self.queue(rulings, ask.also.as_ref());
        let since = rulings.values().filter(|decision| decision.at >= ask.made);
        let mut ruled: Vec<(usize, Ruling)> = since
            .filter_map(|decision| Some((queue.rows.place(&decision.employee)?, decision.ruling.clone())))
            .collect();
        ruled.sort_unstable_by_key(|(at, _)| *at);
        QueueFound {
            rows: Arc::clone(&queue.rows),
            groups: Arc::clone(&queue.groups),
            ruled,
            collisions: Arc::clone(&self.collisions),
            whole,
            mark,
        }
    }
}

/// A question for the queue of a plan.
#[derive(Debug, Clone)]
pub struct QueueAsk {
    pub connection: ConnectionId,
    pub plan: PlanId,
    /// When the plan was made: rulings since then are told.
    pub made: jiff::Timestamp,
    /// Somebody who is shown although nobody asks about him.
    pub also: Option<EmployeeId>,
}

fn key(c: &Sqlite, connection: ConnectionId, plan: PlanId) -> Result<Key, StoreError> {
    Ok((plan, snapshots::current(c, connection, Side::Source)?, snapshots::current(c, connection, Side::Destination)?))
}

/// The queue in memory; a short one is read at once.
fn now(c: &Sqlite, lists: &ReviewLists, connection: ConnectionId, plan: PlanId) -> Result<Now<ReviewList>, StoreError> {
    let key = key(c, connection, plan)?;
    let now = lists.now(c, connection, &key)?;
    if matches!(now, Now::Wanted) && review_desk::is_short(c, plan, FIRST)? {
        let read = ReviewList::read(c, connection, plan, None);
        read.and_then(|list| lists.put(c, connection, key, Some(list))).inspect_err(|_| lists.give_up())?;
        return lists.now(c, connection, &key);
    }
    Ok(now)
}

impl Store {
    /// Who waits for a ruling after a plan, riskiest first, with what was ruled since. While a long queue is being read into
    /// memory, its first cards.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_found(&self, ask: QueueAsk) -> Result<QueueFound, StoreError> {
        let (lists, kept) = (Arc::clone(&self.inner.review), self.kept()?);
        let (connection, plan, in_memory) = (ask.connection, ask.plan, self.lane == ReadLane::Screen);
        let (found, wanted) = self
            .read(move |c| {
                let (rulings, mark) = (rulings(c, &kept, connection)?, DeskMark::of(c, connection)?);
                let now = if in_memory { now(c, &lists, connection, plan)? } else { Now::Never };
                Ok(match now {
                    Now::Here(list) => (list.found(&rulings, &ask, true, mark), false),
                    Now::Never => {
                        (ReviewList::read(c, connection, plan, None)?.found(&rulings, &ask, true, mark), false)
                    }
                    other => {
                        let first = ReviewList::read(c, connection, plan, Some(FIRST))?;
                        (first.found(&rulings, &ask, false, mark), matches!(other, Now::Wanted))
                    }
                })
            })
            .await?;
        if wanted {
            self.read_review(connection, plan);
        }
        Ok(found)
    }

    /// The next card behind `after`, then from the start, whose name, id or reason has a text; `None` while the queue is
    /// not in memory, `Some(None)` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_place(
        &self,
        ask: QueueAsk,
        text: &str,
        after: usize,
    ) -> Result<Option<Option<usize>>, StoreError> {
        let (lists, kept) = (Arc::clone(&self.inner.review), self.kept()?);
        let (connection, plan) = (ask.connection, ask.plan);
        let text = crate::domain::text::fold(text);
        let (found, wanted) = self
            .read(move |c| {
                let list = match now(c, &lists, connection, plan)? {
                    Now::Here(list) => list,
                    other => return Ok((None, matches!(other, Now::Wanted))),
                };
                let queue = list.queue(&rulings(c, &kept, connection)?, ask.also.as_ref());
                let places = queue.texts.places(&text);
                let behind = places.iter().find(|place| *place as usize > after);
                Ok((Some(behind.or_else(|| places.iter().next()).map(|place| place as usize)), false))
            })
            .await?;
        if wanted {
            self.read_review(connection, plan);
        }
        Ok(found)
    }

    /// Has the queue of the newest plan read, where it is not there.
    pub(super) async fn keep_review(&self, connection: ConnectionId) -> Result<(), StoreError> {
        if self.lane != ReadLane::Screen {
            return Ok(());
        }
        let lists = Arc::clone(&self.inner.review);
        let wanted = self
            .read(move |c| {
                let Some(head) = plans::latest(c, connection)? else { return Ok(None) };
                Ok(matches!(now(c, &lists, connection, head.id)?, Now::Wanted).then_some(head.id))
            })
            .await?;
        if let Some(plan) = wanted {
            self.read_review(connection, plan);
        }
        Ok(())
    }

    /// Has the queue read; nobody waits for it.
    fn read_review(&self, connection: ConnectionId, plan: PlanId) {
        let lists = Arc::clone(&self.inner.review);
        let begun = self.begin_reading(move |c| {
            let read = c.and_then(|c| {
                let list = ReviewList::read(c, connection, plan, None)?;
                // The queue is put together here too, not when it is asked for first.
                list.queue(&Rulings::default(), None);
                lists.put(c, connection, key(c, connection, plan)?, Some(list))
            });
            if let Err(error) = read {
                tracing::warn!(%error, "the review queue is not kept in memory; its first cards are read each time");
                lists.give_up();
            }
        });
        if !begun {
            self.inner.review.give_up();
        }
    }
}
