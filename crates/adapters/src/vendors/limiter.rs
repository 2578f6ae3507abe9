//! Keeps to a vendor's quotas: several at once (20 a second and 750 a minute), whatever windows the vendor counts in.
//!
//! A slot of a quota is free again one window after the *answer* of the request that took it, less the shortest way there
//! and back: the vendor counted that request between sending and answering, so no window of the vendor's can hold more than
//! its quota, and nothing but jitter is lost. Within a short window requests go evenly, so that few are in flight when
//! somebody else has used the quota up: what other programs take is learnt from the rate headers of the answers and from
//! refusals; with other processes of the same workspace an account is shared (`limiter_share.rs`).
//!
//! Dropping a future that waits here, or a [`Turn`], leaves nothing behind but the slot that its request may have cost.

#[path = "limiter_share.rs"]
mod share;

use crate::domain::capabilities::Quota;
use crate::vendors::retry::RateHeaders;
use share::Sharing;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Windows up to this length can be shared fairly by slowing down; in longer ones the headers tell what is left.
const SHORT: Duration = Duration::from_secs(2);
/// What a refusal leaves of the quota of a short window: one alone may be an accident, more of them are somebody else.
const CUT_ONCE: f64 = 0.95;
const CUT: f64 = 0.7;
/// What comes back in each [`RECOVERY`] without one.
const REGAIN: f64 = 0.05;
const RECOVERY: Duration = Duration::from_secs(5);
/// The least that refusals leave.
const FLOOR: f64 = 0.05;
/// The part of a short window's quota that may go at once, to catch up after a pause.
const BURST: u32 = 4;
/// Answers after which the shortest way there and back is taken for known.
const MEASURES: u32 = 20;
/// Added to each window, since the timers of both sides are not exact.
const SLACK: Duration = Duration::from_millis(1);
/// Windows that headers tell of and that are longer are not kept: no pull waits for them.
const LONGEST: u32 = 3600;
/// How long the count of an account that nobody uses is kept.
const FORGET_AFTER: Duration = Duration::from_secs(300);

/// Requests of one account, of all clients in this process.
pub struct Limiter {
    state: Mutex<State>,
    /// Whoever holds it is the next one: turns go in the order in which they were asked for.
    queue: tokio::sync::Mutex<()>,
    /// A slot may have become free earlier than was thought.
    answered: Notify,
}

struct State {
    /// What the operator or the vendor's documents allow.
    given: Vec<Quota>,
    windows: Vec<Window>,
    /// Whether headers are listened to: not where the operator allows more than the vendor's documents do.
    listens: bool,
    /// Shortest time from a request to its answer so far, and of how many.
    nearest: (Duration, u32),
    /// Until when the vendor asked everybody to wait.
    hold: Option<Instant>,
    /// Requests left in a long window that others use too, and when it begins anew.
    told: Option<(u32, Instant)>,
    /// What refusals have left of the short quotas, and when that last changed.
    share: f64,
    share_at: Instant,
    used_at: Instant,
    sharing: Sharing,
}

struct Window {
    quota: u32,
    length: Duration,
    /// Sent and not answered yet.
    open: u32,
    /// When the slots of answered requests are free again, in order.
    free_at: VecDeque<Instant>,
    /// In a short window: when the next request would go if all went evenly.
    even: Instant,
    /// What other processes have in a long one.
    others: u32,
}

/// What is left of the short quotas after refusals, and among how many processes all quotas are divided.
#[derive(Clone, Copy)]
struct Part {
    share: f64,
    processes: u32,
}

impl Window {
    /// The window as it is kept to, and how many requests go in it.
    fn pace(&self, part: Part) -> (Duration, u32) {
        let quota = if self.length <= SHORT { shared(self.quota, part.share) } else { self.quota };
        let length = self.length + self.length / 500 + SLACK;
        match quota / part.processes {
            // Less than one request each: one in as many windows as it takes for everybody's turn, and some room, since nobody
            // knows when the others have theirs.
            0 => (length * part.processes.div_ceil(quota) * 5 / 4, 1),
            own => (length, own),
        }
    }

