//! A mapping table out of a CSV or XLSX file: the columns `value` and `target`, and where there are any `state` and
//! `target_name`, as the exports write them. An export that is read back unchanged changes nothing.

use super::sheet::{self, Sheet, SheetError};
use crate::domain::ids::OptionKey;
use crate::domain::mapping::{DestinationOption, MappingTarget};
use crate::mapping::Names;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Rows at fault that an error names.
const NAMED: usize = 3;

/// Why a file is not a mapping table. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum MappingSheetError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error("the head row has no `{0}`")]
    NoColumn(&'static str),
    #[error("{}", rows_words(rows))]
    Rows { rows: Vec<(u64, RowError)> },
    #[error("there is no row below the head")]
    NoRows,
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("the value is blank")]
    Blank,
    #[error("`{wanted}` is not in the destination{}", near_words(near))]
    NoOption { wanted: String, near: Vec<String> },
    #[error("the value stands in row {first} too, with another target")]
    Twice { first: u64 },
}

fn near_words(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (near: `{}`)", near.join("`, `")) }
}

fn rows_words(rows: &[(u64, RowError)]) -> String {
    let mut words: Vec<String> = rows.iter().take(NAMED).map(|(row, error)| format!("row {row}: {error}")).collect();
    if rows.len() > NAMED {
        words.push(format!("{} more rows like these", rows.len() - NAMED));
    }
    words.join("; ")
}

/// Reads a file against the destination's options of that table; `None` as target takes a row of the table away.
///
/// # Errors
/// [`MappingSheetError`], naming the rows at fault.
pub fn read(
    path: &Path,
    options: &[DestinationOption],
) -> Result<Vec<(String, Option<MappingTarget>)>, MappingSheetError> {
    resolve(&sheet::read(path)?, options)
}

fn resolve(
    sheet: &Sheet,
    options: &[DestinationOption],
) -> Result<Vec<(String, Option<MappingTarget>)>, MappingSheetError> {
    let column = |name: &'static str| sheet.heads.iter().position(|head| head.trim().eq_ignore_ascii_case(name));
    let value = column("value").ok_or(MappingSheetError::NoColumn("value"))?;
    let target = column("target").ok_or(MappingSheetError::NoColumn("target"))?;
    let (state, named) = (column("state"), column("target_name"));
    let offer = Offer::new(options);
    let mut seen: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    let (mut cells, mut wrong) = (Vec::<(String, Option<MappingTarget>)>::new(), Vec::new());
    for (number, row) in &sheet.rows {
        let cell = |column: Option<usize>| column.and_then(|at| row.get(at)).map(String::as_str).unwrap_or_default();
        // Blanks inside the value count: they are what the table is often about.
        let written = cell(Some(value));
        if written.trim().is_empty() {
            wrong.push((*number, RowError::Blank));
            continue;
        }
        let meant = match meant(cell(Some(target)), cell(named).trim(), cell(state).trim(), &offer) {
            Ok(meant) => meant,
            Err(mut error) => {
                // What is like it is looked for in all options, so only for rows that are named.
                if let RowError::NoOption { wanted, near } = &mut error
                    && wrong.len() < NAMED
                {
                    *near = offer.names.near(wanted, 2).into_iter().map(|ranked| ranked.name).collect();
                }
                wrong.push((*number, error));
                continue;
            }
        };
        match seen.get(written) {
            Some((_, at)) if cells.get(*at).is_some_and(|(_, earlier)| *earlier == meant) => {}
            Some((first, _)) => wrong.push((*number, RowError::Twice { first: *first })),
            None => {
                seen.insert(written.to_owned(), (*number, cells.len()));
                cells.push((written.to_owned(), meant));
            }
        }
    }
    match (wrong.is_empty(), cells.is_empty()) {
        (false, _) => Err(MappingSheetError::Rows { rows: wrong }),
        (true, true) => Err(MappingSheetError::NoRows),
        (true, false) => Ok(cells),
    }
}

/// The destination's options, found by code or name without going through them row by row.
struct Offer<'a> {
    by_key: HashMap<&'a str, &'a DestinationOption>,
    /// `None` where more than one has the name.
    by_name: HashMap<&'a str, Option<&'a DestinationOption>>,
    names: Names<'a>,
}

