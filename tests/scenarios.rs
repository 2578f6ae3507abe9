//! The behaviours that an operator relies on (SCENARIOS), each by its id: real HTTP, a real file, the real engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "scenarios/any_fault.rs"]
mod any_fault;
#[path = "scenarios/any_pair.rs"]
mod any_pair;
#[path = "scenarios/bamboohr.rs"]
mod bamboohr;
#[path = "scenarios/changed.rs"]
mod changed;
#[path = "scenarios/changed_worlds.rs"]
mod changed_worlds;
mod common;
#[path = "scenarios/destination_truth.rs"]
mod destination_truth;
#[path = "scenarios/drift.rs"]
mod drift;
#[path = "scenarios/edited_identifier.rs"]
mod edited_identifier;
#[path = "scenarios/every_integration.rs"]
mod every_integration;
#[path = "scenarios/fix_list.rs"]
mod fix_list;
#[path = "scenarios/forget.rs"]
mod forget;
#[path = "scenarios/freshteam.rs"]
mod freshteam;
#[path = "scenarios/learn_amp.rs"]
mod learn_amp;
#[path = "scenarios/learn_amp_teams.rs"]
mod learn_amp_teams;
#[path = "scenarios/learning.rs"]
mod learning;
#[path = "scenarios/mapal_os.rs"]
mod mapal_os;
#[path = "scenarios/mapal_os_rest.rs"]
mod mapal_os_rest;
#[path = "scenarios/moodle.rs"]
mod moodle;
#[path = "scenarios/one_human.rs"]
mod one_human;
#[path = "scenarios/people_file.rs"]
mod people_file;
#[path = "scenarios/people_file_destination.rs"]
mod people_file_destination;
#[path = "scenarios/peoplehr.rs"]
mod peoplehr;
#[path = "scenarios/plain_insert.rs"]
mod plain_insert;
#[path = "scenarios/planday_flow.rs"]
mod planday_flow;
#[path = "scenarios/reading.rs"]
mod reading;
#[path = "scenarios/rehearsal.rs"]
mod rehearsal;
#[path = "scenarios/review.rs"]
mod review;
#[path = "scenarios/reward_gateway.rs"]
mod reward_gateway;
#[path = "scenarios/rotaready.rs"]
mod rotaready;
#[path = "scenarios/said.rs"]
mod said;
#[path = "scenarios/scim.rs"]
mod scim;
#[path = "scenarios/trouble.rs"]
mod trouble;
#[path = "scenarios/undo.rs"]
mod undo;
#[path = "scenarios/unreadable.rs"]
mod unreadable;
#[path = "scenarios/waves.rs"]
mod waves;
#[path = "scenarios/weather.rs"]
mod weather;
