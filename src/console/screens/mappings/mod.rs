//! The screen Mappings (SCREENS 7.3): source values to destination options, what blocks most people first, and what
//! accepting would do before it is done.

pub mod data;
mod edit;
mod filter;
mod import;
mod lens_view;
mod list;
mod pane;
pub(in crate::console::screens) mod parts;
mod state;
mod update;
mod view;

pub use state::{Mappings, place};
