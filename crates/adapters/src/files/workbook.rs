//! XLSX files, opened with care: how much they hold once they are unpacked, and where their cells stand, is looked at
//! before anything is given to the reader. A file of 4 KB can have a cell in the last row of the last column, or unpack to
//! gigabytes.

use super::workbook_parts::hidden;
use calamine::{Data, DataRef, Reader, SheetVisible, Xlsx};
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zip::ZipArchive;

/// A file may unpack to this many times its own size; spreadsheets are about ten times smaller packed.
const RATIO_MAX: u64 = 200;
/// Most parts of a file.
const PARTS_MAX: usize = 10_000;
/// Longest stretch of a part without an element, in bytes: a cell of [`CELL_MAX`] characters, each written as an entity.
const STRETCH_MAX: u64 = 512 << 10;
/// Longest text of a cell, in characters; Excel's own maximum.
pub const CELL_MAX: usize = 32_767;
/// Columns that are read, up to ALL.
pub const COLUMNS_MAX: u32 = 1_000;
/// Most cells of a sheet, blank ones before the last of a row included.
const CELLS_MAX: u64 = 50_000_000;
/// Of these, the maximum multiple of the cells that hold something.
const SPARSE_MAX: u64 = 16;
/// Below this nobody counts.
const CELLS_FREE: u64 = 1_000_000;

/// How much a file may hold.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Most bytes that a file may unpack to, whatever its own size.
    unpacked: u64,
    /// Below this nobody asks how often it is larger than the file.
    unpacked_free: u64,
    /// Most text of a sheet, in bytes: one long text can be shared by many cells.
    text: u64,
}

const LIMITS: Limits = Limits { unpacked: 2 << 30, unpacked_free: 64 << 20, text: 1 << 30 };

/// Why a workbook is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkbookError {
    #[error("this is not an XLSX file, or it is damaged")]
    Damaged,
    #[error("this is an old Excel file (.xls), or one with a password; save it as XLSX without a password, or as CSV")]
    OldOrLocked,
    #[error("this is a file of another program, not XLSX; save it as XLSX or as CSV")]
    OtherFormat,
    #[error("it unpacks to more than {most} MB, which no list of people needs; save it as CSV")]
    TooLarge { most: u64 },
    #[error("it has more than 10,000 parts")]
    TooManyParts,
    #[error("a text of it is longer than a cell can be (32,767 characters); shorten it, or save it as CSV")]
    LongText,
    #[error("cell {cell} has {length} characters; a cell has at most 32,767")]
    LongCell { cell: String, length: usize },
    #[error("the heads go beyond column ALL, the {COLUMNS_MAX}th; take out the columns that are not needed")]
    ManyColumns,
    #[error("it has more cells than are read (50,000,000, or almost all of them blank); save it as CSV")]
    ManyCells,
    #[error("its cells hold more than 1 GB of text; save it as CSV")]
    MuchText,
    #[error("it has no sheet")]
    NoSheet,
}

/// An open workbook.
pub struct Workbook<'a> {
    book: Xlsx<Cursor<&'a [u8]>>,
    bytes: &'a [u8],
    limits: Limits,
}

/// A row that holds something: its number in the sheet (from 1) and its cells up to the last that holds something.
pub type Row = (u64, Vec<Data>);

impl<'a> Workbook<'a> {
    /// Opens a file after looking at what it unpacks to.
    ///
    /// # Errors
    /// [`WorkbookError`]: another format, too large, damaged.
    pub fn open(bytes: &'a [u8]) -> Result<Self, WorkbookError> {
        Self::open_within(bytes, LIMITS)
    }

