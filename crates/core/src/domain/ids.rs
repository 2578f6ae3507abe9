//! Newtypes for every key, so that no two of them can be confused.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Wraps the text as it is; ids are text and never trimmed, folded or read as numbers.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as the vendor writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id! {
    /// An employee's id in the source system, as the vendor writes it (`318245`). Unique within one connection.
    EmployeeId
}
text_id! {
    /// A user's own id in the destination (Flow's learner number). Never shown to the source.
    UserId
}
text_id! {
    /// The destination's key that ties a user to one employee (`40817_318245` for Planday, PL02).
    Identifier
}
text_id! {
    /// The key under which a destination knows an option: a branch's code, otherwise its exact name.
    OptionKey
}
number_id! {
    /// Row of `connection`: one source wired to one destination for a tenant.
    ConnectionId
}
number_id! {
    /// Row of `snapshot`: one complete fetch of one side.
    SnapshotId
}
number_id! {
    /// Row of `plan`; below zero the what-ifs, which have no number.
    PlanId
}

impl PlanId {
    /// Whether it is what an operator's changes would lead to, and no plan of the list.
    pub fn is_what_if(self) -> bool {
        self.0 < 0
    }

    /// `plan 31`, or `what-if`.
    pub fn words(self) -> String {
        if self.is_what_if() { "what-if".to_owned() } else { format!("plan {self}") }
    }

    /// `plan 31`, or `the what-if`, inside a sentence.
    pub fn in_words(self) -> String {
        if self.is_what_if() { "the what-if".to_owned() } else { self.words() }
    }

    /// The same at the beginning of a line.
    pub fn title(self) -> String {
        if self.is_what_if() { "What-if".to_owned() } else { format!("Plan {self}") }
    }
}

number_id! {
    /// Row of `run`.
    RunId
}
