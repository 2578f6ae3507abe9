//! Arguments of the commands about the workspace as a whole: its audit, its log, its copies.

use crate::domain::filter::columns;
use crate::services::feed::Order;
use crate::store::views::{FeedColumn, feed_columns};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArguments {
    /// A copy that `onroll backup` made, or that was made before the file was brought up to date
    pub file: PathBuf,
    /// Do it; without this it only says what the copy holds
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditLogArguments {
    /// Only this tenant
    pub tenant: Option<String>,
    /// Only entries that this filter finds, in the language of the console: `who:osei what:mapping when:>20nov`
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Only whether the chain is whole; exit 1 where it is not
    #[arg(long)]
    pub check: bool,
    /// To a CSV, XLSX or JSON file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[arg(long, default_value_t = 200)]
    pub limit: u32,
}

/// Arguments of `forget`.
#[derive(Debug, Clone, Args)]
pub struct ForgetArguments {
    pub tenant: String,
    /// The people: the source's id, or the identifier. The workspace file is written anew once, for however many
    #[arg(required = true, value_name = "EMPLOYEE")]
    pub employees: Vec<String>,
    /// Take it out
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `support-bundle`.
#[derive(Debug, Clone, Args)]
pub struct SupportBundleArguments {
    /// Only this tenant; without it all
    pub tenant: Option<String>,
    /// The file (ZIP); without it one with the time in its name, in exports/ of the workspace
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Call tenants by their names; people are pseudonyms whatever is said
    #[arg(long)]
    pub names: bool,
}

/// Arguments of `logs`.
#[derive(Debug, Clone, Args)]
pub struct LogsArguments {
    /// Only this tenant
    pub tenant: Option<String>,
    /// Words that the line or the person's name has
    #[arg(long, short, value_name = "TEXT")]
    pub search: Option<String>,
    /// info, warn or error: this and louder
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Only this run
    #[arg(long)]
    pub run: Option<i64>,
    /// Only this employee (source id)
    #[arg(long, value_name = "EMPLOYEE")]
    pub person: Option<String>,
    /// Only lines that this filter finds, in the language of the console: `level:warn,error phase:create chef`
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// By a column, as the screen has them (level, what, phase, run, day, person, who, text); with `:desc` the other way round.
    /// Without it newest first
    #[arg(long, value_name = "COLUMN[:desc]", conflicts_with = "follow")]
    pub sort: Option<LinesOrder>,
    /// Go on: the last lines, then each new one as it comes, in the order of time, whoever writes it; until it is stopped
    #[arg(long, short)]
    pub follow: bool,
    /// At most this many lines of a tenant (default: 200; with --follow 10 to begin with, with --out all)
    #[arg(long)]
    pub limit: Option<u32>,
    /// Save the lines to a CSV, XLSX or JSON file, of whatever length; identifiers only, no names
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    pub out: Option<PathBuf>,
}

/// The order of `logs --sort`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinesOrder(pub Order);

impl std::str::FromStr for LinesOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, descending) = match text.split_once(':') {
            None => (text, false),
            Some((column, "asc")) => (column, false),
            Some((column, "desc")) => (column, true),
            Some((_, other)) => return Err(format!("`{other}` is neither asc nor desc")),
        };
        let columns = feed_columns();
        let at = columns::find(&columns, column).map_err(|error| error.to_string())?;
        FeedColumn::ALL
            .get(at)
            .map(|column| Self((*column, descending)))
            .ok_or_else(|| "there is no such column".to_owned())
    }
}
