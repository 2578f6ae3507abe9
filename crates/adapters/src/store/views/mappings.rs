//! Mappings: one line per source value of a table, with how many people carry it and how many it blocks.

use super::people::PersonAt;
use crate::domain::field::{Field, FieldKind};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingRow, SourceValue};
use crate::domain::snapshot::Side;
use crate::store::columns::from_count;
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, figures, mappings, plans, snapshots};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// A source value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRow {
    /// As the source writes it.
    pub value: String,
    /// Employees in scope, leavers aside, who carry it.
    pub people: u64,
    /// The source's own list of options has it.
    pub declared: bool,
    /// The row of the table, if any.
    pub row: Option<MappingRow>,
    /// People whom it holds in the newest plan.
    pub blocked: u64,
}

/// One table with all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingView {
    pub list: ListKey,
    pub verbatim: bool,
    /// By people blocked, then by people, then by value.
    pub rows: Vec<ValueRow>,
    /// What the destination offers for it.
    pub options: Vec<DestinationOption>,
    /// There is a plan, which says whom a value holds.
    pub is_planned: bool,
}

/// Somebody who carries a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingPerson {
    pub employee: EmployeeId,
    pub name: String,
    pub branch: Option<String>,
}

/// What of `employee` holds a field: a column where there is one, else a member of the record. `None` for fields that are no part
/// of it.
pub(in crate::store) fn carrier(field: Field) -> Option<String> {
    let quoted = |name: &str| name.replace('"', "\\\"").replace('\'', "''");
    match field {
        Field::Branch | Field::Department | Field::JobTitle => Some(field.key().to_owned()),
        Field::AccessProfile | Field::List(_) => {
            let list = field.list()?;
            Some(format!("json_extract(record, '$.lists.\"{}\"')", list.key()))
        }
        Field::Custom(custom) => Some(format!("json_extract(record, '$.custom.\"{}\"')", quoted(custom.name()))),
        other => (other.kind() == FieldKind::Text).then(|| format!("json_extract(record, '$.{}')", other.key())),
    }
}

/// Counts from the rows of the pull `?1`.
pub(in crate::store) fn head_counts_sql(field: Field) -> Option<String> {
    let carrier = carrier(field)?;
    Some(format!(
        "SELECT {carrier} AS value, count(*) FROM employee
         WHERE snapshot = ?1 AND in_scope = 1 AND status <> 'ended' AND {carrier} IS NOT NULL GROUP BY value"
    ))
}

fn view(
    c: &Sqlite,
    kept: &Kept,
    id: ConnectionId,
    (list, feed): (ListKey, Option<Field>),
) -> Result<MappingView, StoreError> {
    let mut values: BTreeMap<String, ValueRow> = BTreeMap::new();
    for (value, people) in feed.map(|feed| head_counts(c, kept, id, feed)).transpose()?.unwrap_or_default() {
        values.entry(value).or_default().people = people;
    }
    let is_offered = |known: &SourceValue| known.list == list || feed.is_some_and(|feed| known.list.field() == feed);
    for known in mappings::source_values(c, id)?.into_iter().filter(is_offered) {
        values.entry(known.value).or_default().declared = known.declared;
    }
    let mut verbatim = false;
    for table in mappings::tables(c, id)?.into_iter().filter(|table| table.list == list) {
        verbatim = table.verbatim;
        for (value, row) in table.rows {
            values.entry(value).or_default().row = Some(row);
        }
    }
    for (value, people) in blocked(c, kept, id, list)? {
        values.entry(value).or_default().blocked = people;
    }
    let mut rows: Vec<ValueRow> = values.into_iter().map(|(value, row)| ValueRow { value, ..row }).collect();
    rows.sort_by(|a, b| (b.blocked, b.people).cmp(&(a.blocked, a.people)).then_with(|| a.value.cmp(&b.value)));
    let mut options = mappings::options(c, id)?;
    options.retain(|option| option.list == list);
    let is_planned = plans::latest(c, id)?.is_some();
    Ok(MappingView { list, verbatim, rows, options, is_planned })
}

fn head_counts(c: &Sqlite, kept: &Kept, id: ConnectionId, field: Field) -> Result<Vec<(String, u64)>, StoreError> {
    let (Some(counts), Some(snapshot)) = (head_counts_sql(field), snapshots::current(c, id, Side::Source)?) else {
        return Ok(Vec::new());
    };
    kept.answer(c, Lasts::Always, ("head counts", snapshot, field), || {
        if let Some(known) = figures::head_counts(c, snapshot, field)? {
            return Ok(known);
        }
        let mut query = c.prepare_cached(&counts)?;
        let counts = query.query_map([snapshot], |row| Ok((row.get(0)?, from_count(row.get(1)?))))?;
        Ok(counts.collect::<Result<_, _>>()?)
    })
}

