//! The screen Review (SCREENS 7.4, 7.21): who waits for a ruling, one card at a time, least certain first; and all of them as a list.

mod card;
pub mod data;
mod group;
mod list;
mod list_view;
mod rulings;
mod state;
mod update;
mod view;

pub(in crate::console::screens) use card::CardTable;
pub use state::{Review, lent};
pub(in crate::console::screens) use view::{draw_choices, draw_line_lens};

#[cfg(test)]
mod list_tests;
#[cfg(test)]
pub(in crate::console::screens) mod testing;
#[cfg(test)]
mod tests;
