//! The screen Undo (SCREENS 7.23): what undoing a run would do, from what the destination holds now, line by line; what stays as
//! it is, and why. Nothing is sent before the line at the bottom is typed.

pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::Undo;

use crate::console::format;

/// What is said when people were let go of.
pub(in crate::console) fn released_words(count: usize) -> String {
    match count {
        0 => "Nobody is held because of it".to_owned(),
        count => {
            let people = format::counted(count as u64, "person", "people");
            format!("Released {people}; the next plan has them again")
        }
    }
}
