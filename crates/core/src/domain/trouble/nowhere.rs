//! Nothing succeeds anywhere: said once for the fleet, where many tenants break at the same time, instead of blaming each. Pure, over
//! how each feed stands and the clock.

use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::problem::Problem;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// It takes at least so long, however often a tenant runs.
pub const AT_LEAST: SignedDuration = SignedDuration::from_hours(1);
/// So many of its longest intervals a tenant may go without a success.
const INTERVALS: i32 = 3;
/// Tenants that have to fail: what breaks at one alone is its own trouble.
const TENANTS: usize = 2;

/// A run that ended without a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub run: RunId,
    pub at: Timestamp,
    /// What it ended with, without the vendor's name.
    pub said: String,
    /// The vendor that it failed at, where it was one.
    pub vendor: Option<String>,
    /// Both ends answered: neither this console nor its network is to blame.
    pub is_answered: bool,
}

/// How the feed of one tenant stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    pub connection: ConnectionId,
    pub tenant: String,
    pub is_live: bool,
    /// The longest time between two runs of its schedule; `None` where nothing begins by itself.
    pub interval: Option<SignedDuration>,
    /// Runs are owed since then: it was published, or got its schedule.
    pub since: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// Since then, newest first.
    pub attempts: Vec<Attempt>,
}

impl Feed {
    /// Whether it has gone without a success for longer than it may.
    fn is_overdue(&self, now: Timestamp) -> bool {
        let first = self.attempts.last().map(|attempt| attempt.at);
        let Some(since) = self.last_success.max(self.since).or(first) else { return false };
        now.duration_since(since) > patience(self.interval)
    }
}

/// How long a tenant with this longest time between two runs may go without a success.
#[must_use]
pub fn patience(interval: Option<SignedDuration>) -> SignedDuration {
    interval.and_then(|interval| interval.checked_mul(INTERVALS)).unwrap_or(AT_LEAST).max(AT_LEAST)
}

/// Who could begin a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// An operator has paused all schedules.
    pub is_paused: bool,
    /// A process watches the schedules.
    pub is_watched: bool,
}

/// Nothing has succeeded anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nowhere {
    /// Since the last success, or since the first attempt where there was none.
    pub since: Timestamp,
    /// The tenant of the last success, and when.
    pub last_success: Option<(String, Timestamp)>,
    /// When the first attempt after it failed; `None` where nothing was tried.
    pub first: Option<Timestamp>,
    pub attempts: usize,
    /// Those that failed, or were due: their own troubles are explained by it.
    pub tenants: Vec<ConnectionId>,
    /// What most attempts say, and whether all do.
    pub said: Option<(String, bool)>,
    /// The one vendor that all attempts failed at.
    pub vendor: Option<String>,
    /// The newest attempts and whose they are, newest first.
    pub newest: Vec<(ConnectionId, Attempt)>,
}

/// Attempts that are listed at most.
const LISTED: usize = 60;

/// What an attempt ended with, as it is compared with others: the vendor's words without its name.
#[must_use]
pub fn said(problem: &Problem) -> String {
    let text = if problem.why.is_empty() { &problem.what } else { &problem.why };
    match problem.vendor() {
        Some(vendor) if text.contains(vendor) => {
            text.split_once(": ").map_or_else(|| text.clone(), |(_, detail)| detail.to_owned())
        }
        _ => text.clone(),
    }
}

/// Whether nothing succeeds anywhere at `now`.
#[must_use]
pub fn nowhere(feeds: &[Feed], watch: Watch, now: Timestamp) -> Option<Nowhere> {
    let last = feeds.iter().filter_map(|feed| Some((feed.last_success?, feed))).max_by_key(|(at, _)| *at);
    let last_at = last.map(|(at, _)| at);
    let live: Vec<&Feed> = feeds.iter().filter(|feed| feed.is_live).collect();
    let after_last = |attempt: &&Attempt| last_at.is_none_or(|at| attempt.at > at);
    let tried: Vec<(&Feed, Vec<&Attempt>)> = live
        .iter()
        .map(|feed| (*feed, feed.attempts.iter().filter(after_last).collect::<Vec<_>>()))
        .filter(|(_, attempts)| !attempts.is_empty())
        .collect();
    let attempts: Vec<&Attempt> = tried.iter().flat_map(|(_, attempts)| attempts.iter().copied()).collect();
    let first = attempts.iter().map(|attempt| attempt.at).min();
    let is_so = if tried.is_empty() {
        is_not_even_tried(&live, watch, now)
    } else {
        is_tried_in_vain(&live, &tried, &attempts, now)
    };
    let owed = || live.iter().filter_map(|feed| feed.since).min();
    let since = last_at.or(first).or_else(owed)?;
    if !is_so || now.duration_since(since) < AT_LEAST {
        return None;
    }
    let concerned = |feed: &&Feed| feed.interval.is_some();
    let tenants = match tried.is_empty() {
        true => live.iter().copied().filter(concerned).map(|feed| feed.connection).collect(),
        false => tried.iter().map(|(feed, _)| feed.connection).collect(),
    };
    let vendors: BTreeSet<_> = attempts.iter().map(|attempt| attempt.vendor.as_deref()).collect();
    let vendor = if vendors.len() == 1 { vendors.into_iter().next().flatten() } else { None };
    Some(Nowhere {
        since,
        last_success: last.map(|(at, feed)| (feed.tenant.clone(), at)),
        first,
        attempts: attempts.len(),
        tenants,
        said: commonest(&attempts),
        vendor: vendor.map(str::to_owned),
        newest: newest(&tried),
    })
}

