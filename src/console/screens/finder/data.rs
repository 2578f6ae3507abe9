//! What a list's filter line asks, does and is told.

use crate::services::lists::{List, Remembered, Stand, View};

/// A question. `tenant` is the short name; `None` for the list of tenants.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The last filter and order, and the views of the list.
    Remembered { tenant: Option<String>, list: List },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Keeps filter and order for the next time.
    Keep {
        tenant: Option<String>,
        list: List,
        stand: Stand,
    },
    SaveView {
        list: List,
        view: View,
    },
    DeleteView {
        list: List,
        name: String,
    },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Remembered(Remembered),
    /// The views of the list, after a change.
    Views(List, Vec<View>),
    Kept,
}
