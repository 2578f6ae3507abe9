//! What is kept beside the files of a result: which lists it was made from, how they were read, and what was ruled. With it a
//! result is opened again on the review desk, and the same reading can be asked of the command.

use crate::domain::inert::is_dangerous;
use crate::files::people::choices::{BadChoice, Choices};
use crate::ports::bounded::{self, ReadError, SETTINGS_MAX};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The name of the file.
pub const KEPT: &str = "columns.toml";
/// What this program writes and reads.
const VERSION: u32 = 1;

/// A list as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptFile {
    pub path: PathBuf,
    pub bytes: u64,
    /// When it was last written; `None` where the system does not tell.
    #[serde(default)]
    pub saved: Option<Timestamp>,
}

impl KeptFile {
    /// A file as it is now.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path) -> io::Result<KeptFile> {
        let path = std::path::absolute(path)?;
        let known = path.metadata()?;
        let saved = known.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        Ok(KeptFile { bytes: known.len(), saved, path })
    }

    /// Whether the file is still the one that was read.
    pub fn is_unchanged(&self) -> bool {
        KeptFile::of(&self.path).is_ok_and(|now| now == *self)
    }
}

/// How many stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct KeptCounts {
    pub employees: usize,
    pub link: usize,
    pub ask: usize,
    pub risk: usize,
    pub new: usize,
    pub left_out: usize,
}

/// What somebody ruled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct KeptRuling {
    pub employee: String,
    /// Which of those with this id, from 1.
    #[serde(default = "one")]
    pub which: usize,
    /// `link`, `new` or `later`.
    pub is: String,
    #[serde(default)]
    pub user: String,
    #[serde(default = "one")]
    pub user_which: usize,
    #[serde(default)]
    pub by: String,
}

/// A file of the result as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptOutput {
    pub name: String,
    pub sha256: String,
}

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub source: KeptFile,
    /// `None` where duplicates were looked for in one list.
    pub destination: Option<KeptFile>,
    pub choices: Choices,
    pub threshold: f64,
    pub new_below: f64,
    pub today: Option<Date>,
    pub counts: KeptCounts,
    pub rulings: Vec<KeptRuling>,
    pub outputs: Vec<KeptOutput>,
}

/// Why what was kept is not read.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error("{0}")]
    Unreadable(#[from] ReadError),
    #[error("line {line}: {why}")]
    Broken { line: usize, why: String },
    #[error("`{0}` is not understood")]
    Word(String),
    #[error(transparent)]
    Choice(#[from] BadChoice),
    #[error("it is of version {0}; this program reads version {VERSION}")]
    Version(u32),
}

fn one() -> usize {
    1
}

/// What a result was made with before it could be said.
fn new_below() -> f64 {
    crate::domain::settings::NEW_BELOW
}

/// A text, as it was written before there could be several, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        OneOrMore::More(Vec::new())
    }
}

/// The file as it stands.
#[derive(Deserialize)]
struct Written {
    version: u32,
    threshold: f64,
    #[serde(default = "new_below")]
    new_below: f64,
    #[serde(default)]
    day: Option<Date>,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    sheets: Vec<String>,
    #[serde(default)]
    head_rows: Vec<String>,
    #[serde(default)]
    dates: OneOrMore,
    #[serde(default)]
    statuses: Vec<String>,
    #[serde(default)]
    encodings: Vec<String>,
    #[serde(default)]
    delimiters: Vec<String>,
    #[serde(default)]
    counts: KeptCounts,
    source: KeptFile,
    #[serde(default)]
    destination: Option<KeptFile>,
    #[serde(default)]
    ruling: Vec<KeptRuling>,
    #[serde(default)]
    output: Vec<KeptOutput>,
}

impl Kept {
    /// Reads what is kept in a folder.
    ///
    /// # Errors
    /// [`KeptError`], with the line.
    pub fn read(folder: &Path) -> Result<Kept, KeptError> {
        Self::parse(&bounded::read_text(&folder.join(KEPT), SETTINGS_MAX)?)
    }