/// Nothing was tried although it was due, and nobody is there to try it.
fn is_not_even_tried(live: &[&Feed], watch: Watch, now: Timestamp) -> bool {
    let mut scheduled = live.iter().filter(|feed| feed.interval.is_some()).peekable();
    let is_any = scheduled.peek().is_some();
    is_any && !watch.is_paused && !watch.is_watched && scheduled.all(|feed| feed.is_overdue(now))
}

/// Every attempt since the last success failed before both ends had answered, at several tenants that are all overdue by now. A tenant
/// whose time is not up says nothing either way, so long as what failed is not one vendor alone.
fn is_tried_in_vain(live: &[&Feed], tried: &[(&Feed, Vec<&Attempt>)], attempts: &[&Attempt], now: Timestamp) -> bool {
    let overdue = tried.iter().filter(|(feed, _)| feed.is_overdue(now)).count();
    let everybody = live.iter().filter(|feed| feed.interval.is_some()).all(|feed| feed.is_overdue(now));
    let vendors: BTreeSet<_> = attempts.iter().filter_map(|attempt| attempt.vendor.as_deref()).collect();
    overdue >= TENANTS && !attempts.iter().any(|attempt| attempt.is_answered) && (everybody || vendors.len() > 1)
}

fn newest(tried: &[(&Feed, Vec<&Attempt>)]) -> Vec<(ConnectionId, Attempt)> {
    let mut all: Vec<(ConnectionId, Attempt)> = tried
        .iter()
        .flat_map(|(feed, attempts)| attempts.iter().map(|attempt| (feed.connection, (*attempt).clone())))
        .collect();
    all.sort_by_key(|(_, attempt)| std::cmp::Reverse((attempt.at, attempt.run)));
    all.truncate(LISTED);
    all
}

fn commonest(attempts: &[&Attempt]) -> Option<(String, bool)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for attempt in attempts.iter().filter(|attempt| !attempt.said.is_empty()) {
        *counts.entry(&attempt.said).or_default() += 1;
    }
    let (said, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some((said.to_owned(), count == attempts.len()))
}

