//! The screen Person: one person: gates, record, timeline.

pub mod data;
