//! The lists that support loads: what they hold and what they are called.

use super::export::Export;
use super::record::Row;
use crate::domain::field::Field;
use crate::domain::inert;
use crate::domain::person::User;
use crate::files::export::{Cell, Kind as Form, Table};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// A list, in the order in which they are to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Which user who is there already gets which identifier.
    Identifiers,
    /// New users.
    New,
    /// Users of whom something changes.
    Changes,
    /// Users who can sign in again.
    Returning,
    /// Users who can sign in no more.
    Leavers,
}

impl Kind {
    /// As file names have it: in the order in which lists are loaded.
    fn slug(self) -> &'static str {
        match self {
            Kind::Identifiers => "1-identifiers",
            Kind::New => "2-new",
            Kind::Changes => "3-changes",
            Kind::Returning => "4-returning",
            Kind::Leavers => "5-leavers",
        }
    }

    /// Whether later lines about a user take the place of earlier ones: a user is on one of these lists at most.
    fn is_state(self) -> bool {
        matches!(self, Kind::Changes | Kind::Returning | Kind::Leavers)
    }
}

/// In what form lists are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    Csv,
    Xlsx,
}

impl ListForm {
    fn ending(self) -> &'static str {
        match self {
            ListForm::Csv => "csv",
            ListForm::Xlsx => "xlsx",
        }
    }

    /// For the writer of exports.
    pub fn form(self) -> Form {
        match self {
            ListForm::Csv => Form::Csv,
            ListForm::Xlsx => Form::Xlsx,
        }
    }
}

/// A list that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub name: String,
    pub table: Table,
}

/// The lists of these lines under a number. Of several lines about one user the last counts.
pub fn lists(rows: &[Row], export: &Export, fields: &[Field], of: (&str, u32, Date), form: ListForm) -> Vec<List> {
    let mut last: HashMap<(bool, Kind, &str), usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        last.insert(key(row), place);
    }
    let mut by_kind: BTreeMap<Kind, Vec<&Row>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        if last.get(&key(row)) == Some(&place) {
            by_kind.entry(row.kind).or_default().push(row);
        }
    }
    let (tenant, number, day) = of;
    let list = |(kind, rows): (Kind, Vec<&Row>)| List {
        name: format!("{tenant}-{number:04}-{day}-{}.{}", kind.slug(), form.ending()),
        table: table(kind, &rows, export, fields),
    };
    by_kind.into_iter().map(list).collect()
}

/// What a line takes the place of.
fn key(row: &Row) -> (bool, Kind, &str) {
    let kind = if row.kind.is_state() { Kind::Changes } else { row.kind };
    (row.kind.is_state(), kind, row.user.id.as_str())
}

/// The columns of a list: those of the export, under its own heads.
fn table(kind: Kind, rows: &[&Row], export: &Export, fields: &[Field]) -> Table {
    let shown = |field: &Field| !export.missing.contains(field);
    let who = [Field::FirstName, Field::LastName, Field::Email];
    let mut columns: Vec<Field> = match kind {
        Kind::Identifiers => vec![Field::Identifier].into_iter().chain(who).collect(),
        Kind::Leavers => vec![Field::Identifier].into_iter().chain(who).chain([Field::EndDate]).collect(),
        // Nobody who comes, stays or comes back has an end date to load.
        Kind::New | Kind::Changes | Kind::Returning => fields.to_vec(),
    };
    columns.retain(shown);
    let has_id = kind != Kind::New;
    let changed = matches!(kind, Kind::Changes | Kind::Returning);
    let head = |field: &Field| export.heads.get(field).cloned().unwrap_or_else(|| field.words().to_owned());
    let id_head = || export.id_head.clone().unwrap_or_else(|| "user".to_owned());
    let heads = has_id.then(id_head).into_iter().chain(columns.iter().map(head));
    let cells = |row: &&Row| -> Vec<Cell> {
        let id = has_id.then(|| Cell::Text(row.user.id.0.clone()));
        let values = columns.iter().map(|field| Cell::from(row.user.value(*field).map(|value| value.into_owned())));
        let words: Vec<String> = row.changed.iter().map(head).collect();
        id.into_iter().chain(values).chain(changed.then(|| Cell::Text(words.join("; ")))).collect()
    };
    Table {
        heads: heads.chain(changed.then(|| "changed".to_owned())).collect(),
        rows: rows.iter().map(cells).collect(),
    }
}

/// Fields whose values a list of this form does not hold to the letter, so that a spreadsheet cannot act on them.
pub fn marked(user: &User, fields: &[Field], form: ListForm) -> Vec<Field> {
    let is_marked = |field: &Field| {
        user.value(*field)
            .is_some_and(|value| !inert::is_inert(&value) || (form == ListForm::Csv && inert::is_formula(&value)))
    };
    fields.iter().copied().filter(is_marked).collect()
}
