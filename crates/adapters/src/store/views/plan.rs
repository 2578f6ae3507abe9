//! Plan: counts, holds by reason, and the lines as a vector of row numbers with windows.

use super::numbers;
use super::overview::{HoldCount, hold_counts};
use super::people_bits::Bits;
use super::plan_columns::{APART_IN_FIELDS, LineColumns, line_text};
use super::shelf::{Now, Shelf};
use crate::domain::field::Field;
use crate::domain::filter::{Condition, Facet};
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::plan::{Hold, HoldCode, OperationKind};
use crate::domain::run::OperationState;
use crate::domain::snapshot::Side;
use crate::store::columns::{contains, fold};
use crate::store::error::StoreError;
use crate::store::journal::{self, JournalRow, JournalTotals};
use crate::store::kept::{Kept, Lasts};
use crate::store::plans::{self, PlanHead, hold_of};
use crate::store::reader::{ReadLane, ReadTopic};
use crate::store::text_index::TextIndex;
use crate::store::{Sqlite, Store, figures, snapshots};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use std::sync::Arc;

/// The left side of the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanView {
    pub head: PlanHead,
    pub totals: JournalTotals,
    /// Who is held, riskiest code first.
    pub holds: Vec<HoldCount>,
}

/// Which lines are listed; an empty filter lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationFilter {
    pub kind: Option<OperationKind>,
    /// Any of these; all where empty.
    pub states: Vec<OperationState>,
    /// Part of a name, an id or an identifier. Empty finds all.
    pub search: String,
    /// What else must hold; the columns are those of [`super::plan_columns()`].
    pub terms: Vec<Condition>,
}

/// Sort order of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OperationSort {
    /// As they are applied.
    #[default]
    Order,
    Name,
    Branch,
}

/// One line with the name it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRow {
    pub id: i64,
    pub row: JournalRow,
    /// Of the employee, else of the user; empty for options.
    pub name: String,
    /// The employee's branch, in the source's words.
    pub branch: Option<String>,
}

/// One held person.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldRow {
    /// For [`Store::review_card`].
    pub id: i64,
    /// Without candidates; the card has them.
    pub hold: Hold,
    pub name: String,
    pub branch: Option<String>,
}

/// How many lines of a kind change a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldCount {
    pub field: Field,
    pub people: u32,
}

fn view(c: &Sqlite, kept: &Kept, plan: PlanId) -> Result<PlanView, StoreError> {
    Ok(PlanView {
        head: plans::head(c, plan)?,
        totals: kept.answer(c, Lasts::UntilWritten, ("journal", plan), || journal::totals(c, plan))?,
        holds: hold_counts(c, kept, plan)?,
    })
}

fn operations_sql(filter: &OperationFilter, sort: OperationSort) -> String {
    let mut wheres = vec!["o.plan = :plan AND coalesce(:kind, :search, :snapshot, 1) IS NOT NULL".to_owned()];
    if filter.kind.is_some() {
        wheres.push("o.kind = :kind".to_owned());
    }
    if !filter.states.is_empty() {
        // Words of an enum, never text of an operator.
        let words: Vec<String> = filter.states.iter().map(|state| format!("'{}'", state.key())).collect();
        wheres.push(format!("o.state IN ({})", words.join(", ")));
    }
    if !filter.search.is_empty() {
        wheres.push(
            r"(e.search LIKE :search ESCAPE '\' OR lower(o.identifier) LIKE :search ESCAPE '\'
               OR lower(o.fields) LIKE :search ESCAPE '\' AND o.employee IS NULL)"
                .to_owned(),
        );
    }
    let order = match sort {
        OperationSort::Order => "o.seq",
        OperationSort::Name => "e.sort_name, o.seq",
        OperationSort::Branch => "e.branch, e.sort_name, o.seq",
    };
    let join = if sort == OperationSort::Order && filter.search.is_empty() {
        ""
    } else {
        "LEFT JOIN employee e ON e.snapshot = :snapshot AND e.employee = o.employee"
    };
    format!("SELECT o.id FROM operation o {join} WHERE {} ORDER BY {order}", wheres.join(" AND "))
}

