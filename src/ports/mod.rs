//! The traits between the engine and its adapters, and their plain request and answer types.

pub mod api;
pub mod clock;
pub mod destination;
pub mod source;
