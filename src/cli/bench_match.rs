//! `onroll bench match`: this engine and Splink on the same files in the same run, side by side.

use super::bench_people::{PeopleSpec, write_people};
use crate::ports::clock::Clock;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use thiserror::Error;

const SPLINK: &str = include_str!("../../bench/splink_people.py");

/// One set of people to compare: a folder with `source.csv`, `destination.csv`, `truth.csv`, or people to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BenchSet {
    Folder(PathBuf),
    Generated(PeopleSpec),
}

/// What `onroll bench match` was asked.
#[derive(Debug, Clone)]
pub struct BenchArguments {
    /// This program; it is run as a child, so that time and memory are those of one whole job.
    pub program: PathBuf,
    /// A Python that may have Splink; without it only this engine is measured.
    pub python: Option<PathBuf>,
    pub sets: Vec<BenchSet>,
    /// Folder for what is made on the way; it is left behind.
    pub work: PathBuf,
}

/// Why the benchmark stopped.
#[derive(Debug, Error)]
pub enum BenchError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {message}")]
    File { path: PathBuf, message: String },
    #[error("{program} did not start: {source}")]
    Start { program: PathBuf, source: io::Error },
    #[error("`{program} match` ended with {status}: {message}")]
    Failed { program: PathBuf, status: String, message: String },
}

/// What one engine did on one set.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub seconds: f64,
    /// Peak memory of the process; `None` where the system does not tell.
    pub memory_mb: Option<u64>,
    pub best: Quality,
}

/// Quality at the cut-off where it is best.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quality {
    pub f1: f64,
    pub cut_off: f64,
    /// Pairs above the cut-off that are wrong, and true pairs below it.
    pub wrong: usize,
    pub missing: usize,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchRow {
    pub set: String,
    pub people: usize,
    pub own: Measured,
    pub links: usize,
    pub wrong_links: usize,
    pub new: usize,
    /// People called new who have a user.
    pub present_but_new: usize,
    /// Splink; the second quality is with its posterior normalised over the candidates of each user.
    pub splink: Option<(Measured, Quality)>,
}

/// Everything that was measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BenchReport {
    pub rows: Vec<BenchRow>,
    /// Why Splink is not in it.
    pub without_splink: Option<String>,
}

/// Runs the benchmark. `tell` hears what is being done.
///
/// # Errors
/// When a file is missing or this program fails; a Splink that cannot run is a note in the report.
pub fn run_bench(
    arguments: &BenchArguments,
    clock: &dyn Clock,
    tell: &mut dyn FnMut(&str),
) -> Result<BenchReport, BenchError> {
    make_folder(&arguments.work)?;
    let mut report = BenchReport::default();
    let script = arguments.work.join("splink_people.py");
    fs::write(&script, SPLINK).map_err(io_error(&script))?;
    let python = match &arguments.python {
        None => Err("no Python was given".to_owned()),
        Some(python) => has_splink(python).map(|()| python.clone()),
    };
    for (at, set) in arguments.sets.iter().enumerate() {
        let (name, folder) = prepare(set, &arguments.work, tell)?;
        let out = arguments.work.join(format!("out-{at}"));
        tell(&format!("{name}: onroll"));
        let mut row = measure_own(arguments, clock, name.clone(), &folder, &out)?;
        if let Ok(python) = &python {
            tell(&format!("{name}: Splink"));
            match measure_splink(python, &script, clock, &folder, &out) {
                Ok(measured) => row.splink = Some(measured),
                Err(message) => report.without_splink = Some(message),
            }
        }
        report.rows.push(row);
    }
    if let Err(message) = python {
        report.without_splink = Some(message);
    }
    Ok(report)
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> BenchError + '_ {
    move |source| BenchError::Io { path: path.to_owned(), source }
}

fn make_folder(path: &Path) -> Result<(), BenchError> {
    fs::create_dir_all(path).map_err(io_error(path))
}

fn prepare(set: &BenchSet, work: &Path, tell: &mut dyn FnMut(&str)) -> Result<(String, PathBuf), BenchError> {
    match set {
        BenchSet::Folder(folder) => {
            let name = folder
                .file_name()
                .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
            Ok((name, folder.clone()))
        }
        BenchSet::Generated(spec) => {
            let kind = if spec.sparse { "sparse" } else { "made" };
            let name = format!("{kind}-{}-{}", spec.people, spec.seed);
            let folder = work.join(&name);
            make_folder(&folder)?;
            tell(&format!("{name}: making people"));
            write_people(&folder, *spec).map_err(io_error(&folder))?;
            Ok((name, folder))
        }
    }
}

