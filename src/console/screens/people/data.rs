//! What the screen asks, does and is told.

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {}
