//! The screen Review (SCREENS 7.4): who waits for a ruling, one card at a time, riskiest first.

mod card;
pub mod data;
mod group;
mod state;
mod update;
mod view;

pub use state::Review;

#[cfg(test)]
pub(in crate::console::screens) mod testing;
#[cfg(test)]
mod tests;
