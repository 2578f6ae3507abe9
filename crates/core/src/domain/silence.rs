//! When a vendor is out of order for everybody: the runs of several tenants have failed there one after the other, so it is
//! the vendor (or the way to it), not a tenant. Then scheduled runs wait, and one of them tries now and then; the first that
//! is answered lets all go on (a circuit breaker). Derived from the runs that are kept, so that a restart and a second
//! process know the same.

use super::connection::{Connection, Endpoint};
use super::ids::ConnectionId;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Failures in a row that make an outage.
const FAILURES: usize = 3;
/// Of so many tenants, at the least: one alone may have a server of its own that is down.
const TENANTS: usize = 2;
/// The wait after the first failure that counts; it doubles with each one that follows.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// No run of an interval waits longer, so that changes arrive soon after the vendor is back.
pub const LONGEST_TRY: SignedDuration = SignedDuration::from_mins(15);
/// No slot waits longer for its next attempt.
const LONGEST_AGAIN: SignedDuration = SignedDuration::from_mins(80);
/// Failures further back are past: nobody has tried since.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Where an API stands: tenants of one vendor at one host share its troubles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FarEnd {
    /// Key of the vendor's registry.
    pub vendor: String,
    /// `https://hr.example:8443`, where the connection names an address; empty at the vendor's own.
    pub origin: String,
}

impl FarEnd {
    /// Where an endpoint's API stands.
    #[must_use]
    pub fn of(endpoint: &Endpoint) -> Self {
        let origin = endpoint.parameters.values().find_map(|value| origin(value)).unwrap_or_default();
        Self { vendor: endpoint.vendor.clone(), origin }
    }

    /// Both ends of a connection.
    #[must_use]
    pub fn both(connection: &Connection) -> [Self; 2] {
        [Self::of(&connection.source), Self::of(&connection.destination)]
    }
}

/// Scheme, host and port of a URL.
fn origin(text: &str) -> Option<String> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Whoever writes a name into the address does not make another host of it.
    let host = authority.rsplit('@').next().unwrap_or_default();
    (is_web && !host.is_empty()).then(|| format!("{}://{}", scheme.to_lowercase(), host.to_lowercase()))
}

/// A run that shows how a far end was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    pub tenant: ConnectionId,
    /// It was answered; else it ended for want of an answer.
    pub was_answered: bool,
}

/// A far end that is out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The first failure of the row.
    pub since: Timestamp,
    /// Runs that failed in a row.
    pub failures: usize,
    /// Tenants that these were of.
    pub tenants: usize,
    /// When one run tries again.
    pub again: Timestamp,
}

impl Silence {
    /// Whether a far end is out of order, by the runs of the last [`LOOK_BACK`] in any order.
    #[must_use]
    pub fn of(attempts: &[Attempt], now: Timestamp) -> Option<Self> {
        let from = now.saturating_sub(LOOK_BACK).unwrap_or(now);
        let recent = || attempts.iter().filter(|attempt| (from..=now).contains(&attempt.at));
        let answered = recent().filter(|attempt| attempt.was_answered).map(|attempt| attempt.at).max();
        let row: Vec<_> = recent()
            .filter(|attempt| !attempt.was_answered && answered.is_none_or(|answered| attempt.at > answered))
            .collect();
        let tenants = row.iter().map(|attempt| attempt.tenant).collect::<BTreeSet<_>>().len();
        let (first, last) = (row.iter().map(|one| one.at).min()?, row.iter().map(|one| one.at).max()?);
        let is_out = row.len() >= FAILURES && tenants >= TENANTS;
        let again = last.saturating_add(wait(row.len() - FAILURES.min(row.len()), LONGEST_TRY)).unwrap_or(last);
        is_out.then_some(Self { since: first, failures: row.len(), tenants, again })
    }
}

/// When a slot whose run met an outage is tried again, `before` being its attempts that ended so before this one.
#[must_use]
pub fn again_after(now: Timestamp, before: u32) -> Timestamp {
    let wait = wait(usize::try_from(before).unwrap_or(usize::MAX), LONGEST_AGAIN);
    now.saturating_add(wait).unwrap_or(now)
}

