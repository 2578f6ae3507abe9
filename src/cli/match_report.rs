//! What came out of `onroll match`, for a person and for a program, without any personal data.

use super::match_command::MatchArguments;
use crate::files::people::Reading;
use crate::matching::decide::{Policy, PolicyEffect, Reason};
use crate::matching::engine::Decided;
use crate::matching::explain::grouped;
use crate::matching::rekey::{self, RekeyFinding};
use crate::matching::table::{Column, PeopleTable};
use crate::services::match_files::duplicates::DoubleCounts;
use crate::services::match_files::{Counts, Matched, Written};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

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
    pub new_below: f64,
    /// What other thresholds would do.
    pub previews: Vec<(f64, PolicyEffect)>,
    pub files: Vec<PathBuf>,
    /// Where an earlier result with rulings is now.
    pub kept: Option<PathBuf>,
    /// What was read of source and destination.
    pub read: [ReadFile; 2],
    /// Peak memory of this process, where the system tells.
    pub peak_memory_mb: Option<u64>,
}

/// What came out of `--within`.
#[derive(Debug, Clone)]
pub struct WithinReport {
    pub counts: DoubleCounts,
    pub read: ReadFile,
    pub file: PathBuf,
}

/// What was read of a file.
#[derive(Debug, Clone)]
pub struct ReadFile {
    pub file: PathBuf,
    pub reading: Reading,
}

impl ReadFile {
    fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let tally = &self.reading.tally;
        let (people, rows) = (grouped(tally.people), grouped(tally.rows));
        writeln!(out, "Read {}: {people} people in {rows} rows.", self.file.display())?;
        self.reading.lines().iter().try_for_each(|line| writeln!(out, "  {line}"))
    }

    fn to_json(&self) -> serde_json::Value {
        let mut read = self.reading.to_json();
        if let Some(members) = read.as_object_mut() {
            members.insert("file".to_owned(), self.file.display().to_string().into());
        }
        read
    }
}

pub(super) fn report(
    arguments: &MatchArguments,
    matched: &Matched,
    (written, stand, kept): (Written, Counts, Option<PathBuf>),
    read: [ReadFile; 2],
) -> MatchReport {
    let (source, destination, comparison) = (&matched.source.table, &matched.destination.table, &matched.decided);
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for row in 0..source.len() {
        *counts.entry(comparison.outcome(row).reason).or_default() += 1;
    }
    counts.remove(&Reason::Nobody);
    let mut reasons: Vec<(Reason, usize)> = counts.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let preview = |auto: f64| (auto, comparison.preview(Policy { auto, new_below: arguments.new_below }));
    let mut thresholds = vec![0.95, 0.99, 0.999];
    if thresholds.iter().all(|auto| (auto - arguments.threshold).abs() > 1e-9) {
        thresholds.push(arguments.threshold);
        thresholds.sort_by(f64::total_cmp);
    }
    let previews = thresholds.into_iter().map(preview).collect();
    let (left, right) = (source.date_notes(), destination.date_notes());
    let mut effect = comparison.effect();
    effect.new = stand.new;
    MatchReport {
        source_people: source.len(),
        destination_people: destination.len(),
        effect,
        ignored_leavers: stand.left_out,
        unclaimed_users: stand.unclaimed,
        reasons,
        other_numbering: comparison.linkage.other_numbering,
        rekey: rekey::detect(&linked_identifiers(source, destination, comparison)),
        one_kind: kinds_in_common(source, destination) < 2,
        strange_dates: left.impossible + left.placeholders + right.impossible + right.placeholders,
        dropped_blocks: comparison.linkage.dropped_blocks,
        threshold: arguments.threshold,
        new_below: arguments.new_below,
        previews,
        files: written.files,
        kept,
        read,
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
    comparison: &Decided,
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

fn range([from, to]: [usize; 2]) -> String {
    format!(" (95 %: {from} to {to})")
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "0 %".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

impl MatchReport {
    /// Whether somebody waits for a human: exit code 3.
    pub fn has_review(&self) -> bool {
        self.effect.review + self.effect.duplicate_risk > 0
    }

    /// Whether somebody could not be read, or nobody is found and something that was not read, or by a guess, may be why.
    pub fn is_short(&self) -> bool {
        let readings = || self.read.iter().map(|read| &read.reading);
        readings().any(Reading::is_short) || (self.nobody_found() && readings().any(Reading::has_doubts))
    }

    fn nobody_found(&self) -> bool {
        self.effect.new > 0 && self.effect.links == 0 && self.effect.review == 0 && self.destination_people > 0
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
                "expected_wrong_range": effect.wrong_range(),
                "expected_missed": effect.expected_missed,
                "expected_missed_range": effect.missed_range(),
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
            "new_below": self.new_below,
            "outcome": effect(&self.effect),
            "left_out": self.ignored_leavers,
            "unclaimed_users": self.unclaimed_users,
            "reasons": reasons,
            "previews": previews,
            "other_numbering": self.other_numbering,
            "files": self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
            "kept": self.kept.as_ref().map(|kept| kept.display().to_string()),
            "read": self.read.iter().map(ReadFile::to_json).collect::<Vec<_>>(),
            "peak_memory_mb": self.peak_memory_mb,
        })
    }

    /// The summary for a person, without any personal data.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        self.read.iter().try_for_each(|read| read.write_summary(out))?;
        writeln!(out)?;
        let (people, effect) = (self.source_people, &self.effect);
        writeln!(out, "Compared {people} employees with {} users.", self.destination_people)?;
        writeln!(out)?;
        for (name, count, note) in [
            (
                "linked",
                effect.links,
                format!("about {:.1} of them wrong{}", effect.expected_wrong, range(effect.wrong_range())),
            ),
            ("to review", effect.review, "best candidate first, in review.csv".to_owned()),
            ("duplicate risk", effect.duplicate_risk, "also in review.csv; look at these first".to_owned()),
            (
                "new",
                effect.new,
                format!(
                    "about {:.1} of them have a user after all{}",
                    effect.expected_missed,
                    range(effect.missed_range())
                ),
            ),
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
        self.files.iter().try_for_each(|file| writeln!(out, "Wrote {}", file.display()))?;
        match &self.kept {
            Some(kept) => writeln!(out, "The result that was there, with rulings, is kept as {}", kept.display()),
            None => Ok(()),
        }
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
        if self.nobody_found() && self.is_short() {
            writeln!(
                out,
                "\nNOBODY of the source was found in the destination. Look at what was not read, or by a guess, before you believe it."
            )?;
        }
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
    /// The report as one JSON object.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "within": {
            "people": self.counts.people,
            "likely": self.counts.likely,
            "listed": self.counts.listed,
            "crowded": self.counts.crowded,
            "largest_crowd": self.counts.largest_crowd,
            "read": self.read.to_json(),
            "file": self.file.display().to_string(),
        } })
    }

    /// The summary for a person.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        self.read.write_summary(out)?;
        writeln!(
            out,
            "Looked at {} people: {} pairs are likely one person, {} more are worth a look.",
            self.counts.people,
            self.counts.likely,
            self.counts.listed - self.counts.likely
        )?;
        if self.counts.crowded > 0 {
            writeln!(
                out,
                "{} people stand in crowds of people alike, {} in the largest. Each is listed with some of the others; the column `alike` says how many there are.",
                grouped(self.counts.crowded as u64),
                grouped(u64::from(self.counts.largest_crowd))
            )?;
        }
        writeln!(out, "Wrote {}", self.file.display())
    }
}
