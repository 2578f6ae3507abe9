//! The clocks of the console.

use jiff::Timestamp;
use std::time::Duration;

/// A point in time, by both clocks: the wall for what is shown, the uptime for deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock.
    pub wall: Timestamp,
    /// Time since the console started; never goes back.
    pub uptime: Duration,
}

impl Default for Moment {
    fn default() -> Self {
        Self { wall: Timestamp::UNIX_EPOCH, uptime: Duration::ZERO }
    }
}