fn has_splink(python: &Path) -> Result<(), String> {
    let asked = Command::new(python).args(["-c", "import splink, duckdb"]).output();
    match asked {
        Err(error) => Err(format!("{} did not start: {error}", python.display())),
        Ok(output) if output.status.success() => Ok(()),
        Ok(_) => Err(format!("{} has no Splink; `pip install splink==5.0.0` and run again", python.display())),
    }
}

type Pairs = Vec<(String, String, f64)>;

fn read_rows(path: &Path) -> Result<Vec<csv::StringRecord>, BenchError> {
    let fail = |error: csv::Error| BenchError::File { path: path.to_owned(), message: error.to_string() };
    csv::Reader::from_path(path).map_err(fail)?.records().collect::<Result<_, _>>().map_err(fail)
}

fn read_pairs(path: &Path) -> Result<Pairs, BenchError> {
    let pair = |row: &csv::StringRecord| {
        let cell = |at: usize| row.get(at).unwrap_or("").to_owned();
        (cell(0), cell(1), row.get(2).and_then(|weight| weight.parse().ok()).unwrap_or(0.0))
    };
    Ok(read_rows(path)?.iter().map(pair).collect())
}

fn read_truth(folder: &Path) -> Result<HashSet<(String, String)>, BenchError> {
    Ok(read_pairs(&folder.join("truth.csv"))?.into_iter().map(|(left, right, _)| (left, right)).collect())
}

/// The best F1 over all cut-offs; of a pair that is given twice the higher weight counts.
fn best(pairs: &Pairs, truth: &HashSet<(String, String)>) -> Quality {
    let mut highest: HashMap<(&str, &str), f64> = HashMap::new();
    for (left, right, weight) in pairs {
        let slot = highest.entry((left, right)).or_insert(*weight);
        *slot = slot.max(*weight);
    }
    let mut scored: Vec<(f64, bool)> = highest
        .into_iter()
        .map(|((left, right), weight)| (weight, truth.contains(&(left.to_owned(), right.to_owned()))))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut best) = (0, Quality { missing: truth.len(), ..Quality::default() });
    for (at, (weight, is_true)) in scored.iter().enumerate() {
        right += usize::from(*is_true);
        let last_of_weight = scored.get(at + 1).is_none_or(|next| next.0 < *weight);
        let f1 = 2.0 * right as f64 / (at + 1 + truth.len()) as f64;
        if last_of_weight && f1 > best.f1 {
            best = Quality { f1, cut_off: *weight, wrong: at + 1 - right, missing: truth.len() - right };
        }
    }
    best
}

fn measure_own(
    arguments: &BenchArguments,
    clock: &dyn Clock,
    set: String,
    folder: &Path,
    out: &Path,
) -> Result<BenchRow, BenchError> {
    let begun = clock.now();
    let output = Command::new(&arguments.program)
        .arg("match")
        .arg("--source")
        .arg(folder.join("source.csv"))
        .arg("--destination")
        .arg(folder.join("destination.csv"))
        .arg("--out")
        .arg(out)
        .arg("--json")
        .output()
        .map_err(|source| BenchError::Start { program: arguments.program.clone(), source })?;
    let seconds = clock.now().duration_since(begun).as_secs_f64();
    if !matches!(output.status.code(), Some(0 | 3)) {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BenchError::Failed {
            program: arguments.program.clone(),
            status: output.status.to_string(),
            message,
        });
    }
    let memory_mb =
        serde_json::from_slice::<Value>(&output.stdout).ok().and_then(|told| told.get("peak_memory_mb")?.as_u64());
    let truth = read_truth(folder)?;
    let links = read_pairs(&out.join("links.csv"))?;
    let review = read_pairs(&out.join("review.csv"))?;
    let new = read_rows(&out.join("new.csv"))?;
    let present: HashSet<&str> = truth.iter().map(|(left, _)| left.as_str()).collect();
    let is_true = |(left, right, _): &&(String, String, f64)| truth.contains(&(left.clone(), right.clone()));
    let wrong_links = links.len() - links.iter().filter(is_true).count();
    let present_but_new = new.iter().filter(|row| row.get(0).is_some_and(|id| present.contains(id))).count();
    let all: Pairs = links.iter().chain(&review).cloned().collect();
    let own = Measured { seconds, memory_mb, best: best(&all, &truth) };
    let people = read_rows(&folder.join("source.csv"))?.len();
    Ok(BenchRow { set, people, own, links: links.len(), wrong_links, new: new.len(), present_but_new, splink: None })
}

