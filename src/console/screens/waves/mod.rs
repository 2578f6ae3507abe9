//! The screen Waves (SCREENS 7.24): in which parts a plan goes, who is in each, what lets the next one go.

pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::WavesScreen;
