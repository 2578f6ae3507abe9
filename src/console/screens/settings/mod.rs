//! The screen Settings (SCREENS 7.13): the settings of a connection, drawn from what both ends can do.

pub mod data;
mod edits;
mod fields;
mod models;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::SettingsScreen;
