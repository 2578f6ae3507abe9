//! What stands in a folder that could be matched: lists of people and earlier results, newest first, each with what it is.

use super::columns::plain;
use crate::files::match_result::folder;
use crate::files::match_result::kept::{Kept, KeptCounts};
use crate::files::people::sketch::{Kind, Sketch};
use crate::files::people::{Choices, Side};
use jiff::Timestamp;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most entries that are told.
const ENTRIES: usize = 200;
/// Most of these that are looked into.
const LOOKED_INTO: usize = 40;
/// The largest workbook that is opened to name its sheets, and the largest text whose lines are counted.
const BOOK: u64 = 8 << 20;
const TEXT: u64 = 64 << 20;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A text: the sign between cells and the encoding, and its lines where it is not too large.
    Text {
        words: String,
        lines: Option<u64>,
    },
    /// A workbook with the names of its sheets, where it is not too large to look.
    Book {
        sheets: Vec<String>,
    },
    /// A list that cannot be read, and why.
    Broken(String),
    /// An earlier result: how many stand where, and how many rulings were made; `None` where nothing is kept beside it.
    Result(Option<KeptCounts>),
    Folder,
    /// Another file, which may be a list all the same.
    Unknown,
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub path: PathBuf,
    pub name: String,
    pub saved: Option<Timestamp>,
    pub bytes: u64,
    pub entry: Entry,
}

/// A folder with what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub folder: PathBuf,
    pub entries: Vec<Listed>,
    /// Files that are no lists of people, and what is beyond the maximum.
    pub others: usize,
    /// Why the folder is not listed.
    pub problem: Option<String>,
}

/// Lists a folder.
pub fn list(path: &Path) -> Listing {
    let mut listing = Listing { folder: path.to_owned(), entries: Vec::new(), others: 0, problem: None };
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            listing.problem = Some(match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
                std::io::ErrorKind::PermissionDenied => "you may not look into it".to_owned(),
                _ => plain(&error),
            });
            return listing;
        }
    };
    let mut found: Vec<Listed> = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        match listed(entry.path(), name) {
            Some(one) => found.push(one),
            None => listing.others += 1,
        }
    }
    let rank = |one: &Listed| (one.entry == Entry::Folder, std::cmp::Reverse(one.saved), one.name.clone());
    found.sort_by_key(rank);
    listing.others += found.len().saturating_sub(ENTRIES);
    found.truncate(ENTRIES);
    for one in found.iter_mut().filter(|one| one.entry == Entry::Unknown).take(LOOKED_INTO) {
        one.entry = describe(&one.path, one.bytes);
    }
    listing.entries = found;
    listing
}

/// What is known of one file that was named.
pub fn one(path: &Path) -> Result<Listed, String> {
    let known = path.metadata().map_err(|error| plain(&error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut one = Listed {
        name,
        saved: known.modified().ok().and_then(|time| Timestamp::try_from(time).ok()),
        bytes: known.len(),
        entry: Entry::Folder,
        path: path.to_owned(),
    };
    if known.is_dir() {
        if folder::has_result(path) {
            one.entry = Entry::Result(Kept::read(path).ok().map(|kept| kept.counts));
        }
    } else if known.is_file() {
        one.entry = describe(path, one.bytes);
    } else {
        // A pipe can be read once, and was not asked for yet.
        one.entry = Entry::Unknown;
    }
    Ok(one)
}

fn listed(path: PathBuf, name: String) -> Option<Listed> {
    let known = path.metadata().ok()?;
    let saved = known.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let entry = if known.is_dir() {
        if folder::has_result(&path) {
            Entry::Result(Kept::read(&path).ok().map(|kept| kept.counts))
        } else {
            Entry::Folder
        }
    } else if known.is_file() && matches!(ending.as_str(), "csv" | "tsv" | "txt" | "xlsx" | "xlsm" | "tab") {
        Entry::Unknown
    } else {
        return None;
    };
    let saved = if matches!(entry, Entry::Result(_)) { folder::written_at(&path).or(saved) } else { saved };
    Some(Listed { path, name, saved, bytes: known.len(), entry })
}

fn describe(path: &Path, bytes: u64) -> Entry {
    let is_book = is_book(path);
    if is_book && bytes > BOOK {
        return Entry::Book { sheets: Vec::new() };
    }
    match Sketch::of(path, Side::Source, &Choices::default()) {
        Ok(Sketch { kind: Kind::Workbook, tables }) => {
            Entry::Book { sheets: tables.into_iter().filter_map(|table| table.sheet).collect() }
        }
        Ok(Sketch { kind, .. }) => Entry::Text { words: kind.words(), lines: lines(path, bytes) },
        Err(error) => match super::columns::fault_words(&error.fault) {
            Some(words) => Entry::Broken(words),
            None => Entry::Unknown,
        },
    }
}

fn is_book(path: &Path) -> bool {
    let mut first = [0; 4];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *b"PK\x03\x04"
}

fn lines(path: &Path, bytes: u64) -> Option<u64> {
    if bytes > TEXT {
        return None;
    }
    let mut file = std::fs::File::open(path).ok()?;
    let (mut buffer, mut lines, mut last) = (vec![0; 1 << 18], 0, b'\n');
    loop {
        let read = file.read(&mut buffer).ok()?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        lines += memchr::memchr_iter(b'\n', part).count() as u64;
        last = part.last().copied().unwrap_or(last);
    }
    Some(lines + u64::from(last != b'\n'))
}
