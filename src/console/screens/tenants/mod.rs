//! The screen Tenants: the list of tenants.

pub mod data;
