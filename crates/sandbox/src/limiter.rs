//! Fixed request windows, several at once, on tokio's clock (so that tests can pause it).

use std::time::Duration;

use tokio::time::Instant;

/// At most `limit` calls in any window of `length`, windows following each other.
#[derive(Debug)]
struct Window {
    limit: u32,
    length: Duration,
    started: Instant,
    used: u32,
}

/// Several windows that all must have room.
#[derive(Debug)]
pub(crate) struct Limiter(Vec<Window>);

/// What a call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether the call is served.
    pub allowed: bool,
    /// Calls left in the tightest window.
    pub remaining: u32,
    /// Whole seconds until the window that matters starts anew, at least 1.
    pub reset: u64,
}

impl Limiter {
    /// Windows as (calls, seconds).
    pub fn new(windows: &[(u32, u64)]) -> Self {
        let started = Instant::now();
        let window =
            |&(limit, seconds): &(u32, u64)| Window { limit, length: Duration::from_secs(seconds), started, used: 0 };
        Self(windows.iter().map(window).collect())
    }

    /// Counts a call; with `enforce` off every call is allowed and only the numbers are kept.
    pub fn call(&mut self, now: Instant, enforce: bool) -> Verdict {
        for window in &mut self.0 {
            if now.duration_since(window.started) >= window.length {
                (window.started, window.used) = (now, 0);
            }
        }
        let full = self.0.iter().filter(|window| window.used >= window.limit).max_by_key(|window| window.length);
        let seconds = |window: &Window| {
            (window.length.saturating_sub(now.duration_since(window.started))).as_secs_f64().ceil() as u64
        };
        if enforce && let Some(window) = full {
            return Verdict { allowed: false, remaining: 0, reset: seconds(window).max(1) };
        }
        for window in &mut self.0 {
            window.used = window.used.saturating_add(1);
        }
        let tightest = self.0.iter().min_by_key(|window| window.limit.saturating_sub(window.used));
        let remaining = tightest.map_or(0, |window| window.limit.saturating_sub(window.used));
        Verdict { allowed: true, remaining, reset: tightest.map_or(1, seconds).max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_windows_count() {
        let mut limiter = Limiter::new(&[(2, 1), (3, 60)]);
        let now = Instant::now();
        assert!(limiter.call(now, true).allowed && limiter.call(now, true).allowed);
        assert_eq!(limiter.call(now, true), Verdict { allowed: false, remaining: 0, reset: 1 });
        let later = now + Duration::from_secs(1);
        assert!(limiter.call(later, true).allowed);
        assert!(!limiter.call(later, true).allowed);
        assert!(limiter.call(later, false).allowed);
    }
}
