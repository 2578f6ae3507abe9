//! Time as a port, so that runs, leases and shelf lives can be tested without waiting.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use std::sync::Arc;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that many hold.
pub type SharedClock = Arc<dyn Clock>;

/// The day at `now` in an IANA time zone; UTC where the name is unknown (names are checked when a tenant is added).
pub fn day_in(now: Timestamp, time_zone: &str) -> Date {
    zoned_in(now, time_zone).date()
}

/// `now` in an IANA time zone; UTC where the name is unknown.
pub fn zoned_in(now: Timestamp, time_zone: &str) -> Zoned {
    now.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC))
}
