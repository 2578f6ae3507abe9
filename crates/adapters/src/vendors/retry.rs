//! How long to wait before a request is sent again, and what answers say of the vendor's quotas.

use crate::domain::capabilities::Quota;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};
use std::time::Duration;

/// Seconds until the request window that matters opens again (planday.md 1.8, PD-rate).
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// Requests left in that window.
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// The quotas themselves: `2000, 20;w=1, 750;w=60`.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("x-ratelimit-limit");

/// Seconds beyond which a reset is a moment of the Unix calendar, not a length.
const MOMENT: f64 = 1e8;

/// How often and how patiently a client tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryRules {
    /// Attempts in all, the first one included.
    pub attempts: u32,
    /// First wait after an error; doubles with each attempt.
    pub error_base: Duration,
    /// First wait after a 429 or 503 that does not say how long.
    pub throttle_base: Duration,
    /// Longest wait that the client chooses by itself.
    pub cap: Duration,
    /// Longest wait that a vendor may ask for; past it the call fails at once.
    pub patience: Duration,
}

impl Default for RetryRules {
    fn default() -> Self {
        Self {
            attempts: 5,
            error_base: Duration::from_millis(500),
            throttle_base: Duration::from_secs(2),
            cap: Duration::from_secs(30),
            patience: Duration::from_secs(300),
        }
    }
}

impl RetryRules {
    /// The wait after failed attempt number `attempt` (from 1): exponential, capped, with jitter between half and all.
    pub fn backoff(&self, base: Duration, attempt: u32) -> Duration {
        let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(20)));
        let full = doubled.min(self.cap);
        full.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// What the body of an answer says, at a vendor that answers 200 to everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is what was asked for, or a refusal that asking again does not change.
    Final,
    /// Too many requests: the vendor's window has to pass ([`RetryRules::throttle_base`]).
    Throttled,
    /// It may pass; in words.
    Failed(String),
}

/// What an answer says of the vendor's quotas. Missing or unreadable headers say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateHeaders {
    pub policies: Vec<Quota>,
    /// Requests left in the window that is the tightest now.
    pub remaining: Option<u32>,
    /// Time until that window begins anew, rounded up to whole seconds by the vendor.
    pub reset: Option<Duration>,
}

impl RateHeaders {
    /// Reads the `x-ratelimit-` headers.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        Self {
            policies: text(headers, &RATE_LIMIT_POLICY).map(policies).unwrap_or_default(),
            remaining: text(headers, &RATE_LIMIT_REMAINING).and_then(|value| value.parse().ok()),
            reset: text(headers, &RATE_LIMIT_RESET).and_then(|value| length_or_moment(value, now)),
        }
    }
}

/// The wait that the vendor asks for: `Retry-After` in seconds or as an HTTP date, else `x-ratelimit-reset`.
pub fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    text(headers, &RETRY_AFTER)
        .and_then(|value| seconds(value).or_else(|| until_date(value, now)))
        .or_else(|| text(headers, &RATE_LIMIT_RESET).and_then(|value| length_or_moment(value, now)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// The parts of `2000, 20;w=1, 750;w=60` that name a window.
fn policies(value: &str) -> Vec<Quota> {
    let policy = |part: &str| {
        let (requests, rest) = part.split_once(';')?;
        let window = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("w="))?;
        Some(Quota { requests: requests.trim().parse().ok()?, seconds: window.trim().parse().ok()? })
    };
    value.split(',').filter_map(policy).collect()
}

/// Some vendors send the length of the wait, some its end in Unix time.
fn length_or_moment(value: &str, now: Timestamp) -> Option<Duration> {
    let number: f64 = value.parse().ok()?;
    let length = if number > MOMENT { (number - now.as_duration().as_secs_f64()).max(0.0) } else { number };
    Duration::try_from_secs_f64(length).ok()
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn until_date(value: &str, now: Timestamp) -> Option<Duration> {
    let at = rfc2822::parse(value).ok()?.timestamp();
    // A date that has passed means "now".
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(name, HeaderValue::from_str(value).unwrap());
        map
    }

    #[test]
    fn the_vendor_says_how_long() {
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!(asked_wait(&headers("retry-after", "7"), now), Some(Duration::from_secs(7)));
        assert_eq!(asked_wait(&headers("x-ratelimit-reset", "33"), now), Some(Duration::from_secs(33)));
        let date = headers("retry-after", "Sun, 01 Mar 2026 10:00:45 GMT");
        assert_eq!(asked_wait(&date, now), Some(Duration::from_secs(45)));
        let past = headers("retry-after", "Sun, 01 Mar 2026 09:00:00 GMT");
        assert_eq!(asked_wait(&past, now), Some(Duration::ZERO));
        assert_eq!(asked_wait(&headers("retry-after", "soon"), now), None);
        assert_eq!(asked_wait(&headers("retry-after", "-5"), now), None);
        assert_eq!(asked_wait(&HeaderMap::new(), now), None);
        let moment = (now.as_second() + 12).to_string();
        assert_eq!(asked_wait(&headers("x-ratelimit-reset", &moment), now), Some(Duration::from_secs(12)));
        for nonsense in ["NaN", "inf", "-inf", "1e400", "99999999999999999999999", "-9223372036854775808"] {
            let wait = asked_wait(&headers("retry-after", nonsense), now);
            assert!(wait.is_none_or(|wait| wait > Duration::from_secs(300)), "{nonsense}: {wait:?}");
        }
    }

    #[test]
    fn quotas_are_read_from_the_headers() {
        let now = Timestamp::UNIX_EPOCH;
        let mut map = headers("x-ratelimit-limit", "2000, 20;w=1, 750;w=60, 100;w=1, x;w=3, 7;w=, 9;comment=\"a\";w=5");
        map.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
        map.insert("x-ratelimit-reset", HeaderValue::from_static("33"));
        let told = RateHeaders::read(&map, now);
        let quota = |requests, seconds| Quota { requests, seconds };
        assert_eq!(told.policies, [quota(20, 1), quota(750, 60), quota(100, 1), quota(9, 5)]);
        assert_eq!((told.remaining, told.reset), (Some(0), Some(Duration::from_secs(33))));
        assert_eq!(RateHeaders::read(&HeaderMap::new(), now), RateHeaders::default());
    }

    #[test]
    fn waits_grow_to_the_cap_and_are_spread() {
        let rules = RetryRules::default();
        for attempt in 1..12 {
            let wait = rules.backoff(rules.error_base, attempt);
            let full = Duration::from_millis(500 * 2_u64.pow(attempt - 1)).min(rules.cap);
            assert!(wait >= full / 2 && wait <= full, "attempt {attempt}: {wait:?}");
        }
    }
}