impl<'a> Offer<'a> {
    fn new(options: &'a [DestinationOption]) -> Self {
        let mut by_name = HashMap::with_capacity(options.len());
        for option in options {
            by_name.entry(option.name.as_str()).and_modify(|known| *known = None).or_insert(Some(option));
        }
        let by_key = options.iter().rev().map(|option| (option.key.as_str(), option)).collect();
        Self { by_key, by_name, names: Names::new(options) }
    }

    /// The option with this code or, where only one has it, this exact name.
    fn find(&self, wanted: &str) -> Option<OptionKey> {
        let named = || self.by_name.get(wanted).copied().flatten();
        self.by_key.get(wanted).copied().or_else(named).map(|option| option.key.clone())
    }
}

fn meant(target: &str, named: &str, state: &str, offer: &Offer<'_>) -> Result<Option<MappingTarget>, RowError> {
    let new = state.eq_ignore_ascii_case("created") || state.eq_ignore_ascii_case("create");
    // A key may end in a blank; otherwise blanks around a target mean nothing.
    if let Some(key) = offer.find(target).filter(|_| !target.trim().is_empty()) {
        return Ok(Some(MappingTarget::Option(key)));
    }
    let target = target.trim();
    let wanted = if target.is_empty() && new { named } else { target };
    if wanted.is_empty() {
        return Ok(state.eq_ignore_ascii_case("nothing").then_some(MappingTarget::Nothing));
    }
    if state.eq_ignore_ascii_case("gone") {
        // The row says so already, and goes on saying it: only a person decides what it becomes.
        return Ok(Some(MappingTarget::Option(OptionKey::new(wanted))));
    }
    match offer.find(wanted) {
        Some(key) => Ok(Some(MappingTarget::Option(key))),
        None if new => Ok(Some(MappingTarget::Create(wanted.to_owned()))),
        // Nothing was read of the destination yet: the plan says later whether the option is there.
        None if offer.by_key.is_empty() => Ok(Some(MappingTarget::Option(OptionKey::new(wanted)))),
        None => Err(RowError::NoOption { wanted: wanted.to_owned(), near: Vec::new() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::list::ListKey;

    fn options() -> Vec<DestinationOption> {
        let option = |key: &str, name: &str| DestinationOption::new(ListKey::JOB_TITLE, key, name, true);
        vec![option("CDP", "Chef De Partie"), option("BAR", "Bar Staff")]
    }

    fn read(text: &str) -> Result<Vec<(String, Option<MappingTarget>)>, MappingSheetError> {
        resolve(&sheet::parse(text.as_bytes()).unwrap(), &options())
    }

    #[test]
    fn targets_go_by_code_or_name_and_blanks_of_the_value_count() {
        let cells = read("value,target\nChef de Partie,CDP\n\"Bar Staff \",Bar Staff\nGone,\n").unwrap();
        assert_eq!(
            cells,
            [
                ("Chef de Partie".to_owned(), Some(MappingTarget::Option("CDP".into()))),
                ("Bar Staff ".to_owned(), Some(MappingTarget::Option("BAR".into()))),
                ("Gone".to_owned(), None),
            ]
        );
    }

    #[test]
    fn the_states_of_an_export_are_read_back() {
        let cells =
            read("value,state,target,target_name\nSpa,created,,Spa Host\nTemp,nothing,,\nX,create,Y,\n").unwrap();
        assert_eq!(
            cells,
            [
                ("Spa".to_owned(), Some(MappingTarget::Create("Spa Host".into()))),
                ("Temp".to_owned(), Some(MappingTarget::Nothing)),
                ("X".to_owned(), Some(MappingTarget::Create("Y".into()))),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_row_and_nothing_is_used() {
        let error = read("value,target\nChef,Chef de Partie\n,CDP\nA,BAR\nA,CDP\n").unwrap_err();
        let words = error.to_string();
        assert!(
            words.starts_with("row 2: `Chef de Partie` is not in the destination (near: `Chef De Partie`"),
            "{words}"
        );
        assert!(words.contains("row 3: the value is blank"), "{words}");
        assert!(words.contains("row 5: the value stands in row 4 too, with another target"), "{words}");
        assert_eq!(read("value,goal\nA,B\n").unwrap_err().to_string(), "the head row has no `target`");
        assert_eq!(read("value,target\n").unwrap_err().to_string(), "there is no row below the head");
    }
}
