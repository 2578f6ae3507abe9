//! Everybody in review after a plan in memory, in the orders of the list, with the groups of those who are alike: read once for a
//! plan, and each question lays the rulings since over it.

use super::review_desk::{self, DeskHold};
use super::review_figures::{self, ReviewFigures, ReviewProgress};
use super::review_filter::{self, FilterAsk, ReviewFiltered, Ruled, RuledBy};
use super::review_groups::{Alike, AlikeGroup, Shared, groups};
use super::review_index::{ReviewIndex, Shown};
use super::shelf::{Now, Shelf};
use crate::domain::decision::Ruling;
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, UserId};
use crate::domain::plan::HoldCode;
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::reader::ReadLane;
use crate::store::{Sqlite, Store, plans, snapshots};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Cards that are shown before everybody is read; a queue that is no longer is read at once.
const FIRST: usize = 60;
/// A queue up to this length is put into every order before somebody asks; a longer one would take too much memory.
const ORDERED_AHEAD: usize = 200_000;

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
    /// Of the second candidate, 0 where there is none.
    pub second: f64,
    /// Whether another employee claims the best candidate too, or is another record of this person.
    pub has_rival: bool,
    /// Number of its group.
    pub group: Option<usize>,
}

/// In which order the queue stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReviewOrder {
    /// Nearest to even odds first; those alike stand together, where the least certain of them stands, and are one line of the
    /// list.
    #[default]
    LeastCertain,
    Surest,
    Name,
    /// By why they are held, the riskiest reason first.
    Because,
}

impl ReviewOrder {
    /// Every order.
    pub const ALL: [ReviewOrder; 4] = [Self::LeastCertain, Self::Surest, Self::Name, Self::Because];

    /// The stable word of the command line.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::LeastCertain => "least-certain",
            Self::Surest => "surest",
            Self::Name => "name",
            Self::Because => "because",
        }
    }

    /// What a person reads.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LeastCertain => "least certain first",
            Self::Surest => "surest first",
            Self::Name => "by name",
            Self::Because => "by why they are held",
        }
    }
}

/// The cards in order, and where everybody stands.
#[derive(Debug, Default, PartialEq)]
pub struct QueueRows {
    rows: Vec<QueueRow>,
    places: HashMap<EmployeeId, usize>,
    /// The first card of each line of the list.
    lines: Arc<Vec<i64>>,
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

    /// The cards that begin a line of the list, by their places.
    pub fn lines(&self) -> &Arc<Vec<i64>> {
        &self.lines
    }

    fn in_order(rows: Vec<QueueRow>, folds: bool) -> Self {
        let places = rows.iter().enumerate().map(|(at, row)| (row.employee.clone(), at)).collect();
        let begins = |at: usize| {
            let group = rows.get(at).and_then(|row| row.group);
            !folds || group.is_none() || at == 0 || rows.get(at - 1).and_then(|row| row.group) != group
        };
        let lines = (0..rows.len()).filter(|at| begins(*at)).filter_map(|at| i64::try_from(at).ok()).collect();
        Self { places, lines: Arc::new(lines), rows }
    }
}

impl FromIterator<QueueRow> for QueueRows {
    fn from_iter<T: IntoIterator<Item = QueueRow>>(rows: T) -> Self {
        Self::in_order(rows.into_iter().collect(), true)
    }
}

/// Who waits for a ruling.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueFound {
    /// Shared: there may be a million.
    pub rows: Arc<QueueRows>,
    pub groups: Arc<Vec<AlikeGroup>>,
    /// Who of them was ruled on, by row: one of those that `figures` count. Without a ruling something was said beside another
    /// record.
    pub ruled: Vec<(usize, Option<Ruling>)>,
    /// How far Review has come, those who are no longer in the queue among them.
    pub figures: ReviewFigures,
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
    /// Least certain first.
    holds: Vec<(QueueRow, Option<Alike>)>,
    /// Who was put off: shown only where somebody goes there.
    put_off: HashMap<EmployeeId, usize>,
    collisions: Arc<Vec<EmployeeId>>,
    /// The queue as it was asked for last, in each order.
    queues: Mutex<HashMap<&'static str, Arc<Queue>>>,
    /// What a filter looks for; prepared in the background, or once somebody filters.
    index: Mutex<Index>,
}

/// Whether a filter is prepared.
#[derive(Default)]
enum Index {
    #[default]
    NotYet,
    Here(Arc<ReviewIndex>),
    /// There is more of it than can be kept.
    Never,
}

