//! The screen People: everybody of a tenant.

pub mod data;
