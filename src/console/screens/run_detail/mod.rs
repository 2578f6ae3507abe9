//! The screen Run detail (SCREENS 7.11): totals, then failures with the destination's own words, who was held and why, and
//! every change with who is mapped to whom. What it asks and is told lies in `history/data.rs`.

mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::RunDetail;