    fn open_within(bytes: &'a [u8], limits: Limits) -> Result<Self, WorkbookError> {
        if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Err(WorkbookError::OldOrLocked);
        }
        look_into(bytes, limits)?;
        let book = guarded(|| Xlsx::new(Cursor::new(bytes)))?.map_err(|_| WorkbookError::Damaged)?;
        Ok(Self { book, bytes, limits })
    }

    /// Names of the sheets, in their order.
    pub fn sheets(&self) -> Vec<String> {
        self.book.sheet_names()
    }

    /// The sheets with whether they are shown, in their order.
    pub fn sheets_shown(&self) -> Vec<(String, bool)> {
        let sheets = self.book.sheets_metadata().iter();
        sheets.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect()
    }

    /// The rows and the places of the columns of a sheet that are hidden, by a filter or by hand. Nobody is left out for it: it is
    /// only said.
    pub fn hidden(&self, sheet: &str) -> (BTreeSet<u64>, BTreeSet<usize>) {
        let place = self.book.sheet_names().iter().position(|name| name == sheet);
        place.and_then(|place| hidden(self.bytes, place)).unwrap_or_default()
    }

    /// The rows of a sheet that hold something, in their order. Cells beyond [`COLUMNS_MAX`] are left out; in the first row
    /// with content, which may be the heads, they are an error.
    ///
    /// # Errors
    /// [`WorkbookError`]: too many cells, texts that are too long, damaged.
    pub fn rows(&mut self, sheet: &str) -> Result<Vec<Row>, WorkbookError> {
        guarded(|| self.read(sheet))?
    }

    fn read(&mut self, sheet: &str) -> Result<Vec<Row>, WorkbookError> {
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(|_| WorkbookError::Damaged)?;
        let mut cells: Vec<((u32, u32), Data)> = Vec::new();
        let mut beyond: Option<u32> = None;
        let mut text = 0_u64;
        while let Some(cell) = reader.next_cell().map_err(|_| WorkbookError::Damaged)? {
            let (row, column) = cell.get_position();
            let value = cell.get_value();
            if *value == DataRef::Empty {
                continue;
            }
            if column >= COLUMNS_MAX {
                beyond = Some(beyond.map_or(row, |first| first.min(row)));
                continue;
            }
            text += match value {
                DataRef::String(text) => check_text((row, column), text)?,
                DataRef::SharedString(text) => check_text((row, column), text)?,
                _ => 0,
            };
            if cells.len() as u64 >= CELLS_MAX {
                return Err(WorkbookError::ManyCells);
            }
            if text > self.limits.text {
                return Err(WorkbookError::MuchText);
            }
            cells.push(((row, column), value.clone().into()));
        }
        // A sheet may have its rows in any order, and a cell twice: the later counts.
        if !cells.is_sorted_by_key(|(place, _)| *place) {
            cells.sort_by_key(|(place, _)| *place);
        }
        let first = cells.first().map(|((row, _), _)| *row);
        if beyond.is_some_and(|row| first.is_none_or(|first| row <= first)) {
            return Err(WorkbookError::ManyColumns);
        }
        into_rows(cells)
    }
}

/// Runs the reader; a defect of it on a damaged file is an error of that file.
fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, WorkbookError> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| WorkbookError::Damaged)
}

fn check_text((row, column): (u32, u32), text: &str) -> Result<u64, WorkbookError> {
    // Bytes are at least as many as characters.
    if text.len() > CELL_MAX {
        let length = text.chars().count();
        if length > CELL_MAX {
            return Err(WorkbookError::LongCell { cell: cell_name(row, column), length });
        }
    }
    Ok(text.len() as u64)
}

