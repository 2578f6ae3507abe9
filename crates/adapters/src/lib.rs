//! What Onroll speaks to the world through (floors 2 and 3 of `docs/architecture.md`): the traits between the engine and the
//! adapters, and the adapters themselves. The package `onroll` shows them under its own name, so that `crate::store` there
//! is this.

#[cfg(test)]
mod battered;
pub mod files;
pub mod notify;
pub mod ports;
pub mod secrets;
pub mod store;
mod trust;
pub mod vendors;

pub use onroll_core::{domain, mapping, matching, planning};