fn blocked(c: &Sqlite, kept: &Kept, id: ConnectionId, list: ListKey) -> Result<Vec<(String, u64)>, StoreError> {
    let Some(plan) = plans::latest(c, id)? else {
        return Ok(Vec::new());
    };
    kept.answer(c, Lasts::Always, ("blocked", plan.id, list), || {
        let sums = match figures::of_plan(c, plan.id)? {
            Some(figures) => figures.blocked,
            None => value_sums(c, plan.id)?,
        };
        let of_kind = sums.into_iter().filter(|(field, ..)| field == list.field_key());
        Ok(of_kind.map(|(_, value, people)| (value, people)).collect())
    })
}

/// Field, value, people.
pub(in crate::store) type ValueSum = (String, String, u64);

/// People blocked for a value, from the rows of the plan.
pub(in crate::store) fn value_sums(c: &Sqlite, plan: PlanId) -> Result<Vec<ValueSum>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT field, value, count(*) FROM hold
         WHERE plan = ?1 AND code IN ('unmapped_value', 'option_missing') AND field IS NOT NULL AND value IS NOT NULL
         GROUP BY field, value",
    )?;
    let counts = query.query_map([plan.0], |row| Ok((row.get(0)?, row.get(1)?, from_count(row.get(2)?))))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

fn people(
    c: &Sqlite,
    id: ConnectionId,
    field: Field,
    value: &str,
    limit: u32,
) -> Result<Vec<MappingPerson>, StoreError> {
    let (Some(carrier), Some(snapshot)) = (carrier(field), snapshots::current(c, id, Side::Source)?) else {
        return Ok(Vec::new());
    };
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, name, branch FROM employee
         WHERE snapshot = ?1 AND in_scope = 1 AND status <> 'ended' AND {carrier} = ?2 ORDER BY sort_name, id LIMIT ?3"
    ))?;
    let people = query.query_map(params![snapshot, value, limit], |row| {
        Ok(MappingPerson {
            employee: EmployeeId(row.get("employee")?),
            name: row.get("name")?,
            branch: row.get("branch")?,
        })
    })?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// These people of a pull, as the pane names them.
pub(super) fn named(c: &Sqlite, people: impl Iterator<Item = PersonAt>) -> Result<Vec<MappingPerson>, StoreError> {
    let mut query = c.prepare_cached("SELECT employee, name, branch FROM employee WHERE id = ?1")?;
    let mut named = Vec::new();
    for person in people {
        let PersonAt::Employee(id) = person else { continue };
        let row = query.query_row([id], |row| {
            Ok(MappingPerson { employee: EmployeeId(row.get(0)?), name: row.get(1)?, branch: row.get(2)? })
        });
        named.extend(row.optional()?);
    }
    Ok(named)
}

impl Store {
    /// One table with every value that the source offers or uses, or that has a row; `feed` is the field of employees that
    /// feeds it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn mapping_view(
        &self,
        connection: ConnectionId,
        list: ListKey,
        feed: Option<Field>,
    ) -> Result<MappingView, StoreError> {
        let kept = self.kept()?;
        self.read_newest(ReadTopic::MappingRows, move |c| view(c, &kept, connection, (list, feed))).await
    }

    /// The same for a list of several tenants, in the place of nothing else.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn mapping_view_beside(
        &self,
        connection: ConnectionId,
        list: ListKey,
        feed: Option<Field>,
    ) -> Result<MappingView, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| view(c, &kept, connection, (list, feed))).await
    }

    /// Employees in scope, leavers aside, who carry a value in a field that feeds a list.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn head_count(&self, connection: ConnectionId, feed: Field, value: &str) -> Result<u64, StoreError> {
        let (kept, value) = (self.kept()?, value.to_owned());
        self.read(move |c| {
            let counts = head_counts(c, &kept, connection, feed)?;
            Ok(counts.into_iter().find(|(known, _)| *known == value).map_or(0, |(_, people)| people))
        })
        .await
    }

    /// The first `limit` people, by name, who carry a value in a field that feeds a list.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_with_value(
        &self,
        connection: ConnectionId,
        feed: Field,
        value: &str,
        limit: u32,
    ) -> Result<Vec<MappingPerson>, StoreError> {
        let value = value.to_owned();
        self.read(move |c| people(c, connection, feed, &value, limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn head_counts_read_the_index_alone() {
        let c = crate::store::empty_database();
        for field in [Field::Branch, Field::Department, Field::JobTitle] {
            let plan = explain(&c, &head_counts_sql(field).unwrap(), &[("?1", &1)]);
            assert!(plan.contains("USING COVERING INDEX employee_list (snapshot=? AND in_scope=?)"), "{plan}");
        }
    }
}