/// `B7`.
pub fn cell_name(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = u64::from(column) + 1;
    while left > 0 {
        letters.push(b'A' + u8::try_from((left - 1) % 26).unwrap_or(0));
        left = (left - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", String::from_utf8_lossy(&letters), u64::from(row) + 1)
}

fn into_rows(cells: Vec<((u32, u32), Data)>) -> Result<Vec<Row>, WorkbookError> {
    let full = cells.len() as u64;
    let most = CELLS_MAX.min(CELLS_FREE.max(full.saturating_mul(SPARSE_MAX)));
    let mut rows: Vec<Row> = Vec::new();
    let mut dense = 0_u64;
    for ((row, column), value) in cells {
        let number = u64::from(row) + 1;
        if rows.last().is_none_or(|(last, _)| *last != number) {
            rows.push((number, Vec::new()));
        }
        let Some((_, row)) = rows.last_mut() else { continue };
        let place = column as usize;
        match row.get_mut(place) {
            Some(cell) => *cell = value,
            None => {
                dense += (place + 1 - row.len()) as u64;
                if dense > most {
                    return Err(WorkbookError::ManyCells);
                }
                row.resize(place, Data::Empty);
                row.push(value);
            }
        }
    }
    Ok(rows)
}

/// Unpacks every part once, into nothing, and looks at what would make a reader run out of memory.
fn look_into(bytes: &[u8], limits: Limits) -> Result<(), WorkbookError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| WorkbookError::Damaged)?;
    if archive.len() > PARTS_MAX {
        return Err(WorkbookError::TooManyParts);
    }
    let own = bytes.len() as u64;
    let most = limits.unpacked.min(limits.unpacked_free.max(own.saturating_mul(RATIO_MAX)));
    let mut left = most;
    let mut is_xlsx = false;
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).map_err(|_| WorkbookError::Damaged)?;
        let name = part.name().map_err(|_| WorkbookError::Damaged)?.to_ascii_lowercase();
        is_xlsx |= name.ends_with("workbook.xml");
        let mut look = PartLook::new(name.ends_with(".xml") || name.ends_with(".rels"));
        let mut buffer = vec![0_u8; 64 << 10];
        loop {
            let read = part.read(&mut buffer).map_err(|_| WorkbookError::Damaged)?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or(WorkbookError::TooLarge { most: most >> 20 })?;
            look.at(buffer.get(..read).unwrap_or_default())?;
        }
        look.end()?;
    }
    if is_xlsx { Ok(()) } else { Err(WorkbookError::OtherFormat) }
}

/// What is looked at while a part is unpacked.
struct PartLook {
    is_xml: bool,
    seen: u64,
    /// Bytes since the last element began.
    stretch: u64,
    /// The end of the chunk before, so that nothing is cut in two.
    tail: Vec<u8>,
    /// The number of strings that the part announces.
    announced: u64,
}

/// What announces how many strings follow: a reader makes room for all of them at once.
const ANNOUNCES: &[u8] = b"uniqueCount";

impl PartLook {
    fn new(is_xml: bool) -> Self {
        Self { is_xml, seen: 0, stretch: 0, tail: Vec::new(), announced: 0 }
    }

    fn at(&mut self, chunk: &[u8]) -> Result<(), WorkbookError> {
        let begins = self.seen == 0;
        self.seen += chunk.len() as u64;
        if !self.is_xml {
            return Ok(());
        }
        // Another encoding would hide from the looks below; spreadsheets are written in UTF-8.
        if begins && chunk.iter().take(4).any(|byte| matches!(byte, 0 | 0xfe | 0xff)) {
            return Err(WorkbookError::OtherFormat);
        }
        let mut pieces = chunk.split(|byte| *byte == b'<');
        self.stretch += pieces.next().map_or(0, <[u8]>::len) as u64;
        self.check_stretch()?;
        for piece in pieces {
            self.stretch = piece.len() as u64;
            self.check_stretch()?;
        }
        self.look_for_announcement(chunk);
        Ok(())
    }

    fn check_stretch(&self) -> Result<(), WorkbookError> {
        if self.stretch > STRETCH_MAX { Err(WorkbookError::LongText) } else { Ok(()) }
    }

    fn look_for_announcement(&mut self, chunk: &[u8]) {
        // The name, an equals sign and a number, with room for blanks.
        const KEEP: usize = 64;
        let mut window = std::mem::take(&mut self.tail);
        window.extend_from_slice(chunk);
        let mut from = 0;
        while let Some(found) = window.get(from..).and_then(|rest| find(rest, ANNOUNCES)) {
            let after = from + found + ANNOUNCES.len();
            let digits = window.get(after..).unwrap_or_default().iter().take(KEEP);
            let number = digits
                .skip_while(|byte| !byte.is_ascii_digit())
                .take_while(|byte| byte.is_ascii_digit())
                .fold(0_u64, |number, byte| number.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
            self.announced = self.announced.max(number);
            from = after;
        }
        let keep = window.len().saturating_sub(KEEP + ANNOUNCES.len());
        self.tail = window.split_off(keep);
    }

    /// Each string takes at least five bytes (`<si/>`).
    fn end(&self) -> Result<(), WorkbookError> {
        if self.announced > self.seen / 5 + 1 { Err(WorkbookError::Damaged) } else { Ok(()) }
    }
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(word)) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    const TYPES: &str =
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

