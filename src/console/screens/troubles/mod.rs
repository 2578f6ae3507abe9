//! The screen Troubles (SCREENS 7.27): what keeps feeds from working, of all tenants, each with its life; and the line that says that
//! nothing succeeds anywhere, which Tenants shows too.

pub mod data;
mod lead;
pub(in crate::console::screens) mod nowhere;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::TroublesScreen;
