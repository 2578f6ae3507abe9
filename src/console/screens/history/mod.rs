//! The screen History: past runs.

pub mod data;
