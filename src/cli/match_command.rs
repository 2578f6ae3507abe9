//! `onroll match`: two exports in, four files out; no account, no workspace. And `--within`: duplicates in one file.

use crate::files::export::CsvCell::{Number, Text};
use crate::files::export::csv_record;
use crate::files::match_input::{MatchInputError, read_people};
use crate::matching::Verdict;
use crate::matching::dates::{self, Packed};
use crate::matching::decide::{Outcome, Policy, PolicyEffect, Reason};
use crate::matching::engine::{Comparison, Ranked};
use crate::matching::explain::grouped;
use crate::matching::field::MatchField;
use crate::matching::link::{Phase, Progress, probability};
use crate::matching::rekey::{self, RekeyFinding};
use crate::matching::table::{Column, PeopleTable};
use crate::matching::within::{Duplicates, within};
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What `onroll match` was asked.
#[derive(Debug, Clone)]
pub struct MatchArguments {
    pub source: PathBuf,
    pub destination: PathBuf,
    /// Folder for the files; made where it is missing.
    pub out: PathBuf,
    /// Posterior from which a link needs no question.
    pub threshold: f64,
    /// Birth dates after this day count as missing.
    pub today: Option<Date>,
}

/// What `onroll match --within` was asked.
#[derive(Debug, Clone)]
pub struct WithinArguments {
    pub people: PathBuf,
    pub out: PathBuf,
    pub today: Option<Date>,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, Error)]
