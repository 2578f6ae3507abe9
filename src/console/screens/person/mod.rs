//! The screen Person (SCREENS 7.9): the gates one person meets, both records, rulings, and everything ever known.

pub mod data;
mod panes;
mod state;
mod update;
mod view;

pub use state::{Person, place, place_of_row};
