//! A plan: operations and holds.

use super::field::{Field, FieldChange};
use super::ids::{EmployeeId, Identifier, UserId};
use super::list::ListKey;
use super::operation::MailKind;
pub use super::operation::OperationKind;
use serde::{Deserialize, Serialize};

/// One write. Operations of a plan are numbered from 0 in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Place in the plan.
    pub seq: u32,
    pub kind: OperationKind,
    /// `None` only for options.
    pub employee: Option<EmployeeId>,
    pub identifier: Option<Identifier>,
    /// `None` for a create and for options.
    pub user: Option<UserId>,
    /// The option list, for `CreateOption`; its name is the one field change.
    #[serde(rename = "table")]
    pub list: Option<ListKey>,
    /// What changes, field by field; for a create all fields, `from` empty.
    pub fields: Vec<FieldChange>,
    /// Why, in words, where it is not plain ([`AGAIN`]).
    pub note: Option<String>,
}

/// Why somebody is created who had a user before.
pub const AGAIN: &str = "deleted in the destination, created again";

impl Operation {
    /// Whether it makes a user anew for somebody whose user the last list did not show.
    #[must_use]
    pub fn makes_again(&self) -> bool {
        self.kind == OperationKind::Create && self.note.as_deref() == Some(AGAIN)
    }

    /// Whether whoever is written by this is sent a welcome mail, where the destination sends any: a new user with an
    /// address to send it to. The one definition behind every count of mails.
    pub fn is_welcomed(&self) -> bool {
        self.kind.facts().mail == MailKind::Welcome && welcomes(&self.fields)
    }
}

/// Whether a creation with these fields has an address that can be mailed.
pub fn welcomes(fields: &[FieldChange]) -> bool {
    let address = fields.iter().find(|change| change.field == Field::Email);
    address.and_then(|change| change.to.as_deref()).is_some_and(|to| !to.trim().is_empty())
}

/// Why someone is held; the stable words of DESIGN 6a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldCode {
    ProbableDuplicate,
    Rehire,
    EmailHeldByActiveUser,
    EmailHeldByInactiveUser,
    IdentifierChanged,
    IdentifierReused,
    TargetOwnedByOther,
    StatusUnclear,
    StatusConflict,
    RecordUnreadable,
    Detached,
    UnmappedValue,
    OptionMissing,
    MissingField,
    FieldArchived,
    DuplicateIdentifier,
    DuplicateEmail,
    NameNotAccepted,
    Limit,
    Protected,
    Excluded,
    Undone,
    Later,
}

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Data or mapping must change first.
    Blocked,
    /// An operator must judge.
    Review,
    /// An operator has judged; counted apart.
    Ruled,
}

impl HoldKind {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            HoldKind::Blocked => "blocked",
            HoldKind::Review => "review",
            HoldKind::Ruled => "ruled",
        }
    }

    /// The kind with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        [HoldKind::Blocked, HoldKind::Review, HoldKind::Ruled].into_iter().find(|kind| kind.key() == key)
    }
}

impl HoldCode {
    /// Every code, riskiest first, as the Plan screen lists them.
    pub const ALL: [HoldCode; 23] = [
        HoldCode::ProbableDuplicate,
        HoldCode::Rehire,
        HoldCode::EmailHeldByActiveUser,
        HoldCode::EmailHeldByInactiveUser,
        HoldCode::IdentifierChanged,
        HoldCode::IdentifierReused,
        HoldCode::TargetOwnedByOther,
        HoldCode::StatusUnclear,
        HoldCode::StatusConflict,
        HoldCode::RecordUnreadable,
        HoldCode::Detached,
        HoldCode::UnmappedValue,
        HoldCode::OptionMissing,
        HoldCode::MissingField,
        HoldCode::FieldArchived,
        HoldCode::DuplicateIdentifier,
        HoldCode::DuplicateEmail,
        HoldCode::NameNotAccepted,
        HoldCode::Limit,
        HoldCode::Protected,
        HoldCode::Excluded,
        HoldCode::Undone,
        HoldCode::Later,
    ];