pub enum MatchError {
    #[error(transparent)]
    Input(#[from] MatchInputError),
    #[error("--threshold {0} is no probability; give a number from 0.5 to 1, such as 0.99")]
    Threshold(f64),
    #[error("{path}: {source}; choose a folder that you may write to with --out")]
    Output { path: PathBuf, source: io::Error },
}

/// What came out, for the summary and for `--json`.
#[derive(Debug, Clone)]
pub struct MatchReport {
    pub source_people: usize,
    pub destination_people: usize,
    pub effect: PolicyEffect,
    /// Leavers of the source without a user: nothing to do, in none of the files (case 40).
    pub ignored_leavers: usize,
    /// Users that no employee is linked to or in review with.
    pub unclaimed_users: usize,
    /// Why people are linked or in review, commonest first.
    pub reasons: Vec<(Reason, usize)>,
    /// The two sides number people differently.
    pub other_numbering: bool,
    pub rekey: Option<RekeyFinding>,
    /// Both sides have only one kind of field: nobody can be linked by it alone.
    pub one_kind: bool,
    /// Birth or start dates that are no day, or fillers; both sides.
    pub strange_dates: usize,
    /// Keys too common to compare by.
    pub dropped_blocks: usize,
    pub threshold: f64,
    /// What other thresholds would do.
    pub previews: Vec<(f64, PolicyEffect)>,
    pub files: Vec<PathBuf>,
    /// Peak memory of this process, where the system tells.
    pub peak_memory_mb: Option<u64>,
}

/// What came out of `--within`.
#[derive(Debug, Clone)]
pub struct WithinReport {
    pub people: usize,
    /// Pairs that are more likely one person than two.
    pub likely: usize,
    /// All pairs listed.
    pub listed: usize,
    /// People who stand in a crowd of more alike than are listed for one person.
    pub crowded: usize,
    /// How many are alike in the largest crowd.
    pub largest_crowd: u32,
    pub file: PathBuf,
}

fn packed(day: Option<Date>) -> Option<Packed> {
    day.and_then(|day| dates::pack(u32::try_from(day.year()).ok()?, day.month() as u32, day.day() as u32))
}

/// Compares two exports and writes `links.csv`, `review.csv`, `new.csv` and `identifiers.csv`.
///
/// # Errors
/// When a file cannot be read, with its row, or the folder cannot be written.
pub fn run_match(arguments: &MatchArguments, progress: &mut dyn FnMut(Progress)) -> Result<MatchReport, MatchError> {
    if !(0.5..=1.0).contains(&arguments.threshold) {
        return Err(MatchError::Threshold(arguments.threshold));
    }
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let today = packed(arguments.today);
    let (source, destination) =
        rayon::join(|| read_people(&arguments.source, today), || read_people(&arguments.destination, today));
    let (source, destination) = (source?, destination?);
    let policy = Policy { auto: arguments.threshold, ..Policy::default() };
    let comparison = Comparison::run(&source, &destination, policy, progress);
    progress(Progress { phase: Phase::Writing, done: 0, total: source.len() });
    make_folder(&arguments.out)?;
    let written = write_files(&arguments.out, &source, &destination, &comparison)?;
    Ok(report(arguments, &source, &destination, &comparison, written))
}

/// Looks for duplicates in one export and writes `duplicates.csv`.
///
/// # Errors
/// When the file cannot be read, with its row, or the folder cannot be written.
pub fn run_within(arguments: &WithinArguments, progress: &mut dyn FnMut(Progress)) -> Result<WithinReport, MatchError> {
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let table = read_people(&arguments.people, packed(arguments.today))?;
    let Duplicates { pairs, crowded, largest_crowd } = within(&table, progress);
    progress(Progress { phase: Phase::Writing, done: 0, total: pairs.len() });
    make_folder(&arguments.out)?;
    let header = ["left_id", "right_id", "weight", "probability", "alike"];
    let mut file = Output::create(&arguments.out, "duplicates.csv", &header)?;
    let mut rows = lines();
    for pair in &pairs {
        let numbers = (weight_text(pair.weight), probability_text(pair.probability), pair.alike.to_string());
        let ids = (table.id(pair.left), table.id(pair.right));
        let cells = [Text(ids.0), Text(ids.1), Number(&numbers.0), Number(&numbers.1), Number(&numbers.2)];
        csv_record(&mut rows, cells).map_err(|error| file.failed(error.into()))?;
    }
    file.append(rows)?;
    let likely = pairs.iter().filter(|pair| pair.probability >= 0.5).count();
    let file = file.finish()?;
    Ok(WithinReport { people: table.len(), likely, listed: pairs.len(), crowded, largest_crowd, file })
}

fn make_folder(path: &Path) -> Result<(), MatchError> {
    let made = path.is_dir();
    fs::create_dir_all(path).map_err(|source| MatchError::Output { path: path.to_owned(), source })?;
    #[cfg(unix)]
    if !made {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|source| MatchError::Output { path: path.to_owned(), source })?;
    }
    Ok(())
}

/// A CSV file that only its owner may read: it holds personal data. Written beside its name and renamed when whole.
struct Output {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    fn create(folder: &Path, name: &str, header: &[&str]) -> Result<Self, MatchError> {
        let (path, part) = (folder.join(name), folder.join(format!(".{name}.part")));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&part).map_err(|source| MatchError::Output { path: part.clone(), source })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .map_err(|source| MatchError::Output { path: part.clone(), source })?;
        }
        let mut output = Output { path, part, file: BufWriter::with_capacity(1 << 18, file) };
        let mut first = lines();
        csv_record(&mut first, header.iter().map(|head| Text(head))).map_err(|error| output.failed(error.into()))?;
        output.append(first)?;
        Ok(output)
    }

    fn failed(&self, source: io::Error) -> MatchError {
        MatchError::Output { path: self.path.clone(), source }
    }

    fn append(&mut self, lines: csv::Writer<Vec<u8>>) -> Result<(), MatchError> {
        let bytes = lines.into_inner().map_err(|error| self.failed(error.into_error()))?;
        self.file.write_all(&bytes).map_err(|error| self.failed(error))
    }

    fn finish(mut self) -> Result<PathBuf, MatchError> {
        self.file.flush().map_err(|error| self.failed(error))?;
        fs::rename(&self.part, &self.path).map_err(|error| self.failed(error))?;
        Ok(self.path)
    }
}

