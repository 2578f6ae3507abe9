//! Onroll: every employee of a customer, from its HR system into its learning platform, each exactly once.
//!
//! The floors; arrows of use point down only (`tests/floors.rs` reads the `use` lines and fails when one is crossed):
//!
//! ```text
//! 7  main.rs  launch/    arguments, choice of front end, the demo, exit code
//! 6  console/   cli/     two front ends; neither knows the other
//! 5  services/           what an operator can do, a file per noun
//! 4  engine/             runs: fetch, match, plan, hold, apply, verify, resume
//! 3  store/ vendors/ files/ secrets/ notify/    adapters: SQLite, HTTP, files, credentials, mail (package crates/adapters)
//! 2  ports/              the traits between the engine and the adapters                      (package crates/adapters)
//! 1  matching/ mapping/ planning/       pure functions over plain data      (package crates/core)
//! 0  domain/             plain data                                         (package crates/core)
//!    sandbox/            simulators of the vendors; known to launch, cli and tests only    (package crates/sandbox)
//! ```

#[cfg(test)]
#[allow(dead_code, reason = "the package of the adapters uses all of it")]
#[path = "../crates/adapters/src/battered.rs"]
mod battered;
pub mod cli;
pub mod console;
pub mod engine;
pub mod launch;
pub mod services;

pub use onroll_adapters::{files, notify, ports, secrets, store, vendors};
pub use onroll_core::{domain, mapping, matching, planning};
pub use onroll_sandbox as sandbox;
