//! The screen Feed log (SCREENS 7.8): every line of a tenant, newest first, read by windows.

pub mod data;
mod query;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;
mod window;
pub(in crate::console) mod words;

pub use state::Feed;
