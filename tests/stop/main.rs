//! Stop means stop (ALL13, ALL06): the real binary against simulators that hang, answer late or ask to wait, ended by signals,
//! killed, or stopped from another process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

mod account;
mod across;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod gate;
mod insert;
mod rewrite;
mod signals;
mod support;
mod terminal;