    /// The stable word on the command line and in the database.
    pub fn key(self) -> &'static str {
        match self {
            HoldCode::ProbableDuplicate => "probable_duplicate",
            HoldCode::Rehire => "rehire",
            HoldCode::EmailHeldByActiveUser => "email_held_by_active_user",
            HoldCode::EmailHeldByInactiveUser => "email_held_by_inactive_user",
            HoldCode::IdentifierChanged => "identifier_changed",
            HoldCode::IdentifierReused => "identifier_reused",
            HoldCode::TargetOwnedByOther => "target_owned_by_other",
            HoldCode::StatusUnclear => "status_unclear",
            HoldCode::StatusConflict => "status_conflict",
            HoldCode::RecordUnreadable => "record_unreadable",
            HoldCode::Detached => "detached",
            HoldCode::UnmappedValue => "unmapped_value",
            HoldCode::OptionMissing => "option_missing",
            HoldCode::MissingField => "missing_field",
            HoldCode::FieldArchived => "field_archived",
            HoldCode::DuplicateIdentifier => "duplicate_identifier",
            HoldCode::DuplicateEmail => "duplicate_email",
            HoldCode::NameNotAccepted => "name_not_accepted",
            HoldCode::Limit => "limit",
            HoldCode::Protected => "protected",
            HoldCode::Excluded => "excluded",
            HoldCode::Undone => "undone",
            HoldCode::Later => "later",
        }
    }

    /// The code with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.key() == key)
    }

    /// Whose move it is (DESIGN 6a: those with `?` in SCREENS 3.1 and `later` are review).
    pub fn kind(self) -> HoldKind {
        match self {
            HoldCode::ProbableDuplicate
            | HoldCode::Rehire
            | HoldCode::EmailHeldByActiveUser
            | HoldCode::EmailHeldByInactiveUser
            | HoldCode::IdentifierChanged
            | HoldCode::IdentifierReused
            | HoldCode::TargetOwnedByOther
            | HoldCode::StatusUnclear
            | HoldCode::StatusConflict
            | HoldCode::Detached
            | HoldCode::Later => HoldKind::Review,
            HoldCode::Protected | HoldCode::Excluded | HoldCode::Undone => HoldKind::Ruled,
            HoldCode::RecordUnreadable
            | HoldCode::UnmappedValue
            | HoldCode::OptionMissing
            | HoldCode::MissingField
            | HoldCode::FieldArchived
            | HoldCode::DuplicateIdentifier
            | HoldCode::DuplicateEmail
            | HoldCode::NameNotAccepted
            | HoldCode::Limit => HoldKind::Blocked,
        }
    }

    /// The words of SCREENS 3.1.
    pub fn words(self) -> &'static str {
        match self {
            HoldCode::ProbableDuplicate => "probable duplicate",
            HoldCode::Rehire => "rehire",
            HoldCode::EmailHeldByActiveUser => "e-mail held by active user",
            HoldCode::EmailHeldByInactiveUser => "e-mail held by deactivated user",
            HoldCode::IdentifierChanged => "identifier changed",
            HoldCode::IdentifierReused => "identifier reused",
            HoldCode::TargetOwnedByOther => "user linked to someone else",
            HoldCode::StatusUnclear => "status unclear",
            HoldCode::StatusConflict => "destination says no",
            HoldCode::RecordUnreadable => "record cannot be read",
            HoldCode::Detached => "detached in the destination",
            HoldCode::UnmappedValue => "value not mapped",
            HoldCode::OptionMissing => "value not in the destination",
            HoldCode::MissingField => "value missing",
            HoldCode::FieldArchived => "field archived in the source",
            HoldCode::DuplicateIdentifier => "same identifier twice",
            HoldCode::DuplicateEmail => "same e-mail twice",
            HoldCode::NameNotAccepted => "name not accepted",
            HoldCode::Limit => "stopped by a limit",
            HoldCode::Protected => "protected",
            HoldCode::Excluded => "excluded",
            HoldCode::Undone => "undone",
            HoldCode::Later => "later",
        }
    }
}

/// What one field says about a pair: one bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Field key, or `prior` (what a random pair would weigh) and `rival` (competition).
    pub field: String,
    /// Name of the agreement level (`exact`, `typo`, `swapped`, `else`, `missing`).
    pub level: String,
    pub source_value: Option<String>,
    pub destination_value: Option<String>,
    /// log2 of the Bayes factor; positive speaks for one person.
    pub bits: f64,
    /// Why, in words.
    pub reason: String,
}

