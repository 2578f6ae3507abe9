//! The screen Schedule (SCREENS 7.14): the next runs of all tenants on one axis.

mod axis;
mod code;
mod columns;
pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;
pub(in crate::console) mod words;

pub use state::ScheduleScreen;