    /// From when on the next request may go, as far as the even pace is concerned.
    fn even_from(&self, part: Part) -> Option<Instant> {
        let (length, quota) = self.pace(part);
        let ahead = length / quota * (quota / BURST);
        (self.length <= SHORT).then(|| self.even.checked_sub(ahead).unwrap_or(self.even))
    }
}

/// The right to send one request. Tell how it ended by [`Turn::answered`]; dropped, it counts as sent.
pub struct Turn {
    limiter: Arc<Limiter>,
    sent: Instant,
    done: bool,
}

/// When the next request may go.
enum Ready {
    Now,
    At(Instant),
    /// After the time that the vendor asked for.
    Held(Instant),
    /// When an answer comes: every slot is in flight.
    AfterAnswer,
}

impl Limiter {
    /// A limiter of its own. No quotas: one request a second.
    pub fn new(quotas: &[Quota], listens: bool) -> Arc<Self> {
        let now = Instant::now();
        let limiter = Self {
            state: Mutex::new(State {
                given: Vec::new(),
                windows: Vec::new(),
                listens,
                nearest: (Duration::MAX, 0),
                hold: None,
                told: None,
                share: 1.0,
                share_at: now,
                used_at: now,
                sharing: Sharing::default(),
            }),
            queue: tokio::sync::Mutex::new(()),
            answered: Notify::new(),
        };
        limiter.lock().allow(quotas);
        Arc::new(limiter)
    }

    /// The limiter of an account, shared by all clients of this process that name the same one: a sync that follows a plan,
    /// two connections of one account.
    pub fn of_account(account: &str, quotas: &[Quota], listens: bool) -> Arc<Self> {
        static ACCOUNTS: LazyLock<Mutex<HashMap<String, Arc<Limiter>>>> = LazyLock::new(Mutex::default);
        let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        accounts.retain(|name, limiter| {
            let idle = now.saturating_duration_since(limiter.lock().used_at) > FORGET_AFTER;
            name == account || Arc::strong_count(limiter) > 1 || !idle
        });
        if let Some(known) = accounts.get(account) {
            let mut state = known.lock();
            state.listens = listens;
            state.allow(quotas);
            drop(state);
            return Arc::clone(known);
        }
        let limiter = Self::new(quotas, listens);
        accounts.insert(account.to_owned(), Arc::clone(&limiter));
        limiter
    }

    /// Waits for a turn. `waits` is told of waits that the quotas ask for, each with its length, before they begin.
    pub async fn turn(self: &Arc<Self>, mut waits: impl FnMut(Duration)) -> Turn {
        let _first = self.queue.lock().await;
        loop {
            self.join().await;
            self.look_again();
            let now = Instant::now();
            let (ready, look) = {
                let mut state = self.lock();
                (state.ready(now), state.next_look())
            };
            let or_look = |at: Instant| look.map_or(at, |look| look.clamp(now + SLACK, at.max(now + SLACK)));
            match ready {
                Ready::Now => {
                    self.lock().take(now);
                    return Turn { limiter: Arc::clone(self), sent: now, done: false };
                }
                Ready::At(at) => {
                    waits(at.saturating_duration_since(now));
                    self.sleep_or_answer(or_look(at)).await;
                }
                Ready::Held(at) => self.sleep_or_answer(or_look(at)).await,
                Ready::AfterAnswer if look.is_some() => self.sleep_or_answer(or_look(now + share::LOOK)).await,
                Ready::AfterAnswer => self.answered.notified().await,
            }
        }
    }

