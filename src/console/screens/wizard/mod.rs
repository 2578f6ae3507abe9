//! The screen Wizard: adding a tenant in four steps (SCREENS 7.16).

pub mod data;
mod form;
mod pages;
mod state;
mod update;
mod view;

pub use state::Wizard;
