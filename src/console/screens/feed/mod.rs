//! The screen Feed: the feed log.

pub mod data;
