//! The source guard's page (DESIGN 7): far fewer employees came than last time. Typing the number lets this one pull
//! through; it is planned then, and nothing is sent. Its questions are Run's.

mod state;
mod update;
mod view;

pub use state::GuardScreen;

#[cfg(test)]
mod tests;