fn measure_splink(
    python: &Path,
    script: &Path,
    clock: &dyn Clock,
    folder: &Path,
    out: &Path,
) -> Result<(Measured, Quality), String> {
    let pairs_file = out.join("splink.csv");
    let begun = clock.now();
    let output = Command::new(python)
        .arg(script)
        .arg(folder.join("source.csv"))
        .arg(folder.join("destination.csv"))
        .arg(&pairs_file)
        .output()
        .map_err(|error| format!("{} did not start: {error}", python.display()))?;
    let seconds = clock.now().duration_since(begun).as_secs_f64();
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("Splink failed: {}", message.lines().last().unwrap_or("no message")));
    }
    let told: Option<Value> =
        String::from_utf8_lossy(&output.stdout).lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let memory_mb = told.and_then(|told| told.get("rss_mb")?.as_u64());
    let read = || -> Result<_, BenchError> { Ok((read_pairs(&pairs_file)?, read_truth(folder)?)) };
    let (pairs, truth) = read().map_err(|error| error.to_string())?;
    let normalised = one_of_many(&pairs);
    Ok((Measured { seconds, memory_mb, best: best(&pairs, &truth) }, best(&normalised, &truth)))
}

/// Splink's weights with its posterior normalised over all candidates of a user, as `--one-of-many` of the script does.
fn one_of_many(pairs: &Pairs) -> Pairs {
    let odds = |weight: f64| weight.clamp(-40.0, 40.0).exp2();
    let mut sums: HashMap<&str, f64> = HashMap::new();
    pairs.iter().for_each(|(_, right, weight)| *sums.entry(right).or_default() += odds(*weight));
    let normal = |(left, right, weight): &(String, String, f64)| {
        let rivals = sums.get(right.as_str()).copied().unwrap_or(0.0) - odds(*weight);
        (left.clone(), right.clone(), (odds(*weight) / (1.0 + rivals.max(0.0))).log2())
    };
    pairs.iter().map(normal).collect()
}

fn memory(megabytes: Option<u64>) -> String {
    megabytes.map_or_else(|| "-".to_owned(), |megabytes| format!("{megabytes} MB"))
}

impl BenchReport {
    /// The side-by-side table.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "| set | people | engine | seconds | memory | best F1 | wrong | missing | auto links | wrong | new | present |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let best = row.own.best;
            writeln!(
                out,
                "| {} | {} | onroll | {:.2} | {} | {:.4} | {} | {} | {} | {} | {} | {} |",
                row.set,
                row.people,
                row.own.seconds,
                memory(row.own.memory_mb),
                best.f1,
                best.wrong,
                best.missing,
                row.links,
                row.wrong_links,
                row.new,
                row.present_but_new
            )?;
            if let Some((splink, normalised)) = &row.splink {
                let line = |name: &str, time: String, quality: &Quality| {
                    format!(
                        "| | | {name} | {time} | {:.4} | {} | {} | | | | |",
                        quality.f1, quality.wrong, quality.missing
                    )
                };
                let time = format!("{:.2} | {}", splink.seconds, memory(splink.memory_mb));
                writeln!(out, "{}", line("Splink", time, &splink.best))?;
                writeln!(out, "{}", line("Splink, one of many", " | ".to_owned(), normalised))?;
                writeln!(
                    out,
                    "| | | times faster | {:.1} | | | | | | | | |",
                    splink.seconds / row.own.seconds.max(1e-3)
                )?;
            }
        }
        let (links, wrong) = self.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.links, sum.1 + row.wrong_links));
        writeln!(out)?;
        writeln!(
            out,
            "Wrong among automatic links over all sets: {wrong} of {links} ({:.4} %).",
            100.0 * wrong as f64 / links.max(1) as f64
        )?;
        match &self.without_splink {
            Some(reason) => writeln!(out, "Splink was not measured: {reason}."),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(left: &str, right: &str, weight: f64) -> (String, String, f64) {
        (left.to_owned(), right.to_owned(), weight)
    }

    #[test]
    fn the_best_cut_off_is_found() {
        let truth =
            [("a", "1"), ("b", "2"), ("c", "3")].map(|(l, r)| (l.to_owned(), r.to_owned())).into_iter().collect();
        let pairs = vec![pair("a", "1", 9.0), pair("b", "2", 5.0), pair("b", "3", 1.0), pair("b", "2", 4.0)];
        let quality = best(&pairs, &truth);
        assert_eq!((quality.wrong, quality.missing, quality.cut_off), (0, 1, 5.0));
        assert!((quality.f1 - 0.8).abs() < 1e-9);
    }

    #[test]
    fn rivals_share_a_user() {
        let normal = one_of_many(&vec![pair("a", "1", 10.0), pair("b", "1", 10.0), pair("c", "2", 3.0)]);
        assert!(normal[0].2.abs() < 0.01 && (normal[2].2 - 3.0).abs() < 1e-9);
    }
}
