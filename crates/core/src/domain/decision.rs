//! Links and rulings.

use super::ids::{EmployeeId, Identifier, RunId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How a link came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrigin {
    Identifier,
    Email,
    Operator,
    /// The matching engine, above the connection's auto-link threshold.
    Score,
    /// Onroll created the user.
    Created,
}

impl LinkOrigin {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            LinkOrigin::Identifier => "identifier",
            LinkOrigin::Email => "email",
            LinkOrigin::Operator => "operator",
            LinkOrigin::Score => "score",
            LinkOrigin::Created => "created",
        }
    }

    /// The origin with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Identifier, Self::Email, Self::Operator, Self::Score, Self::Created]
            .into_iter()
            .find(|origin| origin.key() == key)
    }
}

/// A confirmed tie of an employee to a user, as the destination was last seen to hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub employee: EmployeeId,
    pub user: UserId,
    /// The identifier that the user held when the tie was last confirmed.
    pub identifier: Identifier,
    pub origin: LinkOrigin,
    pub at: Timestamp,
    /// What the destination last confirmed of the user's status: told apart from a change by hand (case 44).
    pub active: bool,
}

/// What an operator ruled for one employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ruling")]
pub enum Ruling {
    /// This user is that employee.
    Link { user: UserId },
    /// Nobody in the destination is this employee.
    Create,
    /// Never synced.
    Exclude,
    /// The user is left exactly as it is, also when the employee leaves (PL12).
    Protect,
    /// Asked again on that day, or when a key field changes.
    Later {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
    /// Held back from this plan only by the operator (`t` on Plan).
    HoldBack,
    /// What this run did to the person was undone: left alone until an operator lets go, whatever the source says.
    Undone { run: RunId },
}

impl Ruling {
    /// The stable word in JSON and in the database.
    pub fn key(&self) -> &'static str {
        match self {
            Ruling::Link { .. } => "link",
            Ruling::Create => "create",
            Ruling::Exclude => "exclude",
            Ruling::Protect => "protect",
            Ruling::Later { .. } => "later",
            Ruling::HoldBack => "hold_back",
            Ruling::Undone { .. } => "undone",
        }
    }
}

/// A ruling with its author and its shelf life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub employee: EmployeeId,
    #[serde(flatten)]
    pub ruling: Ruling,
    pub reason: Option<String>,
    pub by: String,
    pub at: Timestamp,
    /// Name, birth date and e-mail of the employee when it was ruled; another value opens the ruling again.
    /// A digest (see `planning::key_fields`), so that no personal data stands in the decision.
    pub key_fields: String,
}

/// An employee and a user whom an operator said are two people; suppresses the pair for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NotSame {
    pub employee: EmployeeId,
    pub user: UserId,
}

/// Somebody whom the destination took but did not make a user of: it has put the record aside as a possible duplicate, and
/// somebody there has to decide. Sent once, not with each sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub employee: EmployeeId,
    pub at: Timestamp,
}

/// Somebody who waits in Review for a ruling about a user, by match weight. Weights depend on everybody who is compared, so
/// they move a little from plan to plan; as long as neither record has changed, nobody is linked or created by that alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub employee: EmployeeId,
    pub user: UserId,
    /// [`crate::domain::plan::Hold::seen`] of the plan that put the person there.
    pub seen: String,
}

/// What an operator said of two records of the source that look like one person, or have one identifier or e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairVerdict {
    /// Two people: this employee gets a user of its own.
    Distinct,
    /// One person, and the other record is the one that counts.
    Same,
    /// Two people with one identifier or one e-mail: the other one keeps it, this one waits until the source has another.
    Yields,
    /// Two people with one e-mail: this one is synced without it.
    WithoutEmail,
    /// The earlier verdict is taken back.
    Open,
}

impl PairVerdict {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            PairVerdict::Distinct => "distinct",
            PairVerdict::Same => "same",
            PairVerdict::Yields => "yields",
            PairVerdict::WithoutEmail => "without_email",
            PairVerdict::Open => "open",
        }
    }

    /// The verdict with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        let all = [Self::Distinct, Self::Same, Self::Yields, Self::WithoutEmail, Self::Open];
        all.into_iter().find(|verdict| verdict.key() == key)
    }

    /// Whether it says that the two are different people.
    pub fn is_distinct(self) -> bool {
        matches!(self, Self::Distinct | Self::Yields | Self::WithoutEmail)
    }
}

/// What a step of rulings said of one employee, once it is taken back or brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    pub employee: EmployeeId,
    pub part: StepPart,
}

/// One part of a step of rulings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepPart {
    Ruled(Ruling),
    /// An earlier ruling was taken back.
    TakenBack,
    /// Something was said of it beside another record.
    Beside(PairVerdict),
}

/// A verdict about one employee beside another one, with its author and its shelf life. It is about `employee` alone: where
/// both are real, the other one needs a verdict of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairRuling {
    pub employee: EmployeeId,
    pub other: EmployeeId,
    pub verdict: PairVerdict,
    /// [`crate::domain::plan::Beside::seen`] when it was ruled: another value opens a [`PairVerdict::Distinct`] again.
    pub seen: String,
    pub reason: Option<String>,
    pub by: String,
    pub at: Timestamp,
}

/// Somebody who waits for a ruling beside another employee's record. What else the two have in common may change; as long as
/// no key field of either does, only the operator ends the wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingBeside {
    pub employee: EmployeeId,
    pub other: EmployeeId,
    /// [`crate::domain::plan::Beside::seen`] of the plan that put the person there.
    pub seen: String,
}
