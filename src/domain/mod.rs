//! Plain data that every floor shares: ids, people, tenants, mappings, plans, decisions, runs, problems. No I/O.

pub mod audit;
pub mod capabilities;
pub mod code;
pub mod connection;
pub mod custom_field;
pub mod decision;
pub mod email;
pub mod exchange;
pub mod explain;
pub mod field;
pub mod filter;
pub mod ids;
pub mod inert;
pub mod list;
pub mod mapping;
pub mod operation;
pub mod person;
pub mod plan;
pub mod problem;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod settings;
pub mod snapshot;
pub mod text;
pub mod weather;
