//! A people file at a glance, before it is read and also where it cannot be: what kind of file it is, its sheets, the heads that
//! were found, and what each of them was taken for.

use super::choices::{Choices, Side, is_sheet};
use super::layout::{self, Layout, NoLayout, RawRow, ReadColumn, Unread, UnreadColumn};
use super::opened::{SAMPLE, Start, texts_of};
use super::text_choices::{DELIMITERS, delimiter_word};
use super::{PeopleError, PeopleFault};
use crate::files::workbook::Workbook;
use std::path::Path;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The sign between cells, and the encoding.
    Text {
        delimiter: u8,
        encoding: &'static str,
    },
    Workbook,
}

impl Kind {
    /// In words: `semicolon, UTF-8`.
    pub fn words(self) -> String {
        match self {
            Kind::Workbook => "XLSX".to_owned(),
            Kind::Text { delimiter, encoding } => {
                let known = DELIMITERS.iter().any(|(_, sign)| *sign == delimiter);
                let word = delimiter_word(delimiter);
                let sign = if known { word } else { format!("`{word}`") };
                format!("{sign}, {encoding}")
            }
        }
    }
}

/// A table of a file: the text, or a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSketch {
    /// `None` for a text.
    pub sheet: Option<String>,
    /// Rows that hold something; `None` for a text, which is not read to its end.
    pub rows: Option<u64>,
    pub is_hidden: bool,
    /// 0 where no row names columns.
    pub head_row: u64,
    /// What stands above the heads.
    pub above: Vec<String>,
    /// The first rows, of which one may be that with the heads; nothing of columns that are nobody's business.
    pub first_rows: Vec<RawRow>,
    /// The operator chose it.
    pub is_said: bool,
    pub heads: Vec<String>,
    pub columns: Vec<ReadColumn>,
    pub unread: Vec<UnreadColumn>,
    /// Why it is none of people.
    pub fault: Option<TableFault>,
    /// Rows below the heads, at most four hundred.
    pub sample: Vec<RawRow>,
}

/// Why a table is none of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFault {
    NoHeads,
    NoKey,
    NoNames,
}

/// A file at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    pub kind: Kind,
    pub tables: Vec<TableSketch>,
}

impl Sketch {
    /// Looks at a file.
    ///
    /// # Errors
    /// What it is instead of a text or a workbook.
    pub fn of(path: &Path, side: Side, choices: &Choices) -> Result<Sketch, PeopleError> {
        let choices = choices.of_side(side);
        match Start::of(path, choices.text())? {
            Start::Text(lines) => {
                let kind = Kind::Text { delimiter: lines.delimiter(), encoding: lines.encoding };
                let sample = lines.sample().map_err(|fault| fault.in_file(&path.display().to_string()))?;
                Ok(Sketch { kind, tables: vec![table(None, sample, side, &choices)] })
            }
            Start::Book(bytes) => {
                let tables = tables(&bytes, side, &choices);
                let tables = tables.map_err(|fault| fault.in_file(&path.display().to_string()))?;
                Ok(Sketch { kind: Kind::Workbook, tables })
            }
        }
    }

    /// Tables that hold people, the first of them first; where there is none, the first that has heads at all.
    pub fn best(&self) -> Option<&TableSketch> {
        if let Some(said) = self.tables.iter().find(|table| table.is_said) {
            return Some(said);
        }
        let fine = self.tables.iter().find(|table| table.fault.is_none() && !table.is_hidden);
        let fine = fine.or_else(|| self.tables.iter().find(|table| table.fault.is_none()));
        fine.or_else(|| self.tables.iter().find(|table| !table.heads.is_empty())).or_else(|| self.tables.first())
    }
}

fn tables(bytes: &[u8], side: Side, choices: &Choices) -> Result<Vec<TableSketch>, PeopleFault> {
    let mut book = Workbook::open(bytes)?;
    let mut tables = Vec::new();
    for (name, shown) in book.sheets_shown() {
        let rows = book.rows(&name)?;
        let sample = rows.iter().take(SAMPLE).map(|(row, cells)| (*row, texts_of(cells))).collect();
        let is_said = choices.sheets.iter().any(|choice| is_sheet(&choice.name, &name));
        let mut table = table(Some(name), sample, side, choices);
        (table.rows, table.is_hidden, table.is_said) = (Some(rows.len() as u64), !shown, is_said);
        tables.push(table);
    }
    Ok(tables)
}

fn table(sheet: Option<String>, rows: Vec<RawRow>, side: Side, choices: &Choices) -> TableSketch {
    let (layout, fault) = match Layout::of(&rows, side, choices, sheet.as_deref()) {
        Ok(layout) => (Some(layout), None),
        Err(none) => {
            let fault = match &none {
                NoLayout::NoHeads | NoLayout::NoRow(_) => TableFault::NoHeads,
                NoLayout::NoKey(_) => TableFault::NoKey,
                NoLayout::NoNames(_) => TableFault::NoNames,
            };
            let layout = match none {
                NoLayout::NoKey(layout) | NoLayout::NoNames(layout) => Some(*layout),
                NoLayout::NoHeads | NoLayout::NoRow(_) => None,
            };
            (layout, Some(fault))
        }
    };
    let (head_row, heads, columns, unread) = match layout {
        Some(layout) => (layout.head_row, layout.heads, layout.columns, layout.unread),
        None => (0, Vec::new(), Vec::new(), Vec::new()),
    };
    let said =
        |(_, cells): &RawRow| cells.iter().map(|cell| cell.trim()).find(|cell| !cell.is_empty()).map(str::to_owned);
    let above = rows.iter().filter(|(row, _)| *row < head_row).filter_map(said).collect();
    let is_private = |at: usize| {
        let head = heads.get(at).map(String::as_str).unwrap_or_default();
        !head.is_empty() && unread.iter().any(|column| column.head == *head && column.why == Unread::Private)
    };
    let open = |(row, cells): &RawRow| {
        let cell = |(at, cell): (usize, &String)| {
            if is_private(at) && *row != head_row { String::new() } else { cell.clone() }
        };
        (*row, cells.iter().enumerate().map(cell).collect())
    };
    let first_rows = rows.iter().take(layout::LOOKED_AT).map(open).collect();
    let sample = rows.into_iter().filter(|(row, _)| *row > head_row).collect();
    TableSketch {
        sheet,
        rows: None,
        is_hidden: false,
        head_row,
        above,
        first_rows,
        is_said: false,
        heads,
        columns,
        unread,
        fault,
        sample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(text: &str) -> Sketch {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        std::fs::write(&path, text).unwrap();
        Sketch::of(&path, Side::Source, &Choices::default()).unwrap()
    }

    #[test]
    fn a_file_that_is_not_read_still_shows_its_heads() {
        let found = sketch("Staff of York;;\nCode letter;Shoe;Hat\nA;38;L\n");
        let table = found.best().unwrap();
        assert_eq!((found.kind.words().as_str(), table.fault), ("semicolon, UTF-8", Some(TableFault::NoHeads)));
        let found = sketch("first_name,last_name,Shoe\nAnn,Ito,38\n");
        let table = found.best().unwrap();
        assert_eq!((table.fault, table.heads.len(), table.columns.len()), (Some(TableFault::NoKey), 3, 2));
        assert_eq!((table.head_row, table.sample.len()), (1, 1));
    }
}
