//! What was read of a file and what was not: nothing is left out that does not stand here.

use super::heads::{Certainty, Meaning};
use super::layout::{KeyFrom, ReadColumn, Unread, UnreadColumn};
pub use super::reading_words::{order_words, why_words};
use super::status::StatusWord;
use crate::matching::date_text::DateOrder;

/// Rows that a note names; of more their number is said.
const NAMED: usize = 5;

/// A row: the sheet by its number among those that were read, and the row in it as a spreadsheet shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub sheet: u32,
    pub row: u64,
}

/// Some rows: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub count: u64,
    pub first: Vec<Place>,
}

impl Rows {
    /// One more.
    pub fn add(&mut self, place: Place) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(place);
        }
    }

    /// Those of a later table.
    pub fn merge(&mut self, later: &Rows) {
        later.first.iter().for_each(|place| self.add(*place));
        self.count += later.count - later.first.len() as u64;
    }
}

/// Where all rows of a file went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that the file has, blank ones among them.
    pub rows: u64,
    /// People that stand in the result.
    pub people: u64,
    /// Rows of people who stand in it with another row.
    pub folded: u64,
    /// Rows with the heads, one in each sheet.
    pub heads: u64,
    /// Rows above the heads.
    pub above: u64,
    pub blank: u64,
    pub repeated_heads: Rows,
    pub hints: Rows,
    /// Totals, rulings and notes.
    pub notes: Rows,
    /// Something of a person, but nothing to tell who.
    pub nobody: Rows,
    /// More cells than heads.
    pub wide: Rows,
    /// Heads once more, in another order.
    pub other_heads: Rows,
    /// Rows below these: under which heads they stand is not known.
    pub under_others: Rows,
    /// Rows with a cell that holds further rows: a quote that is never closed.
    pub swallowing: Rows,
    /// Lines in such cells.
    pub swallowed: u64,
}

impl Tally {
    /// Whether every row is accounted for.
    pub fn is_whole(&self) -> bool {
        let named = [
            &self.repeated_heads,
            &self.hints,
            &self.notes,
            &self.nobody,
            &self.wide,
            &self.other_heads,
            &self.under_others,
        ];
        let left_out: u64 = named.iter().map(|rows| rows.count).sum();
        self.rows == self.people + self.folded + self.heads + self.above + self.blank + left_out
    }

    /// Rows of people that could not be read.
    pub fn unread(&self) -> u64 {
        self.nobody.count + self.wide.count + self.under_others.count + self.swallowed
    }
}

/// Why day and month are taken in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderWhy {
    Said,
    /// Values of the column that read one way only, by their number.
    Values(usize),
    /// The head says how they are written.
    Head,
    /// With dots the day comes first.
    Dots,
    /// The number of people who stand in the other file too and have these dates there.
    OtherFile(usize),
    /// Another column of the file.
    Column(String),
}

/// What a column of dates tells of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLook {
    pub meaning: Meaning,
    pub order: DateOrder,
    /// `None` where there was nothing to decide.
    pub why: Option<OrderWhy>,
    /// How many different dates no calendar would have with the month first.
    pub only_day_first: usize,
    /// And with the day first.
    pub only_month_first: usize,
}

/// Why a sheet is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetLeft {
    NoPeople,
    /// Ids or addresses, but no names.
    NoNames,
    /// The row that the operator names is not there.
    NoRow,
    /// No heads, but addresses as people have them.
    NoHeads,
    Hidden,
    Said,
}

