//! A step of the set-up in words.

use crate::console::theme::Role;
use crate::engine::checklist::{Step, StepKey, StepState};

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// Glyph and colour.
    pub role: Role,
    pub name: String,
    pub figure: String,
    pub detail: String,
}

/// A step in words; `source` is the source's name.
#[must_use]
pub fn step_line(step: &Step, source: &str) -> StepLine {
    let role = match step.state {
        StepState::Done => Role::Ok,
        StepState::Notice => Role::Warn,
        StepState::Open => Role::Danger,
    };
    let name = match step.key {
        StepKey::Credentials => "Credentials".to_owned(),
        StepKey::FieldMap => "Field map".to_owned(),
        StepKey::MappingTables => "Mapping tables".to_owned(),
        StepKey::PeopleMatched => "People matched".to_owned(),
        StepKey::SourceData => format!("Data in {source}"),
        StepKey::Limits => "Limits".to_owned(),
        StepKey::TestRun => "Test run".to_owned(),
        StepKey::Published => "Published".to_owned(),
    };
    StepLine { role, name, figure: step.figure.clone(), detail: step.detail.clone() }
}
