//! The screen Drift (SCREENS 7.25): what of the approved lines of a run was carried out, what was there already, and what had
//! moved and was skipped, with the old, the approved and the new value.

mod columns;
pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::Drift;

use crate::console::app::Place;
use crate::console::screens::ScreenId;
use crate::domain::ids::RunId;

/// The place that shows what of a run had moved.
pub(in crate::console) fn place(tenant: &str, run: RunId) -> Place {
    Place::tenant(ScreenId::Drift, tenant).about(run.to_string())
}
