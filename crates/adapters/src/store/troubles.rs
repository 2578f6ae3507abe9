//! Troubles: what was found is written in the transaction that ends the run (or keeps the missed slot, or the delivery), so that a crash
//! leaves both or none. What becomes of them is decided in [`crate::domain::trouble`].

use super::columns::{from_count, is_unreadable, micros, time, time_or_none, word};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, connections, plans, reports};
use crate::domain::code::{Code, FeedCode};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::{ConnectionId, PlanId, RunId};
use crate::domain::plan::HoldCode;
use crate::domain::trouble::{
    By, Cause, Found, Grade, Kept, Mute, Observation, PlanShown, Proof, Recovery, RunEnd, Trouble, after, observed,
};
use crate::store::RunRow;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// A trouble that is closed is kept so long.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Values of one plan that are troubles of their own at most; a table with more is not begun yet.
const VALUES: u32 = 200;

/// What an operator does about a trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleAct {
    Seen,
    /// Until that moment; `None` until it changes.
    Mute(Option<Timestamp>),
    Unmute,
}

fn trouble_of(row: &Row<'_>) -> rusqlite::Result<Trouble> {
    let by = |by: &str, at: &str| -> rusqlite::Result<Option<By>> {
        Ok(row.get::<_, Option<String>>(by)?.zip(time_or_none(row, at)?).map(|(by, at)| By { by, at }))
    };
    let until = time_or_none(row, "mute_until")?;
    let people = row.get::<_, Option<u32>>("mute_people")?.unwrap_or(0);
    Ok(Trouble {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection")?),
        cause: Cause { code: word(row, "code", Code::from_key)?, about: row.get("about")? },
        grade: word(row, "grade", Grade::from_key)?,
        what: row.get("what")?,
        why: row.get("why")?,
        people: row.get("people")?,
        opened_at: time(row, "opened_at")?,
        opened_by: row.get::<_, Option<i64>>("opened_by")?.map(RunId),
        last_at: time(row, "last_at")?,
        last_run: row.get::<_, Option<i64>>("last_run")?.map(RunId),
        times: row.get("times")?,
        seen: by("seen_by", "seen_at")?,
        mute: by("mute_by", "mute_at")?.map(|By { by, at }| Mute { by, at, until, people }),
        works_since: time_or_none(row, "works_since")?,
        closed_at: time_or_none(row, "closed_at")?,
        is_told: row.get("told")?,
        works_by: row.get::<_, Option<i64>>("works_by")?.map(RunId),
        back_by: row.get::<_, Option<i64>>("back_by")?.map(RunId),
        recovery: word(row, "recovery", Recovery::from_key)?,
    })
}