    fn parse(text: &str) -> Result<Kept, KeptError> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            KeptError::Broken { line, why: error.message().to_owned() }
        })?;
        if written.version != VERSION {
            return Err(KeptError::Version(written.version));
        }
        let mut choices = Choices::default();
        written.columns.iter().try_for_each(|pair| choices.add_column(pair))?;
        written.sheets.iter().for_each(|name| choices.add_sheet(name));
        written.statuses.iter().try_for_each(|pair| choices.add_status(pair))?;
        written.head_rows.iter().try_for_each(|row| choices.add_head_row(row))?;
        written.encodings.iter().try_for_each(|name| choices.add_encoding(name))?;
        written.delimiters.iter().try_for_each(|sign| choices.add_delimiter(sign))?;
        match &written.dates {
            OneOrMore::One(order) => choices.add_dates(order)?,
            OneOrMore::More(orders) => orders.iter().try_for_each(|order| choices.add_dates(order))?,
        }
        if let Some(bad) = written.ruling.iter().find(|one| !matches!(one.is.as_str(), "link" | "new" | "later")) {
            return Err(KeptError::Word(bad.is.clone()));
        }
        Ok(Kept {
            source: written.source,
            destination: written.destination,
            choices,
            threshold: written.threshold,
            new_below: written.new_below,
            today: written.day,
            counts: written.counts,
            rulings: written.ruling,
            outputs: written.output,
        })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut out = String::from(
            "# How the lists were read, and what was ruled: the console opens this result again with it (i, then this folder).\n\
             # `columns`, `sheets`, `head_rows`, `dates` and `statuses` say what --columns, --sheet, --head-row, --dates and --status say,\n\
             # `encodings` and `delimiters` what --encoding and --delimiter say.\n",
        );
        let list = |words: Vec<String>| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "version = {VERSION}\nthreshold = {:?}", self.threshold);
        let _ = writeln!(out, "new_below = {:?}", self.new_below);
        if let Some(day) = self.today {
            let _ = writeln!(out, "day = \"{day}\"");
        }
        let _ = writeln!(out, "columns = [{}]", list(self.choices.column_words()));
        let _ = writeln!(out, "sheets = [{}]", list(self.choices.sheet_words()));
        let _ = writeln!(out, "head_rows = [{}]", list(self.choices.head_row_words()));
        let _ = writeln!(out, "dates = [{}]", list(self.choices.date_words()));
        let _ = writeln!(out, "statuses = [{}]", list(self.choices.status_words()));
        let _ = writeln!(out, "encodings = [{}]", list(self.choices.encoding_words()));
        let _ = writeln!(out, "delimiters = [{}]", list(self.choices.delimiter_words()));
        let KeptCounts { employees, link, ask, risk, new, left_out } = self.counts;
        let _ = writeln!(
            out,
            "\n[counts]\nemployees = {employees}\nlink = {link}\nask = {ask}\nrisk = {risk}\nnew = {new}\nleft_out = {left_out}"
        );
        let files = [("source", Some(&self.source)), ("destination", self.destination.as_ref())];
        for (name, file) in files.into_iter().filter_map(|(name, file)| Some((name, file?))) {
            let path = quoted(&file.path.to_string_lossy());
            let _ = writeln!(out, "\n[{name}]\npath = {path}\nbytes = {}", file.bytes);
            if let Some(saved) = file.saved {
                let _ = writeln!(out, "saved = \"{saved}\"");
            }
        }
        for one in &self.rulings {
            let _ = writeln!(out, "\n[[ruling]]\nemployee = {}", quoted(&one.employee));
            if one.which != 1 {
                let _ = writeln!(out, "which = {}", one.which);
            }
            let _ = writeln!(out, "is = {}", quoted(&one.is));
            if one.is == "link" {
                let _ = writeln!(out, "user = {}", quoted(&one.user));
                if one.user_which != 1 {
                    let _ = writeln!(out, "user_which = {}", one.user_which);
                }
            }
            let _ = writeln!(out, "by = {}", quoted(&one.by));
        }
        for one in &self.outputs {
            let _ = writeln!(out, "\n[[output]]\nname = {}\nsha256 = {}", quoted(&one.name), quoted(&one.sha256));
        }
        out
    }

    /// The files of the result that are not as they were written, by name.
    pub fn edited(&self, folder: &Path) -> Vec<String> {
        let changed = |one: &&KeptOutput| digest(&folder.join(&one.name)).ok().as_ref() != Some(&one.sha256);
        self.outputs.iter().filter(changed).map(|one| one.name.clone()).collect()
    }
}

/// A text in TOML in which nothing acts on whoever looks at the file.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_dangerous(c) || !c.is_ascii() && !c.is_alphanumeric() => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// What the system says.
pub fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let mut choices = Choices::default();
        choices.add_columns("source.last_name=Nach, \"name,destination.status=").unwrap();
        choices.add_column("source.id=a=b, c").unwrap();
        choices.add_sheet("source.Staff");
        choices.add_status("On\u{202e} leave=ended").unwrap();
        choices.add_dates("source.start_date=month-first").unwrap();
        choices.add_head_row("source.Staff \"A\"!3").unwrap();
        choices.add_encoding("source.latin1").unwrap();
        choices.add_delimiter("destination.\\").unwrap();
        let file = |name: &str| KeptFile { path: name.into(), bytes: 7, saved: Some(Timestamp::UNIX_EPOCH) };
        Kept {
            source: file("/a/\u{1b}[2J=1.csv"),
            destination: Some(file("/b.xlsx")),
            choices,
            threshold: 0.99,
            new_below: 0.05,
            today: Some(jiff::civil::date(2026, 11, 24)),
            counts: KeptCounts { employees: 3, link: 1, ask: 1, new: 1, ..KeptCounts::default() },
            rulings: vec![
                KeptRuling {
                    employee: "7\"\\".into(),
                    which: 2,
                    is: "link".into(),
                    user: "高".into(),
                    user_which: 1,
                    by: "R. Osei".into(),
                },
                KeptRuling {
                    employee: "8".into(),
                    which: 1,
                    is: "later".into(),
                    user_which: 1,
                    ..KeptRuling::default()
                },
            ],
            outputs: vec![KeptOutput { name: "links.csv".into(), sha256: "ab".into() }],
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_does_nothing() {
        let (kept, text) = (kept(), kept().text());
        assert_eq!(Kept::parse(&text).unwrap(), kept, "{text}");
        assert!(text.chars().all(|c| c == '\n' || !is_dangerous(c)), "{text}");
    }

    #[test]
    fn what_was_broken_by_hand_is_named_with_its_line() {
        let text = kept().text();
        let broken = Kept::parse(&text.replace("[counts]", "[counts")).unwrap_err().to_string();
        let line = text.lines().position(|line| line == "[counts]").unwrap() + 1;
        assert!(broken.starts_with(&format!("line {line}:")), "{line}: {broken}");
        assert!(matches!(Kept::parse(&text.replace("\"later\"", "\"perhaps\"")), Err(KeptError::Word(_))));
        let from = text.lines().find(|line| line.starts_with("dates")).unwrap();
        let older = Kept::parse(&text.replace(from, "dates = \"day-first\"")).unwrap();
        assert_eq!(older.choices.date_words(), ["day-first"], "as it was written before");
        assert!(matches!(Kept::parse(&text.replace("version = 1", "version = 9")), Err(KeptError::Version(9))));
    }
}
