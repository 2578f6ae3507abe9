//! Lines of the review list: what stands on the screen of some people in the queue, read for these alone.

use super::review::{employee, user};
use crate::domain::ids::{ConnectionId, EmployeeId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Candidate, Hold};
use crate::store::error::StoreError;
use crate::store::plans::{self, hold_of};
use crate::store::{Sqlite, Store};
use rusqlite::{OptionalExtension, params};

/// One person of the queue beside the best candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewLine {
    /// Without its candidates.
    pub hold: Hold,
    /// Number of the hold.
    pub number: i64,
    /// `None` when the employee is not in the current pull.
    pub employee: Option<Employee>,
    pub best: Option<Candidate>,
    /// The best candidate's record; `None` when it is gone.
    pub user: Option<User>,
    pub rival: Option<ReviewRival>,
}

/// Another employee who claims the same user.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewRival {
    pub employee: EmployeeId,
    /// `None` when the employee is not in the current pull.
    pub record: Option<Employee>,
    /// How likely that one is the user; `None` where nothing weighed it.
    pub probability: Option<f64>,
}

/// Who claims the user beside: by the weights, else by what the hold says.
fn rival(
    c: &Sqlite,
    connection: ConnectionId,
    plan: i64,
    hold: &Hold,
    best: &Candidate,
) -> Result<Option<ReviewRival>, StoreError> {
    let weighed = best.evidence.iter().find(|line| line.field == "rival").and_then(|line| line.source_value.as_deref());
    let Some(other) = weighed.map(EmployeeId::from).or_else(|| hold.others.first().cloned()) else { return Ok(None) };
    let mut query = c.prepare_cached(
        "SELECT k.probability FROM hold h JOIN candidate k ON k.hold = h.id
         WHERE h.plan = ?1 AND h.employee = ?2 AND k.user = ?3 ORDER BY k.probability DESC LIMIT 1",
    )?;
    let found = query.query_row(params![plan, other.as_str(), best.user.as_str()], |row| row.get::<_, f64>(0));
    let probability = found.optional()?.filter(|probability| *probability > 0.0);
    Ok(Some(ReviewRival { record: employee(c, connection, &other)?, employee: other, probability }))
}

fn line(c: &Sqlite, connection: ConnectionId, number: i64) -> Result<Option<ReviewLine>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM hold WHERE id = ?1 AND connection = ?2")?;
    let found = query.query_row(params![number, connection.0], |row| Ok((row.get::<_, i64>("plan")?, hold_of(row)?)));
    let Some((plan, hold)) = found.optional()? else { return Ok(None) };
    let best = plans::best_candidate(c, number)?;
    let rival = match &best {
        Some(best) => rival(c, connection, plan, &hold, best)?,
        None => None,
    };
    let user_of = |id: &UserId| user(c, connection, id);
    Ok(Some(ReviewLine {
        employee: employee(c, connection, &hold.employee)?,
        user: best.as_ref().map(|best| user_of(&best.user)).transpose()?.flatten(),
        number,
        rival,
        best,
        hold,
    }))
}

impl Store {
    /// The lines of these holds; those that a newer plan has taken away are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_lines(&self, connection: ConnectionId, holds: Vec<i64>) -> Result<Vec<ReviewLine>, StoreError> {
        self.read(move |c| {
            let mut lines = Vec::with_capacity(holds.len());
            for hold in holds {
                lines.extend(line(c, connection, hold)?);
            }
            Ok(lines)
        })
        .await
    }
}
