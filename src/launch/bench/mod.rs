//! `onroll bench …`: ratios against a peer or a ceiling, measured in the same run; never part of the tests.

mod console;
mod feed;
mod fill;
mod import;
mod matching;
mod replay;
mod sync;

use crate::cli::arguments::{Arguments, BenchCommand};
use crate::cli::ending::Ending;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::domain::problem::{Problem, ProblemKind};
use std::path::PathBuf;

/// Runs a benchmark.
///
/// # Errors
/// What kept it from running.
pub async fn run(
    arguments: &Arguments,
    command: &BenchCommand,
    output: &mut Output,
    ending: &Ending,
) -> Result<Exit, Problem> {
    match command {
        BenchCommand::Match { set, python, generated } => matching::run(set, python.as_deref(), *generated, output),
        BenchCommand::Sync { people } => sync::run(*people, output).await,
        BenchCommand::Import { people, from, to, rate_limits } => {
            let rate_limits = rate_limits.of_sandbox();
            let (source, destination) = (from.clone(), to.clone());
            let import = import::Import { source, destination, people: *people, rate_limits, record: false };
            replay::run(import, output).await
        }
        BenchCommand::Console { people, keys, filled, screens, size } => {
            let workspace = filled.then(|| Workspace::open(arguments, ending)).transpose()?;
            let measure = console::Measure { people: *people, keys: *keys, screens, columns: size.0, rows: size.1 };
            console::run(measure, workspace, output).await
        }
        BenchCommand::Feed { lines, people } => feed::run(*lines, *people, output).await,
        BenchCommand::Fill { people } => {
            let workspace = Workspace::open(arguments, ending)?;
            let short_name = fill::fill(&workspace, *people).await?;
            output.line(&format!("{short_name}: {people} people"))?;
            Ok(Exit::Done)
        }
    }
}

/// A folder that goes with the benchmark.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("onroll-bench-{}", uuid::Uuid::new_v4().simple())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn failed(what: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::Failed, what).with_why(why.to_string())
}

/// Seconds since `start`, for a ratio within one run.
fn seconds_since(start: tokio::time::Instant) -> f64 {
    start.elapsed().as_secs_f64()
}
