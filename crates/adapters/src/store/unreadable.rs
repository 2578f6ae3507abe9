//! Rows that cannot be read, each by its name: what `doctor` lists.

use super::columns::{is_unreadable, json, json_or_none};
use super::error::StoreError;
use super::{Sqlite, Store};
use crate::domain::decision::Ruling;
use crate::domain::field::FieldChange;
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::MappingTarget;
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Counts, Evidence, LimitCheck, Mails};
use crate::domain::problem::Problem;
use rusqlite::Row;

/// The maximum of lines: past that the file itself is damaged.
const MOST: usize = 100;

type Look = fn(&Row<'_>) -> rusqlite::Result<()>;

/// A column that holds JSON: a statement that gives it with a name for the row, and how it is read.
struct Column {
    sql: &'static str,
    look: Look,
}

fn whole<T: serde::de::DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<()> {
    json::<T>(row, "value").map(drop)
}

fn if_any<T: serde::de::DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<()> {
    json_or_none::<T>(row, "value").map(drop)
}

/// Every column of JSON but those of `connection`, which `salvage` looks at. Each row is named by its tenant and what it is.
const COLUMNS: &[Column] = &[
    Column {
        sql: "SELECT c.short_name || ': the mapping of ' || r.kind || ' `' || r.value || '`' AS name, r.target AS value
              FROM mapping_row r JOIN connection c ON c.id = r.connection",
        look: whole::<MappingTarget>,
    },
    Column {
        sql: "SELECT c.short_name || ': edit ' || e.id || ' of the mappings' AS name, e.changes AS value
              FROM mapping_edit e JOIN connection c ON c.id = e.connection",
        look: whole::<Vec<super::MappingChange>>,
    },
    Column {
        sql: "SELECT c.short_name || ': what stopped run ' || r.id AS name, r.problem AS value
              FROM run r JOIN connection c ON c.id = r.connection",
        look: if_any::<Problem>,
    },
    Column {
        sql: "SELECT c.short_name || ': what the source said of itself in pull ' || s.id AS name, s.facts AS value
              FROM snapshot s JOIN connection c ON c.id = s.connection WHERE s.side = 'source' AND s.state = 'current'",
        look: if_any::<super::reading::StoredSource>,
    },
    Column {
        sql: "SELECT c.short_name || ': what the destination said of itself in pull ' || s.id AS name, s.facts AS value
              FROM snapshot s JOIN connection c ON c.id = s.connection
              WHERE s.side = 'destination' AND s.state = 'current'",
        look: if_any::<super::snapshots::StoredFacts>,
    },
    Column {
        sql: "SELECT c.short_name || ': the record of employee ' || e.employee AS name, e.record AS value
              FROM employee e JOIN snapshot s ON s.id = e.snapshot JOIN connection c ON c.id = s.connection",
        look: whole::<Employee>,
    },
    Column {
        sql: "SELECT c.short_name || ': the record of user ' || u.user AS name, u.record AS value
              FROM destination_user u JOIN snapshot s ON s.id = u.snapshot JOIN connection c ON c.id = s.connection",
        look: whole::<User>,
    },
    Column {
        sql: "SELECT c.short_name || ': the counts of plan ' || p.id AS name, p.counts AS value
              FROM plan p JOIN connection c ON c.id = p.connection",
        look: whole::<Counts>,
    },
    Column {
        sql: "SELECT c.short_name || ': the mails of plan ' || p.id AS name, p.mails AS value
              FROM plan p JOIN connection c ON c.id = p.connection",
        look: whole::<Mails>,
    },
    Column {
        sql: "SELECT c.short_name || ': the limits of plan ' || p.id AS name, p.limits AS value
              FROM plan p JOIN connection c ON c.id = p.connection",
        look: whole::<Vec<LimitCheck>>,
    },
    Column {
        sql: "SELECT c.short_name || ': the approval of plan ' || p.id AS name, p.approval AS value
              FROM plan p JOIN connection c ON c.id = p.connection",
        look: if_any::<super::Approval>,
    },
    Column {
        sql: "SELECT c.short_name || ': line ' || o.seq || ' of plan ' || o.plan AS name, o.fields AS value
              FROM operation o JOIN connection c ON c.id = o.connection",
        look: whole::<Vec<FieldChange>>,
    },
    Column {
        sql: "SELECT c.short_name || ': the user before line ' || o.seq || ' of plan ' || o.plan AS name, o.before AS value
              FROM operation o JOIN connection c ON c.id = o.connection WHERE o.before IS NOT NULL",
        look: if_any::<User>,
    },
    Column {
        sql: "SELECT c.short_name || ': the hold of employee ' || h.employee || ' in plan ' || h.plan AS name,
                     h.others AS value FROM hold h JOIN connection c ON c.id = h.connection",
        look: whole::<Vec<EmployeeId>>,
    },
    Column {
        sql: "SELECT c.short_name || ': the evidence for user ' || k.user || ' in plan ' || h.plan AS name,
                     k.evidence AS value
              FROM candidate k JOIN hold h ON h.id = k.hold JOIN connection c ON c.id = h.connection",
        look: whole::<Vec<Evidence>>,
    },
    Column {
        sql: "SELECT c.short_name || ': the ruling on employee ' || d.employee AS name, d.ruling AS value
              FROM decision d JOIN connection c ON c.id = d.connection",
        look: if_any::<Ruling>,
    },
    Column {
        sql: "SELECT c.short_name || ': ruling ' || r.id || ' on a pair' AS name, r.levels AS value
              FROM ruling_pair r JOIN connection c ON c.id = r.connection",
        look: if_any::<serde_json::Map<String, serde_json::Value>>,
    },
    Column {
        sql: "SELECT c.short_name || ': how ruling ' || r.id || ' on a pair came about' AS name, r.sampling AS value
              FROM ruling_pair r JOIN connection c ON c.id = r.connection",
        look: whole::<crate::matching::learning::Sampling>,
    },
    Column {
        sql: "SELECT c.short_name || ': pair ' || i.id || ' of the labelling sample' AS name, i.levels AS value
              FROM audit_item i JOIN connection c ON c.id = i.connection",
        look: whole::<serde_json::Value>,
    },
    Column {
        sql: "SELECT c.short_name || ': the candidate of pair ' || i.id || ' of the labelling sample' AS name,
                     i.candidate AS value FROM audit_item i JOIN connection c ON c.id = i.connection",
        look: whole::<crate::domain::plan::Candidate>,
    },
    Column {
        sql: "SELECT c.short_name || ': version ' || m.version || ' of the model' AS name, m.learned AS value
              FROM model_version m JOIN connection c ON c.id = m.connection",
        look: whole::<crate::matching::learning::Learned>,
    },
    Column {
        sql: "SELECT c.short_name || ': the verdict on version ' || m.version || ' of the model' AS name, m.verdict AS value
              FROM model_version m JOIN connection c ON c.id = m.connection",
        look: whole::<crate::matching::learning::GateVerdict>,
    },
    Column {
        sql: "SELECT c.short_name || ': the effect of version ' || m.version || ' of the model' AS name,
                     m.difference AS value FROM model_version m JOIN connection c ON c.id = m.connection",
        look: whole::<super::Difference>,
    },
];

fn look(c: &Sqlite) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for Column { sql, look } in COLUMNS {
        let mut query = c.prepare(sql)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            match look(row) {
                Err(error) if is_unreadable(&error) => {
                    let name: String = row.get("name")?;
                    match StoreError::from(error) {
                        StoreError::Unreadable { detail, .. } => {
                            let detail = detail.strip_prefix("value: ").unwrap_or(&detail);
                            found.push(format!("{name} cannot be read: {detail}"));
                        }
                        other => found.push(format!("{name}: {other}")),
                    }
                }
                other => other?,
            }
            if found.len() >= MOST {
                found.push(format!("the first {MOST} are listed"));
                return Ok(found);
            }
        }
    }
    Ok(found)
}

impl Store {
    /// Every row whose JSON this program cannot read, in words: tenant, what it is, what is wrong. Up to 100. Those of
    /// connections themselves are in [`Store::salvage_all`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unreadable_rows(&self) -> Result<Vec<String>, StoreError> {
        self.read(look).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Columns of text whose comment or name says JSON; a new one has to be listed above.
    #[test]
    fn every_column_of_json_is_looked_at() {
        let c = super::super::empty_database();
        let known = [
            "target",
            "changes",
            "problem",
            "facts",
            "record",
            "counts",
            "mails",
            "limits",
            "approval",
            "fields",
            "before",
            "others",
            "evidence",
            "ruling",
            "levels",
            "sampling",
            "candidate",
            "learned",
            "verdict",
            "difference",
        ];
        let looked: BTreeSet<&str> = COLUMNS
            .iter()
            .filter_map(|column| column.sql.split(" AS value").next()?.rsplit(['.', ' ']).next())
            .collect();
        assert_eq!(looked, BTreeSet::from(known));
        for Column { sql, .. } in COLUMNS {
            c.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }
}
