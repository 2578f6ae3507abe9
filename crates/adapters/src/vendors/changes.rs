//! Who has changed since a cursor, by the modification times that records carry themselves.
//!
//! The cursor is a moment of the vendor's own clock that lies before the reading began, with `OVERLAP` between: whoever changes
//! while a list is read page by page changes after that moment, wherever their page stands, and is sent the next time.
//!
//! - The newest change that was seen is no later than the end of the reading, so that less the time that the reading took lies
//!   before its begin. No two clocks are compared for that.
//! - A time that lies ahead (a record of 2099) must not carry the cursor there: it is never later than `OVERLAP` before the
//!   begin by the clock of this machine.
//! - Nor is it earlier than a day before the begin by the clock of this machine: where many changed at once and nobody since, they
//!   are not sent for ever. No clock that is wrong by a day gets past the certificates of vendors.
//! - Times without a zone are taken for UTC. In the night in which the clocks of such a vendor go back, an hour comes twice.
//!
//! Whoever changed within the overlap is sent once more, which changes nothing.
//!
//! Beside the moment the cursor carries marks: digests of whatever else records depend on (names of sites, options, what the key
//! may see). Where one of these is another by now, the times tell too little, and everybody has to be read.

use super::rows::{has_zone, moment};
use crate::domain::run::Cursor;
use crate::ports::api::ApiError;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// Between the cursor and the newest change.
const OVERLAP: SignedDuration = SignedDuration::from_mins(30);

/// The part of the overlap that a short reading may take.
const SHORT: SignedDuration = SignedDuration::from_mins(10);

/// Before the begin of a reading, by the clock of this machine: the cursor lies no earlier.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the overlap of times without a zone has to cover beside.
const CLOCK_CHANGE: SignedDuration = SignedDuration::from_hours(1);

/// What one reading knows of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    from: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// By the clock of this machine.
    began: Timestamp,
    without_zone: bool,
    marks: Vec<String>,
}

impl Since {
    /// Since ever: a complete reading that begins now.
    pub fn ever(now: Timestamp) -> Self {
        Self { from: None, newest: None, began: now, without_zone: false, marks: Vec::new() }
    }