/// Those of a condition that can be read: one that cannot be must not keep a run from ending.
fn some(c: &Sqlite, condition: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<Vec<Trouble>, StoreError> {
    let mut query = c.prepare_cached(&format!("SELECT * FROM trouble WHERE {condition} ORDER BY id"))?;
    let rows = query.query_map(parameters, |row| match trouble_of(row) {
        Err(error) if is_unreadable(&error) => Ok(None),
        read => read.map(Some),
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn put(c: &Sqlite, trouble: &Trouble) -> Result<i64, StoreError> {
    let by = trouble.seen.as_ref();
    let mute = trouble.mute.as_ref();
    if trouble.id == 0 {
        // One of the same cause that is open is one that cannot be read.
        c.prepare_cached(
            "DELETE FROM trouble WHERE connection = ?1 AND code = ?2 AND about = ?3 AND closed_at IS NULL",
        )?
        .execute(params![trouble.connection.0, trouble.cause.code.key(), trouble.cause.about])?;
    }
    c.prepare_cached(
        "INSERT INTO trouble(id, connection, code, about, grade, what, why, people, opened_at, opened_by, last_at, last_run, times,
                seen_by, seen_at, mute_by, mute_at, mute_until, mute_people, works_since, closed_at, told, works_by,
                back_by, recovery)
         VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                 ?23, ?24, ?25)
         ON CONFLICT(id) DO UPDATE SET grade = ?5, what = ?6, why = ?7, people = ?8, last_at = ?11, last_run = ?12, times = ?13,
                seen_by = ?14, seen_at = ?15, mute_by = ?16, mute_at = ?17, mute_until = ?18, mute_people = ?19,
                works_since = ?20, closed_at = ?21, told = ?22, works_by = ?23, back_by = ?24, recovery = ?25",
    )?
    .execute(params![
        trouble.id,
        trouble.connection.0,
        trouble.cause.code.key(),
        trouble.cause.about,
        trouble.grade.key(),
        trouble.what,
        trouble.why,
        trouble.people,
        micros(trouble.opened_at),
        trouble.opened_by.map(|run| run.0),
        micros(trouble.last_at),
        trouble.last_run.map(|run| run.0),
        trouble.times,
        by.map(|by| by.by.as_str()),
        by.map(|by| micros(by.at)),
        mute.map(|mute| mute.by.as_str()),
        mute.map(|mute| micros(mute.at)),
        mute.and_then(|mute| mute.until).map(micros),
        mute.map(|mute| mute.people),
        trouble.works_since.map(micros),
        trouble.closed_at.map(micros),
        trouble.is_told,
        trouble.works_by.map(|run| run.0),
        trouble.back_by.map(|run| run.0),
        trouble.recovery.key(),
    ])?;
    Ok(if trouble.id == 0 { c.last_insert_rowid() } else { trouble.id })
}

/// Writes what was observed; answers how the troubles of the tenant stand.
pub(super) fn observe(c: &Sqlite, connection: ConnectionId, seen: &Observation) -> Result<Vec<Kept>, StoreError> {
    let former = some(c, "connection = ?1 AND closed_at IS NULL", &[&connection.0])?;
    if former.is_empty() && seen.found.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = after(former.clone(), connection, seen);
    for one in &mut all {
        if former.contains(&one.trouble) {
            continue;
        }
        one.trouble.id = put(c, &one.trouble)?;
    }
    let old = seen.at.saturating_sub(KEPT).unwrap_or(seen.at);
    c.prepare_cached("DELETE FROM trouble WHERE connection = ?1 AND closed_at < ?2")?
        .execute(params![connection.0, micros(old)])?;
    Ok(all)
}

/// Says that it was told that a trouble works again.
pub(super) fn mark_relieved(c: &Sqlite, id: i64) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE trouble SET recovery = ?2 WHERE id = ?1")?.execute(params![id, Recovery::Told.key()])?;
    Ok(())
}

/// Says that a trouble was mailed as it is, or needs no mail.
pub(super) fn mark_told(c: &Sqlite, id: i64, is_told: bool) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE trouble SET told = ?2 WHERE id = ?1")?.execute(params![id, is_told])?;
    Ok(())
}

/// What the end of a run has shown, written; empty for a run that shows nothing of the feed.
pub(super) fn note_run(c: &Sqlite, connection: &Connection, run: &RunRow) -> Result<Option<Vec<Kept>>, StoreError> {
    let Some(at) = run.ended else { return Ok(None) };
    let plan = match run.plan {
        Some(plan) => plan_shown(c, plan, run.id)?,
        None => None,
    };
    let end = RunEnd {
        run: run.id,
        at,
        purpose: run.purpose,
        job: &run.job,
        outcome: run.outcome,
        totals: &run.totals,
        problem: run.problem.as_ref(),
        is_halted: connection.status == ConnectionStatus::Paused,
        plan: plan.as_ref(),
    };
    observed(&end).map(|seen| observe(c, connection.id, &seen)).transpose()
}

/// What the plan shows that this run has made; `None` where it was made by another one, or cannot be read any more.
fn plan_shown(c: &Sqlite, plan: PlanId, run: RunId) -> Result<Option<PlanShown>, StoreError> {
    let head = match plans::head(c, plan) {
        Err(StoreError::Missing { .. } | StoreError::Unreadable { .. }) => return Ok(None),
        head => head?,
    };
    if head.run != Some(run) {
        return Ok(None);
    }
    let mut query = c.prepare_cached(
        "SELECT field, value, code, count(*) AS people FROM hold
         WHERE plan = ?1 AND code IN ('unmapped_value', 'option_missing') AND field IS NOT NULL AND value IS NOT NULL
         GROUP BY field, value, code ORDER BY people DESC, field, value LIMIT ?2",
    )?;
    let values = query.query_map(params![plan.0, VALUES], |row| {
        Ok((row.get("field")?, row.get("value")?, word(row, "code", HoldCode::from_key)?, row.get("people")?))
    })?;
    Ok(Some(PlanShown { limits: head.limits, values: values.collect::<Result<_, _>>()? }))
}

/// A trouble that no run found, of a tenant that is live; mailed once, as those of runs are.
pub(super) fn note_apart(c: &Sqlite, now: Timestamp, connection: ConnectionId, found: Found) -> Result<(), StoreError> {
    let connection = match connections::get(c, connection) {
        Err(StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. } | StoreError::Missing { .. }) => {
            return Ok(());
        }
        connection => connection?,
    };
    if connection.status != ConnectionStatus::Live {
        return Ok(());
    }
    let seen = Observation { at: now, run: None, found: vec![found], proof: Proof::default() };
    let all = observe(c, connection.id, &seen)?;
    reports::queue_apart(c, now, &connection, &all)
}

