//! How long to wait before a request is sent again.

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};
use std::time::Duration;

/// Planday's header: seconds until its request window opens again (planday.md 1.8, PD-rate).
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

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

/// The wait that the vendor asks for: `Retry-After` in seconds or as an HTTP date, else `x-ratelimit-reset` in seconds.
pub fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    text(&RETRY_AFTER)
        .and_then(|value| seconds(value).or_else(|| until_date(value, now)))
        .or_else(|| text(&RATE_LIMIT_RESET).and_then(seconds))
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