/// A number with a fixed count of decimals, given in the smallest unit.
fn fixed(units: i64, decimals: usize) -> String {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    format!("{}{whole}.{part}", if units < 0 { "-" } else { "" })
}

fn weight_text(weight: f64) -> String {
    fixed((weight * 1e3).round() as i64, 3)
}

fn probability_text(probability: f64) -> String {
    fixed((probability * 1e6).round() as i64, 6)
}

/// What was written, and the counts that only the writing knows.
struct Written {
    files: Vec<PathBuf>,
    ignored_leavers: usize,
    claimed: Vec<bool>,
}

/// Source rows whose lines are made at a time by one thread, and by all threads together before they are written.
const ROWS_PER_PART: usize = 8192;
const PARTS_AT_ONCE: usize = 16;

/// The lines of some source rows for each file, and what was counted on the way.
struct Part {
    links: csv::Writer<Vec<u8>>,
    review: csv::Writer<Vec<u8>>,
    new: csv::Writer<Vec<u8>>,
    identifiers: csv::Writer<Vec<u8>>,
    claimed: Vec<usize>,
    ignored_leavers: usize,
}

fn lines() -> csv::Writer<Vec<u8>> {
    csv::Writer::from_writer(Vec::new())
}

fn write_files(
    folder: &Path,
    source: &PeopleTable,
    destination: &PeopleTable,
    comparison: &Comparison<'_>,
) -> Result<Written, MatchError> {
    let columns = ["source_id", "destination_id", "weight", "probability", "outcome"];
    let mut links = Output::create(folder, "links.csv", &columns)?;
    let mut review = Output::create(folder, "review.csv", &[&columns[..], &["rank", "reason"]].concat())?;
    let mut new = Output::create(folder, "new.csv", &["source_id"])?;
    let header = ["destination_id", "identifier", "first_name", "last_name", "email"];
    let mut identifiers = Output::create(folder, "identifiers.csv", &header)?;
    let mut written = Written { files: Vec::new(), ignored_leavers: 0, claimed: vec![false; destination.len()] };
    let mut from = 0;
    while from < source.len() {
        let to = (from + ROWS_PER_PART * PARTS_AT_ONCE).min(source.len());
        let starts: Vec<usize> = (from..to).step_by(ROWS_PER_PART).collect();
        let make = |start: &usize| Part::of(*start..(start + ROWS_PER_PART).min(to), source, destination, comparison);
        let parts: Vec<Result<Part, csv::Error>> = starts.par_iter().map(make).collect();
        for part in parts {
            let part = part.map_err(|error| MatchError::Output { path: folder.to_owned(), source: error.into() })?;
            part.claimed.iter().for_each(|user| written.claimed[*user] = true);
            written.ignored_leavers += part.ignored_leavers;
            links.append(part.links)?;
            review.append(part.review)?;
            new.append(part.new)?;
            identifiers.append(part.identifiers)?;
        }
        from = to;
    }
    written.files = vec![links.finish()?, review.finish()?, new.finish()?, identifiers.finish()?];
    Ok(written)
}

impl Part {
    fn of(
        rows: std::ops::Range<usize>,
        source: &PeopleTable,
        destination: &PeopleTable,
        comparison: &Comparison<'_>,
    ) -> Result<Self, csv::Error> {
        let mut part = Part {
            links: lines(),
            review: lines(),
            new: lines(),
            identifiers: lines(),
            claimed: Vec::new(),
            ignored_leavers: 0,
        };
        for row in rows {
            let outcome = comparison.outcome(row);
            match outcome.verdict {
                Verdict::Link => part.add_link(row, source, destination, comparison)?,
                Verdict::New if !source.is_active(row) => part.ignored_leavers += 1,
                Verdict::New => csv_record(&mut part.new, [Text(source.id(row))])?,
                Verdict::Review | Verdict::DuplicateRisk => {
                    part.add_review((source.id(row), destination), outcome, comparison, row)?;
                }
            }
        }
        Ok(part)
    }

