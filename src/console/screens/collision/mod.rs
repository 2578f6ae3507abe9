//! The collision card (SCREENS 7.5): employees with one identifier or one e-mail, side by side with what the destination
//! has. Its questions and acts are Review's.

mod state;
mod update;
mod view;

pub use state::CollisionScreen;

#[cfg(test)]
mod tests;
