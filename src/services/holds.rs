//! Held people by reason: the one way in which Plan, the fleet's lists and the commands put them together and say them.

use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::field::Field;
use crate::domain::plan::{HoldCode, HoldKind};
use crate::store::views::HoldCount;

/// One line per reason: its list cannot be divided by field. The field is kept where it is the only one.
#[must_use]
pub fn by_code(counts: &[HoldCount]) -> Vec<HoldCount> {
    let mut merged: Vec<HoldCount> = Vec::new();
    for count in counts {
        match merged.iter_mut().find(|earlier| earlier.code == count.code) {
            Some(earlier) => {
                earlier.people += count.people;
                earlier.field = earlier.field.take().filter(|field| Some(field) == count.field.as_ref());
            }
            None => merged.push(count.clone()),
        }
    }
    merged
}

/// The words of SCREENS 3.1, with the field where one is missing, in the destination's word.
#[must_use]
pub fn words(count: &HoldCount, destination: &DestinationCapabilities) -> String {
    let field = count.field.as_deref().and_then(Field::from_key).map(|field| destination.word(field));
    match (count.code, field) {
        (HoldCode::MissingField, Some(field)) => format!("{field} missing"),
        (HoldCode::UnmappedValue, Some(field)) => format!("{field} not mapped"),
        (HoldCode::FieldArchived, Some(field)) => format!("{field} archived"),
        (HoldCode::DuplicateIdentifier, _) => format!("same {} twice", destination.identifier_word),
        (HoldCode::IdentifierChanged, _) => format!("{} changed", destination.identifier_word),
        (HoldCode::IdentifierReused, _) => format!("{} reused", destination.identifier_word),
        (code, _) => code.words().to_owned(),
    }
}

/// Whose move it is.
#[must_use]
pub fn move_of(code: HoldCode) -> &'static str {
    match code {
        HoldCode::UnmappedValue | HoldCode::OptionMissing => "Mappings",
        HoldCode::Limit => "Limits",
        HoldCode::Later => "put off",
        _ => match code.kind() {
            HoldKind::Review => "Review",
            HoldKind::Blocked => "HR",
            HoldKind::Ruled => "ruled",
        },
    }
}
