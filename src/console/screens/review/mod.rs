//! The screen Review (SCREENS 7.4): who waits for a ruling, one card at a time, riskiest first.

mod card;
pub mod data;
mod group;
mod state;
mod update;
mod view;

pub(in crate::console::screens) use card::CardTable;
pub use state::Review;
pub(in crate::console::screens) use view::{draw_choices, draw_line_lens};

#[cfg(test)]
pub(in crate::console::screens) mod testing;
#[cfg(test)]
mod tests;
