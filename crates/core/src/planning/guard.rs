//! The guard of both lists: an answer that cannot be the whole company deactivates nobody, and one that cannot be all users
//! creates nobody anew (ALL09).

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
    /// The records came, but not as they should be: a field that is empty for everybody, dates that cannot be. An operator can let
    /// it through.
    #[error("{}", findings.join("; "))]
    Weather { received: u64, last_good: u64, findings: Vec<String> },
    /// Far fewer users than last time, or none. An operator can let it through.
    #[error(
        "{received} users came, {last_good} the last time: {lost} fewer. From such a list people who have a user would be created anew"
    )]
    UsersShrunk { received: u64, last_good: u64, lost: u64 },
}

impl GuardStop {
    /// Whether a typed confirmation may let this pull through, once.
    pub fn can_be_let_through(&self) -> bool {
        matches!(self, GuardStop::Shrunk { .. } | GuardStop::Weather { .. } | GuardStop::UsersShrunk { .. })
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
    if is_far_fewer(lost, last_good) && !allow_shrink {
        return Err(GuardStop::Shrunk { received, last_good, lost });
    }
    Ok(())
}

fn is_far_fewer(lost: u64, last_good: u64) -> bool {
    lost >= 5 && lost.saturating_mul(10) > last_good
}

/// Checks a complete list of users against the last good one. A destination may be empty at first, never all at once.
///
/// # Errors
/// [`GuardStop::UsersShrunk`]: nobody where somebody was, or over 10 % (and at least 5 users) fewer than last time, unless
/// `allow_shrink`.
pub fn users_guard(received: u64, last_good: Option<u64>, allow_shrink: bool) -> Result<(), GuardStop> {
    let last_good = last_good.unwrap_or(0);
    let lost = last_good.saturating_sub(received);
    let is_emptied = received == 0 && lost > 0;
    if (is_emptied || is_far_fewer(lost, last_good)) && !allow_shrink {
        return Err(GuardStop::UsersShrunk { received, last_good, lost });
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

    #[test]
    fn all09_users_stop_where_they_are_gone_or_far_fewer_than_last_time() {
        assert_eq!(users_guard(0, None, false), Ok(()), "a new account");
        assert_eq!(users_guard(0, Some(0), false), Ok(()));
        let emptied = users_guard(0, Some(1), false);
        assert_eq!(emptied, Err(GuardStop::UsersShrunk { received: 0, last_good: 1, lost: 1 }));
        assert_eq!(users_guard(90, Some(100), false), Ok(()));
        let stop = users_guard(89, Some(100), false);
        assert_eq!(stop, Err(GuardStop::UsersShrunk { received: 89, last_good: 100, lost: 11 }));
        assert_eq!(users_guard(89, Some(100), true), Ok(()));
        assert_eq!(users_guard(6, Some(10), false), Ok(()), "4 fewer are not 5");
    }
}
