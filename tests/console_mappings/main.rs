//! The screens Mappings, People and Person: pictures of the story of SCREENS, and behaviour over a real store.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod bx15;
mod desk;
mod mappings;
mod people;
mod person;
mod story;
mod workspace;
