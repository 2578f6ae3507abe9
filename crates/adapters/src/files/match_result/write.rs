//! The files of a match: written beside their names and renamed when whole, for their owner only.

use super::{Disposition, Rulings, WriteError, claimed, disposition};
use crate::files::export::CsvCell::{Number, Text};
use crate::files::export::{self, Cell, ExportError, Table, UTF8_MARK, csv_record};
use crate::matching::decide::Outcome;
use crate::matching::engine::{Decided, Ranked};
use crate::matching::field::MatchField;
use crate::matching::link::probability;
use crate::matching::table::{Column, PeopleTable};
use crate::matching::within::Duplicate;
use rayon::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Makes the folder of the result, for its owner only.
///
/// # Errors
/// What the file system says.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    let made = path.is_dir();
    fs::create_dir_all(path).map_err(|source| WriteError::Output { path: path.to_owned(), source })?;
    #[cfg(unix)]
    if !made {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|source| WriteError::Output { path: path.to_owned(), source })?;
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
    fn create(folder: &Path, name: &str, header: &[&str]) -> Result<Self, WriteError> {
        let (path, part) = (folder.join(name), folder.join(format!(".{name}.part")));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&part).map_err(|source| WriteError::Output { path: part.clone(), source })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .map_err(|source| WriteError::Output { path: part.clone(), source })?;
        }
        let mut output = Output { path, part, file: BufWriter::with_capacity(1 << 18, file) };
        output.file.write_all(UTF8_MARK).map_err(|error| output.failed(error))?;
        let mut first = lines();
        csv_record(&mut first, header.iter().map(|head| Text(head))).map_err(|error| output.failed(error.into()))?;
        output.append(first)?;
        Ok(output)
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Output { path: self.path.clone(), source }
    }

    fn append(&mut self, lines: csv::Writer<Vec<u8>>) -> Result<(), WriteError> {
        let bytes = lines.into_inner().map_err(|error| self.failed(error.into_error()))?;
        self.file.write_all(&bytes).map_err(|error| self.failed(error))
    }

    fn finish(mut self) -> Result<PathBuf, WriteError> {
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
#[derive(Debug, Clone)]
pub struct Written {
    pub files: Vec<PathBuf>,
    pub ignored_leavers: usize,
    pub claimed: Vec<bool>,
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

/// Writes `links.csv`, `review.csv`, `new.csv` and `identifiers.csv`.
///
/// # Errors
/// What the file system says.
pub fn write_files(
    folder: &Path,
    (source, destination): (&PeopleTable, &PeopleTable),
    decided: &Decided,
    rulings: &Rulings,
) -> Result<Written, WriteError> {
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
        let make =
            |start: &usize| Part::of(*start..(start + ROWS_PER_PART).min(to), (source, destination), decided, rulings);
        let parts: Vec<Result<Part, csv::Error>> = starts.par_iter().map(make).collect();
        for part in parts {
            let part = part.map_err(|error| WriteError::Output { path: folder.to_owned(), source: error.into() })?;
            for user in part.claimed {
                if let Some(claimed) = written.claimed.get_mut(user) {
                    *claimed = true;
                }
            }
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
        (source, destination): (&PeopleTable, &PeopleTable),
        decided: &Decided,
        rulings: &Rulings,
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
            let disposition = disposition(decided, source, rulings, row);
            part.claimed.extend(claimed(decided, disposition, row));
            match disposition {
                Disposition::Link(user) => part.add_link((row, user), source, destination, decided)?,
                Disposition::LeftOut => part.ignored_leavers += 1,
                Disposition::New => csv_record(&mut part.new, [Text(source.id(row))])?,
                Disposition::Ask | Disposition::Risk => {
                    let outcome = decided.outcome(row);
                    part.add_review((source.id(row), destination), outcome, decided, row)?;
                }
            }
        }
        Ok(part)
    }

    fn add_link(
        &mut self,
        (row, user): (usize, usize),
        source: &PeopleTable,
        destination: &PeopleTable,
        decided: &Decided,
    ) -> Result<(), csv::Error> {
        let Some(found) = decided.candidates(row).find(|found| found.row == user) else { return Ok(()) };
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
        decided: &Decided,
        row: usize,
    ) -> Result<(), csv::Error> {
        let mut rank = 0;
        for found in decided.candidates(row) {
            rank += 1;
            let reason = reason_text(&outcome, rank, &found, decided);
            let numbers = (weight_text(found.weight), probability_text(found.probability), rank.to_string());
            let user = destination.id(found.row);
            add_row(&mut self.review, [id, user], [&numbers.0, &numbers.1, &numbers.2], &reason)?;
        }
        if rank == 0 {
            // Somebody who must not be created unseen, but whom no user comes near: what a pair weighs before any evidence.
            let prior = decided.linkage.model.prior;
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
fn reason_text(outcome: &Outcome, rank: usize, found: &Ranked, decided: &Decided) -> String {
    let (mut agree, mut differ) = decided.linkage.sides_of(found.pair);
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

/// Writes `duplicates.csv`.
///
/// # Errors
/// What the file system says.
pub fn write_duplicates(folder: &Path, table: &PeopleTable, pairs: &[Duplicate]) -> Result<PathBuf, WriteError> {
    let mut file =
        Output::create(folder, "duplicates.csv", &["left_id", "right_id", "weight", "probability", "alike"])?;
    let mut rows = lines();
    for pair in pairs {
        let numbers = (weight_text(pair.weight), probability_text(pair.probability), pair.alike.to_string());
        let ids = (table.id(pair.left), table.id(pair.right));
        let cells = [Text(ids.0), Text(ids.1), Number(&numbers.0), Number(&numbers.1), Number(&numbers.2)];
        csv_record(&mut rows, cells).map_err(|error| file.failed(error.into()))?;
    }
    file.append(rows)?;
    file.finish()
}

/// Heads of columns that hold numbers.
const NUMBERS: [&str; 4] = ["weight", "probability", "rank", "alike"];

/// Puts an XLSX file in the place of each CSV file: there `007` is text for every spreadsheet.
///
/// # Errors
/// What the file system says; more rows than a sheet has.
pub fn as_workbooks(files: &mut [PathBuf]) -> Result<(), WriteError> {
    for path in files {
        let sheet = crate::files::sheet::read(path)
            .map_err(|error| WriteError::Output { path: path.clone(), source: io::Error::other(error.to_string()) })?;
        let is_number: Vec<bool> = sheet.heads.iter().map(|head| NUMBERS.contains(&head.as_str())).collect();
        let cell = |(text, number): (String, bool)| match text.parse::<f64>() {
            Ok(value) if number => Cell::Number(value),
            _ => Cell::Text(text),
        };
        let rows = sheet
            .rows
            .into_iter()
            .map(|(_, cells)| cells.into_iter().zip(is_number.iter().copied()).map(cell).collect());
        let table = Table { rows: rows.collect(), heads: sheet.heads };
        let book = path.with_extension("xlsx");
        export::write(&book, &table)
            .map_err(|error: ExportError| WriteError::Workbook { path: book.clone(), error })?;
        fs::remove_file(&*path).map_err(|source| WriteError::Output { path: path.clone(), source })?;
        *path = book;
    }
    Ok(())
}