    fn add_link(
        &mut self,
        row: usize,
        source: &PeopleTable,
        destination: &PeopleTable,
        comparison: &Comparison<'_>,
    ) -> Result<(), csv::Error> {
        let Some(found) = comparison.candidates(row).next() else { return Ok(()) };
        self.claimed.push(found.row);
        let numbers = (weight_text(found.weight), probability_text(found.probability));
        let (id, user) = (source.id(row), destination.id(found.row));
        csv_record(&mut self.links, [Text(id), Text(user), Number(&numbers.0), Number(&numbers.1), Text("link")])?;
        let value = |column| destination.value(found.row, column).unwrap_or("");
        let key = source.value(row, Column::Identifier).unwrap_or(source.id(row));
        let person = [value(Column::FirstName), value(Column::LastName), value(Column::Email)];
        csv_record(&mut self.identifiers, [user, key, person[0], person[1], person[2]].map(Text))
    }

    fn add_review(
        &mut self,
        (id, destination): (&str, &PeopleTable),
        outcome: Outcome,
        comparison: &Comparison<'_>,
        row: usize,
    ) -> Result<(), csv::Error> {
        let mut rank = 0;
        for found in comparison.candidates(row) {
            rank += 1;
            if found.probability >= 0.5 {
                self.claimed.push(found.row);
            }
            let reason = reason_text(&outcome, rank, &found, comparison);
            let numbers = (weight_text(found.weight), probability_text(found.probability), rank.to_string());
            let user = destination.id(found.row);
            add_row(&mut self.review, [id, user], [&numbers.0, &numbers.1, &numbers.2], &reason)?;
        }
        if rank == 0 {
            // Somebody who must not be created unseen, but whom no user comes near: what a pair weighs before any evidence.
            let prior = comparison.linkage.model.prior;
            let numbers = (weight_text(prior), probability_text(probability(prior)));
            add_row(&mut self.review, [id, ""], [&numbers.0, &numbers.1, "1"], &outcome.words())?;
        }
        Ok(())
    }
}

/// A row of `review.csv`: both ids; weight, probability and rank; the reason.
fn add_row(
    review: &mut csv::Writer<Vec<u8>>,
    ids: [&str; 2],
    [weight, probability, rank]: [&str; 3],
    reason: &str,
) -> Result<(), csv::Error> {
    let [id, user] = ids.map(Text);
    csv_record(review, [id, user, Number(weight), Number(probability), Text("review"), Number(rank), Text(reason)])
}

/// The reason, then what speaks for and against this candidate, without any value of the person.
fn reason_text(outcome: &Outcome, rank: usize, found: &Ranked, comparison: &Comparison<'_>) -> String {
    let (mut agree, mut differ) = comparison.linkage.sides_of(found.pair);
    let order = |list: &mut Vec<(MatchField, f64)>| {
        list.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        list.iter().take(4).map(|(field, _)| field.words()).collect::<Vec<_>>().join(", ")
    };
    let (for_it, against) = (order(&mut agree), order(&mut differ));
    let mut text = if rank == 1 { outcome.words().into_owned() } else { "another candidate".to_owned() };
    if !for_it.is_empty() {
        text.push_str("; for: ");
        text.push_str(&for_it);
    }
    if !against.is_empty() {
        text.push_str("; against: ");
        text.push_str(&against);
    }
    text
}

