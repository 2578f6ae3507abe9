//! The waves of a run: how each of them stands, and the gates that any process may open, each of them once.

use super::audit;
use super::columns::{micros, time_or_none};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::waves::{WaveCounts, WaveRow, WaveStanding};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// What became of a press on a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetGo {
    /// This one let it go.
    Now,
    /// It went before: by whom (empty where its time was over), and when.
    Already { by: String, at: Timestamp },
    /// It does not stand at its gate.
    NotAtGate,
}

fn size(row: &Row<'_>, column: &str) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn wave_of(row: &Row<'_>) -> rusqlite::Result<WaveRow> {
    let clean: Option<bool> = row.get("clean")?;
    Ok(WaveRow {
        wave: size(row, "number")?,
        of: size(row, "waves")?,
        label: row.get("label")?,
        people: row.get("people")?,
        changes: row.get("changes")?,
        mails: row.get("mails")?,
        gate_at: time_or_none(row, "gate_at")?,
        opens_after_s: row.get::<_, Option<i64>>("opens_after")?.and_then(|seconds| u64::try_from(seconds).ok()),
        let_go_at: time_or_none(row, "let_go_at")?,
        let_go_by: row.get("let_go_by")?,
        begun_at: time_or_none(row, "begun_at")?,
        judged_at: time_or_none(row, "judged_at")?,
        clean,
        counts: match clean {
            Some(_) => Some(WaveCounts {
                confirmed: row.get("confirmed")?,
                refused: row.get("refused")?,
                unknown: row.get("unknown")?,
                unequal: row.get("unequal")?,
            }),
            None => None,
        },
    })
}

fn find(c: &Sqlite, run: RunId, wave: usize) -> Result<Option<WaveRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM wave WHERE run = ?1 AND number = ?2")?;
    Ok(query.query_row(params![run.0, number(wave)], wave_of).optional()?)
}

