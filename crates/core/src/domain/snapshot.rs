//! What a fetch says beside the records.

use super::field::Field;
use super::mapping::SourceValue;
use super::run::Cursor;
use super::weather::Weather;
use jiff::Timestamp;
use jiff::civil::Date;
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
    /// Whoever changes from now on is told by this; `None` where the source does not tell, or cannot tell of all whom it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

/// How much of the source was read for a pull.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadScope {
    #[default]
    Everybody,
    /// Whoever has changed, and whoever had to be read in any case.
    Changes,
    /// Named people.
    People,
}

impl ReadScope {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            ReadScope::Everybody => "everybody",
            ReadScope::Changes => "changes",
            ReadScope::People => "named people",
        }
    }
}

/// Why everybody was read although only changes were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyEverybody {
    /// Nobody was read yet, or only by a version that kept no cursor.
    NoPull,
    /// The source gave no cursor with the last complete reading, or somebody was forgotten since.
    NoCursor,
    /// Another day has begun.
    NewDay,
    /// What is read, and how, was set otherwise since.
    Settings,
    /// The source was found to change records without saying so.
    SilentChanges,
    /// Most people would have to be read in any case.
    MostAreOpen,
    /// The source does not take the cursor any more, or cannot tell all changes since.
    Refused,
    /// Somebody who had to be read is not known to the source any more.
    SomebodyIsGone,
    /// A field is empty for all who have changed, or their dates cannot be.
    OddChanges,
}

impl WhyEverybody {
    /// Every reason.
    pub const ALL: [WhyEverybody; 9] = [
        WhyEverybody::NoPull,
        WhyEverybody::NoCursor,
        WhyEverybody::NewDay,
        WhyEverybody::Settings,
        WhyEverybody::SilentChanges,
        WhyEverybody::MostAreOpen,
        WhyEverybody::Refused,
        WhyEverybody::SomebodyIsGone,
        WhyEverybody::OddChanges,
    ];

    /// The rest of the sentence *everybody is read, for …*.
    pub fn words(self) -> &'static str {
        match self {
            WhyEverybody::NoPull => "nobody has been read yet",
            WhyEverybody::NoCursor => "no cursor is kept: the source told none, or somebody was forgotten since",
            WhyEverybody::NewDay => "it is the first time today: once a day everybody is",
            WhyEverybody::Settings => "settings, credentials or the program are not what they were",
            WhyEverybody::SilentChanges => "the source was seen to change records without saying so",
            WhyEverybody::MostAreOpen => "most people have no user yet, or wait for a correction",
            WhyEverybody::Refused => "the source cannot tell all that has changed since",
            WhyEverybody::SomebodyIsGone => "the source does not know somebody any more who waits here",
            WhyEverybody::OddChanges => {
                "all who have changed lack a field that others have, or have dates that cannot be"
            }
        }
    }
}

/// How the records of a pull were come by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub scope: ReadScope,
    /// Records that the source gave when this pull was made.
    pub records: u64,
    /// Records that are not as in the pull before, new ones among them; of the first pull all. The store counts them.
    #[serde(default)]
    pub changed: u64,
    /// Set where only changes were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<WhyEverybody>,
    /// Records when everybody was last read: what the source guard compares the next complete list with.
    pub everybody: u64,
    /// When that was.
    pub everybody_at: Timestamp,
    /// The basis on which everybody was read then.
    pub basis: Basis,
}

impl Reading {
    /// A complete reading.
    pub fn of_everybody(records: u64, at: Timestamp, basis: Basis, instead: Option<WhyEverybody>) -> Self {
        Self { scope: ReadScope::Everybody, records, changed: 0, instead, everybody: records, everybody_at: at, basis }
    }

    /// A reading of some on top of this one.
    pub fn then(&self, scope: ReadScope, records: u64) -> Self {
        Self { scope, records, changed: 0, instead: None, ..self.clone() }
    }

    /// For people: `everybody: 1204 records read, 12 changed`.
    pub fn words(&self) -> String {
        let scope = self.scope.words();
        let records = if self.records == 1 { "1 record".to_owned() } else { format!("{} records", self.records) };
        format!("{scope}: {records} read, {} changed", self.changed)
    }
}

/// What a record depends on beside the source: records that were read on different ones are not put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The day in the tenant's zone: by it somebody has left or not.
    pub day: Date,
    /// Digest of parameters, settings, references of credentials and the program's version.
    pub setting: String,
}
