//! What the screen Two files asks, does and is told.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::console::app::Problem;
pub use crate::console::screens::review::data::{Card, Choice, Mark, Words};
use crate::domain::field::Field;
use crate::domain::filter::Facet;
use crate::domain::plan::{Candidate, Evidence};
use crate::files::match_result::kept::KeptRuling;
use crate::matching::decide::{Policy, PolicyEffect};
pub use crate::matching::link::Progress;
pub use crate::services::match_files::columns::{Asked, Fault, Look, SideLook};
pub use crate::services::match_files::desk::{Kind, Line, Part, Ruled, Summary, review_columns};
pub use crate::services::match_files::duplicates::{Double, DoubleCounts};
pub use crate::services::match_files::listing::{Entry, Listed, Listing};
pub use crate::services::match_files::reopen::Wanted;
use crate::services::match_files::{Desk, DuplicatesDesk, Watch};
pub use crate::services::match_files::{Disposition, Ruling};

/// Something that is shared with whoever works on it; the same only where it is the very same.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $of:ty) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub Arc<$of>);

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

handle!(
    /// A desk over two lists. The screen only hands it back with its questions.
    DeskHandle,
    Desk
);
handle!(
    /// The pairs of one list.
    DoublesHandle,
    DuplicatesDesk
);
handle!(
    /// A match that is under way.
    Job,
    Watch
);

impl Job {
    /// One that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Job(Arc::new(Watch::default()))
    }
}

impl Default for Job {
    fn default() -> Self {
        Self::new()
    }
}

/// What a result is.
#[derive(Clone, Debug, PartialEq)]
pub enum Result {
    Desk(DeskHandle),
    Doubles(DoublesHandle),
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What stands in a folder; blank is where the program was started.
    Folder(String),
    /// What the typed paths are: employees, users, where the result goes.
    Typed { employees: String, users: String, out: String, zone: TimeZone },
    /// How the lists are read.
    Columns { employees: String, users: String, asked: Box<Asked> },
    /// How far a match is.
    Progress(Job),
    /// The result in numbers.
    Summary(Result),
    /// Some lines of a list.
    Lines { desk: DeskHandle, part: Part, from: usize, count: usize },
    /// The values of a list's columns with their counts.
    Facets { desk: DeskHandle, part: Part },
    /// Some pairs.
    Pairs { doubles: DoublesHandle, from: usize, count: usize },
    /// The card at a place of a list.
    Card { desk: DeskHandle, part: Part, at: usize },
    /// What other limits would decide.
    Limits(DeskHandle),
    /// What stands where the result is to be written.
    Target { folder: String, zone: TimeZone },
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Compares what was seen.
    Match { round: u32, job: Job, wanted: Box<Wanted> },
    /// Opens an earlier result.
    Open { round: u32, job: Job, folder: String },
    /// Rules on somebody; `at` is where the list goes on.
    Rule { desk: DeskHandle, part: Part, at: usize, row: usize, ruling: Ruling, by: String },
    /// Takes the last ruling back, or brings it again.
    Walk { desk: DeskHandle, part: Part, redo: bool },
    /// Writes the files.
    Write { result: Result, folder: String, xlsx: bool, zone: TimeZone },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Folder(Box<Listing>),
    Typed(Box<Typed>),
    Columns(Box<Look>),
    Progress(Progress),
    Summary(Box<Summary>),
    Counts(DoubleCounts),
    Lines {
        part: Part,
        from: usize,
        all: usize,
        lines: Vec<Line>,
    },
    Facets {
        part: Part,
        facets: Vec<Facet>,
    },
    Pairs {
        from: usize,
        pairs: Vec<Double>,
    },
    /// `None` where the list has nobody there.
    Card(Option<Box<Shown>>),
    Limits(Box<Limits>),
    Target(Target),
    /// There is a result.
    Made {
        round: u32,
        made: Box<Made>,
    },
    /// The lists of an earlier result have changed since: their columns are looked at first.
    Moved {
        round: u32,
        earlier: Box<Moved>,
    },
    /// A match came to nothing; `again` shows the columns once more.
    NotMade {
        round: u32,
        problem: Problem,
        again: bool,
    },
    /// It was stopped, as wanted.
    Stopped {
        round: u32,
    },
    /// Ruled; where the next one to be ruled stands, if there is any.
    Ruled {
        row: usize,
        name: String,
        ruling: Ruling,
        user: String,
        next: Option<usize>,
    },
    /// Not ruled, and why.
    NotRuled(String),
    /// Whom it was about, and where that one stands now.
    Walked {
        name: Option<String>,
        kind: Option<Kind>,
        at: usize,
        redo: bool,
    },
    Written {
        files: usize,
        folder: String,
        kept: Option<String>,
    },
}

/// What the typed paths are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    pub employees: Option<std::result::Result<Listed, String>>,
    pub users: Option<std::result::Result<Listed, String>>,
    pub out: Target,
}

/// What stands where a result is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub exists: bool,
    /// When the result that is there was written.
    pub written: Option<jiff::Timestamp>,
    /// Under which name it will be kept.
    pub kept_as: Option<String>,
    /// Why nothing can be written there.
    pub refused: Option<String>,
}

/// What other limits would decide, and what was ruled by now, which goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// From when on somebody is linked.
    pub links: Vec<(Policy, PolicyEffect)>,
    /// Below what somebody is new.
    pub news: Vec<(Policy, PolicyEffect)>,
    pub now: Policy,
    pub rulings: Vec<KeptRuling>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub result: Result,
    pub wanted: Wanted,
    pub seconds: f64,
    /// Rulings of an earlier result that fit nobody any more.
    pub missed: usize,
    /// The folder that was opened, and its files that were changed by hand.
    pub opened: Option<(String, Vec<String>)>,
}

/// An earlier result whose lists are not what they were.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub folder: String,
    pub wanted: Wanted,
    /// Lists that have changed, or are gone.
    pub changed: Vec<String>,
}

/// A card of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub kind: Kind,
    pub at: usize,
    pub of: usize,
    pub row: usize,
    /// As Review draws it.
    pub card: Card,
    /// The row of each candidate among the users.
    pub users: Vec<usize>,
    /// The employee who is linked to each candidate already.
    pub holders: Vec<Option<String>>,
    /// Why it is asked about, or by what it was linked.
    pub reason: String,
    pub disposition: Disposition,
    pub ruled: Option<Ruled>,
    pub is_active: bool,
    pub words: Words,
    pub threshold: f64,
}

/// How the two sides of a line of a waterfall stand.
#[must_use]
pub fn mark(line: &Evidence, source: &str, destination: &str) -> Mark {
    if source.is_empty() || destination.is_empty() {
        Mark::Missing
    } else if line.level == "exact" || source == destination {
        Mark::Equal
    } else if line.bits > 0.0 {
        Mark::Almost
    } else {
        Mark::Differs
    }
}

/// How a field of a line of the list stands.
#[must_use]
pub fn mark_of(candidate: &Candidate, field: Field) -> Mark {
    let found = candidate.evidence.iter().find(|line| Field::from_key(&line.field) == Some(field));
    found.map_or(Mark::Missing, |line| {
        let value = |given: &Option<String>| given.clone().unwrap_or_default();
        mark(line, &value(&line.source_value), &value(&line.destination_value))
    })
}
