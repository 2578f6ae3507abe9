//! What comes of a box that asks.

/// What the operator answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The act was confirmed.
    Confirmed,
    /// Cancelled; nothing is to be done.
    Cancelled,
    /// An entry of a pick list, by its id.
    Picked(String),
    /// The text that was typed, which is to be created.
    Create(String),
    /// The name of the file that is to be written; its ending is one of the three that are known.
    Named(String),
}
