//! The screen History (SCREENS 7.10): the runs of a tenant, and two of them compared. Run detail asks through it too.

mod columns;
pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;
pub(in crate::console) mod words;

pub use state::History;
pub(in crate::console) use state::{no_undo, undone};
pub(in crate::console) use update::errors_name;
