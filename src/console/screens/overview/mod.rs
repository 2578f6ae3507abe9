//! The screen Overview: the set-up checklist and the health of one tenant.

pub mod data;
mod steps;

pub use steps::{StepLine, step_line};
