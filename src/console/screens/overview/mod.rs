//! The screen Overview: the set-up checklist and the health of one tenant (SCREENS 7.2).

mod code;
pub mod data;
mod facts;
mod probe;
mod state;
mod steps;
mod update;
mod view;

pub use probe::{Pane as ProbePane, draw as draw_probe};
pub use state::Overview;
pub use steps::{StepLine, step_line};