    async fn sleep_or_answer(&self, until: Instant) {
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = self.answered.notified() => {}
        }
    }

    /// Has every request of the account wait: the vendor refused one (429, 503).
    pub fn refused(&self, wait: Duration) {
        let now = Instant::now();
        let mut state = self.lock();
        let until = now + wait.min(Duration::from_secs(u64::from(LONGEST)));
        state.hold = Some(state.hold.map_or(until, |before| before.max(until)));
        state.take_another_turn(until);
        // Requests in flight are refused together: one lesson.
        let again = now.saturating_duration_since(state.share_at) >= Duration::from_secs(1) || state.share >= 1.0;
        if wait <= SHORT && again {
            let cut = if state.share >= 1.0 { CUT_ONCE } else { CUT };
            state.share = (state.share * cut).max(FLOOR);
            state.share_at = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The answer came, with what it says of the quotas.
    pub fn answered(mut self, headers: &RateHeaders) {
        self.end(Some(headers));
    }

    fn end(&mut self, headers: Option<&RateHeaders>) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        let now = Instant::now();
        let mut state = self.limiter.lock();
        state.give_back(self.sent, now, headers.is_some());
        if let Some(headers) = headers.filter(|_| state.listens) {
            state.listen(headers, now);
        }
        drop(state);
        self.limiter.answered.notify_one();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end(None);
    }
}

impl State {
    /// Sets the quotas; what was counted in a window of the same length stays counted.
    fn allow(&mut self, quotas: &[Quota]) {
        let least = [Quota { requests: 1, seconds: 1 }];
        let quotas = if quotas.is_empty() { &least } else { quotas };
        if self.given == quotas {
            return;
        }
        self.given = quotas.to_vec();
        self.apply(quotas);
    }

    /// Windows of exactly these lengths, each with its tightest quota.
    fn apply(&mut self, quotas: &[Quota]) {
        let open = self.windows.iter().map(|window| window.open).max().unwrap_or(0);
        let mut before: Vec<Window> = std::mem::take(&mut self.windows);
        for quota in quotas {
            let length = Duration::from_secs(u64::from(quota.seconds.clamp(1, LONGEST)));
            let requests = quota.requests.max(1);
            if let Some(window) = self.windows.iter_mut().find(|window| window.length == length) {
                window.quota = window.quota.min(requests);
                continue;
            }
            let known = before.iter().position(|window| window.length == length).map(|at| before.swap_remove(at));
            // Nothing goes at once in the beginning: another process may have used the quota a moment ago.
            let begin = || (VecDeque::new(), self.used_at + length / requests * (requests / BURST));
            let others = known.as_ref().map_or(0, |window| window.others);
            let (free_at, even) = known.map_or_else(begin, |window| (window.free_at, window.even));
            self.windows.push(Window { quota: requests, length, open, free_at, even, others });
        }
    }

    fn ready(&mut self, now: Instant) -> Ready {
        self.recover(now);
        self.hold = self.hold.filter(|until| *until > now);
        self.told = self.told.filter(|(_, until)| *until > now);
        let mut at = None;
        let mut later = |time: Instant| at = Some(at.map_or(time, |known: Instant| known.max(time)));
        if let Some((0, until)) = self.told {
            later(until);
        }
        let mut in_flight = false;
        let part = self.part();
        for window in &mut self.windows {
            while window.free_at.front().is_some_and(|free| *free <= now) {
                window.free_at.pop_front();
            }
            let (_, quota) = window.pace(part);
            if let Some(even) = window.even_from(part).filter(|even| *even > now) {
                later(even);
            }
            if window.used().saturating_add(window.others) >= window.quota && window.others > 0 {
                // At the latest; sooner where the others say that they have less.
                later(now + window.length);
            }
            let used = window.open as usize + window.free_at.len();
            let Some(over) = (used + 1).checked_sub(quota as usize).filter(|over| *over > 0) else { continue };
            match window.free_at.get(over - 1) {
                Some(free) => later(*free),
                None => in_flight = true,
            }
        }
        match (self.hold, at) {
            (Some(hold), at) if at.is_none_or(|at| at <= hold) => Ready::Held(hold),
            _ if in_flight => Ready::AfterAnswer,
            (_, Some(at)) => Ready::At(at),
            (_, None) => Ready::Now,
        }
    }

