//! Which details need not be read again, of a vendor whose lists tell when a record was last changed.
//!
//! That a change of a detail touches this time is likely, but nowhere documented. So a detail is taken over only where all of
//! this holds; anything else is read anew:
//!
//! - the row of the list is the same to the letter, and so is whatever else the kept record depends on (the account, the
//!   mapped fields and their options);
//! - the row has a modification time, and that lay [`SETTLED`] behind when the detail was read;
//! - the detail was read less than [`FRESH`] ago: what runs once a day reads everything;
//! - the person is not held until the source is corrected (the engine leaves those out);
//! - no detail of this account has ever changed without its time: each one that is read anew although its row is the same is
//!   compared with the old one, and the first that differs ends the taking over for good.

use super::rows::moment;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long a detail is taken over.
pub const FRESH: SignedDuration = SignedDuration::from_hours(12);

/// How old a change must have been when the detail was read: two clocks and the list's own delay lie between.
pub const SETTLED: SignedDuration = SignedDuration::from_mins(5);

/// Member of the raw record that says when and against which row the detail was read.
const MARK: &str = "_read";

/// The rule for one pull.
#[derive(Debug, Clone)]
pub struct Reuse {
    /// What the kept records depend on beside their rows.
    pub setting: String,
    pub now: Timestamp,
    /// False where nothing may be taken over.
    pub trusted: bool,
}

/// What is to be done about a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it would be read.
    Same,
    /// The row is the same, but the detail has to be read; should it differ, times are not to be trusted.
    Compare,
    Read,
}

impl Reuse {
    /// Marks a record that is kept with the row against which its detail was read.
    pub fn mark(&self, raw: &mut Value, row: &impl Serialize) {
        if let Some(members) = raw.as_object_mut() {
            members.insert(MARK.to_owned(), json!({"at": self.now.to_string(), "row": self.digest(row)}));
        }
    }

    /// Marks a record that was taken over as the one that it was taken from.
    pub fn mark_again(raw: &mut Value, known: &Value) {
        if let (Some(mark), Some(members)) = (known.get(MARK), raw.as_object_mut()) {
            members.insert(MARK.to_owned(), mark.clone());
        }
    }

    /// What is to be done about the detail of a person of whom this is kept, and whose row of the list is this one now.
    pub fn verdict(&self, raw: &Value, row: &impl Serialize, modified: Option<&str>) -> Verdict {
        let mark = raw.get(MARK);
        let text = |name: &str| mark.and_then(|mark| mark.get(name)).and_then(Value::as_str);
        let Some(read_at) = text("at").and_then(|at| at.parse::<Timestamp>().ok()) else { return Verdict::Read };
        let settled = modified.and_then(moment).is_some_and(|modified| read_at.duration_since(modified) >= SETTLED);
        if text("row") != Some(self.digest(row).as_str()) || !settled {
            return Verdict::Read;
        }
        let age = self.now.duration_since(read_at);
        if self.trusted && !age.is_negative() && age < FRESH { Verdict::Same } else { Verdict::Compare }
    }

    fn digest(&self, row: &impl Serialize) -> String {
        let row = serde_json::to_string(row).unwrap_or_default();
        let digest = Sha256::digest(format!("{} {row}", self.setting));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}
