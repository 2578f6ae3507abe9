//! The screen Two files (SCREENS 7.20): two lists of people and no account. Files, columns, match, result; the result is ruled on
//! like Review, and a ruling is a line in a file.

mod card;
mod columns;
mod columns_row;
mod columns_say;
mod columns_sure;
mod columns_view;
pub mod data;
mod files;
mod files_view;
mod narrow;
mod result;
mod result_view;
mod running;
mod state;
mod update;
mod view;
mod writing;

pub use state::TwoFiles;