fn report(
    arguments: &MatchArguments,
    source: &PeopleTable,
    destination: &PeopleTable,
    comparison: &Comparison<'_>,
    written: Written,
) -> MatchReport {
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for row in 0..source.len() {
        *counts.entry(comparison.outcome(row).reason).or_default() += 1;
    }
    counts.remove(&Reason::Nobody);
    let mut reasons: Vec<(Reason, usize)> = counts.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let preview = |auto: f64| (auto, comparison.preview(Policy { auto, ..Policy::default() }));
    let mut thresholds = vec![0.95, 0.99, 0.999];
    if thresholds.iter().all(|auto| (auto - arguments.threshold).abs() > 1e-9) {
        thresholds.push(arguments.threshold);
        thresholds.sort_by(f64::total_cmp);
    }
    let previews = thresholds.into_iter().map(preview).collect();
    let (left, right) = (source.date_notes(), destination.date_notes());
    let mut effect = comparison.effect();
    effect.new -= written.ignored_leavers.min(effect.new);
    MatchReport {
        source_people: source.len(),
        destination_people: destination.len(),
        effect,
        ignored_leavers: written.ignored_leavers,
        unclaimed_users: written.claimed.iter().filter(|claimed| !**claimed).count(),
        reasons,
        other_numbering: comparison.linkage.other_numbering,
        rekey: rekey::detect(&linked_identifiers(source, destination, comparison)),
        one_kind: kinds_in_common(source, destination) < 2,
        strange_dates: left.impossible + left.placeholders + right.impossible + right.placeholders,
        dropped_blocks: comparison.linkage.dropped_blocks,
        threshold: arguments.threshold,
        previews,
        files: written.files,
        peak_memory_mb: peak_memory(),
    }
}

/// The kernel's own count of the largest resident size, in MB (Linux).
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

/// How many independent kinds of fields both sides have: names, birth date, e-mail, phone, work, home, identifier.
fn kinds_in_common(source: &PeopleTable, destination: &PeopleTable) -> usize {
    let both = |column: &Column| source.has(*column) && destination.has(*column);
    let kinds: [&[Column]; 6] = [
        &[Column::BirthDate],
        &[Column::Email],
        &[Column::Phone],
        &[Column::JobTitle, Column::Branch, Column::Department, Column::StartDate],
        &[Column::Address, Column::Postcode],
        &[Column::Identifier],
    ];
    let named = both(&Column::LastName) && (both(&Column::FirstName) || both(&Column::KnownAs));
    // The id of a source without an identifier column is what the destination carries.
    let numbered = destination.has(Column::Identifier) && !source.has(Column::Identifier);
    kinds.iter().filter(|kind| kind.iter().any(both)).count() + usize::from(named) + usize::from(numbered)
}

