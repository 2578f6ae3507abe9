//! What the screen asks, does and is told.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
pub use crate::services::mappings::{CellChange, MappedValue as Line, ValueState};

/// A tab of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tab {
    /// A mapping table.
    Table(ListKey),
    /// What feeds what.
    FieldMap,
}

/// A question. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// One table, or the field map; `None` takes the first table of the destination that has people waiting.
    Sheet { tenant: String, tab: Option<Tab> },
    /// What would become of everybody if a value became something else.
    WhatIf { tenant: String, cell: CellChange },
    /// What a file would change in a table, and what would become of everybody then.
    Import { tenant: String, list: ListKey, path: String },
    /// Who carries a value, and who mapped it. All who are named are waited for, the first are not.
    Value { tenant: String, list: ListKey, value: String, whole: bool },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Sets or clears cells as one undo step and plans again.
    Set {
        tenant: String,
        cells: Vec<CellChange>,
    },
    /// The same, of a file that was looked at.
    Import {
        tenant: String,
        cells: Vec<CellChange>,
        file: String,
    },
    Verbatim {
        tenant: String,
        list: ListKey,
        on: bool,
    },
    Undo {
        tenant: String,
    },
    Redo {
        tenant: String,
    },
    /// Writes a table into a file.
    Export {
        tenant: String,
        tab: Tab,
        file: String,
    },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Sheet(Box<Sheet>),
    WhatIf(CellWhatIf),
    Import(Box<Import>),
    Value(ValueFacts),
    Edited(Edited),
    Exported(PathBuf, usize),
}

/// One line of the field map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The destination's word for the field.
    pub field: String,
    /// The source's label of what feeds it; `None` when nothing does.
    pub from: Option<String>,
    /// The destination takes nobody without it.
    pub mandatory: bool,
    /// When it is written: `always`, `only when empty`.
    pub policy: &'static str,
    /// Through which table it goes.
    pub table: Option<ListKey>,
    /// The source has archived it: nobody would have one.
    pub archived: bool,
}

/// A tab with its count of open values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabHead {
    pub tab: Tab,
    /// `Job titles`.
    pub title: String,
    pub open: u32,
}

/// A table, or the field map, with everything around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub tab: Tab,
    pub tabs: Vec<TabHead>,
    pub source: String,
    pub destination: String,
    /// The source's label of the field: `Job title (Flow)`.
    pub source_label: String,
    /// The field of employees whose values stand here.
    pub feed: Option<Field>,
    /// The destination's word, one and many: `job title`, `job titles`.
    pub word: (String, String),
    /// A person without it is not taken.
    pub mandatory: bool,
    pub verbatim: bool,
    /// Why no option can be made from here, if so.
    pub no_new: Option<String>,
    /// By people blocked, then by head count.
    pub lines: Vec<Line>,
    pub options: Vec<DestinationOption>,
    pub feeds: Vec<Feed>,
    /// When the source was read last; `None` before the first pull.
    pub read_at: Option<Timestamp>,
}

impl Sheet {
    /// People who carry a value, and those whose value is covered.
    #[must_use]
    pub fn coverage(&self) -> (u64, u64) {
        let people: u64 = self.lines.iter().map(|line| line.people).sum();
        let uncovered: u64 = self.lines.iter().map(|line| line.uncovered).sum();
        (people, people - uncovered.min(people))
    }

    /// Options that no value becomes or is suggested to become, archived ones last.
    #[must_use]
    pub fn unused(&self) -> Vec<&DestinationOption> {
        let used: std::collections::BTreeSet<&str> = self.lines.iter().filter_map(|line| line.key.as_deref()).collect();
        let mut unused: Vec<&DestinationOption> =
            self.options.iter().filter(|option| !used.contains(option.key.as_str())).collect();
        unused.sort_by_key(|option| !option.active);
        unused
    }
}

/// What becomes of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Create,
    Update,
    Link,
    Other,
    /// Synced, and nothing is to be written.
    Unchanged,
    Review,
    /// Could be synced before, not after.
    Break,
}

/// A person whose outcome differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub employee: String,
    pub name: String,
    pub branch: String,
    pub fate: Fate,
}

/// What accepting would do.
#[derive(Clone, Debug, PartialEq)]
pub struct CellWhatIf {
    pub cell: CellChange,
    /// People who are held by the value now and would go on.
    pub unblocked: u32,
    pub creates: u32,
    pub updates: u32,
    pub links: u32,
    pub others: u32,
    pub unchanged: u32,
    pub review: u32,
    /// People mapped today who would be written otherwise.
    pub change: u32,
    pub breaks: u32,
    pub welcome_mails: i64,
    /// What the updates change: `job title only`, `3 fields`.
    pub fields: String,
    /// Everybody, those first who go on.
    pub who: Vec<Who>,
}

impl CellWhatIf {
    /// Everybody whose outcome differs.
    #[must_use]
    pub fn people(&self) -> u32 {
        u32::try_from(self.who.len()).unwrap_or(u32::MAX)
    }
}

/// A file that was read, and what it would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The file's name.
    pub name: String,
    /// The cells that would change.
    pub cells: Vec<CellChange>,
    /// Rows that say what the table says already.
    pub same: u32,
    /// Values among the cells that nobody carries.
    pub unused: u32,
    /// Of all cells together.
    pub what_if: CellWhatIf,
}

/// Who carries a value, and its history.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueFacts {
    pub list: ListKey,
    pub value: String,
    /// Names with their branch, by name; the first ones of many.
    pub people: Vec<Who>,
    /// These are all that are named; else more are being read.
    pub whole: bool,
    /// Newest first: when, who, to what.
    pub history: Vec<(Timestamp, String, String)>,
}

/// What an edit did.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// For the toast: `Mapped Chef de Partie, 43 unblocked`.
    pub words: String,
    /// Whether it is an edit that `u` takes back (an undo is none).
    pub undoable: bool,
    /// Where the cursor goes: the table and, where it was one cell, the value.
    pub at: Option<(ListKey, Option<String>)>,
}