/// What stood out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The first line says which sign stands between cells.
    SeparatorLine,
    /// What a text was taken for that does not tell it, or was said to be.
    Encoding {
        name: &'static str,
        is_said: bool,
        /// It holds bytes that this encoding does not have.
        is_broken: bool,
    },
    HeadsBelow {
        row: u64,
        above: u64,
        sheet: Option<String>,
    },
    /// Heads in two rows, one below the other.
    HeadsInTwo {
        first: u64,
        row: u64,
        sheet: Option<String>,
    },
    /// Letters that an earlier program has broken (`Ã«`, `�`, `?` inside a name).
    BrokenLetters(Rows),
    /// E-mail addresses with something beside them (`mailto:`, `Ann <ann@x.example>`).
    MailsInText(Rows),
    /// Rows above heads that nobody named, with addresses in them as people have them.
    PeopleAbove(Rows),
    SheetsRead(Vec<(String, u64)>),
    SheetLeft {
        name: String,
        rows: u64,
        why: SheetLeft,
    },
    /// A sheet whose name says that its people have left.
    SheetOver(String),
    HiddenRows(u64),
    /// A hidden sheet that is read, as nobody stands in what is shown.
    HiddenSheet(String),
    HiddenColumns(Vec<String>),
    /// Cells that hold an error of a spreadsheet.
    ErrorCells(Rows),
    /// Several addresses in one cell.
    MailLists(Rows),
    /// Ids that a program has written as numbers with a fraction (`4100.0`).
    DecimalIds(Rows),
    /// Ids with signs between their thousands (`4.100`).
    GroupedIds(Rows),
    /// Cells without a head above them.
    Headless(u64),
    Key(KeyFrom),
    Keyless(Rows),
    NameSplit {
        head: String,
        last_first: bool,
    },
    Folded {
        rows: u64,
        people: u64,
        differing: u64,
        newest: bool,
    },
    /// One id on people who are not one.
    SharedId {
        ids: u64,
        rows: u64,
    },
    /// Ids that a spreadsheet has shortened (`4.1E+03`).
    ShortenedIds(Rows),
    DateOrder {
        field: &'static str,
        order: DateOrder,
        why: OrderWhy,
    },
    DatesUnusable {
        head: String,
        no_year: bool,
    },
    DatesUnread {
        field: &'static str,
        rows: Rows,
    },
    /// Words of a status that say employed.
    Employed {
        words: Vec<(String, u64)>,
    },
    Ended {
        words: Vec<(String, u64)>,
    },
    EndedByDate(u64),
    Unclear {
        words: Vec<(String, u64)>,
        people: u64,
    },
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub columns: Vec<ReadColumn>,
    pub unread: Vec<UnreadColumn>,
    pub tally: Tally,
    pub notes: Vec<Note>,
    /// The sign between the cells of a text, and its encoding.
    pub text: Option<(u8, &'static str)>,
    /// Names of the sheets that were read; none for a text.
    pub sheets: Vec<String>,
    /// Heads of `--columns` that the file has.
    pub said_columns: Vec<String>,
    /// Sheets of `--sheet` that the file has.
    pub said_sheets: Vec<String>,
    /// Every word of a status and what it means here.
    pub words: Vec<StatusWord>,
    /// Every column of dates.
    pub dates: Vec<DateLook>,
}

/// Whether a note says that somebody could not be read.
fn is_serious(note: &Note) -> bool {
    matches!(
        note,
        Note::Keyless(_)
            | Note::ShortenedIds(_)
            | Note::DecimalIds(_)
            | Note::PeopleAbove(_)
            | Note::BrokenLetters(_)
            | Note::Encoding { is_broken: true, .. }
            | Note::SheetLeft { why: SheetLeft::NoHeads | SheetLeft::NoRow, .. }
    )
}

impl Reading {
    /// Whether somebody could not be read, so that the result is not all of it.
    pub fn is_short(&self) -> bool {
        self.tally.unread() > 0 || self.tally.people == 0 || self.notes.iter().any(is_serious)
    }

    /// Whether something was left unread or guessed that may be why nobody is found.
    pub fn has_doubts(&self) -> bool {
        let guess = |note: &Note| {
            matches!(
                note,
                Note::DatesUnusable { .. }
                    | Note::DatesUnread { .. }
                    | Note::NameSplit { .. }
                    | Note::SharedId { .. }
                    | Note::Key(_)
                    | Note::ErrorCells(_)
                    | Note::MailLists(_)
                    | Note::GroupedIds(_)
                    | Note::SheetLeft { why: SheetLeft::Hidden | SheetLeft::NoNames, .. }
            )
        };
        self.is_short()
            || self.notes.iter().any(guess)
            || self.columns.iter().any(|column| column.certainty == Certainty::Likely)
            || self.unread.iter().any(|column| matches!(column.why, Unread::Unknown(Some(_)) | Unread::OtherValues(_)))
    }
}
