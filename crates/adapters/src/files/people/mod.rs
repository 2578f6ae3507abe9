//! People files: the one reader of lists of people, CSV (any common delimiter and encoding) or XLSX. The heads are found, told
//! in the languages of the vendors' customers, and overruled by the operator's [`Choices`]; rows go one by one to a [`rows::Sink`],
//! so that a million of them never stand in memory as records. Whatever is not read stands in the [`Reading`].
//!
//! [`table`] writes straight into matching's columns, [`records`] gives a [`crate::domain::person::Person`] for each row.

pub mod choices;
pub mod fills;
mod fold;
pub mod heads;
pub mod layout;
mod lines;
mod names;
mod opened;
mod order;
mod picker;
pub mod reading;
mod reading_json;
mod reading_words;
pub mod records;
mod row_kinds;
pub mod rows;
pub mod sketch;
pub mod status;
pub mod table;
pub mod text_choices;
mod values;

pub use choices::{Choices, Side, is_sheet};
pub(super) use lines::{delimiter, separator_line};
pub use opened::Opened;
pub use reading::Reading;

use super::workbook::WorkbookError;
use crate::ports::bounded::ReadError;
use layout::{Layout, Unread};
use rows::LONGEST_CELL;

/// Why nothing of a people file is used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct PeopleError {
    /// The file as it was named.
    pub file: String,
    pub fault: PeopleFault,
}

/// What is wrong with a people file as a whole. Names the place, never a value: it may be personal. Rows count as a spreadsheet
/// shows them.
#[derive(Debug, thiserror::Error)]
pub enum PeopleFault {
    #[error("{0}; check the name and whether you may read it")]
    Io(ReadError),
    #[error("the file is empty; export it again with a header row")]
    Empty,
    #[error(
        "row 1 is no header and no row below it is one; one of the first rows must name the columns, such as id, first_name, \
         last_name, email, date_of_birth; --head-row N names that row, and where there is none --head-row none calls the columns \
         A, B, C for --columns"
    )]
    NoHeads,
    #[error("row {row}, which is to hold the heads, is not there or is blank; look for heads among the first 400 rows")]
    NoRow { row: u64 },
    #[error("it is {what}, not a table; open it in a spreadsheet program and save it as XLSX or CSV")]
    NoTable { what: &'static str },
    #[error(
        "no column holds ids, external identifiers or e-mails, so nothing tells the people apart; the heads in row {row} are \
         {heads}; name one with --columns 'id=HEAD'"
    )]
    NoKey { row: u64, heads: String },
    #[error(
        "no column of names was read; the heads in row {row} are {heads}; name them with --columns \
         'first_name=HEAD,last_name=HEAD', or 'name=HEAD' for whole names"
    )]
    NoNames { row: u64, heads: String },
    #[error("row {row} cannot be split into cells")]
    Broken { row: u64 },
    #[error(
        "row {row}: column {column} has {length} bytes, at most {LONGEST_CELL} are a value; look for a quote that is never closed"
    )]
    LongCell { row: u64, column: String, length: usize },
    #[error("row {row}, column {column}: {message}")]
    Date { row: u64, column: String, message: &'static str },
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error("no sheet has people; there are {known}; name the columns with --columns, or the sheet with --sheet NAME")]
    NoPeople { known: String },
    #[error("there is no sheet `{name}`; there are {known}")]
    NoSheet { name: String, known: String },
}

impl PeopleFault {
    fn in_file(self, file: &str) -> PeopleError {
        PeopleError { file: file.to_owned(), fault: self }
    }
}

/// The heads with what they might be, for somebody who has to say it by hand.
fn heads_words(layout: &Layout) -> String {
    let words = |head: &String| {
        let unread = layout.unread.iter().find(|column| column.head == *head);
        let guess = unread.and_then(|column| match &column.why {
            Unread::Unknown(guess) => *guess,
            _ => None,
        });
        let head = crate::domain::inert::escaped(head).into_owned();
        guess.map_or_else(|| format!("`{head}`"), |guess| format!("`{head}` (might be {})", guess.words()))
    };
    let shown: Vec<String> = layout.heads.iter().filter(|head| !head.is_empty()).take(20).map(words).collect();
    let more = layout.heads.len().saturating_sub(20);
    let hint = match shown.as_slice() {
        [_] if layout.heads.len() == 1 => " (one column: --delimiter says which sign stands between cells)",
        _ => "",
    };
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { format!("{}{hint}", shown.join(", ")) }
}
