//! What the screen asks, does and is told.

use crate::domain::capabilities::{DestinationCapabilities, ParameterSpec, SourceCapabilities};
use crate::domain::code::ProblemCode;
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
    WhatIf { tenant: String, settings: Box<Settings> },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Keeps settings and plans anew from what was read last.
    Save { tenant: String, settings: Box<Settings> },
    /// Keeps a credential.
    SetSecret { tenant: String, side: Side, key: &'static str, secret: Secret },
    /// Keeps a credential that is kept here in the keyring, or in the sealed file.
    MoveSecret { tenant: String, side: Side, key: &'static str, to_keyring: bool },
    /// Forgets a credential, and switches a live tenant off.
    Revoke { tenant: String, side: Side, key: &'static str },
    /// Keeps a plain parameter of one end; `None` takes it away.
    SetParameter { tenant: String, side: Side, key: &'static str, value: Option<String> },
    /// Tests both ends by real calls; only reads.
    Test { tenant: String },
    /// Makes a version of the model from the rulings; it is kept and not used.
    Propose { tenant: String },
    /// Takes a version of the model into use and plans anew; `back` when it was in use before.
    TakeModel { tenant: String, version: u32, back: bool },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Form(Box<Form>),
    WhatIf {
        settings: Box<Settings>,
        what_if: WhatIf,
    },
    /// Saved; how many changes the new plan has, where there is one.
    Saved {
        operations: Option<u32>,
    },
    /// A credential or parameter was kept.
    Kept {
        label: &'static str,
    },
    /// A credential was forgotten.
    Revoked {
        label: &'static str,
        switched_off: bool,
        /// Where it still stands outside.
        outside: Option<String>,
    },
    Tested {
        passed: bool,
        lines: Vec<String>,
        /// The code of what failed.
        code: Option<ProblemCode>,
    },
    /// `None`: the rulings move nothing.
    Proposed(Option<Box<Proposed>>),
    /// A version is in use; how many changes the new plan has, where there is one.
    Took {
        version: u32,
        operations: Option<u32>,
    },
}

/// A version that was made from rulings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    pub version: u32,
    /// Whether the gate lets it through.
    pub passed: bool,
    /// What it changes and what the gate saw; a leading glyph has its role.
    pub lines: Vec<String>,
}

/// The versions of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    pub active: u32,
    /// The version that a roll-back leads to.
    pub back: Option<u32>,
    /// Every version but the first, oldest first.
    pub versions: Vec<ModelLine>,
    /// What there is to learn from: `124 rulings, 30 audited`.
    pub rulings: String,
}

/// One version of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelLine {
    pub version: u32,
    /// Who made it from what, or since when it is in use.
    pub words: String,
    /// People with another outcome than under the version that it was made from.
    pub people: u32,
    /// Why it may not be used, in words.
    pub refusal: Option<&'static str>,
    /// Whether it was ever in use.
    pub used: bool,
}

/// One parameter or credential of an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub side: Side,
    pub spec: ParameterSpec,
    /// The value of a plain one; of a credential where it lives. `None` when there is none.
    pub shown: Option<String>,
    /// Of a credential that is kept here: whether that is in the keyring.
    pub in_keyring: Option<bool>,
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
    /// When the people were read whom a what-if is made with.
    pub pulled: Option<Timestamp>,
    /// The newest connection test: when, whether it passed, remarks.
    pub tested: Option<(Timestamp, bool, Vec<String>)>,
    /// The code of what failed in it.
    pub test_code: Option<ProblemCode>,
    pub models: Models,
    /// Why the keyring of the desktop takes nothing here; `None` where it answers.
    pub no_keyring: Option<String>,
    /// Custom fields that users of the destination show, by name.
    pub custom_fields: Vec<String>,
}

/// What changed settings would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf {
    /// People whose outcome differs.
    pub people: u32,
    /// In words; a leading glyph has its role.
    pub lines: Vec<String>,
}
