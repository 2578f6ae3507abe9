//! The columns of the review queue, as a filter names them, and who of the queue passes one.

use super::review_list::{QueueAsk, QueueRow};
use crate::domain::decision::Ruling;
use crate::domain::filter::{Column, Condition, Facet, Kind, Row, Sifted, sifted};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::{Sqlite, snapshots};
use rusqlite::{OptionalExtension, params};
use std::borrow::Cow;
use std::collections::HashMap;

/// Numbers of columns.
pub(super) const IS: usize = 5;
pub(super) const BY: usize = 6;
/// What somebody is whom nobody has ruled on.
pub(super) const OPEN: &str = "open";

/// The columns of the queue. `identifier` is the destination's word for it.
pub fn review_columns(identifier: &str) -> Vec<Column> {
    vec![
        Column::new("because", "held because", Kind::Choice).facet(),
        Column::new("band", "how sure", Kind::Choice).facet(),
        Column::new("rival", "a rival", Kind::Choice).facet(),
        Column::new("branch", "branch", Kind::Text).facet(),
        Column::new("title", "job title", Kind::Text).facet(),
        Column::new("is", "is", Kind::Choice).facet(),
        Column::new("by", "by", Kind::Text).facet(),
        Column::new("department", "department", Kind::Text).facet(),
        Column::new("sure", "sure", Kind::Number),
        Column::new("born", "born", Kind::Day),
        Column::new("email", "e-mail", Kind::Text),
        Column::new("who", "who", Kind::Text),
        Column::new("user", "user", Kind::Text),
        Column::new("identifier", identifier, Kind::Text),
        Column::new("id", "employee id", Kind::Text),
    ]
}

/// Who of the queue passes a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewFiltered {
    /// Places in the queue, in its order.
    pub places: Vec<usize>,
    /// People of the queue.
    pub all: usize,
    pub facets: Vec<Facet>,
}

/// What the queue itself does not hold of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub identifier: String,
    pub branch: String,
    pub title: String,
    pub department: String,
    pub email: String,
    pub born: String,
}

/// By employee.
pub(super) type AllTold = HashMap<EmployeeId, Told>;

const READ: &str = "SELECT h.employee, e.identifier, coalesce(e.branch, ''), coalesce(e.job_title, ''),
        coalesce(e.department, ''), coalesce(json_extract(e.record, '$.email'), ''),
        coalesce(json_extract(e.record, '$.date_of_birth'), '')
   FROM hold h JOIN employee e ON e.snapshot = ?2 AND e.employee = h.employee
  WHERE h.plan = ?1 AND h.kind = 'review'";

/// Reads it of everybody in review after a plan.
pub(super) fn told(c: &Sqlite, connection: ConnectionId, plan: PlanId) -> Result<AllTold, StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let mut query = c.prepare_cached(READ)?;
    let rows = query.query_map(params![plan.0, source], |row| {
        let told = Told {
            identifier: row.get(1)?,
            branch: row.get(2)?,
            title: row.get(3)?,
            department: row.get(4)?,
            email: row.get(5)?,
            born: row.get(6)?,
        };
        Ok((EmployeeId(row.get(0)?), told))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Up to this number of people are asked about one by one.
const FEW: usize = 50;

/// Who ruled on somebody last.
fn ruled_by(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Option<String>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT by FROM decision WHERE connection = ?1 AND employee = ?2 AND revoked = 0 ORDER BY id DESC LIMIT 1",
    )?;
    Ok(query.query_row(params![connection.0, employee.as_str()], |row| row.get(0)).optional()?)
}

/// Who was ruled on, and by whom.
pub(super) type RuledBy<'a> = HashMap<&'a EmployeeId, Ruled<'a>>;

/// Who ruled on each of these last.
pub(super) fn all_ruled_by<'a>(
    c: &Sqlite,
    connection: ConnectionId,
    employees: impl ExactSizeIterator<Item = &'a EmployeeId>,
) -> Result<HashMap<EmployeeId, String>, StoreError> {
    if employees.len() <= FEW {
        let by = |employee: &EmployeeId| Ok((employee.clone(), ruled_by(c, connection, employee)?.unwrap_or_default()));
        return employees.map(by).collect();
    }
    let mut query = c.prepare_cached(
        "SELECT employee, by, max(id) FROM decision WHERE connection = ?1 AND revoked = 0 GROUP BY employee",
    )?;
    let rows = query.query_map([connection.0], |row| Ok((EmployeeId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was ruled on somebody, and by whom.
pub(super) type Ruled<'a> = (Option<&'a Ruling>, String);

/// One person of the queue.
pub(super) struct Line<'a> {
    pub row: &'a QueueRow,
    pub told: Option<&'a Told>,
    pub ruled: Option<&'a Ruled<'a>>,
}

/// How sure a pair is, in words that are few.
pub fn review_band(probability: f64) -> &'static str {
    match probability {
        sure if sure <= 0.0 => "not weighed",
        sure if sure < 0.5 => "below 50 %",
        sure if sure < 0.8 => "50 to 80 %",
        sure if sure < 0.95 => "80 to 95 %",
        sure if sure < 0.99 => "95 to 99 %",
        _ => "99 % and above",
    }
}

fn is(ruled: Option<&Ruled<'_>>) -> &'static str {
    match ruled {
        None => OPEN,
        Some((None, _)) => "ruled: told apart",
        Some((Some(Ruling::Link { .. }), _)) => "ruled: linked",
        Some((Some(Ruling::Create), _)) => "ruled: new",
        Some((Some(Ruling::Later { .. }), _)) => "ruled: later",
        Some(_) => "ruled: otherwise",
    }
}

impl Row for Line<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let told = |of: fn(&Told) -> &String| self.told.map_or("", |told| of(told).as_str()).into();
        match column {
            0 => self.row.code.words().into(),
            1 => review_band(self.row.probability).into(),
            2 => if self.row.has_rival { "yes" } else { "no" }.into(),
            3 => told(|told| &told.branch),
            4 => told(|told| &told.title),
            IS => is(self.ruled).into(),
            BY => self.ruled.map_or("", |(_, by)| by.as_str()).into(),
            7 => told(|told| &told.department),
            8 if self.row.probability <= 0.0 => "".into(),
            8 => format!("{:.1}", self.row.probability * 100.0).into(),
            9 => told(|told| &told.born),
            10 => told(|told| &told.email),
            11 => self.row.name.as_str().into(),
            12 => {
                let id = self.row.user.as_ref().map_or("", |user| user.as_str());
                format!("{} {id}", self.row.user_name).trim().to_owned().into()
            }
            13 => told(|told| &told.identifier),
            _ => self.row.employee.as_str().into(),
        }
    }
}

