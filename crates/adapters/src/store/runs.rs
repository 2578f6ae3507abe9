//! Runs and their phases: the history.

use super::columns::{
    from_count, is_unreadable, json, json_or_none, micros, time, time_of, time_or_none, to_count, to_json, word,
};
use super::error::StoreError;
use super::journal::JournalTotals;
use super::lease::{self, Holder, Lives};
use super::writer::Write;
use super::{Group, Sqlite, Store, exchanges, journal, plans, reports};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Job, Phase, RunOutcome, RunPurpose, RunTotals, Scope, Trigger};
use crate::ports::clock::SharedClock;
use jiff::Timestamp;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{OptionalExtension, Row, params};

/// What a run starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    pub purpose: RunPurpose,
    pub job: Job,
    /// What else is to be said of it (`540 rows let through`); mostly nothing.
    pub note: String,
    /// Operator's name, or the schedule's.
    pub by: String,
}

impl NewRun {
    /// A run that somebody starts by hand, for everybody.
    pub fn by_hand(purpose: RunPurpose, by: &str) -> Self {
        Self { purpose, job: Job::default(), note: String::new(), by: by.to_owned() }
    }
}

/// A run, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub id: RunId,
    pub connection: ConnectionId,
    pub purpose: RunPurpose,
    pub job: Job,
    pub note: String,
    pub by: String,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub outcome: RunOutcome,
    pub totals: RunTotals,
    pub problem: Option<Problem>,
    /// The plan that it made or applies; it may not be kept any more.
    pub plan: Option<PlanId>,
}

impl RunRow {
    /// Whether a process is at work on it now.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        matches!(self.outcome, RunOutcome::Running | RunOutcome::Paused)
    }

    /// Why it ran, for people: `by hand, 3 people`, and what else was noted.
    pub fn why(&self) -> String {
        if self.note.is_empty() { self.job.words() } else { format!("{}, {}", self.job.words(), self.note) }
    }
}

/// How far a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseRow {
    pub phase: Phase,
    pub done: u64,
    /// `None` where nobody knows beforehand.
    pub total: Option<u64>,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
}

/// How a run stands, for the row `run`: one that was left open is at work when the lease of its tenant names it and
/// [`lease::is_at_work`](super::lease) says so, else it was interrupted. The only place that decides it.
pub(super) const STANDING: &str = "CASE WHEN run.outcome NOT IN ('running', 'paused', 'interrupted') THEN run.outcome
     ELSE coalesce((SELECT CASE lease.asked WHEN 'pause' THEN 'paused' ELSE 'running' END FROM lease
                    WHERE lease.connection = run.connection AND lease.run = run.id AND lease.held = 1
                      AND at_work(lease.renewed_at, lease.pid, lease.host, lease.start, lease.what)), 'interrupted')
     END AS standing";

/// Gives a connection the function that [`STANDING`] asks.
pub(super) fn add_at_work(c: &Sqlite, clock: &SharedClock, lives: &Lives) -> Result<(), StoreError> {
    let (clock, lives) = (SharedClock::clone(clock), Lives::clone(lives));
    let flags = FunctionFlags::SQLITE_UTF8;
    let at_work = move |context: &Context<'_>| {
        let (pid, host, start, what) = (context.get(1)?, context.get(2)?, context.get(3)?, context.get(4)?);
        let renewed = time_of("renewed_at", context.get(0)?)?;
        Ok(lease::is_at_work(renewed, clock.now(), &Holder { pid, host, start, what }, &lives))
    };
    Ok(c.create_scalar_function("at_work", 5, flags, at_work)?)
}

/// Only for the history: what a run writes stands in its plan, so a scope that cannot be read stops nothing.
fn scope_of(row: &Row<'_>) -> rusqlite::Result<Scope> {
    match json(row, "scope") {
        Err(error) if is_unreadable(&error) => Ok(Scope::default()),
        scope => scope,
    }
}

fn job_of(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        trigger: word(row, "set_off_by", Trigger::from_key)?,
        scope: scope_of(row)?,
        undoes: row.get::<_, Option<i64>>("undoes")?.map(RunId),
    })
}

pub(super) fn run_of(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: RunId(row.get("id")?),
        connection: ConnectionId(row.get("connection")?),
        purpose: word(row, "purpose", RunPurpose::from_key)?,
        job: job_of(row)?,
        note: row.get("why")?,
        by: row.get("by")?,
        started: time(row, "started_at")?,
        ended: time_or_none(row, "ended_at")?,
        outcome: word(row, "standing", RunOutcome::from_key)?,
        totals: RunTotals {
            written: row.get("written")?,
            confirmed: row.get("confirmed")?,
            failed: row.get("failed")?,
            unanswered: row.get("unanswered")?,
            held: row.get("held")?,
            unknown: row.get("unknown")?,
            set_aside: row.get("set_aside")?,
            already: row.get("already")?,
            parked: row.get("parked")?,
            pending: row.get("pending")?,
            mails: row.get("mails")?,
        },
        problem: match json_or_none(row, "problem") {
            Err(error) if is_unreadable(&error) => {
                Some(Problem::new(ProblemKind::Failed, "what stopped this run cannot be read any more"))
            }
            other => other?,
        },
        plan: row.get::<_, Option<i64>>("plan")?.map(PlanId),
    })
}

