//! What went wrong, for a person: what, who, why, what now (SCREENS 3, STYLE 3.10).

use super::code::ProblemCode;
use super::snapshot::Side;
use serde::{Deserialize, Serialize};

/// What kind of trouble; decides the exit code and whether a retry helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Credentials refused or a scope missing.
    Refused,
    /// The other side is unwell; a later try may pass.
    Temporary,
    /// A limit or the source guard stopped the run before its first write.
    Stopped,
    /// The world has moved since the plan was made.
    Drifted,
    /// Another process holds the tenant.
    Locked,
    /// Input of the operator or a file is wrong.
    Input,
    /// A newer question took this one's place: never shown, only asked again.
    Superseded,
    /// Anything else.
    Failed,
}

/// A stop of the guard of one list that an operator may let through, once, by typing the number of rows that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetThrough {
    /// Whose list is short: the source's employees or the destination's users.
    #[serde(default)]
    pub side: Side,
    /// Rows of this pull.
    pub received: u64,
    /// Rows of the last good one.
    pub last_good: u64,
    /// Where people are missing, the largest loss first.
    #[serde(default)]
    pub lost: Vec<Lost>,
    /// What is wrong with the records that came, where it is not their number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// People of one branch who were in the last good pull and are not in this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The branch as the source names it; empty where nobody has one.
    pub branch: String,
    pub lost: u64,
    /// People of the branch in the last good pull.
    pub had: u64,
}

/// A vendor's name, boxed: a problem is handed on as the error of every command, and stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorName(String);

/// A problem as screens, the feed and the command line print it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Problem {
    pub kind: ProblemKind,
    /// What it is; `None` where it says no more than its kind, and in files of older programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProblemCode>,
    /// The vendor whom it is about, by name; `None` where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Box<VendorName>>,
    /// What happened, as a sentence without a full stop.
    pub what: String,
    /// Whom it concerns; empty when nobody in particular.
    pub who: String,
    /// Why, the vendor quoted in backticks; empty when unknown.
    pub why: String,
    /// What can be done, first the nearest; no personal data.
    #[serde(rename = "now")]
    pub remedies: Vec<String>,
    /// Where a typed confirmation lets it through, what it has to be about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_through: Option<Box<LetThrough>>,
}

impl Problem {
    /// A problem with its kind and what happened; the rest is added by the `with_` methods.
    pub fn new(kind: ProblemKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            vendor: None,
            what: what.into(),
            who: String::new(),
            why: String::new(),
            remedies: Vec::new(),
            let_through: None,
        }
    }

    /// What it is, by its stable code.
    #[must_use]
    pub fn with_code(mut self, code: ProblemCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Whom of the vendors it is about.
    #[must_use]
    pub fn with_vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(Box::new(VendorName(vendor.to_owned())));
        self
    }

    /// The vendor whom it is about.
    #[must_use]
    pub fn vendor(&self) -> Option<&str> {
        self.vendor.as_ref().map(|vendor| vendor.0.as_str())
    }

    /// The stable code, of which `onroll explain` tells more.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        self.code.unwrap_or_else(|| ProblemCode::of_kind(self.kind))
    }

    /// Whom it concerns.
    #[must_use]
    pub fn with_who(mut self, who: impl Into<String>) -> Self {
        self.who = who.into();
        self
    }

    /// The cause.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// One more thing that can be done.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedies.push(remedy.into());
        self
    }

    /// The four lines that the command line prints and `y` copies.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("what  {}", self.what)];
        if !self.who.is_empty() {
            lines.push(format!("who   {}", self.who));
        }
        if !self.why.is_empty() {
            lines.push(format!("why   {}", self.why));
        }
        for (index, remedy) in self.remedies.iter().enumerate() {
            let head = if index == 0 { "now " } else { "    " };
            lines.push(format!("{head}  {remedy}"));
        }
        lines
    }
}