/// A user who may be the employee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub user: UserId,
    /// Total match weight in bits: the sum of the evidence.
    pub weight: f64,
    /// Posterior after competition, 0 to 1.
    pub probability: f64,
    /// In fixed field order; sums to `weight`.
    pub evidence: Vec<Evidence>,
}

/// Another record of the source that may be the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    pub employee: EmployeeId,
    /// The user of that employee, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// What the two have in common, in words, without personal data.
    pub why: String,
    /// A digest of the key fields of both: while it stays the same, only an operator parts the two.
    pub seen: String,
}

/// Two linked records that may be of one person, who then has two users already. Nothing is held for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubled {
    pub employee: EmployeeId,
    pub user: UserId,
    pub other: Beside,
}

/// Why a manager is not written. The person goes on without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagerProblem {
    /// The source has no employee of this id (in scope).
    Missing,
    Left,
    /// People who report to each other, or somebody to themselves.
    Circle,
    /// The manager has no user who can be referred to, and this plan makes none.
    NoUser,
}

impl ManagerProblem {
    /// The stable word in JSON.
    pub fn key(self) -> &'static str {
        match self {
            ManagerProblem::Missing => "missing",
            ManagerProblem::Left => "left",
            ManagerProblem::Circle => "circle",
            ManagerProblem::NoUser => "no_user",
        }
    }

    /// The problem with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        let all = [ManagerProblem::Missing, ManagerProblem::Left, ManagerProblem::Circle, ManagerProblem::NoUser];
        all.into_iter().find(|problem| problem.key() == key)
    }

    /// A word or two, behind a count.
    pub fn short(self) -> &'static str {
        match self {
            ManagerProblem::Missing => "not there",
            ManagerProblem::Left => "left",
            ManagerProblem::Circle => "circle",
            ManagerProblem::NoUser => "no user",
        }
    }

    /// What a person reads, behind the manager's id.
    pub fn words(self) -> &'static str {
        match self {
            ManagerProblem::Missing => "is not among the source's people",
            ManagerProblem::Left => "has left",
            ManagerProblem::Circle => "reports back to this person",
            ManagerProblem::NoUser => "has no active user",
        }
    }
}

/// A manager who is not written, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerLeft {
    pub employee: EmployeeId,
    pub manager: EmployeeId,
    pub why: ManagerProblem,
}

/// How a line refers to the user whom its own plan makes of this employee: the id is known once it is made.
pub fn user_to_be(employee: &EmployeeId) -> String {
    format!("{USER_TO_BE}{employee}")
}

/// The employee of [`user_to_be`]; `None` for anything else.
pub fn employee_to_be(text: &str) -> Option<&str> {
    text.strip_prefix(USER_TO_BE)
}

/// No user's id begins so.
const USER_TO_BE: &str = "employee ";

/// An employee who is kept out of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    pub employee: EmployeeId,
    pub code: HoldCode,
    /// The field at fault, its key.
    pub field: Option<String>,
    /// Further fields at fault in the same way, their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The value at fault, where it is not personal (a job title, never an e-mail).
    pub value: Option<String>,
    /// What happened, in words, without personal data.
    pub message: String,
    /// What the operator can do.
    pub remedy: String,
    /// Riskiest first.
    pub candidates: Vec<Candidate>,
    /// The other employees of a collision.
    pub others: Vec<EmployeeId>,
    /// For a hold by match weight: a digest of what was compared with the first candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Employees whose records may be of the same person, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
}

/// Which stop condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    Leavers,
    Creations,
    Updates,
    Identifiers,
}

impl LimitKind {
    /// Every limit, in the order of the Plan screen.
    pub const ALL: [LimitKind; 4] =
        [LimitKind::Leavers, LimitKind::Creations, LimitKind::Updates, LimitKind::Identifiers];

    /// The stable word, also of `sync --without`.
    pub fn key(self) -> &'static str {
        match self {
            LimitKind::Leavers => "leavers",
            LimitKind::Creations => "creations",
            LimitKind::Updates => "updates",
            LimitKind::Identifiers => "identifiers",
        }
    }

    /// The limit with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// How close a plan is to one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitCheck {
    pub kind: LimitKind,
    /// What the plan has.
    pub count: u32,
    /// What is allowed without a typed confirmation.
    pub allowed: u32,
    /// True on a first import, where creations need the typed confirmation anyway.
    pub waived: bool,
}