pub(super) fn start(c: &Sqlite, now: Timestamp, connection: ConnectionId, new: &NewRun) -> Result<RunId, StoreError> {
    c.prepare_cached(
        "INSERT INTO run(connection, purpose, why, by, started_at, outcome, set_off_by, scope, undoes)
         VALUES (?1, ?2, ?3, ?4, ?5, 'running', ?6, ?7, ?8)",
    )?
    .execute(params![
        connection.0,
        new.purpose.key(),
        new.note,
        new.by,
        micros(now),
        new.job.trigger.key(),
        to_json(&new.job.scope)?,
        new.job.undoes.map(|run| run.0),
    ])?;
    Ok(RunId(c.last_insert_rowid()))
}

pub(super) fn finish(
    c: &Sqlite,
    now: Timestamp,
    run: RunId,
    outcome: RunOutcome,
    totals: RunTotals,
    problem: Option<&Problem>,
) -> Result<(), StoreError> {
    let open = matches!(outcome, RunOutcome::Running | RunOutcome::Paused);
    let ended = Some(micros(now)).filter(|_| !open);
    let problem = problem.map(to_json).transpose()?;
    let changed = c
        .prepare_cached(
            "UPDATE run SET outcome = ?2, ended_at = ?3, problem = ?4, written = ?5, confirmed = ?6, failed = ?7,
                    held = ?8, unknown = ?9, set_aside = ?10, mails = ?11, pending = ?12,
                    already = ?13, parked = ?14, unanswered = ?15
             WHERE id = ?1",
        )?
        .execute(params![
            run.0,
            outcome.key(),
            ended,
            problem,
            totals.written,
            totals.confirmed,
            totals.failed,
            totals.held,
            totals.unknown,
            totals.set_aside,
            totals.mails,
            totals.pending,
            totals.already,
            totals.parked,
            totals.unanswered,
        ])?;
    if changed == 0 { Err(StoreError::missing(format!("run {run}"))) } else { Ok(()) }
}

/// Takes a person out of what runs were about; that they were about somebody stays.
pub(super) fn forget(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<(), StoreError> {
    let mut query =
        c.prepare_cached("SELECT id, scope FROM run WHERE connection = ?1 AND instr(scope, 'people') > 0")?;
    let runs = query.query_map([connection.0], |row| Ok((row.get(0)?, scope_of(row)?)))?;
    let runs: Vec<(i64, Scope)> = runs.collect::<Result<_, _>>()?;
    for (run, scope) in runs {
        let Scope::People(mut people) = scope else { continue };
        if !people.contains(employee) {
            continue;
        }
        people.iter_mut().filter(|one| *one == employee).for_each(|one| *one = EmployeeId::from("forgotten"));
        c.execute("UPDATE run SET scope = ?2 WHERE id = ?1", params![run, to_json(&Scope::People(people))?])?;
    }
    Ok(())
}

pub(super) fn set_plan(c: &Sqlite, run: RunId, plan: PlanId) -> Result<(), StoreError> {
    match c.prepare_cached("UPDATE run SET plan = ?2 WHERE id = ?1")?.execute(params![run.0, plan.0])? {
        0 => Err(StoreError::missing(format!("run {run}"))),
        _ => Ok(()),
    }
}

pub(super) fn set_phase(
    c: &Sqlite,
    now: Timestamp,
    run: RunId,
    phase: Phase,
    done: u64,
    total: Option<u64>,
    ended: bool,
) -> Result<(), StoreError> {
    let place = Phase::ALL.iter().position(|other| *other == phase).and_then(|place| i64::try_from(place).ok());
    c.prepare_cached(
        "INSERT INTO run_phase(run, phase, place, done, total, started_at, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET done = excluded.done, total = excluded.total, ended_at = excluded.ended_at",
    )?
    .execute(params![
        run.0,
        phase.key(),
        place,
        to_count(done),
        total.map(to_count),
        micros(now),
        Some(micros(now)).filter(|_| ended),
    ])?;
    Ok(())
}

pub(super) fn phases(c: &Sqlite, run: RunId) -> Result<Vec<PhaseRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM run_phase WHERE run = ?1 ORDER BY place")?;
    let phases = query.query_map([run.0], |row| {
        Ok(PhaseRow {
            phase: word(row, "phase", Phase::from_key)?,
            done: from_count(row.get("done")?),
            total: row.get::<_, Option<i64>>("total")?.map(from_count),
            started: time(row, "started_at")?,
            ended: time_or_none(row, "ended_at")?,
        })
    })?;
    Ok(phases.collect::<Result<_, _>>()?)
}