/// Old and new identifier of everybody whose best candidate is sure as a person.
fn linked_identifiers<'t>(
    source: &'t PeopleTable,
    destination: &'t PeopleTable,
    comparison: &Comparison<'_>,
) -> Vec<(&'t str, &'t str)> {
    if !destination.has(Column::Identifier) {
        return Vec::new();
    }
    let key = |row: usize| source.value(row, Column::Identifier).unwrap_or(source.id(row));
    (0..source.len())
        .filter_map(|row| {
            let best = comparison.candidates(row).next().filter(|found| found.probability >= 0.95)?;
            Some((destination.value(best.row, Column::Identifier)?, key(row)))
        })
        .collect()
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "0 %".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

impl MatchReport {
    /// Whether somebody waits for a human: exit code 3.
    pub fn has_review(&self) -> bool {
        self.effect.review + self.effect.duplicate_risk > 0
    }

    /// The report as one JSON object, without any personal data.
    pub fn to_json(&self) -> serde_json::Value {
        let effect = |effect: &PolicyEffect| {
            serde_json::json!({
                "link": effect.links,
                "review": effect.review,
                "duplicate_risk": effect.duplicate_risk,
                "new": effect.new,
                "expected_wrong_links": effect.expected_wrong,
                "expected_missed": effect.expected_missed,
            })
        };
        let reasons: serde_json::Map<String, serde_json::Value> =
            self.reasons.iter().map(|(reason, count)| (reason.words().to_owned(), (*count).into())).collect();
        let previews: Vec<serde_json::Value> = self
            .previews
            .iter()
            .map(|(threshold, outcome)| serde_json::json!({"threshold": threshold, "effect": effect(outcome)}))
            .collect();
        serde_json::json!({
            "source": self.source_people,
            "destination": self.destination_people,
            "threshold": self.threshold,
            "outcome": effect(&self.effect),
            "left_out": self.ignored_leavers,
            "unclaimed_users": self.unclaimed_users,
            "reasons": reasons,
            "previews": previews,
            "other_numbering": self.other_numbering,
            "files": self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
            "peak_memory_mb": self.peak_memory_mb,
        })
    }

    /// The summary for a person, without any personal data.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let (people, effect) = (self.source_people, &self.effect);
        writeln!(out, "Compared {people} employees with {} users.", self.destination_people)?;
        writeln!(out)?;
        for (name, count, note) in [
            ("linked", effect.links, format!("about {:.1} of them wrong", effect.expected_wrong)),
            ("to review", effect.review, "best candidate first, in review.csv".to_owned()),
            ("duplicate risk", effect.duplicate_risk, "also in review.csv; look at these first".to_owned()),
            ("new", effect.new, format!("about {:.1} of them have a user after all", effect.expected_missed)),
        ] {
            writeln!(out, "  {name:<16}{count:>9}  {:>7}  {note}", share(count, people))?;
        }
        if self.ignored_leavers > 0 {
            writeln!(
                out,
                "  {:<16}{:>9}           leavers without a user: nothing to do",
                "left out", self.ignored_leavers
            )?;
        }
        writeln!(
            out,
            "  {:<16}{:>9}           users that nobody of the source claims",
            "unclaimed", self.unclaimed_users
        )?;
        self.write_reasons(out)?;
        self.write_notes(out)?;
        writeln!(out)?;
        self.write_thresholds(out)?;
        writeln!(out)?;
        self.files.iter().try_for_each(|file| writeln!(out, "Wrote {}", file.display()))
    }

    fn write_thresholds(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  {:>11}  {:>9}  {:>11}  {:>9}", "--threshold", "linked", "about wrong", "to judge")?;
        for (threshold, effect) in &self.previews {
            let judged = effect.review + effect.duplicate_risk;
            let used = (threshold - self.threshold).abs() <= 1e-9;
            let note = if used { "  used here" } else { "" };
            let (linked, wrong) = (effect.links, effect.expected_wrong);
            writeln!(out, "  {threshold:>11}  {linked:>9}  {wrong:>11.1}  {judged:>9}{note}")?;
        }
        Ok(())
    }

    fn write_reasons(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        writeln!(out, "Why:")?;
        self.reasons.iter().try_for_each(|(reason, count)| writeln!(out, "  {count:>9}  {}", reason.words()))
    }

    fn write_notes(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.one_kind && self.source_people > 0 && self.destination_people > 0 {
            writeln!(
                out,
                "\nBoth files have only one kind of field in common. Nobody is linked by it alone, and many who are called new may have a user: export more columns."
            )?;
        }
        if self.other_numbering {
            writeln!(out, "\nThe two sides number people differently; identifiers were not compared.")?;
        }
        if let Some(finding) = &self.rekey {
            writeln!(out, "\n{finding}")?;
        }
        if self.strange_dates > 0 {
            writeln!(
                out,
                "\n{} different dates are fillers or no days at all and count as missing.",
                self.strange_dates
            )?;
        }
        if self.dropped_blocks > 0 {
            writeln!(out, "\n{} very common values were not used to find candidates.", self.dropped_blocks)?;
        }
        Ok(())
    }
}

impl WithinReport {
    /// The summary for a person.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Looked at {} people: {} pairs are likely one person, {} more are worth a look.",
            self.people,
            self.likely,
            self.listed - self.likely
        )?;
        if self.crowded > 0 {
            writeln!(
                out,
                "{} people stand in crowds of people alike, {} in the largest. Each is listed with some of the others; the column `alike` says how many there are.",
                grouped(self.crowded as u64),
                grouped(u64::from(self.largest_crowd))
            )?;
        }
        writeln!(out, "Wrote {}", self.file.display())
    }
}
