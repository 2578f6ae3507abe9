//! The page of the typed confirmation (SCREENS 7.12, grade 3): a plan past a limit, or a first import. Parts that are not
//! ticked stay held; the number that is typed is the number ticked. Its questions are Plan's.

mod state;
mod update;
mod view;

pub use state::LimitScreen;
pub(in crate::console::screens) use state::{subject, subject_in_waves};

#[cfg(test)]
mod tests;
