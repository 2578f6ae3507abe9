//! What earlier plans and operators have left about people, beside their records: all that the next plan is made from. Of
//! everybody, or of a few alone, who are found by their ids and cost the same in a company of any size.

use super::error::StoreError;
use super::{Sqlite, Store, decisions, links, pair_rulings, parked, waiting};
use crate::domain::decision::{Decision, NotSame, PairRuling, Parked, Waiting, WaitingBeside};
use crate::domain::ids::{ConnectionId, EmployeeId};
use rusqlite::types::Value;

/// Whom a question is about.
pub(super) enum Whom {
    Everybody,
    /// These, as a JSON list of ids.
    These(String),
}

impl Whom {
    /// These people.
    pub fn these(people: &[EmployeeId]) -> Self {
        let ids: Vec<&str> = people.iter().map(EmployeeId::as_str).collect();
        Whom::These(serde_json::Value::from(ids).to_string())
    }

    /// What stands behind a condition on the connection `?1`; `employee` is the column.
    pub fn condition(&self) -> &'static str {
        match self {
            Whom::Everybody => "",
            Whom::These(_) => " AND employee IN (SELECT value FROM json_each(?2))",
        }
    }

    /// The values of `?1` and, where it is named, `?2`.
    pub fn parameters(&self, connection: ConnectionId) -> Vec<Value> {
        let mut values = vec![Value::Integer(connection.0)];
        if let Whom::These(ids) = self {
            values.push(Value::Text(ids.clone()));
        }
        values
    }
}

/// What is remembered of people beside their records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remembered {
    /// The newest ruling of each.
    pub decisions: Vec<Decision>,
    pub not_same: Vec<NotSame>,
    pub waiting: Vec<Waiting>,
    pub pairs: Vec<PairRuling>,
    pub waiting_beside: Vec<WaitingBeside>,
    pub parked: Vec<Parked>,
}

fn read(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Remembered, StoreError> {
    Ok(Remembered {
        decisions: decisions::valid(c, connection, whom)?,
        not_same: links::not_same(c, connection, whom)?,
        waiting: waiting::all(c, connection, whom)?,
        pairs: pair_rulings::valid(c, connection, whom)?,
        waiting_beside: waiting::all_beside(c, connection, whom)?,
        parked: parked::all(c, connection, whom)?,
    })
}

impl Store {
    /// What is remembered of everybody, or of these people alone; all of one moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn remembered(
        &self,
        connection: ConnectionId,
        people: Option<Vec<EmployeeId>>,
    ) -> Result<Remembered, StoreError> {
        let whom = people.map_or(Whom::Everybody, |people| Whom::these(&people));
        self.read(move |c| read(c, connection, &whom)).await
    }
}