impl LimitCheck {
    /// Whether the plan waits for a typed confirmation because of this.
    pub fn is_exceeded(&self) -> bool {
        !self.waived && self.count > self.allowed
    }
}

/// How many operations of each kind, and how many people need none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub create: u32,
    pub update: u32,
    pub link: u32,
    pub deactivate: u32,
    pub reactivate: u32,
    pub invite: u32,
    pub create_option: u32,
    pub set_manager: u32,
    #[serde(default, alias = "remove_team")]
    pub remove_option: u32,
    /// People in scope for whom nothing changes.
    pub unchanged: u32,
}

impl Counts {
    /// Counts operations; `unchanged` is given because it cannot be seen from them.
    pub fn of(operations: &[Operation], unchanged: u32) -> Self {
        let mut counts = Counts { unchanged, ..Counts::default() };
        for operation in operations {
            *counts.slot(operation.kind) += 1;
        }
        counts
    }

    /// The count of one kind.
    pub fn kind(&self, kind: OperationKind) -> u32 {
        *self.clone().slot(kind)
    }

    /// The kinds of which there are any, with their counts, in the order in which figures are shown.
    pub fn kinds(&self) -> impl Iterator<Item = (OperationKind, u32)> {
        OperationKind::SHOWN.into_iter().map(|kind| (kind, self.kind(kind))).filter(|(_, count)| *count > 0)
    }

    /// The place of the count of one kind.
    pub fn slot(&mut self, kind: OperationKind) -> &mut u32 {
        match kind {
            OperationKind::CreateOption => &mut self.create_option,
            OperationKind::Create => &mut self.create,
            OperationKind::Reactivate => &mut self.reactivate,
            OperationKind::Link => &mut self.link,
            OperationKind::Update => &mut self.update,
            OperationKind::SetManager => &mut self.set_manager,
            OperationKind::Deactivate => &mut self.deactivate,
            OperationKind::RemoveOption => &mut self.remove_option,
            OperationKind::Invite => &mut self.invite,
        }
    }

    /// All operations together: the number that is typed to confirm.
    pub fn operations(&self) -> u32 {
        OperationKind::ALL.into_iter().map(|kind| self.kind(kind)).sum()
    }
}

/// How many people are mailed by the destination when the plan is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mails {
    pub welcome: u32,
    pub notice: u32,
}

/// The full list of what would make the destination agree, and who is held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// SHA-256 of the operations and holds in canonical JSON, first 16 hex digits: the same input gives the same hash.
    pub hash: String,
    /// In the order in which they are applied.
    pub operations: Vec<Operation>,
    /// By employee id.
    pub holds: Vec<Hold>,
    pub counts: Counts,
    pub mails: Mails,
    pub limits: Vec<LimitCheck>,
    /// No user is linked yet: the typed confirmation is always asked.
    pub first_import: bool,
    /// Employees that were looked at, leavers without a user aside: changed, held, unchanged and future starters together.
    pub people: u32,
    /// People with at least one operation.
    pub changed_people: u32,
    /// Leavers of the source who have no user: no action (case 40).
    pub ignored_leavers: u32,
    /// Employees without a user who start later than the connection creates them (case 37).
    #[serde(default)]
    pub future_starters: u32,
    /// People who seem to have two users already, by employee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubled: Vec<Doubled>,
    /// Managers who are not written, by employee: what the feed, the command line and the screen count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers_left: Vec<ManagerLeft>,
}

impl Plan {
    /// Held people, by kind.
    pub fn held(&self, kind: HoldKind) -> u32 {
        let held = self.holds.iter().filter(|hold| hold.code.kind() == kind).count();
        u32::try_from(held).unwrap_or(u32::MAX)
    }

    /// Held people of every kind.
    pub fn held_all(&self) -> u32 {
        u32::try_from(self.holds.len()).unwrap_or(u32::MAX)
    }

    /// Whether applying needs the typed `TENANT:NUMBER`.
    pub fn needs_confirmation(&self) -> bool {
        !self.operations.is_empty() && (self.first_import || self.limits.iter().any(LimitCheck::is_exceeded))
    }
}
