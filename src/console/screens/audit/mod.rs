//! The screen Audit (SCREENS 7.30): who changed what, when, through what, of one tenant or of all, and whether the chain is whole.

pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::AuditScreen;
