//! What operators saw when they ruled on a pair: levels, weight, version, and how the pair came before them.

use super::columns::{is_unreadable, json, json_or_none, micros, time, to_json};
use super::error::StoreError;
use super::what_if::CURRENT;
use super::{Sqlite, Store};
use crate::domain::decision::{NotSame, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId, UserId};
use crate::domain::plan::{Candidate, Evidence};
use crate::matching::learning::{LevelNames, Sampling, StoredRuling, from_names, names_of, seen};
use jiff::Timestamp;
use rusqlite::{Row, params};

/// A ruling on a pair, with its author.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRuling {
    pub user: UserId,
    pub ruling: StoredRuling,
    /// Posterior that was shown, 0 to 1.
    pub probability: f64,
    pub by: String,
    pub at: Timestamp,
}

/// A pair that is ruled on, as it is written down.
pub(super) struct Pair<'a> {
    pub decision: Option<i64>,
    pub audit_item: Option<i64>,
    pub employee: &'a EmployeeId,
    pub user: &'a UserId,
    pub same: bool,
    pub model: u32,
    /// Weight before calibration, posterior and levels; `None` where nothing was weighed.
    pub shown: Option<(f64, f64, LevelNames)>,
    pub sampling: Sampling,
    pub by: &'a str,
    pub at: Timestamp,
}

pub(super) fn insert(c: &Sqlite, connection: ConnectionId, pair: &Pair<'_>) -> Result<(), StoreError> {
    let (weight, probability, levels) = match &pair.shown {
        Some((weight, probability, levels)) => (Some(weight), Some(probability), Some(to_json(levels)?)),
        None => (None, None, None),
    };
    c.prepare_cached(
        "INSERT INTO ruling_pair(connection, decision, audit_item, employee, user, same, model, weight, probability,
                                 levels, sampling, by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        connection.0,
        pair.decision,
        pair.audit_item,
        pair.employee.as_str(),
        pair.user.as_str(),
        pair.same,
        pair.model,
        weight,
        probability,
        levels,
        to_json(&pair.sampling)?,
        pair.by,
        micros(pair.at),
    ])?;
    Ok(())
}

