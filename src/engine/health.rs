//! Whether a destination still takes the lines of a run, is out of order as a whole, or refuses more than the quarantine
//! allows. One record that cannot be read or written never ends a run; all of them together do.

use super::error::EngineError;
use crate::domain::connection::ConnectionStatus;
use crate::ports::api::ApiError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Quarantine: this share of failures in at least this many attempts (DESIGN 7).
const QUARANTINE_SHARE: f64 = 0.4;
const QUARANTINE_ATTEMPTS: u32 = 20;
/// What a quarantine does to a tenant. One that was switched off meanwhile stays off.
pub(super) const PAUSING: (ConnectionStatus, ConnectionStatus) = (ConnectionStatus::Live, ConnectionStatus::Paused);
/// Live records in a row that could not be read: then it is the destination, not a record.
const OUTAGE_READS: u32 = 5;

/// Counts of one run. A request without a usable answer is one attempt and one failure, however many people it carried.
#[derive(Debug, Default)]
pub(super) struct Health {
    attempts: AtomicU32,
    failures: AtomicU32,
    unread_in_a_row: AtomicU32,
    was_read: AtomicBool,
}

impl Health {
    /// Lines that the destination answered with yes or no.
    pub(super) fn answered(&self, lines: u32) {
        self.attempts.fetch_add(lines, Ordering::Relaxed);
    }

    /// One of these was a no.
    pub(super) fn refused(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// A request without a usable answer that did not take effect, as far as one can read.
    pub(super) fn unanswered(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// A live record was read.
    pub(super) fn read(&self) {
        self.unread_in_a_row.store(0, Ordering::Relaxed);
        self.was_read.store(true, Ordering::Relaxed);
    }

    /// A live record could not be read: the error again where it is the connection's trouble, else the words for this one
    /// record. On the last try a destination that has not answered a single read is out of order.
    pub(super) fn unread(&self, error: EngineError, last_try: bool) -> Result<String, EngineError> {
        let EngineError::Api(api) = error else { return Err(error) };
        let of_one_record = match &api {
            ApiError::Temporary { .. }
            | ApiError::Unexpected { .. }
            | ApiError::Corrupt { .. }
            | ApiError::Incomplete { .. }
            | ApiError::Forbidden { .. } => true,
            ApiError::Refused { .. }
            | ApiError::Unreadable { .. }
            | ApiError::Certificate { .. }
            | ApiError::WrongAddress { .. }
            | ApiError::OtherAccount { .. }
            | ApiError::Setup { .. }
            | ApiError::UnknownVendor { .. }
            | ApiError::Unsupported { .. }
            | ApiError::Stopped => false,
        };
        let row = self.unread_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        let outage = row >= OUTAGE_READS || (last_try && !self.was_read.load(Ordering::Relaxed));
        if !of_one_record || outage { Err(api.into()) } else { Ok(api.to_string()) }
    }

    /// Failures and attempts, where they are past the quarantine's share.
    pub(super) fn quarantine(&self) -> Option<(u32, u32)> {
        let (failures, attempts) = (self.failures.load(Ordering::Relaxed), self.attempts.load(Ordering::Relaxed));
        let past = attempts >= QUARANTINE_ATTEMPTS && f64::from(failures) >= QUARANTINE_SHARE * f64::from(attempts);
        past.then_some((failures, attempts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary() -> EngineError {
        ApiError::Temporary { vendor: "Flow", detail: "500".into() }.into()
    }

    #[test]
    fn the_quarantine_begins_at_forty_percent_of_twenty_and_not_before() {
        let health = Health::default();
        health.answered(19);
        (0..8).for_each(|_| health.refused());
        assert_eq!(health.quarantine(), None, "19 attempts are too few");
        health.answered(1);
        assert_eq!(health.quarantine(), Some((8, 20)));
        health.answered(1);
        assert_eq!(health.quarantine(), None, "8 of 21 are under 40 %");
        health.unanswered();
        assert_eq!(health.quarantine(), Some((9, 22)), "a request without an answer is a failure");
    }

    #[test]
    fn one_unreadable_record_is_its_own_trouble_and_five_in_a_row_are_the_destinations() {
        let health = Health::default();
        for _ in 0..3 {
            (0..4).for_each(|_| assert!(health.unread(temporary(), false).is_ok()));
            health.read();
        }
        assert!(health.unread(temporary(), true).is_ok(), "others were read");
        (0..3).for_each(|_| assert!(health.unread(temporary(), false).is_ok()));
        assert!(health.unread(temporary(), false).is_err());
        assert!(Health::default().unread(temporary(), true).is_err(), "nothing was ever read");
        let refused = ApiError::Refused { vendor: "Flow", detail: "401".into() };
        assert!(health.unread(refused.into(), false).is_err());
    }
}