/// The counts of a run that applies this plan: every line of it is in one of written, already there, failed, unknown,
/// set aside and pending, as `JournalTotals::sums` adds them up.
pub(super) fn totals(c: &Sqlite, plan: PlanId) -> Result<RunTotals, StoreError> {
    let journal = journal::totals(c, plan)?;
    totals_of(c, plan, &journal)
}

fn totals_of(c: &Sqlite, plan: PlanId, journal: &JournalTotals) -> Result<RunTotals, StoreError> {
    let head = plans::head(c, plan)?;
    let mails = if head.mails.welcome > 0 { journal::welcomed(c, plan)? } else { 0 };
    let sums = journal.sums();
    Ok(RunTotals {
        written: sums.carried_out,
        already: sums.already_there,
        confirmed: journal.confirmed(),
        failed: sums.failed,
        unanswered: journal.unanswered,
        held: head.held(),
        unknown: sums.unknown,
        set_aside: sums.skipped + sums.parked,
        parked: sums.parked,
        pending: sums.unsent + sums.withheld,
        mails,
    })
}

/// A run whose end nobody has written down (it is at work, or its process died) tells what its journal tells.
fn with_open_totals(c: &Sqlite, mut run: RunRow) -> Result<RunRow, StoreError> {
    let is_open = run.ended.is_none() || matches!(run.outcome, RunOutcome::Running | RunOutcome::Paused);
    if let Some(plan) = run.plan.filter(|_| is_open) {
        let at_work = run.is_at_work();
        let told = journal::totals(c, plan).map(|journal| if at_work { journal.while_at_work() } else { journal });
        run.totals = match told.and_then(|journal| totals_of(c, plan, &journal)) {
            Err(StoreError::Missing { .. } | StoreError::Unreadable { .. }) => run.totals,
            totals => totals?,
        };
    }
    Ok(run)
}

pub(super) fn get(c: &Sqlite, run: RunId) -> Result<RunRow, StoreError> {
    c.prepare_cached(&format!("SELECT *, {STANDING} FROM run WHERE id = ?1"))?
        .query_row([run.0], run_of)
        .optional()?
        .ok_or_else(|| StoreError::missing(format!("run {run}")))
        .and_then(|run| with_open_totals(c, run))
}

pub(super) fn list(c: &Sqlite, connection: Option<ConnectionId>, limit: u32) -> Result<Vec<RunRow>, StoreError> {
    let of = if connection.is_some() { "connection = ?1" } else { "?1 IS NULL" };
    let sql = format!("SELECT *, {STANDING} FROM run WHERE {of} ORDER BY id DESC LIMIT ?2");
    let mut query = c.prepare_cached(&sql)?;
    let runs = query.query_map(params![connection.map(|id| id.0), limit], run_of)?;
    let runs = runs.collect::<Result<Vec<_>, _>>()?;
    runs.into_iter().map(|run| with_open_totals(c, run)).collect()
}

/// Runs whose end nobody has written down, with the totals that their rows keep and those that their journals tell; what cannot be
/// read is left aside.
pub(super) fn open(c: &Sqlite) -> Result<Vec<(RunTotals, RunRow)>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT *, {STANDING} FROM run WHERE outcome IN ('running', 'paused', 'interrupted') AND plan IS NOT NULL"
    ))?;
    let rows = query.query_map([], run_of)?.filter(|run| !run.as_ref().is_err_and(is_unreadable));
    let rows = rows.collect::<Result<Vec<RunRow>, _>>()?;
    rows.into_iter().map(|run| Ok((run.totals, with_open_totals(c, run)?))).collect()
}

pub(super) fn unfinished(c: &Sqlite, connection: ConnectionId) -> Result<Option<RunRow>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT *, {STANDING} FROM run
         WHERE connection = ?1 AND purpose = 'sync' AND outcome IN ('running', 'paused', 'interrupted')
         ORDER BY id DESC LIMIT 1"
    ))?;
    query.query_row([connection.0], run_of).optional()?.map(|run| with_open_totals(c, run)).transpose()
}

pub(super) fn newest_sync(c: &Sqlite, connection: ConnectionId) -> Result<Option<RunRow>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT *, {STANDING} FROM run WHERE connection = ?1 AND purpose = 'sync' ORDER BY id DESC LIMIT 1"
    ))?;
    query.query_row([connection.0], run_of).optional()?.map(|run| with_open_totals(c, run)).transpose()
}

