//! The journal: where each operation of a plan stands. `sent` is on disk before the request leaves.

use super::columns::{json_or_none, micros, of_row, record, time, time_or_none, word};
use super::error::StoreError;
use super::plans::operation_of;
use super::writer::Write;
use super::{Group, Sqlite, Store, drift};
use crate::domain::decision::Parked;
use crate::domain::drift::{Fate, Moved, Sums};
use crate::domain::field::FieldChange;
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, PlanId, UserId};
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind, welcomes};
use crate::domain::record::Record;
use crate::domain::run::{NO_ANSWER, OperationState};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;
use std::time::Duration;

/// An operation and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRow {
    pub operation: Operation,
    pub state: OperationState,
    /// Held back by an operator or by an approval without its part.
    pub withheld: bool,
    /// The user just before the write; what an undo puts back.
    pub before: Option<User>,
    /// The user that the destination answered.
    pub answered: Option<UserId>,
    /// The destination's code and words.
    pub error: Option<(String, String)>,
    /// What it met where nothing was sent, or where it was taken otherwise than it was approved.
    pub moved: Option<Moved>,
    /// How often it was sent.
    pub attempts: u32,
    pub sent_at: Option<Timestamp>,
    /// When it reached the state it has.
    pub done_at: Option<Timestamp>,
}

impl JournalRow {
    /// A line that was planned and that nobody has tried.
    #[must_use]
    pub fn untried(operation: Operation) -> Self {
        Self {
            operation,
            state: OperationState::Pending,
            withheld: false,
            before: None,
            answered: None,
            error: None,
            moved: None,
            attempts: 0,
            sent_at: None,
            done_at: None,
        }
    }
}

/// Where a line of a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePlace {
    pub seq: u32,
    pub kind: OperationKind,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationMark {
    pub seq: u32,
    pub state: OperationState,
    /// The user that the destination answered; an earlier answer stays where this is `None`.
    pub answered: Option<UserId>,
    /// The destination's code and words; an earlier one is cleared where this is `None`.
    pub error: Option<(String, String)>,
}

/// How many operations are in each state, by kind; withheld ones apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalTotals {
    counts: BTreeMap<(OperationKind, &'static str), u32>,
    /// Withheld lines that are still pending.
    pub withheld: u32,
    /// Of those that are written or confirmed: there already, nothing was sent.
    already: BTreeMap<(OperationKind, &'static str), u32>,
    /// Of those that were set aside: parked by the destination.
    parked: u32,
    /// Of those that failed: no answer came to them.
    pub unanswered: u32,
}

impl JournalTotals {
    /// The given number of updates in each of these states.
    pub fn of_updates(states: &[(OperationState, u32)]) -> Self {
        let counts = states.iter().map(|(state, count)| ((OperationKind::Update, state.key()), *count)).collect();
        Self { counts, ..Self::default() }
    }

    /// The same of a run that is at work: what was written down to be sent is on its way or about to leave, and nobody has waited
    /// for an answer in vain.
    #[must_use]
    pub fn while_at_work(mut self) -> Self {
        let on_their_way = std::mem::take(&mut self.counts);
        for ((kind, state), count) in on_their_way {
            let state = if state == OperationState::Sent.key() { OperationState::Pending.key() } else { state };
            *self.counts.entry((kind, state)).or_default() += count;
        }
        self
    }

    /// Operations in `state`, of all kinds.
    pub fn state(&self, state: OperationState) -> u32 {
        self.counts.iter().filter(|((_, key), _)| *key == state.key()).map(|(_, count)| count).sum()
    }

    /// Operations of `kind` in `state`.
    pub fn of(&self, kind: OperationKind, state: OperationState) -> u32 {
        self.counts.get(&(kind, state.key())).copied().unwrap_or(0)
    }

    /// Operations of `kind` in any state.
    pub fn kind(&self, kind: OperationKind) -> u32 {
        self.counts.iter().filter(|((other, _), _)| *other == kind).map(|(_, count)| count).sum()
    }

    /// How the lines add up.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for state in OperationState::ALL {
            sums.add(Fate::of(state, false, None), self.state(state));
        }
        sums.tell_apart(Fate::CarriedOut, Fate::Already, self.already.values().sum());
        sums.tell_apart(Fate::Skipped, Fate::Parked, self.parked);
        sums.add(Fate::Withheld, self.withheld);
        sums
    }

    /// Operations of `kind` that were carried out; those that were there already are not among them.
    pub fn carried_out(&self, kind: OperationKind) -> u32 {
        let there = self.already.iter().filter(|((other, _), _)| *other == kind).map(|(_, count)| count).sum();
        let all = self.of(kind, OperationState::Written) + self.of(kind, OperationState::Confirmed);
        all.saturating_sub(there)
    }

    /// Of those that were carried out: read back and equal.
    pub fn confirmed(&self) -> u32 {
        let key = OperationState::Confirmed.key();
        let there = self.already.iter().filter(|((_, state), _)| *state == key).map(|(_, count)| count).sum();
        self.state(OperationState::Confirmed).saturating_sub(there)
    }

    /// All operations that are not withheld.
    pub fn all(&self) -> u32 {
        self.counts.values().sum()
    }
}

