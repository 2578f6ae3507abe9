//! The screens Tenants, Overview and the wizard: what they draw, what their keys do, what the store answers them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod backend;
mod bench;
mod overview;
mod tenants;
mod wizard;
