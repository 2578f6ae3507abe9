//! What Rotaready tells of changes by itself: that there is such a thing is known (rotaready.md 2.7), neither its form nor its signature.
//! So nothing of a delivery is read or believed (assumed): whatever comes to the secret address says that somebody has changed, and the
//! accounts are asked whom it was.

use crate::vendors::webhook::{Delivered, HookError, HookNotice};

/// Reads a delivery.
///
/// # Errors
/// Never.
#[expect(clippy::unnecessary_wraps, reason = "as every vendor's")]
pub fn read(_: &Delivered<'_>) -> Result<HookNotice, HookError> {
    Ok(HookNotice { event: "somebody has changed".to_owned(), people: Vec::new(), unnamed: true })
}
