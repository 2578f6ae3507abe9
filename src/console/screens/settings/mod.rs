//! The screen Settings: the settings of a connection.

pub mod data;