/// The rows that are asked about, in order.
struct Queue {
    /// Who was put off and is shown all the same.
    also: Option<usize>,
    rows: Arc<QueueRows>,
    /// Where each of them stands among the holds.
    of: Vec<u32>,
    groups: Arc<Vec<AlikeGroup>>,
}

/// Not weighed at all, then how far from even odds, then how risky the reason is.
fn certainty(a: &QueueRow, b: &QueueRow) -> Ordering {
    let far = |row: &QueueRow| (row.probability - 0.5).abs();
    (a.probability <= 0.0)
        .cmp(&(b.probability <= 0.0))
        .then_with(|| far(a).total_cmp(&far(b)))
        .then_with(|| a.code.cmp(&b.code))
        // Holds are numbered as they stand in their plan.
        .then_with(|| a.hold.cmp(&b.hold))
}

pub(super) fn row_of(hold: DeskHold) -> QueueRow {
    let best = hold.best;
    let claims = |line: &crate::domain::plan::Evidence| line.field == "rival";
    let has_rival = hold.records > 0 || best.as_ref().is_some_and(|best| best.evidence.iter().any(claims));
    QueueRow {
        has_rival,
        hold: hold.hold,
        employee: hold.employee,
        name: hold.name,
        code: hold.code,
        second: hold.rival,
        probability: best.as_ref().map_or(0.0, |best| best.probability),
        user_name: best.as_ref().map(|best| best.name.clone()).unwrap_or_default(),
        user: best.map(|best| best.user),
        group: None,
    }
}

impl ReviewList {
    /// Reads the queue of a plan, or its first `limit` people.
    fn read(c: &Sqlite, connection: ConnectionId, plan: PlanId, limit: Option<usize>) -> Result<Self, StoreError> {
        let (mut holds, mut shared, mut late) = (Vec::new(), Shared::default(), HashSet::new());
        review_desk::desk(c, connection, plan, limit, |hold| {
            // Of a part nobody knows who else is alike.
            let alike = limit.is_none().then(|| Alike::of(&hold, &mut shared)).flatten();
            if hold.is_put_off {
                late.insert(hold.employee.clone());
            }
            holds.push((row_of(hold), alike));
        })?;
        holds.sort_by(|(a, _), (b, _)| certainty(a, b));
        let later = holds.iter().enumerate().filter(|(_, (row, _))| late.contains(&row.employee));
        let put_off = later.map(|(at, (row, _))| (row.employee.clone(), at)).collect();
        let mut collisions: Vec<EmployeeId> = Vec::new();
        let mut seen = BTreeSet::new();
        for row in if limit.is_none() { review_desk::collisions(c, plan)? } else { Vec::new() } {
            if seen.insert(row.employee.clone()) {
                seen.extend(row.others);
                collisions.push(row.employee);
            }
        }
        let (queues, index) = (Mutex::default(), Mutex::default());
        Ok(Self { holds, put_off, collisions: Arc::new(collisions), queues, index })
    }

    fn queue(&self, order: ReviewOrder, also: Option<&EmployeeId>) -> Arc<Queue> {
        let also = also.and_then(|also| self.put_off.get(also).copied());
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(order.key()).filter(|queue| queue.also == also) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(self.in_order(order, also));
        queues.insert(order.key(), Arc::clone(&queue));
        queue
    }

    fn in_order(&self, order: ReviewOrder, also: Option<usize>) -> Queue {
        let is_shown = |at: usize, row: &QueueRow| Some(at) == also || !self.put_off.contains_key(&row.employee);
        let shown = (0u32..).zip(&self.holds).filter(|(at, (row, _))| is_shown(*at as usize, row));
        let (of, waiting): (Vec<u32>, Vec<_>) = shown.unzip();
        let mut groups = groups(waiting.iter().map(|(row, alike)| (row, alike.as_ref())));
        let mut rows: Vec<QueueRow> = waiting.iter().map(|(row, _)| row.clone()).collect();
        for (number, group) in groups.iter().enumerate() {
            for at in &group.rows {
                if let Some(row) = rows.get_mut(*at) {
                    row.group = Some(number);
                }
            }
        }
        let folds = order == ReviewOrder::LeastCertain;
        let places = places(order, &rows, &groups);
        let of = places.iter().filter_map(|then| of.get(*then).copied()).collect();
        let mut moved = vec![0; rows.len()];
        places.iter().enumerate().for_each(|(now, then)| {
            if let Some(place) = moved.get_mut(*then) {
                *place = now;
            }
        });
        for at in groups.iter_mut().flat_map(|group| &mut group.rows) {
            *at = moved.get(*at).copied().unwrap_or_default();
        }
        let mut sorted: Vec<(usize, QueueRow)> = moved.into_iter().zip(rows).collect();
        sorted.sort_unstable_by_key(|(at, _)| *at);
        let rows: Vec<QueueRow> = sorted.into_iter().map(|(_, row)| row).collect();
        Queue { also, rows: Arc::new(QueueRows::in_order(rows, folds)), of, groups: Arc::new(groups) }
    }

