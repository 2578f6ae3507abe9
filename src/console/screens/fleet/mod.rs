//! The fleet's lists (SCREENS 7.27): who is held, which values are not mapped, and somebody, in all tenants.

mod anybody;
mod anybody_view;
mod columns;
pub mod data;
pub mod row;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use anybody::Anybody;
pub use data::Counts;
pub use state::{FleetList, Which};
