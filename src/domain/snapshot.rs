//! What a fetch says beside the records.

use super::field::Field;
use super::mapping::SourceValue;
use super::weather::Weather;
use serde::{Deserialize, Serialize};

/// Which end of a connection.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    #[default]
    Source,
    Destination,
}

impl Side {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Destination => "destination",
        }
    }
}

/// A field that the connection maps but the source no longer has (PL05): one cause for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedField {
    pub field: Field,
    /// The source's label (`Job title (Flow)`).
    pub label: String,
    /// Where a customer's administrator brings it back, in the source's own menu words.
    pub remedy: String,
}

/// What the source tells of itself during a complete pull.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// Account name and id for the Overview (`portal 40817, Harbour Kitchens`).
    pub account: String,
    /// The account's id; pinned at set-up: another one later means other people (Planday trap 5).
    pub account_id: String,
    /// Rows that the source said it has.
    pub declared_total: u64,
    /// Rows received, duplicates of one id counted once.
    pub received: u64,
    pub archived_fields: Vec<ArchivedField>,
    /// Warnings for set-up in words (`Job title (Flow)` is a free-text field, PL07).
    pub warnings: Vec<String>,
    /// Rows without an id that can be read, each named by its place (`active employees, row 37`): whose they are nobody
    /// knows, so that nobody who is missing from this pull counts as gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nameless: Vec<String>,
    /// Records that were taken over from the pull before, because the source says that they have not changed.
    #[serde(default)]
    pub taken_over: u64,
    /// The source was found to change records without changing their modification time: nothing is taken over any more.
    #[serde(default)]
    pub silent_changes: bool,
    /// How full its records are.
    #[serde(default)]
    pub weather: Weather,
    /// Options that the source declares for mapped fields, also when nobody carries them (PL07).
    pub values: Vec<SourceValue>,
}
