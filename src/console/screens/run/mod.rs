//! The screen Run (SCREENS 7.7): a live run, else how the last one ended; 7.19 when a problem ended it.

pub mod data;
mod ended;
mod live;
mod picture;
mod problem_view;
#[cfg(test)]
pub(in crate::console) mod stage;
mod state;
mod tail;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::Run;
pub(in crate::console) use view::{fitted, line_role};

#[cfg(test)]
pub(in crate::console::screens) use tests::newest_for_tests;
