//! The screen Tenants: one line per tenant, ranked by need of a human (SCREENS 7.1).

mod columns;
pub mod data;
mod marked;
mod need;
pub mod removal;
mod state;
mod update;
mod view;

pub use need::{live_share, live_words};
pub use state::{Tenants, counts};
