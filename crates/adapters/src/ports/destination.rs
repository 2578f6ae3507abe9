//! A destination: where users are provisioned.

use super::api::{ApiError, ProbeStep};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::{Person, User};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::mpsc;

/// One user with the vendor's own record, cut to the vendor's allow-list of fields.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationRecord {
    pub user: User,
    pub raw: serde_json::Value,
}

/// What a complete pull of users says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DestinationFacts {
    /// Account for the Overview (`company HVINE, Harbour & Vine`).
    pub account: String,
    pub declared_total: u64,
    pub received: u64,
    /// Whether this account lets options be created through the API.
    pub can_create_options: bool,
    /// Names of custom fields that its users show.
    pub custom_fields: BTreeSet<String>,
}

/// What a client has learnt of an account beyond what its vendor is known to do. It is kept with the connection, and given to the
/// next client of it. Nothing of a person stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// What it was learnt of (an address): of another one it says nothing.
    pub of: String,
    /// Fields that the account was seen not to keep: they are neither compared nor sent.
    pub not_kept: BTreeSet<Field>,
    /// How the account goes about things, in the client's own words.
    pub ways: BTreeSet<String>,
    /// What the account made of a text, by field: what it holds, then what was sent.
    pub rewritten: BTreeMap<Field, BTreeMap<String, String>>,
}

impl Learnt {
    /// Whether the account shows of nobody whether they are switched on: then only what was written from here tells.
    pub fn shows_no_status(&self) -> bool {
        self.not_kept.contains(&Field::Status)
    }
}

/// How one user is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp<'a> {
    Identifier(&'a Identifier),
    Email(&'a str),
    Id(&'a UserId),
}

/// A write.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a write lives for one request; boxing its person would save nothing")]
pub enum Write {
    CreateOption {
        list: ListKey,
        name: String,
    },
    /// Takes an option away that was made from here, unless somebody needs it: the client looks once more and answers
    /// [`WriteError::Moved`] then. One that is not there any more is a yes.
    RemoveOption {
        list: ListKey,
        key: OptionKey,
    },
    /// A new user. `person` holds option keys, not source values.
    Create {
        identifier: Identifier,
        person: Person,
        access_profile: Option<String>,
    },
    /// Changes of a user who holds `identifier`. `current` is the user as just read: some APIs replace whole records.
    Update {
        identifier: Identifier,
        current: Box<User>,
        changes: Vec<FieldChange>,
    },
    /// Ties a user to an employee. `current` as just read.
    SetIdentifier {
        user: UserId,
        current: Box<User>,
        identifier: Identifier,
    },
    /// The user cannot log in any more; training stays.
    Deactivate {
        identifier: Identifier,
        current: Box<User>,
        end_date: Option<jiff::civil::Date>,
    },
    /// The user can log in again, with the changes given.
    Reactivate {
        identifier: Identifier,
        current: Box<User>,
        changes: Vec<FieldChange>,
    },
}

/// A yes of the destination.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WriteAnswer {
    /// Id of the user that was written, where the answer tells.
    pub user: Option<UserId>,
    /// Key of the option that was created.
    pub option: Option<OptionKey>,
    /// True where the answer says that a new record was made.
    pub created: bool,
    /// True where the destination took a creation but made no user of it: it waits there as a possible duplicate.
    pub parked: bool,
    /// What the destination warned of, in words.
    pub warnings: Vec<String>,
    /// True where the user was read again after it was switched off, and is not there any more.
    pub gone: bool,
}

/// How a write failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// The destination said no to this record; sending it again cannot help.
    #[error("{status} {code}: {message}")]
    Rejected {
        status: u16,
        /// The vendor's own code (`EMAIL_IN_USE`).
        code: String,
        /// The vendor's own words, without personal data.
        message: String,
        /// Field at fault, the destination's name.
        field: Option<String>,
    },
    /// The destination has found that the record is not as it was just read, and has done nothing.
    #[error("nothing was done: {detail}")]
    Moved { detail: String },
    /// No usable answer; the write may have taken effect. Settled by reading, never by sending again blindly.
    #[error("no answer: {detail}")]
    Unknown { detail: String },
    /// It surely did not take effect: the request never left, or the vendor said to wait and the retries ran out.
    #[error("{0}")]
    NotSent(ApiError),
}

/// Reads and writes users. A run holds it behind `engine::guarded`, which hands on each method by name: a new one with a
/// default goes there too.
#[async_trait::async_trait]
pub trait DestinationApi: Send + Sync {
    /// Real calls, reads only; never fails as a whole.
    async fn probe(&self) -> Vec<ProbeStep>;

    /// All options of one table, archived ones included where the vendor lists them; each key once
    /// ([`one_per_key`](crate::domain::mapping::one_per_key)).
    ///
    /// # Errors
    /// Any [`ApiError`].
    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError>;

    /// Sends every user, active and inactive, into `out`. Bounded as [`super::source::SourceApi::pull`] is.
    ///
    /// # Errors
    /// Any [`ApiError`]; then what was sent must not be planned from.
    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError>;

    /// The live record or records under this key; more than one only by e-mail.
    ///
    /// # Errors
    /// Any [`ApiError`].
    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError>;

    /// Sends one write, once. Only answers that surely mean "not done" (429, 503 with Retry-After, a connection that
    /// could not be opened) are repeated inside.
    ///
    /// # Errors
    /// [`WriteError`], which says whether the write may have taken effect.
    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError>;

    /// Sends several creations, in one request where the vendor takes that (see
    /// [`creations_at_once`](crate::domain::capabilities::DestinationCapabilities::creations_at_once)); one answer for
    /// each, in their order.
    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let mut answers = Vec::with_capacity(creations.len());
        for creation in creations {
            answers.push(self.write(creation).await);
        }
        answers
    }

    /// Hands over to people what was written for them to load, once a run has ended and it is known of every line what became
    /// of it: says what there is to load now. Most destinations have nothing of the kind.
    ///
    /// # Errors
    /// Any [`ApiError`]; nothing is lost then, and the next run hands it over.
    async fn hand_over(&self) -> Result<Vec<String>, ApiError> {
        Ok(Vec::new())
    }

    /// What has been learnt of the account so far, what was known before included. Asked after reading and after writes.
    fn learnt(&self) -> Learnt {
        Learnt::default()
    }
}