fn connection_of(c: &Sqlite, plan: PlanId) -> Result<ConnectionId, StoreError> {
    Ok(plans::head(c, plan)?.connection)
}

fn operation_ids(
    c: &Sqlite,
    kept: &Kept,
    plan: PlanId,
    filter: &OperationFilter,
    sort: OperationSort,
) -> Result<Arc<Vec<i64>>, StoreError> {
    let snapshot = snapshots::current(c, connection_of(c, plan)?, Side::Source)?;
    let kind = filter.kind.map(OperationKind::key);
    let search = contains(&fold(filter.search.trim()));
    let parameters: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":plan", &plan.0), (":kind", &kind), (":search", &search), (":snapshot", &snapshot)];
    // States move while a run writes; which lines there are, and whom they are about, does not.
    if !filter.states.is_empty() {
        return numbers(c, &operations_sql(filter, sort), parameters).map(Arc::new);
    }
    if filter.search.is_empty() && filter.terms.is_empty() {
        return kept.answer(c, Lasts::Always, ("lines", plan, snapshot, filter.kind, sort), || {
            let known = match (filter.kind, sort) {
                (Some(kind), OperationSort::Branch) => figures::plan_list(c, plan, kind, snapshot)?,
                _ => None,
            };
            Ok(Arc::new(match known {
                Some(ids) => ids,
                None => numbers(c, &operations_sql(filter, sort), parameters)?,
            }))
        });
    }
    let lines = kept.answer(c, Lasts::Always, ("texts of lines", plan, snapshot, filter.kind, sort), || {
        Lines::read(c, plan, snapshot, filter.kind, sort).map(Arc::new)
    })?;
    Ok(Arc::new(lines.found(filter)))
}

/// Plan, pull, kind and order.
type LinesKey = (PlanId, Option<i64>, Option<OperationKind>, OperationSort);

/// The lines that are kept in memory to be searched.
pub(in crate::store) type PlanLines = Shelf<LinesKey, Lines>;

/// The lines in memory.
fn lines_now(
    c: &Sqlite,
    shelf: &PlanLines,
    (plan, kind, sort): (PlanId, Option<OperationKind>, OperationSort),
) -> Result<Now<Lines>, StoreError> {
    let connection = connection_of(c, plan)?;
    shelf.now(c, connection, &(plan, snapshots::current(c, connection, Side::Source)?, kind, sort))
}

/// Lines of the plan `?1` with their kinds, by branch, name and number in the pull `?2`: [`OperationSort::Branch`].
pub(in crate::store) const PLAN_LISTS: &str = "SELECT o.id, o.kind FROM operation o
 LEFT JOIN employee e ON e.snapshot = ?2 AND e.employee = o.employee
 WHERE o.plan = ?1 ORDER BY e.branch, e.sort_name, o.seq";

/// Lines of a plan in an order, with the texts that are searched.
pub(in crate::store) struct Lines {
    ids: Vec<i64>,
    texts: TextIndex,
    columns: LineColumns,
}

fn lines_sql(kind: Option<OperationKind>, sort: OperationSort) -> String {
    let listed = operations_sql(&OperationFilter { kind, ..OperationFilter::default() }, sort);
    let joined = match sort {
        OperationSort::Order => listed.replacen(
            "FROM operation o ",
            "FROM operation o LEFT JOIN employee e ON e.snapshot = :snapshot AND e.employee = o.employee",
            1,
        ),
        _ => listed,
    };
    joined.replacen(
        "SELECT o.id",
        "SELECT o.id, e.search, o.identifier, CASE WHEN o.employee IS NULL THEN o.fields END, o.kind, e.branch, e.job_title,
                (SELECT group_concat(json_extract(f.value, '$.field'), char(31)) FROM json_each(o.fields) f)",
        1,
    )
}

