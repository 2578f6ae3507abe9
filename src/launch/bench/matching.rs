//! Matching beside Splink, on the same files in the same run.

use super::{Scratch, failed};
use crate::cli::bench_match::{BenchArguments, BenchSet, run_bench};
use crate::cli::bench_people::PeopleSpec;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::domain::problem::Problem;
use crate::ports::clock::SystemClock;
use std::path::{Path, PathBuf};

/// Measures on labelled sets, and on a generated one where asked.
///
/// # Errors
/// A set that cannot be read, or this program failing on it.
pub fn run(
    sets: &[PathBuf],
    python: Option<&Path>,
    generated: Option<usize>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let scratch = Scratch::new();
    let program = std::env::current_exe().map_err(|error| failed("this program cannot find itself", error))?;
    let mut sets: Vec<BenchSet> = sets.iter().cloned().map(BenchSet::Folder).collect();
    sets.extend(generated.map(|people| BenchSet::Generated(PeopleSpec { people, seed: 1, sparse: false })));
    let arguments = BenchArguments { program, python: python.map(Path::to_owned), sets, work: scratch.0.clone() };
    let report = run_bench(&arguments, &SystemClock, &mut |text| output.note(text))
        .map_err(|error| failed("the benchmark stopped", error))?;
    let mut table = Vec::new();
    report.write_table(&mut table).map_err(|error| failed("the table cannot be written", error))?;
    output.lines(&String::from_utf8_lossy(&table))?;
    Ok(Exit::Done)
}
