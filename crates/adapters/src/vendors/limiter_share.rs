//! The share of one process in what a vendor allows an account: all that call it say so where they can read it of each other.
//!
//! Each sends at most its part of every quota, and of a long window no more than what all have left of it together. Who begins
//! waits until the others have heard of it. A process that ends, pauses or sleeps says nothing any more, and its part is the
//! others' again; what it sent stays counted until the vendor must have forgotten it.

use super::{Limiter, SHORT, State, Window};
use crate::ports::account::{AccountDesk, InWindows, Others};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How often a process that calls an account says so, at least.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// Who has not looked for so long does not know any more who else is there.
const STALE: Duration = Duration::from_secs(4);
/// The longest that a request waits to be told who else is there.
const PATIENCE: Duration = Duration::from_secs(1);
/// A look that was not answered for so long is taken for lost.
const LOST: Duration = Duration::from_secs(10);
/// What is used of a long window is told anew after this part of it.
const TOLD_PART: u32 = 50;

/// Where an account is shared, and what is known of the others.
#[derive(Default)]
pub(super) struct Sharing {
    name: String,
    desks: Vec<Weak<dyn AccountDesk>>,
    /// Other processes that call the account.
    pub(super) callers: u32,
    looked: Option<Instant>,
    asked: Option<Instant>,
    told: InWindows,
}

/// A question to the others.
struct Look {
    desk: Arc<dyn AccountDesk>,
    name: String,
    mine: InWindows,
}

impl Limiter {
    /// Shares what the account allows with whoever else calls it, as long as this desk is there.
    pub fn share_at(&self, desk: &Arc<dyn AccountDesk>, account: &str) {
        let mut state = self.lock();
        account.clone_into(&mut state.sharing.name);
        state.sharing.desks.retain(|known| known.strong_count() > 0);
        state.sharing.desks.push(Arc::downgrade(desk));
    }

    /// Learns who else is there before the first request, and after a pause.
    pub(super) async fn join(&self) {
        let look = {
            let mut state = self.lock();
            let now = Instant::now();
            let since = |at: Instant| now.saturating_duration_since(at);
            let knows = state.sharing.looked.is_some_and(|at| since(at) < STALE);
            if knows || state.sharing.asked.is_some_and(|at| since(at) < LOST) {
                return;
            }
            state.look(now)
        };
        let Some(look) = look else { return };
        let others = tokio::time::timeout(PATIENCE, look.desk.call(&look.name, look.mine)).await;
        self.heard(others.ok().flatten(), true);
    }

    /// Says again that it calls the account, and hears who else does, without anybody waiting for it.
    pub(super) fn look_again(self: &Arc<Self>) {
        let look = {
            let mut state = self.lock();
            let now = Instant::now();
            let is_due = state.next_look().is_some_and(|at| at <= now);
            if is_due { state.look(now) } else { None }
        };
        let Some(look) = look else { return };
        let limiter = Arc::downgrade(self);
        tokio::spawn(async move {
            let others = look.desk.call(&look.name, look.mine).await;
            if let Some(limiter) = limiter.upgrade() {
                limiter.heard(others, false);
            }
        });
    }

    fn heard(&self, others: Option<Others>, is_new: bool) {
        let now = Instant::now();
        let mut state = self.lock();
        state.sharing.asked = None;
        state.sharing.looked = Some(now);
        let Some(others) = others else { return };
        if is_new && others.callers > 0 {
            let until = now + LOOK + LOOK / 4;
            state.hold = Some(state.hold.map_or(until, |before| before.max(until)));
        }
        state.sharing.callers = others.callers;
        for window in &mut state.windows {
            let seconds = u32::try_from(window.length.as_secs()).unwrap_or(u32::MAX);
            window.others = others.used.get(&seconds).copied().unwrap_or(0);
        }
        drop(state);
        self.answered.notify_one();
    }
}

impl State {
    /// When the others are to hear of this process again; `None` where nobody shares.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let sharing = &self.sharing;
        if sharing.desks.is_empty() {
            return None;
        }
        let regular = sharing.looked.map(|at| at + LOOK);
        let at = match sharing.asked {
            Some(asked) => Some(asked + LOST),
            None if self.has_moved() => sharing.looked,
            None => regular,
        };
        Some(at.unwrap_or(self.used_at))
    }

    /// Whether what is used of a long window is no longer what the others were told.
    fn has_moved(&self) -> bool {
        self.windows.iter().filter(|window| window.length > SHORT).any(|window| {
            let told = self.sharing.told.get(&window.seconds()).copied().unwrap_or(0);
            window.used().abs_diff(told) > window.quota / TOLD_PART
        })
    }

    fn look(&mut self, now: Instant) -> Option<Look> {
        self.sharing.desks.retain(|desk| desk.strong_count() > 0);
        let Some(desk) = self.sharing.desks.iter().find_map(Weak::upgrade) else {
            self.sharing = Sharing::default();
            self.windows.iter_mut().for_each(|window| window.others = 0);
            return None;
        };
        let long = self.windows.iter().filter(|window| window.length > SHORT);
        let mine: InWindows = long.map(|window| (window.seconds(), window.used())).collect();
        self.sharing.asked = Some(now);
        self.sharing.told.clone_from(&mine);
        Some(Look { desk, name: self.sharing.name.clone(), mine })
    }
}

impl Window {
    /// Requests that the vendor may still count.
    pub(super) fn used(&self) -> u32 {
        self.open.saturating_add(u32::try_from(self.free_at.len()).unwrap_or(u32::MAX))
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.length.as_secs()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
#[path = "limiter_share_tests.rs"]
mod tests;