impl Lines {
    fn read(
        c: &Sqlite,
        plan: PlanId,
        snapshot: Option<i64>,
        kind: Option<OperationKind>,
        sort: OperationSort,
    ) -> Result<Self, StoreError> {
        let mut query = c.prepare_cached(&lines_sql(kind, sort))?;
        let key = kind.map(OperationKind::key);
        let parameters: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":plan", &plan.0), (":kind", &key), (":search", &""), (":snapshot", &snapshot)];
        let mut rows = query.query(parameters)?;
        let mut lines = Self { ids: Vec::new(), texts: TextIndex::default(), columns: LineColumns::default() };
        let mut words: HashMap<String, String> = HashMap::new();
        while let Some(row) = rows.next()? {
            let part = |at: usize| -> Result<&str, StoreError> {
                Ok(row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default())
            };
            if !lines.texts.push(&line_text([part(1)?, part(2)?, part(3)?])) {
                return Err(StoreError::missing("room for the texts of this plan"));
            }
            let what = OperationKind::from_key(part(4)?).map_or("", OperationKind::words);
            let keys = part(7)?;
            let fields = words.entry(keys.to_owned()).or_insert_with(|| field_words(keys));
            lines.columns.push([what, fields, part(5)?, part(6)?, part(1)?, part(2)?]);
            lines.ids.push(row.get(0)?);
        }
        Ok(lines)
    }

    fn found(&self, filter: &OperationFilter) -> Vec<i64> {
        let id = |place: u32| self.ids.get(place as usize).copied();
        let places = self.texts.places(&TextIndex::folded(&filter.search));
        if filter.terms.is_empty() {
            return places.iter().filter_map(id).collect();
        }
        let mut found = self.columns.found(&filter.terms, &self.texts);
        found.and(&Bits::of(self.ids.len(), places.iter()), false);
        found.iter().filter_map(id).collect()
    }
}

const OPERATION_ROW: &str = "SELECT o.*, coalesce(e.name, u.name, '') AS name, e.branch AS branch
FROM operation o
LEFT JOIN employee e ON e.snapshot = ?2 AND e.employee = o.employee
LEFT JOIN destination_user u ON u.snapshot = ?3 AND u.user = o.user
WHERE o.id = ?1";

fn operation_rows(c: &Sqlite, connection: ConnectionId, ids: &[i64]) -> Result<Vec<OperationRow>, StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let destination = snapshots::current(c, connection, Side::Destination)?;
    let mut query = c.prepare_cached(OPERATION_ROW)?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = query.query_row(params![id, source, destination], |row| {
            Ok(OperationRow { id: *id, row: journal::row_of(row)?, name: row.get("name")?, branch: row.get("branch")? })
        });
        rows.extend(row.optional()?);
    }
    Ok(rows)
}

const HELD: &str = "SELECT id FROM hold WHERE plan = :plan AND code = :code ORDER BY field, value, id";

fn held_rows(c: &Sqlite, connection: ConnectionId, ids: &[i64]) -> Result<Vec<HeldRow>, StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let mut query = c.prepare_cached(
        "SELECT h.*, coalesce(e.name, '') AS name, e.branch AS branch FROM hold h
         LEFT JOIN employee e ON e.snapshot = ?2 AND e.employee = h.employee WHERE h.id = ?1",
    )?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = query.query_row(params![id, source], |row| {
            Ok(HeldRow { id: *id, hold: hold_of(row)?, name: row.get("name")?, branch: row.get("branch")? })
        });
        rows.extend(row.optional()?);
    }
    Ok(rows)
}

/// The words of the fields of a line, apart.
fn field_words(keys: &str) -> String {
    let word = |key: &str| field_of(key).map_or_else(|| key.to_owned(), |field| field.words().to_owned());
    let words: Vec<String> = keys.split(APART_IN_FIELDS).map(word).collect();
    words.join(&APART_IN_FIELDS.to_string())
}

/// Field as serde writes it, people.
pub(in crate::store) type FieldSum = (String, u32);