/// What was observed apart from a run: of what is found nothing is mailed, for whoever looked is told; that a trouble works again is,
/// where it was.
fn note_proof(c: &Sqlite, now: Timestamp, connection: ConnectionId, seen: &Observation) -> Result<(), StoreError> {
    let all = observe(c, connection, seen)?;
    if !all.iter().any(|one| one.wants_relief(now)) {
        return Ok(());
    }
    match connections::get(c, connection) {
        Err(StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. } | StoreError::Missing { .. }) => Ok(()),
        connection => reports::queue_relief(c, now, &connection?, &all),
    }
}

/// A run was due and did not begin.
pub(super) fn note_missed(c: &Sqlite, now: Timestamp, connection: ConnectionId, why: &str) -> Result<(), StoreError> {
    let found = Found {
        cause: Cause::new(Code::Feed(FeedCode::ScheduleMissed), ""),
        grade: Grade::Whole,
        what: "a scheduled run did not begin".to_owned(),
        why: why.to_owned(),
        people: 0,
    };
    note_apart(c, now, connection, found)
}

/// A delivery that was refused, or one that was read.
pub(super) fn note_delivery(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    refused: Option<&str>,
) -> Result<(), StoreError> {
    let Some(why) = refused else {
        let proof = Proof { heard: true, ..Proof::default() };
        return note_proof(c, now, connection, &Observation { at: now, run: None, found: Vec::new(), proof });
    };
    let found = Found {
        cause: Cause::new(Code::Feed(FeedCode::WebhookMalformed), ""),
        grade: Grade::Part,
        what: "webhooks that cannot be read".to_owned(),
        why: why.to_owned(),
        people: 0,
    };
    note_apart(c, now, connection, found)
}

fn act(c: &Sqlite, now: Timestamp, id: i64, by: &str, act: &TroubleAct) -> Result<Trouble, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM trouble WHERE id = ?1")?;
    let found = query.query_row([id], trouble_of).optional()?;
    let before = found.ok_or_else(|| StoreError::missing(format!("trouble {id}")))?;
    let mut trouble = before.clone();
    let done = || By { by: by.to_owned(), at: now };
    let words = match act {
        TroubleAct::Seen if before.seen.is_some() => return Ok(before),
        TroubleAct::Seen => {
            trouble.seen = Some(done());
            "seen".to_owned()
        }
        TroubleAct::Mute(until) => {
            trouble.mute = Some(Mute { by: by.to_owned(), at: now, until: *until, people: before.people });
            trouble.seen.get_or_insert_with(done);
            until.map_or_else(|| "muted until it changes".to_owned(), |until| format!("muted until {until}"))
        }
        TroubleAct::Unmute if before.mute.is_none() => return Ok(before),
        TroubleAct::Unmute => {
            trouble.mute = None;
            "muted no more".to_owned()
        }
    };
    put(c, &trouble)?;
    let detail = format!("trouble {id}, {}: {words}", trouble.cause.code.key());
    audit::add(c, now, Some(trouble.connection), by, "trouble", &detail)?;
    Ok(trouble)
}

impl Store {
    /// Every trouble that is kept, of all tenants, in the order in which they were opened.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn troubles(&self) -> Result<Vec<Trouble>, StoreError> {
        self.read(|c| some(c, "1", &[])).await
    }

    /// How many people each tenant has, by its last pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_counts(&self) -> Result<BTreeMap<ConnectionId, u64>, StoreError> {
        self.read(|c| {
            let mut query = c.prepare_cached(
                "SELECT connection, people FROM snapshot WHERE side = 'source' AND state = 'current'",
            )?;
            let rows = query.query_map([], |row| Ok((ConnectionId(row.get(0)?), from_count(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Keeps what was observed apart from a run, as by a test call; nothing is mailed of what it found.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn observe_trouble(&self, connection: ConnectionId, seen: Observation) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| note_proof(c, now, connection, &seen)).await
    }

    /// Marks a trouble as seen, mutes it, or takes that back; with an entry in the audit.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such trouble.
    pub async fn act_on_trouble(&self, id: i64, what: TroubleAct, by: &str) -> Result<Trouble, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::to(Group::Runs).and(Group::Audit), move |c| act(c, now, id, &by, &what)).await
    }
}
