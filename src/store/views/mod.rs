//! What screens read: plain rows, one file per screen.
