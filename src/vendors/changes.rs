//! Who has changed since a cursor, by the modification times that records carry themselves.
//!
//! The cursor is a moment of the vendor's own clock. It lies `OVERLAP` before the newest change that was seen: while a list
//! is read page by page, somebody on a page that was read already may change before somebody on a later one. Whoever changed
//! within the overlap is sent once more, which changes nothing.

use super::rows::moment;
use crate::domain::run::Cursor;
use crate::ports::api::ApiError;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Longer than a list takes to be read.
const OVERLAP: SignedDuration = SignedDuration::from_mins(30);

/// What one reading of changes knows of times.
#[derive(Debug, Clone, Default)]
pub struct Since {
    from: Option<Timestamp>,
    newest: Option<Timestamp>,
}

impl Since {
    /// Since this cursor; since ever where it is blank.
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] for a cursor that is none of ours.
    pub fn of(cursor: &Cursor) -> Result<Self, ApiError> {
        let text = cursor.0.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let from = text.parse().map_err(|_| ApiError::Unsupported { what: "what has changed since this cursor" })?;
        Ok(Self { from: Some(from), newest: None })
    }

    /// The day before the cursor, for vendors that filter by days: whose days these are is theirs to know.
    pub fn day(&self) -> Option<Date> {
        let day = self.from?.to_zoned(TimeZone::UTC).date();
        Some(day.yesterday().unwrap_or(day))
    }

    /// Whether a record may have changed since; one without a time that can be read may.
    pub fn takes(&mut self, modified: Option<&str>) -> bool {
        let Some(modified) = modified.and_then(moment) else { return true };
        self.newest = self.newest.max(Some(modified));
        self.from.is_none_or(|from| modified >= from)
    }

    /// The cursor of the next time, no earlier than this one's; `None` where nothing told a time.
    pub fn next(&self) -> Option<Cursor> {
        let seen = self.newest.map(|newest| newest.saturating_sub(OVERLAP).unwrap_or(newest));
        seen.max(self.from).map(|moment| Cursor(moment.to_string()))
    }

    /// Whether any record told when it was changed.
    pub fn is_told(&self) -> bool {
        self.newest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stays_behind_the_newest_change_and_never_goes_back() {
        let cursor = |text: &str| Cursor(text.to_owned());
        let mut since = Since::of(&cursor("")).unwrap();
        assert!(since.takes(None) && !since.is_told() && since.next().is_none());
        assert!(since.takes(Some("2026-01-10T11:00:00Z")) && since.takes(Some("2026-01-09T11:00:00")));
        let next = since.next().unwrap();
        assert_eq!(next, cursor("2026-01-10T10:30:00Z"));
        let mut since = Since::of(&next).unwrap();
        let taken = ["2026-01-10T10:29:59Z", "2026-01-10T10:30:00Z", "2026-01-10T11:00:00Z", "soon"]
            .map(|modified| since.takes(Some(modified)));
        assert_eq!(taken, [false, true, true, true]);
        assert_eq!((since.next(), since.day()), (Some(next.clone()), Some(jiff::civil::date(2026, 1, 9))));
        // Nobody has changed, or the list lost its newest.
        let mut since = Since::of(&next).unwrap();
        assert!(!since.takes(Some("2025-01-01T00:00:00Z")));
        assert_eq!(since.next(), Some(next));
        assert!(Since::of(&cursor("page 7")).is_err());
    }
}