fn wait(doublings: usize, longest: SignedDuration) -> SignedDuration {
    let factor = 1_i32.checked_shl(u32::try_from(doublings).unwrap_or(u32::MAX).min(16)).unwrap_or(i32::MAX);
    FIRST_WAIT.checked_mul(factor).unwrap_or(longest).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + minute * 60).unwrap()
    }

    fn failed(minute: i64, tenant: i64) -> Attempt {
        Attempt { at: at(minute), tenant: ConnectionId(tenant), was_answered: false }
    }

    fn answered(minute: i64, tenant: i64) -> Attempt {
        Attempt { was_answered: true, ..failed(minute, tenant) }
    }

    #[test]
    fn three_in_a_row_of_two_tenants_are_an_outage_until_one_is_answered() {
        let mut row = vec![answered(0, 1), failed(1, 1), failed(2, 2)];
        assert_eq!(Silence::of(&row, at(3)), None);
        row.push(failed(3, 1));
        let out = Silence::of(&row, at(3)).unwrap();
        assert_eq!((out.since, out.failures, out.tenants, out.again), (at(1), 3, 2, at(8)));
        row.push(failed(8, 3));
        assert_eq!(Silence::of(&row, at(8)).unwrap().again, at(18));
        row.push(failed(18, 3));
        row.push(failed(33, 3));
        assert_eq!(Silence::of(&row, at(40)).unwrap().again, at(48), "no longer than a quarter of an hour");
        row.push(answered(48, 2));
        assert_eq!(Silence::of(&row, at(49)), None);
    }

    #[test]
    fn one_tenant_alone_is_no_outage_of_the_vendor_and_a_day_later_it_is_past() {
        let row: Vec<_> = (0..9).map(|minute| failed(minute, 1)).collect();
        assert_eq!(Silence::of(&row, at(9)), None);
        let row = [failed(0, 1), failed(1, 2), failed(2, 3)];
        assert!(Silence::of(&row, at(60)).is_some());
        assert_eq!(Silence::of(&row, at(24 * 60 + 3)), None);
    }

    #[test]
    fn what_a_clock_that_was_ahead_has_left_counts_for_nothing() {
        let row = [failed(100, 1), failed(101, 2), failed(102, 3), answered(500, 1)];
        assert_eq!(Silence::of(&row, at(50)), None);
        assert!(Silence::of(&row, at(103)).is_some(), "the answer is of a time to come");
    }

    #[test]
    fn a_slot_is_tried_again_after_longer_and_longer_waits() {
        let minutes: Vec<i64> =
            (0..7).map(|before| again_after(at(0), before).duration_since(at(0)).as_mins()).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 80, 80]);
        assert_eq!(again_after(at(0), u32::MAX).duration_since(at(0)).as_mins(), 80);
    }

    #[test]
    fn tenants_of_one_host_share_a_far_end() {
        let end = |vendor: &str, url: &str| {
            FarEnd::of(&Endpoint {
                vendor: vendor.into(),
                parameters: BTreeMap::from([("base_url".into(), url.into()), ("client_id".into(), "x://".into())]),
                secrets: BTreeMap::new(),
            })
        };
        assert_eq!(end("scim", "https://A.example/one"), end("scim", "https://a.example/two?x"));
        assert_eq!(end("scim", "https://me@a.example").origin, "https://a.example");
        assert_ne!(end("scim", "https://a.example"), end("scim", "https://a.example:8443"));
        assert_ne!(end("scim", "https://a.example"), end("planday", "https://a.example"));
        assert_eq!(end("planday", "acme").origin, "");
    }

    proptest! {
        #[test]
        fn an_outage_needs_failures_after_the_last_answer_and_never_waits_for_ever(
            rows in proptest::collection::vec((0..200_i64, 1..5_i64, any::<bool>()), 0..40),
            now in 0..260_i64,
        ) {
            let attempts: Vec<_> = rows.iter().map(|(minute, tenant, was_answered)| Attempt {
                was_answered: *was_answered, ..failed(*minute, *tenant)
            }).collect();
            let past = || attempts.iter().filter(|one| one.at <= at(now));
            let newest = past().filter(|one| one.was_answered).map(|one| one.at).max();
            match Silence::of(&attempts, at(now)) {
                None => {}
                Some(out) => {
                    prop_assert!(newest.is_none_or(|newest| newest < out.since));
                    prop_assert!(out.failures >= 3 && out.tenants >= 2);
                    let last = past().map(|one| one.at).max().unwrap();
                    prop_assert!(out.again > last && out.again.duration_since(last) <= LONGEST_TRY);
                }
            }
        }
    }
}
