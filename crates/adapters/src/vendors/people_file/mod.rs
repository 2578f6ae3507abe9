//! People files, a source and (in [`destination`]) a destination. The source: a list of employees that somebody exports, CSV or XLSX, read by the one reader of people files
//! ([`crate::files::people`]). Nothing is called; there is no vendor, and so no fact that could be assumed.
//!
//! - The file is named, or the folder into which exports are put: then the newest of them counts.
//! - What a column holds is told by its head; `columns`, `sheet`, `head_row`, `dates`, `statuses`, `encoding` and `delimiter` overrule it, as for `onroll match`.
//! - A list may hold everybody or only those who are employed: who stands in it no more is missing, and nobody who is missing
//!   counts as gone ([`SourceCapabilities::shows_leavers`]).
//! - An id on several people, a row without an id and a day that no calendar has hold their people.

pub mod destination;
mod fields;
mod people;
mod probe;
mod read;

pub(super) use fields::FIELD_MAP;

use crate::domain::capabilities::{ParameterSpec, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use jiff::civil::Date;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "People file";

/// Parameter keys.
pub(super) const FILE: &str = "file";
pub(super) const COLUMNS: &str = "columns";
const SHEET: &str = "sheet";
const HEAD_ROW: &str = "head_row";
const DATES: &str = "dates";
const ENCODING: &str = "encoding";
const DELIMITER: &str = "delimiter";
pub(super) const STATUSES: &str = "statuses";

/// What an operator may say of a file, as a source and as a destination.
const COLUMNS_SPEC: ParameterSpec = ParameterSpec {
    key: COLUMNS,
    label: "Columns",
    secret: false,
    required: false,
    hint: "where a head is not understood: last_name=Nachname, id=Badge no.",
};
const SHEET_SPEC: ParameterSpec = ParameterSpec {
    key: SHEET,
    label: "Sheet",
    secret: false,
    required: false,
    hint: "blank: every sheet with people",
};
const HEAD_ROW_SPEC: ParameterSpec = ParameterSpec {
    key: HEAD_ROW,
    label: "Head row",
    secret: false,
    required: false,
    hint: "the row with the heads, where another is taken: 3, Employees!3, none",
};
const DATES_SPEC: ParameterSpec = ParameterSpec {
    key: DATES,
    label: "Dates",
    secret: false,
    required: false,
    hint: "day-first or month-first, where 03/04/1990 reads both ways; start_date=month-first",
};
const STATUSES_SPEC: ParameterSpec = ParameterSpec {
    key: STATUSES,
    label: "Status words",
    secret: false,
    required: false,
    hint: "what words mean that are not understood: Garden leave=active; L=ended",
};
const ENCODING_SPEC: ParameterSpec = ParameterSpec {
    key: ENCODING,
    label: "Encoding",
    secret: false,
    required: false,
    hint: "of a text, where another is taken: utf-8, windows-1252, macintosh",
};
const DELIMITER_SPEC: ParameterSpec = ParameterSpec {
    key: DELIMITER,
    label: "Delimiter",
    secret: false,
    required: false,
    hint: "between the cells of a text, where another is taken: comma, semicolon, tab, bar",
};

/// What a people file can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "people-file",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: FILE,
            label: "File or folder",
            secret: false,
            required: true,
            hint: "a CSV or XLSX file on this machine; of a folder the newest of them",
        },
        COLUMNS_SPEC,
        SHEET_SPEC,
        HEAD_ROW_SPEC,
        DATES_SPEC,
        STATUSES_SPEC,
        ENCODING_SPEC,
        DELIMITER_SPEC,
    ],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::KnownAs,
        Field::Email,
        Field::DateOfBirth,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
        Field::Manager,
        Field::Phone,
        Field::Address,
        Field::Postcode,
        Field::Status,
    ],
    field_map: fields::FIELD_MAP,
    custom_fields: true,
    one_person: false,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: &[],
    archived_remedy: "export the file with this column",
};

/// A people file.
struct PeopleFile {
    vendor: &'static str,
    path: PathBuf,
    choices: crate::files::people::Choices,
    map: fields::FieldMap,
    departments: Vec<String>,
    clock: SharedClock,
    today: Date,
}

#[async_trait::async_trait]
impl SourceApi for PeopleFile {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run_all(self).await
    }

    /// Files have no modification times of their rows: everybody is read in each pull.
    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        read::pull(self.request(), out).await
    }
}

impl PeopleFile {
    /// Everything that reading needs, for a thread of its own.
    fn request(&self) -> read::Request {
        read::Request {
            vendor: self.vendor,
            path: self.path.clone(),
            choices: self.choices.clone(),
            map: self.map.clone(),
            departments: self.departments.clone(),
            now: self.clock.now(),
            today: self.today,
        }
    }
}

fn setup(detail: impl Into<String>) -> ApiError {
    ApiError::Setup { vendor: NAME, detail: detail.into() }
}

/// A list whose columns are known beforehand: the export of a product.
pub(super) struct Profile {
    /// The product, as errors and screens name it.
    pub vendor: &'static str,
    /// What its heads mean, as [`COLUMNS`] says it where the operator says nothing.
    pub columns: &'static str,
    /// How it writes days, as [`DATES`] says it.
    pub dates: &'static str,
}

/// Builds a source; opens nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    connect_as(&Profile { vendor: NAME, columns: "", dates: "" }, parts)
}

/// Builds the source of a known list; opens nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub(super) fn connect_as(profile: &Profile, mut parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    for (key, usual) in [(COLUMNS, profile.columns), (DATES, profile.dates)] {
        if parts.parameter(key).is_none() && !usual.is_empty() {
            parts.parameters.insert(key.to_owned(), usual.to_owned());
        }
    }
    let path = PathBuf::from(parts.required(profile.vendor, FILE, "File or folder")?);
    let map = fields::map_of(&parts)?;
    let choices = fields::choices_of(&parts, &map)?;
    let departments = parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect();
    Ok(Box::new(PeopleFile {
        vendor: profile.vendor,
        path,
        choices,
        map,
        departments,
        clock: parts.clock,
        today: parts.today,
    }))
}

#[cfg(test)]
mod tests;
