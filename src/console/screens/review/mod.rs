//! The screen Review: the review queue and its cards.

pub mod data;
