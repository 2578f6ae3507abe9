//! The screen Plan (SCREENS 7.6): what the newest plan does, who is held and whose move it is, and every line of it.

pub mod data;
mod figures;
mod list;
mod question;
mod state;
mod update;
mod view;

pub(in crate::console::screens) use figures::{limit_bar, limit_words};
pub(in crate::console::screens) use question::{MovedChoice, moved_choice, moved_list, question_box};
pub use state::PlanScreen;

#[cfg(test)]
mod tests;