fn all(c: &Sqlite, run: RunId) -> Result<Vec<WaveRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM wave WHERE run = ?1 ORDER BY number")?;
    let rows = query.query_map([run.0], wave_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn number(wave: usize) -> i64 {
    i64::try_from(wave).unwrap_or(i64::MAX)
}

/// One transaction decides: whoever changes the row has let the wave go, and nobody else has.
fn let_go(
    c: &Sqlite,
    now: Timestamp,
    (connection, run, wave): (ConnectionId, RunId, usize),
    by: &str,
) -> Result<LetGo, StoreError> {
    let mut query = c.prepare_cached(
        "UPDATE wave SET let_go_at = ?3, let_go_by = ?4
         WHERE run = ?1 AND number = ?2 AND gate_at IS NOT NULL AND let_go_at IS NULL",
    )?;
    if query.execute(params![run.0, number(wave), micros(now), by])? > 0 {
        if !by.is_empty() {
            audit::add(c, now, Some(connection), by, "wave", &format!("wave {} of run {run} let go", wave + 1))?;
        }
        return Ok(LetGo::Now);
    }
    Ok(match find(c, run, wave)? {
        Some(WaveRow { let_go_at: Some(at), let_go_by, .. }) => {
            LetGo::Already { by: let_go_by.unwrap_or_default(), at }
        }
        _ => LetGo::NotAtGate,
    })
}

impl Store {
    /// Keeps the waves of a run as its plan is split; what stands there of one that was begun before stays.
    ///
    /// # Errors
    /// When it cannot be saved, or the lease is lost.
    pub async fn keep_waves(&self, run: RunId, waves: Vec<WaveStanding>) -> Result<(), StoreError> {
        let job = move |c: &Sqlite| {
            let mut query = c.prepare_cached(
                "INSERT OR IGNORE INTO wave(run, number, waves, label, people, changes, mails)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for wave in &waves {
                let (people, changes, mails) = (wave.people, wave.changes, wave.mails);
                query.execute(params![
                    run.0,
                    number(wave.wave),
                    number(wave.of),
                    wave.label,
                    people,
                    changes,
                    mails
                ])?;
            }
            Ok(())
        };
        self.write(Write::to(Group::Runs), job).await
    }

    /// The waves of a run, the first one first; none where it goes at once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waves_of(&self, run: RunId) -> Result<Vec<WaveRow>, StoreError> {
        self.read(move |c| all(c, run)).await
    }

    /// Says that a wave stands at its gate. Who has let it go already, before a crash, is answered: it does not wait again.
    ///
    /// # Errors
    /// When it cannot be saved, or the lease is lost.
    pub async fn stand_at_gate(
        &self,
        run: RunId,
        wave: usize,
        opens_after_s: Option<u64>,
    ) -> Result<Option<String>, StoreError> {
        let now = self.now();
        let job = move |c: &Sqlite| {
            let opens = opens_after_s.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
            c.prepare_cached(
                "UPDATE wave SET gate_at = ?3, opens_after = ?4 WHERE run = ?1 AND number = ?2 AND let_go_at IS NULL",
            )?
            .execute(params![run.0, number(wave), micros(now), opens])?;
            Ok(find(c, run, wave)?.filter(|row| row.let_go_at.is_some()).map(|row| row.let_go_by.unwrap_or_default()))
        };
        self.write(Write::durably(Group::Runs), job).await
    }

    /// Lets a wave go that stands at its gate, from any process: of several who press, one does. `by` is empty where nobody
    /// did and its time was over.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn let_wave_go(
        &self,
        connection: ConnectionId,
        run: RunId,
        wave: usize,
        by: &str,
    ) -> Result<LetGo, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Runs), move |c| let_go(c, now, (connection, run, wave), &by)).await
    }

    /// Who has let a wave go; `None` while nobody has. Cheap enough to be asked four times a second.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn wave_let_go_by(&self, run: RunId, wave: usize) -> Result<Option<String>, StoreError> {
        self.at_once(move |c| {
            Ok(find(c, run, wave)?.filter(|row| row.let_go_at.is_some()).map(|row| row.let_go_by.unwrap_or_default()))
        })
    }

    /// Says that the lines of a wave are being sent; its gate is open from then on. `by` is who opened it by going on with the
    /// run, where nobody has let it go.
    ///
    /// # Errors
    /// When it cannot be saved, or the lease is lost.
    pub async fn wave_begun(&self, run: RunId, wave: usize, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        let job = move |c: &Sqlite| {
            c.prepare_cached(
                "UPDATE wave SET begun_at = coalesce(begun_at, ?3),
                   let_go_by = CASE WHEN gate_at IS NOT NULL AND let_go_at IS NULL THEN ?4 ELSE let_go_by END,
                   let_go_at = CASE WHEN gate_at IS NOT NULL THEN coalesce(let_go_at, ?3) END
                 WHERE run = ?1 AND number = ?2",
            )?
            .execute(params![run.0, number(wave), micros(now), by])?;
            Ok(())
        };
        self.write(Write::to(Group::Runs), job).await
    }

    /// Keeps how a wave came out.
    ///
    /// # Errors
    /// When it cannot be saved, or the lease is lost.
    pub async fn wave_judged(
        &self,
        run: RunId,
        wave: usize,
        clean: bool,
        counts: WaveCounts,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let job =
            move |c: &Sqlite| {
                let WaveCounts { confirmed, refused, unknown, unequal } = counts;
                c.prepare_cached(
                "UPDATE wave SET judged_at = ?3, clean = ?4, confirmed = ?5, refused = ?6, unknown = ?7, unequal = ?8
                 WHERE run = ?1 AND number = ?2",
            )?
            .execute(params![run.0, number(wave), micros(now), clean, confirmed, refused, unknown, unequal])?;
                Ok(())
            };
        self.write(Write::to(Group::Runs), job).await
    }
}