    fn part(&self) -> Part {
        Part { share: self.share, processes: self.sharing.callers.saturating_add(1) }
    }

    /// Where a window is too short for everybody's request, the one that was refused goes next: waiting for as long as its turns are
    /// apart it would meet the same other one again.
    fn take_another_turn(&mut self, until: Instant) {
        let part = self.part();
        for window in self.windows.iter_mut().filter(|window| window.quota < part.processes) {
            window.free_at.clear();
            window.even = until;
        }
    }

    fn take(&mut self, now: Instant) {
        self.used_at = now;
        let part = self.part();
        if let Some((left, _)) = &mut self.told {
            *left = left.saturating_sub(1);
        }
        for window in &mut self.windows {
            window.open += 1;
            let (length, quota) = window.pace(part);
            window.even = window.even.max(now) + length / quota;
        }
    }

    fn give_back(&mut self, sent: Instant, now: Instant, is_measure: bool) {
        let way = now.saturating_duration_since(sent);
        if is_measure {
            self.nearest = (self.nearest.0.min(way), self.nearest.1.saturating_add(1));
        }
        let nearest = if self.nearest.1 < MEASURES { Duration::ZERO } else { self.nearest.0 };
        let part = Part { share: 1.0, ..self.part() };
        for window in &mut self.windows {
            window.open = window.open.saturating_sub(1);
            let credit = nearest.min(way).min(window.length / 4);
            let free = now + window.pace(part).0 - credit;
            // In order, also where a short way came after a long one.
            let free = window.free_at.back().map_or(free, |last| free.max(*last));
            window.free_at.push_back(free);
        }
    }

    /// Learns from an answer's headers: tighter quotas, and what others have left of a long window.
    fn listen(&mut self, headers: &RateHeaders, now: Instant) {
        let policies: Vec<Quota> = headers
            .policies
            .iter()
            .copied()
            .filter(|told| told.requests > 0 && told.seconds > 0 && told.seconds <= LONGEST)
            .collect();
        if !policies.is_empty() {
            let all = [self.given.clone(), policies].concat();
            let is_new = all.iter().any(|quota| {
                let length = Duration::from_secs(u64::from(quota.seconds));
                self.windows
                    .iter()
                    .find(|window| window.length == length)
                    .is_none_or(|known| known.quota > quota.requests)
            });
            if is_new {
                self.apply(&all);
            }
        }
        let (Some(left), Some(reset)) = (headers.remaining, headers.reset) else { return };
        // Of a short window the header is too coarse (whole seconds): there the own count and refusals decide.
        if reset <= SHORT {
            return;
        }
        let Some(window) = self.windows.iter().filter(|w| w.length >= reset).min_by_key(|w| w.length) else { return };
        let answered = u32::try_from(window.free_at.len()).unwrap_or(u32::MAX);
        // While nobody else uses the quota, what is left is never less than by the own count.
        if left >= window.quota.saturating_sub(window.open.saturating_add(answered)) {
            return;
        }
        // Requests in flight may not be counted in it yet.
        let left = left.saturating_sub(window.open);
        let until = now + reset;
        self.told = Some(match self.told {
            Some((before, end)) if end > now => (before.min(left), end.max(until)),
            _ => (left, until),
        });
    }

    fn recover(&mut self, now: Instant) {
        while self.share < 1.0 && now.saturating_duration_since(self.share_at) >= RECOVERY {
            self.share = (self.share + REGAIN).min(1.0);
            self.share_at += RECOVERY;
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32 is one")]
fn shared(quota: u32, share: f64) -> u32 {
    ((f64::from(quota) * share) as u32).max(1)
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
