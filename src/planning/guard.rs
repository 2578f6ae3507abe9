//! The source guard: an answer that cannot be the whole company deactivates nobody (ALL09).

use crate::domain::snapshot::SourceFacts;

/// Why a pull must not be planned from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardStop {
    /// Nobody at all.
    #[error(
        "the source sent no employees; nothing is planned from an empty list. Check the credentials and the source filter"
    )]
    Empty,
    /// The source says one number and sends another.
    #[error("the source says that it has {declared} employees but sent {received}; pull again, a page may be missing")]
    TotalDiffers { declared: u64, received: u64 },
    /// Far fewer than last time. The only stop that an operator can let through.
    #[error(
        "{received} employees came, {last_good} the last time: {lost} fewer. Check the source and its filter; if it is right, let it through once"
    )]
    Shrunk { received: u64, last_good: u64, lost: u64 },
}

impl GuardStop {
    /// Whether a typed confirmation may let this pull through, once.
    pub fn can_be_let_through(&self) -> bool {
        matches!(self, GuardStop::Shrunk { .. })
    }
}

/// Checks a complete pull against what the source declares and against the last good one.
///
/// # Errors
/// [`GuardStop`]: zero rows, a total that differs from the rows received, or over 10 % (and at least 5 people) fewer than
/// last time, unless `allow_shrink`.
pub fn source_guard(
    facts: &SourceFacts,
    received: u64,
    last_good: Option<u64>,
    allow_shrink: bool,
) -> Result<(), GuardStop> {
    if received == 0 {
        return Err(GuardStop::Empty);
    }
    if facts.declared_total != received {
        return Err(GuardStop::TotalDiffers { declared: facts.declared_total, received });
    }
    let Some(last_good) = last_good else { return Ok(()) };
    let lost = last_good.saturating_sub(received);
    if lost >= 5 && lost.saturating_mul(10) > last_good && !allow_shrink {
        return Err(GuardStop::Shrunk { received, last_good, lost });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(declared_total: u64) -> SourceFacts {
        SourceFacts { declared_total, ..SourceFacts::default() }
    }

    #[test]
    fn all09_an_empty_or_torn_list_is_refused_whatever_is_allowed() {
        assert_eq!(source_guard(&facts(0), 0, None, true), Err(GuardStop::Empty));
        assert_eq!(
            source_guard(&facts(100), 90, Some(100), true),
            Err(GuardStop::TotalDiffers { declared: 100, received: 90 })
        );
    }

    #[test]
    fn all09_a_shorter_list_stops_past_ten_percent_and_five_people() {
        assert_eq!(source_guard(&facts(90), 90, Some(100), false), Ok(()));
        let stop = source_guard(&facts(89), 89, Some(100), false);
        assert_eq!(stop, Err(GuardStop::Shrunk { received: 89, last_good: 100, lost: 11 }));
        assert!(stop.is_err_and(|stop| stop.can_be_let_through()));
        assert_eq!(source_guard(&facts(89), 89, Some(100), true), Ok(()));
        assert_eq!(source_guard(&facts(6), 6, Some(10), false), Ok(()), "4 fewer are not 5");
    }
}