    /// What a filter looks for; whoever asks while it is being prepared waits for it.
    fn index(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        plan: PlanId,
    ) -> Result<Option<Arc<ReviewIndex>>, StoreError> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Index::NotYet = &*index {
            let made = ReviewIndex::of(&self.holds, review_filter::told(c, connection, plan)?);
            *index = made.map_or(Index::Never, |made| Index::Here(Arc::new(made)));
        }
        Ok(match &*index {
            Index::Here(index) => Some(Arc::clone(index)),
            Index::NotYet | Index::Never => None,
        })
    }

    /// Who passes a filter. A queue that is not kept is looked through once, without preparation.
    fn filtered(
        &self,
        c: &Sqlite,
        ask: &FilterAsk,
        progress: &ReviewProgress,
        is_kept: bool,
    ) -> Result<ReviewFiltered, StoreError> {
        let QueueAsk { connection, plan, also, order } = &ask.queue;
        let queue = self.queue(*order, also.as_ref());
        let mut by = review_filter::all_ruled_by(c, *connection, progress.ruled.iter().map(|(one, _)| one))?;
        let ruled = progress.ruled.iter().map(|(employee, ruling)| {
            let by = by.remove(employee).unwrap_or_default();
            (employee, (ruling.as_ref(), by))
        });
        let index = if is_kept { self.index(c, *connection, *plan)? } else { None };
        let Some(index) = index else {
            let (ruled, told) = (ruled.collect::<RuledBy<'_>>(), review_filter::told(c, *connection, *plan)?);
            let asked = (&ask.columns[..], &ask.conditions[..]);
            return Ok(review_filter::filtered(queue.rows.all(), &told, &ruled, asked));
        };
        let place = |employee: &EmployeeId| queue.of.get(queue.rows.place(employee)?).copied();
        let ruled: BTreeMap<u32, Ruled<'_>> =
            ruled.filter_map(|(employee, ruled)| Some((place(employee)?, ruled))).collect();
        let shown = Shown { holds: &self.holds, order: &queue.of, ruled: &ruled };
        Ok(index.filtered(&shown, &ask.columns, &ask.conditions))
    }

    fn found(&self, progress: &ReviewProgress, ask: &QueueAsk, whole: bool, mark: DeskMark) -> QueueFound {
        let queue = self.queue(ask.order, ask.also.as_ref());
        let place =
            |(employee, ruling): &(EmployeeId, Option<Ruling>)| Some((queue.rows.place(employee)?, ruling.clone()));
        let mut ruled: Vec<(usize, Option<Ruling>)> = progress.ruled.iter().filter_map(place).collect();
        ruled.sort_unstable_by_key(|(at, _)| *at);
        QueueFound {
            rows: Arc::clone(&queue.rows),
            groups: Arc::clone(&queue.groups),
            ruled,
            figures: progress.figures,
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
    /// Somebody who is shown although nobody asks about him.
    pub also: Option<EmployeeId>,
    pub order: ReviewOrder,
}

impl QueueAsk {
    /// The whole queue of a plan.
    #[must_use]
    pub fn of(head: &crate::store::PlanHead, order: ReviewOrder) -> Self {
        Self { connection: head.connection, plan: head.id, also: None, order }
    }
}

/// The rows in an order, by their places in the order of certainty. Those alike stand together in that order alone, opened by the
/// one whose rival is strongest.
fn places(order: ReviewOrder, rows: &[QueueRow], groups: &[AlikeGroup]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    let row = |at: &usize| rows.get(*at);
    match order {
        ReviewOrder::LeastCertain => {
            let mut together = Vec::with_capacity(rows.len());
            let mut done = vec![false; groups.len()];
            for at in places {
                match rows.get(at).and_then(|row| row.group) {
                    None => together.push(at),
                    Some(number) if done.get(number) == Some(&false) => {
                        if let (Some(done), Some(group)) = (done.get_mut(number), groups.get(number)) {
                            *done = true;
                            let mut members = group.rows.clone();
                            members.sort_unstable();
                            let second = |at: &usize| row(at).map_or(0.0, |row| row.second);
                            members.sort_by(|a, b| second(b).total_cmp(&second(a)));
                            together.extend(members);
                        }
                    }
                    Some(_) => {}
                }
            }
            return together;
        }
        ReviewOrder::Surest => {
            let sure = |at: &usize| row(at).map_or(0.0, |row| row.probability);
            places.sort_by(|a, b| sure(b).total_cmp(&sure(a)));
        }
        ReviewOrder::Name => {
            places.sort_by_cached_key(|at| row(at).map(|row| crate::domain::text::fold(&row.name)));
        }
        ReviewOrder::Because => places.sort_by_key(|at| row(at).map(|row| row.code)),
    }
    places
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
        read.and_then(|list| lists.put(c, connection, key, Some(list)))?;
        return lists.now(c, connection, &key);
    }
    Ok(now)
}

impl Store {
    /// Who waits for a ruling after a plan, in the order asked for, with what was ruled since. While a long queue is being read into
    /// memory, its first cards.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_found(&self, ask: QueueAsk) -> Result<QueueFound, StoreError> {
        let (lists, kept) = (Arc::clone(&self.inner.review), self.kept()?);
        let (connection, plan, in_memory) = (ask.connection, ask.plan, self.lane == ReadLane::Screen);
        let (found, wanted) = self
            .read(move |c| {
                let progress = review_figures::progress(c, &kept, &plans::head(c, plan)?)?;
                let mark = DeskMark::of(c, connection)?;
                let now = if in_memory { now(c, &lists, connection, plan)? } else { Now::Never };
                Ok(match now {
                    Now::Here(list) => (list.found(&progress, &ask, true, mark), false),
                    Now::Never => {
                        (ReviewList::read(c, connection, plan, None)?.found(&progress, &ask, true, mark), false)
                    }
                    other => {
                        let first = ReviewList::read(c, connection, plan, Some(FIRST))?;
                        (first.found(&progress, &ask, false, mark), matches!(other, Now::Wanted))
                    }
                })
            })
            .await?;
        if wanted {
            self.read_review(connection, plan);
        }
        Ok(found)
    }

    /// Who of the queue passes a filter, and the facets; `None` while the queue is being read into memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_filtered(&self, ask: FilterAsk) -> Result<Option<ReviewFiltered>, StoreError> {
        let (lists, kept) = (Arc::clone(&self.inner.review), self.kept()?);
        let (connection, plan, in_memory) = (ask.queue.connection, ask.queue.plan, self.lane == ReadLane::Screen);
        let (found, wanted) = self
            .read(move |c| {
                let progress = review_figures::progress(c, &kept, &plans::head(c, plan)?)?;
                let now = if in_memory { now(c, &lists, connection, plan)? } else { Now::Never };
                Ok(match now {
                    Now::Here(list) => (Some(list.filtered(c, &ask, &progress, true)?), false),
                    Now::Never => {
                        (Some(ReviewList::read(c, connection, plan, None)?.filtered(c, &ask, &progress, false)?), false)
                    }
                    other => (None, matches!(other, Now::Wanted)),
                })
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
        if !lists.begin() {
            return;
        }
        let begun = self.begin_reading(move |c| {
            let read = c.and_then(|c| {
                let list = ReviewList::read(c, connection, plan, None)?;
                // The queue is put together here too, not when it is asked for first.
                list.queue(ReviewOrder::default(), None);
                let key = key(c, connection, plan)?;
                lists.put(c, connection, key, Some(list))?;
                // What else may be asked of it is prepared while the first cards are looked at.
                match lists.now(c, connection, &key)? {
                    Now::Here(list) => {
                        list.index(c, connection, plan)?;
                        if list.holds.len() <= ORDERED_AHEAD {
                            ReviewOrder::ALL.iter().for_each(|order| drop(list.queue(*order, None)));
                        }
                    }
                    // Let go of meanwhile: whoever asks next has it read again.
                    Now::Wanted | Now::Coming | Now::Never => {}
                }
                Ok(())
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
