//! The screen People (SCREENS 6.2, 7.17): everybody with where they stand; marks, filters, push.

pub mod data;
pub mod filter;
pub mod push;
mod state;
mod update;
mod view;
pub mod words;

pub use state::{People, lent};
