//! The arguments of `bench`.

use super::arguments::{RateLimits, ScreenName};
use clap::Subcommand;
use std::path::PathBuf;

/// `bench …`
#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
    /// Matching beside Splink on the same files: quality, speed, memory
    Match {
        /// Folder of a labelled set (source.csv, destination.csv, truth.csv); may be given several times
        #[arg(long, value_name = "DIR", required_unless_present = "generated")]
        set: Vec<PathBuf>,
        /// A Python that has splink; without it only this engine is measured
        #[arg(long, value_name = "PROGRAM")]
        python: Option<PathBuf>,
        /// A generated set of this many people on each side, besides the sets or instead of them
        #[arg(long, value_name = "N")]
        generated: Option<usize>,
    },
    /// First import against the simulator, as a share of a bare HTTP loop
    Sync {
        #[arg(long, default_value_t = 2000)]
        people: usize,
    },
    /// First import from any source to any destination: as a share of a loop that sends the same writes, or of the vendors' rates
    Import {
        #[arg(long, default_value_t = 2000)]
        people: usize,
        /// A source that is simulated
        #[arg(long, value_name = "VENDOR", default_value = "planday")]
        from: String,
        /// A destination that is simulated
        #[arg(long, value_name = "VENDOR", default_value = "flow-learning")]
        to: String,
        /// Whether the vendors' request rates are enforced and kept
        #[arg(long, value_enum, default_value_t = RateLimits::Off)]
        rate_limits: RateLimits,
    },
    /// Key to first frame and to settled picture, per screen and kind of key, on a tenant of N people
    Console {
        #[arg(long, default_value_t = 100_000)]
        people: usize,
        /// Keys of each kind
        #[arg(long, default_value_t = 100)]
        keys: usize,
        /// Measure on what `bench fill` has put into the workspace, instead of filling one for this run
        #[arg(long)]
        filled: bool,
        /// Only this screen; may be given several times
        #[arg(long = "on", value_enum, value_name = "SCREEN")]
        screens: Vec<ScreenName>,
        /// Columns and rows of the terminal
        #[arg(long, value_name = "COLUMNSxROWS", default_value = "140x44", value_parser = terminal_size)]
        size: (u16, u16),
    },
    /// The feed log at N lines: writing, searching, a page in the middle, export, retention while others write
    Feed {
        #[arg(long, default_value_t = 1_000_000)]
        lines: usize,
        /// People of the tenant
        #[arg(long, default_value_t = 20_000)]
        people: usize,
    },
    /// Put one tenant of N people into the workspace, with links, a plan and a feed log
    Fill {
        #[arg(long, default_value_t = 100_000)]
        people: usize,
    },
}

/// Reads `140x40`.
fn terminal_size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    parts.ok_or_else(|| "columns and rows, as in 80x24".to_owned())
}
