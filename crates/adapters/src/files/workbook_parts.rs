//! What the reader of workbooks does not tell of a sheet: which of its rows and columns are hidden.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Cursor, Read};
use zip::ZipArchive;

/// Most hidden rows that are kept.
const HIDDEN_MAX: usize = 2_000_000;
/// Most columns that a sheet has.
const COLUMNS_MAX: usize = 16_384;
/// Most bytes of the parts that say where the sheets are.
const INDEX_MAX: u64 = 16 << 20;

/// The value of an attribute in a tag (`row r="3" hidden="1"`).
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let (before, behind) = (rest.get(..at)?, rest.get(at + name.len()..)?);
        let begins = before.ends_with(|c: char| c.is_ascii_whitespace());
        if let Some(value) = behind.strip_prefix('=').filter(|_| begins) {
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return value.get(1..)?.split(quote).next();
        }
        rest = behind;
    }
}

/// The name of the element of a tag, without its prefix.
fn element(tag: &str) -> &str {
    let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// Hands out the tags of a part, one after the other.
fn tags(part: impl Read, mut each: impl FnMut(&str)) -> Option<()> {
    let mut reader = BufReader::with_capacity(1 << 16, part);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if reader.read_until(b'>', &mut piece).ok()? == 0 {
            return Some(());
        }
        let start = piece.iter().rposition(|byte| *byte == b'<').map_or(0, |at| at + 1);
        let tag = piece.get(start..piece.len().saturating_sub(1)).unwrap_or_default();
        if let Ok(tag) = std::str::from_utf8(tag) {
            each(tag);
        }
    }
}

/// The part in which the sheet of this place stands.
fn part_of(archive: &mut ZipArchive<Cursor<&[u8]>>, place: usize) -> Option<String> {
    let mut references: Vec<String> = Vec::new();
    tags(archive.by_name("xl/workbook.xml").ok()?.take(INDEX_MAX), |tag| {
        if element(tag) == "sheet" {
            references.push(attribute(tag, "r:id").unwrap_or_default().to_owned());
        }
    })?;
    let reference = references.into_iter().nth(place)?;
    let mut target = None;
    tags(archive.by_name("xl/_rels/workbook.xml.rels").ok()?.take(INDEX_MAX), |tag| {
        if element(tag) == "Relationship" && attribute(tag, "Id") == Some(&*reference) {
            target = attribute(tag, "Target").map(str::to_owned);
        }
    })?;
    let target = target?;
    Some(match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    })
}

/// The numbers of the hidden rows of the sheet at this place, and the places of its hidden columns.
pub(super) fn hidden(bytes: &[u8], place: usize) -> Option<(BTreeSet<u64>, BTreeSet<usize>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let part = part_of(&mut archive, place)?;
    let (mut hidden, mut columns) = (BTreeSet::new(), BTreeSet::new());
    let mut row = 0;
    tags(archive.by_name(&part).ok()?, |tag| {
        if element(tag) == "col" && matches!(attribute(tag, "hidden"), Some("1" | "true")) {
            let number = |name| attribute(tag, name).and_then(|number| number.parse::<usize>().ok());
            if let (Some(min), Some(max)) = (number("min"), number("max")) {
                columns.extend((min.max(1)..=max.min(COLUMNS_MAX)).map(|column| column - 1));
            }
        }
        if element(tag) == "row" && !tag.starts_with('/') {
            row = attribute(tag, "r").and_then(|number| number.parse().ok()).unwrap_or(row + 1);
            if matches!(attribute(tag, "hidden"), Some("1" | "true")) && hidden.len() < HIDDEN_MAX {
                hidden.insert(row);
            }
        }
    })?;
    Some((hidden, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_whole_words() {
        let tag = r#"row r="3" spans='1:2' x14ac:hidden="0" hidden="1""#;
        assert_eq!((attribute(tag, "r"), attribute(tag, "hidden"), attribute(tag, "ht")), (Some("3"), Some("1"), None));
        assert_eq!((element("x:row r=\"1\""), element("row/")), ("row", "row"));
    }

    #[test]
    fn hidden_rows_are_found_and_damage_is_none() {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write(0, 0, "other").unwrap();
        let sheet = book.add_worksheet();
        for row in 0..4 {
            sheet.write(row, 0, "x").unwrap();
        }
        sheet.set_row_hidden(2).unwrap();
        sheet.set_column_hidden(4).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        assert_eq!(hidden(&bytes, 1), Some((BTreeSet::from([3]), BTreeSet::from([4]))));
        assert_eq!((hidden(&bytes, 0), hidden(&bytes, 7)), (Some(Default::default()), None));
        assert_eq!(hidden(b"PK junk", 0), None);
    }
}