pub(super) fn row_of(row: &Row<'_>) -> rusqlite::Result<JournalRow> {
    let code: Option<String> = row.get("error_code")?;
    let message: Option<String> = row.get("error_message")?;
    Ok(JournalRow {
        operation: operation_of(row)?,
        state: word(row, "state", OperationState::from_key)?,
        withheld: row.get("withheld")?,
        before: of_row(json_or_none(row, "before"), || "the user as it was before a write".to_owned())?,
        answered: row.get::<_, Option<String>>("answered")?.map(UserId),
        error: code.zip(message),
        moved: drift::moved_of(row)?,
        attempts: row.get("attempts")?,
        sent_at: time_or_none(row, "sent_at")?,
        done_at: time_or_none(row, "done_at")?,
    })
}

/// Rows in any of `states` (all where empty), in the order in which they are applied.
pub(super) fn rows(c: &Sqlite, plan: PlanId, states: &[OperationState]) -> Result<Vec<JournalRow>, StoreError> {
    let mut found = Vec::new();
    if states.is_empty() {
        let mut query = c.prepare_cached("SELECT * FROM operation WHERE plan = ?1 ORDER BY seq")?;
        found = query.query_map([plan.0], row_of)?.collect::<Result<_, _>>()?;
    }
    for state in states {
        let mut query = c.prepare_cached("SELECT * FROM operation WHERE plan = ?1 AND state = ?2")?;
        for row in query.query_map(params![plan.0, state.key()], row_of)? {
            found.push(row?);
        }
    }
    found.sort_by_key(|row| row.operation.seq);
    found.dedup_by_key(|row| row.operation.seq);
    Ok(found)
}

/// One line of a plan.
fn line(c: &Sqlite, plan: PlanId, seq: u32) -> Result<Option<JournalRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM operation WHERE plan = ?1 AND seq = ?2")?;
    Ok(query.query_row(params![plan.0, seq], row_of).optional()?)
}

fn places(c: &Sqlite, plan: PlanId, state: OperationState) -> Result<Vec<LinePlace>, StoreError> {
    let mut query = c.prepare_cached("SELECT seq, kind FROM operation WHERE plan = ?1 AND state = ?2")?;
    let places = query.query_map(params![plan.0, state.key()], |row| {
        Ok(LinePlace { seq: row.get(0)?, kind: word(row, "kind", OperationKind::from_key)? })
    })?;
    let mut places: Vec<LinePlace> = places.collect::<Result<_, _>>()?;
    places.sort_unstable_by_key(|place| place.seq);
    Ok(places)
}

/// An operation may be sent when it is pending, or again when the destination said no. One whose answer was lost must be
/// settled by reading first, which makes it pending again where it did not take effect.
pub(super) fn mark_sent(
    c: &Sqlite,
    now: Timestamp,
    plan: PlanId,
    seq: u32,
    before: Option<&str>,
) -> Result<(), StoreError> {
    let sent = c
        .prepare_cached(
            "UPDATE operation SET state = 'sent', before = coalesce(?3, before), sent_at = ?4, done_at = NULL,
                    attempts = attempts + 1, error_code = NULL, error_message = NULL
             WHERE plan = ?1 AND seq = ?2 AND withheld = 0 AND state IN ('pending', 'failed')",
        )?
        .execute(params![plan.0, seq, before, micros(now)])?;
    if sent > 0 { Ok(()) } else { Err(wrong_state(c, plan, seq, "ready to be sent")?) }
}

