//! The screen Mappings: mapping tables.

pub mod data;
