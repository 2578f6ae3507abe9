//! People files, a destination: a platform that speaks no API which we know. Its support gives an export of the users, read by the
//! one reader of people files, and loads the lists that are left here: identifiers, new users, changes, who is back, who has left.
//! Nothing is called; there is no vendor, and so no fact that could be assumed.
//!
//! - **Written** means: it stands on a list that is on the disk. Only an export tells that a list was loaded, so nothing is ever
//!   confirmed by reading back ([`ReadBack::OnceLoaded`]).
//! - **New users** are on a list once. Until an export shows them the planner holds them (`planning/operations.rs`), whatever
//!   became of the list; only an operator's ruling puts them on a second one.
//! - **Changes** count as loaded while the export is the same one, for a week. A new export counts for what it shows: what it does
//!   not show is planned and listed again, which changes nobody twice.
//! - **One set of lists per run**, numbered, under names that are new: a list that grew would be loaded twice. They appear when the
//!   run has ended ([`DestinationApi::hand_over`]), whole, and are never touched again, so that support may take them away.
//! - **A crash** leaves the record in the workspace (`record.rs`), by which the next run settles what it did not hear back about.

mod client;
mod export;
mod lists;
mod probe;
mod record;

use super::{
    COLUMNS_SPEC, DATES_SPEC, DELIMITER_SPEC, ENCODING_SPEC, FILE, HEAD_ROW_SPEC, NAME, SHEET_SPEC, STATUSES_SPEC,
    fields,
};
use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec, ReadBack};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::files::people::Side;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use client::PeopleLists;
use lists::ListForm;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Parameter keys.
const LISTS: &str = "lists";
const FORM: &str = "form";

/// A text on each user: any value is taken.
const fn text(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> ListSpec {
    ListSpec { free_text: true, ..ListSpec::new(list, word, fed_by) }
}

/// What lists can do.
pub static CAPABILITIES: DestinationCapabilities = DestinationCapabilities {
    key: "people-file",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: FILE,
            label: "Export of the users",
            secret: false,
            required: true,
            hint: "a CSV or XLSX file on this machine, with a column of identifiers; of a folder the newest of them",
        },
        ParameterSpec {
            key: LISTS,
            label: "Folder for lists",
            secret: false,
            required: false,
            hint: "where support takes them from; blank: outbox/TENANT in the workspace",
        },
        ParameterSpec { key: FORM, label: "Form of lists", secret: false, required: false, hint: "csv, or xlsx" },
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
        Field::Email,
        Field::DateOfBirth,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
    ],
    custom_fields: true,
    mandatory: &[Field::FirstName, Field::LastName],
    lists: &[
        text(ListKey::BRANCH, ("branch", "branches"), Field::Branch),
        text(ListKey::DEPARTMENT, ("department", "departments"), Field::Department),
        text(ListKey::JOB_TITLE, ("job title", "job titles"), Field::JobTitle),
    ],
    identifier_word: "identifier",
    identifier_max: 64,
    can_link: true,
    can_invite: false,
    // What the platform does when a list is loaded is between support and the platform.
    mails_new_users: false,
    mails_switched_there: false,
    creates_on_start: false,
    // Nearly every platform signs people in by it, and support cannot load the second one.
    unique_email: true,
    inactive_keep_email: false,
    read_back: ReadBack::OnceLoaded,
    shows_within_s: 0,
    requests_per_second: 1000,
    // Lines that come while others are made durable share the next write.
    concurrency: 64,
    creations_at_once: 1,
    name_rule: None,
    email_max: 254,
};

/// What lists can do, whatever the parameters.
pub fn capabilities(_: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    &CAPABILITIES
}

/// Builds a destination; opens nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    let file = PathBuf::from(parts.required(NAME, FILE, "Export of the users")?);
    let form = match parts.parameter(FORM).map(str::to_lowercase).as_deref() {
        None | Some("csv") => ListForm::Csv,
        Some("xlsx") => ListForm::Xlsx,
        Some(_) => return Err(super::setup(format!("`{FORM}` must be csv or xlsx"))),
    };
    let chosen = parts.parameter(LISTS).map(PathBuf::from);
    if let Some(chosen) = &chosen {
        client::not_of_exports(chosen, &file)?;
    }
    let mut choices = fields::said_of(&parts)?.of_side(Side::Destination);
    choices.kept = parts.custom_fields().map(|field| field.name().to_owned()).collect();
    Ok(Box::new(PeopleLists::new(&parts, file, chosen, form, choices)?))
}

#[cfg(test)]
mod tests;