fn wrong_state(c: &Sqlite, plan: PlanId, seq: u32, wanted: &'static str) -> Result<StoreError, StoreError> {
    let found: Option<(String, bool)> = c
        .prepare_cached("SELECT state, withheld FROM operation WHERE plan = ?1 AND seq = ?2")?
        .query_row(params![plan.0, seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        None => StoreError::missing(format!("operation {seq} of plan {plan}")),
        Some((state, withheld)) => {
            let state = if withheld { format!("{state}, held back") } else { state };
            StoreError::WrongState { plan: plan.0, seq, state, wanted }
        }
    })
}

pub(super) fn mark(c: &Sqlite, now: Timestamp, plan: PlanId, mark: &OperationMark) -> Result<(), StoreError> {
    let (code, message) = mark.error.as_ref().map(|(code, message)| (code, message)).unzip();
    let marked = c
        .prepare_cached(
            "UPDATE operation SET state = ?3, answered = coalesce(?4, answered), error_code = ?5, error_message = ?6,
                    done_at = ?7 WHERE plan = ?1 AND seq = ?2",
        )?
        .execute(params![
            plan.0,
            mark.seq,
            mark.state.key(),
            mark.answered.as_ref().map(|user| user.as_str()),
            code,
            message,
            micros(now),
        ])?;
    if marked > 0 { Ok(()) } else { Err(StoreError::missing(format!("operation {} of plan {plan}", mark.seq))) }
}

fn put_back(c: &Sqlite, plan: PlanId, seq: u32) -> Result<(), StoreError> {
    let taken = c
        .prepare_cached(
            "UPDATE operation SET state = 'pending', attempts = max(attempts - 1, 0), done_at = NULL,
                    sent_at = CASE WHEN attempts > 1 THEN sent_at END
             WHERE plan = ?1 AND seq = ?2 AND state = 'sent'",
        )?
        .execute(params![plan.0, seq])?;
    if taken > 0 { Ok(()) } else { Err(wrong_state(c, plan, seq, "on its way")?) }
}

pub(super) fn totals(c: &Sqlite, plan: PlanId) -> Result<JournalTotals, StoreError> {
    counted(c, plan, None)
}

/// [`totals`] of the lines that were tried in this span; those that nobody has tried are of the span without an end.
pub(super) fn totals_within(c: &Sqlite, plan: PlanId, within: (i64, i64)) -> Result<JournalTotals, StoreError> {
    counted(c, plan, Some(within))
}

fn counted(c: &Sqlite, plan: PlanId, within: Option<(i64, i64)>) -> Result<JournalTotals, StoreError> {
    // Without a span the index alone answers.
    let condition = match within {
        None => "?2 IS NOT ?3",
        Some(_) => {
            "CASE WHEN coalesce(sent_at, done_at) IS NULL THEN ?3 = 9223372036854775807
             ELSE coalesce(sent_at, done_at) >= ?2 AND coalesce(sent_at, done_at) < ?3 END"
        }
    };
    let (from, until) = within.unwrap_or((0, 1));
    let mut totals = JournalTotals::default();
    let mut query = c.prepare_cached(&format!(
        "SELECT kind, state, count(*) AS count FROM operation WHERE plan = ?1 AND {condition} GROUP BY state, kind"
    ))?;
    let mut rows = query.query(params![plan.0, from, until])?;
    while let Some(row) = rows.next()? {
        let kind = word(row, "kind", OperationKind::from_key)?;
        let state = word(row, "state", OperationState::from_key)?;
        totals.counts.insert((kind, state.key()), row.get("count")?);
    }
    let mut query = c.prepare_cached(&format!(
        "SELECT kind, count(*) AS count FROM operation
         WHERE plan = ?1 AND state = 'pending' AND withheld = 1 AND {condition} GROUP BY kind"
    ))?;
    let mut rows = query.query(params![plan.0, from, until])?;
    while let Some(row) = rows.next()? {
        let kind = word(row, "kind", OperationKind::from_key)?;
        let count: u32 = row.get("count")?;
        totals.withheld += count;
        if let Some(pending) = totals.counts.get_mut(&(kind, OperationState::Pending.key())) {
            *pending -= count;
        }
    }
    if totals.state(OperationState::Failed) > 0 {
        let mut query = c.prepare_cached(&format!(
            "SELECT count(*) FROM operation WHERE plan = ?1 AND state = 'failed' AND error_code = ?4 AND {condition}"
        ))?;
        totals.unanswered = query.query_row(params![plan.0, from, until, NO_ANSWER], |row| row.get(0))?;
    }
    (totals.already, totals.parked) = drift::apart(c, plan, condition, (from, until))?;
    Ok(totals)
}

