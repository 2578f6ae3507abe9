//! Reading the file, on a thread of its own.

use super::fields::FieldMap;
use super::people::{Maker, place};
use crate::domain::person::Employee;
use crate::domain::snapshot::{ArchivedField, SourceFacts};
use crate::files::people::layout::KeyFrom;
use crate::files::people::reading::Reading;
use crate::files::people::records::{PersonRecord, each_record};
use crate::files::people::{Choices, Opened, PeopleError, Side};
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use crate::vendors::rows::Tally;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::sync::mpsc;

/// Ends of the names of files that are looked at in a folder.
const ENDS: [&str; 5] = ["csv", "tsv", "txt", "xlsx", "xls"];
/// An export that is older than this is said to be.
const OLD_DAYS: i64 = 7;

/// What is to be read.
pub struct Request {
    /// Whose list it is, as errors name it.
    pub vendor: &'static str,
    /// A file, or the folder of the exports.
    pub path: PathBuf,
    pub choices: Choices,
    pub map: FieldMap,
    pub departments: Vec<String>,
    pub now: Timestamp,
    /// In the tenant's zone.
    pub today: Date,
}

/// The file that counts.
pub struct Found {
    pub path: PathBuf,
    pub changed: Option<Timestamp>,
    pub bytes: u64,
}

fn stamp(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

fn setup(vendor: &'static str, detail: impl Into<String>) -> ApiError {
    ApiError::Setup { vendor, detail: detail.into() }
}

fn unreadable(vendor: &'static str, path: &Path, error: &std::io::Error) -> ApiError {
    setup(vendor, format!("{} cannot be read: {error}; check the name and whether you may read it", path.display()))
}

/// The file itself, or the newest of a folder.
///
/// # Errors
/// [`ApiError::Setup`] when there is none.
pub fn find(vendor: &'static str, path: &Path) -> Result<Found, ApiError> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(vendor, path, &error))?;
    if !metadata.is_dir() {
        return Ok(found(path.to_owned(), &metadata));
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(vendor, path, &error))?;
    let newest = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let end = path.extension().and_then(|end| end.to_str()).map(str::to_lowercase).unwrap_or_default();
            let is_hidden =
                path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with(['.', '~']));
            ENDS.contains(&end.as_str()) && !is_hidden
        })
        .filter_map(|path| Some((std::fs::metadata(&path).ok().filter(Metadata::is_file)?, path)))
        // Of two that were written at once the later name counts: exports carry their day in it.
        .max_by(|(a, one), (b, other)| stamp(a).cmp(&stamp(b)).then_with(|| one.cmp(other)));
    let (metadata, path) = newest.ok_or_else(|| {
        setup(vendor, format!("there is no export in {}: put a CSV or XLSX file into the folder", path.display()))
    })?;
    Ok(found(path, &metadata))
}

fn found(path: PathBuf, metadata: &Metadata) -> Found {
    let changed = stamp(metadata).and_then(|time| Timestamp::try_from(time).ok());
    Found { path, changed, bytes: metadata.len() }
}

/// Reads everybody into `out`.
///
/// # Errors
/// [`ApiError`]; then what was sent must not be planned from.
pub async fn pull(request: Request, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
    blocking(request.vendor, move || {
        // Nobody reads any more where a record is not taken; then the future that waits for this is gone too.
        run(request, &mut |record| out.blocking_send(record).map_err(drop)).map(|(facts, _)| facts)
    })
    .await
}

/// Runs something that waits for the disk.
///
/// # Errors
/// What it says.
pub async fn blocking<T: Send + 'static>(
    vendor: &'static str,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let ended = |_| ApiError::Temporary { vendor, detail: "reading the file ended unexpectedly".to_owned() };
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

/// What comes of a whole reading.
struct People<'a> {
    maker: Maker,
    tally: Tally,
    nameless: Vec<String>,
    received: u64,
    /// Those of one id come one after the other; whether it is one person alone shows with the next.
    waiting: Vec<PersonRecord>,
    out: &'a mut dyn FnMut(SourceRecord) -> Result<(), ()>,
    is_over: bool,
}

impl People<'_> {
    fn take(&mut self, record: PersonRecord) {
        if self.is_over {
            return;
        }
        if record.is_keyless {
            self.nameless.push(place(record.row));
            return self.send(Maker::keyless(&record));
        }
        if self.waiting.last().is_some_and(|last| last.id != record.id) {
            self.flush();
        }
        self.waiting.push(record);
    }

    fn flush(&mut self) {
        let of_one_id = std::mem::take(&mut self.waiting);
        match of_one_id.as_slice() {
            [alone] => self.send(self.maker.record(alone)),
            several => self.maker.shared(several).into_iter().for_each(|record| self.send(record)),
        }
    }

    fn send(&mut self, record: SourceRecord) {
        self.received += 1;
        let Employee { unreadable, .. } = &record.employee;
        self.tally.record(unreadable.as_ref());
        self.is_over = (self.out)(record).is_err();
    }
}