/// Lays conditions over the queue: what [`super::review_index`] does for a queue that is kept.
pub(super) fn filtered(
    rows: &[QueueRow],
    told: &AllTold,
    ruled: &RuledBy<'_>,
    (columns, conditions): (&[Column], &[Condition]),
) -> ReviewFiltered {
    let lines: Vec<Line<'_>> =
        rows.iter().map(|row| Line { row, told: told.get(&row.employee), ruled: ruled.get(&row.employee) }).collect();
    let Sifted { places, facets } = sifted(&lines, columns, conditions);
    ReviewFiltered { places, all: rows.len(), facets }
}

/// A question for who passes a filter.
#[derive(Debug, Clone)]
pub struct FilterAsk {
    pub queue: QueueAsk,
    pub columns: Vec<Column>,
    pub conditions: Vec<Condition>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Filter, conditions};
    use crate::domain::plan::HoldCode;
    use jiff::civil::date;

    fn row(employee: &str, name: &str, code: HoldCode, probability: f64, has_rival: bool) -> QueueRow {
        QueueRow {
            hold: 1,
            employee: employee.into(),
            name: name.to_owned(),
            code,
            user: Some("8841".into()),
            user_name: "Kasia Wojcik".to_owned(),
            probability,
            second: 0.0,
            has_rival,
            group: None,
        }
    }

    #[test]
    fn every_column_filters() {
        let rows = [
            row("2231", "Katarzyna Wójcik", HoldCode::ProbableDuplicate, 0.518, true),
            row("90", "Hanna Lindqvist", HoldCode::Rehire, 0.97, false),
            row("91", "Gwen Morgan", HoldCode::Rehire, 0.0, false),
        ];
        let told_of = |branch: &str, email: &str, born: &str| Told {
            identifier: format!("40718_{branch}"),
            branch: branch.to_owned(),
            title: "Waiter".to_owned(),
            email: email.to_owned(),
            born: born.to_owned(),
            ..Told::default()
        };
        let told = AllTold::from([
            ("2231".into(), told_of("Quayside", "k.wojcik@hvine.example", "1994-03-12")),
            ("90".into(), told_of("Old Mill", "h@hvine.example", "1998-07-04")),
        ]);
        let (hanna, create) = (EmployeeId::from("90"), Ruling::Create);
        let ruled = RuledBy::from([(&hanna, (Some(&create), "R. Osei".to_owned()))]);
        let columns = review_columns("identifier");
        let found = |text: &str| {
            let conditions = conditions(&Filter::parse(text), &columns, date(2026, 11, 24)).unwrap();
            filtered(&rows, &told, &ruled, (&columns, &conditions))
        };
        for (text, places) in [
            ("", &[0, 1, 2][..]),
            ("because:rehire", &[1, 2]),
            ("sure:<80", &[0]),
            ("sure:>=97", &[1]),
            ("branch:quay", &[0]),
            ("title:wait", &[0, 1]),
            ("born:1994", &[0]),
            ("rival:yes", &[0]),
            ("by:osei", &[1]),
            ("is:ruled", &[1]),
            ("!is:ruled", &[0, 2]),
            ("e-mail:wojcik@", &[0]),
            ("ktrzn wjck", &[0]),
            ("user:kasia who:gwen", &[2]),
            ("id:91", &[2]),
            ("identifier:old", &[1]),
            ("band:\"not weighed\"", &[2]),
        ] {
            assert_eq!(found(text).places, places, "{text}");
        }
        let because = &found("branch:quay").facets[0];
        let counts: Vec<_> = because.values.iter().map(|value| (value.value.as_str(), value.count)).collect();
        assert_eq!(counts, [(HoldCode::ProbableDuplicate.words(), 1)]);
    }
}