/// People about whom a line was sent and not heard back, in whatever plan.
pub(super) fn unsettled(c: &Sqlite, connection: ConnectionId) -> Result<Vec<EmployeeId>, StoreError> {
    let mut query = c.prepare_cached(
        // By state, of which there are few; by person it would walk every line of every plan.
        "SELECT DISTINCT o.employee FROM plan p
         JOIN operation o INDEXED BY operation_by_state ON o.plan = p.id AND o.state IN ('sent', 'unknown')
         WHERE p.connection = ?1 AND o.employee IS NOT NULL ORDER BY 1",
    )?;
    let people = query.query_map([connection.0], |row| row.get(0).map(EmployeeId))?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// People whose creation was answered less than `within` before the current users began to be read, or after it, and was
/// not read back.
fn created_shortly_before_reading(
    c: &Sqlite,
    connection: ConnectionId,
    within: Duration,
) -> Result<Vec<EmployeeId>, StoreError> {
    let within = i64::try_from(within.as_micros()).unwrap_or(i64::MAX);
    let mut query = c.prepare_cached(
        "SELECT DISTINCT o.employee FROM plan p
         JOIN operation o INDEXED BY operation_by_state ON o.plan = p.id AND o.state = 'written' AND o.kind = 'create'
         WHERE p.connection = ?1 AND o.employee IS NOT NULL
           AND o.done_at > (SELECT begun_at FROM snapshot WHERE connection = ?1 AND side = 'destination' AND state = 'current')
                           - ?2
         ORDER BY o.employee",
    )?;
    let people = query.query_map(params![connection.0, within], |row| row.get(0).map(EmployeeId))?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// People whose creation was written and never read back, each with the last time.
fn created_and_not_confirmed(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Parked>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT o.employee, max(o.done_at) AS at FROM plan p
         JOIN operation o INDEXED BY operation_by_state ON o.plan = p.id AND o.state = 'written' AND o.kind = 'create'
         WHERE p.connection = ?1 AND o.employee IS NOT NULL GROUP BY o.employee ORDER BY o.employee",
    )?;
    let people = query
        .query_map([connection.0], |row| Ok(Parked { employee: EmployeeId(row.get(0)?), at: time(row, "at")? }))?;
    Ok(people.collect::<Result<_, _>>()?)
}

pub(super) fn welcomed(c: &Sqlite, plan: PlanId) -> Result<u32, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT fields FROM operation WHERE plan = ?1 AND kind = 'create' AND state IN ('written', 'confirmed')
           AND moved IS NULL",
    )?;
    let mut rows = query.query([plan.0])?;
    let mut welcomed = 0;
    while let Some(row) = rows.next()? {
        let fields: Vec<FieldChange> = record(row, "fields")?;
        welcomed += u32::from(welcomes(&fields));
    }
    Ok(welcomed)
}