/// Candidates of the newest plan that held the employee with any, and the version that weighed them.
fn shown(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<(Candidate, u32)>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT c.*, p.model FROM hold h JOIN plan p ON p.id = h.plan JOIN candidate c ON c.hold = h.id
         WHERE h.connection = ?1 AND h.employee = ?2 AND h.plan = (
           SELECT o.plan FROM hold o JOIN candidate s ON s.hold = o.id
           WHERE o.connection = ?1 AND o.employee = ?2 AND (o.plan > 0 OR o.plan = {CURRENT})
           ORDER BY o.plan > 0, o.plan DESC LIMIT 1
         ) ORDER BY h.id, c.place",
    ))?;
    let rows = query.query_map(params![connection.0, employee.as_str()], |row| {
        let candidate = Candidate {
            user: UserId(row.get("user")?),
            weight: row.get("weight")?,
            probability: row.get("probability")?,
            evidence: json::<Vec<Evidence>>(row, "evidence")?,
        };
        Ok((candidate, row.get("model")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn weighed(candidate: &Candidate) -> Option<(f64, f64, LevelNames)> {
    seen(&candidate.evidence).map(|seen| (seen.weight, candidate.probability, names_of(&seen.levels)))
}

/// Writes down what was seen when `decision` was made: the user who was linked, or every candidate who was not.
pub(super) fn keep_decision(
    c: &Sqlite,
    connection: ConnectionId,
    decision: i64,
    employee: &EmployeeId,
    ruling: &Ruling,
    (by, at): (&str, Timestamp),
) -> Result<(), StoreError> {
    let linked = match ruling {
        Ruling::Link { user } => Some(user),
        Ruling::Create => None,
        _ => return Ok(()),
    };
    let candidates = shown(c, connection, employee)?;
    let pair = |user, model, shown| Pair {
        decision: Some(decision),
        audit_item: None,
        employee,
        user,
        same: linked.is_some(),
        model,
        shown,
        sampling: Sampling::Queue,
        by,
        at,
    };
    let Some(user) = linked else {
        // A rejected pair that nothing weighed says nothing.
        let mut rejected =
            candidates.iter().filter_map(|(candidate, model)| Some((candidate, model, weighed(candidate)?)));
        return rejected.try_for_each(|(candidate, model, shown)| {
            insert(c, connection, &pair(&candidate.user, *model, Some(shown)))
        });
    };
    let found = candidates.iter().find(|(candidate, _)| candidate.user == *user);
    let model = candidates.first().map_or(crate::matching::learning::FIRST_VERSION, |(_, model)| *model);
    insert(c, connection, &pair(user, model, found.and_then(|(candidate, _)| weighed(candidate))))
}

/// Writes down, or revokes, what was seen when two were called two people.
pub(super) fn keep_not_same(
    c: &Sqlite,
    connection: ConnectionId,
    pair: &NotSame,
    on: bool,
    (by, at): (&str, Timestamp),
) -> Result<(), StoreError> {
    if !on {
        c.prepare_cached(
            "UPDATE ruling_pair SET revoked = 1 WHERE connection = ?1 AND employee = ?2 AND user = ?3
             AND decision IS NULL AND audit_item IS NULL",
        )?
        .execute(params![connection.0, pair.employee.as_str(), pair.user.as_str()])?;
        return Ok(());
    }
    let candidates = shown(c, connection, &pair.employee)?;
    let found = candidates.iter().find(|(candidate, _)| candidate.user == pair.user);
    let kept = Pair {
        decision: None,
        audit_item: None,
        employee: &pair.employee,
        user: &pair.user,
        same: false,
        model: found.map_or(crate::matching::learning::FIRST_VERSION, |(_, model)| *model),
        shown: found.and_then(|(candidate, _)| weighed(candidate)),
        sampling: Sampling::Queue,
        by,
        at,
    };
    insert(c, connection, &kept)
}

/// A ruling of the queue counts while its decision is neither revoked nor followed by another one on the same person.
const RULINGS: &str = "SELECT r.*, (
    r.revoked OR (r.decision IS NOT NULL AND (
      (SELECT d.revoked FROM decision d WHERE d.id = r.decision) OR EXISTS (
        SELECT 1 FROM decision n WHERE n.connection = r.connection AND n.employee = r.employee AND n.id > r.decision
        AND n.revoked = 0 AND (n.ruling IS NULL OR NOT json_valid(n.ruling) OR n.ruling ->> '$.ruling' IN ('link', 'create'))
      )
    ))
  ) AS taken_back
  FROM ruling_pair r WHERE r.connection = ?1 AND r.levels IS NOT NULL ORDER BY r.id";

fn ruling_of(row: &Row<'_>) -> rusqlite::Result<KeptRuling> {
    Ok(KeptRuling {
        user: UserId(row.get("user")?),
        ruling: StoredRuling {
            employee: row.get("employee")?,
            levels: from_names(&json_or_none::<LevelNames>(row, "levels")?.unwrap_or_default()),
            weight: row.get("weight")?,
            same_person: row.get("same")?,
            sampling: json(row, "sampling")?,
            version: row.get("model")?,
            revoked: row.get("taken_back")?,
        },
        probability: row.get("probability")?,
        by: row.get("by")?,
        at: time(row, "at")?,
    })
}

pub(super) fn all(c: &Sqlite, connection: ConnectionId) -> Result<Vec<KeptRuling>, StoreError> {
    let mut query = c.prepare_cached(RULINGS)?;
    let mut rulings = Vec::new();
    for ruling in query.query_map([connection.0], ruling_of)? {
        match ruling {
            // One ruling less to learn from; `doctor` names it.
            Err(error) if is_unreadable(&error) => {}
            other => rulings.push(other?),
        }
    }
    Ok(rulings)
}

impl Store {
    /// Every ruling on a pair with what was seen, oldest first; those taken back are marked, never missing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn kept_rulings(&self, connection: ConnectionId) -> Result<Vec<KeptRuling>, StoreError> {
        self.read(move |c| all(c, connection)).await
    }
}
