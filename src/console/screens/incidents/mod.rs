//! The screen Incidents (SCREENS 7.26): what went wrong elsewhere, in public, to be replayed here; the list, and one opened.

mod card;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use card::{Card, Day};
pub use state::Incidents;
