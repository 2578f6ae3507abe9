//! Runs that begin by themselves: the scenarios by id in real worlds on a clock that the test moves, and the slots in any
//! number of processes with jobs that are only counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "scenarios/changed_worlds.rs"]
#[allow(dead_code, reason = "shared with the scenarios")]
mod changed_worlds;
#[path = "schedule/chat.rs"]
mod chat;
#[path = "schedule/commands.rs"]
mod commands;
mod common;
#[path = "schedule/counted.rs"]
mod counted;
#[path = "schedule/digests.rs"]
mod digests;
#[path = "schedule/fleet_week.rs"]
mod fleet_week;
#[path = "schedule/scenarios.rs"]
mod scenarios;
#[path = "schedule/silences.rs"]
mod silences;
#[path = "schedule/slots.rs"]
mod slots;
#[path = "schedule/status.rs"]
mod status;
#[path = "schedule/troubles.rs"]
mod troubles;
#[path = "schedule/webhooks.rs"]
mod webhooks;
#[path = "schedule/year.rs"]
mod year;