    /// A workbook of one sheet with this XML in `sheetData`, and these shared strings.
    pub fn xlsx(rows: &str, strings: Option<&str>) -> Vec<u8> {
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>"#
        );
        let mut parts = vec![
            ("[Content_Types].xml", TYPES.as_bytes().to_vec()),
            ("_rels/.rels", RELS.as_bytes().to_vec()),
            ("xl/workbook.xml", BOOK.as_bytes().to_vec()),
            ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes().to_vec()),
            ("xl/worksheets/sheet1.xml", sheet.into_bytes()),
        ];
        if let Some(strings) = strings {
            parts.push(("xl/sharedStrings.xml", strings.as_bytes().to_vec()));
        }
        zipped(&parts)
    }

    pub fn zipped(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// An inline text in a cell.
    pub fn cell(place: &str, text: &str) -> String {
        format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    }

    fn rows(bytes: &[u8]) -> Result<Vec<Row>, WorkbookError> {
        let mut book = Workbook::open(bytes)?;
        let sheet = book.sheets().first().cloned().ok_or(WorkbookError::NoSheet)?;
        book.rows(&sheet)
    }

    fn plain(rows: Vec<Row>) -> Vec<(u64, Vec<String>)> {
        rows.into_iter().map(|(number, cells)| (number, cells.iter().map(ToString::to_string).collect())).collect()
    }

    #[test]
    fn a_cell_in_the_last_place_is_left_out_and_the_rest_is_read() {
        let people = format!(
            "<row r=\"1\">{}{}</row><row r=\"3\">{}</row><row r=\"1048576\">{}</row>",
            cell("A1", "id"),
            cell("C1", "name"),
            cell("A3", "7"),
            cell("XFD1048576", "x")
        );
        let bytes = xlsx(&people, None);
        assert!(bytes.len() < 4_096);
        let found = plain(rows(&bytes).unwrap());
        let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, [(1, texts(&["id", "", "name"])), (3, texts(&["7"]))]);
        let heads = xlsx(&format!("<row r=\"1\">{}{}</row>", cell("A1", "id"), cell("XFD1", "name")), None);
        assert_eq!(rows(&heads), Err(WorkbookError::ManyColumns));
        let alone = xlsx(&format!("<row r=\"9\">{}</row>", cell("XFD9", "name")), None);
        assert_eq!(rows(&alone), Err(WorkbookError::ManyColumns));
    }

    #[test]
    fn rows_in_any_order_and_cells_twice_are_put_in_order() {
        let mixed = format!(
            "<row r=\"5\">{}</row><row r=\"1\">{}{}</row><row r=\"5\">{}</row>",
            cell("B5", "old"),
            cell("B1", "name"),
            cell("A1", "id"),
            cell("B5", "new")
        );
        let found = plain(rows(&xlsx(&mixed, None)).unwrap());
        assert_eq!(found[0], (1, vec!["id".to_owned(), "name".to_owned()]));
        assert_eq!(found[1], (5, vec![String::new(), "new".to_owned()]));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_read() {
        // Blanks pack to a thousandth.
        let blanks = vec![b' '; 8 << 20];
        let parts = [("xl/workbook.xml", BOOK.as_bytes().to_vec()), ("xl/media/a.bin", blanks)];
        let bytes = zipped(&parts);
        assert!(bytes.len() < 16 << 10);
        let few = Limits { unpacked_free: 1 << 20, ..LIMITS };
        assert!(matches!(Workbook::open_within(&bytes, few).err(), Some(WorkbookError::TooLarge { .. })));
        let most = Limits { unpacked: 8 << 20, ..LIMITS };
        assert_eq!(Workbook::open_within(&bytes, most).err(), Some(WorkbookError::TooLarge { most: 8 }));
        let long = "x".repeat(1 << 20);
        let text = xlsx(&format!("<row r=\"1\">{}</row>", cell("A1", &long)), None);
        assert_eq!(rows(&text), Err(WorkbookError::LongText));
        let longish = "x".repeat(CELL_MAX + 1);
        let text = xlsx(&format!("<row r=\"1\">{}</row>", cell("B1", &longish)), None);
        assert_eq!(rows(&text), Err(WorkbookError::LongCell { cell: "B1".into(), length: CELL_MAX + 1 }));
        let fits = xlsx(&format!("<row r=\"1\">{}</row>", cell("A1", &longish[1..])), None);
        assert_eq!(rows(&fits).unwrap().len(), 1);
    }

    #[test]
    fn one_text_that_many_cells_share_counts_for_each() {
        let strings = format!("<sst uniqueCount=\"1\"><si><t>{}</t></si></sst>", "x".repeat(CELL_MAX));
        let cells = "<c t=\"s\"><v>0</v></c>".repeat(990);
        let bytes = xlsx(&format!("<row r=\"1\">{cells}</row>"), Some(&strings));
        let mut book = Workbook::open_within(&bytes, Limits { text: 8 << 20, ..LIMITS }).unwrap();
        assert_eq!(book.rows("People"), Err(WorkbookError::MuchText));
    }

    #[test]
    fn rows_of_one_far_cell_each_are_refused() {
        let sheet: String =
            (1..=30_000).map(|row| format!("<row r=\"{row}\"><c r=\"ALL{row}\"><v>1</v></c></row>")).collect();
        assert_eq!(rows(&xlsx(&sheet, None)), Err(WorkbookError::ManyCells));
    }

    #[test]
    fn an_announced_number_of_strings_makes_no_room() {
        for number in ["99999999999", "18446744073709551615", "4000000000"] {
            for head in
                [format!("<sst uniqueCount=\"{number}\">"), format!("<sst count='1'  uniqueCount = '{number}'>")]
            {
                let strings = format!("{head}<si><t>a</t></si></sst>");
                let bytes = xlsx("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>", Some(&strings));
                assert_eq!(rows(&bytes), Err(WorkbookError::Damaged), "{strings}");
            }
        }
        // Also where it stands across two chunks.
        let padding = " ".repeat((64 << 10) - 20);
        let strings = format!("<!--{padding}--><sst uniqueCount=\"99999999999\"><si><t>a</t></si></sst>");
        assert_eq!(rows(&xlsx("", Some(&strings))), Err(WorkbookError::Damaged));
        let utf16: Vec<u8> = "<sst uniqueCount=\"99999999999\"/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let parts = [("xl/workbook.xml", BOOK.as_bytes().to_vec()), ("xl/sharedStrings.xml", utf16)];
        assert_eq!(Workbook::open(&zipped(&parts)).err(), Some(WorkbookError::OtherFormat));
    }

    #[test]
    fn other_formats_are_named() {
        assert_eq!(Workbook::open(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").err(), Some(WorkbookError::OldOrLocked));
        let ods = zipped(&[("content.xml", b"<a/>".to_vec()), ("mimetype", b"application/x".to_vec())]);
        assert_eq!(Workbook::open(&ods).err(), Some(WorkbookError::OtherFormat));
        assert_eq!(Workbook::open(b"PK\x03\x04 but no more").err(), Some(WorkbookError::Damaged));
        let many: Vec<(String, Vec<u8>)> = (0..10_001).map(|at| (format!("{at}.xml"), Vec::new())).collect();
        let many: Vec<(&str, Vec<u8>)> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        assert_eq!(Workbook::open(&zipped(&many)).err(), Some(WorkbookError::TooManyParts));
    }

    #[test]
    fn a_place_that_no_cell_can_have_is_an_error_of_the_file() {
        for place in ["AAAAAAAAAAAAAAA1", "A99999999999999999999", "1", "é1", ""] {
            let sheet = format!("<row r=\"1\"><c r=\"{place}\"><v>1</v></c></row>");
            let _ = rows(&xlsx(&sheet, None));
        }
        assert_eq!(
            (cell_name(0, 0), cell_name(6, 1), cell_name(1_048_575, 16_383)),
            ("A1".into(), "B7".into(), "XFD1048576".into())
        );
    }
}
