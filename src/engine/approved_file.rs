//! A plan that was approved as a file, and what a file may say otherwise.

use crate::domain::plan::Plan;
use std::sync::Arc;

/// Compares a file with a plan; given by the front end, which knows what its files look like.
pub type Matches = Arc<dyn Fn(&Plan) -> Result<(), Differs> + Send + Sync>;

/// The file of a plan that somebody has approved.
#[derive(Clone)]
pub struct ApprovedFile {
    /// Of the plan, as the file says.
    pub hash: String,
    /// Name of the file, for errors.
    pub name: String,
    /// Whether every line of the file is what a plan says. A hash alone can be carried by other lines.
    pub matches: Matches,
}

impl std::fmt::Debug for ApprovedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApprovedFile").field("hash", &self.hash).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a file says otherwise than its plan: the first few in words, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differs {
    named: Vec<String>,
    pub count: usize,
}

impl Differs {
    /// Differences that are named; more are counted.
    const NAMED: usize = 5;

    /// One more.
    pub fn add(&mut self, what: impl Into<String>) {
        self.count += 1;
        if self.named.len() < Self::NAMED {
            self.named.push(what.into());
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// In words: `operation create of employee 4 is missing; … and 3 more`.
    pub fn words(&self) -> String {
        let more = self.count - self.named.len();
        let named = self.named.join("; ");
        if more == 0 { named } else { format!("{named}; and {more} more") }
    }
}
