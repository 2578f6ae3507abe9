//! Plain data that every floor shares: ids, people, tenants, mappings, plans, decisions, runs, problems. No I/O.

#[cfg(test)]
mod any_text;
pub mod audit;
pub mod capabilities;
pub mod code;
pub mod connection;
pub mod custom_field;
pub mod decision;
pub mod digest;
pub mod drift;
pub mod email;
pub mod exchange;
pub mod explain;
pub mod field;
pub mod filter;
pub mod fix_list;
pub mod ids;
pub mod inert;
pub mod list;
pub mod mapping;
pub mod operation;
pub mod person;
pub mod plan;
pub mod problem;
pub mod record;
pub mod rehearsal;
pub mod report;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod settings;
pub mod silence;
pub mod snapshot;
pub mod text;
pub mod trouble;
pub mod waves;
pub mod weather;
