//! The screen Run: a live run.

pub mod data;
