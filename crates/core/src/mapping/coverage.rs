//! Whom a value of a table holds up.

use super::table::Resolution;
use crate::domain::capabilities::ListSpec;

/// Whether people who carry a value that resolves so cannot be synced (ALL04, RO03).
pub fn blocks(spec: &ListSpec, unused: bool, resolution: &Resolution, can_create_options: bool) -> bool {
    match resolution {
        Resolution::Mapped { .. } => false,
        Resolution::Nothing => spec.mandatory,
        Resolution::Suggested { .. } | Resolution::Unmapped { .. } | Resolution::Gone(_) | Resolution::Create(_)
            if spec.free_text =>
        {
            false
        }
        Resolution::Create(_) => !(can_create_options && spec.creatable),
        Resolution::Archived(_) | Resolution::Gone(_) | Resolution::Doubled(_) => true,
        Resolution::Suggested { .. } | Resolution::Unmapped { .. } => {
            spec.mandatory || !spec.unknown_is_dropped || !unused
        }
    }
}
