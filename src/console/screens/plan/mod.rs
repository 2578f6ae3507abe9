//! The screen Plan: the plan, and the page of a limit.

pub mod data;
