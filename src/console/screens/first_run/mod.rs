//! The first screen of an empty workspace (SCREENS 7.18): the doors that exist, and the promise.

mod state;
mod update;
mod view;

pub use state::{Door, FirstRun, Leads};
