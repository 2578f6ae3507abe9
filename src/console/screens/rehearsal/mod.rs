//! The screen Rehearsal (SCREENS 7.24): what each line of the plan came to at a simulator, refused ones first, and what a
//! simulator cannot know. The destination is asked nothing.

pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::RehearsalScreen;
