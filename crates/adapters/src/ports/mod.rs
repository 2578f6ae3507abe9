//! The traits between the engine and its adapters, and their plain request and answer types; the clock and the processes of
//! this machine.

pub mod account;
pub mod api;
pub mod bounded;
pub mod chat;
pub mod clock;
pub mod connect;
pub mod destination;
pub mod exchange;
pub mod post;
pub mod process;
pub mod source;
pub mod stage;
