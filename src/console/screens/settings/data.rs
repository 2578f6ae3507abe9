//! What the screen asks, does and is told.

use crate::domain::capabilities::{DestinationCapabilities, ParameterSpec, SourceCapabilities};
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use jiff::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The settings of a tenant and what they are drawn from.
    Form { tenant: String },
    /// What the plan would be under these settings.
    Rehearse { tenant: String, settings: Box<Settings> },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Keeps settings and plans anew from what was read last.
    Save { tenant: String, settings: Box<Settings> },
    /// Keeps a credential.
    SetSecret { tenant: String, side: Side, key: &'static str, secret: Secret },
    /// Keeps a plain parameter of one end; `None` takes it away.
    SetParameter { tenant: String, side: Side, key: &'static str, value: Option<String> },
    /// Tests both ends by real calls; only reads.
    Test { tenant: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Form(Box<Form>),
    Rehearsed {
        settings: Box<Settings>,
        rehearsal: Rehearsal,
    },
    /// Saved; how many changes the new plan has, where there is one.
    Saved {
        operations: Option<u32>,
    },
    /// A credential or parameter was kept.
    Kept {
        label: &'static str,
    },
    Tested {
        passed: bool,
        lines: Vec<String>,
    },
}

/// One parameter or credential of an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub side: Side,
    pub spec: ParameterSpec,
    /// The value of a plain one; of a credential where it lives. `None` when there is none.
    pub shown: Option<String>,
}

/// Everything that the form is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub tenant_name: String,
    /// The state's word, for questions: `LIVE`.
    pub standing: &'static str,
    pub settings: Settings,
    pub source: &'static SourceCapabilities,
    pub destination: &'static DestinationCapabilities,
    pub parameters: Vec<Parameter>,
    /// People tied to a user: what percentages are of.
    pub linked: u32,
    /// When the people were read whom a rehearsal is made with.
    pub pulled: Option<Timestamp>,
    /// The newest connection test: when, whether it passed, remarks.
    pub tested: Option<(Timestamp, bool, Vec<String>)>,
}

/// What changed settings would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// People whose outcome differs.
    pub people: u32,
    /// In words; a leading glyph has its role.
    pub lines: Vec<String>,
}