    /// Since this cursor; since ever where it is blank.
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] for a cursor that is none of ours.
    pub fn of(cursor: &Cursor, now: Timestamp) -> Result<Self, ApiError> {
        let mut words = cursor.0.split_whitespace();
        let Some(from) = words.next() else { return Ok(Self::ever(now)) };
        let from = from.parse().map_err(|_| ApiError::Unsupported { what: "what has changed since this cursor" })?;
        Ok(Self { from: Some(from), marks: words.map(str::to_owned).collect(), ..Self::ever(now) })
    }

    /// The moment of the cursor.
    pub fn from(&self) -> Option<Timestamp> {
        self.from
    }

    /// The day before the cursor, for vendors that filter by days: whose days these are is theirs to know.
    pub fn day(&self) -> Option<Date> {
        let day = self.from?.to_zoned(TimeZone::UTC).date();
        Some(day.yesterday().unwrap_or(day))
    }

    /// Puts down what records depend on beside their times, each thing at its place.
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] where it is not what it was when the cursor was given.
    pub fn depends_on(&mut self, place: usize, context: &str) -> Result<(), ApiError> {
        let digest = Sha256::digest(context);
        let mark: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        match self.marks.get_mut(place) {
            Some(known) if *known == mark => Ok(()),
            Some(_) if self.from.is_some() => {
                Err(ApiError::Unsupported { what: "what has changed: names, options or rights are not what they were" })
            }
            Some(known) => {
                *known = mark;
                Ok(())
            }
            None => {
                self.marks.push(mark);
                Ok(())
            }
        }
    }

    /// Whether a record may have changed since; one without a time that can be read may.
    pub fn takes(&mut self, modified: Option<&str>) -> bool {
        let Some(text) = modified else { return true };
        let Some(modified) = moment(text) else { return true };
        self.without_zone |= !has_zone(text);
        self.newest = self.newest.max(Some(modified));
        self.from.is_none_or(|from| modified >= from)
    }

    /// For records that tell no times: the cursor lies a day before the reading began by the clock of this machine.
    pub fn by_our_clock(&mut self) {
        self.newest = self.newest.or(Some(Timestamp::MIN));
    }

    /// The cursor of the next time, for a reading that ends now; no earlier than this one's. `None` where nothing told a time.
    pub fn next(&self, now: Timestamp) -> Option<Cursor> {
        let took = now.duration_since(self.began).saturating_sub(SHORT).max(SignedDuration::ZERO);
        let clocks = if self.without_zone { CLOCK_CHANGE } else { SignedDuration::ZERO };
        let before = |moment: Timestamp, span| moment.saturating_sub(span).unwrap_or(Timestamp::MIN);
        let seen = self.newest.map(|newest| {
            let seen = before(newest, took.saturating_add(clocks).saturating_add(OVERLAP));
            seen.min(before(self.began, OVERLAP)).max(before(self.began, DAY))
        });
        let moment = seen.max(self.from)?;
        let marks = self.marks.iter().map(|mark| format!(" {mark}"));
        Some(Cursor(format!("{moment}{}", marks.collect::<String>())))
    }

    /// Whether any record told when it was changed.
    pub fn is_told(&self) -> bool {
        self.newest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Cursor {
        Cursor(text.to_owned())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-01-10T12:00:00Z";

    #[test]
    fn a_cursor_stays_behind_the_newest_change_and_never_goes_back() {
        let now = at(NOW);
        let mut since = Since::of(&cursor(""), now).unwrap();
        assert!(since.takes(None) && !since.is_told() && since.next(now).is_none());
        assert!(since.takes(Some("2026-01-10T11:00:00Z")) && since.takes(Some("2026-01-09T11:00:00Z")));
        let next = since.next(now).unwrap();
        assert_eq!(next, cursor("2026-01-10T10:30:00Z"));
        let mut since = Since::of(&next, now).unwrap();
        let taken = ["2026-01-10T10:29:59Z", "2026-01-10T10:30:00Z", "2026-01-10T11:00:00Z", "soon"]
            .map(|modified| since.takes(Some(modified)));
        assert_eq!(taken, [false, true, true, true]);
        assert_eq!((since.next(now), since.day()), (Some(next.clone()), Some(jiff::civil::date(2026, 1, 9))));
        // Nobody has changed, or the list lost its newest.
        let mut since = Since::of(&next, now).unwrap();
        assert!(!since.takes(Some("2025-01-01T00:00:00Z")));
        assert_eq!(since.next(now), Some(next));
        assert!(Since::of(&cursor("page 7"), now).is_err());
    }

    #[test]
    fn a_long_reading_and_times_without_a_zone_put_it_further_back() {
        let now = at(NOW);
        let mut since = Since::ever(now);
        since.takes(Some("2026-01-10T11:00:00Z"));
        let end = now + SignedDuration::from_mins(100);
        assert_eq!(since.next(end), Some(cursor("2026-01-10T09:00:00Z")), "90 minutes past a short one");
        since.takes(Some("2026-01-10T11:00:00"));
        assert_eq!(since.next(now), Some(cursor("2026-01-10T09:30:00Z")));
        // A clock that was set back meanwhile.
        assert_eq!(since.next(now - SignedDuration::from_hours(5)), since.next(now));
    }

    #[test]
    fn a_time_ahead_does_not_carry_the_cursor_there() {
        let now = at(NOW);
        let mut since = Since::of(&cursor("2026-01-10T10:30:00Z"), now).unwrap();
        assert!(since.takes(Some("2099-01-01T00:00:00Z")) && since.takes(Some("2026-01-10T11:59:00Z")));
        assert_eq!(since.next(now), Some(cursor("2026-01-10T11:30:00Z")));
        let mut silent = Since::ever(now);
        silent.by_our_clock();
        assert_eq!(silent.next(now), Some(cursor("2026-01-09T12:00:00Z")));
        // All at once, and nobody since.
        let mut bulk = Since::ever(now);
        bulk.takes(Some("2026-01-02T09:00:00Z"));
        assert_eq!(bulk.next(now), Some(cursor("2026-01-09T12:00:00Z")));
    }

    #[test]
    fn what_records_depend_on_beside_their_times_is_compared() {
        let now = at(NOW);
        let mut since = Since::ever(now);
        since.takes(Some("2026-01-10T11:00:00Z"));
        since.depends_on(0, "sites").unwrap();
        since.depends_on(1, "rights").unwrap();
        let next = since.next(now).unwrap();
        let mut later = Since::of(&next, now).unwrap();
        assert!(later.depends_on(0, "sites").is_ok());
        assert_eq!(later.next(now), Some(next.clone()), "what was not looked at stays");
        assert!(later.depends_on(1, "other rights").is_err());
        let mut later = Since::of(&next, now).unwrap();
        assert!(later.depends_on(0, "other sites").is_err());
    }
}