/// How many lines of a kind change each field, from the rows of the plan.
pub(in crate::store) fn field_sums(c: &Sqlite, plan: PlanId, kind: OperationKind) -> Result<Vec<FieldSum>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT json_extract(f.value, '$.field') AS field, count(*) AS people
         FROM operation o, json_each(o.fields) f WHERE o.plan = ?1 AND o.kind = ?2 GROUP BY 1",
    )?;
    let rows = query.query_map(params![plan.0, kind.key()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn field_counts(c: &Sqlite, plan: PlanId, kind: OperationKind) -> Result<Vec<FieldCount>, StoreError> {
    let rows = match figures::of_plan(c, plan)?.filter(|_| kind == OperationKind::Update) {
        Some(figures) => figures.changed,
        None => field_sums(c, plan, kind)?,
    };
    let mut counts: Vec<FieldCount> =
        rows.into_iter().filter_map(|(field, people)| Some(FieldCount { field: field_of(&field)?, people })).collect();
    counts.sort_by(|a, b| b.people.cmp(&a.people).then(a.field.cmp(&b.field)));
    Ok(counts)
}

/// [`Field`] as serde writes it.
fn field_of(word: &str) -> Option<Field> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

impl Store {
    /// Counts, limits, approval and holds of a plan.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not kept any more.
    pub async fn plan_view(&self, plan: PlanId) -> Result<PlanView, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| view(c, &kept, plan)).await
    }

    /// The numbers of the lines that the filter finds, in order. A window of them is read by [`Store::operation_rows`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn operation_ids(
        &self,
        plan: PlanId,
        filter: OperationFilter,
        sort: OperationSort,
    ) -> Result<Arc<Vec<i64>>, StoreError> {
        let kept = self.kept()?;
        self.read_newest(ReadTopic::PlanOperations, move |c| operation_ids(c, &kept, plan, &filter, sort)).await
    }

    /// The same; `None` while the lines are being read into memory, to be searched there (on the screen's lane).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn operation_ids_at_once(
        &self,
        plan: PlanId,
        filter: OperationFilter,
        sort: OperationSort,
    ) -> Result<Option<Arc<Vec<i64>>>, StoreError> {
        if self.lane != ReadLane::Screen || !filter.states.is_empty() {
            return Ok(Some(self.operation_ids(plan, filter, sort).await?));
        }
        let (kept, shelf, kind) = (self.kept()?, Arc::clone(&self.inner.lines), filter.kind);
        let (found, wanted) = self
            .read_newest(ReadTopic::PlanOperations, move |c| {
                // Opening a list has its texts read, for the first search.
                let now = lines_now(c, &shelf, (plan, kind, sort))?;
                let wanted = matches!(now, Now::Wanted);
                let found = match now {
                    _ if filter.search.is_empty() && filter.terms.is_empty() => {
                        Some(operation_ids(c, &kept, plan, &filter, sort)?)
                    }
                    Now::Here(lines) => Some(Arc::new(lines.found(&filter))),
                    Now::Never => Some(operation_ids(c, &kept, plan, &filter, sort)?),
                    Now::Wanted | Now::Coming => None,
                };
                Ok((found, wanted))
            })
            .await?;
        if wanted {
            self.read_lines(plan, kind, sort);
        }
        Ok(found)
    }

    /// The values of the facets under a filter, with how many lines carry each, out of memory; `None` while the lines are
    /// being read.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn operation_facets(
        &self,
        plan: PlanId,
        filter: OperationFilter,
        sort: OperationSort,
    ) -> Result<Option<Vec<Facet>>, StoreError> {
        let (shelf, kind) = (Arc::clone(&self.inner.lines), filter.kind);
        let (lines, wanted) = self
            .read_newest(ReadTopic::PlanFacets, move |c| {
                let now = lines_now(c, &shelf, (plan, kind, sort))?;
                let wanted = matches!(now, Now::Wanted);
                Ok((if let Now::Here(lines) = now { Some(lines) } else { None }, wanted))
            })
            .await?;
        if wanted {
            self.read_lines(plan, kind, sort);
        }
        let Some(lines) = lines else { return Ok(None) };
        let counting = tokio::task::spawn_blocking(move || lines.columns.facets(&filter.terms, &lines.texts));
        Ok(Some(counting.await.map_err(|_| StoreError::Closed)?))
    }

    /// Has the texts of lines read; nobody waits for them.
    fn read_lines(&self, plan: PlanId, kind: Option<OperationKind>, sort: OperationSort) {
        let shelf = Arc::clone(&self.inner.lines);
        if !shelf.begin() {
            return;
        }
        let begun = self.begin_reading(move |c| {
            let read = c.and_then(|c| {
                let connection = connection_of(c, plan)?;
                let snapshot = snapshots::current(c, connection, Side::Source)?;
                let lines = Lines::read(c, plan, snapshot, kind, sort)?;
                shelf.put(c, connection, (plan, snapshot, kind, sort), Some(lines))
            });
            if let Err(error) = read {
                tracing::warn!(%error, "the lines of the plan are not kept in memory; they are searched in the file");
                shelf.give_up();
            }
        });
        if !begun {
            self.inner.lines.give_up();
        }
    }

    /// A window of lines with names, in the order of `ids`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn operation_rows(
        &self,
        connection: ConnectionId,
        ids: Vec<i64>,
    ) -> Result<Vec<OperationRow>, StoreError> {
        // Every window is wanted: the rows around it are read ahead for the next key.
        self.read(move |c| operation_rows(c, connection, &ids)).await
    }

    /// The numbers of the people held for one reason, those with the same value together.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn held_ids(&self, plan: PlanId, code: HoldCode) -> Result<Arc<Vec<i64>>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| {
            kept.answer(c, Lasts::Always, ("held", plan, code), || {
                numbers(c, HELD, &[(":plan", &plan.0), (":code", &code.key())]).map(Arc::new)
            })
        })
        .await
    }

    /// The first of those held for one reason, as [`Store::held_ids`] has them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn first_held(&self, plan: PlanId, code: HoldCode) -> Result<Option<i64>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| {
            kept.answer(c, Lasts::Always, ("first held", plan, code), || {
                let first = format!("{HELD} LIMIT 1");
                Ok(numbers(c, &first, &[(":plan", &plan.0), (":code", &code.key())])?.pop())
            })
        })
        .await
    }

    /// A window of held people with names, in the order of `ids`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn held_rows(&self, connection: ConnectionId, ids: Vec<i64>) -> Result<Vec<HeldRow>, StoreError> {
        self.read(move |c| held_rows(c, connection, &ids)).await
    }

    /// How many lines of a kind change each field, most first (`job title 121, branch 96`).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn plan_field_counts(&self, plan: PlanId, kind: OperationKind) -> Result<Vec<FieldCount>, StoreError> {
        let kept = self.kept()?;
        self.read(move |c| kept.answer(c, Lasts::Always, ("fields", plan, kind), || field_counts(c, plan, kind))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn lists_of_lines_walk_an_index_of_their_plan() {
        let c = crate::store::empty_database();
        let parameters: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":plan", &1), (":kind", &"update"), (":search", &"%x%"), (":snapshot", &1)];
        for kind in [None, Some(OperationKind::Update)] {
            let filter = OperationFilter { kind, ..OperationFilter::default() };
            let plan = explain(&c, &operations_sql(&filter, OperationSort::Order), parameters);
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
            let searched = OperationFilter { search: "x".into(), ..filter };
            let plan = explain(&c, &operations_sql(&searched, OperationSort::Branch), parameters);
            assert!(!plan.contains("SCAN"), "{plan}");
        }
        for sort in [OperationSort::Order, OperationSort::Name, OperationSort::Branch] {
            let plan = explain(&c, &lines_sql(Some(OperationKind::Update), sort), parameters);
            // The fields of a line are the members of its own JSON.
            assert!(!plan.replace("SCAN f VIRTUAL TABLE", "").contains("SCAN"), "{plan}");
        }
        let failed = OperationFilter { states: vec![OperationState::Failed], ..OperationFilter::default() };
        let plan = explain(&c, &operations_sql(&failed, OperationSort::Order), parameters);
        assert!(!plan.contains("SCAN"), "{plan}");
        let held = explain(&c, HELD, &[(":plan", &1), (":code", &"limit")]);
        assert!(held.contains("hold_by_value (plan=? AND code=?)") && !held.contains("TEMP B-TREE"), "{held}");
    }

    #[test]
    fn every_field_is_read_as_it_is_written() {
        for field in Field::STANDARD {
            let word = serde_json::to_value(field).unwrap();
            assert_eq!(field_of(word.as_str().unwrap()), Some(field));
        }
    }
}
