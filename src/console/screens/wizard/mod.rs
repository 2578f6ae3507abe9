//! The screen Wizard: adding a tenant.

pub mod data;