/// Reads everybody; also what the reader says of the file.
///
/// # Errors
/// [`ApiError`].
pub fn run(
    request: Request,
    out: &mut dyn FnMut(SourceRecord) -> Result<(), ()>,
) -> Result<(SourceFacts, Reading), ApiError> {
    let vendor = request.vendor;
    let broken = |error: PeopleError| setup(vendor, error.to_string());
    let before = find(vendor, &request.path)?;
    let opened = Opened::open(&before.path, Side::Source, &request.choices).map_err(broken)?;
    check(&opened, &request.choices, vendor)?;
    if opened.key() == Some(KeyFrom::Email) {
        return Err(setup(
            vendor,
            "no column holds ids, and an e-mail address may change or become somebody else's: export the employee numbers too, \
             or say `columns` = `id=HEAD` with the head of a column that never changes",
        ));
    }
    let archived = missing_columns(&opened, &request);
    let today = request.today;
    let maker = Maker { map: request.map, choices: request.choices, departments: request.departments };
    let mut people = People {
        maker,
        tally: Tally::default(),
        nameless: Vec::new(),
        received: 0,
        waiting: Vec::new(),
        out,
        is_over: false,
    };
    let reading = each_record(opened, Some(today), &mut |record| people.take(record)).map_err(broken)?;
    people.flush();
    people.tally.check(vendor, "rows")?;
    let after = find(vendor, &request.path)?;
    if (&after.path, after.changed, after.bytes) != (&before.path, before.changed, before.bytes) {
        let detail = "the file was written while it was read".to_owned();
        return Err(ApiError::Incomplete { vendor, detail });
    }
    let mut nameless = people.nameless;
    for rows in [&reading.tally.nobody, &reading.tally.wide] {
        nameless.extend(rows.first.iter().map(|place_of| place(place_of.row)));
        let more = rows.count - rows.first.len() as u64;
        nameless.extend((more > 0).then(|| format!("people file, {more} more rows")));
    }
    let mut warnings = reading.lines();
    warnings.extend(age(before.changed, request.now));
    let facts = SourceFacts {
        account: before.path.display().to_string(),
        declared_total: people.received,
        received: people.received,
        archived_fields: archived,
        warnings,
        nameless,
        ..SourceFacts::default()
    };
    Ok((facts, reading))
}

/// What the operator said has to be there.
///
/// # Errors
/// [`ApiError::Setup`] that names what is not.
pub fn check(opened: &Opened, choices: &Choices, vendor: &'static str) -> Result<(), ApiError> {
    let (heads, sheets) = opened.said();
    let said = |head: &&str, known: &[&str]| known.iter().any(|known| known.trim() == head.trim());
    let missing = choices.columns.iter().filter_map(|choice| choice.head.as_deref()).find(|head| !said(head, &heads));
    if let Some(head) = missing {
        return Err(setup(vendor, format!("no column has the head `{head}` that `columns` names")));
    }
    match choices.sheets.iter().find(|sheet| !said(&sheet.name.as_str(), &sheets)) {
        Some(sheet) => Err(setup(vendor, format!("there is no sheet `{}`", sheet.name))),
        None => Ok(()),
    }
}

/// Columns that the field map names and the file does not have: one cause for everybody.
fn missing_columns(opened: &Opened, request: &Request) -> Vec<ArchivedField> {
    let missing: Vec<&String> =
        request.choices.kept.iter().zip(opened.has_kept()).filter(|(_, has)| !has).map(|(head, _)| head).collect();
    let is_missing = |origin: &super::fields::Origin| match origin {
        super::fields::Origin::Head(head) => missing.iter().find(|one| **one == head).copied(),
        _ => None,
    };
    let archived = request.map.iter().filter_map(|(field, origin)| {
        let head = is_missing(origin)?;
        Some(ArchivedField {
            field,
            label: head.clone(),
            remedy: format!("export the file with the column `{head}`, or choose another one in the field map"),
        })
    });
    archived.collect()
}

/// What to say of an export that nobody has renewed.
pub fn age(changed: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let days = now.duration_since(changed?).as_hours() / 24;
    (days >= OLD_DAYS)
        .then(|| format!("the file was last written {days} days ago; what has changed since is not in it"))
}