impl Store {
    /// People about whom a line was sent and not heard back, in whatever plan of the connection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unsettled_people(&self, connection: ConnectionId) -> Result<Vec<EmployeeId>, StoreError> {
        self.read(move |c| unsettled(c, connection)).await
    }

    /// People who were created, but so shortly before the current users were read (or after it) that a destination which takes
    /// up to `within` to show what was written need not have shown them, and whom nothing has read back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn created_shortly_before_reading(
        &self,
        connection: ConnectionId,
        within: Duration,
    ) -> Result<Vec<EmployeeId>, StoreError> {
        self.read(move |c| created_shortly_before_reading(c, connection, within)).await
    }

    /// People whose creation was written and never read back: where only somebody else's doing shows it, they wait for that.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn created_and_not_confirmed(&self, connection: ConnectionId) -> Result<Vec<Parked>, StoreError> {
        self.read(move |c| created_and_not_confirmed(c, connection)).await
    }

    /// The operations of a plan in any of `states` (all where empty), in the order in which they are applied.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn operations(&self, plan: PlanId, states: &[OperationState]) -> Result<Vec<JournalRow>, StoreError> {
        let states = states.to_vec();
        self.read(move |c| rows(c, plan, &states)).await
    }

    /// The places of a plan's lines in a state, in the order in which they are applied: of a large plan the lines themselves are
    /// read a few at a time ([`Store::lines`]).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn places(&self, plan: PlanId, state: OperationState) -> Result<Vec<LinePlace>, StoreError> {
        self.read(move |c| places(c, plan, state)).await
    }

    /// These lines of a plan, in the order in which they are asked for; one that does not exist is left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn lines(&self, plan: PlanId, seqs: Vec<u32>) -> Result<Vec<JournalRow>, StoreError> {
        self.read(move |c| seqs.iter().filter_map(|seq| line(c, plan, *seq).transpose()).collect()).await
    }

    /// What each line of a plan does, and the identifier that it is about; of all lines, or of those in one state.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn identifiers_of(
        &self,
        plan: PlanId,
        state: Option<OperationState>,
    ) -> Result<Vec<(OperationKind, Option<Identifier>)>, StoreError> {
        let job = move |c: &Sqlite| {
            let mut query = c.prepare_cached(
                "SELECT kind, identifier FROM operation WHERE plan = ?1 AND (?2 IS NULL OR state = ?2)",
            )?;
            let lines = query.query_map(params![plan.0, state.map(OperationState::key)], |row| {
                let identifier = row.get::<_, Option<String>>("identifier")?.map(Identifier);
                Ok((word(row, "kind", OperationKind::from_key)?, identifier))
            })?;
            Ok(lines.collect::<Result<_, _>>()?)
        };
        self.read(job).await
    }

    /// [`Store::mark_sent_many`] for one operation.
    ///
    /// # Errors
    /// See there.
    pub async fn mark_sent(&self, plan: PlanId, seq: u32, before: Option<&User>) -> Result<(), StoreError> {
        self.mark_sent_many(plan, vec![(seq, before)]).await
    }

    /// Writes down that operations are about to be sent, each with how its user is just before. On disk, power cut or
    /// not, before it returns; all or none. Allowed from pending and, for a retry, from failed; one that is unknown is
    /// first settled by reading and marked pending again where it did not take effect.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] when one was sent already, is done, or is held back: then none must be sent.
    pub async fn mark_sent_many(&self, plan: PlanId, lines: Vec<(u32, Option<&User>)>) -> Result<(), StoreError> {
        let now = self.now();
        let lines = lines
            .into_iter()
            .map(|(seq, before)| Ok((seq, before.map(Record::to_json).transpose()?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let job = move |c: &Sqlite| {
            lines.iter().try_for_each(|(seq, before)| mark_sent(c, now, plan, *seq, before.as_deref()))
        };
        self.write(Write::durably(Group::Journal), job).await
    }

    /// Writes down what became of an operation. On disk before it returns.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such operation.
    pub async fn mark(
        &self,
        plan: PlanId,
        seq: u32,
        state: OperationState,
        answered: Option<UserId>,
        error: Option<(String, String)>,
    ) -> Result<(), StoreError> {
        self.mark_many(plan, vec![OperationMark { seq, state, answered, error }]).await
    }

    /// Writes down what became of many operations, all or none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when one of them does not exist; none is marked then.
    pub async fn mark_many(&self, plan: PlanId, marks: Vec<OperationMark>) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Journal), move |c| marks.iter().try_for_each(|m| mark(c, now, plan, m))).await
    }

    /// Takes back the marks of lines that were journaled and did not leave: they stand as they stood before, and nobody has tried
    /// them by this.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when one of them is not marked as sent; none is taken back then.
    pub async fn put_back(&self, plan: PlanId, seqs: Vec<u32>) -> Result<(), StoreError> {
        let job = move |c: &Sqlite| seqs.iter().try_for_each(|seq| put_back(c, plan, *seq));
        self.write(Write::durably(Group::Journal), job).await
    }

    /// How many operations of a plan are in each state.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn journal_totals(&self, plan: PlanId) -> Result<JournalTotals, StoreError> {
        self.read(move |c| totals(c, plan)).await
    }
}