/// The newest that was about everybody.
pub(super) fn newest_whole_sync(c: &Sqlite, connection: ConnectionId) -> Result<Option<RunRow>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT *, {STANDING} FROM run WHERE connection = ?1 AND purpose = 'sync' AND undoes IS NULL
           AND instr(scope, 'people') = 0 ORDER BY id DESC LIMIT 1"
    ))?;
    query.query_row([connection.0], run_of).optional()?.map(|run| with_open_totals(c, run)).transpose()
}

pub(super) fn with_unknown_lines(c: &Sqlite, connection: ConnectionId) -> Result<Vec<(RunId, PlanId)>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT r.id, r.plan FROM run r WHERE r.connection = ?1 AND r.plan IS NOT NULL AND r.purpose = 'sync'
           AND EXISTS (SELECT 1 FROM operation o WHERE o.plan = r.plan AND o.state IN ('sent', 'unknown'))
         ORDER BY r.id",
    )?;
    let runs = query.query_map([connection.0], |row| Ok((RunId(row.get(0)?), PlanId(row.get(1)?))))?;
    Ok(runs.collect::<Result<_, _>>()?)
}

impl Store {
    /// Begins a run.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn start_run(&self, connection: ConnectionId, new: NewRun) -> Result<RunId, StoreError> {
        let (now, lease) = (self.now(), self.lease);
        let job = move |c: &Sqlite| {
            let run = start(c, now, connection, &new)?;
            exchanges::prune(c, now, connection)?;
            lease.map_or(Ok(()), |token| lease::note_run(c, token, Some(run)))?;
            Ok(run)
        };
        self.write(Write::durably(Group::Runs), job).await
    }

    /// Says how a run stands: with `Running` or `Paused` it stays open, with any other outcome it has ended.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn finish_run(
        &self,
        run: RunId,
        outcome: RunOutcome,
        totals: RunTotals,
        problem: Option<Problem>,
    ) -> Result<(), StoreError> {
        let (now, lease) = (self.now(), self.lease);
        let job = move |c: &Sqlite| {
            finish(c, now, run, outcome, totals, problem.as_ref())?;
            reports::queue(c, now, run)?;
            lease.map_or(Ok(()), |token| lease::note_run(c, token, None))
        };
        self.write(Write::durably(Group::Runs), job).await
    }

    /// Says which plan a run applies; [`Store::save_plan`] says it for the run that made the plan.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn set_run_plan(&self, run: RunId, plan: PlanId) -> Result<(), StoreError> {
        self.write(Write::durably(Group::Runs), move |c| set_plan(c, run, plan)).await
    }

    /// Says how far a phase is; the first call begins it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn set_phase(
        &self,
        run: RunId,
        phase: Phase,
        done: u64,
        total: Option<u64>,
        ended: bool,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::to(Group::Runs), move |c| set_phase(c, now, run, phase, done, total, ended)).await
    }

    /// The counts of a run that applies this plan.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn run_totals(&self, plan: PlanId) -> Result<RunTotals, StoreError> {
        self.read(move |c| totals(c, plan)).await
    }

    /// One run.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn run(&self, run: RunId) -> Result<RunRow, StoreError> {
        self.read(move |c| get(c, run)).await
    }

    /// The phases of a run, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn phases(&self, run: RunId) -> Result<Vec<PhaseRow>, StoreError> {
        self.read(move |c| phases(c, run)).await
    }

    /// The newest `limit` runs of one connection or of all, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn runs(&self, connection: Option<ConnectionId>, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |c| list(c, connection, limit)).await
    }

    /// The runs of which lines were sent and not heard back about, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn runs_with_unknown_lines(&self, connection: ConnectionId) -> Result<Vec<(RunId, PlanId)>, StoreError> {
        self.read(move |c| with_unknown_lines(c, connection)).await
    }

    /// The newest run of a connection that was to write, however it ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_sync(&self, connection: ConnectionId) -> Result<Option<RunRow>, StoreError> {
        self.read(move |c| newest_sync(c, connection)).await
    }

    /// Opens a run again that had ended with lines unsent, so that it is *running*, and finished by the next run if this one
    /// is cut short.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn reopen_run(&self, run: RunId) -> Result<(), StoreError> {
        let job = move |c: &Sqlite| {
            c.prepare_cached("UPDATE run SET outcome = 'running', ended_at = NULL, problem = NULL WHERE id = ?1")?
                .execute([run.0])?;
            Ok(())
        };
        self.write(Write::durably(Group::Runs), job).await
    }

    /// The newest run that has not ended: running in some process, paused, or left by one that died.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unfinished_run(&self, connection: ConnectionId) -> Result<Option<RunRow>, StoreError> {
        self.read(move |c| unfinished(c, connection)).await
    }
}