/// A span in its largest unit: `3 h`, `50 min`, `4 days`.
#[must_use]
pub fn span(span: SignedDuration) -> String {
    match (span.as_mins(), span.as_hours()) {
        (minutes, 0) => format!("{} min", minutes.max(0)),
        (_, hours) if hours < 48 => format!("{hours} h"),
        (_, hours) => format!("{} days", hours / 24),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

impl Nowhere {
    /// The line itself.
    #[must_use]
    pub fn head(&self, now: Timestamp) -> String {
        let tenants = counted(self.tenants.len(), "tenant", "tenants");
        let long = span(now.duration_since(self.since));
        match self.attempts {
            0 => format!("Nothing has run anywhere for {long}: {tenants} due, and nobody watches the schedules"),
            some => {
                let attempts = counted(some, "attempt", "attempts");
                format!("Nothing has succeeded anywhere for {long}: {attempts} at {tenants}")
            }
        }
    }

    /// What stands under it: what it is, and what the attempts say; `first` is when the first of them failed, for people.
    #[must_use]
    pub fn because(&self, first: &str) -> String {
        let tenants = counted(self.tenants.len(), "customer", "customers");
        if self.attempts == 0 {
            return "Start `onroll watch` where it is to run: no schedule begins by itself without it.".to_owned();
        }
        let it = match &self.vendor {
            Some(vendor) => format!("It is {vendor}, or the way to it, not {tenants}"),
            None => format!("It is this console, its network or its clock, not {tenants}"),
        };
        let say = match &self.said {
            Some((said, true)) => format!(": all of them say `{said}`, the first at {first}."),
            Some((said, false)) => format!(": most of them say `{said}`, the first at {first}."),
            None => format!(": the first failed at {first}."),
        };
        format!("{it}{say}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCHED: Watch = Watch { is_paused: false, is_watched: true };

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + minutes * 60).unwrap()
    }

    /// A tenant that runs every so many minutes, had a success at minute 0, and has failed so since minute 1.
    fn feed(id: i64, every: i64, failed_until: i64, vendor: &str) -> Feed {
        let times = (0..).map(|n| 1 + n * every).take_while(|at| *at <= failed_until).collect::<Vec<_>>();
        let attempt = |minutes: &i64| Attempt {
            run: RunId(id * 1000 + minutes),
            at: at(*minutes),
            said: "no route to host".to_owned(),
            vendor: Some(vendor.to_owned()),
            is_answered: false,
        };
        Feed {
            connection: ConnectionId(id),
            tenant: format!("Tenant {id}"),
            is_live: true,
            interval: Some(SignedDuration::from_mins(every)),
            since: None,
            last_success: Some(at(0)),
            attempts: times.iter().rev().map(attempt).collect(),
        }
    }

    fn fleet(until: i64) -> Vec<Feed> {
        vec![feed(1, 15, until, "MAPAL OS"), feed(2, 15, until, "Planday"), feed(3, 30, until, "PeopleHR")]
    }

    #[test]
    fn it_is_said_after_three_intervals_and_an_hour_and_goes_with_the_first_success() {
        assert_eq!(nowhere(&fleet(60), WATCHED, at(60)), None, "not before an hour");
        let said = nowhere(&fleet(61), WATCHED, at(61)).unwrap();
        assert_eq!((said.since, said.first, said.tenants.len(), said.attempts), (at(0), Some(at(1)), 3, 13));
        assert_eq!(said.head(at(180)), "Nothing has succeeded anywhere for 3 h: 13 attempts at 3 tenants");
        assert_eq!(
            said.because("11:04"),
            "It is this console, its network or its clock, not 3 customers: all of them say `no route to host`, the first at \
             11:04."
        );
        let mut healed = fleet(61);
        healed[1].last_success = Some(at(62));
        assert_eq!(nowhere(&healed, WATCHED, at(200)), None, "what failed before it is no attempt since");
        // Of a slow pair three intervals have to pass.
        let slow = vec![feed(1, 60, 170, "MAPAL OS"), feed(2, 60, 170, "MAPAL OS")];
        assert_eq!(nowhere(&slow, WATCHED, at(179)), None);
        assert!(nowhere(&slow, WATCHED, at(181)).is_some());
    }

    #[test]
    fn a_tenant_whose_time_is_not_up_says_nothing_unless_one_vendor_alone_fails() {
        let daily = || Feed { attempts: Vec::new(), ..feed(9, 24 * 60, 0, "Moodle") };
        let mut mixed = fleet(90);
        mixed.push(daily());
        assert_eq!(nowhere(&mixed, WATCHED, at(95)).map(|said| said.tenants.len()), Some(3));
        let one_vendor = vec![feed(1, 15, 90, "Planday"), feed(2, 15, 90, "Planday"), daily()];
        assert_eq!(nowhere(&one_vendor, WATCHED, at(95)), None, "Planday is down, not the console");
        let all_of_one = vec![feed(1, 15, 90, "Planday"), feed(2, 15, 90, "Planday")];
        let said = nowhere(&all_of_one, WATCHED, at(95)).unwrap();
        assert!(said.because("11:04").starts_with("It is Planday, or the way to it"), "{}", said.because(""));
    }

    #[test]
    fn one_tenant_or_one_that_had_answers_is_no_outage() {
        assert_eq!(nowhere(&[feed(1, 15, 300, "Planday")], WATCHED, at(300)), None);
        let mut stopped = fleet(300);
        stopped[2].attempts[0].is_answered = true;
        assert_eq!(nowhere(&stopped, WATCHED, at(300)), None, "a limit stopped it: both ends answered");
        let mut off = fleet(300);
        (off[0].is_live, off[1].is_live) = (false, false);
        assert_eq!(nowhere(&off, WATCHED, at(300)), None);
        assert_eq!(nowhere(&[], WATCHED, at(300)), None);
        assert_eq!(nowhere(&fleet(300), WATCHED, at(-600)), None, "a clock that was put back");
    }

    #[test]
    fn nothing_is_tried_because_nobody_watches() {
        let idle = || fleet(0);
        let nobody = Watch { is_paused: false, is_watched: false };
        let said = nowhere(&idle(), nobody, at(200)).unwrap();
        assert_eq!(
            said.head(at(200)),
            "Nothing has run anywhere for 3 h: 3 tenants due, and nobody watches the schedules"
        );
        assert_eq!(nowhere(&idle(), nobody, at(80)), None, "one runs every half hour");
        assert_eq!(nowhere(&idle(), WATCHED, at(200)), None);
        assert_eq!(
            nowhere(&idle(), Watch { is_paused: true, is_watched: false }, at(200)),
            None,
            "paused by an operator"
        );
        let manual = Feed { interval: None, ..feed(1, 15, 0, "Planday") };
        assert_eq!(nowhere(&[manual], nobody, at(20_000)), None);
    }
}
