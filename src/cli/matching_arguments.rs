//! The arguments of what deals with who is who: `match`, `review`, `model`.

use crate::store::views::ReviewOrder;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `review …`
#[derive(Debug, Clone, Subcommand)]
pub enum ReviewCommand {
    /// Who waits for a ruling, least certain first, with candidates
    List {
        tenant: String,
        /// In which order
        #[arg(long, value_name = "ORDER", default_value = "least-certain")]
        order: OrderWord,
        /// Only those who fit: words in any order, because:rehire, sure:<80, branch:quay, born:1994, rival:yes, is:open, by:osei
        #[arg(long, value_name = "FILTER", default_value = "")]
        filter: String,
    },
    /// Rule for one employee, or the same for several
    Decide(DecideArguments),
}

/// Orders of the review list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OrderWord {
    /// Nearest to even odds first; those alike stand together
    LeastCertain,
    Surest,
    Name,
    /// By why they are held, the riskiest reason first
    Because,
}

impl From<OrderWord> for ReviewOrder {
    fn from(word: OrderWord) -> Self {
        match word {
            OrderWord::LeastCertain => ReviewOrder::LeastCertain,
            OrderWord::Surest => ReviewOrder::Surest,
            OrderWord::Name => ReviewOrder::Name,
            OrderWord::Because => ReviewOrder::Because,
        }
    }
}

/// Arguments of `review decide`.
#[derive(Debug, Clone, Args)]
pub struct DecideArguments {
    pub tenant: String,
    /// The employee, or several: source ids or identifiers. Of several nobody is ruled on who would stay held all the same
    #[arg(value_name = "EMPLOYEE", required_unless_present = "undo")]
    pub employees: Vec<String>,
    /// Link to this user id; without one, each to the first candidate
    #[arg(long, value_name = "USER", group = "ruling", num_args = 0..=1, default_missing_value = "")]
    pub link: Option<String>,
    /// Nobody there is this employee: create; beside other records of one person it is about this record alone
    #[arg(long, group = "ruling")]
    pub create: bool,
    /// Of several records that look like one person this one counts: the others are excluded, and a user of theirs becomes
    /// this one's. Of people who share an identifier or an e-mail this one keeps it: the others wait for one of their own
    #[arg(long, group = "ruling")]
    pub keep: bool,
    /// These go without the e-mail that they share with others, where the destination takes people without one
    #[arg(long, group = "ruling")]
    pub without_email: bool,
    /// The records that look like one person are different people: each gets a user of its own
    #[arg(long, group = "ruling")]
    pub distinct: bool,
    /// Never sync; beside another record of the same person: until that one leaves
    #[arg(long, group = "ruling")]
    pub exclude: bool,
    /// Leave the user exactly as it is, also when the employee leaves
    #[arg(long, group = "ruling")]
    pub protect: bool,
    /// Ask again: on this day (YYYY-MM-DD), or when a key field changes
    #[arg(long, value_name = "DAY", group = "ruling", num_args = 0..=1, default_missing_value = "")]
    pub later: Option<String>,
    /// This user is somebody else, for ever
    #[arg(long, value_name = "USER", group = "ruling")]
    pub not_same: Option<String>,
    /// Take the last ruling back
    #[arg(long, group = "ruling")]
    pub undo: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `model …`
#[derive(Debug, Clone, Subcommand)]
pub enum ModelCommand {
    /// The versions, which is in use, and how many rulings there are to learn from
    Show { tenant: String },
    /// Make a version from the rulings and show what it would change; nothing is changed
    ///
    /// The version is judged on rulings that were held back. Exit code 4 when it does worse there: then it cannot be used.
    Propose { tenant: String },
    /// Take a proposed version into use and plan anew; links that were made stay
    Activate {
        tenant: String,
        /// Number of the version (default: the newest)
        version: Option<u32>,
    },
    /// Take an earlier version into use again and plan anew
    Rollback {
        tenant: String,
        /// Number of the version (default: the one before); 1 is the model with nothing learnt
        version: Option<u32>,
    },
    /// The audit sample: pairs drawn by chance, to be judged; without options those that are open
    ///
    /// The review queue holds only the hard middle. How often one person's records differ is learnt from this sample
    /// alone: pairs that were tied without a question, and the nearest users of people who are called new.
    Audit(AuditArguments),
}

/// Arguments of `model audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditArguments {
    pub tenant: String,
    /// Draw a sample; at least ten pairs of each kind, or all where there are fewer
    #[arg(long)]
    pub draw: bool,
    /// How much of each kind is drawn
    #[arg(long, default_value_t = 1.0, value_name = "PERCENT", requires = "draw")]
    pub percent: f64,
    /// These pairs are one person each
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub same: Vec<i64>,
    /// These pairs are two people each
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub not_same: Vec<i64>,
    /// Take the rulings on these pairs back
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub take_back: Vec<i64>,
    /// Also list pairs that are ruled
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `match`.
#[derive(Debug, Clone, Args)]
pub struct MatchArguments {
    /// People of the source, CSV or XLSX
    #[arg(long, value_name = "FILE", requires = "destination", required_unless_present = "within")]
    pub source: Option<PathBuf>,
    /// People of the destination, CSV or XLSX
    #[arg(long, value_name = "FILE", requires = "source")]
    pub destination: Option<PathBuf>,
    /// Look for duplicates inside one file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["source", "destination", "threshold", "new_below"])]
    pub within: Option<PathBuf>,
    /// Folder for the result files
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Probability from which a link needs no question
    #[arg(long, default_value_t = 0.99, value_name = "0.5-1")]
    pub threshold: f64,
    /// Probability of the likeliest user below which somebody is new
    #[arg(long, default_value_t = 0.02, value_name = "0-0.5")]
    pub new_below: f64,
    /// Which column is which, where the heads do not tell: last_name=Nachname,id=Badge (`status=` reads none;
    /// source.id=Badge is said of one file only; `name` is a whole name)
    #[arg(long, value_name = "FIELD=HEAD,…")]
    pub columns: Vec<String>,
    /// Read this sheet only; may be given more than once (source.NAME for one file only)
    #[arg(long, value_name = "NAME")]
    pub sheet: Vec<String>,
    /// The row with the heads, where it is not the one that names most columns: 3, source.3, Employees!3; `none` where no row has
    /// any, and the columns are called A, B, C
    #[arg(long, value_name = "ROW")]
    pub head_row: Vec<String>,
    /// How dates are written that read both ways: day-first or month-first; source.month-first for one file only,
    /// start_date=day-first for one field
    #[arg(long, value_name = "ORDER")]
    pub dates: Vec<String>,
    /// What a word of a status means: "On leave=active", "L=ended", "destination.Locked=unclear"; "=ended" is said of a blank
    /// cell, and the name of a sheet of everybody in it
    #[arg(long, value_name = "WORD=active|ended|unclear")]
    pub status: Vec<String>,
    /// In which encoding a text is, where its bytes do not tell: utf-8, windows-1252, macintosh; source.windows-1250 for one file
    /// only
    #[arg(long, value_name = "NAME")]
    pub encoding: Vec<String>,
    /// Which sign stands between the cells of a text: comma, semicolon, tab, bar, or the sign itself; destination.tab for one
    /// file only
    #[arg(long, value_name = "SIGN")]
    pub delimiter: Vec<String>,
    /// Write XLSX files, in which ids stay text, in place of CSV
    #[arg(long)]
    pub xlsx: bool,
}
